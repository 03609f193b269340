#include "models/algorithms/resilience/pybreaker.h"

#include <catch2/catch.hpp>

#include "tests/resilience/replay.h"

namespace highwater::resilience {
namespace {

constexpr std::int64_t kS = 1000 * kMs;

TEST_CASE("pybreaker: decides and counts as recorded", "[resilience]") {
  const PybreakerOptions options[] = {{}, {3, 10 * kS, 2}, {5, 60 * kS, 1}};
  const auto runs = golden_json("pybreaker_trace.json")["runs"];
  REQUIRE(runs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    Pybreaker breaker(options[i]);
    for (const auto& row : runs[i]["rows"]) {
      CAPTURE(i, row.dump());
      const auto now = static_cast<std::int64_t>(row[0].get<double>() * 1e6 + 0.5) * 1000;
      const bool out = call(breaker, now, row[1] == 1);
      CHECK(out == (row[2] != "open"));
      std::string state(name_of(breaker.state(now)));
      if (state == "half_open") state = "half-open";
      CHECK(state == row[3]);
      CHECK(breaker.fail_counter() == row[4]);
    }
  }
}

TEST_CASE("pybreaker: overlapping calls are judged by the state they began in", "[resilience]") {
  const PybreakerOptions options[] = {{4, 5 * kS, 1}, {3, 2500 * kMs, 3}, {1, 0, 2}};
  const auto runs = overlapping("pybreaker");
  REQUIRE(runs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    Pybreaker breaker(options[i]);
    Replay(breaker).run(runs[i]);
  }
}

TEST_CASE("pybreaker: waits to the microsecond and has at least one failure", "[resilience]") {
  Pybreaker breaker({0, kS, 0});
  REQUIRE(call(breaker, 500, false));
  CHECK(breaker.state(500) == BreakerState::open);
  CHECK_FALSE(call(breaker, kS - 1, true));  // opened at microsecond 0
  CHECK(call(breaker, kS, true));
  CHECK(breaker.state(kS) == BreakerState::closed);
}

TEST_CASE("pybreaker: a cancelled trial leaves it half open", "[resilience]") {
  Pybreaker breaker({1, kS, 1});
  REQUIRE(call(breaker, 0, false));
  const Admission trial = breaker.admit(kS);
  REQUIRE(trial == Admission::trial);
  breaker.cancelled(trial, kS);
  CHECK(breaker.state(kS) == BreakerState::half_open);
  CHECK(breaker.admit(kS) == Admission::trial);
}

}  // namespace
}  // namespace highwater::resilience
