#include "models/algorithms/hashing/maglev.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/crc.h"
#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::vector<std::uint32_t> cells(const Maglev& maglev) {
  return {maglev.table().begin(), maglev.table().end()};
}

std::vector<Target> ports(std::uint32_t first, const std::vector<std::uint32_t>& weights) {
  std::vector<Target> targets;
  for (std::uint32_t i = 0; i < weights.size(); ++i)
    targets.push_back({"127.0.0.1:" + std::to_string(first + i), weights[i]});
  return targets;
}

TEST_CASE("maglev: the tables of Envoy's unit tests", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("envoy_hash.json")["published"];
  const std::vector<std::uint32_t> equal(6, 1);
  CHECK(cells(Maglev(ports(90, equal), 7)) ==
        golden["maglev7_127.0.0.1:90..95"].get<std::vector<std::uint32_t>>());
  std::vector<Target> names;
  for (int i = 90; i < 96; ++i) names.push_back({std::to_string(i), 1});
  CHECK(cells(Maglev(names, 7)) ==
        golden["maglev7_hostnames_90..95"].get<std::vector<std::uint32_t>>());
  CHECK(cells(Maglev(ports(90, {1, 2}), 17)) ==
        golden["maglev17_w1_2"].get<std::vector<std::uint32_t>>());
}

TEST_CASE("maglev: localities by the product of weights, as Envoy's older test",
          "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("envoy_hash.json")["published"];
  const std::vector<Target> targets = ports(90, {1, 2, 5});
  const std::vector<std::uint32_t> locality = {0, 1, 7};
  const std::vector<std::uint32_t> weights = {8, 2};
  const std::vector<EnvoyHost> hosts = envoy_product_weights(targets, locality, weights);
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0].weight == 8);
  CHECK(hosts[1].weight == 4);
  CHECK(cells(Maglev(targets, hosts, 17)) ==
        golden["maglev17_locality_8_2"].get<std::vector<std::uint32_t>>());
}

// LocalityWeightedDifferentLocalityWeights of Envoy's maglev_lb_test today.
TEST_CASE("maglev: localities by shares, as Envoy's test today", "[algorithms][hashing]") {
  const std::vector<Target> targets = ports(90, {1, 2, 3});
  const std::vector<std::uint32_t> locality = {0, 2, 1};
  const std::vector<std::uint32_t> weights = {8, 0, 2};
  const std::vector<EnvoyHost> hosts = envoy_weights(targets, locality, weights);
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0].weight == 0.8);
  CHECK(hosts[1].weight == 0.2);
  CHECK(cells(Maglev(targets, hosts, 17)) ==
        std::vector<std::uint32_t>{1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0});
}

// LocalityWeightedLopsided: one host of locality weight 127, 1,023 that share a weight of 1.
TEST_CASE("maglev: lopsided localities, as in Envoy's test", "[algorithms][hashing]") {
  const std::vector<Target> targets = ports(0, std::vector<std::uint32_t>(1024, 1));
  std::vector<std::uint32_t> locality(1024, 1);
  locality[0] = 0;
  const std::vector<std::uint32_t> weights = {127, 1};
  std::vector<std::uint32_t> counts(1024);
  for (const std::uint32_t cell : cells(Maglev(targets, envoy_weights(targets, locality, weights))))
    ++counts.at(cell);
  CHECK(counts[0] == Maglev::kDefaultSize - 1023);
  CHECK(std::count(counts.begin() + 1, counts.end(), 1) == 1023);
}

TEST_CASE("maglev: no locality, no host", "[algorithms][hashing]") {
  const std::vector<Target> targets = ports(90, {1, 2});
  const std::vector<std::uint32_t> locality = {0, 1};
  CHECK(envoy_weights(targets, locality, {}).empty());
  CHECK(envoy_weights(targets, locality, std::vector<std::uint32_t>{0, 0}).empty());
  CHECK(envoy_weights(targets, {}, std::vector<std::uint32_t>{1, 1}).empty());
  CHECK(envoy_product_weights(targets, locality, std::vector<std::uint32_t>{0, 0}).empty());
  CHECK(envoy_product_weights(targets, {}, std::vector<std::uint32_t>{1, 1}).empty());
  CHECK_FALSE(Maglev(targets, std::vector<EnvoyHost>()).lookup("key"));
}

