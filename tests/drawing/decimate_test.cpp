#include "viewer/draw/decimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "viewer/draw/stack.h"

namespace highwater::viewer {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST_CASE("values: spans, ramps and questions are read alike", "[drawing][decimate]") {
  const std::vector<double> doubles = {1, 2, 4};
  const std::vector<float> floats = {1, 2, 4};
  const Values asked(3, [](std::size_t i) { return i == 2 ? 4.0 : static_cast<double>(i + 1); });
  for (const Values& values : {Values(doubles), Values(floats), asked}) {
    CHECK(values.size() == 3);
    CHECK(values[2] == 4);
    CHECK(values.lower_bound(0) == 0);
    CHECK(values.lower_bound(2) == 1);
    CHECK(values.lower_bound(3) == 2);
    CHECK(values.lower_bound(5) == 3);
    CHECK(values.shortened(2).size() == 2);
    CHECK(values.shortened(9).size() == 3);
  }
  CHECK(Values::ramp(5, 10, 0.5)[4] == 12);
  CHECK(Values().empty());
  CHECK(Values().lower_bound(1) == 0);
}

TEST_CASE("values: the largest finite number", "[drawing][decimate]") {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 40U}) {
    std::vector<double> doubles(size + 2, 1);
    doubles[size] = INFINITY;
    doubles[size / 2] = kNan;
    for (std::size_t at = 0; at < size + 2; ++at) {
      std::vector<double> one = doubles;
      one[at] = 5;
      const std::vector<float> floats(one.begin(), one.end());
      const Values asked(one.size(), [&one](std::size_t i) { return one[i]; });
      for (const Values& values : {Values(one), Values(floats), asked})
        CHECK(values.largest(0) == 5);
      CHECK(Values(one).largest(7) == 7);
    }
  }
}

TEST_CASE("decimate: the visible part has a neighbour on either side", "[drawing][decimate]") {
  const Values x = Values::ramp(100, 0, 1);
  const Slice middle = visible(x, AxisKind::linear, {20.5, 30.5});
  CHECK(middle.first == 20);
  CHECK(middle.last >= 32);
  CHECK(middle.last <= 33);
  const Slice all = visible(x, AxisKind::linear, {-5, 500});
  CHECK(all.first == 0);
  CHECK(all.last == 100);
  CHECK(visible(Values(), AxisKind::linear, {0, 1}).size() == 0);
}

TEST_CASE("decimate: no extreme is lost", "[drawing][decimate]") {
  constexpr std::size_t kSamples = 20000;
  std::vector<double> y(kSamples);
  for (std::size_t i = 0; i < kSamples; ++i) y[i] = std::sin(static_cast<double>(i) / 300);
  y[12345] = 50;  // a spike of one sample
  y[777] = -40;
  const Values x = Values::ramp(kSamples, 0, 1);
  const std::vector<Extremes> columns =
      extremes(x, y, y, {0, kSamples}, AxisKind::linear, {0, kSamples}, 200);
  REQUIRE(columns.size() == 200);
  for (const Extremes& column : columns) {
    const auto first = y.begin() + static_cast<long>(column.column * 100);
    CHECK(column.lo == *std::min_element(first, first + 100));
    CHECK(column.hi == *std::max_element(first, first + 100));
  }
  CHECK(columns[123].hi == 50);
  CHECK(columns[7].lo == -40);
}

TEST_CASE("decimate: gaps stay gaps", "[drawing][decimate]") {
  const std::vector<double> y = {1, 2, kNan, 3, 4, kNan, kNan, 5};
  const Values x = Values::ramp(y.size(), 0.5, 1);
  const std::vector<Extremes> columns = extremes(x, y, y, {0, 8}, AxisKind::linear, {0, 8}, 8);
  std::vector<std::size_t> after_gap;
  for (const Extremes& column : columns)
    if (column.after_gap) after_gap.push_back(column.column);
  CHECK(columns.size() == 5);
  CHECK(after_gap == std::vector<std::size_t>{0, 3, 7});
  // Also within one column.
  CHECK(extremes(x, y, y, {0, 8}, AxisKind::linear, {0, 8}, 1).size() == 3);
}

TEST_CASE("decimate: bands keep the lowest low and the highest high", "[drawing][decimate]") {
  const std::vector<double> lo = {1, 0.5, 2, 2};
  const std::vector<double> hi = {3, 4, 9, 5};
  const std::vector<Extremes> columns =
      extremes(Values::ramp(4, 0, 1), lo, hi, {0, 4}, AxisKind::linear, {0, 4}, 2);
  REQUIRE(columns.size() == 2);
  CHECK(columns[0].lo == 0.5);
  CHECK(columns[0].hi == 4);
  CHECK(columns[1].hi == 9);
}

TEST_CASE("stack: areas stand on each other", "[drawing][decimate]") {
  const std::vector<double> one = {1, 2, 3};
  const std::vector<double> two = {10, kNan, 30};
  const Values x = Values::ramp(3, 0, 1);
  const Series low{SeriesKind::area, "low", x, one, {}, {}, 0};
  const Series high{SeriesKind::area, "high", x, two, {}, {}, 0};
  const Stack stack = stack_of({&low, &high}, AxisKind::linear, {0, 2});
  REQUIRE(stack.tops.size() == 2);
  CHECK(stack.tops[0] == one);
  CHECK(stack.tops[1] == std::vector<double>{11, 2, 33});
  CHECK(stack_of({}, AxisKind::linear, {0, 2}).tops.empty());
}

}  // namespace
}  // namespace highwater::viewer
