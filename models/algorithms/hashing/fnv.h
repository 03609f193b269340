#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

/// fnv: Fowler, Noll and Vo's hashes, one multiplication a byte.
///
/// Bytes count as 0 to 255. libhashkit reads them as signed: see libhashkit.h.
///
/// Source   http://www.isthe.com/chongo/tech/comp/fnv; draft-eastlake-fnv.
/// Checked  tests/algorithms/hash_functions_test.cpp: the authors' test values.
constexpr std::uint32_t fnv1a_32(std::string_view bytes) {
  std::uint32_t hash = 0x811c9dc5;
  for (std::size_t i = 0; i < bytes.size(); ++i) hash = (hash ^ byte_at(bytes, i)) * 0x01000193;
  return hash;
}

constexpr std::uint64_t fnv1a_64(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < bytes.size(); ++i) hash = (hash ^ byte_at(bytes, i)) * 0x100000001b3;
  return hash;
}

}  // namespace highwater::hashing
