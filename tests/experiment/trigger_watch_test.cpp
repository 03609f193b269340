// Faults that wait for something.

#include "engine/experiment/trigger_watch.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

/// When what happened, in one replication of an M/M/1 whose load doubles after a minute.
std::vector<LogEntry> log_of(const std::string& faults) {
  Prepared ready = prepared(
      R"({"highwater": 1, "run": {"duration": "3m", "replications": 1}, "components": {
      "users": {"kind": "client", "calls": "api", "arrivals": {"stages": [
          {"hold": "60s", "rate": "45/s"}, {"hold": "120s", "rate": "90/s"}]}},
      "api": {"kind": "service", "workers": 1, "service_time": {"exponential": "10ms"}}},
      "faults": )" +
      faults + "}");
  REQUIRE(ready.problems.empty());
  return run(*ready.system).events_log;
}

double time_of(const std::vector<LogEntry>& log, const std::string& kind, const std::string& text) {
  for (const LogEntry& entry : log)
    if (entry.kind == kind && entry.text.starts_with(text)) return entry.t_s;
  return -1;
}

TEST_CASE("condition: a fault strikes when a metric is so over its window", "[experiment]") {
  const auto log =
      log_of(R"([{"kill": "api", "for": "1s", "when": "api.utilization > 75% over 20s"}])");
  // From 45 % to 90 % at 60 s: the average over 20 s passes 75 % after two thirds of them.
  CHECK(time_of(log, "fault", "kill") == Approx(73.3).margin(4.1));
}

TEST_CASE("condition: it strikes once, after its delay", "[experiment]") {
  const std::string condition = R"("when": "users.latency.p50 > 10ms over 10s")";
  const auto at_once = log_of(R"([{"kill": "api", "for": "1s", )" + condition + "}]");
  const auto later = log_of(R"([{"kill": "api", "for": "1s", "after": "7s", )" + condition + "}]");
  CHECK(time_of(later, "fault", "kill") == Approx(time_of(at_once, "fault", "kill") + 7));
  CHECK(std::count_if(at_once.begin(), at_once.end(),
                      [](const LogEntry& entry) { return entry.kind == "fault"; }) == 1);
}

TEST_CASE("condition: one that never comes true", "[experiment]") {
  CHECK(time_of(log_of(R"([{"kill": "api", "when": "users.latency.p50 > 1h"}])"), "fault", "") ==
        -1);
}

TEST_CASE("condition: a fault that waits for another to begin, and one for it to end",
          "[experiment]") {
  const auto log = log_of(R"([
      {"slow": "api", "at": "30s", "for": "10s"},
      {"error": "api", "when": "faults[0] begins", "after": "2s", "for": "1s"},
      {"kill": "api", "when": "faults[0] ends", "for": "1s"}])");
  CHECK(time_of(log, "fault", "error") == 32);
  CHECK(time_of(log, "fault", "kill") == 40);
}

}  // namespace
}  // namespace highwater::testing
