#include "models/algorithms/caching/freshness.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct NoBits {
  std::uint64_t bits() { throw std::logic_error("nothing is drawn here"); }
};

Freshness at(std::int64_t now, const FreshnessRules& rules) {
  NoBits none;
  return freshness({.fresh_until = 100 * kSecond, .lifetime = 60 * kSecond}, rules, now, none);
}

TEST_CASE("freshness: an answer is fresh while its age is below its lifetime",
          "[algorithms][caching]") {
  CHECK(at(40 * kSecond, {}) == Freshness::fresh);
  CHECK(at(100 * kSecond - 1, {}) == Freshness::fresh);
  CHECK(at(100 * kSecond, {}) == Freshness::dead);
}

TEST_CASE("freshness: stale answers serve as long as RFC 5861 says", "[algorithms][caching]") {
  FreshnessRules rules;
  rules.stale_while_revalidate = 10 * kSecond;
  rules.stale_if_error = 30 * kSecond;
  CHECK(at(100 * kSecond - 1, rules) == Freshness::fresh);
  CHECK(at(100 * kSecond, rules) == Freshness::revalidate);
  CHECK(at(110 * kSecond - 1, rules) == Freshness::revalidate);
  CHECK(at(110 * kSecond, rules) == Freshness::fallback);
  CHECK(at(130 * kSecond - 1, rules) == Freshness::fallback);
  CHECK(at(130 * kSecond, rules) == Freshness::dead);
  CHECK(useless_from(100 * kSecond, rules) == 130 * kSecond);
  CHECK(useless_from(100 * kSecond, {}) == 100 * kSecond);
  CHECK(useless_from(std::numeric_limits<std::int64_t>::max() - 1, rules) ==
        std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("freshness: refresh_ahead fetches after its share of the lifetime",
          "[algorithms][caching]") {
  FreshnessRules rules;
  rules.refresh_ahead = 0.75;
  CHECK(at(85 * kSecond - 1, rules) == Freshness::fresh);  // 40 s + 45 s
  CHECK(at(85 * kSecond, rules) == Freshness::refresh);
  CHECK(at(100 * kSecond - 1, rules) == Freshness::refresh);
  CHECK(at(100 * kSecond, rules) == Freshness::dead);
}

// -ln(u) is exponential with mean 1: with `left` before the end, a use fetches with probability
// exp(-left / (fetch_time * beta)).
TEST_CASE("freshness: XFetch's chance to fetch early", "[algorithms][caching]") {
  SplitMix bits{1};
  for (const double beta : {0.5, 1.0, 2.0}) {
    for (const std::int64_t left : {kSecond / 10, kSecond, 3 * kSecond}) {
      FreshnessRules rules;
      rules.early_beta = beta;
      const StoredAnswer stored{100 * kSecond, 60 * kSecond, kSecond};
      int early = 0;
      constexpr int kUses = 40'000;
      for (int i = 0; i < kUses; ++i)
        early += freshness(stored, rules, 100 * kSecond - left, bits) == Freshness::refresh;
      const double p = std::exp(-static_cast<double>(left) / (1e9 * beta));
      CAPTURE(beta, left);
      CHECK(std::abs(early / double(kUses) - p) <= 5 * std::sqrt(p * (1 - p) / kUses));
    }
  }
}

TEST_CASE("freshness: XFetch never fetches early what took no time to get",
          "[algorithms][caching]") {
  SplitMix bits{1};
  FreshnessRules rules;
  rules.early_beta = 1;
  for (int i = 0; i < 1000; ++i)
    CHECK(freshness({kSecond, kSecond, 0}, rules, kSecond - 1, bits) == Freshness::fresh);
}

TEST_CASE("jittered: shorter by up to its share, uniformly", "[algorithms][caching]") {
  NoBits none;
  CHECK(jittered(60 * kSecond, 0, none) == 60 * kSecond);
  SplitMix bits{1};
  double sum = 0;
  std::int64_t least = 60 * kSecond;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t lifetime = jittered(60 * kSecond, 0.1, bits);
    REQUIRE(lifetime > 54 * kSecond);
    REQUIRE(lifetime <= 60 * kSecond);
    least = std::min(least, lifetime);
    sum += static_cast<double>(lifetime);
  }
  // The mean of 20,000 uniform draws over 6 s: 57 s within five of 12 ms.
  CHECK(sum / 20'000 == Approx(57e9).margin(0.062e9));
  CHECK(least < 54 * kSecond + kSecond / 100);
}

}  // namespace
}  // namespace highwater::caching
