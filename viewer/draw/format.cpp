#include "viewer/draw/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>

#include <fmt/format.h>

#include "viewer/draw/unit_scale.h"

namespace highwater::viewer {
namespace {

constexpr const char* kMinus = "−";

// The decimal exponent of `value` rounded to `digits`, read from the text: 9.996 counts as 10.0.
int exponent_of(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

int decimals_for(double value, int digits) {
  if (value == 0) return 0;
  return std::clamp(digits - 1 - exponent_of(value, digits), 0, 9);
}

// With a true minus sign, and none before what is rounded to zero.
std::string fixed(double value, int decimals) {
  const std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? kMinus + digits : digits;
}

std::string without_number(double value) {
  if (std::isnan(value)) return "–";
  return value < 0 ? std::string(kMinus) + "∞" : "∞";
}

// Near one the distance to one is what matters, so that keeps two digits.
std::string percent(double share, int digits) {
  const double value = share * 100;
  if (!std::isfinite(value)) return without_number(value);  // although the share is
  const double rest = 100 - value;
  int decimals = decimals_for(value, digits);
  if (rest == 0) decimals = 0;
  if (value >= 99 && rest > 0) decimals = std::clamp(decimals_for(rest, 2), decimals, 8);
  return fixed(value, decimals) + "%";
}

}  // namespace

Unit unit_of(std::string_view metric_unit) {
  if (metric_unit == "ms") return Unit::milliseconds;
  if (metric_unit == "s") return Unit::seconds;
  if (metric_unit == "1") return Unit::ratio;
  if (metric_unit == "bytes") return Unit::bytes;
  if (metric_unit == "bytes/s") return Unit::byte_rate;
  return metric_unit.ends_with("/s") ? Unit::rate : Unit::number;
}

std::string format(double value, Unit unit, int digits) {
  if (!std::isfinite(value)) return without_number(value);
  if (unit == Unit::clock) return format_clock(value);
  if (unit == Unit::ratio) return percent(value, digits);
  const UnitScale& scale = scale_for(value, unit, digits);
  const double scaled = value * scale.factor;
  // A count is exact: "7" says so, "7.00" would not.
  const bool whole = unit == Unit::number && scale.factor == 1 && scaled == std::round(scaled);
  return fixed(scaled, whole ? 0 : decimals_for(scaled, digits)) + scale.suffix;
}

std::string format_clock(double seconds, int decimals) {
  if (!std::isfinite(seconds)) return without_number(seconds);
  const int digits = std::clamp(decimals, 0, 9);
  const double power = std::pow(10.0, digits);
  // Rounded as a whole, or 59.96 would become 0:60.0.
  const double rounded = std::round(std::abs(seconds) * power) / power;
  const double whole = std::floor(rounded + 0.5 / power);
  const auto total = static_cast<long long>(whole);
  const double part = std::max(0.0, rounded - whole);
  const std::string sign = seconds < 0 && rounded > 0 ? kMinus : "";
  const std::string fraction = digits == 0 ? "" : fmt::format("{:.{}f}", part, digits).substr(1);
  const long long minutes = total / 60 % 60;
  const long long hours = total / 3600 % 24;
  const long long days = total / 86400;
  std::string text;
  if (days > 0) {
    text = fmt::format("{}d {:02}:{:02}", days, hours, minutes);
  } else if (hours > 0) {
    text = fmt::format("{}:{:02}", hours, minutes);
  } else {
    text = fmt::format("{}", minutes);
  }
  return sign + text + fmt::format(":{:02}", total % 60) + fraction;
}

std::string format_change(double from, double to) {
  if (!std::isfinite(from) || !std::isfinite(to)) return "–";
  if (from == to) return "±0";
  if (from == 0 || (from < 0) != (to < 0)) return "–";
  const double ratio = to / from;
  if (ratio >= 3) {
    return "×" +
           (ratio < 1000 ? fixed(ratio, decimals_for(ratio, 2)) : format(ratio, Unit::number));
  }
  const double share = (ratio - 1) * 100;
  if (std::abs(share) < 0.05) return "±0";
  return (share > 0 ? "+" : "") + fixed(share, decimals_for(share, 2)) + "%";
}

TickFormat::TickFormat(double step, double largest, Unit unit) : unit_(unit) {
  if (unit == Unit::ratio) {
    factor_ = 100;
    suffix_ = "%";
  } else if (unit != Unit::clock) {
    const UnitScale& scale = scale_for(largest, unit, 3);
    factor_ = scale.factor;
    suffix_ = scale.suffix;
  }
  double rest = std::abs(step) * factor_;
  while (decimals_ < 9 && std::abs(rest - std::round(rest)) > 1e-6 * std::max(1.0, rest)) {
    rest *= 10;
    ++decimals_;
  }
}

std::string TickFormat::text(double value) const {
  if (unit_ == Unit::clock) return format_clock(value, decimals_);
  const std::string digits = fixed(value * factor_, decimals_);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return zero ? "0" : digits + suffix_;
}

}  // namespace highwater::viewer
