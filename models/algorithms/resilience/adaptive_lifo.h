#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "models/algorithms/resilience/codel.h"

namespace highwater::resilience {

struct AdaptiveLifoOptions {
  std::int64_t n = 100'000'000;  ///< Nanoseconds: the article's N, 100 ms.
  std::int64_t m = 5'000'000;    ///< Nanoseconds: the article's M, 5 ms.
  /// Requests left waiting from which the newest goes first (HHVM); by default it does while the
  /// queue has not been empty for n.
  std::optional<std::uint32_t> lifo_switch_threshold{};
};

/// Which of those who wait is taken.
enum class QueueOrder : std::uint8_t { fifo, lifo };

/// resilience adaptive_lifo: Facebook's controlled delay and adaptive LIFO: a queue that has not
/// been empty for a while gives its requests little time, and takes the newest first.
///
/// A request may wait for m if the queue was last empty longer than n ago when it came, else for n.
/// So a burst is borne, and a standing queue is not. The queue asks at both ends and reports how
/// many wait; from that it is known when it was empty.
///
/// The article does not say when "a queue is starting to form", which turns the order around: by
/// default here that is when requests get m; with lifo_switch_threshold it is a count, as in HHVM.
/// What is older than its time is dropped from the old end, before anybody is served.
///
/// The queue is empty when it is made. Where time goes backwards, it was empty later than now.
///
/// Source   B. Maurer, Fail at Scale, ACM Queue 13(8), 2015; HHVM util/job-queue.h
///          (dequeueMaybeExpiredImpl: lifoSwitchThreshold).
/// Checked  tests/overload/adaptive_lifo_test.cpp: by hand.
class AdaptiveLifo {
 public:
  explicit AdaptiveLifo(const AdaptiveLifoOptions& options = {}, std::int64_t start = 0)
      : options_(options), last_empty_(start) {}

  /// A request comes. @param waiting  Requests before it.
  /// @return nanoseconds that it may wait.
  std::int64_t enqueue(std::int64_t now, std::uint32_t waiting) {
    if (waiting == 0) last_empty_ = std::max(last_empty_, now);
    return is_standing(now) ? options_.m : options_.n;
  }

  /// Which end the next request is taken from. @param waiting  Requests left besides it.
  QueueOrder order(std::int64_t now, std::uint32_t waiting) const {
    const bool newest_first = options_.lifo_switch_threshold
                                  ? waiting >= *options_.lifo_switch_threshold
                                  : is_standing(now);
    return newest_first ? QueueOrder::lifo : QueueOrder::fifo;
  }

  /// A request was taken out.
  /// @param sojourn  Nanoseconds that it has waited.
  /// @param allowed  What enqueue() said.
  /// @param waiting  Requests left.
  QueueDecision dequeue(std::int64_t now, std::int64_t sojourn, std::int64_t allowed,
                        std::uint32_t waiting) {
    if (waiting == 0) last_empty_ = std::max(last_empty_, now);
    return sojourn > allowed ? QueueDecision::drop : QueueDecision::serve;
  }

  bool is_standing(std::int64_t now) const { return last_empty_ < now - options_.n; }

 private:
  AdaptiveLifoOptions options_;
  std::int64_t last_empty_;
};

}  // namespace highwater::resilience
