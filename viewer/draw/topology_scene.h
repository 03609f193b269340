#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/draw/topology_geometry.h"
#include "viewer/draw/topology_model.h"

namespace highwater::viewer::topology {

ImVec2 place_of(const Position& position, const Grid& grid);
Position position_of(ImVec2 place, const Grid& grid);

/// What the user arranged.
struct Arrangement {
  /// By id of a node, or "group:" and the name of a collapsed group.
  std::map<std::string, Position, std::less<>> positions;
  std::set<std::string, std::less<>> collapsed;  ///< Groups.
  Grid grid;
};

/// Cards, ways and frames of a model: what depends on its shape alone, not on its numbers.
struct Scene {
  /// A card: a node, or a group that is collapsed.
  struct Spot {
    std::string id;
    bool group = false;
    std::vector<std::size_t> nodes;    ///< Indices into Model::nodes; one unless a group.
    Rect rect;                         ///< In design pixels, as everything here.
    std::vector<std::size_t> out, in;  ///< Indices into `links`.
  };
  /// An edge, or all edges between two cards of which one is a group.
  struct Link {
    std::size_t from = 0, to = 0;    ///< Indices into `spots`.
    std::vector<std::size_t> edges;  ///< Indices into Model::edges.
    std::uint64_t key = 0;           ///< The same whenever its ends are called the same.
    Path path;
  };
  /// Around cards that are in one zone or in one group that is not collapsed.
  struct Frame {
    bool group = false;
    std::string id;
    std::size_t zone = 0;  ///< Index into Model::zones.
    Rect rect;
  };

  std::vector<Spot> spots;
  std::vector<Link> links;
  std::vector<Frame> frames;
  std::vector<std::size_t> spot_of;  ///< For each of Model::nodes.
  Rect bounds;
  Grid grid;

  std::optional<std::size_t> spot_called(std::string_view id, bool group) const;
  std::optional<std::size_t> link_between(std::string_view from, std::string_view to) const;
};

/// Edges that end nowhere are left out. Ways lead around cards while there are at most 1500 edges,
/// frames are drawn while there are at most 300 nodes: with more, nobody could follow them.
Scene scene_of(const Model& model, const Arrangement& arrangement);

/// Changes with all that scene_of() looks at.
std::uint64_t shape_of(const Model& model, const Arrangement& arrangement);

enum class Direction : std::uint8_t { left, right, up, down };

/// Where an arrow key leads from a card: right to the callee and left to the caller whose card is
/// nearest in height, up and down to the nearest card above and below.
std::optional<std::size_t> neighbour_of(const Scene& scene, std::size_t spot, Direction direction);

}  // namespace highwater::viewer::topology
