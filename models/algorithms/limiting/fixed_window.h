#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct WindowOptions {
  std::uint32_t limit = 1;        ///< What may be let through in each window; 0: nothing.
  std::int64_t period = kSecond;  ///< Nanoseconds; below 1: each request is a window of its own.
};

/// limiting fixed_window: a counter that begins with the first request and is forgotten a period
/// later.
///
/// The window is *not* aligned to the clock: it begins with the first hit and the hit at its end
/// begins the next. The counter counts what is refused too, as INCR does, so that a dear request
/// that was refused keeps cheaper ones out until the window ends.
///
/// In a window of length `period` at most 2 * limit are let through (the end of one window and the
/// beginning of the next); with `elastic` at most limit in any shorter than that.
///
/// Elastic (Flask-Limiter's fixed-window-elastic-expiry): every hit, a refused one too, prolongs
/// the window: a client that keeps knocking stays out.
///
/// A cost above the limit is refused for ever. Cost 0 is a hit that adds nothing: it is let through
/// unless more than the limit was counted, and at a count of 0 sets the end of the window anew.
/// Where time goes backwards the window lasts longer.
///
/// Source   python-limits 2.8.0 limits/strategies.py, storage/memory.py (incr, get); slowapi and
///          Flask-Limiter stand on it. Shared through Redis it is redis_fixed_window, in shared.h.
/// Checked  tests/limiting/fixed_window_test.cpp: 3,088 recorded decisions of 2.8.0;
///          tests/reality/python_limits.py: the library itself.
class FixedWindow {
 public:
  struct State {
    std::int64_t expires = std::numeric_limits<std::int64_t>::min();
    std::int64_t count = 0;
  };

  explicit FixedWindow(const WindowOptions& options, bool elastic = false)
      : limit_(options.limit),
        period_(std::max<std::int64_t>(0, options.period)),
        elastic_(elastic) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (state.expires <= now) state.count = 0;
    state.count = saturating_add(state.count, cost);
    if (elastic_ || state.count == cost) state.expires = saturating_add(now, period_);
    if (state.count <= limit_) return Verdict::allowed();
    return Verdict::denied(cost > limit_ ? kNever : saturating_subtract(state.expires, now));
  }

  bool is_idle(const State& state, std::int64_t now) const { return state.expires <= now; }

  /// What may still be let through in this window.
  std::int64_t remaining(const State& state, std::int64_t now) const {
    const std::int64_t count = state.expires <= now ? 0 : state.count;
    return std::max<std::int64_t>(0, limit_ - count);
  }

 private:
  std::int64_t limit_;
  std::int64_t period_;
  bool elastic_;
};

struct AlignedWindowOptions {
  WindowOptions window{};
  std::int64_t phase = 0;  ///< Nanoseconds of the clock at time 0: windows begin at its multiples.
};

/// limiting fixed_window_aligned: a counter for each minute, hour or day of the clock.
///
/// What one gets from INCR on a key with the minute in its name. In a window of length `period` at
/// most 2 * limit are let through. Refused requests are counted, as INCR does.
///
/// A cost above the limit is refused for ever; 0 is let through unless more than the limit was
/// counted. Going back into an earlier window begins it anew.
///
/// Source   Redis documentation, INCR, "Pattern: rate limiter 1".
/// Checked  tests/limiting/fixed_window_test.cpp: by hand, the bound of two limits is reached.
class AlignedWindow {
 public:
  struct State {
    std::int64_t window = std::numeric_limits<std::int64_t>::min();
    std::int64_t count = 0;
  };

  explicit AlignedWindow(const AlignedWindowOptions& options)
      : limit_(options.window.limit),
        period_(std::max<std::int64_t>(1, options.window.period)),
        phase_(options.phase) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    const std::int64_t clock = saturating_add(now, phase_);
    const std::int64_t window = floor_divide(clock, period_);
    if (window != state.window) state = {window, 0};
    state.count = saturating_add(state.count, cost);
    if (state.count <= limit_) return Verdict::allowed();
    if (cost > limit_) return Verdict::denied(kNever);
    return Verdict::denied(
        saturating_subtract(saturating_multiply(saturating_add(window, 1), period_), clock));
  }

  bool is_idle(const State& state, std::int64_t now) const {
    return floor_divide(saturating_add(now, phase_), period_) != state.window;
  }

 private:
  std::int64_t limit_;
  std::int64_t period_;
  std::int64_t phase_;
};

}  // namespace highwater::limiting
