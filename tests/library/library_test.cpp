// The library of scenarios: every lesson is run as it stands there, and what its table promises
// holds: the two numbers, that they differ beyond chance, and in which direction.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include "engine/experiment/assemble.h"
#include "engine/experiment/run.h"
#include "engine/report/summary_rows.h"
#include "tests/support/scenario_system.h"

namespace highwater::testing {
namespace {

const std::string kFolder = HIGHWATER_SOURCE_DIR "/scenarios/";

/// One row of the table.
struct Lesson {
  std::string before, after;  ///< Files below scenarios/.
  std::string metric;         ///< "users.latency_ms.p99"
  double number_before = 0, number_after = 0;
};

/// "89.9 ms", "2.3 s", "97.5 %", "0.4 /s", "12": in the unit that metrics have.
double number_of(const std::string& text) {
  std::size_t end = 0;
  const double number = std::stod(text, &end);
  const std::string unit = text.substr(std::min(text.size(), text.find_first_not_of(' ', end)));
  if (unit == "%") return number / 100;
  if (unit == "s") return number * 1000;
  REQUIRE((unit.empty() || unit == "ms" || unit == "/s"));
  return number;
}

/// Rows are | question | [name](before.json) → [name](after.json) | `metric` | before | after | … |
std::vector<Lesson> lessons() {
  static const std::regex kRow(R"(^\| [^|]* \| \[[^\]]*\]\(([^)]*)\) → \[[^\]]*\]\(([^)]*)\))"
                               R"( \| `([^`]*)` \| ([^|]*) \| ([^|]*) \|.*$)");
  std::vector<Lesson> found;
  std::ifstream table(kFolder + "README.md");
  for (std::string line; std::getline(table, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, kRow)) continue;
    found.push_back({match[1], match[2], match[3], number_of(match[4]), number_of(match[5])});
  }
  return found;
}

const Results& results_of(const std::string& file) {
  static std::map<std::string, Results> known;
  const auto [place, is_new] = known.try_emplace(file);
  if (is_new) {
    const System system = system_of_scenario(file, {});
    RunOptions options;
    options.jobs = 2;
    place->second = assemble(system, run_system(system, options));
  }
  return place->second;
}

Estimate estimate_of(const Results& results, const std::string& path) {
  for (const SummaryRow& row : summary_rows(results)) {
    if (!row.instance.empty()) continue;
    const std::string name = row.component + "." + row.metric;
    if (name + "." + row.statistic == path || (row.statistic == "value" && name == path))
      return row.estimate;
  }
  FAIL("no number " << path);
  return {};
}

/// Beyond chance: the intervals do not touch.
bool are_apart(const Estimate& a, const Estimate& b) {
  REQUIRE(a.ci95);
  REQUIRE(b.ci95);
  return a.ci95->high < b.ci95->low || b.ci95->high < a.ci95->low;
}

/// Within a twentieth of what is stated, or within the interval.
bool holds(const Estimate& estimate, double stated) {
  const double wide = estimate.ci95 ? (estimate.ci95->high - estimate.ci95->low) / 2 : 0;
  return std::abs(*estimate.value - stated) <= std::max(0.05 * std::abs(stated), wide);
}

void hold_to_table(const std::string& topic) {
  std::size_t held = 0;
  for (const Lesson& lesson : lessons()) {
    if (!lesson.before.starts_with(topic + "/")) continue;
    INFO(lesson.before << " → " << lesson.after << ", " << lesson.metric);
    ++held;
    const Estimate before = estimate_of(results_of(lesson.before), lesson.metric);
    const Estimate after = estimate_of(results_of(lesson.after), lesson.metric);
    REQUIRE(before.value);
    REQUIRE(after.value);
    INFO("measured " << *before.value << " and " << *after.value);
    CHECK(holds(before, lesson.number_before));
    CHECK(holds(after, lesson.number_after));
    CHECK(are_apart(before, after));
    CHECK((*after.value > *before.value) == (lesson.number_after > lesson.number_before));
  }
  CHECK(held > 0);
}

TEST_CASE("library: latency", "[costly]") {
  hold_to_table("latency");
}
TEST_CASE("library: resilience", "[costly]") {
  hold_to_table("resilience");
}
TEST_CASE("library: scaling", "[costly]") {
  hold_to_table("scaling");
}
TEST_CASE("library: delivery", "[costly]") {
  hold_to_table("delivery");
}
TEST_CASE("library: storage", "[costly]") {
  hold_to_table("storage");
}

TEST_CASE("library: the heaviest scenario needs less than two gigabytes", "[nightly]") {
  const Results& results = results_of("scaling/thousand-instances.json");
  CHECK(results.requests.completed > 119'000'000);  // two replications
  for (const ObjectiveResult& objective : results.objectives) CHECK(objective.met == true);
  rusage usage{};
  REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
  CHECK(usage.ru_maxrss < 2L * 1024 * 1024);  // KiB
  WARN(results.events << " events in " << results.wall_s << " s, " << usage.ru_maxrss / 1024
                      << " MiB");
}

TEST_CASE("library: every scenario of a topic stands in the table, and reads as one should") {
  std::string text;
  std::ifstream table(kFolder + "README.md");
  text.assign(std::istreambuf_iterator<char>(table), {});
  std::size_t files = 0;
  for (const std::string topic : {"latency", "resilience", "scaling", "delivery", "storage"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kFolder + topic)) {
      const std::string name = topic + "/" + entry.path().filename().string();
      INFO(name);
      ++files;
      CHECK(text.find("(" + name + ")") != std::string::npos);
      const System system = system_of_scenario(name, {});
      CHECK(system.name == entry.path().stem().string());
      CHECK_FALSE(system.objectives.empty());
    }
  }
  CHECK(files >= 2 * 15);
  CHECK(lessons().size() >= 15);
}

}  // namespace
}  // namespace highwater::testing
