#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/algorithms/caching/ghost_queue.h"
#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

struct S3FifoOptions {
  double small_share = 0.10;            ///< Of the capacity: fifo-size-ratio.
  double ghost_share = 0.90;            ///< Of the capacity, in keys: ghost-size-ratio.
  std::uint32_t move_to_main_uses = 2;  ///< Uses in the small queue that save an entry, 1 to 3.
};

/// caching s3_fifo: three FIFO queues, a small one that most entries never leave alive.
///
/// A new entry goes to the small queue, unless its key is among the ghosts: then to the main one.
/// When room is needed and the main queue is within its share, the oldest of the small queue leaves
/// and becomes a ghost; those used twice on the way go to the main queue instead, where their uses
/// count from 0 again. The main queue is a clock with a count of up to 3. A use only counts,
/// nothing moves.
///
/// Assumes  every entry has the same size (capacity counts entries). libCacheSim's readings where
///          the paper is open: two uses and not one move to main, the count starts anew there, the
///          ghosts number 90 % of the capacity and one that returns makes room for another, and a
///          small queue above its share costs nothing as long as the main one is not. Unlike
///          libCacheSim, a cache under 20 entries, whose small queue has no room, stores all the
///          same. Ghosts are told by 32 bits of hash.
/// Source   J. Yang et al., FIFO Queues are All You Need for Cache Eviction, SOSP 2023;
///          libCacheSim aa0fc409, cache/eviction/S3FIFO.c.
/// Checked  tests/algorithms/list_policies_test.cpp: against naive lists over random operations;
///          libcachesim_test.cpp: misses of libCacheSim, exactly.
class S3Fifo : public ListCache<S3Fifo> {
 public:
  explicit S3Fifo(std::uint64_t capacity, const S3FifoOptions& options = {})
      : ListCache(capacity, 2),
        most_main_(capacity - share_of(capacity, options.small_share)),
        saving_uses_(std::clamp(options.move_to_main_uses, 1u, kMostUses)),
        ghosts_(share_of(capacity, options.ghost_share)) {}

 private:
  friend class ListCache<S3Fifo>;
  static constexpr std::uint32_t kSmall = 0;
  static constexpr std::uint32_t kMain = 1;
  static constexpr std::uint32_t kMostUses = 3;

  void used(std::uint32_t slot) {
    const std::uint32_t uses = table().count(slot);
    if (uses < kMostUses) table().set_count(slot, uses + 1);
  }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    ghosts_.expect_drop();
    const bool back = ghosts_.take(item.key);
    std::optional<Evicted> evicted;
    while (full() && !evicted) {
      const bool from_main = table().length(kMain) > most_main_ || table().empty(kSmall);
      evicted = from_main ? evict_main(now) : evict_small(now);
    }
    table().add(item, back ? kMain : kSmall);
    return evicted;
  }

  /// Nobody leaves if all of them were worth keeping.
  std::optional<Evicted> evict_small(std::int64_t now) {
    while (!table().empty(kSmall)) {
      const std::uint32_t oldest = table().back(kSmall);
      if (table().count(oldest) < saving_uses_) {
        ghosts_.expect(table().key(oldest));
        const Evicted evicted = evict(oldest, now);
        ghosts_.add(evicted.key);
        return evicted;
      }
      table().set_count(oldest, 0);
      table().move_to_front(kMain, oldest);
    }
    return std::nullopt;
  }

  Evicted evict_main(std::int64_t now) {
    std::uint32_t oldest = table().back(kMain);
    for (; table().count(oldest) > 0; oldest = table().back(kMain)) {
      table().set_count(oldest, table().count(oldest) - 1);
      table().move_to_front(kMain, oldest);
    }
    return evict(oldest, now);
  }

  void expect(std::uint64_t key) const { ghosts_.expect(key); }
  void forget() { ghosts_.clear(); }
  std::size_t own_bytes() const { return ghosts_.bytes(); }

  std::uint64_t most_main_;
  std::uint32_t saving_uses_;
  GhostQueue ghosts_;
};

}  // namespace highwater::caching
