#include "engine/statistics/trend.h"

#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr std::size_t kFewestSlices = 20;
constexpr double kStandardErrors = 4.5;
constexpr double kShareOfLevel = 0.25;
/// Averaging a random walk over each slice smooths it: its steps have 2/3 of the walk's variance.
constexpr double kSmoothing = 1.5;

double level(const SlicedSums& sums, std::size_t slice) {
  return sums.weight[slice] > 0 ? sums.sum[slice] / sums.weight[slice] : 0;
}

}  // namespace

Trend growth_trend(std::span<const SlicedSums* const> replications, double slice_seconds) {
  HIGHWATER_CHECK(slice_seconds > 0);
  Trend trend;
  if (replications.empty() || replications.front()->slices() < kFewestSlices) return trend;
  const std::size_t slices = replications.front()->slices();
  const std::size_t half = slices / 2;

  double climb = 0;  // over the second half, all replications together
  double reached = 0;
  double variance = 0;
  double products = 0;
  double squares = 0;
  for (const SlicedSums* replication : replications) {
    HIGHWATER_CHECK(replication->slices() == slices);
    const double replication_climb = level(*replication, slices - 1) - level(*replication, half);
    const double steps = static_cast<double>(slices - 1 - half);
    double step_squares = 0;
    for (std::size_t i = half; i < slices; ++i) {
      const double at = static_cast<double>(i) - 0.5 * static_cast<double>(half + slices - 1);
      products += at * level(*replication, i);
      squares += at * at;
      if (i == half) continue;
      const double step = level(*replication, i) - level(*replication, i - 1);
      const double deviation = step - replication_climb / steps;
      step_squares += deviation * deviation;
    }
    climb += replication_climb;
    reached += level(*replication, slices - 1);
    variance += kSmoothing * step_squares * steps / (steps - 1);
  }
  trend.growth_per_s = products / squares / slice_seconds;
  trend.growing = trend.growth_per_s > 0 && climb > kStandardErrors * std::sqrt(variance) &&
                  climb > kShareOfLevel * reached;
  return trend;
}

}  // namespace highwater
