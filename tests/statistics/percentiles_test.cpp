#include "engine/statistics/percentiles.h"

#include <cmath>

#include <catch2/catch.hpp>

namespace highwater {
namespace {

Histogram ramp() {
  Histogram histogram;
  for (std::int64_t i = 1; i <= 10'000; ++i) histogram.record(i * 1'000);  // 1 us … 10 ms
  return histogram;
}

}  // namespace

TEST_CASE("percentiles: the spectrum rises to the maximum", "[statistics][percentiles]") {
  const std::vector<PercentilePoint> points = percentile_spectrum(ramp(), 5);
  REQUIRE(points.size() >= 25);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double truth = points[i].quantile * 1e7;
    CHECK(std::abs(points[i].value_ns - truth) <= 0.01 * truth + 2'000);
    CHECK(points[i].quantile == static_cast<double>(points[i].count) / 10'000);
    if (i == 0) continue;
    CHECK(points[i].value_ns > points[i - 1].value_ns);
    CHECK(points[i].count > points[i - 1].count);
  }
  CHECK(points.back().value_ns == 1e7);
  CHECK(points.back().quantile == 1);
  CHECK(percentile_spectrum(Histogram()).empty());
  CHECK(percentile_spectrum(ramp(), 1).size() < points.size());
}

TEST_CASE("percentiles: text there and back", "[statistics][percentiles]") {
  const Histogram histogram = ramp();
  const std::string text = to_hgrm(histogram, 20);
  CHECK(text.find("Value") != std::string::npos);
  CHECK(text.find("Max") != std::string::npos);
  const std::optional<Histogram> back = from_hgrm(text);
  REQUIRE(back);
  CHECK(back->count() == histogram.count());
  CHECK(back->max_ns() == histogram.max_ns());
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    CHECK(back->quantile_ns(q) == Approx(histogram.quantile_ns(q)).epsilon(0.04));
  }
}

TEST_CASE("percentiles: what is no spectrum", "[statistics][percentiles]") {
  CHECK(from_hgrm("")->empty());
  CHECK(from_hgrm("# only a remark\n\n")->empty());
  CHECK_FALSE(from_hgrm("1.5 0.5 ten"));
  CHECK_FALSE(from_hgrm("1.5 0.5"));
  CHECK_FALSE(from_hgrm("-1 0.5 10"));
  CHECK_FALSE(from_hgrm("nan 0.5 10"));
  CHECK_FALSE(from_hgrm("1 0.5 10\n2 0.9 5"));  // counts fall
  CHECK(from_hgrm("1 0.5 10\n2 1.0 20 inf")->count() == 20);
}

}  // namespace highwater
