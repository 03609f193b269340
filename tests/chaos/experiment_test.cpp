// What an experiment may say, and what is said of one that is wrong.

#include "engine/chaos/experiment.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/chaos/chaos_support.h"

namespace highwater::chaos {
namespace {

using Catch::Contains;
using testing::experiment;
using testing::ready;

/// The problems of an experiment with one activity in its method.
std::string with_activity(const std::string& activity) {
  return ready(experiment(R"(, "method": [)" + activity + "]")).problems;
}

std::string with_action(const std::string& provider) {
  return with_activity(R"({"type": "action", "name": "a", "provider": )" + provider + "}");
}

std::string with_probe(const std::string& provider, const std::string& more = "") {
  return with_activity(R"({"type": "probe", "name": "p", "provider": )" + provider + more + "}");
}

TEST_CASE("experiment: read with its times") {
  const auto read = ready(experiment(R"(,
    "extensions": [{"name": "other"}, {"name": "highwater", "settle": "40s", "seeds": 7}],
    "steady-state-hypothesis": {"title": "h", "probes": [{"type": "probe", "name": "p",
      "tolerance": [0, 100], "provider": {"type": "simulation", "metric": "users.latency.p99",
      "window": "15s"}}]},
    "method": [
      {"type": "action", "name": "kill", "pauses": {"before": 5, "after": 20},
       "provider": {"type": "simulation", "fault": {"kill": "api", "count": 1}}},
      {"type": "action", "name": "aside", "background": true, "pauses": {"after": 100},
       "provider": {"type": "simulation", "wait": "30s"}},
      {"ref": "p"}],
    "rollbacks": [{"type": "action", "name": "heal", "pauses": {"after": 2.5},
                   "provider": {"type": "simulation", "revert": "kill"}}])"));
  INFO(read.problems);
  REQUIRE(read.experiment);
  CHECK(read.experiment->begin == 30s);  // twice what the probes look back
  CHECK(read.experiment->duration == 30s + 25s + 130s + 2500ms + 40s);
  CHECK(read.experiment->settings.seeds == 7);
  CHECK(read.experiment->method[2].probe);
  CHECK(read.experiment->method[0].action.fault->text() == "kill api");
}

TEST_CASE("experiment: what the toolkit's own checks let pass says the same") {
  const std::string action = R"({"type": "python", "module": "highwater", "func": "act",
      "arguments": {"fault": {"kill": "api"}}})";
  CHECK(with_action(action).empty());
  CHECK_THAT(with_action(R"({"type": "python", "module": "highwater", "func": "act"})"),
             Contains("arguments"));
}

TEST_CASE("experiment: providers that act on real systems are refused, with what to say instead") {
  for (const char* provider :
       {R"({"type": "python", "module": "chaosk8s.pod", "func": "delete_pods"})",
        R"({"type": "http", "url": "http://x/"})", R"({"type": "process", "path": "rm"})"})
    CHECK_THAT(with_action(provider), Contains("never executed") && Contains("simulation"));
  CHECK_THAT(with_action(R"({"type": "simulaton", "wait": "1s"})"),
             Contains("did you mean \"simulation\""));
  CHECK_THAT(ready(experiment(R"(, "method": [], "controls": [{"name": "c", "provider":
                 {"type": "python", "module": "m"}}])"))
                 .problems,
             Contains("/controls") && Contains("abort_on"));
}

TEST_CASE("experiment: everything wrong is reported at once, with its place") {
  const std::string problems =
      ready(experiment(R"(, "methd": [], "steady-state-hypothesis": {"title": "h"})")).problems;
  CHECK_THAT(problems, Contains("unknown key \"methd\"") && Contains("did you mean \"method\""));
  const auto two = ready(R"({"description": "d", "method": [
      {"type": "action", "provider": {"type": "simulation", "fault": {"kill": "apo"}}},
      {"type": "probe", "name": "p",
       "provider": {"type": "simulation", "metric": "users.latenzy"}}]})");
  CHECK_THAT(two.problems, Contains("\"title\"") && Contains("/method/0") && Contains("\"name\"") &&
                               Contains("/method/1/provider/metric"));
}

