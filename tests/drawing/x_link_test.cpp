#include "viewer/draw/x_link.h"

#include <catch2/catch.hpp>

namespace highwater::viewer {
namespace {

TEST_CASE("x link: zoom leaves the place under the mouse where it is", "[drawing][x_link]") {
  XLink link({0, 100});
  link.zoom(25, 0.5);
  CHECK(link.view().lo == Approx(12.5));
  CHECK(link.view().hi == Approx(62.5));
  link.zoom(25, 2);
  CHECK(link.view() == Range{0, 100});
  CHECK(link.shows_all());
}

TEST_CASE("x link: the view stays inside the extent", "[drawing][x_link]") {
  XLink link({0, 100});
  link.zoom(50, 10);
  CHECK(link.view() == Range{0, 100});
  link.show({80, 90});
  link.pan(50);
  CHECK(link.view().lo == Approx(90));
  CHECK(link.view().hi == Approx(100));
  link.pan(-1000);
  CHECK(link.view().lo == Approx(0));
  CHECK(link.view().hi == Approx(10));
  for (int i = 0; i < 500; ++i) link.zoom(5, 0.5);
  CHECK(link.view().width() > 0);
}

TEST_CASE("x link: a view of everything grows with the extent, another stays",
          "[drawing][x_link]") {
  XLink link({0, 10});
  link.set_extent({0, 20});
  CHECK(link.view() == Range{0, 20});
  link.show({2, 4});
  link.set_extent({0, 30});
  CHECK(link.view() == Range{2, 4});
  link.set_extent({3, 30});
  CHECK(link.view().lo == Approx(3));
  CHECK(link.view().width() == Approx(2));
  link.fit();
  CHECK(link.view() == Range{3, 30});
}

TEST_CASE("x link: following keeps the newest in view", "[drawing][x_link]") {
  XLink link({0, 10});
  link.follow(30);
  CHECK(link.view() == Range{0, 10});  // no more is there
  link.set_extent({0, 100});
  CHECK(link.view() == Range{70, 100});
  link.zoom(0, 0.5);  // wherever the mouse is
  CHECK(link.view() == Range{85, 100});
  CHECK(link.following());
  link.pan(5);  // the newest is at the edge already
  CHECK(link.following());
  link.pan(-5);
  CHECK(!link.following());
  link.set_extent({0, 200});
  CHECK(link.view() == Range{80, 95});
  link.follow(15);
  link.show({1, 2});
  CHECK(!link.following());
  link.follow(15);
  link.fit();
  CHECK(!link.following());
}

TEST_CASE("x link: the cursor is forgotten after a frame", "[drawing][x_link]") {
  XLink link({0, 10});
  CHECK(!link.cursor(0));
  link.set_cursor(4, 7);
  CHECK(link.cursor(7) == 4.0);
  CHECK(link.cursor(8) == 4.0);  // by charts that were drawn before
  CHECK(!link.cursor(9));
}

}  // namespace
}  // namespace highwater::viewer
