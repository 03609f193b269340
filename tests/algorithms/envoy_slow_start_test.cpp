#include "models/algorithms/balancing/envoy_slow_start.h"

#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/envoy_scheduled.h"
#include "tests/algorithms/scripted_bits.h"

namespace highwater::balancing {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("EnvoySlowStart: the factor grows from the least to one", "[algorithms][balancing]") {
  EnvoySlowStart slow({.window = 60 * kSecond}, 2);
  slow.begin(1, 62 * kSecond);
  CHECK(slow.factor(0, 62 * kSecond) == 1);
  CHECK(slow.factor(1, 62 * kSecond) == 0.1);
  CHECK(slow.factor(1, 74 * kSecond) == 12.0 / 60);
  CHECK(slow.factor(1, 82 * kSecond) == 20.0 / 60);
  CHECK(slow.factor(1, 122 * kSecond - 1) == 59'999.0 / 60'000);
  CHECK(slow.factor(1, 122 * kSecond) == 1);
  CHECK(slow.active(122 * kSecond));
  CHECK_FALSE(slow.active(122 * kSecond + 1'000'000));
}

// The factors that load_balancer_impl_test.cc states: 0.28, 0.93, 0.31, 0.65 (two digits there).
TEST_CASE("EnvoySlowStart: aggression", "[algorithms][balancing][golden]") {
  EnvoySlowStart slow({.window = 60 * kSecond, .aggression = 2}, 1);
  CHECK(slow.factor(0, 5 * kSecond) == Approx(0.28868).epsilon(1e-4));
  CHECK(slow.factor(0, 6 * kSecond) == Approx(0.31623).epsilon(1e-4));
  CHECK(slow.factor(0, 26 * kSecond) == Approx(0.65828).epsilon(1e-4));
  EnvoySlowStart faster({.window = 10 * kSecond, .aggression = 1.5}, 1);
  CHECK(faster.factor(0, 9 * kSecond) == Approx(0.93217).epsilon(1e-4));
  CHECK(faster.factor(0, 0) == 0.1);
  EnvoySlowStart invalid({.window = 10 * kSecond, .aggression = -1}, 1);
  CHECK(invalid.factor(0, 5 * kSecond) == 0.5);
}

TEST_CASE("EnvoySlowStart: no window, no slow start", "[algorithms][balancing]") {
  EnvoySlowStart slow({}, 3);
  slow.begin(2, 0);
  CHECK_FALSE(slow.enabled());
  CHECK_FALSE(slow.active(0));
  CHECK(slow.factor(2, 0) == 1);
  EnvoySlowStart below({.window = 999'999}, 1);  // not a whole millisecond
  CHECK_FALSE(below.enabled());
  EnvoySlowStart least({.window = 60 * kSecond, .min_weight_percent = 35}, 1);
  CHECK(least.factor(0, 12 * kSecond) == 0.35);
}

/// Envoy makes its schedules anew whenever it is told of hosts; here a weight does it.
void make_schedules_anew(Balancer& balancer, std::int64_t now) {
  balancer.set_weight(0, 2, now);
  balancer.set_weight(0, 1, now);
}

std::vector<std::size_t> picks(Balancer& balancer, std::size_t count, std::int64_t now) {
  ConstantBits zero;
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(balancer.pick({.now = now}, zero).value());
    balancer.finish(result.back(), {.now = now});
  }
  return result;
}

using Order = std::vector<std::size_t>;

// SlowStartNoWait of load_balancer_impl_test.cc, with its times and picks.
TEST_CASE("envoy_round_robin: a target that returns gets its share little by little",
          "[algorithms][balancing][golden]") {
  EnvoyOptions options;
  options.hosts.slow_start.window = 60 * kSecond;
  EnvoyRoundRobin balancer(std::vector<Target>(2), options);
  balancer.set_usable(1, false, 0);
  balancer.set_usable(1, true, 62 * kSecond);
  make_schedules_anew(balancer, 74 * kSecond);
  CHECK(picks(balancer, 5, 74 * kSecond) == Order{0, 0, 0, 0, 1});
  make_schedules_anew(balancer, 82 * kSecond);
  CHECK(picks(balancer, 3, 82 * kSecond) == Order{0, 0, 1});
  make_schedules_anew(balancer, 127 * kSecond);
  CHECK(picks(balancer, 4, 127 * kSecond) == Order{0, 1, 0, 1});
}

// SlowStartNoWaitNonLinearAggression.
TEST_CASE("envoy_round_robin: aggression above one is faster", "[algorithms][balancing][golden]") {
  EnvoyOptions options;
  options.hosts.slow_start = {.window = 60 * kSecond, .aggression = 2};
  EnvoyRoundRobin balancer(std::vector<Target>(2), options);
  balancer.set_usable(1, false, 0);
  balancer.set_usable(1, true, 62 * kSecond);
  make_schedules_anew(balancer, 68 * kSecond);
  CHECK(picks(balancer, 4, 68 * kSecond) == Order{0, 0, 0, 1});
  make_schedules_anew(balancer, 88 * kSecond);
  CHECK(picks(balancer, 8, 88 * kSecond) == Order{0, 1, 0, 0, 1, 0, 1, 0});
  make_schedules_anew(balancer, 129 * kSecond);
  CHECK(picks(balancer, 4, 129 * kSecond) == Order{0, 1, 0, 1});
}

TEST_CASE("envoy_least_request: slow start multiplies its weights too", "[algorithms][balancing]") {
  EnvoyOptions options;
  options.hosts.slow_start.window = 60 * kSecond;
  EnvoyLeastRequest balancer(std::vector<Target>(2), options);
  balancer.set_usable(1, false, 0);
  balancer.set_usable(1, true, 62 * kSecond);
  CHECK(picks(balancer, 5, 74 * kSecond) == Order{0, 0, 0, 0, 1});
}

}  // namespace
}  // namespace highwater::balancing
