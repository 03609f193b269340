#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "models/algorithms/caching/arc.h"
#include "models/algorithms/caching/belady.h"
#include "models/algorithms/caching/clock.h"
#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/fifo.h"
#include "models/algorithms/caching/lfu.h"
#include "models/algorithms/caching/lru.h"
#include "models/algorithms/caching/memcached.h"
#include "models/algorithms/caching/random.h"
#include "models/algorithms/caching/redis_cache.h"
#include "models/algorithms/caching/s3_fifo.h"
#include "models/algorithms/caching/sieve.h"
#include "models/algorithms/caching/slru.h"
#include "models/algorithms/caching/two_queue.h"
#include "models/algorithms/caching/w_tinylfu.h"
#include "models/algorithms/caching/worst.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// Every eviction policy of the family.
enum class Policy : std::uint8_t {
  lru,
  fifo,
  clock,
  sieve,
  lfu,
  arc,
  two_queue,
  slru,
  s3_fifo,
  w_tinylfu,
  redis_lru,
  redis_lfu,
  redis_random,
  redis_volatile_lru,
  redis_volatile_lfu,
  redis_volatile_random,
  redis_volatile_ttl,
  memcached,
  random,
  worst
};

struct PolicyInfo {
  Policy policy;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kPolicies[i].policy is the i-th value of Policy.
inline constexpr std::array kPolicies = {
    PolicyInfo{Policy::lru, "lru", "Evicts the entry that has gone unused for longest.",
               "Mattson et al. 1970"},
    PolicyInfo{Policy::fifo, "fifo", "Evicts the entry that was stored longest ago.",
               "libCacheSim FIFO.c"},
    PolicyInfo{Policy::clock, "clock", "FIFO with a second chance for entries used meanwhile.",
               "libCacheSim Clock.c"},
    PolicyInfo{Policy::sieve, "sieve",
               "FIFO whose hand skips entries used since it last passed, and moves none.",
               "NSDI 2024; libCacheSim Sieve.c"},
    PolicyInfo{Policy::lfu, "lfu", "Evicts the entry used least often since it was stored.",
               "libCacheSim LFU.c"},
    PolicyInfo{Policy::arc, "arc", "Balances recency and frequency by what it misses.",
               "FAST 2003; libCacheSim ARC.c"},
    PolicyInfo{Policy::two_queue, "two_queue",
               "2Q: entries used once wait in a queue of their own.", "golang-lru 0.5.4 2q.go"},
    PolicyInfo{Policy::slru, "slru", "Segmented LRU: protects entries used twice.",
               "Karedla et al. 1994; libCacheSim SLRU.c"},
    PolicyInfo{Policy::s3_fifo, "s3_fifo",
               "Three FIFO queues; most new entries leave from a small one.",
               "SOSP 2023; libCacheSim S3FIFO.c"},
    PolicyInfo{
        Policy::w_tinylfu, "w_tinylfu",
        "Admits past a small window who is used more often than the victim, as Caffeine does.",
        "Caffeine 2.6.2"},
    PolicyInfo{Policy::redis_lru, "redis_lru",
               "Samples five keys and evicts the idlest known, as Redis' allkeys-lru does.",
               "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::redis_lfu, "redis_lfu",
               "Samples five keys and evicts the least counted known, as Redis' allkeys-lfu does.",
               "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::redis_random, "redis_random",
               "Evicts a random key, as Redis' allkeys-random does.", "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::redis_volatile_lru, "redis_volatile_lru",
               "redis_lru among the keys with an expiry; refuses new keys if there are none.",
               "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::redis_volatile_lfu, "redis_volatile_lfu",
               "redis_lfu among the keys with an expiry; refuses new keys if there are none.",
               "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::redis_volatile_random, "redis_volatile_random",
               "redis_random among the keys with an expiry; refuses new keys if there are none.",
               "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::redis_volatile_ttl, "redis_volatile_ttl",
               "Samples five keys with an expiry and evicts the soonest to expire that is known.",
               "Redis 7.0.9 src/evict.c"},
    PolicyInfo{Policy::memcached, "memcached",
               "Segmented LRU of hot, warm and cold items with a background maintainer.",
               "memcached 1.6.18 items.c"},
    PolicyInfo{Policy::random, "random", "Evicts any entry, each equally likely.", "Belady 1966"},
    PolicyInfo{Policy::worst, "worst",
               "For tests: evicts the entry used last, the likeliest to be needed next.",
               "Chou and DeWitt 1985 (MRU)"},
};

/// What can be set about the policies that have something to set; the products' own defaults.
struct Options {
  ArcOptions arc;
  TwoQueueOptions two_queue;
  SlruOptions slru;
  S3FifoOptions s3_fifo;
  RedisOptions redis;
  MemcachedOptions memcached;
};

/// A cache under any policy of the family: what a model holds. Keys, versions and times mean the
/// same to every policy; each policy's header says how it evicts and when it notices an expiry.
///
/// A policy joins by being a class with lookup, insert (with or without a bit source), version,
/// erase, sweep, clear, size, capacity, expirations and bytes, and by one line in Policy,
/// kPolicies, Any and the constructor.
class Cache {
 public:
  /// @param capacity  Entries it may hold; memory follows the contents, not this number.
  Cache(Policy policy, std::uint64_t capacity, const Options& options = {})
      : cache_(make(policy, capacity, options)) {}

