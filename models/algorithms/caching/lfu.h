#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/algorithms/caching/list_cache.h"

namespace highwater::caching {

/// caching lfu: evicts the entry used least often since it was stored.
///
/// Exact counts that never fade, and are forgotten with the entry. Among entries used equally often
/// the one that has had that count for longest leaves. All entries are in one queue, the most used
/// first; a group stands for each count that occurs and knows the front of its stretch, so that
/// every operation takes constant time.
///
/// Memory   That of EntryTable, 4 to 4.5 bytes an entry for its group, and 24 for each count that
///          occurs.
/// Assumes  every entry has the same size (capacity counts entries). A new entry has been used
///          once; ties as libCacheSim breaks them.
/// Source   K. Shah, A. Mitra and D. Matani, An O(1) algorithm for implementing the LFU cache
///          eviction scheme, 2010; libCacheSim aa0fc409, cache/eviction/LFU.c.
/// Checked  tests/algorithms/list_policies_test.cpp: against a naive list over random operations;
///          libcachesim_test.cpp: misses of libCacheSim, exactly.
class Lfu : public ListCache<Lfu> {
 public:
  explicit Lfu(std::uint64_t capacity) : ListCache(capacity, 1) {}

 private:
  friend class ListCache<Lfu>;
  struct Group {
    std::uint64_t uses = 0;
    std::uint32_t front = 0;  // its entry that came last
    std::uint32_t more = 0;   // the group used more often; the next free group when unused
    std::uint32_t fewer = 0;  // the group used less often
  };
  static constexpr std::uint32_t kEnds = 0;   // groups_[0]: before the least used, after the most
  static constexpr std::uint32_t kQueue = 0;  // of the table

  void used(std::uint32_t slot) {
    const std::uint32_t old = group_of_[slot];
    const std::uint64_t uses = groups_[old].uses + 1;
    const std::uint32_t above = groups_[old].more;
    const bool known = above != kEnds && groups_[above].uses == uses;
    if (!known && alone(slot)) {
      groups_[old].uses = uses;
      return;
    }
    const std::uint32_t neighbour = groups_[known ? above : old].front;
    const std::uint32_t group = known ? above : new_group(uses, old);
    const std::uint32_t position = neighbour == slot ? slot : table().before(neighbour);
    leave(slot);
    if (position != slot) table().move_after(kQueue, position, slot);
    join(slot, group);
  }

  std::optional<Evicted> enter(const Item& item, std::int64_t now) {
    std::optional<Evicted> evicted;
    if (full()) evicted = evict(table().back(kQueue), now);
    const std::uint32_t lowest = groups_[kEnds].more;
    const bool known = lowest != kEnds && groups_[lowest].uses == 1;
    const std::uint32_t group = known ? lowest : new_group(1, kEnds);
    const std::uint32_t slot = table().add(item, kQueue);
    if (slot >= group_of_.size()) {
      if (group_of_.size() == group_of_.capacity()) group_of_.reserve(slot + slot / 8 + 4);
      group_of_.resize(slot + 1);
    }
    const std::uint32_t position =
        known ? table().before(groups_[group].front) : table().back(kQueue);
    if (position != slot && table().front(kQueue) == slot) {
      table().move_after(kQueue, position == kQueue ? kQueue : position, slot);
    }
    join(slot, group);
    return evicted;
  }

  void leave(std::uint32_t slot) {
    const std::uint32_t old = group_of_[slot];
    Group& group = groups_[old];
    if (group.front != slot) return;
    if (!alone(slot)) {
      group.front = table().after(slot);
      return;
    }
    groups_[group.more].fewer = group.fewer;
    groups_[group.fewer].more = group.more;
    group.more = free_;
    free_ = old;
  }

  void forget() {
    groups_ = std::vector<Group>(1);
    group_of_ = std::vector<std::uint32_t>();
    free_ = kEnds;
  }

  std::size_t own_bytes() const {
    return groups_.capacity() * sizeof(Group) + group_of_.capacity() * sizeof(std::uint32_t);
  }

  /// Whether it is the only entry of its group.
  bool alone(std::uint32_t slot) const {
    if (groups_[group_of_[slot]].front != slot) return false;
    const std::uint32_t next = table().after(slot);
    return next == kQueue || group_of_[next] != group_of_[slot];
  }

  void join(std::uint32_t slot, std::uint32_t group) {
    groups_[group].front = slot;
    group_of_[slot] = group;
  }

  /// A group, still empty, next to the one used less often.
  std::uint32_t new_group(std::uint64_t uses, std::uint32_t fewer) {
    std::uint32_t group = free_;
    if (group != kEnds) {
      free_ = groups_[group].more;
    } else {
      group = static_cast<std::uint32_t>(groups_.size());
      groups_.emplace_back();
    }
    const std::uint32_t more = groups_[fewer].more;
    groups_[group] = {.uses = uses, .front = 0, .more = more, .fewer = fewer};
    groups_[more].fewer = group;
    groups_[fewer].more = group;
    return group;
  }

  std::vector<Group> groups_ = std::vector<Group>(1);
  std::vector<std::uint32_t> group_of_;  // by slot
  std::uint32_t free_ = kEnds;           // head of the chain of unused groups
};

}  // namespace highwater::caching
