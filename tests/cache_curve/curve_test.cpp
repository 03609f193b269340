#include "models/cache_curve/curve.h"

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"
#include "tests/support/scratch_file.h"

namespace highwater::cache_curve {
namespace {

using caching::Policy;

/// Requests for `keys` keys with Zipf-like popularity (the square of a uniform number).
std::string skewed(std::size_t requests, double keys, std::uint64_t seed) {
  RandomStream random(random_key(seed, "test", "trace"));
  std::string text;
  for (std::size_t i = 0; i < requests; ++i) {
    const double u = random.uniform();
    text += std::to_string(static_cast<std::uint64_t>(keys * u * u * u)) + "\n";
  }
  return text;
}

MissCurves curves_of(const std::string& text, const CurvePlan& plan) {
  const ScratchFile file(text);
  Problems problems;
  const auto curves = measure(file.path(), {}, plan, problems);
  INFO(problems.text());
  REQUIRE(curves.has_value());
  return *curves;
}

std::vector<double> misses(const MissCurves::Curve& curve) {
  std::vector<double> result;
  for (const MissCurves::Point& point : curve.points) result.push_back(point.misses);
  return result;
}

TEST_CASE("cache_curve: what caches miss of a short trace", "[cache_curve]") {
  const MissCurves curves =
      curves_of("a\nb\na\nc\na\nb\n", {.policies = {Policy::lru}, .capacities = {1, 2, 3}});
  CHECK(curves.requests == 6);
  CHECK(curves.keys == 3);
  CHECK(misses(curves.curves.at(0)) == std::vector<double>{6, 4, 3});
  CHECK(*curves.curves[0].points[1].miss_ratio.value == Approx(4.0 / 6));
  CHECK_FALSE(curves.curves[0].points[1].miss_ratio.ci95.has_value());
}

TEST_CASE("cache_curve: min is the bound of them all, the last curve", "[cache_curve]") {
  CurvePlan plan{.policies = {Policy::lru, Policy::sieve, Policy::arc}, .capacities = {50, 500}};
  plan.min = true;
  const MissCurves curves = curves_of(skewed(20'000, 3000, 4), plan);
  REQUIRE(curves.curves.size() == 4);
  CHECK(curves.curves.back().policy == "min");
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < 2; ++k)
      CHECK(curves.curves[i].points[k].misses > curves.curves[3].points[k].misses);
}

TEST_CASE("cache_curve: threads and parts change nothing", "[cache_curve]") {
  const std::string text = skewed(30'000, 5000, 1);
  CurvePlan plan{.policies = {Policy::lru, Policy::redis_lru}};
  plan.jobs = 1;
  const MissCurves one = curves_of(text, plan);
  plan.jobs = 3;
  const MissCurves three = curves_of(text, plan);
  REQUIRE(one.curves.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(misses(one.curves[i]) == misses(three.curves[i]));
}

TEST_CASE("cache_curve: caches that do not fit memory together give the same", "[cache_curve]") {
  const std::string text = skewed(20'000, 4000, 5);
  for (const std::optional<double> sample : {std::optional<double>{}, std::optional(0.1)}) {
    CurvePlan plan{.policies = {Policy::lru, Policy::fifo, Policy::redis_lru}, .sample = sample};
    plan.min = true;
    const MissCurves together = curves_of(text, plan);
    plan.most_entries = 1;  // each in a pass of its own
    const MissCurves apart = curves_of(text, plan);
    REQUIRE(apart.curves.size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(misses(apart.curves[i]) == misses(together.curves[i]));
  }
}

TEST_CASE("cache_curve: the intervals of samples hold the truth", "[cache_curve]") {
  const std::string text = skewed(150'000, 60'000, 2);
  CurvePlan plan{.policies = {Policy::lru, Policy::redis_lru}, .capacities = {1000, 4000, 16'000}};
  const MissCurves whole = curves_of(text, plan);
  plan.sample = 0.05;
  int inside = 0;
  int all = 0;
  for (plan.seed = 1; plan.seed <= 20; ++plan.seed) {
    const MissCurves sampled = curves_of(text, plan);
    CHECK(sampled.samples == kSamples);
    CHECK(static_cast<double>(sampled.keys) ==
          Approx(static_cast<double>(whole.keys)).epsilon(.05));
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t k = 0; k < plan.capacities.size(); ++k) {
        const double truth = *whole.curves[i].points[k].miss_ratio.value;
        const Estimate& estimate = sampled.curves[i].points[k].miss_ratio;
        REQUIRE(estimate.ci95.has_value());
        CHECK(*estimate.value == Approx(truth).margin(0.06));
        ++all;
        inside += estimate.ci95->low <= truth && truth <= estimate.ci95->high;
      }
  }
  // 120 intervals, in groups of six that share their samples: 95 % would be 114.
  CHECK(inside >= all * 85 / 100);
}

TEST_CASE("cache_curve: no interval where the sampled caches are tiny", "[cache_curve]") {
  CurvePlan plan{.policies = {Policy::lru}, .capacities = {100, 10'000}, .sample = 0.01};
  const MissCurves curves = curves_of(skewed(50'000, 30'000, 3), plan);
  CHECK_FALSE(curves.curves[0].points[0].miss_ratio.ci95.has_value());
  CHECK_FALSE(curves.curves[0].points[0].miss_ratio.note.empty());
  CHECK(curves.curves[0].points[1].miss_ratio.ci95.has_value());
  CHECK(curves.notes.size() == 1);
}

TEST_CASE("cache_curve: usual capacities", "[cache_curve]") {
  CHECK(usual_capacities(1) == std::vector<std::uint64_t>{1});
  CHECK(usual_capacities(7) == std::vector<std::uint64_t>{1, 2, 5});
  CHECK(usual_capacities(48'974) ==
        std::vector<std::uint64_t>{50, 100, 200, 500, 1000, 2000, 5000, 10'000, 20'000});
}

TEST_CASE("cache_curve: a trace without requests is a problem", "[cache_curve]") {
  const ScratchFile file("");
  Problems problems;
  CHECK_FALSE(measure(file.path(), {}, {.policies = {Policy::lru}}, problems).has_value());
  CHECK_THAT(problems.text(), Catch::Contains("has no request"));
}

}  // namespace
}  // namespace highwater::cache_curve
