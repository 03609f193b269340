#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/math/math.h"

namespace highwater::scaling {

/// How a Knative window makes one number of its buckets: all alike, or recent ones more.
enum class KnativeAggregation : std::uint8_t { linear, weighted_exponential };

/// scaling knative_window: the average over the last seconds that Knative scales by.
///
/// Values are added up in buckets of a second. The average is over the buckets from the first write
/// to the last, at most a window of them; gaps count as zero, the time since the last write does
/// not. The exponential one weighs a bucket by s (1 - s)^age with s so that 99.99 % of the weight
/// falls into the window, at least 0.2, and counts the time since the last write as zero.
///
/// Edges: what is older than a window is not recorded; within the window time may go back. A value
/// that is no finite number is not recorded. A window of no length has one bucket.
///
/// Source   Knative Serving 1.19 pkg/autoscaler/aggregation/bucketing.go. Its math.Pow is
///          math::pow here: the exponential average may differ in the last bit.
/// Checked  tests/scaling/knative_window_test.cpp: cases of bucketing_test.go, a naive form.
class KnativeWindow {
 public:
  KnativeWindow(std::int64_t window, std::int64_t granularity, KnativeAggregation aggregation)
      : granularity_(std::max<std::int64_t>(1, granularity)),
        window_(window),
        aggregation_(aggregation),
        buckets_(static_cast<std::size_t>(
            std::max<std::int64_t>(1, window / granularity_ + (window % granularity_ > 0)))) {
    constexpr double kPrecision = 0.9999;
    constexpr double kLeast = 0.2;
    smoothing_ =
        std::max(1 - math::pow(1 - kPrecision, 1 / static_cast<double>(buckets_.size())), kLeast);
  }

  void record(std::int64_t now, double value) {
    if (!std::isfinite(value)) return;
    const std::int64_t index = index_of(now);
    if (!last_) {
      first_ = index;
      last_ = index;
    } else if (index != *last_) {
      // Beyond a window before the last write nothing can be told from the present.
      if (index * granularity_ + window_ <= *last_ * granularity_) return;
      first_ = std::min(first_, index);
      if (index > *last_) {
        if ((index - *last_) * granularity_ >= window_) {
          std::fill(buckets_.begin(), buckets_.end(), 0.0);
          total_ = 0;
          first_ = index;
        } else {
          for (std::int64_t i = *last_ + 1; i <= index; ++i) {
            total_ -= at(i);
            at(i) = 0;
          }
        }
        last_ = index;
      }
    }
    at(index) += value;
    total_ += value;
  }

  /// Nothing was recorded for a window.
  bool is_empty(std::int64_t now) const {
    return !last_ || (index_of(now) - *last_) * granularity_ > window_;
  }

  double average(std::int64_t now) const {
    return aggregation_ == KnativeAggregation::linear ? linear(index_of(now))
                                                      : exponential(index_of(now));
  }

 private:
  std::int64_t index_of(std::int64_t time) const {
    return time / granularity_ - (time % granularity_ < 0);
  }
  std::size_t place(std::int64_t index) const {
    const auto size = static_cast<std::int64_t>(buckets_.size());
    return static_cast<std::size_t>(((index % size) + size) % size);
  }
  double& at(std::int64_t index) { return buckets_[place(index)]; }
  double at(std::int64_t index) const { return buckets_[place(index)]; }

  static double rounded(double value) {
    constexpr double kDigits = 1e6;
    return std::round(value * kDigits) / kDigits;
  }

  double linear(std::int64_t now) const {
    if (!last_) return 0;
    const double written = static_cast<double>(*last_ - first_ + 1);
    const auto size = static_cast<double>(buckets_.size());
    if (now <= *last_) return rounded(total_ / std::min(written, size));
    if ((now - *last_) * granularity_ >= window_) return 0;
    double sum = total_;
    for (std::int64_t i = *last_ + 1; i <= now; ++i) sum -= at(i);
    return rounded(sum / std::min(written, size - static_cast<double>(now - *last_)));
  }

  double exponential(std::int64_t now) const {
    if (!last_ || (now - *last_) * granularity_ > window_) return 0;
    auto count = static_cast<std::int64_t>(buckets_.size());
    double weight = smoothing_;
    if (now > *last_) {
      weight *= math::pow(1 - smoothing_, static_cast<double>(now - *last_));
      count -= now - *last_;
    }
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      sum += at(*last_ - i) * weight;
      weight *= 1 - smoothing_;
    }
    return sum;
  }

  std::int64_t granularity_;
  std::int64_t window_;
  KnativeAggregation aggregation_;
  std::vector<double> buckets_;  // a ring by index
  double smoothing_ = 0;
  double total_ = 0;
  std::int64_t first_ = 0;  // index of the first write, or of the first after an empty window
  std::optional<std::int64_t> last_;
};

/// scaling knative_window: the greatest number of the last buckets of time, for scale-down-delay.
///
/// Two numbers in the same bucket count as the greater. Time that goes back joins the bucket of the
/// latest: its number counts there.
///
/// Source   Knative Serving 1.19 pkg/autoscaler/aggregation/max/window.go, timewindow.go.
/// Checked  tests/scaling/knative_window_test.cpp: the greatest of a naive list.
class KnativeMaximum {
 public:
  KnativeMaximum(std::int64_t window, std::int64_t granularity)
      : granularity_(std::max<std::int64_t>(1, granularity)),
        ring_(static_cast<std::size_t>(
            std::max<std::int64_t>(1, window / granularity_ + (window % granularity_ > 0)))) {}

  void record(std::int64_t now, std::int32_t value) {
    std::int64_t index = now / granularity_;
    if (length_ > 0) index = std::max(index, entry(length_ - 1).index);
    while (length_ > 0 && value >= entry(length_ - 1).value) --length_;
    while (length_ > 0 && index - entry(0).index >= static_cast<std::int64_t>(ring_.size())) {
      first_ = (first_ + 1) % ring_.size();
      --length_;
    }
    // What is left at the end is greater: of the same bucket, it stays.
    if (length_ > 0 && entry(length_ - 1).index == index) return;
    ++length_;
    entry(length_ - 1) = {index, value};
  }
  /// Of what was recorded; 0 where nothing was.
  std::int32_t current() const { return ring_[first_].value; }

 private:
  struct Entry {
    std::int64_t index = 0;
    std::int32_t value = 0;
  };
  Entry& entry(std::size_t i) { return ring_[(first_ + i) % ring_.size()]; }

  std::int64_t granularity_;
  std::vector<Entry> ring_;  // falling values of rising buckets
  std::size_t first_ = 0;
  std::size_t length_ = 0;
};

}  // namespace highwater::scaling
