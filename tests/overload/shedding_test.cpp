#include "models/algorithms/resilience/shedding.h"

#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/resilience/resilience.h"
#include "tests/algorithms/scripted_bits.h"
#include "tests/support/golden.h"

namespace highwater::resilience {
namespace {

TEST_CASE("shed: Envoy's scaled trigger between its thresholds", "[overload]") {
  ShedderOptions options;
  options.ranges[3] = {0.5, 0.75};
  options.ranges[2] = {0.6, 0.6};  // a switch
  const Shedder line(options);
  CHECK(line.probability(Criticality::sheddable, 0.5) == 0);
  CHECK(line.probability(Criticality::sheddable, 0.625) == 0.5);
  CHECK(line.probability(Criticality::sheddable, 0.75) == 1);
  CHECK(line.probability(Criticality::sheddable_plus, 0.6) == 1);
  CHECK(line.probability(Criticality::sheddable_plus, 0.599) == 0);
  options.exponent = 3;
  CHECK(Shedder(options).probability(Criticality::sheddable, 0.625) == Approx(0.125));
  ScriptedBits none;  // nothing is drawn where nothing is in doubt
  CHECK(line.admit(Criticality::sheddable, 0.5, none));
  CHECK_FALSE(line.admit(Criticality::sheddable, 0.75, none));
  ScriptedBits half{{std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1}};
  CHECK(line.admit(Criticality::sheddable, 0.625, half));
  CHECK_FALSE(line.admit(Criticality::sheddable, 0.625, half));
}

TEST_CASE("shed: a more critical class is never refused more", "[overload][property]") {
  CHECK(rc::check([] {
    const Shedder shedder;
    const double pressure = *rc::gen::inRange(0, 1100) / 1000.0;
    for (std::size_t i = 0; i + 1 < kCriticalities; ++i)
      RC_ASSERT(shedder.probability(static_cast<Criticality>(i), pressure) <=
                shedder.probability(static_cast<Criticality>(i + 1), pressure));
  }));
}

TEST_CASE("shed: edges", "[overload]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const Shedder shedder;
  CHECK(shedder.probability(Criticality::sheddable, nan) == 0);
  CHECK(shedder.probability(Criticality::critical_plus, infinity) == 1);
  CHECK(shedder.probability(Criticality::sheddable, -infinity) == 0);
  ShedderOptions odd;
  odd.exponent = nan;
  odd.ranges[3] = {0.9, 0.5};  // the wrong way round: a switch at 0.5
  CHECK(Shedder(odd).probability(Criticality::sheddable, 0.5) == 1);
  CHECK(Shedder(odd).probability(Criticality::sheddable, 0.49) == 0);
  CHECK(Shedder(odd).probability(Criticality::critical, 0.925) == Approx(0.5));
}

TEST_CASE("priority_shed: a cubic cutoff", "[overload]") {
  const PriorityShedder shedder;
  CHECK(shedder.cutoff(0) == 100);
  CHECK(shedder.cutoff(0.5) == 87.5);
  CHECK(shedder.cutoff(1) == 0);
  CHECK(shedder.cutoff(-1) == 100);
  CHECK(shedder.cutoff(7) == 0);
  CHECK(shedder.cutoff(std::numeric_limits<double>::quiet_NaN()) == 100);
  CHECK(shedder.admit(87.5, 0.5));
  CHECK_FALSE(shedder.admit(88, 0.5));
  CHECK(PriorityShedder(1).cutoff(0.5) == 50);
  CHECK(PriorityShedder(-1).cutoff(0.5) == 87.5);
}

}  // namespace
}  // namespace highwater::resilience
