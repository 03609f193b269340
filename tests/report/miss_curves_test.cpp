#include "engine/report/miss_curves.h"

#include <catch2/catch.hpp>

namespace highwater {
namespace {

MissCurves sample() {
  MissCurves curves;
  curves.trace = "traces/<b>web.csv";
  curves.format = "csv";
  curves.requests = 1000;
  curves.keys = 400;
  curves.curves = {
      {"lru", "Evicts the idlest.", {{10, 900, {0.9, {}, ""}}, {100, 600, {0.6, {}, ""}}}, false},
      {"fifo",
       "Evicts the oldest.",
       {{10, 880, {0.88, {}, ""}}, {100, 610, {0.61, {}, ""}}},
       false}};
  curves.notes = {"A note."};
  curves.command = "highwater cache-curve traces/web.csv";
  return curves;
}

MissCurves sampled() {
  MissCurves curves = sample();
  curves.samples = 8;
  curves.sample_rate = 0.01;
  for (MissCurves::Curve& curve : curves.curves)
    for (MissCurves::Point& point : curve.points)
      point.miss_ratio.ci95 =
          Interval{*point.miss_ratio.value - 0.02, *point.miss_ratio.value + 0.02};
  return curves;
}

TEST_CASE("miss curves: the table has a row for each size and a column for each policy",
          "[report]") {
  const std::string table = miss_curves_table(sample(), {});
  CHECK_THAT(table, Catch::Contains("1000 requests for 400 keys, every request simulated"));
  CHECK_THAT(table, Catch::Contains("lru") && Catch::Contains("fifo"));
  CHECK_THAT(table, Catch::Contains("90.0%") && Catch::Contains("88.0%"));
  CHECK_THAT(miss_curves_table(sampled(), {}), Catch::Contains("90.0% ±2.0"));
  CHECK_THAT(table, Catch::Contains("A note."));
}

TEST_CASE("miss curves: the lowest of a size is marked, but not among estimates", "[report]") {
  MissCurves curves = sample();
  CHECK_FALSE(is_best(curves, 0, curves.curves[0]));
  CHECK(is_best(curves, 0, curves.curves[1]));
  CHECK(is_best(curves, 1, curves.curves[0]));
  const MissCurves estimates = sampled();
  CHECK_FALSE(is_best(estimates, 0, estimates.curves[1]));
  // The bound is out of the competition.
  curves.curves[1].bound = true;
  CHECK(is_best(curves, 0, curves.curves[0]));
  CHECK_FALSE(is_best(curves, 0, curves.curves[1]));
}

TEST_CASE("miss curves: CSV has every point", "[report]") {
  CHECK(miss_curves_csv(sample()) ==
        "policy,capacity,requests,misses,miss_ratio,ci95_low,ci95_high\n"
        "lru,10,1000,900,0.9,,\nlru,100,1000,600,0.6,,\n"
        "fifo,10,1000,880,0.88,,\nfifo,100,1000,610,0.61,,\n");
}

TEST_CASE("miss curves: JSON says what the table says", "[report]") {
  const std::string json = miss_curves_json(sampled());
  CHECK_THAT(json, Catch::Contains("\"schema\": \"highwater/miss-curves/1\""));
  CHECK_THAT(json, Catch::Contains("\"capacity\": 100"));
  CHECK_THAT(json, Catch::Contains("\"sample_rate\": 0.01"));
}

TEST_CASE("miss curves: the page draws a line for each policy and runs no script", "[report]") {
  const std::string page = miss_curves_html(sampled());
  CHECK_THAT(page, Catch::Contains("default-src 'none'") && !Catch::Contains("<script"));
  CHECK_THAT(page, !Catch::Contains("<b>web") && Catch::Contains("&lt;"));
  std::size_t lines = 0;
  for (std::size_t at = page.find("<polyline"); at != page.npos;
       at = page.find("<polyline", at + 1))
    ++lines;
  CHECK(lines == 2);
  CHECK_THAT(page, Catch::Contains("class=\"band\""));
  CHECK_THAT(miss_curves_html(sample()), !Catch::Contains("class=\"band\""));
}

TEST_CASE("miss curves: one point draws too", "[report]") {
  MissCurves curves = sample();
  for (MissCurves::Curve& curve : curves.curves) curve.points.resize(1);
  CHECK_THAT(miss_curves_html(curves), Catch::Contains("<circle") && !Catch::Contains("nan"));
}

}  // namespace
}  // namespace highwater
