#pragma once

#include <cstddef>
#include <vector>

#include "viewer/draw/decimate.h"
#include "viewer/draw/plot_items.h"

namespace highwater::viewer {

/// Areas that stand on each other.
struct Stack {
  std::vector<const Series*> layers;      ///< From the lowest up; all have the same x.
  Slice slice;                            ///< The visible part of that x.
  std::vector<std::vector<double>> tops;  ///< For each layer the sum up to it, over the slice.
};

/// What has no number adds nothing; a layer that is shorter than the lowest one ends.
Stack stack_of(std::vector<const Series*> layers, AxisKind x_kind, Range x);

}  // namespace highwater::viewer
