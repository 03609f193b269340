#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/math/math.h"

namespace highwater::storage {

/// decaying_histogram: Cassandra's histogram of latencies, in which a value counts half as much
/// after every minute.
///
/// Buckets grow by a fifth. A quantile is the upper end of the bucket that it falls into, so it is
/// up to a fifth too high; that is what Cassandra's speculative retry goes by.
///
/// Edges    empty, or all forgotten: quantiles are 0. A value beyond the last bucket (2.2e12 us)
///          counts as one in it, where Cassandra logs an overflow and goes on.
/// Differs  the landmark that weights count from is moved when the first value comes 30 minutes
///          after the last move, and not by a timer.
/// Source   Apache Cassandra 4.1, metrics/DecayingEstimatedHistogramReservoir.java (half-life 60 s,
///          164 buckets, forwardDecayWeight, getValue), utils/EstimatedHistogram.java (newOffsets).
/// Checked  tests/storage/decaying_histogram_test.cpp: offsets, quantiles against sorted values,
///          half-lives, landmarks.
class DecayingHistogram {
 public:
  static constexpr std::size_t kBuckets = 164;
  static constexpr std::int64_t kHalfLife = 60'000'000'000;

  /// Values are microseconds in Cassandra; any unit will do.
  void add(std::int64_t now, std::int64_t value) {
    if (now - landmark_ > kLandmarkLife) rescale(now);
    buckets_[bucket_of(value)] += weight(now);
  }

  /// @param q  In (0, 1].
  std::int64_t quantile(std::int64_t now, double q) const {
    const double now_weight = static_cast<double>(weight(now));
    std::array<std::int64_t, kBuckets> counts;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      counts[i] = rounded(static_cast<double>(buckets_[i]) / now_weight);
      total += counts[i];
    }
    const double wanted = static_cast<double>(total) * q;
    auto rank = static_cast<std::int64_t>(wanted);
    if (static_cast<double>(rank) < wanted) ++rank;
    if (rank == 0) return 0;
    std::int64_t below = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      below += counts[i];
      if (below >= rank) return offsets()[i];
    }
    return 0;
  }

  /// Upper ends of the buckets, themselves in them.
  static const std::array<std::int64_t, kBuckets>& offsets() {
    static const std::array<std::int64_t, kBuckets> kOffsets = [] {
      std::array<std::int64_t, kBuckets> ends{};
      ends[0] = 1;
      for (std::size_t i = 1; i < kBuckets; ++i)
        ends[i] = std::max(ends[i - 1] + 1, rounded(static_cast<double>(ends[i - 1]) * 1.2));
      return ends;
    }();
    return kOffsets;
  }

 private:
  static constexpr std::int64_t kLandmarkLife = 1'800'000'000'000;

  static std::int64_t rounded(double x) { return static_cast<std::int64_t>(x + 0.5); }
  static std::size_t bucket_of(std::int64_t value) {
    const auto& ends = offsets();
    const auto place = std::lower_bound(ends.begin(), ends.end(), value);
    return std::min(static_cast<std::size_t>(place - ends.begin()), kBuckets - 1);
  }
  std::int64_t weight(std::int64_t now) const {
    // Cassandra rounds the mean life, 60 s / ln 2, to whole seconds.
    constexpr double kMeanLife = 87e9;
    return rounded(math::exp(static_cast<double>(now - landmark_) / kMeanLife));
  }
  void rescale(std::int64_t now) {
    // Beyond 709 mean lives a weight is no number any more; long before that all is forgotten.
    const bool forgotten = now - landmark_ > 2 * kLandmarkLife;
    const double now_weight = forgotten ? 1 : static_cast<double>(weight(now));
    for (std::int64_t& bucket : buckets_)
      bucket = forgotten ? 0 : rounded(static_cast<double>(bucket) / now_weight);
    landmark_ = now;
  }

  std::array<std::int64_t, kBuckets> buckets_{};
  std::int64_t landmark_ = 0;
};

}  // namespace highwater::storage
