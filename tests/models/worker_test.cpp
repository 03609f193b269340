// Workers by what their parameters change; what they and their queue make of deaths is tested in
// queue_sqs_test.cpp and queue_rabbitmq_test.cpp.

#include "models/messaging/worker.h"

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/messaging/consumer_group.h"
#include "models/messaging/queue.h"
#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using Catch::Matchers::Contains;
using testing::Load;
using testing::own_metrics;
using testing::problems_of;
using testing::write_of;

TEST_CASE("worker: concurrency is the number of messages worked on at once",
          "[models][messaging]") {
  const std::string product = GENERATE(polled(), rabbitmq());
  const auto seen = [&](const std::string& more) {
    QueueRig rig(product, takes("1s") + more);
    for (int i = 0; i < 3; ++i) rig.send_at(1s);
    rig.run(Time{10s});
    return rig.seen();
  };
  CHECK(seen("") == Times{2s, 3s, 4s});
  CHECK(seen(R"(, "concurrency": 2)") == Times{2s, 2s, 3s});
  CHECK(seen(R"(, "replicas": 2)") == Times{2s, 2s, 3s});
  CHECK(seen(R"(, "concurrency": 3)") == Times{2s, 2s, 2s});
}

TEST_CASE("worker: messages share the cores of their process", "[models][messaging]") {
  const auto mean_ms = [](const std::string& cores) {
    QueueRig rig(rabbitmq(), R"("concurrency": 2, "steps": [{"compute": "10ms"}])" + cores);
    for (int i = 0; i < 2; ++i) rig.send_at(1s);
    rig.run(Time{2s});
    CHECK(rig.value("crew", "cpu_utilization") == Approx(cores.empty() ? 0.005 : 0.010));
    return rig.value("crew", "processing_ms");
  };
  CHECK(mean_ms("") == Approx(10));
  CHECK(mean_ms(R"(, "cores": 1)") == Approx(20));
}

TEST_CASE("worker: a slow one computes that much longer", "[models][messaging]") {
  QueueRig rig(rabbitmq(), R"("steps": [{"compute": "10ms"}])");
  rig.fault(faults::slow(), R"({"at": "1s", "slow": "crew", "factor": "3x"})");
  rig.send_at(2s);
  rig.run(Time{3s});
  CHECK(rig.value("crew", "processing_ms") == Approx(30));
}

TEST_CASE("worker: processes stand in the zones given, in turn", "[models][messaging]") {
  testing::ModelRig::Options options;
  options.network.zones = {"a", "b"};
  QueueRig rig(rabbitmq(), R"("replicas": 3, "zones": ["b", "a"], "steps": [])", options);
  std::vector<Zone> zones;
  for (const auto& each : rig.component("crew").instances()) zones.push_back(each->zone());
  CHECK(zones == std::vector<Zone>{1, 0, 1});
}

TEST_CASE("worker: asks when it has started", "[models][messaging]") {
  const std::string product = GENERATE(polled(R"("visibility_timeout": "1s")"), rabbitmq());
  QueueRig rig(product, R"("start_time": "3s", )" + takes("500ms"));
  rig.fault(faults::kill(), R"({"at": "1100ms", "for": "1s", "kill": "crew"})");
  rig.send_at(1s);
  rig.run(Time{10s});
  CHECK(rig.seen() == Times{5600ms});
}

TEST_CASE("worker: asks again after a while where its queue does not answer",
          "[models][messaging]") {
  const std::string product = GENERATE(polled(), rabbitmq());
  const auto seen = [&](const std::string& interval) {
    QueueRig rig(product, takes("0s") + interval);
    rig.at(Time{1s}, [&] { rig.instance("jobs", 0).kill(false); });
    rig.at(Time{3200ms}, [&] { rig.instance("jobs", 0).revive(); });
    rig.send_at(3300ms);
    rig.run(Time{10s});
    return rig.seen();
  };
  CHECK(seen("") == Times{4s});
  CHECK(seen(R"(, "poll_interval": "500ms")") == Times{3500ms});
}

