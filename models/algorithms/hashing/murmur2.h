#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/algorithms/hashing/bytes.h"

namespace highwater::hashing {

/// kafka_murmur2: the hash by which Kafka's clients in Java place a message with a key.
///
/// MurmurHash2 for 32 bits with the seed 0x9747b28c, reading words in little-endian order. The same
/// bits as Java's signed result. libhashkit brings a seed of its own.
///
/// Source   Apache Kafka, clients/src/main/java/org/apache/kafka/common/utils/Utils.java, murmur2;
///          A. Appleby, MurmurHash2 (2008), https://github.com/aappleby/smhasher.
/// Checked  tests/algorithms/murmur2_test.cpp: hashes and partitions recorded from kafkajs, and the
///          values of Kafka's own UtilsTest.
constexpr std::uint32_t murmur2(std::string_view bytes, std::uint32_t seed = 0x9747b28c) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4) {
    std::uint32_t word = load32(bytes, i);
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash *= kMultiplier;
    hash ^= word;
  }
  if (const std::size_t rest = bytes.size() - i; rest > 0) {
    for (std::size_t k = 0; k < rest; ++k) hash ^= byte_at(bytes, i + k) << (8 * k);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

/// murmur2_64a: MurmurHash2 for 64 bits, which Envoy's ring offers beside xxHash64.
///
/// Envoy took it, with its seed, from libstdc++, where it is std::hash of a string.
///
/// Source   Envoy source/common/common/hash.cc, MurmurHash::murmurHash2; gcc
///          libstdc++-v3/libsupc++/hash_bytes.cc.
/// Checked  tests/algorithms/murmur2_test.cpp: the values of Envoy's hash_test.
constexpr std::uint64_t murmur2_64a(std::string_view bytes, std::uint64_t seed = 0xc70f6907) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  std::uint64_t hash = seed ^ bytes.size() * kMultiplier;
  std::size_t i = 0;
  for (; bytes.size() - i >= 8; i += 8) {
    std::uint64_t word = load64(bytes, i) * kMultiplier;
    word ^= word >> 47;
    hash = (hash ^ word * kMultiplier) * kMultiplier;
  }
  if (const std::size_t rest = bytes.size() - i; rest > 0) {
    for (std::size_t k = 0; k < rest; ++k) hash ^= std::uint64_t{byte_at(bytes, i + k)} << (8 * k);
    hash *= kMultiplier;
  }
  hash ^= hash >> 47;
  hash *= kMultiplier;
  return hash ^ hash >> 47;
}

/// The partition of a message with this key, 0 to partitions - 1; partitions >= 1. The sign bit is
/// dropped, as Utils.toPositive does.
constexpr std::uint32_t kafka_partition(std::string_view key, std::uint32_t partitions) {
  return (murmur2(key) & 0x7fff'ffff) % partitions;
}

/// The same for a number, whose key is its decimal text.
inline std::uint32_t kafka_partition(std::uint64_t key, std::uint32_t partitions) {
  return kafka_partition(DecimalText(key).view(), partitions);
}

}  // namespace highwater::hashing
