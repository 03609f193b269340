#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace highwater::caching {

/// Finds the slot of a key in an array of entries that somebody else owns: the hash table under
/// most eviction policies here.
///
/// Linear probing over 8-byte cells, each half a hash and half a slot number, kept in the order of
/// the hashes: the home of a hash is its share of the table, so that one order serves both. A
/// search for what is not there then ends as soon as one for what is, about three cells on at
/// three quarters full, within a cache line in almost every case, and a hit reads exactly one
/// entry, since two keys with the same 32 hash bits are rare. Removal shifts the followers back
/// instead of leaving tombstones, so that a cache which evicts for hours stays as fast as a fresh
/// one.
///
/// The table is between 2/3 and 3/4 full, 10.7 to 12 bytes a key, at any number of keys from a
/// hundred on: it grows by an eighth, and never beyond what `most` keys need. Growing is a copy
/// from front to back. Results do not depend on the layout: nothing ever iterates over the cells.
///
/// Assumes  slots below 2^32 - 1; the owner keeps slot and key in step.
/// Source   O. Amble and D. E. Knuth, Ordered Hash Tables, The Computer Journal 17(2), 1974;
///          Knuth, The Art of Computer Programming vol. 3, section 6.4, algorithm R.
/// Checked  tests/algorithms/key_index_test.cpp: against std::map over random operations, and over
///          keys made to collide at the end of the table.
class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  /// @param most  Keys that it will hold at most; memory follows the contents, not this number.
  explicit KeyIndex(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) : most_(most) {
    resize(kSmallest);
  }

  /// @param key_of  Gives the key of a slot: key_of(slot) -> std::uint64_t.
  /// @return the slot of `key`, or kNone.
  template <class KeyOf>
  std::uint32_t find(std::uint64_t key, const KeyOf& key_of) const {
    const std::uint32_t tag = tag_of(key);
    const std::uint64_t* cell = first_from(tag, pack(tag, 0));
    for (; tag_in(*cell) == tag; ++cell) {
      if (key_of(slot_in(*cell)) == key) return slot_in(*cell);
    }
    return kNone;
  }

  /// Where a search for `key` begins to read.
  const void* place(std::uint64_t key) const { return &cells_[home(tag_of(key))]; }

  /// The slot whose entry a search for `key` reads first, or kNone.
  std::uint32_t first_slot(std::uint64_t key) const {
    const std::uint32_t tag = tag_of(key);
    const std::uint64_t* cell = first_from(tag, pack(tag, 0));
    return tag_in(*cell) == tag ? slot_in(*cell) : kNone;
  }

  /// Adds a key that is not present.
  /// @throws std::length_error beyond about 3 thousand million entries.
  void add(std::uint64_t key, std::uint32_t slot) {
    if ((size_ + 1) * 4 > range_ * 3) grow();
    const std::uint32_t tag = tag_of(key);
    std::uint64_t carried = pack(tag, slot);
    auto i = static_cast<std::size_t>(first_from(tag, carried) - cells_.data());
    for (; carried != kEmpty; ++i) {
      if (i + 1 == cells_.size()) [[unlikely]]
        lengthen();
      std::swap(cells_[i], carried);
    }
    ++size_;
  }

  /// Removes a key that is present under exactly this slot.
  void remove(std::uint64_t key, std::uint32_t slot) {
    std::size_t hole = position(key, slot);
    for (; cells_[hole + 1] != kEmpty && home(tag_in(cells_[hole + 1])) <= hole; ++hole) {
      cells_[hole] = cells_[hole + 1];
    }
    cells_[hole] = kEmpty;
    --size_;
  }

  /// Says that the entry of `key` has moved.
  void move(std::uint64_t key, std::uint32_t from, std::uint32_t to) {
    remove(key, from);
    add(key, to);
  }

  /// Forgets everything and gives the memory back.
  void clear() { *this = KeyIndex{most_}; }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return cells_.capacity() * sizeof(std::uint64_t); }

  /// The 32 bits of hash that stand for a key, never all ones: the upper half of the finalizer of
  /// SplitMix64, since keys are often consecutive numbers and linear probing needs them spread.
  static std::uint32_t tag_of(std::uint64_t key) {
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    const auto tag = static_cast<std::uint32_t>((key ^ (key >> 31)) >> 32);
    return tag - (tag == kNone);
  }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // above every cell in use
  static constexpr std::size_t kSmallest = 16;
  static constexpr std::size_t kTail = 8;
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 32;

  static std::uint64_t pack(std::uint32_t tag, std::uint32_t slot) {
    return (std::uint64_t{tag} << 32) | slot;
  }
  static std::uint32_t tag_in(std::uint64_t cell) { return static_cast<std::uint32_t>(cell >> 32); }
  static std::uint32_t slot_in(std::uint64_t cell) { return static_cast<std::uint32_t>(cell); }

  std::size_t home(std::uint32_t tag) const { return (tag * range_) >> 32; }

  /// The first cell that is not below `wanted`, whose tag is `tag`.
  const std::uint64_t* first_from(std::uint32_t tag, std::uint64_t wanted) const {
    const std::uint64_t* cell = &cells_[home(tag)];
    while (*cell < wanted) ++cell;
    return cell;
  }

  std::size_t position(std::uint64_t key, std::uint32_t slot) const {
    const std::uint32_t tag = tag_of(key);
    return static_cast<std::size_t>(first_from(tag, pack(tag, slot)) - cells_.data());
  }

  void grow() {
    if (range_ == kLargest) throw std::length_error("cache: more entries than 2^32 cells can hold");
    std::uint64_t range = range_ + range_ / 8;
    if (most_ < kLargest / 2) range = std::min(range, std::max(most_ * 4 / 3 + 1, range_ + 2));
    resize(std::min(range, kLargest));
  }

  /// The cells stay in order, so that each goes to its home or behind the one before.
  void resize(std::uint64_t range) {
    std::vector<std::uint64_t> old(range + kTail, kEmpty);
    old.swap(cells_);
    range_ = range;
    std::size_t end = 0;
    for (const std::uint64_t cell : old) {
      if (cell == kEmpty) continue;
      end = std::max(end, home(tag_in(cell)));
      while (end + 1 >= cells_.size()) lengthen();
      cells_[end++] = cell;
    }
  }

  void lengthen() {
    cells_.reserve(cells_.size() + kTail);
    cells_.resize(cells_.size() + kTail, kEmpty);
  }

  std::uint64_t most_;
  std::uint64_t range_ = 0;           // homes are in cells_[0, range_)
  std::vector<std::uint64_t> cells_;  // in order, gaps apart; the last one is always empty
  std::size_t size_ = 0;
};

}  // namespace highwater::caching
