#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/describe/field.h"

namespace highwater::drivers {

/// A point or stretch of time in seconds: 12.5, "12.5"; or with a unit: "5m".
struct Seconds {
  std::int64_t nanoseconds = 0;
  friend bool operator==(const Seconds&, const Seconds&) = default;
};

/// A quantity as Kubernetes writes it, kept in thousandths, rounded up: 1.5, "500m".
struct Thousandths {
  std::int64_t value = 0;
  friend bool operator==(const Thousandths&, const Thousandths&) = default;
};

/// A whole number with a sign: -2.
struct Whole {
  std::int32_t value = 0;
  friend bool operator==(const Whole&, const Whole&) = default;
};

/// Settings as JSON in a text, as a command line gives them, or as JSON itself. Keys may stand in
/// CamelCase, as in the products' own files.
template <class T>
struct JsonText {
  T value{};
  friend bool operator==(const JsonText& a, const JsonText& b) {
    return Quantity<T>::write(a.value) == Quantity<T>::write(b.value);
  }
};

/// The same value with its keys, and those inside, in snake_case: scaleUp is scale_up.
Value snake_case_keys(const Value& value);

/// The JSON that an option's text holds, with snake_case keys; reports text that is none.
std::optional<Value> json_of_option(const Value& value, const std::string& path,
                                    Problems& problems);

/// Reads a line as the object it must be. @return what is wrong with it; empty where nothing is.
std::string read_object_line(std::string_view line, std::optional<Value>& out);
/// The first of the problems, without a place in a file.
std::string first_problem(const Problems& problems);

/// Reads a line of input into a struct that declares its fields.
/// @return what is wrong with it, with the nearest word for an unknown key; empty where nothing is.
template <Described Line>
std::string read_line(std::string_view text, Line& out) {
  std::optional<Value> value;
  std::string wrong = read_object_line(text, value);
  if (!wrong.empty()) return wrong;
  Problems problems;
  out = read_params<Line>(*value, "", problems);
  return problems.has_errors() ? first_problem(problems) : std::string();
}

}  // namespace highwater::drivers

namespace highwater {

template <>
struct Quantity<drivers::Seconds> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::Seconds& out);
  static Value write(const drivers::Seconds& value);
};

template <>
struct Quantity<drivers::Thousandths> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::Thousandths& out);
  static Value write(const drivers::Thousandths& value);
};

template <>
struct Quantity<drivers::Whole> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::Whole& out);
  static Value write(const drivers::Whole& value);
};

template <class T>
struct Quantity<drivers::JsonText<T>> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = type_of<T>().name + "_json";
      type.shape = Shape::kQuantity;
      type.expects = "JSON: " + type_of<T>().expects;
      type.pattern = ".*";
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::JsonText<T>& out) {
    const std::optional<Value> json = drivers::json_of_option(value, path, problems);
    return json && Quantity<T>::read(*json, path, problems, out.value);
  }
  static Value write(const drivers::JsonText<T>& value) {
    return Value::string(write_json_line(Quantity<T>::write(value.value)));
  }
};

}  // namespace highwater
