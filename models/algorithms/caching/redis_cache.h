#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/redis_dict.h"
#include "models/algorithms/caching/redis_lfu.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// maxmemory-policy. The allkeys ones are redis_lru, redis_lfu and redis_random in a scenario.
enum class RedisPolicy : std::uint8_t {
  allkeys_lru,
  allkeys_lfu,
  allkeys_random,
  volatile_lru,
  volatile_lfu,
  volatile_random,
  volatile_ttl
};

struct RedisOptions {
  std::uint32_t samples = 5;  ///< maxmemory-samples, 1 to 64; others become the nearest limit.
  RedisLfu lfu;               ///< lfu-log-factor, lfu-decay-time
};

/// caching redis_lru, redis_lfu, redis_random, redis_volatile_lru, redis_volatile_lfu,
/// redis_volatile_random, redis_volatile_ttl: Redis, which samples a few keys and evicts the best
/// candidate it knows.
///
/// Each entry carries 24 bits: under LRU the clock of its last use, which ticks once a second;
/// under LFU a counter (redis_lfu.h). To evict, Redis samples maxmemory-samples keys, keeps the 16
/// with the highest scores ever seen in a pool, and drops the last of the pool that still exists.
/// Scores are idle times, 255 less the LFU counter, or under ttl the nearness of the expiry, all at
/// the moment of sampling; they go stale, keys that came back included, as in the original. The
/// clocks' wrap-arounds after 194 and 45 days are the original's too. The random policies take a
/// random key.
///
/// The volatile policies see keys with an expiry only. If there is none and no room either, storing
/// a new key fails, as with Redis' error OOM: nothing changes and refusals() counts it.
///
/// Expiry is at milliseconds: lazy at lookup, plus the slow active cycle, ten times a second over
/// 20 keys and on while more than 10 % of them were expired. The cycle runs inside the next
/// operation, which nobody can tell from a timer.
///
/// A look-up under LFU needs chance, which only insertions bring: each brings 64 bits, and look-ups
/// until the next draw from SplitMix64 started there.
///
/// Assumes  every entry has the same size (capacity counts entries; maxmemory counts bytes); one
///          database; eviction within the insertion that overflows, where Redis waits for the next
///          command, so that the new key is a candidate too. The active cycle walks all keys and
///          not a table of those with an expiry; it has no time limit (Redis: 25 ms) but ends after
///          one sweep; the fast cycle, which makes up for cycles cut short, is then without work.
///          The LRU clock is exact, where Redis refreshes it every 100 ms. The hash table's own
///          simplifications are in redis_dict.h.
/// Source   Redis 7.0.9 src/evict.c (evictionPoolPopulate, performEvictions,
///          estimateObjectIdleTime), src/expire.c (activeExpireCycle), src/db.c (keyIsExpired,
///          updateLFU, dbOverwrite, setKey), src/t_string.c (setGenericCommand).
/// Checked  tests/algorithms/redis_cache_test.cpp: hits of redis-server 7.0.15 on three traces
///          under LRU, LFU and random, within the spread of sampling; each volatile policy;
///          tests/reality/redis_eviction.py: the same beside a running server.
class RedisCache {
 public:
  static constexpr std::uint32_t kMostSamples = 64;  ///< config.c: the upper limit of the setting.

  /// @param capacity  Entries it may hold. 0 stores nothing (Redis' maxmemory 0 would be no limit).
  RedisCache(RedisPolicy policy, std::uint64_t capacity, const RedisOptions& options = {})
      : policy_(policy),
        capacity_(capacity),
        samples_(std::clamp(options.samples, 1u, kMostSamples)),
        lfu_(options.lfu) {}

  /// Looks `key` up, as a use of it. An entry outlives its expiry by the rest of that
  /// millisecond, as in Redis.
  Lookup lookup(std::uint64_t key, std::int64_t now) {
    run_cron(now);
    Entry* entry = entries_.find(key);
    if (entry == nullptr) return {Outcome::miss};
    if (expired(*entry, now)) [[unlikely]] {
      ++expirations_;
      remove(*entry);
      return {Outcome::expired};
    }
    touch(*entry, now);
    return {Outcome::hit, entry->version, entry->expires};
  }

  /// Memory that lookup(key) will read: the bucket first, the entry at its head second.
  const void* first_place(std::uint64_t key) const { return entries_.bucket(key); }
  const void* second_place(std::uint64_t key) const { return entries_.head(key); }

  /// Stores `item`, replacing an entry with the same key, and evicts one entry if there are now too
  /// many; that may be the new one, when nothing known is a better candidate. A new key is refused
  /// under a volatile policy when no key has an expiry.
  template <BitSource G>
  std::optional<Evicted> insert(const Item& item, std::int64_t now, G& bits) {
    run_cron(now);
    if (capacity_ == 0) return std::nullopt;
    if (counts_uses()) chance_.state ^= bits.bits();
    Entry* entry = entries_.find(item.key);
    if (entry != nullptr) {
      unlist(*entry);
      touch(*entry, now);
    } else {
      entry = &entries_.add(item.key);
      entry->used = counts_uses() ? RedisLfu::fresh(now) : lru_clock(now);
    }
    entry->expires = item.expires;
    entry->version = item.version;
    list(*entry);
    if (entries_.size() <= capacity_) return std::nullopt;
    if (candidates().size() > 0) return evict(now, bits);
    ++refusals_;
    remove(*entry);
    return std::nullopt;
  }

