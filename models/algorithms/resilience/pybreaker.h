#pragma once

#include <cstdint>

#include "models/algorithms/resilience/breaker.h"

namespace highwater::resilience {

struct PybreakerOptions {
  std::uint32_t fail_max = 5;                   ///< Failures in a row that open it; 0 is as 1.
  std::int64_t reset_timeout = 60'000'000'000;  ///< Nanoseconds, of which microseconds count.
  std::uint32_t success_threshold = 1;          ///< Successes in a row that close it; 0 is as 1.
};

/// resilience pybreaker: opens after so many failures in a row, closes after so many successes.
///
/// After reset_timeout the next call makes it half-open and goes out, and so do all that follow
/// until one of them fails or enough have succeeded: there is no limit on trials. A result is
/// judged by the state in which its call began: a late failure of a call from before opens it again
/// and lets the wait begin anew, late successes of trials may close it although another trial has
/// opened it in between.
///
/// pybreaker's call() holds a lock while the call runs, so that the calls of threads do not
/// overlap; those of `with breaker.calling()` and of Tornado's coroutines do, and are what is
/// modelled here. In the product a cancelled call is a failure, or a success if its exception is
/// excluded; here it is neither, by the contract of Breaker. The call that trips the breaker gets a
/// CircuitBreakerError instead of its own unless throw_new_error_on_trip is off: that changes what
/// its caller sees and nothing that is decided, so there is no such option.
///
/// Source   pybreaker 1.4 src/pybreaker/__init__.py.
/// Checked  tests/resilience/pybreaker_test.cpp: recordings of pybreaker, overlapping calls too.
class Pybreaker final : public Breaker {
 public:
  explicit Pybreaker(const PybreakerOptions& options = {}, std::int64_t created = 0)
      : Breaker(created),
        fail_max_(options.fail_max),
        success_threshold_(options.success_threshold),
        reset_timeout_((options.reset_timeout + 500) / 1000) {}

  /// Failures in a row.
  std::uint32_t fail_counter() const { return fails_; }

 private:
  Admission on_admit(std::int64_t now) override {
    if (state_ == BreakerState::open) {
      // datetime counts microseconds.
      if (microseconds(now) - opened_at_ < reset_timeout_) return Admission::rejected;
      state_ = BreakerState::half_open;
      successes_ = 0;
    }
    return state_ == BreakerState::half_open ? Admission::trial : Admission::admitted;
  }

  void on_success(Admission as, std::int64_t, std::int64_t) override {
    fails_ = 0;
    if (as != Admission::trial || ++successes_ < success_threshold_) return;
    successes_ = 0;
    state_ = BreakerState::closed;
  }

  void on_failure(Admission as, std::int64_t now, std::int64_t) override {
    ++fails_;
    if (as != Admission::trial && fails_ < fail_max_) return;
    opened_at_ = microseconds(now);
    successes_ = 0;
    state_ = BreakerState::open;
  }

  void on_cancel(Admission, std::int64_t) override {}
  BreakerState state_at(std::int64_t) override { return state_; }

  static std::int64_t microseconds(std::int64_t ns) { return ns / 1000 - (ns % 1000 < 0); }

  std::uint32_t fail_max_;
  std::uint32_t success_threshold_;
  std::int64_t reset_timeout_;  // microseconds
  BreakerState state_ = BreakerState::closed;
  std::uint32_t fails_ = 0;
  std::uint32_t successes_ = 0;
  std::int64_t opened_at_ = 0;  // microseconds
};

}  // namespace highwater::resilience
