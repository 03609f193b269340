#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imgui.h>

#include "viewer/draw/axis.h"
#include "viewer/draw/color.h"
#include "viewer/draw/format.h"
#include "viewer/draw/values.h"

namespace highwater::viewer {

/// What one axis means.
struct AxisOptions {
  Unit unit = Unit::number;
  AxisKind kind = AxisKind::linear;
  std::optional<double> lo =
      std::nullopt;  ///< A fixed end, as a value; otherwise the visible data decide.
  std::optional<double> hi = std::nullopt;
};

/// What a chart says apart from its data.
struct PlotOptions {
  std::string title = {};
  AxisOptions x = {.unit = Unit::clock};  ///< Its range is the XLink's.
  AxisOptions y = {};
  /// Names of rows, from the top down: the y axis is then one row for each of them, and a heat map
  /// has one row of cells for each (its row 0 is the first name).
  std::vector<std::string> rows = {};
  std::string empty = "no data yet";  ///< Said in the middle where nothing has a value.
  ImVec2 size = {0, 0};               ///< 0: what is left of the window.
  bool frame = true;                  ///< A card around the chart.
  bool show_legend = true;
};

/// How one series looks.
struct SeriesStyle {
  std::optional<Color> color = std::nullopt;  ///< None: the next colour of the palette.
  float width = 1.5F;                         ///< Of lines, in design pixels.
  float fill = 0.25F;                         ///< Opacity of bands.
  bool ghost = false;                         ///< The other run of a comparison: dashed and paler.
};

/// How amounts become colours.
enum class HeatScale : std::uint8_t { linear, square_root, logarithmic };

enum class HeatColors : std::uint8_t {
  density,  ///< Counts: cells with nothing show the panel.
  level,    ///< Shares: nothing is a colour, too.
};

/// A grid of amounts behind a chart. Cells without a number (NaN) stay empty.
struct HeatMap {
  std::string name = {};  ///< What a cell holds: "requests".
  std::size_t columns = 0;
  std::size_t rows = 0;
  Values cells = {};  ///< The cell of (column, row) stands at row * columns + column.
  double x_from = 0;
  double x_to = 1;
  /// Values at the lower edge of row 0 and the upper edge of the last row; the rows between are
  /// equally high on the axis. Not used by charts with named rows.
  double y_from = 0;
  double y_to = 1;
  std::optional<double> most =
      std::nullopt;  ///< The amount that has the last colour; none: the largest cell.
  Unit unit = Unit::number;
  HeatScale scale = HeatScale::linear;
  HeatColors colors = HeatColors::density;
};

}  // namespace highwater::viewer
