#include "models/algorithms/resilience/adaptive_throttle.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::resilience {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("adaptive_throttle: the book's formula", "[overload]") {
  ConstantBits never{~std::uint64_t{0}};
  AdaptiveThrottle throttle;
  CHECK(throttle.probability(0) == 0);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(throttle.admit(kSecond, never));
    if (i < 3) throttle.accepted(kSecond);
  }
  CHECK(throttle.probability(kSecond) == (10 - 2 * 3) / 11.0);
  ConstantBits always{0};
  CHECK_FALSE(throttle.admit(kSecond, always));  // and it counts
  CHECK(throttle.probability(kSecond) == (11 - 2 * 3) / 12.0);
  CHECK(throttle.probability(120 * kSecond) == (11 - 2 * 3) / 12.0);
  CHECK(throttle.probability(121 * kSecond) == 0);  // two minutes later all is forgotten
}

TEST_CASE("adaptive_throttle: draws only in doubt", "[overload]") {
  ScriptedBits none;
  AdaptiveThrottle throttle;
  for (int i = 0; i < 5; ++i) {
    CHECK(throttle.admit(i * kSecond, none));
    throttle.accepted(i * kSecond);
  }
}

// A backend that takes 10 of 100 requests a second: the client comes to send it about k * 10.
TEST_CASE("adaptive_throttle: a backend gets about k times what it accepts",
          "[overload][statistical]") {
  for (const double k : {2.0, 3.0, 4.0}) {
    AdaptiveThrottle throttle({.k = k});
    SplitMix bits{3};
    std::uint64_t sent = 0;
    for (int second = 0; second < 1200; ++second) {
      int accepted = 0;
      for (int i = 0; i < 100; ++i) {
        const std::int64_t now = second * kSecond + i * kSecond / 100;
        if (!throttle.admit(now, bits)) continue;
        sent += second >= 600;
        if (accepted++ < 10) throttle.accepted(now);
      }
    }
    CHECK(static_cast<double>(sent) / 600 == Approx(k * 10).epsilon(0.05));
  }
}

TEST_CASE("adaptive_throttle: edges", "[overload]") {
  ConstantBits never{~std::uint64_t{0}};
  AdaptiveThrottle throttle({.window = 0, .k = std::numeric_limits<double>::quiet_NaN()});
  CHECK(throttle.admit(1000, never));
  CHECK(throttle.probability(1000) == 0.5);  // k is 1
  CHECK(throttle.probability(0) == 0.5);     // time does not go back
  CHECK(throttle.probability(1120) == 0);    // 120 ns
  CHECK(throttle.probability(std::numeric_limits<std::int64_t>::max()) == 0);
}

}  // namespace
}  // namespace highwater::resilience
