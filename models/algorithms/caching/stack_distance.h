#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::caching {

/// LRU stack distances of a stream of keys: the misses of LRU at every capacity in a single pass.
///
/// The distance of a request is the number of different keys asked for since the last request for
/// its key, itself included: LRU with room for so many entries or more hits. Every key holds the
/// place of its last request on a line; the places behind it are counted by a Fenwick tree over
/// blocks of 512 bits. When the line is used up, the places are drawn together.
///
/// Memory: about 40 bytes for each different key, whatever the length of the stream.
/// Cost: O(log k) for each request, k the number of different keys.
///
/// Source   R. L. Mattson et al., Evaluation Techniques for Storage Hierarchies, IBM Systems
///          Journal 9(2), 1970; B. T. Bennett, V. J. Kruskal, LRU Stack Processing, IBM Journal of
///          Research and Development 19(4), 1975.
/// Checked  tests/algorithms/stack_distance_test.cpp: against Lru at every capacity.
class StackDistances {
 public:
  StackDistances() { lay_line(kSmallestLine); }

  /// Takes the next request.
  /// @return its distance, from 1; 0 for the first request of a key.
  std::uint64_t access(std::uint64_t key) {
    if (next_ == line_) draw_together();
    const std::uint32_t slot =
        index_.find(key, [this](std::uint32_t known) { return keys_[known].key; });
    std::uint64_t distance = 0;
    if (slot == KeyIndex::kNone) {
      index_.add(key, static_cast<std::uint32_t>(keys_.size()));
      owner_[next_] = static_cast<std::uint32_t>(keys_.size());
      keys_.push_back({key, next_});
    } else {
      const std::size_t place = keys_[slot].place;
      distance = keys_.size() - marks_before(place);
      mark(place, false);
      owner_[next_] = slot;
      keys_[slot].place = next_;
    }
    mark(next_, true);
    ++next_;
    return distance;
  }

  /// Different keys so far.
  std::uint64_t keys() const { return keys_.size(); }

 private:
  struct Key {
    std::uint64_t key = 0;
    std::size_t place = 0;  // of its last request
  };
  static constexpr std::size_t kBlock = 512;  // bits
  static constexpr std::size_t kWords = kBlock / 64;
  static constexpr std::size_t kSmallestLine = 8 * kBlock;

  /// An empty line of so many places, a multiple of kBlock.
  void lay_line(std::size_t places) {
    line_ = places;
    next_ = 0;
    bits_.assign(places / 64, 0);
    blocks_.assign(places / kBlock + 1, 0);
    owner_.resize(places);
  }

  void draw_together() {
    // Taken in order, so that owner_ can be overwritten from the front.
    std::size_t taken = 0;
    for (std::size_t place = 0; place < line_; ++place)
      if ((bits_[place / 64] >> (place % 64)) & 1) owner_[taken++] = owner_[place];
    const std::size_t wanted = std::max(2 * keys_.size(), kSmallestLine);
    lay_line((wanted + kBlock - 1) / kBlock * kBlock);
    for (; next_ < taken; ++next_) {
      keys_[owner_[next_]].place = next_;
      mark(next_, true);
    }
  }

  void mark(std::size_t place, bool set) {
    bits_[place / 64] ^= std::uint64_t{1} << (place % 64);
    for (std::size_t i = place / kBlock + 1; i < blocks_.size(); i += i & (0 - i))
      blocks_[i] += set ? 1u : ~0u;
  }

  std::uint64_t marks_before(std::size_t place) const {
    std::uint64_t sum = 0;
    for (std::size_t i = place / kBlock; i > 0; i &= i - 1) sum += blocks_[i];
    const std::size_t word = place / 64;
    for (std::size_t w = place / kBlock * kWords; w < word; ++w)
      sum += static_cast<std::uint64_t>(std::popcount(bits_[w]));
    const std::uint64_t below = (std::uint64_t{1} << (place % 64)) - 1;
    return sum + static_cast<std::uint64_t>(std::popcount(bits_[word] & below));
  }

  KeyIndex index_;
  std::vector<Key> keys_;
  std::vector<std::uint64_t> bits_;    // a place is marked while it is a key's last request
  std::vector<std::uint32_t> blocks_;  // Fenwick tree of the marks in each block, from 1
  std::vector<std::uint32_t> owner_;   // the key of a marked place
  std::size_t line_ = 0;
  std::size_t next_ = 0;
};

}  // namespace highwater::caching
