#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "viewer/draw/topology_scene.h"

namespace highwater::viewer::topology {

/// What stands out while the rest is dimmed.
struct Focus {
  std::vector<std::size_t> spots;
  std::vector<std::size_t> links;

  bool empty() const { return spots.empty(); }
};

/// A card with its neighbours, a link with its ends, the cards that have something in a zone; a
/// member of a collapsed group stands for the group. Empty for what is not in the scene.
Focus focus_of(const Model& model, const Scene& scene, const Target& target);

/// Cards of which a node matches; all of no text.
std::vector<bool> search(const Model& model, const Scene& scene, std::string_view text);

/// How strongly everything is drawn.
struct Strengths {
  std::vector<float> spots;  ///< 0 to 1.
  std::vector<float> links;  ///< 0 to 1, or kEmphasized.

  /// What is not in focus loses `dimmed` of its strength, what was not found most of it.
  void take(const Scene& scene, const Focus& focus, float dimmed, const std::vector<bool>& found);
};

}  // namespace highwater::viewer::topology
