#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/entry_table.h"

namespace highwater::caching {

/// What every policy over an EntryTable does alike: look-ups and lazy expiry, replacing, erasing,
/// counting. A policy is a class P : ListCache<P> with
///
///   void used(slot)                        an entry was found, or replaced
///   std::optional<Evicted> enter(item, now)  adds a key that is not present, and makes room first
///   void expect(key)                       the key is about to be looked for: to fetch memory
///   void leave(slot)                       an entry is about to be removed: for who points at it
///   void forget()                          everything was removed
///   std::size_t own_bytes() const          memory beside the table
///
/// of which the last four may be left out. Expiry is lazy as in memcached: an entry whose time is
/// over stays until it is looked up or the policy comes upon it.
///
/// Assumes  every entry has the same size (capacity counts entries); replacing an entry is a use of
///          it.
/// Source   lazy expiry after memcached 1.6 items.c, do_item_get.
/// Checked  tests/algorithms/list_policies_test.cpp
template <class P>
class ListCache {
 public:
  /// Looks `key` up, as a use of it. An entry is expired from its expiry on (now >= expires) and is
  /// removed when that is noticed.
  Lookup lookup(std::uint64_t key, std::int64_t now) {
    const std::uint32_t slot = table_.find(key);
    if (slot == EntryTable::kNone) return {Outcome::miss};
    if (now >= table_.expires(slot)) [[unlikely]] {
      expire(slot);
      return {Outcome::expired};
    }
    const Lookup found{Outcome::hit, table_.version(slot), table_.expires(slot)};
    self().used(slot);
    return found;
  }

  /// Memory that lookup(key) will read: its place in the index first, its entry second.
  const void* first_place(std::uint64_t key) const { return table_.first_place(key); }
  const void* second_place(std::uint64_t key) const { return table_.second_place(key); }

  /// Stores `item`, replacing an entry with the same key.
  /// @return the entry that had to leave, if any.
  std::optional<Evicted> insert(const Item& item, std::int64_t now) {
    return store(item, [&] { return self().enter(item, now); });
  }

  /// The version that an entry carries, to be changed; null without an entry. This is no use of it,
  /// and an expired one counts as there.
  std::uint32_t* version(std::uint64_t key) {
    const std::uint32_t slot = table_.find(key);
    return slot == EntryTable::kNone ? nullptr : &table_.version(slot);
  }

  /// @return whether the key was there, expired or not.
  bool erase(std::uint64_t key) {
    const std::uint32_t slot = table_.find(key);
    if (slot == EntryTable::kNone) return false;
    remove(slot);
    return true;
  }

  /// Visits every entry, expired ones too, which is no use of it: keep(item) may change its expiry
  /// and says whether it stays.
  template <class Keep>
  void sweep(const Keep& keep) {
    table_.each([&](std::uint32_t slot) {
      Item item{table_.key(slot), table_.expires(slot), table_.version(slot)};
      if (keep(item))
        table_.set(slot, item);
      else
        remove(slot);
    });
  }

  /// Empties the cache and gives its memory back.
  void clear() {
    table_.clear();
    self().forget();
  }

  /// Entries held, those included whose expiry nobody has noticed yet.
  std::uint64_t size() const { return table_.size(); }
  std::uint64_t capacity() const { return capacity_; }
  /// Entries removed so far because their time was over; insert() reports those that it pushed out.
  std::uint64_t expirations() const { return expirations_; }
  /// Memory in use, for reports and tests.
  std::size_t bytes() const { return table_.bytes() + self().own_bytes(); }

 protected:
  /// @param capacity  Entries it may hold. 0 stores nothing: every lookup misses.
  ListCache(std::uint64_t capacity, std::uint32_t queues)
      : capacity_(capacity), table_(queues, capacity) {}

  template <class Enter>
  std::optional<Evicted> store(const Item& item, const Enter& enter) {
    if (capacity_ == 0) return std::nullopt;
    self().expect(item.key);
    const std::uint32_t slot = table_.find(item.key);
    if (slot == EntryTable::kNone) return enter();
    table_.set(slot, item);
    self().used(slot);
    return std::nullopt;
  }

  bool full() const { return table_.size() >= capacity_; }

  /// Removes an entry to make room for another.
  Evicted evict(std::uint32_t slot, std::int64_t now) {
    const Evicted evicted{table_.key(slot), now >= table_.expires(slot)};
    const std::uint32_t next = table_.before(slot);
    remove(slot);
    table_.expect_removal(next);
    return evicted;
  }

  /// Removes an entry whose time is over.
  void expire(std::uint32_t slot) {
    ++expirations_;
    remove(slot);
  }

  void expect(std::uint64_t) const {}
  void leave(std::uint32_t) {}
  void forget() {}
  std::size_t own_bytes() const { return 0; }

  EntryTable& table() { return table_; }
  const EntryTable& table() const { return table_; }

 private:
  P& self() { return static_cast<P&>(*this); }
  const P& self() const { return static_cast<const P&>(*this); }

  void remove(std::uint32_t slot) {
    self().leave(slot);
    table_.remove(slot);
  }

  std::uint64_t capacity_;
  std::uint64_t expirations_ = 0;
  EntryTable table_;
};

}  // namespace highwater::caching
