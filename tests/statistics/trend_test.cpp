#include "engine/statistics/trend.h"

#include <chrono>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/statistics/queues.h"

namespace highwater::test {
namespace {

Trend trend_of(const std::vector<Replication>& runs) {
  return growth_trend(members(runs, &Replication::in_system), runs.front().slice_seconds());
}

/// How many of `seeds` runs of M/M/1 (service 1 ms) are called growing.
int growing(double rho, std::size_t replications, double customers, int seeds) {
  const Duration gap(static_cast<std::int64_t>(1e6 / rho));
  const Duration duration(static_cast<std::int64_t>(customers * 1e6 / rho));
  int count = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    std::vector<Replication> runs;
    for (std::size_t r = 0; r < replications; ++r) {
      runs.push_back(open_queue(static_cast<std::uint64_t>(seed), r, gap,
                                Distribution::exponential(std::chrono::milliseconds(1)), 1,
                                duration));
    }
    count += trend_of(runs).growing ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("trend: stable queues are not called unstable", "[statistics][trend]") {
  // Short beside the memory of the queue (1,560 ms at 0.95), where it climbs from empty all along.
  CHECK(growing(0.90, 5, 1'000, 300) <= 1);
  CHECK(growing(0.95, 1, 1'000, 300) <= 1);
  CHECK(growing(0.95, 5, 1'000, 300) <= 1);
  CHECK(growing(0.95, 20, 1'000, 100) == 0);
  CHECK(growing(0.95, 5, 10'000, 100) == 0);
}

TEST_CASE("trend: overload is found", "[statistics][trend]") {
  CHECK(growing(1.05, 1, 100'000, 10) == 10);
  CHECK(growing(1.05, 5, 20'000, 10) == 10);
  CHECK(growing(1.2, 1, 20'000, 10) == 10);
}

TEST_CASE("trend: overload is found in many seeds", "[statistics][trend][nightly]") {
  CHECK(growing(1.05, 1, 100'000, 300) >= 297);
  CHECK(growing(0.95, 5, 10'000, 1'000) <= 5);
  CHECK(growing(0.95, 20, 1'000, 2'000) <= 10);
}

TEST_CASE("trend: the growth rate is that of the overload", "[statistics][trend]") {
  std::vector<Replication> runs;
  for (std::size_t r = 0; r < 5; ++r) {
    runs.push_back(open_queue(1, r, std::chrono::microseconds(800),
                              Distribution::exponential(std::chrono::milliseconds(1)), 1,
                              std::chrono::seconds(50)));
  }
  // 1,250 arrive each second and 1,000 are served.
  CHECK(trend_of(runs).growth_per_s == Approx(250).epsilon(0.05));
}

TEST_CASE("trend: a climb that ends is a warm-up", "[statistics][trend]") {
  SlicedSums sums(100);
  for (std::size_t slice = 0; slice < 100; ++slice) {
    const double level =
        std::min(100.0 + 0.001 * static_cast<double>(slice % 2), 5.0 * static_cast<double>(slice));
    sums.add(slice, level, 1);
  }
  const std::vector<const SlicedSums*> runs{&sums};
  CHECK_FALSE(growth_trend(runs, 1).growing);
}

TEST_CASE("trend: steady growth without noise is growth", "[statistics][trend]") {
  SlicedSums sums(100);
  for (std::size_t slice = 0; slice < 100; ++slice) {
    sums.add(slice, 2 * (3.0 * static_cast<double>(slice) + 1), 2);
  }
  const std::vector<const SlicedSums*> runs{&sums};
  const Trend trend = growth_trend(runs, 0.5);
  CHECK(trend.growing);
  CHECK(trend.growth_per_s == Approx(6));
  CHECK_FALSE(growth_trend({}, 1).growing);
}

}  // namespace highwater::test
