#include "viewer/draw/topology_canvas.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "viewer/draw/topology_state.h"
#include "viewer/draw/topology_summary.h"

namespace highwater::viewer {

using namespace topology;  // NOLINT(google-build-using-namespace): their one user

namespace {

constexpr float kFitMargin = 30;
constexpr float kFitZoomMax = 1.25F;

}  // namespace

const TopologyCanvas::Events& TopologyCanvas::State::draw(const Look& with, const char* id,
                                                          const Model& of, ImVec2 size,
                                                          const Options& by) {
  look = &with;
  model = &of;
  options = &by;
  events = {};
  const ImVec2 room = ImGui::GetContentRegionAvail();
  size = {std::max(1.0F, size.x > 0 ? size.x : room.x),
          std::max(1.0F, size.y > 0 ? size.y : room.y)};
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleColor(ImGuiCol_ChildBg, with.theme.background);
  ImGui::BeginChild(id, size, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse |
                        ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoMove);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  canvas = {corner, plus(corner, size)};
  camera.origin = corner;
  camera.scale = with.scale;

  see();
  place_camera();
  ImGui::InvisibleButton("##canvas", size,
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight |
                             ImGuiButtonFlags_MouseButtonMiddle);
  const bool hovered = ImGui::IsItemHovered();
  const bool active = ImGui::IsItemActive();
  accept_drop();
  point(hovered, active);
  const bool window_hovered = ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows);
  const bool focused = ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows);
  if ((window_hovered || focused) && !ImGui::GetIO().WantTextInput) press_keys();
  see();  // Cards may have moved, groups may have been collapsed.
  detail = detail_of(times(scene.grid.card(), camera.unit()), camera.scale);
  weigh();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  paint(list);
  if (hovered && gesture == Gesture::none) paint_tooltip();
  list_instances();
  ImGui::EndChild();
  return events;
}

/// Makes the scene anew if the model has another shape than before, and reads its numbers.
void TopologyCanvas::State::see() {
  const std::uint64_t now = shape_of(*model, arrangement);
  if (now != shape || scene.spot_of.size() != model->nodes.size()) {
    shape = now;
    Scene next = scene_of(*model, arrangement);
    const auto same_card = [](const Scene::Spot& one, const Scene::Spot& other) {
      return one.id == other.id && one.group == other.group && one.nodes == other.nodes;
    };
    // Moved cards leave everything as it was called.
    const bool moved_only = next.links.size() == scene.links.size() &&
                            next.frames.size() == scene.frames.size() &&
                            std::equal(next.spots.begin(), next.spots.end(), scene.spots.begin(),
                                       scene.spots.end(), same_card);
    scene = std::move(next);
    zone_names = short_names(model->zones);
    if (!moved_only) {
      hits.clear();
      hit = {};
      focus = {};
      if (gesture != Gesture::none) gesture = Gesture::passive;
    }
  }
  // The model's shape does not say how many instances there are, nor how many zones.
  if (!is_there(hit)) hit = {};
  if (!is_there(pressed_on)) {
    pressed_on = {};
    if (gesture != Gesture::none) gesture = Gesture::passive;
  }
  readings.take(*model, scene, options->limits);
  found_spots = search(*model, scene, options->search);
  found = 0;
  if (!options->search.empty())
    for (const Node& node : model->nodes) found += matches(node, options->search) ? 1U : 0U;
}

bool TopologyCanvas::State::is_there(const Hit& what) const {
  if (what.kind == Hit::Kind::zone) return what.index < model->zones.size();
  if (what.kind != Hit::Kind::instance) return true;
  return what.node < model->nodes.size() &&
         what.instance < model->nodes[what.node].instances.size();
}

void TopologyCanvas::State::fit_now(bool smooth) {
  if (scene.spots.empty()) return;
  const float legend = model->zones.size() > 1 ? look->px(26) : 0;
  const ImVec2 room{canvas.width(), canvas.height() - legend};
  const float margin = look->px(kFitMargin);
  Rect middles{scene.spots.front().rect.center(), scene.spots.front().rect.center()};
  for (const Scene::Spot& spot : scene.spots) middles = middles.with(spot.rect.center());
  const ImVec2 design{(room.x - 2 * margin) / camera.scale, (room.y - 2 * margin) / camera.scale};
  arrangement.grid = grid_for(middles.width() / scene.grid.column,
                              middles.height() / scene.grid.row, design, kFitZoomMax);
  see();
  const Camera there = camera.fitted(scene.bounds, room, margin, kFitZoomMax);
  fitted_size = canvas.size();
  fitted_bounds = scene.bounds;
  fitting = true;
  if (smooth && fitted && !options->reduced_motion) {
    goal = there;
    return;
  }
  camera = there;
  goal.reset();
  fitted = true;
}

