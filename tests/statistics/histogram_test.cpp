#include "engine/statistics/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater {
namespace {

/// Values over eleven orders of magnitude, each equally likely.
std::vector<std::int64_t> wide_sample(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, "histogram", "values");
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bits = random.below(38);
    const std::uint64_t value = random.below(std::uint64_t{2} << bits);
    values.push_back(static_cast<std::int64_t>(value));
  }
  return values;
}

Histogram histogram_of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.record(value);
  return histogram;
}

}  // namespace

TEST_CASE("histogram: quantiles are within the stated resolution", "[statistics][histogram]") {
  std::vector<std::int64_t> values = wide_sample(20'000, 1);
  const Histogram histogram = histogram_of(values);
  std::sort(values.begin(), values.end());
  CHECK(Histogram::resolution() <= 0.005);
  double worst = 0;
  for (std::size_t rank = 1; rank <= values.size(); ++rank) {
    const double q = (static_cast<double>(rank) - 0.5) / static_cast<double>(values.size());
    const double truth = static_cast<double>(values[rank - 1]);
    const double error = std::abs(histogram.quantile_ns(q) - truth);
    if (truth < 256) {
      REQUIRE(error == 0);
    } else {
      worst = std::max(worst, error / truth);
    }
  }
  CHECK(worst <= Histogram::resolution());
  CHECK(worst > 0.5 * Histogram::resolution());  // else the bound claims less than is known
}

TEST_CASE("histogram: count, sum, minimum and maximum are exact", "[statistics][histogram]") {
  const std::vector<std::int64_t> values = wide_sample(5'000, 2);
  const Histogram histogram = histogram_of(values);
  std::int64_t sum = 0;
  for (const std::int64_t value : values) sum += value;
  CHECK(histogram.count() == values.size());
  CHECK(histogram.sum_ns() == static_cast<double>(sum));
  CHECK(histogram.mean_ns() == static_cast<double>(sum) / 5'000);
  CHECK(histogram.min_ns() == *std::min_element(values.begin(), values.end()));
  CHECK(histogram.max_ns() == *std::max_element(values.begin(), values.end()));
  CHECK(histogram.quantile_ns(0) == static_cast<double>(histogram.min_ns()));
  CHECK(histogram.quantile_ns(1) == static_cast<double>(histogram.max_ns()));
}

TEST_CASE("histogram: the ends of the range", "[statistics][histogram]") {
  Histogram histogram;
  CHECK(histogram.empty());
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  histogram.record(0);
  histogram.record(largest);
  CHECK(histogram.min_ns() == 0);
  CHECK(histogram.max_ns() == largest);
  CHECK(histogram.count() == 2);
  // Four times the largest value is beyond 64 bits.
  histogram.record(largest, 3);
  CHECK(histogram.sum_ns() == Approx(4 * 9.223372036854775807e18).epsilon(1e-15));
  Histogram one_by_one;
  one_by_one.record(0);
  for (int i = 0; i < 4; ++i) one_by_one.record(largest);
  CHECK(histogram == one_by_one);
}

TEST_CASE("histogram: many at once is the same as one by one", "[statistics][histogram]") {
  Histogram at_once, one_by_one;
  at_once.record(123'456'789, 1000);
  at_once.record(42, 7);
  at_once.record(77, 0);
  for (int i = 0; i < 1000; ++i) one_by_one.record(123'456'789);
  for (int i = 0; i < 7; ++i) one_by_one.record(42);
  CHECK(at_once == one_by_one);
}

TEST_CASE("histogram: merging does not depend on order or packing", "[statistics][histogram]") {
  const std::vector<std::int64_t> values = wide_sample(3'000, 3);
  const Histogram all = histogram_of(values);
  Histogram parts[3];
  for (std::size_t i = 0; i < values.size(); ++i) parts[i % 3].record(values[i]);
  parts[1].compact();
  Histogram forward, backward;
  for (int i = 0; i < 3; ++i) forward.merge(parts[i]);
  for (int i = 2; i >= 0; --i) backward.merge(parts[i]);
  CHECK(forward == all);
  CHECK(backward == all);
  Histogram twice = all;
  twice.merge(twice);
  CHECK(twice.count() == 2 * all.count());
  CHECK(twice.sum_ns() == 2 * all.sum_ns());
  CHECK_FALSE(twice == all);
}

TEST_CASE("histogram: packing saves memory and loses nothing", "[statistics][histogram]") {
  const std::vector<std::int64_t> values = wide_sample(400, 4);
  Histogram packed = histogram_of(values);
  const Histogram plain = packed;
  packed.compact();
  CHECK(packed == plain);
  CHECK(packed.heap_bytes() * 10 < plain.heap_bytes());
  CHECK(packed.quantile_ns(0.9) == plain.quantile_ns(0.9));
  packed.compact();  // twice is once
  packed.record(5);
  Histogram expected = plain;
  expected.record(5);
  CHECK(packed == expected);
  Histogram nothing;
  nothing.compact();
  CHECK(nothing == Histogram());
}

TEST_CASE("histogram: buckets cover what they say", "[statistics][histogram]") {
  const Histogram histogram = histogram_of(wide_sample(5'000, 5));
  std::uint64_t count = 0, end = 0;
  histogram.for_each_bucket([&](std::uint64_t lower, std::uint64_t upper, std::uint64_t in_bucket) {
    REQUIRE(lower >= end);
    REQUIRE(upper > lower);
    REQUIRE((upper - lower) * 128 <= std::max<std::uint64_t>(lower, 128));
    end = upper;
    count += in_bucket;
  });
  CHECK(count == histogram.count());
}

TEST_CASE("histogram: a cut divides the observations exactly", "[statistics][histogram]") {
  Histogram ties;
  ties.record(0, 700);
  ties.record(1'000'000, 300);
  for (const double q : {0.1, 0.5, 0.7, 0.9}) {
    CHECK(ties.count_above(ties.cut_at(q)) == Approx(1000 * (1 - q)));
  }
  Histogram other;
  other.record(0, 10);
  other.record(500, 10);
  CHECK(other.count_above(ties.cut_at(0.35)) == Approx(15));  // half of the zeros, and all above
}

TEST_CASE("histogram: interpolation runs through a bucket", "[statistics][histogram]") {
  Histogram histogram;
  for (std::int64_t value = 1'000'000; value < 2'000'000; value += 100) histogram.record(value);
  for (const double q : {0.123, 0.5, 0.777, 0.999}) {
    const double truth = 1e6 + 1e6 * q;
    CHECK(std::abs(histogram.interpolated_quantile_ns(q) - truth) <
          1'000);  // buckets are 8 or 16 us wide
  }
}

}  // namespace highwater
