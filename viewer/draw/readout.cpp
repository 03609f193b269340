#include "viewer/draw/readout.h"

#include <algorithm>
#include <cmath>

#include "viewer/draw/heat_grid.h"
#include "viewer/draw/legend.h"
#include "viewer/draw/screen_canvas.h"

namespace highwater::viewer {
namespace {

constexpr const char* kNothing = "–";

std::string value_text(const Series& series, double x, Unit unit) {
  const std::optional<std::size_t> at = sample_at(series, x);
  if (!at) return kNothing;
  const std::string value = format(series.y[*at], unit);
  if (series.kind != SeriesKind::band || !std::isfinite(series.y[*at])) return value;
  return value + " – " + format(series.second[*at], unit);
}

// Where the row's values are, between which two.
std::string cell_place(const PlotView& view, const HeatMap& heat, std::size_t row) {
  if (!view.options.rows.empty())
    return row < view.options.rows.size() ? view.options.rows[row] : std::string();
  const AxisKind kind = view.options.y.kind;
  const double lo = to_position(kind, heat.y_from);
  const double step = (to_position(kind, heat.y_to) - lo) / static_cast<double>(heat.rows);
  const double from = lo + step * static_cast<double>(row);
  return format(from_position(kind, from), view.options.y.unit) + " – " +
         format(from_position(kind, from + step), view.options.y.unit);
}

void add_cell(const PlotView& view, const HeatMap& heat, Readout& readout) {
  if (!view.mouse || heat.cells.size() < heat.rows * heat.columns) return;
  const std::optional<CellIndex> cell = cell_at(view, heat, *view.mouse);
  if (!cell) return;
  const double amount = heat.cells[cell->row * heat.columns + cell->column];
  std::string value = format(amount, heat.unit);
  if (!heat.name.empty()) value += " " + heat.name;
  readout.rows.push_back({nullptr, cell_place(view, heat, cell->row), value});
}

void add_notes(const PlotView& view, double x, Readout& readout) {
  for (const SpanMark& span : view.items.spans)
    if (x >= span.from && x <= span.to && !span.label.empty())
      readout.notes.push_back({span.status, span.label});
  const double near = std::abs(from_position(view.geometry.x_kind, view.geometry.x.lo) -
                               from_position(view.geometry.x_kind, view.geometry.x.hi)) /
                      100;
  for (const EventMark& event : view.items.events)
    if (std::abs(x - event.at) <= near && !event.label.empty())
      readout.notes.push_back({event.status, event.label});
}

}  // namespace

std::optional<std::size_t> sample_at(const Series& series, double x) {
  const std::size_t size = series.x.size();
  if (size == 0 || std::isnan(x)) return std::nullopt;
  const std::size_t after = series.x.lower_bound(x);
  const bool holds = series.kind == SeriesKind::steps || series.kind == SeriesKind::bars;
  if (after < size && series.x[after] == x) return after;
  // Beyond the ends a sample counts as far as its neighbour is away.
  const double reach =
      size > 1 ? (series.x[size - 1] - series.x[0]) / static_cast<double>(size - 1) : 0;
  if (after == 0)
    return !holds && series.x[0] - x <= reach ? std::optional<std::size_t>(0) : std::nullopt;
  const std::size_t before = after - 1;
  if (series.kind == SeriesKind::bars)
    return x <= series.second[before] ? std::optional(before) : std::nullopt;
  if (after == size) return x - series.x[before] <= reach ? std::optional(before) : std::nullopt;
  if (holds) return before;
  return x - series.x[before] <= series.x[after] - x ? before : after;
}

std::string x_text(const PlotView& view, double position) {
  const AxisKind kind = view.geometry.x_kind;
  const double x = from_position(kind, position);
  if (view.options.x.unit != Unit::clock) return format(x, view.options.x.unit);
  const double per_pixel =
      view.geometry.x.width() / static_cast<double>(std::max(1.0F, view.geometry.width()));
  int decimals = 0;
  for (double step = 1; step > per_pixel && decimals < 6; step /= 10) ++decimals;
  return format_clock(x, decimals);
}

Readout readout_of(const PlotView& view) {
  Readout readout;
  if (!view.cursor) return readout;
  const double x = from_position(view.geometry.x_kind, *view.cursor);
  readout.head = x_text(view, *view.cursor);
  double total = 0;
  int areas = 0;
  for (const Series& series : view.items.series) {
    if (!view.shows(series) || series.kind == SeriesKind::scatter) continue;
    readout.rows.push_back({&series, series.name, value_text(series, x, view.options.y.unit)});
    const std::optional<std::size_t> at = sample_at(series, x);
    if (series.kind != SeriesKind::area || !at || !std::isfinite(series.y[*at])) continue;
    total += series.y[*at];
    ++areas;
  }
  if (areas > 1) readout.rows.push_back({nullptr, "total", format(total, view.options.y.unit)});
  for (const HeatMap& heat : view.items.heats) add_cell(view, heat, readout);
  add_notes(view, x, readout);
  return readout;
}

void show_readout(const Look& look, const Readout& readout) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {look.px(10), look.px(8)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, look.px(6));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::BeginTooltip();
  ScreenCanvas canvas(look, *ImGui::GetWindowDrawList());
  float names = canvas.measure(TextRole::mono_small, readout.head).x;
  float values = 0;
  for (const ReadoutRow& row : readout.rows) {
    names = std::max(names, canvas.measure(TextRole::small, row.name).x);
    values = std::max(values, canvas.measure(TextRole::mono_small, row.value).x);
  }
  for (const ReadoutNote& note : readout.notes)
    names = std::max(names, canvas.measure(TextRole::small, note.text).x - values);
  const float swatch = swatch_width(look);
  const float gap = look.px(18);
  const float line = std::floor(look.px(18));
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const float width = swatch + names + gap + values;
  ImVec2 at = origin;
  canvas.text(at, TextRole::mono_small, look.theme.dim, readout.head);
  at.y += line + look.px(2);
  for (const ReadoutRow& row : readout.rows) {
    if (row.series != nullptr) paint_swatch(canvas, *row.series, at, true);
    const float value_width = canvas.measure(TextRole::mono_small, row.value).x;
    canvas.text({at.x + (row.series != nullptr ? swatch : 0), at.y}, TextRole::small,
                look.theme.dim, row.name);
    canvas.text({origin.x + width - value_width, at.y}, TextRole::mono_small, look.theme.text,
                row.value);
    at.y += line;
  }
  for (const ReadoutNote& note : readout.notes) {
    const Color color = look.theme.status(note.status);
    const float middle = at.y + canvas.measure(TextRole::small, "x").y / 2;
    canvas.icon(note.status == Status::idle ? Icon::flag : Icon::bolt, {at.x + look.px(6), middle},
                look.px(4.5F), color);
    canvas.text({at.x + swatch, at.y}, TextRole::small, look.theme.text, note.text);
    at.y += line;
  }
  ImGui::Dummy({width, at.y - origin.y});
  ImGui::EndTooltip();
  ImGui::PopStyleVar(3);
}

}  // namespace highwater::viewer
