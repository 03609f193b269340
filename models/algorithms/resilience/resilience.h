#pragma once

/// What keeps a service up under more load than it can bear: limits on concurrency that learn,
/// throttles, shedding and queues that do not let waiting grow.
///
/// Source   Each names its own.
/// Checked  tests/overload.

#include "models/algorithms/resilience/adaptive_lifo.h"
#include "models/algorithms/resilience/adaptive_throttle.h"
#include "models/algorithms/resilience/codel.h"
#include "models/algorithms/resilience/concurrency_limit.h"
#include "models/algorithms/resilience/concurrency_limiter.h"
#include "models/algorithms/resilience/envoy_admission_control.h"
#include "models/algorithms/resilience/folly_codel.h"
#include "models/algorithms/resilience/gradient2.h"
#include "models/algorithms/resilience/shedding.h"
#include "models/algorithms/resilience/vegas.h"
#include "models/algorithms/resilience/windowed_limit.h"
