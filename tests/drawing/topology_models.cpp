#include "tests/drawing/topology_models.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "viewer/draw/topology_particles.h"

namespace highwater::viewer::topology {
namespace {

// 0 to 1, the same for the same numbers.
double share(std::uint64_t one, std::uint64_t other) {
  return static_cast<double>(mixed_bits(mixed_bits(one) + other) >> 11U) * 0x1p-53;
}

Node node(std::string_view id, std::string_view kind, double column, double row, Figures figures) {
  Node made;
  made.id = id;
  made.kind = kind;
  made.column = column;
  made.row = row;
  made.now = figures;
  return made;
}

/// Instances spread over `zones` zones, loaded around `utilization`.
void add_instances(Node& node, std::size_t count, std::size_t zones, double utilization) {
  for (std::size_t i = 0; i < count; ++i) {
    Instance instance;
    instance.label = node.id + "[" + std::to_string(i) + "]";
    instance.zone = zones == 0 ? kNoZone : i * zones / count;
    instance.utilization =
        std::clamp(utilization * (0.85 + 0.3 * share(node.id.size() + i, 7)), 0.0, 1.0);
    node.instances.push_back(std::move(instance));
  }
}

std::vector<double> curve(std::uint64_t seed, double level, double bump) {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < 80; ++i) {
    const double late = static_cast<double>(i) / 80;
    const double noise = 0.9 + 0.2 * share(seed, i);
    values.push_back(level * noise * (0.75 + 0.1 * std::sin(late * 9)) +
                     (late > 0.7 ? bump * level * (late - 0.7) * 3 : 0));
  }
  return values;
}

void add_edge(Model& model, std::string_view from, std::string_view to, double rate,
              double latency_ms, bool asynchronous = false) {
  const auto index = [&](std::string_view id) {
    return static_cast<std::size_t>(std::find_if(model.nodes.begin(), model.nodes.end(),
                                                 [&](const Node& node) { return node.id == id; }) -
                                    model.nodes.begin());
  };
  Edge edge;
  edge.from = index(from);
  edge.to = index(to);
  edge.rate_per_s = rate;
  edge.latency_ms = latency_ms;
  edge.asynchronous = asynchronous;
  model.edges.push_back(edge);
}

Node& called(Model& model, std::string_view id) {
  return *std::find_if(model.nodes.begin(), model.nodes.end(),
                       [&](const Node& node) { return node.id == id; });
}

Edge& between(Model& model, std::string_view from, std::string_view to) {
  return *std::find_if(model.edges.begin(), model.edges.end(), [&](const Edge& edge) {
    return model.nodes[edge.from].id == from && model.nodes[edge.to].id == to;
  });
}

void overload(Model& model) {
  for (Node& node : model.nodes) node.now.rate_per_s *= 1.7;
  for (Edge& edge : model.edges) edge.rate_per_s *= 1.7;
  Node& db = called(model, "products-db");
  db.now.utilization = 1;
  db.now.queue = 412;
  db.now.p99_ms = 1840;
  for (Instance& instance : db.instances) instance.utilization = 0.99;
  Node& catalog = called(model, "catalog");
  catalog.now.error_share = 0.083;
  catalog.now.p99_ms = 2100;
  catalog.now.utilization = 0.58;
  catalog.now.queue = 96;
  between(model, "catalog", "products-db").error_share = 0.11;
  between(model, "catalog", "products-db").latency_ms = 1200;
  between(model, "web", "catalog").error_share = 0.083;
  between(model, "web", "catalog").latency_ms = 900;
  Node& web = called(model, "web");
  web.now.utilization = 0.86;
  web.now.p99_ms = 2300;
  web.now.error_share = 0.012;
  for (std::size_t i = 0; i < web.instances.size(); ++i)
    web.instances[i].utilization = 0.8 + 0.03 * static_cast<double>(i);
  web.instances[2].state = InstanceState::slow;
  called(model, "users").now.p99_ms = 2420;
  called(model, "users").now.error_share = 0.012;
  called(model, "fulfilment").now.queue = 3120;
  called(model, "orders").note = "lag 3.1k";
}

void lose_zone(Model& model) {
  model.zones[1].down = true;
  for (Node& node : model.nodes) {
    bool hit = false;
    for (Instance& instance : node.instances)
      if (instance.zone == 1) {
        instance.state = InstanceState::down;
        instance.utilization = kNone;
        hit = true;
      } else if (!std::isnan(instance.utilization)) {
        instance.utilization = std::min(1.0, instance.utilization * 1.45);
      }
    if (!hit) continue;
    node.faults.emplace_back("zone eu-1b down");
    if (!std::isnan(node.now.utilization))
      node.now.utilization = std::min(1.0, node.now.utilization * 1.45);
  }
  Node& redis = called(model, "redis");
  redis.now.rate_per_s = 0;
  redis.now.utilization = 0;
  redis.note.clear();
  Edge& to_redis = between(model, "catalog", "redis");
  to_redis.state = EdgeState::cut;
  to_redis.error_share = 1;
  to_redis.fault = "nobody answers";
  called(model, "catalog").now.error_share = 0.004;
  between(model, "edge-lb", "web").error_share = 0.03;
  between(model, "edge-lb", "web").state = EdgeState::faulted;
  between(model, "edge-lb", "web").fault = "a third of the backends is gone";
}

}  // namespace

