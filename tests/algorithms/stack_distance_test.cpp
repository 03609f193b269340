#include "models/algorithms/caching/stack_distance.h"

#include <map>

#include <catch2/catch.hpp>

#include "models/algorithms/caching/lru.h"
#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

/// Misses of LRU at a capacity, by distances.
template <class Keys>
std::uint64_t misses(const Keys& keys, std::uint64_t capacity) {
  StackDistances distances;
  std::uint64_t count = 0;
  for (const auto key : keys) {
    const std::uint64_t distance = distances.access(key);
    count += distance == 0 || distance > capacity;
  }
  return count;
}

template <class Keys>
std::uint64_t simulated_misses(const Keys& keys, std::uint64_t capacity) {
  Lru cache(capacity);
  std::uint64_t count = 0;
  for (const auto key : keys) {
    if (cache.lookup(key, 0).outcome == Outcome::hit) continue;
    ++count;
    cache.insert({.key = key}, 0);
  }
  return count;
}

TEST_CASE("stack_distance: counts the different keys since the last request",
          "[algorithms][caching]") {
  StackDistances distances;
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{
      {7, 0}, {7, 1}, {8, 0}, {9, 0}, {7, 3}, {9, 2}, {9, 1}, {8, 3}};
  for (const auto& [key, distance] : expected) CHECK(distances.access(key) == distance);
  CHECK(distances.keys() == 3);
}

TEST_CASE("stack_distance: gives LRU's misses at every capacity of recorded traces",
          "[algorithms][caching]") {
  for (const char* name : {"zipf", "scan", "shift", "loop"}) {
    const auto keys = golden_trace(name);
    for (const std::uint64_t capacity : {1u, 2u, 100u, 500u, 1000u, 4000u}) {
      CAPTURE(name, capacity);
      CHECK(misses(keys, capacity) == simulated_misses(keys, capacity));
    }
  }
}

TEST_CASE("stack_distance: gives LRU's misses of random streams over any number of keys",
          "[algorithms][caching][property]") {
  SplitMix bits{1};
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t different = 1 + bits.bits() % 6000;
    std::vector<std::uint64_t> keys(20'000);
    for (std::uint64_t& key : keys) key = bits.bits() % different * 0x9e3779b97f4a7c15;
    const std::uint64_t capacity = 1 + bits.bits() % different;
    CAPTURE(different, capacity);
    CHECK(misses(keys, capacity) == simulated_misses(keys, capacity));
  }
}

}  // namespace
}  // namespace highwater::caching
