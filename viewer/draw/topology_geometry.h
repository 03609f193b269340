#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <imgui.h>

/// Where things are: pure functions, without any drawing.
namespace highwater::viewer::topology {

inline ImVec2 plus(ImVec2 a, ImVec2 b) {
  return {a.x + b.x, a.y + b.y};
}
inline ImVec2 minus(ImVec2 a, ImVec2 b) {
  return {a.x - b.x, a.y - b.y};
}
inline ImVec2 times(ImVec2 a, float factor) {
  return {a.x * factor, a.y * factor};
}
inline ImVec2 between(ImVec2 a, ImVec2 b, float share) {
  return {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}
float length(ImVec2 a);

struct Rect {
  ImVec2 min{0, 0}, max{0, 0};

  float width() const { return max.x - min.x; }
  float height() const { return max.y - min.y; }
  ImVec2 size() const { return {width(), height()}; }
  ImVec2 center() const { return between(min, max, 0.5F); }
  bool contains(ImVec2 p) const {
    return p.x >= min.x && p.x < max.x && p.y >= min.y && p.y < max.y;
  }
  bool overlaps(const Rect& other) const {
    return min.x < other.max.x && other.min.x < max.x && min.y < other.max.y && other.min.y < max.y;
  }
  bool holds(const Rect& other) const {
    return min.x <= other.min.x && min.y <= other.min.y && max.x >= other.max.x &&
           max.y >= other.max.y;
  }
  Rect grown(float by) const { return {{min.x - by, min.y - by}, {max.x + by, max.y + by}}; }
  Rect with(const Rect& other) const;
  Rect with(ImVec2 point) const;

  static Rect around(ImVec2 center, ImVec2 size) {
    return {{center.x - size.x / 2, center.y - size.y / 2},
            {center.x + size.x / 2, center.y + size.y / 2}};
  }
};

/// A cubic Bézier curve.
struct Cubic {
  ImVec2 a{0, 0}, b{0, 0}, c{0, 0}, d{0, 0};

  ImVec2 at(float t) const;
  /// Of the hull of its four points, which holds the curve.
  Rect bounds() const;
  /// Of the polygon through nine points of it.
  float length() const;
};

/// From a to b, leaving and arriving horizontally.
Cubic level_curve(ImVec2 a, ImVec2 b);

/// What an edge is drawn along: curves, each of which begins where the one before ends.
class Path {
 public:
  Path() = default;
  explicit Path(std::vector<Cubic> pieces);

  std::span<const Cubic> pieces() const { return pieces_; }
  bool empty() const { return pieces_.empty(); }
  float length() const { return length_; }
  const Rect& bounds() const { return bounds_; }

  /// Where one is after this share (0 to 1) of the length.
  ImVec2 at(float share) const;

  /// From `point` to the path, up to the error of a polygon with 16 sides for each piece.
  float distance(ImVec2 point) const;

  /// Points so dense that a screen on which a unit has `zoom` pixels shows curves; at most 40 for
  /// each piece. Begins with the first and ends with the last. Appends to `line`.
  void flatten(float zoom, std::vector<ImVec2>& line) const;

 private:
  std::vector<Cubic> pieces_;
  std::vector<float> lengths_;
  float length_ = 0;
  Rect bounds_;
};

/// Distance from a point to the part of a straight line between a and b.
float distance_to_segment(ImVec2 point, ImVec2 a, ImVec2 b);

/// Cuts a line into dashes of length `on`, `off` apart; `dash` gets the points of each. The last
/// one may be shorter.
void dashes(std::span<const ImVec2> line, float on, float off,
            const std::function<void(std::span<const ImVec2>)>& dash);

/// The part of a line between two shares of its length.
std::vector<ImVec2> part_of(std::span<const ImVec2> line, float from, float to);

/// From places (design pixels) to the screen and back.
struct Camera {
  ImVec2 origin{0, 0};  ///< Upper left corner of the canvas on the screen.
  ImVec2 pan{0, 0};     ///< Pixels.
  float scale = 1;      ///< Pixels for one design pixel at zoom 1.
  float zoom = 1;

  float unit() const { return scale * zoom; }
  ImVec2 to_screen(ImVec2 place) const {
    return {origin.x + pan.x + place.x * unit(), origin.y + pan.y + place.y * unit()};
  }
  ImVec2 to_place(ImVec2 screen) const {
    return {(screen.x - origin.x - pan.x) / unit(), (screen.y - origin.y - pan.y) / unit()};
  }
  Rect to_screen(const Rect& rect) const { return {to_screen(rect.min), to_screen(rect.max)}; }
  Rect to_place(const Rect& rect) const { return {to_place(rect.min), to_place(rect.max)}; }

  /// The same with another zoom, where what is at `screen` stays there.
  Camera zoomed(ImVec2 screen, float new_zoom) const;
  /// The same with `rect` in the middle of a canvas, `margin` pixels from its borders, no larger
  /// than `zoom_max`.
  Camera fitted(const Rect& rect, ImVec2 canvas, float margin, float zoom_max) const;
};

/// How much of a component is shown.
enum class Detail : std::uint8_t {
  density,  ///< Only how many there are where.
  dot,      ///< A mark, the important ones with a name.
  compact,  ///< A card with icon and name.
  full,     ///< A card with figures.
};

/// Decided by the size of a card on the screen, in pixels, alone.
Detail detail_of(ImVec2 card, float scale);

/// How large cards are and how far apart, in design pixels.
struct Grid {
  float card_width = 200, card_height = 96;
  float column = 272, row = 136;

  ImVec2 card() const { return {card_width, card_height}; }
  bool operator==(const Grid&) const = default;
};

/// The grid with which this many columns and rows (the last minus the first) fill `room`, in design
/// pixels: what is not needed for the width makes cards higher, until they have room for all their
/// rows, and rows further apart; what is not needed for the height sets columns further apart.
Grid grid_for(float columns, float rows, ImVec2 room, float zoom_max);

}  // namespace highwater::viewer::topology
