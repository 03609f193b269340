#include "models/algorithms/balancing/envoy_locality.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::balancing {
namespace {

using Locality = EnvoyLocalityWeights::Locality;
using Mode = EnvoyZoneRouting::Mode;

TEST_CASE("EnvoyLocalityWeights: a locality loses weight below 1 / 1.4 of its targets",
          "[algorithms][balancing]") {
  CHECK(EnvoyLocalityWeights::effective_weight({7, 10, 10}, 140) == 7);
  CHECK(EnvoyLocalityWeights::effective_weight({7, 10, 8}, 140) == 7);
  CHECK(EnvoyLocalityWeights::effective_weight({7, 10, 5}, 140) == 7 * (140 / 100.0 * 0.5));
  CHECK(EnvoyLocalityWeights::effective_weight({7, 10, 5}, 100) == 3.5);
  CHECK(EnvoyLocalityWeights::effective_weight({7, 0, 0}, 140) == 0);
  CHECK(EnvoyLocalityWeights::effective_weight({0, 10, 10}, 140) == 0);
}

TEST_CASE("EnvoyLocalityWeights: in turn by weight", "[algorithms][balancing]") {
  const std::vector<Locality> localities = {{1, 1, 1}, {0, 5, 5}, {2, 1, 1}, {9, 3, 0}};
  EnvoyLocalityWeights weights(localities, 140, 0);
  std::vector<std::uint32_t> picked;
  for (int i = 0; i < 6; ++i) picked.push_back(weights.choose().value());
  CHECK(picked == std::vector<std::uint32_t>{2, 0, 2, 2, 0, 2});
  CHECK_FALSE(EnvoyLocalityWeights(std::vector<Locality>{{0, 5, 5}, {9, 3, 0}}, 140, 3)
                  .choose()
                  .has_value());
  CHECK_FALSE(EnvoyLocalityWeights().choose().has_value());
}

TEST_CASE("EnvoyZoneRouting: Envoy's case of a small zone", "[algorithms][balancing][golden]") {
  // ZoneAwareRoutingSmallZone: 1, 2 and 2 targets, a proxy in each zone.
  const EnvoyZoneRouting routing({.zones = {{1, 1}, {2, 1}, {2, 1}},
                                  .own_first = true,
                                  .proxies = 3,
                                  .proxy_zones = 3,
                                  .own_proxies = 1},
                                 {.min_cluster_size = 5});
  REQUIRE(routing.mode() == Mode::residual);
  CHECK(routing.stay() == 6000);  // 2,000 of 3,333
  ScriptedBits bits{{100}};
  CHECK(routing.choose(bits) == 0);
  bits.script({9999, 2});
  CHECK(routing.choose(bits) == 1);
  bits.script({6000, 666});
  CHECK(routing.choose(bits) == 1);
  bits.script({6000, 667});
  CHECK(routing.choose(bits) == 2);
  bits.script({5999});
  CHECK(routing.choose(bits) == 0);
  CHECK(bits.used_up());
}

TEST_CASE("EnvoyZoneRouting: Envoy's case of lost precision", "[algorithms][balancing][golden]") {
  // LowPrecisionForDistribution.
  const EnvoyZoneRouting routing({.zones = {{44'999, 45'000}, {55'001, 55'000}},
                                  .own_first = true,
                                  .proxies = 100'000,
                                  .proxy_zones = 2,
                                  .own_proxies = 45'000},
                                 {.min_cluster_size = 1});
  ScriptedBits bits{{9999, 2}};
  CHECK(routing.choose(bits) == 0);  // 2 modulo two zones
  bits.script({9999, 3});
  CHECK(routing.choose(bits) == 1);
}

TEST_CASE("EnvoyZoneRouting: all stay where the own zone has targets enough",
          "[algorithms][balancing][golden]") {
  // ZoneAwareRoutingLargeZoneSwitchOnOff.
  const EnvoyZoneRouting routing({.zones = {{1, 1}, {1, 1}, {1, 1}},
                                  .own_first = true,
                                  .proxies = 3,
                                  .proxy_zones = 3,
                                  .own_proxies = 1},
                                 {.min_cluster_size = 3});
  CHECK(routing.mode() == Mode::direct);
  ScriptedBits none;
  CHECK(routing.choose(none) == 0);
}

TEST_CASE("EnvoyZoneRouting: off where it would not help", "[algorithms][balancing][golden]") {
  const EnvoyZoneRouting::Census good{.zones = {{3, 1}, {3, 1}},
                                      .own_first = true,
                                      .proxies = 2,
                                      .proxy_zones = 2,
                                      .own_proxies = 1};
  CHECK(EnvoyZoneRouting(good, {}).mode() == Mode::direct);
  CHECK(EnvoyZoneRouting(good, {.min_cluster_size = 7}).mode() == Mode::off);
  auto census = good;
  census.zones.pop_back();
  CHECK(EnvoyZoneRouting(census, {.min_cluster_size = 1}).mode() == Mode::off);
  census = good;
  census.proxy_zones = 1;
  CHECK(EnvoyZoneRouting(census, {}).mode() == Mode::off);
  census = good;
  census.own_proxies = 0;
  CHECK(EnvoyZoneRouting(census, {}).mode() == Mode::off);
}

TEST_CASE("EnvoyZoneRouting: without targets in the own zone all cross",
          "[algorithms][balancing]") {
  const EnvoyZoneRouting routing({.zones = {{3, 0}, {3, 1}},
                                  .own_first = false,
                                  .proxies = 2,
                                  .proxy_zones = 2,
                                  .own_proxies = 1},
                                 {});
  REQUIRE(routing.mode() == Mode::residual);
  CHECK(routing.stay() == 0);
  // Zone 0 has room for 50 %; zone 1, full of its own proxies' requests, for none.
  SplitMix bits{1};
  for (int i = 0; i < 100; ++i) CHECK(routing.choose(bits) == 0);
}

// With equal proxies every target gets the same: the purpose of it all.
TEST_CASE("EnvoyZoneRouting: all zones' proxies together load all targets alike",
          "[algorithms][balancing][property]") {
  const std::vector<std::uint64_t> targets = {1, 2, 5};
  const std::vector<std::uint64_t> proxies = {4, 2, 2};
  std::vector<double> load(3);
  const int requests = 200'000;  // of each proxy
  SplitMix bits{3};
  for (std::size_t own = 0; own < 3; ++own) {
    EnvoyZoneRouting::Census census;
    std::vector<std::size_t> order = {own};
    for (std::size_t i = 0; i < 3; ++i)
      if (i != own) order.push_back(i);
    for (const std::size_t i : order) census.zones.push_back({targets[i], proxies[i]});
    census.own_first = true;
    census.proxies = 8;
    census.proxy_zones = 3;
    census.own_proxies = proxies[own];
    const EnvoyZoneRouting routing(census, {});
    for (int r = 0; r < requests; ++r)
      load[order[routing.choose(bits)]] += static_cast<double>(proxies[own]) / requests;
  }
  // Each of 8 targets should get what one of 8 proxies sends: one unit each.
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(load[i] / static_cast<double>(targets[i]) == Approx(1).epsilon(0.01));
}

TEST_CASE("envoy_feature_enabled: certainty draws nothing", "[algorithms][balancing]") {
  ScriptedBits bits{{197, 198}};
  CHECK_FALSE(envoy_feature_enabled(0, bits));
  CHECK(envoy_feature_enabled(100, bits));
  CHECK(envoy_feature_enabled(98, bits));
  CHECK_FALSE(envoy_feature_enabled(98, bits));
  CHECK(bits.used_up());
}

}  // namespace
}  // namespace highwater::balancing
