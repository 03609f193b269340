#pragma once

#include <vector>

#include "viewer/draw/topology_model.h"

namespace highwater::viewer::topology {

/// Where cards stand that are wanted at those places: in the same columns and order, but so that
/// they can be read in a canvas of a usual shape.
///
/// @param wanted   One apart is enough for two cards not to touch. A layer is what has one column,
///                 rounded.
/// @param regroup  Cards stand for several others: the gaps that those have left are closed.
/// @return `wanted` itself where nothing is to be done. Layers higher than wide pictures allow are
///         folded into several columns, row by row, so that what was high stays high; all layers
///         are then centred.
std::vector<Position> places_for(std::vector<Position> wanted, bool regroup);

}  // namespace highwater::viewer::topology
