#include "viewer/draw/paint_marks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/label_layout.h"
#include "viewer/draw/readout.h"

namespace highwater::viewer {
namespace {

// Design pixels.
constexpr float kMarkPadding = 5;
constexpr float kIconRadius = 4.5F;
constexpr float kLaneGap = 3;
constexpr float kTopBar = 2;
constexpr float kChipGap = 4;
constexpr Dash kLimitDash = {6, 4, 0};
constexpr Dash kEventDash = {2, 3, 0};

constexpr int kMostLanes = 3;
constexpr float kMostOfHeight = 0.34F;  // chosen: labels leave two thirds to the data

// The label of a span or of an event.
struct Chip {
  std::string text;
  Icon icon = Icon::bolt;
  Color color = 0;
  ImVec2 min;
  ImVec2 max;
};

float chip_height(const Canvas& canvas) {
  return std::ceil(canvas.measure(TextRole::small, "x").y + canvas.look().px(3));
}

float lane_height(const Canvas& canvas) {
  return chip_height(canvas) + canvas.look().px(kLaneGap);
}

float chip_width(const Canvas& canvas, const std::string& text) {
  const Look& look = canvas.look();
  return canvas.measure(TextRole::small, text).x +
         look.px(2 * kMarkPadding + 2 * kIconRadius + kMarkPadding);
}

int lane_count(const Canvas& canvas, const PlotGeometry& geometry) {
  const float room = geometry.height() * kMostOfHeight;
  return std::clamp(static_cast<int>(room / lane_height(canvas)), 1, kMostLanes);
}

struct WantedChips {
  std::vector<Chip> chips;
  std::vector<LabelWish> wishes;
};

WantedChips wanted_chips(const Canvas& canvas, const PlotItems& items,
                         const PlotGeometry& geometry) {
  WantedChips wanted;
  const Theme& theme = canvas.theme();
  const float left = geometry.area_min.x;
  const float right = geometry.area_max.x;
  const auto want = [&](const std::string& text, Icon icon, Status status, float x) {
    if (text.empty()) return;
    wanted.chips.push_back({text, icon, theme.status(status), {}, {}});
    wanted.wishes.push_back({x, chip_width(canvas, text)});
  };
  for (const SpanMark& span : items.spans) {
    const float from = geometry.x_of(span.from);
    if (geometry.x_of(span.to) < left || from > right) continue;
    want(span.label, Icon::bolt, span.status, std::max(from, left) + canvas.look().px(3));
  }
  for (const EventMark& event : items.events) {
    const float at = geometry.x_of(event.at);
    if (at < left || at > right) continue;
    want(event.label, Icon::flag, event.status, at + canvas.look().px(3));
  }
  return wanted;
}

std::vector<Chip> placed_chips(const Canvas& canvas, const PlotItems& items,
                               const PlotGeometry& geometry) {
  const WantedChips wanted = wanted_chips(canvas, items, geometry);
  const float top = geometry.area_min.y + canvas.look().px(kTopBar + kLaneGap);
  std::vector<Chip> chips;
  for (const LabelPlace& place :
       place_labels(wanted.wishes, geometry.area_min.x, geometry.area_max.x,
                    lane_count(canvas, geometry), canvas.look().px(kChipGap))) {
    Chip chip = wanted.chips[place.label];
    const float y = top + static_cast<float>(place.lane) * lane_height(canvas);
    chip.min = {place.x, y};
    chip.max = {place.x + wanted.wishes[place.label].width, y + chip_height(canvas)};
    chips.push_back(chip);
  }
  return chips;
}

void paint_chip(Canvas& canvas, const Chip& chip) {
  const Look& look = canvas.look();
  const Color ground = painted(look.theme.panel, faded(chip.color, 0.2F));
  canvas.box(chip.min, chip.max, faded(ground, 0.92F), look.px(3));
  const float middle = (chip.min.y + chip.max.y) / 2;
  const float icon_x = chip.min.x + look.px(kMarkPadding + kIconRadius);
  canvas.icon(chip.icon, {icon_x, middle}, look.px(kIconRadius), chip.color);
  const float text_y = middle - canvas.measure(TextRole::small, chip.text).y / 2;
  canvas.text({icon_x + look.px(kIconRadius + kMarkPadding - 1), text_y}, TextRole::small,
              look.theme.text, chip.text);
}

void paint_span(Canvas& canvas, const PlotView& view, const SpanMark& span) {
  const PlotGeometry& geometry = view.geometry;
  const Color color = canvas.theme().status(span.status);
  const float from = std::round(geometry.x_of(span.from));
  const float to = std::max(from + 1, std::round(geometry.x_of(span.to)));
  const float top = geometry.area_min.y;
  const float bottom = geometry.area_max.y;
  const float width = std::max(1.0F, std::floor(canvas.look().scale));
  // A tint would change what the colours of a heat map say.
  if (view.items.heats.empty()) canvas.box({from, top}, {to, bottom}, faded(color, 0.1F), 0);
  canvas.box({from, top}, {from + width, bottom}, faded(color, 0.6F), 0);
  canvas.box({to - width, top}, {to, bottom}, faded(color, 0.35F), 0);
  canvas.box({from, top}, {to, top + canvas.look().px(kTopBar)}, color, 0);
}

void paint_event(Canvas& canvas, const PlotView& view, const EventMark& event) {
  const PlotGeometry& geometry = view.geometry;
  const float x = std::floor(geometry.x_of(event.at)) + 0.5F;
  if (!std::isfinite(x)) return;
  const Look& look = canvas.look();
  canvas.line({x, geometry.area_min.y}, {x, geometry.area_max.y},
              faded(look.theme.status(event.status), 0.8F), std::max(1.0F, look.scale),
              {look.px(kEventDash.on), look.px(kEventDash.off), 0});
}

// Where the label of a limit goes, and what it says.
struct LimitLabel {
  std::string text;
  Color color = 0;
  ImVec2 min;
  ImVec2 max;
};

bool overlap(const LimitLabel& label, ImVec2 min, ImVec2 max) {
  return label.min.x < max.x && min.x < label.max.x && label.min.y < max.y && min.y < label.max.y;
}

// Whether a series passes through the pixels from `top` to `bottom` at `x`.
bool passes(const PlotView& view, const Series& series, float x, float top, float bottom) {
  const PlotGeometry& geometry = view.geometry;
  const double value = from_position(geometry.x_kind, geometry.x_position(x));
  const std::optional<std::size_t> at = sample_at(series, value);
  if (!at) return false;
  const float y = geometry.y_of(series.y[*at]);
  const float other = series.kind == SeriesKind::band ? geometry.y_of(series.second[*at]) : y;
  return std::max(y, other) >= top && std::min(y, other) <= bottom;
}

// At how many places of a rectangle something is drawn.
int places_hidden(const PlotView& view, ImVec2 min, ImVec2 max) {
  constexpr int kPlaces = 16;
  int count = 0;
  for (const Series& series : view.items.series) {
    if (!view.shows(series) || series.kind == SeriesKind::scatter) continue;
    for (int i = 0; i <= kPlaces; ++i) {
      const float x = min.x + (max.x - min.x) * static_cast<float>(i) / kPlaces;
      if (passes(view, series, x, min.y, max.y)) ++count;
    }
  }
  return count;
}

// Above its line where there is room; at the edge, with an arrow, where the line is out of view. At
// the right, or at the left where that hides less.
LimitLabel place_limit(const Canvas& canvas, const PlotView& view, const LimitMark& limit,
                       const std::vector<LimitLabel>& others) {
  const PlotGeometry& geometry = view.geometry;
  const Look& look = canvas.look();
  const float y = geometry.y_of(limit.at);
  const bool above = y < geometry.area_min.y;
  const bool below = y > geometry.area_max.y;
  LimitLabel label;
  label.text = (above ? "↑ " : below ? "↓ " : "") + limit.label;
  label.color = look.theme.status(limit.status);
  const ImVec2 size = canvas.measure(TextRole::small, label.text);
  const float width = size.x + look.px(2 * kMarkPadding);
  float top = std::floor(y - size.y - look.px(2));
  if (above) top = geometry.area_min.y + look.px(4);
  if (below) top = geometry.area_max.y - size.y - look.px(4);
  if (!above && top < geometry.area_min.y) top = std::floor(y + look.px(3));
  const float bottom = top + size.y;
  const float margin = look.px(3);
  int best = std::numeric_limits<int>::max();
  for (const float left : {geometry.area_max.x - margin - width, geometry.area_min.x + margin}) {
    const ImVec2 min = {left, top};
    const ImVec2 max = {left + width, bottom};
    int hidden = places_hidden(view, min, max);
    for (const LimitLabel& other : others)
      if (overlap(other, min, max)) hidden += 1000;
    if (hidden >= best) continue;
    best = hidden;
    label.min = min;
    label.max = max;
  }
  return label;
}

}  // namespace

double label_share(const Canvas& canvas, const PlotItems& items, const PlotGeometry& geometry) {
  float bottom = geometry.area_min.y;
  for (const Chip& chip : placed_chips(canvas, items, geometry))
    bottom = std::max(bottom, chip.max.y);
  return static_cast<double>((bottom - geometry.area_min.y) / geometry.height());
}

void paint_spans(Canvas& canvas, const PlotView& view) {
  for (const SpanMark& span : view.items.spans) paint_span(canvas, view, span);
  for (const EventMark& event : view.items.events) paint_event(canvas, view, event);
}

void paint_limits(Canvas& canvas, const PlotView& view) {
  const Look& look = canvas.look();
  for (const LimitMark& limit : view.items.limits) {
    const float y = std::floor(view.geometry.y_of(limit.at)) + 0.5F;
    if (!std::isfinite(y)) continue;
    canvas.line({view.geometry.area_min.x, y}, {view.geometry.area_max.x, y},
                look.theme.status(limit.status), std::max(1.0F, look.scale),
                {look.px(kLimitDash.on), look.px(kLimitDash.off), 0});
  }
}

void paint_mark_labels(Canvas& canvas, const PlotView& view) {
  const Look& look = canvas.look();
  std::vector<LimitLabel> labels;
  for (const LimitMark& limit : view.items.limits) {
    if (!view.has_data || !std::isfinite(view.geometry.y_of(limit.at))) continue;
    labels.push_back(place_limit(canvas, view, limit, labels));
  }
  for (const LimitLabel& label : labels) {
    canvas.box(label.min, label.max, faded(look.theme.panel, 0.75F), look.px(3));
    canvas.text({label.min.x + look.px(kMarkPadding), label.min.y}, TextRole::small, label.color,
                label.text);
  }
  for (const Chip& chip : placed_chips(canvas, view.items, view.geometry)) paint_chip(canvas, chip);
}

}  // namespace highwater::viewer
