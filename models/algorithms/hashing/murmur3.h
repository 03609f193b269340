#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

/// The finalizer of MurmurHash3: a bijection of 64 bits in which each bit of the result depends on
/// every bit of the argument.
constexpr std::uint64_t murmur3_mix(std::uint64_t bits) {
  bits = (bits ^ bits >> 33) * 0xff51afd7ed558ccd;
  bits = (bits ^ bits >> 33) * 0xc4ceb9fe1a85ec53;
  return bits ^ bits >> 33;
}

/// murmur3: MurmurHash3, of which Cassandra makes its tokens and Elasticsearch its shards.
///
/// Cassandra's 128-bit variant widens the bytes of the last, partial block by their sign: a mistake
/// that its tokens have kept, since to mend it would move every row whose key holds a byte above
/// 127 there.
///
/// Source   A. Appleby, https://github.com/aappleby/smhasher MurmurHash3.cpp; Cassandra
///          src/java/org/apache/cassandra/utils/MurmurHash.java, hash3_x64_128.
/// Checked  tests/algorithms/murmur3_test.cpp: Guava's murmur3_128 and murmur3_32_fixed,
///          cassandra-driver's tokens.
struct Murmur3 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Murmur3&) const = default;
};

enum class TailBytes : std::uint8_t { as_unsigned, sign_extended };

constexpr Murmur3 murmur3_x64_128(std::string_view bytes, std::uint64_t seed = 0,
                                  TailBytes tail = TailBytes::as_unsigned) {
  constexpr std::uint64_t kFirst = 0x87c37b91114253d5;
  constexpr std::uint64_t kSecond = 0x4cf5ad432745937f;
  const auto scramble_low = [](std::uint64_t k) { return std::rotl(k * kFirst, 31) * kSecond; };
  const auto scramble_high = [](std::uint64_t k) { return std::rotl(k * kSecond, 33) * kFirst; };
  std::uint64_t low = seed;
  std::uint64_t high = seed;
  std::size_t i = 0;
  for (; bytes.size() - i >= 16; i += 16) {
    low ^= scramble_low(load64(bytes, i));
    low = (std::rotl(low, 27) + high) * 5 + 0x52dce729;
    high ^= scramble_high(load64(bytes, i + 8));
    high = (std::rotl(high, 31) + low) * 5 + 0x38495ab5;
  }
  std::uint64_t rest_low = 0;
  std::uint64_t rest_high = 0;
  for (std::size_t k = 0; i + k < bytes.size(); ++k) {
    const std::uint64_t byte =
        tail == TailBytes::sign_extended ? signed_byte_at(bytes, i + k) : byte_at(bytes, i + k);
    (k < 8 ? rest_low : rest_high) ^= byte << (8 * (k % 8));
  }
  // A word that no byte reached is zero, and scrambled to zero: nothing to leave out.
  high ^= scramble_high(rest_high);
  low ^= scramble_low(rest_low);
  low ^= bytes.size();
  high ^= bytes.size();
  low += high;
  high += low;
  low = murmur3_mix(low);
  high = murmur3_mix(high);
  low += high;
  high += low;
  return {low, high};
}

/// The variant for 32 bits.
constexpr std::uint32_t murmur3_32(std::string_view bytes, std::uint32_t seed = 0) {
  const auto scramble = [](std::uint32_t k) { return std::rotl(k * 0xcc9e2d51, 15) * 0x1b873593; };
  std::uint32_t hash = seed;
  std::size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4)
    hash = std::rotl(hash ^ scramble(load32(bytes, i)), 13) * 5 + 0xe6546b64;
  std::uint32_t rest = 0;
  for (std::size_t k = 0; i + k < bytes.size(); ++k) rest |= byte_at(bytes, i + k) << (8 * k);
  hash ^= scramble(rest);
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

/// A partition key's token under Cassandra's Murmur3Partitioner. The smallest number means "before
/// every token" there, so that a hash of this value counts as the greatest.
constexpr std::int64_t cassandra_token(std::string_view key) {
  const auto token =
      static_cast<std::int64_t>(murmur3_x64_128(key, 0, TailBytes::sign_extended).low);
  return token == std::numeric_limits<std::int64_t>::min()
             ? std::numeric_limits<std::int64_t>::max()
             : token;
}

}  // namespace highwater::hashing
