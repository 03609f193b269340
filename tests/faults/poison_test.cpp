// Messages that fail whoever works on them, in topics and queues.

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using faults::poison;
using testing::Load;
using testing::problems_of;
using testing::write_of;

/// A topic, a group of consumers of it, and a probe that its steps call.
class TopicRig : public testing::ModelRig {
 public:
  explicit TopicRig(const std::string& group, const std::string& partitions = "1")
      : ModelRig({topic(), consumer_group(), probe()},
                 R"({"events": {"kind": "topic", "append_time": "0s", "partitions": )" +
                     partitions + R"(}, "crew": {"kind": "consumer_group", "topic": "events", )" +
                     group + R"(}, "probe": {"kind": "probe"}})") {}
  const Probe& probed() { return static_cast<Probe&>(component("probe")); }
};

const std::string kSteps = R"("steps": [{"wait": "10ms"}, {"call": "probe"}])";

TEST_CASE("poison: a partition stands still at a bad message, or goes on without it", "[faults]") {
  const auto processed = [](const std::string& on_failure) {
    TopicRig rig(kSteps + R"(, "on_failure": ")" + on_failure + R"(", "retry_backoff": "1s")");
    rig.fault(poison(), R"({"poison": "events", "at": "1500ms", "for": "1s", "rate": "100%"})");
    for (int i = 1; i <= 5; ++i) rig.send(Time{i * 1s}, "events", write_of(1));
    rig.run(Time{60s});
    return std::pair{rig.count("crew", "processed"), rig.count("crew", "failed")};
  };
  // The second of five is bad: tried every 1.01 s from 2 s on, or once.
  CHECK(processed("retry") == std::pair<std::uint64_t, std::uint64_t>{1, 58});
  CHECK(processed("skip") == std::pair<std::uint64_t, std::uint64_t>{4, 1});
}

TEST_CASE("poison: a queue delivers it until it is a dead letter", "[faults]") {
  const auto check = [](const std::string& product, std::uint64_t failures) {
    QueueRig rig(product + R"(, "dead_letter": "dead")", takes("10ms"), {},
                 R"("dead": {"kind": "queue", )" +
                     (product.find("sqs") != std::string::npos ? sqs() : rabbitmq()) + "}");
    rig.fault(poison(), R"({"poison": "jobs", "at": "0s", "for": "10s", "rate": "100%"})");
    rig.send_at(1s);
    rig.send_at(20s);
    rig.run(Time{500s});
    CHECK(rig.count("crew", "failed") == failures);
    CHECK(rig.count("crew", "processed") == 1);
    CHECK(rig.count("jobs", "dead_lettered") == 1);
    CHECK(rig.count("dead", "remaining") == 1);
    CHECK(rig.adds_up());
  };
  check(polled(R"("max_receive_count": 4, "visibility_timeout": "30s")"), 4);
  check(rabbitmq(R"("type": "quorum", "delivery_limit": 3)"), 4);
}

TEST_CASE("poison: who empties the dead letters fails at it too", "[faults]") {
  QueueRig rig(polled(R"("max_receive_count": 1, "visibility_timeout": "5s")") +
                   R"(, "dead_letter": "dead")",
               takes("10ms"), {},
               R"("dead": {"kind": "queue", )" + polled() +
                   R"(}, "gravedigger": {"kind": "worker", "queue": "dead", "steps": []})");
  rig.fault(poison(), R"({"poison": "jobs", "at": "0s", "for": "10s", "rate": "100%"})");
  rig.send_at(1s);
  rig.run(Time{100s});
  CHECK(rig.count("gravedigger", "processed") == 0);
  CHECK(rig.count("gravedigger", "failed") >= 2);
}

