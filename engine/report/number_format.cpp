#include "engine/report/number_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace highwater {
namespace {

struct Scale {
  double below;   ///< Used for magnitudes smaller than this, after rounding to three digits.
  double factor;  ///< Multiplies the value.
  const char* unit;
};

constexpr double kEverything = HUGE_VAL;

constexpr std::array<Scale, 6> kTimes{{{999.5e-6, 1e6, " ns"},
                                       {999.5e-3, 1e3, " µs"},
                                       {999.5, 1, " ms"},
                                       {119.95e3, 1e-3, " s"},
                                       {119.95 * 60e3, 1 / 60e3, " min"},
                                       {kEverything, 1 / 3600e3, " h"}}};
constexpr std::array<Scale, 5> kBytes{
    {{1024, 1, " B"},
     {1024.0 * 1024, 1.0 / 1024, " KiB"},
     {1024.0 * 1024 * 1024, 1.0 / 1024 / 1024, " MiB"},
     {1024.0 * 1024 * 1024 * 1024, 1.0 / 1024 / 1024 / 1024, " GiB"},
     {kEverything, 1.0 / 1024 / 1024 / 1024 / 1024, " TiB"}}};
constexpr std::array<Scale, 4> kThousands{
    {{999.5, 1, ""}, {999.5e3, 1e-3, "k"}, {999.5e6, 1e-6, "M"}, {kEverything, 1e-9, "G"}}};

const Scale& scale_for(double value, std::span<const Scale> scales) {
  const double magnitude = std::abs(value);
  const auto found = std::find_if(scales.begin(), scales.end(),
                                  [magnitude](const Scale& s) { return magnitude < s.below; });
  return found == scales.end() ? scales.back() : *found;
}

/// The decimal exponent of `value` once it is rounded to `digits` significant digits; 0 for zero.
/// Read from the formatted number, so that 9.996 counts as 10.0 and no logarithm is involved.
int exponent_of(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

int decimals_for_digits(double value, int digits) {
  if (value == 0) return 0;
  return std::max(0, digits - 1 - exponent_of(value, digits));
}

/// One significant digit of a half width is enough, two where the first is a 1 or 2: rounding 0.14
/// to 0.1 would misstate it by a third.
int decimals_for_half_width(double half_width) {
  if (half_width == 0) return 0;
  const int exponent = exponent_of(half_width, 2);
  const bool small_lead = fmt::format("{:.1e}", half_width)[0] <= '2';
  return std::max(0, (small_lead ? 1 : 0) - exponent);
}

/// Per cent near 100: the distance to 100 carries the meaning, so it keeps two digits.
int decimals_for_percent(double percent, int digits) {
  const double rest = 100 - percent;
  const int plain = decimals_for_digits(percent, digits);
  if (percent < 99 || rest <= 0) return rest == 0 ? 0 : plain;
  return std::clamp(decimals_for_digits(rest, 2), plain, 8);
}

std::string rounded_up(double value, int decimals) {
  double power = 1;
  for (int i = 0; i < decimals; ++i) power *= 10;
  const double units = value * power;
  // A half width that is a round number but for the last bit stays what it is.
  const double up = std::ceil(units - units * 1e-9);
  return fmt::format("{:.{}f}", up / power, decimals);
}

/// Scale and unit text for a value in `unit`.
std::pair<double, std::string> unit_for(double value, std::string_view unit) {
  if (unit == "ms") {
    if (value == 0) return {1, " ms"};
    const Scale& scale = scale_for(value, kTimes);
    return {scale.factor, scale.unit};
  }
  if (unit == "1") return {100, "%"};
  if (unit == "%") return {1, "%"};
  if (unit == "bytes") {
    const Scale& scale = scale_for(value, kBytes);
    return {scale.factor, scale.unit};
  }
  const Scale& scale = scale_for(value, kThousands);
  if (unit.empty() || unit.front() == '/') return {scale.factor, scale.unit + std::string(unit)};
  return {scale.factor, fmt::format("{} {}", scale.unit, unit)};
}

}  // namespace

std::string shortest(double value) {
  return fmt::format("{}", value);
}

ShownNumber show_number(double value, std::string_view unit, int digits) {
  if (std::isnan(value)) return {"–", "", ""};
  const auto [factor, unit_text] = unit_for(value, unit);
  const double scaled = value * factor;
  // As a percentage what is finite may not be.
  if (std::isinf(scaled)) return {scaled > 0 ? "unbounded" : "-unbounded", "", ""};
  const int decimals =
      unit_text == "%" ? decimals_for_percent(scaled, digits) : decimals_for_digits(scaled, digits);
  return {fmt::format("{:.{}f}", scaled, decimals), unit_text, ""};
}

ShownNumber show_against(double value, double limit, std::string_view unit) {
  constexpr int kMostDigits = 9;
  for (int digits = 3;; ++digits) {
    ShownNumber shown = show_number(value, unit, digits);
    const bool told_apart = shown.text() != show_number(limit, unit, digits).text();
    if (told_apart || value == limit || digits == kMostDigits) return shown;
  }
}

ShownNumber show_estimate(const Estimate& estimate, std::string_view unit) {
  if (!estimate.value) return {"–", "", ""};
  const bool bounded =
      estimate.ci95 && std::isfinite(estimate.ci95->low) && std::isfinite(estimate.ci95->high);
  if (!bounded) return show_number(*estimate.value, unit);
  const auto [factor, unit_text] = unit_for(*estimate.value, unit);
  const double value = *estimate.value * factor;
  double half_width =
      std::max({value - estimate.ci95->low * factor, estimate.ci95->high * factor - value, 0.0});
  if (!std::isfinite(value) || !std::isfinite(half_width))
    return show_number(*estimate.value, unit);
  // What rounding left of an interval without width is none.
  if (half_width < std::abs(value) * 1e-9) half_width = 0;
  const int least =
      unit_text == "%" ? decimals_for_percent(value, 3) : decimals_for_digits(value, 3);
  const int most = std::max(least, decimals_for_digits(value, 5));
  const int wanted = decimals_for_half_width(half_width);
  const int decimals = value == 0 ? std::min(wanted, 6) : std::clamp(wanted, least, most);
  return {fmt::format("{:.{}f}", value, decimals), unit_text, rounded_up(half_width, decimals)};
}

std::string show_count(std::uint64_t count) {
  if (count < 10'000) return fmt::format("{}", count);
  if (count < 100'000) return fmt::format("{},{:03}", count / 1000, count % 1000);
  return show_number(static_cast<double>(count), "").text();
}

std::string show_clock(double seconds) {
  if (!std::isfinite(seconds)) return "the end";
  if (seconds != 0 && seconds < 1) return show_number(seconds * 1e3, "ms").text();
  if (seconds < 60) return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  const std::int64_t minutes = whole / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, whole % 60);
  const std::int64_t hours = minutes / 60;
  if (hours < 48) return fmt::format("{}:{:02}:{:02}", hours, minutes % 60, whole % 60);
  return fmt::format("{}d {:02}:{:02}", hours / 24, hours % 24, minutes % 60);
}

}  // namespace highwater
