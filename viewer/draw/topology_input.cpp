#include <algorithm>
#include <cmath>
#include <utility>

#include "viewer/draw/topology_state.h"

namespace highwater::viewer {

using namespace topology;  // NOLINT(google-build-using-namespace): their one user

namespace {

constexpr float kDragThreshold = 4;
constexpr float kPanSpeed = 900;  ///< By key, in design pixels a second.

bool pressed(ImGuiKey key, bool repeat = true) {
  return ImGui::IsKeyPressed(ImGui::GetKeyIndex(key), repeat);
}
bool held(ImGuiKey key) {
  return ImGui::IsKeyDown(ImGui::GetKeyIndex(key));
}

double quarter(double value) {
  return std::round(value * 4) / 4;
}

}  // namespace

void TopologyCanvas::State::select(std::optional<Target> target) {
  if (target && target->kind == Target::Kind::empty) target.reset();
  if (selected == target) return;
  selected = std::move(target);
  events.selection_changed = true;
}

void TopologyCanvas::State::point(bool hovered, bool active) {
  const ImGuiIO& io = ImGui::GetIO();
  const ImVec2 mouse = io.MousePos;
  if (gesture == Gesture::none)
    hit = hovered ? hits.at(mouse, scene, camera, detail, look->px(kReach)) : Hit{};
  if (!is_there(hit)) hit = {};
  if (hovered && gesture == Gesture::none && hit.kind != Hit::Kind::empty &&
      hit.kind != Hit::Kind::minimap && hit.kind != Hit::Kind::frame)
    events.hovered = target_of(hit, *model, scene);

  if (hovered && io.MouseWheel != 0) {
    fitting = false;
    goal.reset();
    const float zoom = std::clamp(camera.zoom * std::pow(1.15F, io.MouseWheel), kZoomMin, kZoomMax);
    camera = camera.zoomed(mouse, zoom);
  }
  if (gesture == Gesture::none && hovered) {
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
      double_click(hit);
      gesture = Gesture::passive;
    } else if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
      press(hit, mouse);
    } else if (ImGui::IsMouseClicked(ImGuiMouseButton_Middle)) {
      pressed_on = hit;
      dragged = true;
      gesture = Gesture::pan;
    }
  }
  if (gesture != Gesture::none && active) drag(mouse);
  if (gesture != Gesture::none && !ImGui::IsMouseDown(ImGuiMouseButton_Left) &&
      !ImGui::IsMouseDown(ImGuiMouseButton_Middle))
    release(mouse);
  const float moved = io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Right];
  const float threshold = look->px(kDragThreshold);
  if (hovered && gesture == Gesture::none && ImGui::IsMouseReleased(ImGuiMouseButton_Right) &&
      moved < threshold * threshold)
    ask_for_menu(mouse);
}

void TopologyCanvas::State::press(const Hit& on, ImVec2 mouse) {
  pressed_on = on;
  dragged = false;
  switch (on.kind) {
    case Hit::Kind::minimap:
      gesture = Gesture::minimap;
      drag(mouse);
      break;
    case Hit::Kind::port:
      gesture = Gesture::connect;
      break;
    case Hit::Kind::spot:
    case Hit::Kind::instances:
    case Hit::Kind::instance:
    case Hit::Kind::expand:
      gesture = Gesture::card;
      grabbed = minus(camera.to_place(mouse), scene.spots[on.index].rect.center());
      break;
    case Hit::Kind::empty:
    case Hit::Kind::frame:
    case Hit::Kind::plate:
    case Hit::Kind::link:
    case Hit::Kind::zone:
      gesture = Gesture::pan;
      break;
  }
}

void TopologyCanvas::State::drag(ImVec2 mouse) {
  const ImGuiIO& io = ImGui::GetIO();
  if (gesture == Gesture::minimap && minimap) {
    const ImVec2 place = minimap->to_place(mouse);
    fitting = false;
    goal.reset();
    camera.pan = {canvas.width() / 2 - place.x * camera.unit(),
                  canvas.height() / 2 - place.y * camera.unit()};
    return;
  }
  const float threshold = look->px(kDragThreshold);
  if (io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left] >= threshold * threshold) dragged = true;
  if (!dragged) return;
  if (gesture == Gesture::pan) {
    fitting = false;
    goal.reset();
    camera.pan = plus(camera.pan, io.MouseDelta);
  } else if (gesture == Gesture::card) {
    fitting = false;
    const Scene::Spot& spot = scene.spots[pressed_on.index];
    arrangement.positions[spot.group ? "group:" + spot.id : spot.id] =
        position_of(minus(camera.to_place(mouse), grabbed), scene.grid);
  }
}

void TopologyCanvas::State::release(ImVec2 mouse) {
  const Gesture ended = std::exchange(gesture, Gesture::none);
  const Hit& on = pressed_on;
  if (ended == Gesture::connect) {
    const Hit there = hits.at(mouse, scene, camera, detail, 0);
    const bool card = there.kind != Hit::Kind::empty && there.kind != Hit::Kind::frame &&
                      there.kind != Hit::Kind::link && there.kind != Hit::Kind::plate;
    if (!card || there.kind == Hit::Kind::zone || there.kind == Hit::Kind::minimap) return;
    if (there.index != on.index && !scene.spots[there.index].group && !scene.spots[on.index].group)
      events.connect = Connection{scene.spots[on.index].id, scene.spots[there.index].id};
    return;
  }
  if (ended == Gesture::card && dragged) {
    const Scene::Spot& spot = scene.spots[on.index];
    events.moved = spot.group ? "group:" + spot.id : spot.id;
    return;
  }
  if (dragged || (ended != Gesture::card && ended != Gesture::pan)) return;
  switch (on.kind) {
    case Hit::Kind::expand:
      arrangement.collapsed.erase(scene.spots[on.index].id);
      return;
    case Hit::Kind::plate:
      if (scene.frames[on.index].group) {
        arrangement.collapsed.insert(scene.frames[on.index].id);
        return;
      }
      break;
    case Hit::Kind::instances:
    case Hit::Kind::instance: {
      const Scene::Spot& spot = scene.spots[on.index];
      opened = spot.group ? Target::group(spot.id) : Target::node(spot.id);
      break;
    }
    case Hit::Kind::frame:
      select(std::nullopt);
      return;
    default:
      break;
  }
  select(target_of(on, *model, scene));
}

