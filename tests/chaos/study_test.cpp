// The verdict of an experiment over many runs.

#include "engine/chaos/study.h"

#include <string>

#include <catch2/catch.hpp>

#include "engine/report/chaos_results.h"
#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

using testing::experiment;
using testing::ready;
using testing::study;

std::string hypothesis(const std::string& tolerance, const std::string& provider) {
  return R"(, "steady-state-hypothesis": {"title": "h", "probes": [{"type": "probe", "name": "p",
    "tolerance": )" +
         tolerance + R"(, "provider": )" + provider + "}]}";
}

const std::string kAnswered =
    hypothesis("true", R"({"type": "simulation", "objective": "users.availability >= 99%"})");

std::string kill(const std::string& fault) {
  return R"(, "method": [{"type": "action", "name": "kill", "pauses": {"after": 15},
    "provider": {"type": "simulation", "fault": )" +
         fault + "}}]";
}

TEST_CASE("study: a hypothesis that holds, with its probability") {
  const ChaosResults results = study(
      ready(experiment(kAnswered + kill(R"({"slow": "api", "factor": "1.2x", "for": "5s"})"))), 10);
  CHECK(results.verdict == ChaosVerdict::holds);
  CHECK(results.kept == 10);
  CHECK(results.held.value == 1);
  REQUIRE(results.held.ci95);
  // Clopper and Pearson: 0.025^(1/10).
  CHECK(results.held.ci95->low == Approx(0.6915).margin(0.0005));
  CHECK(results.held.ci95->high == 1);
  CHECK(results.journals.size() == 10);
}

TEST_CASE("study: one that deviates, and what the fault did") {
  const ChaosResults results =
      study(ready(experiment(kAnswered + kill(R"({"kill": "api", "for": "20s"})"))));
  CHECK(results.verdict == ChaosVerdict::deviates);
  CHECK(results.deviated == 4);
  REQUIRE(results.impacts.size() == 1);
  const ChaosImpact& impact = results.impacts[0];
  CHECK(impact.name == "kill");
  CHECK(impact.strikes == 4);
  CHECK(impact.detected == 4);
  CHECK(impact.unrecovered == 0);
  CHECK(*impact.detect_s.value <= 2);
  // The window of ten seconds has to pass, and nothing more.
  CHECK(*impact.recover_s.value == Approx(10).margin(2.1));
  CHECK(*impact.lost.value == Approx(2000).margin(100));  // 100 a second for 20 s
  bool others = false;
  for (const ChaosReach& reach : impact.reach)
    others |= reach.component == "others" || reach.component == "store";
  CHECK_FALSE(others);  // nothing that the fault does not touch changes at all
}

TEST_CASE("study: one that is not steady before learns nothing, and says so") {
  const ChaosResults results = study(ready(
      experiment(hypothesis("[0, 1]", R"({"type": "simulation", "metric": "users.latency.p99"})") +
                 kill(R"({"kill": "api"})"))));
  CHECK(results.verdict == ChaosVerdict::never_steady);
  CHECK(results.never_steady == 4);
  CHECK_THAT(verdict_sentence(results), Catch::Contains("not steady before"));
}

TEST_CASE("study: a hypothesis that cannot fail is reported") {
  const auto why = [](const std::string& text) {
    const ChaosResults results = study(ready(experiment(text)), 2);
    REQUIRE(results.checks.size() == 1);
    return results.checks[0].cannot_fail;
  };
  const std::string method = kill(R"({"kill": "api", "for": "5s"})");
  CHECK_THAT(why(hypothesis("[0, 1]", R"({"type": "simulation", "metric": "users.availability"})") +
                 method),
             Catch::Contains("room for every value"));
  CHECK_THAT(
      why(hypothesis("true", R"({"type": "simulation", "objective": "users.latency.p99 >= 0ms"})") +
          method),
      Catch::Contains("no value"));
  // The fault does not touch the others.
  CHECK_THAT(why(hypothesis("true",
                            R"({"type": "simulation", "objective": "others.availability > 99%"})") +
                 method),
             Catch::Contains("nothing that was done"));
  CHECK(why(kAnswered + method).empty());
}

TEST_CASE("study: without a hypothesis it explores") {
  const ChaosResults results = study(ready(experiment(kill(R"({"kill": "api", "for": "5s"})"))), 2);
  CHECK(results.verdict == ChaosVerdict::exploring);
  CHECK(results.findings.at(0).kind == "no hypothesis");
}

TEST_CASE("study: conditions that abort are counted") {
  const ChaosResults results = study(ready(experiment(
      R"(, "extensions": [{"name": "highwater",
             "abort_on": ["users.availability < 50% over 5s"]}])" +
      kAnswered + kill(R"({"kill": "api"})"))));
  CHECK(results.aborted == 4);
  CHECK(results.verdict == ChaosVerdict::deviates);
  REQUIRE(results.aborted_by.size() == 1);
  CHECK(results.aborted_by[0].second == 4);
}

