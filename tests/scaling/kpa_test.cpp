#include "models/algorithms/scaling/kpa.h"

#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling::kpa_test {
namespace {

constexpr std::int64_t kSecond = Kpa::kSecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kNow = 1'000'000 * kSecond;

/// The settings of autoscaler_test.go: TotalValue is the target divided by 0.75.
Kpa::Options test_options(double target, double burst) {
  Kpa::Options options;
  options.target = target / 0.75;
  options.target_utilization = 0.75;
  options.target_burst_capacity = burst;
  options.panic_threshold = 2;
  options.max_scale_up_rate = 10;
  options.max_scale_down_rate = 10;
  return options;
}

std::int32_t expected_burst(double target, double burst, double panic, double pods) {
  return static_cast<std::int32_t>(std::floor(target / 0.75 * pods - burst - panic));
}

void check(Kpa& kpa, std::int64_t now, std::uint32_t ready, double stable, double panic,
           std::int32_t desired, std::int32_t excess) {
  const KpaScale found = kpa.scale(now, ready, stable, panic);
  CHECK(found.valid);
  CHECK(found.desired == desired);
  CHECK(found.excess_burst == excess);
}

TEST_CASE("kpa: cases of TestAutoscalerScale", "[scaling]") {
  struct Case {
    const char* name;
    double target, burst, stable, panic;
    std::uint32_t ready;
    std::int32_t desired;
    std::int32_t excess;
  };
  const std::vector<Case> cases = {
      {"no load", 10, 100, 0, 0, 1, 0, expected_burst(10, 100, 0, 1)},
      {"unlimited burst", 181, -1, 21, 26, 1, 1, -1},
      {"no burst", 10, 0, 50, 49, 1, 5, 0},
      {"stable", 10, 100, 50, 50, 1, 5, expected_burst(10, 100, 50, 1)},
      {"already scaled", 10, 100, 50, 50, 5, 5, expected_burst(10, 100, 50, 5)},
      {"double pods in panic", 10, 84, 50, 100, 1, 10, expected_burst(10, 84, 100, 1)},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    Kpa kpa(test_options(one.target, one.burst));
    kpa.begin(kNow, 1);  // made where one pod is ready: not in panic
    check(kpa, kNow, one.ready, one.stable, one.panic, one.desired, one.excess);
  }
}

TEST_CASE("kpa: rates hold the wish", "[scaling]") {
  Kpa::Options slow = test_options(1, 1982);
  slow.max_scale_up_rate = 1.1;
  Kpa up(slow);
  up.begin(kNow, 1);
  check(up, kNow, 2, 3, 3.1, 3, expected_burst(1, 1982, 3.1, 2));
  slow = test_options(10, 1982);
  slow.max_scale_down_rate = 1.1;
  Kpa down(slow);
  down.begin(kNow, 1);
  check(down, kNow, 100, 1, 1, 90, expected_burst(10, 1982, 1, 100));
  slow.reachable = false;
  Kpa unreachable(slow);
  unreachable.begin(kNow, 1);
  check(unreachable, kNow, 100, 1, 1, 1, expected_burst(10, 1982, 1, 100));
  Kpa fast(test_options(10, 61));
  fast.begin(kNow, 1);
  check(fast, kNow, 1, 1000, 1001, 10, expected_burst(10, 61, 1001, 1));
  check(fast, kNow, 10, 1000, 1001, 100, expected_burst(10, 61, 1001, 10));
  Kpa shrinking(test_options(10, 61));
  shrinking.begin(kNow, 1);
  check(shrinking, kNow, 100, 1, 1, 10, expected_burst(10, 61, 1, 100));
  check(shrinking, kNow, 10, 1, 1, 1, expected_burst(10, 61, 1, 10));
  Kpa nothing(test_options(10, 81));
  nothing.begin(kNow, 1);
  check(nothing, kNow, 0, 1000, 888, 10, expected_burst(10, 81, 888, 0));
}

TEST_CASE("kpa: in panic the greater wish counts and nothing shrinks", "[scaling]") {
  for (const double stable : {50.0, 20.0}) {
    Kpa kpa(test_options(1, 100));
    kpa.begin(kNow - 5 * kSecond, 5);  // begins in panic, with five
    CHECK(kpa.panic_since().has_value());
    check(kpa, kNow, 5, stable, 30, static_cast<std::int32_t>(std::max(stable, 30.0)),
          expected_burst(1, 100, 30, 5));
  }
  Kpa kpa(test_options(10, 93));
  kpa.begin(kNow, 1);
  check(kpa, kNow, 1, 100, 100, 10, expected_burst(10, 93, 100, 1));
  check(kpa, kNow, 10, 100, 1000, 100, expected_burst(10, 93, 1000, 10));
  check(kpa, kNow + 30 * kSecond, 10, 1, 1, 100, expected_burst(10, 93, 1, 10));
  check(kpa, kNow + 61 * kSecond, 10, 1, 1, 1, expected_burst(10, 93, 1, 10));
}

TEST_CASE("kpa: panic ends after a stable window and is extended by more", "[scaling]") {
  Kpa ends(test_options(1, 98));
  ends.begin(kNow, 1);
  check(ends, kNow, 10, 11, 25, 25, expected_burst(1, 98, 25, 10));
  CHECK(ends.panic_since() == kNow);
  check(ends, kNow + 30 * kSecond, 40, 30, 41, 41, expected_burst(1, 98, 41, 40));
  CHECK(ends.panic_since() == kNow);
  check(ends, kNow + 62 * kSecond, 55, 50, 56, 50, expected_burst(1, 98, 56, 55));
  CHECK_FALSE(ends.panic_since().has_value());

  Kpa extended(test_options(1, 98));
  extended.begin(kNow, 1);
  check(extended, kNow, 10, 11, 25, 25, expected_burst(1, 98, 25, 10));
  check(extended, kNow + 30 * kSecond, 40, 30, 80, 80, expected_burst(1, 98, 80, 40));
  CHECK(extended.panic_since() == kNow + 30 * kSecond);
}

TEST_CASE("kpa: follows a load that grows exponentially", "[scaling]") {
  Kpa kpa(test_options(1, 101));
  kpa.begin(kNow, 1);
  check(kpa, kNow, 1, 6, 6, 6, expected_burst(1, 101, 6, 1));
  check(kpa, kNow, 6, 36, 36, 36, expected_burst(1, 101, 36, 6));
  check(kpa, kNow + kSecond, 36, 216, 216, 216, expected_burst(1, 101, 216, 36));
  check(kpa, kNow + kSecond, 216, 1296, 1296, 1296, expected_burst(1, 101, 1296, 216));
  check(kpa, kNow + 2 * kSecond, 1296, 1296, 1296, 1296, expected_burst(1, 101, 1296, 1296));
}

TEST_CASE("kpa: an activation scale lifts every wish but none", "[scaling]") {
  Kpa::Options options = test_options(10, 75);
  options.activation_scale = 2;
  Kpa kpa(options);
  kpa.begin(kNow, 1);
  check(kpa, kNow, 1, 0, 0, 0, expected_burst(10, 75, 0, 1));
  check(kpa, kNow, 1, 1, 0, 2, expected_burst(10, 75, 0, 1));
}

TEST_CASE("kpa: scaling down waits for the delay", "[scaling]") {
  Kpa::Options options = test_options(10, 0);
  options.panic_threshold = 100;
  options.scale_down_delay = 5 * kMinute;
  const std::int64_t begin = 0;
  Kpa kpa(options);
  kpa.begin(begin, 0);
  const auto desired = [&](std::int64_t at, double load) {
    return kpa.scale(begin + at, 0, load, load).desired;
  };
  CHECK(desired(2 * kSecond, 40) == 4);
  CHECK(desired(5 * kMinute, 0) == 4);
  CHECK(desired(5 * kMinute + 2 * kSecond, 0) == 0);
  CHECK(desired(9 * kMinute, 40) == 4);
  CHECK(desired(10 * kMinute, 30) == 4);
  CHECK(desired(11 * kMinute, 0) == 4);
  CHECK(desired(14 * kMinute, 0) == 3);
  CHECK(desired(15 * kMinute, 0) == 0);

  Kpa other(options);
  other.begin(begin, 0);
  CHECK(other.scale(2 * kSecond, 0, 40, 40).desired == 4);
  CHECK(other.scale(kMinute, 0, 0, 0).desired == 4);
  other.set_reachable(false);
  CHECK(other.scale(2 * kSecond, 0, 0, 0).desired == 0);

  options.scale_down_delay = 0;
  Kpa none(options);
  none.begin(begin, 0);
  CHECK(none.scale(0, 0, 40, 40).desired == 4);
  CHECK(none.scale(kSecond / 2, 0, 20, 20).desired == 2);
}

TEST_CASE("kpa: without data there is no decision", "[scaling]") {
  Kpa kpa(test_options(10, 100));
  CHECK_FALSE(kpa.scale(kNow, 1).valid);
  CHECK_FALSE(kpa.scale(kNow, 1, std::nan(""), 1).valid);
  CHECK_FALSE(kpa.scale(kNow, 1, 1, HUGE_VAL).valid);
  CHECK(kpa.apply(kNow, 3, 3, kpa.scale(kNow, 3)).replicas == 3);
  CHECK(kpa.apply(kNow, 3, 3, kpa.scale(kNow, 3)).reason == Reason::no_metrics);
  kpa.record(kNow, 50);
  CHECK(kpa.scale(kNow, 1).desired == 5);
  CHECK(kpa.scale(kNow + 60 * kSecond, 1).valid);  // an old window is nothing, but it is known
  CHECK_FALSE(kpa.scale(kNow + 61 * kSecond, 1).valid);
}

TEST_CASE("kpa: a target of zero is a hundredth", "[scaling]") {
  Kpa::Options options;
  options.target = 0;
  CHECK(Kpa(options).target_value() == 0.01);
  options.target = std::nan("");
  CHECK(Kpa(options).target_value() == 0.01);
}

/// Runs second by second with a load, all wanted pods being ready at once.
struct Life {
  explicit Life(const Kpa::Options& options, std::uint32_t begin) : kpa(options), replicas(begin) {
    kpa.begin(0, begin);
  }
  void run(std::int64_t until, double load) {
    for (; now < until; ++now) {
      kpa.record(now * kSecond, load);
      if (now % 2 == 0)
        last = kpa.apply(now * kSecond, replicas, replicas, kpa.scale(now * kSecond, replicas));
      replicas = last.replicas;
    }
  }
  Kpa kpa;
  std::uint32_t replicas;
  std::int64_t now = 0;
  Decision last;
};

TEST_CASE("kpa: to zero after the stable window where the activator is in the path", "[scaling]") {
  Kpa::Options options;
  options.target = 10;
  Life life(options, 1);
  life.run(30, 5);
  CHECK(life.replicas == 1);
  life.run(88, 0);
  CHECK(life.replicas == 1);  // load within the window
  life.run(120, 0);
  CHECK(life.replicas == 0);  // a burst of 211 is never covered: the activator is there already
}

TEST_CASE("kpa: to zero after the grace period where it was not", "[scaling]") {
  Kpa::Options options;
  options.target = 10;
  options.target_burst_capacity = 0;
  Life life(options, 1);
  life.run(30, 5);
  life.run(92, 0);
  CHECK(life.replicas == 1);
  CHECK(life.last.reason == Reason::waiting_for_zero);
  life.run(118, 0);
  CHECK(life.replicas == 1);
  life.run(124, 0);
  CHECK(life.replicas == 0);

  options.scale_to_zero_pod_retention_period = 5 * kMinute;
  Life kept(options, 1);
  kept.run(30, 5);
  kept.run(380, 0);
  CHECK(kept.replicas == 1);
  kept.run(400, 0);
  CHECK(kept.replicas == 0);

  options.enable_scale_to_zero = false;
  Life stays(options, 3);
  stays.run(600, 0);
  CHECK(stays.replicas == 1);
}

TEST_CASE("kpa: initial scale until it was ready and bounds always", "[scaling]") {
  Kpa::Options options;
  options.target = 10;
  options.initial_scale = 5;
  Kpa kpa(options);
  kpa.begin(0, 0);
  kpa.record(0, 1);
  CHECK(kpa.apply(0, 0, 0, kpa.scale(0, 0)).replicas == 5);
  CHECK(kpa.apply(0, 5, 5, kpa.scale(0, 5)).replicas == 5);  // seen to be ready at its end
  CHECK(kpa.apply(2 * kSecond, 5, 5, kpa.scale(2 * kSecond, 5)).replicas == 2);

  options.initial_scale = 1;
  options.min_scale = 3;
  options.max_scale = 7;
  Life life(options, 3);
  life.run(100, 1000);
  CHECK(life.replicas == 7);
  CHECK(life.last.reason == Reason::too_many_replicas);
  life.run(400, 0);
  CHECK(life.replicas == 3);
}

TEST_CASE("kpa: a revision that never starts is given up", "[scaling]") {
  Kpa::Options options;
  Kpa kpa(options);
  kpa.begin(0, 0);
  kpa.record(0, 0);
  CHECK(kpa.apply(0, 1, 0, kpa.scale(0, 0)).replicas == 1);
  CHECK(kpa.apply(629 * kSecond, 1, 0, {true, 0, 0, false}).replicas == 1);
  CHECK(kpa.apply(630 * kSecond, 1, 0, {true, 0, 0, false}).replicas == 0);
}

TEST_CASE("kpa: keeps within bounds and rates", "[scaling][property]") {
  CHECK(rc::check([] {
    Kpa::Options options;
    options.target = *rc::gen::inRange(1, 100);
    options.max_scale_up_rate = *rc::gen::inRange(2, 20);
    options.max_scale_down_rate = *rc::gen::inRange(2, 20);
    options.min_scale = *rc::gen::inRange(0, 5);
    options.max_scale = *rc::gen::inRange(5, 50);
    Kpa kpa(options);
    std::uint32_t replicas = 5;
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      kpa.record(now, *rc::gen::inRange(0, 2000));
      const bool was_panic = kpa.panic_since().has_value();
      const KpaScale scale = kpa.scale(now, replicas);
      const double ready = std::max(1.0, static_cast<double>(replicas));
      if (!scale.panicking)
        RC_ASSERT(scale.desired <= std::ceil(options.max_scale_up_rate * ready));
      RC_ASSERT(scale.desired >= std::floor(ready / options.max_scale_down_rate));
      if (was_panic && scale.panicking) RC_ASSERT(scale.desired >= 1);
      replicas = kpa.apply(now, replicas, replicas, scale).replicas;
      RC_ASSERT(replicas >= static_cast<std::uint32_t>(options.min_scale));
      RC_ASSERT(replicas <= static_cast<std::uint32_t>(options.max_scale));
      now += *rc::gen::inRange<std::int64_t>(0, 4) * kSecond;
    }
  }));
}

}  // namespace
}  // namespace highwater::scaling::kpa_test
