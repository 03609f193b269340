#include "models/algorithms/caching/key_index.h"

#include <map>

#include <catch2/catch.hpp>

#include "tests/algorithms/golden.h"

namespace highwater::caching {
namespace {

// The keys come from a small range so that additions, removals and moves keep meeting each other
// and the table often shifts cells back over a wrap-around.
TEST_CASE("KeyIndex: agrees with std::map over random operations", "[algorithms][caching]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SplitMix bits{seed};
    KeyIndex index;
    std::map<std::uint64_t, std::uint32_t> truth;
    std::vector<std::uint64_t> key_of_slot(4000);
    std::uint32_t next_slot = 0;
    const auto key_of = [&](std::uint32_t slot) { return key_of_slot[slot]; };
    const std::uint64_t range = std::uint64_t{10} << (seed % 6);
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t key = bits.bits() % range;
      const auto known = truth.find(key);
      const std::uint32_t found = index.find(key, key_of);
      REQUIRE(found == (known == truth.end() ? KeyIndex::kNone : known->second));
      if (known == truth.end()) {
        key_of_slot[next_slot] = key;
        index.add(key, next_slot);
        truth[key] = next_slot++;
      } else if (bits.bits() % 3 == 0) {
        key_of_slot[next_slot] = key;
        index.move(key, known->second, next_slot);
        known->second = next_slot++;
      } else {
        index.remove(key, known->second);
        truth.erase(known);
      }
      REQUIRE(index.size() == truth.size());
    }
    for (const auto& [key, slot] : truth) REQUIRE(index.find(key, key_of) == slot);
  }
}

TEST_CASE("KeyIndex: its memory follows its contents", "[algorithms][caching]") {
  KeyIndex index;
  CHECK(index.bytes() < 1000);
  for (std::uint32_t i = 0; i < 100'000; ++i) index.add(i, i);
  CHECK(index.bytes() <= 100'000 * 8 * 16 / 5);
  const auto key_of = [](std::uint32_t slot) { return std::uint64_t{slot}; };
  CHECK(index.find(99'999, key_of) == 99'999);
  index.clear();
  CHECK(index.bytes() < 1000);
  CHECK(index.find(99'999, key_of) == KeyIndex::kNone);
}

}  // namespace
}  // namespace highwater::caching
