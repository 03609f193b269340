#include <algorithm>
#include <set>
#include <utility>

#include "viewer/draw/topology_links.h"
#include "viewer/draw/topology_state.h"

namespace highwater::viewer {

using namespace topology;  // NOLINT(google-build-using-namespace): their one user

/// The part of something that is within the canvas.
std::optional<Rect> TopologyCanvas::State::seen(const Rect& rect) const {
  const Rect part{{std::max(rect.min.x, canvas.min.x), std::max(rect.min.y, canvas.min.y)},
                  {std::min(rect.max.x, canvas.max.x), std::min(rect.max.y, canvas.max.y)}};
  if (part.width() <= 0 || part.height() <= 0) return std::nullopt;
  return part;
}

std::optional<Rect> TopologyCanvas::State::empty_place() const {
  constexpr int kSteps = 24;
  for (int y = 1; y < kSteps; ++y)
    for (int x = 1; x < kSteps; ++x) {
      const ImVec2 place{canvas.min.x + canvas.width() * static_cast<float>(x) / kSteps,
                         canvas.min.y + canvas.height() * static_cast<float>(y) / kSteps};
      if (opened && instance_list.rect.contains(place)) continue;
      if (hits.at(place, scene, camera, detail, 2 * kReach * camera.scale).kind == Hit::Kind::empty)
        return Rect::around(place, {2, 2});
    }
  return std::nullopt;
}

std::optional<Rect> TopologyCanvas::State::rect_of_spot(std::size_t spot) const {
  if (detail == Detail::density && !scene.spots[spot].group) return std::nullopt;
  return seen(card_on_screen(scene.spots[spot], camera, detail));
}

std::optional<Rect> TopologyCanvas::State::rect_of_link(std::size_t link) const {
  if (detail == Detail::density) return std::nullopt;
  const std::optional<ImVec2> place = free_place(scene, link, camera, canvas);
  return place ? std::optional(Rect::around(*place, {4, 4})) : std::nullopt;
}

std::optional<Rect> TopologyCanvas::State::rect_of(const Target& target) const {
  switch (target.kind) {
    case Target::Kind::empty:
      return empty_place();
    case Target::Kind::node: {
      const std::optional<std::size_t> spot = scene.spot_called(target.id, false);
      return spot ? rect_of_spot(*spot) : std::nullopt;
    }
    case Target::Kind::group: {
      if (const std::optional<std::size_t> spot = scene.spot_called(target.id, true))
        return rect_of_spot(*spot);
      for (std::size_t i = 0; i < scene.frames.size(); ++i)
        if (scene.frames[i].group && scene.frames[i].id == target.id)
          return hits.find(Hit::Kind::plate, i);
      return std::nullopt;
    }
    case Target::Kind::instance: {
      const auto matches_part = [&](std::size_t node, std::size_t instance) {
        return instance == target.instance && node < model->nodes.size() &&
               model->nodes[node].id == target.id;
      };
      if (opened)
        for (const InstanceList::Cell& cell : instance_list.cells)
          if (matches_part(cell.node, cell.instance)) return cell.rect;
      for (const Hits::Part& part : hits.parts())
        if (part.hit.kind == Hit::Kind::instance && matches_part(part.hit.node, part.hit.instance))
          return seen(part.rect);
      return std::nullopt;
    }
    case Target::Kind::edge: {
      const std::optional<std::size_t> link = scene.link_between(target.id, target.to);
      return link ? rect_of_link(*link) : std::nullopt;
    }
    case Target::Kind::zone:
      for (const Hits::Part& part : hits.parts())
        if (part.hit.kind == Hit::Kind::zone && model->zones[part.hit.index].name == target.id)
          return part.rect;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Rect> TopologyCanvas::State::rect_of(std::string_view name) const {
  if (model == nullptr) return std::nullopt;
  if (name == "canvas") return canvas;
  if (name == "minimap") return minimap ? std::optional(minimap->rect) : std::nullopt;
  if (name == "close-instances")
    return opened ? std::optional(instance_list.close_rect) : std::nullopt;
  if (name == "sort-instances")
    return opened ? std::optional(instance_list.sort_rect) : std::nullopt;
  if (name == "instance-list") return opened ? std::optional(instance_list.rect) : std::nullopt;
  const std::size_t colon = name.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view what = name.substr(0, colon);
    const std::string_view id = name.substr(colon + 1);
    const auto part_of_spot = [&](Hit::Kind kind, bool group) -> std::optional<Rect> {
      const std::optional<std::size_t> spot = scene.spot_called(id, group);
      return spot ? hits.find(kind, *spot) : std::nullopt;
    };
    if (what == "port") return part_of_spot(Hit::Kind::port, false);
    if (what == "expand") return part_of_spot(Hit::Kind::expand, true);
    if (what == "instances") {
      const std::optional<Rect> of_node = part_of_spot(Hit::Kind::instances, false);
      return of_node ? of_node : part_of_spot(Hit::Kind::instances, true);
    }
    if (what == "collapse") return rect_of(Target::group(id));
  }
  const std::optional<Target> target = target_of(name);
  return target ? rect_of(*target) : std::nullopt;
}

/// The same as rect_of() of each name, without looking for each: there may be thousands.
std::vector<std::pair<std::string, Rect>> TopologyCanvas::State::rects() const {
  std::vector<std::pair<std::string, Rect>> all;
  const auto add = [&](std::string name, const std::optional<Rect>& rect) {
    if (rect) all.emplace_back(std::move(name), *rect);
  };
  for (const char* name :
       {"canvas", "empty", "minimap", "instance-list", "close-instances", "sort-instances"})
    add(name, rect_of(name));
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    const Scene::Spot& spot = scene.spots[i];
    add(name_of(spot.group ? Target::group(spot.id) : Target::node(spot.id)), rect_of_spot(i));
  }
  for (std::size_t i = 0; i < scene.links.size(); ++i)
    add(name_of(
            Target::edge(scene.spots[scene.links[i].from].id, scene.spots[scene.links[i].to].id)),
        rect_of_link(i));
  if (model == nullptr) return all;
  std::set<std::pair<std::size_t, std::size_t>> listed;
  const auto add_instance = [&](std::size_t node, std::size_t instance,
                                const std::optional<Rect>& rect) {
    if (node < model->nodes.size() && listed.emplace(node, instance).second)
      add(name_of(Target::instance_of(model->nodes[node].id, instance)), rect);
  };
  if (opened)
    for (const InstanceList::Cell& cell : instance_list.cells)
      add_instance(cell.node, cell.instance, cell.rect);
  for (const Hits::Part& part : hits.parts()) {
    const std::size_t i = part.hit.index;
    switch (part.hit.kind) {
      case Hit::Kind::port:
        add("port:" + scene.spots[i].id, part.rect);
        break;
      case Hit::Kind::instances:
        add("instances:" + scene.spots[i].id, part.rect);
        break;
      case Hit::Kind::expand:
        add("expand:" + scene.spots[i].id, part.rect);
        break;
      case Hit::Kind::plate:
        if (scene.frames[i].group) add("collapse:" + scene.frames[i].id, part.rect);
        break;
      case Hit::Kind::zone:
        add(name_of(Target::zone(model->zones[i].name)), part.rect);
        break;
      case Hit::Kind::instance:
        add_instance(part.hit.node, part.hit.instance, seen(part.rect));
        break;
      default:
        break;
    }
  }
  return all;
}

}  // namespace highwater::viewer
