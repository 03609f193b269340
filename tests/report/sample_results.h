#pragma once

#include "engine/report/results.h"

namespace highwater {

/// A whole run of the users-api scenario as its numbers could be: ten replications of ten minutes,
/// one API replica killed from 4:00 to 5:00, one objective of two missed, series in bins of 2 s.
/// Built by formulas, the same in every program.
Results sample_results();

/// A run with two clients whose log is replayed: an hourly load chart, no faults, no objectives,
/// one replication and so no intervals, too few samples for p99.9.
Results replay_results();

/// Names and texts full of markup, quotes, control characters, bidirectional overrides, broken
/// UTF-8.
Results hostile_results();

/// What is left when a run is interrupted at once: no replication, no client, no series.
Results empty_results();

}  // namespace highwater
