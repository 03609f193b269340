#include "models/algorithms/limiting/envoy_local_rate_limit.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/limiting/token_bucket.h"
#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

TEST_CASE("envoy_local_rate_limit: tokens come evenly", "[limiting]") {
  Bench bucket{EnvoyLocalRateLimit({4, 4, kSecond, false})};
  CHECK(bucket.letters({1, 1, 1, 1, 1}) == "aaaad");
  CHECK(bucket.at(1) == Verdict::denied(kSecond / 4));
  CHECK(bucket.letters({kSecond / 4 + 1, kSecond / 4 + 1, kSecond / 2 + 9}) == "ada");
}

TEST_CASE("envoy_local_rate_limit: a timer brings them all at once", "[limiting]") {
  Bench bucket{EnvoyLocalRateLimit({4, 2, kSecond, true}), 10 * kSecond};
  const std::int64_t start = 10 * kSecond;
  CHECK(bucket.letters({start, start, start, start, start + kSecond - 1}) == "aaaad");
  CHECK(bucket.at(start + kSecond - 1, 3) == Verdict::denied(kSecond + 1));
  CHECK(bucket.letters({start + kSecond, start + kSecond, start + kSecond}) == "aad");
  CHECK(bucket.at(start + 100 * kSecond, 4) == Verdict::allowed());
  CHECK_FALSE(bucket.at(start + 100 * kSecond).is_admitted());
}

// At one token each 2^-n seconds the doubles of both are exact.
TEST_CASE("envoy_local_rate_limit: decides as a token bucket does", "[limiting][property]") {
  CHECK(rc::check([] {
    const auto burst = *rc::gen::inRange<std::uint32_t>(1, 6);
    Bench envoy{EnvoyLocalRateLimit({burst, 4, kSecond, false})};
    Bench bucket{TokenBucket({4, burst})};
    std::int64_t now = kSecond;
    const auto steps =
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 9));
    for (const std::int64_t step : steps) {
      now += step * kSecond / 32;
      const auto cost = static_cast<std::uint32_t>(step % 3 + 1);
      RC_ASSERT(envoy.at(now, cost).is_admitted() == bucket.at(now, cost).is_admitted());
    }
  }));
}

TEST_CASE("envoy_local_rate_limit: edges", "[limiting]") {
  for (const bool timer : {false, true}) {
    Bench bucket{EnvoyLocalRateLimit({2, 0, kSecond, timer}), 5 * kSecond};
    CHECK(bucket.letters({5 * kSecond, 5 * kSecond, 500 * kSecond}) == "aad");
    CHECK(bucket.at(500 * kSecond, 3) == Verdict::denied(kNever));
    CHECK(bucket.at(500 * kSecond, 0) == Verdict::allowed());
    CHECK_FALSE(bucket.at(0).is_admitted());  // time going back brings nothing
    CHECK(Bench{EnvoyLocalRateLimit({0, 1, kSecond, timer})}.at(9 * kSecond) ==
          Verdict::denied(kNever));
  }
  CHECK(Bench{EnvoyLocalRateLimit({2, 0, kSecond, true})}.at(0, 2).is_admitted());
  Bench yearly{EnvoyLocalRateLimit({1, 0, kSecond, false})};  // Envoy's least: one a year
  CHECK(yearly.letters({1, 300 * 86'400 * kSecond, 366 * 86'400 * kSecond}) == "ada");
}

}  // namespace
}  // namespace highwater::limiting
