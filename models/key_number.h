#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "models/algorithms/hashing/xxhash64.h"

namespace highwater {

/// A recorded key as the 64-bit number that a cache holds: a decimal number of at most 19 digits
/// without leading zeros is itself, any other text its xxHash64. Of n text keys, two fall together
/// with a probability of n² / 2^65.
inline std::uint64_t key_number(std::string_view key) {
  std::uint64_t number = 0;
  const char* const last = key.data() + key.size();
  const auto [end, error] = std::from_chars(key.data(), last, number);
  const bool decimal = !key.empty() && key.size() < 20 && error == std::errc() && end == last &&
                       (key[0] != '0' || key.size() == 1);
  return decimal ? number : hashing::xxhash64(key);
}

}  // namespace highwater
