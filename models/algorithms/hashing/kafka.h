#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/crc.h"
#include "models/algorithms/hashing/fnv.h"
#include "models/algorithms/hashing/murmur2.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// By what a producer places a message with a key.
enum class KafkaPartitioner : std::uint8_t {
  murmur2,  ///< the Java client, kafkajs; librdkafka's `murmur2`
  crc32,    ///< librdkafka's `consistent`, and its default for keys that are not empty
  fnv1a,    ///< librdkafka's `fnv1a`, as Sarama
};

/// kafka: the partition of a message with a key.
///
/// A topic that grows sends keys elsewhere: all of them are some hash mod partitions. Java and
/// librdkafka do not agree on keys unless told to. fnv1a takes the absolute value of the signed
/// hash.
///
/// Assumes  the key is not null: a message without one goes where kafka_sticky.h says. A partition
///          of weight 0 is left out, which Kafka cannot. There is no retry: candidates go on in
///          turn.
/// Source   librdkafka 2.0.2 src/rdkafka_msg.c (rd_kafka_msg_partitioner_*), src/rdfnv1a.c;
///          murmur2.h.
/// Checked  tests/algorithms/kafka_test.cpp: partitions recorded from librdkafka, the values of its
///          unittest_fnv1a.
class KafkaKeys {
 public:
  KafkaKeys(Targets partitions, KafkaPartitioner partitioner)
      : places_(places_in_use(partitions)), partitioner_(partitioner) {}

  static std::uint32_t hash(KafkaPartitioner partitioner, std::string_view key) {
    switch (partitioner) {
      case KafkaPartitioner::murmur2:
        return murmur2(key) & 0x7fff'ffff;
      case KafkaPartitioner::crc32:
        return crc32(key);
      case KafkaPartitioner::fnv1a: {
        const std::uint32_t hash = fnv1a_32(key);
        return hash >> 31 != 0 ? 0 - hash : hash;
      }
    }
    return 0;  // no other value exists; compilers cannot know
  }

  Choice lookup(std::string_view key) const {
    if (places_.empty()) return std::nullopt;
    return places_[hash(partitioner_, key) % places_.size()];
  }

  /// Fills `out` with the key's partition and those after it. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (places_.empty()) return 0;
    return in_turn(places_, hash(partitioner_, key) % places_.size(), out);
  }

 private:
  std::vector<std::uint32_t> places_;
  KafkaPartitioner partitioner_;
};

}  // namespace highwater::hashing
