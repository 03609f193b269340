#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernel/time.h"
#include "models/algorithms/caching/key_index.h"

namespace highwater {

/// What is remembered of keys until they have not been used for a while: sessions, or the verdicts
/// on tokens. Those unused for longest are forgotten first.
///
/// O(1) per use; memory follows what it holds.
///
/// Checked  tests/sessions/session_table_test.cpp
class SessionTable {
 public:
  /// @param timeout  An entry is gone so long after its last use.
  /// @param most     Entries at most: one more pushes out the one unused for longest.
  explicit SessionTable(Duration timeout, std::size_t most = caching::KeyIndex::kNone - 1)
      : timeout_(timeout), most_(most) {}

  /// What is known of `key`. Looking is no use.
  std::optional<std::uint64_t> find(std::uint64_t key, Time now) const {
    const std::uint32_t slot = slot_of(key);
    if (slot == kNone || is_over(entries_[slot], now)) return std::nullopt;
    return entries_[slot].value;
  }

  /// The entry of `key` is used. False where there is none.
  bool use(std::uint64_t key, Time now) {
    const std::uint32_t slot = slot_of(key);
    if (slot == kNone || is_over(entries_[slot], now)) return false;
    entries_[slot].used = now;
    unlink(slot);
    link_last(slot);
    return true;
  }

  void put(std::uint64_t key, std::uint64_t value, Time now) {
    forget_expired(now);
    std::uint32_t slot = slot_of(key);
    if (slot == kNone) {
      if (index_.size() >= most_) forget(first_);
      slot = free_;
      if (slot == kNone) {
        slot = static_cast<std::uint32_t>(entries_.size());
        entries_.emplace_back();
      } else {
        free_ = entries_[slot].next;
      }
      entries_[slot].key = key;
      index_.add(key, slot);
    } else {
      unlink(slot);
    }
    entries_[slot].value = value;
    entries_[slot].used = now;
    link_last(slot);
  }

  void erase(std::uint64_t key) {
    const std::uint32_t slot = slot_of(key);
    if (slot != kNone) forget(slot);
  }

  /// Entries whose time is over are forgotten by themselves when others are put in; this does it
  /// now.
  void forget_expired(Time now) {
    while (first_ != kNone && is_over(entries_[first_], now)) forget(first_);
  }

  /// When the next entry's time is over unless it is used before; kNever where there is none.
  Time next_end() const { return first_ == kNone ? kNever : entries_[first_].used + timeout_; }

  /// Entries that are over and not yet forgotten count.
  std::size_t size() const { return index_.size(); }

  void clear() { *this = SessionTable(timeout_, most_); }

 private:
  using KeyIndex = caching::KeyIndex;
  static constexpr std::uint32_t kNone = KeyIndex::kNone;

  struct Entry {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    Time used{};
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
  };

  std::uint32_t slot_of(std::uint64_t key) const {
    return index_.find(key, [this](std::uint32_t slot) { return entries_[slot].key; });
  }
  bool is_over(const Entry& entry, Time now) const { return now - entry.used >= timeout_; }

  void forget(std::uint32_t slot) {
    unlink(slot);
    index_.remove(entries_[slot].key, slot);
    entries_[slot].next = free_;
    free_ = slot;
  }
  void unlink(std::uint32_t slot) {
    const Entry& entry = entries_[slot];
    (entry.previous == kNone ? first_ : entries_[entry.previous].next) = entry.next;
    (entry.next == kNone ? last_ : entries_[entry.next].previous) = entry.previous;
  }
  void link_last(std::uint32_t slot) {
    entries_[slot].previous = last_;
    entries_[slot].next = kNone;
    (last_ == kNone ? first_ : entries_[last_].next) = slot;
    last_ = slot;
  }

  Duration timeout_;
  std::size_t most_;
  KeyIndex index_;
  std::vector<Entry> entries_;
  std::uint32_t first_ = kNone;  // unused for longest
  std::uint32_t last_ = kNone;
  std::uint32_t free_ = kNone;
};

}  // namespace highwater
