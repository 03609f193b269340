// What holds for every queue and its workers, whatever the product: waiting times in closed form,
// conservation, reproducible runs, and what is wrong with the parameters. The products are tested
// in queue_sqs_test.cpp and queue_rabbitmq_test.cpp.

#include "models/messaging/queue.h"

#include <set>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/models/queue_rig.h"

namespace highwater::messaging {
namespace {

using Catch::Matchers::Contains;
using testing::Answer;
using testing::own_metrics;
using testing::problems_of;
using testing::write_of;

TEST_CASE("queue: competing workers are M/M/c", "[models][messaging][costly]") {
  const std::string product = GENERATE(polled(), rabbitmq());
  CAPTURE(product);
  const std::string spread = GENERATE(R"("replicas": 4)", R"("replicas": 2, "concurrency": 2)");
  QueueRig rig(product, spread + R"(, "steps": [{"wait": {"exponential": "10ms"}}])",
               lasting(1000s));
  rig.add(publishes(300, 290'000));
  rig.run(Time{1000s});
  // rho = 0.75; Erlang C of 4 and 3 is 27/53, so the wait is 27/53 / (400/s - 300/s).
  const double share = 290.0 / 300 / 1;  // of the time messages come
  CHECK(rig.value("jobs", "wait_ms", Time{50s}) == Approx(5.094).epsilon(0.04));
  CHECK(rig.value("crew", "end_to_end_ms", Time{50s}) == Approx(15.094).epsilon(0.02));
  CHECK(rig.value("crew", "processing_ms", Time{50s}) == Approx(10).epsilon(0.01));
  CHECK(rig.value("jobs", "depth") == Approx(1.528 * share).epsilon(0.05));
  CHECK(rig.value("jobs", "in_flight") == Approx(3 * share).epsilon(0.02));
  CHECK(rig.value("crew", "utilization") == Approx(0.75 * share).epsilon(0.02));
  CHECK(rig.value("jobs", "throughput_rps") == Approx(290));
  CHECK(rig.value("crew", "throughput_rps") == Approx(290));
  CHECK(rig.count("crew", "processed") == 290'000);
  CHECK(rig.count("crew", "duplicates") == 0);
  CHECK(rig.count("jobs", "acknowledged") == 290'000);
  CHECK(rig.queue_component().kept() == 0);
}

/// A run in which everything goes wrong that can, with what it came to.
std::vector<double> troubled_run(const std::string& product, std::uint64_t seed) {
  testing::ModelRig::Options options = lasting(300s, seed);
  options.network.zones = {"a", "b"};
  options.network.same_zone = Distribution::exponential(1ms);
  options.network.cross_zone = Distribution::exponential(5ms);
  QueueRig rig(product + R"(, "dead_letter": "dead")",
               R"("replicas": 3, "concurrency": 3, "steps": [{"wait": {"exponential": "50ms"}},
                  {"call": "probe"}, {"fail": "20%"}])",
               options,
               R"("dead": {"kind": "queue", )" +
                   std::string(product.find("sqs") < 3 ? R"("sqs": {})" : R"("rabbitmq": {})") +
                   "}");
  rig.add(publishes(100, 20'000, 50));
  RandomStream random(seed, "test", "trouble");
  for (int i = 0; i < 40; ++i) {
    const Time at{Duration{static_cast<std::int64_t>(random.below(200'000'000'000))}};
    const Duration lasts{static_cast<std::int64_t>(random.below(10'000'000'000))};
    const bool silent = random.below(2) == 0;
    const auto which = static_cast<std::size_t>(random.below(4));
    Instance& victim = which == 3 ? rig.instance("jobs", 0) : rig.instance("crew", which);
    rig.at(at, [&victim, silent] { victim.kill(silent); });
    rig.at(at + lasts, [&victim, silent] { victim.revive(silent); });
  }
  rig.run(Time{300s});
  CHECK(rig.adds_up());
  CHECK(rig.adds_up("dead"));
  const std::uint64_t gone = rig.count("jobs", "acknowledged") + rig.count("jobs", "dead_lettered");
  CHECK(rig.count("crew", "processed") <= rig.count("jobs", "accepted"));
  CHECK(rig.count("jobs", "acknowledged") <= rig.count("crew", "processed"));
  CHECK(gone > 5000);
  // What is kept is what is there, and what workers have that is not.
  CHECK(rig.queue_component().kept() <= rig.count("jobs", "remaining") + 9);
  std::set<std::uint64_t> done;
  for (const Probe::Seen& seen : rig.probe_component().seen) done.insert(seen.id);
  CHECK(done.size() >= rig.count("crew", "processed"));
  std::vector<double> numbers;
  for (const char* name : {"accepted", "acknowledged", "redelivered", "dead_lettered"})
    numbers.push_back(static_cast<double>(rig.count("jobs", name)));
  for (const char* name : {"processed", "duplicates", "failed"})
    numbers.push_back(static_cast<double>(rig.count("crew", name)));
  numbers.push_back(rig.value("jobs", "depth"));
  numbers.push_back(rig.value("crew", "end_to_end_ms"));
  return numbers;
}

TEST_CASE("queue: loses no message and makes none up, and a seed says all",
          "[models][messaging][property]") {
  const std::string product = GENERATE(
      polled(R"("max_receive_count": 4, "visibility_timeout": "1s")"),
      polled(R"("max_receive_count": 3, "visibility_timeout": "2s", "fifo": false,
                "retention_period": "1m")"),
      sqs(R"("max_receive_count": 3, "visibility_timeout": "300ms")"), rabbitmq(),
      rabbitmq(R"("type": "quorum", "delivery_limit": 2, "heartbeat": "5s")"),
      rabbitmq(R"("persistent": false, "confirms": false, "max_length": 50, "message_ttl": "3s")"),
      rabbitmq(R"("consumer_timeout": "200ms", "heartbeat": "2s", "max_length": 20,
                  "overflow": "reject_publish_dlx")"));
  CAPTURE(product);
  std::set<std::vector<double>> different;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::vector<double> once = troubled_run(product, seed);
    CHECK(troubled_run(product, seed) == once);
    different.insert(once);
  }
  CHECK(different.size() == 5);
}

TEST_CASE("queue: what comes waits in memory, and counts as in flight", "[models][messaging]") {
  QueueRig rig(rabbitmq(), takes("1s"), lasting(100s));
  rig.add(publishes(100, 9'000));
  rig.run(Time{100s});
  CHECK(rig.count("jobs", "remaining") == rig.queue_component().kept());
  CHECK(rig.queue_component().kept() > 8'800);
}

TEST_CASE("queue: several kinds of workers compete for its messages", "[models][messaging]") {
  const std::string product = GENERATE(polled(), rabbitmq());
  QueueRig rig(product, takes("1s"), {},
               R"("fast": {"kind": "worker", "queue": "jobs", "steps": [{"wait": "250ms"}]})");
  for (int i = 0; i < 5; ++i) rig.send_at(1s);
  rig.run(Time{10s});
  CHECK(rig.count("crew", "processed") == 1);
  CHECK(rig.count("fast", "processed") == 4);
}

TEST_CASE("queue: latency and cuts on the way to it", "[models][messaging]") {
  const std::string product = GENERATE(polled(), rabbitmq());
  QueueRig rig(product, takes("0s"));
  rig.fault(faults::latency(),
            R"({"at": "1s", "for": "2s", "latency": "crew -> jobs", "add": "20ms"})");
  rig.fault(faults::partition(), R"({"at": "5s", "for": "2s", "partition": "crew -> jobs"})");
  rig.send_at(2s);
  rig.send_at(4s);
  rig.send_at(6s);
  rig.run(Time{10s});
  CHECK(rig.seen() == Times{2020ms, 4s, 7s});
}

TEST_CASE("queue: stands in the first zone given", "[models][messaging]") {
  testing::ModelRig::Options options;
  options.network.zones = {"a", "b"};
  QueueRig rig(rabbitmq() + R"(, "zones": ["b"])", R"("steps": [])", options,
               R"("other": {"kind": "queue", "sqs": {}})");
  CHECK(rig.instance("jobs", 0).zone() == 1);
  CHECK(rig.instance("other", 0).zone() == 0);
}

TEST_CASE("queue: everything it declares is measured", "[models][messaging]") {
  QueueRig rig(polled(), takes("1ms"), {},
               R"("other": {"kind": "queue", "rabbitmq": {"append_time": "0s"}})");
  rig.send_at(1s);
  rig.run(Time{2s});
  std::size_t of_both = 0;
  const std::vector<MetricInfo> metrics = own_metrics(queue());
  for (const MetricInfo& metric : metrics) {
    CAPTURE(metric.name);
    std::size_t found = 0;
    for (const char* id : {"jobs", "other"}) {
      try {
        rig.metric(id, metric.name);
        ++found;
      } catch (const std::logic_error&) {
      }
    }
    CHECK(found > 0);
    of_both += found == 2;
  }
  CHECK(of_both + 5 == metrics.size());
}

TEST_CASE("queue: what is wrong with its parameters is said", "[models][messaging][input]") {
  const auto problems = [](const std::string& parameters) {
    return problems_of(queue(), R"({"kind": "queue")" + parameters + "}");
  };
  CHECK(problems(R"(, "sqs": {})") == "");
  CHECK(problems(R"(, "rabbitmq": {"type": "quorum", "delivery_limit": 20})") == "");
  CHECK_THAT(problems(""), Contains("needs its product"));
  CHECK_THAT(problems(R"(, "sqs": {}, "rabbitmq": {})"),
             Contains("/components/it/rabbitmq") && Contains("either sqs or rabbitmq"));
  CHECK_THAT(problems(R"(, "sqs": {"visibilty_timeout": "1s"})"), Contains("visibility_timeout"));
  CHECK_THAT(
      problems(R"(, "sqs": {"visibility_timeout": "13h", "delay": "16m"})"),
      Contains("/components/it/sqs/visibility_timeout") && Contains("/components/it/sqs/delay"));
  CHECK_THAT(problems(R"(, "sqs": {"visibility_timeout": 30})"), Contains("unit"));
  CHECK_THAT(problems(R"(, "sqs": {"receive_wait": "21s"})"), Contains("receive_wait"));
  CHECK_THAT(problems(R"(, "sqs": {"receive_wait": "500ms"})"), Contains("1s to 20s"));
  CHECK_THAT(problems(R"(, "sqs": {"max_in_flight": 0})"), Contains("max_in_flight"));
  CHECK_THAT(problems(R"(, "sqs": {}, "dead_letter": "dead")"),
             Contains("/components/it/dead_letter") && Contains("max_receive_count"));
  CHECK_THAT(problems(R"(, "sqs": {"max_receive_count": 3})"),
             Contains("/components/it/dead_letter") && Contains("max_receive_count"));
  CHECK_THAT(problems(R"(, "rabbitmq": {"delivery_limit": 3})"), Contains("quorum"));
  CHECK_THAT(problems(R"(, "rabbitmq": {"type": "quorum", "persistent": false})"),
             Contains("/components/it/rabbitmq/persistent"));
  CHECK_THAT(problems(R"(, "rabbitmq": {"message_size": "1KiB"})"), Contains("max_length_bytes"));
  CHECK_THAT(problems(R"(, "rabbitmq": {"overflow": "reject_publish"})"), Contains("max_length"));
  CHECK_THAT(problems(R"(, "rabbitmq": {"overflow": "reject_publish_dlx", "max_length": 3})"),
             Contains("/components/it/dead_letter"));
  CHECK_THAT(problems(R"(, "rabbitmq": {"heartbeat": "0s"})"), Contains("heartbeat"));
  CHECK_THAT(problems(R"(, "rabbitmq": {}, "zones": ["a", "b"])"), Contains("zones"));
  CHECK_FALSE(queue().info.callable);
  CHECK(queue().info.publishable);
}

TEST_CASE("queue: where dead letters may go", "[models][messaging][input]") {
  const auto problems = [](const std::string& jobs, const std::string& dead) {
    QueueRig rig(jobs + R"(, "dead_letter": "dead")", R"("steps": [])", {}, R"("dead": )" + dead);
    Problems found;
    const auto value = parse_json("{}", found.add_source("test.json"), found);
    const std::string path = "/components/jobs";
    rig.component("jobs").examine({*value, path, found});
    return found.text();
  };
  const std::string limited = R"("sqs": {"max_receive_count": 3})";
  CHECK(problems(limited, R"({"kind": "queue", "sqs": {}})") == "");
  CHECK(problems(rabbitmq(), R"({"kind": "queue", "rabbitmq": {"type": "quorum"}})") == "");
  CHECK_THAT(problems(limited, R"({"kind": "probe"})"),
             Contains("/components/jobs/dead_letter") && Contains("is no queue"));
  CHECK_THAT(problems(limited, R"({"kind": "queue", "rabbitmq": {}})"),
             Contains("is no sqs queue"));
  CHECK_THAT(problems(rabbitmq(), R"({"kind": "queue", "sqs": {}})"),
             Contains("is no rabbitmq queue"));
  CHECK_THAT(problems(limited, R"({"kind": "queue", "sqs": {"fifo": true}})"),
             Contains("is FIFO and this one is not"));
  CHECK_THAT(problems(R"("sqs": {"max_receive_count": 3, "fifo": true})",
                      R"({"kind": "queue", "sqs": {}})"),
             Contains("must be FIFO too"));
}

}  // namespace
}  // namespace highwater::messaging
