#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/target.h"
#include "models/algorithms/hashing/xxhash64.h"

namespace highwater::hashing {

/// jump: Lamping and Veach's jump consistent hash: no table, and as even as can be.
///
/// The key's own random sequence says at which numbers of buckets it moves to the newest one, and
/// the last such number below `buckets` is its bucket. So buckets come and go at the end only.
/// Takes about ln(buckets) steps. buckets = 0 counts as 1.
///
/// One division and one multiplication in double precision a step, each rounded to the last bit as
/// IEEE 754 says, so that every machine agrees.
///
/// Source   J. Lamping, E. Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, 2014,
///          arXiv:1406.2294; Guava Hashing.consistentHash.
/// Checked  tests/algorithms/jump_test.cpp: Guava's buckets for 200 keys and ten sizes.
constexpr std::uint32_t jump_hash(std::uint64_t key, std::uint32_t buckets) {
  std::uint64_t bucket = 0;
  std::uint64_t next = 0;
  while (next < buckets) {
    bucket = next;
    key = key * 2862933555777941757 + 1;
    next = static_cast<std::uint64_t>(static_cast<double>(bucket + 1) *
                                      (2147483648.0 / static_cast<double>((key >> 33) + 1)));
  }
  return static_cast<std::uint32_t>(bucket);
}

/// jump over a list of targets.
///
/// Assumes  weights only say who takes part: a target of weight 0 amid the list renumbers those
///          behind it. Keys are xxHash64. A retry goes to the next target in the list.
/// Source   as jump_hash.
/// Checked  tests/algorithms/jump_test.cpp, placement_test.cpp.
class Jump {
 public:
  explicit Jump(Targets targets) : places_(places_in_use(targets)) {}

  static std::uint64_t hash(std::string_view key) { return xxhash64(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint64_t hash) const {
    if (places_.empty()) return std::nullopt;
    return places_[jump_hash(hash, static_cast<std::uint32_t>(places_.size()))];
  }

  /// Fills `out` with the targets to try, the first being the choice. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (places_.empty()) return 0;
    return in_turn(places_, jump_hash(hash(key), static_cast<std::uint32_t>(places_.size())), out);
  }

 private:
  std::vector<std::uint32_t> places_;
};

}  // namespace highwater::hashing
