#pragma once

#include <cstdint>
#include <optional>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// caching fifo: evicts the entry that was stored longest ago.
///
/// Uses are not noticed, and replacing an entry leaves it in its place.
///
/// Assumes  every entry has the same size (capacity counts entries).
/// Source   libCacheSim aa0fc409, cache/eviction/FIFO.c; L. A. Belady, A Study of Replacement
///          Algorithms for a Virtual-Storage Computer, IBM Systems Journal 5(2), 1966.
/// Checked  tests/algorithms/list_policies_test.cpp: against a naive list over random operations;
///          libcachesim_test.cpp: misses of libCacheSim, exactly.
class Fifo : public ListCache<Fifo> {
 public:
  explicit Fifo(std::uint64_t capacity) : ListCache(capacity, 1) {}

 private:
  friend class ListCache<Fifo>;

  void used(std::uint32_t) {}

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full()) evicted = evict(table().back(0), now);
    table().add(item, 0);
    return evicted;
  }
};

}  // namespace highwater::caching
