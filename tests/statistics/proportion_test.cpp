// Intervals of shares and means, against tables and closed forms.

#include "engine/statistics/proportion.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater {
namespace {

TEST_CASE("proportion: Clopper and Pearson's intervals", "[statistics]") {
  const auto interval = [](std::uint64_t k, std::uint64_t n) {
    return *proportion_estimate(k, n).ci95;
  };
  // All or none of n: (alpha / 2)^(1/n).
  CHECK(interval(10, 10).low == Approx(std::pow(0.025, 0.1)).epsilon(1e-9));
  CHECK(interval(10, 10).high == 1);
  CHECK(interval(0, 10).high == Approx(1 - std::pow(0.025, 0.1)).epsilon(1e-9));
  CHECK(interval(0, 10).low == 0);
  // R: binom.test(7, 20), binom.test(1, 2), binom.test(950, 1000).
  CHECK(interval(7, 20).low == Approx(0.1539092).margin(1e-6));
  CHECK(interval(7, 20).high == Approx(0.5921885).margin(1e-6));
  CHECK(interval(1, 2).low == Approx(0.01257912).margin(1e-7));
  CHECK(interval(1, 2).high == Approx(0.98742088).margin(1e-7));
  CHECK(interval(950, 1000).low == Approx(0.934612).margin(1e-4));
  CHECK(interval(950, 1000).high == Approx(0.962676).margin(1e-4));
  CHECK_FALSE(proportion_estimate(0, 0).value);
}

TEST_CASE("proportion: an interval covers what it should", "[statistics]") {
  constexpr double kTrue = 0.9;
  RandomStream random(1, "test", "coverage");
  int covered = 0;
  for (int i = 0; i < 2000; ++i) {
    std::uint64_t successes = 0;
    for (int k = 0; k < 20; ++k) successes += random.uniform() < kTrue;
    const Interval range = *proportion_estimate(successes, 20).ci95;
    covered += range.low <= kTrue && kTrue <= range.high;
  }
  CHECK(covered >= 1900);  // 95 % at least
}

TEST_CASE("proportion: the mean with Student's interval", "[statistics]") {
  const Estimate estimate = mean_estimate({1, 2, 3, 4});
  CHECK(*estimate.value == 2.5);
  // t(0.975, 3) = 3.182446, s = 1.290994
  CHECK(estimate.ci95->high == Approx(2.5 + 3.182446 * 1.290994 / 2).margin(1e-5));
  CHECK_FALSE(mean_estimate({1}).ci95);
  CHECK_FALSE(mean_estimate({}).value);
}

}  // namespace
}  // namespace highwater
