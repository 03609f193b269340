// Two runs side by side: what differs by more than chance, and how that is known.

#include "viewer/session/comparison.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "engine/experiment/assemble.h"
#include "tests/support/scratch_file.h"
#include "tests/viewer/viewer_support.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

struct Run {
  Results results;
  std::vector<ReplicationValues> replications;
};

Run run_of(const std::vector<std::string>& settings) {
  const ScratchFile file(small_scenario());
  Problems problems;
  const auto document =
      load_document(file.path().string(), viewer_language(), {settings, {}}, problems);
  REQUIRE(document);
  const auto system = prepare(*document, viewer_catalog(), problems);
  REQUIRE(system);
  const RunRecord record = run_system(*system, {});
  return {assemble(*system, record), values_by_replication(*system, record)};
}

const Difference& find(const std::vector<Difference>& all, const std::string& component,
                       const std::string& metric, const std::string& statistic) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Difference& each) {
    return each.component == component && each.metric == metric && each.statistic == statistic;
  });
  REQUIRE(found != all.end());
  return *found;
}

}  // namespace

TEST_CASE("comparison: a run differs in nothing from itself, exactly so in pairs") {
  const Run run = run_of({"run.replications=4"});
  const Compared side{run.results, &run.replications};
  const auto all = differences(side, side);
  CHECK(all.size() > 20);
  for (const Difference& each : all) {
    CHECK(each.significant() != true);
    if (each.paired) CHECK(*each.change.value == 0);
  }
  CHECK(find(all, "users", "latency_ms", "mean").paired);
  CHECK(find(all, "users", "throughput_rps", "value").paired);
}

TEST_CASE("comparison: a slower service shows, and pairs know it better than intervals") {
  const Run before = run_of({"run.replications=6"});
  const Run after = run_of({"run.replications=6", "api.service_time={\"exponential\": \"11ms\"}"});
  const auto pairs =
      differences({before.results, &before.replications}, {after.results, &after.replications});
  const auto apart = differences({before.results, nullptr}, {after.results, nullptr});
  const Difference& paired = find(pairs, "users", "latency_ms", "mean");
  const Difference& unpaired = find(apart, "users", "latency_ms", "mean");
  CHECK(paired.paired);
  CHECK_FALSE(unpaired.paired);
  CHECK(paired.significant() == true);
  CHECK(*paired.change.value > 0);
  CHECK(*paired.change.value == Approx(*after.results.clients[0].latency_ms.mean.value -
                                       *before.results.clients[0].latency_ms.mean.value)
                                    .epsilon(0.1));
  const auto width = [](const Difference& of) {
    return of.change.ci95->high - of.change.ci95->low;
  };
  CHECK(width(paired) < width(unpaired));
  // Others have nothing to do with it: the same draws give the same numbers.
  const Difference& others = find(pairs, "others", "latency_ms", "mean");
  CHECK(*others.change.value == 0);
  CHECK(others.significant() == false);
  CHECK_THAT(method_of(apart, before.results, after.results),
             Catch::Contains("by their intervals"));
  CHECK_THAT(method_of(pairs, before.results, after.results), Catch::Contains("in pairs"));
}

TEST_CASE("comparison: with other seeds there are no pairs") {
  const Run before = run_of({"run.replications=4"});
  const Run after = run_of({"run.replications=4", "run.seed=9"});
  const auto all =
      differences({before.results, &before.replications}, {after.results, &after.replications});
  for (const Difference& each : all) CHECK_FALSE(each.paired);
  CHECK_THAT(method_of(all, before.results, after.results), Catch::Contains("other seeds"));
}

TEST_CASE("comparison: the interval of a change comes from both intervals") {
  Results before, after;
  ClientResult client;
  client.id = "users";
  client.throughput_rps = {100, Interval{97, 102}, ""};
  before.clients = {client};
  client.throughput_rps = {110, Interval{106, 115}, ""};
  after.clients = {client};
  after.seed = 2;
  const auto all = differences({before, nullptr}, {after, nullptr});
  const Difference& change = find(all, "users", "throughput_rps", "value");
  CHECK(*change.change.value == 10);
  CHECK(change.change.ci95->low == Approx(10 - std::hypot(4, 2)));
  CHECK(change.change.ci95->high == Approx(10 + std::hypot(5, 3)));
  CHECK(change.significant() == true);
}
