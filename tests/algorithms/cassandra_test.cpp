#include "models/algorithms/hashing/cassandra.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

using Token = CassandraRing::Token;
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();

TEST_CASE("cassandra: a row belongs to the first token at or after its own",
          "[algorithms][hashing]") {
  const std::vector<Token> tokens = {{-100, 0}, {0, 1}, {100, 2}};
  const CassandraRing ring(tokens);
  CHECK(ring.lookup_token(kLeast) == 0);
  CHECK(ring.lookup_token(-101) == 0);
  CHECK(ring.lookup_token(-100) == 0);
  CHECK(ring.lookup_token(-99) == 1);
  CHECK(ring.lookup_token(0) == 1);
  CHECK(ring.lookup_token(100) == 2);
  CHECK(ring.lookup_token(101) == 0);
  CHECK(ring.lookup_token(kGreatest) == 0);
  CHECK(ring.lookup("key-0") == 0);  // its token is below -100
  CHECK_FALSE(CassandraRing(std::span<const Token>()).lookup("key"));
}

TEST_CASE("cassandra: SimpleStrategy takes the next distinct nodes", "[algorithms][hashing]") {
  const std::vector<Token> tokens = {{0, 0}, {1, 0}, {2, 1}, {3, 0}, {4, 2}, {5, 1}};
  const CassandraRing ring(tokens);
  std::array<std::uint32_t, 3> out{};
  CHECK(ring.simple_replicas(1, out) == 3);
  CHECK(out == std::array<std::uint32_t, 3>{0, 1, 2});
  CHECK(ring.simple_replicas(4, out) == 3);
  CHECK(out == std::array<std::uint32_t, 3>{2, 1, 0});
  std::array<std::uint32_t, 9> more{};
  CHECK(ring.simple_replicas(4, more) == 3);  // no more nodes than there are
}

TEST_CASE("cassandra: NetworkTopologyStrategy takes racks first", "[algorithms][hashing]") {
  // Nodes 0, 1, 2 in rack 0, node 3 in rack 1, node 4 in rack 2.
  const std::vector<Token> tokens = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}};
  const std::vector<CassandraLocation> places = {{0, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 2}};
  const CassandraRing ring(tokens);
  const auto replicas = [&](std::int64_t token, std::uint32_t wanted) {
    return ring.topology_replicas(token, places, std::vector<std::uint32_t>{wanted});
  };
  using Nodes = std::vector<std::uint32_t>;
  CHECK(replicas(0, 1) == Nodes{0});
  CHECK(replicas(0, 3) == Nodes{0, 3, 4});  // one of each rack
  CHECK(replicas(1, 3) == Nodes{1, 3, 4});
  CHECK(replicas(0, 4) == Nodes{0, 1, 3, 4});  // one rack may come twice: the first met does
  CHECK(replicas(3, 4) == Nodes{3, 4, 0, 1});
  CHECK(replicas(0, 5) == Nodes{0, 1, 2, 3, 4});
  CHECK(replicas(0, 9) == Nodes{0, 1, 2, 3, 4});  // no more than there are
  CHECK(replicas(0, 0).empty());
}

TEST_CASE("cassandra: each data center by itself", "[algorithms][hashing]") {
  const std::vector<Token> tokens = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}};
  const std::vector<CassandraLocation> places = {{0, 0}, {1, 0}, {0, 0}, {1, 1}, {0, 1}, {2, 0}};
  const CassandraRing ring(tokens);
  const std::vector<std::uint32_t> wanted = {2, 1};
  CHECK(ring.topology_replicas(0, places, wanted) == std::vector<std::uint32_t>{0, 1, 4});
  CHECK(ring.topology_replicas(2, places, wanted) == std::vector<std::uint32_t>{2, 3, 4});
  CHECK(ring.topology_replicas(5, places, wanted) == std::vector<std::uint32_t>{0, 1, 4});
  CHECK(ring.topology_replicas(0, {}, wanted).empty());
}

