#include "viewer/draw/plot.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "viewer/draw/heat_grid.h"
#include "viewer/draw/legend.h"
#include "viewer/draw/paint_axes.h"
#include "viewer/draw/paint_marks.h"
#include "viewer/draw/paint_plot.h"
#include "viewer/draw/plot_csv.h"
#include "viewer/draw/plot_fit.h"
#include "viewer/draw/plot_input.h"
#include "viewer/draw/readout.h"
#include "viewer/draw/screen_canvas.h"
#include "viewer/draw/svg_canvas.h"
#include "viewer/draw/ticks.h"

namespace highwater::viewer {
namespace {

// Design pixels around the data.
constexpr float kHeader = 34;
constexpr float kNoHeader = 12;
constexpr float kFooter = 24;
constexpr float kRight = 14;
constexpr float kLeastArea = 8;

constexpr const char* kMoreNames = "more names";

ImVec2 chart_size(ImVec2 wanted) {
  const ImVec2 left = ImGui::GetContentRegionAvail();
  return {std::max(1.0F, wanted.x > 0 ? wanted.x : left.x),
          std::max(1.0F, wanted.y > 0 ? wanted.y : left.y)};
}

void paint_zoom_box(Canvas& canvas, const ZoomBox& box) {
  if (!box.zooms_x && !box.zooms_y) return;
  const Theme& theme = canvas.theme();
  canvas.box(box.min, box.max, faded(theme.accent, 0.14F), 0);
  canvas.outline(box.min, box.max, faded(theme.accent, 0.7F), 0);
}

}  // namespace

Plot::Plot(const Look& look, std::string id, PlotOptions options, PlotState& state, XLink& x)
    : look_(look), id_(std::move(id)), options_(std::move(options)), state_(state), link_(x) {}

Series& Plot::add(SeriesKind kind, std::string name, const Values& x, Values y, SeriesStyle style) {
  const auto same = std::find_if(items_.series.begin(), items_.series.end(),
                                 [&](const Series& series) { return series.name == name; });
  Series series;
  series.kind = kind;
  series.x = x.shortened(y.size());
  series.y = std::move(y);
  series.style = style;
  if (style.color) {
    series.color = *style.color;
  } else if (same != items_.series.end()) {
    series.color = same->color;
  } else {
    series.color = look_.theme.series(colors_taken_++);
  }
  series.name = std::move(name);
  items_.series.push_back(std::move(series));
  return items_.series.back();
}

void Plot::line(std::string name, Values x, Values y, SeriesStyle style) {
  add(SeriesKind::line, std::move(name), x, std::move(y), style);
}

void Plot::steps(std::string name, Values x, Values y, SeriesStyle style) {
  add(SeriesKind::steps, std::move(name), x, std::move(y), style);
}

void Plot::band(std::string name, Values x, Values lo, Values hi, SeriesStyle style) {
  Series& series =
      add(SeriesKind::band, std::move(name), x.shortened(hi.size()), std::move(lo), style);
  series.second = std::move(hi);
}

void Plot::area(std::string name, Values x, Values y, SeriesStyle style) {
  add(SeriesKind::area, std::move(name), x, std::move(y), style);
}

void Plot::scatter(std::string name, Values x, Values y, SeriesStyle style) {
  add(SeriesKind::scatter, std::move(name), x, std::move(y), style);
}

void Plot::bars(std::string name, Values from, Values to, Values height, SeriesStyle style) {
  Series& series =
      add(SeriesKind::bars, std::move(name), from.shortened(to.size()), std::move(height), style);
  series.second = std::move(to);
}

void Plot::heat(HeatMap map) {
  items_.heats.push_back(std::move(map));
}

void Plot::span(std::string label, double from, double to, Status status) {
  items_.spans.push_back({std::move(label), from, to, status});
}

void Plot::event(std::string label, double at, Status status) {
  items_.events.push_back({std::move(label), at, status});
}

void Plot::limit(std::string label, double at, Status status) {
  items_.limits.push_back({std::move(label), at, status});
}

void Plot::lay_out(const Canvas& canvas) {
  const ImVec2 size = chart_size(options_.size);
  geometry_.min = ImGui::GetCursorScreenPos();
  geometry_.max = {geometry_.min.x + size.x, geometry_.min.y + size.y};
  geometry_.x_kind = options_.x.kind;
  geometry_.y_kind = options_.y.kind;
  geometry_.x = link_.view();
  const bool header = !options_.title.empty() || options_.show_legend || !items_.heats.empty();
  const float top = look_.px(header ? kHeader : kNoHeader);
  geometry_.area_min.y = std::floor(geometry_.min.y + top);
  geometry_.area_max.y =
      std::max(geometry_.area_min.y + kLeastArea, std::floor(geometry_.max.y - look_.px(kFooter)));
  // The labels decide on the left margin, and the range on the labels.
  geometry_.area_min.x = geometry_.min.x + look_.px(kHeader);
  geometry_.area_max.x =
      std::max(geometry_.area_min.x + kLeastArea, std::floor(geometry_.max.x - look_.px(kRight)));
  fit_y(canvas);
  const float left = left_margin(canvas, options_, y_ticks(), size.x);
  geometry_.area_min.x = std::floor(geometry_.min.x + left);
  geometry_.area_max.x = std::max(geometry_.area_min.x + kLeastArea, geometry_.area_max.x);
}

void Plot::fit_y(const Canvas& canvas) {
  geometry_.x = link_.view();
  const std::optional<Range> data = data_range(items_, options_, state_, geometry_.x);
  has_data_ = data.has_value();
  const double headroom = label_share(canvas, items_, geometry_);
  geometry_.y = state_.y.value_or(fitted_range(data, items_, options_, headroom));
}

std::vector<Tick> Plot::y_ticks() const {
  if (!options_.rows.empty()) return {};
  return ticks(options_.y, geometry_.y, y_labels(look_, geometry_.height()));
}

PlotView Plot::view_without_ticks() const {
  PlotView view{.items = items_, .options = options_, .state = state_, .geometry = geometry_};
  view.playhead = link_.playhead;
  view.has_data = has_data_;
  return view;
}

PlotView Plot::view() const {
  PlotView view = view_without_ticks();
  view.x_ticks = ticks(options_.x, geometry_.x, x_labels(look_, geometry_.width()));
  view.y_ticks = y_ticks();
  return view;
}

// Real buttons, so that what lies below does not take the clicks.
std::string Plot::offer_legend(const Canvas& canvas) {
  std::string hovered;
  const std::vector<const Series*> all = named_series(items_.series);
  const Legend legend = legend_of(canvas, view_without_ticks());
  for (const LegendEntry& entry : legend.entries) {
    ImGui::SetCursorScreenPos(entry.min);
    const std::string& name = entry.series->name;
    if (ImGui::InvisibleButton(name.c_str(),
                               {entry.max.x - entry.min.x, entry.max.y - entry.min.y}))
      click_legend(state_, all, name, ImGui::GetIO().KeyCtrl);
    if (ImGui::IsItemHovered()) hovered = name;
  }
  if (legend.left_out == 0) return hovered;
  ImGui::SetCursorScreenPos(legend.more_min);
  if (ImGui::InvisibleButton(kMoreNames, {legend.more_max.x - legend.more_min.x,
                                          legend.more_max.y - legend.more_min.y}))
    ImGui::OpenPopup(kMoreNames);
  ImGui::SetNextWindowPos({legend.more_max.x + look_.px(8), legend.more_max.y + look_.px(6)},
                          ImGuiCond_Always, {1, 0});
  if (ImGui::BeginPopup(kMoreNames)) {
    for (const Series* series : all)
      if (legend_row(look_, *series, !state_.hidden.contains(series->name)))
        click_legend(state_, all, series->name, ImGui::GetIO().KeyCtrl);
    ImGui::EndPopup();
  }
  return hovered;
}

PlotResult Plot::end() {
  ScreenCanvas canvas(look_, *ImGui::GetWindowDrawList());
  ImGui::PushID(id_.c_str());
  lay_out(canvas);
  const std::size_t hidden = state_.hidden.size();
  const std::optional<Range> y = state_.y;
  const std::string named = offer_legend(canvas);
  ImGui::SetCursorScreenPos(geometry_.area_min);
  PlotResult result;
  const bool pressed =
      ImGui::InvisibleButton("area", {geometry_.width(), geometry_.height()},
                             ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight);
  const PlotInput input = read_input();
  const ImGuiIO& io = ImGui::GetIO();
  const bool dragged =
      io.MouseDragMaxDistanceSqr[0] > io.MouseDragThreshold * io.MouseDragThreshold;
  if (pressed && ImGui::IsMouseReleased(ImGuiMouseButton_Left) && !dragged)
    result.clicked = from_position(options_.x.kind, geometry_.x_position(input.mouse.x));
  result.menu = apply_input(input, geometry_, options_, state_, link_, look_.scale);
  const bool changed =
      link_.view() != geometry_.x || state_.y != y || state_.hidden.size() != hidden;
  if (changed) fit_y(canvas);
  const int frame = ImGui::GetFrameCount();
  if (input.hovered) link_.set_cursor(geometry_.x_position(input.mouse.x), frame);
  PlotView shown = view();
  shown.hovered = named;
  shown.cursor = link_.cursor(frame);
  if (input.hovered) shown.mouse = input.mouse;
  paint_plot(canvas, shown);
  if (state_.box) paint_zoom_box(canvas, zoom_box(state_, geometry_, input.mouse, look_.scale));
  if (input.hovered && !state_.box) {
    const Readout readout = readout_of(shown);
    if (!readout.empty()) show_readout(look_, readout);
  }
  ImGui::PopID();
  ImGui::SetCursorScreenPos(geometry_.min);
  ImGui::Dummy({geometry_.max.x - geometry_.min.x, geometry_.max.y - geometry_.min.y});
  result.hovered = input.hovered;
  result.area_min = geometry_.area_min;
  result.area_max = geometry_.area_max;
  return result;
}

std::string Plot::to_csv() const {
  return csv_of(view());
}

std::string Plot::to_svg() const {
  SvgCanvas canvas(look_, geometry_.min, geometry_.max, options_.title);
  paint_plot(canvas, view());
  return canvas.finish();
}

}  // namespace highwater::viewer
