#include "models/algorithms/caching/key_index.h"

#include <map>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

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
  CHECK(index.bytes() <= 100'000 * 12 + 200);
  const auto key_of = [](std::uint32_t slot) { return std::uint64_t{slot}; };
  CHECK(index.find(99'999, key_of) == 99'999);
  index.clear();
  CHECK(index.bytes() < 1000);
  CHECK(index.find(99'999, key_of) == KeyIndex::kNone);
}

// What says how many keys it will hold at most never gets a larger table than these need.
TEST_CASE("KeyIndex: grows no further than the keys it will hold", "[algorithms][caching]") {
  for (const std::uint32_t most : {1u, 16u, 1000u, 70'000u, 110'000u}) {
    KeyIndex index(most);
    for (std::uint32_t i = 0; i < most; ++i) index.add(i, i);
    CHECK(index.bytes() <= std::size_t{most} * 32 / 3 + 250);
  }
}

/// The key whose hash is `hash`: the finalizer of SplitMix64 backwards.
std::uint64_t key_of_hash(std::uint64_t hash) {
  hash = (hash ^ (hash >> 31) ^ (hash >> 62)) * 0x3196'42b2'd24d'8ec3;
  hash = (hash ^ (hash >> 27) ^ (hash >> 54)) * 0x96de'1b17'3f11'9089;
  return hash ^ (hash >> 30) ^ (hash >> 60);
}

// All hashes are at the very end of the table, or all alike: the worst that chosen keys can do.
TEST_CASE("KeyIndex: keys made to collide cost time and nothing else", "[algorithms][caching]") {
  for (const bool alike : {false, true}) {
    KeyIndex index;
    std::vector<std::uint64_t> keys;
    for (std::uint64_t i = 0; i < 3000; ++i) {
      const std::uint64_t tag = alike ? 0x1234'5678 : 0xffff'ffff - i / 3;
      keys.push_back(key_of_hash((tag << 32) | i));
      if (tag != 0xffff'ffff) REQUIRE(KeyIndex::tag_of(keys.back()) == tag);
    }
    const auto key_of = [&](std::uint32_t slot) { return keys[slot]; };
    for (std::uint32_t i = 0; i < keys.size(); ++i) index.add(keys[i], i);
    CHECK(index.bytes() < 3000 * 22);
    for (std::uint32_t i = 0; i < keys.size(); i += 2) index.remove(keys[i], i);
    for (std::uint32_t i = 0; i < keys.size(); ++i)
      REQUIRE(index.find(keys[i], key_of) == (i % 2 == 0 ? KeyIndex::kNone : i));
  }
}

}  // namespace
}  // namespace highwater::caching
