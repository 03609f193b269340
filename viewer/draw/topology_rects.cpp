#include <algorithm>

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

std::optional<Rect> TopologyCanvas::State::rect_of(const Target& target) const {
  switch (target.kind) {
    case Target::Kind::empty:
      return empty_place();
    case Target::Kind::node: {
      const std::optional<std::size_t> spot = scene.spot_called(target.id, false);
      if (!spot || detail == Detail::density) return std::nullopt;
      return seen(card_on_screen(scene.spots[*spot], camera, detail));
    }
    case Target::Kind::group: {
      if (const std::optional<std::size_t> spot = scene.spot_called(target.id, true))
        return seen(card_on_screen(scene.spots[*spot], camera, detail));
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
      if (!link || detail == Detail::density) return std::nullopt;
      const std::optional<ImVec2> place = free_place(scene, *link, camera, canvas);
      if (!place) return std::nullopt;
      return Rect::around(*place, {4, 4});
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

}  // namespace highwater::viewer
