#pragma once

#include <imgui.h>

#include "viewer/draw/axis.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// Where a chart's parts are and which values they show.
struct PlotGeometry {
  ImVec2 min;  ///< The whole chart.
  ImVec2 max;
  ImVec2 area_min;  ///< The data.
  ImVec2 area_max;
  AxisKind x_kind = AxisKind::linear;
  AxisKind y_kind = AxisKind::linear;
  Range x;  ///< Positions at the left and right edge of the area.
  Range y;  ///< Positions at its lower and upper edge.

  float x_pixel(double position) const;
  float y_pixel(double position) const;
  double x_position(float pixel_x) const;
  double y_position(float pixel_y) const;

  /// Of a value; NaN where it has no position.
  float x_of(double value) const { return x_pixel(to_position(x_kind, value)); }
  float y_of(double value) const { return y_pixel(to_position(y_kind, value)); }

  float width() const { return area_max.x - area_min.x; }
  float height() const { return area_max.y - area_min.y; }
};

}  // namespace highwater::viewer
