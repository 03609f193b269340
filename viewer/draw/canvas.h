#pragma once

#include <span>
#include <string>
#include <string_view>

#include <imgui.h>

#include "viewer/draw/color.h"
#include "viewer/draw/look.h"

namespace highwater::viewer {

/// How a line is broken: `on` pixels drawn, `off` left out, beginning `phase` into that. Unbroken
/// with `on` 0.
struct Dash {
  float on = 0;
  float off = 0;
  float phase = 0;
};

/// One cut through a shape between two curves. Curves run from cut to cut.
struct Cut {
  float x = 0;
  float top = 0;
  float bottom = 0;
};

/// One cell of a heat map.
struct Cell {
  ImVec2 min;
  ImVec2 max;
  Color color = 0;
};

/// What charts are drawn on: the screen or a file. Pixels, y downwards.
class Canvas {
 public:
  explicit Canvas(const Look& look) : look_(look) {}
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;
  virtual ~Canvas() = default;

  virtual void box(ImVec2 min, ImVec2 max, Color color, float rounding) = 0;
  virtual void outline(ImVec2 min, ImVec2 max, Color color, float rounding) = 0;
  virtual void polyline(std::span<const ImVec2> points, Color color, float width, Dash dash) = 0;
  virtual void convex(std::span<const ImVec2> points, Color color) = 0;
  virtual void ribbon(std::span<const Cut> cuts, Color color) = 0;
  virtual void dots(std::span<const ImVec2> centers, float radius, Color color) = 0;
  virtual void cells(std::span<const Cell> cells) = 0;
  virtual void text(ImVec2 position, TextRole role, Color color, std::string_view text) = 0;
  virtual void push_clip(ImVec2 min, ImVec2 max) = 0;
  virtual void pop_clip() = 0;

  void line(ImVec2 from, ImVec2 to, Color color, float width, Dash dash = {});
  void icon(Icon icon, ImVec2 center, float radius, Color color);

  /// Size of a text as it will be set.
  ImVec2 measure(TextRole role, std::string_view text) const;

  /// The text itself, or its beginning and "…" where it is wider than `width`.
  std::string fitted(TextRole role, std::string_view text, float width) const;

  const Look& look() const { return look_; }
  const Theme& theme() const { return look_.theme; }

 private:
  const Look& look_;
};

}  // namespace highwater::viewer
