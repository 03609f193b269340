#pragma once

#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/plot_geometry.h"
#include "viewer/draw/plot_items.h"
#include "viewer/draw/plot_options.h"
#include "viewer/draw/plot_state.h"
#include "viewer/draw/ticks.h"

namespace highwater::viewer {

/// Everything that decides how a chart looks in one frame: what the painters are given.
struct PlotView {
  const PlotItems& items;
  const PlotOptions& options;
  const PlotState& state;
  PlotGeometry geometry = {};
  std::vector<Tick> x_ticks = {};
  std::vector<Tick> y_ticks = {};
  std::optional<double> cursor = std::nullopt;    ///< Position.
  std::optional<double> playhead = std::nullopt;  ///< Position.
  std::optional<ImVec2> mouse = std::nullopt;     ///< Where it is over this chart.
  std::string hovered = {};  ///< Name of the series under the mouse in the legend.
  bool has_data = false;     ///< Something has a value in view.

  bool shows(const Series& series) const { return !state.hidden.contains(series.name); }
};

}  // namespace highwater::viewer
