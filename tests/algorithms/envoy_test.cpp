// Envoy's round robin, least request and random, level by level: the picks that its
// round_robin_lb_test.cc, least_request_lb_test.cc and random_lb_test.cc expect, named as there.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/balancing/envoy_balancer.h"
#include "models/algorithms/balancing/envoy_host_sets.h"
#include "models/algorithms/balancing/envoy_random.h"
#include "models/algorithms/balancing/envoy_scheduled.h"
#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing::envoy_test {
namespace {

using Picks = std::vector<std::size_t>;

constexpr std::int64_t kSecond = 1'000'000'000;

std::vector<Target> weighing(std::initializer_list<std::uint32_t> weights) {
  std::vector<Target> targets;
  for (const std::uint32_t weight : weights)
    targets.push_back(
        {.name = "127.0.0.1:" + std::to_string(80 + targets.size()), .weight = weight});
  return targets;
}
std::vector<Target> hosts(std::size_t count) {
  std::vector<Target> targets;
  for (std::size_t i = 0; i < count; ++i)
    targets.push_back({.name = "127.0.0.1:" + std::to_string(80 + i)});
  return targets;
}

template <class G>
Pick ask(Balancer& balancer, G& bits, std::int64_t now = 0) {
  const Pick picked = balancer.pick({.now = now}, bits);
  if (picked) balancer.finish(*picked, {.now = now});
  return picked;
}
/// Picks with nothing but one number drawn.
Picks ask(Balancer& balancer, int times, std::uint64_t number = 0, std::int64_t now = 0) {
  ConstantBits bits{number};
  Picks picks;
  for (int i = 0; i < times; ++i) picks.push_back(ask(balancer, bits, now).value());
  return picks;
}
/// What is to be in flight at each target.
void set_active(Balancer& balancer, const std::vector<std::uint32_t>& active) {
  for (std::size_t i = 0; i < active.size(); ++i) {
    while (balancer.in_flight(i) < active[i]) balancer.send(i, {});
    while (balancer.in_flight(i) > active[i]) balancer.finish(i, {});
  }
}

TEST_CASE("envoy_round_robin: NoHosts, SingleHost, Normal and Seed",
          "[algorithms][balancing][golden]") {
  ConstantBits zero;
  EnvoyRoundRobin none(hosts(0));
  CHECK_FALSE(ask(none, zero));
  EnvoyRoundRobin one(hosts(1));
  CHECK(ask(one, 3) == Picks{0, 0, 0});
  EnvoyRoundRobin two(hosts(2));
  CHECK(ask(two, 5) == Picks{0, 1, 0, 1, 0});
  EnvoyRoundRobin seeded(hosts(3));
  CHECK(ask(seeded, 4, 1) == Picks{1, 2, 0, 1});
}

TEST_CASE("envoy_round_robin: Weighted and WeightedSeed", "[algorithms][balancing][golden]") {
  EnvoyRoundRobin balancer(weighing({1, 2}));
  CHECK(ask(balancer, 6) == Picks{1, 0, 1, 1, 0, 1});
  EnvoyRoundRobin seeded(weighing({1, 2}));
  CHECK(ask(seeded, 6, 1) == Picks{0, 1, 1, 0, 1, 1});
  // A host more, then others less, each a new schedule from the seed.
  EnvoyRoundRobin three(weighing({2, 1, 3}));
  CHECK(ask(three, 12) == Picks{2, 0, 2, 1, 0, 2, 2, 0, 2, 1, 0, 2});
  EnvoyRoundRobin four(weighing({1, 4}));
  CHECK(ask(four, 10) == Picks{1, 1, 1, 0, 1, 1, 1, 1, 0, 1});
}

TEST_CASE("envoy_round_robin: WeightedInitializationPicksAllHosts",
          "[algorithms][balancing][golden]") {
  Picks counts(3);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    EnvoyRoundRobin balancer(weighing({6, 3, 1}));
    ++counts[ask(balancer, 1, seed)[0]];
  }
  CHECK(counts == Picks{6, 3, 1});
}

