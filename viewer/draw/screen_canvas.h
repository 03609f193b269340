#pragma once

#include "viewer/draw/canvas.h"

namespace highwater::viewer {

/// Draws onto a list of Dear ImGui.
class ScreenCanvas final : public Canvas {
 public:
  ScreenCanvas(const Look& look, ImDrawList& draw) : Canvas(look), draw_(draw) {}

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

 private:
  void dashes(std::span<const ImVec2> points, Color color, float width, const Dash& dash);

  ImDrawList& draw_;
};

}  // namespace highwater::viewer
