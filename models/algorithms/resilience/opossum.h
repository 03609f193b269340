#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/resilience/breaker.h"

namespace highwater::resilience {

/// Times in nanoseconds, of which whole milliseconds count. As the constructor of CircuitBreaker
/// takes them.
struct OpossumOptions {
  std::int64_t timeout = 10'000'000'000;   ///< A call that takes as long has failed; 0: no limit.
  double error_threshold_percentage = 50;  ///< Opens above this share.
  std::int64_t reset_timeout = 30'000'000'000;          ///< Before the trial; at least 1 ms.
  std::int64_t rolling_count_timeout = 10'000'000'000;  ///< The window.
  std::uint32_t rolling_count_buckets = 10;             ///< Of the window; 0 is as 10.
  std::uint32_t volume_threshold = 0;  ///< Fewer calls in the window never open it.
  bool allow_warm_up = false;          ///< Never opens in its first rolling_count_timeout.
  std::uint64_t capacity = 9'007'199'254'740'991;  ///< Calls at a time; one more is a failure.
};

/// resilience Opossum: opens by the share of failures among calls in a rolling window of buckets.
///
/// The share counts every call, those that the open breaker rejected included: rejections dilute
/// the failures of the time before, which matters once it is closed again. It is looked at when a
/// call fails, and must be above the threshold: with none but failures the first one opens it.
/// Buckets turn by a timer that began when the breaker was made. After reset_timeout one trial goes
/// out; while half-open any success closes it and any failure opens it, those of earlier calls
/// included. A call beyond the capacity is rejected and counts as a failure.
///
/// opossum has no cancelled calls: there a caller who goes away changes nothing and the result
/// counts. Reported as cancelled, a call gives its slot back, and a trial its turn (chosen: the
/// breaker would reject everything for ever otherwise).
///
/// Edges: a threshold of NaN never opens it, except in half-open state. node's timers fire after
/// one millisecond where they are set for less, or for more than 2^31 - 1 of them: a breaker that
/// is to stay open for a month is half-open at once.
///
/// Source   opossum 9.0.0 lib/circuit.js, lib/status.js, lib/semaphore.js.
/// Checked  tests/resilience/opossum_test.cpp: recordings of opossum 9.0.0 on mocked time,
///          overlapping calls, timeouts and capacity included; tests/reality/npm_breakers.py:
///          random settings and calls beside 9.0.0 itself.
class Opossum final : public Breaker {
 public:
  explicit Opossum(const OpossumOptions& options = {}, std::int64_t created = 0)
      : Breaker(created),
        options_(options),
        reset_timeout_(timer_of(milliseconds_of(options.reset_timeout))),
        warm_until_(milliseconds_of(created) +
                    timer_of(milliseconds_of(options.rolling_count_timeout))),
        buckets_(options.rolling_count_buckets == 0 ? 10 : options.rolling_count_buckets),
        interval_(timer_of(window_of(options) / static_cast<std::int64_t>(buckets_.size()))),
        turned_(milliseconds_of(created)) {}

  std::int64_t call_timeout() const override {
    return options_.timeout > 0 ? timer_of(milliseconds_of(options_.timeout)) * 1'000'000 : kNever;
  }

 private:
  struct Bucket {
    std::uint64_t fires = 0;
    std::uint64_t failures = 0;
  };

  Admission on_admit(std::int64_t now) override {
    run_timers(now);
    ++buckets_[newest_].fires;
    ++sum_.fires;
    if (state_ != BreakerState::closed && !pending_close_) return Admission::rejected;
    const bool trial = state_ == BreakerState::half_open;
    pending_close_ = false;
    if (in_flight_ >= options_.capacity) {
      count_failure(now);
      return Admission::rejected;
    }
    ++in_flight_;
    return trial ? Admission::trial : Admission::admitted;
  }
  void on_success(Admission, std::int64_t now, std::int64_t took) override {
    run_timers(now);
    --in_flight_;
    if (took >= call_timeout()) return count_failure(now);
    if (state_ == BreakerState::half_open) {
      state_ = BreakerState::closed;
      pending_close_ = false;
    }
  }
  void on_failure(Admission, std::int64_t now, std::int64_t) override {
    run_timers(now);
    --in_flight_;
    count_failure(now);
  }
  void on_cancel(Admission as, std::int64_t now) override {
    run_timers(now);
    --in_flight_;
    if (as == Admission::trial && state_ == BreakerState::half_open) pending_close_ = true;
  }
  BreakerState state_at(std::int64_t now) override {
    run_timers(now);
    return state_;
  }

  void count_failure(std::int64_t now) {
    ++buckets_[newest_].failures;
    ++sum_.failures;
    const std::int64_t now_ms = milliseconds_of(now);
    if (options_.allow_warm_up && now_ms < warm_until_) return;
    const bool half_open = state_ == BreakerState::half_open;
    if (sum_.fires < options_.volume_threshold && !half_open) return;
    const double rate = static_cast<double>(sum_.failures) / static_cast<double>(sum_.fires) * 100;
    if (!(rate > options_.error_threshold_percentage) && !half_open) return;
    if (state_ == BreakerState::open) return;
    state_ = BreakerState::open;
    pending_close_ = false;
    opened_ = now_ms;
  }

  // Timers due at the moment of a call fire before it.
  void run_timers(std::int64_t now) {
    const std::int64_t now_ms = milliseconds_of(now);
    if (state_ == BreakerState::open && now_ms - opened_ >= reset_timeout_) {
      state_ = BreakerState::half_open;
      pending_close_ = true;
    }
    const std::int64_t turns = (now_ms - turned_) / interval_;
    if (turns <= 0) return;
    turned_ += turns * interval_;
    const auto cleared = std::min(turns, static_cast<std::int64_t>(buckets_.size()));
    for (std::int64_t i = 0; i < cleared; ++i) {
      if (++newest_ == buckets_.size()) newest_ = 0;
      Bucket& oldest = buckets_[newest_];
      sum_.fires -= oldest.fires;
      sum_.failures -= oldest.failures;
      oldest = {};
    }
  }

  // An empty window is none given, as 0 is false.
  static std::int64_t window_of(const OpossumOptions& options) {
    const std::int64_t window = milliseconds_of(options.rolling_count_timeout);
    return window == 0 ? 10'000 : window;
  }
  // What setTimeout and setInterval make of it.
  static std::int64_t timer_of(std::int64_t ms) {
    constexpr std::int64_t kLongest = 2'147'483'647;
    return ms < 1 || ms > kLongest ? 1 : ms;
  }

  OpossumOptions options_;
  std::int64_t reset_timeout_;  // milliseconds, as all below
  std::int64_t warm_until_;
  std::vector<Bucket> buckets_;
  std::int64_t interval_;  // between two turns
  std::int64_t turned_;    // last
  std::size_t newest_ = 0;
  Bucket sum_;
  std::uint64_t in_flight_ = 0;
  std::int64_t opened_ = 0;
  bool pending_close_ = false;  // half-open and the trial not yet begun
  BreakerState state_ = BreakerState::closed;
};

}  // namespace highwater::resilience
