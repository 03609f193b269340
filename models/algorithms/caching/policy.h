#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/lru.h"
#include "models/algorithms/caching/redis_lru.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// Every eviction policy of the family.
enum class Policy : std::uint8_t { lru, redis_lru };

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
    PolicyInfo{Policy::redis_lru, "redis_lru",
               "Samples five keys and evicts the idlest known, as Redis' allkeys-lru does.",
               "Redis 7.0.9 src/evict.c"},
};

/// A cache under any policy of the family: what a model holds. Keys, versions and times mean the
/// same to every policy; each policy's header says how it evicts and when it notices an expiry.
///
/// A policy joins by being a class with lookup, insert (with or without a bit source), erase,
/// clear, size, capacity and expirations, and by one line in Policy, kPolicies, Any and the
/// constructor.
class Cache {
 public:
  /// @param capacity  Entries it may hold; memory follows the contents, not this number.
  Cache(Policy policy, std::uint64_t capacity) : cache_(make(policy, capacity)) {}

  Lookup lookup(std::uint64_t key, std::int64_t now) {
    return std::visit([&](auto& cache) { return cache.lookup(key, now); }, cache_);
  }

  /// Memory that lookup(key) will read first, and, once that is at hand, second: for a prefetch by
  /// who knows of a look-up before it comes. Null where there is nothing to gain.
  const void* first_place(std::uint64_t key) const {
    return std::visit(
        [&](const auto& cache) -> const void* {
          if constexpr (requires { cache.first_place(key); }) return cache.first_place(key);
          return nullptr;
        },
        cache_);
  }
  const void* second_place(std::uint64_t key) const {
    return std::visit(
        [&](const auto& cache) -> const void* {
          if constexpr (requires { cache.second_place(key); }) return cache.second_place(key);
          return nullptr;
        },
        cache_);
  }

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

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    return std::visit([&](auto& cache) { return cache.erase(key); }, cache_);
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

 private:
  using Any = std::variant<Lru, RedisLru>;

  static Any make(Policy policy, std::uint64_t capacity) {
    switch (policy) {
      case Policy::lru:
        return Lru(capacity);
      case Policy::redis_lru:
        return RedisLru(capacity);
    }
    return Lru(capacity);  // no other value exists; compilers cannot know
  }

  Any cache_;
};

}  // namespace highwater::caching
