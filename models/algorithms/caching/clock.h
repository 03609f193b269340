#pragma once

#include <cstdint>
#include <optional>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// caching clock: FIFO with a second chance for entries used since their last turn.
///
/// One bit an entry, clear when it is stored, set by every use. The hand is the end of the queue:
/// an entry whose bit is set loses it and goes to the front, the first without one is evicted.
///
/// Assumes  every entry has the same size (capacity counts entries). One reference bit that a new
///          entry does not have is libCacheSim's reading; Corbato's own sets it from the start.
/// Source   libCacheSim aa0fc409, cache/eviction/Clock.c with n-bit-counter=1; F. J. Corbato, A
///          Paging Experiment with the Multics System, MIT Project MAC, 1968.
/// Checked  tests/algorithms/list_policies_test.cpp: against a naive list over random operations;
///          libcachesim_test.cpp: misses of libCacheSim, exactly.
class Clock : public ListCache<Clock> {
 public:
  explicit Clock(std::uint64_t capacity) : ListCache(capacity, 1) {}

 private:
  friend class ListCache<Clock>;

  void used(std::uint32_t slot) { table().set_count(slot, 1); }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full()) {
      std::uint32_t oldest = table().back(0);
      for (; table().count(oldest) != 0; oldest = table().back(0)) {
        table().set_count(oldest, 0);
        table().move_to_front(0, oldest);
      }
      evicted = evict(oldest, now);
    }
    table().add(item, 0);
    return evicted;
  }
};

}  // namespace highwater::caching
