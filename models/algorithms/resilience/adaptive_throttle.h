#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "models/algorithms/random_bits.h"

namespace highwater::resilience {

struct AdaptiveThrottleOptions {
  std::int64_t window = 120'000'000'000;  ///< Nanoseconds of history: two minutes.
  double k = 2;  ///< Requests per accepted one that are sent; below 1 or NaN: as 1.
};

/// resilience adaptive_throttle: a client that throttles itself by how much of what it asks is
/// accepted.
///
/// A request is refused locally with probability max(0, (requests - k * accepts) / (requests + 1)),
/// of the last window. Requests are all that wanted to be sent, those refused here included;
/// accepts those that the backend did not refuse. So the backend gets about k times what it
/// accepts, and the throttle opens again by itself.
///
/// The book leaves open how the window slides: here in 120 steps (chosen: a second each by
/// default). A request is counted after its own decision. Where time goes backwards it stands
/// still. A window below 120 ns is 120 ns.
///
/// Source   Beyer et al., Site Reliability Engineering, 2016, chapter 21, "Client-Side Throttling".
/// Checked  tests/overload/adaptive_throttle_test.cpp: by hand, the rate that a backend gets.
class AdaptiveThrottle {
 public:
  explicit AdaptiveThrottle(const AdaptiveThrottleOptions& options = {})
      : step_(std::max<std::int64_t>(1, options.window / kSteps)),
        k_(options.k >= 1 ? options.k : 1) {}

  /// With which probability a request would be refused now.
  double probability(std::int64_t now) {
    roll(now);
    const auto requests = static_cast<double>(total_.requests);
    const double surplus = requests - k_ * static_cast<double>(total_.accepts);
    return std::max(0.0, surplus / (requests + 1));
  }

  /// Decides on a request and counts it. @return whether it may be sent. Draws where it is in
  /// doubt.
  bool admit(std::int64_t now, AnyBits bits) {
    const double refused = probability(now);
    count(now, &Counts::requests);
    return refused <= 0 || static_cast<double>(bits.bits() >> 11) * 0x1p-53 >= refused;
  }
  /// The backend has accepted a request, whatever came of it.
  void accepted(std::int64_t now) { count(now, &Counts::accepts); }

 private:
  static constexpr std::int64_t kSteps = 120;

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t accepts = 0;
  };

  void count(std::int64_t now, std::uint64_t Counts::*what) {
    roll(now);
    ++(steps_[static_cast<std::size_t>(latest_ % kSteps)].*what);
    ++(total_.*what);
  }

  void roll(std::int64_t now) {
    const std::int64_t step = now / step_;
    const std::int64_t passed = std::min(step - latest_, kSteps);
    for (std::int64_t i = 1; i <= passed; ++i) {
      Counts& gone = steps_[static_cast<std::size_t>((latest_ + i) % kSteps)];
      total_.requests -= gone.requests;
      total_.accepts -= gone.accepts;
      gone = {};
    }
    latest_ = std::max(latest_, step);
  }

  std::int64_t step_;
  double k_;
  std::array<Counts, kSteps> steps_{};
  Counts total_{};
  std::int64_t latest_ = 0;
};

}  // namespace highwater::resilience