TEST_CASE("worker: what becomes of a message that fails", "[models][messaging]") {
  const auto outcome = [](const std::string& product, const std::string& on_failure) {
    QueueRig rig(product, takes("100ms") + on_failure, {},
                 R"("dead": {"kind": "queue", "rabbitmq": {}})");
    rig.probe_component().answer = [&](const Request&) {
      return rig.probe_component().seen.size() == 1 ? Status::error : Status::ok;
    };
    rig.send_at(1s);
    rig.run(Time{20s});
    CHECK(rig.count("crew", "failed") == 1);
    CHECK(rig.adds_up());
    return std::tuple(rig.seen(), rig.count("crew", "processed"), rig.count("crew", "dropped"),
                      rig.count("dead", "remaining"));
  };
  const std::string slow = polled(R"("visibility_timeout": "3s")");
  const std::string drop = R"(, "on_failure": "drop")";
  CHECK(outcome(slow, "") == std::tuple(Times{1100ms, 4100ms}, 1u, 0u, 0u));
  CHECK(outcome(slow, drop) == std::tuple(Times{1100ms}, 0u, 1u, 0u));
  CHECK(outcome(rabbitmq(), "") == std::tuple(Times{1100ms, 1200ms}, 1u, 0u, 0u));
  CHECK(outcome(rabbitmq(), drop) == std::tuple(Times{1100ms}, 0u, 1u, 0u));
  CHECK(outcome(rabbitmq() + R"(, "dead_letter": "dead")", R"(, "on_failure": "dead_letter")") ==
        std::tuple(Times{1100ms}, 0u, 0u, 1u));
}

