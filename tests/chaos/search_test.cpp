// The search for what breaks an objective.

#include "engine/chaos/search.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

/// Two independent ways to the answer: only both at once take it away.
const std::string kTwoWays = R"({"highwater": 1, "name": "two ways",
    "run": {"duration": "40s", "replications": 1}, "components": {
    "users": {"kind": "client", "arrivals": {"poisson": "20/s"}, "calls": "front"},
    "front": {"kind": "load_balancer", "policy": "round_robin", "targets": ["left", "right"],
              "timeout": "200ms", "tries": 2},
    "left": {"kind": "service", "workers": 8, "service_time": "5ms"},
    "right": {"kind": "service", "workers": 8, "service_time": "5ms"}},
    "objectives": ["users.availability >= 99%"]})";

SearchResults find(const std::string& text, SearchOptions options = {}) {
  Problems problems;
  const auto document = read_document(text, "test.json", "", testing::language(), {}, problems);
  INFO(problems.text());
  REQUIRE(document);
  options.seeds = 1;
  return search(*document, testing::language(), testing::catalog(), options);
}

bool breaks(const SearchResults& results, const std::string& what) {
  return std::any_of(results.breaks.begin(), results.breaks.end(), [&](const SearchBreak& found) {
    return found.what.find(what) != std::string::npos;
  });
}

TEST_CASE("search: a single point of failure is found and shrunk") {
  SearchOptions options;
  options.pairs = false;
  const SearchResults results = find(kTwoWays, options);
  CHECK(breaks(results, "kill front"));
  CHECK_FALSE(breaks(results, "kill left"));
  const auto kill =
      std::find_if(results.breaks.begin(), results.breaks.end(),
                   [](const SearchBreak& found) { return found.what.starts_with("kill front"); });
  REQUIRE(kill != results.breaks.end());
  CHECK(kill->objectives == std::vector<std::string>{"users.availability >= 99%"});
  // Four seconds of forty were tried first; one suffices, and less is not tried.
  CHECK_THAT(kill->what, Catch::Contains("for 1s"));
  CHECK(kill->minimal);
  CHECK(results.ended_by == "everything was tried");
  CHECK(results.singles_left == 0);
  CHECK(results.not_searched == std::vector<std::string>{"config", "scale"});
}

TEST_CASE("search: what stands in the way of most is tried first") {
  SearchOptions options;
  options.pairs = false;
  const SearchResults results = find(kTwoWays, options);
  CHECK_THAT(results.singles.at(0).what, Catch::Contains("front"));
}

TEST_CASE("search: a pair breaks what neither does alone", "[costly]") {
  const SearchResults results = find(kTwoWays);
  CHECK(std::any_of(results.breaks.begin(), results.breaks.end(), [](const SearchBreak& found) {
    return found.what.find("left") != std::string::npos &&
           found.what.find("right") != std::string::npos;
  }));
}

TEST_CASE("search: what it saves is an experiment that shows it") {
  SearchOptions options;
  options.pairs = false;
  SearchResults results = find(kTwoWays, options);
  const auto kill =
      std::find_if(results.breaks.begin(), results.breaks.end(),
                   [](const SearchBreak& found) { return found.what.starts_with("kill front"); });
  REQUIRE(kill != results.breaks.end());
  const auto of = testing::ready(kill->experiment, kTwoWays);
  INFO(of.problems);
  REQUIRE(of.experiment);
  CHECK(testing::study(of, 2).verdict == ChaosVerdict::deviates);
}

TEST_CASE("search: a budget ends it, and it says what is left") {
  SearchOptions options;
  options.budget_runs = 5;
  const SearchResults results = find(kTwoWays, options);
  CHECK(results.runs <= 5);
  CHECK(results.singles_left > 0);
  CHECK_THAT(results.ended_by, Catch::Contains("5 runs"));
}

TEST_CASE("search: one that ended goes on where it was") {
  SearchOptions options;
  const auto folder = std::filesystem::absolute("scratch-search");
  std::filesystem::remove_all(folder);
  options.state = folder / "search-state.json";
  options.budget_runs = 6;
  find(kTwoWays, options);
  options.budget_runs = 1'000;
  options.pairs = false;
  const SearchResults rest = find(kTwoWays, options);
  CHECK(rest.resumed == 5);  // the run without faults is made again, to weigh the graph
  SearchOptions fresh;
  fresh.pairs = false;
  const SearchResults whole = find(kTwoWays, fresh);
  CHECK(rest.singles.size() == whole.singles.size());
  CHECK(rest.runs + rest.resumed == whole.runs);
  CHECK(rest.breaks.size() == whole.breaks.size());
  std::filesystem::remove_all(folder);
}

TEST_CASE("search: objectives that are missed anyway are set aside") {
  std::string text = kTwoWays;
  text.replace(text.find("\"users.availability >= 99%\""), 27,
               R"("users.latency.p50 < 1us", "users.availability >= 99%")");
  SearchOptions options;
  options.pairs = false;
  const SearchResults results = find(text, options);
  CHECK(results.broken_anyway == std::vector<std::string>{"users.latency.p50 < 1us"});
  CHECK(breaks(results, "kill front"));
  CHECK_FALSE(breaks(results, "kill left"));
}

}  // namespace
}  // namespace highwater::chaos
