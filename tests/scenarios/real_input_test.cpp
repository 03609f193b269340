// The two scenarios on real input: a small backend whole, and a recorded web site.

#include <algorithm>
#include <list>
#include <map>
#include <numeric>
#include <string>

#include <catch2/catch.hpp>

#include "engine/report/summary_rows.h"
#include "models/client/access_log.h"
#include "tests/scenarios/textbook_run.h"

namespace highwater::testing {
namespace {

constexpr Strictness kWhole{.whole = true};

const MetricResult& metric(const Results& results, const std::string& component,
                           const std::string& name) {
  for (const ComponentResult& each : results.components)
    if (each.id == component)
      if (const MetricResult* found = find_metric(each.metrics, name)) return *found;
  throw std::logic_error("no metric " + component + "." + name);
}

double value(const Results& results, const std::string& component, const std::string& name) {
  return std::get<Estimate>(metric(results, component, name).value).value.value();
}

std::uint64_t count(const Results& results, const std::string& component, const std::string& name) {
  return std::get<Count>(metric(results, component, name).value).value;
}

TEST_CASE("users-api: the small backend does what its description says") {
  const TextbookRun run("users-api.json", {"run.replications=2"}, kWhole);
  const Results& results = run.results();
  run.expect_conservation();
  const ClientResult& users = results.clients.at(0);
  CHECK(*users.throughput_rps.value == Approx(800).epsilon(0.01));
  CHECK(*users.availability.value > 0.9999);  // nginx passes on what the killed replica refuses
  CHECK(*users.latency_ms.p50.value < *users.latency_ms.p99.value);
  for (const ObjectiveResult& objective : results.objectives) CHECK(objective.met == true);

  // 90 % look up a profile in the cache; what is not there is read; 10 % write and send an e-mail.
  CHECK(value(results, "nginx", "throughput_rps") == Approx(800).epsilon(0.01));
  const double hits = value(results, "redis", "hit_ratio");
  CHECK(hits > 0.6);
  CHECK(hits < 0.8);
  const double misses = 720 * (1 - hits);
  CHECK(value(results, "redis", "throughput_rps") == Approx(720 + misses).epsilon(0.02));
  CHECK(value(results, "users-db", "throughput_rps") == Approx(80 + misses).epsilon(0.02));
  CHECK(value(results, "email-topic", "throughput_rps") == Approx(80).epsilon(0.02));
  CHECK(value(results, "email-worker", "utilization") == Approx(80 * 0.030 / 3).epsilon(0.03));
  CHECK(count(results, "email-worker", "processed") + count(results, "email-worker", "skipped") +
            count(results, "email-worker", "unprocessed") <=
        count(results, "users-db", "writes"));
  CHECK(count(results, "email-worker", "unprocessed") < 400);

  // One replica of three is down for a minute.
  REQUIRE(results.faults.size() == 1);
  CHECK(results.faults[0].begin_s == 240);
  CHECK(results.faults[0].end_s == 300);
  CHECK(std::count_if(results.events_log.begin(), results.events_log.end(),
                      [](const LogEntry& entry) { return entry.kind == "fault"; }) == 1);
  CHECK(count(results, "nginx", "retried") > 0);
}

TEST_CASE("users-api: with one replica and a slow database the objectives are missed") {
  const TextbookRun run("users-api.json",
                        {"run.replications=2", "run.duration=5m", "api.replicas=1",
                         "api.workers=1000", "users-db.read_time=300ms",
                         "users-db.connections=1000", "users-db.cores=1000", "faults[0].at=2m"},
                        kWhole);
  const Results& results = run.results();
  run.expect_conservation(true);
  CHECK(results.objectives.at(0).met == false);
  CHECK(results.objectives.at(1).met == false);  // nobody is left while the only one is down
}

/// What an LRU cache of `capacity` objects answers by itself, request by request.
double lru_hits(const Trace& trace, std::size_t capacity) {
  std::list<std::string> order;  // the latest used first
  std::map<std::string, std::list<std::string>::iterator> places;
  double hits = 0;
  double lookups = 0;
  for (const TraceRecord& record : trace.records) {
    const std::string& endpoint = trace.endpoints[record.endpoint];
    // The key tells queries of one path apart.
    const std::string path =
        endpoint.substr(endpoint.find(' ') + 1) + "?" + std::to_string(record.key);
    const bool safe = !endpoint.starts_with("POST ");
    const auto known = places.find(path);
    if (!safe) {
      if (known != places.end()) {
        order.erase(known->second);
        places.erase(known);
      }
      continue;
    }
    ++lookups;
    if (known != places.end()) {
      ++hits;
      order.splice(order.begin(), order, known->second);
      continue;
    }
    if (order.size() == capacity) {
      places.erase(order.back());
      order.pop_back();
    }
    order.push_front(path);
    places.emplace(path, order.begin());
  }
  return hits / lookups;
}

TEST_CASE("access-log-replay: the hit ratio is that of an LRU cache on the recorded requests") {
  TraceReport report;
  const auto trace =
      read_trace(std::string(HIGHWATER_SOURCE_DIR) + "/scenarios/data/apache-access.log.gz",
                 TraceFormat::combined, report);
  REQUIRE(trace);
  REQUIRE(trace->records.size() == 10'000);
  for (const std::size_t capacity : {10u, 300u, 100'000u}) {
    const TextbookRun run("access-log-replay.json",
                          {"run.replications=2", "edge.capacity=" + std::to_string(capacity)},
                          kWhole);
    // Requests that come while the same object is on its way are misses in the simulation alone.
    CHECK(value(run.results(), "edge", "hit_ratio") ==
          Approx(lru_hits(*trace, capacity)).margin(0.003));
  }
}

TEST_CASE("access-log-replay: every record is sent once, at its hour, and the dirt is reported") {
  const TextbookRun run("access-log-replay.json", {}, kWhole);
  const Results& results = run.results();
  run.expect_conservation();
  CHECK(results.requests.completed == 10'000 * results.replications);
  CHECK(results.terminating);
  CHECK(results.warmup_s == 0);
  REQUIRE(results.charts.size() == 1);
  const BarChart& hours = results.charts[0];
  CHECK(hours.labels.size() == 84);
  CHECK(hours.labels.front() == "05-17 10:00");
  CHECK(std::accumulate(hours.values.begin(), hours.values.end(), 0.0) == 10'000);
  // The load over time is that of the log: an hour of it is a minute here.
  const ClientSeries& visitors = results.series.clients.at(0);
  const auto minutes = static_cast<std::size_t>(60 / results.series.bin_s + 0.5);
  for (const std::size_t hour : {0u, 10u, 40u, 83u}) {
    double sent = 0;
    for (std::size_t i = 0; i < minutes; ++i)
      sent += visitors.offered_rps[hour * minutes + i] * results.series.bin_s;
    CHECK(sent == Approx(hours.values[hour]).margin(0.01));
  }
  std::string findings;
  for (const Finding& finding : results.findings) findings += finding.text + "\n";
  CHECK_THAT(findings, Catch::Contains("10000 requests") && Catch::Contains("4915 requests"));
}

TEST_CASE("access-log-replay: faster replay is more load") {
  const TextbookRun fast("access-log-replay.json",
                         {"visitors.arrivals.trace.speedup=120", "run.duration=42m"}, kWhole);
  CHECK(*fast.results().clients.at(0).throughput_rps.value ==
        Approx(10'000 / 2520.0).epsilon(0.001));
}

}  // namespace
}  // namespace highwater::testing
