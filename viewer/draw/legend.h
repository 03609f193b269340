#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "viewer/draw/canvas.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// One name of a legend and the rectangle that is clicked.
struct LegendEntry {
  const Series* series = nullptr;  ///< See named_series().
  ImVec2 min;
  ImVec2 max;
};

/// The names that have room in the title's line, from left to right.
struct Legend {
  std::vector<LegendEntry> entries;
  std::size_t left_out = 0;  ///< Behind a "+3" in the rectangle below.
  ImVec2 more_min;
  ImVec2 more_max;
};

/// Series that have a name: the first of each, a line rather than the band around it.
std::vector<const Series*> named_series(const std::vector<Series>& series);

/// Right of the title and left of a heat map's scale.
Legend legend_of(const Canvas& canvas, const PlotView& view);

/// Title, legend and the scale of the first heat map.
void paint_header(Canvas& canvas, const PlotView& view);

/// A small picture of how a series is drawn, left of `min` + the height of a text.
void paint_swatch(Canvas& canvas, const Series& series, ImVec2 min, bool shown);

/// A name with its swatch as an item of the layout; true when it was clicked.
bool legend_row(const Look& look, const Series& series, bool shown);

/// Pixels that a swatch and the distance to its name take.
float swatch_width(const Look& look);

/// What a click on a name does: hides or shows it; with `control` it alone stays, or all come back
/// where it was alone already.
void click_legend(PlotState& state, const std::vector<const Series*>& all, const std::string& name,
                  bool control);

}  // namespace highwater::viewer
