#include "viewer/draw/topology_scene.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/topology_models.h"
#include "viewer/draw/topology_focus.h"
#include "viewer/draw/topology_hits.h"
#include "viewer/draw/topology_links.h"
#include "viewer/draw/topology_routes.h"

namespace highwater::viewer::topology {
namespace {

Model chain(std::initializer_list<Position> positions) {
  Model model;
  for (const Position& position : positions) {
    Node node;
    node.id = std::string(1, static_cast<char>('a' + model.nodes.size()));
    node.column = position.column;
    node.row = position.row;
    model.nodes.push_back(node);
  }
  return model;
}

void join(Model& model, std::size_t from, std::size_t to) {
  Edge edge;
  edge.from = from;
  edge.to = to;
  edge.rate_per_s = 1;
  model.edges.push_back(edge);
}

std::vector<std::string> ids(const Scene& scene, const std::vector<std::size_t>& spots) {
  std::vector<std::string> names;
  for (const std::size_t spot : spots) names.push_back(scene.spots[spot].id);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool passes_behind_a_card(const Scene& scene, const Scene::Link& link) {
  for (int i = 0; i <= 200; ++i) {
    const ImVec2 place = link.path.at(static_cast<float>(i) / 200);
    for (std::size_t spot = 0; spot < scene.spots.size(); ++spot)
      if (spot != link.from && spot != link.to && scene.spots[spot].rect.contains(place))
        return true;
  }
  return false;
}

TEST_CASE("topology scene: cards stand where model and user put them", "[drawing]") {
  Model model = chain({{0, 0}, {1, 2}});
  Arrangement arrangement;
  arrangement.positions["b"] = {3, 0.5};
  const Scene scene = scene_of(model, arrangement);
  CHECK(scene.spots[0].rect.center().x == 0);
  CHECK(scene.spots[1].rect.center().x == 3 * arrangement.grid.column);
  CHECK(scene.spots[1].rect.center().y == Approx(0.5 * arrangement.grid.row));
  CHECK(scene.spots[1].rect.width() == arrangement.grid.card_width);
  CHECK(position_of(place_of({3, 0.5}, scene.grid), scene.grid) == Position{3, 0.5});
  CHECK(scene.bounds.holds(scene.spots[0].rect));
  CHECK(scene.bounds.holds(scene.spots[1].rect));
}

TEST_CASE("topology scene: its shape does not depend on numbers", "[drawing]") {
  Sample sample = shop(ShopState::normal);
  const Arrangement arrangement;
  const std::uint64_t shape = shape_of(sample.model, arrangement);
  sample.model.nodes[1].now.rate_per_s = 5;
  sample.model.nodes[2].instances[0].state = InstanceState::down;
  sample.model.edges[0].error_share = 0.5;
  CHECK(shape_of(sample.model, arrangement) == shape);
  Arrangement moved;
  moved.positions["web"] = {0, 0};
  CHECK(shape_of(sample.model, moved) != shape);
  Arrangement collapsed;
  collapsed.collapsed.insert("x");
  CHECK(shape_of(sample.model, collapsed) != shape);
  Arrangement wider;
  wider.grid.column += 1;
  CHECK(shape_of(sample.model, wider) != shape);
  sample.model.edges[0].asynchronous = true;
  CHECK(shape_of(sample.model, arrangement) != shape);
}

TEST_CASE("topology scene: a collapsed group is one card", "[drawing]") {
  Model model = chain({{0, 0}, {1, 0}, {1, 1}, {2, 0}});
  model.nodes[1].group = model.nodes[2].group = "g";
  join(model, 0, 1);
  join(model, 0, 2);
  join(model, 1, 2);
  join(model, 2, 3);
  Arrangement arrangement;
  CHECK(scene_of(model, arrangement).spots.size() == 4);
  CHECK(scene_of(model, arrangement).links.size() == 4);
  arrangement.collapsed.insert("g");
  const Scene scene = scene_of(model, arrangement);
  REQUIRE(scene.spots.size() == 3);
  REQUIRE(scene.links.size() == 2);  // two into one, none within
  const std::size_t group = *scene.spot_called("g", true);
  CHECK(scene.spots[group].nodes == std::vector<std::size_t>{1, 2});
  CHECK(scene.spots[group].rect.center().y == Approx(0.5 * scene.grid.row));
  CHECK(scene.links[*scene.link_between("a", "g")].edges == std::vector<std::size_t>{0, 1});
  CHECK(scene.spot_of[2] == group);
  arrangement.positions["group:g"] = {1, 3};
  CHECK(scene_of(model, arrangement).spots[group].rect.center().y == 3 * scene.grid.row);
}

TEST_CASE("topology scene: edges that lead nowhere are left out", "[drawing]") {
  Model model = chain({{0, 0}});
  join(model, 0, 7);
  CHECK(scene_of(model, {}).links.empty());
  CHECK(scene_of(Model{}, {}).spots.empty());
}

TEST_CASE("topology scene: frames surround what is in one zone, and nothing else", "[drawing]") {
  Model model = chain({{0, 0}, {0, 1}, {0, 2}, {1, 1}});
  model.zones = {{"x"}, {"y"}};
  model.nodes[0].zones = model.nodes[2].zones = {0};
  model.nodes[3].zones = {1};
  // b, in no zone, stands between a and c: two frames.
  const Scene apart = scene_of(model, {});
  CHECK(std::count_if(apart.frames.begin(), apart.frames.end(),
                      [](const Scene::Frame& frame) { return frame.id == "x"; }) == 2);
  for (const Scene::Frame& frame : apart.frames)
    CHECK_FALSE(frame.rect.overlaps(apart.spots[1].rect));
  model.nodes[1].zones = {0};
  const Scene one = scene_of(model, {});
  REQUIRE(one.frames.size() == 2);
  CHECK(one.frames[0].rect.holds(one.spots[0].rect));
  CHECK(one.frames[0].rect.holds(one.spots[2].rect));
  // Where there is only one zone there is nothing to tell apart.
  model.zones = {{"x"}};
  model.nodes[3].zones = {};
  CHECK(scene_of(model, {}).frames.empty());
}

TEST_CASE("topology scene: an expanded group has a frame around those of zones", "[drawing]") {
  Model model = chain({{0, 0}, {0, 1}});
  model.zones = {{"x"}, {"y"}};
  for (Node& node : model.nodes) {
    node.group = "g";
    node.zones = {0};
  }
  const Scene scene = scene_of(model, {});
  REQUIRE(scene.frames.size() == 2);
  CHECK(scene.frames[1].group);
  CHECK(scene.frames[1].rect.holds(scene.frames[0].rect));
}

TEST_CASE("topology scene: arrows follow edges", "[drawing]") {
  const Sample sample = shop(ShopState::normal);
  const Scene scene = scene_of(sample.model, {});
  const auto step = [&](std::string_view from, Direction direction) -> std::string {
    const auto next = neighbour_of(scene, *scene.spot_called(from, false), direction);
    return next ? scene.spots[*next].id : "";
  };
  CHECK(step("users", Direction::right) == "edge-lb");
  CHECK(step("edge-lb", Direction::left) == "users");
  CHECK(step("checkout", Direction::right) == "payments");
  CHECK(step("payments", Direction::down) == "orders");
  CHECK(step("orders", Direction::up) == "payments");
  CHECK(step("users", Direction::left).empty());
  CHECK(step("products-db", Direction::right).empty());
}

TEST_CASE("topology routes: links do not pass behind cards", "[drawing]") {
  // a calls d over b and c, which are in the way.
  Model model = chain({{0, 0}, {1, 0}, {2, 0}, {3, 0}});
  join(model, 0, 3);
  join(model, 0, 1);
  const Scene scene = scene_of(model, {});
  CHECK_FALSE(passes_behind_a_card(scene, scene.links[0]));
  CHECK(scene.links[0].path.pieces().size() > 1);
  CHECK(scene.links[1].path.pieces().size() == 1);
  // Pieces join without gaps.
  const auto pieces = scene.links[0].path.pieces();
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    CHECK(pieces[i].a.x == pieces[i - 1].d.x);
    CHECK(pieces[i].a.y == pieces[i - 1].d.y);
  }
  for (const ShopState state : {ShopState::normal}) {
    const Sample sample = shop(state);
    const Scene whole = scene_of(sample.model, {});
    for (const Scene::Link& link : whole.links) CHECK_FALSE(passes_behind_a_card(whole, link));
  }
}

TEST_CASE("topology routes: ends stand in the order of the other ends", "[drawing]") {
  Model model = chain({{0, 1}, {1, 0}, {1, 1}, {1, 2}});
  join(model, 0, 3);
  join(model, 0, 1);
  join(model, 0, 2);
  const Scene scene = scene_of(model, {});
  const auto start = [&](std::size_t link) { return scene.links[link].path.at(0); };
  CHECK(start(1).y < start(2).y);
  CHECK(start(2).y < start(0).y);
  CHECK(start(2).y == Approx(scene.spots[0].rect.center().y));
  for (std::size_t link = 0; link < 3; ++link) {
    CHECK(start(link).x == scene.spots[0].rect.max.x);
    CHECK(scene.links[link].path.at(1).x == scene.spots[1].rect.min.x);
  }
}

TEST_CASE("topology routes: back, within a column, and to itself", "[drawing]") {
  Model model = chain({{0, 0}, {2, 0}, {2, 1}});
  join(model, 1, 0);
  join(model, 1, 2);
  join(model, 1, 1);
  const Scene scene = scene_of(model, {});
  const Path& back = scene.links[0].path;
  CHECK(back.at(0).y == scene.spots[1].rect.max.y);
  CHECK(back.at(1).y == scene.spots[0].rect.max.y);
  CHECK(back.at(0.5F).y > scene.spots[1].rect.max.y + 20);
  const Path& column = scene.links[1].path;
  CHECK(column.at(0.5F).x > scene.spots[1].rect.max.x + 10);
  const Path& loop = scene.links[2].path;
  CHECK(loop.at(0).x == scene.spots[1].rect.max.x);
  CHECK(loop.at(1).y == scene.spots[1].rect.min.y);
}

TEST_CASE("topology focus: a card with its neighbours", "[drawing]") {
  const Sample sample = shop(ShopState::normal);
  const Scene scene = scene_of(sample.model, {});
  const Focus web = focus_of(sample.model, scene, Target::node("web"));
  CHECK(ids(scene, web.spots) == std::vector<std::string>{"catalog", "checkout", "edge-lb", "web"});
  CHECK(web.links.size() == 3);
  const Focus edge = focus_of(sample.model, scene, Target::edge("catalog", "redis"));
  CHECK(ids(scene, edge.spots) == std::vector<std::string>{"catalog", "redis"});
  CHECK(edge.links.size() == 1);
  const Focus zone = focus_of(sample.model, scene, Target::zone("eu-1a"));
  const std::vector<std::string> inside = ids(scene, zone.spots);
  CHECK(std::count(inside.begin(), inside.end(), "products-db") == 1);
  CHECK(std::count(inside.begin(), inside.end(), "redis") == 0);
  CHECK(focus_of(sample.model, scene, Target::node("nobody")).empty());
  CHECK(focus_of(sample.model, scene, Target{}).empty());

  Strengths strengths;
  const std::vector<bool> all = search(sample.model, scene, "");
  strengths.take(scene, web, 0.6F, all);
  CHECK(strengths.spots[*scene.spot_called("web", false)] == 1);
  CHECK(strengths.spots[*scene.spot_called("users", false)] == Approx(0.4));
  CHECK(strengths.links[*scene.link_between("web", "catalog")] == kEmphasized);
  CHECK(strengths.links[*scene.link_between("catalog", "redis")] == Approx(0.4));
}

TEST_CASE("topology focus: what is not found is dimmed", "[drawing]") {
  const Sample sample = shop(ShopState::normal);
  const Scene scene = scene_of(sample.model, {});
  const std::vector<bool> found = search(sample.model, scene, "data");
  CHECK(std::count(found.begin(), found.end(), true) == 1);
  Strengths strengths;
  strengths.take(scene, {}, 0, found);
  CHECK(strengths.spots[*scene.spot_called("products-db", false)] == 1);
  CHECK(strengths.spots[*scene.spot_called("web", false)] == Approx(0.3));
  CHECK(strengths.links[*scene.link_between("catalog", "products-db")] == 1);
  CHECK(strengths.links[*scene.link_between("web", "catalog")] == Approx(0.3));
}

TEST_CASE("topology hits: parts lie on cards, cards on links, links on frames", "[drawing]") {
  Model model = chain({{0, 0}, {1, 0}});
  model.zones = {{"x"}, {"y"}};
  model.nodes[0].zones = model.nodes[1].zones = {0};
  join(model, 0, 1);
  const Scene scene = scene_of(model, {});
  const Camera camera;
  Hits hits;
  hits.add({Hit::Kind::instances, 0, 0, 0}, {{-20, 10}, {20, 30}});
  const auto at = [&](ImVec2 place) { return hits.at(place, scene, camera, Detail::full, 6); };
  CHECK(at({0, 20}).kind == Hit::Kind::instances);
  CHECK(at({0, 0}).kind == Hit::Kind::spot);
  CHECK(at({0, 0}).index == 0);
  const float between = (scene.spots[0].rect.max.x + scene.spots[1].rect.min.x) / 2;
  CHECK(at({between, 5}).kind == Hit::Kind::link);
  CHECK(at({between, 12}).kind == Hit::Kind::frame);
  CHECK(at({between, 300}).kind == Hit::Kind::empty);
  CHECK(target_of(at({0, 0}), model, scene) == Target::node("a"));
  CHECK(target_of(at({between, 5}), model, scene) == Target::edge("a", "b"));
  CHECK(target_of(at({between, 12}), model, scene) == Target::zone("x"));
  CHECK(target_of(at({between, 300}), model, scene) == Target{});
  CHECK(hits.at({0, 0}, scene, camera, Detail::density, 6).kind == Hit::Kind::empty);
}

TEST_CASE("topology hits: a dot can be hit though it is small", "[drawing]") {
  const Model model = chain({{0, 0}});
  const Scene scene = scene_of(model, {});
  Camera camera;
  camera.zoom = 0.05F;  // a card of 10 by 5 pixels
  const Rect dot = card_on_screen(scene.spots[0], camera, Detail::dot);
  CHECK(dot.width() >= 10);
  CHECK(dot.height() >= 10);
}

TEST_CASE("topology links: a place to click is one that no card covers", "[drawing]") {
  Model model = chain({{0, 0}, {2, 0}});
  join(model, 0, 1);
  Arrangement arrangement;
  const Scene scene = scene_of(model, arrangement);
  const Camera camera;
  const Rect canvas{{-500, -500}, {1500, 500}};
  REQUIRE(free_place(scene, 0, camera, canvas));
  CHECK(free_place(scene, 0, camera, canvas)->x == Approx(scene.grid.column).margin(1));
  CHECK_FALSE(free_place(scene, 0, camera, {{900, 900}, {950, 950}}));
}

}  // namespace
}  // namespace highwater::viewer::topology
