// The grammar of objectives.
#include "engine/scenario/objective.h"

#include <catch2/catch.hpp>

#include "tests/scenario/sample_language.h"

using namespace highwater;

namespace {

struct Parsed {
  std::optional<Objective> objective;
  std::string problems;
};

Parsed parsed(const std::string& text) {
  const Language& language = sample_language();
  const std::vector<Measured> measured = {{"users", &language.kinds[0]},
                                          {"api", &language.kinds[1]}};
  Problems problems;
  Parsed out;
  out.objective = read_objective(Value::string(text), "", measured, 2, problems);
  out.problems = problems.text();
  return out;
}

Objective good(const std::string& text) {
  const Parsed result = parsed(text);
  CAPTURE(text);
  CHECK(result.problems == "");
  REQUIRE(result.objective);
  return *result.objective;
}

std::string fault(const std::string& text) {
  const Parsed result = parsed(text);
  CHECK_FALSE(result.objective);
  return result.problems;
}

}  // namespace

TEST_CASE("objective: component, metric, statistic, comparison and limit",
          "[scenario][objective]") {
  const Objective latency = good("users.latency.p99 < 250ms");
  CHECK(latency.text == "users.latency.p99 < 250ms");
  CHECK(latency.component == "users");
  CHECK(latency.metric == "latency_ms");
  CHECK(latency.shape == MetricShape::kTimes);
  CHECK(latency.statistic == "p99");
  CHECK(latency.comparison == Comparison::kLess);
  CHECK(latency.limit == 250);
  CHECK(latency.unit == "ms");
  CHECK_FALSE(latency.during);
  CHECK_FALSE(latency.within);

  CHECK(good("users.latency<=1s").limit == 1000);
  CHECK(good("users.latency<=1s").statistic == "mean");
  CHECK(good("users.latency<=1s").comparison == Comparison::kLessOrEqual);
  CHECK(good("components.users.throughput > 1.2k/s").limit == 1200);
  CHECK(good("components.users.throughput > 1.2k/s").comparison == Comparison::kGreater);
  CHECK(good("users.availability >= 99.9%").limit == 0.999);
  CHECK(good("users.availability >= 0.999").limit == 0.999);
  CHECK(good("users.errors.timeout < 10").statistic == "timeout");
  CHECK(good("users.errors < 1k").limit == 1000);
  CHECK(good("api.queue_length < 2.5").limit == 2.5);
  CHECK(good("api.memory < 2GiB").limit == 2147483648.0);
  CHECK(good("api.wasted <= 0").comparison == Comparison::kLessOrEqual);
}

TEST_CASE("objective: windows and recovery", "[scenario][objective]") {
  const Objective during = good("users.latency.p99 < 250ms during \"2m..5m\"");
  REQUIRE(during.during);
  CHECK(during.during->begin == 2min);
  CHECK(during.during->end == 5min);
  const Objective within = good("users.availability > 99% within 30s of faults[1]");
  REQUIRE(within.within);
  CHECK(within.within->time == 30s);
  CHECK(within.within->fault == 1);
  const Objective both =
      good("users.latency.p99 < 1s  within \"30s\" of \"faults[0]\" during 1s..2m");
  CHECK(both.within);
  CHECK(both.during);
}

TEST_CASE("objective: faults", "[scenario][objective][input]") {
  const std::string form =
      "an objective is \"component.metric.statistic < quantity\", such as \"users.latency.p99 < "
      "250ms\"\n";
  CHECK(fault("") == "\"\" compares nothing; " + form);
  CHECK(fault("users.latency.p99") == "\"users.latency.p99\" compares nothing; " + form);
  CHECK(fault("users < 5") == "\"users\" names no metric; " + form);
  CHECK(fault("users.latency.p99.x < 5ms") == "\"users.latency.p99.x\" names no metric; " + form);
  CHECK(fault("user.latency < 5ms") == "unknown component \"user\"; did you mean \"users\"?\n");
  CHECK(
      fault("users.latncy < 5ms") ==
      "\"latncy\" is no metric of a client; it has latency, throughput, availability, errors; did "
      "you mean \"latency\"?\n");
  CHECK(
      fault("users.latency_ms < 5ms") ==
      "\"latency_ms\" is no metric of a client; it has latency, throughput, availability, errors; "
      "did you mean \"latency\"?\n");
  CHECK(fault("users.latency.p98 < 5ms") ==
        "unknown statistic \"p98\"; known: mean, p50, p90, p95, p99, p999, max; did you mean "
        "\"p90\"?\n");
  CHECK(fault("users.availability.p99 > 5%") ==
        "availability is a single number and has no statistic \"p99\"\n");
  CHECK(fault("users.latency == 5ms") == "unknown comparison \"==\"; known: <, <=, >, >=\n");
  CHECK(fault("users.latency <") == "the limit is missing; " + form);
  CHECK(fault("users.latency < 5") ==
        "\"5\" has no unit; a duration needs one of ns, us, ms, s, m, h, d, such as \"40ms\"\n");
  CHECK(fault("users.latency < 5/s") ==
        "expected a duration such as \"40ms\" (units: ns, us, ms, s, m, h, d), found the rate "
        "\"5/s\"\n");
  CHECK(fault("users.availability > 99.9") ==
        "\"99.9\" is more than the whole; a fraction is 0 to 1 or \"0%\" to \"100%\"; did you mean "
        "\"99.9%\"?\n");
  CHECK(fault("users.latency < 5ms durng 1s..2s") ==
        "unexpected \"durng\"; after the limit there may be: during 2m..5m, within 30s of "
        "faults[0]; did you mean \"during\"?\n");
  CHECK(fault("users.latency < 5ms during") ==
        "unexpected \"during\"; after the limit there may be: during 2m..5m, within 30s of "
        "faults[0]\n");
  CHECK(fault("users.latency < 5ms during 5s") == "\"5s\" is no window; write it as 2m..5m\n");
  CHECK(fault("users.latency < 5ms during 5s..2s") == "the window \"5s..2s\" is empty\n");
  CHECK(fault("users.latency < 5ms within 5s of faults[2]") ==
        "faults[2] does not exist; the scenario has 2 faults\n");
  CHECK(fault("users.latency < 5ms within 5s of kill") ==
        "\"kill\" is no fault; write it as faults[0]\n");
  CHECK(fault("users.latency < 5ms within 5s of faults[]") ==
        "\"faults[]\" is no fault; write it as faults[0]\n");
}

TEST_CASE("objective: it is a text", "[scenario][objective][input]") {
  Problems problems;
  CHECK_FALSE(read_objective(Value::whole(5), "/objectives/0", {}, 0, problems));
  CHECK(problems.text() == "/objectives/0: expected a text in quotes, found 5\n");
}
