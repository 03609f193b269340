#include "models/algorithms/resilience/cockatiel.h"

#include <limits>
#include <memory>

#include <catch2/catch.hpp>

#include "models/algorithms/resilience/policy.h"
#include "tests/resilience/replay.h"

namespace highwater::resilience {
namespace {

constexpr std::int64_t kS = 1000 * kMs;

HalfOpenAfter after(std::vector<std::int64_t> pauses) {
  HalfOpenAfter half_open_after;
  half_open_after.pauses = std::move(pauses);
  return half_open_after;
}

std::unique_ptr<Breaker> consecutive(std::uint64_t threshold, HalfOpenAfter half_open_after) {
  BreakerOptions options;
  options.cockatiel_consecutive = {threshold, std::move(half_open_after)};
  return make_breaker(BreakerPolicy::cockatiel_consecutive, options);
}
std::unique_ptr<Breaker> count(double threshold, std::uint32_t size, std::uint32_t minimum,
                               HalfOpenAfter half_open_after) {
  BreakerOptions options;
  options.cockatiel_count = {threshold, size, minimum, std::move(half_open_after)};
  return make_breaker(BreakerPolicy::cockatiel_count, options);
}
std::unique_ptr<Breaker> sampling(double threshold, std::int64_t duration, double rps,
                                  HalfOpenAfter half_open_after) {
  BreakerOptions options;
  options.cockatiel_sampling = {threshold, duration, rps, std::move(half_open_after)};
  return make_breaker(BreakerPolicy::cockatiel_sampling, options);
}

TEST_CASE("cockatiel: decides as recorded", "[resilience]") {
  const std::unique_ptr<Breaker> breakers[] = {consecutive(5, after({10 * kS})),
                                               count(0.5, 10, 5, after({5 * kS})),
                                               sampling(0.4, 10 * kS, 1, after({5 * kS}))};
  const auto runs = golden_json("cockatiel_breakers.json")["runs"];
  REQUIRE(runs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (const auto& row : runs[i]["rows"]) {
      CAPTURE(i, row.dump());
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      CHECK(call(*breakers[i], now, row[1] == 1) == (row[2] != "open"));
      CHECK(static_cast<int>(breakers[i]->state(now)) == row[3]);
    }
  }
}

TEST_CASE("cockatiel: overlapping and waiting calls as recorded", "[resilience]") {
  HalfOpenAfter growing;
  growing.generator = BackoffKind::cockatiel_none;
  growing.exponential = {300 * kMs, 3 * kS, 2, 0, 0};
  std::vector<std::unique_ptr<Breaker>> breakers;
  breakers.push_back(consecutive(4, after({2 * kS})));
  breakers.push_back(count(0.35, 12, 0, after({3 * kS})));
  breakers.push_back(count(0.5, 8, 3, after({500 * kMs, kS, 4 * kS})));
  breakers.push_back(sampling(0.3, 6500 * kMs, 1.5, after({2500 * kMs})));
  breakers.push_back(sampling(0.5, 2 * kS, 0, growing));
  std::vector<nlohmann::json> runs;
  for (const char* name : {"cockatiel_consecutive", "cockatiel_count", "cockatiel_sampling"})
    for (nlohmann::json& rows : overlapping(name)) runs.push_back(std::move(rows));
  REQUIRE(runs.size() == breakers.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    CAPTURE(i);
    Replay(*breakers[i]).run(runs[i]);
  }
}

TEST_CASE("cockatiel: a cancelled test closes and other cancelled calls do not count",
          "[resilience]") {
  const auto breaker = consecutive(2, after({kS}));
  const Admission first = breaker->admit(0);
  CHECK(call(*breaker, 0, false));
  breaker->cancelled(first, 0);
  CHECK(breaker->state(0) == BreakerState::closed);
  CHECK(call(*breaker, 0, false));
  CHECK(breaker->state(0) == BreakerState::open);
  const Admission test = breaker->admit(kS);
  REQUIRE(test == Admission::trial);
  CHECK(breaker->admit(kS) == Admission::wait);
  breaker->cancelled(test, kS);
  CHECK(breaker->state(kS) == BreakerState::closed);
}

TEST_CASE("cockatiel: isolated until everybody who asked has let go", "[resilience]") {
  CockatielBreaker<ConsecutiveCounter> breaker(ConsecutiveCounter(1), after({kS}), 0);
  breaker.isolate();
  breaker.isolate();
  CHECK(breaker.state(0) == BreakerState::isolated);
  CHECK_FALSE(call(breaker, 100 * kS, true));
  breaker.release();
  CHECK(breaker.state(0) == BreakerState::isolated);
  breaker.release();
  CHECK(call(breaker, 0, true));
}

TEST_CASE("cockatiel: waits that are drawn follow the bits", "[resilience]") {
  SplitMix bits{3};
  HalfOpenAfter drawn;
  drawn.generator = BackoffKind::cockatiel_full;
  drawn.exponential = {kS, 30 * kS, 2, 0, 0};
  drawn.bits = AnyBits(bits);
  SplitMix same{3};
  const double draw = static_cast<double>(same.bits() >> 11) * 0x1p-53;
  const auto wait = static_cast<std::int64_t>(draw * 1000);
  REQUIRE(wait > 0);
  const auto breaker = consecutive(1, drawn);
  CHECK(call(*breaker, 0, false));
  CHECK_FALSE(call(*breaker, (wait - 1) * kMs, true));
  CHECK(call(*breaker, wait * kMs, true));
  drawn.bits.reset();
  const auto at_once = consecutive(1, drawn);
  CHECK(call(*at_once, 0, false));
  CHECK(call(*at_once, 0, true));
}

TEST_CASE("cockatiel: thresholds that are zero or no number", "[resilience]") {
  const auto zero = consecutive(0, after({}));
  CHECK(call(*zero, 0, false));
  CHECK(zero->state(0) == BreakerState::open);
  CHECK(call(*zero, 0, true));  // no wait
  const auto any = count(0, 0, 0, after({kS}));
  CHECK(call(*any, 0, false));
  CHECK(any->state(0) == BreakerState::open);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto never = count(nan, 3, 1, after({kS}));
  const auto also_never = sampling(nan, 0, nan, after({kS}));
  for (int i = 0; i < 20; ++i) {
    CHECK(call(*never, i * kMs, false));
    CHECK(call(*also_never, i * kMs, false));
  }
}

}  // namespace
}  // namespace highwater::resilience
