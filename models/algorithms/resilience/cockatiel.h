#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"
#include "models/algorithms/resilience/backoff.h"
#include "models/algorithms/resilience/breaker.h"

namespace highwater::resilience {

/// How long an open cockatiel breaker waits before its test: a sequence that begins anew each time
/// it opens from closed, and goes on with each test that fails.
struct HalfOpenAfter {
  /// One pause for ever, or several of which the last stays (IterableBackoff). Nanoseconds.
  std::vector<std::int64_t> pauses = {10'000'000'000};
  /// Instead of them ExponentialBackoff: cockatiel_none, cockatiel_full, cockatiel_half or
  /// decorrelated_v2.
  std::optional<BackoffKind> generator = {};
  BackoffOptions exponential = Backoff::info(BackoffKind::decorrelated_v2).defaults;
  /// What the generator draws from; must outlive the breaker. Draws are 0 without it.
  std::optional<AnyBits> bits = {};
};

/// cockatiel ConsecutiveBreaker: so many failures in a row.
class ConsecutiveCounter {
 public:
  explicit ConsecutiveCounter(std::uint64_t threshold) : threshold_(threshold) {}
  void success(bool, std::int64_t) { failures_ = 0; }
  bool failure(bool, std::int64_t) { return ++failures_ >= threshold_; }

 private:
  std::uint64_t threshold_;
  std::uint64_t failures_ = 0;
};

/// cockatiel CountBreaker: more than a share of the last so many calls.
class CountCounter {
 public:
  /// @param minimum  Calls that must be known; 0: as many as there are samples.
  CountCounter(double threshold, std::uint32_t size, std::uint32_t minimum)
      : threshold_(threshold),
        minimum_(minimum == 0 ? std::max(size, 1u) : minimum),
        samples_(std::max(size, 1u), kNone) {}

  void success(bool half_open, std::int64_t) {
    if (half_open) {  // the place of the next sample stays where it is
      std::fill(samples_.begin(), samples_.end(), kNone);
      successes_ = failures_ = 0;
    }
    sample(kSuccess);
  }
  bool failure(bool half_open, std::int64_t) {
    sample(kFailure);
    if (half_open) return true;
    const std::uint64_t total = successes_ + failures_;
    return total >= minimum_ &&
           static_cast<double>(failures_) > threshold_ * static_cast<double>(total);
  }

 private:
  static constexpr std::uint8_t kNone = 0;
  static constexpr std::uint8_t kSuccess = 1;
  static constexpr std::uint8_t kFailure = 2;

  void sample(std::uint8_t result) {
    successes_ -= samples_[next_] == kSuccess;
    failures_ -= samples_[next_] == kFailure;
    samples_[next_] = result;
    ++(result == kSuccess ? successes_ : failures_);
    if (++next_ == samples_.size()) next_ = 0;
  }

  double threshold_;
  std::uint64_t minimum_;
  std::vector<std::uint8_t> samples_;
  std::size_t next_ = 0;
  std::uint64_t successes_ = 0;
  std::uint64_t failures_ = 0;
};

/// cockatiel SamplingBreaker: more than a share of the calls of the last so many milliseconds, and
/// enough calls a second.
///
/// The duration is cut into windows of a second at most, five at least. A call that finds the
/// running window too old begins the next one, and only one however long nothing was called: after
/// a pause old windows still count.
class SamplingCounter {
 public:
  /// @param duration     Nanoseconds.
  /// @param minimum_rps  Calls a second that must be known; 0: 5 failures a second.
  SamplingCounter(double threshold, std::int64_t duration, double minimum_rps)
      : threshold_(threshold) {
    const double ms = static_cast<double>(std::max<std::int64_t>(0, duration)) / 1e6;
    const double count = std::max(5.0, std::ceil(ms / 1000));
    windows_.resize(static_cast<std::size_t>(std::min(count, kMostWindows)));
    window_size_ = static_cast<std::int64_t>(std::floor(ms / count + 0.5));
    const double calls_per_ms = minimum_rps > 0 ? minimum_rps / 1000 : 5 / (threshold * 1000);
    minimum_ = static_cast<double>(window_size_) * count * calls_per_ms;
  }

  void success(bool half_open, std::int64_t now) {
    if (half_open) {
      std::fill(windows_.begin(), windows_.end(), Window{});
      successes_ = failures_ = 0;
    }
    ++window(now).successes;
    ++successes_;
  }
  bool failure(bool half_open, std::int64_t now) {
    ++window(now).failures;
    ++failures_;
    if (half_open) return true;
    const auto total = static_cast<double>(successes_ + failures_);
    return !(total < minimum_) && static_cast<double>(failures_) > threshold_ * total;
  }

 private:
  static constexpr double kMostWindows = 1e6;  // 11 days
  // A window that never began: the product's clock counts from 1970, so that 0 is long ago.
  static constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min() / 2;

  struct Window {
    std::int64_t started = kLongAgo;  // milliseconds
    std::uint64_t failures = 0;
    std::uint64_t successes = 0;
  };

