#include "models/algorithms/caching/memcached.h"

#include <catch2/catch.hpp>

#include "tests/algorithms/golden_replay.h"

namespace highwater::caching::memcached_test {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

// With the clock standing still the thread has one pass, on an empty cache: all stays hot.
TEST_CASE("memcached: without the thread an item leaves over cold, the oldest first",
          "[algorithms][caching]") {
  Memcached cache(5);
  for (std::uint64_t key = 0; key < 5; ++key) cache.insert({.key = key}, 0);
  CHECK(cache.hot() == 5);
  CHECK(cache.insert({.key = 5}, 0)->key == 0);
  CHECK(cache.insert({.key = 6}, 0)->key == 1);
  CHECK(cache.cold() == 0);
}

TEST_CASE("memcached: the thread leaves hot its fifth and makes the rest cold",
          "[algorithms][caching]") {
  Memcached cache(1000);
  for (std::uint64_t key = 0; key < 100; ++key) cache.insert({.key = key}, 0);
  cache.lookup(5000, 10 * kMillisecond);
  CHECK(cache.hot() == 20);
  CHECK(cache.warm() == 0);
  CHECK(cache.cold() == 80);
}

TEST_CASE("memcached: the second fetch makes an item active, which saves it",
          "[algorithms][caching]") {
  Memcached cache(1000);
  for (std::uint64_t key = 0; key < 100; ++key) cache.insert({.key = key}, 0);
  cache.lookup(0, 0);
  cache.lookup(1, 0);
  cache.lookup(1, 0);
  cache.lookup(5000, 10 * kMillisecond);
  CHECK(cache.warm() == 1);            // 1; 0 was fetched but once
  cache.lookup(0, 11 * kMillisecond);  // its second fetch finds it cold: to warm at once
  CHECK(cache.warm() == 2);
  cache.lookup(2, 11 * kMillisecond);
  CHECK(cache.warm() == 2);
}

TEST_CASE("memcached: warm gives back what is above its share", "[algorithms][caching]") {
  Memcached cache(100);
  for (std::uint64_t key = 0; key < 100; ++key) cache.insert({.key = key}, 0);
  for (int fetch = 0; fetch < 2; ++fetch) {
    for (std::uint64_t key = 0; key < 100; ++key) cache.lookup(key, 0);
  }
  cache.lookup(5000, 50 * kMillisecond);
  CHECK(cache.warm() == 40);
  CHECK(cache.hot() + cache.cold() == 60);
}

// A cold item idle for 100 s lets a hot one be idle for 20 s and a warm one for 200 s.
TEST_CASE("memcached: items idle for too long go cold below the share too",
          "[algorithms][caching]") {
  Memcached cache(1000);
  for (std::uint64_t key = 0; key < 10; ++key) cache.insert({.key = key}, 0);
  cache.lookup(5000, 5 * kMillisecond);
  CHECK(cache.hot() == 2);  // of ten
  for (std::uint64_t key = 100; key < 102; ++key) cache.insert({.key = key}, 79 * kSecond);
  cache.lookup(5000, 90 * kSecond);
  CHECK(cache.hot() == 2);
  cache.lookup(5000, 110 * kSecond);
  CHECK(cache.hot() == 0);
}

TEST_CASE("memcached: expired items at the tails are reclaimed by the thread",
          "[algorithms][caching]") {
  Memcached cache(1000);
  for (std::uint64_t key = 0; key < 50; ++key) cache.insert({.key = key, .expires = kSecond}, 0);
  cache.lookup(5000, 3 * kSecond);
  CHECK(cache.size() == 0);
  CHECK(cache.expirations() == 50);
}

TEST_CASE("memcached: a set replaces the item and its history", "[algorithms][caching]") {
  Memcached cache(100);
  cache.insert({.key = 1, .version = 1}, 0);
  cache.lookup(1, 0);
  cache.insert({.key = 1, .version = 2}, 0);
  CHECK(cache.size() == 1);
  CHECK(cache.lookup(1, 0).version == 2);  // fetched once again, not active
  for (std::uint64_t key = 2; key < 20; ++key) cache.insert({.key = key}, 0);
  cache.lookup(5000, 5 * kMillisecond);
  CHECK(cache.warm() == 0);
}

TEST_CASE("memcached: a silence of a hundred years is made up for at once",
          "[algorithms][caching]") {
  Memcached cache(1000);
  for (std::uint64_t key = 0; key < 1000; ++key) cache.insert({.key = key}, 0);
  cache.lookup(1, 3'000'000'000 * kSecond);
  CHECK(cache.hot() == 0);
  CHECK(cache.size() == 1000);
}

}  // namespace
}  // namespace highwater::caching::memcached_test
