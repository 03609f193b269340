#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace highwater::messaging {

/// messaging java_hash: the order in which a java.util.HashMap is walked.
///
/// Kafka's sticky assignors walk hash maps of members, so that the hashes of the member ids decide
/// who keeps the one partition more. A map has 16 buckets at first and twice as many whenever it
/// holds more than three quarters of their number; it is walked bucket by bucket, each in the order
/// of insertion.
///
/// At the edges  bytes that are not UTF-8 count as one unit each. A bucket of eight entries and
///          more turns into a tree in Java once there are 64 buckets; the order within it is then
///          another one, which is not followed (with distinct hashes it takes thousands of
///          members).
/// Source   OpenJDK 17, java.util.HashMap, String.hashCode.
/// Checked  tests/messaging/java_hash_test.cpp: orders printed by OpenJDK 17.
inline std::uint32_t java_string_hash(std::string_view text) {
  std::uint32_t hash = 0;
  const auto add = [&](std::uint32_t unit) { hash = 31 * hash + unit; };
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) {
      return i + k < text.size()
                 ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i + k]))
                 : 0u;
    };
    const auto follows = [&](std::size_t k) { return (byte(k) & 0xc0u) == 0x80u; };
    const std::uint32_t lead = byte(0);
    if (lead >= 0xc0 && lead < 0xe0 && follows(1)) {
      add((lead & 0x1fu) << 6 | (byte(1) & 0x3fu));
      i += 2;
    } else if (lead >= 0xe0 && lead < 0xf0 && follows(1) && follows(2)) {
      add((lead & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu));
      i += 3;
    } else if (lead >= 0xf0 && lead < 0xf8 && follows(1) && follows(2) && follows(3)) {
      const std::uint32_t point = ((lead & 0x07u) << 18 | (byte(1) & 0x3fu) << 12 |
                                   (byte(2) & 0x3fu) << 6 | (byte(3) & 0x3fu)) -
                                  0x10000u;
      add(0xd800u + (point >> 10));
      add(0xdc00u + (point & 0x3ffu));
      i += 4;
    } else {
      add(lead);
      ++i;
    }
  }
  return hash;
}

/// org.apache.kafka.common.TopicPartition.hashCode.
inline std::uint32_t java_partition_hash(std::uint32_t topic_hash, std::uint32_t partition) {
  return 31 * (31 + partition) + topic_hash;
}

/// The bucket of a hash in a map with that many buckets, a power of two.
constexpr std::uint32_t java_bucket(std::uint32_t hash, std::uint32_t buckets) {
  return (hash ^ hash >> 16) & (buckets - 1);
}

/// The buckets of a map that has never held more than `entries`.
constexpr std::uint32_t java_buckets(std::size_t entries) {
  std::uint32_t buckets = 16;
  while (entries > buckets / 4 * 3) buckets *= 2;
  return buckets;
}

/// The places of the hashes, given in the order of insertion, in the order of a walk.
inline std::vector<std::uint32_t> java_map_order(const std::vector<std::uint32_t>& hashes) {
  const std::uint32_t buckets = java_buckets(hashes.size());
  std::vector<std::uint32_t> order(hashes.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return java_bucket(hashes[a], buckets) < java_bucket(hashes[b], buckets);
  });
  return order;
}

}  // namespace highwater::messaging
