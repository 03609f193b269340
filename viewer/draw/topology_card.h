#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/topology_paint.h"
#include "viewer/draw/topology_readings.h"

namespace highwater::viewer::topology {

/// Where the rows of a card are, in pixels from its upper edge. A row without height is left out.
struct CardRows {
  struct Row {
    float top = 0, height = 0;
    explicit operator bool() const { return height > 0; }
  };
  Row name, figures, ghost, sparkline, foot, bar;
  bool percent = false;  ///< The bar's row has room for its number.
};

struct CardNeeds {
  int lines = 1;  ///< Of figures: 2 where they do not fit side by side.
  bool ghost = false, sparkline = false, foot = false, bar = false;
};

/// Name and figures stand in every full card, the rest while there is room for it: first the
/// figures compared with, then the bar, a curve of 10 design pixels, the foot, the bar's number.
/// What is left over goes to the curve.
CardRows rows_of(float height, float name_height, float line_height, float padding, float scale,
                 const CardNeeds& needs);

/// How a card looks at the moment.
struct CardState {
  bool hovered = false;
  bool selected = false;  ///< Or about to be connected to.
  bool marked = false;    ///< Found.
  bool comparing = false;
  float glow = 0;  ///< 0 to 1, of what is hot or down.
  float zoom = 1;
  Detail detail = Detail::full;
  Limits limits;
};

/// Parts of a card that can be pointed at.
struct CardParts {
  struct OfInstance {
    std::size_t node, instance;  ///< Indices into Model::nodes and Node::instances.
    Rect rect;
  };
  std::optional<Rect> instances;  ///< All of them.
  std::vector<OfInstance> each;   ///< Where each has a mark of its own.
  std::optional<Rect> expand;     ///< Of a group.
};

/// Draws a card with at least compact detail into `rect`.
CardParts paint_card(const Brush& brush, const Rect& rect, const Model& model,
                     const Scene::Spot& spot, const Readings::OfSpot& reading,
                     const std::vector<std::string>& zone_names, const CardState& state);

/// One instance as a gauge that is filled by its utilization; what is not simply up has a form of
/// its own.
void paint_instance(const Brush& brush, const Rect& rect, const Instance& instance,
                    const Limits& limits);

/// "2 down", "1 down, 3 slow"; empty where all are up. Names what is worst first, at most `most`.
std::string troubles_of(const Census& census, int most);

}  // namespace highwater::viewer::topology
