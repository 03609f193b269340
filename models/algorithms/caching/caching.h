#pragma once

/// What can be known about caches: the eviction policies, what keeps their contents fresh and their
/// origins alive, and what a trace says of them.
///
/// Source   Each names its own.
/// Checked  tests/algorithms/caching_policy_test.cpp, stack_distance_test.cpp.

#include "models/algorithms/caching/freshness.h"
#include "models/algorithms/caching/leases.h"
#include "models/algorithms/caching/policy.h"
#include "models/algorithms/caching/single_flight.h"
#include "models/algorithms/caching/space_saving.h"
#include "models/algorithms/caching/stack_distance.h"
#include "models/algorithms/caching/write_behind.h"
