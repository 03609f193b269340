#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/random_bits.h"

namespace highwater::resilience {

/// resilience concurrency_limit: how many requests may be in flight, learned from how those before
/// them went.
///
/// The limit begins as the options say, even where that lies outside their least and greatest, and
/// is a whole number of requests.
///
/// Source   Netflix concurrency-limits 78a74b9, Limit.java, AbstractLimit.java.
/// Checked  tests/overload/concurrency_limit_test.cpp.
class ConcurrencyLimit {
 public:
  ConcurrencyLimit() = default;
  virtual ~ConcurrencyLimit() = default;
  ConcurrencyLimit(const ConcurrencyLimit&) = delete;
  ConcurrencyLimit& operator=(const ConcurrencyLimit&) = delete;

  virtual std::uint32_t limit() const = 0;
  /// A request has ended.
  /// @param now        When, in nanoseconds; only a window of samples looks at it.
  /// @param rtt        Nanoseconds that it took.
  /// @param in_flight  Requests that were in flight when it began, itself included.
  /// @param dropped    It was refused or timed out.
  virtual void sample(std::int64_t now, std::int64_t rtt, std::uint32_t in_flight, bool dropped,
                      AnyBits bits) = 0;
};

/// resilience fixed_limit: a number that stays.
///
/// Source   Netflix concurrency-limits 78a74b9 FixedLimit.java.
/// Checked  tests/overload/concurrency_limit_test.cpp.
class FixedLimit final : public ConcurrencyLimit {
 public:
  explicit FixedLimit(std::uint32_t limit) : limit_(limit) {}
  std::uint32_t limit() const override { return limit_; }
  void sample(std::int64_t, std::int64_t, std::uint32_t, bool, AnyBits) override {}

 private:
  std::uint32_t limit_;
};

struct AimdOptions {
  std::uint32_t initial_limit = 20;
  std::uint32_t min_limit = 20;
  std::uint32_t max_limit = 200;  ///< Wins where min_limit lies above it.
  double backoff_ratio = 0.9;     ///< In [0.5, 1); anything else, which Netflix refuses: 0.9.
  std::int64_t timeout = 5'000'000'000;  ///< Nanoseconds; a request that takes longer was dropped.
};

/// resilience aimd: adds one to the limit while it is used, takes a tenth after a drop.
///
/// After a sample that was dropped, or slower than the timeout, the limit is the whole part of
/// limit * backoff_ratio; else one more, if at least half of the limit was in flight.
///
/// Source   Netflix concurrency-limits 78a74b9 AIMDLimit.java.
/// Checked  tests/overload/concurrency_limit_test.cpp: the recorded run and 2,400 more steps.
class Aimd final : public ConcurrencyLimit {
 public:
  explicit Aimd(const AimdOptions& options)
      : options_(options),
        ratio_(options.backoff_ratio >= 0.5 && options.backoff_ratio < 1 ? options.backoff_ratio
                                                                         : 0.9),
        limit_(options.initial_limit) {}

  std::uint32_t limit() const override { return limit_; }

  void sample(std::int64_t, std::int64_t rtt, std::uint32_t in_flight, bool dropped,
              AnyBits) override {
    std::uint64_t limit = limit_;
    if (dropped || rtt > options_.timeout) {
      limit = static_cast<std::uint64_t>(limit_ * ratio_);
    } else if (std::uint64_t{in_flight} * 2 >= limit) {
      ++limit;
    }
    limit_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        options_.max_limit, std::max<std::uint64_t>(options_.min_limit, limit)));
  }

 private:
  AimdOptions options_;
  double ratio_;
  std::uint32_t limit_;
};

}  // namespace highwater::resilience
