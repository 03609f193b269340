#include "models/algorithms/hashing/ringpop.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

std::vector<Target> servers(std::size_t count) {
  return numbered_targets(count, "10.0.0.", ":3000");
}

TEST_CASE("ringpop: owners and checksums of its rings", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("ringpop_ring.json");
  for (const std::size_t count : {5u, 6u, 8u}) {
    CAPTURE(count);
    const Ringpop ring(servers(count));
    const std::string owners = golden["n" + std::to_string(count)];
    REQUIRE(owners.size() >= 250);
    CHECK(choices(ring, owners.size()) == owners);
    CHECK(ring.checksum() == golden["checksum"][std::to_string(count)].get<std::uint32_t>());
  }
}

TEST_CASE("ringpop: preference lists", "[algorithms][hashing][golden]") {
  const nlohmann::json golden = golden_json("ringpop_ring.json")["lookupN3_n8"];
  const Ringpop ring(servers(8));
  REQUIRE(golden.size() >= 30);
  for (std::size_t i = 0; i < golden.size(); ++i) {
    std::array<std::uint32_t, 3> owners{};
    REQUIRE(ring.candidates(key_of(i), owners) == 3);
    CHECK(owners == golden[i].get<std::array<std::uint32_t, 3>>());
  }
}

// A search without an address stands before every point of its hash: the point itself is found.
TEST_CASE("ringpop: a key that is a point's own text belongs to it", "[algorithms][hashing]") {
  const Ringpop ring(servers(8));
  for (std::size_t server = 1; server <= 8; ++server)
    for (int replica = 0; replica < 100; ++replica) {
      const std::string key =
          "10.0.0." + std::to_string(server) + ":3000" + std::to_string(replica);
      CHECK(ring.lookup(key) == server - 1);
    }
}

// "a1" has the point "a1" + "0", "a" the point "a" + "10".
TEST_CASE("ringpop: equal points are ordered by address", "[algorithms][hashing]") {
  for (const bool turned : {false, true}) {
    std::vector<Target> targets = {{"a", 1}, {"a1", 1}};
    if (turned) std::reverse(targets.begin(), targets.end());
    const Ringpop ring(targets);
    for (int k = 10; k < 20; ++k)
      CHECK(targets[ring.lookup("a" + std::to_string(k)).value()].name == "a");
  }
}

TEST_CASE("ringpop: a name counts once, the order of names does not", "[algorithms][hashing]") {
  std::vector<Target> targets = servers(3);
  const Ringpop once(targets);
  targets.push_back(targets[1]);
  targets.push_back({"10.0.0.9:3000", 0});
  const Ringpop twice(targets);
  CHECK(once.checksum() == twice.checksum());
  CHECK(twice.ring().size() == 300);
  std::reverse(targets.begin(), targets.end());
  CHECK(Ringpop(targets).checksum() == once.checksum());
  CHECK(Ringpop({}).checksum() == farmhash_fingerprint32(""));
  CHECK(once.checksum() == farmhash_fingerprint32("10.0.0.1:3000;10.0.0.2:3000;10.0.0.3:3000"));
}

}  // namespace
}  // namespace highwater::hashing
