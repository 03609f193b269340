#pragma once

#include <imgui.h>

#include "viewer/draw/plot_geometry.h"
#include "viewer/draw/plot_options.h"
#include "viewer/draw/plot_state.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// What the mouse and the keys do to one chart in this frame.
struct PlotInput {
  bool hovered = false;
  bool control = false;
  bool double_clicked = false;
  bool dragged = false;    ///< With the left button, begun on the chart.
  bool box_began = false;  ///< The right button went down on the chart.
  bool box_ended = false;  ///< It is up again.
  ImVec2 mouse = {0, 0};
  ImVec2 moved = {0, 0};  ///< Since the last frame.
  float wheel = 0;
  int arrow = 0;  ///< -1 left, 1 right.
  bool home = false;
};

/// Reads it for the item that was made last, which is the chart's area.
PlotInput read_input();

/// Zooms, pans and fits. True when a right click without dragging asked for a menu.
bool apply_input(const PlotInput& input, const PlotGeometry& geometry, const PlotOptions& options,
                 PlotState& state, XLink& link, float scale);

/// The part of the area that a box zoom from `state.box` to `mouse` would show: both axes, or all
/// of the one along which the box is thin.
struct ZoomBox {
  ImVec2 min;
  ImVec2 max;
  bool zooms_x = false;
  bool zooms_y = false;
};
ZoomBox zoom_box(const PlotState& state, const PlotGeometry& geometry, ImVec2 mouse, float scale);

}  // namespace highwater::viewer