Sample shop(ShopState state) {
  Sample sample;
  Model& model = sample.model;
  model.zones = {{"eu-1a"}, {"eu-1b"}, {"eu-1c"}};
  model.nodes.push_back(node("users", "client", 0, 1.5, {7280, 76.2}));
  model.nodes.push_back(node("edge-lb", "load_balancer", 1, 1.5, {7280, 74.9, 0.31}));
  model.nodes.push_back(node("web", "service", 2, 1.5, {7280, 71.3, 0.62, 3}));
  model.nodes.push_back(node("catalog", "service", 3, 0.5, {5910, 34.3, 0.57, 0}));
  model.nodes.push_back(node("checkout", "service", 3, 2.5, {873, 182, 0.44, 1}));
  model.nodes.push_back(node("redis", "cache", 4, 0, {5910, 0.9, 0.22}));
  model.nodes.push_back(node("payments", "external", 4, 2, {437, 240}));
  model.nodes.push_back(node("orders", "topic", 4, 3, {436, 4.1, 0.08}));
  model.nodes.push_back(node("fulfilment", "worker", 5, 3, {436, 96, 0.52, 41}));
  model.nodes.push_back(node("products-db", "database", 6, 1.5, {2120, 18.4, 0.66, 2}));
  called(model, "redis").note = "hit 93%";
  called(model, "orders").note = "lag 41";
  add_instances(called(model, "edge-lb"), 3, 3, 0.31);
  add_instances(called(model, "web"), 6, 3, 0.62);
  add_instances(called(model, "catalog"), 6, 3, 0.57);
  add_instances(called(model, "checkout"), 3, 3, 0.44);
  add_instances(called(model, "redis"), 1, 1, 0.22);
  add_instances(called(model, "orders"), 3, 3, 0.08);
  add_instances(called(model, "fulfilment"), 5, 3, 0.52);
  add_instances(called(model, "products-db"), 1, 1, 0.66);
  called(model, "redis").instances.front().zone = 1;
  add_edge(model, "users", "edge-lb", 7280, 75);
  add_edge(model, "edge-lb", "web", 7280, 71);
  add_edge(model, "web", "catalog", 5910, 21);
  add_edge(model, "web", "checkout", 873, 120);
  add_edge(model, "catalog", "redis", 5910, 0.6);
  add_edge(model, "catalog", "products-db", 1684, 12);
  add_edge(model, "checkout", "payments", 437, 180);
  add_edge(model, "checkout", "orders", 436, 3, true);
  add_edge(model, "orders", "fulfilment", 436, 40, true);
  add_edge(model, "fulfilment", "products-db", 436, 14);
  if (state == ShopState::overloaded) overload(model);
  if (state == ShopState::zone_down) lose_zone(model);
  const double bump = state == ShopState::normal ? 0 : 1.4;
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    sample.curves.push_back(curve(i, model.nodes[i].now.rate_per_s, bump));
  for (std::size_t i = 0; i < model.nodes.size(); ++i) model.nodes[i].sparkline = sample.curves[i];
  return sample;
}

