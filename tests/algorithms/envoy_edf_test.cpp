#include "models/algorithms/balancing/envoy_edf.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

using Order = std::vector<std::uint32_t>;

template <class Weight>
Order picks(EdfScheduler& scheduler, std::size_t count, const Weight& weight) {
  Order result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(scheduler.pick(weight).value());
  return result;
}

TEST_CASE("EdfScheduler: nobody among none", "[algorithms][balancing]") {
  EdfScheduler scheduler;
  const auto weight = [](std::uint32_t) { return 1.0; };
  CHECK(scheduler.empty());
  CHECK_FALSE(scheduler.pick(weight).has_value());
  EdfScheduler picked = EdfScheduler::with_picks(0, weight, 123);
  CHECK_FALSE(picked.pick(weight).has_value());
}

TEST_CASE("EdfScheduler: equal weights take turns in order", "[algorithms][balancing]") {
  EdfScheduler scheduler;
  for (std::uint32_t i = 0; i < 128; ++i) scheduler.add(1, i);
  Order in_turn(128);
  std::iota(in_turn.begin(), in_turn.end(), 0u);
  for (int round = 0; round < 128; ++round)
    REQUIRE(picks(scheduler, 128, [](std::uint32_t) { return 1.0; }) == in_turn);
}

// Envoy's own test of this: after 1 + 2 + … + 128 picks each has had exactly its weight of them.
TEST_CASE("EdfScheduler: picks in proportion to the weights", "[algorithms][balancing]") {
  EdfScheduler scheduler;
  for (std::uint32_t i = 0; i < 128; ++i) scheduler.add(i + 1.0, i);
  std::vector<std::uint32_t> count(128);
  for (const std::uint32_t i :
       picks(scheduler, 128 * 129 / 2, [](std::uint32_t e) { return e + 1.0; }))
    ++count[i];
  for (std::uint32_t i = 0; i < 128; ++i) CHECK(count[i] == i + 1);
}

// load_balancer_impl_test.cc, RoundRobinLoadBalancerTest.Weighted.
TEST_CASE("EdfScheduler: a changed weight counts from the next turn on",
          "[algorithms][balancing][golden]") {
  std::vector<double> weights = {1, 2};
  const auto weight = [&](std::uint32_t i) { return weights[i]; };
  EdfScheduler scheduler = EdfScheduler::with_picks(2, weight, 0);
  CHECK(picks(scheduler, 6, weight) == Order{1, 0, 1, 1, 0, 1});
  weights = {2, 1};
  CHECK(picks(scheduler, 8, weight) == Order{1, 0, 0, 1, 0, 0, 1, 0});
  // Envoy before 2024 added one entry after the other, which settles this tie the other way.
  weights = {1, 2};
  EdfScheduler older;
  older.add(1, 0);
  older.add(2, 1);
  CHECK(picks(older, 6, weight) == Order{1, 0, 1, 1, 0, 1});
  weights = {2, 1};
  CHECK(picks(older, 8, weight) == Order{1, 0, 1, 0, 0, 1, 0, 0});
  weights = {2, 1, 3};
  scheduler = EdfScheduler::with_picks(3, weight, 0);
  CHECK(picks(scheduler, 12, weight) == Order{2, 0, 2, 1, 0, 2, 2, 0, 2, 1, 0, 2});
  weights = {1, 4};
  scheduler = EdfScheduler::with_picks(2, weight, 0);
  CHECK(picks(scheduler, 10, weight) == Order{1, 1, 1, 0, 1, 1, 1, 1, 0, 1});
}

// RoundRobinLoadBalancerTest.WeightedSeed.
TEST_CASE("EdfScheduler: starts after the picks made up", "[algorithms][balancing][golden]") {
  const auto weight = [](std::uint32_t i) { return i + 1.0; };
  EdfScheduler scheduler = EdfScheduler::with_picks(2, weight, 1);
  CHECK(picks(scheduler, 6, weight) == Order{0, 1, 1, 0, 1, 1});
}

// Envoy's SchedulerWithSomePicksEqualToEmptyWithAddedEntries, by what follows instead of by queues.
TEST_CASE("EdfScheduler: picks made up are as good as picks made", "[algorithms][balancing]") {
  const std::uint32_t entries = 128;
  const auto weight = [](std::uint32_t i) { return (100.5 - 0.01) / 128 * i + 0.01; };
  for (const std::uint32_t count : std::initializer_list<std::uint32_t>{0, 5, 140, 501, 123456}) {
    EdfScheduler one_by_one;
    for (std::uint32_t i = 0; i < entries; ++i) one_by_one.add(weight(i), i);
    picks(one_by_one, count, weight);
    EdfScheduler at_once = EdfScheduler::with_picks(entries, weight, count);
    CAPTURE(count);
    CHECK(picks(one_by_one, 1000, weight) == picks(at_once, 1000, weight));
  }
}

// Envoy's SchedulerWithRandomPicksFirstPickDistribution; here 100,000 starts, five deviations.
TEST_CASE("EdfScheduler: from random starts the first picks follow the weights",
          "[algorithms][balancing]") {
  SplitMix bits{7};
  for (const std::vector<double>& weights :
       std::initializer_list<std::vector<double>>{{25, 75}, {1, 99}, {50, 50}, {1, 20, 79}}) {
    const auto weight = [&](std::uint32_t i) { return weights[i]; };
    const int starts = 100'000;
    std::vector<int> first(weights.size());
    for (int i = 0; i < starts; ++i) {
      EdfScheduler scheduler =
          EdfScheduler::with_picks(static_cast<std::uint32_t>(weights.size()), weight,
                                   static_cast<std::uint32_t>(bits.bits()));
      ++first[scheduler.pick(weight).value()];
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double p = weights[i] / 100;
      CHECK(std::abs(first[i] - starts * p) < 5 * std::sqrt(starts * p * (1 - p)));
    }
  }
}

TEST_CASE("EdfScheduler: a great many picks made up cost no time", "[algorithms][balancing]") {
  const auto weight = [](std::uint32_t i) { return i + 0.5; };
  EdfScheduler scheduler = EdfScheduler::with_picks(1000, weight, 4'000'000'000u);
  std::vector<int> count(1000);
  for (const std::uint32_t i : picks(scheduler, 50'000, weight)) ++count[i];
  // 50,000 picks go to 1,000 entries in proportion i + 0.5, which sums up to 500,000.
  for (std::uint32_t i = 0; i < 1000; ++i) CHECK(std::abs(count[i] - (i + 0.5) / 10) <= 1.5);
}

}  // namespace
}  // namespace highwater::balancing
