#pragma once

#include <span>

#include "engine/statistics/sliced.h"

namespace highwater {

/// Whether a number in system keeps growing.
struct Trend {
  double growth_per_s = 0;  ///< Least-squares slope over the second half of the run.
  bool growing = false;     ///< The growth is real: the component is unstable under its load.
};

/// Looks at the number in system of an unbounded queue (time average by fine slices of
/// `slice_seconds` each, all replications of a steady-state run).
///
/// A queue at the edge of stability is a random walk that is reflected at 0: it wanders upwards
/// like the square root of time, and a line fitted to it "significantly" grows in almost every run.
/// So the noise is that of such a walk: the steps between neighbouring slices of the second half,
/// independent of each other. An overloaded queue climbs by the same amount per slice, so its climb
/// outgrows the noise with the square root of the length. `growing` asks that, over the second
/// half,
///
///   - the climb is more than 4.5 standard errors of the walk (of 3/2 the variance of the steps
///     between slice averages, which is that of the walk itself),
///   - and at least a quarter of the level reached: a climb from 0 in the first half that then
///   stops
///     is a warm-up, not an overload.
///
/// Fewer than 20 slices are never judged. trend_test.cpp measures how often it is wrong.
Trend growth_trend(std::span<const SlicedSums* const> replications, double slice_seconds);

}  // namespace highwater
