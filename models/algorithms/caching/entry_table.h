#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "models/algorithms/caching/entry.h"
#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// Entries in one array, found by key and linked into up to four queues: what every policy that
/// keeps lists stands on.
///
/// An entry is 28 bytes; with its share of the index 39, and never above 44, whatever the number.
/// Links are slot numbers of 30 bits; the two bits that each leaves over say which queue the entry
/// is in, and count something for the policy (uses, or flags). There is no allocation per entry.
/// The array grows by an eighth and never beyond `most`.
///
/// Source   elementary; intrusive rings after D. E. Knuth, The Art of Computer Programming vol. 1,
///          section 2.2.5.
/// Checked  tests/algorithms/list_policies_test.cpp, through the policies; entry_table_test.cpp:
///          against std::list over random operations, and its memory at many sizes.
class EntryTable {
 public:
  static constexpr std::uint32_t kNone = KeyIndex::kNone;

  /// @param queues  1 to 4. Their names are 0 to queues - 1, also the slots of their ends.
  /// @param most    Entries that it will hold at most; memory follows the contents.
  EntryTable(std::uint32_t queues, std::uint64_t most)
      : queues_(queues), most_(most), index_(most) {
    entries_.resize(queues);
    for (std::uint32_t queue = 0; queue < queues; ++queue) {
      entries_[queue].previous = entries_[queue].next = queue;
    }
  }

  std::uint32_t find(std::uint64_t key) const {
    return index_.find(key, [this](std::uint32_t slot) { return this->key(slot); });
  }
  const void* first_place(std::uint64_t key) const { return index_.place(key); }
  const void* second_place(std::uint64_t key) const {
    const std::uint32_t slot = index_.first_slot(key);
    return slot == kNone ? nullptr : &entries_[slot];
  }

  std::uint64_t key(std::uint32_t slot) const {
    return std::bit_cast<std::uint64_t>(entries_[slot].key);
  }
  std::int64_t expires(std::uint32_t slot) const {
    return std::bit_cast<std::int64_t>(entries_[slot].expires);
  }
  std::uint32_t version(std::uint32_t slot) const { return entries_[slot].version; }
  std::uint32_t& version(std::uint32_t slot) { return entries_[slot].version; }
  std::uint32_t queue_of(std::uint32_t slot) const { return entries_[slot].previous >> kLinkBits; }
  std::uint32_t count(std::uint32_t slot) const { return entries_[slot].next >> kLinkBits; }
  void set_count(std::uint32_t slot, std::uint32_t count) {
    entries_[slot].next = link_in(entries_[slot].next) | (count << kLinkBits);
  }

  /// The neighbours in its queue, or the queue itself at its ends.
  std::uint32_t before(std::uint32_t slot) const { return link_in(entries_[slot].previous); }
  std::uint32_t after(std::uint32_t slot) const { return link_in(entries_[slot].next); }
  std::uint32_t front(std::uint32_t queue) const { return after(queue); }
  std::uint32_t back(std::uint32_t queue) const { return before(queue); }
  bool empty(std::uint32_t queue) const { return after(queue) == queue; }
  std::uint64_t length(std::uint32_t queue) const { return lengths_[queue]; }

  /// Adds an entry for a key that is not present, at the front of `queue`, with a count of 0.
  std::uint32_t add(const Item& item, std::uint32_t queue) {
    const std::uint32_t slot = take_slot();
    index_.add(item.key, slot);
    entries_[slot].key = std::bit_cast<Words>(item.key);
    entries_[slot].next = 0;
    set(slot, item);
    link_after(queue, queue, slot);
    return slot;
  }

  void set(std::uint32_t slot, const Item& item) {
    entries_[slot].expires = std::bit_cast<Words>(item.expires);
    entries_[slot].version = item.version;
  }

  void move_to_front(std::uint32_t queue, std::uint32_t slot) {
    if (after(queue) == slot) return;
    move_after(queue, queue, slot);
  }

