#pragma once

#include "engine/report/results.h"
#include "viewer/draw/topology_model.h"

namespace highwater::viewer {

/// The system as it stands, with nothing happening in it yet.
/// @param rate_per_s  Of all components and edges; kNone for a system that does not run.
topology::Model still_of(const TopologyPicture& picture, double rate_per_s = 0);

}  // namespace highwater::viewer