TEST_CASE("maglev: tables of the default size", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("envoy_hash.json")["derived"];
  for (const std::size_t n : {3u, 5u, 10u}) {
    CAPTURE(n);
    const nlohmann::json& table = golden["maglev65537_n" + std::to_string(n)];
    const std::vector<std::uint32_t> found = cells(Maglev(numbered_targets(n, "10.0.0.", ":80")));
    std::string bytes;
    std::vector<std::uint32_t> counts(n);
    for (const std::uint32_t cell : found) {
      bytes.push_back(static_cast<char>(cell));
      ++counts.at(cell);
    }
    CHECK(crc32(bytes) == table["crc32_of_bytes"].get<std::uint32_t>());
    CHECK(counts == table["counts"].get<std::vector<std::uint32_t>>());
    CHECK(std::vector(found.begin(), found.begin() + 64) ==
          table["first64"].get<std::vector<std::uint32_t>>());
  }
}

TEST_CASE("maglev: what the loss of one host of five moves", "[algorithms][hashing][golden]") {
  const nlohmann::json golden =
      golden_json("envoy_hash.json")["derived"]["maglev_disruption_remove_host3_of5"];
  std::vector<Target> targets = numbered_targets(5, "10.0.0.", ":80");
  const std::vector<std::uint32_t> before = cells(Maglev(targets));
  targets[2].weight = 0;
  const std::vector<std::uint32_t> after = cells(Maglev(targets));
  std::uint32_t changed = 0;
  std::uint32_t needless = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    changed += before[i] != after[i];
    needless += before[i] != after[i] && before[i] != 2;
  }
  CHECK(changed == golden["entries_changed_total"].get<std::uint32_t>());
  CHECK(needless == golden["entries_moved_not_owned_by_removed"].get<std::uint32_t>());
}

TEST_CASE("maglev: the order of configuration does not matter", "[algorithms][hashing]") {
  std::vector<Target> targets = weighted_targets({1, 5, 2, 7, 3});
  const Maglev forward(targets, 997);
  std::reverse(targets.begin(), targets.end());
  const Maglev backward(targets, 997);
  for (std::size_t i = 0; i < 997; ++i) CHECK(forward.table()[i] == 4 - backward.table()[i]);
}

TEST_CASE("maglev: a retry looks at the changed hash", "[algorithms][hashing]") {
  const Maglev table(numbered_targets(5), 101);
  for (std::uint64_t hash = 0; hash < 500; ++hash) {
    CHECK(table.lookup_hash(hash) == table.table()[hash % 101]);
    CHECK(table.lookup_hash(hash, 1) == table.table()[(hash ^ ~std::uint64_t{0}) % 101]);
    CHECK(table.lookup_hash(hash, 3) == table.table()[(hash ^ (~std::uint64_t{0} - 2)) % 101]);
  }
}

TEST_CASE("maglev: sizes that cannot be", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(3);
  CHECK(Maglev(targets, 0).table().size() == 2);
  CHECK(Maglev(targets, 1).table().size() == 2);
  CHECK(Maglev(targets, 9).table().size() == 11);
  CHECK(Maglev(targets, 100).table().size() == 101);
  CHECK(Maglev(targets, ~0u).table().size() == Maglev::kGreatestSize);
  CHECK(Maglev({}, 7).table().empty());
}

TEST_CASE("maglev: twins, and more hosts than cells", "[algorithms][hashing]") {
  const std::vector<Target> twins = {{"a", 1}, {"a", 1}};
  const Maglev shared(twins, 101);
  CHECK(std::count(shared.table().begin(), shared.table().end(), 0) == 51);
  const Maglev crowded(numbered_targets(50), 7);
  for (const std::uint32_t cell : crowded.table()) CHECK(cell < 50);
}

}  // namespace
}  // namespace highwater::hashing
