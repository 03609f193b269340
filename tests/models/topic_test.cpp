// A topic without consumers: where messages go, how long an append takes, what a broker's death
// does. Reading is the business of consumer_group_test.cpp.

#include "models/messaging/topic.h"

#include <catch2/catch.hpp>

#include "models/algorithms/hashing/murmur2.h"
#include "models/messaging/topic_component.h"
#include "tests/support/model_rig.h"

namespace highwater::messaging {
namespace {

using Catch::Matchers::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& parameters, ModelRig::Options options = {}) {
  return ModelRig({topic()}, R"({"log": {"kind": "topic", )" + parameters + "}}", options);
}

/// Two keys of different partitions, and one of the first's partition.
struct Keys {
  explicit Keys(std::uint32_t partitions) {
    first = 0;
    while (hashing::kafka_partition(first, partitions) != 0) ++first;
    neighbour = first + 1;
    while (hashing::kafka_partition(neighbour, partitions) != 0) ++neighbour;
    second = 0;
    while (hashing::kafka_partition(second, partitions) != 1) ++second;
  }
  std::uint64_t first, neighbour, second;
};

TEST_CASE("topic: a publish takes append_time", "[models][messaging]") {
  ModelRig rig = rig_of(R"("append_time": "3ms")");
  const Answer& answer = rig.send(Time{1s}, "log", write_of(1));
  rig.run(Time{2s});
  CHECK(answer.reply.ok());
  CHECK(answer.took() == 3ms);

  ModelRig defaults = rig_of(R"("partitions": 2)");
  const Answer& usual = defaults.send(Time{1s}, "log", write_of(1));
  defaults.run(Time{2s});
  CHECK(usual.took() == 500us);
}

TEST_CASE(
    "topic: a partition appends one message after the other, partitions do not wait for "
    "each other",
    "[models][messaging]") {
  const Keys keys(4);
  ModelRig rig = rig_of(R"("partitions": 4, "append_time": "10ms")");
  const Answer& first = rig.send(Time{1s}, "log", write_of(keys.first));
  const Answer& behind = rig.send(Time{1s}, "log", write_of(keys.neighbour));
  const Answer& beside = rig.send(Time{1s}, "log", write_of(keys.second));
  rig.run(Time{2s});
  CHECK(first.took() == 10ms);
  CHECK(behind.took() == 20ms);
  CHECK(beside.took() == 10ms);
  CHECK(rig.value("log", "wait_ms") == Approx(10.0 / 3));
  CHECK(rig.value("log", "in_flight") == Approx(0.040 / 2));
  CHECK(rig.value("log", "utilization") == Approx(0.030 / 2 / 4));
  CHECK(rig.value("log", "throughput_rps") == Approx(3.0 / 2));
}

TEST_CASE("topic: a partition with exponential appends is M/M/1", "[models][messaging]") {
  ModelRig::Options options;
  options.duration = 4000s;
  ModelRig rig = rig_of(R"("append_time": {"exponential": "5ms"})", options);
  Load load;
  load.to = "log";
  load.per_second = 100;
  load.requests = 390'000;
  load.make = [](RandomStream&) { return write_of(3); };
  rig.add(load);
  rig.run(Time{4000s});
  // rho = 0.5: a wait of rho / (1 - rho) = 1 append.
  CHECK(rig.value("log", "wait_ms", Time{100s}) == Approx(5).epsilon(0.03));
  CHECK(rig.value("log", "utilization") == Approx(0.5 * 3900 / 4000).epsilon(0.02));
  CHECK(rig.value("log", "in_flight") == Approx(1.0 * 3900 / 4000).epsilon(0.04));
}

TEST_CASE("topic: kafka_murmur2 places a key where Kafka does, on broker p modulo brokers",
          "[models][messaging]") {
  for (const std::uint32_t brokers : {1u, 2u, 6u}) {
    ModelRig rig = rig_of(R"("partitions": 6, "brokers": )" + std::to_string(brokers));
    std::vector<std::uint64_t> expected(brokers);
    std::vector<std::uint64_t> in_partition(6);
    for (std::uint64_t key = 0; key < 600; ++key) {
      rig.send(Time{1s}, "log", write_of(key));
      ++expected[hashing::kafka_partition(key, 6) % brokers];
      ++in_partition[hashing::kafka_partition(key, 6)];
    }
    rig.run(Time{10s});
    for (std::uint32_t i = 0; i < brokers; ++i)
      CHECK(rig.instance("log", i).answers()[Status::ok] == expected[i]);
    auto& topic = static_cast<Topic&>(rig.component("log"));
    for (std::uint32_t p = 0; p < 6; ++p) {
      CHECK(topic.partition(p).log.end() == in_partition[p]);
      CHECK(topic.partition(p).log.kept() == 0);  // nobody reads it
    }
  }
}

TEST_CASE("topic: round_robin takes the partitions in turn, whatever the key",
          "[models][messaging]") {
  for (const char* brokers : {"1", "2", "3"}) {
    CAPTURE(brokers);
    ModelRig rig = rig_of(R"("partitions": 4, "partitioner": "round_robin", "brokers": )" +
                          std::string(brokers));
    for (int i = 0; i < 40; ++i) rig.send(Time{Duration{i * 1'000'000}}, "log", write_of(7));
    rig.run(Time{10s});
    auto& topic = static_cast<Topic&>(rig.component("log"));
    for (std::uint32_t p = 0; p < 4; ++p) CHECK(topic.partition(p).log.end() == 10);
  }
}

TEST_CASE("topic: the partitioners of other clients hash otherwise", "[models][messaging]") {
  using hashing::KafkaPartitioner;
  for (const auto& [word, partitioner] : {std::pair{"kafka_crc32", KafkaPartitioner::crc32},
                                          std::pair{"kafka_fnv1a", KafkaPartitioner::fnv1a}}) {
    CAPTURE(word);
    ModelRig rig =
        rig_of(R"("partitions": 5, "brokers": 2, "partitioner": ")" + std::string(word) + '"');
    const hashing::KafkaKeys keys(std::vector<hashing::Target>(5), partitioner);
    std::vector<std::uint64_t> expected(5);
    for (std::uint64_t key = 0; key < 100; ++key) {
      rig.send(Time{1s}, "log", write_of(key));
      ++expected.at(*keys.lookup(std::to_string(key)));
    }
    rig.run(Time{5s});
    auto& topic = static_cast<Topic&>(rig.component("log"));
    for (std::uint32_t p = 0; p < 5; ++p) CHECK(topic.partition(p).log.end() == expected[p]);
  }
}

TEST_CASE("topic: sticky fills a batch before it goes on", "[models][messaging]") {
  ModelRig rig = rig_of(R"("partitions": 4, "partitioner": "sticky", "batch_size": "10kB",
                           "message_size": "1kB", "append_time": "0s")");
  auto& topic = static_cast<Topic&>(rig.component("log"));
  for (std::int64_t i = 0; i < 4000; ++i)
    rig.send(Time{1s} + Duration{i * 1'000'000}, "log", write_of(static_cast<std::uint64_t>(i)));
  // Between two batches every partition holds whole ones.
  for (std::int64_t batch = 1; batch < 400; batch += 37)
    rig.at(Time{1s} + Duration{(batch * 10 - 1) * 1'000'000 + 500'000}, [&] {
      for (std::uint32_t p = 0; p < 4; ++p) CHECK(topic.partition(p).log.end() % 10 == 0);
    });
  rig.run(Time{10s});
  std::uint64_t sum = 0;
  for (std::uint32_t p = 0; p < 4; ++p) {
    const std::uint64_t count = topic.partition(p).log.end();
    CHECK(static_cast<double>(count) == Approx(1000).margin(450));  // 100 +- 5 * 8.7 batches
    sum += count;
  }
  CHECK(sum == 4000);
}

TEST_CASE("topic: uniform_sticky never fills two batches in a row at one partition",
          "[models][messaging]") {
  const auto repeats = [](const char* partitioner) {
    ModelRig rig = rig_of(R"("partitions": 3, "batch_size": "2500B", "message_size": "1kB",
                             "append_time": "0s", "partitioner": ")" +
                          std::string(partitioner) + '"');
    auto& topic = static_cast<Topic&>(rig.component("log"));
    for (std::int64_t i = 0; i < 600; ++i)
      rig.send(Time{1s} + Duration{i * 1'000'000}, "log", write_of(static_cast<std::uint64_t>(i)));
    std::vector<std::uint64_t> ends(3);
    std::uint32_t last = 3;
    int same = 0;
    // Two messages fit a batch: what uniform_sticky does after every second one.
    for (std::int64_t batch = 1; batch <= 300; ++batch)
      rig.at(Time{1s} + Duration{(batch * 2 - 1) * 1'000'000 + 500'000}, [&] {
        for (std::uint32_t p = 0; p < 3; ++p) {
          const std::uint64_t end = topic.partition(p).log.end();
          if (end > ends[p]) {
            same += p == last;
            last = p;
          }
          ends[p] = end;
        }
      });
    rig.run(Time{5s});
    for (std::uint32_t p = 0; p < 3; ++p) CHECK(topic.partition(p).log.end() > 100);
    return same;
  };
  CHECK(repeats("uniform_sticky") == 0);
  CHECK(repeats("sticky") > 20);
}

TEST_CASE("topic: adaptive_sticky sends less to a slow broker", "[models][messaging]") {
  const auto share_of_slow = [](const char* partitioner) {
    ModelRig rig = rig_of(R"("partitions": 4, "brokers": 4, "append_time": "2ms",
                             "batch_size": "4kB", "message_size": "1kB", "partitioner": ")" +
                          std::string(partitioner) + '"');
    rig.at(Time{0s}, [&] { rig.instance("log", 0).slow(4); });
    for (std::int64_t i = 0; i < 10'000; ++i)
      rig.send(Time{1s} + Duration{i * 1'000'000}, "log", write_of(1));
    rig.run(Time{200s});
    auto& topic = static_cast<Topic&>(rig.component("log"));
    return static_cast<double>(topic.partition(0).log.end()) / 10'000;
  };
  CHECK(share_of_slow("sticky") == Approx(0.25).margin(0.05));
  CHECK(share_of_slow("adaptive_sticky") < 0.2);
}

TEST_CASE("topic: each producer sticks to a partition of its own", "[models][messaging]") {
  ModelRig rig = rig_of(R"("partitions": 64, "partitioner": "sticky", "append_time": "0s")");
  auto& topic = static_cast<Topic&>(rig.component("log"));
  const Instance& one = rig.instance("log", 0);
  const Request publish = write_of(1);
  const std::uint16_t first = topic.route(publish, one).part;
  for (int i = 0; i < 10; ++i) CHECK(topic.route(publish, one).part == first);
}

TEST_CASE("topic: batches are a matter of sticky partitioners", "[models][messaging][input]") {
  const auto problems = [](const char* more) {
    return problems_of(topic(), std::string(R"({"kind": "topic", )") + more + "}");
  };
  CHECK_THAT(problems(R"("batch_size": "1kB")"), Contains("only a producer and the sticky"));
  CHECK_THAT(problems(R"("message_size": "1kB", "partitioner": "round_robin")"),
             Contains("/components/it/message_size"));
  CHECK(problems(R"("message_size": "1kB", "partitioner": "sticky")").empty());
  CHECK_THAT(problems(R"("partitioner": "stiky")"), Contains("did you mean \"sticky\"?"));
}

TEST_CASE("topic: a dead broker's partitions take nothing, the others go on",
          "[models][messaging]") {
  const Keys keys(2);
  ModelRig rig =
      rig_of(R"("partitions": 2, "brokers": 2, "append_time": "10ms", "start_time": "300ms")");
  const Answer& before = rig.send(Time{1s}, "log", write_of(keys.first));
  const Answer& appending = rig.send(Time{1995ms}, "log", write_of(keys.first));
  const Answer& waiting = rig.send(Time{1996ms}, "log", write_of(keys.first));
  rig.at(Time{2s}, [&] { rig.instance("log", 0).kill(false); });
  const Answer& refused = rig.send(Time{2500ms}, "log", write_of(keys.first));
  const Answer& elsewhere = rig.send(Time{2500ms}, "log", write_of(keys.second));
  rig.at(Time{3s}, [&] { rig.instance("log", 0).revive(); });
  const Answer& starting = rig.send(Time{3299ms}, "log", write_of(keys.first));
  const Answer& after = rig.send(Time{3301ms}, "log", write_of(keys.first));
  rig.run(Time{5s});
  CHECK(before.reply.ok());
  CHECK(appending.reply.status == Status::reset);
  CHECK(appending.at == Time{2s});
  CHECK(waiting.reply.status == Status::reset);
  CHECK(refused.reply.status == Status::unavailable);
  CHECK(elsewhere.took() == 10ms);
  CHECK(starting.reply.status == Status::unavailable);
  CHECK(after.took() == 10ms);
  auto& topic = static_cast<Topic&>(rig.component("log"));
  CHECK(topic.partition(0).log.end() == 2);  // the one that was being appended is not there
  CHECK(topic.partition(1).log.end() == 1);
  CHECK(rig.metric("log", "errors").causes.at("connection_reset") == 2);
  CHECK(rig.value("log", "in_flight") == Approx((0.010 * 3 + 0.005 + 0.004) / 5));
  CHECK(rig.value("log", "utilization") == Approx((0.010 * 3 + 0.005) / 5 / 2));
  CHECK(rig.value("log[0]", "utilization") == Approx((0.010 * 2 + 0.005) / 5));
  CHECK(rig.value("log[1]", "utilization") == Approx(0.010 / 5));
  CHECK(rig.value("log[0]", "throughput_rps") == Approx(2.0 / 5));
}

TEST_CASE("topic: a publisher hears nothing of a broker that dies silently",
          "[models][messaging]") {
  ModelRig rig = rig_of(R"("append_time": "100ms")");
  CallPolicy policy;
  policy.timeout = 1s;
  const Answer& lost = rig.send(Time{1s}, "log", write_of(1), policy);
  rig.at(Time{1050ms}, [&] { rig.instance("log", 0).kill(true); });
  rig.run(Time{5s});
  CHECK(lost.reply.status == Status::timeout);
  CHECK(lost.took() == 1s);
}

TEST_CASE("topic: round_robin passes over partitions whose broker is down", "[models][messaging]") {
  ModelRig rig =
      rig_of(R"("partitions": 4, "brokers": 2, "partitioner": "round_robin", "append_time": "0s")");
  rig.at(Time{1s}, [&] { rig.instance("log", 0).kill(false); });
  for (int i = 0; i < 40; ++i) rig.send(Time{2s} + Duration{i * 1'000'000}, "log", write_of(0));
  rig.at(Time{3s}, [&] { rig.instance("log", 1).kill(false); });
  const Answer& nowhere = rig.send(Time{4s}, "log", write_of(0));
  rig.run(Time{10s});
  auto& topic = static_cast<Topic&>(rig.component("log"));
  CHECK(topic.partition(0).log.end() == 0);
  CHECK(topic.partition(1).log.end() == 20);
  CHECK(topic.partition(2).log.end() == 0);
  CHECK(topic.partition(3).log.end() == 20);
  CHECK(nowhere.reply.status == Status::unavailable);
}

TEST_CASE("topic: a slow broker appends that much slower", "[models][messaging]") {
  ModelRig rig = rig_of(R"("append_time": "2ms")");
  rig.at(Time{1s}, [&] { rig.instance("log", 0).slow(5); });
  const Answer& slow = rig.send(Time{2s}, "log", write_of(1));
  rig.run(Time{3s});
  CHECK(slow.took() == 10ms);
}

TEST_CASE("topic: brokers stand in the zones given, in turn", "[models][messaging]") {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  const auto zones_of = [&](const std::string& parameters) {
    ModelRig rig = rig_of(R"("partitions": 3, "brokers": 3)" + parameters, options);
    std::vector<Zone> zones;
    for (const auto& broker : rig.component("log").instances()) zones.push_back(broker->zone());
    return zones;
  };
  CHECK(zones_of("") == std::vector<Zone>{0, 1, 0});
  CHECK(zones_of(R"(, "zones": ["b"])") == std::vector<Zone>{1, 1, 1});
  CHECK(zones_of(R"(, "zones": ["b", "a"])") == std::vector<Zone>{1, 0, 1});
}

TEST_CASE("topic: only groups read, and only from the partition's broker", "[models][messaging]") {
  const Keys keys(2);
  ModelRig rig = rig_of(R"("partitions": 2, "brokers": 2)");
  const Answer& read = rig.send(Time{1s}, "log", read_of(1));
  const Answer& wrong = rig.send_to_instance(Time{1s}, "log", 1, write_of(keys.first));
  const Answer& right = rig.send_to_instance(Time{1s}, "log", 0, write_of(keys.first));
  rig.run(Time{2s});
  CHECK(read.reply.status == Status::error);
  CHECK(wrong.reply.status == Status::error);
  CHECK(right.reply.ok());
}

TEST_CASE("topic: what is wrong with its parameters is said", "[models][messaging]") {
  const auto problems = [](const std::string& parameters) {
    return problems_of(topic(), R"({"kind": "topic", )" + parameters + "}");
  };
  CHECK(problems(R"("partitions": 6)") == "");
  CHECK_THAT(problems(R"("partitions": 0)"), Contains("partitions"));
  CHECK_THAT(problems(R"("partitions": 10001)"), Contains("10000"));
  CHECK_THAT(problems(R"("brokers": 0)"), Contains("brokers"));
  CHECK_THAT(problems(R"("brokers": 3)"),
             Contains("warning") && Contains("2 of them lead none and do nothing"));
  CHECK_THAT(problems(R"("partitioner": "murmur")"), Contains("kafka_murmur2"));
  CHECK_THAT(problems(R"("append_time": 5)"), Contains("append_time"));
  CHECK_THAT(problems(R"("append_time": "-1ms")"), Contains("append_time"));
  CHECK_THAT(problems(R"("partition": 6)"), Contains("partitions"));
}

TEST_CASE("topic: it is published to, not called", "[models][messaging]") {
  CHECK(topic().info.publishable);
  CHECK(topic().info.consumable);
  CHECK_FALSE(topic().info.callable);
}

}  // namespace
}  // namespace highwater::messaging
