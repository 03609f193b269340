#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/describe/field.h"
#include "engine/describe/measure.h"

namespace highwater {

/// So many in so long, as limits are written: "5/s", "30/minute", "3 per 2 seconds", "0.5/s"; also
/// nginx' "5r/s" and "30r/m". Unlike a Rate it keeps both numbers: 60/m and 1/s are not the same
/// limit.
///
/// Grammar: COUNT ["r"] ("/" or "per") [NUMBER] UNIT, blanks anywhere between; units are ns, us,
/// ms, s, m, h, d, as words too (second, minute, hour, day, month of 30 days, year of 360: as
/// python-limits counts them).
struct Quota {
  double count = 1;
  std::int64_t period = 1'000'000'000;  ///< Nanoseconds, at least 1.

  double per_second() const { return count / (static_cast<double>(period) / 1e9); }
  /// The count where it is a whole number of 32 bits.
  std::optional<std::uint32_t> whole_count() const {
    if (!(count >= 0 && count <= 4294967295.0) || std::floor(count) != count) return std::nullopt;
    return static_cast<std::uint32_t>(count);
  }
  friend bool operator==(const Quota&, const Quota&) = default;
};

namespace quota_detail {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
inline constexpr std::int64_t kSecondNs = 1'000'000'000;
inline constexpr std::int64_t kDayNs = 86'400 * kSecondNs;
inline constexpr std::array kUnits = {Unit{"d", kDayNs},
                                      Unit{"h", 3'600 * kSecondNs},
                                      Unit{"m", 60 * kSecondNs},
                                      Unit{"s", kSecondNs},
                                      Unit{"ms", 1'000'000},
                                      Unit{"us", 1'000},
                                      Unit{"ns", 1},
                                      Unit{"sec", kSecondNs},
                                      Unit{"second", kSecondNs},
                                      Unit{"min", 60 * kSecondNs},
                                      Unit{"minute", 60 * kSecondNs},
                                      Unit{"hour", 3'600 * kSecondNs},
                                      Unit{"day", kDayNs},
                                      Unit{"month", 30 * kDayNs},
                                      Unit{"year", 360 * kDayNs}};

inline std::string_view after_blanks(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

inline std::optional<std::int64_t> unit_of(std::string_view name) {
  for (const bool plural : {false, true}) {
    if (plural && (name.size() < 4 || name.back() != 's')) break;  // "ms" is no plural
    const std::string_view word = plural ? name.substr(0, name.size() - 1) : name;
    for (const Unit& unit : kUnits)
      if (unit.name == word) return unit.nanoseconds;
  }
  return std::nullopt;
}

inline std::optional<Quota> parse(std::string_view text) {
  const auto amount = measure::parse_amount(after_blanks(text));
  if (!amount || amount->negative || !(amount->value <= 1e15)) return std::nullopt;
  std::string_view rest = after_blanks(amount->rest);
  if (rest.starts_with("r/")) rest.remove_prefix(1);
  if (rest.starts_with("/")) {
    rest.remove_prefix(1);
  } else if (rest.starts_with("per ")) {
    rest.remove_prefix(4);
  } else {
    return std::nullopt;
  }
  rest = after_blanks(rest);
  std::int64_t times = 1;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), times);
  if (error == std::errc()) {
    rest = after_blanks(rest.substr(static_cast<std::size_t>(end - rest.data())));
  } else if (error == std::errc::result_out_of_range) {
    return std::nullopt;
  }
  while (!rest.empty() && rest.back() == ' ') rest.remove_suffix(1);
  const auto unit = unit_of(rest);
  Quota quota;
  quota.count = amount->value;
  if (!unit || times < 1 || __builtin_mul_overflow(times, *unit, &quota.period))
    return std::nullopt;
  return quota;
}

}  // namespace quota_detail

template <>
struct Quantity<Quota> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "quota";
      type.shape = Shape::kQuantity;
      type.expects = "a number of requests in a time, such as \"5/s\" or \"3 per 2 minutes\"";
      type.pattern = ".*";
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems, Quota& out) {
    const auto quota = value.is_string() ? quota_detail::parse(value.text()) : std::nullopt;
    if (!quota) return report_unexpected(value, path, type(), problems);
    out = *quota;
    return true;
  }
  static Value write(const Quota& quota) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), quota.count).ptr;
    std::string text(digits.data(), end);
    for (std::size_t i = 0; i < 7; ++i) {  // the short names, the longest unit that divides it
      const quota_detail::Unit& unit = quota_detail::kUnits[i];
      if (quota.period % unit.nanoseconds != 0) continue;
      const std::int64_t times = quota.period / unit.nanoseconds;
      text += '/';
      if (times != 1) text += std::to_string(times);
      return Value::string(text += unit.name);
    }
    return Value::string(std::move(text));  // no period is left over: the last unit is 1 ns
  }
};

}  // namespace highwater
