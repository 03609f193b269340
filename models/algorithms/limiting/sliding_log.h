#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/limiting/fixed_window.h"
#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

/// limiting sliding_log: the times of the last requests let through; python-limits' moving window.
///
/// A request of cost n is refused if the (limit - n + 1)th newest entry is a period old or younger.
/// What is refused leaves no entry. So in any window of length `period`, both ends included, at
/// most limit are let through: the only one here that keeps to its limit exactly.
///
/// A cost above the limit is refused for ever (python-limits from 3.0 on; 2.8 looks at the wrong
/// end of its list then). Cost 0 is let through. period 0: at most limit at the same moment. Where
/// time goes backwards the newest entry is the last one made, whatever its time.
///
/// Memory   8 bytes for each of the last `limit` entries; none is moved or freed in steady state.
/// Source   python-limits 2.8.0 limits/storage/memory.py (acquire_entry) and, the same in a list of
///          Redis, resources/redis/lua_scripts/acquire_moving_window.lua.
/// Checked  tests/limiting/sliding_log_test.cpp: 1,544 recorded decisions of 2.8.0; the bound;
///          tests/reality/python_limits.py: the library itself.
class SlidingLog {
 public:
  struct State {
    std::vector<std::int64_t> times;  ///< A ring once it has `limit` entries.
    std::size_t next = 0;             ///< Where the next entry goes.
  };

  explicit SlidingLog(const WindowOptions& options)
      : limit_(options.limit), period_(options.period > 0 ? options.period : 0) {}

  void begin(State& state, std::int64_t) const {
    state.times.clear();
    state.next = 0;
  }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    if (cost > limit_) return Verdict::denied(kNever);
    const std::size_t age = limit_ - cost;  // 0 is the newest
    if (age < state.times.size()) {
      const std::int64_t time = entry(state, age);
      if (time >= saturating_subtract(now, period_))
        return Verdict::denied(
            saturating_add(saturating_subtract(saturating_add(time, period_), now), 1));
    }
    for (std::uint32_t i = 0; i < cost; ++i) {
      if (state.next == state.times.size()) {
        state.times.push_back(now);
      } else {
        state.times[state.next] = now;
      }
      state.next = state.next + 1 == limit_ ? 0 : state.next + 1;
    }
    return Verdict::allowed();
  }

  bool is_idle(const State& state, std::int64_t now) const {
    return state.times.empty() || entry(state, 0) < saturating_subtract(now, period_);
  }

 private:
  static std::int64_t entry(const State& state, std::size_t age) {
    const std::size_t size = state.times.size();
    // Before the ring is full, its newest entry is the last one.
    return state.times[(state.next + size - 1 - age) % size];
  }

  std::uint32_t limit_;
  std::int64_t period_;
};

}  // namespace highwater::limiting
