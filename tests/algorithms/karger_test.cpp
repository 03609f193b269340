#include "models/algorithms/hashing/karger.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/algorithms/placement.h"

namespace highwater::hashing {
namespace {

// Straight from the definition: the owner of the least point at or after the key's hash.
std::size_t owner(const std::vector<Target>& targets, std::uint32_t points, std::uint64_t hash) {
  std::size_t nearest = 0;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < targets.size(); ++i)
    for (std::uint32_t k = 0; k < points * targets[i].weight; ++k) {
      const std::uint64_t point = xxhash64(targets[i].name + "-" + std::to_string(k));
      if (point - hash < least) {  // the distance clockwise, around the end too
        least = point - hash;
        nearest = i;
      }
    }
  return nearest;
}

TEST_CASE("karger: the next point clockwise owns the key", "[algorithms][hashing]") {
  const std::vector<Target> targets = weighted_targets({1, 3, 0, 2});
  for (const std::uint32_t points : {1u, 5u, 160u}) {
    const Karger table(targets, points);
    CHECK(table.ring().size() == points * 6);
    for (std::size_t i = 0; i < 100; ++i)
      CHECK(table.lookup(key_of(i)) == owner(targets, points, xxhash64(key_of(i))));
  }
}

TEST_CASE("karger: memory is bounded whatever the settings", "[algorithms][hashing][costly]") {
  CHECK(Karger(weighted_targets({1, 1}), 0).ring().size() == 2);
  CHECK(Karger(weighted_targets({4'000'000'000, 1}), 1).ring().size() <= Karger::kMostPoints + 2);
}

}  // namespace
}  // namespace highwater::hashing
