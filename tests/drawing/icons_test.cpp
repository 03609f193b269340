#include "viewer/draw/icons.h"

#include <cmath>
#include <set>

#include <catch2/catch.hpp>

namespace highwater::viewer {
namespace {

float turn(ImVec2 a, ImVec2 b, ImVec2 c) {
  return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

bool convex(const std::vector<ImVec2>& points) {
  bool left = false;
  bool right = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const float t =
        turn(points[i], points[(i + 1) % points.size()], points[(i + 2) % points.size()]);
    left = left || t < -1e-4F;
    right = right || t > 1e-4F;
  }
  return left != right;
}

TEST_CASE("icons: each has a name and a shape inside its square", "[drawing][icons]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kIcons; ++i) {
    const auto icon = static_cast<Icon>(i);
    INFO(name(icon));
    names.insert(name(icon));
    REQUIRE(!paths(icon).empty());
    for (const IconPath& path : paths(icon)) {
      CHECK(path.points.size() >= 2);
      if (path.filled) CHECK(convex(path.points));
      for (const ImVec2& point : path.points) {
        CHECK(std::abs(point.x) <= 1.01F);
        CHECK(std::abs(point.y) <= 1.01F);
      }
    }
  }
  CHECK(names.size() == kIcons);
}

TEST_CASE("icons: no two look the same", "[drawing][icons]") {
  std::set<std::vector<std::pair<float, float>>> shapes;
  for (std::size_t i = 0; i < kIcons; ++i) {
    std::vector<std::pair<float, float>> shape;
    for (const IconPath& path : paths(static_cast<Icon>(i)))
      for (const ImVec2& point : path.points) shape.emplace_back(point.x, point.y);
    shapes.insert(shape);
  }
  CHECK(shapes.size() == kIcons);
}

TEST_CASE("icons: kinds of component have theirs", "[drawing][icons]") {
  CHECK(icon_of_kind("client") == Icon::client);
  CHECK(icon_of_kind("load_balancer") == Icon::load_balancer);
  CHECK(icon_of_kind("service") == Icon::service);
  CHECK(icon_of_kind("cache") == Icon::cache);
  CHECK(icon_of_kind("database") == Icon::database);
  CHECK(icon_of_kind("queue") == Icon::queue);
  CHECK(icon_of_kind("topic") == Icon::queue);
  CHECK(icon_of_kind("worker") == Icon::worker);
  CHECK(icon_of_kind("function") == Icon::function);
  CHECK(icon_of_kind("external") == Icon::external);
  CHECK(icon_of_kind("cluster") == Icon::cluster);
  CHECK(icon_of_kind("teapot") == Icon::unknown);
}

TEST_CASE("icons: points are placed around the centre", "[drawing][icons]") {
  const IconPath path{{{-1, -1}, {1, 0.5F}}, false, false};
  const std::vector<ImVec2> points = placed(path, {100, 50}, 8);
  CHECK(points[0].x == 92);
  CHECK(points[0].y == 42);
  CHECK(points[1].x == 108);
  CHECK(points[1].y == 54);
}

}  // namespace
}  // namespace highwater::viewer
