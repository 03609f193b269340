#include "viewer/draw/topology_particles.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <catch2/catch.hpp>

namespace highwater::viewer::topology {
namespace {

TEST_CASE("topology particles: bits are mixed as published", "[drawing]") {
  // The first output of splitmix64 for the seed 0.
  CHECK(mixed_bits(0) == 0xe220a8397b1dcdafU);
}

TEST_CASE("topology particles: the same time gives the same place", "[drawing]") {
  for (std::uint32_t i = 0; i < 50; ++i) {
    const Particle one = particle(7, i, 12.34, 2, 0.3);
    const Particle again = particle(7, i, 12.34, 2, 0.3);
    CHECK(one.along == again.along);
    CHECK(one.across == again.across);
    CHECK(one.failed == again.failed);
    CHECK(one.along >= 0);
    CHECK(one.along < 1);
    CHECK(std::abs(one.across) <= 1);
  }
  CHECK(particle(7, 0, 0, 2, 0).along != particle(8, 0, 0, 2, 0).along);
  CHECK(particle(7, 0, 0, 2, 0).along != particle(7, 1, 0, 2, 0).along);
}

TEST_CASE("topology particles: they travel at the speed of their edge", "[drawing]") {
  // At a travel time that is one of the steps all take 1.4 s, a tenth more or less.
  double sum = 0;
  constexpr int kCount = 400;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const double before = static_cast<double>(particle(1, i, 10, 1.4, 0).along);
    const double after = static_cast<double>(particle(1, i, 10.14, 1.4, 0).along);
    const double way = after - before + (after < before ? 1 : 0);
    CHECK(way > 0.089);
    CHECK(way < 0.111);
    sum += way;
  }
  CHECK(sum / kCount == Approx(0.1).margin(0.002));
}

TEST_CASE("topology particles: a change of latency moves few of them", "[drawing]") {
  // From one step to a quarter of the way to the next, half an octave away, a quarter changes its
  // speed. Long after the start each of those is somewhere else, and nobody else has moved.
  constexpr int kCount = 2000;
  const double later = 1.4 * std::exp2(0.25 / 2);
  int moved = 0;
  for (std::uint32_t i = 0; i < kCount; ++i)
    if (particle(3, i, 5000, 1.4, 0).along != particle(3, i, 5000, later, 0).along) ++moved;
  CHECK(static_cast<double>(moved) / kCount == Approx(0.25).margin(0.03));
}

TEST_CASE("topology particles: as many fail as requests do", "[drawing]") {
  int failed = 0;
  int changed = 0;
  constexpr int kCount = 4000;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const bool now = particle(5, i, 3, 1.4, 0.2).failed;
    failed += now ? 1 : 0;
    // Each lap is another request.
    changed += now != particle(5, i, 30, 1.4, 0.2).failed ? 1 : 0;
  }
  CHECK(static_cast<double>(failed) / kCount == Approx(0.2).margin(0.025));
  CHECK(static_cast<double>(changed) / kCount == Approx(2 * 0.2 * 0.8).margin(0.04));
  CHECK_FALSE(particle(5, 1, 3, 1.4, 0).failed);
  CHECK(particle(5, 1, 3, 1.4, 1).failed);
}

TEST_CASE("topology particles: slower with latency, more with rate", "[drawing]") {
  CHECK(travel_time(std::numeric_limits<double>::quiet_NaN()) == Approx(1.4));
  CHECK(travel_time(60) == Approx(2.4));
  CHECK(travel_time(1e9) == Approx(16));
  CHECK(particle_count(0, 100, 26) == 0);
  CHECK(particle_count(100, 100, 26) == Approx(26));
  CHECK(particle_count(25, 100, 26) == Approx(2 + 0.5 * 24));
  CHECK(edge_width(0, 100) == Approx(1.2));
  CHECK(edge_width(25, 100) == Approx(3.2));
  CHECK(edge_width(100, 100) == Approx(5.2));
  CHECK(edge_width(0, 0) == Approx(1.2));
}

TEST_CASE("topology particles: nothing pulses when motion is reduced", "[drawing]") {
  CHECK(pulse(0, false) == Approx(0.5));
  CHECK(pulse(3.14159265 / 8, false) == Approx(1));
  CHECK(pulse(0, true) == pulse(1, true));
}

}  // namespace
}  // namespace highwater::viewer::topology
