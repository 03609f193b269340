#include "models/algorithms/resilience/opossum.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/resilience/replay.h"

namespace highwater::resilience::opossum_test {
namespace {

constexpr std::int64_t kS = 1000 * kMs;

TEST_CASE("opossum: decides as recorded", "[resilience]") {
  OpossumOptions options[3];
  options[1].volume_threshold = 10;
  options[2] = {0, 30, 5 * kS, 4 * kS, 4, 5, false, 1'000'000};
  const auto runs = golden_json("opossum_trace.json")["runs"];
  REQUIRE(runs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    options[i].timeout = 0;
    Opossum breaker(options[i]);
    for (const auto& row : runs[i]["rows"]) {
      CAPTURE(i, row.dump());
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      CHECK(call(breaker, now, row[1] == 1) == (row[2] != "open"));
      const std::string_view state = name_of(breaker.state(now));
      CHECK((state == "half_open" ? "half" : state) == row[3].get<std::string>());
    }
  }
}

TEST_CASE("opossum: overlapping calls and time-outs and capacity as recorded", "[resilience]") {
  const OpossumOptions options[] = {
      {0, 40, 3001 * kMs, 4 * kS, 4, 6, false, 9'007'199'254'740'991},
      {kS, 50, 2 * kS, 6 * kS, 3, 3, false, 3},
      {1500 * kMs, 20, kS, 10 * kS, 10, 2, true, 9'007'199'254'740'991},
      {0, 100, 500 * kMs, kS, 10, 0, false, 9'007'199'254'740'991}};
  const auto runs = overlapping("opossum");
  REQUIRE(runs.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    Opossum breaker(options[i]);
    Replay(breaker).run(runs[i]);
  }
}

TEST_CASE("opossum: a success that comes after the time-out is a failure", "[resilience]") {
  Opossum breaker({kS, 50, kS, 10 * kS, 10, 0, false, 10});
  CHECK(breaker.call_timeout() == kS);
  const Admission as = breaker.admit(0);
  breaker.succeeded(as, kS, kS);
  CHECK(breaker.state(kS) == BreakerState::open);
}

TEST_CASE("opossum: a cancelled trial gives its turn back", "[resilience]") {
  Opossum breaker({0, 50, kS, 10 * kS, 10, 0, false, 1});
  REQUIRE(call(breaker, 0, false));
  const Admission trial = breaker.admit(kS);
  REQUIRE(trial == Admission::trial);
  CHECK(breaker.admit(kS) == Admission::rejected);
  breaker.cancelled(trial, kS);
  CHECK(breaker.state(kS) == BreakerState::half_open);
  CHECK(call(breaker, kS, true));
  CHECK(breaker.state(kS) == BreakerState::closed);
}

TEST_CASE("opossum: no capacity and thresholds that are no number", "[resilience]") {
  Opossum full({0, 50, kS, 10 * kS, 10, 0, false, 0});
  CHECK(full.admit(0) == Admission::rejected);
  CHECK(full.state(0) == BreakerState::open);
  Opossum never({0, std::numeric_limits<double>::quiet_NaN(), kS, 0, 0, 0, false, 10});
  for (int i = 0; i < 10; ++i) CHECK(call(never, i * kMs, false));
  Opossum always({0, -1, 0, 0, 0, 0, false, 10});
  CHECK(call(always, 0, true));
  CHECK(call(always, 0, false));
  CHECK(always.state(0) == BreakerState::open);
  CHECK(always.state(kMs) == BreakerState::half_open);  // a timer of 0 ms takes 1 ms
}

// Seen beside 9.0.0.
TEST_CASE("opossum: what node's timers do not reach is over at once", "[resilience]") {
  constexpr std::int64_t kLongest = 2'147'483'647 * kMs;
  Opossum month({0, 50, kLongest + kMs, 10 * kS, 10, 0, false, 10});
  CHECK(call(month, 0, false));
  CHECK(month.state(kMs - 1) == BreakerState::open);
  CHECK(month.state(kMs) == BreakerState::half_open);
  Opossum longest({0, 50, kLongest, 10 * kS, 10, 0, false, 10});
  CHECK(call(longest, 0, false));
  CHECK(longest.state(kLongest - kMs) == BreakerState::open);
  CHECK(longest.state(kLongest) == BreakerState::half_open);
  CHECK(Opossum({kLongest + kMs, 50, kS, kS, 10, 0, false, 10}).call_timeout() == kMs);
  CHECK(Opossum({1, 50, kS, kS, 10, 0, false, 10}).call_timeout() == kMs);
  CHECK(Opossum({2 * kMs - 1, 50, kS, kS, 10, 0, false, 10}).call_timeout() == kMs);
  // The one bucket turns every millisecond, which it was not meant to.
  Opossum window({0, 60, kS, kLongest + kMs, 1, 0, false, 10});
  CHECK(call(window, 0, true));
  CHECK(call(window, kMs, false));
  CHECK(window.state(kMs) == BreakerState::open);
}

}  // namespace
}  // namespace highwater::resilience::opossum_test
