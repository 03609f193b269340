#pragma once

/// What keeps callers and services alive while something fails: circuit breakers, pauses between
/// tries, limits on retries, hedged requests, bulkheads and deadlines.
///
/// Source   Each names its own.
/// Checked  tests/resilience.

#include "models/algorithms/resilience/aws_retry_quota.h"
#include "models/algorithms/resilience/backoff.h"
#include "models/algorithms/resilience/bulkhead.h"
#include "models/algorithms/resilience/deadline.h"
#include "models/algorithms/resilience/envoy_retry_budget.h"
#include "models/algorithms/resilience/finagle_retry_budget.h"
#include "models/algorithms/resilience/grpc_retry_throttle.h"
#include "models/algorithms/resilience/hedge.h"
#include "models/algorithms/resilience/policy.h"
#include "models/algorithms/resilience/retry_ratio.h"
