#pragma once

#include <string>
#include <vector>

#include "viewer/draw/plot_options.h"
#include "viewer/draw/x_link.h"

namespace highwater::viewer {

/// A line of the grid.
struct Tick {
  double position = 0;
  std::string label;   ///< Empty for lines between the labelled ones.
  bool major = false;  ///< Drawn stronger.
};

/// The round values inside `view`, of which at most `most` (and at least one where there is room
/// for any) are labelled, in ascending order.
std::vector<Tick> ticks(const AxisOptions& axis, Range view, int most);

/// The smallest of 1, 2, 5 times a power of ten that is not below `raw` (> 0).
double nice_step(double raw);

/// The same for seconds: from a second on, steps that clocks have (15 s, 30 s, 1 min, 6 h …).
double nice_time_step(double raw);

}  // namespace highwater::viewer
