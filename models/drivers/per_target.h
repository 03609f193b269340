#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
#include "models/drivers/target_list.h"

namespace highwater::drivers {

/// A setting that targets may have each for itself: "3" is for all of them, "a=3,b=5" for those
/// named and the default for the others, "2,a=3" both. The name ends at the last "=".
template <class T>
struct PerTarget {
  std::optional<T> all = {};
  std::vector<std::pair<std::string, T>> named = {};

  T of(std::string_view name, const T& otherwise) const {
    for (const auto& [own, value] : named)
      if (own == name) return value;
    return all.value_or(otherwise);
  }
  friend bool operator==(const PerTarget&, const PerTarget&) = default;
};

/// The parts of a text between commas; an empty text has none.
std::vector<std::string_view> split_at_commas(std::string_view text);

/// What type_of a PerTarget says of itself, put together from its values' type.
TypeInfo per_target_type(const TypeInfo& value);

/// Reports every name that is none of the targets.
template <class T>
void check_names(const PerTarget<T>& list, const TargetList& targets, const Value& where,
                 const std::string& path, std::string_view field, Problems& problems) {
  NameList names;
  for (const auto& entry : list.named) names.names.push_back(entry.first);
  check_names(names, targets, where, path, field, problems);
}

/// A value that stands in a text, as part of another.
template <class T>
bool read_part(std::string_view text, const Value& whole, const std::string& path,
               Problems& problems, T& out) {
  Value value = Value::string(std::string(text));
  value.set_position(whole.position());
  return Quantity<T>::read(value, path, problems, out);
}

/// A value as text, without JSON's quotes.
template <class T>
std::string part_text(const T& value) {
  const Value written = Quantity<T>::write(value);
  return written.is_string() ? std::string(written.text()) : write_json_line(written);
}

}  // namespace highwater::drivers

namespace highwater {

template <class T>
struct Quantity<drivers::PerTarget<T>> {
  static const TypeInfo& type() {
    static const TypeInfo info = drivers::per_target_type(type_of<T>());
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   drivers::PerTarget<T>& out) {
    if (!value.is_string()) return Quantity<T>::read(value, path, problems, out.all.emplace());
    const std::size_t before = problems.error_count();
    drivers::PerTarget<T> list;
    for (const std::string_view part : drivers::split_at_commas(value.text())) {
      const std::size_t sign = part.rfind('=');
      if (sign == std::string_view::npos) {
        drivers::read_part(part, value, path, problems, list.all.emplace());
      } else {
        auto& [name, own] = list.named.emplace_back(part.substr(0, sign), T{});
        drivers::read_part(part.substr(sign + 1), value, path, problems, own);
      }
    }
    if (problems.error_count() != before) return false;
    out = std::move(list);
    return true;
  }
  static Value write(const drivers::PerTarget<T>& value) {
    if (!value.all && value.named.empty()) return Value();
    std::string text = value.all ? drivers::part_text(*value.all) : std::string();
    for (const auto& [name, own] : value.named)
      text += (text.empty() ? "" : ",") + name + "=" + drivers::part_text(own);
    return Value::string(std::move(text));
  }
};

}  // namespace highwater
