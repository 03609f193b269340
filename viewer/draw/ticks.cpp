#include "viewer/draw/ticks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "viewer/draw/axis.h"
#include "viewer/draw/format.h"
#include "viewer/draw/unit_scale.h"

namespace highwater::viewer {
namespace {

constexpr double kTiny = 1e-9;           // of a step: what rounding may add
constexpr double kDecades = 320;         // either way from one: beyond there are no doubles
constexpr std::size_t kMostTicks = 500;  // a bound, far above what any chart has room for

// Round in the unit that will be written: 5 KiB rather than 5000 B, 2 min rather than 100 s.
double step_for(double raw, double largest, Unit unit) {
  if (unit == Unit::clock) return nice_time_step(raw);
  const double factor = unit == Unit::ratio ? 1 : scale_for(largest, unit, 3).factor;
  return nice_step(raw * factor) / factor;
}

std::vector<Tick> linear_ticks(Unit unit, Range view, int most) {
  const double raw = view.width() / std::max(1, most);
  if (!(raw > 0) || !std::isfinite(raw)) return {};
  const double largest = std::max(std::abs(view.lo), std::abs(view.hi));
  const double step = step_for(raw, largest, unit);
  const TickFormat format(step, largest, unit);
  const double first = std::ceil(view.lo / step - kTiny);
  const double last = std::floor(view.hi / step + kTiny);
  std::vector<Tick> result;
  for (double i = first; i <= last && result.size() < kMostTicks; ++i)
    result.push_back({i * step, format.text(i * step), true});
  return result;
}

// Powers of ten keep the prefixes of a thousand each: "1000 s" follows on "100 s".
std::string power_label(double value, Unit unit) {
  const double seconds = unit == Unit::milliseconds ? value / 1000 : value;
  const bool long_time = (unit == Unit::seconds || unit == Unit::milliseconds) && seconds >= 100;
  if (long_time) return fmt::format("{:.0f} s", seconds);
  if (unit == Unit::ratio) return format(value, unit, 1);
  return format(value, unit, value > 1e3 && unit == Unit::bytes ? 2 : 1);
}

bool is_labelled(int digit, int step, int exponent, double decades, int most) {
  if (digit == 1) return ((exponent % step) + step) % step == 0;
  // Two and five get labels where a decade has room for all three.
  return (digit == 2 || digit == 5) && step == 1 && decades * 3 <= most;
}

// Linear values on a logarithmic axis: where less than half a decade is in view, no power is.
std::vector<Tick> close_up_ticks(const AxisOptions& axis, Range view, int most) {
  const Range values{from_position(axis.kind, view.lo), from_position(axis.kind, view.hi)};
  std::vector<Tick> result = linear_ticks(axis.unit, values, most);
  for (Tick& tick : result) tick.position = to_position(axis.kind, tick.position);
  std::erase_if(result, [](const Tick& tick) { return !std::isfinite(tick.position); });
  return result;
}

std::vector<Tick> log_ticks(const AxisOptions& axis, Range view, int most) {
  view = {std::max(view.lo, -kDecades), std::min(view.hi, kDecades)};
  const double decades = view.width();
  if (!(decades > 0) || !std::isfinite(decades)) return {};
  if (decades < 0.7) return close_up_ticks(axis, view, most);  // chosen: 2 to 10 shows 2, 5 and 10
  const int step = std::max(1, static_cast<int>(std::ceil(decades / std::max(1, most))));
  std::vector<Tick> result;
  const int last = static_cast<int>(std::ceil(view.hi));
  for (int exponent = static_cast<int>(std::floor(view.lo)); exponent <= last; ++exponent) {
    for (int digit = 1; digit < 10 && result.size() < kMostTicks; ++digit) {
      const double position = std::log10(digit) + exponent;
      if (position < view.lo - kTiny || position > view.hi + kTiny) continue;
      if (step > 1 && digit > 1) continue;
      Tick tick{position, {}, digit == 1};
      if (is_labelled(digit, step, exponent, decades, most))
        tick.label = power_label(digit * std::pow(10.0, exponent), axis.unit);
      result.push_back(tick);
    }
  }
  return result;
}

// 50 %, 90 %, 99 % …, and between two of them the shares that lie evenly between.
std::vector<Tick> percentile_ticks(Range view, int most) {
  view = {std::max(view.lo, 0.0), std::min(view.hi, kDecades)};
  if (!(view.width() > 0) || !std::isfinite(view.width())) return {};
  std::vector<Tick> result;
  const auto add = [&](int digit, int decade, bool major, bool labelled) {
    const double rest = digit * std::pow(10.0, -decade);
    const double position = -std::log10(rest);
    if (position < view.lo - kTiny || position > view.hi + kTiny) return;
    const int decimals = std::max(0, decade - 2);
    const std::string label = fmt::format("{:.{}f}%", 100 * (1 - rest), decimals);
    result.push_back({position, labelled ? label : "", major});
  };
  const bool roomy = view.width() * 2 <= most;
  const int step = std::max(1, static_cast<int>(std::ceil(view.width() / std::max(1, most))));
  const int last = static_cast<int>(std::ceil(view.hi));
  for (int decade = std::max(0, static_cast<int>(std::floor(view.lo))); decade <= last; ++decade) {
    add(1, decade, true, decade % step == 0);
    if (step > 1) continue;
    for (int digit = 9; digit > 1; --digit)
      add(digit, decade + 1, decade == 0 && digit == 5, digit == 5 && roomy);
  }
  return result;
}

}  // namespace

double nice_step(double raw) {
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double lead = raw / power;
  for (const double nice : {1.0, 2.0, 5.0})
    if (lead <= nice * (1 + kTiny)) return nice * power;
  return 10 * power;
}

double nice_time_step(double raw) {
  static constexpr std::array kSteps = {1.,    2.,    5.,     10.,    15.,    30.,
                                        60.,   120.,  300.,   600.,   900.,   1800.,
                                        3600., 7200., 10800., 21600., 43200., 86400.};
  if (raw <= 0.5) return nice_step(raw);
  for (const double step : kSteps)
    if (raw <= step) return step;
  return nice_step(raw / kSteps.back()) * kSteps.back();
}

std::vector<Tick> ticks(const AxisOptions& axis, Range view, int most) {
  switch (axis.kind) {
    case AxisKind::linear:
      return linear_ticks(axis.unit, view, most);
    case AxisKind::logarithmic:
      return log_ticks(axis, view, most);
    case AxisKind::percentile:
      break;
  }
  return percentile_ticks(view, most);
}

}  // namespace highwater::viewer
