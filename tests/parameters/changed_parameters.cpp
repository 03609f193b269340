#include "tests/parameters/changed_parameters.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace highwater::testing {
namespace {

using Role = Place::Role;

std::string verb_of(const Value& value, Place place, const Guide& guide) {
  for (const std::string& verb : guide.verbs(place))
    if (value.find(verb) != nullptr) return verb;
  return "";
}

class Comparison {
 public:
  Comparison(const Guide& guide, const DeclaredParameters& declared, Change& change)
      : guide_(guide), declared_(declared), change_(change) {}

  /// @param name  Of the parameter whose value this is.
  void compare(Value before, Value after, Place place, const std::string& name) {
    if (before == after) return;
    write_out(before, place);
    write_out(after, place);
    if (before == after) return;  // one was the short form of the other
    if (before.is_object() && after.is_object() && place.role != Role::kUnknown) {
      if (guide_.is_one_of(place)) {
        const std::string verb = verb_of(after, place, guide_);
        if (verb != verb_of(before, place, guide_)) return choose(after, place, verb, name);
      }
      return members(before, after, place, name);
    }
    if (before.is_array() && after.is_array() &&
        before.elements().size() == after.elements().size()) {
      for (std::size_t i = 0; i < before.elements().size(); ++i)
        compare(before.elements()[i], after.elements()[i], guide_.element(place), name);
      return;
    }
    change_.differing.insert(name);
    if (before.is_array() || after.is_array()) return list_words(before, after, place, name);
    if (guide_.is_one_of(place) && after.is_object())
      return credit_verb(after, place, verb_of(after, place, guide_));
    word(before, place, name);
    word(after, place, name);
  }

 private:
  void members(const Value& before, const Value& after, Place place, const std::string& map) {
    std::vector<std::string> keys;
    for (const Value::Member& member : before.members()) keys.push_back(member.key);
    for (const Value::Member& member : after.members())
      if (before.find(member.key) == nullptr) keys.push_back(member.key);
    for (const std::string& key : keys) {
      const Value* old_value = before.find(key);
      const Value* new_value = after.find(key);
      std::optional<Value> usual;
      if (old_value == nullptr || new_value == nullptr) {
        usual = default_of(place, after, key);
        if (old_value == nullptr && usual) old_value = &*usual;
        if (new_value == nullptr && usual) new_value = &*usual;
      }
      if (old_value != nullptr && new_value != nullptr && *old_value == *new_value) continue;
      std::string name = declared_.name_of(guide_, place, after, key);
      if (name.empty()) name = map;
      const Place inner = guide_.member(place, after, key);
      if (old_value != nullptr && new_value != nullptr) {
        Change within;
        Comparison(guide_, declared_, within).compare(*old_value, *new_value, inner, name);
        if (within.differing.empty()) continue;  // one was the short form of the other
        change_.parameters.merge(within.parameters);
        change_.differing.merge(within.differing);
        change_.words.merge(within.words);
      } else {
        change_.differing.insert(name);
        if (new_value != nullptr) word(*new_value, inner, name);
        if (new_value != nullptr && guide_.is_one_of(inner) && new_value->is_object())
          credit_verb(*new_value, inner, verb_of(*new_value, inner, guide_));
      }
      change_.parameters.insert(name);
    }
  }

  std::optional<Value> default_of(Place place, const Value& object, const std::string& key) const {
    const FieldInfo* field = guide_.field(place, object, key);
    if (field == nullptr || !field->default_json) return std::nullopt;
    return parse_json_value(*field->default_json);
  }

  /// Another form of a one-of: one change, however much has to stand beside the new verb.
  void choose(const Value& after, Place place, const std::string& verb, const std::string& name) {
    change_.differing.insert(name);
    credit_verb(after, place, verb);
  }

  /// That a form was chosen says nothing about a number in it, but it does about a form that is
  /// nothing but its verb.
  void credit_verb(const Value& after, Place place, const std::string& verb) {
    if (place.role == Role::kFault || verb.empty()) return;
    const Shape shape = guide_.field(place, after, verb)->type().shape;
    if (shape != Shape::kQuantity && shape != Shape::kWords)
      change_.parameters.insert(declared_.name_of(guide_, place, after, verb));
  }

  /// Opens short forms: "db" of {"to": "db"}, "lru" of {"lru": {}}.
  void write_out(Value& value, Place place) const {
    if (place.role != Role::kTyped || value.is_object()) return;
    const TypeInfo& type = *place.type;
    if (type.shape == Shape::kStruct && !type.bare_field.empty()) {
      Value whole = Value::object();
      whole.set(type.bare_field, value);
      value = std::move(whole);
    } else if (type.shape == Shape::kOneOf && value.is_string() && !type.words.empty() &&
               find_alternative(type, value.text()) != nullptr) {
      Value whole = Value::object();
      whole.set(value.text(), Value::object());
      value = std::move(whole);
    }
  }

  void word(const Value& value, Place place, const std::string& holder) {
    if (place.role != Role::kTyped || place.type->shape != Shape::kWords || !value.is_string())
      return;
    const std::string name = declared_.name_of_word(*place.type, value.text());
    if (name.empty()) return;
    change_.parameters.insert(name);
    change_.words.insert({name, holder});
  }

  /// The word that only one of two lists has, where it is a single one.
  void list_words(const Value& before, const Value& after, Place place, const std::string& holder) {
    if (!before.is_array() || !after.is_array()) return;
    std::vector<Value> alone;
    const auto find_alone = [&](const Value& one, const Value& other) {
      for (const Value& element : one.elements()) {
        const auto& others = other.elements();
        if (std::find(others.begin(), others.end(), element) == others.end())
          alone.push_back(element);
      }
    };
    find_alone(before, after);
    find_alone(after, before);
    if (alone.size() == 1) word(alone.front(), guide_.element(place), holder);
  }

  const Guide& guide_;
  const DeclaredParameters& declared_;
  Change& change_;
};

}  // namespace

Change change_between(const Value& before, const Value& after, const Guide& guide,
                      const DeclaredParameters& declared) {
  Change change;
  Comparison(guide, declared, change).compare(before, after, guide.root(), "");
  change.parameters.erase("");
  // A section writes its defaults into the rest, where they differ as well.
  for (const SectionInfo& section : guide.language().sections) {
    const auto of_section = [&](const std::string& name) {
      return name.starts_with(section.info.name + ":") || name.starts_with(section.info.name + ".");
    };
    if (std::any_of(change.differing.begin(), change.differing.end(), of_section))
      std::erase_if(change.differing, [&](const std::string& name) { return !of_section(name); });
  }
  return change;
}

}  // namespace highwater::testing
