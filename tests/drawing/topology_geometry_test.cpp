#include "viewer/draw/topology_geometry.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::viewer::topology {
namespace {

void check_near(ImVec2 seen, ImVec2 wanted) {
  CHECK(seen.x == Approx(wanted.x).margin(1e-3));
  CHECK(seen.y == Approx(wanted.y).margin(1e-3));
}

TEST_CASE("topology geometry: points of a curve", "[drawing]") {
  // By de Casteljau: the middle of (0,0) (10,0) (0,20) (10,20) is (5,10), the first quarter
  // (27*0 + 27*10 + 9*0 + 1*10) / 64, (9 + 1) * 20 / 64.
  const Cubic curve{{0, 0}, {10, 0}, {0, 20}, {10, 20}};
  check_near(curve.at(0), {0, 0});
  check_near(curve.at(0.5F), {5, 10});
  check_near(curve.at(0.25F), {280.0F / 64, 200.0F / 64});
  check_near(curve.at(1), {10, 20});
  CHECK(curve.bounds().holds({{0, 0}, {10, 20}}));
}

TEST_CASE("topology geometry: curves between cards leave and arrive level", "[drawing]") {
  const Cubic curve = level_curve({0, 0}, {100, 60});
  CHECK(curve.b.y == 0);
  CHECK(curve.c.y == 60);
  CHECK(curve.b.x == 50);
  CHECK(curve.c.x == 50);
  // Near ones still swing out.
  CHECK(level_curve({0, 0}, {10, 60}).b.x == 24);
}

TEST_CASE("topology geometry: a path is walked at its length", "[drawing]") {
  // Two straight pieces of 30 and 10: three quarters are where the first ends.
  const Cubic first{{0, 0}, {10, 0}, {20, 0}, {30, 0}};
  const Cubic second{{30, 0}, {30, 10.0F / 3}, {30, 20.0F / 3}, {30, 10}};
  const Path path({first, second});
  CHECK(path.length() == Approx(40));
  check_near(path.at(0.375F), {15, 0});
  check_near(path.at(0.75F), {30, 0});
  check_near(path.at(0.875F), {30, 5});
  check_near(path.at(2), {30, 10});
  CHECK(path.distance({15, 4}) == Approx(4));
  CHECK(path.distance({33, 14}) == Approx(5));
  std::vector<ImVec2> line;
  path.flatten(1, line);
  check_near(line.front(), {0, 0});
  check_near(line.back(), {30, 10});
  std::vector<ImVec2> fine;
  path.flatten(20, fine);
  CHECK(fine.size() > line.size());
  CHECK(fine.size() <= 81);
}

TEST_CASE("topology geometry: distance to a segment counts its ends", "[drawing]") {
  CHECK(distance_to_segment({5, 3}, {0, 0}, {10, 0}) == Approx(3));
  CHECK(distance_to_segment({14, 3}, {0, 0}, {10, 0}) == Approx(5));
  CHECK(distance_to_segment({3, 4}, {0, 0}, {0, 0}) == Approx(5));
}

TEST_CASE("topology geometry: dashes run on around corners", "[drawing]") {
  // A way of 20 in dashes of 6 with gaps of 2: 0 to 6, 8 to 14, 16 to 20; the second one turns.
  const std::vector<ImVec2> line{{0, 0}, {10, 0}, {10, 10}};
  std::vector<std::vector<ImVec2>> seen;
  dashes(line, 6, 2,
         [&](std::span<const ImVec2> dash) { seen.emplace_back(dash.begin(), dash.end()); });
  REQUIRE(seen.size() == 3);
  REQUIRE(seen[0].size() == 2);
  check_near(seen[0][1], {6, 0});
  REQUIRE(seen[1].size() == 3);
  check_near(seen[1][0], {8, 0});
  check_near(seen[1][1], {10, 0});
  check_near(seen[1][2], {10, 4});
  check_near(seen[2].front(), {10, 6});
  check_near(seen[2].back(), {10, 10});
}

TEST_CASE("topology geometry: a part of a line", "[drawing]") {
  const std::vector<ImVec2> line{{0, 0}, {10, 0}, {10, 10}};
  const std::vector<ImVec2> half = part_of(line, 0.25F, 0.75F);
  REQUIRE(half.size() == 3);
  check_near(half[0], {5, 0});
  check_near(half[1], {10, 0});
  check_near(half[2], {10, 5});
}

TEST_CASE("topology geometry: zooming keeps what is under the pointer", "[drawing]") {
  Camera camera;
  camera.origin = {100, 50};
  camera.pan = {30, 20};
  camera.scale = 2;
  const ImVec2 pointer{340, 210};
  const ImVec2 place = camera.to_place(pointer);
  check_near(place, {105, 70});
  const Camera closer = camera.zoomed(pointer, 2.5F);
  check_near(closer.to_place(pointer), place);
  check_near(closer.to_screen(place), pointer);
  CHECK(closer.unit() == Approx(5));
}

TEST_CASE("topology geometry: what is fitted is in the middle and not too large", "[drawing]") {
  Camera camera;
  camera.origin = {10, 10};
  // 400 by 100 into 200 by 200 with 20 around it: 160 / 400.
  const Rect rect{{100, 100}, {500, 200}};
  const Camera fitted = camera.fitted(rect, {200, 200}, 20, 1);
  CHECK(fitted.zoom == Approx(0.4));
  check_near(fitted.to_screen(rect.center()), {110, 110});
  check_near(fitted.to_screen(rect.min), {30, 90});
  CHECK(camera.fitted({{0, 0}, {10, 10}}, {200, 200}, 20, 1).zoom == 1);
}

TEST_CASE("topology geometry: detail follows the size on the screen", "[drawing]") {
  CHECK(detail_of({200, 96}, 1) == Detail::full);
  CHECK(detail_of({92, 50}, 1) == Detail::full);
  CHECK(detail_of({91, 50}, 1) == Detail::compact);
  CHECK(detail_of({200, 49}, 1) == Detail::compact);
  CHECK(detail_of({180, 120}, 2) == Detail::compact);  // 90 wide on an ordinary screen
  CHECK(detail_of({64, 31}, 1) == Detail::compact);
  CHECK(detail_of({63, 31}, 1) == Detail::dot);
  CHECK(detail_of({8, 4}, 1) == Detail::dot);
  CHECK(detail_of({7.9F, 4}, 1) == Detail::density);
}

TEST_CASE("topology geometry: a wide system gets higher cards", "[drawing]") {
  // 7 columns into 1000 by 600: 1000 / (6 * 266 + 200) of zoom, so that 94 pixels are 168.8, more
  // than a card is ever high.
  const Grid wide = grid_for(6, 1, {1000, 600}, 1.25F);
  CHECK(wide.column == 266);
  CHECK(wide.card_height == 168);
  CHECK(wide.row == 168 + 76);
  // Where the height is what limits, columns move apart instead.
  const Grid high = grid_for(2, 9, {1000, 600}, 1.25F);
  CHECK(high.card_height == 96);
  CHECK(high.row == 136);
  CHECK(high.column == 400);
  // It fits: nothing that was gained is taken from elsewhere.
  for (const ImVec2 room : {ImVec2{1200, 300}, ImVec2{500, 900}, ImVec2{1600, 1000}})
    for (const float columns : {0.0F, 2.0F, 9.0F})
      for (const float rows : {0.0F, 3.0F, 12.0F}) {
        CAPTURE(room.x, room.y, columns, rows);
        const Grid plain = grid_for(columns, rows, {1, 1}, 1.25F);
        const Grid grid = grid_for(columns, rows, room, 1.25F);
        const auto zoom = [&](const Grid& of) {
          return std::min({room.x / (columns * of.column + of.card_width),
                           room.y / (rows * of.row + of.card_height), 1.25F});
        };
        CHECK(zoom(grid) >= 0.99F * zoom(plain));
      }
}

}  // namespace
}  // namespace highwater::viewer::topology
