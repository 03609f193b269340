#include "viewer/draw/topology_canvas.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/topology_rig.h"
#include "viewer/draw/topology_instances.h"
#include "viewer/draw/topology_state.h"

namespace highwater::viewer {
namespace {

using namespace topology;  // NOLINT(google-build-using-namespace)

TEST_CASE("topology canvas: everything is in view at first", "[drawing]") {
  for (const ImVec2 size : {ImVec2{1200, 700}, ImVec2{700, 800}, ImVec2{1600, 300}}) {
    TopologyRig rig(shop(ShopState::normal), Mode::dark, 1, size);
    for (const Node& node : rig.sample.model.nodes) {
      CAPTURE(size.x, node.id);
      CHECK(rig.rect("canvas").holds(rig.rect("node:" + node.id)));
    }
  }
}

TEST_CASE("topology canvas: the view follows until the user moves it", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  rig.settle();
  const float zoom = rig.canvas.view().zoom;
  Node far;
  far.id = "far";
  far.column = 9;
  far.row = 1;
  rig.sample.model.nodes.push_back(far);
  rig.settle();
  CHECK(rig.canvas.view().zoom < zoom);
  CHECK(rig.canvas.rect_of("node:far"));
  rig.point_at("node:web");
  rig.wheel(1);
  const TopologyCanvas::View view = rig.canvas.view();
  rig.sample.model.nodes.back().column = 14;
  rig.settle();
  CHECK(rig.canvas.view().zoom == view.zoom);
  rig.canvas.fit();
  rig.settle();
  CHECK(rig.canvas.view().zoom < view.zoom);
  CHECK(rig.canvas.rect_of("node:far"));
}

TEST_CASE("topology canvas: a view can be kept", "[drawing]") {
  TopologyCanvas::View view;
  Rect web;
  {
    TopologyRig rig(shop(ShopState::normal));
    rig.point_at("node:web");
    rig.wheel(3);
    view = rig.canvas.view();
    web = rig.rect("node:web");
  }
  TopologyRig other(shop(ShopState::normal));
  other.canvas.set_view(view);
  other.settle();
  CHECK(other.rect("node:web").min.x == Approx(web.min.x).margin(1));
  CHECK(other.rect("node:web").max.y == Approx(web.max.y).margin(1));
}

TEST_CASE("topology canvas: shows what it is told to", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  const auto middle_of_canvas = rig.rect("canvas").center();
  rig.canvas.show(Target::node("redis"));
  rig.settle();
  CHECK(std::abs(rig.middle("node:redis").x - middle_of_canvas.x) < 2);
  CHECK(std::abs(rig.middle("node:redis").y - middle_of_canvas.y) < 2);
  rig.canvas.show(Target::edge("users", "edge-lb"));
  rig.settle();
  CHECK(rig.rect("canvas").holds(rig.rect("node:users")));
  CHECK(rig.rect("canvas").holds(rig.rect("node:edge-lb")));
  rig.canvas.show(Target::node("nobody"));
  rig.frames(3);
  CHECK(rig.rect("canvas").holds(rig.rect("node:users")));
}

TEST_CASE("topology canvas: search counts what it finds", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  CHECK(rig.canvas.found() == 0);
  rig.options.search = "service";
  rig.frame();
  CHECK(rig.canvas.found() == 3);
  rig.options.search = "nothing like it";
  rig.frame();
  CHECK(rig.canvas.found() == 0);
}

TEST_CASE("topology canvas: pictures repeat", "[drawing]") {
  const auto picture = [](double time, bool reduced) {
    TopologyRig rig(shop(ShopState::overloaded), Mode::dark, 1, {800, 500});
    rig.options.time_s = time;
    rig.options.reduced_motion = reduced;
    rig.point_at("node:web");
    rig.settle();
    return rig.picture();
  };
  CHECK(picture(3, false).pixels == picture(3, false).pixels);
  CHECK(picture(3, false).pixels != picture(3.3, false).pixels);
  CHECK(picture(3, true).pixels == picture(3.3, true).pixels);
}

TEST_CASE("topology canvas: with reduced motion the view jumps", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  rig.options.reduced_motion = true;
  rig.canvas.show(Target::node("redis"));
  rig.frame();
  const TopologyCanvas::View view = rig.canvas.view();
  rig.settle();
  CHECK(rig.canvas.view().pan.x == view.pan.x);
}

TEST_CASE("topology canvas: nothing is a picture, too", "[drawing]") {
  TopologyRig rig(Sample{});
  rig.point_at(ImVec2{300, 300});
  rig.wheel(3);
  rig.type('F');
  rig.type(ImGuiKey_RightArrow);
  rig.click("empty", 1);
  CHECK(rig.take().menu->target == Target{});
  CHECK_FALSE(rig.canvas.rect_of("node:x"));
}

TEST_CASE("topology canvas: numbers that are none do no harm", "[drawing]") {
  Sample sample = shop(ShopState::normal);
  for (Node& node : sample.model.nodes) {
    node.now = {kNone, kNone, kNone, kNone, kNone};
    node.other = node.now;
    for (Instance& instance : node.instances) instance.utilization = kNone;
  }
  for (Edge& edge : sample.model.edges) {
    edge.rate_per_s = kNone;
    edge.error_share = kNone;
  }
  TopologyRig rig(std::move(sample));
  rig.settle();
  rig.click("node:web");
  rig.click("instances:web");
  CHECK(rig.canvas.opened());
}

TEST_CASE("topology canvas: particles can be left out", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  rig.settle();
  const int with = ImGui::GetDrawData()->TotalVtxCount;
  rig.options.particles = false;
  rig.frame();
  CHECK(ImGui::GetDrawData()->TotalVtxCount < with - 1000);
}

TEST_CASE("topology canvas: limits decide what is a warning", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  rig.settle();
  const Image calm = rig.picture();
  rig.options.limits.utilization_warn = 0.3;
  CHECK(rig.picture().pixels != calm.pixels);
}

TEST_CASE("topology instances: a list for any number", "[drawing]") {
  TopologyRig rig(replicas(10000));
  rig.settle();
  rig.click("instances:api");
  CHECK(rig.canvas.rect_of("instance:api[0]"));
  CHECK_FALSE(rig.canvas.rect_of("instance:api[9000]"));
  CHECK(rig.rect("canvas").holds(rig.rect("instance-list")));
  // Cells do not cover each other.
  std::vector<Rect> cells;
  for (const auto& [name, rect] : rig.canvas.rects())
    if (name.starts_with("instance:")) {
      for (const Rect& other : cells) CHECK_FALSE(other.overlaps(rect));
      cells.push_back(rect);
    }
  CHECK(cells.size() > 20);
  CHECK(cells.size() < 100);
  rig.point_at(rig.middle("instance-list"));
  const float zoom = rig.canvas.view().zoom;
  for (int i = 0; i < 10; ++i) rig.wheel(-1);
  rig.frames(10);
  CHECK_FALSE(rig.canvas.rect_of("instance:api[0]"));
  CHECK(rig.canvas.view().zoom == zoom);  // the wheel scrolls the list instead
}

TEST_CASE("topology instances: the worst come first when asked to", "[drawing]") {
  TopologyRig rig(replicas(100));
  rig.settle();
  rig.click("instances:api");
  CHECK(rig.rect("instance:api[0]").min.y < rig.rect("instance:api[7]").min.y + 100);
  const Rect first = rig.rect("instance:api[0]");
  rig.click("sort-instances");
  const Rect now = rig.rect("instance:api[7]");  // the first that is down
  CHECK(now.min.x == Approx(first.min.x).margin(0.5));
  CHECK(now.min.y == Approx(first.min.y).margin(0.5));
  rig.click("sort-instances");
  CHECK(rig.rect("instance:api[0]").min.y == Approx(first.min.y).margin(0.5));
}

TEST_CASE("topology instances: the list goes with its card", "[drawing]") {
  TopologyRig rig(shop(ShopState::normal));
  rig.canvas.open(Target::node("web"));
  rig.frames(2);
  CHECK(rig.canvas.rect_of("instance-list"));
  rig.sample.model.nodes[2].id = "other";
  rig.frames(2);
  CHECK_FALSE(rig.canvas.opened());
}

}  // namespace
}  // namespace highwater::viewer
