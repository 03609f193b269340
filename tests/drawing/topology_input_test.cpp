// What a user does with mouse and keys, and what comes of it.
#include <cmath>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/drawing/topology_rig.h"
#include "viewer/draw/topology_canvas.h"

namespace highwater::viewer {
namespace {

using namespace topology;  // NOLINT(google-build-using-namespace)

struct Shop : TopologyRig {
  Shop() : TopologyRig(shop(ShopState::normal)) { settle(); }
};

bool near(ImVec2 one, ImVec2 other, float by = 1.5F) {
  return std::abs(one.x - other.x) < by && std::abs(one.y - other.y) < by;
}

TEST_CASE("topology input: pointing tells what is there", "[drawing]") {
  Shop rig;
  rig.point_at("node:web");
  CHECK(rig.take().hovered == Target::node("web"));
  rig.point_at("edge:catalog>products-db");
  CHECK(rig.take().hovered == Target::edge("catalog", "products-db"));
  rig.point_at("zone:eu-1b");
  CHECK(rig.take().hovered == Target::zone("eu-1b"));
  rig.point_at("instance:web[3]");
  CHECK(rig.take().hovered == Target::instance_of("web", 3));
  rig.point_at("empty");
  CHECK_FALSE(rig.take().hovered);
  rig.point_away();
  rig.frame();
  CHECK_FALSE(rig.take().hovered);
}

TEST_CASE("topology input: a click selects, on the empty canvas it deselects", "[drawing]") {
  Shop rig;
  rig.click("node:web");
  CHECK(rig.canvas.selected() == Target::node("web"));
  CHECK(rig.take().selection_changed);
  rig.click("node:web");
  CHECK_FALSE(rig.take().selection_changed);
  rig.click("edge:web>catalog");
  CHECK(rig.canvas.selected() == Target::edge("web", "catalog"));
  rig.click("zone:eu-1a");
  CHECK(rig.canvas.selected() == Target::zone("eu-1a"));
  rig.click("empty");
  CHECK_FALSE(rig.canvas.selected());
  CHECK(rig.take().selection_changed);
}

TEST_CASE("topology input: a click on the instances opens them", "[drawing]") {
  Shop rig;
  rig.click("instance:web[2]");
  CHECK(rig.canvas.opened() == Target::node("web"));
  CHECK(rig.canvas.selected() == Target::instance_of("web", 2));
  rig.click("instance:web[4]");  // in the list
  CHECK(rig.canvas.selected() == Target::instance_of("web", 4));
  rig.click("instance:web[5]", 1);
  const TopologyCanvas::Events events = rig.take();
  REQUIRE(events.menu);
  CHECK(events.menu->target == Target::instance_of("web", 5));
  rig.click("close-instances");
  CHECK_FALSE(rig.canvas.opened());
}

TEST_CASE("topology input: dragging the canvas moves it", "[drawing]") {
  Shop rig;
  const ImVec2 web = rig.middle("node:web");
  for (const int button : {0, 2}) {
    const ImVec2 before = rig.middle("node:web");
    const ImVec2 start = rig.middle("empty");
    rig.drag(start, {start.x + 40, start.y + 25}, button);
    CHECK(near(rig.middle("node:web"), {before.x + 40, before.y + 25}));
  }
  CHECK(near(rig.middle("node:web"), {web.x + 80, web.y + 50}));
  CHECK_FALSE(rig.canvas.selected());
  CHECK(rig.canvas.positions().empty());
}

TEST_CASE("topology input: the wheel zooms at the pointer", "[drawing]") {
  Shop rig;
  rig.point_at("node:catalog");
  const ImVec2 before = rig.middle("node:catalog");
  const float zoom = rig.canvas.view().zoom;
  rig.wheel(2);
  CHECK(rig.canvas.view().zoom == Approx(zoom * 1.15F * 1.15F));
  CHECK(near(rig.middle("node:catalog"), before));
  rig.wheel(-100);
  CHECK(rig.canvas.view().zoom > 0);
  rig.wheel(200);
  CHECK(rig.canvas.view().zoom == Approx(2));
}

TEST_CASE("topology input: a double click on nothing fits everything in", "[drawing]") {
  Shop rig;
  const TopologyCanvas::View fitted = rig.canvas.view();
  rig.point_at("node:catalog");
  rig.wheel(8);
  rig.settle();
  CHECK_FALSE(rig.canvas.rect_of("node:users"));
  rig.double_click("empty");
  rig.settle();
  CHECK(rig.canvas.view().zoom == Approx(fitted.zoom).epsilon(0.01));
  CHECK(near(rig.canvas.view().pan, fitted.pan, 3));
  rig.point_at("node:catalog");
  rig.wheel(8);
  rig.type('F');
  rig.settle();
  CHECK(rig.canvas.view().zoom == Approx(fitted.zoom).epsilon(0.01));
}

TEST_CASE("topology input: a double click on a card activates it", "[drawing]") {
  Shop rig;
  rig.double_click("node:web");
  CHECK(rig.take().activated == Target::node("web"));
  rig.double_click("edge:web>catalog");
  CHECK(rig.take().activated == Target::edge("web", "catalog"));
}

TEST_CASE("topology input: cards can be dragged, and stay where they were put", "[drawing]") {
  Shop rig;
  const ImVec2 from = rig.middle("node:payments");
  const TopologyCanvas::View view = rig.canvas.view();
  rig.drag(from, {from.x + 60, from.y - 30});
  const TopologyCanvas::Events events = rig.take();
  CHECK(events.moved == "payments");
  CHECK(near(rig.middle("node:payments"), {from.x + 60, from.y - 30}));
  CHECK_FALSE(events.selection_changed);
  REQUIRE(rig.canvas.positions().size() == 1);
  const Position there = rig.canvas.positions().at("payments");
  CHECK(there.column == Approx(4 + 60 / (view.zoom * view.grid.column)).margin(0.02));
  CHECK(there.row == Approx(2 - 30 / (view.zoom * view.grid.row)).margin(0.02));
  // The model moving it changes nothing, until positions are reset.
  rig.sample.model.nodes[6].row = 0;
  rig.frames(2);
  CHECK(near(rig.middle("node:payments"), {from.x + 60, from.y - 30}));
  rig.canvas.set_positions({});
  rig.sample.model.nodes[6].row = 2;
  rig.frames(2);
  CHECK(near(rig.middle("node:payments"), from));
}

TEST_CASE("topology input: a right click asks for a menu", "[drawing]") {
  Shop rig;
  const auto target_at = [&](std::string_view name) {
    rig.click(name, 1);
    const TopologyCanvas::Events events = rig.take();
    REQUIRE(events.menu);
    CHECK(near(events.menu->at, ImGui::GetIO().MousePos, 0.1F));
    return events.menu->target;
  };
  CHECK(target_at("node:web") == Target::node("web"));
  CHECK(rig.canvas.selected() == Target::node("web"));
  CHECK(target_at("edge:web>catalog") == Target::edge("web", "catalog"));
  CHECK(target_at("instance:web[1]") == Target::instance_of("web", 1));
  CHECK(target_at("zone:eu-1c") == Target::zone("eu-1c"));
  CHECK(target_at("empty") == Target{});
}

TEST_CASE("topology input: a menu knows in which column and row it was asked for", "[drawing]") {
  Shop rig;
  rig.click("node:checkout", 1);
  const TopologyCanvas::Events events = rig.take();
  REQUIRE(events.menu);
  CHECK(events.menu->position.column == Approx(3).margin(0.02));
  CHECK(events.menu->position.row == Approx(2.5).margin(0.02));
}

TEST_CASE("topology input: arrows go from card to card", "[drawing]") {
  Shop rig;
  rig.click("node:users");
  rig.type(ImGuiKey_RightArrow);
  CHECK(rig.canvas.selected() == Target::node("edge-lb"));
  rig.type(ImGuiKey_RightArrow);
  rig.type(ImGuiKey_RightArrow);
  CHECK(rig.canvas.selected() == Target::node("catalog"));
  rig.type(ImGuiKey_DownArrow);
  CHECK(rig.canvas.selected() == Target::node("checkout"));
  rig.type(ImGuiKey_LeftArrow);
  CHECK(rig.canvas.selected() == Target::node("web"));
  const TopologyCanvas::View view = rig.canvas.view();
  rig.type(ImGuiKey_Escape);
  CHECK_FALSE(rig.canvas.selected());
  CHECK(near(rig.canvas.view().pan, view.pan, 0.1F));
  // With nothing selected they move the canvas.
  rig.type(ImGuiKey_RightArrow);
  CHECK(rig.canvas.view().pan.x < view.pan.x);
}

TEST_CASE("topology input: the card that an arrow reaches comes into view", "[drawing]") {
  Shop rig;
  rig.point_at("node:users");
  rig.wheel(9);
  rig.click("node:users");
  CHECK_FALSE(rig.canvas.rect_of("node:catalog"));
  for (int i = 0; i < 3; ++i) {
    rig.type(ImGuiKey_RightArrow);
    rig.settle();
  }
  CHECK(rig.canvas.selected() == Target::node("catalog"));
  const Rect card = rig.rect("node:catalog");
  CHECK(rig.rect("canvas").holds(card.grown(10)));
}

TEST_CASE("topology input: letters move and signs zoom", "[drawing]") {
  Shop rig;
  rig.point_at("empty");
  const TopologyCanvas::View view = rig.canvas.view();
  rig.hold('D', 5);
  CHECK(rig.canvas.view().pan.x < view.pan.x - 50);
  CHECK(rig.canvas.view().pan.y == view.pan.y);
  rig.hold('A', 5);
  CHECK(rig.canvas.view().pan.x == Approx(view.pan.x).margin(0.5));
  rig.hold('S', 5);
  CHECK(rig.canvas.view().pan.y < view.pan.y - 50);
  rig.hold('W', 5);
  CHECK(rig.canvas.view().pan.y == Approx(view.pan.y).margin(0.5));
  rig.type('=');
  rig.settle();
  CHECK(rig.canvas.view().zoom == Approx(view.zoom * 1.3F).epsilon(0.01));
  rig.type('-');
  rig.settle();
  CHECK(rig.canvas.view().zoom == Approx(view.zoom).epsilon(0.01));
}

TEST_CASE("topology input: keys belong to whoever has the pointer", "[drawing]") {
  Shop rig;
  const TopologyCanvas::View view = rig.canvas.view();
  ImGui::SetWindowFocus(nullptr);
  rig.point_away();
  rig.frames(2);
  rig.hold('D', 5);
  CHECK(rig.canvas.view().pan.x == view.pan.x);
  rig.point_at("empty");
  ImGui::GetIO().KeyCtrl = true;
  rig.hold('D', 5);
  ImGui::GetIO().KeyCtrl = false;
  CHECK(rig.canvas.view().pan.x == view.pan.x);
}

TEST_CASE("topology input: Enter opens the instances, Escape closes them first", "[drawing]") {
  Shop rig;
  rig.click("node:catalog");
  rig.type(ImGuiKey_Enter);
  CHECK(rig.canvas.opened() == Target::node("catalog"));
  rig.type(ImGuiKey_Escape);
  CHECK_FALSE(rig.canvas.opened());
  CHECK(rig.canvas.selected());
  rig.type(ImGuiKey_Escape);
  CHECK_FALSE(rig.canvas.selected());
}

TEST_CASE("topology input: groups collapse and expand", "[drawing]") {
  Sample sample = shop(ShopState::normal);
  for (Node& node : sample.model.nodes)
    if (node.id == "orders" || node.id == "fulfilment") node.group = "shipping";
  TopologyRig rig(std::move(sample));
  rig.settle();
  CHECK(rig.canvas.rect_of("node:orders"));
  rig.click("collapse:shipping");
  rig.settle();
  CHECK(rig.canvas.collapsed("shipping"));
  CHECK_FALSE(rig.canvas.rect_of("node:orders"));
  CHECK(rig.canvas.rect_of("edge:checkout>shipping"));
  rig.click("group:shipping");
  CHECK(rig.canvas.selected() == Target::group("shipping"));
  rig.click("instances:shipping");
  CHECK(rig.canvas.opened() == Target::group("shipping"));
  rig.click("close-instances");
  rig.click("expand:shipping");
  CHECK_FALSE(rig.canvas.collapsed("shipping"));
  rig.canvas.collapse("shipping", true);
  rig.settle();
  const ImVec2 from = rig.middle("group:shipping");
  rig.drag(from, {from.x + 30, from.y - 10});
  CHECK(rig.take().moved == "group:shipping");
  rig.double_click("group:shipping");
  CHECK_FALSE(rig.canvas.collapsed("shipping"));
}

TEST_CASE("topology input: editing connects cards from their ports", "[drawing]") {
  Shop rig;
  CHECK_FALSE(rig.canvas.rect_of("port:web"));
  rig.options.editing = true;
  rig.frames(2);
  rig.drag(rig.middle("port:web"), rig.middle("node:payments"));
  TopologyCanvas::Events events = rig.take();
  REQUIRE(events.connect);
  CHECK(events.connect->from == "web");
  CHECK(events.connect->to == "payments");
  CHECK_FALSE(events.moved);
  CHECK(rig.canvas.positions().empty());
  // Not with itself, and not with nothing.
  rig.drag(rig.middle("port:web"), rig.middle("node:web"));
  rig.drag(rig.middle("port:web"), rig.middle("empty"));
  events = rig.take();
  CHECK_FALSE(events.connect);
}

TEST_CASE("topology input: editing adds what is dropped", "[drawing]") {
  Shop rig;
  rig.palette = true;
  rig.options.editing = true;
  rig.settle();
  const ImVec2 users = rig.middle("node:users");
  const ImVec2 lb = rig.middle("node:edge-lb");
  const float row = rig.canvas.view().zoom * rig.canvas.view().grid.row;
  rig.drag({40, 10}, {(users.x + lb.x) / 2, users.y + row * 1.05F});
  const TopologyCanvas::Events events = rig.take();
  REQUIRE(events.add);
  CHECK(events.add->what == "worker");
  CHECK(events.add->position.column == 0.5);
  CHECK(events.add->position.row == 2.5);
  rig.options.editing = false;
  rig.drag({40, 10}, {(users.x + lb.x) / 2, users.y + row});
  CHECK_FALSE(rig.take().add);
}

TEST_CASE("topology input: editing asks to remove what is selected", "[drawing]") {
  Shop rig;
  rig.click("edge:web>catalog");
  rig.type(ImGuiKey_Delete);
  CHECK_FALSE(rig.take().remove);
  rig.options.editing = true;
  rig.type(ImGuiKey_Delete);
  CHECK(rig.take().remove == Target::edge("web", "catalog"));
}

TEST_CASE("topology input: the minimap moves the view", "[drawing]") {
  Shop rig;
  CHECK_FALSE(rig.canvas.rect_of("minimap"));
  rig.point_at("node:users");
  rig.wheel(8);
  rig.frame();
  CHECK_FALSE(rig.canvas.rect_of("node:products-db"));
  const Rect minimap = rig.rect("minimap");
  rig.drag(minimap.center(), {minimap.max.x - 12, minimap.center().y});
  rig.settle();
  CHECK(rig.canvas.rect_of("node:products-db"));
  CHECK_FALSE(rig.canvas.selected());
  rig.options.minimap = false;
  rig.frame();
  CHECK_FALSE(rig.canvas.rect_of("minimap"));
}

TEST_CASE("topology input: instances may vanish while they are pointed at", "[drawing]") {
  Shop rig;
  rig.settle();
  rig.point_at("instance:web[3]");
  rig.frames(2);
  // As when the scenario is shown in place of its run.
  for (topology::Node& node : rig.sample.model.nodes) node.instances.clear();
  rig.take();
  rig.frames(2);
  const TopologyCanvas::Events events = rig.take();
  if (events.hovered) CHECK(events.hovered->kind != Target::Kind::instance);
  rig.click("node:web");
  CHECK(rig.canvas.selected() == Target::node("web"));
}

TEST_CASE("topology input: a card may vanish while it is dragged", "[drawing]") {
  Shop rig;
  rig.point_at("node:products-db");
  rig.headless.press(0);
  rig.frame();
  rig.point_at(ImVec2{600, 300});
  rig.frame();
  rig.sample.model.nodes.pop_back();
  rig.frames(3);
  rig.headless.release(0);
  rig.frames(3);
  CHECK_FALSE(rig.canvas.rect_of("node:products-db"));
  CHECK(rig.canvas.rect_of("node:web"));
}

}  // namespace
}  // namespace highwater::viewer
