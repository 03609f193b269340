#include "viewer/draw/heat_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace highwater::viewer {
namespace {

constexpr float kLogDepth = 1000;  // chosen: three decades below the largest amount have colours

// Cells [first, last) that share the pixels [from, to).
struct Group {
  std::size_t first = 0;
  std::size_t last = 0;
  float from = 0;
  float to = 0;
};

double column_edge(const HeatMap& heat, std::size_t column) {
  const double share = static_cast<double>(column) / static_cast<double>(heat.columns);
  return heat.x_from + (heat.x_to - heat.x_from) * share;
}

// Position of the lower edge of a row; `row` may be heat.rows for the upper edge of the last.
double row_edge(const PlotView& view, const HeatMap& heat, double row) {
  if (!view.options.rows.empty()) return static_cast<double>(view.options.rows.size()) - row;
  const double lo = to_position(view.geometry.y_kind, heat.y_from);
  const double hi = to_position(view.geometry.y_kind, heat.y_to);
  return lo + (hi - lo) * row / static_cast<double>(heat.rows);
}

std::vector<Group> column_groups(const PlotView& view, const HeatMap& heat) {
  const PlotGeometry& geometry = view.geometry;
  std::vector<Group> groups;
  for (std::size_t column = 0; column < heat.columns; ++column) {
    const float from = std::round(geometry.x_of(column_edge(heat, column)));
    const float to = std::round(geometry.x_of(column_edge(heat, column + 1)));
    if (to < geometry.area_min.x || from > geometry.area_max.x) continue;
    const bool joins = !groups.empty() && groups.back().from == from;
    if (!joins) groups.push_back({column, column, from, to});
    groups.back().last = column + 1;
    groups.back().to = std::max(groups.back().to, to);
  }
  std::erase_if(groups, [](const Group& group) { return group.to <= group.from; });
  return groups;
}

std::vector<Group> row_groups(const PlotView& view, const HeatMap& heat, float gap) {
  const PlotGeometry& geometry = view.geometry;
  std::vector<Group> groups;
  for (std::size_t row = 0; row < heat.rows; ++row) {
    const auto at = static_cast<double>(row);
    float from = std::round(geometry.y_pixel(row_edge(view, heat, at)));
    float to = std::round(geometry.y_pixel(row_edge(view, heat, at + 1)));
    if (from > to) std::swap(from, to);
    if (to < geometry.area_min.y || from > geometry.area_max.y) continue;
    const bool joins = !groups.empty() && to == groups.back().to;
    if (!joins) groups.push_back({row, row, from, to});
    groups.back().last = row + 1;
    groups.back().from = std::min(groups.back().from, from);
  }
  std::erase_if(groups, [](const Group& group) { return group.to <= group.from; });
  for (Group& group : groups)
    if (group.to - group.from > 3 * gap) group.to -= gap;
  return groups;
}

// The largest number among the cells of two groups; NaN where there is none.
double largest(const HeatMap& heat, const Group& rows, const Group& columns) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (rows.last - rows.first == 1 && columns.last - columns.first == 1) {
    const double only = heat.cells[rows.first * heat.columns + columns.first];
    return std::isfinite(only) ? only : kNone;
  }
  double most = kNone;
  for (std::size_t row = rows.first; row < rows.last; ++row)
    for (std::size_t column = columns.first; column < columns.last; ++column) {
      const double amount = heat.cells[row * heat.columns + column];
      if (std::isfinite(amount) && !(amount <= most)) most = amount;
    }
  return most;
}

}  // namespace

double most_of(const HeatMap& heat) {
  const double most = heat.most ? *heat.most : heat.cells.largest(0);
  return most > 0 ? most : 1;
}

float color_share(const HeatMap& heat, double amount, double most) {
  const auto share = static_cast<float>(std::clamp(amount / most, 0.0, 1.0));
  switch (heat.scale) {
    case HeatScale::linear:
      return share;
    case HeatScale::square_root:
      return std::sqrt(share);
    case HeatScale::logarithmic:
      break;
  }
  static const float kWhole = std::log2(1 + kLogDepth);
  return std::log2(1 + kLogDepth * share) / kWhole;
}

std::optional<CellIndex> cell_at(const PlotView& view, const HeatMap& heat, ImVec2 pixel) {
  const PlotGeometry& geometry = view.geometry;
  const double x = from_position(geometry.x_kind, geometry.x_position(pixel.x));
  const double column =
      (x - heat.x_from) / (heat.x_to - heat.x_from) * static_cast<double>(heat.columns);
  const double first = row_edge(view, heat, 0);
  const double height = row_edge(view, heat, 1) - first;
  const double row = (geometry.y_position(pixel.y) - first) / height;
  if (!(column >= 0) || column >= static_cast<double>(heat.columns)) return std::nullopt;
  if (!(row >= 0) || row >= static_cast<double>(heat.rows)) return std::nullopt;
  return CellIndex{static_cast<std::size_t>(column), static_cast<std::size_t>(row)};
}

std::vector<Cell> cells_of(const PlotView& view, const HeatMap& heat, const Theme& theme,
                           float row_gap) {
  std::vector<Cell> cells;
  if (heat.cells.size() < heat.rows * heat.columns || heat.columns == 0) return cells;
  const ColorMap& colors = heat.colors == HeatColors::density ? theme.density : theme.level;
  const bool zero_is_nothing = heat.colors == HeatColors::density;
  const double most = most_of(heat);
  const std::vector<Group> columns = column_groups(view, heat);
  const std::vector<Group> all_rows = row_groups(view, heat, row_gap);
  cells.reserve(columns.size() * all_rows.size());
  for (const Group& rows : all_rows) {
    bool open = false;  // whether the next column can continue the last cell
    std::size_t last_step = 0;
    for (const Group& column : columns) {
      const double amount = largest(heat, rows, column);
      if (std::isnan(amount) || (zero_is_nothing && amount <= 0)) {
        open = false;
        continue;
      }
      const std::size_t step = ColorMap::step(color_share(heat, amount, most));
      if (open && step == last_step) {
        cells.back().max.x = column.to;
      } else {
        cells.push_back({{column.from, rows.from}, {column.to, rows.to}, colors.of_step(step)});
      }
      open = true;
      last_step = step;
    }
  }
  return cells;
}

}  // namespace highwater::viewer
