#include "engine/statistics/proportion.h"

#include <cmath>

#include "engine/kernel/check.h"
#include "engine/math/math.h"

namespace highwater {
namespace {

constexpr double kTail = 0.025;
constexpr int kHalvings = 60;

/// P(X >= k) of n tries that succeed with probability p each, 0 < p < 1, 0 < k <= n.
double upper_tail(std::uint64_t k, std::uint64_t n, double p) {
  const auto tries = static_cast<double>(n);
  const double log_p = math::log(p), log_q = math::log1p(-p);
  // From the likeliest term outwards nothing underflows that matters: each term by its logarithm.
  double log_choose = 0;
  double sum = 0;
  for (std::uint64_t i = 0; i <= n; ++i) {
    const auto successes = static_cast<double>(i);
    if (i > 0) log_choose += math::log((tries - successes + 1) / successes);
    if (i >= k) sum += math::exp(log_choose + successes * log_p + (tries - successes) * log_q);
  }
  return sum;
}

}  // namespace

Estimate proportion_estimate(std::uint64_t successes, std::uint64_t tries) {
  HIGHWATER_CHECK(successes <= tries);
  Estimate estimate;
  if (tries == 0) {
    estimate.note = "nothing was tried";
    return estimate;
  }
  estimate.value = static_cast<double>(successes) / static_cast<double>(tries);
  // The ends are where the tails are 2.5 %; tails grow with the probability, so halving finds them.
  const auto solve = [&](std::uint64_t k, double tail) {
    double low = 0, high = 1;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = (low + high) / 2;
      (upper_tail(k, tries, middle) < tail ? low : high) = middle;
    }
    return (low + high) / 2;
  };
  Interval interval{0, 1};
  if (successes > 0) interval.low = solve(successes, kTail);
  if (successes < tries) interval.high = solve(successes + 1, 1 - kTail);
  estimate.ci95 = interval;
  return estimate;
}

Estimate mean_estimate(const std::vector<double>& values) {
  Estimate estimate;
  if (values.empty()) {
    estimate.note = "nothing was observed";
    return estimate;
  }
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / n;
  estimate.value = mean;
  if (values.size() < 2) {
    estimate.note = "one value has no interval";
    return estimate;
  }
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = math::student_t_quantile(1 - kTail, n - 1) * std::sqrt(squares / (n - 1) / n);
  estimate.ci95 = Interval{mean - half, mean + half};
  return estimate;
}

}  // namespace highwater
