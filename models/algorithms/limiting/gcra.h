#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct GcraOptions {
  double count = 1;               ///< Requests in each period; 0, negative or NaN: none.
  std::int64_t period = kSecond;  ///< Nanoseconds; 0: no limit, as an infinite count.
  std::uint32_t burst = 1;        ///< Requests that may come at once; redis-cell: max_burst + 1.
};

/// limiting gcra: the generic cell rate algorithm: one number, the time at which the next request
/// would come if all came evenly spaced.
///
/// A request moves that time on by its cost times the emission interval, period / count in whole
/// nanoseconds rounded down; it is refused, and moves nothing, if it would come to lie more than
/// burst intervals ahead. It decides as a token bucket of integers does: in a window of length t at
/// most burst + t / interval are let through.
///
/// A cost above the burst is refused for ever; 0 is let through. Where time goes backwards, the
/// theoretical arrival time stays: the request is as early as it looks.
///
/// Source   ITU-T I.371 annex A (virtual scheduling); redis-cell 0.5.0 src/cell/mod.rs, whose
///          max_burst is one less than the burst here and which refuses rates of 0.
/// Checked  tests/limiting/gcra_test.cpp: redis-cell's own test table; properties.
class Gcra {
 public:
  struct State {
    std::int64_t arrival = std::numeric_limits<std::int64_t>::min();  ///< Theoretical.
  };
  /// What redis-cell answers with besides the verdict.
  struct Answer {
    Verdict verdict;
    std::int64_t limit = 0;
    std::int64_t remaining = 0;
    std::int64_t reset_after = 0;  ///< Nanoseconds until the key is as new.
  };

  explicit Gcra(const GcraOptions& options)
      : interval_(options.count > 0 ? saturating_cast(static_cast<double>(std::max<std::int64_t>(
                                                          0, options.period)) /
                                                      options.count)
                                    : kNever),
        burst_(options.burst),
        tolerance_(saturating_multiply(interval_, options.burst)) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    if (interval_ == kNever) return Verdict::denied(kNever);
    if (interval_ > 0 && cost > burst_) return Verdict::denied(kNever);
    const std::int64_t arrival =
        saturating_add(std::max(state.arrival, now), saturating_multiply(interval_, cost));
    const std::int64_t ahead = saturating_subtract(arrival, now);
    if (ahead > tolerance_) return Verdict::denied(ahead - tolerance_);
    state.arrival = arrival;
    return Verdict::allowed();
  }

  /// The same with redis-cell's numbers: remaining is what may still come at once.
  Answer throttle(State& state, std::int64_t now, std::uint32_t cost) const {
    Answer answer;
    answer.verdict = admit(state, now, cost);
    answer.limit = burst_;
    answer.reset_after =
        std::max<std::int64_t>(0, saturating_subtract(std::max(state.arrival, now), now));
    // In whole microseconds, as there.
    const std::int64_t unit = interval_ / 1000;
    if (unit > 0 && interval_ != kNever)
      answer.remaining = std::max<std::int64_t>(0, (tolerance_ - answer.reset_after) / 1000 / unit);
    return answer;
  }

  bool is_idle(const State& state, std::int64_t now) const { return state.arrival <= now; }
  std::int64_t emission_interval() const { return interval_; }

 private:
  std::int64_t interval_;
  std::uint32_t burst_;
  std::int64_t tolerance_;
};

}  // namespace highwater::limiting
