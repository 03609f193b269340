#include "viewer/draw/axis.h"

#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "viewer/draw/plot_geometry.h"
#include "viewer/draw/ticks.h"

namespace highwater::viewer {
namespace {

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> result;
  for (const Tick& tick : ticks)
    if (!tick.label.empty()) result.push_back(tick.label);
  return result;
}

using Labels = std::vector<std::string>;

TEST_CASE("axis: positions and back", "[drawing][axis]") {
  CHECK(to_position(AxisKind::linear, -3.5) == -3.5);
  CHECK(to_position(AxisKind::logarithmic, 1000) == Approx(3));
  CHECK(std::isnan(to_position(AxisKind::logarithmic, 0)));
  CHECK(std::isnan(to_position(AxisKind::logarithmic, -1)));
  CHECK(to_position(AxisKind::percentile, 0) == 0);
  CHECK(to_position(AxisKind::percentile, 0.9) == Approx(1));
  CHECK(to_position(AxisKind::percentile, 0.999) == Approx(3));
  CHECK(std::isnan(to_position(AxisKind::percentile, 1)));
  CHECK(std::isnan(to_position(AxisKind::percentile, -0.1)));
  for (const AxisKind kind : {AxisKind::linear, AxisKind::logarithmic, AxisKind::percentile})
    for (const double value : {0.001, 0.25, 0.5, 0.99})
      CHECK(from_position(kind, to_position(kind, value)) == Approx(value));
}

TEST_CASE("axis: pixels of a chart", "[drawing][axis]") {
  PlotGeometry geometry;
  geometry.area_min = {100, 20};
  geometry.area_max = {300, 220};
  geometry.x = {0, 10};
  geometry.y = {0, 4};
  geometry.y_kind = AxisKind::logarithmic;
  CHECK(geometry.x_of(2.5) == 150);
  CHECK(geometry.y_of(1) == 220);
  CHECK(geometry.y_of(100) == 120);
  CHECK(geometry.y_of(10000) == 20);
  CHECK(std::isnan(geometry.y_of(0)));
  CHECK(geometry.x_position(150) == Approx(2.5));
  CHECK(geometry.y_position(120) == Approx(2));
  CHECK(std::abs(geometry.x_of(1e300)) < 1e6F);  // no overflow in what is drawn
}

TEST_CASE("ticks: steps are round", "[drawing][axis]") {
  CHECK(nice_step(0.7) == Approx(1));
  CHECK(nice_step(1) == Approx(1));
  CHECK(nice_step(1.2) == Approx(2));
  CHECK(nice_step(3e-7) == Approx(5e-7));
  CHECK(nice_step(60) == Approx(100));
  CHECK(nice_time_step(0.3) == Approx(0.5));
  CHECK(nice_time_step(7) == 10);
  CHECK(nice_time_step(11) == 15);
  CHECK(nice_time_step(40) == 60);
  CHECK(nice_time_step(5000) == 7200);
  CHECK(nice_time_step(86401) == 2 * 86400);
}

TEST_CASE("ticks: linear axes", "[drawing][axis]") {
  CHECK(labels(ticks({.unit = Unit::rate}, {0, 16000}, 4)) ==
        Labels{"0", "5k/s", "10k/s", "15k/s"});
  CHECK(labels(ticks({.unit = Unit::clock}, {0, 300}, 6)) ==
        Labels{"0:00", "1:00", "2:00", "3:00", "4:00", "5:00"});
  CHECK(labels(ticks({.unit = Unit::clock}, {59.8, 60.3}, 5)) ==
        Labels{"0:59.8", "0:59.9", "1:00.0", "1:00.1", "1:00.2", "1:00.3"});
  CHECK(labels(ticks({.unit = Unit::milliseconds}, {0, 260}, 3)) ==
        Labels{"0", "100 ms", "200 ms"});
  CHECK(labels(ticks({.unit = Unit::bytes}, {0, 4096}, 4)) ==
        Labels{"0", "1 KiB", "2 KiB", "3 KiB", "4 KiB"});
  CHECK(labels(ticks({.unit = Unit::ratio}, {0, 1}, 4)) == Labels{"0", "50%", "100%"});
  CHECK(labels(ticks({}, {-1, 1}, 4)) == Labels{"−1.0", "−0.5", "0", "0.5", "1.0"});
}

TEST_CASE("ticks: logarithmic axes", "[drawing][axis]") {
  const AxisOptions axis{.unit = Unit::milliseconds, .kind = AxisKind::logarithmic};
  const std::vector<Tick> decades = ticks(axis, {0, 4}, 6);
  CHECK(labels(decades) == Labels{"1 ms", "10 ms", "100 ms", "1 s", "10 s"});
  CHECK(decades.size() == 4 * 9 + 1);
  CHECK(decades[1].position == Approx(std::log10(2)));
  CHECK(!decades[1].major);
  CHECK(decades[9].major);
  // Where a decade has room, two and five are said, too; where it has none, decades are left out.
  CHECK(labels(ticks(axis, {0, 1}, 6)) == Labels{"1 ms", "2 ms", "5 ms", "10 ms"});
  CHECK(labels(ticks(axis, {-3, 5}, 4)).size() <= 5);
  CHECK(labels(ticks(axis, {4, 6}, 3)) == Labels{"10 s", "100 s", "1000 s"});
  // Less than a decade in view: round values, and each on its place.
  const std::vector<Tick> close = ticks(axis, {std::log10(210.0), std::log10(390.0)}, 4);
  CHECK(labels(close) == Labels{"250 ms", "300 ms", "350 ms"});
  CHECK(close[1].position == Approx(std::log10(300.0)));
}

TEST_CASE("ticks: percentile axes", "[drawing][axis]") {
  const AxisOptions axis{.unit = Unit::ratio, .kind = AxisKind::percentile};
  CHECK(labels(ticks(axis, {0, 4}, 5)) == Labels{"0%", "90%", "99%", "99.9%", "99.99%"});
  CHECK(labels(ticks(axis, {0, 3}, 8)) ==
        Labels{"0%", "50%", "90%", "95%", "99%", "99.5%", "99.9%"});
}

TEST_CASE("ticks: bounded whatever is asked", "[drawing][axis]") {
  for (const AxisKind kind : {AxisKind::linear, AxisKind::logarithmic, AxisKind::percentile}) {
    CHECK(ticks({.kind = kind}, {0, 1e12}, 5).size() <= 1000);
    CHECK(ticks({.kind = kind}, {2, 2}, 5).empty());
    CHECK(ticks({.kind = kind}, {0, std::nan("")}, 5).empty());
  }
}

}  // namespace
}  // namespace highwater::viewer
