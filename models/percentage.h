#pragma once

#include <cmath>
#include <cstdint>

#include "engine/describe/units.h"

namespace highwater {

/// The share as the percentage that its author wrote: 7 for "7%", where 0.07 * 100 is more than 7
/// in binary. A product that compares percentages would decide otherwise at the very threshold.
inline double percentage_of(Fraction share) {
  const double product = share.value * 100;
  const double nearest = std::round(product * 1e9) / 1e9;  // more decimals nobody writes
  // Reading, multiplying and dividing are off by half a unit in the last place each.
  return std::abs(nearest - product) <= 1e-15 * product ? nearest : product;
}

/// A share in the whole percents that Envoy counts in.
inline std::uint32_t whole_percent(Fraction fraction) {
  return static_cast<std::uint32_t>(std::llround(fraction.value * 100));
}

}  // namespace highwater
