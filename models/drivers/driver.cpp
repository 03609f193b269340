#include "models/drivers/driver.h"

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

}  // namespace

Value with_json_read(Value options, const TypeInfo& type) {
  for (const FieldInfo& field : type.fields) {
    Value* given = options.find(field.name);
    if (given == nullptr || !given->is_string() || !is_compound(field.type())) continue;
    const std::string& text = given->text();
    if (text.empty() || (text.front() != '{' && text.front() != '[')) continue;
    std::optional<Value> value = parse_json_value(text);
    if (!value) continue;  // reading the option says what is expected instead
    place(*value, given->position());
    *given = std::move(*value);
  }
  return options;
}

}  // namespace highwater::drivers
