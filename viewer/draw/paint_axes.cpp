#include "viewer/draw/paint_axes.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace highwater::viewer {
namespace {

constexpr float kOrdinaryMargin = 56;  // design pixels: "1000 ms" and its distances
constexpr float kLabelGap = 7;         // design pixels between a label and the area
constexpr float kEdgeGap = 12;         // and between it and the edge of the chart
constexpr float kMostMargin = 0.3F;    // of the chart's width, for long names of rows

float widest_label(const Canvas& canvas, const PlotOptions& options,
                   const std::vector<Tick>& ticks) {
  float widest = 0;
  if (options.rows.empty()) {
    for (const Tick& tick : ticks)
      widest = std::max(widest, canvas.measure(TextRole::small, tick.label).x);
  } else {
    for (const std::string& row : options.rows)
      widest = std::max(widest, canvas.measure(TextRole::small, row).x);
  }
  return widest;
}

// Names of rows that are thinner than their text: every second, third … one is written.
void paint_row_names(Canvas& canvas, const PlotView& view) {
  const PlotGeometry& geometry = view.geometry;
  const std::vector<std::string>& rows = view.options.rows;
  const float text_height = canvas.measure(TextRole::small, "x").y;
  const float row_height = geometry.height() / static_cast<float>(rows.size());
  const auto every = static_cast<std::size_t>(std::max(1.0F, std::ceil(text_height / row_height)));
  const float gap = canvas.look().px(kLabelGap);
  const float room = geometry.area_min.x - geometry.min.x - gap - canvas.look().px(kEdgeGap);
  for (std::size_t row = 0; row < rows.size(); row += every) {
    const std::string name = canvas.fitted(TextRole::small, rows[row], room);
    const ImVec2 size = canvas.measure(TextRole::small, name);
    const float middle = geometry.area_min.y + row_height * (static_cast<float>(row) + 0.5F);
    canvas.text({geometry.area_min.x - gap - size.x, middle - size.y / 2}, TextRole::small,
                canvas.theme().dim, name);
  }
}

void paint_y_labels(Canvas& canvas, const PlotView& view) {
  const PlotGeometry& geometry = view.geometry;
  const float gap = canvas.look().px(kLabelGap);
  for (const Tick& tick : view.y_ticks) {
    if (tick.label.empty()) continue;
    const ImVec2 size = canvas.measure(TextRole::small, tick.label);
    const float middle = geometry.y_pixel(tick.position);
    // The value at the mouse stands there instead.
    if (view.mouse && std::abs(view.mouse->y - middle) < size.y) continue;
    const float y = middle - size.y / 2;
    canvas.text({geometry.area_min.x - gap - size.x, y}, TextRole::small, canvas.theme().dim,
                tick.label);
  }
}

void paint_x_labels(Canvas& canvas, const PlotView& view) {
  const PlotGeometry& geometry = view.geometry;
  const float y = geometry.area_max.y + canvas.look().px(4);
  const float right_edge = geometry.max.x - canvas.look().px(4);
  float end = geometry.min.x;  // of the label before
  for (const Tick& tick : view.x_ticks) {
    if (tick.label.empty()) continue;
    const float width = canvas.measure(TextRole::small, tick.label).x;
    const float x = std::min(geometry.x_pixel(tick.position) - width / 2, right_edge - width);
    if (x < end) continue;  // logarithmic axes have labels at uneven distances
    canvas.text({x, y}, TextRole::small, canvas.theme().dim, tick.label);
    end = x + width + canvas.look().px(6);
  }
}

}  // namespace

float left_margin(const Canvas& canvas, const PlotOptions& options,
                  const std::vector<Tick>& y_ticks, float chart_width) {
  const Look& look = canvas.look();
  const float needed = widest_label(canvas, options, y_ticks) + look.px(kLabelGap + kEdgeGap);
  const float most = std::max(look.px(kOrdinaryMargin), chart_width * kMostMargin);
  return std::floor(std::clamp(needed, look.px(kOrdinaryMargin), most));
}

int x_labels(const Look& look, float width) {
  return std::max(2, static_cast<int>(width / look.px(72)));
}

int y_labels(const Look& look, float height) {
  return std::max(2, static_cast<int>(height / look.px(34)));
}

void paint_grid(Canvas& canvas, const PlotView& view) {
  const PlotGeometry& geometry = view.geometry;
  const Theme& theme = canvas.theme();
  const float width = std::max(1.0F, std::floor(canvas.look().scale));
  const auto bar = [&](ImVec2 min, ImVec2 max, const Tick& tick, Color strong) {
    canvas.box(min, max, tick.major ? strong : theme.grid_minor, 0);
  };
  for (const Tick& tick : view.x_ticks) {
    const float x = std::round(geometry.x_pixel(tick.position));
    bar({x, geometry.area_min.y}, {x + width, geometry.area_max.y}, tick, theme.grid_minor);
  }
  if (!view.options.rows.empty()) return;
  for (const Tick& tick : view.y_ticks) {
    const float y = std::round(geometry.y_pixel(tick.position));
    bar({geometry.area_min.x, y}, {geometry.area_max.x, y + width}, tick, theme.grid);
  }
}

void paint_axis_labels(Canvas& canvas, const PlotView& view) {
  if (view.options.rows.empty()) {
    if (view.has_data) paint_y_labels(canvas, view);  // or they would say what nobody measured
  } else {
    paint_row_names(canvas, view);
  }
  paint_x_labels(canvas, view);
}

}  // namespace highwater::viewer
