// The policies that products are measured by: least connections aside, power of d choices, the idle
// queue, and the worst there is.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/busiest.h"
#include "models/algorithms/balancing/join_idle_queue.h"
#include "models/algorithms/balancing/power_of_d.h"
#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

std::vector<Target> targets(std::size_t count) {
  return std::vector<Target>(count);
}

/// Puts so many requests in flight at each target.
void load(Balancer& balancer, const std::vector<std::uint32_t>& loads) {
  for (std::size_t i = 0; i < loads.size(); ++i)
    for (std::uint32_t n = 0; n < loads[i]; ++n) balancer.send(i, {});
}

std::vector<double> shares(Balancer& balancer, int picks, std::uint64_t seed = 1) {
  std::vector<double> result(balancer.size());  // whole numbers until the end
  SplitMix bits{seed};
  for (int i = 0; i < picks; ++i) {
    const Pick picked = balancer.pick({}, bits);
    REQUIRE(picked);
    ++result[*picked];
    balancer.finish(*picked, {});
  }
  for (double& share : result) share /= picks;
  return result;
}

bool fits(double frequency, double probability, int picks) {
  return std::abs(frequency - probability) <=
         5 * std::sqrt(probability * (1 - probability) / picks) + 1e-12;
}

double choose(double n, double k) {
  if (k > n) return 0;
  double product = 1;
  for (int i = 0; i < static_cast<int>(k); ++i) product *= (n - i) / (k - i);
  return product;
}

// With loads 0, 1, … n - 1 the target of load r wins if it is drawn and none below it is:
// C(n - 1 - r, d - 1) / C(n, d).
TEST_CASE("power_of_d: exact shares for fixed loads", "[algorithms][balancing]") {
  constexpr int kPicks = 100'000;
  for (const std::uint32_t d : {1u, 2u, 3u, 5u, 6u, 60u}) {
    CAPTURE(d);
    PowerOfD balancer(targets(6), {d});
    load(balancer, {5, 3, 0, 4, 1, 2});
    const auto share = shares(balancer, kPicks);
    const double asked = std::min(d, 6u);
    for (std::size_t i = 0; i < 6; ++i) {
      const double below = balancer.in_flight(i);
      CHECK(fits(share[i], choose(5 - below, asked - 1) / choose(6, asked), kPicks));
    }
  }
}

TEST_CASE("power_of_d: equals are equally likely, 0 counts as 1", "[algorithms][balancing]") {
  constexpr int kPicks = 60'000;
  for (const std::uint32_t d : {0u, 1u, 2u, 4u}) {
    PowerOfD balancer(targets(4), {d});
    for (const double share : shares(balancer, kPicks)) CHECK(fits(share, 0.25, kPicks));
  }
}

TEST_CASE("power_of_d: only those that may be picked count as choices", "[algorithms][balancing]") {
  std::vector<Target> list(5);
  list[0].weight = 0;
  list[1].down = true;
  list[2].max_in_flight = 1;
  PowerOfD balancer(list, {2});
  load(balancer, {0, 0, 1, 1, 0});
  SplitMix bits{1};
  // Both that are left are asked each time, so the idle one always wins.
  for (int i = 0; i < 100; ++i) {
    CHECK(balancer.pick({}, bits) == 4u);
    balancer.finish(4, {});
  }
  const std::vector<std::size_t> tried{4};
  CHECK(balancer.pick({.tried = tried}, bits) == 3u);
}

TEST_CASE("join_idle_queue: those idle for longest first", "[algorithms][balancing]") {
  JoinIdleQueue balancer(targets(3));
  ScriptedBits none{{}};  // nothing is drawn while somebody is idle
  CHECK(balancer.pick({}, none) == 0u);
  CHECK(balancer.pick({}, none) == 1u);
  balancer.finish(1, {});
  balancer.finish(0, {});
  CHECK(balancer.pick({}, none) == 2u);
  CHECK(balancer.pick({}, none) == 1u);
  CHECK(balancer.pick({}, none) == 0u);
}

TEST_CASE("join_idle_queue: any at random where nobody is idle", "[algorithms][balancing]") {
  constexpr int kPicks = 60'000;
  JoinIdleQueue balancer(targets(4));
  load(balancer, {1, 7, 2, 1});
  for (const double share : shares(balancer, kPicks)) CHECK(fits(share, 0.25, kPicks));
  balancer.set_usable(1, false, 0);
  const auto share = shares(balancer, kPicks);
  CHECK(share[1] == 0);
  for (const std::size_t i : {0u, 2u, 3u}) CHECK(fits(share[i], 1 / 3.0, kPicks));
}

TEST_CASE("join_idle_queue: who is down, full or tried keeps its place in the queue",
          "[algorithms][balancing]") {
  JoinIdleQueue balancer(targets(3));
  ScriptedBits none{{}};
  balancer.set_usable(0, false, 0);
  const std::vector<std::size_t> tried{1};
  CHECK(balancer.pick({.tried = tried}, none) == 2u);
  balancer.finish(2, {});
  balancer.set_usable(0, true, 0);
  CHECK(balancer.pick({}, none) == 0u);
  CHECK(balancer.pick({}, none) == 1u);
  CHECK(balancer.pick({}, none) == 2u);
  CHECK_FALSE([&] {
    SplitMix bits{1};
    for (std::size_t i = 0; i < 3; ++i) balancer.set_usable(i, false, 0);
    return balancer.pick({}, bits).has_value();
  }());
}

TEST_CASE("join_idle_queue: never a busy one while an idle one will do",
          "[algorithms][balancing]") {
  SplitMix bits{7};
  for (int round = 0; round < 50; ++round) {
    JoinIdleQueue balancer(targets(5));
    std::vector<std::size_t> open;
    for (int step = 0; step < 200; ++step) {
      if (!open.empty() && bits.bits() % 2 == 0) {
        std::swap(open[bits.bits() % open.size()], open.back());
        balancer.finish(open.back(), {});
        open.pop_back();
        continue;
      }
      bool idle = false;
      for (std::size_t i = 0; i < 5; ++i) idle |= balancer.in_flight(i) == 0;
      const std::size_t picked = balancer.pick({}, bits).value();
      if (idle) REQUIRE(balancer.in_flight(picked) == 1);
      open.push_back(picked);
    }
  }
}

TEST_CASE("busiest: fills the targets one by one", "[algorithms][balancing]") {
  std::vector<Target> list(3);
  for (Target& target : list) target.max_in_flight = 2;
  Busiest balancer(list);
  SplitMix bits{1};
  for (const std::size_t expected : {0u, 0u, 1u, 1u, 2u, 2u})
    CHECK(balancer.pick({}, bits) == expected);
  CHECK_FALSE(balancer.pick({}, bits));
  balancer.finish(1, {});
  CHECK(balancer.pick({}, bits) == 1u);
  Busiest unlimited(targets(3));
  for (int i = 0; i < 100; ++i) CHECK(unlimited.pick({}, bits) == 0u);
  unlimited.set_usable(0, false, 0);
  CHECK(unlimited.pick({}, bits) == 1u);
}

}  // namespace
}  // namespace highwater::balancing
