#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace highwater::resilience {

/// resilience LatencyQuantile: a quantile of the latencies of late, in bounded memory.
///
/// The estimator is a histogram with 32 buckets for each power of two, so that what it says is the
/// upper end of the bucket of the true value: never less, and at most 1/32 more. It keeps two
/// generations of one window each and forgets the older one when the younger is full of time: it
/// sees between one and two windows. Deterministic: the order within a window does not matter.
///
/// The quantile is calculated anew after each of the first 64 latencies and then after every 64th,
/// which makes asking cheap; until the next time it is that of up to 63 latencies ago.
///
/// The quantile q of n latencies is the ceil(q n)-th smallest, the first where that is 0.
///
/// Edges: a latency below 0 counts as 0. q is kept within 0 and 1, NaN as 1. A window of 0 or less
/// keeps one generation for ever. Time that goes backwards stands still.
///
/// Source   G. Tene, HdrHistogram (the buckets); the generations are chosen.
/// Checked  tests/resilience/latency_quantile_test.cpp: against sorted latencies.
class LatencyQuantile {
 public:
  /// @param window  Nanoseconds of one generation.
  explicit LatencyQuantile(double quantile, std::int64_t window = 30'000'000'000,
                           std::int64_t created = 0)
      : quantile_(quantile >= 0 ? std::min(quantile, 1.0) : (quantile < 0 ? 0.0 : 1.0)),
        window_(window),
        begun_(created),
        counts_(2 * kBuckets, 0) {}

  void observe(std::int64_t now, std::int64_t latency) {
    turn(now);
    ++counts_[young_ * kBuckets + bucket_of(std::max<std::int64_t>(0, latency))];
    ++totals_[young_];
    const std::uint64_t total = totals_[0] + totals_[1];
    if (total <= kFresh || ++unseen_ >= kFresh) calculate();
  }

  /// Nothing before the first latency, and after two windows without any.
  std::optional<std::int64_t> value(std::int64_t now) {
    turn(now);
    return value_;
  }
  std::uint64_t count(std::int64_t now) {
    turn(now);
    return totals_[0] + totals_[1];
  }

 private:
  static constexpr int kBitsOfBucket = 5;
  static constexpr std::uint64_t kPerOctave = std::uint64_t{1} << kBitsOfBucket;
  static constexpr std::size_t kBuckets = (64 - kBitsOfBucket) * kPerOctave;
  static constexpr std::uint64_t kFresh = 64;

  static std::size_t bucket_of(std::int64_t latency) {
    const auto x = static_cast<std::uint64_t>(latency);
    if (x < kPerOctave) return static_cast<std::size_t>(x);
    const auto shift = static_cast<int>(std::bit_width(x)) - 1 - kBitsOfBucket;
    return static_cast<std::size_t>(shift) * kPerOctave + static_cast<std::size_t>(x >> shift);
  }
  static std::int64_t upper_end(std::size_t bucket) {
    if (bucket < 2 * kPerOctave) return static_cast<std::int64_t>(bucket);
    const std::uint64_t shift = bucket / kPerOctave - 1;
    const std::uint64_t first = kPerOctave + bucket % kPerOctave;
    return static_cast<std::int64_t>(((first + 1) << shift) - 1);
  }

  void turn(std::int64_t now) {
    if (window_ <= 0 || now - begun_ < window_) return;
    const std::int64_t turns = (now - begun_) / window_;
    begun_ += turns * window_;
    for (std::int64_t i = std::min<std::int64_t>(turns, 2); i > 0; --i) {
      young_ ^= 1;
      if (totals_[young_] == 0) continue;
      const auto first = counts_.begin() + static_cast<std::ptrdiff_t>(young_ * kBuckets);
      std::fill(first, first + kBuckets, 0);
      totals_[young_] = 0;
    }
    calculate();
  }

  void calculate() {
    unseen_ = 0;
    const std::uint64_t total = totals_[0] + totals_[1];
    value_.reset();
    if (total == 0) return;
    const double exact = quantile_ * static_cast<double>(total);
    auto rank = static_cast<std::uint64_t>(exact);
    if (static_cast<double>(rank) < exact) ++rank;
    rank = std::clamp<std::uint64_t>(rank, 1, total);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      below += counts_[i] + counts_[kBuckets + i];
      if (below >= rank) {
        value_ = upper_end(i);
        return;
      }
    }
  }

  double quantile_;
  std::int64_t window_;
  std::int64_t begun_;
  std::vector<std::uint32_t> counts_;  // of both generations, one behind the other
  std::array<std::uint64_t, 2> totals_{};
  std::size_t young_ = 0;
  std::uint64_t unseen_ = 0;
  std::optional<std::int64_t> value_;
};

}  // namespace highwater::resilience
