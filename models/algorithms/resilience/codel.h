#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace highwater::resilience {

/// What a queue does with the request that it has just taken out.
enum class QueueDecision : std::uint8_t { serve, drop };

struct CodelOptions {
  std::int64_t target = 5'000'000;      ///< Nanoseconds that a request may wait always.
  std::int64_t interval = 100'000'000;  ///< Nanoseconds, about a round trip.
  std::uint32_t min_backlog = 1;        ///< While no more than this many are left, none is dropped.
};

/// resilience codel: drops from the head of a queue, ever faster, once even the shortest wait of an
/// interval is too long.
///
/// Once every request for an interval has waited for target or longer, one is dropped and the next
/// drop is due interval / sqrt(count) later, count being the drops so far; until one has waited
/// less. If the queue comes back to this within 16 intervals of the last drop, count goes on from
/// what was needed then.
///
/// The queue asks for each request that it takes out; after a drop it takes out the next one at the
/// same time and asks again, and says so if there is none.
///
/// RFC 8289 works on packets and never drops when a packet or less is left: min_backlog, in
/// requests. Its time is a real number, here whole nanoseconds rounded down. Intervals below 0
/// count as 0: then every request is dropped while count grows. Where time goes backwards nothing
/// becomes due.
///
/// Source   RFC 8289, section 5 (dodequeue, deque, control_law).
/// Checked  tests/overload/codel_test.cpp: against the RFC's own form on a queue, the drops of a
///          standing queue by hand.
class Codel {
 public:
  explicit Codel(const CodelOptions& options = {}) : options_(options) {
    if (options_.interval < 0) options_.interval = 0;
  }

  /// @param sojourn  Nanoseconds that the request has waited.
  /// @param waiting  Requests left in the queue.
  QueueDecision dequeue(std::int64_t now, std::int64_t sojourn,
                        std::uint32_t waiting = std::numeric_limits<std::uint32_t>::max()) {
    return decide(now, may_drop(now, sojourn, waiting));
  }
  /// The queue was found empty.
  void empty(std::int64_t now) {
    above_ = false;
    decide(now, false);
  }

  bool is_dropping() const { return dropping_; }
  /// Drops since this began; the square root of it is how much faster they come.
  std::uint32_t count() const { return count_; }

 private:
  enum class Resume : std::uint8_t { nothing, drop_state, entering };

  bool may_drop(std::int64_t now, std::int64_t sojourn, std::uint32_t waiting) {
    if (sojourn < options_.target || waiting <= options_.min_backlog) {
      above_ = false;
      return false;
    }
    if (!above_) {
      above_ = true;
      first_above_ = now + options_.interval;
      return false;
    }
    return now >= first_above_;
  }

  QueueDecision decide(std::int64_t now, bool ok_to_drop) {
    switch (resume_) {
      case Resume::entering:  // the request behind the first one dropped is served, whatever it is
        resume_ = Resume::nothing;
        enter(now);
        return QueueDecision::serve;
      case Resume::drop_state:
        if (ok_to_drop) drop_next_ = control_law(drop_next_);
        break;
      case Resume::nothing:
        if (!dropping_ && ok_to_drop) {
          resume_ = Resume::entering;
          return QueueDecision::drop;
        }
        break;
    }
    if (!ok_to_drop) dropping_ = false;
    if (dropping_ && now >= drop_next_) {
      ++count_;
      resume_ = Resume::drop_state;
      return QueueDecision::drop;
    }
    resume_ = Resume::nothing;
    return QueueDecision::serve;
  }

  void enter(std::int64_t now) {
    dropping_ = true;
    const std::uint32_t delta = count_ - last_count_;
    count_ = delta > 1 && now - drop_next_ < 16 * options_.interval ? delta : 1;
    drop_next_ = control_law(now);
    last_count_ = count_;
  }

  std::int64_t control_law(std::int64_t from) const {
    return from + static_cast<std::int64_t>(static_cast<double>(options_.interval) /
                                            std::sqrt(static_cast<double>(count_)));
  }

  CodelOptions options_;
  bool above_ = false;
  std::int64_t first_above_ = 0;  // when it will have been above for an interval
  std::int64_t drop_next_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t last_count_ = 0;
  bool dropping_ = false;
  Resume resume_ = Resume::nothing;
};

}  // namespace highwater::resilience
