#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct RateLimiterFlexibleOptions {
  std::int64_t points = 4;          ///< What may be consumed in each duration.
  std::int64_t duration = kSecond;  ///< Nanoseconds; 0: what is consumed never comes back.
  std::int64_t block_duration = 0;  ///< Nanoseconds that who consumes too much is shut out.
  bool exec_evenly = false;         ///< Spreads what is let through over the duration.
  /// Nanoseconds, whole milliseconds; by default duration / points, rounded up.
  std::optional<std::int64_t> exec_evenly_min_delay{};
};

/// limiting rate_limiter_flexible: a fixed window that begins with the first consume, with a block
/// for those who go too far.
///
/// The time is in whole milliseconds, as Date.now() is. Refused consumes are counted. The one that
/// first goes beyond the points sets the record's end to block_duration from now.
///
/// Evenly: all but the first of a window wait the rest of the window divided by the points left
/// plus two, in whole milliseconds rounded up; where that is below the least delay, they wait that
/// delay times what has been consumed, which may lie beyond the window.
///
/// In a window of length `duration` at most 2 * points are let through. Cost 0 begins a window too,
/// and is refused where more than the points were consumed. A cost above the points is refused for
/// ever. Where time goes backwards the window lasts longer.
///
/// node's timers cut fractions of a millisecond off, and fire after one millisecond where they are
/// set for more than 2^31 - 1 of them, 24.8 days, or for less than one. So a record that is to last
/// for a month is forgotten after a millisecond, and a delay so long is over after one.
///
/// Source   npm rate-limiter-flexible 11.4.0 lib/RateLimiterMemory.js, MemoryStorage.js,
///          RateLimiterAbstract.js.
/// Checked  tests/limiting/rate_limiter_flexible_test.cpp: 1,424 recorded decisions of 11.4.0;
///          tests/reality/npm_limits.py: random settings beside 11.4.0 itself.
class RateLimiterFlexible {
 public:
  struct State {
    bool present = false;
    std::int64_t value = 0;
    std::int64_t expires = kNever;    ///< As the library says it.
    std::int64_t forgotten = kNever;  ///< When a timer takes the record away.
  };

  explicit RateLimiterFlexible(const RateLimiterFlexibleOptions& options) : options_(options) {
    options_.duration = std::max<std::int64_t>(0, options.duration);
    options_.block_duration = std::max<std::int64_t>(0, options.block_duration);
    least_delay_ = options.exec_evenly_min_delay.value_or(
        options.points > 0 ? rounded_up(divide_up(options_.duration, options.points)) : 0);
  }

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t time, std::uint32_t cost) const {
    const std::int64_t now = whole_milliseconds(time);
    const bool first = !is_live(state, now);
    if (first) {
      state = {true, cost};
      set_end(state, now, options_.duration);
    } else {
      state.value = saturating_add(state.value, cost);
    }
    if (state.value > options_.points) {
      if (options_.block_duration > 0 && state.value - cost <= options_.points)
        set_end(state, now, options_.block_duration);
      const bool never = cost > options_.points || state.forgotten == kNever;
      return Verdict::denied(never ? kNever : saturating_subtract(state.forgotten, time));
    }
    if (!options_.exec_evenly || options_.points <= 0 || first || state.expires == kNever)
      return Verdict::allowed();
    const std::int64_t parts = saturating_add(options_.points - state.value, 2);
    std::int64_t delay = rounded_up(divide_up(saturating_subtract(state.expires, now), parts));
    if (delay < least_delay_) delay = saturating_multiply(state.value, least_delay_);
    return Verdict::after(timer_of(delay));
  }

  bool is_idle(const State& state, std::int64_t time) const {
    return !is_live(state, whole_milliseconds(time));
  }

  /// What may still be consumed, and for how long: the library's remainingPoints and msBeforeNext.
  std::int64_t remaining(const State& state) const {
    return std::max<std::int64_t>(0, saturating_subtract(options_.points, state.value));
  }
  std::int64_t before_next(const State& state, std::int64_t time) const {
    return saturating_subtract(state.expires, whole_milliseconds(time));
  }

 private:
  static bool is_live(const State& state, std::int64_t now) {
    return state.present && state.forgotten > now;
  }
  static void set_end(State& state, std::int64_t now, std::int64_t duration) {
    if (duration <= 0) return;  // it stays for ever
    state.expires = saturating_add(now, duration);
    state.forgotten = saturating_add(now, timer_of(duration));
  }
  // After how long a timer fires that is set for so long.
  static std::int64_t timer_of(std::int64_t duration) {
    constexpr std::int64_t kLongest = 2'147'483'647 * kMillisecond;
    return duration < kMillisecond || duration > kLongest ? kMillisecond
                                                          : whole_milliseconds(duration);
  }
  static std::int64_t whole_milliseconds(std::int64_t time) {
    return saturating_multiply(floor_divide(time, kMillisecond), kMillisecond);
  }
  static std::int64_t rounded_up(std::int64_t duration) {
    return saturating_multiply(divide_up(duration, kMillisecond), kMillisecond);
  }

  RateLimiterFlexibleOptions options_;
  std::int64_t least_delay_ = 0;
};

}  // namespace highwater::limiting
