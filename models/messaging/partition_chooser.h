#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/kernel/time.h"
#include "models/algorithms/hashing/kafka_sticky.h"

namespace highwater::messaging {

/// How a message finds its partition.
enum class Partitioner : std::uint8_t {
  kafka_murmur2,
  kafka_crc32,
  kafka_fnv1a,
  round_robin,
  sticky,
  uniform_sticky,
  adaptive_sticky,
};

/// True where the key alone decides.
constexpr bool goes_by_key(Partitioner partitioner) {
  return partitioner == Partitioner::kafka_murmur2 || partitioner == Partitioner::kafka_crc32 ||
         partitioner == Partitioner::kafka_fnv1a;
}

/// What one producer remembers to spread messages whose key does not matter.
///
/// Assumes  the queues of batches are looked at every millisecond at most; under uniform_sticky a
///          batch ends when batch_size is reached, never by time.
/// Source   Kafka 3.3 RoundRobinPartitioner.java, BuiltInPartitioner.java (KIP-794); Kafka 3.2
///          StickyPartitionCache.java and KafkaProducer.java (doSend) for uniform_sticky.
/// Checked  tests/models/topic_test.cpp, tests/algorithms/kafka_sticky_test.cpp.
class PartitionChooser {
 public:
  PartitionChooser(Partitioner partitioner, std::uint64_t batch_size, RandomKey key)
      : partitioner_(partitioner), batch_size_(batch_size), sticky_(batch_size), random_(key) {}

  /// @param topic    Its partitions; some are available.
  /// @param bytes    Size of the message.
  /// @param queues   Called for how much waits for each available partition.
  /// @param fills    Called with the partition: whether its batch will be full with the message.
  ///                 Those that are not full are left later.
  template <class Queues, class Fills>
  std::uint32_t choose(const hashing::KafkaTopic& topic, std::uint64_t bytes, Time now,
                       const Queues& queues, const Fills& fills) {
    if (partitioner_ == Partitioner::round_robin) return turn_.next(topic);
    if (partitioner_ == Partitioner::uniform_sticky) return choose_uniform(topic, bytes);
    if (partitioner_ == Partitioner::adaptive_sticky && now >= next_look_) {
      next_look_ = now + kLook;
      const std::vector<std::uint32_t> waiting = queues();
      sticky_.update_load(waiting, topic.available, topic.partitions);
    }
    const std::uint32_t partition = sticky_.current(topic, random_);
    sticky_.appended(bytes, fills(partition), topic, random_);
    return partition;
  }

 private:
  static constexpr Duration kLook{1'000'000};

  /// A message that its batch has no room for begins the next batch, somewhere else.
  std::uint32_t choose_uniform(const hashing::KafkaTopic& topic, std::uint64_t bytes) {
    const std::uint32_t before = uniform_.current(topic, random_);
    if (in_batch_ > 0 && in_batch_ + bytes > batch_size_) {
      uniform_.on_new_batch(topic, before, random_);
      in_batch_ = 0;
    }
    in_batch_ += bytes;
    return uniform_.current(topic, random_);
  }

  Partitioner partitioner_;
  std::uint64_t batch_size_;
  std::uint64_t in_batch_ = 0;
  hashing::KafkaUniformSticky uniform_;
  hashing::KafkaRoundRobin turn_;
  hashing::KafkaSticky sticky_;
  RandomStream random_;
  Time next_look_{};
};

}  // namespace highwater::messaging
