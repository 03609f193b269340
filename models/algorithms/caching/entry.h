#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace highwater::caching {

/// Expiry of an entry that stays until it is evicted or erased. Times are nanoseconds from the
/// beginning of the run.
inline constexpr std::int64_t kNeverExpires = std::numeric_limits<std::int64_t>::max();

/// What a lookup found. An expired entry counts as a miss; it is told apart because operators
/// treat the two differently (a longer TTL cures one, a larger cache the other).
enum class Outcome : std::uint8_t { hit, miss, expired };

struct Lookup {
  Outcome outcome = Outcome::miss;
  // As given to insert(); meaningful on a hit only.
  std::uint32_t version = 0;
  std::int64_t expires = kNeverExpires;
};

/// One entry as the caller describes it. `version` is carried along untouched: a model stores there
/// which write it has cached, and so knows a stale answer when it sees one.
struct Item {
  std::uint64_t key = 0;
  std::int64_t expires = kNeverExpires;
  std::uint32_t version = 0;
};

/// The entry that an insertion pushed out.
struct Evicted {
  std::uint64_t key = 0;
  bool expired = false;  ///< Its time was over anyway: memcached counts these apart, as reclaimed.
};

/// The whole entries in this part of a capacity, any capacity: 0.1 of 25 is 2. A part outside
/// [0, 1] is moved to the nearest limit.
inline std::uint64_t share_of(std::uint64_t capacity, double part) {
  if (!(part > 0)) return 0;
  if (part >= 1) return capacity;
  return static_cast<std::uint64_t>(static_cast<double>(capacity) * part);
}

}  // namespace highwater::caching
