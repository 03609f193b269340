#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/resilience/concurrency_limit.h"

namespace highwater::resilience {

struct WindowedLimitOptions {
  std::int64_t min_window_time = 1'000'000'000;  ///< Nanoseconds.
  std::int64_t max_window_time = 1'000'000'000;  ///< Nanoseconds; wins over the least.
  std::uint32_t window_size = 10;                ///< Samples that a window needs to count.
  std::int64_t min_rtt_threshold = 100'000;      ///< Nanoseconds; what is faster is left out.
  /// The percentile, in (0, 1), that stands for a window; by default the mean does.
  std::optional<double> percentile{};
  /// Samples of a window of which the percentile is taken; more are left out. Below window_size no
  /// window ever counts.
  std::uint32_t percentile_window_size = 10;
};

/// resilience windowed_limit: gathers samples for a while and gives the limit behind it one for
/// all of them.
///
/// A window ends with the first sample that ends after twice the shortest round trip, but within
/// the least and the greatest window time, since the last window ended. Of a window with enough
/// samples the limit gets the mean or the percentile of the round trips, the most that were in
/// flight, and whether any was dropped; one with fewer is forgotten. The first sample of all ends a
/// window of its own.
///
/// A percentile of rank below the first is the first (Netflix then reads outside of its array).
/// Time that goes backwards prolongs the window.
///
/// Source   Netflix concurrency-limits 78a74b9 WindowedLimit.java,
///          ImmutableAverageSampleWindow.java, ImmutablePercentileSampleWindow.java.
/// Checked  tests/overload/windowed_limit_test.cpp: 3,200 recorded steps with means and
///          percentiles.
class WindowedLimit final : public ConcurrencyLimit {
 public:
  WindowedLimit(const WindowedLimitOptions& options, std::unique_ptr<ConcurrencyLimit> limit)
      : options_(options), inner_(std::move(limit)) {
    if (options_.percentile) rtts_.reserve(options_.percentile_window_size);
  }

  std::uint32_t limit() const override { return inner_->limit(); }

  void sample(std::int64_t now, std::int64_t rtt, std::uint32_t in_flight, bool dropped,
              AnyBits bits) override {
    if (rtt < options_.min_rtt_threshold) return;
    add(rtt, in_flight, dropped);
    if (now <= next_update_) return;
    const std::int64_t twice = shortest_ > kMost / 2 ? kMost : shortest_ * 2;
    next_update_ =
        now + std::min(std::max(twice, options_.min_window_time), options_.max_window_time);
    if (count_ >= options_.window_size && count_ > 0)
      inner_->sample(now, tracked_rtt(), most_in_flight_, dropped_, bits);
    clear();
  }

 private:
  static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

  void add(std::int64_t rtt, std::uint32_t in_flight, bool dropped) {
    if (options_.percentile) {
      if (rtts_.size() >= options_.percentile_window_size) return;
      rtts_.push_back(rtt);
    }
    shortest_ = std::min(shortest_, rtt);
    sum_ += rtt;
    most_in_flight_ = std::max(most_in_flight_, in_flight);
    ++count_;
    dropped_ = dropped_ || dropped;
  }

  std::int64_t tracked_rtt() {
    if (!options_.percentile) return sum_ / count_;
    const double rank = std::floor(count_ * *options_.percentile + 0.5);
    const auto index =
        static_cast<std::ptrdiff_t>(std::clamp(rank, 1.0, static_cast<double>(count_))) - 1;
    std::nth_element(rtts_.begin(), rtts_.begin() + index, rtts_.end());
    return rtts_[static_cast<std::size_t>(index)];
  }

  void clear() {
    rtts_.clear();
    shortest_ = kMost;
    sum_ = 0;
    most_in_flight_ = 0;
    count_ = 0;
    dropped_ = false;
  }

  WindowedLimitOptions options_;
  std::unique_ptr<ConcurrencyLimit> inner_;
  std::int64_t next_update_ = 0;
  std::vector<std::int64_t> rtts_;  // for a percentile only
  std::int64_t shortest_ = kMost;
  std::int64_t sum_ = 0;
  std::uint32_t most_in_flight_ = 0;
  std::uint32_t count_ = 0;
  bool dropped_ = false;
};

}  // namespace highwater::resilience
