#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/least_connections.h"
#include "models/algorithms/balancing/policy.h"
#include "models/algorithms/balancing/power_of_two.h"
#include "models/algorithms/balancing/random.h"
#include "models/algorithms/balancing/round_robin.h"
#include "models/algorithms/balancing/weighted.h"
#include "tests/algorithms/balancing_configs.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

std::vector<Target> targets(std::size_t count) {
  return std::vector<Target>(count);
}
std::vector<Target> weighing(std::initializer_list<std::uint32_t> weights) {
  std::vector<Target> result;
  for (const std::uint32_t weight : weights) result.push_back({.weight = weight});
  return result;
}

/// A source for policies that draw nothing: drawing throws.
struct NoBits {
  std::uint64_t bits() { throw std::logic_error("this policy draws nothing"); }
};

/// Sends a request that stays in flight.
template <BitSource G>
Pick send(Balancer& balancer, G& bits) {
  return balancer.pick({}, bits);
}
/// Sends a request that is answered at once, so that loads stay as they are.
template <BitSource G>
Pick ask(Balancer& balancer, G& bits) {
  const Pick picked = balancer.pick({}, bits);
  if (picked) balancer.finish(*picked, {});
  return picked;
}
Pick ask(Balancer& balancer) {
  NoBits none;
  return ask(balancer, none);
}

/// Shares of `picks` picks over the targets; a pick of none fails the test.
template <class PickOne>
std::vector<double> shares(std::size_t count, int picks, const PickOne& pick_one) {
  std::vector<double> result(count);
  for (int i = 0; i < picks; ++i) {
    const Pick picked = pick_one();
    REQUIRE(picked.has_value());
    result.at(*picked) += 1.0 / picks;
  }
  return result;
}

/// Puts so many requests in flight at each target: all others are unusable meanwhile.
template <BitSource G>
void load(Balancer& balancer, const std::vector<std::uint32_t>& loads, G& bits) {
  for (std::size_t i = 0; i < loads.size(); ++i) {
    for (std::size_t k = 0; k < loads.size(); ++k) balancer.set_usable(k, k == i, 0);
    for (std::uint32_t n = 0; n < loads[i]; ++n) REQUIRE(send(balancer, bits) == i);
  }
  for (std::size_t k = 0; k < loads.size(); ++k) balancer.set_usable(k, true, 0);
}

/// Whether a frequency over `picks` draws fits a probability (5 standard deviations).
bool fits(double frequency, double probability, int picks) {
  return std::abs(frequency - probability) <=
         5 * std::sqrt(probability * (1 - probability) / picks) + 1e-12;
}

TEST_CASE("round_robin: in turn, from the first", "[algorithms][balancing]") {
  RoundRobin balancer(targets(3));
  for (const std::size_t expected : std::initializer_list<std::size_t>{0, 1, 2, 0, 1, 2, 0})
    CHECK(ask(balancer) == expected);
}

// With a plain counter, target 3 would get half of the picks: its own share and that of 2.
TEST_CASE("round_robin: an unusable target's share goes to all others", "[algorithms][balancing]") {
  RoundRobin balancer(targets(4));
  balancer.set_usable(2, false, 0);
  const auto share = shares(4, 300, [&] { return ask(balancer); });
  CHECK(share[0] == Approx(1 / 3.0));
  CHECK(share[1] == Approx(1 / 3.0));
  CHECK(share[2] == 0);
  CHECK(share[3] == Approx(1 / 3.0));
}

TEST_CASE("weighted: the picks of a running nginx", "[algorithms][balancing][golden]") {
  const nlohmann::json golden = golden_json("nginx_wrr.json");
  int compared = 0;
  for (const auto& [name, picks] : golden.at("seqs").items()) {
    Weighted balancer(nginx_targets(golden.at("upstreams").at(name)));
    std::vector<std::size_t> got;
    for (std::size_t i = 0; i < picks.size(); ++i) got.push_back(ask(balancer).value());
    CAPTURE(name);
    CHECK(got == picks.get<std::vector<std::size_t>>());
    ++compared;
  }
  CHECK(compared == 4);
}

