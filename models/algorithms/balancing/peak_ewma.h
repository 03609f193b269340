#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/math/math.h"
#include "models/algorithms/balancing/finagle_p2c.h"

namespace highwater::balancing {

/// balancing Ema: an exponential moving average over irregular observations.
///
/// An observation counts with 1 - exp(-dt / window), dt being the time since the one before. The
/// first is taken as it is.
///
/// Source   Finagle finagle-core util/Ema.scala; A. Eckner, Algorithms for Unevenly Spaced Time
///          Series: Moving Averages and Other Rolling Operators, 2012.
/// Checked  tests/algorithms/finagle_test.cpp: Finagle's EmaTest.
class Ema {
 public:
  /// In the unit of the stamps; 0: only the last observation counts.
  explicit Ema(std::int64_t window) : window_(window) {}

  /// Stamps never decrease. Returns the new average.
  double update(std::int64_t stamp, double value) {
    if (!stamp_) {
      average_ = value;
    } else if (stamp != *stamp_ || window_ <= 0) {
      const double past =
          window_ <= 0
              ? 0.0
              : math::exp(-static_cast<double>(stamp - *stamp_) / static_cast<double>(window_));
      average_ = value * (1 - past) + average_ * past;
    }
    stamp_ = stamp;
    return average_;
  }

  double last() const { return average_; }
  void reset() {
    stamp_.reset();
    average_ = 0;
  }

 private:
  std::int64_t window_;
  std::optional<std::int64_t> stamp_;
  double average_ = 0;
};

/// Cost times requests: the latency a request more would find, by what is known.
class PeakEwmaLoad {
 public:
  PeakEwmaLoad(const Balancer& balancer, const FinagleOptions& options)
      : costs_(balancer.size(), Ema(std::max<std::int64_t>(1, options.decay_time))) {}

  double load(const Balancer& balancer, std::size_t target, std::int64_t now) {
    Ema& cost = costs_[target];
    const double decayed = cost.update(now, 0);
    const double pending = balancer.in_flight(target);
    // One request finds out about a target without history; more wait for what it finds.
    if (decayed == 0 && pending > 0) return kPenalty + pending;
    return decayed * (pending + 1);
  }
  void began(const Balancer&, std::size_t, const Question&) {}
  void ended(const Balancer&, std::size_t target, const Ending& ending) {
    Ema& cost = costs_[target];
    const auto latency = static_cast<double>(std::max<std::int64_t>(0, ending.latency));
    if (latency > cost.last()) cost.reset();
    cost.update(ending.now, latency);
  }

 private:
  static constexpr double kPenalty = 140737488355327;  // 2^63 - 1 >> 16, nanoseconds: 39 hours

  std::vector<Ema> costs_;
};

/// balancing peak_ewma: of two distinct targets drawn, the one with the lower product of latency
/// and requests in flight plus one.
///
/// Latency is a moving average that jumps up to any higher latency at once and comes down slowly,
/// within the decay time. A target without history gets one request until that is answered; an idle
/// target's latency fades too, so that it is asked again.
///
/// Source   Finagle finagle-core loadbalancer/PeakEwma.scala, p2c/P2CPeakEwma.scala.
/// Checked  tests/algorithms/finagle_test.cpp: the three cases of Finagle's P2CPeakEwmaTest; the
///          load by hand.
using PeakEwma = FinagleP2c<PeakEwmaLoad>;

}  // namespace highwater::balancing
