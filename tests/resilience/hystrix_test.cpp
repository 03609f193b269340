#include "models/algorithms/resilience/hystrix.h"

#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/resilience/replay.h"

namespace highwater::resilience {
namespace {

BreakerState after(std::size_t successes, std::size_t failures) {
  Hystrix breaker;
  for (std::size_t i = 0; i < successes; ++i) call(breaker, 0, true);
  for (std::size_t i = 0; i < failures; ++i) call(breaker, 0, false);
  return breaker.state(500 * kMs);
}

TEST_CASE("hystrix: trips on a percentage of failures and on enough calls", "[resilience]") {
  CHECK(after(0, 19) == BreakerState::closed);
  CHECK(after(0, 20) == BreakerState::open);
  CHECK(after(10, 10) == BreakerState::open);
  CHECK(after(11, 10) == BreakerState::closed);   // 47.6 %, cut to 47
  CHECK(after(100, 99) == BreakerState::closed);  // 49.7 %, cut to 49
}

// HystrixCircuitBreakerTest with the settings of HystrixCommandPropertiesTest, times included: its
// calls take 60 ms once and 1 ms otherwise, and it waits 100 ms for the next look.
struct Case {
  Hystrix breaker;
  std::int64_t now = 0;  // ms

  explicit Case(std::int64_t sleep_window_ms, std::uint32_t volume = 0)
      : breaker({volume, 40, sleep_window_ms * kMs, 5000 * kMs, 100 * kMs, false, false, true,
                 1000 * kMs}) {}
  bool run(bool succeeds, std::int64_t lasts) {
    const Admission as = breaker.admit(now * kMs);
    if (!goes_out(as)) return false;
    now += lasts;
    if (succeeds) {
      breaker.succeeded(as, now * kMs, lasts * kMs);
    } else {
      breaker.failed(as, now * kMs, lasts * kMs);
    }
    return true;
  }
  void run_all(std::string_view outcomes) {
    bool first = true;
    for (const char outcome : outcomes) {
      run(outcome == 's', outcome == 't' ? 1000 : first ? 60 : 1);
      first = false;
    }
    now += 100;
  }
  bool is_open() { return breaker.state(now * kMs) != BreakerState::closed; }
};

TEST_CASE("hystrix: its own test cases", "[resilience]") {
  const auto opens = [](std::string_view outcomes, std::uint32_t volume = 0) {
    Case c(5'000'000, volume);
    c.run_all(outcomes);
    return c.is_open();
  };
  CHECK(opens("ffff"));            // testTripCircuit
  CHECK(opens("ssfsfsff"));        // testTripCircuitOnFailuresAboveThreshold
  CHECK_FALSE(opens("ssfssfsf"));  // testCircuitDoesNotTripOnFailuresBelowThreshold
  CHECK(opens("tttt"));            // testTripCircuitOnTimeouts
  CHECK(opens("sststtstt"));       // testTripCircuitOnTimeoutsAboveThreshold
  CHECK_FALSE(opens("ffff", 5));   // testLowVolumeDoesNotTripCircuit

  Case single(200);  // testSingleTestOnOpenCircuitAfterTimeWindow
  single.run_all("ffff");
  CHECK_FALSE(goes_out(single.breaker.admit(single.now * kMs)));
  single.now += 250;
  CHECK(goes_out(single.breaker.admit(single.now * kMs)));
  CHECK(single.is_open());
  CHECK_FALSE(goes_out(single.breaker.admit(single.now * kMs)));

  Case closes(100);  // testCircuitClosedAfterSuccess
  closes.run_all("ffft");
  CHECK(closes.is_open());
  closes.now += 150;
  CHECK(closes.is_open());
  CHECK(closes.run(true, 60));
  closes.now += 100;
  for (int i = 0; i < 3; ++i) CHECK(goes_out(closes.breaker.admit(closes.now * kMs)));
  CHECK_FALSE(closes.is_open());

  Case again(200);  // testMultipleTimeWindowRetriesBeforeClosingCircuit
  again.run_all("ffft");
  CHECK(again.is_open());
  for (int i = 0; i < 2; ++i) {
    again.now += 250;
    CHECK(again.run(false, 60));
    for (int k = 0; k < 4; ++k) CHECK_FALSE(goes_out(again.breaker.admit(again.now * kMs)));
  }
  again.now += 250;
  CHECK(again.is_open());
  CHECK(again.run(true, 60));
  for (int i = 0; i < 3; ++i) CHECK(goes_out(again.breaker.admit(again.now * kMs)));
  CHECK_FALSE(again.is_open());
}

TEST_CASE("hystrix: looks at the end of a slice only", "[resilience]") {
  Hystrix breaker;
  for (int i = 0; i < 40; ++i) CHECK(call(breaker, 100 * kMs, false));
  CHECK(breaker.state(499 * kMs) == BreakerState::closed);
  CHECK(breaker.state(500 * kMs) == BreakerState::open);
}

TEST_CASE("hystrix: one trial after more than the sleep window", "[resilience]") {
  Hystrix breaker;
  for (int i = 0; i < 20; ++i) call(breaker, 0, false);
  CHECK_FALSE(call(breaker, 5500 * kMs, true));  // opened at 500 ms: strictly more
  const Admission trial = breaker.admit(5501 * kMs);
  CHECK(trial == Admission::trial);
  CHECK(breaker.state(5501 * kMs) == BreakerState::half_open);
  CHECK_FALSE(call(breaker, 5600 * kMs, true));
  CHECK_FALSE(call(breaker, 60'000 * kMs, true));  // however long it takes
  breaker.failed(trial, 60'000 * kMs, 0);
  CHECK(breaker.state(60'000 * kMs) == BreakerState::open);
  CHECK_FALSE(call(breaker, 65'000 * kMs, true));
  CHECK(call(breaker, 65'001 * kMs, true));
  CHECK(breaker.state(65'001 * kMs) == BreakerState::closed);
}

TEST_CASE("hystrix: closing forgets the failures and begins slices anew", "[resilience]") {
  Hystrix breaker;
  for (int i = 0; i < 20; ++i) call(breaker, 0, false);
  CHECK(breaker.state(500 * kMs) == BreakerState::open);
  REQUIRE(call(breaker, 5750 * kMs, true));
  // The trial's success counts: 1 + 19 results.
  for (int i = 0; i < 19; ++i) call(breaker, 5800 * kMs, false);
  CHECK(breaker.state(6249 * kMs) == BreakerState::closed);
  CHECK(breaker.state(6250 * kMs) == BreakerState::open);
}

TEST_CASE("hystrix: a caller who goes away during the trial opens it again", "[resilience]") {
  Hystrix breaker;
  for (int i = 0; i < 20; ++i) call(breaker, 0, false);
  const Admission trial = breaker.admit(5501 * kMs);
  REQUIRE(trial == Admission::trial);
  breaker.cancelled(trial, 6000 * kMs);
  CHECK(breaker.state(6000 * kMs) == BreakerState::open);
  CHECK_FALSE(call(breaker, 11'000 * kMs, true));
  CHECK(call(breaker, 11'001 * kMs, true));
}

TEST_CASE("hystrix: failures leave with their slice", "[resilience]") {
  Hystrix breaker;
  for (int i = 0; i < 19; ++i) call(breaker, 0, false);
  CHECK(call(breaker, 9999 * kMs, false));
  CHECK(breaker.state(10'000 * kMs) == BreakerState::open);
  Hystrix later;
  for (int i = 0; i < 19; ++i) call(later, 0, false);
  CHECK(later.state(10'000 * kMs) == BreakerState::closed);
  CHECK(call(later, 10'001 * kMs, false));
  CHECK(later.state(60'000 * kMs) == BreakerState::closed);
}

TEST_CASE("hystrix: forced states, zero thresholds and empty windows", "[resilience]") {
  HystrixOptions options;
  options.force_open = true;
  options.force_closed = true;
  Hystrix open(options);
  CHECK_FALSE(call(open, 0, true));
  CHECK(open.state(0) == BreakerState::forced_open);
  options.force_open = false;
  Hystrix closed(options);
  for (int i = 0; i < 50; ++i) CHECK(call(closed, i * 100 * kMs, false));
  CHECK(closed.state(0) == BreakerState::disabled);
  HystrixOptions zero;
  zero.request_volume_threshold = 0;
  zero.error_threshold_percentage = 0;
  Hystrix nothing(zero);
  CHECK(nothing.state(499 * kMs) == BreakerState::closed);
  CHECK(nothing.state(500 * kMs) == BreakerState::open);  // 0 % is not less than 0 %
  HystrixOptions narrow;
  narrow.rolling_stats_time = 0;
  narrow.health_snapshot_interval = 0;
  narrow.request_volume_threshold = 1;
  Hystrix one(narrow);
  call(one, 0, false);
  CHECK(one.state(kMs) == BreakerState::open);
  CHECK(Hystrix().call_timeout() == 1000 * kMs);
  narrow.execution_timeout_enabled = false;
  CHECK(Hystrix(narrow).call_timeout() == kNever);
}

// The same with every result kept and added up anew.
struct Naive {
  HystrixOptions options;
  std::int64_t begun = 0;  // of slices, in ms
  std::int64_t looked = 0;
  std::vector<std::pair<std::int64_t, bool>> results;
  BreakerState status = BreakerState::closed;
  std::int64_t opened = 0;

  void look(std::int64_t now) {
    const std::int64_t interval = options.health_snapshot_interval / kMs;
    const std::int64_t window = options.rolling_stats_time / kMs / interval * interval;
    for (; begun + (looked + 1) * interval <= now; ++looked) {
      const std::int64_t end = begun + (looked + 1) * interval;
      std::size_t all = 0;
      std::size_t bad = 0;
      for (const auto& [t, failed] : results)
        if (t < end && t >= end - window) {
          ++all;
          bad += failed;
        }
      if (status != BreakerState::closed || all < options.request_volume_threshold) continue;
      if (all > 0 && 100 * bad / all < options.error_threshold_percentage) continue;
      if (all == 0 && options.error_threshold_percentage > 0) continue;
      status = BreakerState::open;
      opened = end;
    }
  }
  bool call(std::int64_t now, bool succeeds) {
    look(now);
    if (status == BreakerState::open) {
      if (now <= opened + options.sleep_window / kMs) return false;
      status = BreakerState::half_open;
    }
    if (status == BreakerState::half_open) {
      status = succeeds ? BreakerState::closed : BreakerState::open;
      if (succeeds) {
        results.clear();
        begun = now;
        looked = 0;
      } else {
        opened = now;
      }
    }
    results.push_back({now, !succeeds});
    return true;
  }
};

TEST_CASE("hystrix: the same as adding everything up", "[resilience]") {
  CHECK(rc::check([](std::vector<std::pair<std::uint8_t, bool>> calls) {
    HystrixOptions options;
    options.request_volume_threshold = *rc::gen::inRange(1u, 6u);
    options.error_threshold_percentage = *rc::gen::inRange(1u, 101u);
    options.rolling_stats_time = *rc::gen::inRange(1, 8) * 100 * kMs;
    options.health_snapshot_interval = *rc::gen::inRange(1, 4) * 50 * kMs;
    options.sleep_window = *rc::gen::inRange(0, 300) * kMs;
    RC_PRE(options.rolling_stats_time >= options.health_snapshot_interval);
    Hystrix breaker(options);
    Naive naive{options, 0, 0, {}, BreakerState::closed, 0};
    std::int64_t now = 0;
    for (const auto& [pause, succeeds] : calls) {
      now += pause > 250 ? 5000 : pause % 90;
      RC_ASSERT(call(breaker, now * kMs, succeeds) == naive.call(now, succeeds));
      RC_ASSERT(breaker.state(now * kMs) == naive.status);
    }
  }));
}

}  // namespace
}  // namespace highwater::resilience
