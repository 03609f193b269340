#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace highwater::hashing {

/// kafka_murmur2: the hash by which Kafka's clients in Java place a message with a key.
///
/// MurmurHash2 for 32 bits with the seed 0x9747b28c, reading words in little-endian order. The same
/// bits as Java's signed result.
///
/// Source   Apache Kafka, clients/src/main/java/org/apache/kafka/common/utils/Utils.java, murmur2;
///          A. Appleby, MurmurHash2 (2008), https://github.com/aappleby/smhasher.
/// Checked  tests/algorithms/murmur2_test.cpp: hashes and partitions recorded from kafkajs, and the
///          values of Kafka's own UtilsTest.
constexpr std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(bytes[i])};
  };
  std::uint32_t hash = 0x9747b28c ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4) {
    std::uint32_t word = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash *= kMultiplier;
    hash ^= word;
  }
  if (const std::size_t rest = bytes.size() - i; rest > 0) {
    for (std::size_t k = 0; k < rest; ++k) hash ^= byte(i + k) << (8 * k);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

/// The partition of a message with this key, 0 to partitions - 1; partitions >= 1. The sign bit is
/// dropped, as Utils.toPositive does.
constexpr std::uint32_t kafka_partition(std::string_view key, std::uint32_t partitions) {
  return (murmur2(key) & 0x7fff'ffff) % partitions;
}

/// The same for a number, whose key is its decimal text.
inline std::uint32_t kafka_partition(std::uint64_t key, std::uint32_t partitions) {
  std::array<char, 20> digits;  // 2^64 - 1 has twenty
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), key).ptr;
  return kafka_partition(
      std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())), partitions);
}

}  // namespace highwater::hashing
