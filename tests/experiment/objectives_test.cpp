#include <catch2/catch.hpp>

#include "tests/experiment/experiment_support.h"

namespace highwater::testing {
namespace {

/// The verdict on one objective of a run in which every answer fails from 4 s to 6 s.
ObjectiveResult verdict(const std::string& objective) {
  const Results results = run(mm1(R"("faults": [{"at": "4s", "for": "2s", "error": "api"}],
      "objectives": [")" + objective +
                                  R"("],)"));
  return results.objectives.at(0);
}

TEST_CASE("an objective compares the number that the report shows") {
  const Results results = run(mm1(R"("objectives": ["users.latency.p99 < 20ms",
      "users.latency.p99 > 20ms", "users.latency.mean <= 4ms", "users.throughput >= 700/s",
      "api.utilization < 90%", "users.issued > 30000"],)"));
  const ClientResult& users = results.clients.at(0);
  REQUIRE(results.objectives.size() == 6);
  CHECK(results.objectives[0].value == users.latency_ms.p99.value);
  CHECK(results.objectives[0].unit == "ms");
  CHECK(results.objectives[0].limit == 20);
  CHECK(results.objectives[0].met != results.objectives[1].met);
  CHECK(results.objectives[2].value == users.latency_ms.mean.value);
  CHECK(results.objectives[2].met == (*users.latency_ms.mean.value <= 4));
  CHECK(results.objectives[3].value == users.throughput_rps.value);
  CHECK(results.objectives[3].met == true);
  CHECK(results.objectives[4].met == true);
  CHECK(results.objectives[5].value == static_cast<double>(results.requests.issued));
}

TEST_CASE("a window counts what lies inside it") {
  CHECK(verdict("users.availability > 75% during 0s..10s").met == true);
  CHECK(verdict("users.availability > 75% during 3s..7s").met == false);
  CHECK(verdict("users.availability < 1% during 4s..6s").met == true);
  CHECK(verdict("users.availability >= 100% during 6s..10s").met == true);
  const ObjectiveResult before = verdict("users.latency.p99 < 1s during 0s..4s");
  const ObjectiveResult whole = verdict("users.latency.p99 < 1s");
  CHECK(before.value.has_value());
  CHECK(before.value != whole.value);
}

TEST_CASE("recovery is judged from its time after the fault") {
  CHECK(verdict("users.availability >= 100% within 2s of faults[0]").met == true);
  CHECK(verdict("users.availability >= 100% within 1s of faults[0]").met == false);
}

TEST_CASE("what cannot be judged is left open with a reason") {
  for (const char* text :
       {"users.latency.p99 < 1s during 20s..30s", "users.latency.p99 < 1s within 1h of faults[0]",
        "users.latency.p99 < 1s during 1.01s..1.02s", "users.latency.p99 < 1s during 4.1s..5.9s",
        "users.issued > 1 during 1s..2s"}) {
    const ObjectiveResult result = verdict(text);
    INFO(text);
    CHECK_FALSE(result.met.has_value());
    CHECK_FALSE(result.note.empty());
  }
}

}  // namespace
}  // namespace highwater::testing
