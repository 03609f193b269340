#include "models/drivers/json_line.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "engine/describe/measure.h"
#include "models/drivers/seconds.h"

namespace highwater {
namespace {

TypeInfo number_type(std::string name, std::string expects) {
  TypeInfo type;
  type.name = std::move(name);
  type.shape = Shape::kQuantity;
  type.expects = std::move(expects);
  type.pattern = ".*";
  type.numbers = Numbers::kAny;
  return type;
}

/// The text of a number or a string; empty of anything else.
std::string text_of(const Value& value) {
  if (value.is_number()) return value.number_text();
  if (value.is_string()) return value.text();
  return {};
}

/// A decimal in thousandths, rounded up; nothing where it is none or too large.
std::optional<std::int64_t> thousandths_of(std::string_view text) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  std::int64_t whole = 0;
  if (!text.empty() && text.size() < 17 && text.find_first_not_of("0123456789") == text.npos) {
    for (const char c : text) whole = whole * 10 + (c - '0');
    return whole <= kMost ? std::optional(whole * 1000) : std::nullopt;
  }
  // Billionths as seconds have them: exact for all decimals that anybody writes.
  const auto billionths = drivers::nanoseconds_of(text);
  if (!billionths) return std::nullopt;
  constexpr std::int64_t kStep = 1'000'000;
  return *billionths / kStep + (*billionths % kStep > 0);
}

}  // namespace

const TypeInfo& Quantity<drivers::Seconds>::type() {
  static const TypeInfo info =
      number_type("seconds", "seconds, such as 12.5, or a duration, such as \"5m\"");
  return info;
}

bool Quantity<drivers::Seconds>::read(const Value& value, const std::string& path,
                                      Problems& problems, drivers::Seconds& out) {
  if (const auto nanoseconds = drivers::nanoseconds_of(text_of(value))) {
    out.nanoseconds = *nanoseconds;
    return true;
  }
  if (value.is_string()) {
    Problems ignored;
    Duration duration{};
    if (Quantity<Duration>::read(value, path, ignored, duration)) {
      out.nanoseconds = duration.count();
      return true;
    }
  }
  return report_unexpected(value, path, type(), problems);
}

Value Quantity<drivers::Seconds>::write(const drivers::Seconds& value) {
  return Value::number_text(drivers::seconds_text(value.nanoseconds));
}

const TypeInfo& Quantity<drivers::Thousandths>::type() {
  static const TypeInfo info = number_type("quantity", "a number, such as 1.5 or \"500m\"");
  return info;
}

bool Quantity<drivers::Thousandths>::read(const Value& value, const std::string& path,
                                          Problems& problems, drivers::Thousandths& out) {
  std::string text = text_of(value);
  std::optional<std::int64_t> read;
  if (text.ends_with('m')) {
    text.pop_back();
    if (const auto scaled = thousandths_of(text)) read = *scaled / 1000 + (*scaled % 1000 > 0);
  } else {
    read = thousandths_of(text);
  }
  if (!read) return report_unexpected(value, path, type(), problems);
  out.value = *read;
  return true;
}

Value Quantity<drivers::Thousandths>::write(const drivers::Thousandths& value) {
  return Value::string(fmt::format("{}m", value.value));
}

const TypeInfo& Quantity<drivers::Whole>::type() {
  static const TypeInfo info = number_type("whole", "a whole number, such as -2");
  return info;
}

bool Quantity<drivers::Whole>::read(const Value& value, const std::string& path, Problems& problems,
                                    drivers::Whole& out) {
  std::string text = text_of(value);
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != text.npos)
    return report_unexpected(value, path, type(), problems);
  std::int64_t whole = 0;
  for (const char c : text) whole = whole * 10 + (c - '0');
  if (whole > kMost) return report_unexpected(value, path, type(), problems);
  out.value = static_cast<std::int32_t>(negative ? -whole : whole);
  return true;
}

Value Quantity<drivers::Whole>::write(const drivers::Whole& value) {
  return Value::number_text(std::to_string(value.value));
}

namespace drivers {
namespace {

std::string snake_case(std::string_view key) {
  std::string snake;
  for (const char c : key) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !snake.empty() && snake.back() != '_') snake += '_';
    snake += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return snake;
}

}  // namespace

Value snake_case_keys(const Value& value) {
  Value result = value;
  if (value.is_array())
    for (Value& element : result.elements()) element = snake_case_keys(element);
  if (value.is_object())
    for (Value::Member& member : result.members()) {
      member.key = snake_case(member.key);
      member.value = snake_case_keys(member.value);
    }
  return result;
}

std::optional<Value> json_of_option(const Value& value, const std::string& path,
                                    Problems& problems) {
  if (!value.is_string()) return snake_case_keys(value);
  Problems inside;
  const auto json = parse_json(value.text(), inside.add_source("option"), inside);
  if (!json || inside.has_errors()) {
    problems.error(
        value.position(), path,
        "expected JSON, found " + in_quotes(value.text()) + ": " + first_problem(inside));
    return std::nullopt;
  }
  return snake_case_keys(*json);
}

std::string first_problem(const Problems& problems) {
  const std::vector<Problem> list = problems.sorted();
  if (list.empty()) return {};
  // A key that is misspelt says more than the one that is missing because of it.
  const auto misspelt = std::find_if(
      list.begin(), list.end(), [](const Problem& problem) { return !problem.suggestion.empty(); });
  const Problem& first = misspelt != list.end() ? *misspelt : list.front();
  std::string text = first.pointer.empty() ? first.message : first.pointer + ": " + first.message;
  if (!first.suggestion.empty()) text += "; did you mean " + in_quotes(first.suggestion) + "?";
  return text;
}

std::string read_object_line(std::string_view line, std::optional<Value>& out) {
  Problems problems;
  out = parse_json(line, problems.add_source("line"), problems);
  if (problems.has_errors()) return first_problem(problems);
  if (!out || !out->is_object()) return "expected a JSON object, found " + in_quotes(line);
  return {};
}

}  // namespace drivers
}  // namespace highwater
