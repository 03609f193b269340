#include "models/algorithms/hashing/kafka_sticky.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::hashing {
namespace {

// Random numbers as Java would see them, in turn.
struct Script {
  std::vector<std::uint32_t> values;
  std::size_t next = 0;
  std::uint64_t bits() { return std::uint64_t{values.at(next++)} << 32 | 0xdeadbeef; }
};

const std::vector<std::uint32_t> kAll = {0, 1, 2};

TEST_CASE("kafka_round_robin: in turn over what is available", "[algorithms][hashing]") {
  KafkaRoundRobin partitioner;
  const std::vector<std::uint32_t> some = {1, 4};
  std::vector<std::uint32_t> got;
  for (int i = 0; i < 4; ++i) got.push_back(partitioner.next({5, some}));
  for (int i = 0; i < 4; ++i) got.push_back(partitioner.next({5, {}}));
  CHECK(got == std::vector<std::uint32_t>{1, 4, 1, 4, 4, 0, 1, 2});
  CHECK(partitioner.next({0, {}}) == 0);
}

TEST_CASE("kafka_uniform_sticky: stays until a batch ends, then goes elsewhere",
          "[algorithms][hashing]") {
  Script bits{{4, 1, 7, 8}};
  KafkaUniformSticky partitioner;
  const KafkaTopic topic{3, kAll};
  CHECK(partitioner.current(topic, bits) == 1);
  CHECK(partitioner.current(topic, bits) == 1);
  partitioner.on_new_batch(topic, 0, bits);  // another thread's partition: nothing changes
  CHECK(bits.next == 1);
  partitioner.on_new_batch(topic, 1, bits);  // 1 and 7 mean partition 1 again: drawn anew
  CHECK(bits.next == 4);
  CHECK(partitioner.current(topic, bits) == 2);
  const std::vector<std::uint32_t> last = {2};
  partitioner.on_new_batch({3, last}, 2, bits);  // the only one: no draw
  const std::vector<std::uint32_t> twice = {2, 2};
  partitioner.on_new_batch({3, twice}, 2, bits);  // nor in a list that is wrong
  CHECK(partitioner.current(topic, bits) == 2);
}

TEST_CASE("kafka_sticky: a switch is due after batch_size bytes", "[algorithms][hashing]") {
  Script bits{{0, 1, 2, 3, 4, 5}};
  const KafkaTopic topic{3, kAll};
  KafkaSticky partitioner(100);
  CHECK(partitioner.current(topic, bits) == 0);
  partitioner.appended(99, true, topic, bits);
  CHECK(partitioner.current(topic, bits) == 0);
  partitioner.appended(1, true, topic, bits);
  CHECK(partitioner.current(topic, bits) == 1);
  partitioner.appended(199, false, topic, bits);  // the batch is not ready: wait
  CHECK(partitioner.current(topic, bits) == 1);
  partitioner.appended(1, false, topic, bits);  // but not beyond twice
  CHECK(partitioner.current(topic, bits) == 2);
  partitioner.appended(150, false, topic, bits);
  partitioner.appended(0, true, topic, bits);  // ready now
  CHECK(partitioner.current(topic, bits) == 0);
  partitioner.appended(std::numeric_limits<std::uint64_t>::max(), false, topic, bits);
  CHECK(partitioner.current(topic, bits) == 1);
  CHECK(bits.next == 5);
}

TEST_CASE("kafka_sticky: batch_size 0 switches every time", "[algorithms][hashing]") {
  Script bits{{0, 1, 2}};
  const KafkaTopic topic{3, kAll};
  KafkaSticky partitioner(0);
  CHECK(partitioner.current(topic, bits) == 0);
  partitioner.appended(1, true, topic, bits);
  CHECK(partitioner.current(topic, bits) == 1);
}

// "suppose we have 3 partitions with the corresponding queue sizes: 0 3 1": the sums are 4 5 8.
TEST_CASE("kafka_sticky: Kafka's own example of queue sizes", "[algorithms][hashing]") {
  const std::array<std::uint32_t, 3> queues = {0, 3, 1};
  const std::array<std::uint32_t, 3> ids = {10, 11, 12};
  const std::array<std::uint32_t, 8> expected = {10, 10, 10, 10, 11, 12, 12, 12};
  for (std::uint32_t number = 0; number < 16; ++number) {
    Script bits{{number | 0x8000'0000}};  // the sign is dropped
    KafkaSticky partitioner;
    partitioner.update_load(queues, ids, 3);
    CHECK(partitioner.current({3, kAll}, bits) == expected[number % 8]);
  }
}

TEST_CASE("kafka_sticky: when load does not count", "[algorithms][hashing]") {
  const auto picks = [](auto queues, auto ids, std::uint32_t all) {
    Script bits{{7}};
    KafkaSticky partitioner;
    partitioner.update_load(std::array<std::uint32_t, 2>{9, 0}, std::array<std::uint32_t, 2>{5, 6},
                            2);
    partitioner.update_load(queues, ids, all);
    return partitioner.current({3, kAll}, bits);
  };
  using One = std::array<std::uint32_t, 1>;
  using Two = std::array<std::uint32_t, 2>;
  CHECK(picks(Two{4, 4}, Two{8, 9}, 2) == 7 % 3);  // all alike
  CHECK(picks(Two{4, 4}, Two{8, 9}, 3) == 9);      // one was left out: it must stay out
  CHECK(picks(One{4}, One{8}, 1) == 7 % 3);        // nothing to choose
  CHECK(picks(One{4}, One{8}, 2) == 8);
  CHECK(picks(std::array<std::uint32_t, 0>{}, std::array<std::uint32_t, 0>{}, 3) == 7 % 3);
  Script bits{{7}};
  KafkaSticky partitioner;
  partitioner.update_load(Two{9, 0}, Two{5, 6}, 2);
  partitioner.forget_load();
  CHECK(partitioner.current({3, kAll}, bits) == 7 % 3);
}

// 30,000 draws; each share within five standard deviations.
TEST_CASE("kafka_sticky: slow partitions get less", "[algorithms][hashing][statistical]") {
  SplitMix bits{3};
  const KafkaTopic topic{3, kAll};
  KafkaSticky partitioner(1);
  partitioner.update_load(std::array<std::uint32_t, 3>{0, 3, 1}, kAll, 3);
  std::array<double, 3> counts{};
  constexpr double kDraws = 30'000;
  for (int i = 0; i < kDraws; ++i) {
    ++counts.at(partitioner.current(topic, bits));
    partitioner.appended(1, true, topic, bits);
  }
  const std::array<double, 3> shares = {4.0 / 8, 1.0 / 8, 3.0 / 8};
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(std::abs(counts[i] - kDraws * shares[i]) <
          5 * std::sqrt(kDraws * shares[i] * (1 - shares[i])));
}

}  // namespace
}  // namespace highwater::hashing
