#include "models/drivers/driver.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include <fmt/format.h>

namespace highwater::drivers {
namespace {

bool is_compound(const TypeInfo& type) {
  return type.shape == Shape::kStruct || type.shape == Shape::kList || type.shape == Shape::kMap;
}

void place(Value& value, Position position) {
  value.set_position(position);
  if (value.is_array())
    for (Value& element : value.elements()) place(element, position);
  if (value.is_object())
    for (Value::Member& member : value.members()) {
      member.key_position = position;
      place(member.value, position);
    }
}

void replace(Value& value, Value by) {
  place(by, value.position());
  value = std::move(by);
}

/// Gives what was given by a product's name our name.
void rename(Value& options, const std::vector<FieldInfo>& fields, Problems& problems) {
  for (const FieldInfo& field : fields) {
    const Value* given = field.known_as.empty() ? nullptr : options.find(field.known_as);
    if (given == nullptr) continue;
    if (options.find(field.name) != nullptr)
      problems.error(
          given->position(), pointer_to("", field.known_as),
          fmt::format("is the product's name of {}, which is given too", in_quotes(field.name)));
    else
      options.set(field.name, *given);
    options.erase(field.known_as);
  }
}

void read_json(Value& value) {
  const std::string& text = value.text();
  if (text.empty() || (text.front() != '{' && text.front() != '[')) return;
  if (std::optional<Value> json = parse_json_value(text)) replace(value, std::move(*json));
}

/// "1s,2s" as a list; one number or text as a list of one.
void split(Value& value) {
  Value list = Value::array();
  const std::string text = value.is_number() ? value.number_text() : value.text();
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    list.push(Value::string(text.substr(from, comma - from)));
    from = comma + 1;
  }
  replace(value, std::move(list));
}

/// Says the unit of a number that the product's configuration gives without.
void add_unit(Value& value, const FieldInfo& field) {
  const std::string text = value.is_boolean()  ? (value.boolean() ? "true" : "false")
                           : value.is_number() ? value.number_text()
                           : value.is_string() ? value.text()
                                               : "";
  if (text.empty()) return;
  if (text == field.zero_word) return replace(value, Value::string("0" + field.bare_unit));
  const std::optional<Value> plain = parse_json_value(text);
  if (plain && plain->is_number()) replace(value, Value::string(text + field.bare_unit));
}

/// Spells a word in small letters that a product's configuration has in capitals.
void in_small_letters(Value& value, const std::vector<WordInfo>& words) {
  std::string small = value.text();
  for (char& c : small) {
    if (c >= 'a' && c <= 'z') return;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto is = [&](const std::string& text) {
    return std::any_of(words.begin(), words.end(),
                       [&](const WordInfo& word) { return word.word == text; });
  };
  if (!is(value.text()) && is(small)) replace(value, Value::string(small));
}

}  // namespace

Value as_declared(Value options, const TypeInfo& type, Problems& problems) {
  rename(options, type.fields, problems);
  for (const FieldInfo& field : type.fields) {
    Value* given = options.find(field.name);
    if (given == nullptr) continue;
    const TypeInfo& kind = field.type();
    if (given->is_string() && is_compound(kind)) read_json(*given);
    if (given->is_string() && kind.shape == Shape::kWords) in_small_letters(*given, kind.words);
    if (field.bare_unit.empty() && field.zero_word.empty()) continue;
    if (kind.shape != Shape::kList) {
      add_unit(*given, field);
      continue;
    }
    const bool is_one = given->is_number() || given->is_string();
    if (is_one && !(given->is_string() && given->text().starts_with('['))) split(*given);
    if (given->is_array())
      for (Value& element : given->elements()) add_unit(element, field);
  }
  return options;
}

}  // namespace highwater::drivers
