#pragma once

/// What can be known about caches: the eviction policies, and what a trace says of them.
///
/// Source   Each names its own.
/// Checked  tests/algorithms/caching_policy_test.cpp, stack_distance_test.cpp.

#include "models/algorithms/caching/policy.h"
#include "models/algorithms/caching/stack_distance.h"
