#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/math/math.h"

namespace highwater::balancing {

struct EnvoySlowStartOptions {
  std::int64_t window = 0;  ///< Nanoseconds, counted in whole milliseconds; 0: no slow start.
  double aggression = 1.0;  ///< Above 1: faster at first. Not above 0: as 1.
  double min_weight_percent = 10;  ///< Of its weight; what a target begins with.
};

/// balancing EnvoySlowStart: the part of its weight that a target has so long after its return.
///
/// It is (elapsed / window)^(1 / aggression), but at least min_weight_percent.
///
/// Assumes  any return to health starts anew; Envoy starts for new hosts and for those that pass an
///          active health check again, but not for those that outlier detection lets back in.
/// Source   Envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc,
///          applySlowStartFactor, noHostsAreInSlowStart, recalculateHostsInSlowStart.
/// Checked  tests/algorithms/envoy_slow_start_test.cpp: the formula, its limits and Envoy's
///          expectations on aggression.
class EnvoySlowStart {
 public:
  EnvoySlowStart(const EnvoySlowStartOptions& options, std::size_t targets)
      : window_(options.window / kMillisecond),
        exponent_(options.aggression > 0 ? 1.0 / options.aggression : 1.0),
        least_(options.min_weight_percent / 100.0),
        since_(enabled() ? targets : 0, 0) {}

  bool enabled() const { return window_ > 0; }

  /// The target has become healthy.
  void begin(std::size_t target, std::int64_t now) {
    if (!enabled()) return;
    since_[target] = now;
    latest_ = std::max(latest_, now);
  }

  /// Whether some target may still be in slow start; Envoy ignores all weights' factors if not.
  bool active(std::int64_t now) const {
    return enabled() && (now - latest_) / kMillisecond <= window_;
  }

  /// In [min_weight_percent / 100, 1].
  double factor(std::size_t target, std::int64_t now) const {
    if (!active(now)) return 1;
    const std::int64_t elapsed = (now - since_[target]) / kMillisecond;
    if (elapsed >= window_) return 1;
    const double share =
        static_cast<double>(std::max<std::int64_t>(1, elapsed)) / static_cast<double>(window_);
    return std::max(exponent_ == 1.0 ? share : math::pow(share, exponent_), least_);
  }

 private:
  static constexpr std::int64_t kMillisecond = 1'000'000;

  std::int64_t window_;  // milliseconds
  double exponent_;
  double least_;
  std::int64_t latest_ = 0;
  std::vector<std::int64_t> since_;
};

}  // namespace highwater::balancing
