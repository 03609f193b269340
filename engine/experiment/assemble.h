#pragma once

#include "engine/experiment/run.h"
#include "engine/experiment/system.h"
#include "engine/report/results.h"

namespace highwater {

/// Turns what the replications measured into the numbers that everybody sees: estimates with
/// intervals, series for charts, findings in words. Checks that every request is accounted for.
///
/// Filled in by the caller: version, compiler, command, host and the time of the start.
Results assemble(const System& system, const RunRecord& run);

}  // namespace highwater
