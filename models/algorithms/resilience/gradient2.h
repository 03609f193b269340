#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/resilience/concurrency_limit.h"

namespace highwater::resilience {

struct Gradient2Options {
  std::uint32_t initial_limit = 20;
  std::uint32_t min_limit = 20;
  std::uint32_t max_concurrency = 200;  ///< min_limit wins where it lies above it.
  double smoothing = 0.2;               ///< Weight of the new limit, in [0, 1]; else: 0.2.
  std::uint32_t queue_size = 4;         ///< What the limit may grow by while latency is low.
  std::uint32_t long_window = 600;      ///< Samples of the long average.
  double rtt_tolerance = 1.5;           ///< At least 1; anything else, which Netflix refuses: 1.5.
};

/// resilience gradient2: compares the last round trip with a long average of them and moves the
/// limit by the ratio.
///
/// The long average is the mean of the first ten and exponential after that, with 2 / (long_window
/// + 1). While it is more than twice the last one it is cut by 5 % with each sample. The limit
/// stays while less than half of it is in flight; else it becomes limit * gradient + queue_size,
/// gradient = tolerance * long / short within [0.5, 1], smoothed. Drops do not matter.
///
/// A sample with an rtt of 0 or below is left out (chosen: Netflix' limit would become 0).
///
/// Source   Netflix concurrency-limits 78a74b9 Gradient2Limit.java, ExpAvgMeasurement.java.
/// Checked  tests/overload/gradient2_test.cpp: both recorded runs and 2,400 more steps.
class Gradient2 final : public ConcurrencyLimit {
 public:
  explicit Gradient2(const Gradient2Options& options)
      : options_(options), estimate_(options.initial_limit), limit_(options.initial_limit) {
    if (!(options_.smoothing >= 0 && options_.smoothing <= 1)) options_.smoothing = 0.2;
    if (!(options_.rtt_tolerance >= 1)) options_.rtt_tolerance = 1.5;
  }

  std::uint32_t limit() const override { return limit_; }
  double long_rtt() const { return long_rtt_; }

  void sample(std::int64_t, std::int64_t rtt, std::uint32_t in_flight, bool, AnyBits) override {
    if (rtt <= 0) return;
    const auto short_rtt = static_cast<double>(rtt);
    add(short_rtt);
    const double long_rtt = long_rtt_;
    if (long_rtt / short_rtt > 2) long_rtt_ = long_rtt * 0.95;
    if (in_flight < estimate_ / 2) return;
    const double gradient =
        std::max(0.5, std::min(1.0, options_.rtt_tolerance * long_rtt / short_rtt));
    const double wanted = estimate_ * gradient + options_.queue_size;
    const double smoothed = estimate_ * (1 - options_.smoothing) + wanted * options_.smoothing;
    estimate_ =
        std::max<double>(options_.min_limit, std::min<double>(options_.max_concurrency, smoothed));
    limit_ = static_cast<std::uint32_t>(estimate_);
  }

 private:
  static constexpr std::uint32_t kWarmUp = 10;  // Gradient2Limit's constructor

  void add(double rtt) {
    if (count_ < kWarmUp) {
      ++count_;
      sum_ += rtt;
      long_rtt_ = sum_ / count_;
    } else {
      const double factor = 2.0 / (options_.long_window + 1.0);
      long_rtt_ = long_rtt_ * (1 - factor) + rtt * factor;
    }
  }

  Gradient2Options options_;
  double estimate_;
  std::uint32_t limit_;
  double long_rtt_ = 0;
  double sum_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace highwater::resilience
