#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

TEST_CASE("a run does not depend on the number of threads") {
  System system = *prepared(mm1()).system;
  system.replications = 7;
  const std::string alone = comparable(run(system));
  for (const unsigned jobs : {2u, 3u, 16u}) {
    RunOptions options;
    options.jobs = jobs;
    CHECK(comparable(run(system, options)) == alone);
  }
}

TEST_CASE("replications differ, and each depends on seed and number alone") {
  System system = *prepared(mm1()).system;
  const RunRecord record = run_system(system, {});
  REQUIRE(record.replications.size() == 4);
  for (std::size_t i = 1; i < 4; ++i)
    CHECK(record.replications[i].events != record.replications[0].events);
  system.replications = 2;
  const RunRecord fewer = run_system(system, {});
  CHECK(fewer.replications[1].events == record.replications[1].events);
  system.seed = 2;
  CHECK(run_system(system, {}).replications[1].events != record.replications[1].events);
}

TEST_CASE("precision adds replications until the intervals are narrow enough") {
  const System system = *prepared(mm1()).system;
  RunOptions options;
  options.precision = 0.03;
  options.jobs = 2;
  const Results results = run(system, options);
  CHECK(results.replications > 4);
  const ClientResult& users = results.clients.front();
  for (const Estimate* estimate :
       {&users.throughput_rps, &users.latency_ms.mean, &users.latency_ms.p99})
    CHECK((estimate->ci95->high - estimate->ci95->low) / 2 <= 0.03 * *estimate->value);

  options.most_replications = 6;
  const Results stopped = run(system, options);
  CHECK(stopped.replications == 6);
  CHECK(stopped.findings.back().kind == "precision");
}

TEST_CASE("reaching the limit of requests in flight ends the run as partial") {
  System system = *prepared(mm1(), {"users.arrivals.poisson=5k/s"}).system;
  system.max_in_flight = 1000;
  const Results results = run(system);
  CHECK(results.partial);
  CHECK(results.partial_reason.find("1000") != std::string::npos);
  CHECK(results.requests.in_flight <= 4 * 1001);
}

TEST_CASE("messages that nobody keeps up with end the run before they fill the memory") {
  const std::string text = R"({"highwater": 1,
      "run": {"duration": "1h", "replications": 1, "max_in_flight": 2000}, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "api"},
        "api": {"kind": "service", "endpoints": {"*": [{"publish": "mail"}]}},
        "mail": {"kind": "topic"},
        "mailer": {"kind": "consumer_group", "topic": "mail", "steps": [{"wait": "20ms"}]}}})";
  CHECK(run(text).partial);
  // Twice as fast they keep up, though far more messages than the limit pass through.
  CHECK_FALSE(run(text, {R"(mailer.steps=[{"wait": "5ms"}])", "run.duration=10m"}).partial);
}

TEST_CASE("an interrupted run keeps the replications that are finished") {
  System system = *prepared(mm1()).system;
  system.replications = 1'000'000;
  std::atomic<bool> interrupt{false};
  RunOptions options;
  options.jobs = 2;
  options.interrupt = &interrupt;
  std::uint64_t finished = 0;
  options.progress = [&](const Progress& progress) {
    CHECK(progress.done <= 1);
    finished = progress.replications;
    if (finished > 3) interrupt = true;
  };
  const Results results = run(system, options);
  CHECK(results.partial);
  CHECK(results.partial_reason == "interrupted");
  CHECK(results.replications >= finished);
  CHECK(results.replications < 1'000'000);
  CHECK(results.requests.issued > 4 * 7000);
}

TEST_CASE("a run that is interrupted at once has no numbers, and says so") {
  const System system =
      *prepared(mm1(R"("objectives": ["users.latency.p99 < 1s"],)"), {"run.duration=100h"}).system;
  const std::atomic<bool> interrupt{true};
  RunOptions options;
  options.interrupt = &interrupt;
  const Results results = run(system, options);
  CHECK(results.partial);
  CHECK(results.replications == 0);
  CHECK(results.clients.empty());
  REQUIRE(results.objectives.size() == 1);
  CHECK_FALSE(results.objectives.front().met.has_value());
}

TEST_CASE("a run ends with requests under way, whichever component is named first", "[costly]") {
  namespace fs = std::filesystem;
  int runs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(HIGHWATER_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".json") continue;
    CAPTURE(entry.path());
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    Problems problems;
    std::optional<Value> scenario = parse_json(text.str(), problems.add_source("test"), problems);
    REQUIRE(scenario);
    Value* const components = scenario->find("components");
    if (components == nullptr || scenario->find("extends") != nullptr) continue;
    std::reverse(components->members().begin(), components->members().end());
    const Prepared ready =
        prepared(write_json(*scenario), {"run.warmup=0s", "run.duration=3s", "run.replications=1"});
    if (!ready.system) continue;  // what it reads stands beside it
    run(*ready.system);
    ++runs;
  }
  CHECK(runs > 50);
}

TEST_CASE("requests are conserved, whatever happens to them") {
  const Results results = run(
      R"({"highwater": 1, "run": {"duration": "20s", "replications": 3},
      "faults": [{"at": "5s", "for": "5s", "kill": "api[0]"},
                 {"at": "8s", "for": "4s", "partition": "lb -> api"},
                 {"at": "14s", "error": "api", "rate": "20%"}],
      "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "150/s"},
                  "calls": {"to": "lb", "timeout": "200ms", "retry": 2}},
        "lb": {"kind": "load_balancer", "targets": ["api"]},
        "api": {"kind": "service", "replicas": 2, "queue": {"capacity": 5},
                "service_time": {"exponential": "12ms"}}}})");
  const RequestCounts& requests = results.requests;
  CHECK(requests.issued ==
        requests.completed + requests.failed + requests.rejected + requests.in_flight);
  CHECK(requests.completed > 0);
  CHECK(requests.failed > 0);
  CHECK(requests.rejected > 0);
  std::uint64_t causes = 0;
  for (const auto& [cause, count] : results.clients.front().errors) causes += count;
  CHECK(causes == requests.failed + requests.rejected);
}

TEST_CASE("a given warm-up is cut, and a terminating run is not") {
  const Results given = run(mm1(), {"run.warmup=2s"});
  CHECK(given.warmup_s == 2);
  CHECK(given.warmup_method == "given");
  CHECK(run(mm1()).warmup_method == "MSER-5");
  const Results faulty = run(mm1(R"("faults": [{"at": "5s", "slow": "api", "for": "1s"}],)"));
  CHECK(faulty.terminating);
  CHECK(faulty.warmup_s == 0);
  CHECK(faulty.warmup_method == "none (terminating run)");
}

TEST_CASE("memory does not grow with the length of the run") {
  System brief = *prepared(mm1()).system;
  brief.replications = 1;
  brief.duration *= 10;
  System lengthy = brief;
  lengthy.duration *= 10;
  const auto bytes = [](const System& system) {
    std::size_t sum = 0;
    const RunRecord record = run_system(system, {});
    for (const OwnerRecord& owner : record.replications.front().owners)
      for (const MetricRecord& metric : owner.metrics)
        sum += metric.sums.slices() * 2 * sizeof(double) + metric.histogram.heap_bytes();
    return static_cast<double>(sum);
  };
  CHECK(bytes(lengthy) < 2 * bytes(brief));
}

}  // namespace
}  // namespace highwater::testing
