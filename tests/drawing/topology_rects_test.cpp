// Where things are, by name: what scripts click at.
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/drawing/topology_rig.h"
#include "viewer/draw/topology_canvas.h"

namespace highwater::viewer {
namespace {

using namespace topology;  // NOLINT(google-build-using-namespace)

TEST_CASE("topology rects: everything that can be clicked has a name", "[drawing]") {
  Sample sample = shop(ShopState::normal);
  for (Node& node : sample.model.nodes)
    if (node.id == "orders" || node.id == "fulfilment") node.group = "shipping";
  TopologyRig rig(std::move(sample));
  rig.options.editing = true;
  rig.settle();
  std::set<std::string> names;
  for (const auto& [name, rect] : rig.canvas.rects()) {
    CAPTURE(name);
    CHECK(names.insert(name).second);
    CHECK(rect.width() > 0);
    CHECK(rig.rect("canvas").grown(10).holds(rect));
    const auto same = rig.canvas.rect_of(name);
    REQUIRE(same);
    CHECK(same->min.x == rect.min.x);
  }
  for (const char* name : {"canvas", "empty", "node:users", "node:products-db", "edge:web>catalog",
                           "edge:catalog>products-db", "instance:web[5]", "instances:web",
                           "port:web", "zone:eu-1b", "collapse:shipping"})
    CHECK(names.count(name) == 1);
  for (const char* name : {"node:nobody", "edge:web>users", "instance:web[77]", "port:nobody",
                           "zone:moon", "minimap", "close-instances", "x", ""})
    CHECK_FALSE(rig.canvas.rect_of(name));
}

TEST_CASE("topology rects: their middles are what they say", "[drawing]") {
  TopologyRig rig(shop(ShopState::zone_down));
  rig.settle();
  for (const auto& [name, rect] : rig.canvas.rects()) {
    const auto target = target_of(name);
    if (!target || target->kind == Target::Kind::empty) continue;
    CAPTURE(name);
    rig.point_at(rect.center());
    rig.frames(2);
    CHECK(rig.take().hovered == target);
  }
}

}  // namespace
}  // namespace highwater::viewer
