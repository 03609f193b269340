#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/algorithms/caching/ghost_queue.h"
#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

struct TwoQueueOptions {
  double recent_share = 0.25;  ///< Of the capacity, for entries used once: Default2QRecentRatio.
  double ghost_share = 0.50;   ///< Of the capacity, in keys remembered: Default2QGhostEntries.
};

/// caching two_queue: 2Q as in golang-lru: entries used once must prove themselves.
///
/// A new entry is in the recent queue; a use, or a return while its key is remembered there, makes
/// it frequent. The frequent ones are an LRU list. Once the recent queue has its share it gives up
/// an entry whenever room is needed, whose key is remembered; else the frequent list does.
///
/// Assumes  every entry has the same size (capacity counts entries). With recent_share 1 the
///          original can hold more than its size; here a recent entry leaves when no frequent one
///          can. Erased keys are not remembered, as in the original; those that expire neither.
/// Source   hashicorp/golang-lru 0.5.4, 2q.go; T. Johnson and D. Shasha, 2Q: A Low Overhead High
///          Performance Buffer Management Replacement Algorithm, VLDB 1994.
/// Checked  tests/algorithms/two_queue_test.cpp: hits of golang-lru on four traces, exactly;
///          list_policies_test.cpp: against naive lists over random operations.
class TwoQueue : public ListCache<TwoQueue> {
 public:
  explicit TwoQueue(std::uint64_t capacity, const TwoQueueOptions& options = {})
      : ListCache(capacity, 2),
        most_recent_(share_of(capacity, options.recent_share)),
        ghosts_(share_of(capacity, options.ghost_share)) {}

 private:
  friend class ListCache<TwoQueue>;
  static constexpr std::uint32_t kRecent = 0;
  static constexpr std::uint32_t kFrequent = 1;

  void used(std::uint32_t slot) { table().move_to_front(kFrequent, slot); }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    const bool back = ghosts_.contains(item.key);
    std::optional<Evicted> evicted;
    if (full()) {
      const std::uint64_t recent = table().length(kRecent);
      if (recent > most_recent_ || (recent == most_recent_ && recent > 0 && !back) ||
          table().empty(kFrequent)) {
        evicted = evict(table().back(kRecent), now);
        ghosts_.add(evicted->key);
      } else {
        evicted = evict(table().back(kFrequent), now);
      }
    }
    if (back) ghosts_.take(item.key);
    table().add(item, back ? kFrequent : kRecent);
    return evicted;
  }

  void forget() { ghosts_.clear(); }
  std::size_t own_bytes() const { return ghosts_.bytes(); }

  std::uint64_t most_recent_;
  ExactGhostQueue ghosts_;
};

}  // namespace highwater::caching
