#include "viewer/draw/paint_series.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "viewer/draw/decimate.h"
#include "viewer/draw/heat_grid.h"
#include "viewer/draw/stack.h"

namespace highwater::viewer {
namespace {

// Chosen: with more samples than this for each pixel, corners would be sharper than a line is wide.
constexpr double kDenseSamples = 0.6;
constexpr float kGhostOpacity = 0.7F;
constexpr float kGhostGap = 0.3F;  // opacity between the dashes of what is drawn as a ribbon
constexpr float kAreaOpacity = 0.5F;
constexpr float kBarOpacity = 0.85F;
constexpr Dash kGhostDash = {6, 4, 0};  // design pixels

std::size_t pixel_columns(const PlotView& view) {
  return static_cast<std::size_t>(std::max(1.0F, std::ceil(view.geometry.width())));
}

bool is_dense(const PlotView& view, const Slice& slice) {
  return static_cast<double>(slice.size()) >
         kDenseSamples * static_cast<double>(view.geometry.width());
}

Color line_color(const Series& series) {
  return series.style.ghost ? faded(series.color, kGhostOpacity) : series.color;
}

// Anchored to the axis rather than to the first visible sample, so that dashes move with the data.
Dash dash_of(const PlotView& view, const Series& series, float scale, float first_x) {
  if (!series.style.ghost) return {};
  return {kGhostDash.on * scale, kGhostDash.off * scale, first_x - view.geometry.x_pixel(0)};
}

// What has no place on a logarithmic axis lies below it.
float y_or_floor(const PlotGeometry& geometry, double value) {
  const float y = geometry.y_of(value);
  return std::isfinite(y) ? y : geometry.area_max.y;
}

void paint_run(Canvas& canvas, const PlotView& view, const Series& series,
               std::vector<ImVec2>& points) {
  const float scale = canvas.look().scale;
  const float width = series.style.width * scale;
  if (points.size() == 1) canvas.dots(points, std::max(1.5F, width), line_color(series));
  if (points.size() > 1)
    canvas.polyline(points, line_color(series), width,
                    dash_of(view, series, scale, points.front().x));
  points.clear();
}

// How long the last value of a step series holds: as long as the one before.
double end_of_steps(const Series& series, std::size_t index) {
  if (index + 1 < series.x.size()) return series.x[index + 1];
  return index == 0 ? series.x[index] : 2 * series.x[index] - series.x[index - 1];
}

// A value that stays the same makes its line longer: points on top of each other draw badly.
void add_step(std::vector<ImVec2>& points, ImVec2 from, float end) {
  if (!points.empty() && points.back().y == from.y) {
    points.back().x = end;
    return;
  }
  points.push_back(from);
  points.push_back({end, from.y});
}

void paint_sparse_line(Canvas& canvas, const PlotView& view, const Series& series, Slice slice) {
  const PlotGeometry& geometry = view.geometry;
  std::vector<ImVec2> points;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    const ImVec2 point = {geometry.x_of(series.x[i]), geometry.y_of(series.y[i])};
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
      paint_run(canvas, view, series, points);
      continue;
    }
    if (series.kind == SeriesKind::steps) {
      add_step(points, point, geometry.x_of(end_of_steps(series, i)));
    } else {
      points.push_back(point);
    }
  }
  paint_run(canvas, view, series, points);
}

// Cuts in runs without gaps, one for each column of pixels that has samples.
using Runs = std::vector<std::vector<Cut>>;

Runs runs_of(const PlotView& view, const std::vector<Extremes>& columns) {
  Runs runs;
  for (const Extremes& column : columns) {
    const float x = view.geometry.area_min.x + static_cast<float>(column.column) + 0.5F;
    const Cut cut = {x, y_or_floor(view.geometry, column.hi), y_or_floor(view.geometry, column.lo)};
    if (column.after_gap) runs.emplace_back();
    runs.back().push_back(cut);
  }
  for (std::vector<Cut>& run : runs)
    if (run.size() == 1) run.push_back({run[0].x + 1, run[0].top, run[0].bottom});
  return runs;
}

