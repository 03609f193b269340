#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/redis_dict.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// caching redis_lru: Redis' allkeys-lru, which samples a few keys and evicts the idlest it knows.
///
/// Each entry carries the 24-bit LRU clock of its last use, which ticks once a second. To evict,
/// Redis samples maxmemory-samples keys, keeps the 16 idlest ever seen in a pool sorted by idle
/// time, and drops the last of the pool that still exists. The pool's idle times are those of the
/// moment of sampling; they go stale, keys that came back included, as in the original. The clock's
/// wrap-around after 194 days is the original's too.
///
/// Expiry is at milliseconds: lazy at lookup, plus the slow active cycle, ten times a second over
/// 20 keys and on while more than 10 % of them were expired. The cycle runs inside the next
/// operation, which nobody can tell from a timer.
///
/// Assumes  every entry has the same size (capacity counts entries; maxmemory counts bytes); one
///          database; eviction within the insertion that overflows, where Redis waits for the next
///          command. The active cycle walks all keys and not a table of those with an expiry; it
///          has no time limit (Redis: 25 ms) but ends after one sweep; the fast cycle, which makes
///          up for cycles cut short, is then without work. The LRU clock is exact, where Redis
///          refreshes it every 100 ms. The hash table's own simplifications are in redis_dict.h.
/// Source   Redis 7.0.9 src/evict.c (evictionPoolPopulate, performEvictions,
///          estimateObjectIdleTime), src/expire.c (activeExpireCycle), src/db.c (keyIsExpired).
/// Checked  tests/algorithms/redis_lru_test.cpp: hits of redis-server 7.0.15 on three traces
///          at 1, 5 and 10 samples, within the spread of sampling.
class RedisLru {
 public:
  static constexpr std::uint32_t kDefaultSamples = 5;  ///< redis.conf: maxmemory-samples.
  static constexpr std::uint32_t kMostSamples = 64;  ///< config.c: the upper limit of the setting.

  /// @param capacity  Entries it may hold. 0 stores nothing (Redis' maxmemory 0 would be no limit).
  /// @param samples   maxmemory-samples, 1 to 64; values outside are moved to the nearest limit.
  explicit RedisLru(std::uint64_t capacity, std::uint32_t samples = kDefaultSamples)
      : capacity_(capacity), samples_(std::clamp(samples, 1u, kMostSamples)) {}

  /// Looks `key` up and stamps it as used now. An entry outlives its expiry by the rest of that
  /// millisecond, as in Redis.
  Lookup lookup(std::uint64_t key, std::int64_t now) {
    run_cron(now);
    Entry* entry = entries_.find(key);
    if (entry == nullptr) return {Outcome::miss, 0};
    if (expired(*entry, now)) [[unlikely]] {
      ++expirations_;
      remove(*entry);
      return {Outcome::expired, 0};
    }
    entry->used = lru_clock(now);
    return {Outcome::hit, entry->version};
  }

  /// Memory that lookup(key) will read: the bucket first, the entry at its head second.
  const void* first_place(std::uint64_t key) const { return entries_.bucket(key); }
  const void* second_place(std::uint64_t key) const { return entries_.head(key); }

  /// Stores `item`, replacing an entry with the same key, and evicts one entry if there are now too
  /// many; that may be the new one, when nothing known is idler.
  template <BitSource G>
  std::optional<Evicted> insert(const Item& item, std::int64_t now, G& bits) {
    run_cron(now);
    if (capacity_ == 0) return std::nullopt;
    Entry* known = entries_.find(item.key);
    Entry& entry = known != nullptr ? *known : entries_.add(item.key);
    mortal_ -= mortal(entry);
    entry.expires = item.expires;
    entry.version = item.version;
    entry.used = lru_clock(now);
    mortal_ += mortal(entry);
    if (entries_.size() <= capacity_) return std::nullopt;
    return evict(now, bits);
  }

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    const Entry* entry = entries_.find(key);
    if (entry == nullptr) return false;
    remove(*entry);
    return true;
  }

  /// Empties the cache and gives its memory back. The pool keeps its candidates, as after FLUSHALL;
  /// they are found gone, or back, when their turn comes.
  void clear() {
    entries_.clear();
    mortal_ = 0;
  }

  /// Entries held, those included whose expiry nobody has noticed yet.
  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t capacity() const { return capacity_; }
  /// Entries removed so far because their time was over, by lookups and by the active cycle;
  /// insert() reports those that it pushed out.
  std::uint64_t expirations() const { return expirations_; }
  /// Memory in use, for reports and tests.
  std::size_t bytes() const { return entries_.bytes(); }

 private:
  using Entry = RedisDict::Entry;
  struct Candidate {
    std::uint64_t key;
    std::uint64_t idle_ms;  // at the time of sampling
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

  void remove(const Entry& entry) {
    mortal_ -= mortal(entry);
    entries_.remove(entry.key);
  }

  template <BitSource G>
  Evicted evict(std::int64_t now, G& bits) {
    for (;;) {
      entries_.sample(samples_, bits, [&](const Entry& entry) {
        offer({entry.key, idle_ms(entry, now)});
      });
      while (pool_used_ > 0) {
        const std::uint64_t key = pool_[--pool_used_].key;
        const Entry* entry = entries_.find(key);
        if (entry == nullptr) continue;  // a ghost: it left after it was sampled
        const Evicted evicted{key, expired(*entry, now)};
        remove(*entry);
        return evicted;
      }
    }
  }

  /// Keeps pool_ sorted by idle time, the idlest last; a full pool forgets its least idle.
  void offer(const Candidate& candidate) {
    std::size_t k = 0;
    while (k < pool_used_ && pool_[k].idle_ms < candidate.idle_ms) ++k;
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
          mortal_ -= over;
          return over;
        });
      }
    } while (sampled > 0 && sweep > 0 && dead * 100 / sampled > kCycleStalePercent);
  }

  std::uint64_t capacity_;
  std::uint64_t expirations_ = 0;
  std::uint32_t samples_;
  RedisDict entries_;
  std::size_t mortal_ = 0;                   // entries with an expiry
  std::size_t cursor_ = 0;                   // the bucket where the active cycle goes on
  std::int64_t next_cron_ = 0;               // when it is next due
  std::array<Candidate, kPoolSize> pool_{};  // pool_[0, pool_used_), the idlest last
  std::size_t pool_used_ = 0;
};

}  // namespace highwater::caching
