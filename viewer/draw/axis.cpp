#include "viewer/draw/axis.h"

#include <cmath>
#include <limits>

namespace highwater::viewer {

double curved_position(AxisKind kind, double value) {
  constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();
  if (kind == AxisKind::logarithmic) return value > 0 ? std::log10(value) : kNowhere;
  return value >= 0 && value < 1 ? -std::log10(1 - value) : kNowhere;
}

double from_position(AxisKind kind, double position) {
  switch (kind) {
    case AxisKind::linear:
      return position;
    case AxisKind::logarithmic:
      return std::pow(10.0, position);
    case AxisKind::percentile:
      break;
  }
  return 1 - std::pow(10.0, -position);
}

}  // namespace highwater::viewer
