#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "models/algorithms/resilience/breaker.h"
#include "models/algorithms/resilience/call_windows.h"

namespace highwater::resilience {

enum class SlidingWindowType : std::uint8_t {
  count_based,  ///< The last sliding_window_size calls.
  time_based,   ///< The last sliding_window_size seconds.
};

/// Times in nanoseconds; waits count in whole milliseconds, downwards. Rates are percentages.
struct Resilience4jOptions {
  float failure_rate_threshold =
      50;  ///< Opens at this share of failures or more; above 100: never.
  float slow_call_rate_threshold = 100;
  std::int64_t slow_call_duration_threshold = 60'000'000'000;  ///< Slow is what takes longer.
  SlidingWindowType sliding_window_type = SlidingWindowType::count_based;
  std::uint32_t sliding_window_size = 100;  ///< Calls or seconds; 0 is as 1.
  /// Rates mean nothing before; of calls, at most the size of the window.
  std::uint32_t minimum_number_of_calls = 100;
  std::int64_t wait_duration_in_open_state = 60'000'000'000;
  /// The wait grows by exponential_backoff_multiplier each time a trial fails.
  bool enable_exponential_backoff = false;
  double exponential_backoff_multiplier = 1.5;
  std::optional<std::int64_t> exponential_max_wait_duration_in_open_state = {};
  std::uint32_t permitted_number_of_calls_in_half_open_state = 10;  ///< 0 is as 1.
  /// Half-open for so long without a verdict, it opens again; 0: it waits for ever.
  std::int64_t max_wait_duration_in_half_open_state = 0;
  /// Half-open as soon as the wait is over; else when the next call comes.
  bool automatic_transition_from_open_to_half_open_enabled = false;
};

/// resilience Resilience4j: opens by the rate of failed or slow calls in a sliding window.
///
/// Half-open, so many calls go out, and the rates of their results decide once all of them are in,
/// or minimum_number_of_calls of them if those are fewer. A result is counted by the state in which
/// it arrives: half-open, late results of earlier calls take part in the verdict. Without automatic
/// transition it reports `open` until a call comes, even after the wait.
///
/// A cancelled call gives back its permit (releasePermission), in half-open state one more than
/// there were if the call had begun earlier.
///
/// Edges: a threshold that is 0, negative or NaN is refused by the product; here 0 and less always
/// trip once there are enough calls, NaN never does.
///
/// Source   resilience4j 2.2.0 circuitbreaker/internal/CircuitBreakerStateMachine.java,
///          CircuitBreakerMetrics.java, core/IntervalFunction.java.
/// Checked  tests/resilience/resilience4j_test.cpp: recordings of resilience4j 2.2.0, overlapping
///          calls, timers and rates included.
class Resilience4j final : public Breaker {
 public:
  explicit Resilience4j(const Resilience4jOptions& options = {}, std::int64_t created = 0)
      : Breaker(created),
        options_(options),
        permitted_most_(std::max(options.permitted_number_of_calls_in_half_open_state, 1u)),
        half_open_wait_(whole_milliseconds(options.max_wait_duration_in_half_open_state)),
        calls_(is_count_based() ? options.sliding_window_size : 1),
        seconds_(is_count_based() ? 1 : options.sliding_window_size, created),
        trials_(permitted_most_) {}

  std::int64_t slow_after() const override { return options_.slow_call_duration_threshold; }

  /// By hand: closed, open, half_open, forced_open, disabled or metrics_only.
  void transition_to(BreakerState state, std::int64_t now) {
    run_timers(now);
    switch (state) {
      case BreakerState::open:
        return to_open(now);
      case BreakerState::half_open:
        return to_half_open(now);
      case BreakerState::forced_open:
      case BreakerState::disabled:
      case BreakerState::isolated:
        state_ = state;
        return;
      case BreakerState::closed:
      case BreakerState::metrics_only:
        return to_counting(state, now);
    }
  }

  /// Percent; -1 while there are too few calls. Of the trials when half-open.
  float failure_rate(std::int64_t now) { return rate(counts(now), &CallCounts::failed); }
  float slow_call_rate(std::int64_t now) { return rate(counts(now), &CallCounts::slow); }

 private:
  enum class Verdict : std::uint8_t { too_few, below, above };

  Admission on_admit(std::int64_t now) override {
    run_timers(now);
    switch (state_) {
      case BreakerState::open:
        if (now - since_ <= wait()) return Admission::rejected;  // isAfter: strictly
        to_half_open(now);
        [[fallthrough]];
      case BreakerState::half_open:
        if (permitted_ == 0) return Admission::rejected;
        --permitted_;
        return Admission::trial;
      case BreakerState::forced_open:
      case BreakerState::isolated:
        return Admission::rejected;
      case BreakerState::closed:
      case BreakerState::disabled:
      case BreakerState::metrics_only:
        break;
    }
    return Admission::admitted;
  }
  void on_success(Admission, std::int64_t now, std::int64_t took) override {
    result(now, false, took);
  }
  void on_failure(Admission, std::int64_t now, std::int64_t took) override {
    result(now, true, took);
  }
  void on_cancel(Admission, std::int64_t now) override {
    run_timers(now);
    if (state_ == BreakerState::half_open) ++permitted_;
  }
  BreakerState state_at(std::int64_t now) override {
    run_timers(now);
    return state_;
  }

