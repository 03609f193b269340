#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/resilience/concurrency_limit.h"

namespace highwater::resilience {

/// How a request that was let through ended, as its limiter sees it.
enum class Outcome : std::uint8_t {
  success,  ///< Its latency says something.
  ignored,  ///< It does not: a fault before any work was done.
  dropped,  ///< It was refused behind, or timed out.
};

/// resilience concurrency_limiter: lets a request through while fewer are in flight than the limit
/// says, and tells the limit how it went.
///
/// With partitions, each has a share of the limit that is its own once the whole limit is in use:
/// ceil(limit * share), at least 1. Below the limit anybody may go, beyond their share too. What
/// belongs to no partition gets nothing once the limit is reached. Since shares are rounded up, and
/// since what a partition has borrowed is not taken back, more than the limit may be in flight: at
/// most the limit and all shares together.
///
/// Shares above 1 in sum, which Netflix refuses, are taken as they are. A limit of 0 lets nobody
/// through without partitions.
///
/// Source   Netflix concurrency-limits 78a74b9 SimpleLimiter.java, AbstractPartitionedLimiter.java
///          (without its reject delay, which keeps a thread of the server busy), AbstractLimiter.
/// Checked  tests/overload/concurrency_limiter_test.cpp: by hand, properties of shares.
class ConcurrencyLimiter {
 public:
  /// What a request holds between begin and end.
  struct Ticket {
    std::int64_t start = 0;
    std::uint32_t in_flight = 0;  ///< Itself included.
    std::size_t partition = 0;
  };
  static constexpr std::size_t kNoPartition = static_cast<std::size_t>(-1);

  /// @param shares  Of each partition, in [0, 1]; none: one limit for all.
  explicit ConcurrencyLimiter(std::unique_ptr<ConcurrencyLimit> limit,
                              std::vector<double> shares = {})
      : limit_(std::move(limit)), shares_(std::move(shares)), busy_(shares_.size(), 0) {}

  std::uint32_t limit() const { return limit_->limit(); }
  std::uint32_t in_flight() const { return in_flight_; }
  std::uint32_t in_flight(std::size_t partition) const { return busy_[partition]; }
  /// What the partition may have for certain.
  std::uint32_t limit(std::size_t partition) const {
    const double share = std::ceil(limit() * shares_[partition]);
    return static_cast<std::uint32_t>(std::clamp(share, 1.0, 4294967295.0));
  }

  /// @return nothing where the request is refused.
  std::optional<Ticket> acquire(std::int64_t now, std::size_t partition = kNoPartition) {
    const bool known = partition < shares_.size();
    if (in_flight_ >= limit() && !(known && busy_[partition] < limit(partition)))
      return std::nullopt;
    if (known) ++busy_[partition];
    return Ticket{now, ++in_flight_, partition};
  }

  void release(const Ticket& ticket, std::int64_t now, Outcome outcome, AnyBits bits) {
    --in_flight_;
    if (ticket.partition < shares_.size()) --busy_[ticket.partition];
    if (outcome == Outcome::ignored) return;
    limit_->sample(now, now - ticket.start, ticket.in_flight, outcome == Outcome::dropped, bits);
  }

 private:
  std::unique_ptr<ConcurrencyLimit> limit_;
  std::vector<double> shares_;
  std::vector<std::uint32_t> busy_;
  std::uint32_t in_flight_ = 0;
};

}  // namespace highwater::resilience
