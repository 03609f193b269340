#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// Keys that left a cache not long ago, oldest first: what ARC, 2Q and S3-FIFO learn from.
///
/// A key is remembered by 32 bits of its hash, in a ring in the order of arrival. It is found over
/// a table of places in the ring, in buckets of sixteen, a cache line: a key is in the bucket that
/// its hash names or, while that is full, in the next one that has room. The bits that a place
/// leaves over repeat some of the hash, so that a search reads one line of the table and hardly
/// ever the ring in vain; within a bucket nothing branches. Together 9 to 10 bytes a key.
///
/// A key taken from the middle leaves a hole. When the ring has no room left the holes are closed;
/// since an eighth of it is free then, a key costs constant time in the long run. Memory follows
/// the contents.
///
/// Assumes  where not exact, no two keys share 32 bits of hash: one that was never here is taken
///          for one that was with a chance of size() / 2^32 (2 in 100,000 for a hundred thousand).
/// Source   the ghost of fingerprints: J. Yang et al., FIFO Queues are All You Need for Cache
///          Eviction, SOSP 2023, section 4.2; buckets: Knuth, The Art of Computer Programming
///          vol. 3, section 6.4; the layout is our own.
/// Checked  tests/algorithms/ghost_queue_test.cpp: against std::list over random operations.
///
/// @tparam kExact  Remembers the key itself beside its hash, 8 bytes more, and so errs never.
template <bool kExact>
class BasicGhostQueue {
 public:
  /// @param most  Keys remembered at most; with one more the oldest is forgotten.
  explicit BasicGhostQueue(std::uint64_t most) : most_(most) {}

  /// Remembers `key`, which is not here, as the newest.
  void add(std::uint64_t key) {
    if (most_ == 0) return;
    if (size_ == most_) drop_oldest();
    if (length_ == ring_.size()) make_room();
    std::size_t place = first_ + length_;
    if (place >= ring_.size()) place -= ring_.size();
    const std::uint32_t tag = KeyIndex::tag_of(key);
    ring_[place] = tag;
    if constexpr (kExact) keys_[place] = key;
    ++length_;
    ++size_;
    enter(tag, static_cast<std::uint32_t>(place));
  }

  bool contains(std::uint64_t key) const { return find(key).has_value(); }

  /// Begins to fetch the memory that contains(key), take(key) or add(key) will read.
  void expect(std::uint64_t key) const {
    if (!buckets_.empty()) __builtin_prefetch(&buckets_[home(KeyIndex::tag_of(key))]);
  }
  /// The same for the removal of the oldest.
  void expect_drop() const {
    if (size_ == most_ && size_ > 0) __builtin_prefetch(&buckets_[home(ring_[first_])]);
  }

  /// Forgets `key`.
  /// @return whether it was remembered.
  bool take(std::uint64_t key) {
    const std::optional<Position> found = find(key);
    if (!found) return false;
    const std::uint32_t place = buckets_[found->bucket].cells[found->cell] & place_mask_;
    vacate(*found);
    open_hole(place);
    return true;
  }

  void drop_oldest() {
    if (size_ == 0) return;
    const auto oldest = static_cast<std::uint32_t>(first_);
    Position position{home(ring_[oldest]), 0};
    for (;; position.bucket = next(position.bucket)) {
      // Places are unique; an empty cell has one that no ring is long enough for.
      const auto [matches, cell] = look(position.bucket, oldest, place_mask_);
      position.cell = cell;
      if (matches > 0) break;
    }
    vacate(position);
    open_hole(oldest);
  }

  /// Empties it and gives the memory back.
  void clear() { *this = BasicGhostQueue{most_}; }

  std::uint64_t size() const { return size_; }
  std::size_t bytes() const {
    return ring_.capacity() * sizeof(std::uint32_t) + keys_.capacity() * sizeof(std::uint64_t) +
           buckets_.capacity() * sizeof(Bucket);
  }

 private:
  static constexpr std::uint32_t kHole = 0xffff'ffff;   // no tag has this value
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;  // no cell in use has: no place is so large
  static constexpr std::uint32_t kCells = 16;

  /// Cells in use come first. From the lowest bit: the place in the ring, whether another bucket
  /// would have been the right one, and some of the hash.
  struct alignas(64) Bucket {
    std::array<std::uint32_t, kCells> cells;
  };
  struct Position {
    std::size_t bucket;
    std::uint32_t cell;
  };

  std::uint64_t spread(std::uint32_t tag) const { return std::uint64_t{tag} * buckets_.size(); }
  std::size_t home(std::uint32_t tag) const { return static_cast<std::size_t>(spread(tag) >> 32); }
  std::size_t next(std::size_t bucket) const {
    return bucket + 1 == buckets_.size() ? 0 : bucket + 1;
  }
  std::size_t distance(std::size_t from, std::size_t to) const {
    return to >= from ? to - from : to + buckets_.size() - from;
  }
  bool filled(std::size_t bucket) const { return buckets_[bucket].cells[kCells - 1] != kEmpty; }
  std::uint32_t used_in(std::size_t bucket) const {
    std::uint32_t used = 0;
    for (const std::uint32_t cell : buckets_[bucket].cells) used += cell != kEmpty;
    return used;
  }

  /// The bits of a hash that a cell repeats: those below the ones that decide the bucket.
  std::uint32_t rest_of(std::uint64_t wide) const {
    return static_cast<std::uint32_t>(wide) & ~(place_mask_ | displaced_);
  }

