#include "models/algorithms/membership/lease.h"

#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::membership {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

TEST_CASE("clock: offset and drift and steps and slews", "[membership]") {
  SkewedClock clock(5 * kSecond, 100);
  CHECK(clock.at(0) == 5 * kSecond);
  CHECK(clock.at(100 * kSecond) == 105 * kSecond + 10 * kMs);
  clock.step(100 * kSecond, -3 * kSecond);
  CHECK(clock.at(100 * kSecond) == 102 * kSecond + 10 * kMs);
  clock.set_drift(100 * kSecond, 0);
  clock.slew(100 * kSecond, 10 * kMs);
  CHECK(clock.at(110 * kSecond) == 112 * kSecond + 15 * kMs);  // 500 in a million
  CHECK(clock.at(120 * kSecond) == 122 * kSecond + 20 * kMs);
  CHECK(clock.at(200 * kSecond) == 202 * kSecond + 20 * kMs);
  clock.slew(200 * kSecond, -10 * kMs);
  CHECK(clock.at(210 * kSecond) == 212 * kSecond + 15 * kMs);
  clock.set_drift(210 * kSecond, 0);
  CHECK(clock.at(300 * kSecond) == 302 * kSecond + 10 * kMs);
}

TEST_CASE("lease: one holder and greater tokens", "[membership]") {
  LeaseStore store;
  CHECK(store.acquire(0, 1, 30 * kSecond).token == 1);
  CHECK_FALSE(store.acquire(kSecond, 2, 30 * kSecond).granted);
  CHECK(store.acquire(10 * kSecond, 1, 30 * kSecond).token == 1);  // renewed
  CHECK_FALSE(store.acquire(40 * kSecond - 1, 2, 30 * kSecond).granted);
  CHECK(store.acquire(40 * kSecond, 2, 30 * kSecond).token == 2);
  CHECK(store.holder(0) == 2u);  // its clock went back: as if it stood still
  store.release(41 * kSecond, 1);
  CHECK(store.holder(41 * kSecond) == 2u);
  store.release(41 * kSecond, 2);
  CHECK_FALSE(store.holder(41 * kSecond).has_value());
  CHECK_FALSE(store.acquire(42 * kSecond, 3, 0).granted);
  FencedResource resource;
  CHECK(resource.accept(2));
  CHECK_FALSE(resource.accept(1));
  CHECK(resource.accept(2));
}

TEST_CASE("lease: a holder counts from the sending and stops before the end", "[membership]") {
  LeaseHolder holder({.ttl = 30 * kSecond, .max_drift = kSecond});
  CHECK_FALSE(holder.believes(0));
  holder.answered({true, 1});  // nobody asked
  CHECK_FALSE(holder.believes(0));
  holder.sent(100 * kSecond);
  CHECK_FALSE(holder.believes(100 * kSecond));
  holder.answered({true, 7});
  CHECK(holder.believes(129 * kSecond - 1));
  CHECK_FALSE(holder.believes(129 * kSecond));
  CHECK(holder.until() == 129 * kSecond);
  CHECK(holder.token() == 7);
  CHECK(holder.believes(-1000 * kSecond));  // it can not know
  holder.sent(110 * kSecond);
  holder.answered({false, 7});
  CHECK_FALSE(holder.believes(111 * kSecond));
  holder.sent(120 * kSecond);
  holder.answered({true, 8});
  holder.gave_up();
  CHECK_FALSE(holder.believes(121 * kSecond));
  LeaseHolder never({.ttl = kSecond, .max_drift = kSecond});
  never.sent(0);
  never.answered({true, 1});
  CHECK_FALSE(never.believes(0));
}

TEST_CASE("lease: Patroni's settings are sound", "[membership]") {
  CHECK(LeaseOptions{}.sound());
  CHECK_FALSE(LeaseOptions{.ttl = 29 * kSecond}.sound());
}

// Two members that ask at random, over a slow network, on clocks that drift.
std::size_t overlaps(std::uint64_t seed, std::int64_t ppm, std::int64_t max_drift) {
  SplitMix bits{seed};
  const LeaseOptions options{.ttl = 10 * kSecond, .max_drift = max_drift};
  LeaseStore store;
  LeaseHolder holders[2] = {LeaseHolder(options), LeaseHolder(options)};
  SkewedClock clocks[2] = {SkewedClock(-7 * kSecond, -ppm), SkewedClock(3600 * kSecond, ppm)};
  struct Way {
    bool out = false;
    std::int64_t arrives = 0;
    std::int64_t answers = 0;
    bool there = false;
    LeaseStore::Grant grant;
  } ways[2];
  std::size_t both = 0;
  for (std::int64_t now = 0; now < 600 * kSecond; now += 50 * kMs) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      Way& way = ways[i];
      if (!way.out && bits.bits() % 60 == 0) {
        holders[i].sent(clocks[i].at(now));
        way = {true, now + static_cast<std::int64_t>(bits.bits() % 2000) * kMs, 0, false, {}};
        way.answers = way.arrives + static_cast<std::int64_t>(bits.bits() % 2000) * kMs;
      }
      if (way.out && !way.there && now >= way.arrives) {
        way.grant = store.acquire(now, i, options.ttl);
        way.there = true;
      }
      if (way.out && way.there && now >= way.answers) {
        holders[i].answered(way.grant);
        way.out = false;
      }
    }
    both += holders[0].believes(clocks[0].at(now)) && holders[1].believes(clocks[1].at(now));
  }
  return both;
}

TEST_CASE("lease: no two believe while the drift is within its bound", "[membership]") {
  CHECK(rc::check([](std::uint64_t seed) {
    const auto ppm = static_cast<std::int64_t>(seed % 50'000);
    // In a ttl of its own a slow clock lags by ttl * ppm / (10^6 - ppm) of true time.
    const std::int64_t drift = 10 * kSecond / 1'000'000 * ppm + kMs;
    RC_ASSERT(overlaps(seed, ppm, drift) == 0u);
  }));
  // With nothing allowed for and a clock that runs at half speed some do.
  std::size_t both = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) both += overlaps(seed, 500'000, 0);
  CHECK(both > 0);
}

}  // namespace
}  // namespace highwater::membership
