#include "models/drivers/product_units.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace highwater {
namespace {

TypeInfo unit_type(std::string name, std::string expects) {
  TypeInfo type;
  type.name = std::move(name);
  type.shape = Shape::kQuantity;
  type.expects = std::move(expects);
  type.pattern = ".*";
  type.numbers = Numbers::kAny;
  return type;
}

/// The text of a number without a unit, as a number or in a string; nothing where it is none.
std::optional<std::string> bare_number(const Value& value) {
  if (value.is_number()) return value.number_text();
  if (!value.is_string() || value.text().empty()) return std::nullopt;
  const std::optional<Value> inner = parse_json_value(value.text());
  return inner && inner->is_number() ? std::optional(value.text()) : std::nullopt;
}

bool read_time(const Value& value, const std::string& path, Problems& problems,
               std::string_view unit, std::int64_t& out) {
  Value with_unit = value;
  if (const auto number = bare_number(value)) {
    with_unit = Value::string(*number + std::string(unit));
    with_unit.set_position(value.position());
  }
  Duration duration{};
  if (!Quantity<Duration>::read(with_unit, path, problems, duration)) return false;
  out = duration.count();
  return true;
}

Value write_time(std::int64_t ns) {
  return Quantity<Duration>::write(Duration{ns});
}

}  // namespace

const TypeInfo& Quantity<drivers::InMilliseconds>::type() {
  static const TypeInfo info =
      unit_type("milliseconds", "a duration such as \"5s\", or a number of milliseconds");
  return info;
}
bool Quantity<drivers::InMilliseconds>::read(const Value& value, const std::string& path,
                                             Problems& problems, drivers::InMilliseconds& out) {
  return read_time(value, path, problems, "ms", out.ns);
}
Value Quantity<drivers::InMilliseconds>::write(const drivers::InMilliseconds& value) {
  return write_time(value.ns);
}

const TypeInfo& Quantity<drivers::InSeconds>::type() {
  static const TypeInfo info =
      unit_type("seconds", "a duration such as \"5s\", or a number of seconds");
  return info;
}
bool Quantity<drivers::InSeconds>::read(const Value& value, const std::string& path,
                                        Problems& problems, drivers::InSeconds& out) {
  return read_time(value, path, problems, "s", out.ns);
}
Value Quantity<drivers::InSeconds>::write(const drivers::InSeconds& value) {
  return write_time(value.ns);
}

const TypeInfo& Quantity<drivers::MillisecondsOrFalse>::type() {
  static const TypeInfo info = unit_type(
      "milliseconds_or_false", "a duration such as \"5s\", a number of milliseconds, or false");
  return info;
}
bool Quantity<drivers::MillisecondsOrFalse>::read(const Value& value, const std::string& path,
                                                  Problems& problems,
                                                  drivers::MillisecondsOrFalse& out) {
  const bool is_false =
      (value.is_boolean() && !value.boolean()) || (value.is_string() && value.text() == "false");
  if (is_false) {
    out.ns = 0;
    return true;
  }
  if (value.is_boolean()) return report_unexpected(value, path, type(), problems);
  return read_time(value, path, problems, "ms", out.ns);
}
Value Quantity<drivers::MillisecondsOrFalse>::write(const drivers::MillisecondsOrFalse& value) {
  return value.ns == 0 ? Value::boolean(false) : write_time(value.ns);
}

const TypeInfo& Quantity<drivers::Percentage>::type() {
  static const TypeInfo info = unit_type("percentage", "a percentage such as 50 or \"50%\"");
  return info;
}
bool Quantity<drivers::Percentage>::read(const Value& value, const std::string& path,
                                         Problems& problems, drivers::Percentage& out) {
  Value number = value;
  if (value.is_string() && value.text().ends_with('%')) {
    number = Value::string(value.text().substr(0, value.text().size() - 1));
    number.set_position(value.position());
  }
  if (!bare_number(number)) return report_unexpected(value, path, type(), problems);
  return Quantity<double>::read(number, path, problems, out.value);
}
Value Quantity<drivers::Percentage>::write(const drivers::Percentage& value) {
  return Quantity<double>::write(value.value);
}

const TypeInfo& Quantity<drivers::PauseList>::type() {
  static const TypeInfo info =
      unit_type("pauses",
                "durations such as \"10s\" or \"500ms,1s,4s\"; bare numbers are "
                "milliseconds");
  return info;
}
bool Quantity<drivers::PauseList>::read(const Value& value, const std::string& path,
                                        Problems& problems, drivers::PauseList& out) {
  if (!value.is_string() && !value.is_number())
    return report_unexpected(value, path, type(), problems);
  const std::string text = value.is_number() ? value.number_text() : value.text();
  out.pauses.clear();
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    Value part = Value::string(text.substr(from, comma - from));
    part.set_position(value.position());
    if (!read_time(part, path, problems, "ms", out.pauses.emplace_back())) return false;
    from = comma + 1;
  }
  return true;
}
Value Quantity<drivers::PauseList>::write(const drivers::PauseList& value) {
  std::string text;
  for (const std::int64_t pause : value.pauses)
    text += (text.empty() ? "" : ",") + write_time(pause).text();
  return Value::string(text);
}

}  // namespace highwater
