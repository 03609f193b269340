#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "models/algorithms/caching/frequency_sketch.h"
#include "models/algorithms/caching/list_cache.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// caching w_tinylfu: Window TinyLFU as in Caffeine: who is used more often of late may stay.
///
/// A new entry goes to a small LRU window (1 %). Who falls out of it goes to the probation segment
/// of a segmented LRU (protected 80 %), and when room is needed it is compared with the oldest
/// there: the one that a sketch of recent uses knows less often leaves, the older one of the two if
/// it has been used less, else the candidate. A candidate used more than five times is let in
/// against that rule once in 128 times, against floods of colliding hashes.
///
/// A new key is always found at once, since it starts in the window; it may leave with the next.
///
/// Memory   That of EntryTable and, once the cache is half full, 8 to 16 bytes for each entry of
///          its capacity for the sketch.
/// Assumes  every entry has the same size (capacity counts entries); one thread, so that no use is
///          lost and all are known before the next eviction (Caffeine buffers reads, and drops some
///          under contention). The window does not adapt: that is later than 2.6.2. No doorkeeper,
///          Caffeine has none.
/// Source   Caffeine 2.6.2, BoundedLocalCache.java (setMaximum, evictFromEden, evictFromMain,
///          admit, onAccess, reorderProbation, AddTask).
/// Checked  tests/algorithms/w_tinylfu_test.cpp: hits of Caffeine 2.6.2 on four traces, within a
///          stated tolerance; caching_policy_test.cpp: the general contract.
class WTinyLfu : public ListCache<WTinyLfu> {
 public:
  explicit WTinyLfu(std::uint64_t capacity)
      : ListCache(capacity, 3),
        most_window_(capacity - share_of(capacity, 0.99)),
        most_protected_(share_of(capacity - most_window_, 0.80)) {}

  /// Stores `item`, replacing an entry with the same key.
  /// @return the entry that had to leave, if any.
  template <BitSource G>
  std::optional<Evicted> insert(const Item& item, std::int64_t now, G& bits) {
    return store(item, [&] { return enter(item, now, bits); });
  }

 private:
  friend class ListCache<WTinyLfu>;
  static constexpr std::uint32_t kWindow = 0;
  static constexpr std::uint32_t kProbation = 1;
  static constexpr std::uint32_t kProtected = 2;
  static constexpr std::uint32_t kWarm = 5;  // uses above which a candidate may be let in by chance

  /// Caffeine looks at no use before the sketch is made (skipReadBuffer): nothing can leave yet.
  void used(std::uint32_t slot) {
    if (sketch_.bytes() == 0) return;
    sketch_.increment(table().key(slot));
    const std::uint32_t queue = table().queue_of(slot);
    if (queue != kProbation) return table().move_to_front(queue, slot);
    if (most_protected_ == 0) return;
    table().move_to_front(kProtected, slot);
    if (table().length(kProtected) > most_protected_)
      table().move_to_front(kProbation, table().back(kProtected));
  }

  template <BitSource G>
  std::optional<Evicted> enter(const Item& item, std::int64_t now, G& bits) {
    if (table().size() >= capacity() / 2) sketch_.ensure_capacity(capacity());
    sketch_.increment(item.key);
    std::uint32_t candidate = EntryTable::kNone;
    if (table().length(kWindow) >= most_window_) {
      candidate = table().back(kWindow);
      table().move_to_front(kProbation, candidate);
    }
    std::optional<Evicted> evicted;
    if (full()) evicted = evict(loser(candidate, bits), now);
    table().add(item, kWindow);
    return evicted;
  }

  template <BitSource G>
  std::uint32_t loser(std::uint32_t candidate, G& bits) const {
    for (const std::uint32_t queue : {kProbation, kProtected}) {
      if (table().empty(queue)) continue;
      const std::uint32_t victim = table().back(queue);
      if (candidate == EntryTable::kNone) return victim;
      return admits(candidate, victim, bits) ? victim : candidate;
    }
    return table().back(kWindow);
  }

  template <BitSource G>
  bool admits(std::uint32_t candidate, std::uint32_t victim, G& bits) const {
    const std::uint32_t uses = sketch_.frequency(table().key(candidate));
    if (uses > sketch_.frequency(table().key(victim))) return true;
    if (uses <= kWarm) return false;
    return (bits.bits() & 127) == 0;
  }

  void forget() { sketch_.clear(); }
  std::size_t own_bytes() const { return sketch_.bytes(); }

  std::uint64_t most_window_;
  std::uint64_t most_protected_;
  FrequencySketch sketch_;
};

}  // namespace highwater::caching