TEST_CASE("worker: every attempt at a message draws by itself", "[models][messaging]") {
  const std::string product = GENERATE(rabbitmq(), polled(R"("visibility_timeout": "100ms")"),
                                       rabbitmq() + R"(, "dead_letter": "later")");
  const bool rounds = product.find("later") != std::string::npos;
  QueueRig rig(product,
               R"("concurrency": 1000, "steps": [{"fail": 0.5}])" +
                   std::string(rounds ? R"(, "on_failure": "dead_letter")" : ""),
               lasting(1000s),
               R"("later": {"kind": "queue", "dead_letter": "jobs",
                            "rabbitmq": {"message_ttl": "10ms"}})");
  rig.add(publishes(100, 50'000));
  rig.run(Time{1000s});
  CHECK(rig.count("crew", "processed") == 50'000);
  CHECK(double(rig.count("crew", "failed")) == Approx(50'000).margin(1600));  // five deviations
}

TEST_CASE("worker: counts the time since a client meant to ask", "[models][messaging]") {
  testing::ModelRig::Options options;
  options.network.zones = {"a", "b"};
  options.network.same_zone = Distribution::constant(1ms);
  options.network.cross_zone = Distribution::constant(10ms);
  QueueRig rig(R"("zones": ["a"], "rabbitmq": {"append_time": "5ms"})",
               R"("zones": ["b"], )" + takes("100ms"), options);
  rig.send_at(1s);
  rig.run(Time{5s});
  // The rig means to send it at 0 s. 1 ms to the queue, 5 ms there, 10 ms to the worker; the probe
  // stands 1 ms off each way.
  CHECK(rig.value("crew", "end_to_end_ms") == Approx(1000 + 118));
  CHECK(rig.value("jobs", "wait_ms") == Approx(0).margin(1e-9));
}

TEST_CASE("worker: each process has its numbers", "[models][messaging]") {
  QueueRig rig(rabbitmq(), R"("replicas": 2, )" + takes("1s"));
  rig.send_at(1s);
  rig.send_at(1s);
  rig.send_at(1500ms);
  rig.run(Time{10s});
  CHECK(rig.value("crew[0]", "throughput_rps") == Approx(0.2));
  CHECK(rig.value("crew[1]", "throughput_rps") == Approx(0.1));
  CHECK(rig.value("crew[0]", "utilization") == Approx(0.2));
  CHECK(rig.value("crew", "utilization") == Approx(0.15));
}

TEST_CASE("worker: everything it declares is measured", "[models][messaging]") {
  QueueRig rig(rabbitmq(),
               R"("steps": [{"call": "probe", "breaker": "opossum", "pool": {"size": 5}},
                            {"call": "other", "transport": {}}])",
               {}, R"("other": {"kind": "probe"})");
  rig.send_at(1s);
  rig.run(Time{2s});
  for (const MetricInfo& metric : own_metrics(worker()))
    CHECK_NOTHROW(rig.metric("crew", metric.name));
}

TEST_CASE("worker: what is wrong with its parameters is said", "[models][messaging][input]") {
  const auto problems = [](const std::string& parameters) {
    return problems_of(worker(), R"({"kind": "worker", )" + parameters + "}");
  };
  const std::string good = R"("queue": "jobs", "steps": [{"wait": "1ms"}])";
  CHECK(problems(good) == "");
  CHECK_THAT(problems(R"("steps": [{"wait": "1ms"}])"), Contains("queue"));
  CHECK_THAT(problems(R"("queue": "jobs")"), Contains("steps"));
  CHECK_THAT(problems(good + R"(, "replicas": 0, "concurrency": 0)"),
             Contains("/components/it/replicas") && Contains("/components/it/concurrency"));
  CHECK_THAT(problems(good + R"(, "batch_size": 11)"), Contains("10"));
  CHECK_THAT(problems(good + R"(, "prefetch": 0)"), Contains("prefetch"));
  CHECK_THAT(problems(good + R"(, "prefetch": 65536)"), Contains("65535"));
  CHECK_THAT(problems(good + R"(, "poll_interval": "0s")"), Contains("poll_interval"));
  CHECK_THAT(problems(good + R"(, "on_failure": "dead_leter")"), Contains("dead_letter"));
  CHECK_THAT(problems(good + R"(, "cores": 0)"), Contains("cores"));
  CHECK_THAT(problems(R"("queue": "jobs", "steps": [{"wiat": "1ms"}])"), Contains("wait"));
  CHECK_FALSE(worker().info.callable);
  CHECK_FALSE(worker().info.publishable);
}

TEST_CASE("worker: what does not go with its queue is said", "[models][messaging][input]") {
  const auto problems = [](const std::string& jobs, const std::string& crew) {
    QueueRig rig(jobs, crew, {},
                 R"("dead": {"kind": "queue", "rabbitmq": {}},
                    "log": {"kind": "worker", "queue": "probe", "steps": []})");
    Problems found;
    const auto value = parse_json("{" + crew + "}", found.add_source("test.json"), found);
    const std::string path = "/components/crew";
    rig.component("crew").examine({*value, path, found});
    const std::string other = "/components/log";
    rig.component("log").examine({*value, other, found});
    return found.text();
  };
  const std::string steps = R"("steps": [{"call": "probe"}])";
  CHECK_THAT(problems(sqs(), steps), Contains("/components/log/queue") &&
                                         Contains("\"probe\" is no queue") &&
                                         !Contains("/components/crew"));
  CHECK_THAT(problems(sqs(), steps + R"(, "prefetch": 3, "on_failure": "dead_letter")"),
             Contains("/components/crew/prefetch") && Contains("/components/crew/on_failure") &&
                 Contains("only max_receive_count"));
  CHECK_THAT(problems(rabbitmq(), steps + R"(, "batch_size": 3, "on_failure": "dead_letter")"),
             Contains("/components/crew/batch_size") && Contains("has no dead_letter queue"));
  CHECK_THAT(problems(rabbitmq() + R"(, "dead_letter": "dead")",
                      steps + R"(, "on_failure": "dead_letter")"),
             !Contains("/components/crew"));
  CHECK_THAT(problems(sqs(), R"("steps": [{"call": "probe", "endpoint": "GET /"}])"),
             Contains("/components/crew/steps/0/endpoint"));
}

TEST_CASE("worker: as many messages at once as memory has room for", "[models][messaging][input]") {
  const auto problems = [](const std::string& more) {
    return problems_of(worker(),
                       R"({"kind": "worker", "queue": "jobs", "steps": [], )" + more + "}");
  };
  CHECK(problems(R"("replicas": 1000, "concurrency": 1000)").empty());
  CHECK_THAT(problems(R"("replicas": 1000, "concurrency": 1001)"),
             Contains("1001000 messages at once, more than 1000000"));
  CHECK_THAT(problems(R"("replicas": 100, "prefetch": 65535)"), Contains("6553500 messages"));
}

TEST_CASE("worker: a consumer group reads topics and nothing else", "[models][messaging][input]") {
  testing::ModelRig rig({queue(), consumer_group()},
                        R"({"jobs": {"kind": "queue", "sqs": {}},
                   "group": {"kind": "consumer_group", "topic": "jobs", "steps": []}})");
  Problems found;
  const std::string text = R"({"topic": "jobs", "steps": []})";
  const auto value = parse_json(text, found.add_source("test.json"), found);
  const std::string path = "/components/group";
  rig.component("group").examine({*value, path, found});
  CHECK_THAT(found.text(), Contains("/components/group/topic: \"jobs\" is no topic; workers "
                                    "empty queues"));
}

}  // namespace
}  // namespace highwater::messaging
