#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// Keys that left a cache not long ago, oldest first: what ARC, 2Q and S3-FIFO learn from.
///
/// A key is remembered by 32 bits of its hash, in a ring in the order of arrival. It is found over
/// a table of places in the ring with linear probing, the cell farthest from its home first (Robin
/// Hood): a search ends where its key would have had to be. The bits that a place leaves over hold
/// how far from its home the cell is, and some of the hash, so that a search reads the ring about
/// once and a removal hardly ever. Together 9 to 10 bytes a key.
///
/// A key taken from the middle leaves a hole. When the ring has no room left the holes are closed;
/// since an eighth of it is free then, a key costs constant time in the long run. Memory follows
/// the contents.
///
/// Assumes  no two keys share 32 bits of hash: one that was never here is taken for one that was
///          with a chance of size() / 2^32 (2 in 100,000 for a hundred thousand).
/// Source   the ghost of fingerprints: J. Yang et al., FIFO Queues are All You Need for Cache
///          Eviction, SOSP 2023, section 4.2; P. Celis, Robin Hood Hashing, 1986; the layout is our
///          own.
/// Checked  tests/algorithms/ghost_queue_test.cpp: against std::list over random operations.
class GhostQueue {
 public:
  /// @param most  Keys remembered at most; with one more the oldest is forgotten.
  explicit GhostQueue(std::uint64_t most) : most_(most) {}

  /// Remembers `key`, which is not here, as the newest.
  void add(std::uint64_t key) {
    if (most_ == 0) return;
    if (size_ == most_) drop_oldest();
    if (length_ == ring_.size()) make_room();
    std::size_t place = first_ + length_;
    if (place >= ring_.size()) place -= ring_.size();
    const std::uint32_t tag = KeyIndex::tag_of(key);
    ring_[place] = tag;
    ++length_;
    ++size_;
    enter(tag, static_cast<std::uint32_t>(place));
  }

  bool contains(std::uint64_t key) const { return cell_of(KeyIndex::tag_of(key)) != kNowhere; }

