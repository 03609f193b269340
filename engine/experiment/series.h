#pragma once

#include "engine/experiment/run.h"
#include "engine/report/results.h"

namespace highwater {

/// What charts show: every metric by fine slice of simulated time, pooled over the replications.
SeriesSet make_series(const System& system, const RunRecord& run);

}  // namespace highwater
