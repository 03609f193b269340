#include "models/drivers/seconds.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include "engine/describe/problems.h"

namespace highwater::drivers {

std::optional<std::int64_t> nanoseconds_of(std::string_view seconds) {
  constexpr std::ptrdiff_t kDecimals = 9;
  constexpr int kLargestExponent = 30;  // beyond, every digit is zero or the number is too large
  const std::size_t e = std::min(seconds.find_first_of("eE"), seconds.size());
  int exponent = 0;
  if (e < seconds.size()) {
    std::string_view digits = seconds.substr(e + 1);
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    exponent = std::clamp(exponent, -kLargestExponent, kLargestExponent);
  }
  const std::string_view mantissa = seconds.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  const std::string_view decimals =
      point < mantissa.size() ? mantissa.substr(point + 1) : std::string_view();
  if (digits.empty() || (point < mantissa.size() && decimals.empty())) return std::nullopt;
  digits += decimals;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  // As many digits as there are nanoseconds, and one more to round by.
  const std::ptrdiff_t wanted = static_cast<std::ptrdiff_t>(point) + exponent + kDecimals;
  if (wanted < 0) return 0;
  digits.resize(static_cast<std::size_t>(wanted) + 1, '0');
  const bool up = digits.back() >= '5';
  digits.pop_back();
  if (digits.empty()) return up ? 1 : 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || (up && value == std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return value + up;
}

std::string seconds_text(std::int64_t nanoseconds) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto bits = static_cast<std::uint64_t>(nanoseconds);
  const std::uint64_t size = nanoseconds < 0 ? 0 - bits : bits;
  std::string text =
      fmt::format("{}{}.{:09}", nanoseconds < 0 ? "-" : "", size / kSecond, size % kSecond);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string no_seconds(std::string_view found) {
  return "expected seconds, such as 12.5, found " + in_quotes(found);
}

}  // namespace highwater::drivers
