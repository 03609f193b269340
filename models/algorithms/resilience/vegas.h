#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "models/algorithms/random_bits.h"
#include "models/algorithms/resilience/concurrency_limit.h"

namespace highwater::resilience {

struct VegasOptions {
  std::uint32_t initial_limit = 20;
  std::uint32_t max_concurrency = 1000;
  double smoothing = 1.0;                ///< Weight of the new limit, in [0, 1].
  std::uint32_t probe_multiplier = 30;   ///< Times the limit: samples between two probes, at most.
  std::optional<std::uint32_t> alpha{};  ///< By default 3 * L, see below.
  std::optional<std::uint32_t> beta{};   ///< By default 6 * L.
};

/// resilience vegas: estimates the queue from how much longer requests take than without load, and
/// keeps it between alpha and beta, as TCP Vegas does.
///
/// queue = ceil(limit * (1 - noload / rtt)), L = the whole part of log10(limit), at least 1 below
/// 1000. A drop takes L. Else, while less than half of the limit is in flight nothing changes; a
/// queue of at most L adds beta, below alpha it adds L, above beta it takes L. The smallest rtt
/// seen is that without load; after (0.5 to 1) * probe_multiplier * limit samples it is forgotten
/// for the current one, so that a slower service is noticed. Only that factor is drawn.
///
/// A sample with an rtt of 0 or below, at which Netflix throws, is left out. Smoothing outside
/// [0, 1] or NaN counts as 1.
///
/// Source   Netflix concurrency-limits 78a74b9 VegasLimit.java, Log10RootIntFunction.java.
/// Checked  tests/overload/vegas_test.cpp: the recorded run, 2,400 more steps with known draws.
class Vegas final : public ConcurrencyLimit {
 public:
  Vegas(const VegasOptions& options, AnyBits bits)
      : options_(options),
        smoothing_(options.smoothing >= 0 && options.smoothing <= 1 ? options.smoothing : 1),
        estimate_(options.initial_limit),
        limit_(options.initial_limit) {
    draw_jitter(bits);
  }

  std::uint32_t limit() const override { return limit_; }
  /// The shortest round trip since the last probe, in nanoseconds; 0 before the first.
  std::int64_t noload_rtt() const { return noload_rtt_; }

  void sample(std::int64_t, std::int64_t rtt, std::uint32_t in_flight, bool dropped,
              AnyBits bits) override {
    if (rtt <= 0) return;
    ++samples_;
    if (jitter_ * options_.probe_multiplier * estimate_ <= static_cast<double>(samples_)) {
      draw_jitter(bits);
      samples_ = 0;
      noload_rtt_ = rtt;
    } else if (noload_rtt_ == 0 || rtt < noload_rtt_) {
      noload_rtt_ = rtt;
    } else {
      update(rtt, in_flight, dropped);
    }
    limit_ = static_cast<std::uint32_t>(estimate_);
  }

 private:
  static std::uint32_t log10_of(std::uint32_t limit) {
    std::uint32_t digits = 0;
    for (; limit >= 10; limit /= 10) ++digits;
    return std::max(1u, digits);
  }

  void draw_jitter(AnyBits& bits) {
    jitter_ = 0.5 + 0.5 * (static_cast<double>(bits.bits() >> 11) * 0x1p-53);
  }

  void update(std::int64_t rtt, std::uint32_t in_flight, bool dropped) {
    const double queue =
        std::ceil(estimate_ * (1 - static_cast<double>(noload_rtt_) / static_cast<double>(rtt)));
    const std::uint32_t step = log10_of(static_cast<std::uint32_t>(estimate_));
    const double alpha = options_.alpha.value_or(3 * step);
    const double beta = options_.beta.value_or(6 * step);
    double limit = estimate_;
    if (dropped) {
      limit -= step;
    } else if (in_flight * 2.0 < estimate_) {
      return;
    } else if (queue <= step) {
      limit += beta;
    } else if (queue < alpha) {
      limit += step;
    } else if (queue > beta) {
      limit -= step;
    } else {
      return;
    }
    limit = std::max(1.0, std::min<double>(options_.max_concurrency, limit));
    estimate_ = (1 - smoothing_) * estimate_ + smoothing_ * limit;
  }

  VegasOptions options_;
  double smoothing_;
  double estimate_;
  std::uint32_t limit_;
  std::int64_t noload_rtt_ = 0;
  std::uint64_t samples_ = 0;  // since the last probe
  double jitter_ = 1;
};

}  // namespace highwater::resilience
