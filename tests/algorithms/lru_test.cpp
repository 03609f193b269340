#include "models/algorithms/caching/lru.h"

#include <list>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

// Four independent libraries (lru-cache, mnemonist, Guava, golang-lru) were fed the same traces;
// exact LRU leaves no freedom, so the counts must be equal to the last hit.
TEST_CASE("lru: hits of four real libraries, exactly", "[algorithms][caching][golden]") {
  const nlohmann::json golden = golden_json("cache_hits.json");
  int compared = 0;
  for (const auto& row : golden.at("rows")) {
    if (row.at(1) != "LRU") continue;
    Lru cache(row.at(3).get<std::uint64_t>());
    std::uint64_t hits = 0;
    for (const std::uint16_t key : golden_trace(row.at(2))) {
      if (cache.lookup(key, 0).outcome == Outcome::hit) {
        ++hits;
      } else {
        cache.insert({.key = key}, 0);
      }
    }
    CAPTURE(row.dump());
    CHECK(hits == row.at(4).get<std::uint64_t>());
    ++compared;
  }
  CHECK(compared >= 48);
}

/// The textbook form: a list, newest first, searched from end to end.
struct NaiveLru {
  struct Entry {
    std::uint64_t key;
    std::int64_t expires;
    std::uint32_t version;
  };
  std::size_t capacity;
  std::list<Entry> entries;

  std::list<Entry>::iterator find(std::uint64_t key) {
    return std::find_if(entries.begin(), entries.end(), [&](auto& e) { return e.key == key; });
  }
  Lookup lookup(std::uint64_t key, std::int64_t now) {
    const auto it = find(key);
    if (it == entries.end()) return {Outcome::miss, 0};
    if (now >= it->expires) {
      entries.erase(it);
      return {Outcome::expired, 0};
    }
    entries.splice(entries.begin(), entries, it);
    return {Outcome::hit, it->version};
  }
  std::optional<Evicted> insert(const Item& item, std::int64_t now) {
    const auto it = find(item.key);
    std::optional<Evicted> evicted;
    if (it != entries.end()) {
      entries.erase(it);
    } else if (entries.size() == capacity) {
      evicted = Evicted{entries.back().key, now >= entries.back().expires};
      entries.pop_back();
    }
    entries.push_front({item.key, item.expires, item.version});
    return evicted;
  }
  bool erase(std::uint64_t key) {
    const auto it = find(key);
    if (it == entries.end()) return false;
    entries.erase(it);
    return true;
  }
};

TEST_CASE("lru: agrees with a naive list over random operations",
          "[algorithms][caching][property]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SplitMix bits{seed};
    const std::uint64_t capacity = 1 + bits.bits() % 20;
    Lru cache(capacity);
    NaiveLru naive{capacity, {}};
    std::int64_t now = 0;
    for (int i = 0; i < 4000; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 3);
      const std::uint64_t key = bits.bits() % 30;
      switch (bits.bits() % 8) {
        case 0:
          REQUIRE(cache.erase(key) == naive.erase(key));
          break;
        case 1:
        case 2:
        case 3: {
          const bool mortal = bits.bits() % 2 == 0;
          const Item item{
              key, mortal ? now + static_cast<std::int64_t>(bits.bits() % 40) : kNeverExpires,
              static_cast<std::uint32_t>(bits.bits())};
          const auto got = cache.insert(item, now);
          const auto want = naive.insert(item, now);
          REQUIRE(got.has_value() == want.has_value());
          if (got) {
            REQUIRE(got->key == want->key);
            REQUIRE(got->expired == want->expired);
          }
          break;
        }
        default: {
          const Lookup got = cache.lookup(key, now);
          const Lookup want = naive.lookup(key, now);
          REQUIRE(got.outcome == want.outcome);
          REQUIRE(got.version == want.version);
        }
      }
      REQUIRE(cache.size() == naive.entries.size());
    }
  }
}

TEST_CASE("lru: an entry is expired from its expiry on, once", "[algorithms][caching]") {
  Lru cache(10);
  cache.insert({.key = 1, .expires = 100, .version = 7}, 0);
  CHECK(cache.lookup(1, 99).outcome == Outcome::hit);
  CHECK(cache.lookup(1, 99).version == 7);
  CHECK(cache.lookup(1, 100).outcome == Outcome::expired);
  CHECK(cache.lookup(1, 100).outcome == Outcome::miss);
  CHECK(cache.size() == 0);
}

TEST_CASE("lru: a cache of no entries stores nothing", "[algorithms][caching]") {
  Lru cache(0);
  CHECK_FALSE(cache.insert({.key = 1}, 0).has_value());
  CHECK(cache.lookup(1, 0).outcome == Outcome::miss);
  CHECK(cache.size() == 0);
}

TEST_CASE("lru: memory follows the contents, not the capacity", "[algorithms][caching]") {
  Lru cache(1'000'000'000'000);
  CHECK(cache.bytes() < 1000);
  for (std::uint64_t key = 0; key < 1000; ++key) cache.insert({.key = key}, 0);
  CHECK(cache.bytes() < 100'000);
  cache.clear();
  CHECK(cache.bytes() < 1000);
  CHECK(cache.size() == 0);
  CHECK(cache.capacity() == 1'000'000'000'000);
}

TEST_CASE("lru: slots of erased entries are used again", "[algorithms][caching]") {
  Lru cache(1'000'000);
  for (std::uint64_t key = 0; key < 100; ++key) cache.insert({.key = key}, 0);
  const std::size_t before = cache.bytes();
  for (std::uint64_t key = 100; key < 10'000; ++key) {
    cache.erase(key - 100);
    cache.insert({.key = key}, 0);
  }
  CHECK(cache.bytes() == before);
  CHECK(cache.size() == 100);
}

}  // namespace
}  // namespace highwater::caching
