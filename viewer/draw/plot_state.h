#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include <imgui.h>

#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// What a chart remembers from frame to frame. Its owner keeps one for each chart.
struct PlotState {
  std::optional<Range> y;  ///< What was zoomed to, in positions; none: fitted to what is visible.
  std::set<std::string, std::less<>> hidden;  ///< Names of series that the legend switched off.
  std::optional<ImVec2> box;                  ///< Where a box zoom began.
};

}  // namespace highwater::viewer
