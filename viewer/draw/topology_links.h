#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "viewer/draw/topology_paint.h"
#include "viewer/draw/topology_readings.h"

namespace highwater::viewer::topology {

/// What decides how links are drawn, for all of them.
struct LinkStyle {
  Camera camera;
  Rect visible;  ///< In design pixels: links elsewhere are left out.
  Detail detail = Detail::full;
  Limits limits;
  double time_s = 0;
  bool particles = true;
  bool reduced_motion = false;
};

/// The strength of a link that stands out.
inline constexpr float kEmphasized = 2;

/// Strengths say for each link how much of it is not dimmed, 0 to 1, or kEmphasized.
void paint_links(ImDrawList& draw, const Look& look, const Scene& scene, const Readings& readings,
                 const std::vector<float>& strengths, const LinkStyle& style);

/// What a link measured, on a plate: "1.8k/s · 2 % errors · 12 ms".
struct LinkLabel {
  std::size_t link = 0;
  bool strong = false;  ///< The link itself is meant, not only a card at its end.
};

/// Draws labels where they cover neither each other nor a card; those that find no such place are
/// left out unless strong.
void paint_labels(const Brush& brush, const Model& model, const Scene& scene,
                  const Readings& readings, const std::vector<LinkLabel>& labels,
                  const Camera& camera, const Rect& canvas);

/// A place on the link that no card covers, best in its middle; nothing where all are covered or
/// out of `canvas`.
std::optional<ImVec2> free_place(const Scene& scene, std::size_t link, const Camera& camera,
                                 const Rect& canvas);

/// The line that a connection in the making is.
void paint_connection(const Brush& brush, ImVec2 from, ImVec2 to, bool possible);

}  // namespace highwater::viewer::topology
