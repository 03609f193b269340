#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct LeakyBucketOptions {
  double rate = 1;          ///< What leaks out per second; infinity: no limit; below 0, NaN: as 0.
  std::uint32_t burst = 1;  ///< What the bucket holds, or in a queue, how many may wait.
};

/// limiting leaky_bucket: a bucket with a hole; each request pours its cost in, and one that would
/// make it run over is refused.
///
/// The meter: what is let through goes on at once. It decides as a token bucket does whose tokens
/// are the room left. In a window of length t at most burst + rate * t is let through.
///
/// A cost above the burst is refused for ever, 0 is let through. Where time goes backwards nothing
/// leaks, and the clock is not set back.
///
/// Source   J. Turner, New Directions in Communications, IEEE Communications Magazine 24(10), 1986;
///          ITU-T I.371, continuous-state leaky bucket.
/// Checked  tests/limiting/leaky_bucket_test.cpp: by hand, against GCRA, the bound.
class LeakyBucket {
 public:
  struct State {
    std::int64_t last = 0;
    double level = 0;
  };

  explicit LeakyBucket(const LeakyBucketOptions& options)
      : rate_(options.rate > 0 ? options.rate : 0), burst_(options.burst) {}

  void begin(State& state, std::int64_t now) const { state = {now, 0}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (rate_ == std::numeric_limits<double>::infinity() || cost == 0) return Verdict::allowed();
    state.level = level_at(state, now);
    state.last = std::max(state.last, now);
    const double filled = state.level + cost;
    if (filled <= burst_) {
      state.level = filled;
      return Verdict::allowed();
    }
    if (cost > burst_ || rate_ == 0) return Verdict::denied(kNever);
    const std::int64_t wait = saturating_cast((filled - burst_) / rate_ * 1e9);
    return Verdict::denied(saturating_add(wait, saturating_subtract(state.last, now)));
  }

  bool is_idle(const State& state, std::int64_t now) const { return level_at(state, now) == 0; }

 private:
  double level_at(const State& state, std::int64_t now) const {
    if (now <= state.last) return state.level;
    const double seconds = static_cast<double>(saturating_subtract(now, state.last)) / 1e9;
    return std::max(0.0, state.level - seconds * rate_);
  }

  double rate_;
  double burst_;
};

/// limiting leaky_bucket as a queue: requests leave one by one, evenly spaced; of those that would
/// have to wait, at most a burst may.
///
/// A request of cost n takes n places of the schedule, and goes on at the first of them. Requests
/// go on at least 1 / rate apart, so in a window of length t at most rate * t and the cost of the
/// last one do, whatever the burst.
///
/// The spacing is a whole number of nanoseconds, rounded down. burst 0: whoever would wait is
/// refused. rate 0: the first request, and no other. Where time goes backwards, the schedule stays.
///
/// Source   A. Tanenbaum, Computer Networks, 3rd edition 1996, section 5.3.3 (leaky bucket);
///          nginx's limit_req is one in milliseconds: see nginx_limit_req.h.
/// Checked  tests/limiting/leaky_bucket_test.cpp: by hand, the spacing, the bound.
class LeakyQueue {
 public:
  struct State {
    std::int64_t next = std::numeric_limits<std::int64_t>::min();  ///< When the next may go on.
  };

  explicit LeakyQueue(const LeakyBucketOptions& options)
      : interval_(options.rate > 0 ? saturating_cast(1e9 / options.rate) : kNever),
        longest_(saturating_multiply(interval_, options.burst)) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    const std::int64_t at = std::max(now, state.next);
    if (at == kNever) return Verdict::denied(kNever);
    const std::int64_t wait = saturating_subtract(at, now);
    if (wait > longest_) return Verdict::denied(wait - longest_);
    state.next = saturating_add(at, saturating_multiply(interval_, cost));
    return Verdict::after(wait);
  }

  bool is_idle(const State& state, std::int64_t now) const { return state.next <= now; }

 private:
  std::int64_t interval_;
  std::int64_t longest_;
};

}  // namespace highwater::limiting
