#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <imgui.h>

#include "viewer/draw/axis.h"
#include "viewer/draw/color.h"
#include "viewer/draw/plot_options.h"
#include "viewer/draw/theme.h"
#include "viewer/draw/values.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

enum class SeriesKind : std::uint8_t { line, steps, band, area, scatter, bars };

/// One series of a chart.
struct Series {
  SeriesKind kind = SeriesKind::line;
  std::string name;
  Values x;       ///< Of bars, where they begin.
  Values y;       ///< Of bands, the lower edge.
  Values second;  ///< Of bands, the upper edge; of bars, where they end.
  SeriesStyle style;
  Color color = 0;
};

struct SpanMark {
  std::string label;
  double from = 0;
  double to = 0;
  Status status = Status::bad;
};

struct EventMark {
  std::string label;
  double at = 0;
  Status status = Status::idle;
};

struct LimitMark {
  std::string label;
  double at = 0;
  Status status = Status::warn;
};

/// All that a chart shows in one frame.
struct PlotItems {
  std::vector<Series> series;
  std::vector<HeatMap> heats;
  std::vector<SpanMark> spans;
  std::vector<EventMark> events;
  std::vector<LimitMark> limits;
};

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
  double x_position(float pixel) const;
  double y_position(float pixel) const;

  /// Of a value; NaN where it has no position.
  float x_of(double value) const { return x_pixel(to_position(x_kind, value)); }
  float y_of(double value) const { return y_pixel(to_position(y_kind, value)); }

  float width() const { return area_max.x - area_min.x; }
  float height() const { return area_max.y - area_min.y; }
};

}  // namespace highwater::viewer
