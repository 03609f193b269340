#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "viewer/draw/topology_paint.h"
#include "viewer/draw/topology_readings.h"

namespace highwater::viewer::topology {

/// Everything as seen from far above: what cards are when they would be too small.
struct Overview {
  Camera camera;
  Rect canvas;  ///< On the screen.
  Detail detail = Detail::dot;
  /// For each card how much of it is not dimmed, 0 to 1.
  const std::vector<float>& strengths;
  /// Cards that are named whatever else: selected, hovered, found.
  const std::vector<std::size_t>& named;
};

/// A mark for each card, of another shape for each health, and the names of those that matter most
/// (what fares badly, then what has most neighbours) where they cover nothing.
void paint_dots(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                const Overview& overview);

/// Squares on the screen: the more cards, the brighter, in the colour of the worst of them, with a
/// cross where one is down.
void paint_density(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                   const Overview& overview);

/// Where links are so many that none can be seen: one line for all between two squares.
void paint_flows(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                 const Overview& overview);

/// The whole scene in a corner with a frame around what the canvas shows. Returns the camera-free
/// mapping: which place is at the upper left of `rect`, and how many pixels a design pixel has.
struct Minimap {
  Rect rect;      ///< On the screen.
  ImVec2 origin;  ///< Place at its upper left corner.
  float unit = 1;
  ImVec2 to_place(ImVec2 screen) const {
    return {origin.x + (screen.x - rect.min.x) / unit, origin.y + (screen.y - rect.min.y) / unit};
  }
};
Minimap minimap_of(const Look& look, const Rect& bounds, const Rect& canvas);
void paint_minimap(const Brush& brush, const Scene& scene, const Readings& readings,
                   const Minimap& minimap, const Rect& visible);

/// Frames of zones and groups, as strong as the strongest card in them; gives the plates with their
/// names, in the order of scene.frames.
std::vector<Rect> paint_frames(const Brush& brush, const Model& model, const Scene& scene,
                               const std::vector<float>& strengths, const Camera& camera,
                               const Rect& canvas, std::optional<std::size_t> hovered);

/// The names of all zones in their colours, from `place` upwards and to the right; gives the
/// plates.
std::vector<Rect> paint_legend(const Brush& brush, const Model& model, ImVec2 place,
                               std::optional<std::size_t> hovered);

/// Which cards get a name, most important first: see paint_dots().
std::vector<std::size_t> by_importance(const Scene& scene, const Readings& readings,
                                       const std::vector<std::size_t>& named, std::size_t most);

}  // namespace highwater::viewer::topology
