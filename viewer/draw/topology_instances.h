#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/topology_paint.h"
#include "viewer/draw/topology_readings.h"

namespace highwater::viewer::topology {

/// The list of a card's instances: a window beside it, that scrolls where there are many.
struct InstanceList {
  bool worst_first = false;  ///< Kept from frame to frame.

  struct Events {
    bool close = false;
    std::optional<Target> hovered, clicked, menu;
  };
  struct Cell {
    std::size_t node, instance;  ///< Indices into Model::nodes and Node::instances.
    Rect rect;
  };

  /// Draws it as a child of the current window, right of `card` or left of it, where it fits into
  /// `canvas`. Fills `cells` with those in sight.
  Events draw(const Look& look, const Model& model, const Scene::Spot& spot,
              const Readings::OfSpot& reading, const Limits& limits, const Rect& card,
              const Rect& canvas, const std::optional<Target>& selected);

  std::vector<Cell> cells;
  Rect rect;        ///< Of the window.
  Rect close_rect;  ///< Of the button that closes it.
  Rect sort_rect;   ///< Of the button that sorts it.

 private:
  void sort(const Model& model, const Scene::Spot& spot);

  std::vector<Cell> order_;
};

}  // namespace highwater::viewer::topology
