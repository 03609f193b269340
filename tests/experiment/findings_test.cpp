#include <optional>

#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

std::optional<Finding> find(const Results& results, const std::string& kind) {
  for (const Finding& finding : results.findings)
    if (finding.kind == kind) return finding;
  return std::nullopt;
}

const std::string kChain = R"({"highwater": 1, "run": {"duration": "60s", "replications": 4},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "front"},
      "front": {"kind": "service", "workers": 1000000, "endpoints": {"*": [{"call": "back"}]}},
      "back": {"kind": "service", "service_time": {"exponential": "8ms"}}}})";

TEST_CASE("the component that does not keep up is named, with how fast its line grows") {
  const Results results = run(kChain, {"users.arrivals.poisson=200/s"});
  const std::optional<Finding> unstable = find(results, "unstable");
  REQUIRE(unstable);
  CHECK(unstable->component == "back");  // front only waits for it
  // 200/s come and 125/s go.
  const std::size_t number = unstable->text.find("grows by ") + 9;
  CHECK(std::stod(unstable->text.substr(number)) == Approx(75).epsilon(0.03));
  CHECK_FALSE(results.clients.at(0).latency_ms.mean.ci95.has_value());
  CHECK_FALSE(results.clients.at(0).latency_ms.mean.note.empty());
  CHECK(results.clients.at(0).throughput_rps.value.has_value());
  CHECK_FALSE(results.clients.at(0).throughput_rps.ci95.has_value());
  CHECK_FALSE(results.clients.at(0).availability.ci95.has_value());
  const MetricResult* queue = find_metric(results.components.at(1).metrics, "queue_length");
  REQUIRE(queue != nullptr);
  CHECK_FALSE(std::get<Estimate>(queue->value).ci95.has_value());
}

TEST_CASE("no longer run is advised for what never settles") {
  const Results results = run(kChain, {"users.arrivals.poisson=250/s"});
  CHECK(find(results, "unstable"));
  CHECK_FALSE(find(results, "warm-up"));
}

TEST_CASE("nobody waits for a consumer that falls behind, so clients keep their intervals") {
  const Results results = run(R"({"highwater": 1, "run": {"duration": "60s", "replications": 4},
      "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "front"},
        "front": {"kind": "service", "endpoints": {"*": [{"compute": "1ms"}, {"publish": "jobs"}]}},
        "jobs": {"kind": "topic", "partitions": 1},
        "worker": {"kind": "consumer_group", "topic": "jobs", "consumers": 1,
                   "steps": [{"wait": "20ms"}]}}})");
  const std::optional<Finding> unstable = find(results, "unstable");
  REQUIRE(unstable);
  CHECK(unstable->component == "worker");
  CHECK(results.clients.at(0).latency_ms.mean.ci95.has_value());
  CHECK(results.clients.at(0).throughput_rps.ci95.has_value());
}

TEST_CASE("a queue whose workers fall behind is named, and only then") {
  const std::string scenario = R"({"highwater": 1, "run": {"duration": "60s", "replications": 4},
      "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "front"},
        "front": {"kind": "service", "endpoints": {"*": [{"compute": "1ms"}, {"publish": "jobs"}]}},
        "jobs": {"kind": "queue", "rabbitmq": {}},
        "crew": {"kind": "worker", "queue": "jobs", "steps": [{"wait": "20ms"}]}}})";
  const Results results = run(scenario);
  const std::optional<Finding> unstable = find(results, "unstable");
  REQUIRE(unstable);
  CHECK(unstable->component == "jobs");
  const std::size_t number = unstable->text.find("grows by ") + 9;
  CHECK(std::stod(unstable->text.substr(number)) == Approx(50).epsilon(0.03));
  CHECK(results.clients.at(0).latency_ms.mean.ci95.has_value());
  CHECK_FALSE(find(run(scenario, {"crew.replicas=3"}), "unstable"));
  CHECK_FALSE(find(run(scenario, {"jobs.rabbitmq.max_length=100"}), "unstable"));
}

TEST_CASE("bounded, closed and stable systems are not unstable") {
  CHECK_FALSE(find(run(kChain), "unstable"));
  CHECK_FALSE(
      find(run(kChain, {"users.arrivals.poisson=200/s", "back.queue.capacity=20"}), "unstable"));
  CHECK_FALSE(find(run(kChain, {R"(users.arrivals={"closed": {"users": 50, "think": "10ms"}})"}),
                   "unstable"));
}

TEST_CASE("the busiest component is named once it is worth naming") {
  const std::optional<Finding> busy = find(run(kChain), "bottleneck");
  REQUIRE(busy);
  CHECK(busy->component == "back");
  CHECK_FALSE(find(run(kChain, {"users.arrivals.poisson=20/s"}), "bottleneck"));
}

TEST_CASE("the picture carries the rates and errors of its edges") {
  const Results results =
      run(kChain, {R"(faults=[{"at": "30s", "error": "back", "rate": "50%"}])"});
  REQUIRE(results.topology.edges.size() == 2);
  for (const TopologyEdge& edge : results.topology.edges) {
    CHECK(edge.calls_per_s == Approx(100).epsilon(0.05));
    CHECK(edge.error_ratio == Approx(0.25).epsilon(0.1));
  }
}

}  // namespace
}  // namespace highwater::testing
