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
  std::uint64_t version = 0;  ///< As given to insert(); meaningful on a hit only.
};

/// One entry as the caller describes it. `version` is carried along untouched: a model stores there
/// which write it has cached, and so knows a stale answer when it sees one.
struct Item {
  std::uint64_t key = 0;
  std::int64_t expires = kNeverExpires;
  std::uint64_t version = 0;
};

/// The entry that an insertion pushed out.
struct Evicted {
  std::uint64_t key = 0;
  bool expired = false;  ///< Its time was over anyway: memcached counts these apart, as reclaimed.
};

}  // namespace highwater::caching
