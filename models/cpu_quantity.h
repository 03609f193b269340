#pragma once

#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "engine/describe/quantity.h"

namespace highwater {

/// CPU as Kubernetes counts it: millicores.
struct Cpu {
  std::int64_t millicores = 0;
  friend constexpr auto operator<=>(const Cpu&, const Cpu&) = default;
};

/// "500m", "2", 2 or 0.5: cores, to the thousandth; at most a million.
template <>
struct Quantity<Cpu> {
  static constexpr std::int64_t kMost = 1'000'000'000;

  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "cpu";
      type.shape = Shape::kQuantity;
      type.expects = "CPU cores, such as 2, or thousandths of one, such as \"250m\"";
      type.pattern = "[0-9]+(m|\\.[0-9]+)?";
      type.numbers = Numbers::kAny;
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems, Cpu& out) {
    std::string text = value.is_number()   ? value.number_text()
                       : value.is_string() ? value.text()
                                           : std::string();
    const bool milli = text.ends_with('m');
    if (milli) text.pop_back();
    // Digits, and up to three behind a point where these are cores.
    std::int64_t thousandths = 0;
    int behind = -1;
    bool right = !text.empty() && text.front() != '.' && text.back() != '.';
    for (const char c : text) {
      if (c == '.' && behind < 0 && !milli) {
        behind = 0;
        continue;
      }
      right = right && c >= '0' && c <= '9' && thousandths <= kMost;
      if (behind >= 0 && ++behind > 3) {
        right = right && c == '0';  // finer than the unit
        continue;
      }
      if (right) thousandths = thousandths * 10 + (c - '0');
    }
    if (!milli)
      for (int digits = behind < 0 ? 0 : behind; digits < 3 && right; ++digits) thousandths *= 10;
    if (!right || thousandths > kMost) return report_unexpected(value, path, type(), problems);
    out.millicores = thousandths;
    return true;
  }
  static Value write(const Cpu& value) {
    return Value::string(value.millicores % 1000 == 0 ? fmt::format("{}", value.millicores / 1000)
                                                      : fmt::format("{}m", value.millicores));
  }
};

}  // namespace highwater