TEST_CASE("experiment: actions") {
  CHECK_THAT(with_action(R"({"type": "simulation", "fault": {"kill": "apo"}})"),
             Contains("/method/0/provider/fault/kill") && Contains("did you mean \"api\""));
  CHECK_THAT(with_action(R"({"type": "simulation", "fault": {"kil": "api"}})"),
             Contains("unknown verb") && Contains("did you mean \"kill\""));
  CHECK_THAT(with_action(R"({"type": "simulation", "fault": {"kill": "api", "slow": "api"}})"),
             Contains("one verb"));
  CHECK_THAT(with_action(R"({"type": "simulation", "fault": {"kill": "api", "for": "-1s"}})"),
             Contains("negative"));
  CHECK_THAT(with_action(R"({"type": "simulation", "fault": {"kill": "api", "at": "1s"}})"),
             Contains("its turn"));
  CHECK_THAT(with_action(R"({"type": "simulation", "fault": {"kill": "api[7]"}})"),
             Contains("2 instances"));
  CHECK_THAT(with_action(R"({"type": "simulation"})"), Contains("exactly one of"));
  CHECK_THAT(with_action(R"({"type": "simulation", "wait": "99d"})"), Contains("31 days"));
  CHECK_THAT(with_action(R"({"type": "simulation", "revert": "kill"})"), Contains("no action"));
  CHECK_THAT(with_action(R"({"type": "simulation", "wait_until": "users.latency.p99 < 1s"})"),
             Contains("timeout"));
  CHECK_THAT(with_action(R"({"type": "simulation", "wait": "1s", "timeout": "1s"})"),
             Contains("wait_until"));
}

TEST_CASE("experiment: probes") {
  CHECK(with_probe(R"({"type": "simulation", "metric": "users.latency.p99"})").empty());
  CHECK(with_probe(R"({"type": "simulation", "objectives": true})").empty());
  CHECK_THAT(with_probe(R"({"type": "simulation", "metric": "users.latency.p98"})"),
             Contains("unknown statistic") && Contains("/method/0/provider/metric"));
  CHECK_THAT(with_probe(R"({"type": "simulation", "metric": "api.oom_kills"})"),
             Contains("does not measure"));
  CHECK_THAT(with_probe(R"({"type": "simulation", "objective": "users.availability"})"),
             Contains("compares nothing"));
  CHECK_THAT(
      with_probe(R"({"type": "simulation", "objective": "users.availability > 1% during 1s..2s"})"),
      Contains("window"));
  CHECK_THAT(with_probe(R"({"type": "simulation", "metric": "users.latency", "window": "0s"})"),
             Contains("1ms"));
  CHECK_THAT(with_probe(R"({"type": "simulation", "metric": "a.b", "objective": "c"})"),
             Contains("exactly one of"));
}

TEST_CASE("experiment: a hypothesis is made of probes with tolerances") {
  const auto hypothesis = [](const std::string& probe) {
    return ready(experiment(
                     R"(, "method": [], "steady-state-hypothesis": {"title": "h", "probes": [)" +
                     probe + "]}"))
        .problems;
  };
  CHECK_THAT(hypothesis(R"({"type": "probe", "name": "p", "provider":
                 {"type": "simulation", "metric": "users.latency"}})"),
             Contains("tolerance"));
  CHECK_THAT(hypothesis(R"({"type": "action", "name": "p", "tolerance": true, "provider":
                 {"type": "simulation", "wait": "1s"}})"),
             Contains("made of probes"));
  CHECK_THAT(hypothesis(R"({"ref": "nobody"})"), Contains("no activity called"));
}

TEST_CASE("experiment: pauses, strategies and conditions") {
  CHECK_THAT(with_activity(R"({"type": "action", "name": "a", "pauses": {"after": -1},
                 "provider": {"type": "simulation", "wait": "1s"}})"),
             Contains("number of seconds"));
  CHECK_THAT(
      ready(experiment(
                R"(, "method": [], "runtime": {"hypothesis": {"strategy": "befor-method-only"}})"))
          .problems,
      Contains("did you mean \"before-method-only\""));
  CHECK_THAT(ready(experiment(R"(, "method": [], "extensions": [{"name": "highwater",
                 "abort_on": ["users.availabilty < 50%"]}])"))
                 .problems,
             Contains("did you mean \"availability\""));
  CHECK_THAT(
      ready(experiment(R"(, "method": [], "extensions": [{"name": "highwater", "seeds": 0}])"))
          .problems,
      Contains("/extensions/0/seeds"));
}

TEST_CASE("experiment: values of the configuration, and variables in their place") {
  const std::string text = experiment(R"(, "configuration": {"what": "api", "pause": 12},
      "method": [{"type": "action", "name": "kill ${what}", "pauses": {"after": "${pause}"},
                  "provider": {"type": "simulation", "fault": {"kill": "${what}"}}}])");
  const auto usual = ready(text);
  INFO(usual.problems);
  REQUIRE(usual.experiment);
  CHECK(usual.experiment->method[0].name == "kill api");
  CHECK(usual.experiment->method[0].pause_after == 12s);
  const auto other = ready(text, testing::two_clients(), {"what=store", "pause=3"});
  REQUIRE(other.experiment);
  CHECK(other.experiment->method[0].action.fault->text() == "kill store");
  CHECK(other.experiment->method[0].pause_after == 3s);
}

}  // namespace
}  // namespace highwater::chaos
