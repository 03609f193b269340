#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/math/math.h"
#include "models/algorithms/random_bits.h"

namespace highwater::resilience {

/// How much a request matters. Source: Beyer et al., Site Reliability Engineering, 2016, chapter
/// 21, "Criticality".
enum class Criticality : std::uint8_t {
  critical_plus,   ///< Failing it is visible and serious; capacity is provided for it.
  critical,        ///< The default: failing it is visible.
  sheddable_plus,  ///< Partial failure is expected: batch jobs that can try again.
  sheddable,       ///< May be gone for long.
};
inline constexpr std::size_t kCriticalities = 4;

/// Where a class begins to be refused and where all of it is: shares of a resource, or of a queue.
struct ShedRange {
  double scaling_threshold = 1;
  double saturation_threshold = 1;
};

struct ShedderOptions {
  /// By class. Chosen, a step of 5 % of the resource each: the book gives no numbers.
  std::array<ShedRange, kCriticalities> ranges = {ShedRange{0.95, 1.0}, ShedRange{0.9, 0.95},
                                                  ShedRange{0.85, 0.9}, ShedRange{0.8, 0.85}};
  double exponent = 1;  ///< 1: a straight line, Envoy; 3: a cubic one. Below 0 or NaN: as 1.
};

/// resilience shed: refuses by class, the less critical first, the more the fuller the resource.
///
/// Of a class, ((pressure - scaling) / (saturation - scaling)) ^ exponent of the requests are
/// refused, none below the scaling threshold and all from the saturation threshold on: Envoy's
/// scaled trigger. Equal thresholds, or ones the wrong way round, are a switch at the latter.
/// Pressure is any number: CPU, memory, a queue's length over its bound. One that is not a number,
/// nothing measured yet, refuses nobody.
///
/// Source   Envoy api/envoy/config/overload/v3/overload.proto (ScaledTrigger, ThresholdTrigger);
///          Site Reliability Engineering, chapter 21.
/// Checked  tests/overload/shedding_test.cpp: by hand, never a more critical class sooner.
class Shedder {
 public:
  explicit Shedder(const ShedderOptions& options = {}) : options_(options) {
    if (!(options_.exponent >= 0)) options_.exponent = 1;
  }

  /// With which probability a request of the class is refused.
  double probability(Criticality criticality, double pressure) const {
    const ShedRange& range = options_.ranges[static_cast<std::size_t>(criticality)];
    if (pressure >= range.saturation_threshold) return 1;
    if (!(pressure > range.scaling_threshold)) return 0;
    const double share = (pressure - range.scaling_threshold) /
                         (range.saturation_threshold - range.scaling_threshold);
    return options_.exponent == 1 ? share : math::pow(share, options_.exponent);
  }

  /// @return whether the request goes on. Draws where that is in doubt.
  bool admit(Criticality criticality, double pressure, AnyBits bits) const {
    const double refused = probability(criticality, pressure);
    if (refused <= 0 || refused >= 1) return refused <= 0;
    return static_cast<double>(bits.bits() >> 11) * 0x1p-53 >= refused;
  }

 private:
  ShedderOptions options_;
};

/// resilience priority_shed: Netflix' gateway: each request has a priority, 1 the most important to
/// 100 the least; those above a cutoff that falls with the cube of the overload are refused.
///
/// cutoff = 100 * (1 - overload ^ exponent), overload in [0, 1]: nothing is refused at 0,
/// everything at 1, so that at first only the least important feel it. The article shows the curve
/// and says that it is cubic, not the formula: this is the reading taken.
///
/// An overload outside [0, 1] is taken as the end that it lies beyond; not a number: as 0.
///
/// Source   M. Ellis et al., Keeping Netflix Reliable Using Prioritized Load Shedding, Netflix
///          Technology Blog, 2020.
/// Checked  tests/overload/shedding_test.cpp: by hand.
class PriorityShedder {
 public:
  /// @param exponent  Of the curve; below 0 or NaN: as 3.
  explicit PriorityShedder(double exponent = 3) : exponent_(exponent >= 0 ? exponent : 3) {}

  /// Requests with a priority above it are refused.
  double cutoff(double overload) const {
    if (!(overload > 0)) return 100;
    if (overload >= 1) return 0;
    return 100 * (1 - math::pow(overload, exponent_));
  }
  bool admit(double priority, double overload) const { return priority <= cutoff(overload); }

 private:
  double exponent_;
};

}  // namespace highwater::resilience
