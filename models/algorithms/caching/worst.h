#pragma once

#include <cstdint>
#include <optional>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// caching worst: evicts the entry used last, the one most likely to be needed next.
///
/// For tests and for showing what a policy is worth: on any trace with locality it keeps what
/// nobody wants. On a loop a little larger than the cache it is the best there is, where LRU never
/// hits; that is what it was once proposed for.
///
/// Assumes  every entry has the same size (capacity counts entries).
/// Source   MRU: H.-T. Chou and D. J. DeWitt, An Evaluation of Buffer Management Strategies for
///          Relational Database Systems, VLDB 1985.
/// Checked  tests/algorithms/list_policies_test.cpp: against a naive list; loop and Zipf traces.
class Worst : public ListCache<Worst> {
 public:
  explicit Worst(std::uint64_t capacity) : ListCache(capacity, 1) {}

 private:
  friend class ListCache<Worst>;

  void used(std::uint32_t slot) { table().move_to_front(0, slot); }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full()) evicted = evict(table().front(0), now);
    table().add(item, 0);
    return evicted;
  }
};

}  // namespace highwater::caching
