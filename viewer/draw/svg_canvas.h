#pragma once

#include <string>

#include "viewer/draw/canvas.h"

namespace highwater::viewer {

/// Draws into a picture that needs nothing else: SVG 1.1 with all texts escaped.
class SvgCanvas final : public Canvas {
 public:
  /// The picture shows what lies between `min` and `max`. `title` is what readers of screens say.
  SvgCanvas(const Look& look, ImVec2 min, ImVec2 max, std::string_view title);

  void box(ImVec2 min, ImVec2 max, Color color, float rounding) override;
  void outline(ImVec2 min, ImVec2 max, Color color, float rounding) override;
  void polyline(std::span<const ImVec2> points, Color color, float width, Dash dash) override;
  void convex(std::span<const ImVec2> points, Color color) override;
  void ribbon(std::span<const Cut> cuts, Color color) override;
  void dots(std::span<const ImVec2> centers, float radius, Color color) override;
  void cells(std::span<const Cell> cells) override;
  void text(ImVec2 position, TextRole role, Color color, std::string_view text) override;
  void push_clip(ImVec2 min, ImVec2 max) override;
  void pop_clip() override;

  /// The whole file.
  std::string finish() const;

 private:
  std::string point(ImVec2 at) const;
  std::string rectangle(ImVec2 min, ImVec2 max) const;

  ImVec2 origin_;
  std::string text_;
  int clips_ = 0;
};

/// With what XML gives a meaning to replaced, and without what it does not allow.
std::string escaped_xml(std::string_view text);

}  // namespace highwater::viewer
