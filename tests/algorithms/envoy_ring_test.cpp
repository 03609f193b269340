#include "models/algorithms/hashing/envoy_ring.h"

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

TEST_CASE("envoy_ring: a ring of five hosts", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("envoy_hash.json")["derived"]["ring_n5_min1024"];
  const EnvoyRing table(numbered_targets(5, "10.0.0.", ":80"));
  CHECK(table.ring().size() == golden["size"].get<std::size_t>());
  for (std::size_t i = 0; i < golden["first20"].size(); ++i) {
    CHECK(table.ring().point(i).hash == golden["first20"][i][0].get<std::uint64_t>());
    CHECK(table.ring().point(i).target == golden["first20"][i][1].get<std::uint32_t>());
  }
  for (std::size_t i = 0; i < golden["key_choice_0_199"].size(); ++i)
    CHECK(table.lookup(key_of(i)) == golden["key_choice_0_199"][i].get<std::size_t>());
}

// The ring that Envoy's RingHashLoadBalancerTest.Basic writes out.
TEST_CASE("envoy_ring: twelve points for six hosts, as in Envoy's unit test",
          "[algorithms][hashing]") {
  std::vector<Target> targets;
  for (int port = 90; port < 96; ++port)
    targets.push_back({"127.0.0.1:" + std::to_string(port), 1});
  const EnvoyRing table(targets, EnvoyRingSettings{.minimum_size = 12});
  const std::vector<Ring<std::uint64_t>::Point> points = {
      {833437586790550860, 4},    {928266305478181108, 2},    {1033482794131418490, 0},
      {3551244743356806947, 5},   {3851675632748031481, 3},   {5583722120771150861, 1},
      {6311230543546372928, 1},   {7700377290971790572, 3},   {13144177310400110813u, 5},
      {13444792449719432967u, 2}, {15516499411664133160u, 4}, {16117243373044804889u, 0}};
  REQUIRE(table.ring().size() == points.size());
  for (std::size_t i = 0; i < points.size(); ++i) CHECK(table.ring().point(i) == points[i]);
  CHECK(table.lookup_hash(0) == 4);
  CHECK(table.lookup_hash(~std::uint64_t{0}) == 4);
  CHECK(table.lookup_hash(3551244743356806947) == 5);
  CHECK(table.lookup_hash(3551244743356806948) == 3);
  CHECK(table.lookup_hash(0, 1) == 2);  // the next point
  CHECK(table.lookup_hash(0, 12) == 4);
}

TEST_CASE("envoy_ring: the lightest host has a whole number of points", "[algorithms][hashing]") {
  const auto count = [](const EnvoyRing& table, std::uint32_t target) {
    std::size_t points = 0;
    for (std::size_t i = 0; i < table.ring().size(); ++i)
      points += table.ring().target(i) == target;
    return points;
  };
  const EnvoyRing table(weighted_targets({1, 2}), EnvoyRingSettings{.minimum_size = 3});
  CHECK(count(table, 0) == 1);
  CHECK(count(table, 1) == 2);
  const EnvoyRing cut(weighted_targets({1, 2}),
                      EnvoyRingSettings{.minimum_size = 3, .maximum_size = 1});
  CHECK(cut.ring().size() == 1);
  const EnvoyRing none(weighted_targets({1, 2}),
                       EnvoyRingSettings{.minimum_size = 0, .maximum_size = 0});
  CHECK(none.ring().empty());
  CHECK_FALSE(none.lookup("key"));
}

TEST_CASE("envoy_ring: points by MurmurHash2", "[algorithms][hashing]") {
  const std::vector<Target> targets = {{"a", 1}};
  const EnvoyRing table(targets,
                        EnvoyRingSettings{.minimum_size = 1, .points = EnvoyHash::murmur2});
  REQUIRE(table.ring().size() == 1);
  CHECK(table.ring().point(0).hash == murmur2_64a("a_0"));
}

TEST_CASE("envoy_ring: a host far lighter than the rest makes the greatest ring",
          "[algorithms][hashing]") {
  const EnvoyRing table(weighted_targets({1, 1'000'000'000}),
                        EnvoyRingSettings{.maximum_size = 100'000});
  CHECK(table.ring().size() == 100'001);  // its point beside the other's 100,000
}

}  // namespace
}  // namespace highwater::hashing
