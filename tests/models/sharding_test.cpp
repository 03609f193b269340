#include "models/sharding.h"

#include <array>
#include <set>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/karger.h"

namespace highwater {
namespace {

TEST_CASE("Shards: consecutive keys spread evenly", "[models][sharding]") {
  for (const std::uint32_t count : {2u, 3u, 7u, 16u}) {
    const Shards shards(hashing::Scheme::modulo, "db", count);
    std::vector<double> keys(count, 0.0);
    for (std::uint64_t key = 0; key < 100'000; ++key) ++keys.at(shards.of(key));
    // The standard deviation of a shard's keys is at most sqrt(100000 / 2 / 2) = 158.
    for (const double held : keys) CHECK(held == Approx(100'000.0 / count).margin(800));
  }
}

TEST_CASE("Shards: a key is its decimal text, a shard its numbered name", "[models][sharding]") {
  const Shards shards(hashing::Scheme::karger, "db", 3);
  const std::array<hashing::Target, 3> targets{{{"db-0"}, {"db-1"}, {"db-2"}}};
  const hashing::Karger table(targets);
  std::set<std::size_t> seen;
  for (std::uint64_t key = 0; key < 100; ++key) {
    CHECK(shards.of(key) == table.lookup(std::to_string(key)));
    seen.insert(shards.of(key));
  }
  CHECK(seen.size() == 3);
  CHECK(Shards(hashing::Scheme::jump, "db", 1).of(~std::uint64_t{0}) == 0);
}

TEST_CASE("Shards: what stands in the directory is where it says", "[models][sharding]") {
  Shards shards(hashing::Scheme::modulo, "db", 4);
  const Shards others(hashing::Scheme::modulo, "db", 4);
  shards.list({{500, 600, 3}, {0, 10, 1}, {10, 11, 2}});
  for (std::uint64_t key = 0; key < 1000; ++key) {
    const bool first = key < 10, second = key == 10, third = key >= 500 && key < 600;
    CHECK(shards.of(key) == (first ? 1 : second ? 2 : third ? 3 : others.of(key)));
  }
}

TEST_CASE("sharding: the hash is SplitMix64's and loses no key", "[models][sharding]") {
  // First outputs of the reference splitmix64.c for seed 0, whose state advances by the golden
  // gamma.
  CHECK(key_hash(0x9e3779b97f4a7c15U) == 0xe220a8397b1dcdafU);
  CHECK(key_hash(2 * 0x9e3779b97f4a7c15U) == 0x6e789e6aa1b965f4U);
  std::set<std::uint64_t> hashes;
  for (std::uint64_t key = 0; key < 10'000; ++key) hashes.insert(key_hash(key));
  CHECK(hashes.size() == 10'000);
}

}  // namespace
}  // namespace highwater