// What must hold of any answer, checked over random rings: as many replicas as possible, none
// twice, as many racks as possible, and none passed over that a fresh rack would have allowed.
TEST_CASE("cassandra: replicas spread over racks on any ring", "[algorithms][hashing][property]") {
  SplitMix bits{5};
  for (int round = 0; round < 300; ++round) {
    const std::size_t nodes = 1 + bits.bits() % 12;
    const std::vector<Target> targets = numbered_targets(nodes);
    const CassandraRing ring(targets, 8, bits);
    std::vector<CassandraLocation> places;
    std::array<std::set<std::uint32_t>, 2> racks;
    std::array<std::size_t, 2> members{};
    for (std::size_t i = 0; i < nodes; ++i) {
      const auto center = static_cast<std::uint32_t>(bits.bits() % 2);
      places.push_back({center, static_cast<std::uint32_t>(bits.bits() % 4)});
      racks[center].insert(places.back().rack);
      ++members[center];
    }
    const std::vector<std::uint32_t> wanted = {static_cast<std::uint32_t>(bits.bits() % 6),
                                               static_cast<std::uint32_t>(bits.bits() % 6)};
    const auto token = static_cast<std::int64_t>(bits.bits());
    const std::vector<std::uint32_t> replicas = ring.topology_replicas(token, places, wanted);
    for (const std::uint32_t center : {0u, 1u}) {
      std::set<std::uint32_t> seen;
      std::set<std::uint32_t> seen_racks;
      for (const std::uint32_t node : replicas) {
        if (places[node].datacenter != center) continue;
        CHECK(seen.insert(node).second);
        seen_racks.insert(places[node].rack);
      }
      CHECK(seen.size() == std::min<std::size_t>(wanted[center], members[center]));
      CHECK(seen_racks.size() == std::min<std::size_t>(wanted[center], racks[center].size()));
    }
    if (wanted[0] + wanted[1] > 0 && !replicas.empty()) {
      // The first replica of a center is its first node around the ring.
      std::vector<std::uint32_t> around(nodes);
      REQUIRE(ring.simple_replicas(token, around) == nodes);
      const auto first = std::find_if(around.begin(), around.end(), [&](std::uint32_t node) {
        return wanted[places[node].datacenter] > 0;
      });
      CHECK(replicas.front() == *first);
    }
  }
}

TEST_CASE("cassandra: random tokens come from the bits, in order", "[algorithms][hashing]") {
  struct Script {
    std::vector<std::uint64_t> values;
    std::size_t next = 0;
    std::uint64_t bits() { return values.at(next++); }
  };
  Script script{{5, 0, 5, 9, ~std::uint64_t{0}, 3}};
  const CassandraRing ring(numbered_targets(2), 2, script);
  CHECK(script.next == 6);  // 0 stands for no token and 5 was taken
  REQUIRE(ring.ring().size() == 4);
  CHECK(ring.ring().target(0) == 1);  // 3
  CHECK(ring.ring().target(1) == 0);  // 5
  CHECK(ring.ring().target(2) == 0);  // 9
  CHECK(ring.ring().target(3) == 1);  // 2^64 - 1
}

TEST_CASE("cassandra: tokens by weight, whatever the list", "[algorithms][hashing]") {
  const CassandraRing ring(weighted_targets({1, 0, 3}));
  CHECK(ring.ring().size() == 64);
  CHECK(ring.ring().owners() == 2);
  const CassandraRing huge(weighted_targets({4'000'000'000, 4'000'000'000}), 256);
  CHECK(huge.ring().size() <= CassandraRing::kMostTokens);
  CHECK(CassandraRing(numbered_targets(2), 0).ring().size() == 2);
  const std::vector<Target> twins = {{"a", 1}, {"a", 1}};
  CHECK(CassandraRing(twins).ring().owners() == 2);
}

}  // namespace
}  // namespace highwater::hashing
