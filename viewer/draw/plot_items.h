#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "viewer/draw/color.h"
#include "viewer/draw/plot_options.h"
#include "viewer/draw/theme.h"
#include "viewer/draw/values.h"

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

}  // namespace highwater::viewer