// As thick as the line, and each column as tall as it takes to touch the one before.
void thicken(std::vector<Cut>& run, float half) {
  for (std::size_t i = run.size(); i-- > 1;) {
    Cut& cut = run[i];
    const Cut& before = run[i - 1];
    if (cut.top > before.bottom) cut.top = before.bottom;
    if (cut.bottom < before.top) cut.bottom = before.top;
  }
  for (Cut& cut : run) {
    cut.top -= half;
    cut.bottom += half;
  }
}

// Dashes as stretches of full and of low opacity, so that nothing between them is lost.
void paint_ghost_ribbon(Canvas& canvas, const PlotView& view, const std::vector<Cut>& run,
                        Color color) {
  const float scale = canvas.look().scale;
  const float period = (kGhostDash.on + kGhostDash.off) * scale;
  const float origin = view.geometry.x_pixel(0);
  const auto is_on = [&](const Cut& cut) {
    const float at = std::fmod(cut.x - origin, period);
    return (at < 0 ? at + period : at) < kGhostDash.on * scale;
  };
  std::size_t first = 0;
  for (std::size_t i = 1; i < run.size(); ++i) {
    if (i + 1 < run.size() && is_on(run[i]) == is_on(run[first])) continue;
    const std::span<const Cut> part(run.data() + first, i - first + 1);
    canvas.ribbon(part, is_on(run[first]) ? color : faded(color, kGhostGap));
    first = i;
  }
}

void paint_dense_line(Canvas& canvas, const PlotView& view, const Series& series, Slice slice) {
  const std::vector<Extremes> columns =
      extremes(series.x, series.y, series.y, slice, view.geometry.x_kind, view.geometry.x,
               pixel_columns(view));
  const float half = series.style.width * canvas.look().scale / 2;
  for (std::vector<Cut>& run : runs_of(view, columns)) {
    thicken(run, half);
    if (series.style.ghost) {
      paint_ghost_ribbon(canvas, view, run, line_color(series));
    } else {
      canvas.ribbon(run, line_color(series));
    }
  }
}

void paint_line(Canvas& canvas, const PlotView& view, const Series& series) {
  const Slice slice = visible(series.x, view.geometry.x_kind, view.geometry.x);
  if (is_dense(view, slice)) {
    paint_dense_line(canvas, view, series, slice);
  } else {
    paint_sparse_line(canvas, view, series, slice);
  }
}

Runs sparse_band(const PlotView& view, const Series& series, Slice slice) {
  const PlotGeometry& geometry = view.geometry;
  Runs runs;
  bool gap = true;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    const float x = geometry.x_of(series.x[i]);
    if (!std::isfinite(series.y[i]) || !std::isfinite(series.second[i]) || !std::isfinite(x)) {
      gap = true;
      continue;
    }
    if (gap) runs.emplace_back();
    gap = false;
    runs.back().push_back(
        {x, y_or_floor(geometry, series.second[i]), y_or_floor(geometry, series.y[i])});
  }
  return runs;
}

void paint_band(Canvas& canvas, const PlotView& view, const Series& series) {
  const Slice slice = visible(series.x, view.geometry.x_kind, view.geometry.x);
  const float fill = series.style.fill * (series.style.ghost ? kGhostOpacity : 1);
  const Runs runs =
      is_dense(view, slice)
          ? runs_of(view, extremes(series.x, series.y, series.second, slice, view.geometry.x_kind,
                                   view.geometry.x, pixel_columns(view)))
          : sparse_band(view, series, slice);
  for (const std::vector<Cut>& run : runs) canvas.ribbon(run, faded(series.color, fill));
}

