#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/kernel/condition.h"
#include "engine/kernel/random.h"
#include "engine/kernel/resource.h"
#include "engine/kernel/time_integral.h"
#include "models/algorithms/balancing/outlier_detector.h"
#include "models/algorithms/limiting/limiter.h"
#include "models/algorithms/resilience/adaptive_throttle.h"
#include "models/algorithms/resilience/breaker.h"
#include "models/algorithms/resilience/concurrency_limiter.h"
#include "models/algorithms/resilience/hedge.h"
#include "models/algorithms/resilience/retry_limit.h"
#include "models/calls/call_params.h"

namespace highwater {

/// What the policies of calls did, in calls. Counted for each place that calls.
struct CallCounts {
  std::uint64_t retries = 0;
  std::uint64_t retries_denied = 0;   ///< By a budget, a throttle or a quota.
  std::uint64_t hedges = 0;           ///< Further requests that went out beside the first.
  std::uint64_t hedges_won = 0;       ///< Those whose answer was the first.
  std::uint64_t short_circuited = 0;  ///< Refused by an open breaker.
  std::uint64_t throttled = 0;        ///< Refused by adaptive throttling.
  std::uint64_t rate_limited = 0;     ///< Refused by the rate limit.
  std::uint64_t delayed = 0;          ///< Made to wait by it.
  std::uint64_t limit_reached = 0;    ///< Refused by the concurrency limit.
  std::uint64_t bulkhead_full = 0;    ///< Refused by the bulkhead.
  std::uint64_t deadline_passed = 0;  ///< Not sent, since nobody would have waited for the answer.
  std::uint64_t fallbacks = 0;        ///< Answered by the fallback.
  std::uint64_t ejections = 0;        ///< Instances kept away from as outliers.

  CallCounts& operator+=(const CallCounts& other);
  /// Those that are not 0.
  std::map<std::string, std::uint64_t> by_cause() const;
};

/// What one process remembers of its calls at one place: its circuit breaker, budgets and limits.
/// It dies with the process. Each part is absent where the policy does not ask for it.
struct Guard {
  Guard(Simulation& simulation, const CallPolicy& policy, RandomKey key);

  RandomStream bits;  // of the breaker's jitter

  std::unique_ptr<resilience::Breaker> breaker;
  std::unique_ptr<resilience::RetryLimit> retry_limit;
  std::optional<resilience::AdaptiveThrottle> throttle;
  std::unique_ptr<limiting::Limiter> rate_limit;
  bool reads_clock = false;  // it goes by the process' time of day
  std::optional<resilience::ConcurrencyLimiter> concurrency;
  std::unique_ptr<Resource> bulkhead;
  std::optional<Duration> max_wait;  // at the bulkhead
  std::optional<resilience::HedgeDelay> hedge_delay;
  std::optional<resilience::HedgeBudget> hedge_budget;
  std::uint32_t hedge_requests = 0;
  std::optional<balancing::OutlierDetector> outliers;  // among the callee's instances
  Time next_look{};                                    // of those, at the rates

  Condition trial_ended;  // calls that a breaker tells to wait do so here
  resilience::BreakerState last_state = resilience::BreakerState::closed;
  TimeIntegral not_closed;        // 1 while the breaker was last seen open or half-open
  std::uint32_t incarnation = 0;  // of the process that it belongs to
  bool retired = false;           // the policy has changed: of calls that were under way
};

}  // namespace highwater
