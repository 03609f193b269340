#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/field.h"

/// Reads one value of type T from JSON text. `problems` is what a user would see.
template <class T>
struct Read {
  T value{};
  std::string problems;
};

template <class T>
Read<T> read(std::string_view json, T initial = T{}) {
  highwater::Problems problems;
  Read<T> out{std::move(initial), ""};
  const auto value = highwater::parse_json(json, problems.add_source("f"), problems);
  if (value) highwater::Quantity<T>::read(*value, "/x", problems, out.value);
  out.problems = problems.text();
  return out;
}

/// The JSON text that a value is written as.
template <class T>
std::string written(const T& value) {
  return highwater::write_json_line(highwater::Quantity<T>::write(value));
}
