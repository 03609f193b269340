#include "viewer/draw/topology_scene.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "viewer/draw/topology_particles.h"
#include "viewer/draw/topology_places.h"
#include "viewer/draw/topology_routes.h"
#include "viewer/draw/topology_summary.h"

namespace highwater::viewer::topology {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);
constexpr std::size_t kMostFramedNodes = 300;
constexpr float kZonePadding = 16;
constexpr float kGroupPadding = 26;  ///< More than that of zones, which may be inside.

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3U;
  }
  return hash;
}

class Digest {
 public:
  void add(std::uint64_t value) { sum_ = mixed_bits(sum_ ^ value); }
  void add(std::string_view text) { add(hash_of(text)); }
  void add(double value) {
    // Rounded, so that the signs of zero are the same.
    add(static_cast<std::uint64_t>(std::llround(value * 4096)));
  }
  std::uint64_t sum() const { return sum_; }

 private:
  std::uint64_t sum_ = 0;
};

Rect card_at(const Position& position, const Grid& grid) {
  return Rect::around(place_of(position, grid), grid.card());
}

void add_spots(const Model& model, const Arrangement& arrangement, Scene& scene) {
  std::map<std::string_view, std::size_t> groups;
  scene.spot_of.assign(model.nodes.size(), 0);
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    const bool grouped = !node.group.empty() &&
                         arrangement.collapsed.find(node.group) != arrangement.collapsed.end();
    const auto known = grouped ? groups.find(node.group) : groups.end();
    if (known != groups.end()) {
      scene.spots[known->second].nodes.push_back(i);
      scene.spot_of[i] = known->second;
      continue;
    }
    scene.spot_of[i] = scene.spots.size();
    if (grouped) groups.emplace(node.group, scene.spots.size());
    Scene::Spot spot;
    spot.id = grouped ? node.group : node.id;
    spot.group = grouped;
    spot.nodes.push_back(i);
    scene.spots.push_back(std::move(spot));
  }
  std::vector<Position> wanted;
  for (const Scene::Spot& spot : scene.spots) {
    Position& position = wanted.emplace_back();
    for (const std::size_t node : spot.nodes) {
      position.column += model.nodes[node].column / static_cast<double>(spot.nodes.size());
      position.row += model.nodes[node].row / static_cast<double>(spot.nodes.size());
    }
  }
  const std::vector<Position> places = places_for(std::move(wanted), !groups.empty());
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    Scene::Spot& spot = scene.spots[i];
    const auto moved = spot.group ? arrangement.positions.find("group:" + spot.id)
                                  : arrangement.positions.find(spot.id);
    spot.rect =
        card_at(moved != arrangement.positions.end() ? moved->second : places[i], arrangement.grid);
  }
}

void add_links(const Model& model, Scene& scene) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> merged;
  for (std::size_t i = 0; i < model.edges.size(); ++i) {
    const Edge& edge = model.edges[i];
    if (edge.from >= model.nodes.size() || edge.to >= model.nodes.size()) continue;
    const std::size_t from = scene.spot_of[edge.from];
    const std::size_t to = scene.spot_of[edge.to];
    const bool of_group = scene.spots[from].group || scene.spots[to].group;
    if (from == to && of_group) continue;  // within the group
    if (of_group) {
      const auto [known, fresh] = merged.try_emplace({from, to}, scene.links.size());
      if (!fresh) {
        scene.links[known->second].edges.push_back(i);
        continue;
      }
    }
    Scene::Link link;
    link.from = from;
    link.to = to;
    link.edges.push_back(i);
    link.key = mixed_bits(hash_of(scene.spots[from].id)) ^ hash_of(scene.spots[to].id) ^
               (edge.asynchronous ? 1U : 0U);
    scene.spots[from].out.push_back(scene.links.size());
    scene.spots[to].in.push_back(scene.links.size());
    scene.links.push_back(std::move(link));
  }
}

// One frame for all cards in `cards`, or several where one would surround a card that does not
// belong there.
void add_frames(const Scene& scene, const std::vector<std::size_t>& cards, float padding,
                std::vector<Rect>& frames) {
  struct Part {
    Rect rect;
    bool alive = true;
  };
  std::vector<bool> own(scene.spots.size());
  std::vector<Part> parts;
  for (const std::size_t card : cards) {
    own[card] = true;
    parts.push_back({scene.spots[card].rect.grown(padding)});
  }
  const auto free_of_others = [&](const Rect& rect) {
    for (std::size_t i = 0; i < scene.spots.size(); ++i)
      if (!own[i] && scene.spots[i].rect.overlaps(rect)) return false;
    return true;
  };
  // All at once, which is what usually works.
  Rect all = parts.front().rect;
  for (const Part& part : parts) all = all.with(part.rect);
  if (free_of_others(all)) {
    frames.push_back(all);
    return;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t j = i + 1; parts[i].alive && j < parts.size(); ++j) {
        if (!parts[j].alive) continue;
        const Rect both = parts[i].rect.with(parts[j].rect);
        if (!free_of_others(both)) continue;
        parts[i].rect = both;
        parts[j].alive = false;
        changed = true;
      }
  }
  for (const Part& part : parts)
    if (part.alive) frames.push_back(part.rect);
}

std::optional<std::size_t> zone_of(const Model& model, const Scene::Spot& spot) {
  const std::optional<std::size_t> zone = only_zone(model.nodes[spot.nodes.front()]);
  for (const std::size_t node : spot.nodes)
    if (only_zone(model.nodes[node]) != zone) return std::nullopt;
  return zone;
}

