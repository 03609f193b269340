#include "viewer/draw/topology_hits.h"

#include <algorithm>

namespace highwater::viewer::topology {

std::optional<Rect> Hits::find(Hit::Kind kind, std::size_t index) const {
  for (const Part& part : parts_)
    if (part.hit.kind == kind && part.hit.index == index) return part.rect;
  return std::nullopt;
}

Hit Hits::at(ImVec2 screen, const Scene& scene, const Camera& camera, Detail detail,
             float reach) const {
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part)
    if (part->rect.contains(screen)) return part->hit;
  if (detail == Detail::density) return {};
  for (std::size_t i = scene.spots.size(); i-- > 0;)
    if (card_on_screen(scene.spots[i], camera, detail).contains(screen))
      return {Hit::Kind::spot, i, 0, 0};
  const ImVec2 place = camera.to_place(screen);
  const float near = reach / camera.unit();
  float best = near;
  std::optional<std::size_t> link;
  for (std::size_t i = 0; i < scene.links.size(); ++i) {
    const Path& path = scene.links[i].path;
    if (path.empty() || !path.bounds().grown(near).contains(place)) continue;
    const float distance = path.distance(place);
    if (distance >= best) continue;
    best = distance;
    link = i;
  }
  if (link) return {Hit::Kind::link, *link, 0, 0};
  for (std::size_t i = scene.frames.size(); i-- > 0;)
    if (scene.frames[i].rect.contains(place)) return {Hit::Kind::frame, i, 0, 0};
  return {};
}

Rect card_on_screen(const Scene::Spot& spot, const Camera& camera, Detail detail) {
  const Rect card = camera.to_screen(spot.rect);
  if (detail >= Detail::compact) return card;
  const float side = std::max(card.height(), 10 * camera.scale);
  return Rect::around(card.center(), {side, side});
}

Target target_of(const Hit& hit, const Model& model, const Scene& scene) {
  switch (hit.kind) {
    case Hit::Kind::empty:
    case Hit::Kind::minimap:
      break;
    case Hit::Kind::frame:
    case Hit::Kind::plate: {
      const Scene::Frame& frame = scene.frames[hit.index];
      return frame.group ? Target::group(frame.id) : Target::zone(frame.id);
    }
    case Hit::Kind::link: {
      const Scene::Link& link = scene.links[hit.index];
      return Target::edge(scene.spots[link.from].id, scene.spots[link.to].id);
    }
    case Hit::Kind::spot:
    case Hit::Kind::instances:
    case Hit::Kind::expand:
    case Hit::Kind::port: {
      const Scene::Spot& spot = scene.spots[hit.index];
      return spot.group ? Target::group(spot.id) : Target::node(spot.id);
    }
    case Hit::Kind::instance:
      return Target::instance_of(model.nodes[hit.node].id, hit.instance);
    case Hit::Kind::zone:
      return Target::zone(model.zones[hit.index].name);
  }
  return {};
}

}  // namespace highwater::viewer::topology
