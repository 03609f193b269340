#include "viewer/draw/plot_geometry.h"

#include <algorithm>

namespace highwater::viewer {
namespace {

// Far outside every screen, and small enough to keep the slope of what leaves it.
constexpr double kFarAway = 1e5;

float pixel(double share, float from, float to) {
  const double at = static_cast<double>(from) + share * static_cast<double>(to - from);
  return static_cast<float>(std::clamp(at, -kFarAway, kFarAway));
}

double share(float at, float from, float to) {
  return static_cast<double>(at - from) / static_cast<double>(to - from);
}

}  // namespace

float PlotGeometry::x_pixel(double position) const {
  return pixel((position - x.lo) / x.width(), area_min.x, area_max.x);
}

float PlotGeometry::y_pixel(double position) const {
  return pixel((position - y.lo) / y.width(), area_max.y, area_min.y);
}

double PlotGeometry::x_position(float pixel_x) const {
  return x.lo + share(pixel_x, area_min.x, area_max.x) * x.width();
}

double PlotGeometry::y_position(float pixel_y) const {
  return y.lo + share(pixel_y, area_max.y, area_min.y) * y.width();
}

}  // namespace highwater::viewer