  /// How many cells of a bucket agree with `wanted` in the bits of `mask`, and where they are: the
  /// sum of their indices, which is the index if it is one.
  std::pair<std::uint32_t, std::uint32_t> look(std::size_t bucket, std::uint32_t wanted,
                                               std::uint32_t mask) const {
    const Bucket& line = buckets_[bucket];
    std::uint32_t matches = 0;
    std::uint32_t where = 0;
    for (std::uint32_t i = 0; i < kCells; ++i) {
      const std::uint32_t same = ((line.cells[i] ^ wanted) & mask) == 0;
      matches += same;
      where += same * i;
    }
    return {matches, where};
  }

  bool holds(std::uint32_t place, std::uint32_t tag, std::uint64_t key) const {
    if constexpr (kExact) return keys_[place] == key && ring_[place] == tag;
    return ring_[place] == tag;
  }

  std::optional<Position> find(std::uint64_t key) const {
    if (size_ == 0) return std::nullopt;
    const std::uint32_t tag = KeyIndex::tag_of(key);
    const std::uint64_t wide = spread(tag);
    const std::uint32_t mask = ~(place_mask_ | displaced_);
    for (auto bucket = static_cast<std::size_t>(wide >> 32);; bucket = next(bucket)) {
      if (look(bucket, rest_of(wide), mask).first > 0) [[unlikely]] {
        for (std::uint32_t cell = 0; cell < used_in(bucket); ++cell) {
          if (holds(buckets_[bucket].cells[cell] & place_mask_, tag, key))
            return Position{bucket, cell};
        }
      }
      if (!filled(bucket)) return std::nullopt;
    }
  }

  void enter(std::uint32_t tag, std::uint32_t place) {
    const std::uint64_t wide = spread(tag);
    const auto right = static_cast<std::size_t>(wide >> 32);
    std::size_t bucket = right;
    while (filled(bucket)) bucket = next(bucket);
    buckets_[bucket].cells[used_in(bucket)] =
        place | (bucket == right ? 0 : displaced_) | rest_of(wide);
  }

  /// Empties a cell. A bucket that was full calls back who had to go on for want of room.
  void vacate(Position hole) {
    for (;;) {
      const bool was_full = filled(hole.bucket);
      std::array<std::uint32_t, kCells>& cells = buckets_[hole.bucket].cells;
      const std::uint32_t last = used_in(hole.bucket) - 1;
      cells[hole.cell] = cells[last];
      cells[last] = kEmpty;
      if (!was_full) return;
      const std::optional<Position> comes = who_passed(hole.bucket);
      if (!comes) return;
      const std::uint32_t cell = buckets_[comes->bucket].cells[comes->cell];
      const bool right = home(ring_[cell & place_mask_]) == hole.bucket;
      cells[last] = right ? cell & ~displaced_ : cell;
      hole = *comes;
    }
  }

  /// A cell beyond `bucket` that could be in it.
  std::optional<Position> who_passed(std::size_t bucket) const {
    for (std::size_t later = next(bucket); later != bucket; later = next(later)) {
      for (std::uint32_t i = 0, used = used_in(later); i < used; ++i) {
        const std::uint32_t cell = buckets_[later].cells[i];
        if ((cell & displaced_) == 0) continue;
        const std::size_t right = home(ring_[cell & place_mask_]);
        if (distance(right, later) >= distance(bucket, later)) return Position{later, i};
      }
      if (!filled(later)) break;
    }
    return std::nullopt;
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
    std::vector<std::uint64_t> packed(kExact ? ring_.size() : 0);
    std::uint32_t kept = 0;
    for (std::size_t i = 0; i < length_; ++i) {
      const std::size_t place = first_ + i < old.size() ? first_ + i : first_ + i - old.size();
      if (old[place] == kHole) continue;
      moved[place] = kept;
      if constexpr (kExact) packed[kept] = keys_[place];
      ring_[kept++] = old[place];
    }
    keys_.swap(packed);
    first_ = 0;
    length_ = kept;
    if (ring_.size() == old.size()) {
      for (Bucket& bucket : buckets_) {
        for (std::uint32_t& cell : bucket.cells) {
          if (cell != kEmpty) cell = (cell & ~place_mask_) | moved[cell & place_mask_];
        }
      }
    } else {
      fill_buckets();
    }
  }

  void fill_buckets() {
    const auto place_bits = static_cast<int>(std::bit_width(ring_.size()));
    displaced_ = 1u << place_bits;
    place_mask_ = displaced_ - 1;
    const std::uint64_t fullest = std::min<std::uint64_t>(ring_.size(), most_);
    Bucket empty;
    empty.cells.fill(kEmpty);
    buckets_ = std::vector<Bucket>((fullest + fullest / 3) / kCells + 1, empty);
    for (std::uint32_t i = 0; i < length_; ++i) enter(ring_[i], i);
  }

  std::uint64_t most_;
  std::vector<std::uint32_t> ring_;  // tags and holes
  std::vector<std::uint64_t> keys_;  // beside them, where exact
  std::size_t first_ = 0;            // the oldest; never a hole unless there is none
  std::size_t length_ = 0;           // of the stretch in use, holes included
  std::uint64_t size_ = 0;
  std::vector<Bucket> buckets_;
  std::uint32_t place_mask_ = 0;
  std::uint32_t displaced_ = 0;  // the bit above the place
};

using GhostQueue = BasicGhostQueue<false>;
using ExactGhostQueue = BasicGhostQueue<true>;

}  // namespace highwater::caching
