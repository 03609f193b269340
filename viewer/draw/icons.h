#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <imgui.h>

#include "viewer/draw/color.h"

namespace highwater::viewer {

/// Signs drawn as vectors, so that no icon font is needed and every size is sharp.
enum class Icon : std::uint8_t {
  client,
  load_balancer,
  service,
  cache,
  database,
  queue,
  worker,
  function,
  external,
  cluster,
  unknown,
  play,
  pause,
  step,
  skip,
  restart,
  stop,
  camera,
  bolt,  ///< A fault.
  warning,
  ok,
  cross,
  idle,
  search,
  gear,
  folder,
  plus,
  minus,
  info,
  flag,
  target,  ///< An objective.
  eye,
};

inline constexpr std::size_t kIcons = static_cast<std::size_t>(Icon::eye) + 1;

/// "load balancer": for tooltips and tests.
std::string_view name(Icon icon);

/// The sign for a kind of component as scenarios name it ("service", "load_balancer", "topic" …);
/// Icon::unknown for a word that has none.
Icon icon_of_kind(std::string_view kind);

/// A part of an icon in a square from -1 to 1, y downwards.
struct IconPath {
  std::vector<ImVec2> points;
  bool closed = false;
  bool filled = false;  ///< Then the outline is convex.
};

std::span<const IconPath> paths(Icon icon);

/// The points of a path around `center`, where the icon's square is 2 * `radius` wide.
std::vector<ImVec2> placed(const IconPath& path, ImVec2 center, float radius);

/// How wide the lines of an icon are: as strong as text beside it.
float icon_stroke(float radius);

/// Draws it around `center`; the square it fills is 2 * `radius` wide.
void draw_icon(ImDrawList& draw, Icon icon, ImVec2 center, float radius, Color color);

}  // namespace highwater::viewer
