#include "models/algorithms/storage/decaying_reservoir.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "engine/kernel/random.h"

namespace highwater::storage::decaying_reservoir_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("decaying_reservoir: the median of what it holds", "[models][database]") {
  RandomStream random(1, "reservoir", "test");
  DecayingReservoir reservoir;
  CHECK(reservoir.empty());
  CHECK(reservoir.median() == 0);
  reservoir.add(0, 7, random);
  CHECK(reservoir.median() == 7);
  reservoir.add(0, 9, random);
  reservoir.add(0, 1, random);
  CHECK(reservoir.median() == 7);
  reservoir.add(0, 8, random);
  // Of equal weights, half of them before it: Dropwizard takes the upper of both in the middle.
  CHECK(reservoir.median() == 8);
  reservoir.clear();
  CHECK(reservoir.median() == 0);
}

TEST_CASE("decaying_reservoir: of values in one second it is a plain median",
          "[models][database]") {
  CHECK(rc::check([] {
    RandomStream random(*rc::gen::arbitrary<std::uint64_t>(), "reservoir", "test");
    const auto values =
        *rc::gen::resize(DecayingReservoir::kSize, rc::gen::nonEmpty<std::vector<std::uint16_t>>());
    RC_PRE(values.size() <= DecayingReservoir::kSize);
    DecayingReservoir reservoir;
    std::vector<std::int64_t> sorted;
    for (const std::uint16_t value : values) {
      reservoir.add(kSecond / 2, value, random);
      sorted.push_back(value);
    }
    std::sort(sorted.begin(), sorted.end());
    RC_ASSERT(reservoir.median() == sorted[sorted.size() / 2]);
  }));
}

TEST_CASE("decaying_reservoir: newer values count more", "[models][database]") {
  RandomStream random(1, "reservoir", "test");
  DecayingReservoir reservoir;
  for (int i = 0; i < 100; ++i) reservoir.add(0, 10, random);
  // A second later each weighs 2.1 times as much: a third of them is not the half yet, more are.
  for (int i = 0; i < 30; ++i) reservoir.add(kSecond, 50, random);
  const std::int64_t soon = reservoir.median();
  for (int i = 0; i < 60; ++i) reservoir.add(5 * kSecond, 50, random);
  CHECK(soon == 10);
  CHECK(reservoir.median() == 50);
}

TEST_CASE("decaying_reservoir: time may be long", "[models][database]") {
  RandomStream random(1, "reservoir", "test");
  DecayingReservoir reservoir;
  for (int i = 0; i < 200; ++i) reservoir.add(0, 10, random);
  // e^(0.75 t) is no double any more.
  for (int i = 0; i < 3; ++i) reservoir.add(1'000'000 * kSecond, 50, random);
  CHECK(reservoir.median() == 50);
}

}  // namespace
}  // namespace highwater::storage::decaying_reservoir_test
