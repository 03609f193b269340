#include "viewer/draw/paint_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "viewer/draw/legend.h"
#include "viewer/draw/paint_axes.h"
#include "viewer/draw/paint_marks.h"
#include "viewer/draw/paint_series.h"
#include "viewer/draw/readout.h"

namespace highwater::viewer {
namespace {

void paint_card(Canvas& canvas, const PlotView& view) {
  if (!view.options.frame) return;
  const Look& look = canvas.look();
  canvas.box(view.geometry.min, view.geometry.max, look.theme.panel, look.px(6));
  canvas.outline(view.geometry.min, view.geometry.max, look.theme.border, look.px(6));
}

void paint_emptiness(Canvas& canvas, const PlotView& view) {
  if (view.has_data) return;
  const PlotGeometry& geometry = view.geometry;
  const std::string text = canvas.fitted(TextRole::body, view.options.empty, geometry.width());
  const ImVec2 size = canvas.measure(TextRole::body, text);
  canvas.text({(geometry.area_min.x + geometry.area_max.x - size.x) / 2,
               (geometry.area_min.y + geometry.area_max.y - size.y) / 2},
              TextRole::body, canvas.theme().dim, text);
}

// Dots where the cursor meets lines.
void paint_met_samples(Canvas& canvas, const PlotView& view) {
  const PlotGeometry& geometry = view.geometry;
  const double x = from_position(geometry.x_kind, *view.cursor);
  const Look& look = canvas.look();
  for (const Series& series : view.items.series) {
    const bool line = series.kind == SeriesKind::line || series.kind == SeriesKind::steps;
    if (!line || !view.shows(series)) continue;
    const std::optional<std::size_t> at = sample_at(series, x);
    if (!at) continue;
    const bool holds = series.kind == SeriesKind::steps;
    const std::array center = {
        ImVec2{geometry.x_of(holds ? x : series.x[*at]), geometry.y_of(series.y[*at])}};
    if (!std::isfinite(center[0].x) || !std::isfinite(center[0].y)) continue;
    canvas.dots(center, look.px(4), look.theme.panel);
    canvas.dots(center, look.px(3), series.color);
  }
}

void paint_playhead(Canvas& canvas, const PlotView& view) {
  if (!view.playhead || !view.geometry.x.contains(*view.playhead)) return;
  const Look& look = canvas.look();
  const float x = std::floor(view.geometry.x_pixel(*view.playhead)) + 0.5F;
  const float top = view.geometry.area_min.y;
  canvas.line({x, top}, {x, view.geometry.area_max.y}, faded(look.theme.accent, 0.8F),
              std::max(1.0F, look.scale));
  const std::array arrow = {ImVec2{x - look.px(4.5F), top}, ImVec2{x + look.px(4.5F), top},
                            ImVec2{x, top + look.px(6)}};
  canvas.convex(arrow, look.theme.accent);
}

void paint_crosshair(Canvas& canvas, const PlotView& view) {
  if (!view.cursor || !view.geometry.x.contains(*view.cursor)) return;
  const PlotGeometry& geometry = view.geometry;
  const Look& look = canvas.look();
  const float width = std::max(1.0F, std::floor(look.scale));
  const float x = std::round(geometry.x_pixel(*view.cursor));
  canvas.box({x, geometry.area_min.y}, {x + width, geometry.area_max.y}, look.theme.crosshair, 0);
  if (view.mouse && view.options.rows.empty()) {
    const float y = std::round(view.mouse->y);
    canvas.box({geometry.area_min.x, y}, {geometry.area_max.x, y + width},
               faded(look.theme.crosshair, 0.45F), 0);
  }
  paint_met_samples(canvas, view);
}

}  // namespace

void paint_plot(Canvas& canvas, const PlotView& view) {
  paint_card(canvas, view);
  paint_header(canvas, view);
  paint_axis_labels(canvas, view);
  canvas.push_clip(view.geometry.area_min, view.geometry.area_max);
  paint_grid(canvas, view);
  paint_heats(canvas, view);
  paint_spans(canvas, view);
  paint_series(canvas, view);
  paint_limits(canvas, view);
  paint_playhead(canvas, view);
  paint_crosshair(canvas, view);
  paint_mark_labels(canvas, view);
  paint_emptiness(canvas, view);
  canvas.pop_clip();
  paint_cursor_values(canvas, view);
}

}  // namespace highwater::viewer
