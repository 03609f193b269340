#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"
#include "models/algorithms/hashing/crc.h"

namespace highwater::hashing {

/// haproxy_hash: the functions of HAProxy's `hash-type`, and its avalanche.
///
/// `avalanche` passes a function's result through full_hash, which spreads what sdbm leaves close
/// together. `hash-type consistent` without a function means sdbm with avalanche; `map-based`
/// without one means sdbm without.
///
/// Assumes  no zero byte cuts a key short: HAProxy hands over lengths, and so do we.
/// Source   HAProxy 2.6 src/hash.c, include/haproxy/intops.h (__full_hash), src/backend.c
///          (gen_hash), src/tools.c (read_int64, for `none`, from 2.7 on).
/// Checked  tests/algorithms/haproxy_hash_test.cpp: 18 configurations of HAProxy 2.6.12.
enum class HaproxyFunction : std::uint8_t { sdbm, djb2, wt6, crc32, none };

/// Bob Jenkins' mix of 32 bits and a multiplication: a bijection.
constexpr std::uint32_t full_hash(std::uint32_t a) {
  a = a + 0x7ed55d16 + (a << 12);
  a = a ^ 0xc761c23c ^ a >> 19;
  a = a + 0x165667b1 + (a << 5);
  a = (a + 0xd3a2646c) ^ a << 9;
  a = a + 0xfd7046c5 + (a << 3);
  a = a ^ 0xb55a4f09 ^ a >> 16;
  return a * 3221225473u;
}

constexpr std::uint32_t sdbm(std::string_view key) {
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < key.size(); ++i)
    hash = byte_at(key, i) + (hash << 6) + (hash << 16) - hash;
  return hash;
}

constexpr std::uint32_t djb2(std::string_view key) {
  std::uint32_t hash = 5381;
  for (std::size_t i = 0; i < key.size(); ++i) hash = hash * 33 + byte_at(key, i);
  return hash;
}

/// Two words turned by as many bits as they themselves say.
constexpr std::uint32_t wt6(std::string_view key) {
  std::uint32_t first = 0xa53c965a;
  std::uint32_t second = 0x5ca6953a;
  std::uint32_t step_first = 6;
  std::uint32_t step_second = 18;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::uint32_t byte = byte_at(key, i);
    first = ~(first ^ byte);
    second = ~(second + byte);
    const std::uint32_t turned = std::rotl(second, static_cast<int>(step_first));
    second = std::rotl(first, static_cast<int>(step_second));
    first = turned;
    const std::uint32_t steps = (first >> 16 ^ second) & 0xffff;
    step_first = steps & 31;
    step_second = steps >> 11;
  }
  return first ^ second;
}

/// The number that a key begins with, cut to 32 bits; 0 where it begins with none.
constexpr std::uint32_t leading_number(std::string_view key) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const bool negative = key.starts_with('-');
  if (negative || key.starts_with('+')) key.remove_prefix(1);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::uint32_t digit = byte_at(key, i) - '0';
    if (digit > 9) break;
    number = number > (kMost - digit) / 10 ? kMost : number * 10 + digit;
  }
  // Beyond the range of a signed 64-bit number its end on that side counts.
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  if (negative) return static_cast<std::uint32_t>(0 - (number < kHalf ? number : kHalf));
  return static_cast<std::uint32_t>(number < kHalf ? number : kHalf - 1);
}

constexpr std::uint32_t haproxy_hash(HaproxyFunction function, bool avalanche,
                                     std::string_view key) {
  std::uint32_t hash = 0;
  switch (function) {
    case HaproxyFunction::sdbm:
      hash = sdbm(key);
      break;
    case HaproxyFunction::djb2:
      hash = djb2(key);
      break;
    case HaproxyFunction::wt6:
      hash = wt6(key);
      break;
    case HaproxyFunction::crc32:
      hash = crc32(key);
      break;
    case HaproxyFunction::none:
      hash = leading_number(key);
      break;
  }
  return avalanche ? full_hash(hash) : hash;
}

}  // namespace highwater::hashing
