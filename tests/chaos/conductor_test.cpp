// An experiment is played as the toolkit plays it (chaoslib/run.py), in simulated time.

#include "engine/chaos/conductor.h"

#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "engine/chaos/journal.h"
#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

using testing::experiment;
using testing::Ready;
using testing::ready;

/// One run of an experiment, and what happened in it.
struct Played {
  ExperimentRun run;
  std::vector<Happening> happenings;
  std::shared_ptr<const Ready> of;
};

Played play(const std::string& text, Acting acting = Acting::yes) {
  Played played;
  played.of = std::make_shared<Ready>(ready(text));
  INFO(played.of->problems);
  REQUIRE(played.of->experiment);
  const System& system = *played.of->system;
  const TimeGrid grid(system.duration, Duration{0});
  Watch watch;
  const Attend attend = [&](Stage stage, std::uint64_t) {
    return std::make_unique<Conductor>(stage, system, *played.of->experiment, acting, played.run);
  };
  played.happenings = run_replication(system, grid, 1, 0, watch, attend).happenings;
  return played;
}

/// A probe that looks at whether users are answered.
std::string probe(const std::string& name, const std::string& objective) {
  return R"({"type": "probe", "name": ")" + name + R"(", "tolerance": true, "provider":
    {"type": "simulation", "objective": ")" +
         objective + R"(", "window": "10s"}})";
}

std::string hypothesis(const std::string& objective = "users.availability >= 99%") {
  return R"(, "steady-state-hypothesis": {"title": "h", "probes": [)" + probe("p", objective) +
         "]}";
}

std::string kill(const std::string& after, const std::string& more = "") {
  return R"({"type": "action", "name": "kill", "provider": {"type": "simulation",
    "fault": {"kill": "api")" +
         more + R"(}}, "pauses": {"after": )" + after + "}}";
}

std::string strategies(const std::string& hypothesis, const std::string& rollbacks = "default") {
  return R"(, "runtime": {"hypothesis": {"strategy": ")" + hypothesis +
         R"("}, "rollbacks": {"strategy": ")" + rollbacks + R"("}})";
}

const std::string kRevert = R"(, "rollbacks": [{"type": "action", "name": "revert",
    "provider": {"type": "simulation", "revert": "kill"}}])";

TEST_CASE("conductor: hypothesis, method, hypothesis, rollbacks") {
  const Played played =
      play(experiment(hypothesis() + R"(, "method": [)" + kill("15") + "]" + kRevert));
  const ExperimentRun& run = played.run;
  CHECK(run.status == "completed");
  CHECK(run.deviated);
  REQUIRE(run.before);
  CHECK(run.before->met);
  CHECK(run.before->at_s == 20);
  REQUIRE(run.after);
  CHECK_FALSE(run.after->met);
  CHECK(run.after->at_s == 35);
  REQUIRE(run.strikes.size() == 1);
  CHECK(run.strikes[0].text == "kill api");
  CHECK(run.strikes[0].begin_s == 20);
  CHECK(run.strikes[0].end_s == 35);
  REQUIRE(run.method.size() == 1);
  CHECK(run.method[0].output.text() == "kill api");
  CHECK(run.rollbacks.size() == 1);
  CHECK_FALSE(run.held());
}

TEST_CASE("conductor: what is not steady before skips the method and plays the rollbacks") {
  const Played played = play(experiment(hypothesis("users.latency.p99 < 1us") + R"(, "method": [)" +
                                        kill("15") + "]" + kRevert));
  CHECK(played.run.status == "completed");  // as chaoslib 1.45 has it
  CHECK_FALSE(played.run.deviated);
  CHECK(played.run.method.empty());
  CHECK_FALSE(played.run.after);
  CHECK(played.run.strikes.empty());
  CHECK(played.run.rollbacks.size() == 1);
  CHECK_FALSE(played.run.began_steady());
}

TEST_CASE("conductor: strategies of the hypothesis") {
  const auto with = [](const std::string& strategy) {
    return play(experiment(hypothesis() + R"(, "method": [)" + kill("15", R"(, "for": "5s")") +
                           R"(, {"type": "action", "name": "rest", "provider":
                               {"type": "simulation", "wait": "30s"}}])" +
                           strategies(strategy)))
        .run;
  };
  const ExperimentRun before = with("before-method-only");
  CHECK(before.before);
  CHECK_FALSE(before.after);
  CHECK(before.looks_during == 0);
  const ExperimentRun after = with("after-method-only");
  CHECK_FALSE(after.before);
  CHECK(after.after);
  CHECK(after.held());  // all is well again by then
  const ExperimentRun during = with("during-method-only");
  CHECK_FALSE(during.before);
  CHECK_FALSE(during.after);
  CHECK(during.looks_during == 45);  // every second of 45
  CHECK(during.failed_during >= 5);
  CHECK_FALSE(during.held());
  const ExperimentRun always = with("continuously");
  CHECK(always.before);
  CHECK(always.after);
  CHECK(always.failed_during == during.failed_during);
}

TEST_CASE("conductor: fail fast ends the method where it is") {
  const Played played = play(experiment(
      R"(, "extensions": [{"name": "highwater", "fail_fast": true}])" + hypothesis() +
      R"(, "method": [)" + kill("40") + "," + R"({"type": "action", "name": "later", "provider":
          {"type": "simulation", "fault": {"slow": "store"}}}])" +
      strategies("continuously") + kRevert));
  CHECK(played.run.status == "failed");
  CHECK(played.run.method.size() == 1);  // "later" never came
  CHECK(played.run.rollbacks.empty());   // the default does not play them after a failure
  CHECK(played.run.after);
}

