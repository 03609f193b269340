#pragma once

#include <vector>

#include "engine/experiment/estimates.h"
#include "engine/experiment/system.h"

namespace highwater {

/// Judges every objective of the system by what was measured, in their order.
///
/// Without a clause an objective counts over the measured window, like every other number. `during
/// a..b` counts the slices that lie inside a..b. `within t of faults[k]` asks that it holds again
/// so long after the fault has begun: it counts from then to the next fault or the end of the run.
/// Counts ("users.failed") are totals of the whole run over all replications.
///
/// An objective is left unjudged, with a note that says why, where its window lies outside the run
/// or holds too little to tell.
std::vector<ObjectiveResult> judge_objectives(const System& system, const RunRecord& run,
                                              const RunWindow& window);

}  // namespace highwater