  void result(std::int64_t now, bool failed, std::int64_t took) {
    run_timers(now);
    const bool slow = took > options_.slow_call_duration_threshold;
    switch (state_) {
      case BreakerState::closed:
        if (verdict(record(now, failed, slow)) == Verdict::above) to_open(now);
        break;
      case BreakerState::open:
        if (shows_trials_) {
          trials_.record(failed, slow);
          break;
        }
        [[fallthrough]];
      case BreakerState::metrics_only:
        record(now, failed, slow);
        break;
      case BreakerState::half_open:
        switch (verdict(trials_.record(failed, slow))) {
          case Verdict::above:
            to_open(now);
            break;
          case Verdict::below:
            to_counting(BreakerState::closed, now);
            break;
          case Verdict::too_few:
            break;
        }
        break;
      case BreakerState::forced_open:
      case BreakerState::disabled:
      case BreakerState::isolated:
        break;
    }
  }

  const CallCounts& record(std::int64_t now, bool failed, bool slow) {
    return is_count_based() ? calls_.record(failed, slow) : seconds_.record(now, failed, slow);
  }
  const CallCounts& counts(std::int64_t now) {
    // Opened by failing trials, it still shows them.
    if (shows_trials_) return trials_.counts();
    return is_count_based() ? calls_.counts() : seconds_.counts(now);
  }

  Verdict verdict(const CallCounts& counts) const {
    const float failed = rate(counts, &CallCounts::failed);
    if (failed < 0) return Verdict::too_few;
    const bool above = failed >= options_.failure_rate_threshold ||
                       rate(counts, &CallCounts::slow) >= options_.slow_call_rate_threshold;
    return above ? Verdict::above : Verdict::below;
  }
  float rate(const CallCounts& counts, std::uint64_t CallCounts::*which) const {
    if (counts.calls == 0 || counts.calls < minimum_calls()) return -1.0f;
    return static_cast<float>(counts.*which) * 100.0f / static_cast<float>(counts.calls);
  }
  std::uint64_t minimum_calls() const {
    if (shows_trials_) return std::min(options_.minimum_number_of_calls, permitted_most_);
    if (!is_count_based()) return options_.minimum_number_of_calls;
    return std::min(options_.minimum_number_of_calls, std::max(options_.sliding_window_size, 1u));
  }

  // Waits grow as IntervalFunction.ofExponentialBackoff does: in whole milliseconds.
  std::int64_t wait() const {
    std::int64_t wait = raw_wait_;
    if (options_.enable_exponential_backoff && options_.exponential_max_wait_duration_in_open_state)
      wait = std::min(wait, *options_.exponential_max_wait_duration_in_open_state / kMillisecond);
    return std::min(wait, kNever / kMillisecond) * kMillisecond;
  }
  void grow_wait() {
    if (!waited_) {
      raw_wait_ = options_.wait_duration_in_open_state / kMillisecond;
    } else if (options_.enable_exponential_backoff) {
      const double longer =
          static_cast<double>(raw_wait_) * options_.exponential_backoff_multiplier;
      // As Java casts: NaN is 0, what is too large is the largest.
      if (!(longer > 0)) {
        raw_wait_ = 0;
      } else {
        raw_wait_ = longer >= 0x1p63 ? kNever : static_cast<std::int64_t>(longer);
      }
    }
    waited_ = true;
  }

  void to_counting(BreakerState state, std::int64_t now) {
    state_ = state;
    waited_ = false;
    shows_trials_ = false;
    calls_.clear();
    if (!is_count_based()) seconds_.clear(now);
  }
  void to_open(std::int64_t now) {
    state_ = BreakerState::open;
    since_ = now;
    grow_wait();
  }
  void to_half_open(std::int64_t now) {
    state_ = BreakerState::half_open;
    since_ = now;
    permitted_ = permitted_most_;
    trials_.clear();
    shows_trials_ = true;
  }

  bool leaves_open_by_itself() const {
    return options_.automatic_transition_from_open_to_half_open_enabled;
  }
  bool leaves_half_open_by_itself() const { return half_open_wait_ >= kMillisecond; }

  // What the scheduler would have done by now.
  void run_timers(std::int64_t now) {
    for (;;) {
      if (state_ == BreakerState::open && leaves_open_by_itself()) {
        if (now - since_ < wait()) return;
        to_half_open(since_ + wait());
      } else if (state_ == BreakerState::half_open && leaves_half_open_by_itself()) {
        if (now - since_ < half_open_wait_) return;
        const std::int64_t before = wait();
        to_open(since_ + half_open_wait_);
        // To and fro while nobody calls: whole periods change nothing once the wait grows no more.
        if (leaves_open_by_itself() && wait() == before && now - since_ >= before) {
          const std::int64_t period = before + half_open_wait_;
          since_ += (now - since_) / period * period;
        }
      } else {
        return;
      }
    }
  }

  bool is_count_based() const {
    return options_.sliding_window_type == SlidingWindowType::count_based;
  }

  static constexpr std::int64_t kMillisecond = 1'000'000;
  static std::int64_t whole_milliseconds(std::int64_t ns) {
    return ns / kMillisecond * kMillisecond;
  }

  Resilience4jOptions options_;
  std::uint32_t permitted_most_;
  std::int64_t half_open_wait_;
  CallWindow calls_;
  SecondsWindow seconds_;
  CallWindow trials_;
  BreakerState state_ = BreakerState::closed;
  bool shows_trials_ = false;
  bool waited_ = false;
  std::uint32_t permitted_ = 0;
  std::int64_t since_ = 0;     // of the open or half-open state
  std::int64_t raw_wait_ = 0;  // milliseconds
};

}  // namespace highwater::resilience
