#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/limiting/fixed_window.h"
#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

/// When a window of the counter begins.
enum class WindowStart : std::uint8_t {
  clock,      ///< At multiples of the period: Cloudflare; python-limits in memory.
  first_hit,  ///< With the first request, then a period apart: python-limits in Redis.
};

struct SlidingWindowOptions {
  WindowOptions window{};
  WindowStart start = WindowStart::clock;
  std::int64_t phase = 0;  ///< Nanoseconds of the clock at time 0, where windows follow the clock.
  /// Whether the estimate is rounded down before the request is added to it, as python-limits does.
  bool floor = false;
};

/// limiting sliding_window: two counters; the window before is taken to have been even.
///
/// Of what was let through in the window before, the share that still lies within a period counts:
/// previous * (period - elapsed) / period + current + cost <= limit. What is refused is not
/// counted. Calculated exactly, in whole numbers; python-limits' doubles of Unix seconds are about
/// half a microsecond off.
///
/// Cloudflare's text leaves open whether a request that brings the estimate exactly to the limit
/// passes; here it does. In a window of length `period` at most 2 * limit - 1 are let through, with
/// floor or first_hit one more: the estimate is fooled by a burst at the end of the window before.
///
/// A cost above the limit is refused for ever; 0 is let through. period 0: each moment is a window.
/// Going back into an earlier window begins it anew.
///
/// Source   J. Desgats, How we built rate limiting capable of scaling to millions of domains,
///          Cloudflare blog, 2017; python-limits 5.8.0 limits/storage/memory.py
///          (acquire_sliding_window_entry), lua_scripts/acquire_sliding_window.lua.
/// Checked  tests/limiting/sliding_window_test.cpp: Cloudflare's example, recorded decisions of
///          python-limits 5.8.0, the bound.
class SlidingWindow {
 public:
  struct State {
    std::int64_t began = std::numeric_limits<std::int64_t>::min();  ///< This window, by the clock.
    std::uint32_t current = 0;
    std::uint32_t previous = 0;
  };

  explicit SlidingWindow(const SlidingWindowOptions& options)
      : limit_(options.window.limit),
        period_(std::max<std::int64_t>(1, options.window.period)),
        phase_(options.phase),
        start_(options.start),
        floors_(options.floor) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    if (cost > limit_) return Verdict::denied(kNever);
    const std::int64_t clock = saturating_add(now, phase_);
    roll(state, clock);
    const std::int64_t left =
        std::max<std::int64_t>(0, saturating_subtract(saturating_add(state.began, period_), clock));
    const std::int64_t room = std::int64_t{limit_} - cost - state.current;
    if (room >= 0 && fits(state.previous, left, room)) {
      state.current += cost;
      return Verdict::allowed();
    }
    return Verdict::denied(time_until(state, clock, cost));
  }

  bool is_idle(const State& state, std::int64_t now) const {
    return state.began == std::numeric_limits<std::int64_t>::min() ||
           saturating_subtract(saturating_add(now, phase_), state.began) / 2 >= period_;
  }

  /// What the counters stand for at that time, not rounded.
  double estimate(State state, std::int64_t now) const {
    const std::int64_t clock = saturating_add(now, phase_);
    roll(state, clock);
    const auto left =
        static_cast<double>(saturating_subtract(saturating_add(state.began, period_), clock));
    return state.previous * left / static_cast<double>(period_) + state.current;
  }

 private:
  __extension__ using Wide = __int128;

  void roll(State& state, std::int64_t clock) const {
    if (start_ == WindowStart::clock) {
      const std::int64_t began = saturating_multiply(floor_divide(clock, period_), period_);
      if (began == state.began) return;
      const bool follows = state.began == saturating_subtract(began, period_);
      state = {began, 0, follows ? state.current : 0};
      return;
    }
    const bool never = state.began == std::numeric_limits<std::int64_t>::min();
    const std::int64_t elapsed = never ? kNever : saturating_subtract(clock, state.began);
    if (elapsed / 2 >= period_ || elapsed < 0) {
      state = {clock, 0, 0};  // both keys have expired
    } else if (elapsed > period_) {
      state = {saturating_add(state.began, period_), 0, state.current};
    }
  }

  /// Whether previous * left / period, rounded down where that is asked for, is at most `room`.
  bool fits(std::uint32_t previous, std::int64_t left, std::int64_t room) const {
    const Wide weighted = Wide{previous} * left;
    return floors_ ? weighted < Wide{room + 1} * period_ : weighted <= Wide{room} * period_;
  }

  std::int64_t time_until(const State& state, std::int64_t clock, std::uint32_t cost) const {
    const std::int64_t end = saturating_add(state.began, period_);
    const std::int64_t now_room = std::int64_t{limit_} - cost - state.current;
    if (now_room >= 0) return saturating_subtract(shrunk(state.previous, now_room, end), clock);
    // What is current now is the window before from `end` on.
    const std::int64_t later = saturating_add(end, period_);
    return saturating_subtract(std::max(saturating_add(end, start_ == WindowStart::first_hit),
                                        shrunk(state.current, std::int64_t{limit_} - cost, later)),
                               clock);
  }

  /// The first moment at which `previous`, which counts for nothing at `end`, leaves room enough.
  std::int64_t shrunk(std::uint32_t previous, std::int64_t room, std::int64_t end) const {
    if (previous == 0) return saturating_subtract(end, period_);
    const Wide most = floors_ ? Wide{room + 1} * period_ - 1 : Wide{room} * period_;
    return saturating_subtract(end,
                               static_cast<std::int64_t>(std::min<Wide>(most / previous, period_)));
  }

  std::uint32_t limit_;
  std::int64_t period_;
  std::int64_t phase_;
  WindowStart start_;
  bool floors_;
};

}  // namespace highwater::limiting
