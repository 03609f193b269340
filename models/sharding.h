#pragma once

#include <cstddef>
#include <cstdint>

namespace highwater {

/// 64 well-mixed bits of a key. Keys are often ranks or consecutive numbers, and what places them
/// needs them spread.
/// Source: the finalizer of SplitMix64, Steele, Lea, Flood, OOPSLA 2014,
/// https://doi.org/10.1145/2660193.2660195.
constexpr std::uint64_t key_hash(std::uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9U;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebU;
  return key ^ (key >> 31);
}

/// The shard that holds `key`, 0 to shards - 1: its hash modulo the number of shards (>= 1), so
/// that almost every key moves when that number changes.
constexpr std::size_t shard_of(std::uint64_t key, std::size_t shards) {
  return shards == 1 ? 0 : static_cast<std::size_t>(key_hash(key) % shards);
}

}  // namespace highwater
