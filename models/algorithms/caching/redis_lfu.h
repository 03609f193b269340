#pragma once

#include <algorithm>
#include <cstdint>

#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// Redis' LFU counter: how often a key was used, in 24 bits.
///
/// Eight bits count uses on a logarithmic scale: a use raises the counter with a chance of one in
/// (counter - 5) * log_factor + 1. Sixteen bits are the minute of the last use; for every
/// decay_minutes since, the counter counts one less. A new key starts at 5, so that it is not the
/// first to leave.
///
/// Assumes  the clock is exact, where Redis refreshes it every 100 ms; minutes count from the
///          beginning of the run.
/// Source   Redis 7.0.9 src/evict.c (LFUGetTimeInMinutes, LFUTimeElapsed, LFULogIncr,
///          LFUDecrAndReturn), src/db.c (updateLFU); lfu-log-factor 10, lfu-decay-time 1 in
///          redis.conf.
/// Checked  tests/algorithms/redis_lfu_test.cpp: the means of 40 keys recorded from redis-server
///          7.0.15 after 100 to 10,000 uses; decay and the wrap of the minutes.
struct RedisLfu {
  static constexpr std::uint32_t kInitial = 5;  // LFU_INIT_VAL
  static constexpr std::uint32_t kMost = 255;

  std::uint32_t log_factor = 10;    ///< lfu-log-factor
  std::uint32_t decay_minutes = 1;  ///< lfu-decay-time; 0 never decays.

  /// The 24 bits of a new key.
  static std::uint32_t fresh(std::int64_t now) { return (minutes(now) << 8) | kInitial; }

  /// The counter as it stands after decay.
  std::uint32_t counter(std::uint32_t used, std::int64_t now) const {
    const std::uint32_t count = used & 255;
    if (decay_minutes == 0) return count;
    const std::uint32_t then = used >> 8;
    const std::uint32_t minute = minutes(now);
    const std::uint32_t elapsed = minute >= then ? minute - then : 65'535 - then + minute;
    return count - std::min(count, elapsed / decay_minutes);
  }

  /// The 24 bits after a use. Draws nothing at 255.
  template <BitSource G>
  std::uint32_t touched(std::uint32_t used, std::int64_t now, G& bits) const {
    std::uint32_t count = counter(used, now);
    if (count < kMost) {
      const double above = count > kInitial ? count - kInitial : 0;
      const double chance = 1.0 / (above * log_factor + 1);
      count += static_cast<double>(bits.bits() >> 11) * 0x1p-53 < chance;
    }
    return (minutes(now) << 8) | count;
  }

 private:
  static std::uint32_t minutes(std::int64_t now) {
    return static_cast<std::uint32_t>(now / 60'000'000'000) & 65'535;
  }
};

}  // namespace highwater::caching
