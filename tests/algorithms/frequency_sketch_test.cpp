#include "models/algorithms/caching/frequency_sketch.h"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

TEST_CASE("FrequencySketch: never below the truth, up to 15, and seldom above it",
          "[algorithms][caching]") {
  FrequencySketch sketch;
  sketch.ensure_capacity(1000);
  SplitMix bits{1};
  std::map<std::uint64_t, std::uint32_t> truth;
  for (int i = 0; i < 2400; ++i) {  // far from the 10,000 uses that would halve it
    const std::uint64_t key = (bits.bits() % 900) * (bits.bits() % 900) / 900;
    sketch.increment(key);
    ++truth[key];
  }
  int above = 0;
  for (const auto& [key, count] : truth) {
    REQUIRE(sketch.frequency(key) >= std::min(count, 15u));
    above += sketch.frequency(key) > std::min(count, 15u);
  }
  CHECK(above * 50 < int(truth.size()));
}

TEST_CASE("FrequencySketch: counts stop at 15 and are halved in time", "[algorithms][caching]") {
  FrequencySketch sketch;
  sketch.ensure_capacity(64);  // halved after 640 uses
  for (int i = 0; i < 100; ++i) sketch.increment(7);
  CHECK(sketch.frequency(7) == 15);
  std::uint64_t others = 0;
  while (sketch.frequency(7) == 15 && others < 1000) sketch.increment(1000 + others++);
  CHECK(sketch.frequency(7) == 7);
  CHECK(others >= 625);  // the 15 uses that were counted are among the 640
  CHECK(others < 700);   // few find all their counters full already
}

TEST_CASE("FrequencySketch: counts nothing before it has room", "[algorithms][caching]") {
  FrequencySketch sketch;
  sketch.increment(1);
  CHECK(sketch.frequency(1) == 0);
  CHECK(sketch.bytes() == 0);
  sketch.ensure_capacity(1000);
  CHECK(sketch.bytes() == 8 * 1024);
  sketch.increment(1);
  sketch.ensure_capacity(500);  // large enough: nothing is forgotten
  CHECK(sketch.frequency(1) == 1);
  sketch.clear();
  CHECK(sketch.bytes() == 0);
}

}  // namespace
}  // namespace highwater::caching
