#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/resilience/codel.h"

namespace highwater::resilience {

struct FollyCodelOptions {
  std::int64_t interval = 100'000'000;    ///< Nanoseconds.
  std::int64_t target_delay = 5'000'000;  ///< Nanoseconds; above the interval: as the interval.
};

/// resilience folly_codel: CoDel for services: while overloaded, what has waited for more than
/// twice the target is dropped.
///
/// Overloaded is judged once an interval: whether the shortest wait of the one before was above the
/// target. An interval ends with the first request after its time. That request only begins the
/// next one and is never dropped itself, however long it has waited.
///
/// Where time goes backwards the interval lasts longer. folly refuses to be told an interval at or
/// below the target, or below 1 ms, after it was made; nothing is refused here.
///
/// Source   folly/executors/Codel.cpp (overloaded_explicit_now, getSloughTimeout, getLoad),
/// 1ad98e2. Checked  tests/overload/folly_codel_test.cpp: folly's CodelTest, by hand, properties.
class FollyCodel {
 public:
  /// @param start  When it is made, in nanoseconds.
  explicit FollyCodel(const FollyCodelOptions& options = {}, std::int64_t start = 0)
      : interval_(options.interval),
        target_(std::min(options.target_delay, options.interval)),
        interval_end_(start) {}

  /// @param delay  Nanoseconds that the request has waited.
  QueueDecision dequeue(std::int64_t now, std::int64_t delay) {
    const std::int64_t shortest = shortest_;
    if (now > interval_end_ && !fresh_) {
      fresh_ = true;
      interval_end_ = now + interval_;
      overloaded_ = shortest > target_;
    }
    if (fresh_) {
      fresh_ = false;
      shortest_ = delay;
      return QueueDecision::serve;
    }
    shortest_ = std::min(shortest_, delay);
    return overloaded_ && delay > 2 * target_ ? QueueDecision::drop : QueueDecision::serve;
  }

  bool is_overloaded() const { return overloaded_; }
  /// Shortest wait of this interval so far, of twice the target, in per cent; at most 100.
  int load() const {
    return target_ <= 0
               ? 100
               : static_cast<int>(std::min<std::int64_t>(100, 100 * shortest_ / (2 * target_)));
  }

 private:
  std::int64_t interval_;
  std::int64_t target_;
  std::int64_t interval_end_;
  std::int64_t shortest_ = 0;
  bool fresh_ = true;  // the next request begins an interval
  bool overloaded_ = false;
};

}  // namespace highwater::resilience
