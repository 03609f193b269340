#pragma once

#include <cstdint>
#include <optional>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

struct SlruOptions {
  double protected_share = 0.8;  ///< Of the capacity.
};

/// caching slru: segmented LRU, which protects entries used twice from those used once.
///
/// New entries are on probation; a use puts an entry at the front of the protected segment, whose
/// oldest goes back to the front of probation when there are too many. The oldest on probation is
/// evicted.
///
/// Assumes  every entry has the same size (capacity counts entries). While probation is full and
///          the protected segment is not, new entries go to the latter, and with nobody on
///          probation the oldest protected entry is evicted: libCacheSim's reading.
/// Source   R. Karedla, J. S. Love and B. G. Wherry, Caching Strategies to Improve Disk System
///          Performance, IEEE Computer 27(3), 1994; libCacheSim aa0fc409, cache/eviction/SLRU.c
///          with two segments; the share is that of Caffeine's main space.
/// Checked  tests/algorithms/list_policies_test.cpp: against naive lists over random operations;
///          libcachesim_test.cpp: misses of libCacheSim with seg-size=20:80, exactly.
class Slru : public ListCache<Slru> {
 public:
  explicit Slru(std::uint64_t capacity, const SlruOptions& options = {})
      : ListCache(capacity, 2), most_protected_(share_of(capacity, options.protected_share)) {}

 private:
  friend class ListCache<Slru>;
  static constexpr std::uint32_t kProbation = 0;
  static constexpr std::uint32_t kProtected = 1;

  void used(std::uint32_t slot) {
    if (most_protected_ == 0) return table().move_to_front(kProbation, slot);
    table().move_to_front(kProtected, slot);
    if (table().length(kProtected) > most_protected_)
      table().move_to_front(kProbation, table().back(kProtected));
  }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full())
      evicted = evict(table().back(table().empty(kProbation) ? kProtected : kProbation), now);
    const bool room = table().length(kProbation) < capacity() - most_protected_;
    table().add(item,
                room || table().length(kProtected) >= most_protected_ ? kProbation : kProtected);
    return evicted;
  }

  std::uint64_t most_protected_;
};

}  // namespace highwater::caching
