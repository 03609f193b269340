#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

const Finding* find(const Results& results, const std::string& kind) {
  const auto found = std::find_if(results.findings.begin(), results.findings.end(),
                                  [&](const Finding& finding) { return finding.kind == kind; });
  return found == results.findings.end() ? nullptr : &*found;
}

const std::string kChain = R"({"highwater": 1, "run": {"duration": "60s", "replications": 4},
    "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "front"},
      "front": {"kind": "service", "workers": 1000000, "endpoints": {"*": [{"call": "back"}]}},
      "back": {"kind": "service", "service_time": {"exponential": "8ms"}}}})";

TEST_CASE("the component that does not keep up is named, with how fast its line grows") {
  const Results results = run(kChain, {"users.arrivals.poisson=200/s"});
  const Finding* unstable = find(results, "unstable");
  REQUIRE(unstable != nullptr);
  CHECK(unstable->component == "back");  // front only waits for it
  // 200/s come and 125/s go.
  const std::size_t number = unstable->text.find("grows by ") + 9;
  CHECK(std::stod(unstable->text.substr(number)) == Approx(75).epsilon(0.03));
  CHECK_FALSE(results.clients.at(0).latency_ms.mean.ci95.has_value());
  CHECK_FALSE(results.clients.at(0).latency_ms.mean.note.empty());
  const MetricResult* queue = find_metric(results.components.at(1).metrics, "queue_length");
  REQUIRE(queue != nullptr);
  CHECK_FALSE(std::get<Estimate>(queue->value).ci95.has_value());
}

TEST_CASE("bounded, closed and stable systems are not unstable") {
  CHECK(find(run(kChain), "unstable") == nullptr);
  CHECK(find(run(kChain, {"users.arrivals.poisson=200/s", "back.queue.capacity=20"}), "unstable") ==
        nullptr);
  CHECK(find(run(kChain, {R"(users.arrivals={"closed": {"users": 50, "think": "10ms"}})"}),
             "unstable") == nullptr);
}

TEST_CASE("the busiest component is named once it is worth naming") {
  const Finding* busy = find(run(kChain), "bottleneck");
  REQUIRE(busy != nullptr);
  CHECK(busy->component == "back");
  CHECK(find(run(kChain, {"users.arrivals.poisson=20/s"}), "bottleneck") == nullptr);
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
