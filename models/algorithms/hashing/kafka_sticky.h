#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/algorithms/random_bits.h"

namespace highwater::hashing {

/// The partitions of a topic as a producer sees them.
struct KafkaTopic {
  std::uint32_t partitions = 1;              ///< numbered from 0; 0 counts as 1
  std::span<const std::uint32_t> available;  ///< those with a leader, ascending
};

namespace kafka_detail {

/// Java's nextInt() without its sign.
template <BitSource G>
std::uint32_t positive_int(G& bits) {
  return static_cast<std::uint32_t>(bits.bits() >> 32) & 0x7fff'ffff;
}

/// A number of one's own becomes a partition: an available one if there is any.
inline std::uint32_t partition_of(std::uint32_t number, const KafkaTopic& topic) {
  if (!topic.available.empty()) return topic.available[number % topic.available.size()];
  return number % std::max(topic.partitions, 1u);
}

}  // namespace kafka_detail

/// kafka_round_robin: RoundRobinPartitioner: messages go to the partitions in turn, key or not.
///
/// Source   Kafka 3.3 clients/.../producer/RoundRobinPartitioner.java.
/// Checked  tests/algorithms/kafka_sticky_test.cpp.
class KafkaRoundRobin {
 public:
  std::uint32_t next(const KafkaTopic& topic) {
    return kafka_detail::partition_of(counter_++ & 0x7fff'ffff, topic);
  }

 private:
  std::uint32_t counter_ = 0;
};

/// kafka_uniform_sticky: the sticky partitioner of KIP-480 (Kafka 2.4 to 3.2): messages without a
/// key go to one partition until its batch is full or sent, then to another one at random.
///
/// Source   Kafka 3.2 clients/.../producer/internals/StickyPartitionCache.java.
/// Checked  tests/algorithms/kafka_sticky_test.cpp.
class KafkaUniformSticky {
 public:
  template <BitSource G>
  std::uint32_t current(const KafkaTopic& topic, G& bits) {
    if (!current_) choose(topic, bits);
    return *current_;
  }

  /// To be told when a batch for `partition` was begun because the one before was full or gone.
  template <BitSource G>
  void on_new_batch(const KafkaTopic& topic, std::uint32_t partition, G& bits) {
    if (!current_ || *current_ == partition) choose(topic, bits);
  }

 private:
  template <BitSource G>
  void choose(const KafkaTopic& topic, G& bits) {
    if (!topic.available.empty() && topic.available.front() == topic.available.back()) {
      current_ = topic.available[0];
      return;
    }
    const std::optional<std::uint32_t> before = current_;
    do {
      current_ = kafka_detail::partition_of(kafka_detail::positive_int(bits), topic);
    } while (!topic.available.empty() && current_ == before);
  }

  std::optional<std::uint32_t> current_;
};

/// kafka_sticky: KIP-794's partitioner (Kafka 3.3 on) for messages without a key: the same number
/// of bytes to each partition, fewer to slow ones.
///
/// A partition is stuck to until batch_size bytes went to it; where the batch is not ready then,
/// the switch waits for it, but never beyond twice batch_size. The next partition is any available
/// one, or, once queue sizes are known, one drawn in proportion to (longest queue + 1 - its own
/// queue): without that, a slow broker gets as many batches as a fast one and holds them all up.
///
/// Assumes  one producer thread. The caller leaves out of update_load the partitions without a
///          leader and those whose broker exceeds partitioner.availability.timeout.ms.
/// Source   Kafka 3.3 clients/.../producer/internals/BuiltInPartitioner.java,
///          RecordAccumulator.java (partitionReady). KIP-794.
/// Checked  tests/algorithms/kafka_sticky_test.cpp: the example in Kafka's own comment for every
///          random number, when a switch is due, shares of slow partitions.
class KafkaSticky {
 public:
  static constexpr std::uint64_t kBatchSize = 16'384;  ///< batch.size

  /// batch_size = 0 counts as 1, which switches with every message.
  explicit KafkaSticky(std::uint64_t batch_size = kBatchSize)
      : batch_size_(std::max<std::uint64_t>(batch_size, 1)) {}

  /// The partition for the next message.
  template <BitSource G>
  std::uint32_t current(const KafkaTopic& topic, G& bits) {
    if (!current_) current_ = next(topic, bits);
    return *current_;
  }

  /// Counts `bytes` appended to the current partition.
  ///
  /// @param batch_ready  The batch is full, or was not empty before: a switch now leaves no
  ///                     fraction of a batch behind.
  template <BitSource G>
  void appended(std::uint64_t bytes, bool batch_ready, const KafkaTopic& topic, G& bits) {
    if (!current_) return;
    produced_ = std::min(produced_ + std::min(bytes, kManyBytes), kManyBytes);
    if (produced_ < batch_size_ || (!batch_ready && produced_ / 2 < batch_size_)) return;
    current_ = next(topic, bits);
    produced_ = 0;
  }

  /// The batches that wait for each partition in the list. `partitions` of equal size are their
  /// numbers; `all` counts the topic's, of which some may be left out.
  void update_load(std::span<const std::uint32_t> queues, std::span<const std::uint32_t> partitions,
                   std::uint32_t all) {
    sums_.clear();
    partitions_.assign(partitions.begin(), partitions.end());
    const std::size_t count = std::min(queues.size(), partitions.size());
    if (count < 1 || all < 2) return;
    const auto [least, most] = std::ranges::minmax_element(queues.first(count));
    if (*least == *most && count >= all) return;  // nothing to adapt to
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i)
      sums_.push_back(sum += std::uint64_t{*most} + 1 - queues[i]);
  }

  /// Back to equal chances.
  void forget_load() { sums_.clear(); }

 private:
  static constexpr std::uint64_t kManyBytes = std::uint64_t{1} << 62;

  template <BitSource G>
  std::uint32_t next(const KafkaTopic& topic, G& bits) const {
    const std::uint32_t number = kafka_detail::positive_int(bits);
    if (sums_.empty()) return kafka_detail::partition_of(number, topic);
    const auto above = std::upper_bound(sums_.begin(), sums_.end(), number % sums_.back());
    return partitions_[static_cast<std::size_t>(above - sums_.begin())];
  }

  std::uint64_t batch_size_;
  std::uint64_t produced_ = 0;
  std::optional<std::uint32_t> current_;
  std::vector<std::uint64_t> sums_;  // of the chances up to and with each
  std::vector<std::uint32_t> partitions_;
};

}  // namespace highwater::hashing