  Lookup lookup(std::uint64_t key, std::int64_t now) {
    return std::visit([&](auto& cache) { return cache.lookup(key, now); }, cache_);
  }

  /// Memory that lookup(key) will read first, and, once that is at hand, second: for a prefetch by
  /// who knows of a look-up before it comes. Null where there is nothing to gain.
  const void* first_place(std::uint64_t key) const {
    return std::visit([&](const auto& cache) -> const void* { return cache.first_place(key); },
                      cache_);
  }
  const void* second_place(std::uint64_t key) const {
    return std::visit([&](const auto& cache) -> const void* { return cache.second_place(key); },
                      cache_);
  }

  /// Stores `item`, unless the policy refuses it (see refusals()). A new key is found at once,
  /// except when it is itself what a Redis policy evicts.
  /// @return the entry that had to leave, if any.
  template <BitSource G>
  std::optional<Evicted> insert(const Item& item, std::int64_t now, G& bits) {
    return std::visit(
        [&](auto& cache) {
          if constexpr (requires { cache.insert(item, now, bits); }) {
            return cache.insert(item, now, bits);
          } else {
            return cache.insert(item, now);
          }
        },
        cache_);
  }

  /// The version that an entry carries, to be changed; null without an entry. This is no use of it,
  /// and an expired one counts as there.
  std::uint32_t* version(std::uint64_t key) {
    return std::visit([&](auto& cache) { return cache.version(key); }, cache_);
  }

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    return std::visit([&](auto& cache) { return cache.erase(key); }, cache_);
  }

  /// Visits every entry, expired ones too, which is no use of it: keep(item) may change its expiry
  /// and says whether it stays.
  template <class Keep>
  void sweep(const Keep& keep) {
    std::visit([&](auto& cache) { cache.sweep(keep); }, cache_);
  }

  void clear() {
    std::visit([](auto& cache) { cache.clear(); }, cache_);
  }

  std::uint64_t size() const {
    return std::visit([](const auto& cache) { return cache.size(); }, cache_);
  }
  std::uint64_t capacity() const {
    return std::visit([](const auto& cache) { return cache.capacity(); }, cache_);
  }
  /// Entries removed so far because their time was over; insert() reports those that it pushed out.
  std::uint64_t expirations() const {
    return std::visit([](const auto& cache) { return cache.expirations(); }, cache_);
  }
  /// Insertions so far that failed, because the policy found nothing that it may evict: what Redis
  /// answers with the error OOM under its volatile policies. Nothing changes then.
  std::uint64_t refusals() const {
    return std::visit(
        [](const auto& cache) -> std::uint64_t {
          if constexpr (requires { cache.refusals(); }) return cache.refusals();
          return 0;
        },
        cache_);
  }
  /// Memory in use beside the object itself, for reports and tests.
  std::size_t bytes() const {
    return std::visit([](const auto& cache) { return cache.bytes(); }, cache_);
  }

 private:
  using Any = std::variant<Lru, Fifo, Clock, Sieve, Lfu, Arc, TwoQueue, Slru, S3Fifo, WTinyLfu,
                           RedisCache, Memcached, Random, Worst>;

  static Any make(Policy policy, std::uint64_t capacity, const Options& options) {
    const auto redis = [&](RedisPolicy rule) { return RedisCache(rule, capacity, options.redis); };
    switch (policy) {
      case Policy::lru:
        return Lru(capacity);
      case Policy::fifo:
        return Fifo(capacity);
      case Policy::clock:
        return Clock(capacity);
      case Policy::sieve:
        return Sieve(capacity);
      case Policy::lfu:
        return Lfu(capacity);
      case Policy::arc:
        return Arc(capacity, options.arc);
      case Policy::two_queue:
        return TwoQueue(capacity, options.two_queue);
      case Policy::slru:
        return Slru(capacity, options.slru);
      case Policy::s3_fifo:
        return S3Fifo(capacity, options.s3_fifo);
      case Policy::w_tinylfu:
        return WTinyLfu(capacity);
      case Policy::redis_lru:
        return redis(RedisPolicy::allkeys_lru);
      case Policy::redis_lfu:
        return redis(RedisPolicy::allkeys_lfu);
      case Policy::redis_random:
        return redis(RedisPolicy::allkeys_random);
      case Policy::redis_volatile_lru:
        return redis(RedisPolicy::volatile_lru);
      case Policy::redis_volatile_lfu:
        return redis(RedisPolicy::volatile_lfu);
      case Policy::redis_volatile_random:
        return redis(RedisPolicy::volatile_random);
      case Policy::redis_volatile_ttl:
        return redis(RedisPolicy::volatile_ttl);
      case Policy::memcached:
        return Memcached(capacity, options.memcached);
      case Policy::random:
        return Random(capacity);
      case Policy::worst:
        return Worst(capacity);
    }
    return Lru(capacity);  // no other value exists; compilers cannot know
  }

  Any cache_;
};

}  // namespace highwater::caching
