#include "engine/scenario/expand.h"

#include <filesystem>
#include <utility>

namespace highwater {
namespace {

namespace fs = std::filesystem;

class Expander {
 public:
  Expander(const Language& language, Problems sources, std::string home)
      : guide_(language), sources_(std::move(sources)), home_(std::move(home)) {}

  Value expand(const Value& value, Place place) const {
    if (place.role == Place::Role::kTyped) return typed(value, place);
    if (value.is_array()) return elements(value, place);
    if (!value.is_object()) return value;
    if (guide_.has_free_keys(place)) return entries(value, place);
    return object(value, place);
  }

 private:
  Value typed(const Value& value, Place place) const {
    const TypeInfo& type = *place.type;
    switch (type.shape) {
      case Shape::kQuantity:
        return type.name == "file" && value.is_string() ? moved(value) : value;
      case Shape::kWords:
        return value;
      case Shape::kList:
        return value.is_array() ? elements(value, place) : value;
      case Shape::kMap:
        return value.is_object() ? entries(value, place) : value;
      case Shape::kStruct: {
        if (value.is_object()) return object(value, place);
        if (type.bare_field.empty()) return value;
        Value whole = Value::object();
        whole.set(type.bare_field, value);
        return object(whole, place);
      }
      case Shape::kOneOf: {
        if (value.is_object()) return object(value, place);
        const AlternativeInfo* named = value.is_string() && !type.words.empty()
                                           ? find_alternative(type, value.text())
                                           : nullptr;
        // A word whose parameters have defaults shows them; one without parameters stays a word.
        if (named == nullptr || named->fields.front().type().fields.empty()) return value;
        Value whole = Value::object();
        whole.set(named->verb, Value::object());
        return object(whole, place);
      }
    }
    return value;
  }

  Value elements(const Value& value, Place place) const {
    Value out = Value::array();
    for (const Value& element : value.elements()) out.push(expand(element, guide_.element(place)));
    return out;
  }

  Value entries(const Value& value, Place place) const {
    Value out = Value::object();
    for (const Value::Member& member : value.members())
      out.set(member.key, expand(member.value, guide_.member(place, value, member.key)));
    return out;
  }

  Value object(const Value& value, Place place) const {
    Value out = Value::object();
    if (const Value* kind = value.find("kind");
        kind != nullptr && place.role == Place::Role::kComponent)
      out.set("kind", *kind);
    for (const FieldInfo& field : guide_.fields(place, value)) {
      if (const Value* given = value.find(field.name)) {
        out.set(field.name, expand(*given, {Place::Role::kTyped, &field.type()}));
      } else if (field.default_json) {
        out.set(field.name, *parse_json_value(*field.default_json));
      }
    }
    return out;
  }

  /// A file's name as seen from where the expanded text will stand.
  Value moved(const Value& value) const {
    const fs::path directory = sources_.source_directory(value.position().source);
    std::error_code error;
    const fs::path home = fs::weakly_canonical(home_.empty() ? "." : home_, error);
    const fs::path here = fs::weakly_canonical(directory.empty() ? "." : directory, error);
    if (home == here || fs::path(value.text()).is_absolute()) return value;
    return Value::string(
        (here / value.text()).lexically_normal().lexically_relative(home).string());
  }

  Guide guide_;
  Problems sources_;
  std::string home_;
};

}  // namespace

Value expand(const Document& document, const Language& language, const std::string& directory) {
  const std::string own = fs::path(document.file()).parent_path().string();
  const Expander expander(language, document.problems(), directory.empty() ? own : directory);
  const Guide guide(language);
  const Value& root = document.root();
  Value out = Value::object();
  for (const FieldInfo& field : language.top) {
    if (field.name == "extends") continue;  // laid under the document already
    const Value* given = root.find(field.name);
    if (field.name == "name") {
      out.set("name", Value::string(document.name()));
    } else if (given != nullptr) {
      out.set(field.name, expander.expand(*given, guide.member(guide.root(), root, field.name)));
    } else if (field.default_json) {
      out.set(field.name, *parse_json_value(*field.default_json));
    }
  }
  return out;
}

}  // namespace highwater
