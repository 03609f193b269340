#include "viewer/draw/topology_places.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck/catch.h>

namespace highwater::viewer::topology {
namespace {

std::vector<Position> column(double at, int cards, double apart = 1) {
  std::vector<Position> places;
  for (int i = 0; i < cards; ++i) places.push_back({at, apart * i});
  return places;
}

std::vector<Position> together(std::vector<std::vector<Position>> parts) {
  std::vector<Position> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

double width(const std::vector<Position>& places) {
  double most = 0;
  for (const Position& place : places) most = std::max(most, place.column + 1);
  return most;
}

double height(const std::vector<Position>& places) {
  double most = 0;
  for (const Position& place : places) most = std::max(most, place.row + 1);
  return most;
}

TEST_CASE("topology places: what can be read stays where it is", "[drawing]") {
  const auto wanted = together({{{0, 1.25}}, {{1, 1.25}}, column(2, 4), {{3.0, 0.5}, {3, 2.75}}});
  CHECK(places_for(wanted, false) == wanted);
  CHECK(places_for({}, false).empty());
  CHECK(places_for({}, true).empty());
}

TEST_CASE("topology places: a high layer is folded, row by row", "[drawing]") {
  const auto places = places_for(together({{{0, 39}}, {{1, 39}}, column(2, 80)}), false);
  // As wide as a canvas is, not 80 rows high.
  CHECK(height(places) < 14);
  CHECK(width(places) < 12);
  // The layers before it are in its middle.
  CHECK(places[0].row == Approx((height(places) - 1) / 2).margin(0.5));
  CHECK(places[0].column == 0);
  CHECK(places[1].column == 1);
  // What was above is not below.
  for (std::size_t i = 3; i < places.size(); ++i) CHECK(places[i].row >= places[i - 1].row);
}

TEST_CASE("topology places: groups close up where their members were", "[drawing]") {
  // Three groups of eight before one of twenty-four, and one that is still alone.
  const std::vector<Position> wanted = {{0, 11.5}, {1, 3.5}, {1, 11.5}, {1, 19.5}, {2.4, 11.5}};
  const std::vector<Position> closed = {{0, 4.5}, {1, 3.5}, {1, 4.5}, {1, 5.5}, {2, 4.5}};
  CHECK(places_for(wanted, true) == closed);
  // In one layer they stay apart.
  const auto apart = places_for({{0, 1}, {0, 1.25}, {0, 1.5}}, true);
  CHECK(apart == std::vector<Position>{{0, 1}, {0, 2}, {0, 3}});
}

TEST_CASE("topology places: no two cards touch, whatever is wanted", "[drawing]") {
  CHECK(rc::check([] {
    const auto count = *rc::gen::inRange(1, 120);
    std::vector<Position> wanted;
    std::set<std::pair<int, int>> used;
    for (int i = 0; i < count; ++i) {
      const std::pair<int, int> at = {*rc::gen::inRange(0, 6), *rc::gen::inRange(0, 100)};
      if (used.insert(at).second)
        wanted.push_back({static_cast<double>(at.first), static_cast<double>(at.second)});
    }
    const auto places = places_for(wanted, *rc::gen::arbitrary<bool>());
    RC_ASSERT(places.size() == wanted.size());
    for (std::size_t i = 0; i < places.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        RC_ASSERT(std::abs(places[i].column - places[j].column) > 0.99 ||
                  std::abs(places[i].row - places[j].row) > 0.99);
        // Whoever was further left is not further right now.
        if (wanted[i].column < wanted[j].column) RC_ASSERT(places[i].column < places[j].column);
      }
  }));
}

}  // namespace
}  // namespace highwater::viewer::topology