TEST_CASE("envoy_round_robin: MaxUnhealthyPanic and DisablePanicMode",
          "[algorithms][balancing][golden]") {
  EnvoyRoundRobin balancer(hosts(6));
  for (const std::size_t i : {2u, 3u, 4u, 5u}) balancer.set_usable(i, false, 0);
  CHECK(ask(balancer, 3) == Picks{0, 1, 2});  // 2 of 6 healthy: everybody
  for (const std::size_t i : {2u, 3u}) balancer.set_usable(i, true, 0);
  const Picks calm = ask(balancer, 8);
  CHECK(*std::max_element(calm.begin(), calm.end()) == 3);

  ConstantBits zero;
  EnvoyOptions failing;
  failing.hosts.fail_traffic_on_panic = true;
  EnvoyRoundRobin disabled(hosts(6), failing);
  for (const std::size_t i : {2u, 3u, 4u, 5u}) disabled.set_usable(i, false, 0);
  CHECK_FALSE(ask(disabled, zero));
  for (const std::size_t i : {2u, 3u}) disabled.set_usable(i, true, 0);
  CHECK(ask(disabled, zero).has_value());

  EnvoyOptions never;
  never.hosts.priority.panic_threshold = 0;
  EnvoyRoundRobin strict(hosts(1), never);
  strict.set_usable(0, false, 0);
  CHECK_FALSE(ask(strict, zero));
}

TEST_CASE("envoy_round_robin: BasicFailover, BasicDegradedHosts and their mixtures",
          "[algorithms][balancing][golden]") {
  std::vector<Target> levels = hosts(3);
  levels[1].priority = 1;
  levels[2].priority = 7;  // the numbers only rank
  EnvoyRoundRobin balancer(levels);
  CHECK(ask(balancer, 2) == Picks{0, 0});
  balancer.set_usable(0, false, 0);
  CHECK(ask(balancer, 2) == Picks{1, 1});
  balancer.set_usable(1, false, 0);
  CHECK(ask(balancer, 2) == Picks{2, 2});
  balancer.set_usable(2, false, 0);
  CHECK(ask(balancer, 1) == Picks{0});  // all in panic, by the first of 100 marks
  balancer.set_usable(2, true, 0);
  balancer.set_usable(0, true, 0);
  balancer.set_degraded(0, true, 0);
  CHECK(ask(balancer, 1) == Picks{2});  // healthy ones of a further level come first
  balancer.set_usable(2, false, 0);
  CHECK(ask(balancer, 1) == Picks{0});
  balancer.set_degraded(0, false, 0);
  CHECK(ask(balancer, 1) == Picks{0});
}

TEST_CASE("envoy_round_robin: levels share the load as their health says",
          "[algorithms][balancing]") {
  std::vector<Target> levels = hosts(8);
  for (std::size_t i = 4; i < 8; ++i) levels[i].priority = 1;
  EnvoyRoundRobin balancer(levels);
  for (const std::size_t i : {0u, 1u}) balancer.set_usable(i, false, 0);
  // 140 % of a half is 70 %: of 100 marks, 30 go to the second level.
  int second = 0;
  for (std::uint64_t hash = 0; hash < 100; ++hash) {
    ConstantBits bits{hash};
    second += ask(balancer, bits).value() >= 4;
  }
  CHECK(second == 30);
}

TEST_CASE("envoy_round_robin: HostSelectionWithFilter", "[algorithms][balancing][golden]") {
  EnvoyOptions options;
  options.hosts.host_selection_retry_max_attempts = 2;
  EnvoyRoundRobin balancer(hosts(2), options);
  ConstantBits zero;
  const std::vector<std::size_t> tried{1};
  for (int i = 0; i < 3; ++i) {
    CHECK(balancer.pick({.tried = tried}, zero) == 0u);
    balancer.finish(0, {});
  }
}

TEST_CASE("envoy_round_robin: Locality and DegradedLocality", "[algorithms][balancing][golden]") {
  std::vector<Target> zones = hosts(3);
  zones[0].locality = "A";
  zones[1].locality = zones[2].locality = "B";
  EnvoyOptions options;
  options.hosts.locality.mode = EnvoyLocalityMode::weighted;
  options.hosts.locality.weights = {{"A", 1}, {"B", 2}};
  EnvoyRoundRobin balancer(zones, options);
  Picks counts(3);
  for (const std::size_t picked : ask(balancer, 30)) ++counts[picked];
  CHECK(counts == Picks{10, 10, 10});
  balancer.set_degraded(1, true, 0);
  balancer.set_degraded(2, true, 0);
  // One of three healthy takes 46 %, the degraded ones the rest.
  ConstantBits high{50};
  CHECK(ask(balancer, high).value() > 0);
  ConstantBits low{0};
  CHECK(ask(balancer, low) == 0u);
}

TEST_CASE("envoy_least_request: NoHosts, SingleHost and Normal",
          "[algorithms][balancing][golden]") {
  ConstantBits zero;
  EnvoyLeastRequest none(hosts(0));
  CHECK_FALSE(ask(none, zero));
  EnvoyLeastRequest one(hosts(1));
  ScriptedBits bits{{7, 0, 2, 3}};  // where to begin; then the level and two hosts
  CHECK(ask(one, bits) == 0u);
  CHECK(bits.used_up());

  EnvoyLeastRequest two(hosts(2));
  set_active(two, {1, 2});
  bits.script({7, 0, 2, 3});
  CHECK(ask(two, bits) == 0u);
  set_active(two, {2, 1});
  bits.script({0, 2, 3});
  CHECK(ask(two, bits) == 1u);
  CHECK(bits.used_up());
}

