#include "models/algorithms/resilience/envoy_admission_control.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/algorithms/scripted_bits.h"

namespace highwater::resilience::envoy_admission_control_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

void answer(EnvoyAdmissionControl& control, std::int64_t now, int successes, int failures) {
  for (int i = 0; i < successes; ++i) control.record(now, true);
  for (int i = 0; i < failures; ++i) control.record(now, false);
}

TEST_CASE("envoy_admission_control: the filter's formula", "[overload]") {
  EnvoyAdmissionControl control;
  CHECK(control.probability(0) == 0);
  answer(control, 0, 95, 5);
  CHECK(control.probability(0) == 0);
  answer(control, 0, 0, 100);
  CHECK(control.probability(0) == (200 - 95 / 0.95) / 201);
  answer(control, 0, 0, 3000);
  CHECK(control.probability(0) == 0.8);  // at most
  EnvoyAdmissionControl squared({.aggression = 2});
  answer(squared, 0, 95, 105);
  CHECK(squared.probability(0) == Approx(std::sqrt((200 - 95 / 0.95) / 201)).epsilon(1e-15));
}

// Envoy's thread_local_controller_test: entries are dropped one by one, a second apart.
TEST_CASE("envoy_admission_control: what is as old as the window is dropped", "[overload]") {
  EnvoyAdmissionControl control({.sampling_window = 5 * kSecond, .sr_threshold = 1});
  for (int second = 0; second < 5; ++second) answer(control, second * kSecond, 0, 1);
  CHECK(control.probability(4 * kSecond) == 0.8);
  for (int n = 4; n >= 1; --n) {
    const double p = static_cast<double>(n) / (n + 1);
    CHECK(control.probability((9 - n) * kSecond) == std::min(p, 0.8));
  }
  CHECK(control.probability(9 * kSecond) == 0);
}

TEST_CASE("envoy_admission_control: refuses where 10,000 p exceeds the draw", "[overload]") {
  EnvoyAdmissionControl control({.sr_threshold = 1});
  answer(control, 0, 0, 1);  // p is a half
  ConstantBits below{4'999};
  ConstantBits at{5'000};
  CHECK_FALSE(control.admit(0, below));
  CHECK(control.admit(0, at));
}

TEST_CASE("envoy_admission_control: nothing is refused below rps_threshold", "[overload]") {
  EnvoyAdmissionControl control({.sampling_window = 10 * kSecond, .rps_threshold = 2});
  ConstantBits zero{0};
  answer(control, 0, 0, 19);
  CHECK(control.average_rps(0) == 1);
  CHECK(control.admit(0, zero));
  answer(control, 0, 0, 1);
  CHECK(control.average_rps(0) == 2);
  CHECK_FALSE(control.admit(0, zero));
  // The oldest entry is as old as the rate is spread over, and is not dropped for it.
  CHECK(control.average_rps(20 * kSecond) == 1);
}

TEST_CASE("envoy_admission_control: edges", "[overload]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EnvoyAdmissionControl none({.sampling_window = 0, .sr_threshold = 0, .aggression = nan});
  answer(none, 0, 1, 5);
  CHECK(none.probability(0) == 0);  // everything is success enough
  answer(none, kSecond, 0, 3);      // a second is the least window
  CHECK(none.average_rps(kSecond) == 3);
  EnvoyAdmissionControl rooted({.aggression = 3});
  answer(rooted, 0, 5, 0);
  CHECK(rooted.probability(0) == 0);  // a root of less than nothing
}

}  // namespace
}  // namespace highwater::resilience::envoy_admission_control_test
