#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

namespace xxhash_detail {

inline constexpr std::uint64_t kPrime1 = 0x9e3779b185ebca87;
inline constexpr std::uint64_t kPrime2 = 0xc2b2ae3d27d4eb4f;
inline constexpr std::uint64_t kPrime3 = 0x165667b19e3779f9;
inline constexpr std::uint64_t kPrime4 = 0x85ebca77c2b2ae63;
inline constexpr std::uint64_t kPrime5 = 0x27d4eb2f165667c5;

constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}

}  // namespace xxhash_detail

/// xxhash64: XXH64, the hash of Envoy's rings and tables, and the one used here wherever a scheme's
/// paper leaves the hash open.
///
/// Source   Y. Collet, xxHash specification 0.2 (XXH64), https://github.com/Cyan4973/xxHash.
/// Checked  tests/algorithms/hash_functions_test.cpp: the specification's sanity checks over every
///          length to 101 and the values of Envoy's hash_test; tests/algorithms/maglev_test.cpp and
///          envoy_ring_test.cpp: tables of Envoy that rest on it.
constexpr std::uint64_t xxhash64(std::string_view bytes, std::uint64_t seed = 0) {
  using namespace xxhash_detail;
  std::uint64_t hash = seed + kPrime5;
  std::size_t i = 0;
  if (bytes.size() >= 32) {
    std::array<std::uint64_t, 4> lanes = {seed + kPrime1 + kPrime2, seed + kPrime2, seed,
                                          seed - kPrime1};
    for (; bytes.size() - i >= 32; i += 32)
      for (std::size_t k = 0; k < 4; ++k) lanes[k] = round(lanes[k], load64(bytes, i + 8 * k));
    hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
           std::rotl(lanes[3], 18);
    for (const std::uint64_t lane : lanes) hash = (hash ^ round(0, lane)) * kPrime1 + kPrime4;
  }
  hash += bytes.size();
  for (; bytes.size() - i >= 8; i += 8)
    hash = std::rotl(hash ^ round(0, load64(bytes, i)), 27) * kPrime1 + kPrime4;
  if (bytes.size() - i >= 4) {
    hash = std::rotl(hash ^ load32(bytes, i) * kPrime1, 23) * kPrime2 + kPrime3;
    i += 4;
  }
  for (; i < bytes.size(); ++i) hash = std::rotl(hash ^ byte_at(bytes, i) * kPrime5, 11) * kPrime1;
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

}  // namespace highwater::hashing
