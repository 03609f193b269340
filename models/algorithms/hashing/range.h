#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// A key as range sharding orders it: the number that its text is in decimal form, without leading
/// zeros, if it is one of 64 bits; otherwise its first eight bytes as a big-endian number.
inline std::uint64_t range_key(std::string_view key) {
  std::uint64_t number = 0;
  const char* const end = key.data() + key.size();
  if (!key.empty() && (key.size() == 1 || key[0] != '0')) {
    const auto [stop, error] = std::from_chars(key.data(), end, number);
    if (error == std::errc() && stop == end) return number;
  }
  number = 0;
  for (std::size_t i = 0; i < 8; ++i)
    number = number << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0u);
  return number;
}

/// One change of a chunk's shard.
struct ChunkMove {
  std::uint64_t first_key;
  std::uint32_t from;
  std::uint32_t to;
  std::uint64_t bytes;
};

/// range: ordered ranges of keys, each on a shard: what keeps neighbours together and makes
/// ascending keys a hot spot.
///
/// The space of keys is first cut in one chunk a shard, in proportion to the weights. insert()
/// counts bytes; a chunk that outgrows chunk_bytes is split in the middle of the keys it has seen.
/// balance() moves one chunk from the fullest shard to the emptiest when they differ by three
/// chunks or more, and from a shard that is being drained.
///
/// Assumes  keys spread evenly between the least and the greatest a chunk has seen, and so do their
///          bytes: MongoDB reads the index for the median instead. A chunk of one key never splits
///          ("jumbo"). Deletions do not shrink a chunk.
/// Source   MongoDB 6.0 manual, "Data Partitioning with Chunks" (128 MB) and "Sharded Cluster
///          Balancer" (threshold: three times the chunk size).
/// Checked  tests/algorithms/range_test.cpp: splits, moves, keys always served, ascending keys.
class RangeTable {
 public:
  static constexpr std::uint64_t kChunkBytes = std::uint64_t{128} << 20;

  struct Chunk {
    std::uint64_t first_key;  ///< up to the next chunk's
    std::uint32_t shard;
    std::uint64_t bytes = 0;
    std::uint64_t least_seen = 0;
    std::uint64_t greatest_seen = 0;
  };

  /// @param keys         The keys are 0 to keys - 1; 0 stands for all numbers of 64 bits. Keys
  ///                     beyond belong to the last chunk.
  /// @param chunk_bytes  0 counts as 1.
  explicit RangeTable(Targets targets, std::uint64_t keys = 0,
                      std::uint64_t chunk_bytes = kChunkBytes)
      : chunk_bytes_(std::max<std::uint64_t>(chunk_bytes, 1)), bytes_(targets.size()) {
    const std::vector<std::uint32_t> places = places_in_use(targets);
    std::uint64_t total = 0;
    for (const std::uint32_t place : places) total += targets[place].weight;
    std::uint64_t before = 0;
    for (const std::uint32_t place : places) {
      const std::uint64_t first = part(keys, before, total);
      before += targets[place].weight;
      // A space of fewer keys than shards leaves some without a chunk.
      if (!chunks_.empty() && chunks_.back().first_key == first) continue;
      chunks_.push_back({first, place});
    }
    places_ = places;
  }

  Choice lookup(std::string_view key) const { return lookup_key(range_key(key)); }

  Choice lookup_key(std::uint64_t key) const {
    if (chunks_.empty()) return std::nullopt;
    return chunks_[chunk_of(key)].shard;
  }

  /// Fills `out` with the key's shard and those after it in the list. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    const Choice shard = lookup(key);
    if (!shard) return 0;
    const auto rank = std::lower_bound(places_.begin(), places_.end(), *shard) - places_.begin();
    return in_turn(places_, static_cast<std::size_t>(rank), out);
  }

  /// Counts bytes written under a key that is new, and splits its chunk if it outgrew its size.
  /// Not for an empty table.
  void insert(std::uint64_t key, std::uint64_t bytes) {
    const std::size_t i = chunk_of(key);
    Chunk& chunk = chunks_[i];
    const bool fresh = chunk.bytes == 0;
    chunk.least_seen = fresh ? key : std::min(chunk.least_seen, key);
    chunk.greatest_seen = fresh ? key : std::max(chunk.greatest_seen, key);
    chunk.bytes += bytes;
    bytes_[chunk.shard] += bytes;
    if (chunk.bytes > chunk_bytes_ && chunk.least_seen < chunk.greatest_seen) split(i);
  }

  /// Moves one chunk if it is time to, and says which. A target of weight 0 is drained first.
  std::optional<ChunkMove> balance(Targets targets) {
    bytes_.resize(std::max(bytes_.size(), targets.size()));
    places_ = places_in_use(targets);
    if (places_.empty()) return std::nullopt;
    const auto by_bytes = [&](std::uint32_t a, std::uint32_t b) { return bytes_[a] < bytes_[b]; };
    const std::uint32_t emptiest = *std::min_element(places_.begin(), places_.end(), by_bytes);
    for (Chunk& chunk : chunks_)
      if (!std::binary_search(places_.begin(), places_.end(), chunk.shard))
        return move(chunk, emptiest);
    const std::uint32_t fullest = *std::max_element(places_.begin(), places_.end(), by_bytes);
    const std::uint64_t surplus = bytes_[fullest] - bytes_[emptiest];
    if (surplus / 3 < chunk_bytes_) return std::nullopt;
    for (Chunk& chunk : chunks_)  // the first whose move brings the two closer
      if (chunk.shard == fullest && chunk.bytes > 0 && chunk.bytes < surplus)
        return move(chunk, emptiest);
    return std::nullopt;
  }

  std::span<const Chunk> chunks() const { return chunks_; }
  std::uint64_t bytes_on(std::size_t shard) const { return bytes_[shard]; }

 private:
  /// keys * numerator / denominator, keys = 0 standing for 2^64; numerator < denominator.
  static std::uint64_t part(std::uint64_t keys, std::uint64_t numerator,
                            std::uint64_t denominator) {
    __extension__ using Wide = unsigned __int128;
    const Wide space = keys == 0 ? Wide{1} << 64 : Wide{keys};
    return static_cast<std::uint64_t>(space * numerator / denominator);
  }

  std::size_t chunk_of(std::uint64_t key) const {
    const auto above =
        std::upper_bound(chunks_.begin(), chunks_.end(), key,
                         [](std::uint64_t k, const Chunk& chunk) { return k < chunk.first_key; });
    return static_cast<std::size_t>(above - chunks_.begin()) - 1;  // the first begins at 0
  }

  void split(std::size_t i) {
    Chunk& left = chunks_[i];
    Chunk right = left;
    right.first_key = left.least_seen + (left.greatest_seen - left.least_seen) / 2 + 1;
    right.least_seen = right.first_key;
    right.bytes = left.bytes / 2;
    left.greatest_seen = right.first_key - 1;
    left.bytes -= right.bytes;
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(i) + 1, right);
  }

  ChunkMove move(Chunk& chunk, std::uint32_t to) {
    const ChunkMove moved{chunk.first_key, chunk.shard, to, chunk.bytes};
    bytes_[chunk.shard] -= chunk.bytes;
    bytes_[to] += chunk.bytes;
    chunk.shard = to;
    return moved;
  }

  std::uint64_t chunk_bytes_;
  std::vector<Chunk> chunks_;  // by first_key
  std::vector<std::uint64_t> bytes_;
  std::vector<std::uint32_t> places_;
};

}  // namespace highwater::hashing