// The pixels of one curve of a stack: the highest sum of each column, or every sample.
std::vector<ImVec2> stack_curve(const PlotView& view, const Stack& stack, const Values& sums) {
  const PlotGeometry& geometry = view.geometry;
  const Values& x = stack.layers.front()->x;
  const std::size_t first = stack.slice.first;
  const Values times(sums.size(), [&x, first](std::size_t i) { return x[first + i]; });
  std::vector<ImVec2> points;
  if (is_dense(view, stack.slice)) {
    for (const Extremes& column : extremes(times, sums, sums, {0, sums.size()}, geometry.x_kind,
                                           geometry.x, pixel_columns(view)))
      points.push_back({geometry.area_min.x + static_cast<float>(column.column) + 0.5F,
                        y_or_floor(geometry, column.hi)});
    return points;
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    points.push_back({geometry.x_of(times[i]), y_or_floor(geometry, sums[i])});
  return points;
}

void paint_areas(Canvas& canvas, const PlotView& view) {
  std::vector<const Series*> areas;
  for (const Series& series : view.items.series)
    if (series.kind == SeriesKind::area && view.shows(series)) areas.push_back(&series);
  if (areas.empty()) return;
  const Stack stack = stack_of(areas, view.geometry.x_kind, view.geometry.x);
  const Values zero(stack.slice.size(), [](std::size_t) { return 0.0; });
  std::vector<std::vector<ImVec2>> curves = {stack_curve(view, stack, zero)};
  for (std::size_t layer = 0; layer < stack.layers.size(); ++layer) {
    curves.push_back(stack_curve(view, stack, stack.tops[layer]));
    const std::vector<ImVec2>& below = curves[layer];
    const std::vector<ImVec2>& curve = curves[layer + 1];
    std::vector<Cut> cuts;
    for (std::size_t i = 0; i < std::min(curve.size(), below.size()); ++i)
      cuts.push_back({curve[i].x, std::min(curve[i].y, below[i].y), below[i].y});
    canvas.ribbon(cuts, faded(stack.layers[layer]->color, kAreaOpacity));
  }
  // From the top down: where a layer adds nothing, the line below it is the one to see.
  for (std::size_t layer = stack.layers.size(); layer-- > 0;) {
    const Series& series = *stack.layers[layer];
    canvas.polyline(curves[layer + 1], series.color, series.style.width * canvas.look().scale, {});
  }
}

void paint_bars(Canvas& canvas, const PlotView& view, const Series& series) {
  const PlotGeometry& geometry = view.geometry;
  const Slice slice = visible(series.x, geometry.x_kind, geometry.x);
  const float zero = std::min(y_or_floor(geometry, 0), geometry.area_max.y);
  std::vector<Cell> cells;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    const float top = geometry.y_of(series.y[i]);
    float from = geometry.x_of(series.x[i]);
    float to = geometry.x_of(series.second[i]);
    if (!std::isfinite(top) || !std::isfinite(from) || !std::isfinite(to)) continue;
    if (to - from > 4) to -= 1;  // room between columns that are wide enough
    to = std::max(to, from + 1);
    cells.push_back(
        {{from, std::min(top, zero)}, {to, std::max(top, zero)}, faded(series.color, kBarOpacity)});
  }
  canvas.cells(cells);
}

void paint_scatter(Canvas& canvas, const PlotView& view, const Series& series) {
  const PlotGeometry& geometry = view.geometry;
  std::vector<ImVec2> dots;
  std::set<std::pair<int, int>> taken;  // one dot for each pixel is enough
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const ImVec2 at = {geometry.x_of(series.x[i]), geometry.y_of(series.y[i])};
    if (!std::isfinite(at.x) || !std::isfinite(at.y)) continue;
    if (taken.insert({static_cast<int>(at.x), static_cast<int>(at.y)}).second) dots.push_back(at);
  }
  const float radius = std::max(1.5F, series.style.width * 1.5F) * canvas.look().scale;
  canvas.dots(dots, radius, faded(line_color(series), 0.8F));
}

}  // namespace

void paint_heats(Canvas& canvas, const PlotView& view) {
  const float gap =
      view.options.rows.empty() ? 0 : std::max(1.0F, std::floor(canvas.look().px(1.5F)));
  for (const HeatMap& heat : view.items.heats)
    canvas.cells(cells_of(view, heat, canvas.theme(), gap));
}

void paint_series(Canvas& canvas, const PlotView& view) {
  for (const Series& series : view.items.series) {
    if (!view.shows(series)) continue;
    if (series.kind == SeriesKind::band) paint_band(canvas, view, series);
    if (series.kind == SeriesKind::bars) paint_bars(canvas, view, series);
  }
  paint_areas(canvas, view);
  for (const Series& series : view.items.series) {
    if (!view.shows(series)) continue;
    if (series.kind == SeriesKind::line || series.kind == SeriesKind::steps)
      paint_line(canvas, view, series);
    if (series.kind == SeriesKind::scatter) paint_scatter(canvas, view, series);
  }
}

}  // namespace highwater::viewer