TEST_CASE("poison: a share of the messages, and of those only whose time it is", "[faults]") {
  const auto failed = [](const std::vector<std::string>& faults) {
    TopicRig rig(R"("steps": [], "on_failure": "skip")");
    for (const std::string& json : faults) rig.fault(poison(), json);
    Load load;
    load.to = "events";
    load.per_second = 100;
    load.requests = 10'000;
    load.make = [](RandomStream&) { return write_of(1); };
    rig.add(load);
    rig.run(Time{200s});
    return static_cast<double>(rig.count("crew", "failed"));
  };
  const std::string tenth = R"({"poison": "events", "at": "0s", "rate": "10%"})";
  CHECK(failed({tenth}) == Approx(1000).margin(4 * 30));
  // Independent: 1 - 0.9 * 0.8.
  CHECK(failed({tenth, R"({"poison": "events", "at": "0s", "rate": "20%"})"}) ==
        Approx(2800).margin(4 * 45));
  // Twenty steps of 5 % to 100 %: half of it and a fortieth.
  CHECK(failed({R"({"poison": "events", "at": "0s", "rate": "40%", "ramp": "200s"})"}) ==
        Approx(10'000 * 0.4 * 0.2625).margin(4 * 31));
}

TEST_CASE("poison: when one ends the other spoils what it would have", "[faults]") {
  const auto order = [](bool both) {
    TopicRig rig(kSteps + R"(, "on_failure": "retry", "retry_backoff": "1s", "concurrency": 400)",
                 "400");
    rig.fault(poison(), R"({"poison": "events", "at": "0s", "rate": "50%"})");
    if (both)
      rig.fault(poison(), R"({"poison": "events", "at": "1s", "for": "9s", "rate": "100%"})");
    for (int i = 1; i <= 200; ++i)
      rig.send(Time{20s + i * 100ms}, "events", write_of(static_cast<std::uint64_t>(i)));
    rig.run(Time{60s});
    return std::pair{rig.probed().ids(), rig.count("crew", "processed")};
  };
  const auto alone = order(false);
  CHECK(order(true) == alone);
  CHECK(static_cast<double>(alone.second) == Approx(100).margin(60));
}

TEST_CASE("poison: a message that crashes takes the process with it, again and again", "[faults]") {
  SECTION("a worker: at once, then after 10 s and 20 s more") {
    QueueRig rig(rabbitmq(), takes("10ms"));
    rig.fault(poison(), R"({"poison": "jobs", "at": "0s", "for": "10s", "rate": "100%",
                            "effect": "crash"})");
    rig.send_at(1s);
    rig.run(Time{100s});
    std::vector<double> at;
    for (const Happening& happening : rig.happenings())
      if (happening.kind == "crashed") at.push_back(seconds(happening.at - Time{}));
    REQUIRE(at.size() >= 4);
    CHECK(at[0] == Approx(1.01));
    CHECK(at[1] == Approx(1.02));
    CHECK(at[2] == Approx(11.03));
    CHECK(at[3] == Approx(31.04));
    CHECK(rig.count("crew", "processed") == 0);
    CHECK(rig.count("jobs", "remaining") == 1);
  }
  SECTION("a group: the next member gets the partition when the session is over") {
    TopicRig rig(kSteps + R"(, "consumers": 2, "session_timeout": "10s", "start_time": "60s")");
    rig.fault(poison(), R"({"poison": "events", "at": "0s", "for": "10s", "rate": "100%",
                            "effect": "crash"})");
    rig.send(Time{1s}, "events", write_of(1));
    rig.run(Time{30s});
    std::vector<std::string> who;
    for (const Happening& happening : rig.happenings())
      if (happening.kind == "crashed") who.push_back(happening.text.substr(0, 7));
    CHECK(who == std::vector<std::string>{"crew[0]", "crew[1]"});
  }
}

TEST_CASE("poison: good messages are worked on when they were", "[faults]") {
  const auto seen = [](bool with) {
    QueueRig rig(polled(R"("max_receive_count": 2, "visibility_timeout": "1s")") +
                     R"(, "dead_letter": "dead")",
                 R"("concurrency": 10, )" + takes("10ms"), {},
                 R"("dead": {"kind": "queue", )" + sqs() + "}");
    if (with)
      rig.fault(poison(), R"({"poison": "jobs", "at": "10s", "for": "10s", "rate": "100%"})");
    for (int i = 1; i <= 60; ++i) rig.send_at(i * 500ms);
    rig.run(Time{100s});
    std::vector<Duration> times = rig.seen();
    std::erase_if(times, [](Duration at) { return at >= 10s && at < 25s; });
    return times;
  };
  CHECK(seen(true) == seen(false));
}

TEST_CASE("poison: what it cannot be", "[faults]") {
  CHECK(problems_of(poison(), R"({"poison": "jobs", "at": "1s", "effect": "explode"})")
            .find("explode") != std::string::npos);
  QueueRig rig(sqs(), takes("1s"));
  CHECK_THROWS_WITH(rig.fault(poison(), R"({"poison": "crew", "at": "1s"})"),
                    Catch::Contains("poison is for these kinds: topic, queue"));
}

}  // namespace
}  // namespace highwater::messaging