  /// Takes the entry out of its queue and puts it into `queue` behind `position`, which is the
  /// queue itself for its front, or another entry of it.
  void move_after(std::uint32_t queue, std::uint32_t position, std::uint32_t slot) {
    unlink(slot);
    link_after(queue, position, slot);
  }

  /// Begins to fetch the memory that remove(slot) will need, and the entry before it: who evicts
  /// from the back knows of its victims before they are due.
  void expect_removal(std::uint32_t slot) const {
    __builtin_prefetch(index_.place(key(slot)));
    __builtin_prefetch(&entries_[before(slot)]);
  }

  void remove(std::uint32_t slot) {
    index_.remove(key(slot), slot);
    unlink(slot);
    entries_[slot].next = free_;
    free_ = slot;
  }

  /// Visits all entries, queue by queue from the front; visit(slot) may remove the one it is shown.
  template <class Visit>
  void each(const Visit& visit) {
    for (std::uint32_t queue = 0; queue < queues_; ++queue) {
      for (std::uint32_t slot = front(queue); slot != queue;) {
        const std::uint32_t next = after(slot);
        visit(slot);
        slot = next;
      }
    }
  }

  /// Empties the table and gives its memory back.
  void clear() { *this = EntryTable{queues_, most_}; }

  std::uint64_t size() const { return index_.size(); }
  std::size_t bytes() const { return index_.bytes() + entries_.capacity() * sizeof(Entry); }
  /// One more than the largest slot ever used: for what a policy keeps in an array beside this one.
  std::size_t slots() const { return entries_.size(); }

 private:
  using Words = std::array<std::uint32_t, 2>;  // of 64 bits, without asking for their alignment
  struct Entry {
    Words key{};
    Words expires{};
    std::uint32_t version = 0;
    std::uint32_t previous = 0;  // towards the front; the upper two bits are the queue
    std::uint32_t next = 0;      // towards the back; the upper two bits are the count
  };
  static_assert(sizeof(Entry) == 28);

  static constexpr int kLinkBits = 30;
  static constexpr std::uint32_t kLinkMask = (1u << kLinkBits) - 1;
  static constexpr std::size_t kMostSlots = kLinkMask;

  static std::uint32_t link_in(std::uint32_t word) { return word & kLinkMask; }
  static void relink(std::uint32_t& word, std::uint32_t slot) { word = (word & ~kLinkMask) | slot; }

  void link_after(std::uint32_t queue, std::uint32_t position, std::uint32_t slot) {
    const std::uint32_t follower = after(position);
    entries_[slot].previous = position | (queue << kLinkBits);
    relink(entries_[slot].next, follower);
    relink(entries_[follower].previous, slot);
    relink(entries_[position].next, slot);
    ++lengths_[queue];
  }

  void unlink(std::uint32_t slot) {
    const Entry& entry = entries_[slot];
    --lengths_[queue_of(slot)];
    relink(entries_[link_in(entry.previous)].next, link_in(entry.next));
    relink(entries_[link_in(entry.next)].previous, link_in(entry.previous));
  }

  std::uint32_t take_slot() {
    if (free_ != kNone) {
      const std::uint32_t slot = free_;
      free_ = entries_[slot].next;
      return slot;
    }
    if (entries_.size() == entries_.capacity()) {
      if (entries_.size() == kMostSlots)
        throw std::length_error("cache: more entries than 2^30 slots can hold");
      std::size_t wanted = std::min(entries_.size() + entries_.size() / 8 + 4, kMostSlots);
      if (most_ < kMostSlots) {
        wanted = std::min(wanted, static_cast<std::size_t>(most_) + queues_);
      }
      entries_.reserve(std::max(wanted, entries_.size() + 1));
    }
    entries_.emplace_back();
    return static_cast<std::uint32_t>(entries_.size() - 1);
  }

  std::uint32_t queues_;
  std::uint64_t most_;
  KeyIndex index_;
  std::vector<Entry> entries_;  // the ends of the queues first
  std::array<std::uint64_t, 4> lengths_{};
  std::uint32_t free_ = kNone;  // head of the chain of unused slots
};

}  // namespace highwater::caching
