#include "engine/statistics/precision.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "engine/math/math.h"
#include "engine/statistics/ratio.h"

namespace highwater {

TEST_CASE("precision: what counts as reached", "[statistics][precision]") {
  const PrecisionRule rule(0.01, 1000);
  CHECK(rule.reached({100.0, Interval{99, 101}, ""}));
  CHECK_FALSE(rule.reached({100.0, Interval{99, 101.1}, ""}));  // the wider side decides
  CHECK(rule.reached({-100.0, Interval{-101, -99}, ""}));
  CHECK_FALSE(rule.reached({100.0, std::nullopt, ""}));
  CHECK_FALSE(rule.reached({}));
  CHECK(rule.reached({0.0, Interval{0, 0}, ""}));
  CHECK_FALSE(rule.reached({0.0, Interval{-1, 1}, ""}));
}

TEST_CASE("precision: how many next", "[statistics][precision]") {
  const PrecisionRule rule(0.01, 100);
  const std::vector<Estimate> good{{100.0, Interval{99.5, 100.5}, ""}};
  const std::vector<Estimate> twice{{100.0, Interval{99.5, 100.5}, ""},
                                    {100.0, Interval{98.5, 101.5}, ""}};
  const std::vector<Estimate> unknown{{100.0, std::nullopt, ""}};
  CHECK(rule.next(5, good) == 10);    // never judged before ten
  CHECK(rule.next(10, good) == 10);   // stop
  CHECK(rule.next(10, twice) == 25);  // 1.5^2 times as many, and a tenth to spare
  CHECK(rule.next(10, unknown) == 40);
  CHECK(rule.next(40, unknown) == 100);
  CHECK(rule.next(100, unknown) == 100);
  const std::vector<Estimate> nearly{{100.0, Interval{98.99, 101.01}, ""}};
  CHECK(rule.next(12, nearly) == 14);
}

TEST_CASE("precision: stopping by the width keeps the promise", "[statistics][precision]") {
  // Replications are normal around 10 with standard deviation 1.5; 3 % needs about a hundred.
  const PrecisionRule rule(0.03, 5000);
  int held = 0;
  const int seeds = 500;
  double used = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    RandomStream random(static_cast<std::uint64_t>(seed), "precision", "values");
    std::vector<BatchSequence> runs;
    Estimate estimate;
    std::size_t wanted = rule.next(0, {});
    while (runs.size() < wanted) {
      while (runs.size() < wanted) {
        const double value = 10 + 1.5 * math::normal_quantile(random.uniform());
        runs.push_back({{value, 1}});
      }
      const RatioInterval ratio = *replication_interval(runs, false);
      estimate = {ratio.value, interval_of(ratio), ""};
      wanted = rule.next(runs.size(), {&estimate, 1});
    }
    CHECK(rule.reached(estimate));
    held += estimate.ci95->low <= 10 && 10 <= estimate.ci95->high ? 1 : 0;
    used += static_cast<double>(runs.size());
  }
  CHECK(static_cast<double>(held) / seeds >= 0.93);
  CHECK(used / seeds > 90);
  CHECK(used / seeds < 150);
}

}  // namespace highwater
