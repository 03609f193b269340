#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// Keys that left a cache not long ago, oldest first: what ARC, 2Q and S3-FIFO learn from.
///
/// A key is remembered by 32 bits of its hash, in a ring in the order of arrival, and found over a
/// table of places in the ring; the bits that a place leaves over repeat some of the hash, so that
/// a search reads the ring about once. Together 9 to 10 bytes a key. A key taken from the middle
/// leaves a hole; holes are closed when the ring has no room left, and since that makes an eighth
/// of it free, a key costs constant time in the long run. Memory follows the contents.
///
/// Assumes  no two keys share 32 bits of hash: one that was never here is taken for one that was
///          with a chance of size() / 2^32 (2 in 100,000 for a hundred thousand).
/// Source   the ghost of fingerprints: J. Yang et al., FIFO Queues are All You Need for Cache
///          Eviction, SOSP 2023, section 4.2; its layout is our own.
/// Checked  tests/algorithms/ghost_queue_test.cpp: against std::list over random operations.
class GhostQueue {
 public:
  /// @param most  Keys remembered at most; with one more the oldest is forgotten.
  explicit GhostQueue(std::uint64_t most) : most_(most) {}

  /// Remembers `key`, which is not here, as the newest.
  void add(std::uint64_t key) {
    if (most_ == 0) return;
    if (size_ == most_) drop_oldest();
    if (length_ == ring_.size()) rebuild();
    const std::uint32_t tag = KeyIndex::tag_of(key);
    const auto place = static_cast<std::uint32_t>(wrapped(first_ + length_));
    ring_[place] = tag;
    ++length_;
    ++size_;
    enter(tag, place);
  }

  bool contains(std::uint64_t key) const { return cell_of(KeyIndex::tag_of(key)) != kNowhere; }

  /// Forgets `key`.
  /// @return whether it was remembered.
  bool take(std::uint64_t key) {
    const std::size_t cell = cell_of(KeyIndex::tag_of(key));
    if (cell == kNowhere) return false;
    const std::uint32_t place = cells_[cell] & place_mask_;
    vacate(cell);
    ring_[place] = kHole;
    --size_;
    skip_holes();
    return true;
  }

  void drop_oldest() {
    if (size_ == 0) return;
    const std::uint32_t tag = ring_[first_];
    std::size_t cell = home(tag);
    while ((cells_[cell] & place_mask_) != first_) cell = next(cell);
    vacate(cell);
    ring_[first_] = kHole;
    --size_;
    skip_holes();
  }

  /// Empties it and gives the memory back.
  void clear() { *this = GhostQueue{most_}; }

  std::uint64_t size() const { return size_; }
  std::size_t bytes() const {
    return (ring_.capacity() + cells_.capacity()) * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kHole = 0xffff'ffff;   // no tag has this value
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;  // no cell in use has
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  std::size_t wrapped(std::size_t place) const {
    return place < ring_.size() ? place : place - ring_.size();
  }
  std::size_t home(std::uint32_t tag) const {
    return static_cast<std::size_t>((std::uint64_t{tag} * cells_.size()) >> 32);
  }
  std::size_t next(std::size_t cell) const { return cell + 1 == cells_.size() ? 0 : cell + 1; }
  std::size_t distance(std::size_t from, std::size_t to) const {
    return to >= from ? to - from : to + cells_.size() - from;
  }

  std::size_t cell_of(std::uint32_t tag) const {
    if (size_ == 0) return kNowhere;
    const std::uint32_t rest = tag << place_bits_;
    for (std::size_t cell = home(tag); cells_[cell] != kEmpty; cell = next(cell)) {
      if ((cells_[cell] & ~place_mask_) == rest && ring_[cells_[cell] & place_mask_] == tag)
        return cell;
    }
    return kNowhere;
  }

  void enter(std::uint32_t tag, std::uint32_t place) {
    std::size_t cell = home(tag);
    while (cells_[cell] != kEmpty) cell = next(cell);
    cells_[cell] = (tag << place_bits_) | place;
  }

  /// Empties a cell and shifts back those that it was in the way of.
  void vacate(std::size_t hole) {
    for (std::size_t cell = next(hole); cells_[cell] != kEmpty; cell = next(cell)) {
      const std::size_t ideal = home(ring_[cells_[cell] & place_mask_]);
      if (distance(ideal, cell) < distance(hole, cell)) continue;
      cells_[hole] = cells_[cell];
      hole = cell;
    }
    cells_[hole] = kEmpty;
  }

  void skip_holes() {
    while (length_ > 0 && ring_[first_] == kHole) {
      first_ = wrapped(first_ + 1);
      --length_;
    }
  }

  /// Closes the holes and makes room for an eighth more, but not for more than an eighth above
  /// `most`.
  void rebuild() {
    const std::uint64_t room = std::min(size_, most_) / 8 + 4;
    const std::uint64_t wanted = size_ + room;
    if (wanted >= kHole / 2) throw std::length_error("cache: more ghosts than 2^31");
    std::vector<std::uint32_t> old(wanted, kHole);
    old.swap(ring_);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      const std::size_t place = first_ + i < old.size() ? first_ + i : first_ + i - old.size();
      if (old[place] != kHole) ring_[kept++] = old[place];
    }
    first_ = 0;
    length_ = kept;
    place_bits_ = static_cast<int>(std::bit_width(wanted));
    place_mask_ = (1u << place_bits_) - 1;
    const std::uint64_t fullest = std::min(wanted, most_);
    cells_ = {};
    cells_ = std::vector<std::uint32_t>(fullest + fullest / 3 + 2, kEmpty);
    for (std::size_t i = 0; i < kept; ++i) enter(ring_[i], static_cast<std::uint32_t>(i));
  }

  std::uint64_t most_;
  std::vector<std::uint32_t> ring_;  // tags and holes
  std::size_t first_ = 0;            // the oldest; never a hole unless there is none
  std::size_t length_ = 0;           // of the stretch in use, holes included
  std::uint64_t size_ = 0;
  std::vector<std::uint32_t> cells_;  // places in the ring, by hash
  int place_bits_ = 0;
  std::uint32_t place_mask_ = 0;
};

}  // namespace highwater::caching
