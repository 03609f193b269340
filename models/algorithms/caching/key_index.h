#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace highwater::caching {

/// Finds the slot of a key in an array of entries that somebody else owns: the hash table under
/// every eviction policy here.
///
/// Open addressing with linear probing over 8-byte cells, each half a hash and half a slot number.
/// A miss is decided within one cache line in almost every case and a hit reads exactly one entry,
/// since two keys with the same 32 hash bits are rare. Removal shifts the followers back instead of
/// leaving tombstones, so that a cache which evicts for hours stays as fast as a fresh one.
///
/// The table grows with its contents, never with a configured capacity. Results do not depend on
/// the layout: nothing ever iterates over the cells.
///
/// Assumes  slots below 2^32 - 1; the owner keeps slot and key in step.
/// Source   D. E. Knuth, The Art of Computer Programming vol. 3, section 6.4, algorithms L and R.
/// Checked  tests/algorithms/key_index_test.cpp: against std::map over random operations.
class KeyIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  KeyIndex() : cells_(std::size_t{1} << kSmallestBits, kEmpty) {}

  /// @param key_of  Gives the key of a slot: key_of(slot) -> std::uint64_t.
  /// @return the slot of `key`, or kNone.
  template <class KeyOf>
  std::uint32_t find(std::uint64_t key, const KeyOf& key_of) const {
    const std::uint32_t tag = tag_of(key);
    for (std::size_t i = home(tag);; i = next(i)) {
      const std::uint64_t cell = cells_[i];
      if (cell == kEmpty) return kNone;
      if (tag_in(cell) == tag && key_of(slot_in(cell)) == key) return slot_in(cell);
    }
  }

  /// Adds a key that is not present.
  /// @throws std::length_error beyond about 2.6 thousand million entries.
  void add(std::uint64_t key, std::uint32_t slot) {
    if ((size_ + 1) * 8 > cells_.size() * 5) grow();
    place(pack(tag_of(key), slot));
    ++size_;
  }

  /// Removes a key that is present under exactly this slot.
  void remove(std::uint64_t key, std::uint32_t slot) {
    std::size_t hole = position(key, slot);
    for (std::size_t i = next(hole);; i = next(i)) {
      const std::uint64_t cell = cells_[i];
      if (cell == kEmpty) break;
      // A cell may fill the hole if its home is not between the two.
      if (distance(home(tag_in(cell)), i) >= distance(hole, i)) {
        cells_[hole] = cell;
        hole = i;
      }
    }
    cells_[hole] = kEmpty;
    --size_;
  }

  /// Says that the entry of `key` has moved.
  void move(std::uint64_t key, std::uint32_t from, std::uint32_t to) {
    cells_[position(key, from)] = pack(tag_of(key), to);
  }

  /// Forgets everything and gives the memory back.
  void clear() { *this = KeyIndex{}; }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return cells_.capacity() * sizeof(std::uint64_t); }

 private:
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  static constexpr int kSmallestBits = 4;
  static constexpr int kLargestBits = 32;

  /// The finalizer of SplitMix64: keys are often consecutive numbers, and linear probing needs
  /// them spread. Only the upper half is kept.
  static std::uint32_t tag_of(std::uint64_t key) {
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::uint32_t>((key ^ (key >> 31)) >> 32);
  }
  static std::uint64_t pack(std::uint32_t tag, std::uint32_t slot) {
    return (std::uint64_t{tag} << 32) | slot;
  }
  static std::uint32_t tag_in(std::uint64_t cell) { return static_cast<std::uint32_t>(cell >> 32); }
  static std::uint32_t slot_in(std::uint64_t cell) { return static_cast<std::uint32_t>(cell); }

  std::size_t home(std::uint32_t tag) const { return tag >> (32 - bits_); }
  std::size_t next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const {
    return (to - from) & (cells_.size() - 1);
  }

  std::size_t position(std::uint64_t key, std::uint32_t slot) const {
    const std::uint64_t wanted = pack(tag_of(key), slot);
    std::size_t i = home(tag_in(wanted));
    while (cells_[i] != wanted) i = next(i);
    return i;
  }

  void place(std::uint64_t cell) {
    std::size_t i = home(tag_in(cell));
    while (cells_[i] != kEmpty) i = next(i);
    cells_[i] = cell;
  }

  void grow() {
    if (bits_ == kLargestBits)
      throw std::length_error("cache: more entries than 2^32 cells can hold");
    std::vector<std::uint64_t> old(cells_.size() * 2, kEmpty);
    old.swap(cells_);
    ++bits_;
    for (const std::uint64_t cell : old) {
      if (cell != kEmpty) place(cell);
    }
  }

  std::vector<std::uint64_t> cells_;  // a power of two of them, at most 5/8 full
  int bits_ = kSmallestBits;          // cells_.size() == 2^bits_
  std::size_t size_ = 0;
};

}  // namespace highwater::caching
