#pragma once

#include <vector>

#include "engine/describe/problems.h"
#include "engine/experiment/estimates.h"

namespace highwater {

/// Adds what is worth knowing in words: unstable queues (whose steady-state intervals it takes
/// away), the bottleneck, notes about the input, limits that were reached.
void add_findings(const System& system, const RunRecord& run, const RunWindow& window,
                  Results& results);

/// Warnings about the input belong into the report, too.
std::vector<Finding> findings_of(const Problems& warnings);

}  // namespace highwater
