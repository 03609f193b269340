#pragma once

#include <cstdint>

namespace highwater::viewer {

/// How values lie along an axis. A position is what is linear in pixels.
enum class AxisKind : std::uint8_t {
  linear,       ///< The value itself.
  logarithmic,  ///< log10 of the value; values of 0 and below have no position (NaN).
  /// Shares 0 <= p < 1 at -log10(1 - p): 90 %, 99 % and 99.9 % stand equally far apart.
  /// Source  G. Tene's HdrHistogram percentile plots.
  percentile,
};

/// Of axes that are not linear; see to_position().
double curved_position(AxisKind kind, double value);

/// NaN where `value` has no place on such an axis.
inline double to_position(AxisKind kind, double value) {
  return kind == AxisKind::linear ? value : curved_position(kind, value);
}

double from_position(AxisKind kind, double position);

}  // namespace highwater::viewer
