#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "viewer/draw/canvas.h"
#include "viewer/draw/plot_view.h"

namespace highwater::viewer {

/// The amount that has the last colour: what the map says, or its largest cell. 1 where that is 0.
double most_of(const HeatMap& heat);

/// Share of the colours, 0..1, that `amount` comes to.
float color_share(const HeatMap& heat, double amount, double most);

/// Which cell lies under a pixel.
struct CellIndex {
  std::size_t column = 0;
  std::size_t row = 0;
};
std::optional<CellIndex> cell_at(const PlotView& view, const HeatMap& heat, ImVec2 pixel);

/// The rectangles of the visible cells. Cells smaller than a pixel are joined, the largest amount
/// counts; neighbours of the same colour are one rectangle.
std::vector<Cell> cells_of(const PlotView& view, const HeatMap& heat, const Theme& theme,
                           float row_gap);

}  // namespace highwater::viewer
