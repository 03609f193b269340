#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/resilience/breaker.h"

namespace highwater::resilience {

/// Times in nanoseconds, of which whole milliseconds count.
struct HystrixOptions {
  std::uint32_t request_volume_threshold = 20;    ///< Fewer results in the window decide nothing.
  std::uint32_t error_threshold_percentage = 50;  ///< Opens at this share or more.
  std::int64_t sleep_window = 5'000'000'000;      ///< Before the trial.
  std::int64_t rolling_stats_time = 10'000'000'000;     ///< The window.
  std::int64_t health_snapshot_interval = 500'000'000;  ///< Between two looks at it; at least 1 ms.
  bool force_open = false;
  bool force_closed = false;  ///< force_open wins.
  bool execution_timeout_enabled = true;
  std::int64_t execution_timeout = 1'000'000'000;
};

/// resilience Hystrix: opens by the share of failures in a rolling window, tries again with one
/// call.
///
/// The window is cut into slices of health_snapshot_interval, counted from the breaker's creation.
/// Only at the end of a slice are the last rolling_stats_time worth of them added up and the state
/// decided: a burst of failures opens it up to an interval later. The percentage is cut to a whole
/// number first. After more than sleep_window one trial goes out; its success closes and empties
/// the window, which then begins with that success and with slices counted from that moment; its
/// failure, or the caller's going away, opens for another sleep_window. While it is half-open any
/// result decides, also that of an earlier call.
///
/// Rejections by a thread pool or semaphore behind the breaker are failures to Hystrix: report them
/// as such.
///
/// Source   Hystrix 1.5.18 HystrixCircuitBreaker.java, metric/consumer/HealthCountsStream.java,
///          BucketedRollingCounterStream.java, HystrixCommandMetrics.java, AbstractCommand.java.
///          metrics.rollingStats.numBuckets has no part in it: health has buckets of its own.
/// Checked  tests/resilience/hystrix_test.cpp: cases of HystrixCircuitBreakerTest; a model that
///          adds everything up anew. Hystrix itself was not run.
class Hystrix final : public Breaker {
 public:
  explicit Hystrix(const HystrixOptions& options = {}, std::int64_t created = 0)
      : Breaker(created),
        options_(options),
        interval_(std::max<std::int64_t>(1, milliseconds_of(options.health_snapshot_interval))),
        sleep_window_(milliseconds_of(options.sleep_window)),
        slices_(static_cast<std::size_t>(
            std::max<std::int64_t>(1, milliseconds_of(options.rolling_stats_time) / interval_))),
        begun_(milliseconds_of(created)) {}

  std::int64_t call_timeout() const override {
    return options_.execution_timeout_enabled ? options_.execution_timeout : kNever;
  }

 private:
  struct Slice {
    std::uint64_t results = 0;
    std::uint64_t errors = 0;
  };

  Admission on_admit(std::int64_t now) override {
    run_timers(now);
    if (options_.force_open) return Admission::rejected;
    if (options_.force_closed || status_ == BreakerState::closed) return Admission::admitted;
    if (status_ != BreakerState::open || milliseconds_of(now) - opened_ <= sleep_window_)
      return Admission::rejected;
    status_ = BreakerState::half_open;
    return Admission::trial;
  }
  void on_success(Admission, std::int64_t now, std::int64_t) override {
    run_timers(now);
    if (status_ == BreakerState::half_open) {
      status_ = BreakerState::closed;
      std::fill(slices_.begin(), slices_.end(), Slice{});
      sum_ = running_ = {};
      begun_ = milliseconds_of(now);
    }
    ++running_.results;
  }
  void on_failure(Admission, std::int64_t now, std::int64_t) override {
    run_timers(now);
    reopen(now);
    ++running_.results;
    ++running_.errors;
  }
  void on_cancel(Admission, std::int64_t now) override {
    run_timers(now);
    reopen(now);
  }
  BreakerState state_at(std::int64_t now) override {
    run_timers(now);
    if (options_.force_open) return BreakerState::forced_open;
    return options_.force_closed ? BreakerState::disabled : status_;
  }

  void reopen(std::int64_t now) {
    if (status_ != BreakerState::half_open) return;
    status_ = BreakerState::open;
    opened_ = milliseconds_of(now);
  }

  // A slice that ends at the moment of a call ends before it.
  void run_timers(std::int64_t now) {
    std::int64_t due = (milliseconds_of(now) - begun_) / interval_;
    if (due <= 0) return;
    // One slice more than the window holds leaves nothing in it that further ones could change.
    const auto most = static_cast<std::int64_t>(slices_.size()) + 1;
    const std::int64_t skipped = std::max<std::int64_t>(0, due - most);
    for (due -= skipped; due > 0; --due) end_slice();
    begun_ += skipped * interval_;
  }
  void end_slice() {
    begun_ += interval_;
    sum_.results += running_.results - slices_[oldest_].results;
    sum_.errors += running_.errors - slices_[oldest_].errors;
    slices_[oldest_] = running_;
    running_ = {};
    if (++oldest_ == slices_.size()) oldest_ = 0;
    if (status_ != BreakerState::closed || sum_.results < options_.request_volume_threshold) return;
    const std::uint64_t percentage =
        sum_.results == 0 ? 0
                          : static_cast<std::uint64_t>(static_cast<double>(sum_.errors) /
                                                       static_cast<double>(sum_.results) * 100);
    if (percentage < options_.error_threshold_percentage) return;
    status_ = BreakerState::open;
    opened_ = begun_;
  }

  HystrixOptions options_;
  std::int64_t interval_;  // milliseconds, as all below
  std::int64_t sleep_window_;
  std::vector<Slice> slices_;  // the last, without the running one
  std::size_t oldest_ = 0;
  Slice sum_;
  Slice running_;
  std::int64_t begun_;  // the running slice
  std::int64_t opened_ = 0;
  BreakerState status_ = BreakerState::closed;
};

}  // namespace highwater::resilience
