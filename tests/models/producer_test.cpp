// The producers of a topic: when batches leave, what happens when they are not answered, what is
// lost with a process. The accumulator alone is tested in tests/messaging.

#include "models/messaging/producer.h"

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/messaging/topic_component.h"
#include "models/service/service.h"
#include "tests/models/messaging_rig.h"

namespace highwater::messaging {
namespace {

using Catch::Matchers::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::write_of;

/// A topic whose messages have 100 bytes and whose appends take 1 ms.
ModelRig rig_of(const std::string& more, ModelRig::Options options = {}) {
  return ModelRig(
      {topic()},
      R"({"log": {"kind": "topic", "append_time": "1ms", "message_size": "100B", )" + more + "}}",
      std::move(options));
}

/// Messages that the log holds, lost ones not counted and repeated ones counted each time.
std::uint64_t appended(ModelRig& rig) {
  std::uint64_t sum = 0;
  for (const auto& instance : rig.component("log").instances())
    sum += static_cast<const Broker&>(*instance).appended();
  return sum;
}

TEST_CASE("producer: a batch lingers for more messages", "[models][messaging]") {
  ModelRig rig = rig_of(R"("producer": {"linger": "5ms"})");
  const Answer& first = rig.send(Time{1s}, "log", write_of(1));
  const Answer& second = rig.send(Time{1s + 2ms}, "log", write_of(2));
  const Answer& later = rig.send(Time{1s + 6ms}, "log", write_of(3));
  rig.run(Time{2s});
  CHECK(first.took() == 6ms);
  CHECK(second.took() == 4ms);
  CHECK(later.took() == 6ms);
  CHECK(appended(rig) == 3);
  CHECK(rig.value("log", "linger_ms") == Approx((5.0 + 3 + 5) / 3));
  CHECK(rig.edge("log").attempts() == 3);
}

TEST_CASE("producer: a full batch does not linger", "[models][messaging]") {
  // Two records of 100 bytes and the batch's own 61.
  ModelRig rig = rig_of(R"("batch_size": "261B", "producer": {"linger": "1s"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&rig.send(Time{1s}, "log", write_of(7)));
  rig.run(Time{10s});
  // A partition appends one batch after the other.
  for (int i = 0; i < 2; ++i) CHECK(answers[static_cast<std::size_t>(i)]->took() == 1ms);
  for (int i = 2; i < 4; ++i) CHECK(answers[static_cast<std::size_t>(i)]->took() == 2ms);
  CHECK(answers[4]->took() == 1s + 1ms);
}

TEST_CASE("producer: without linger what comes in the same instant is one batch",
          "[models][messaging]") {
  ModelRig rig = rig_of(R"("producer": {"linger": "0s"})");
  const Answer& first = rig.send(Time{1s}, "log", write_of(1));
  const Answer& second = rig.send(Time{1s}, "log", write_of(2));
  rig.run(Time{2s});
  CHECK(first.took() == 1ms);
  CHECK(second.took() == 1ms);
}

TEST_CASE("producer: a request is answered when all of its batches are appended",
          "[models][messaging]") {
  ModelRig rig = rig_of(R"("partitions": 2, "producer": {"linger": "0s"})");
  const std::uint64_t here = key_of(0, 2), there = key_of(1, 2);
  // The line of partition 0 is one batch long when both come along together.
  rig.send(Time{1s}, "log", write_of(here));
  const Answer& slow = rig.send(Time{1s + 500us}, "log", write_of(here));
  const Answer& quick = rig.send(Time{1s + 500us}, "log", write_of(there));
  rig.run(Time{2s});
  CHECK(slow.took() == 1500us);
  CHECK(quick.took() == 1500us);
}

TEST_CASE("producer: no more requests are under way than max_in_flight", "[models][messaging]") {
  const auto took = [](const std::string& most) {
    ModelRig rig = rig_of(R"("producer": {"linger": "0s", "max_in_flight": )" + most + "}");
    rig.send(Time{1s}, "log", write_of(1));
    const Answer& second = rig.send(Time{1s + 100us}, "log", write_of(1));
    const Answer& third = rig.send(Time{1s + 200us}, "log", write_of(1));
    rig.run(Time{2s});
    return std::pair(second.took(), third.took());
  };
  CHECK(took("5") == std::pair<Duration, Duration>(1900us, 2800us));
  // The second and third wait together for the first to be answered.
  CHECK(took("1") == std::pair<Duration, Duration>(1900us, 1800us));
}

TEST_CASE("producer: what a broker's death interrupts is sent again", "[models][messaging]") {
  ModelRig rig = rig_of(R"("producer": {"linger": "0s"})");
  const Answer& interrupted = rig.send(Time{1s}, "log", write_of(1));
  const Answer& during = rig.send(Time{2s}, "log", write_of(2));
  rig.at(Time{1s + 500us}, [&] { rig.instance("log", 0).kill(false); });
  rig.at(Time{3s}, [&] { rig.instance("log", 0).revive(); });
  rig.run(Time{10s});
  // It tries every 100 ms.
  CHECK(interrupted.reply.ok());
  CHECK(interrupted.sent + interrupted.took() >= Time{3s});
  CHECK(interrupted.sent + interrupted.took() < Time{3s + 150ms});
  CHECK(during.reply.ok());
  CHECK(appended(rig) == 2);
}

TEST_CASE("producer: an answer that gets lost makes a message twice, unless acks is all",
          "[models][messaging]") {
  const auto copies = [](const std::string& acks) {
    ModelRig rig = rig_of(R"("producer": {"linger": "0s", "request_timeout": "1s", "acks": ")" +
                          acks + R"("})");
    const Answer& answer = rig.send(Time{1s}, "log", write_of(1));
    rig.at(Time{1s}, [&] { rig.edge("log").cut(false, true); });
    rig.at(Time{2s + 50ms}, [&] { rig.edge("log").heal(false, true); });
    rig.run(Time{10s});
    CHECK(answer.reply.ok());
    return appended(rig);
  };
  CHECK(copies("leader") == 2);
  CHECK(copies("all") == 1);
}

TEST_CASE("producer: a message that failed comes behind later ones, unless acks is all",
          "[models][messaging]") {
  const auto order = [](const std::string& acks) {
    GroupRig rig(R"("producer": {"linger": "0s", "acks": ")" + acks + R"("})",
                 R"("steps": [{"call": "probe"}])");
    rig.edge("log").add_latency(10ms, nullptr);
    rig.instance("log", 0).fail_share(1);
    rig.at(Time{1s + 11ms}, [&] { rig.instance("log", 0).stop_failing(1); });
    rig.send(Time{1s}, "log", write_of(1));
    rig.send(Time{1s + 2ms}, "log", write_of(2));
    rig.send(Time{1s + 3ms}, "log", write_of(3));
    rig.run(Time{10s});
    std::vector<std::uint64_t> keys;
    for (const Probe::Seen& each : rig.probe_component().seen) keys.push_back(each.key);
    return keys;
  };
  CHECK(order("leader") == std::vector<std::uint64_t>{2, 3, 1});
  CHECK(order("all") == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("producer: a batch that can not be sent fails at last", "[models][messaging]") {
  ModelRig rig = rig_of(R"("producer": {"request_timeout": "1s", "delivery_timeout": "5s"})");
  rig.at(Time{500ms}, [&] { rig.instance("log", 0).kill(false); });
  const Answer& answer = rig.send(Time{1s}, "log", write_of(1));
  rig.run(Time{20s});
  CHECK(answer.reply.status == Status::timeout);
  CHECK(answer.took() >= 5s);
  CHECK(answer.took() <= 5s + 200ms);
  CHECK(appended(rig) == 0);
  CHECK(rig.metric("log", "errors").causes.at("timeout") == 1);
}

TEST_CASE("producer: publishes wait for memory, for max_block", "[models][messaging]") {
  // Room for one batch.
  const std::string producer = R"("partitions": 2, "batch_size": "200B",
      "producer": {"linger": "10ms", "buffer_memory": "300B", "max_block": "2s")";
  const std::uint64_t here = key_of(0, 2), there = key_of(1, 2);
  {
    ModelRig rig = rig_of(producer + "}");
    const Answer& first = rig.send(Time{1s}, "log", write_of(here));
    const Answer& second = rig.send(Time{1s + 1ms}, "log", write_of(there));
    rig.run(Time{10s});
    CHECK(first.took() == 2ms);                // sent because somebody waits for the memory
    CHECK(second.took() == 1ms + 10ms + 1ms);  // let in when the first is answered, then lingers
  }
  ModelRig rig = rig_of(producer + "}");
  rig.at(Time{500ms}, [&] { rig.instance("log", 0).kill(false); });
  rig.send(Time{1s}, "log", write_of(here));
  const Answer& second = rig.send(Time{1s + 1ms}, "log", write_of(there));
  rig.run(Time{10s});
  CHECK(second.reply.status == Status::timeout);
  CHECK(second.took() == 2s);
}

TEST_CASE("producer: without acks a message is sent when it leaves", "[models][messaging]") {
  ModelRig rig = rig_of(R"("producer": {"linger": "5ms", "acks": "none"})");
  const Answer& sent = rig.send(Time{1s}, "log", write_of(1));
  rig.at(Time{2s}, [&] { rig.instance("log", 0).kill(false); });
  const Answer& lost = rig.send(Time{3s}, "log", write_of(2));
  rig.run(Time{5s});
  CHECK(sent.took() == 5ms);
  CHECK(lost.reply.ok());
  CHECK(lost.took() == 5ms);
  CHECK(appended(rig) == 1);
}

TEST_CASE("producer: what it has not sent dies with its process", "[models][messaging]") {
  ModelRig rig({topic(), service::service()},
               R"({"log": {"kind": "topic", "append_time": "1ms", "producer": {"linger": "100ms"}},
                   "api": {"kind": "service", "workers": 10,
                           "endpoints": {"all": [{"publish": "log"}]}}})");
  const Answer& dead = rig.send(Time{1s}, "api", Request{});
  rig.at(Time{1s + 50ms}, [&] { rig.instance("api", 0).kill(false); });
  rig.at(Time{2s}, [&] { rig.instance("api", 0).revive(); });
  const Answer& after = rig.send(Time{3s}, "api", Request{});
  // Under way when the process dies: appended all the same.
  const Answer& under_way = rig.send(Time{4s}, "api", Request{});
  rig.at(Time{4s + 100ms + 500us}, [&] { rig.instance("api", 0).kill(false); });
  rig.run(Time{10s});
  CHECK(dead.reply.status == Status::reset);
  CHECK(after.reply.ok());
  CHECK(after.took() == 101ms);
  CHECK(under_way.reply.status == Status::reset);
  CHECK(appended(rig) == 2);
}

TEST_CASE("producer: batches are what a partition appends at once", "[models][messaging]") {
  // A thousand messages a second, a batch of ten each ten milliseconds: a partition that could
  // append 500 messages alone is busy for a tenth of the time.
  ModelRig rig = rig_of(R"("producer": {"linger": "10ms"})");
  Load load;
  load.to = "log";
  load.per_second = 1000;
  load.requests = 100'000;
  load.make = [](RandomStream& random) { return write_of(random.bits()); };
  std::uint64_t ok = 0;
  load.answered = [&](const Request&, const Answer& answer) { ok += answer.reply.ok(); };
  rig.add(load);
  rig.run(Time{120s});
  CHECK(ok == 100'000);
  CHECK(appended(rig) == 100'000);
  // A batch begins with a message, lingers, and the next one begins 1 ms later on average.
  const double batches = rig.value("log", "batches_rps") * 120;
  CHECK(batches == Approx(100'000 / 11.0).epsilon(0.02));
  CHECK(rig.value("log", "buffered") * 120 == Approx(100 * 1000 * 0.0054).epsilon(0.05));
}

TEST_CASE("producer: sticky partitioners leave full batches behind", "[models][messaging]") {
  const auto batches = [](const std::string& partitioner) {
    ModelRig rig = rig_of(R"("partitions": 4, "batch_size": "1061B", "partitioner": ")" +
                          partitioner + R"(", "producer": {"linger": "100ms"})");
    Load load;
    load.to = "log";
    load.per_second = 1000;
    load.requests = 20'000;
    load.make = [](RandomStream& random) { return write_of(random.bits()); };
    rig.add(load);
    rig.run(Time{60s});
    CHECK(appended(rig) == 20'000);
    return rig.value("log", "batches_rps") * 60;
  };
  CHECK(batches("sticky") == Approx(2000).epsilon(0.02));
  CHECK(batches("adaptive_sticky") == Approx(2000).epsilon(0.02));
  // By key every partition has a batch that is not full, and it goes along with the full one of
  // another: why KIP-480 made producers stick.
  CHECK(batches("kafka_murmur2") > 1.3 * 2000);
}

TEST_CASE("producer: whatever dies, every publish is answered once and what was answered is there",
          "[models][messaging]") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    ModelRig::Options options;
    options.seed = seed;
    GroupRig rig(R"("partitions": 3, "brokers": 3,
                    "producer": {"linger": "20ms", "request_timeout": "300ms",
                                 "delivery_timeout": "3s"})",
                 R"("consumers": 1, "concurrency": 3, "steps": [{"call": "probe"}])", options);
    std::map<std::uint64_t, bool> answered;
    Load load;
    load.to = "log";
    load.per_second = 200;
    load.requests = 4000;
    load.make = [](RandomStream& random) { return write_of(random.bits()); };
    load.answered = [&](const Request& request, const Answer& answer) {
      CHECK(answered.emplace(request.id, answer.reply.ok()).second);
    };
    rig.add(load);
    for (int i = 1; i < 20; ++i) {
      const auto broker = static_cast<std::size_t>(i % 3);
      const bool silent = i % 2 == 0;
      rig.at(Time{std::chrono::seconds{i}},
             [&rig, broker, silent] { rig.instance("log", broker).kill(silent); });
      rig.at(Time{std::chrono::seconds{i} + 700ms},
             [&rig, broker, silent] { rig.instance("log", broker).revive(silent); });
    }
    rig.at(Time{7s + 300ms}, [&] { rig.edge("log").cut(false, true); });
    rig.at(Time{8s + 300ms}, [&] { rig.edge("log").heal(false, true); });
    rig.run(Time{100s});
    CHECK(answered.size() == 4000);
    std::map<std::uint64_t, int> seen;
    std::map<std::uint32_t, std::uint64_t>
        last;  // by partition; ids rise in the order of publishing
    for (const Probe::Seen& each : rig.probe_component().seen) {
      ++seen[each.id];
      std::uint64_t& before = last[hashing::kafka_partition(each.key, 3)];
      CHECK(each.id > before);
      before = each.id;
    }
    std::size_t fine = 0;
    for (const auto& [id, ok] : answered) {
      fine += ok;
      if (ok) CHECK(seen[id] == 1);
    }
    CHECK(fine > 3500);
  }
}

TEST_CASE("producer: what is wrong with it is said", "[models][messaging]") {
  const auto says = [](const std::string& more) {
    return problems_of(topic(), R"({"kind": "topic", )" + more + "}");
  };
  CHECK_THAT(says(R"("producer": {"buffer_memory": "1kB"})"), Contains("no room for a batch"));
  CHECK_THAT(says(R"("producer": {"delivery_timeout": "10s"})"),
             Contains("at least linger and request_timeout"));
  CHECK_THAT(says(R"("producer": {"acks": "most"})"), Contains("acks"));
  CHECK_THAT(says(R"("batch_size": "1kB")"), Contains("only a producer"));
  CHECK(says(R"("batch_size": "1kB", "message_size": "100B", "producer": {})").empty());
}

}  // namespace
}  // namespace highwater::messaging
