#pragma once

#include <cstdint>
#include <optional>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// caching sieve: FIFO whose hand skips entries used since it last passed, and moves none.
///
/// One bit an entry, clear when it is stored, set by every use. The hand walks from the oldest to
/// the newest and round again, clears the bits it finds set and evicts the first entry without one;
/// it stays where it is in between. Entries that it spared keep their place, so that new ones are
/// sifted out quickly: that is the whole difference to CLOCK.
///
/// Assumes  every entry has the same size (capacity counts entries). When the entry under the hand
///          is erased or expires the hand moves on to the next newer one.
/// Source   Y. Zhang et al., SIEVE is Simpler than LRU, NSDI 2024, algorithm 1; libCacheSim
///          aa0fc409, cache/eviction/Sieve.c.
/// Checked  tests/algorithms/sieve_test.cpp: hits of @neophi/sieve-cache on four traces, exactly;
///          list_policies_test.cpp: against a naive list; libcachesim_test.cpp: misses of
///          libCacheSim, exactly.
class Sieve : public ListCache<Sieve> {
 public:
  explicit Sieve(std::uint64_t capacity) : ListCache(capacity, 1) {}

 private:
  friend class ListCache<Sieve>;
  static constexpr std::uint32_t kEnd = 0;  // the queue itself: the hand starts at its back

  void used(std::uint32_t slot) { table().set_count(slot, 1); }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full()) {
      for (;; hand_ = table().before(hand_)) {
        if (hand_ == kEnd) hand_ = table().back(0);
        if (table().count(hand_) == 0) break;
        table().set_count(hand_, 0);
      }
      evicted = evict(hand_, now);
    }
    table().add(item, 0);
    return evicted;
  }

  void leave(std::uint32_t slot) {
    if (hand_ == slot) hand_ = table().before(slot);
  }
  void forget() { hand_ = kEnd; }

  std::uint32_t hand_ = kEnd;
};

}  // namespace highwater::caching
