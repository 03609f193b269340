#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "models/algorithms/resilience/retry_limit.h"

namespace highwater::resilience {

struct RetryRatioOptions {
  double ratio = 0.1;                     ///< Share of the tries that may be retries.
  std::int64_t window = 120'000'000'000;  ///< Nanoseconds over which tries are counted (chosen).
};

/// resilience RetryRatio: a client tries again only while less than a tenth of what it sends are
/// retries.
///
/// The book says no more than that. Readings chosen: tries are counted over the last two minutes,
/// the window of its client-side throttling, in 16 slices; a retry is allowed if with it the
/// retries are still at most `ratio` of all tries, so that a client that has sent nothing tries
/// nothing again.
///
/// Edges: a ratio of NaN or below 0 counts as 0, one of 1 and more allows everything. A window of 0
/// or less counts what happens at one moment. Time that goes backwards stands still.
///
/// Source   B. Beyer et al., Site Reliability Engineering, 2016, chapter 21, Deciding to Retry.
/// Checked  tests/resilience/retry_ratio_test.cpp
class RetryRatio final : public RetryLimit {
 public:
  explicit RetryRatio(const RetryRatioOptions& options = {}, std::int64_t created = 0)
      : ratio_(options.ratio > 0 ? std::min(options.ratio, 1.0) : 0),
        slice_(std::max<std::int64_t>(1, options.window / kSlices)),
        begun_(created) {}

  void began(std::int64_t now, const Try& attempt) override {
    if (!attempt.is_retry) add(now, {1, 0});
  }
  void ended(std::int64_t, const Try&, TryResult) override {}
  bool may_retry(std::int64_t now, TryResult) override {
    forward(now);
    const auto retries = static_cast<double>(sum_.retries + 1);
    if (ratio_ < 1 && retries > ratio_ * static_cast<double>(sum_.tries + 1)) return false;
    add(now, {1, 1});
    return true;
  }

 private:
  static constexpr std::int64_t kSlices = 16;

  struct Counts {
    std::uint64_t tries = 0;
    std::uint64_t retries = 0;
  };

  void add(std::int64_t now, const Counts& counts) {
    forward(now);
    for (Counts* to : {&slices_[current_], &sum_}) {
      to->tries += counts.tries;
      to->retries += counts.retries;
    }
  }
  void forward(std::int64_t now) {
    const std::int64_t turns = now > begun_ ? (now - begun_) / slice_ : 0;
    begun_ += turns * slice_;
    for (std::int64_t i = std::min(turns, kSlices); i > 0; --i) {
      current_ = (current_ + 1) % slices_.size();
      sum_.tries -= slices_[current_].tries;
      sum_.retries -= slices_[current_].retries;
      slices_[current_] = {};
    }
  }

  double ratio_;
  std::int64_t slice_;
  std::int64_t begun_;
  std::array<Counts, kSlices> slices_{};
  std::size_t current_ = 0;
  Counts sum_;
};

}  // namespace highwater::resilience
