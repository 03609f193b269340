#include "viewer/draw/plot_input.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

namespace highwater::viewer {
namespace {

constexpr double kWheelStep = 0.85;  // chosen: four notches halve what is in view
constexpr double kArrowStep = 0.1;   // of the view
constexpr float kThinBox = 10;       // design pixels: a box this thin zooms along the other axis

void zoom_y(PlotState& state, const PlotGeometry& geometry, double at, double factor) {
  const Range& y = geometry.y;
  state.y = Range{at - (at - y.lo) * factor, at + (y.hi - at) * factor};
}

void apply_wheel(const PlotInput& input, const PlotGeometry& geometry, bool has_y_axis,
                 PlotState& state, XLink& link) {
  const double factor = std::pow(kWheelStep, static_cast<double>(input.wheel));
  if (!input.control) {
    link.zoom(geometry.x_position(input.mouse.x), factor);
  } else if (has_y_axis) {
    zoom_y(state, geometry, geometry.y_position(input.mouse.y), factor);
  }
}

void apply_drag(const PlotInput& input, const PlotGeometry& geometry, bool has_y_axis,
                PlotState& state, XLink& link) {
  link.pan(-static_cast<double>(input.moved.x / geometry.width()) * geometry.x.width());
  if (!input.control || !has_y_axis) return;
  const double by = static_cast<double>(input.moved.y / geometry.height()) * geometry.y.width();
  state.y = Range{geometry.y.lo + by, geometry.y.hi + by};
}

bool end_box(const PlotInput& input, const PlotGeometry& geometry, bool has_y_axis,
             PlotState& state, XLink& link, float scale) {
  const ZoomBox box = zoom_box(state, geometry, input.mouse, scale);
  state.box.reset();
  if (box.zooms_x) link.show({geometry.x_position(box.min.x), geometry.x_position(box.max.x)});
  if (box.zooms_y && has_y_axis)
    state.y = Range{geometry.y_position(box.max.y), geometry.y_position(box.min.y)};
  return !box.zooms_x && !box.zooms_y;
}

bool key_pressed(ImGuiKey key) {
  return ImGui::IsKeyPressed(ImGui::GetKeyIndex(key));
}

}  // namespace

PlotInput read_input() {
  const ImGuiIO& io = ImGui::GetIO();
  const bool active = ImGui::IsItemActive();
  PlotInput input;
  input.hovered = ImGui::IsItemHovered();
  input.control = io.KeyCtrl;
  input.mouse = io.MousePos;
  input.moved = io.MouseDelta;
  input.dragged = active && ImGui::IsMouseDragging(ImGuiMouseButton_Left);
  input.box_ended = !io.MouseDown[ImGuiMouseButton_Right];
  if (!input.hovered) return input;
  ImGui::SetItemUsingMouseWheel();  // or the window would scroll, too
  input.wheel = io.MouseWheel;
  input.double_clicked = ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left);
  input.box_began = ImGui::IsMouseClicked(ImGuiMouseButton_Right);
  if (io.WantTextInput) return input;
  input.arrow =
      (key_pressed(ImGuiKey_RightArrow) ? 1 : 0) - (key_pressed(ImGuiKey_LeftArrow) ? 1 : 0);
  input.home = key_pressed(ImGuiKey_Home);
  return input;
}

bool apply_input(const PlotInput& input, const PlotGeometry& geometry, const PlotOptions& options,
                 PlotState& state, XLink& link, float scale) {
  const bool has_y_axis = options.rows.empty();
  if (input.hovered && input.wheel != 0) apply_wheel(input, geometry, has_y_axis, state, link);
  if (input.dragged) apply_drag(input, geometry, has_y_axis, state, link);
  if (input.arrow != 0) link.pan(input.arrow * kArrowStep * geometry.x.width());
  if (input.double_clicked || input.home) {
    link.fit();
    state.y.reset();
  }
  if (input.box_began) state.box = input.mouse;
  if (state.box && input.box_ended) return end_box(input, geometry, has_y_axis, state, link, scale);
  return false;
}

ZoomBox zoom_box(const PlotState& state, const PlotGeometry& geometry, ImVec2 mouse, float scale) {
  const ImVec2 from = state.box.value_or(mouse);
  const auto inside_x = [&](float x) {
    return std::clamp(x, geometry.area_min.x, geometry.area_max.x);
  };
  const auto inside_y = [&](float y) {
    return std::clamp(y, geometry.area_min.y, geometry.area_max.y);
  };
  ZoomBox box;
  box.min = {inside_x(std::min(from.x, mouse.x)), inside_y(std::min(from.y, mouse.y))};
  box.max = {inside_x(std::max(from.x, mouse.x)), inside_y(std::max(from.y, mouse.y))};
  box.zooms_x = box.max.x - box.min.x >= kThinBox * scale;
  box.zooms_y = box.max.y - box.min.y >= kThinBox * scale;
  if (!box.zooms_x) {
    box.min.x = geometry.area_min.x;
    box.max.x = geometry.area_max.x;
  }
  if (!box.zooms_y) {
    box.min.y = geometry.area_min.y;
    box.max.y = geometry.area_max.y;
  }
  return box;
}

}  // namespace highwater::viewer
