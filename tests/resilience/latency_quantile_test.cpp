#include "models/algorithms/resilience/latency_quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::resilience {
namespace {

TEST_CASE("latency quantile: at most a thirty-second above the sorted one", "[resilience]") {
  for (const double q : {0.0, 0.5, 0.95, 0.99, 1.0}) {
    LatencyQuantile estimate(q, 0);
    std::vector<std::int64_t> all;
    SplitMix bits{11};
    for (int i = 0; i < 64 * 50; ++i) {
      const auto latency = static_cast<std::int64_t>(bits.bits() >> (20 + bits.bits() % 40));
      estimate.observe(i, latency);
      all.push_back(latency);
    }
    std::sort(all.begin(), all.end());
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(q * static_cast<double>(all.size()))));
    const std::int64_t exact = all[rank - 1];
    CAPTURE(q, exact);
    CHECK(*estimate.value(64 * 50) >= exact);
    CHECK(*estimate.value(64 * 50) <= exact + exact / 32);
  }
}

TEST_CASE("latency quantile: small and extreme latencies have buckets", "[resilience]") {
  for (const std::int64_t latency :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{31}, std::int64_t{32}, std::int64_t{63},
        std::int64_t{64}, std::int64_t{65}, std::numeric_limits<std::int64_t>::max()}) {
    LatencyQuantile estimate(0.5, 0);
    estimate.observe(0, latency);
    CHECK(*estimate.value(0) >= latency);
    CHECK(*estimate.value(0) - latency <= latency / 32);
  }
  LatencyQuantile negative(0.5, 0);
  negative.observe(0, -7);
  CHECK(negative.value(0) == 0);
}

TEST_CASE("latency quantile: forgets after two windows", "[resilience]") {
  LatencyQuantile estimate(0.5, 100);
  CHECK_FALSE(estimate.value(0));
  estimate.observe(0, 10);
  estimate.observe(110, 20);
  CHECK(estimate.count(150) == 2);
  CHECK(estimate.value(150) == 10);
  CHECK(estimate.value(210) == 20);
  CHECK(estimate.value(50) == 20);  // a clock gone back stands still
  CHECK_FALSE(estimate.value(300));
  estimate.observe(1'000'000, 30);
  CHECK(estimate.value(1'000'000) == 30);
}

TEST_CASE("latency quantile: calculated anew every 64 latencies", "[resilience]") {
  LatencyQuantile estimate(1, 0);
  for (int i = 0; i < 64; ++i) estimate.observe(i, 5);
  for (int i = 0; i < 63; ++i) estimate.observe(100 + i, 20);
  CHECK(estimate.value(200) == 5);
  estimate.observe(200, 20);
  CHECK(estimate.value(200) == 20);
}

TEST_CASE("latency quantile: shares outside their range", "[resilience]") {
  for (const auto& [q, expected] : {std::pair{-1.0, 1}, std::pair{2.0, 9},
                                    std::pair{std::numeric_limits<double>::quiet_NaN(), 9}}) {
    LatencyQuantile estimate(q, 0);
    for (const std::int64_t latency : {1, 5, 9}) estimate.observe(0, latency);
    CHECK(estimate.value(0) == expected);
  }
}

}  // namespace
}  // namespace highwater::resilience
