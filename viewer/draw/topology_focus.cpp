#include "viewer/draw/topology_focus.h"

#include <algorithm>
#include <optional>

#include "viewer/draw/topology_links.h"
#include "viewer/draw/topology_summary.h"

namespace highwater::viewer::topology {
namespace {

void add_spot(const Scene& scene, std::size_t spot, Focus& focus) {
  focus.spots.push_back(spot);
  for (const std::size_t link : scene.spots[spot].out) {
    focus.links.push_back(link);
    focus.spots.push_back(scene.links[link].to);
  }
  for (const std::size_t link : scene.spots[spot].in) {
    focus.links.push_back(link);
    focus.spots.push_back(scene.links[link].from);
  }
}

void add_zone(const Model& model, const Scene& scene, std::size_t zone, Focus& focus) {
  std::vector<bool> inside(scene.spots.size());
  for (std::size_t i = 0; i < scene.spots.size(); ++i)
    for (const std::size_t node : scene.spots[i].nodes)
      inside[i] = inside[i] || is_in(model.nodes[node], zone);
  for (std::size_t i = 0; i < inside.size(); ++i)
    if (inside[i]) focus.spots.push_back(i);
  for (std::size_t i = 0; i < scene.links.size(); ++i)
    if (inside[scene.links[i].from] && inside[scene.links[i].to]) focus.links.push_back(i);
}

}  // namespace

Focus focus_of(const Model& model, const Scene& scene, const Target& target) {
  Focus focus;
  switch (target.kind) {
    case Target::Kind::empty:
      break;
    case Target::Kind::node:
    case Target::Kind::instance:
      for (std::size_t i = 0; i < model.nodes.size(); ++i)
        if (model.nodes[i].id == target.id) {
          add_spot(scene, scene.spot_of[i], focus);
          break;
        }
      break;
    case Target::Kind::group: {
      const std::optional<std::size_t> collapsed = scene.spot_called(target.id, true);
      if (collapsed) {
        add_spot(scene, *collapsed, focus);
        break;
      }
      for (std::size_t i = 0; i < model.nodes.size(); ++i)
        if (model.nodes[i].group == target.id) add_spot(scene, scene.spot_of[i], focus);
      break;
    }
    case Target::Kind::edge: {
      const std::optional<std::size_t> link = scene.link_between(target.id, target.to);
      if (!link) break;
      focus.links.push_back(*link);
      focus.spots = {scene.links[*link].from, scene.links[*link].to};
      break;
    }
    case Target::Kind::zone:
      for (std::size_t zone = 0; zone < model.zones.size(); ++zone)
        if (model.zones[zone].name == target.id) add_zone(model, scene, zone, focus);
      break;
  }
  return focus;
}

std::vector<bool> search(const Model& model, const Scene& scene, std::string_view text) {
  std::vector<bool> found(scene.spots.size(), text.empty());
  if (text.empty()) return found;
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    if (matches(model.nodes[i], text)) found[scene.spot_of[i]] = true;
  return found;
}

void Strengths::take(const Scene& scene, const Focus& focus, float dimmed,
                     const std::vector<bool>& found) {
  constexpr float kNotFound = 0.3F;
  const float rest = focus.empty() ? 1 : 1 - dimmed;
  spots.assign(scene.spots.size(), rest);
  links.assign(scene.links.size(), rest);
  for (const std::size_t spot : focus.spots) spots[spot] = 1;
  for (const std::size_t link : focus.links) links[link] = dimmed > 0 ? kEmphasized : 1;
  for (std::size_t i = 0; i < spots.size(); ++i)
    if (!found[i]) spots[i] *= kNotFound;
  for (std::size_t i = 0; i < links.size(); ++i)
    if (!found[scene.links[i].from] && !found[scene.links[i].to])
      links[i] = std::min(1.0F, links[i]) * kNotFound;
}

}  // namespace highwater::viewer::topology
