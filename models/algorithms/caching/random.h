#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/key_index.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// caching random: evicts any entry, each equally likely.
///
/// Entries lie without gaps in one array, so that one draw names the victim and the new entry takes
/// its place.
///
/// Assumes  every entry has the same size (capacity counts entries).
/// Source   elementary; L. A. Belady, A Study of Replacement Algorithms for a Virtual-Storage
///          Computer, IBM Systems Journal 5(2), 1966 (RAND).
/// Checked  tests/algorithms/random_cache_test.cpp: each entry leaves equally often (chi squared);
///          the contents against a std::map over random operations.
class Random {
 public:
  /// @param capacity  Entries it may hold. 0 stores nothing: every lookup misses.
  explicit Random(std::uint64_t capacity) : capacity_(capacity), index_(capacity) {}

  /// An entry is expired from its expiry on (now >= expires) and is removed when that is noticed.
  Lookup lookup(std::uint64_t key, std::int64_t now) {
    const std::uint32_t slot = find(key);
    if (slot == KeyIndex::kNone) return {Outcome::miss};
    if (now >= entries_[slot].expires) [[unlikely]] {
      ++expirations_;
      remove(slot);
      return {Outcome::expired};
    }
    return {Outcome::hit, entries_[slot].version, entries_[slot].expires};
  }

  const void* first_place(std::uint64_t key) const { return index_.place(key); }
  const void* second_place(std::uint64_t key) const {
    const std::uint32_t slot = index_.first_slot(key);
    return slot == KeyIndex::kNone ? nullptr : &entries_[slot];
  }

  /// Stores `item`, replacing an entry with the same key.
  /// @return the entry that had to leave, if any.
  template <BitSource G>
  std::optional<Evicted> insert(const Item& item, std::int64_t now, G& bits) {
    if (capacity_ == 0) return std::nullopt;
    std::uint32_t slot = find(item.key);
    if (slot != KeyIndex::kNone) {
      entries_[slot] = item;
      return std::nullopt;
    }
    std::optional<Evicted> evicted;
    if (entries_.size() >= capacity_) {
      slot = random_below(static_cast<std::uint32_t>(entries_.size()), bits);
      evicted = Evicted{entries_[slot].key, now >= entries_[slot].expires};
      index_.remove(evicted->key, slot);
      entries_[slot] = item;
    } else {
      slot = static_cast<std::uint32_t>(entries_.size());
      append(item);
    }
    index_.add(item.key, slot);
    return evicted;
  }

  /// The version that an entry carries, to be changed; null without an entry. This is no use of it,
  /// and an expired one counts as there.
  std::uint32_t* version(std::uint64_t key) {
    const std::uint32_t slot = find(key);
    return slot == KeyIndex::kNone ? nullptr : &entries_[slot].version;
  }

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    const std::uint32_t slot = find(key);
    if (slot == KeyIndex::kNone) return false;
    remove(slot);
    return true;
  }

  /// Visits every entry, expired ones too: keep(item) may change its expiry and says whether it
  /// stays.
  template <class Keep>
  void sweep(const Keep& keep) {
    for (std::uint32_t slot = 0; slot < entries_.size();)
      if (keep(entries_[slot]))
        ++slot;
      else
        remove(slot);
  }

  /// Empties the cache and gives its memory back.
  void clear() {
    index_.clear();
    entries_ = std::vector<Item>();
  }

  /// Entries held, those included whose expiry nobody has noticed yet.
  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t capacity() const { return capacity_; }
  /// Entries removed so far because their time was over; insert() reports those that it pushed out.
  std::uint64_t expirations() const { return expirations_; }
  /// Memory in use, for reports and tests.
  std::size_t bytes() const { return index_.bytes() + entries_.capacity() * sizeof(Item); }

 private:
  std::uint32_t find(std::uint64_t key) const {
    return index_.find(key, [this](std::uint32_t slot) { return entries_[slot].key; });
  }

  /// The last entry takes the place of the one removed.
  void remove(std::uint32_t slot) {
    index_.remove(entries_[slot].key, slot);
    const auto last = static_cast<std::uint32_t>(entries_.size() - 1);
    if (slot != last) {
      index_.move(entries_[last].key, last, slot);
      entries_[slot] = entries_[last];
    }
    entries_.pop_back();
  }

  void append(const Item& item) {
    const std::size_t size = entries_.size();
    if (size == entries_.capacity()) {
      if (size >= KeyIndex::kNone) throw std::length_error("cache: more than 2^32 entries");
      const std::size_t wanted = size + size / 8 + 4;
      entries_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, capacity_)));
    }
    entries_.push_back(item);
  }

  std::uint64_t capacity_;
  std::uint64_t expirations_ = 0;
  KeyIndex index_;
  std::vector<Item> entries_;
};

}  // namespace highwater::caching
