#include <set>

#include <catch2/catch.hpp>

#include "models/algorithms/caching/policy.h"
#include "tests/algorithms/golden.h"

namespace highwater::caching {
namespace {

TEST_CASE("caching policies: each is listed once, in order, with its source",
          "[algorithms][caching]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPolicies.size(); ++i) {
    CHECK(static_cast<std::size_t>(kPolicies[i].policy) == i);
    CHECK(names.insert(kPolicies[i].name).second);
    CHECK_FALSE(kPolicies[i].summary.empty());
    CHECK_FALSE(kPolicies[i].source.empty());
  }
}

TEST_CASE("Cache: holds to the contract under every policy", "[algorithms][caching]") {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    SplitMix bits{1};
    Cache cache(info.policy, 3);
    CHECK(cache.capacity() == 3);
    CHECK(cache.lookup(1, 0).outcome == Outcome::miss);
    CHECK_FALSE(cache.insert({.key = 1, .version = 11}, 0, bits).has_value());
    CHECK(cache.lookup(1, 0).version == 11);
    CHECK_FALSE(cache.insert({.key = 2, .expires = 1'000'000'000}, 0, bits).has_value());
    CHECK(cache.lookup(2, 2'000'000'000).outcome != Outcome::hit);
    CHECK(cache.expirations() == 1);
    CHECK_FALSE(cache.erase(2));
    CHECK(cache.erase(1));
    CHECK(cache.size() == 0);
    int evictions = 0;
    for (std::uint64_t key = 0; key < 10; ++key) {
      evictions += cache.insert({.key = key}, 3'000'000'000, bits).has_value();
    }
    CHECK(evictions == 7);
    CHECK(cache.size() == 3);
    cache.clear();
    CHECK(cache.size() == 0);
    CHECK(cache.lookup(9, 3'000'000'000).outcome == Outcome::miss);
  }
}

// The two policies must not be confused with each other: on the golden trace exact LRU has one
// answer.
TEST_CASE("Cache: runs the policy it was given", "[algorithms][caching][golden]") {
  const auto hits = [](Policy policy) {
    SplitMix bits{1};
    Cache cache(policy, 1000);
    std::uint64_t count = 0;
    std::int64_t now = 0;
    for (const std::uint16_t key : golden_trace("zipf")) {
      now += 1'000'000'000;
      if (cache.lookup(key, now).outcome == Outcome::hit) {
        ++count;
      } else {
        cache.insert({.key = key}, now, bits);
      }
    }
    return count;
  };
  CHECK(hits(Policy::lru) == 28'480);
  CHECK(hits(Policy::redis_lru) != 28'480);
  CHECK(hits(Policy::redis_lru) > 27'900);
}

}  // namespace
}  // namespace highwater::caching
