#include "viewer/draw/topology_geometry.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace highwater::viewer::topology {

float length(ImVec2 a) {
  return std::sqrt(a.x * a.x + a.y * a.y);
}

Rect Rect::with(const Rect& other) const {
  return {{std::min(min.x, other.min.x), std::min(min.y, other.min.y)},
          {std::max(max.x, other.max.x), std::max(max.y, other.max.y)}};
}

Rect Rect::with(ImVec2 point) const {
  return with(Rect{point, point});
}

ImVec2 Cubic::at(float t) const {
  const float u = 1 - t;
  const float wa = u * u * u;
  const float wb = 3 * u * u * t;
  const float wc = 3 * u * t * t;
  const float wd = t * t * t;
  return {wa * a.x + wb * b.x + wc * c.x + wd * d.x, wa * a.y + wb * b.y + wc * c.y + wd * d.y};
}

Rect Cubic::bounds() const {
  return Rect{a, a}.with(b).with(c).with(d);
}

float Cubic::length() const {
  constexpr int kSides = 8;
  float sum = 0;
  ImVec2 last = a;
  for (int i = 1; i <= kSides; ++i) {
    const ImVec2 next = at(static_cast<float>(i) / kSides);
    sum += topology::length(minus(next, last));
    last = next;
  }
  return sum;
}

Cubic level_curve(ImVec2 a, ImVec2 b) {
  const float reach = std::max(24.0F, std::abs(b.x - a.x) / 2);
  return {a, {a.x + reach, a.y}, {b.x - reach, b.y}, b};
}

Path::Path(std::vector<Cubic> pieces) : pieces_(std::move(pieces)) {
  for (const Cubic& piece : pieces_) {
    lengths_.push_back(piece.length());
    length_ += lengths_.back();
    bounds_ = lengths_.size() == 1 ? piece.bounds() : bounds_.with(piece.bounds());
  }
}

ImVec2 Path::at(float share) const {
  if (pieces_.empty()) return {0, 0};
  float rest = std::clamp(share, 0.0F, 1.0F) * length_;
  std::size_t piece = 0;
  while (piece + 1 < pieces_.size() && rest > lengths_[piece]) rest -= lengths_[piece++];
  const float whole = lengths_[piece];
  return pieces_[piece].at(whole > 0 ? std::min(1.0F, rest / whole) : 1);
}

float Path::distance(ImVec2 point) const {
  constexpr int kSides = 16;
  float best = std::numeric_limits<float>::max();
  for (const Cubic& piece : pieces_) {
    ImVec2 last = piece.a;
    for (int i = 1; i <= kSides; ++i) {
      const ImVec2 next = piece.at(static_cast<float>(i) / kSides);
      best = std::min(best, distance_to_segment(point, last, next));
      last = next;
    }
  }
  return best;
}

void Path::flatten(float zoom, std::vector<ImVec2>& line) const {
  if (pieces_.empty()) return;
  constexpr float kPixelsForASide = 9;  // chosen: no corner can be seen
  line.push_back(pieces_.front().a);
  for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
    const int sides = std::clamp(static_cast<int>(lengths_[piece] * zoom / kPixelsForASide), 4, 40);
    for (int i = 1; i <= sides; ++i)
      line.push_back(pieces_[piece].at(static_cast<float>(i) / static_cast<float>(sides)));
  }
}

float distance_to_segment(ImVec2 point, ImVec2 a, ImVec2 b) {
  const ImVec2 side = minus(b, a);
  const float square = side.x * side.x + side.y * side.y;
  const ImVec2 to = minus(point, a);
  const float t =
      square > 0 ? std::clamp((to.x * side.x + to.y * side.y) / square, 0.0F, 1.0F) : 0.0F;
  return length(minus(point, between(a, b, t)));
}

