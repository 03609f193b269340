#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "models/algorithms/resilience/breaker.h"
#include "models/algorithms/resilience/retry_limit.h"

namespace highwater::resilience {

/// resilience WindowedAdder: a sum over the last ten slices of a range.
///
/// A slice ends when somebody asks after its time, however late: what was added since the last
/// asking counts for the slice that was open then, and the next slice begins at that moment. Times
/// in milliseconds; a clock that goes backwards ends no slice.
///
/// Source   Twitter util-core util/WindowedAdder.scala (17c8187d).
/// Checked  tests/resilience/finagle_retry_budget_test.cpp
class WindowedAdder {
 public:
  WindowedAdder(std::int64_t range, std::int64_t now)
      : window_(std::max<std::int64_t>(1, range / kSlices)), begun_(now) {}

  void add(std::int64_t now, std::int64_t x) {
    expire(now);
    running_ += x;
    sum_ += x;
  }
  std::int64_t sum(std::int64_t now) {
    expire(now);
    return sum_;
  }

 private:
  static constexpr std::int64_t kSlices = 10;
  static constexpr std::int64_t kKept = kSlices - 1;  // without the running one

  void expire(std::int64_t now) {
    if (now - begun_ < window_) return;
    replace(running_);
    running_ = 0;
    const std::int64_t skipped = std::min((now - begun_) / window_ - 1, kKept);
    for (std::int64_t i = 0; i < skipped; ++i) replace(0);
    begun_ = now;
  }
  // The oldest slice leaves the sum; what comes in is in the sum already.
  void replace(std::int64_t slice) {
    sum_ -= slices_[next_];
    slices_[next_] = slice;
    next_ = (next_ + 1) % kKept;
  }

  std::array<std::int64_t, kKept> slices_{};
  std::size_t next_ = 0;
  std::int64_t running_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t window_;
  std::int64_t begun_;
};

struct RetryBudgetOptions {
  std::int64_t ttl = 10'000'000'000;  ///< Nanoseconds; 1 to 60 s in the product.
  std::uint32_t min_retries_per_sec = 10;
  double percent_can_retry = 0.2;  ///< Retries a request; 0 to 1000.
};

/// resilience FinagleRetryBudget: every request pays in, every retry takes out, and payments are
/// forgotten after ttl.
///
/// A request pays 1000, a retry costs 1000 / percent_can_retry in whole numbers; the reserve of
/// min_retries_per_sec * ttl retries is always there on top of what was paid, but what a retry
/// takes out of it is missing for ttl.
///
/// Edges: ttl counts in whole seconds for the reserve and in whole milliseconds for the rest, and
/// is kept within 1 and 60 s; percent_can_retry within 0 and 1000, NaN as 0. With 0 requests pay
/// nothing and a retry costs 1. The reserve is a 32-bit number that overflows as in the product,
/// for percentages below one in 10,000.
///
/// Source   Finagle finagle-core service/RetryBudget.scala (4feb34cb), util/TokenBucket.scala.
/// Checked  tests/resilience/finagle_retry_budget_test.cpp: recordings of the Scala classes.
class FinagleRetryBudget final : public RetryLimit {
 public:
  explicit FinagleRetryBudget(const RetryBudgetOptions& options = {}, std::int64_t created = 0)
      : adder_(ttl_ms(options), milliseconds_of(created)) {
    constexpr double kScale = 1000;
    const double percent = std::min(options.percent_can_retry, kScale);
    if (percent > 0) {
      deposit_ = 1000;
      withdrawal_ = static_cast<std::int64_t>(std::min(
          kScale / percent, static_cast<double>(std::numeric_limits<std::int32_t>::max())));
    }
    const std::uint32_t seconds = static_cast<std::uint32_t>(ttl_ms(options) / 1000);
    reserve_ = static_cast<std::int32_t>(options.min_retries_per_sec * seconds *
                                         static_cast<std::uint32_t>(withdrawal_));
    is_empty_ = options.min_retries_per_sec == 0 && !(percent > 0);
  }

