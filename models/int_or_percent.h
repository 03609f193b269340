#pragma once

#include <string>

#include <fmt/format.h>

#include "engine/describe/quantity.h"
#include "models/algorithms/scaling/int_or_percent.h"

namespace highwater {

/// 3, "3" or "25%".
template <>
struct Quantity<scaling::IntOrPercent> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "int_or_percent";
      type.shape = Shape::kQuantity;
      type.expects = "a number of instances, such as 3, or a percentage, such as \"25%\"";
      type.pattern = "[0-9]+%?";
      type.numbers = Numbers::kWhole;
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   scaling::IntOrPercent& out) {
    std::string text = value.is_number()   ? value.number_text()
                       : value.is_string() ? value.text()
                                           : std::string();
    out.percent = text.ends_with('%');
    if (out.percent) text.pop_back();
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos)
      return report_unexpected(value, path, type(), problems);
    out.value = 0;
    for (const char c : text) out.value = out.value * 10 + static_cast<std::uint32_t>(c - '0');
    return true;
  }
  static Value write(const scaling::IntOrPercent& value) {
    return Value::string(fmt::format("{}{}", value.value, value.percent ? "%" : ""));
  }
};

}  // namespace highwater
