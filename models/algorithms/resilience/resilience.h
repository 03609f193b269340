#pragma once

/// What keeps callers and services alive while something fails or there is more load than they can
/// bear: circuit breakers, pauses between tries, limits on retries, hedged requests, bulkheads and
/// deadlines; limits on concurrency that learn, throttles, shedding, queues that do not let waiting
/// grow.
///
/// Source   Each names its own.
/// Checked  tests/resilience, tests/overload.

#include "models/algorithms/resilience/adaptive_lifo.h"
#include "models/algorithms/resilience/adaptive_throttle.h"
#include "models/algorithms/resilience/aws_retry_quota.h"
#include "models/algorithms/resilience/backoff.h"
#include "models/algorithms/resilience/bulkhead.h"
#include "models/algorithms/resilience/codel.h"
#include "models/algorithms/resilience/concurrency_limit.h"
#include "models/algorithms/resilience/concurrency_limiter.h"
#include "models/algorithms/resilience/deadline.h"
#include "models/algorithms/resilience/envoy_admission_control.h"
#include "models/algorithms/resilience/envoy_retry_budget.h"
#include "models/algorithms/resilience/finagle_retry_budget.h"
#include "models/algorithms/resilience/folly_codel.h"
#include "models/algorithms/resilience/gradient2.h"
#include "models/algorithms/resilience/grpc_retry_throttle.h"
#include "models/algorithms/resilience/hedge.h"
#include "models/algorithms/resilience/policy.h"
#include "models/algorithms/resilience/retry_ratio.h"
#include "models/algorithms/resilience/shedding.h"
#include "models/algorithms/resilience/vegas.h"
#include "models/algorithms/resilience/windowed_limit.h"
