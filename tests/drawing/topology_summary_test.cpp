#include "viewer/draw/topology_summary.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drawing/topology_models.h"
#include "viewer/draw/topology_model.h"
#include "viewer/draw/topology_readings.h"
#include "viewer/draw/topology_scene.h"

namespace highwater::viewer::topology {
namespace {

Node with_states(std::initializer_list<InstanceState> states) {
  Node node;
  for (const InstanceState state : states) {
    Instance instance;
    instance.state = state;
    instance.utilization = 0.5;
    node.instances.push_back(instance);
  }
  return node;
}

Health health(const Figures& figures, std::initializer_list<InstanceState> states) {
  Census census;
  census.add(with_states(states));
  return health_of(figures, census, Limits());
}

constexpr InstanceState up = InstanceState::up;
constexpr InstanceState down = InstanceState::down;
constexpr InstanceState absent = InstanceState::absent;
constexpr InstanceState paused = InstanceState::paused;

TEST_CASE("topology summary: health of a card", "[drawing]") {
  const Figures calm{100, 10, 0.5, 0, 0};
  CHECK(health(calm, {up, up}) == Health::ok);
  CHECK(health({0, kNone, 0, 0, 0}, {up}) == Health::idle);
  CHECK(health(calm, {up, down}) == Health::warn);
  CHECK(health(calm, {down, down}) == Health::down);
  CHECK(health(calm, {paused}) == Health::down);
  // Nobody is missed of those that were never started.
  CHECK(health(calm, {up, absent}) == Health::ok);
  CHECK(health({0, kNone, kNone, 0, 0}, {absent}) == Health::idle);
  CHECK(health(calm, {up, InstanceState::slow}) == Health::warn);
  CHECK(health({100, 10, 0.8, 0, 0}, {up}) == Health::warn);
  CHECK(health({100, 10, 0.95, 0, 0}, {up}) == Health::bad);
  CHECK(health({100, 10, 0.5, 0, 0.002}, {up}) == Health::warn);
  CHECK(health({100, 10, 0.5, 0, 0.02}, {up}) == Health::bad);
  CHECK(health({100, 10, kNone, kNone, 0}, {}) == Health::ok);
}

TEST_CASE("topology summary: health of an edge", "[drawing]") {
  Edge edge;
  CHECK(health_of(edge, Limits()) == Health::idle);
  edge.rate_per_s = 5;
  CHECK(health_of(edge, Limits()) == Health::ok);
  edge.state = EdgeState::faulted;
  CHECK(health_of(edge, Limits()) == Health::warn);
  edge.error_share = 0.5;
  CHECK(health_of(edge, Limits()) == Health::bad);
  edge.state = EdgeState::cut;
  CHECK(health_of(edge, Limits()) == Health::down);
}

TEST_CASE("topology summary: healths have signs of their own", "[drawing]") {
  std::vector<Icon> icons;
  for (const Health one : {Health::idle, Health::ok, Health::warn, Health::bad, Health::down}) {
    for (const Icon other : icons) CHECK(icon_of(one) != other);
    icons.push_back(icon_of(one));
  }
}

TEST_CASE("topology summary: instances by utilization", "[drawing]") {
  Histogram histogram;
  for (const double utilization : {0.0, 0.05, 0.1, 0.349, 0.95, 1.0, 1.2, kNone}) {
    Instance instance;
    instance.utilization = utilization;
    histogram.add(instance);
  }
  Instance dead;
  dead.state = down;
  dead.utilization = 0.3;
  histogram.add(dead);
  CHECK(histogram.bins == std::array<int, kBins>{2, 1, 0, 1, 0, 0, 0, 0, 0, 3});
  CHECK(histogram.highest() == 3);
}

TEST_CASE("topology summary: one card for many", "[drawing]") {
  const Figures one{100, 20, 0.4, 3, 0.1};
  const Figures other{300, 50, 0.8, kNone, 0};
  const Figures third{0, kNone, kNone, kNone, 0};
  const std::vector<Part> parts{{&one, 1}, {&other, 3}, {&third, 5}};
  const Figures sum = sum_of(parts, std::nullopt);
  CHECK(sum.rate_per_s == 400);
  CHECK(sum.p99_ms == 50);
  CHECK(sum.queue == 3);
  CHECK(sum.error_share == Approx(10.0 / 400));
  CHECK(sum.utilization == Approx((0.4 + 3 * 0.8) / 4));
  CHECK(sum_of(parts, 120).rate_per_s == 120);
  const std::vector<Part> silent{{&third, 1}};
  CHECK(std::isnan(sum_of(silent, std::nullopt).p99_ms));
  CHECK(std::isnan(sum_of(silent, std::nullopt).utilization));
}

TEST_CASE("topology summary: which way a number changed", "[drawing]") {
  CHECK(change_of(100, 100.9) == Change::same);
  CHECK(change_of(103, 100) == Change::up);
  CHECK(change_of(97, 100) == Change::down);
  CHECK(change_of(0, 0) == Change::same);
  CHECK(change_of(1, 0) == Change::up);
  CHECK(change_of(kNone, 3) == Change::same);
}

TEST_CASE("topology summary: names of zones are shortened as far as they differ", "[drawing]") {
  const auto names = [](std::vector<Zone> zones) { return short_names(zones); };
  CHECK(names({{"eu-1a"}, {"eu-1b"}}) == std::vector<std::string>{"a", "b"});
  CHECK(names({{"a"}, {"b"}}) == std::vector<std::string>{"a", "b"});
  CHECK(names({{"eu-1"}, {"eu-12"}}) == std::vector<std::string>{"1", "12"});
  CHECK(names({{"home"}}) == std::vector<std::string>{"home"});
  CHECK(names({{""}, {"x"}}) == std::vector<std::string>{"", "x"});
  CHECK(names({}).empty());
}

TEST_CASE("topology summary: where a node is", "[drawing]") {
  Node node = with_states({up, up});
  CHECK_FALSE(only_zone(node));
  node.instances[0].zone = node.instances[1].zone = 2;
  CHECK(only_zone(node) == 2);
  CHECK(is_in(node, 2));
  node.instances[1].zone = 1;
  CHECK_FALSE(only_zone(node));
  CHECK(is_in(node, 1));
  Node plain;
  plain.zones = {1};
  CHECK(only_zone(plain) == 1);
  plain.zones = {1, 2};
  CHECK_FALSE(only_zone(plain));
  CHECK(is_in(plain, 2));
  CHECK_FALSE(is_in(plain, 0));
}

TEST_CASE("topology summary: search looks at what a node is called and suffers", "[drawing]") {
  Node node;
  node.id = "Orders-db";
  node.kind = "database";
  node.group = "shop";
  node.faults = {"disk full"};
  for (const char* text : {"orders", "DB", "data", "shop", "full", ""}) CHECK(matches(node, text));
  CHECK_FALSE(matches(node, "redis"));
}

TEST_CASE("topology model: targets have names", "[drawing]") {
  const std::vector<Target> targets{
      Target::node("api"),       Target::group("shop"), Target::instance_of("api", 2),
      Target::edge("api", "db"), Target::zone("a"),     Target{}};
  const std::vector<std::string> names{"node:api",    "group:shop", "instance:api[2]",
                                       "edge:api>db", "zone:a",     "empty"};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    CHECK(name_of(targets[i]) == names[i]);
    CHECK(target_of(names[i]) == targets[i]);
  }
  for (const char* none : {"api", "edge:api", "instance:api", "instance:api[]", "instance:api[x]",
                           "instance:api[1", ""})
    CHECK_FALSE(target_of(none));
  CHECK(word_of(InstanceState::failing) == "failing");
}

TEST_CASE("topology readings: a collapsed group counts what enters it", "[drawing]") {
  Sample sample = shop(ShopState::overloaded);
  for (Node& node : sample.model.nodes)
    if (node.id == "catalog" || node.id == "redis") node.group = "products";
  for (Node& node : sample.model.nodes) node.other = node.now;
  Arrangement arrangement;
  arrangement.collapsed = {"products"};
  const Scene scene = scene_of(sample.model, arrangement);
  Readings readings;
  readings.take(sample.model, scene, Limits());
  const std::size_t spot = *scene.spot_called("products", true);
  const Readings::OfSpot& reading = readings.spots[spot];
  CHECK(reading.now.rate_per_s == Approx(5910 * 1.7));  // not twice, for catalog and redis
  CHECK(reading.now.p99_ms == 2100);
  CHECK(reading.census.total() == 7);
  REQUIRE(reading.other);
  CHECK(reading.other->rate_per_s == Approx(5910 * 1.7));
  CHECK(readings.highest_rate == Approx(7280 * 1.7));
  const std::size_t link = *scene.link_between("products", "products-db");
  CHECK(readings.links[link].error_share == Approx(0.11));
  CHECK(readings.links[link].health == Health::bad);
}

TEST_CASE("topology readings: merged edges weigh by rate", "[drawing]") {
  Model model;
  for (const char* id : {"a", "b", "c"}) {
    Node node;
    node.id = id;
    model.nodes.push_back(node);
  }
  model.nodes[0].group = model.nodes[1].group = "g";
  Edge slow{0, 2, false, 100, 0.1, 20, EdgeState::cut, ""};
  Edge fast{1, 2, true, 300, 0, 4, EdgeState::whole, ""};
  model.edges = {slow, fast};
  Arrangement arrangement;
  arrangement.collapsed = {"g"};
  const Scene scene = scene_of(model, arrangement);
  REQUIRE(scene.links.size() == 1);
  Readings readings;
  readings.take(model, scene, Limits());
  const Readings::OfLink& link = readings.links[0];
  CHECK(link.rate_per_s == 400);
  CHECK(link.error_share == Approx(0.025));
  CHECK(link.latency_ms == Approx(8));
  CHECK_FALSE(link.asynchronous);
  CHECK(link.state == EdgeState::faulted);  // one of the two still gets through
  CHECK(link.health == Health::bad);
}

}  // namespace
}  // namespace highwater::viewer::topology