TEST_CASE("envoy_least_request: PNC", "[algorithms][balancing][golden]") {
  ScriptedBits bits;
  for (const std::uint32_t choices : {2u, 5u}) {
    EnvoyOptions options;
    options.least_request.choice_count = choices;
    EnvoyLeastRequest balancer(hosts(4), options);
    set_active(balancer, {4, 3, 2, 1});
    bits.script(std::vector<std::uint64_t>(2 + choices, 0));
    CHECK(ask(balancer, bits) == 0u);
    CHECK(bits.used_up());
    if (choices != 5) continue;
    bits.script({0, 3, 0, 3, 2, 1});
    CHECK(ask(balancer, bits) == 3u);
    CHECK(bits.used_up());
  }
}

TEST_CASE("envoy_least_request: FullScan with one and with several of the least",
          "[algorithms][balancing][golden]") {
  EnvoyOptions options;
  options.least_request.selection_method = EnvoySelectionMethod::full_scan;
  EnvoyLeastRequest one(hosts(5), options);
  set_active(one, {4, 3, 2, 1, 5});
  SplitMix bits{1};
  for (int i = 0; i < 20; ++i) CHECK(ask(one, bits) == 3u);
  EnvoyLeastRequest three(hosts(5), options);
  set_active(three, {3, 3, 1, 1, 1});
  Picks counts(5);
  for (int i = 0; i < 300'000; ++i) ++counts[ask(three, bits).value()];
  CHECK(counts[0] + counts[1] == 0);
  for (const std::size_t i : {2u, 3u, 4u})
    CHECK(std::abs(static_cast<double>(counts[i]) - 100'000) < 1'500);
}

TEST_CASE("envoy_least_request: WeightImbalance, with a bias that is invalid and with 0",
          "[algorithms][balancing][golden]") {
  for (const std::optional<double> bias : {std::optional<double>(), std::optional(1.0),
                                           std::optional(-1.0), std::optional(double{NAN})}) {
    EnvoyOptions options;
    options.least_request.active_request_bias = bias;
    EnvoyLeastRequest balancer(weighing({1, 2}), options);
    CHECK(ask(balancer, 6) == Picks{1, 0, 1, 1, 0, 1});
    set_active(balancer, {0, 1});
    CHECK(ask(balancer, 5) == Picks{1, 0, 1, 0, 1});
    set_active(balancer, {1, 0});
    CHECK(ask(balancer, 10) == Picks{0, 1, 1, 1, 0, 1, 1, 1, 1, 0});
  }
  EnvoyOptions plain;
  plain.least_request.active_request_bias = 0.0;
  EnvoyLeastRequest balancer(weighing({1, 2}), plain);
  set_active(balancer, {0, 1});
  CHECK(ask(balancer, 6) == Picks{1, 0, 1, 1, 0, 1});
}

TEST_CASE("envoy_least_request: WeightImbalanceCallbacks", "[algorithms][balancing][golden]") {
  EnvoyLeastRequest balancer(weighing({1, 2}));
  CHECK(ask(balancer, 2) == Picks{1, 0});
  balancer.set_weight(1, 0, 0);  // gone
  CHECK(ask(balancer, 2) == Picks{0, 0});
}

TEST_CASE("envoy_least_request: shares of the draws with replacement", "[algorithms][balancing]") {
  // The busier of two gets a quarter: both draws may hit it.
  EnvoyLeastRequest balancer(hosts(2));
  set_active(balancer, {1, 0});
  SplitMix bits{5};
  int busier = 0;
  for (int i = 0; i < 100'000; ++i) busier += ask(balancer, bits) == 0u;
  CHECK(busier / 1e5 == Approx(0.25).margin(0.007));
}

TEST_CASE("envoy_random: NoHosts, Normal, FailClusterOnPanic", "[algorithms][balancing][golden]") {
  ConstantBits two{2};
  ConstantBits three{3};
  EnvoyRandom none(hosts(0));
  CHECK_FALSE(ask(none, two));
  EnvoyRandom balancer(hosts(2));
  CHECK(ask(balancer, two) == 0u);
  CHECK(ask(balancer, three) == 1u);
  EnvoyOptions options;
  options.hosts.fail_traffic_on_panic = true;
  EnvoyRandom failing(hosts(2), options);
  failing.set_usable(0, false, 0);
  failing.set_usable(1, false, 0);
  CHECK_FALSE(ask(failing, two));
}

TEST_CASE("envoy_random: each equally likely, whatever its weight", "[algorithms][balancing]") {
  EnvoyRandom balancer(weighing({1, 9, 0, 3}));
  SplitMix bits{1};
  Picks counts(4);
  for (int i = 0; i < 90'000; ++i) ++counts[ask(balancer, bits).value()];
  CHECK(counts[2] == 0);
  for (const std::size_t i : {0u, 1u, 3u})
    CHECK(static_cast<double>(counts[i]) == Approx(30'000).margin(900));
}

TEST_CASE("envoy_round_robin: slow start ends", "[algorithms][balancing]") {
  EnvoyOptions options;
  options.hosts.slow_start.window = 10 * kSecond;
  EnvoyRoundRobin balancer(hosts(2), options);
  balancer.set_usable(1, false, 100 * kSecond);
  balancer.set_usable(1, true, 200 * kSecond);
  Picks counts(2);
  for (const std::size_t picked : ask(balancer, 110, 0, 200 * kSecond)) ++counts[picked];
  CHECK(counts == Picks{100, 10});
  counts.assign(2, 0);
  for (const std::size_t picked : ask(balancer, 100, 0, 300 * kSecond)) ++counts[picked];
  CHECK(std::abs(static_cast<double>(counts[0]) - 50) <= 10);
}

// Through any changes: who is picked may be picked, and somebody is as long as somebody may be.
TEST_CASE("Envoy: picks only who may be picked, through any changes",
          "[algorithms][balancing][property]") {
  CHECK(rc::check([] {
    std::vector<Target> targets(*rc::gen::inRange<std::size_t>(0, 9));
    for (std::size_t i = 0; i < targets.size(); ++i) {
      targets[i].name = std::to_string(i);
      targets[i].weight = *rc::gen::inRange(0u, 5u);
      targets[i].priority = *rc::gen::inRange(0u, 3u);
      targets[i].max_in_flight = *rc::gen::element(0u, 0u, 1u, 3u);
      targets[i].locality = *rc::gen::element<std::string>("a", "b", "c");
    }
    EnvoyOptions options;
    options.hosts.priority.panic_threshold = *rc::gen::element(0u, 50u, 100u);
    options.hosts.fail_traffic_on_panic = *rc::gen::arbitrary<bool>();
    options.hosts.slow_start.window = *rc::gen::element<std::int64_t>(0, 5 * kSecond);
    options.hosts.locality.mode = *rc::gen::element(
        EnvoyLocalityMode::none, EnvoyLocalityMode::weighted, EnvoyLocalityMode::zone_aware);
    options.hosts.locality.weights = {{"a", 1}, {"b", 3}};
    options.hosts.locality.own = "a";
    options.hosts.locality.proxies = {{"a", 2, 2}, {"b", 1, 1}};
    options.hosts.locality.zone_aware.min_cluster_size = 2;
    EnvoyRoundRobin round_robin(targets, options);
    EnvoyLeastRequest least_request(targets, options);
    EnvoyRandom random(targets, options);
    const bool never_panics = options.hosts.priority.panic_threshold == 0;
    for (Balancer* balancer :
         std::initializer_list<Balancer*>{&round_robin, &least_request, &random}) {
      SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
      std::vector<std::size_t> open;
      std::int64_t now = 0;
      for (int step = 0; step < 60; ++step) {
        now += kSecond;
        const std::size_t which =
            targets.empty() ? 0 : *rc::gen::inRange<std::size_t>(0, targets.size());
        const int what = *rc::gen::inRange(0, 7);
        if (what == 0 && !targets.empty()) {
          balancer->set_usable(which, !balancer->usable(which), now);
        } else if (what == 1 && !targets.empty()) {
          balancer->set_weight(which, *rc::gen::inRange(0u, 4u), now);
        } else if (what == 2 && !targets.empty()) {
          balancer->set_degraded(which, *rc::gen::arbitrary<bool>(), now);
        } else if (what == 3 && !open.empty()) {
          balancer->finish(open.back(), {.now = now});
          open.pop_back();
        } else {
          const Pick picked = balancer->pick({.now = now}, bits);
          if (!picked) continue;
          RC_ASSERT(balancer->weight(*picked) > 0u);
          const std::uint32_t most = targets[*picked].max_in_flight;
          RC_ASSERT(most == 0 || balancer->in_flight(*picked) <= most);
          if (never_panics) RC_ASSERT(balancer->usable(*picked));
          open.push_back(*picked);
        }
      }
    }
  }));
}

}  // namespace
}  // namespace highwater::balancing::envoy_test
