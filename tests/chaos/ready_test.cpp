// The experiments of scenarios/chaos, and the scenarios that are one by their own faults and
// objectives, come to the verdicts that their table promises.

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>

#include <catch2/catch.hpp>

#include "engine/chaos/study.h"
#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

const std::string kFolder = HIGHWATER_SOURCE_DIR "/scenarios/";

/// File and verdict of each row | [name](chaos/name.json) | verdict | … |
std::map<std::string, std::string> verdicts() {
  static const std::regex kRow(R"(^\| \[[^\]]*\]\((chaos/[^)]*)\) \| ([a-z ]*) \|.*$)");
  std::map<std::string, std::string> found;
  std::ifstream table(kFolder + "README.md");
  for (std::string line; std::getline(table, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kRow)) found.emplace(match[1], match[2]);
  }
  return found;
}

StudyOptions few_runs() {
  StudyOptions options;
  options.runs = 4;
  options.jobs = 2;
  return options;
}

ChaosResults results_of_scenario(const std::string& file) {
  Problems problems;
  const auto document = load_document(file, testing::language(), {}, problems);
  const auto system = document ? prepare(*document, testing::catalog(), problems) : std::nullopt;
  INFO(problems.text());
  REQUIRE(system);
  return run_study(*system, experiment_of(*system), true, few_runs());
}

ChaosResults results_of(const std::string& file) {
  if (!looks_like_experiment(kFolder + file)) return results_of_scenario(kFolder + file);
  Problems problems, of_scenario;
  const auto draft = load_experiment(kFolder + file, {}, {}, problems);
  INFO(problems.text());
  REQUIRE(draft);
  const auto document = load_document(kFolder + "chaos/" + *draft->settings.scenario,
                                      testing::language(), {draft->settings.set, {}}, of_scenario);
  auto system = document ? prepare(*document, testing::catalog(), of_scenario) : std::nullopt;
  INFO(of_scenario.text());
  REQUIRE(system);
  const auto experiment = read_experiment(*draft, *document, testing::language(), *system,
                                          testing::catalog(), problems);
  INFO(problems.text());
  REQUIRE(experiment);
  system->duration = experiment->duration;
  return run_study(*system, *experiment, false, few_runs());
}

TEST_CASE("ready: each experiment comes to its verdict", "[chaos][costly]") {
  const auto all = verdicts();
  CHECK(all.size() == 11);
  for (const auto& [file, verdict] : all) {
    INFO(file);
    const ChaosResults results = results_of(file);
    CHECK(verdict_word(results.verdict) == verdict);
    for (const ChaosCheck& check : results.checks) CHECK(check.cannot_fail == "");
    CHECK(results.never_steady == 0);
  }
}

TEST_CASE("ready: of the outages of the log one costs more than all others together",
          "[chaos][costly]") {
  const ChaosResults results = results_of("chaos/outage-log.json");
  REQUIRE(results.impacts.size() == 8);
  double all = 0;
  for (const ChaosImpact& impact : results.impacts) all += *impact.lost.value;
  const ChaosImpact& zone = results.impacts[5];
  CHECK(zone.text == "zone_outage b");
  CHECK(*zone.begin_s.value == 900);
  CHECK(*zone.lasted_s.value == 40);
  CHECK(*zone.lost.value > 0.9 * all);
  REQUIRE(zone.budgets.size() == 1);
  CHECK(*zone.budgets[0].burnt.value > 1);  // more than the half hour's whole budget
  CHECK(results.impacts[0].detected + results.impacts[6].detected == 0);  // dead processes
}

TEST_CASE("ready: every experiment is in the table", "[chaos]") {
  const auto all = verdicts();
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "chaos")) {
    if (!looks_like_experiment(entry.path().string())) continue;
    INFO(entry.path());
    CHECK(all.contains("chaos/" + entry.path().filename().string()));
  }
}

}  // namespace
}  // namespace highwater::chaos
