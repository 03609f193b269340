#include "models/algorithms/membership/phi_accrual.h"

#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::membership::phi_accrual_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

// A detector whose mean is 1000 ms and whose deviation is that of its minimum.
PhiAccrual steady(PhiFormula formula, std::int64_t deviation) {
  PhiAccrual phi({.formula = formula,
                  .window = 1,
                  .min_std_deviation = deviation,
                  .acceptable_heartbeat_pause = 0});
  phi.heartbeat(0);
  phi.heartbeat(kSecond);
  return phi;
}

// Restated from Akka's AccrualFailureDetectorSpec.
TEST_CASE("phi: Akka's realistic values", "[membership]") {
  const PhiAccrual phi = steady(PhiFormula::akka, 100 * kMs);
  const std::pair<std::int64_t, double> table[] = {
      {0, 0.0}, {500, 0.1}, {1000, 0.3}, {1200, 1.6}, {1400, 4.7}, {1600, 10.8}, {1700, 15.3}};
  for (const auto& [ms, expected] : table)
    CHECK(phi.phi(kSecond + ms * kMs) == Approx(expected).margin(0.1));
  CHECK(steady(PhiFormula::akka, 500 * kMs).phi(2100 * kMs) < phi.phi(2100 * kMs));
}

TEST_CASE("phi: the logistic formula is close to the normal law", "[membership]") {
  const PhiAccrual akka = steady(PhiFormula::akka, 10 * kMs);
  const PhiAccrual paper = steady(PhiFormula::hayashibara, 10 * kMs);
  for (const std::int64_t ms : {0, 6, 15, 20, 25, 35}) {
    const std::int64_t at = 2 * kSecond + ms * kMs;
    CHECK(std::pow(10, -akka.phi(at)) == Approx(std::pow(10, -paper.phi(at))).margin(0.001));
  }
  CHECK(paper.phi(2 * kSecond) == Approx(0.30103).margin(1e-5));            // one half
  CHECK(paper.phi(2 * kSecond + 20 * kMs) == Approx(1.6430).margin(1e-3));  // 0.02275
}

TEST_CASE("phi: Akka takes the first heartbeat for two", "[membership]") {
  PhiAccrual phi({});
  CHECK(phi.phi(5 * kSecond) == 0);
  phi.heartbeat(0);
  CHECK(phi.intervals() == 2);
  CHECK(phi.mean() == Approx(1e9));
  CHECK(phi.deviation() == Approx(0.25e9));
  // The mean and the pause of 3 s: one half.
  CHECK(phi.phi(4 * kSecond) == Approx(0.30103).margin(1e-3));
}

TEST_CASE("phi: Cassandra convicts after 18.4 mean intervals", "[membership]") {
  PhiAccrual phi({.formula = PhiFormula::cassandra, .window = 10});
  std::int64_t now = 0;
  for (int i = 0; i <= 20; ++i) phi.heartbeat(now = i * kSecond);
  CHECK(phi.mean() == Approx(1e9));
  CHECK(phi.phi(now + 18'420 * kMs) < 8);
  CHECK(phi.phi(now + 18'421 * kMs) > 8);
  // A long interval is not counted, a shorter one is.
  phi.heartbeat(now += 3 * kSecond);
  CHECK(phi.mean() == Approx(1e9));
  phi.heartbeat(now += 2 * kSecond);
  CHECK(phi.mean() == Approx(1.1e9));
  PhiAccrual first({.formula = PhiFormula::cassandra});
  first.heartbeat(0);
  CHECK(first.mean() == Approx(2e9));
}

TEST_CASE("phi: it grows with silence", "[membership]") {
  CHECK(rc::check([](std::uint64_t seed) {
    SplitMix bits{seed};
    for (const PhiFormula formula :
         {PhiFormula::hayashibara, PhiFormula::akka, PhiFormula::cassandra}) {
      PhiAccrual phi(
          {.formula = formula, .window = 1 + static_cast<std::uint32_t>(bits.bits() % 20)});
      std::int64_t now = 0;
      for (int i = 0; i < 50; ++i)
        phi.heartbeat(now += static_cast<std::int64_t>(bits.bits() % 2000) * kMs);
      double before = 0;
      for (int i = 0; i < 100; ++i) {
        const double level = phi.phi(now += 100 * kMs);
        RC_ASSERT(level >= before);
        before = level;
      }
      RC_ASSERT(before > 0.5);
    }
  }));
}

TEST_CASE("phi: standing still and no deviation", "[membership]") {
  PhiAccrual phi({.formula = PhiFormula::hayashibara, .min_std_deviation = 0});
  phi.heartbeat(0);
  CHECK(phi.phi(kSecond) == 0);  // no interval yet
  for (int i = 1; i <= 5; ++i) phi.heartbeat(i * kSecond);
  CHECK(phi.phi(6 * kSecond) == 0);
  CHECK(std::isinf(phi.phi(6 * kSecond + 1)));
  CHECK(phi.phi(0) == 0);
  PhiAccrual still({.formula = PhiFormula::cassandra, .window = 0, .initial_value = 0});
  still.heartbeat(0);
  still.heartbeat(0);
  still.heartbeat(-5);
  CHECK(still.phi(0) == 0);
  CHECK(std::isinf(still.phi(1)));
}

}  // namespace
}  // namespace highwater::membership::phi_accrual_test