  /// Begins to fetch the memory that contains(key), take(key) or add(key) will read.
  void expect(std::uint64_t key) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[home(KeyIndex::tag_of(key))]);
  }
  /// The same for the removal of the oldest.
  void expect_drop() const {
    if (size_ == most_ && size_ > 0) __builtin_prefetch(&cells_[home(ring_[first_])]);
  }

  /// Forgets `key`.
  /// @return whether it was remembered.
  bool take(std::uint64_t key) {
    const std::size_t cell = cell_of(KeyIndex::tag_of(key));
    if (cell == kNowhere) return false;
    const std::uint32_t place = place_in(cells_[cell]);
    vacate(cell);
    open_hole(place);
    return true;
  }

  void drop_oldest() {
    if (size_ == 0) return;
    const auto oldest = static_cast<std::uint32_t>(first_);
    std::size_t cell = home(ring_[oldest]);
    while (cells_[cell] == kEmpty || place_in(cells_[cell]) != oldest) cell = next(cell);
    vacate(cell);
    open_hole(oldest);
  }

  /// Empties it and gives the memory back.
  void clear() { *this = GhostQueue{most_}; }

  std::uint64_t size() const { return size_; }
  std::size_t bytes() const {
    return (ring_.capacity() + cells_.capacity()) * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kHole = 0xffff'ffff;   // no tag has this value
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;  // no cell in use has: no place is so large
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  static constexpr int kMostDistanceBits = 6;

  std::uint64_t spread(std::uint32_t tag) const { return std::uint64_t{tag} * cells_.size(); }
  std::size_t home(std::uint32_t tag) const { return static_cast<std::size_t>(spread(tag) >> 32); }
  std::size_t next(std::size_t cell) const { return cell + 1 == cells_.size() ? 0 : cell + 1; }

  std::uint32_t place_in(std::uint32_t cell) const { return cell & place_mask_; }

  /// A cell at `distance` from its home; `below_home` are the bits of the hash below those that
  /// decide the home, which is all that keys of one home differ in.
  std::uint32_t pack(std::uint32_t place, std::uint32_t below_home, std::uint32_t distance) const {
    const std::uint32_t near = std::min(distance, most_distance_);
    return place | (near << place_bits_) |
           static_cast<std::uint32_t>(std::uint64_t{below_home} >> rest_at_ << rest_at_);
  }

  /// How far the cell at `index` is from its home.
  std::uint32_t distance(std::size_t index) const {
    const std::uint32_t near = (cells_[index] >> place_bits_) & most_distance_;
    if (near < most_distance_) return near;
    const std::size_t from = home(ring_[place_in(cells_[index])]);
    return static_cast<std::uint32_t>(index >= from ? index - from : index + cells_.size() - from);
  }

  std::uint32_t at_distance(std::uint32_t cell, std::uint32_t distance) const {
    return (cell & ~(most_distance_ << place_bits_)) |
           (std::min(distance, most_distance_) << place_bits_);
  }

  std::size_t cell_of(std::uint32_t tag) const {
    if (size_ == 0) return kNowhere;
    const std::uint64_t wide = spread(tag);
    std::size_t index = static_cast<std::size_t>(wide >> 32);
    for (std::uint32_t away = 0;; ++away, index = next(index)) {
      const std::uint32_t cell = cells_[index];
      if (cell == kEmpty || distance(index) < away) return kNowhere;
      const std::uint32_t wanted = pack(place_in(cell), static_cast<std::uint32_t>(wide), away);
      if (cell == wanted && ring_[place_in(cell)] == tag) return index;
    }
  }

  void enter(std::uint32_t tag, std::uint32_t place) {
    const std::uint64_t wide = spread(tag);
    std::size_t index = static_cast<std::size_t>(wide >> 32);
    std::uint32_t away = 0;
    std::uint32_t carried = pack(place, static_cast<std::uint32_t>(wide), 0);
    for (; cells_[index] != kEmpty; ++away, index = next(index)) {
      const std::uint32_t resident = distance(index);
      if (resident >= away) continue;
      const std::uint32_t moved = cells_[index];
      cells_[index] = at_distance(carried, away);
      carried = moved;
      away = resident;
    }
    cells_[index] = at_distance(carried, away);
  }

  /// Empties a cell and shifts back those that stand behind it for want of room.
  void vacate(std::size_t hole) {
    for (;;) {
      const std::size_t follower = next(hole);
      if (cells_[follower] == kEmpty) break;
      const std::uint32_t away = distance(follower);
      if (away == 0) break;
      cells_[hole] = at_distance(cells_[follower], away - 1);
      hole = follower;
    }
    cells_[hole] = kEmpty;
  }

  void open_hole(std::uint32_t place) {
    ring_[place] = kHole;
    --size_;
    for (; length_ > 0 && ring_[first_] == kHole; --length_) {
      if (++first_ == ring_.size()) first_ = 0;
    }
  }

  /// Closes the holes, and grows the ring unless it is as large as `most` keys need.
  void make_room() {
    const std::uint64_t wanted = size_ + std::min(size_, most_) / 8 + 4;
    if (wanted >= kHole / 2) throw std::length_error("cache: more ghosts than 2^31");
    std::vector<std::uint32_t> old(std::max<std::uint64_t>(wanted, ring_.size()), kHole);
    old.swap(ring_);
    std::vector<std::uint32_t> moved(old.size());
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      const std::size_t place = first_ + i < old.size() ? first_ + i : first_ + i - old.size();
      if (old[place] == kHole) continue;
      moved[place] = kept;
      ring_[kept++] = old[place];
    }
    first_ = 0;
    length_ = kept;
    if (ring_.size() == old.size()) {
      for (std::uint32_t& cell : cells_) {
        if (cell != kEmpty) cell = (cell & ~place_mask_) | moved[place_in(cell)];
      }
    } else {
      lay_out_cells();
    }
  }

  void lay_out_cells() {
    place_bits_ = static_cast<int>(std::bit_width(ring_.size()));
    place_mask_ = (1u << place_bits_) - 1;
    const int distance_bits = std::min(kMostDistanceBits, 32 - place_bits_);
    most_distance_ = (1u << distance_bits) - 1;
    rest_at_ = place_bits_ + distance_bits;
    const std::uint64_t fullest = std::min<std::uint64_t>(ring_.size(), most_);
    cells_ = std::vector<std::uint32_t>(fullest + fullest / 3 + 2, kEmpty);
    for (std::uint32_t i = 0; i < length_; ++i) enter(ring_[i], i);
  }

  std::uint64_t most_;
  std::vector<std::uint32_t> ring_;  // tags and holes
  std::size_t first_ = 0;            // the oldest; never a hole unless there is none
  std::size_t length_ = 0;           // of the stretch in use, holes included
  std::uint64_t size_ = 0;
  std::vector<std::uint32_t> cells_;  // from the lowest bit: place, distance, rest of the hash
  int place_bits_ = 0;
  int rest_at_ = 0;  // that many lower bits of the rest of a hash are not kept
  std::uint32_t place_mask_ = 0;
  std::uint32_t most_distance_ = 0;  // as far as a cell can tell; it reads the ring beyond
};

}  // namespace highwater::caching
