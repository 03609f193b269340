#pragma once

#include <cstdint>
#include <span>

namespace highwater::scaling {

/// How many replicas were calculated at one moment.
struct ReplicaSample {
  std::int64_t at = 0;  ///< Nanoseconds.
  std::int32_t replicas = 0;
};

/// scaling linear_regression: the straight line through past numbers of replicas, followed to a
/// moment ahead: ordinary least squares of the replicas on time.
///
/// @param history  In any order; at least one.
/// @return where the line is at `ahead`, not rounded; it may be less than 0.
///
/// Assumes  times are exact; the product cuts those it has stored off to whole seconds.
/// Edges    Samples of one and the same moment have no slope: their mean.
/// Source   Predictive Horizontal Pod Autoscaler 0.13, algorithms/linear_regression (statsmodels
///          OLS with a constant).
/// Checked  tests/scaling/linear_regression_test.cpp
inline double line_at(std::span<const ReplicaSample> history, std::int64_t ahead) {
  constexpr double kSecond = 1e9;
  // Counted back from one of the samples, so that small numbers are squared.
  const std::int64_t origin = history.front().at;
  const auto seconds = [&](std::int64_t at) { return static_cast<double>(at - origin) / kSecond; };
  const auto count = static_cast<double>(history.size());
  double time = 0;
  double replicas = 0;
  for (const ReplicaSample& sample : history) {
    time += seconds(sample.at);
    replicas += sample.replicas;
  }
  time /= count;
  replicas /= count;
  double together = 0;
  double spread = 0;
  for (const ReplicaSample& sample : history) {
    const double off = seconds(sample.at) - time;
    together += off * (sample.replicas - replicas);
    spread += off * off;
  }
  if (!(spread > 0)) return replicas;
  return replicas + together / spread * (seconds(ahead) - time);
}

}  // namespace highwater::scaling