void TopologyCanvas::State::double_click(const Hit& on) {
  if (on.kind == Hit::Kind::empty || on.kind == Hit::Kind::frame) {
    fit_now(true);
  } else if ((on.kind == Hit::Kind::spot || on.kind == Hit::Kind::instances) &&
             scene.spots[on.index].group) {
    arrangement.collapsed.erase(scene.spots[on.index].id);
  } else if (on.kind != Hit::Kind::minimap && on.kind != Hit::Kind::port) {
    events.activated = target_of(on, *model, scene);
  }
}

void TopologyCanvas::State::ask_for_menu(ImVec2 mouse) {
  const Target target = target_of(hit, *model, scene);
  events.menu = Menu{target, mouse, position_of(camera.to_place(mouse), scene.grid)};
  if (target.kind != Target::Kind::empty && hit.kind != Hit::Kind::frame) select(target);
}

void TopologyCanvas::State::step_to(Direction direction) {
  const std::optional<std::size_t> here = selected ? spot_of(*selected) : std::nullopt;
  if (!here) return;
  const std::optional<std::size_t> next = neighbour_of(scene, *here, direction);
  if (!next) return;
  const Scene::Spot& spot = scene.spots[*next];
  select(spot.group ? Target::group(spot.id) : Target::node(spot.id));
  bring_into_view(*next, false);
}

void TopologyCanvas::State::press_keys() {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.KeyCtrl || io.KeyAlt || io.KeySuper) return;
  const bool on_card = selected && spot_of(*selected);
  if (on_card) {
    if (pressed(ImGuiKey_LeftArrow)) step_to(Direction::left);
    if (pressed(ImGuiKey_RightArrow)) step_to(Direction::right);
    if (pressed(ImGuiKey_UpArrow)) step_to(Direction::up);
    if (pressed(ImGuiKey_DownArrow)) step_to(Direction::down);
  }
  const auto towards = [&](int letter, ImGuiKey arrow) {
    return ImGui::IsKeyDown(letter) || (!on_card && held(arrow)) ? 1.0F : 0.0F;
  };
  const ImVec2 way{towards('A', ImGuiKey_LeftArrow) - towards('D', ImGuiKey_RightArrow),
                   towards('W', ImGuiKey_UpArrow) - towards('S', ImGuiKey_DownArrow)};
  if (way.x != 0 || way.y != 0) {
    fitting = false;
    goal.reset();
    camera.pan = plus(camera.pan, times(way, look->px(kPanSpeed) * io.DeltaTime));
  }
  const int steps = (ImGui::IsKeyPressed('=') ? 1 : 0) - (ImGui::IsKeyPressed('-') ? 1 : 0);
  if (steps != 0)
    change_view(camera.zoomed(
        canvas.center(),
        std::clamp(camera.zoom * std::pow(1.3F, static_cast<float>(steps)), kZoomMin, kZoomMax)));
  if (ImGui::IsKeyPressed('F', false)) fit_now(true);
  if (pressed(ImGuiKey_Enter, false) && on_card) {
    const Scene::Spot& spot = scene.spots[*spot_of(*selected)];
    opened = spot.group ? Target::group(spot.id) : Target::node(spot.id);
  }
  if (pressed(ImGuiKey_Escape, false)) {
    if (opened)
      opened.reset();
    else
      select(std::nullopt);
  }
  if (options->editing && pressed(ImGuiKey_Delete, false) && selected) events.remove = selected;
}

void TopologyCanvas::State::accept_drop() {
  if (!options->editing || !ImGui::BeginDragDropTarget()) return;
  const ImGuiPayload* const payload =
      ImGui::AcceptDragDropPayload(kPalettePayload, ImGuiDragDropFlags_AcceptBeforeDelivery |
                                                        ImGuiDragDropFlags_AcceptNoDrawDefaultRect);
  if (payload != nullptr) {
    const Position there = position_of(camera.to_place(ImGui::GetIO().MousePos), scene.grid);
    const Position snapped_there{quarter(there.column), quarter(there.row)};
    if (payload->IsDelivery()) {
      events.add = Drop{
          {static_cast<const char*>(payload->Data), static_cast<std::size_t>(payload->DataSize)},
          snapped_there};
    } else {
      const Rect card =
          camera.to_screen(Rect::around(place_of(snapped_there, scene.grid), scene.grid.card()));
      ImDrawList& over = *ImGui::GetForegroundDrawList();
      over.PushClipRect(canvas.min, canvas.max);
      over.AddRectFilled(card.min, card.max, faded(look->theme.accent, 0.15F), look->px(8));
      over.AddRect(card.min, card.max, look->theme.accent, look->px(8), 0, look->px(1.5F));
      over.PopClipRect();
    }
  }
  ImGui::EndDragDropTarget();
}

}  // namespace highwater::viewer
