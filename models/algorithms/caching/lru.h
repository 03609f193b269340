#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// caching lru: evicts the entry that has gone unused for longest.
///
/// Exact LRU. Entries lie in one array and are linked by index, so there is no allocation per entry
/// and the memory follows the contents (about 56 bytes an entry), whatever the capacity. Expiry is
/// lazy as in memcached: an entry whose time is over stays until it is looked up or reaches the end
/// of the list.
///
/// Assumes  every entry has the same size (capacity counts entries).
/// Source   R. L. Mattson et al., Evaluation Techniques for Storage Hierarchies, IBM Systems
///          Journal 9(2), 1970; lazy expiry after memcached's do_item_get (items.c).
/// Checked  tests/algorithms/lru_test.cpp: hit counts of four libraries on four traces, exactly;
///          against a naive list over random operations.
class Lru {
 public:
  /// @param capacity  Entries it may hold. 0 stores nothing: every lookup misses.
  explicit Lru(std::uint64_t capacity) : capacity_(capacity) { clear(); }

  /// Looks `key` up and makes it the most recently used. An entry is expired from its expiry on
  /// (now >= expires) and is removed when that is noticed.
  Lookup lookup(std::uint64_t key, std::int64_t now) {
    const std::uint32_t slot = find(key);
    if (slot == KeyIndex::kNone) return {Outcome::miss, 0};
    const Entry& entry = entries_[slot];
    if (now >= entry.expires) [[unlikely]] {
      ++expirations_;
      remove(key, slot);
      return {Outcome::expired, 0};
    }
    touch(slot);
    return {Outcome::hit, entry.version};
  }

  /// Stores `item` as the most recently used, replacing an entry with the same key.
  /// @return the entry that had to leave, if any.
  std::optional<Evicted> insert(const Item& item, std::int64_t now) {
    if (capacity_ == 0) return std::nullopt;
    std::uint32_t slot = find(item.key);
    if (slot != KeyIndex::kNone) {
      entries_[slot].expires = item.expires;
      entries_[slot].version = item.version;
      touch(slot);
      return std::nullopt;
    }
    std::optional<Evicted> evicted;
    if (index_.size() == capacity_) {
      const std::uint32_t oldest = entries_[kList].previous;
      evicted = Evicted{entries_[oldest].key, now >= entries_[oldest].expires};
      remove(evicted->key, oldest);
    }
    slot = take_slot();
    entries_[slot].key = item.key;
    entries_[slot].expires = item.expires;
    entries_[slot].version = item.version;
    link_front(slot);
    index_.add(item.key, slot);
    return evicted;
  }

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    const std::uint32_t slot = find(key);
    if (slot == KeyIndex::kNone) return false;
    remove(key, slot);
    return true;
  }

  /// Empties the cache and gives its memory back.
  void clear() {
    index_.clear();
    entries_ = std::vector<Entry>(1);  // the list's own entry, linked to itself
    free_ = KeyIndex::kNone;
  }

  /// Entries held, those included whose expiry nobody has noticed yet.
  std::uint64_t size() const { return index_.size(); }
  std::uint64_t capacity() const { return capacity_; }
  /// Entries removed so far because their time was over; insert() reports those that it pushed out.
  std::uint64_t expirations() const { return expirations_; }
  /// Memory in use, for reports and tests.
  std::size_t bytes() const { return index_.bytes() + entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::int64_t expires = kNeverExpires;
    std::uint64_t version = 0;
    std::uint32_t previous = 0;  // towards the most recently used
    std::uint32_t next = 0;      // towards the least recently used; next free slot when unused
  };
  static constexpr std::uint32_t kList = 0;  // entries_[0] is the head and the tail of the ring

  std::uint32_t find(std::uint64_t key) const {
    return index_.find(key, [this](std::uint32_t slot) { return entries_[slot].key; });
  }

  void touch(std::uint32_t slot) {
    if (entries_[kList].next == slot) return;
    unlink(slot);
    link_front(slot);
  }

  void link_front(std::uint32_t slot) {
    const std::uint32_t front = entries_[kList].next;
    entries_[slot].previous = kList;
    entries_[slot].next = front;
    entries_[front].previous = slot;
    entries_[kList].next = slot;
  }

  void unlink(std::uint32_t slot) {
    const Entry& entry = entries_[slot];
    entries_[entry.previous].next = entry.next;
    entries_[entry.next].previous = entry.previous;
  }

  void remove(std::uint64_t key, std::uint32_t slot) {
    index_.remove(key, slot);
    unlink(slot);
    entries_[slot].next = free_;
    free_ = slot;
  }

  std::uint32_t take_slot() {
    if (free_ != KeyIndex::kNone) {
      const std::uint32_t slot = free_;
      free_ = entries_[slot].next;
      return slot;
    }
    if (entries_.size() >= KeyIndex::kNone) throw std::length_error("lru: more than 2^32 entries");
    entries_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }

  std::uint64_t capacity_;
  std::uint64_t expirations_ = 0;
  KeyIndex index_;
  std::vector<Entry> entries_;
  std::uint32_t free_ = KeyIndex::kNone;  // head of the chain of unused slots
};

}  // namespace highwater::caching
