#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct Resilience4jRateLimiterOptions {
  std::uint32_t limit_for_period = 50;          ///< Permissions of each cycle.
  std::int64_t limit_refresh_period = 500;      ///< Nanoseconds of a cycle; below 1: as 1.
  std::int64_t timeout_duration = 5 * kSecond;  ///< Nanoseconds a request may wait.
};

/// limiting resilience4j_rate_limiter: time in cycles; each brings its permissions anew, and a
/// request may take those of cycles to come and wait for them.
///
/// Cycles are counted from when the limiter is made. Permissions not used do not pile up beyond one
/// cycle's. A request that would have to wait longer than the timeout takes nothing; a thread that
/// asked would then sleep through the timeout and fail.
///
/// The times at which requests go on: at most 2 * limit_for_period in a window of length
/// limit_refresh_period, where no cost is above the limit.
///
/// A cost above limit_for_period is granted across several cycles, if the timeout allows: its
/// retry_after is the least that it can be. 0 is let through unless permissions are owed.
/// limit_for_period 0, which the product does not accept, refuses everything. Going back to an
/// earlier cycle takes permissions away again, as there.
///
/// Source   resilience4j 2.2.0 AtomicRateLimiter.java (calculateNextState,
/// nanosToWaitForPermission,
///          reservePermissions).
/// Checked  tests/limiting/resilience4j_rate_limiter_test.cpp: 1,320 recorded
///          decisions of 2.2.0; the bound.
class Resilience4jRateLimiter {
 public:
  struct State {
    std::int64_t start = 0;
    std::int64_t cycle = 0;
    std::int64_t permissions = 0;
  };

  explicit Resilience4jRateLimiter(const Resilience4jRateLimiterOptions& options)
      : limit_(options.limit_for_period),
        period_(std::max<std::int64_t>(1, options.limit_refresh_period)),
        timeout_(std::max<std::int64_t>(0, options.timeout_duration)) {}

  void begin(State& state, std::int64_t now) const { state = {now, 0, limit_}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (limit_ == 0) return Verdict::denied(kNever);
    const std::int64_t nanos = saturating_subtract(now, state.start);
    const std::int64_t cycle = nanos / period_;
    if (cycle != state.cycle) {
      const std::int64_t accumulated =
          saturating_multiply(saturating_subtract(cycle, state.cycle), limit_);
      state.permissions = std::min(limit_, saturating_add(state.permissions, accumulated));
      state.cycle = cycle;
    }
    const std::int64_t wait = time_to_wait(state.permissions, nanos, cycle, cost);
    if (wait > timeout_) return Verdict::denied(can_ever_wait(cost) ? wait - timeout_ : kNever);
    state.permissions = saturating_subtract(state.permissions, cost);
    return Verdict::after(wait);
  }

  bool is_idle(const State& state, std::int64_t now) const {
    const std::int64_t cycle = saturating_subtract(now, state.start) / period_;
    return saturating_add(state.permissions,
                          saturating_multiply(saturating_subtract(cycle, state.cycle), limit_)) >=
           limit_;
  }

 private:
  /// Whether the wait for so many permissions is ever short enough: at best, at a cycle's end.
  bool can_ever_wait(std::int64_t cost) const {
    if (cost <= limit_) return true;
    return saturating_multiply((cost - limit_ - 1) / limit_, period_) < timeout_;
  }
  std::int64_t time_to_wait(std::int64_t permissions, std::int64_t nanos, std::int64_t cycle,
                            std::int64_t cost) const {
    if (permissions >= cost) return 0;
    const std::int64_t to_next =
        saturating_subtract(saturating_multiply(saturating_add(cycle, 1), period_), nanos);
    const std::int64_t full_cycles = (saturating_subtract(cost, permissions) - 1) / limit_;
    return saturating_add(saturating_multiply(full_cycles, period_), to_next);
  }

  std::int64_t limit_;
  std::int64_t period_;
  std::int64_t timeout_;
};

}  // namespace highwater::limiting
