// Other numbers of instances for a while.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/experiment/experiment_support.h"
#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using faults::kill;
using faults::scale;
using testing::Answer;
using testing::ModelRig;
using testing::write_of;

ModelRig::Options room(const std::string& id, std::uint32_t instances, Duration duration = 1000s) {
  ModelRig::Options options;
  options.reserved[id] = instances;
  options.duration = duration;
  return options;
}

std::size_t there(ModelRig& rig, const std::string& id) {
  const auto instances = rig.component(id).instances();
  return static_cast<std::size_t>(
      std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->up(); }));
}

TEST_CASE("scale: a service gets more, which start first, and its own number again", "[faults]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "replicas": 2, "start_time": "5s",
                           "service_time": "2s"}})",
               room("api", 6, 60s));
  rig.fault(scale(), R"({"scale": "api", "at": "10s", "for": "20s", "replicas": 6})");
  std::vector<std::size_t> up;
  for (const auto at : {9s, 14s, 16s, 29s, 36s})
    rig.at(Time{at}, [&] { up.push_back(there(rig, "api")); });
  // One that is under way when it goes is finished.
  std::vector<const Answer*> answers;
  for (std::size_t i = 0; i < 6; ++i)
    answers.push_back(&rig.send_to_instance(Time{29s}, "api", i, {}));
  rig.run(Time{60s});
  CHECK(up == std::vector<std::size_t>{2, 2, 6, 6, 2});
  for (const Answer* answer : answers) CHECK(answer->took() == 2s);
  // 2 for 60 s and 4 more for 20, less the start: 5 s each, and 1 s to finish.
  CHECK(rig.value("api", "replicas") == Approx((2 * 60 + 4 * 20) / 60.0));
}

TEST_CASE("scale: fewer for a while, and who overlaps with whom", "[faults]") {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "replicas": 4, "service_time": "1ms"}})",
               room("api", 8));
  rig.fault(scale(), R"({"scale": "api", "at": "10s", "for": "30s", "replicas": 1})");
  rig.fault(scale(), R"({"scale": "api", "at": "20s", "for": "10s", "replicas": 8})");
  rig.fault(kill(), R"({"kill": "api[0]", "at": "12s", "for": "1s"})");
  std::vector<std::size_t> up;
  for (const auto at : {5s, 15s, 25s, 35s, 45s})
    rig.at(Time{at}, [&] { up.push_back(there(rig, "api")); });
  rig.run(Time{60s});
  CHECK(up == std::vector<std::size_t>{4, 1, 8, 1, 4});
}

TEST_CASE("scale: workers come and go with what they have in hand", "[faults]") {
  const auto check = [](const std::string& product) {
    ModelRig::Options options = room("crew", 4, 100s);
    QueueRig rig(product, R"("replicas": 2, )" + takes("1s"), std::move(options));
    rig.fault(scale(), R"({"scale": "crew", "at": "10500ms", "for": "10s", "replicas": 4})");
    rig.fault(scale(), R"({"scale": "crew", "at": "40500ms", "for": "10s", "replicas": 1})");
    for (int i = 0; i < 180; ++i) rig.send_at(Duration{0});
    rig.run(Time{100s});
    const auto between = [&](Duration from, Duration until) {
      const auto seen = rig.seen();
      return std::count_if(seen.begin(), seen.end(),
                           [&](Duration at) { return at > from && at <= until; });
    };
    CHECK(between(0s, 10s) == 20);
    CHECK(between(12s, 20s) == 32);
    CHECK(between(22s, 30s) == 16);
    CHECK(between(42s, 50s) == 8);
    CHECK(between(52s, 60s) == 16);
    CHECK(rig.count("crew", "processed") == 180);
    CHECK(rig.count("crew", "duplicates") == 0);
    CHECK(rig.adds_up());
    // Busy all of their time until the messages are gone: those that go are not counted.
    CHECK(rig.value("crew[3]", "utilization") == Approx(1).margin(0.1));
  };
  check(polled(R"("visibility_timeout": "1h")"));
  check(rabbitmq());
}

TEST_CASE("scale: consumers come and go, and the partitions with them", "[faults]") {
  const auto check = [](const std::string& group) {
    ModelRig rig({topic(), consumer_group(), probe()},
                 R"({"events": {"kind": "topic", "append_time": "0s", "partitions": 4,
                                "partitioner": "round_robin"},
                     "crew": {"kind": "consumer_group", "topic": "events", "consumers": 1,
                              "max_poll_records": 1, "steps": [{"wait": "100ms"}])" +
                     group + R"(}, "probe": {"kind": "probe"}})",
                 room("crew", 4, 200s));
    rig.fault(scale(), R"({"scale": "crew", "at": "50s", "for": "50s", "replicas": 4})");
    for (int i = 0; i < 5000; ++i) rig.send(Time{0s}, "events", write_of(1));
    std::vector<std::uint64_t> lag;
    const auto left = [&rig] {
      double done = 0;
      for (const auto& each : rig.component("crew").instances())
        done += static_cast<double>(each->up());
      return static_cast<std::uint64_t>(done);
    };
    for (const auto at : {45s, 80s, 110s}) rig.at(Time{at}, [&] { lag.push_back(left()); });
    rig.run(Time{200s});
    CHECK(lag == std::vector<std::uint64_t>{1, 4, 1});
    CHECK(rig.count("crew", "duplicates") == 0);
    // 10/s for 150 s, 40/s for 50 s, less what the protocol takes.
    CHECK(static_cast<double>(rig.count("crew", "processed")) == Approx(3500).epsilon(0.06));
    CHECK(rig.value("crew[3]", "throughput_rps", Time{60s}) > 0);
  };
  check("");
  check(R"(, "assignor": "cooperative_sticky", "heartbeat_interval": "500ms",
            "initial_rebalance_delay": "0s")");
}

TEST_CASE("scale: one that was to go is called back", "[faults]") {
  ModelRig::Options options = room("crew", 2);
  QueueRig rig(rabbitmq(), R"("replicas": 2, )" + takes("10s"), std::move(options));
  rig.fault(scale(), R"({"scale": "crew", "at": "5s", "for": "2s", "replicas": 1})");
  for (int i = 0; i < 4; ++i) rig.send_at(1s);
  rig.run(Time{60s});
  CHECK(rig.seen() == Times{11s, 11s, 21s, 21s});
}

TEST_CASE("scale: what it cannot be", "[faults]") {
  const auto problems = [](const std::string& fault, const std::string& more = "") {
    return testing::prepared(
               R"({"highwater": 1, "run": {"duration": "10s"}, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "50/s"}, "calls": "api"},
        "api": {"kind": "service", "service_time": "1ms")" +
               more + R"(}}, "faults": [{"at": "1s", )" + fault + "}]}")
        .problems;
  };
  CHECK(problems(R"("scale": "api", "replicas": 5)") == "");
  const std::string scaled =
      problems(R"("scale": "api", "replicas": 5)",
               R"(, "autoscaler": {"hpa": {"target_cpu": "50%"}, "max_replicas": 9})");
  CHECK(scaled.find(R"("replicas" cannot be changed while "api" runs)") != std::string::npos);
  CHECK(problems(R"("scale": "users", "replicas": 5)").find("for these kinds") !=
        std::string::npos);
  CHECK(problems(R"("scale": "api", "replicas": 0)").find("must be") != std::string::npos);
  CHECK(problems(R"("scale": "api")").find("\"replicas\" is missing") != std::string::npos);
}

}  // namespace
}  // namespace highwater::messaging
