#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/statistics/histogram.h"

namespace highwater {

/// One line of a percentile spectrum.
struct PercentilePoint {
  double value_ns = 0;      ///< Middle of the bucket; exact for the last point, the maximum.
  double quantile = 0;      ///< In [0, 1]: the share of observations at or below the value.
  std::uint64_t count = 0;  ///< Observations at or below the value.
};

/// The spectrum at ever finer steps towards 1: `steps_per_halving` points for each time the
/// distance to 1 halves, as HdrHistogram prints it, so that a chart over log(1 / (1 - quantile)) is
/// even. Only the first of several points with the same value and count is kept. Empty for an empty
/// histogram.
std::vector<PercentilePoint> percentile_spectrum(const Histogram& histogram,
                                                 int steps_per_halving = 5);

/// The spectrum as the text of a .hgrm file (value in milliseconds, quantile, total count,
/// 1/(1-quantile)), which the HdrHistogram plotter and others read.
std::string to_hgrm(const Histogram& histogram, int steps_per_halving = 5);

/// The histogram that a .hgrm text in milliseconds came from, as far as its points tell: every
/// observation between two points stands at the upper one, so that any quantile of the result is at
/// most one point too high. nullopt when a line is not of that form or counts fall.
std::optional<Histogram> from_hgrm(std::string_view text);

}  // namespace highwater