TEST_CASE("study: threads decide nothing") {
  const auto of =
      ready(experiment(kAnswered + kill(R"({"kill": "api", "count": 1, "for": "10s"})")));
  const auto comparable = [](ChaosResults results) {
    results.wall_s = 0;
    return chaos_json(results) + results.journals.at(2).second;
  };
  CHECK(comparable(study(of, 5, 1)) == comparable(study(of, 5, 3)));
}

TEST_CASE("study: a scenario is an experiment by itself") {
  testing::Prepared scenario = testing::prepared(
      R"({"highwater": 1, "run": {"duration": "2m"}, "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "api"},
      "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "10ms"}}},
      "faults": [{"kill": "api", "at": "30s", "for": "20s"},
                 {"slow": "api", "at": "80s", "for": "10s"}],
      "objectives": ["users.availability >= 99%", "users.latency.p99 < 10s"]})");
  REQUIRE(scenario.system);
  StudyOptions options;
  options.runs = 3;
  const ChaosResults results =
      run_study(*scenario.system, experiment_of(*scenario.system), true, options);
  CHECK(results.verdict == ChaosVerdict::deviates);
  REQUIRE(results.checks.size() == 2);
  CHECK(results.checks[0].missed == 3);
  CHECK(*results.checks[0].before.value == 1);  // without the faults
  REQUIRE(results.impacts.size() == 2);
  CHECK(results.impacts[0].text == "kill api");
  CHECK(*results.impacts[0].lost.value == Approx(2000).margin(150));
  CHECK(*results.impacts[1].lost.value == Approx(0).margin(1));
}

TEST_CASE("study: what is written of it") {
  const ChaosResults results =
      study(ready(experiment(kAnswered + kill(R"({"kill": "api", "for": "20s"})"))), 2);
  CHECK_THAT(chaos_json(results), Catch::Contains("\"verdict\": \"deviates\""));
  const std::string junit = chaos_junit(results);
  CHECK_THAT(junit, Catch::Contains("tests=\"3\" failures=\"2\""));
  CHECK_THAT(junit, Catch::Contains("deviates: It held in 0 of 2 runs"));
  const std::string page = chaos_html(results);
  CHECK_THAT(page, Catch::Contains("Blast radius") && Catch::Contains("<polyline class=\"seen\""));
  CHECK_THAT(page, !Catch::Contains("<script"));
}

TEST_CASE("study: what never struck is said") {
  std::string scenario = testing::two_clients();
  scenario.insert(scenario.find("\"objectives\""),
                  R"("faults": [{"when": "store.utilization > 99% over 30s", "kill": "store"}], )");
  const ChaosResults results =
      study(ready(experiment(kAnswered + kill(R"({"kill": "api", "for": "20s"})")), scenario));
  CHECK(results.impacts.size() == 1);
  REQUIRE(results.findings.size() == 1);
  CHECK(results.findings[0].kind == "never struck");
  CHECK_THAT(results.findings[0].text, Catch::Contains("faults[0]"));
}

TEST_CASE("study: counts of the blast radius are a second's, however often it is looked") {
  for (const char* frequency : {"1s", "2s"}) {
    CAPTURE(frequency);
    const std::string extension =
        std::string(R"(, "extensions": [{"name": "highwater", "frequency": ")") + frequency +
        "\"}]";
    const ChaosResults results =
        study(ready(experiment(extension + kAnswered + kill(R"({"kill": "api", "for": "20s"})"))));
    REQUIRE(results.impacts.size() == 1);
    bool seen = false;
    for (const ChaosReach& reach : results.impacts[0].reach) {
      if (reach.component != "users" || reach.metric != "failed") continue;
      seen = true;
      CHECK(reach.unit == "/s");
      CHECK(reach.then == Approx(70).margin(10));  // 100 in 20 s of some 28 until it recovered
      CHECK(*reach.change.value == Approx(reach.then - reach.normally));
      CHECK(reach.change.ci95->high - reach.change.ci95->low < 40);
    }
    CHECK(seen);
  }
}

TEST_CASE("study: checks say what they ask for") {
  const auto asked = [](const std::string& tolerance, const std::string& provider) {
    const ChaosResults results =
        study(ready(experiment(hypothesis(tolerance, provider) +
                               kill(R"({"slow": "api", "factor": "1.2x", "for": "5s"})"))),
              1);
    return results.checks.at(0).asked;
  };
  CHECK(asked("[0, 500]", R"({"type": "simulation", "metric": "users.latency.p99"})") ==
        "0 ms to 500 ms");
  CHECK(asked("true", R"({"type": "simulation", "objective": "users.latency.p99 < 1s"})") ==
        "users.latency.p99 < 1s");
  CHECK(asked("false", R"({"type": "simulation", "objective": "users.latency.p99 > 1s"})") ==
        "not users.latency.p99 > 1s");
  CHECK(asked(R"({"type": "regex", "pattern": "^[0-9]"})",
              R"({"type": "simulation", "metric": "users.latency.p99"})") ==
        R"({"type": "regex", "pattern": "^[0-9]"})");
}

}  // namespace
}  // namespace highwater::chaos
