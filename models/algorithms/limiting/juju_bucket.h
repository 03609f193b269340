#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct JujuBucketOptions {
  std::int64_t fill_interval = kSecond;  ///< Nanoseconds between two ticks; below 1: as 1.
  std::int64_t quantum = 1;              ///< Tokens that a tick brings; below 1: as 1.
  std::int64_t capacity = 1;  ///< Tokens that it holds at most, and holds at first; below 1: as 1.
  std::int64_t max_wait = 0;  ///< TakeMaxDuration's: nanoseconds a request may wait for tokens.
  /// As from 1.0.2 on: ticks that pass while the bucket is full are gone. 1.0.1 counts them when
  /// the bucket is next looked at, and so may fill it twice in a row.
  bool forget_ticks_while_full = false;
};

/// limiting juju_bucket: a token bucket that fills at ticks, some whole tokens at each.
///
/// admit() is TakeMaxDuration: all or nothing, at once or within max_wait. take_available() takes
/// what there is. Ticks are counted from when the bucket is made. Go stops at settings below 1;
/// here they count as 1.
///
/// In a window of length t at most 2 * capacity + quantum * (t / fill_interval + 1) tokens are
/// taken in version 1.0.1, one capacity less with forget_ticks_while_full,
/// and the cost of the last one more where requests wait.
///
/// Cost 0 is let through; one above the capacity too, if it may wait long enough: the bucket goes
/// below zero; its retry_after is the least that it can be. Time that goes backwards takes tokens
/// away again, as there.
///
/// Source   github.com/juju/ratelimit 1.0.1 ratelimit.go (take, takeAvailable, adjustavailable-
///          Tokens, NewBucketWithRate), the version of Debian 12; its master for 1.0.2.
/// Checked  tests/limiting/juju_bucket_test.cpp: 3,628 recorded decisions of 1.0.1; the bound.
class JujuBucket {
 public:
  struct State {
    std::int64_t start = 0;
    std::int64_t available = 0;
    std::int64_t latest_tick = 0;
  };

  explicit JujuBucket(const JujuBucketOptions& options)
      : fill_interval_(std::max<std::int64_t>(1, options.fill_interval)),
        quantum_(std::max<std::int64_t>(1, options.quantum)),
        capacity_(std::max<std::int64_t>(1, options.capacity)),
        max_wait_(std::max<std::int64_t>(0, options.max_wait)),
        forgets_(options.forget_ticks_while_full) {}

  /// NewBucketWithRate: the smallest quantum, growing by a tenth, whose rate in whole nanoseconds
  /// is within 1 % of `rate` tokens per second. Sets fill_interval and quantum.
  /// @return false where there is none (0, negative, NaN, infinity): Go stops, nothing is set here.
  static bool set_rate(double rate, JujuBucketOptions& options) {
    constexpr double kMargin = 0.01;
    for (std::int64_t quantum = 1; quantum < (std::int64_t{1} << 50);) {
      const std::int64_t interval = saturating_cast(1e9 * static_cast<double>(quantum) / rate);
      if (interval > 0 && interval != kNever) {
        const double actual = 1e9 * static_cast<double>(quantum) / static_cast<double>(interval);
        const double difference = actual > rate ? actual - rate : rate - actual;
        if (difference / rate <= kMargin) {
          options.fill_interval = interval;
          options.quantum = quantum;
          return true;
        }
      }
      const std::int64_t next = quantum * 11 / 10;
      quantum = next == quantum ? quantum + 1 : next;
    }
    return false;
  }

  void begin(State& state, std::int64_t now) const { state = {now, capacity_, 0}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    const std::int64_t tick = tick_at(state, now);
    adjust(state, tick);
    const std::int64_t left = saturating_subtract(state.available, cost);
    if (left >= 0) {
      state.available = left;
      return Verdict::allowed();
    }
    const std::int64_t end_tick =
        saturating_add(tick, divide_up(saturating_subtract(0, left), quantum_));
    const std::int64_t end =
        saturating_add(state.start, saturating_multiply(end_tick, fill_interval_));
    const std::int64_t wait = saturating_subtract(end, now);
    if (wait > max_wait_) return Verdict::denied(can_ever_wait(cost) ? wait - max_wait_ : kNever);
    state.available = left;
    return Verdict::after(wait);
  }

  /// Takes up to `count` tokens. @return how many.
  std::int64_t take_available(State& state, std::int64_t now, std::int64_t count) const {
    if (count <= 0) return 0;
    adjust(state, tick_at(state, now));
    const std::int64_t taken = std::clamp<std::int64_t>(state.available, 0, count);
    state.available -= taken;
    return taken;
  }

  bool is_idle(const State& state, std::int64_t now) const {
    State later = state;
    adjust(later, tick_at(state, now));
    return later.available >= capacity_;
  }

 private:
  std::int64_t tick_at(const State& state, std::int64_t now) const {
    return saturating_subtract(now, state.start) / fill_interval_;
  }
  /// Whether the wait for so many tokens is ever short enough: at best, from a full bucket on.
  bool can_ever_wait(std::int64_t cost) const {
    if (cost <= capacity_) return true;
    const std::int64_t ticks = divide_up(cost - capacity_, quantum_);
    return saturating_multiply(ticks - 1, fill_interval_) < max_wait_;
  }
  void adjust(State& state, std::int64_t tick) const {
    const std::int64_t passed = saturating_subtract(tick, state.latest_tick);
    if (forgets_) state.latest_tick = tick;
    if (state.available >= capacity_) return;
    state.available =
        std::min(capacity_, saturating_add(state.available, saturating_multiply(passed, quantum_)));
    state.latest_tick = tick;
  }

  std::int64_t fill_interval_;
  std::int64_t quantum_;
  std::int64_t capacity_;
  std::int64_t max_wait_;
  bool forgets_;
};

}  // namespace highwater::limiting
