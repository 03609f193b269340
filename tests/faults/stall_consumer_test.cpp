// Consumers and workers that live on and take no messages.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using faults::kill;
using faults::stall_consumer;
using testing::problems_of;
using testing::write_of;

class GroupRig : public testing::ModelRig {
 public:
  explicit GroupRig(const std::string& group)
      : ModelRig({topic(), consumer_group(), probe()},
                 R"({"events": {"kind": "topic", "append_time": "0s", "partitions": 2,
                                "partitioner": "round_robin"},
                     "crew": {"kind": "consumer_group", "topic": "events", )" +
                     group + R"(}, "probe": {"kind": "probe"}})") {}
  std::vector<Duration> seen() {
    std::vector<Duration> times;
    for (const Probe::Seen& each : static_cast<Probe&>(component("probe")).seen)
      times.push_back(each.at.time_since_epoch());
    return times;
  }
  std::vector<double> times(const std::string& kind) const {
    std::vector<double> found;
    for (const Happening& happening : happenings())
      if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
    return found;
  }
};

const std::string kSteps = R"("steps": [{"wait": "100ms"}, {"call": "probe"}])";

TEST_CASE("stall_consumer: without an assignor the partitions wait", "[faults]") {
  GroupRig rig(kSteps);
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew", "at": "2050ms", "for": "8s"})");
  for (int i = 1; i <= 4; ++i) rig.send(Time{i * 1s}, "events", write_of(1));
  rig.run(Time{20s});
  // That of 2 s is finished; the others, one from each partition, come one after the other.
  CHECK(rig.seen() == std::vector<Duration>{1100ms, 2100ms, 10150ms, 10250ms});
  CHECK(rig.count("crew", "duplicates") == 0);
}

TEST_CASE("stall_consumer: a member that does not poll leaves after max_poll_interval",
          "[faults]") {
  GroupRig rig(kSteps + R"(, "consumers": 2, "assignor": "range", "max_poll_interval": "20s",
                            "heartbeat_interval": "1s", "initial_rebalance_delay": "0s",
                            "session_timeout": "10s", "commit_interval": "1h")");
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew[0]", "at": "30s", "for": "60s"})");
  for (int i = 10; i <= 120; ++i) rig.send(Time{i * 1s}, "events", write_of(1));
  rig.run(Time{130s});
  REQUIRE(rig.times("left group") == std::vector<double>{50});
  // Ten messages of its partition were done before and never committed: they are done again.
  CHECK(rig.count("crew", "duplicates") == 10);
  CHECK(rig.count("crew", "processed") == 111);
  // When it goes on it joins again, and the partitions are shared out anew.
  CHECK(rig.times("rebalance").back() >= 90);
  CHECK(rig.value("crew[0]", "throughput_rps", Time{100s}) > 0.3);
}

TEST_CASE("stall_consumer: a member that is started anew is stalled still", "[faults]") {
  GroupRig rig(kSteps);
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew", "at": "1s", "for": "9s"})");
  rig.fault(kill(), R"({"kill": "crew", "at": "3s", "for": "1s"})");
  rig.send(Time{2s}, "events", write_of(1));
  rig.run(Time{20s});
  CHECK(rig.seen() == std::vector<Duration>{10100ms});
}

TEST_CASE("stall_consumer: they nest", "[faults]") {
  GroupRig rig(kSteps);
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew", "at": "1s", "for": "9s"})");
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew", "at": "5s", "for": "10s"})");
  rig.send(Time{2s}, "events", write_of(1));
  rig.run(Time{20s});
  CHECK(rig.seen() == std::vector<Duration>{15100ms});
}

TEST_CASE("stall_consumer: what a worker of SQS has goes to another when its time is over",
          "[faults]") {
  QueueRig rig(polled(R"("visibility_timeout": "10s")"),
               R"("replicas": 2, "batch_size": 10, )" + takes("1s"));
  // The first of the two has the receive that was there first.
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew[0]", "at": "500ms", "for": "60s"})");
  rig.send_at(1s);
  rig.run(Time{100s});
  // When the stall is over it works on what it has, though another did.
  CHECK(rig.seen() == Times{12s, 61500ms});
  CHECK(rig.count("jobs", "redelivered") == 1);
  CHECK(rig.count("crew", "processed") == 1);
  CHECK(rig.count("crew", "duplicates") == 1);
}

TEST_CASE("stall_consumer: RabbitMQ pushes to a worker that stands still, up to its prefetch",
          "[faults]") {
  QueueRig rig(rabbitmq(), R"("prefetch": 3, )" + takes("1s"));
  rig.fault(stall_consumer(), R"({"stall_consumer": "crew", "at": "1s", "for": "19s"})");
  for (int i = 2; i <= 6; ++i) rig.send_at(std::chrono::seconds{i});
  std::uint64_t depth = 0;
  rig.at(Time{19s}, [&] { depth = rig.queue_component().keeper().ready(); });
  rig.run(Time{100s});
  CHECK(depth == 2);
  CHECK(rig.seen() == Times{21s, 22s, 23s, 24s, 25s});
  CHECK(rig.adds_up());
}

TEST_CASE("stall_consumer: afterwards all is as it would have been", "[faults]") {
  const auto seen = [](bool with) {
    QueueRig rig(polled(), R"("replicas": 2, )" + takes("100ms"));
    if (with) rig.fault(stall_consumer(), R"({"stall_consumer": "crew", "at": "5s", "for": "5s"})");
    for (int i = 1; i <= 200; ++i) rig.send_at(i * 200ms);
    rig.run(Time{100s});
    std::vector<Duration> times = rig.seen();
    std::erase_if(times, [](Duration at) { return at >= 5s && at < 20s; });
    return times;
  };
  CHECK(seen(true) == seen(false));
}

TEST_CASE("stall_consumer: what it cannot be", "[faults]") {
  QueueRig rig(sqs(), takes("1s"));
  CHECK_THROWS_WITH(rig.fault(stall_consumer(), R"({"stall_consumer": "jobs", "at": "1s"})"),
                    Catch::Contains("for these kinds: consumer_group, worker"));
  CHECK(problems_of(stall_consumer(), R"({"stall_consumer": "a -> b", "at": "1s"})") != "");
}

}  // namespace
}  // namespace highwater::messaging