TEST_CASE("weighted: shares follow the weights of the usable", "[algorithms][balancing]") {
  Weighted balancer(weighing({5, 3, 2, 0}));
  auto share = shares(4, 1000, [&] { return ask(balancer); });
  CHECK(share[0] == Approx(0.5));
  CHECK(share[1] == Approx(0.3));
  CHECK(share[2] == Approx(0.2));
  CHECK(share[3] == 0);
  balancer.set_usable(0, false, 0);
  share = shares(4, 1000, [&] { return ask(balancer); });
  CHECK(share[0] == 0);
  CHECK(share[1] == Approx(0.6));
  CHECK(share[2] == Approx(0.4));
}

TEST_CASE("weighted: a changed weight counts from the next pick on", "[algorithms][balancing]") {
  Weighted balancer(weighing({1, 1}));
  balancer.set_weight(1, 3, 0);
  const auto share = shares(2, 400, [&] { return ask(balancer); });
  CHECK(share[1] == Approx(0.75));
}

TEST_CASE("weighted: nobody of weight 0 is picked, even alone", "[algorithms][balancing]") {
  Weighted balancer(weighing({0, 0}));
  CHECK_FALSE(ask(balancer).has_value());
}

TEST_CASE("random: every usable target is equally likely", "[algorithms][balancing]") {
  // 1 of 16 usable is the case that redrawing cannot settle.
  for (const std::size_t unusable : std::initializer_list<std::size_t>{0, 1, 8, 15}) {
    SplitMix bits{unusable + 1};
    Random balancer(targets(16));
    for (std::size_t i = 0; i < unusable; ++i) balancer.set_usable((i * 5) % 16, false, 0);
    const int picks = 50'000;
    const auto share = shares(16, picks, [&] { return ask(balancer, bits); });
    for (std::size_t i = 0; i < 16; ++i) {
      const double probability = balancer.usable(i) ? 1.0 / double(16 - unusable) : 0;
      CAPTURE(unusable, i);
      CHECK(fits(share[i], probability, picks));
    }
  }
}

TEST_CASE("least_connections: always one of the least loaded",
          "[algorithms][balancing][property]") {
  SplitMix bits{1};
  for (int i = 0; i < 500; ++i) {
    std::vector<std::uint32_t> loads(1 + bits.bits() % 8);
    for (std::uint32_t& requests : loads) requests = bits.bits() % 4;
    LeastConnections balancer(targets(loads.size()));
    load(balancer, loads, bits);
    std::uint32_t least = 4;
    for (std::size_t k = 0; k < loads.size(); ++k) {
      balancer.set_usable(k, bits.bits() % 4 != 0, 0);
      if (balancer.usable(k)) least = std::min(least, loads[k]);
    }
    const Pick picked = ask(balancer, bits);
    REQUIRE(picked.has_value() == (least < 4));
    if (picked) CHECK((balancer.usable(*picked) && loads[*picked] == least));
  }
}

TEST_CASE("least_connections: ties are broken evenly", "[algorithms][balancing]") {
  SplitMix bits{1};
  LeastConnections balancer(targets(4));
  load(balancer, {0, 7, 0, 0}, bits);
  const int picks = 50'000;
  const auto share = shares(4, picks, [&] { return ask(balancer, bits); });
  CHECK(share[1] == 0);
  for (const std::size_t i : std::initializer_list<std::size_t>{0, 2, 3})
    CHECK(fits(share[i], 1 / 3.0, picks));
}

TEST_CASE("least_connections: draws nothing where there is no tie", "[algorithms][balancing]") {
  SplitMix bits{1};
  LeastConnections balancer(targets(2));
  load(balancer, {1, 0}, bits);
  CHECK(ask(balancer) == 1u);
}

