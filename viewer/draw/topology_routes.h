#pragma once

#include "viewer/draw/topology_scene.h"

namespace highwater::viewer::topology {

/// Gives every link of a scene its path.
///
/// To a card further right it leaves on the right and arrives on the left; within a column it stays
/// on the right; to a card further left it runs below, and to the card itself around its corner.
/// Ends are spread over the side, in the order in which the other ends stand, so that links do not
/// cross where they leave. What would pass behind a card leads through the nearest gap instead.
void add_routes(Scene& scene);

}  // namespace highwater::viewer::topology
