#include "engine/describe/field.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/describe/listed.h"
#include "engine/describe/nearest.h"
#include "engine/describe/one_of.h"
#include "engine/kernel/check.h"

namespace highwater {
namespace {

/// Reports a word that is none of `known`: the nearest if one is near, else all of them.
/// @param meant  The one that was certainly meant, if it is known.
void report_unknown_word(Position position, const std::string& path, const std::string& what,
                         const std::string& written, const std::vector<std::string>& known,
                         Problems& problems, const std::string& meant = "") {
  const std::string nearest = meant.empty() ? nearest_word(written, known) : meant;
  std::string message = fmt::format("unknown {} {}", what, in_quotes(written));
  if (nearest.empty() && !known.empty()) message += "; known: " + listed(known);
  problems.error(position, path, message, nearest);
}

}  // namespace

const FieldInfo* find_field(const std::vector<FieldInfo>& fields, std::string_view name) {
  for (const FieldInfo& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

const FieldInfo* find_known_as(const std::vector<FieldInfo>& fields, std::string_view name) {
  for (const FieldInfo& field : fields)
    if (!field.known_as.empty() && field.known_as == name) return &field;
  return nullptr;
}

const AlternativeInfo* find_alternative(const TypeInfo& type, std::string_view verb) {
  for (const AlternativeInfo& alternative : type.alternatives)
    if (alternative.verb == verb) return &alternative;
  return nullptr;
}

bool report_unexpected(const Value& value, const std::string& path, const TypeInfo& type,
                       Problems& problems) {
  problems.error(value.position(), path,
                 fmt::format("expected {}, found {}", type.expects, value.found()));
  return false;
}

bool expect_list(const Value& value, const std::string& path, const TypeInfo& type,
                 Problems& problems) {
  const bool good =
      value.is_array() && (type.exact_length == 0 || value.elements().size() == type.exact_length);
  if (good) return true;
  if (!value.is_array()) return report_unexpected(value, path, type, problems);
  problems.error(
      value.position(), path,
      fmt::format("expected {}, found a list of {}", type.expects, value.elements().size()));
  return false;
}

bool expect_object(const Value& value, const std::string& path, const TypeInfo& type,
                   Problems& problems) {
  return value.is_object() || report_unexpected(value, path, type, problems);
}

// The element's own table is not looked at here: it may be the one being made (a step holds steps).
TypeInfo list_type(const TypeInfo& (*element)(), std::size_t exact_length) {
  TypeInfo type;
  type.name = "list";
  type.shape = Shape::kList;
  type.element = element;
  type.exact_length = exact_length;
  type.expects = exact_length == 0 ? "a list in brackets"
                                   : fmt::format("a list of exactly {} in brackets", exact_length);
  return type;
}

TypeInfo map_type(const TypeInfo& (*element)()) {
  TypeInfo type;
  type.name = "map";
  type.shape = Shape::kMap;
  type.element = element;
  type.expects = "an object with a name for each entry";
  return type;
}

TypeInfo words_type(std::string name, std::vector<WordInfo> words) {
  TypeInfo type;
  type.name = std::move(name);
  type.shape = Shape::kWords;
  std::vector<std::string> list;
  for (const WordInfo& word : words) list.push_back('"' + word.word + '"');
  type.expects = "one of " + listed(list);
  type.words = std::move(words);
  return type;
}

std::optional<std::size_t> read_word(const Value& value, const std::string& path,
                                     const TypeInfo& type, Problems& problems) {
  if (!value.is_string()) {
    report_unexpected(value, path, type, problems);
    return std::nullopt;
  }
  std::vector<std::string> known;
  for (std::size_t i = 0; i < type.words.size(); ++i) {
    if (type.words[i].word == value.text()) return i;
    known.push_back(type.words[i].word);
  }
  report_unknown_word(value.position(), path, "word", value.text(), known, problems);
  return std::nullopt;
}

void report_unknown_keys(const Value& object, const std::vector<FieldInfo>& fields,
                         std::initializer_list<std::string_view> also_known,
                         const std::string& path, Problems& problems) {
  for (const Value::Member& member : object.members()) {
    const bool known =
        find_field(fields, member.key) != nullptr ||
        std::find(also_known.begin(), also_known.end(), member.key) != also_known.end();
    if (known) continue;
    std::vector<std::string> names;
    for (const FieldInfo& field : fields) names.push_back(field.name);
    const FieldInfo* meant = find_known_as(fields, member.key);
    report_unknown_word(member.key_position, pointer_to(path, member.key), "key", member.key, names,
                        problems, meant == nullptr ? "" : meant->name);
  }
}

namespace detail {

FieldInfo Declaration::info(const TypeInfo& (*type)(), const Value& usual, const Value& min,
                            const Value& max) const {
  const auto shown = [](const Value& value) {
    return value.is_null() ? std::nullopt : std::optional(write_json_line(value));
  };
  FieldInfo info;
  info.name = name;
  info.doc = doc;
  info.source = source;
  info.type = type;
  info.required = required;
  info.relation = relation;
  if (!required) info.default_json = shown(usual);
  info.min_json = shown(min);
  info.max_json = shown(max);
  info.known_as = known_as;
  info.bare_unit = bare_unit;
  info.zero_word = zero_word;
  return info;
}

const Value* Declaration::find(const Value& object, const std::string& path,
                               Problems& problems) const {
  const Value* const value = object.find(name);
  if (value == nullptr && required) report_missing(object, path, problems);
  return value;
}

void Declaration::report_missing(const Value& where, const std::string& path,
                                 Problems& problems) const {
  problems.error(where.position(), path, fmt::format("{} is missing: {}", in_quotes(name), doc));
}

void Declaration::add_to(Value& object, Value value) const {
  if (!value.is_null()) object.set(std::string(name), std::move(value));
}

void report_outside(const Value& value, const std::string& path, const Value& min, const Value& max,
                    Problems& problems) {
  const auto bare = [](const Value& limit) {
    std::string text = write_json_line(limit);
    std::erase(text, '"');
    return text;
  };
  std::string allowed;
  if (!min.is_null() && !max.is_null()) {
    allowed = fmt::format("must be {} to {}", bare(min), bare(max));
  } else if (!min.is_null()) {
    allowed = fmt::format("must be at least {}", bare(min));
  } else {
    allowed = fmt::format("must be at most {}", bare(max));
  }
  std::string found = value.found();
  if (value.is_array() || value.is_object()) {
    const std::size_t length = value.is_array() ? value.elements().size() : value.members().size();
    found = fmt::format("{}", length);
    allowed = "the number of entries " + allowed;
  }
  problems.error(value.position(), path, fmt::format("{}, found {}", allowed, found));
}

bool says_auto(const Value& value) {
  return value.is_string() && value.text() == "auto";
}

TypeInfo struct_type(std::string name, std::vector<FieldInfo> fields) {
  TypeInfo type;
  type.name = std::move(name);
  type.shape = Shape::kStruct;
  std::vector<std::string> names;
  for (const FieldInfo& field : fields) names.push_back(field.name);
  type.expects = fields.empty() ? "an empty object" : "an object with " + listed(names);
  type.fields = std::move(fields);
  return type;
}

TypeInfo one_of_type(std::string name, std::vector<AlternativeInfo> alternatives,
                     bool words_allowed) {
  TypeInfo type;
  type.name = std::move(name);
  type.shape = Shape::kOneOf;
  std::vector<std::string> verbs;
  for (const AlternativeInfo& a : alternatives) {
    for (const AlternativeInfo& other : alternatives) {
      // A key that is a verb here and a parameter there would make the choice depend on luck.
      HIGHWATER_CHECK(&a == &other || find_field(other.fields, a.verb) == nullptr);
    }
    verbs.push_back(a.verb);
    if (words_allowed) type.words.push_back({a.verb, a.doc});
  }
  type.expects = "an object with exactly one of " + listed(verbs);
  if (words_allowed) type.expects = "one of the words " + listed(verbs) + ", or " + type.expects;
  type.alternatives = std::move(alternatives);
  return type;
}

const AlternativeInfo* choose_form(const Value& object, const std::string& path,
                                   const TypeInfo& type, Problems& problems) {
  std::vector<std::string> present, verbs;
  const AlternativeInfo* chosen = nullptr;
  for (const AlternativeInfo& alternative : type.alternatives) {
    verbs.push_back(alternative.verb);
    if (object.find(alternative.verb) == nullptr) continue;
    present.push_back(alternative.verb);
    chosen = &alternative;
  }
  if (present.size() == 1) return chosen;
  if (present.size() > 1) {
    problems.error(object.position(), path,
                   fmt::format("expected exactly one of {}, found {} together", listed(verbs),
                               listed(present)));
    return nullptr;
  }
  // A single misspelt verb is the likely fault: say which key it is.
  for (const Value::Member& member : object.members()) {
    const std::string nearest = nearest_word(member.key, verbs);
    if (nearest.empty() && object.members().size() > 1) continue;
    report_unknown_word(member.key_position, pointer_to(path, member.key), "key", member.key, verbs,
                        problems);
    return nullptr;
  }
  problems.error(object.position(), path,
                 fmt::format("expected exactly one of {}, found none", listed(verbs)));
  return nullptr;
}

Value spelled_out(const Value& word) {
  Value parameters = Value::object();
  parameters.set_position(word.position());
  Value object = Value::object();
  object.set_position(word.position());
  object.set(word.text(), std::move(parameters));
  return object;
}

}  // namespace detail
}  // namespace highwater
