// The example of N. Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021, section
// 2.1: a database that holds 300 queries a second, 280 offered, and a web application that asks
// once more for each that failed. A short outage leaves it at 560, which it cannot serve, for as
// long as the load is above 150; below that it always recovers.

#include "engine/chaos/metastability.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

/// Queries wait in line; those that wait for more than a second are asked once again.
std::string database(const std::string& rate, const std::string& attempts) {
  return R"({"highwater": 1, "name": "hotos", "run": {"duration": "4m", "replications": 1},
    "components": {
      "app": {"kind": "client", "arrivals": {"poisson": ")" +
         rate + R"("},
              "calls": {"to": "db", "timeout": "1s", "retry": {"attempts": )" +
         attempts + R"(}}},
      "db": {"kind": "service", "workers": 30, "service_time": "100ms"}}})";
}

std::optional<MetastabilityResults> find(const std::string& text, MetastabilityOptions options,
                                         std::string* problems = nullptr) {
  Problems of_scenario, wrong;
  const auto document = read_document(text, "test.json", "", testing::language(), {}, of_scenario);
  INFO(of_scenario.text());
  REQUIRE(document);
  options.seeds = 2;
  auto results =
      find_metastability(*document, testing::language(), testing::catalog(), options, wrong);
  if (problems != nullptr) *problems = wrong.text();
  return results;
}

MetastabilityOptions outage() {
  MetastabilityOptions options;
  options.trigger = *parse_json_value(R"({"slow": "db"})");
  options.loads = {1};
  options.sizes = {10};
  options.lengths_s = {10};
  return options;
}

TEST_CASE("metastability: 280 queries of 300 stay collapsed after ten seconds of outage",
          "[costly]") {
  const auto results = find(database("280/s", "2"), outage());
  REQUIRE(results);
  CHECK(is_metastable(*results));
  CHECK(results->levels.at(0).overloaded == 0);
  CHECK(results->levels.at(0).collapsed == 2);
  CHECK(*results->levels.at(0).goodput.value > 0.99);
  CHECK_THAT(results->sustained_by, Catch::Contains("retries") && Catch::Contains("2 times"));
}

TEST_CASE("metastability: below 150 a second it always recovers") {
  // The nearer to 150, the longer it takes: what came meanwhile drains at 300 less twice the rate.
  const auto results = find(database("120/s", "2"), outage());
  REQUIRE(results);
  CHECK_FALSE(is_metastable(*results));
  CHECK(*results->cells.at(0).recover_s.value > 0);
}

TEST_CASE("metastability: what still drains when the run ends has not collapsed") {
  // 142 a second, twice, of 300: sixteen a second drain of the 2,500 that came meanwhile.
  const auto results = find(database("142/s", "2"), outage());
  REQUIRE(results);
  CHECK_FALSE(is_metastable(*results));
  CHECK(results->cells.at(0).draining == 2);
  CHECK_THAT(metastability_json(*results), Catch::Contains("\"state\": \"slow\""));
}

TEST_CASE("metastability: without retries it recovers at 280, too, for what is late only waits") {
  const auto results = find(database("250/s", "1"), outage());
  REQUIRE(results);
  CHECK(results->cells.at(0).collapsed == 0);
}

TEST_CASE("metastability: a trigger that fits nothing is refused") {
  MetastabilityOptions options = outage();
  options.trigger = *parse_json_value(R"({"slow": "bd"})");
  std::string problems;
  CHECK_FALSE(find(database("280/s", "2"), options, &problems));
  CHECK_THAT(problems, Catch::Contains("did you mean \"db\""));
}

TEST_CASE("metastability: what is written of it", "[costly]") {
  MetastabilityOptions options = outage();
  options.lengths_s = {1, 10};
  const auto results = find(database("280/s", "2"), options);
  REQUIRE(results);
  CHECK(results->cells.size() == 2);
  CHECK_THAT(metastability_sentence(*results),
             Catch::Contains("slow db 10x") && Catch::Contains("stays down"));
  CHECK_THAT(metastability_json(*results), Catch::Contains("\"state\": \"vulnerable\""));
  CHECK_THAT(metastability_html(*results), Catch::Contains("vulnerable"));
}

TEST_CASE("metastability: what a level is called, where its runs do not agree") {
  const auto state = [](std::uint64_t overloaded, std::uint64_t collapsed, std::uint64_t draining,
                        std::uint64_t runs) {
    MetastableLevel level;
    level.runs = runs;
    level.overloaded = overloaded;
    level.collapsed = collapsed;
    level.draining = draining;
    return std::string(metastable_state(level));
  };
  CHECK(state(0, 0, 0, 3) == "stable");
  CHECK(state(0, 1, 0, 3) == "stable");
  CHECK(state(0, 1, 1, 3) == "slow");
  CHECK(state(0, 2, 0, 3) == "vulnerable");
  CHECK(state(1, 1, 0, 3) == "vulnerable");
  CHECK(state(1, 0, 0, 2) == "overloaded");
  CHECK(state(2, 0, 0, 3) == "overloaded");
  CHECK(state(0, 1, 0, 1) == "vulnerable");
}

TEST_CASE("metastability: only a load below what is vulnerable is called safe") {
  MetastabilityResults results;
  results.trigger = "spike users";
  for (const double load : {0.5, 1.0, 1.5}) {
    MetastableLevel level;
    level.load = load;
    level.runs = 1;
    level.collapsed = load == 1.0 ? 1 : 0;
    results.levels.push_back(level);
  }
  results.vulnerable = Interval{1, 1};
  CHECK_THAT(metastability_sentence(results), Catch::Contains("At 0.5x it recovers"));
}

}  // namespace
}  // namespace highwater::chaos