  /// The version that an entry carries, to be changed; null without an entry. This is no use of it,
  /// and an expired one counts as there.
  std::uint32_t* version(std::uint64_t key) {
    Entry* const entry = entries_.find(key);
    return entry == nullptr ? nullptr : &entry->version;
  }

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    const Entry* entry = entries_.find(key);
    if (entry == nullptr) return false;
    remove(*entry);
    return true;
  }

  /// Visits every entry, expired ones too, which is no use of it: keep(item) may change its expiry
  /// and says whether it stays.
  template <class Keep>
  void sweep(const Keep& keep) {
    for (std::size_t bucket = 0; bucket < entries_.buckets(); ++bucket)
      entries_.prune(bucket, [&](Entry& entry) {
        Item item{entry.key, entry.expires, entry.version};
        const bool stays = keep(item);
        if (stays && item.expires == entry.expires) return false;
        unlist(entry);
        entry.expires = item.expires;
        if (stays) list(entry);
        return !stays;
      });
  }

  /// Empties the cache and gives its memory back. The pool keeps its candidates, as after FLUSHALL;
  /// they are found gone, or back, when their turn comes.
  void clear() {
    entries_.clear();
    volatile_.clear();
    mortal_ = 0;
  }

  /// Entries held, those included whose expiry nobody has noticed yet.
  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t capacity() const { return capacity_; }
  /// Entries removed so far because their time was over, by lookups and by the active cycle;
  /// insert() reports those that it pushed out.
  std::uint64_t expirations() const { return expirations_; }
  /// Insertions so far that failed, since the policy found nothing it may evict.
  std::uint64_t refusals() const { return refusals_; }
  /// Memory in use, for reports and tests.
  std::size_t bytes() const { return entries_.bytes() + volatile_.bytes(); }
  /// The LFU counter of a key as OBJECT FREQ tells it, under an LFU policy.
  std::optional<std::uint32_t> frequency(std::uint64_t key, std::int64_t now) {
    const Entry* entry = counts_uses() ? entries_.find(key) : nullptr;
    if (entry == nullptr) return std::nullopt;
    return lfu_.counter(entry->used, now);
  }

 private:
  using Entry = RedisDict::Entry;
  struct Candidate {
    std::uint64_t key;
    std::uint64_t score;  // at the time of sampling
  };
  /// SplitMix64: G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014.
  struct Chance {
    std::uint64_t state = 0;
    std::uint64_t bits() {
      std::uint64_t z = state += 0x9e37'79b9'7f4a'7c15;
      z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
      z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
      return z ^ (z >> 31);
    }
  };

  static constexpr std::int64_t kMillisecond = 1'000'000;
  static constexpr std::int64_t kClockResolutionMs = 1000;         // LRU_CLOCK_RESOLUTION
  static constexpr std::uint32_t kClockMax = (1u << 24) - 1;       // LRU_CLOCK_MAX
  static constexpr std::size_t kPoolSize = 16;                     // EVPOOL_SIZE
  static constexpr std::int64_t kCronPeriod = 100 * kMillisecond;  // hz 10
  static constexpr std::size_t kCycleKeys = 20;          // ACTIVE_EXPIRE_CYCLE_KEYS_PER_LOOP
  static constexpr std::size_t kCycleStalePercent = 10;  // ACTIVE_EXPIRE_CYCLE_ACCEPTABLE_STALE

  static std::uint32_t lru_clock(std::int64_t now) {
    return static_cast<std::uint32_t>(now / (kMillisecond * kClockResolutionMs)) & kClockMax;
  }
  static std::uint64_t idle_ms(const Entry& entry, std::int64_t now) {
    const std::uint32_t clock = lru_clock(now);
    const std::uint32_t ticks =
        clock >= entry.used ? clock - entry.used : clock + (kClockMax - entry.used);
    return std::uint64_t{ticks} * kClockResolutionMs;
  }
  static bool mortal(const Entry& entry) { return entry.expires != kNeverExpires; }
  static bool expired(const Entry& entry, std::int64_t now) {
    return mortal(entry) && now / kMillisecond > entry.expires / kMillisecond;
  }

  bool counts_uses() const {
    return policy_ == RedisPolicy::allkeys_lfu || policy_ == RedisPolicy::volatile_lfu;
  }
  bool only_volatile() const { return policy_ >= RedisPolicy::volatile_lru; }
  const RedisDict& candidates() const { return only_volatile() ? volatile_ : entries_; }

  void touch(Entry& entry, std::int64_t now) {
    entry.used = counts_uses() ? lfu_.touched(entry.used, now, chance_) : lru_clock(now);
  }

  /// Enters the expiry of an entry, if it has one, into the books, or takes it out again.
  void list(const Entry& entry) {
    if (!mortal(entry)) return;
    ++mortal_;
    if (only_volatile()) volatile_.add(entry.key).expires = entry.expires;
  }
  void unlist(const Entry& entry) {
    if (!mortal(entry)) return;
    --mortal_;
    if (only_volatile()) volatile_.remove(entry.key);
  }

  void remove(const Entry& entry) {
    unlist(entry);
    entries_.remove(entry.key);
  }

  std::uint64_t score(const Entry& sample, std::int64_t now) {
    if (policy_ == RedisPolicy::volatile_ttl) {
      return std::numeric_limits<std::uint64_t>::max() -
             static_cast<std::uint64_t>(sample.expires / kMillisecond);
    }
    const Entry& entry = only_volatile() ? *entries_.find(sample.key) : sample;
    return counts_uses() ? RedisLfu::kMost - lfu_.counter(entry.used, now) : idle_ms(entry, now);
  }

  Evicted drop(const Entry& entry, std::int64_t now) {
    const Evicted evicted{entry.key, expired(entry, now)};
    remove(entry);
    return evicted;
  }

  /// There is a candidate.
  template <BitSource G>
  Evicted evict(std::int64_t now, G& bits) {
    if (policy_ == RedisPolicy::allkeys_random || policy_ == RedisPolicy::volatile_random)
      return drop(*entries_.find(candidates().any(bits)->key), now);
    for (;;) {
      candidates().sample(samples_, bits, [&](const Entry& sample) {
        offer({sample.key, score(sample, now)});
      });
      while (pool_used_ > 0) {
        const Entry* entry = entries_.find(pool_[--pool_used_].key);
        if (entry == nullptr) continue;                    // a ghost: it left after it was sampled
        if (only_volatile() && !mortal(*entry)) continue;  // or came back to stay
        return drop(*entry, now);
      }
    }
  }

  /// Keeps pool_ sorted by score, the highest last; a full pool forgets its lowest.
  void offer(const Candidate& candidate) {
    std::size_t k = 0;
    while (k < pool_used_ && pool_[k].score < candidate.score) ++k;
    if (pool_used_ == kPoolSize) {
      if (k == 0) return;
      --k;
      std::move(pool_.begin() + 1, pool_.begin() + k + 1, pool_.begin());
    } else {
      std::move_backward(pool_.begin() + k, pool_.begin() + pool_used_,
                         pool_.begin() + pool_used_ + 1);
      ++pool_used_;
    }
    pool_[k] = candidate;
  }

  /// Makes up for every tick of the cron since the last operation. More than one sweep's worth of
  /// them in a row would find nothing that the first sweep did not.
  void run_cron(std::int64_t now) {
    if (now < next_cron_) [[likely]]
      return;
    auto ticks = static_cast<std::uint64_t>((now - next_cron_) / kCronPeriod) + 1;
    next_cron_ += static_cast<std::int64_t>(ticks) * kCronPeriod;
    ticks = std::min<std::uint64_t>(ticks, entries_.size() / kCycleKeys + 1);
    for (; ticks > 0 && mortal_ > 0; --ticks) run_expire_cycle(now);
    entries_.shrink_if_sparse();
    volatile_.shrink_if_sparse();
  }

  void run_expire_cycle(std::int64_t now) {
    std::size_t sweep = entries_.buckets();
    std::size_t dead = 0;
    std::size_t sampled = 0;
    do {
      dead = sampled = 0;
      const std::size_t wanted = std::min(kCycleKeys, mortal_);
      for (; sampled < wanted && sweep > 0; --sweep) {
        entries_.prune(cursor_++, [&](const Entry& entry) {
          sampled += mortal(entry);
          const bool over = expired(entry, now);
          dead += over;
          expirations_ += over;
          if (over) unlist(entry);
          return over;
        });
      }
    } while (sampled > 0 && sweep > 0 && dead * 100 / sampled > kCycleStalePercent);
  }

  RedisPolicy policy_;
  std::uint64_t capacity_;
  std::uint64_t expirations_ = 0;
  std::uint64_t refusals_ = 0;
  std::uint32_t samples_;
  RedisLfu lfu_;
  Chance chance_;
  RedisDict entries_;
  RedisDict volatile_;          // keys with an expiry, for the policies that sample them
  std::size_t mortal_ = 0;      // entries with an expiry
  std::size_t cursor_ = 0;      // the bucket where the active cycle goes on
  std::int64_t next_cron_ = 0;  // when it is next due
  std::array<Candidate, kPoolSize> pool_{};  // pool_[0, pool_used_), the best candidate last
  std::size_t pool_used_ = 0;
};

}  // namespace highwater::caching