// For distinct loads the r-th least loaded of n (r from 0) wins when it is drawn with one of the
// n-1-r more loaded: 2 (n-1-r) / (n (n-1)). Drawing with replacement would give the last a share of
// 1/n².
TEST_CASE("power_of_two: exact shares for fixed loads", "[algorithms][balancing]") {
  SplitMix bits{3};
  PowerOfTwo balancer(targets(4));
  load(balancer, {40, 10, 30, 20}, bits);
  const int picks = 100'000;
  const auto share = shares(4, picks, [&] { return ask(balancer, bits); });
  CHECK(fits(share[1], 6 / 12.0, picks));
  CHECK(fits(share[3], 4 / 12.0, picks));
  CHECK(fits(share[2], 2 / 12.0, picks));
  CHECK(share[0] == 0);
}

TEST_CASE("power_of_two: equal loads give equal shares, by the first drawn",
          "[algorithms][balancing]") {
  struct Scripted {
    std::vector<std::uint64_t> values;
    std::size_t used = 0;
    std::uint64_t bits() { return values.at(used++); }
  };
  PowerOfTwo balancer(targets(4));
  // The upper halves 3/4 and 0 of the range draw target 3, then target 0.
  Scripted scripted{{0xC000'0000'0000'0000, 0x0000'0001'0000'0000}};
  CHECK(ask(balancer, scripted) == 3u);

  SplitMix bits{1};
  const int picks = 50'000;
  const auto share = shares(4, picks, [&] { return ask(balancer, bits); });
  for (const double frequency : share) CHECK(fits(frequency, 0.25, picks));
}

TEST_CASE("power_of_two: only usable targets, each pair equally likely",
          "[algorithms][balancing]") {
  // Two usable of twelve: redrawing seldom settles it, and both ways must give the same shares.
  for (const std::size_t usable : std::initializer_list<std::size_t>{1, 2, 3, 11}) {
    SplitMix bits{usable};
    PowerOfTwo balancer(targets(12));
    load(balancer, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, bits);
    for (std::size_t i = usable; i < 12; ++i) balancer.set_usable(i, false, 0);
    const int picks = 50'000;
    const auto share = shares(12, picks, [&] { return ask(balancer, bits); });
    const double n = double(usable);
    for (std::size_t i = 0; i < 12; ++i) {
      double probability = i < usable ? 2 * (n - 1 - double(i)) / (n * (n - 1)) : 0;
      if (usable == 1) probability = i == 0 ? 1 : 0;
      CAPTURE(usable, i);
      CHECK(fits(share[i], probability, picks));
    }
  }
}

TEST_CASE("balancing policies: each is listed once, in order, with its source",
          "[algorithms][balancing]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPolicies.size(); ++i) {
    CHECK(static_cast<std::size_t>(kPolicies[i].policy) == i);
    CHECK(names.insert(kPolicies[i].name).second);
    CHECK_FALSE(kPolicies[i].summary.empty());
    CHECK_FALSE(kPolicies[i].source.empty());
  }
}

TEST_CASE("make_balancer: runs the policy it was given", "[algorithms][balancing]") {
  const auto picks = [](Policy policy) {
    SplitMix bits{1};
    const auto balancer = make_balancer(policy, weighing({1, 3, 1}));
    load(*balancer, {9, 0, 5}, bits);
    std::vector<std::size_t> result;
    for (int i = 0; i < 60; ++i) result.push_back(ask(*balancer, bits).value());
    return result;
  };
  const auto count = [&](Policy policy, std::size_t which) {
    const auto result = picks(policy);
    return std::count(result.begin(), result.end(), which);
  };
  CHECK(count(Policy::round_robin, 1) == 20);
  CHECK(count(Policy::weighted, 1) == 36);
  CHECK(count(Policy::least_connections, 1) == 60);
  CHECK(count(Policy::power_of_two, 0) == 0);
  CHECK(count(Policy::power_of_two, 2) > 5);
  CHECK(count(Policy::random, 0) > 5);
}

}  // namespace
}  // namespace highwater::balancing
