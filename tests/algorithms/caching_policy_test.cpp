#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/caching/policy.h"
#include "tests/support/golden.h"

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
      const Item item = {.key = key, .expires = 100'000'000'000};
      evictions += cache.insert(item, 3'000'000'000, bits).has_value();
    }
    CHECK(evictions == 7);
    CHECK(cache.refusals() == 0);
    CHECK(cache.size() == 3);
    cache.clear();
    CHECK(cache.size() == 0);
    CHECK(cache.lookup(9, 3'000'000'000).outcome == Outcome::miss);
  }
}

bool is_redis(const PolicyInfo& info) {
  return info.name.substr(0, 5) == "redis";
}

// Against the plain truth of what went in and out. Nothing is promised of who leaves, only that
// somebody does, that it was there, and that what is said to be there is.
TEST_CASE("Cache: contents, size and evictions agree under every policy",
          "[algorithms][caching][property]") {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    const bool holds = rc::check([&] {
      const auto capacity = *rc::gen::inRange<std::uint64_t>(0, 60);
      const auto range = *rc::gen::inRange<std::uint64_t>(1, 150);
      const auto step = *rc::gen::element<std::uint64_t>(1, 1'000'000, 3'000'000'000);
      SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
      Cache cache(info.policy, capacity);
      std::map<std::uint64_t, Item> truth;
      std::int64_t now = 0;
      for (int i = 0; i < 600; ++i) {
        now += static_cast<std::int64_t>(bits.bits() % step);
        const std::uint64_t key = bits.bits() % range;
        const auto known = truth.find(key);
        const std::uint64_t choice = bits.bits() % 100;
        if (choice == 0) {
          cache.clear();
          truth.clear();
        } else if (choice < 8) {
          const bool erased = cache.erase(key);
          // An active expiry or a maintainer may have been quicker.
          RC_ASSERT(!erased || known != truth.end());
          if (known != truth.end()) truth.erase(known);
        } else if (choice < 50) {
          const Lookup found = cache.lookup(key, now);
          if (found.outcome == Outcome::hit) {
            RC_ASSERT(known != truth.end());
            RC_ASSERT(found.version == known->second.version);
            RC_ASSERT(now / 1'000'000 <= known->second.expires / 1'000'000);
            if (!is_redis(info)) RC_ASSERT(now < known->second.expires);
          } else if (known != truth.end()) {
            RC_ASSERT(now >= known->second.expires);
            truth.erase(known);
          }
        } else {
          const bool mortal = bits.bits() % 2 == 0;
          const Item item = {key,
                             mortal ? now + std::int64_t(bits.bits() % (40 * step)) : kNeverExpires,
                             std::uint32_t(bits.bits())};
          const std::uint64_t refusals = cache.refusals();
          const auto evicted = cache.insert(item, now, bits);
          if (capacity == 0 || cache.refusals() != refusals) {
            RC_ASSERT(!evicted.has_value());
            RC_ASSERT((known == truth.end() || now >= known->second.expires));
          } else {
            truth[key] = item;
          }
          if (evicted) {
            RC_ASSERT(truth.erase(evicted->key) == 1u);
            if (!is_redis(info)) RC_ASSERT(evicted->key != key);
          }
        }
        RC_ASSERT(cache.size() <= capacity);
        RC_ASSERT(cache.size() <= truth.size());
        const auto mortals = std::count_if(truth.begin(), truth.end(), [&](const auto& entry) {
          return entry.second.expires <= now;
        });
        RC_ASSERT(cache.size() + std::uint64_t(mortals) >= truth.size());
      }
    });
    CHECK(holds);
  }
}

TEST_CASE("Cache: one entry, no entry and more than there can be", "[algorithms][caching]") {
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    SplitMix bits{1};
    Cache none(info.policy, 0);
    CHECK_FALSE(none.insert({.key = 1}, 0, bits).has_value());
    CHECK(none.lookup(1, 0).outcome == Outcome::miss);
    CHECK(none.size() == 0);

    Cache one(info.policy, 1);
    one.insert({.key = 1, .expires = 1'000'000'000'000}, 0, bits);
    const auto evicted = one.insert({.key = 2, .expires = 1'000'000'000'000}, 0, bits);
    REQUIRE(evicted.has_value());
    CHECK(one.size() == 1);
    CHECK(one.lookup(3 - evicted->key, 0).outcome == Outcome::hit);

    for (const std::uint64_t huge : {std::uint64_t{2'000'000'000}, ~std::uint64_t{0}}) {
      Cache cache(info.policy, huge);
      CHECK(cache.bytes() < 1000);
      for (std::uint64_t key = 0; key < 10'000; ++key) cache.insert({.key = key}, 0, bits);
      CHECK(cache.size() == 10'000);
      CHECK(cache.bytes() < 70 * 10'000);
      CHECK(cache.lookup(0, 0).outcome == Outcome::hit);
      cache.clear();
      CHECK(cache.bytes() < 1000);
      CHECK(cache.capacity() == huge);
    }
  }
}

TEST_CASE("Cache: what is to be fetched beforehand may be asked for any key",
          "[algorithms][caching]") {
  for (const PolicyInfo& info : kPolicies) {
    SplitMix bits{1};
    Cache cache(info.policy, 100);
    for (std::uint64_t key = 0; key < 50; ++key) cache.insert({.key = key}, 0, bits);
    for (std::uint64_t key = 0; key < 50; ++key) {
      CHECK(cache.first_place(key) != nullptr);
      CHECK(cache.second_place(key) != nullptr);
      CHECK(cache.first_place(key + 1000) != nullptr);
      cache.second_place(key + 1000);
    }
  }
}

// Options reach the policy that they are for: each of these changes its hits.
TEST_CASE("Cache: hands its options on", "[algorithms][caching][golden]") {
  const auto trace = golden_trace("shift");
  const auto hits = [&](Policy policy, const Options& options) {
    SplitMix bits{1};
    Cache cache(policy, 1000, options);
    std::uint64_t count = 0;
    std::int64_t now = 0;
    for (const std::uint16_t key : trace) {
      now += 100'000'000;
      if (cache.lookup(key, now).outcome == Outcome::hit) {
        ++count;
      } else {
        cache.insert({.key = key}, now, bits);
      }
    }
    return count;
  };
  const auto changes = [&](Policy policy, const auto& change) {
    Options options;
    change(options);
    return hits(policy, options) != hits(policy, {});
  };
  CHECK(changes(Policy::arc, [](Options& o) { o.arc.reading = ArcReading::golang_lru; }));
  CHECK(changes(Policy::two_queue, [](Options& o) { o.two_queue.recent_share = 0.5; }));
  CHECK(changes(Policy::two_queue, [](Options& o) { o.two_queue.ghost_share = 0.1; }));
  CHECK(changes(Policy::slru, [](Options& o) { o.slru.protected_share = 0.5; }));
  CHECK(changes(Policy::s3_fifo, [](Options& o) { o.s3_fifo.small_share = 0.3; }));
  CHECK(changes(Policy::redis_lru, [](Options& o) { o.redis.samples = 10; }));
  CHECK(changes(Policy::redis_lfu, [](Options& o) { o.redis.lfu.log_factor = 1; }));
  CHECK(changes(Policy::redis_lfu, [](Options& o) { o.redis.lfu.decay_minutes = 10; }));
  CHECK(changes(Policy::memcached, [](Options& o) { o.memcached.hot_lru_pct = 1; }));
  CHECK(changes(Policy::memcached, [](Options& o) { o.memcached.warm_lru_pct = 5; }));
  CHECK(changes(Policy::memcached, [](Options& o) { o.memcached.hot_max_factor = 0.01; }));
  CHECK(changes(Policy::memcached, [](Options& o) { o.memcached.warm_max_factor = 0.1; }));
}

// No two policies may be confused with each other: on the golden trace each has its own answer.
// The volatile ones refuse all new keys after the first thousand: nothing has an expiry.
TEST_CASE("Cache: runs the policy it was given", "[algorithms][caching][golden]") {
  const auto hits = [](Policy policy) {
    SplitMix bits{1};
    Cache cache(policy, 1000);
    std::uint64_t count = 0;
    std::int64_t now = 0;
    for (const std::uint16_t key : golden_trace("shift")) {
      now += 1'000'000'000;
      if (cache.lookup(key, now).outcome == Outcome::hit) {
        ++count;
      } else {
        cache.insert({.key = key}, now, bits);
      }
    }
    return count;
  };
  std::map<std::uint64_t, std::string_view> named;
  for (const PolicyInfo& info : kPolicies) {
    const std::uint64_t count = hits(info.policy);
    if (info.name.substr(0, 14) == "redis_volatile") {
      CHECK(count == hits(Policy::redis_volatile_ttl));
      continue;
    }
    const auto [other, fresh] = named.emplace(count, info.name);
    CAPTURE(info.name, other->second, count);
    CHECK(fresh);
  }
  CHECK(hits(Policy::lru) == 35'880);
  CHECK(hits(Policy::sieve) == 32'061);
  CHECK(hits(Policy::two_queue) == 35'856);
  CHECK(hits(Policy::redis_lru) > 35'300);
}

}  // namespace
}  // namespace highwater::caching
