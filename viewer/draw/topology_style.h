#pragma once

#include <array>
#include <span>

#include <imgui.h>

namespace highwater::viewer::topology {

/// One typeface, baked at several sizes, in ascending order. Text is drawn at these sizes only, so
/// that it stays crisp at every zoom.
using Face = std::span<ImFont* const>;

/// Colours and fonts of the canvas. The defaults are the dark theme with ImGui's current font.
struct Style {
  ImU32 background = IM_COL32(13, 16, 21, 255);
  ImU32 grid = IM_COL32(255, 255, 255, 14);
  ImU32 card = IM_COL32(24, 30, 38, 255);
  ImU32 card_hovered = IM_COL32(32, 39, 48, 255);
  ImU32 border = IM_COL32(50, 60, 72, 255);
  ImU32 track = IM_COL32(45, 54, 66, 255);  ///< What a bar is filled into.
  ImU32 shadow = IM_COL32(0, 0, 0, 110);
  ImU32 text = IM_COL32(224, 230, 238, 255);
  ImU32 dim = IM_COL32(139, 150, 165, 255);
  ImU32 icon = IM_COL32(150, 190, 235, 255);
  ImU32 accent = IM_COL32(74, 168, 255, 255);
  ImU32 edge = IM_COL32(74, 128, 190, 255);
  ImU32 particle = IM_COL32(120, 200, 255, 255);
  ImU32 good = IM_COL32(63, 182, 139, 255);
  ImU32 warn = IM_COL32(242, 177, 52, 255);
  ImU32 bad = IM_COL32(242, 84, 91, 255);
  ImU32 idle = IM_COL32(120, 130, 142, 255);
  /// Taken in turn.
  std::array<ImU32, 6> zones = {IM_COL32(94, 155, 255, 255), IM_COL32(190, 132, 255, 255),
                                IM_COL32(72, 199, 196, 255), IM_COL32(236, 135, 192, 255),
                                IM_COL32(205, 181, 92, 255), IM_COL32(140, 190, 104, 255)};

  Face text_face, bold_face, mono_face;  ///< Empty: the current font.
  float scale = 1;                       ///< Pixels for one pixel of the design.
};

}  // namespace highwater::viewer::topology
