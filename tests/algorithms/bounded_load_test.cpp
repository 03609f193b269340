#include "models/algorithms/hashing/bounded_load.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/karger.h"
#include "tests/algorithms/placement.h"
#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

TEST_CASE("bounded_load: capacities are rounded up", "[algorithms][hashing]") {
  static_assert(bounded_capacity(125, 0, 1, 4) == 1);
  static_assert(bounded_capacity(100, 7, 1, 4) == 2);
  static_assert(bounded_capacity(125, 7, 1, 4) == 3);
  static_assert(bounded_capacity(125, 15, 1, 4) == 5);
  static_assert(bounded_capacity(125, 15, 2, 8) == 5);
  static_assert(bounded_capacity(0, 100, 1, 4) == 1);
  static_assert(bounded_capacity(~0u, ~std::uint64_t{0}, ~0u, 1) == ~std::uint64_t{0});
  static_assert(bounded_capacity(125, 1, 1, 0) == 0);
}

TEST_CASE("bounded_load: the bound holds at every step and nobody with room is passed over",
          "[algorithms][hashing][property]") {
  SplitMix bits{9};
  for (int round = 0; round < 40; ++round) {
    std::vector<std::uint32_t> weights(1 + bits.bits() % 8);
    for (std::uint32_t& weight : weights) weight = static_cast<std::uint32_t>(bits.bits() % 4);
    weights[0] += 1;
    const std::vector<Target> targets = weighted_targets(weights);
    const Karger table(targets, 20);
    const auto percent = static_cast<std::uint32_t>(100 + bits.bits() % 100);
    std::vector<std::uint32_t> loads(targets.size());
    std::uint64_t total = 0;
    std::uint64_t sum = 0;
    for (const std::uint32_t weight : weights) sum += weight;
    for (int step = 0; step < 300; ++step) {
      if (total > 0 && bits.bits() % 3 == 0) {  // somebody finishes
        const std::size_t i = bits.bits() % loads.size();
        if (loads[i] > 0) {
          --loads[i];
          --total;
        }
        continue;
      }
      const std::uint64_t hash = Karger::hash(key_of(bits.bits() % 5));  // a few hot keys
      const std::size_t chosen = bounded_load(table.ring(), hash, targets, loads, percent).value();
      const auto has_room = [&](std::size_t i) {
        return loads[i] < bounded_capacity(percent, total, weights[i], sum);
      };
      REQUIRE(has_room(chosen));
      for (std::size_t place = table.ring().place_of(hash); table.ring().target(place) != chosen;
           place = table.ring().next(place))
        REQUIRE_FALSE(has_room(table.ring().target(place)));
      ++loads[chosen];
      ++total;
    }
  }
}

TEST_CASE("bounded_load: without load it is the plain ring", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(5);
  const Karger table(targets);
  for (std::size_t i = 0; i < 200; ++i)
    CHECK(bounded_load(table.ring(), Karger::hash(key_of(i)), targets, {}, 125) ==
          table.lookup(key_of(i)));
}

TEST_CASE("bounded_load: everybody full, and nobody there", "[algorithms][hashing]") {
  const std::vector<Target> targets = numbered_targets(3);
  const Karger table(targets);
  const std::vector<std::uint32_t> loads = {9, 9, 9};
  const std::uint64_t hash = Karger::hash("key");
  CHECK(bounded_load(table.ring(), hash, targets, loads, 50) == table.lookup("key"));
  CHECK_FALSE(bounded_load(Karger({}).ring(), hash, {}, loads, 125));
}

}  // namespace
}  // namespace highwater::hashing
