#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace highwater::caching {

/// How often keys were used of late, in four bits a counter: the memory of TinyLFU.
///
/// A count-min sketch of depth four, 16 counters in a word and a word for each entry of the cache,
/// rounded up to a power of two. After ten uses for each entry every counter is halved, so that old
/// fame fades. Counts stop at 15.
///
/// Assumes  the 64-bit key folded as Java folds a Long; a fixed seed where Caffeine draws one per
///          cache, which decides nothing but who collides with whom.
/// Source   Caffeine 2.6.2, FrequencySketch.java; G. Einziger, R. Friedman and B. Manes, TinyLFU: A
///          Highly Efficient Cache Admission Policy, ACM Transactions on Storage 13(4), 2017.
/// Checked  tests/algorithms/frequency_sketch_test.cpp: never below the true count, halved in time,
///          and how seldom it is above.
class FrequencySketch {
 public:
  /// Makes room for a cache of this many entries and forgets all counts, unless it is large enough.
  void ensure_capacity(std::uint64_t entries) {
    const std::uint64_t most = std::min<std::uint64_t>(entries, 0x3fff'ffff);
    if (!table_.empty() && table_.size() >= most) return;
    // Caffeine's ceilingNextPowerOfTwo gives 1 for 1, and 2 for 2.
    table_ = std::vector<std::uint64_t>(std::bit_ceil(std::max<std::uint64_t>(most, 1)));
    sample_ = most == 0 ? 10 : std::min<std::uint64_t>(10 * most, 0x7fff'ffff);
    uses_ = 0;
  }

  /// Counts a use of `key`. Until ensure_capacity() nothing is counted.
  void increment(std::uint64_t key) {
    if (table_.empty()) return;
    const std::uint32_t hash = spread(key);
    const std::uint32_t start = (hash & 3) << 2;
    bool added = false;
    for (std::uint32_t row = 0; row < 4; ++row) {
      std::uint64_t& word = table_[index_of(hash, row)];
      const std::uint32_t offset = (start + row) << 2;
      if (((word >> offset) & 0xf) == 0xf) continue;
      word += std::uint64_t{1} << offset;
      added = true;
    }
    if (added && ++uses_ == sample_) halve();
  }

  /// At most 15. Never less than the true number since the last halving, up to that limit.
  std::uint32_t frequency(std::uint64_t key) const {
    if (table_.empty()) return 0;
    const std::uint32_t hash = spread(key);
    const std::uint32_t start = (hash & 3) << 2;
    std::uint64_t least = 0xf;
    for (std::uint32_t row = 0; row < 4; ++row) {
      least = std::min(least, (table_[index_of(hash, row)] >> ((start + row) << 2)) & 0xf);
    }
    return static_cast<std::uint32_t>(least);
  }

  /// Forgets everything and gives the memory back.
  void clear() { *this = FrequencySketch{}; }
  std::size_t bytes() const { return table_.capacity() * sizeof(std::uint64_t); }

 private:
  static constexpr std::array<std::uint64_t, 4> kSeeds = {0xc3a5c85c97cb3127, 0xb492b66fbe98f273,
                                                          0x9ae16a3b2f90404f, 0xcbf29ce484222325};
  static constexpr std::uint32_t kSeed = 0x9e37'79b1;  // odd, as Caffeine's; chosen

  static std::uint32_t spread(std::uint64_t key) {
    auto hash = static_cast<std::uint32_t>(key ^ (key >> 32));
    hash = ((hash >> 16) ^ hash) * 0x45d9f3b;
    hash = ((hash >> 16) ^ hash) * kSeed;
    return (hash >> 16) ^ hash;
  }

  /// Java widens the hash with its sign and shifts the product with its sign.
  std::size_t index_of(std::uint32_t hash, std::uint32_t row) const {
    const auto wide = static_cast<std::int64_t>(static_cast<std::int32_t>(hash));
    std::uint64_t mixed = kSeeds[row] * static_cast<std::uint64_t>(wide);
    mixed += static_cast<std::uint64_t>(static_cast<std::int64_t>(mixed) >> 32);
    return static_cast<std::uint32_t>(mixed) & (table_.size() - 1);
  }

  /// Each counter by half; what odd ones lost in halves is taken off the number of uses too.
  void halve() {
    std::uint64_t odd = 0;
    for (std::uint64_t& word : table_) {
      odd += static_cast<std::uint64_t>(std::popcount(word & 0x1111'1111'1111'1111));
      word = (word >> 1) & 0x7777'7777'7777'7777;
    }
    uses_ = uses_ / 2 - odd / 4;
  }

  std::vector<std::uint64_t> table_;  // a power of two of them
  std::uint64_t sample_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace highwater::caching
