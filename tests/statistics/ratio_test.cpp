#include "engine/statistics/ratio.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "engine/math/math.h"

namespace highwater {
namespace {

/// Batches of weight 1 that follow a first-order autoregression around `mean`.
BatchSequence autoregression(RandomStream& random, double mean, double phi, std::size_t count) {
  BatchSequence batches;
  double state = math::normal_quantile(random.uniform()) / std::sqrt(1 - phi * phi);
  for (std::size_t i = 0; i < count; ++i) {
    state = phi * state + math::normal_quantile(random.uniform());
    batches.push_back({mean + state, 1});
  }
  return batches;
}

double share_that_hold(double phi, std::size_t replications, std::size_t slices) {
  int held = 0;
  const int seeds = 1000;
  for (int seed = 0; seed < seeds; ++seed) {
    RandomStream random(static_cast<std::uint64_t>(seed), "ratio", "autoregression");
    std::vector<BatchSequence> runs;
    for (std::size_t r = 0; r < replications; ++r) {
      runs.push_back(autoregression(random, 7, phi, slices));
    }
    const Interval interval = interval_of(*batch_means_interval(runs));
    held += interval.low <= 7 && 7 <= interval.high ? 1 : 0;
  }
  return static_cast<double>(held) / seeds;
}

}  // namespace

TEST_CASE("ratio: intervals hold under correlation", "[statistics][ratio]") {
  for (const double phi : {0.0, 0.5, 0.9}) {
    CAPTURE(phi);
    CHECK(share_that_hold(phi, 5, 180) >= 0.935);
    CHECK(share_that_hold(phi, 5, 180) <= 0.975);
    CHECK(share_that_hold(phi, 1, 180) >= 0.92);
  }
}

TEST_CASE("ratio: known residuals give the textbook interval", "[statistics][ratio]") {
  // Whole replications: means 1, 2, 3, 4 with equal weight.
  const std::vector<BatchSequence> runs{{{1, 1}}, {{2, 1}}, {{3, 1}}, {{4, 1}}};
  const RatioInterval ratio = *replication_interval(runs, false);
  CHECK(ratio.value == Approx(2.5));
  CHECK(ratio.standard_error == Approx(std::sqrt(5.0 / 3 / 4)));
  CHECK(ratio.degrees == 3);
  CHECK(ratio.bend == 0);
  const Interval interval = interval_of(ratio);
  CHECK(interval.high - 2.5 == Approx(3.182446 * ratio.standard_error).epsilon(1e-6));
  CHECK(2.5 - interval.low == Approx(interval.high - 2.5));
}

TEST_CASE("ratio: weights count", "[statistics][ratio]") {
  const std::vector<BatchSequence> runs{{{10, 10}}, {{2, 1}}, {{2, 1}}};
  CHECK(replication_interval(runs, false)->value == Approx(14.0 / 12));
  const std::vector<BatchSequence> constant{{{10, 5}, {4, 2}}, {{2, 1}, {6, 3}}};
  CHECK(batch_means_interval(constant)->standard_error == 0);
  CHECK(batch_means_interval(constant)->value == 2);
}

TEST_CASE("ratio: what cannot be judged is not", "[statistics][ratio]") {
  CHECK_FALSE(replication_interval({{{1, 1}, {2, 1}}}, false));
  CHECK_FALSE(batch_means_interval({{{1, 1}, {2, 1}, {3, 1}}}));
  CHECK_FALSE(batch_means_interval({{{0, 0}, {0, 0}, {3, 1}, {0, 0}, {2, 1}, {0, 0}}}));
  CHECK(batch_means_interval({{{1, 1}}, {{2, 1}}}));  // two whole replications
}

TEST_CASE("ratio: a run that never forgets is marked", "[statistics][ratio]") {
  BatchSequence climbing;
  for (int i = 0; i < 100; ++i) climbing.push_back({static_cast<double>(i), 1});
  CHECK(batch_means_interval({climbing})->still_correlated);
  RandomStream random(1, "ratio", "independent");
  CHECK_FALSE(batch_means_interval({autoregression(random, 0, 0, 100)})->still_correlated);
}

TEST_CASE("ratio: a long right tail widens the upper side", "[statistics][ratio]") {
  BatchSequence skewed;
  for (int i = 0; i < 60; ++i) skewed.push_back({i % 20 == 7 ? 10.0 : 1.0, 1});
  const RatioInterval ratio = *batch_means_interval({skewed});
  CHECK(ratio.bend > 0.02);
  const Interval interval = interval_of(ratio);
  CHECK(interval.high - ratio.value > 1.2 * (ratio.value - interval.low));
  CHECK(bent_quantile(2, 0) == 2);
  CHECK(bent_quantile(2, 0.1) < 2);
  CHECK(bent_quantile(-2, 0.1) < -2);
  CHECK(bent_quantile(2, -0.1) == Approx(-bent_quantile(-2, 0.1)));
}

TEST_CASE("ratio: shares stay shares", "[statistics][ratio]") {
  const Interval small = share_interval_of({0.001, 0.001, 10, 0.1, false});
  CHECK(small.low > 0);
  CHECK(small.low < 0.001);
  CHECK(small.high > 0.002);
  CHECK(small.high < 1);
  const Interval half = share_interval_of({0.5, 0.01, 1e6, 0, false});
  CHECK(half.high == Approx(0.5196).epsilon(1e-3));
  CHECK(half.low == Approx(1 - half.high));
}

}  // namespace highwater