void TopologyCanvas::State::place_camera() {
  const bool resized = std::abs(fitted_size.x - canvas.width()) > 0.5F ||
                       std::abs(fitted_size.y - canvas.height()) > 0.5F;
  const bool other_bounds =
      !fitted_bounds.holds(scene.bounds) || !scene.bounds.holds(fitted_bounds);
  if (!fitted || (fitting && (resized || other_bounds))) fit_now(!resized);
  if (wanted) {
    const std::optional<std::size_t> spot = spot_of(*wanted);
    if (spot) {
      bring_into_view(*spot, true);
    } else {
      const Focus there = focus_of(*model, scene, *wanted);
      Rect all;
      for (std::size_t i = 0; i < there.spots.size(); ++i)
        all =
            i == 0 ? scene.spots[there.spots[i]].rect : all.with(scene.spots[there.spots[i]].rect);
      if (!there.empty())
        change_view(camera.fitted(all, canvas.size(), look->px(2 * kFitMargin), kFitZoomMax));
    }
    wanted.reset();
  }
  if (!goal) return;
  goal->origin = camera.origin;
  goal->scale = camera.scale;
  const float share = 1 - std::exp(-14 * ImGui::GetIO().DeltaTime);
  camera.pan = between(camera.pan, goal->pan, share);
  camera.zoom += (goal->zoom - camera.zoom) * share;
  const bool near = length(minus(goal->pan, camera.pan)) < 0.5F &&
                    std::abs(goal->zoom / camera.zoom - 1) < 0.001F;
  if (!near && !options->reduced_motion) return;
  camera = *goal;
  goal.reset();
}

void TopologyCanvas::State::change_view(const Camera& view) {
  fitting = false;
  goal = view;
}

void TopologyCanvas::State::bring_into_view(std::size_t spot, bool centre) {
  const Rect card = camera.to_screen(scene.spots[spot].rect);
  const float margin = look->px(20);
  if (!centre && canvas.grown(-margin).holds(card)) return;
  Camera there = camera;
  there.zoom = std::max(there.zoom, centre ? 0.75F : there.zoom);
  const ImVec2 middle = scene.spots[spot].rect.center();
  there.pan = {canvas.width() / 2 - middle.x * there.unit(),
               canvas.height() / 2 - middle.y * there.unit()};
  change_view(there);
}

std::optional<std::size_t> TopologyCanvas::State::spot_of(const Target& target) const {
  if (target.kind == Target::Kind::group) return scene.spot_called(target.id, true);
  if (target.kind != Target::Kind::node && target.kind != Target::Kind::instance)
    return std::nullopt;
  for (std::size_t i = 0; i < model->nodes.size(); ++i)
    if (model->nodes[i].id == target.id) return scene.spot_of[i];
  return std::nullopt;
}

TopologyCanvas::TopologyCanvas() : state_(std::make_unique<State>()) {}
TopologyCanvas::~TopologyCanvas() = default;

const TopologyCanvas::Events& TopologyCanvas::draw(const Look& look, const char* id,
                                                   const Model& model, ImVec2 size,
                                                   const Options& options) {
  return state_->draw(look, id, model, size, options);
}

void TopologyCanvas::fit() {
  state_->fitting = true;
  state_->fitted_size = {0, 0};
}

void TopologyCanvas::show(const Target& target) {
  state_->wanted = target;
}

TopologyCanvas::View TopologyCanvas::view() const {
  return {state_->camera.pan, state_->camera.zoom, state_->arrangement.grid};
}

void TopologyCanvas::set_view(const View& view) {
  state_->camera.pan = view.pan;
  state_->arrangement.grid = view.grid;
  state_->camera.zoom = std::clamp(view.zoom, kZoomMin, kZoomMax);
  state_->goal.reset();
  state_->fitting = false;
  state_->fitted = true;
}

const std::optional<Target>& TopologyCanvas::selected() const {
  return state_->selected;
}

void TopologyCanvas::select(std::optional<Target> target) {
  state_->selected = std::move(target);
}

const std::map<std::string, Position, std::less<>>& TopologyCanvas::positions() const {
  return state_->arrangement.positions;
}

void TopologyCanvas::set_positions(std::map<std::string, Position, std::less<>> positions) {
  state_->arrangement.positions = std::move(positions);
}

bool TopologyCanvas::collapsed(std::string_view group) const {
  return state_->arrangement.collapsed.find(group) != state_->arrangement.collapsed.end();
}

void TopologyCanvas::collapse(std::string_view group, bool collapsed) {
  if (collapsed)
    state_->arrangement.collapsed.emplace(group);
  else
    state_->arrangement.collapsed.erase(std::string(group));
}

const std::optional<Target>& TopologyCanvas::opened() const {
  return state_->opened;
}

void TopologyCanvas::open(std::optional<Target> target) {
  state_->opened = std::move(target);
}

std::size_t TopologyCanvas::found() const {
  return state_->found;
}

std::optional<Rect> TopologyCanvas::rect_of(std::string_view name) const {
  return state_->rect_of(name);
}

std::vector<std::pair<std::string, Rect>> TopologyCanvas::rects() const {
  return state_->rects();
}

}  // namespace highwater::viewer