  void began(std::int64_t now, const Try& attempt) override {
    if (!attempt.is_retry) adder_.add(milliseconds_of(now), deposit_);
  }
  void ended(std::int64_t, const Try&, TryResult) override {}
  bool may_retry(std::int64_t now, TryResult) override {
    const std::int64_t ms = milliseconds_of(now);
    if (is_empty_ || adder_.sum(ms) + reserve_ < withdrawal_) return false;
    adder_.add(ms, -withdrawal_);
    return true;
  }

  /// Retries that could go out now.
  std::int64_t balance(std::int64_t now) {
    return is_empty_ ? 0 : (adder_.sum(milliseconds_of(now)) + reserve_) / withdrawal_;
  }

 private:
  static std::int64_t ttl_ms(const RetryBudgetOptions& options) {
    return std::clamp<std::int64_t>(milliseconds_of(options.ttl), 1000, 60'999);
  }

  WindowedAdder adder_;
  std::int64_t deposit_ = 0;
  std::int64_t withdrawal_ = 1;
  std::int64_t reserve_ = 0;
  bool is_empty_ = false;
};

/// resilience LinkerdRetryBudget: the same idea with the same options, as Linkerd's proxy keeps it.
///
/// Differs in that a request pays 1 and a retry costs 1 / retry ratio in whole numbers (0.3: 3, and
/// not 3.33), in single precision, up to a ratio of 1; that ten finished slices count besides the
/// running one, where one that is ended late counts as two, so that under few requests payments are
/// forgotten after half of ttl already; and that its clock has nanoseconds.
///
/// Source   tower 0.4 retry/budget/tps_budget.rs (0918d77f), which Linkerd 2 uses.
/// Checked  tests/resilience/finagle_retry_budget_test.cpp: the cases of tower's own tests.
class LinkerdRetryBudget final : public RetryLimit {
 public:
  explicit LinkerdRetryBudget(const RetryBudgetOptions& options = {}, std::int64_t created = 0)
      : begun_(created) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t ttl = std::clamp(options.ttl, kSecond, 60 * kSecond);
    window_ = ttl / static_cast<std::int64_t>(slices_.size());
    const auto ratio = static_cast<float>(std::min(options.percent_can_retry, 1000.0));
    if (ratio > 0) {
      deposit_ = ratio <= 1 ? 1 : 1000;
      withdrawal_ =
          static_cast<std::int64_t>(std::min(static_cast<float>(deposit_) / ratio, 1e12f));
    }
    reserve_ = static_cast<std::int64_t>(options.min_retries_per_sec) * (ttl / kSecond);
    reserve_ *= withdrawal_;
  }

  void began(std::int64_t now, const Try& attempt) override {
    if (attempt.is_retry) return;
    expire(now);
    running_ += deposit_;
    sum_ += deposit_;
  }
  void ended(std::int64_t, const Try&, TryResult) override {}
  bool may_retry(std::int64_t now, TryResult) override {
    expire(now);
    if (sum_ + reserve_ < withdrawal_) return false;
    running_ -= withdrawal_;
    sum_ -= withdrawal_;
    return true;
  }

 private:
  void expire(std::int64_t now) {
    std::int64_t late = now - begun_;
    if (late < window_) return;
    replace(running_);
    running_ = 0;
    // Strictly: a slice that ends at this very moment is not over.
    const std::int64_t skipped = std::min((late - 1) / window_, kSlices);
    for (std::int64_t i = 0; i < skipped; ++i) replace(0);
    begun_ = now;
  }
  void replace(std::int64_t slice) {
    sum_ -= slices_[next_];
    slices_[next_] = slice;
    next_ = (next_ + 1) % slices_.size();
  }

  static constexpr std::int64_t kSlices = 10;

  std::array<std::int64_t, kSlices> slices_{};
  std::size_t next_ = 0;
  std::int64_t running_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t window_;
  std::int64_t begun_;
  std::int64_t deposit_ = 0;
  std::int64_t withdrawal_ = 1;
  std::int64_t reserve_ = 0;
};

}  // namespace highwater::resilience