void dashes(std::span<const ImVec2> line, float on, float off,
            const std::function<void(std::span<const ImVec2>)>& dash) {
  if (line.size() < 2 || on <= 0 || off <= 0) return;
  std::vector<ImVec2> points{line.front()};
  bool drawing = true;
  float left = on;  // of the dash or gap that is being made
  for (std::size_t i = 1; i < line.size(); ++i) {
    ImVec2 from = line[i - 1];
    float rest = length(minus(line[i], from));
    while (rest > left) {
      from = between(from, line[i], left / rest);
      rest -= left;
      if (drawing) {
        points.push_back(from);
        dash(points);
        points.clear();
      } else {
        points.push_back(from);
      }
      drawing = !drawing;
      left = drawing ? on : off;
    }
    left -= rest;
    if (drawing) points.push_back(line[i]);
  }
  if (drawing && points.size() > 1) dash(points);
}

std::vector<ImVec2> part_of(std::span<const ImVec2> line, float from, float to) {
  float whole = 0;
  for (std::size_t i = 1; i < line.size(); ++i) whole += length(minus(line[i], line[i - 1]));
  const float first = from * whole;
  const float last = to * whole;
  std::vector<ImVec2> part;
  float passed = 0;
  for (std::size_t i = 1; i < line.size() && passed < last; ++i) {
    const float side = length(minus(line[i], line[i - 1]));
    if (side > 0 && passed + side >= first) {
      if (part.empty())
        part.push_back(between(line[i - 1], line[i], std::max(0.0F, first - passed) / side));
      part.push_back(between(line[i - 1], line[i], std::min(1.0F, (last - passed) / side)));
    }
    passed += side;
  }
  return part;
}

Camera Camera::zoomed(ImVec2 screen, float new_zoom) const {
  Camera result = *this;
  result.zoom = new_zoom;
  const float factor = new_zoom / zoom;
  const ImVec2 from_corner = minus(screen, origin);
  result.pan = {from_corner.x - (from_corner.x - pan.x) * factor,
                from_corner.y - (from_corner.y - pan.y) * factor};
  return result;
}

Camera Camera::fitted(const Rect& rect, ImVec2 canvas, float margin, float zoom_max) const {
  const auto room = [&](float side) { return std::max(1.0F, side - 2 * margin); };
  Camera result = *this;
  result.zoom = std::min({room(canvas.x) / std::max(1.0F, rect.width()) / scale,
                          room(canvas.y) / std::max(1.0F, rect.height()) / scale, zoom_max});
  const ImVec2 middle = rect.center();
  result.pan = {canvas.x / 2 - middle.x * result.unit(), canvas.y / 2 - middle.y * result.unit()};
  return result;
}

Grid grid_for(float columns, float rows, ImVec2 room, float zoom_max) {
  constexpr float kColumnLeast = 266;
  constexpr float kColumnMost = 400;
  constexpr float kRowGapLeast = 40;
  constexpr float kRowGapMost = 76;
  constexpr float kCardHeightMost = 168;
  constexpr float kWanted = 94;  // pixels of a card that has all rows, at the least size of text
  Grid grid;
  grid.column = kColumnLeast;
  const float zoom = std::min({room.x / (columns * grid.column + grid.card_width),
                               room.y / (rows * grid.row + grid.card_height), zoom_max});
  if (!(zoom > 0)) return grid;
  const ImVec2 space = times(room, 1 / zoom);
  const float highest = (space.y - rows * kRowGapLeast) / (rows + 1);
  grid.card_height =
      std::round(std::max(grid.card_height, std::min({kWanted / zoom, highest, kCardHeightMost})));
  if (rows > 0) {
    const float gap = (space.y - (rows + 1) * grid.card_height) / rows;
    grid.row = std::round(grid.card_height + std::clamp(gap, kRowGapLeast, kRowGapMost));
  }
  if (columns > 0)
    grid.column =
        std::round(std::clamp((space.x - grid.card_width) / columns, kColumnLeast, kColumnMost));
  return grid;
}

Detail detail_of(ImVec2 card, float scale) {
  // A full card holds a name, two numbers and a bar in text of readable size; a compact one some
  // ten letters; dots of less than 4 pixels are no longer told apart.
  const ImVec2 design = times(card, 1 / scale);
  if (design.x >= 92 && design.y >= 50) return Detail::full;
  if (design.x >= 64 && design.y >= 24) return Detail::compact;
  if (design.x >= 8) return Detail::dot;
  return Detail::density;
}

}  // namespace highwater::viewer::topology
