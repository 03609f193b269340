#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct UberRatelimitOptions {
  std::uint32_t rate = 1;      ///< Requests in each `per`; 0: none at all (Go stops there).
  std::int64_t per = kSecond;  ///< Nanoseconds.
  std::uint32_t slack = 10;    ///< Requests not made in time that may be made up for later.
};

/// limiting uber_ratelimit: a leaky bucket that never refuses: whoever comes too early sleeps, and
/// who came late lets some go without sleeping.
///
/// Requests go on per / rate apart, in whole nanoseconds. Unused time is kept, up to `slack`
/// requests' worth; it is only kept once there was a request. In a window of length t at most
/// slack + 1 + t / (per / rate) requests go on.
///
/// A cost of n is n requests in a row; 0 is let through. Where time goes backwards the schedule
/// stays. A request at time 0 does not begin the schedule in Go, where 0 stands for "none yet";
/// here it does.
///
/// Source   go.uber.org/ratelimit 0.3.1 limiter_atomic_int64.go (Take), ratelimit.go.
/// Checked  tests/limiting/uber_ratelimit_test.cpp: 1,000 recorded sleeps of 0.3.1, the bound.
class UberRatelimit {
 public:
  struct State {
    std::int64_t next = 0;
    bool began = false;
  };

  explicit UberRatelimit(const UberRatelimitOptions& options)
      : per_request_(options.rate == 0 ? kNever
                                       : std::max<std::int64_t>(0, options.per) / options.rate),
        max_slack_(saturating_multiply(per_request_, options.slack)),
        is_closed_(options.rate == 0) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    if (is_closed_) return Verdict::denied(kNever);
    const std::int64_t behind = saturating_subtract(now, state.next);
    if (!state.began || (max_slack_ == 0 && behind > per_request_)) {
      state.next = now;
    } else if (max_slack_ > 0 && behind > saturating_add(max_slack_, per_request_)) {
      state.next = saturating_subtract(now, max_slack_);
    } else {
      state.next = saturating_add(state.next, per_request_);
    }
    state.began = true;
    // Further ones at the same moment only move the schedule on.
    state.next = saturating_add(state.next, saturating_multiply(per_request_, cost - 1));
    return Verdict::after(saturating_subtract(state.next, now));
  }

  bool is_idle(const State& state, std::int64_t now) const {
    return !state.began || saturating_subtract(now, state.next) >= per_request_;
  }

 private:
  std::int64_t per_request_;
  std::int64_t max_slack_;
  bool is_closed_;
};

}  // namespace highwater::limiting
