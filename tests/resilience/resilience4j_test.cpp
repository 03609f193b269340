#include "models/algorithms/resilience/resilience4j.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/resilience/call_windows.h"
#include "tests/resilience/replay.h"

namespace highwater::resilience::resilience4j_test {
namespace {

constexpr std::int64_t kS = 1000 * kMs;

Resilience4jOptions options_of(SlidingWindowType type, std::uint32_t size, std::uint32_t minimum,
                               float rate, std::int64_t wait, std::uint32_t trials) {
  Resilience4jOptions options;
  options.sliding_window_type = type;
  options.sliding_window_size = size;
  options.minimum_number_of_calls = minimum;
  options.failure_rate_threshold = rate;
  options.wait_duration_in_open_state = wait;
  options.permitted_number_of_calls_in_half_open_state = trials;
  return options;
}

TEST_CASE("resilience4j: decides as recorded with its rates", "[resilience]") {
  std::vector<Resilience4jOptions> options(3);
  options[1] = options_of(SlidingWindowType::count_based, 10, 5, 50, 5 * kS, 3);
  options[1].slow_call_rate_threshold = 80;
  options[1].slow_call_duration_threshold = 2 * kS;
  options[2] = options_of(SlidingWindowType::time_based, 10, 8, 40, 4 * kS, 4);
  const auto golden = golden_json("resilience4j_trace.json")["runs"];
  const char* const names[] = {"default (COUNT_BASED 100, min 100, 50%, wait 60s, half-open 10)",
                               "COUNT_BASED size 10 min 5 rate 50 wait 5s half 3 slow 80% >2s",
                               "TIME_BASED 10s min 8 rate 40 wait 4s half 4"};
  for (std::size_t i = 0; i < 3; ++i) {
    Resilience4j breaker(options[i]);
    REQUIRE(golden.contains(names[i]));
    for (const auto& row : golden[names[i]]) {
      CAPTURE(names[i], row.dump());
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      const std::int64_t took = row[1] == 2 ? breaker.slow_after() + 1 : 0;
      CHECK(call(breaker, now, row[1] != 1, took) == (row[2] == 1));
      std::string state(name_of(breaker.state(now)));
      std::transform(state.begin(), state.end(), state.begin(),
                     [](char c) { return c == '_' ? c : static_cast<char>(c - 'a' + 'A'); });
      CHECK(state == row[3]);
      CHECK(breaker.failure_rate(now) == Approx(row[4].get<float>()));
      CHECK(breaker.slow_call_rate(now) == Approx(row[5].get<float>()));
    }
  }
}

TEST_CASE("resilience4j: overlapping calls and timers as recorded", "[resilience]") {
  using enum SlidingWindowType;
  std::vector<Resilience4jOptions> options = {
      options_of(count_based, 10, 5, 50, 5 * kS, 3), options_of(time_based, 7, 6, 35, 3 * kS, 4),
      options_of(count_based, 20, 30, 45.5, 1500 * kMs, 5),
      options_of(count_based, 5, 3, 60, kS, 2), options_of(time_based, 3, 1, 100, 800 * kMs, 1)};
  options[0].slow_call_rate_threshold = 80;
  options[0].slow_call_duration_threshold = 2 * kS;
  options[1].slow_call_rate_threshold = 60;
  options[1].slow_call_duration_threshold = 900 * kMs;
  options[2].max_wait_duration_in_half_open_state = 2 * kS;
  options[2].automatic_transition_from_open_to_half_open_enabled = true;
  options[3].max_wait_duration_in_half_open_state = 700 * kMs;
  options[3].enable_exponential_backoff = true;
  options[3].exponential_backoff_multiplier = 1.7;
  options[3].exponential_max_wait_duration_in_open_state = 6 * kS;
  options[4].automatic_transition_from_open_to_half_open_enabled = true;
  const auto runs = overlapping("resilience4j");
  REQUIRE(runs.size() == options.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    CAPTURE(i);
    Resilience4j breaker(options[i]);
    Replay(breaker).run(runs[i], [&](const nlohmann::json& row) {
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      CHECK(breaker.failure_rate(now) == Approx(row[5].get<float>()));
      CHECK(breaker.slow_call_rate(now) == Approx(row[6].get<float>()));
    });
  }
}

TEST_CASE("resilience4j: a long silence costs no time and ends where it must", "[resilience]") {
  Resilience4jOptions options = options_of(SlidingWindowType::count_based, 1, 1, 50, kS, 1);
  options.automatic_transition_from_open_to_half_open_enabled = true;
  options.max_wait_duration_in_half_open_state = 3 * kS;
  Resilience4j asked_often(options);
  Resilience4j asked_once(options);
  REQUIRE(call(asked_often, 0, false));
  REQUIRE(call(asked_once, 0, false));
  for (std::int64_t t = 0; t <= 1'000'002; ++t) asked_often.state(t * kS);
  // Open for 1 s, half open for 3 s: the 1,000,002nd second is the third of its period.
  CHECK(asked_often.state(1'000'002 * kS) == BreakerState::half_open);
  CHECK(asked_once.state(1'000'002 * kS) == BreakerState::half_open);
  CHECK(asked_once.state(1'000'004 * kS) == BreakerState::open);
  CHECK(asked_once.state(std::numeric_limits<std::int64_t>::max()) != BreakerState::closed);
}

TEST_CASE("resilience4j: states set by hand", "[resilience]") {
  Resilience4j breaker(options_of(SlidingWindowType::count_based, 2, 1, 50, kS, 1));
  breaker.transition_to(BreakerState::forced_open, 0);
  CHECK_FALSE(call(breaker, 100 * kS, true));
  breaker.transition_to(BreakerState::disabled, 0);
  for (int i = 0; i < 5; ++i) CHECK(call(breaker, 100 * kS, false));
  CHECK(breaker.state(100 * kS) == BreakerState::disabled);
  breaker.transition_to(BreakerState::metrics_only, 0);
  for (int i = 0; i < 5; ++i) CHECK(call(breaker, 100 * kS, false));
  CHECK(breaker.state(100 * kS) == BreakerState::metrics_only);
  CHECK(breaker.failure_rate(100 * kS) == 100);
  breaker.transition_to(BreakerState::half_open, 100 * kS);
  CHECK(call(breaker, 100 * kS, true));
  CHECK(breaker.state(100 * kS) == BreakerState::closed);
  breaker.transition_to(BreakerState::open, 100 * kS);
  CHECK_FALSE(call(breaker, 101 * kS, true));  // only after the wait
  CHECK(call(breaker, 101 * kS + 1, true));
}

TEST_CASE("resilience4j: a cancelled trial gives its permit back", "[resilience]") {
  Resilience4j breaker(options_of(SlidingWindowType::count_based, 1, 1, 50, kS, 1));
  REQUIRE(call(breaker, 0, false));
  const Admission trial = breaker.admit(2 * kS);
  REQUIRE(trial == Admission::trial);
  CHECK(breaker.admit(2 * kS) == Admission::rejected);
  breaker.cancelled(trial, 2 * kS);
  CHECK(breaker.admit(2 * kS) == Admission::trial);
}

TEST_CASE("resilience4j: thresholds that are zero or no number", "[resilience]") {
  Resilience4jOptions options = options_of(SlidingWindowType::count_based, 4, 2, 0, kS, 1);
  Resilience4j zero(options);
  CHECK(call(zero, 0, true));
  CHECK(zero.state(0) == BreakerState::closed);
  CHECK(call(zero, 0, true));
  CHECK(zero.state(0) == BreakerState::open);
  options.failure_rate_threshold = std::numeric_limits<float>::quiet_NaN();
  options.slow_call_rate_threshold = std::numeric_limits<float>::infinity();
  Resilience4j never(options);
  for (int i = 0; i < 20; ++i) CHECK(call(never, i, false));
  options.sliding_window_size = 0;
  options.minimum_number_of_calls = 0;
  options.failure_rate_threshold = 50;
  options.permitted_number_of_calls_in_half_open_state = 0;
  Resilience4j empty(options);
  CHECK(call(empty, 0, false));
  CHECK(empty.state(0) == BreakerState::open);
  CHECK(call(empty, 2 * kS, true));
  CHECK(empty.state(2 * kS) == BreakerState::closed);
}

TEST_CASE("resilience4j: waits that grow without bound stay waits", "[resilience]") {
  Resilience4jOptions options = options_of(SlidingWindowType::count_based, 1, 1, 50, kS, 1);
  options.enable_exponential_backoff = true;
  options.exponential_backoff_multiplier = std::numeric_limits<double>::infinity();
  Resilience4j breaker(options);
  CHECK(call(breaker, 0, false));
  CHECK(call(breaker, 2 * kS, false));
  CHECK_FALSE(call(breaker, std::numeric_limits<std::int64_t>::max() / 2, true));
  options.exponential_backoff_multiplier = std::numeric_limits<double>::quiet_NaN();
  Resilience4j nan(options);
  CHECK(call(nan, 0, false));
  CHECK(call(nan, 2 * kS, false));
  CHECK(call(nan, 2 * kS + 1, true));  // (long) NaN is 0
}

TEST_CASE("resilience4j: windows hold what a plain list holds", "[resilience]") {
  CHECK(rc::check("count_based", [](std::vector<std::pair<bool, bool>> calls) {
    const auto size = *rc::gen::inRange<std::uint32_t>(1, 6);
    CallWindow window(size);
    std::vector<std::pair<bool, bool>> list;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (i % 7 == 6) {
        window.clear();
        list.clear();
      }
      window.record(calls[i].first, calls[i].second);
      list.push_back(calls[i]);
      const std::size_t from = list.size() > size ? list.size() - size : 0;
      std::uint64_t failed = 0;
      std::uint64_t slow = 0;
      for (std::size_t k = from; k < list.size(); ++k) {
        failed += list[k].first;
        slow += list[k].second;
      }
      RC_ASSERT(window.counts().calls == list.size() - from);
      RC_ASSERT(window.counts().failed == failed);
      RC_ASSERT(window.counts().slow == slow);
    }
  }));
  CHECK(rc::check("time_based", [](std::vector<std::pair<std::uint16_t, bool>> calls) {
    const auto size = *rc::gen::inRange<std::uint32_t>(1, 6);
    SecondsWindow window(size, 0);
    std::vector<std::pair<std::int64_t, bool>> list;
    std::int64_t now = 0;
    for (const auto& [pause, failed] : calls) {
      now += pause % 2500 * kMs;
      window.record(now, failed, !failed);
      list.push_back({now / kS, failed});
      std::uint64_t all = 0;
      std::uint64_t bad = 0;
      for (const auto& [second, f] : list)
        if (second > now / kS - size) {
          ++all;
          bad += f;
        }
      RC_ASSERT(window.counts(now).calls == all);
      RC_ASSERT(window.counts(now).failed == bad);
      RC_ASSERT(window.counts(now).slow == all - bad);
    }
  }));
}

}  // namespace
}  // namespace highwater::resilience::resilience4j_test
