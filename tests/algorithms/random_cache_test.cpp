#include <array>

#include <catch2/catch.hpp>

#include "models/algorithms/caching/random.h"
#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

// Chi squared over 20,000 evictions from 20 entries: 19 degrees of freedom, 43.8 is passed once in
// a thousand times; the seed is fixed.
TEST_CASE("random: each entry is equally likely to leave", "[algorithms][caching]") {
  SplitMix bits{1};
  std::array<int, 20> gone{};
  for (int i = 0; i < 20'000; ++i) {
    Random cache(20);
    for (std::uint64_t key = 0; key < 20; ++key) cache.insert({.key = key}, 0, bits);
    ++gone.at(cache.insert({.key = 20}, 0, bits)->key);
  }
  double chi = 0;
  for (const int count : gone) chi += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi < 43.8);
}

TEST_CASE("random: erasing closes the gap", "[algorithms][caching]") {
  SplitMix bits{1};
  Random cache(5);
  for (std::uint64_t key = 0; key < 5; ++key) cache.insert({.key = key}, 0, bits);
  CHECK(cache.erase(1));
  CHECK(cache.erase(4));
  CHECK_FALSE(cache.erase(1));
  CHECK(cache.size() == 3);
  for (const std::uint64_t key : {0u, 2u, 3u}) CHECK(cache.lookup(key, 0).outcome == Outcome::hit);
  CHECK_FALSE(cache.insert({.key = 7}, 0, bits).has_value());
  CHECK(cache.lookup(7, 0).outcome == Outcome::hit);
}

}  // namespace
}  // namespace highwater::caching