void add_frames(const Model& model, Scene& scene) {
  if (model.nodes.size() > kMostFramedNodes) return;
  std::vector<std::vector<std::size_t>> zones(model.zones.size());
  std::map<std::string_view, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < scene.spots.size(); ++i) {
    const std::optional<std::size_t> zone = zone_of(model, scene.spots[i]);
    if (zone && *zone < zones.size()) zones[*zone].push_back(i);
    const std::string& group = model.nodes[scene.spots[i].nodes.front()].group;
    if (!scene.spots[i].group && !group.empty()) groups[group].push_back(i);
  }
  std::vector<Rect> rects;
  for (std::size_t zone = 0; zone < zones.size() && zones.size() > 1; ++zone) {
    if (zones[zone].empty()) continue;
    rects.clear();
    add_frames(scene, zones[zone], kZonePadding, rects);
    for (const Rect& rect : rects)
      scene.frames.push_back({false, model.zones[zone].name, zone, rect});
  }
  for (const auto& [group, cards] : groups) {
    rects.clear();
    add_frames(scene, cards, kGroupPadding, rects);
    for (const Rect& rect : rects) scene.frames.push_back({true, std::string(group), 0, rect});
  }
}

}  // namespace

ImVec2 place_of(const Position& position, const Grid& grid) {
  return {static_cast<float>(position.column) * grid.column,
          static_cast<float>(position.row) * grid.row};
}

Position position_of(ImVec2 place, const Grid& grid) {
  return {static_cast<double>(place.x / grid.column), static_cast<double>(place.y / grid.row)};
}

std::optional<std::size_t> Scene::spot_called(std::string_view id, bool group) const {
  for (std::size_t i = 0; i < spots.size(); ++i)
    if (spots[i].group == group && spots[i].id == id) return i;
  return std::nullopt;
}

std::optional<std::size_t> Scene::link_between(std::string_view from, std::string_view to) const {
  for (std::size_t i = 0; i < links.size(); ++i)
    if (spots[links[i].from].id == from && spots[links[i].to].id == to) return i;
  return std::nullopt;
}

Scene scene_of(const Model& model, const Arrangement& arrangement) {
  Scene scene;
  scene.grid = arrangement.grid;
  add_spots(model, arrangement, scene);
  add_links(model, scene);
  add_routes(scene);
  add_frames(model, scene);
  bool first = true;
  const auto include = [&](const Rect& rect) {
    scene.bounds = first ? rect : scene.bounds.with(rect);
    first = false;
  };
  for (const Scene::Spot& spot : scene.spots) include(spot.rect);
  for (const Scene::Frame& frame : scene.frames) include(frame.rect);
  for (const Scene::Link& link : scene.links)
    if (!link.path.empty()) include(link.path.bounds());
  return scene;
}

std::uint64_t shape_of(const Model& model, const Arrangement& arrangement) {
  Digest digest;
  for (const Node& node : model.nodes) {
    digest.add(node.id);
    digest.add(node.column);
    digest.add(node.row);
    digest.add(node.group);
    for (const Instance& instance : node.instances) digest.add(std::uint64_t{instance.zone});
    for (const std::size_t zone : node.zones) digest.add(std::uint64_t{zone});
  }
  for (const Edge& edge : model.edges)
    digest.add((std::uint64_t{edge.from} << 32U) ^ (std::uint64_t{edge.to} << 1U) ^
               (edge.asynchronous ? 1U : 0U));
  for (const Zone& zone : model.zones) digest.add(zone.name);
  for (const auto& [id, position] : arrangement.positions) {
    digest.add(id);
    digest.add(position.column);
    digest.add(position.row);
  }
  for (const std::string& group : arrangement.collapsed) digest.add(group);
  const Grid& grid = arrangement.grid;
  for (const float size : {grid.card_width, grid.card_height, grid.column, grid.row})
    digest.add(static_cast<double>(size));
  digest.add(std::uint64_t{model.nodes.size()});
  digest.add(std::uint64_t{model.edges.size()});
  return digest.sum();
}

std::optional<std::size_t> neighbour_of(const Scene& scene, std::size_t spot, Direction direction) {
  const ImVec2 here = scene.spots[spot].rect.center();
  std::size_t best = kNobody;
  float best_cost = std::numeric_limits<float>::max();
  const auto offer = [&](std::size_t other, float cost) {
    if (other == spot || cost >= best_cost) return;
    best = other;
    best_cost = cost;
  };
  if (direction == Direction::right || direction == Direction::left) {
    const bool right = direction == Direction::right;
    for (const std::size_t link : right ? scene.spots[spot].out : scene.spots[spot].in) {
      const std::size_t other = right ? scene.links[link].to : scene.links[link].from;
      const ImVec2 way = minus(scene.spots[other].rect.center(), here);
      // Height decides, distance among equals.
      offer(other, std::abs(way.y) + 0.01F * std::abs(way.x));
    }
  } else {
    const float sign = direction == Direction::down ? 1 : -1;
    for (std::size_t other = 0; other < scene.spots.size(); ++other) {
      const ImVec2 way = minus(scene.spots[other].rect.center(), here);
      if (way.y * sign < scene.grid.card_height / 4) continue;
      offer(other, way.y * sign + 3 * std::abs(way.x));  // a column away only if none is near
    }
  }
  if (best == kNobody) return std::nullopt;
  return best;
}

}  // namespace highwater::viewer::topology