  Window& window(std::int64_t now) {
    const std::int64_t ms = milliseconds_of(now);
    if (ms - windows_[current_].started >= window_size_) {
      if (++current_ == windows_.size()) current_ = 0;
      failures_ -= windows_[current_].failures;
      successes_ -= windows_[current_].successes;
      windows_[current_] = {ms, 0, 0};
    }
    return windows_[current_];
  }

  double threshold_;
  double minimum_;
  std::vector<Window> windows_;
  std::int64_t window_size_;  // milliseconds
  std::size_t current_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t successes_ = 0;
};

/// resilience CockatielBreaker: the circuit breaker policy of cockatiel with any of its counters.
///
/// Open, the first call after the wait is the test; calls that come while it runs wait for that
/// one to end, even if the breaker opens before, and then ask again. Its success closes, its
/// failure opens for the next wait of the sequence. Results of calls from before the test still
/// count, and open it while the test runs if the counter says so.
///
/// A cancelled call is one that ends with an error which the policy does not handle: not counted,
/// but as a test it closes the breaker.
///
/// Source   cockatiel 3.2.1 dist/CircuitBreakerPolicy.js, dist/breaker/*.js.
/// Checked  tests/resilience/cockatiel_test.cpp: recordings of cockatiel 3.2.1 on mocked time,
///          overlapping and waiting calls included; tests/reality/npm_breakers.py: random settings
///          and calls beside 3.2.1 itself.
template <class Counter>
class CockatielBreaker final : public Breaker {
 public:
  CockatielBreaker(Counter counter, HalfOpenAfter half_open_after, std::int64_t created)
      : Breaker(created),
        counter_(std::move(counter)),
        waits_(std::move(half_open_after)),
        backoff_(waits_.generator.value_or(BackoffKind::cockatiel_none), waits_.exponential) {
    if (waits_.pauses.empty()) waits_.pauses.push_back(0);
  }

  /// Holds it open until as many release() have followed.
  void isolate() {
    if (state_ != BreakerState::isolated) isolated_ = 0;
    state_ = BreakerState::isolated;
    ++isolated_;
  }
  void release() {
    if (state_ == BreakerState::isolated && --isolated_ == 0) state_ = BreakerState::closed;
  }

 private:
  Admission on_admit(std::int64_t now) override {
    switch (state_) {
      case BreakerState::closed:
        return Admission::admitted;
      case BreakerState::half_open:
        return Admission::wait;
      case BreakerState::open:
        if (static_cast<double>(milliseconds_of(now) - opened_) < wait_ms_)
          return Admission::rejected;
        state_ = BreakerState::half_open;
        return Admission::trial;
      default:
        return Admission::rejected;
    }
  }
  void on_success(Admission as, std::int64_t now, std::int64_t) override {
    const bool trial = as == Admission::trial;
    counter_.success(trial, now);
    if (trial) close();
  }
  void on_failure(Admission as, std::int64_t now, std::int64_t) override {
    const bool trial = as == Admission::trial;
    if (counter_.failure(trial, now) || trial) open(now);
  }
  void on_cancel(Admission as, std::int64_t) override {
    if (as == Admission::trial) close();
  }
  BreakerState state_at(std::int64_t) override { return state_; }

  void close() {
    if (state_ == BreakerState::half_open) state_ = BreakerState::closed;
  }
  void open(std::int64_t now) {
    if (state_ == BreakerState::isolated || state_ == BreakerState::open) return;
    if (state_ == BreakerState::closed) {
      next_pause_ = 0;
      backoff_.reset();
    }
    state_ = BreakerState::open;
    opened_ = milliseconds_of(now);
    if (waits_.generator) {
      const double draw =
          waits_.bits ? static_cast<double>(waits_.bits->bits() >> 11) * 0x1p-53 : 0.0;
      wait_ms_ = *backoff_.next_ms(draw);
    } else {
      wait_ms_ = static_cast<double>(waits_.pauses[next_pause_]) / 1e6;
      if (next_pause_ + 1 < waits_.pauses.size()) ++next_pause_;
    }
  }

  Counter counter_;
  HalfOpenAfter waits_;
  Backoff backoff_;
  std::size_t next_pause_ = 0;
  BreakerState state_ = BreakerState::closed;
  std::int64_t opened_ = 0;  // milliseconds
  double wait_ms_ = 0;
  std::uint64_t isolated_ = 0;
};

struct CockatielConsecutiveOptions {
  std::uint64_t threshold = 5;  ///< Failures in a row; cockatiel has no default (chosen).
  HalfOpenAfter half_open_after = {};
};

struct CockatielCountOptions {
  double threshold = 0.5;                     ///< Opens above this share; between 0 and 1 (chosen).
  std::uint32_t size = 100;                   ///< Calls remembered (chosen).
  std::uint32_t minimum_number_of_calls = 0;  ///< 0: as many as size.
  HalfOpenAfter half_open_after = {};
};

struct CockatielSamplingOptions {
  double threshold = 0.5;                  ///< Opens above this share; between 0 and 1 (chosen).
  std::int64_t duration = 30'000'000'000;  ///< Nanoseconds (chosen).
  double minimum_rps = 0;  ///< Calls a second below which it never opens; 0: 5 / threshold.
  HalfOpenAfter half_open_after = {};
};

}  // namespace highwater::resilience
