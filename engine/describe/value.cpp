#include "engine/describe/value.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

double parsed_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Too small to be told from 0 is 0; too large was refused by the parser.
  if (error == std::errc::result_out_of_range) return 0;
  HIGHWATER_CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

}  // namespace

// Here, because a Member, which holds a Value, is complete only after the class.
Value::Value() = default;
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

Value Value::boolean(bool value) {
  Value v;
  v.data_ = value;
  return v;
}

Value Value::whole(std::uint64_t value) {
  return number_text(fmt::format("{}", value));
}

Value Value::number(double value) {
  HIGHWATER_CHECK(std::isfinite(value));
  return number_text(fmt::format("{}", value == 0 ? 0.0 : value));
}

Value Value::number_text(std::string text) {
  Value v;
  const double value = parsed_number(text);
  v.data_ = Number{std::move(text), value};
  return v;
}

Value Value::string(std::string text) {
  Value v;
  v.data_ = std::move(text);
  return v;
}

Value Value::array() {
  return array(Elements{});
}

Value Value::array(Elements elements) {
  Value v;
  v.data_ = std::move(elements);
  return v;
}

Value Value::object() {
  Value v;
  v.data_ = Members{};
  return v;
}

bool Value::boolean() const {
  HIGHWATER_CHECK(is_boolean());
  return std::get<bool>(data_);
}

double Value::number() const {
  HIGHWATER_CHECK(is_number());
  return std::get<Number>(data_).value;
}

const std::string& Value::number_text() const {
  HIGHWATER_CHECK(is_number());
  return std::get<Number>(data_).text;
}

std::optional<std::uint64_t> Value::whole() const {
  const std::string& text = number_text();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const std::string& Value::text() const {
  HIGHWATER_CHECK(is_string());
  return std::get<std::string>(data_);
}

const Value::Elements& Value::elements() const {
  HIGHWATER_CHECK(is_array());
  return std::get<Elements>(data_);
}

Value::Elements& Value::elements() {
  HIGHWATER_CHECK(is_array());
  return std::get<Elements>(data_);
}

const Value::Members& Value::members() const {
  HIGHWATER_CHECK(is_object());
  return std::get<Members>(data_);
}

Value::Members& Value::members() {
  HIGHWATER_CHECK(is_object());
  return std::get<Members>(data_);
}

const Value* Value::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : members())
    if (member.key == key) return &member.value;
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

Value& Value::set(std::string key, Value value) {
  if (Value* present = find(key)) {
    *present = std::move(value);
    return *present;
  }
  const Position position = value.position();
  members().push_back({std::move(key), position, std::move(value)});
  return members().back().value;
}

void Value::erase(std::string_view key) {
  std::erase_if(members(), [&](const Member& member) { return member.key == key; });
}

void Value::push(Value element) {
  elements().push_back(std::move(element));
}

std::string Value::found() const {
  if (is_null()) return "null";
  if (is_boolean()) return boolean() ? "true" : "false";
  if (is_number()) return number_text().size() <= 40 ? number_text() : "a long number";
  if (is_string()) return in_quotes(text());
  return is_array() ? "a list" : "an object";
}

bool operator==(const Value& a, const Value& b) {
  if (a.data_.index() != b.data_.index()) return false;
  if (a.is_null()) return true;
  if (a.is_boolean()) return a.boolean() == b.boolean();
  if (a.is_number()) return a.number() == b.number();
  if (a.is_string()) return a.text() == b.text();
  if (a.is_array()) return a.elements() == b.elements();
  const Value::Members& left = a.members();
  const Value::Members& right = b.members();
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].key != right[i].key || !(left[i].value == right[i].value)) return false;
  return true;
}

}  // namespace highwater
