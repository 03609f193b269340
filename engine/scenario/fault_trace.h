#pragma once

#include <cstddef>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/describe/value.h"

namespace highwater {

/// The entry `replay` of the verbs of faults: an outage log, a CSV file with the columns time,
/// target, fault (the verb) and duration, and one for each further parameter that a fault of it
/// has. Times and durations are written with their units, or as numbers of seconds.
KindInfo fault_trace_kind();

/// Whether any of the faults is an outage log.
bool has_fault_traces(const Value& root);

/// Puts the faults of each outage log in its place in the list, in the order of the file; their
/// positions are those of its lines. What is wrong with a log is reported with its line.
void expand_fault_traces(Value& root, const std::vector<KindInfo>& verbs, Problems& problems);

/// So many rows of a log are read; more are a problem.
inline constexpr std::size_t kMostTraceRows = 10'000;

}  // namespace highwater