TEST_CASE("conductor: strategies of rollbacks") {
  const auto played = [](const std::string& objective, const std::string& strategy) {
    return play(experiment(hypothesis(objective) + R"(, "method": [)" + kill("15") + "]" + kRevert +
                           strategies("default", strategy)))
        .run.rollbacks.size();
  };
  CHECK(played("users.availability >= 99%", "always") == 1);
  CHECK(played("users.availability >= 99%", "never") == 0);
  CHECK(played("users.availability >= 99%", "deviated") == 1);
  CHECK(played("others.availability >= 99%", "deviated") == 0);
}

TEST_CASE("conductor: activities in the background go on while others begin") {
  const Played played = play(experiment(R"(, "method": [
      {"type": "action", "name": "first", "background": true, "pauses": {"before": 10, "after": 20},
       "provider": {"type": "simulation", "fault": {"slow": "api"}}},
      {"type": "action", "name": "second", "pauses": {"after": 3},
       "provider": {"type": "simulation", "fault": {"slow": "store"}}}])"));
  REQUIRE(played.run.strikes.size() == 2);
  CHECK(played.run.strikes[0].begin_s == 30);  // by the order of actions
  CHECK(played.run.strikes[1].begin_s == 20);
  CHECK(played.run.end_s == 50);  // the method waits for both
}

TEST_CASE("conductor: waiting until something is so") {
  const auto wait = [](const std::string& condition) {
    return play(experiment(R"(, "method": [)" + kill("20", R"(, "for": "5s")") + R"(,
      {"type": "action", "name": "wait", "provider": {"type": "simulation", "wait_until": ")" +
                           condition + R"(", "timeout": "30s"}}])"))
        .run;
  };
  const ExperimentRun well = wait("users.availability >= 99%");
  CHECK(well.method[1].succeeded);
  CHECK(well.method[1].end_s <= 41);
  const ExperimentRun never = wait("users.latency.p50 > 1h");
  CHECK_FALSE(never.method[1].succeeded);
  CHECK_THAT(never.method[1].failure, Catch::Contains("did not come true"));
  CHECK(never.method[1].end_s == 70);
  CHECK(never.status == "completed");  // a failed activity does not stop an experiment
}

TEST_CASE("conductor: an abort ends the faults at once") {
  const Played played = play(experiment(
      R"(, "extensions": [{"name": "highwater",
             "abort_on": ["users.availability < 50% over 10s"]}])" +
      hypothesis() + R"(, "method": [)" + kill("60") + "]" + kRevert));
  CHECK(played.run.status == "aborted");
  CHECK_THAT(played.run.aborted_by, Catch::Contains("users.availability < 50%"));
  REQUIRE(played.run.strikes.size() == 1);
  CHECK(*played.run.strikes[0].end_s < 40);
  CHECK(played.run.method[0].succeeded);  // the kill was done; its pause was cut short
  CHECK_FALSE(played.run.held());
  CHECK(played.run.rollbacks.size() == 1);
}

TEST_CASE("conductor: the run that it is compared with does nothing, at the same times") {
  const std::string text =
      experiment(hypothesis("users.availability >= 1%") + R"(, "method": [)" + kill("15") + "," +
                 probe("look", "users.availability >= 50%") + "]" + kRevert);
  const ExperimentRun acting = play(text).run;
  const ExperimentRun idle = play(text, Acting::no).run;
  CHECK(idle.strikes.empty());
  REQUIRE(idle.method.size() == 2);
  CHECK(idle.method[1].start_s == acting.method[1].start_s);
  CHECK(idle.method[1].output.boolean());
  CHECK_FALSE(acting.method[1].output.boolean());
}

TEST_CASE("conductor: readings of metrics, one and several") {
  const Played played = play(experiment(R"(, "method": [
      {"type": "probe", "name": "one",
       "provider": {"type": "simulation", "metric": "api.utilization"}},
      {"type": "probe", "name": "two", "provider": {"type": "simulation",
       "metrics": ["users.throughput", "users.latency.p99"]},
       "tolerance": {"type": "jsonpath", "path": "$['users.throughput']"}}])"));
  CHECK(played.run.method[0].output.number() == Approx(0.5).margin(0.1));
  CHECK(played.run.method[1].output.find("users.throughput")->number() == Approx(100).margin(12));
  CHECK(played.run.method[1].tolerance_met == true);
}

TEST_CASE("conductor: a journal in the toolkit's form") {
  const Played played =
      play(experiment(hypothesis() + R"(, "method": [)" + kill("15") + "]" + kRevert));
  const auto journal =
      parse_json_value(journal_json(*played.of->experiment, played.run, "1", "run 1"));
  REQUIRE(journal);
  for (const char* key : {"chaoslib-version", "platform", "node", "experiment", "start", "status",
                          "deviated", "steady_states", "run", "rollbacks", "end", "duration"}) {
    INFO(key);
    CHECK(journal->find(key) != nullptr);
  }
  CHECK(journal->find("start")->text() == "1970-01-01T00:00:20.000000+00:00");
  CHECK(journal->find("duration")->number() == 15);
  CHECK(journal->find("deviated")->boolean());
  const Value& after = *journal->find("steady_states")->find("after");
  CHECK_FALSE(after.find("steady_state_met")->boolean());
  const Value& look = after.find("probes")->elements()[0];
  CHECK_FALSE(look.find("tolerance_met")->boolean());
  CHECK(look.find("activity")->find("name")->text() == "p");
  CHECK(journal->find("run")->elements()[0].find("status")->text() == "succeeded");
}

}  // namespace
}  // namespace highwater::chaos
