#include "viewer/draw/paint_axes.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "viewer/draw/readout.h"

namespace highwater::viewer {
namespace {

constexpr float kOrdinaryMargin = 56;  // design pixels: "1000 ms" and its distances
constexpr float kLabelGap = 7;         // design pixels between a label and the area
constexpr float kEdgeGap = 12;         // and between it and the edge of the chart
constexpr float kChipPadding = 4;      // of the value at the mouse
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

// From one pixel to another.
struct Extent {
  float from = 0;
  float to = 0;
};

// Where the x value at the mouse is written.
std::optional<Extent> cursor_value_extent(const Canvas& canvas, const PlotView& view) {
  if (!view.cursor || !view.mouse) return std::nullopt;
  const PlotGeometry& geometry = view.geometry;
  const float width = canvas.measure(TextRole::small, x_text(view, *view.cursor)).x;
  const float rightmost = std::max(geometry.area_min.x, geometry.area_max.x - width);
  const float from =
      std::clamp(geometry.x_pixel(*view.cursor) - width / 2, geometry.area_min.x, rightmost);
  const float padding = canvas.look().px(kChipPadding);
  return Extent{from - padding, from + width + padding};
}

void paint_x_labels(Canvas& canvas, const PlotView& view) {
  const PlotGeometry& geometry = view.geometry;
  const float y = geometry.area_max.y + canvas.look().px(4);
  const float right_edge = geometry.max.x - canvas.look().px(4);
  float end = geometry.min.x;  // of the label before
  const std::optional<Extent> value = cursor_value_extent(canvas, view);
  for (const Tick& tick : view.x_ticks) {
    if (tick.label.empty()) continue;
    const float width = canvas.measure(TextRole::small, tick.label).x;
    const float x = std::min(geometry.x_pixel(tick.position) - width / 2, right_edge - width);
    if (x < end) continue;  // logarithmic axes have labels at uneven distances
    if (value && x < value->to && x + width > value->from) continue;
    canvas.text({x, y}, TextRole::small, canvas.theme().dim, tick.label);
    end = x + width + canvas.look().px(6);
  }
}

// A value on an axis, over its labels.
void paint_axis_value(Canvas& canvas, const std::string& text, ImVec2 min, ImVec2 size) {
  const Look& look = canvas.look();
  const ImVec2 padding = {look.px(kChipPadding), look.px(1)};
  canvas.box({min.x - padding.x, min.y - padding.y},
             {min.x + size.x + padding.x, min.y + size.y + padding.y}, look.theme.control_active,
             look.px(3));
  canvas.text(min, TextRole::small, look.theme.text, text);
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

void paint_cursor_values(Canvas& canvas, const PlotView& view) {
  const std::optional<Extent> extent = cursor_value_extent(canvas, view);
  if (!extent) return;
  const PlotGeometry& geometry = view.geometry;
  const Look& look = canvas.look();
  const std::string time = x_text(view, *view.cursor);
  paint_axis_value(canvas, time,
                   {extent->from + look.px(kChipPadding), geometry.area_max.y + look.px(4)},
                   canvas.measure(TextRole::small, time));
  if (!view.options.rows.empty()) return;
  const double value = from_position(geometry.y_kind, geometry.y_position(view.mouse->y));
  const std::string text = format(value, view.options.y.unit);
  const ImVec2 size = canvas.measure(TextRole::small, text);
  paint_axis_value(canvas, text,
                   {geometry.area_min.x - look.px(kLabelGap) - size.x, view.mouse->y - size.y / 2},
                   size);
}

}  // namespace highwater::viewer