Sample replicas(std::size_t count) {
  Sample sample;
  Model& model = sample.model;
  model.zones = {{"a"}, {"b"}};
  model.nodes.push_back(node("users", "client", 0, 0, {42000, 61}));
  model.nodes.push_back(node("api", "service", 1, 0, {42000, 58, 0.64, 18}));
  model.nodes.push_back(node("db", "database", 2, 0, {9300, 12, 0.71, 4}));
  Node& api = model.nodes[1];
  add_instances(api, count, 2, 0.64);
  for (std::size_t i = 0; i < api.instances.size(); ++i) {
    Instance& instance = api.instances[i];
    instance.utilization = std::clamp(0.25 + 0.75 * std::sqrt(share(i, 3)), 0.0, 1.0);
    if (i % 17 == 5) instance.state = InstanceState::slow;
    if (i % 31 == 7) instance.state = InstanceState::down;
    if (i % 41 == 11) instance.state = InstanceState::failing;
    if (i % 53 == 13) instance.state = InstanceState::paused;
    if (i + 3 > count) instance.state = InstanceState::absent;
  }
  add_edge(model, "users", "api", 42000, 60);
  add_edge(model, "api", "db", 9300, 9);
  for (std::size_t i = 0; i < model.nodes.size(); ++i)
    sample.curves.push_back(curve(i, model.nodes[i].now.rate_per_s, 0.4));
  for (std::size_t i = 0; i < model.nodes.size(); ++i) model.nodes[i].sparkline = sample.curves[i];
  return sample;
}

Sample large(std::size_t nodes, std::size_t edges) {
  Sample sample;
  Model& model = sample.model;
  constexpr std::size_t kColumns = 20;
  constexpr const char* kKinds[] = {"service", "service", "cache", "database", "queue", "worker"};
  model.zones = {{"a"}, {"b"}, {"c"}};
  const std::size_t rows = (nodes + kColumns - 1) / kColumns;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t column = i / rows;
    const std::string id = "svc-" + std::to_string(i);
    Node made =
        node(id, column == 0 ? "client" : kKinds[mixed_bits(i) % 6], static_cast<double>(column),
             static_cast<double>(i % rows) + (column % 2 == 0 ? 0 : 0.5),
             {100 + 900 * share(i, 1), 5 + 90 * share(i, 2), 0.2 + 0.62 * share(i, 3)});
    made.group = "team-" + std::to_string(i % 10);
    add_instances(made, 1 + mixed_bits(i) % 6, 3, made.now.utilization);
    if (i % 97 == 13) made.now.error_share = 0.06;
    if (i % 211 == 29)
      for (Instance& instance : made.instances) instance.state = InstanceState::down;
    model.nodes.push_back(std::move(made));
  }
  for (std::size_t i = 0; i < edges; ++i) {
    Edge edge;
    edge.from = static_cast<std::size_t>(share(i, 11) * static_cast<double>(nodes - rows));
    // Mostly to the next layer, sometimes further, seldom back.
    const double way = share(i, 12);
    const std::size_t layers = way < 0.8 ? 1 : 2;
    const std::size_t layer = std::min(kColumns - 1, edge.from / rows + layers);
    const double near = static_cast<double>(edge.from % rows) + 10 * (share(i, 13) - 0.5);
    const double row = std::clamp(near, 0.0, static_cast<double>(rows) - 1);
    edge.to = std::min(nodes - 1, layer * rows + static_cast<std::size_t>(row));
    edge.rate_per_s = 10 + 300 * share(i, 14) * share(i, 15);
    edge.latency_ms = 2 + 40 * share(i, 16);
    edge.error_share = i % 151 == 3 ? 0.1 : 0;
    model.edges.push_back(edge);
  }
  return sample;
}

}  // namespace highwater::viewer::topology
