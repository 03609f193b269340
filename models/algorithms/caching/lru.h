#pragma once

#include <cstdint>
#include <optional>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// caching lru: evicts the entry that has gone unused for longest.
///
/// Exact LRU over one list in the order of use. Expiry is lazy as in memcached: an entry whose time
/// is over stays until it is looked up or reaches the end of the list.
///
/// Assumes  every entry has the same size (capacity counts entries).
/// Source   R. L. Mattson et al., Evaluation Techniques for Storage Hierarchies, IBM Systems
///          Journal 9(2), 1970; lazy expiry after memcached's do_item_get (items.c).
/// Checked  tests/algorithms/lru_test.cpp: hit counts of four libraries on four traces, exactly;
///          against a naive list over random operations.
class Lru : public ListCache<Lru> {
 public:
  explicit Lru(std::uint64_t capacity) : ListCache(capacity, 1) {}

 private:
  friend class ListCache<Lru>;

  void used(std::uint32_t slot) { table().move_to_front(0, slot); }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full()) evicted = evict(table().back(0), now);
    table().add(item, 0);
    return evicted;
  }
};

}  // namespace highwater::caching
