#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/topology/topology.h"

namespace highwater {

inline TopologyComponent service(std::string id, int instances = 1) {
  TopologyComponent component;
  component.id = std::move(id);
  component.kind = "service";
  component.instances = instances;
  return component;
}

inline TopologyComponent client(std::string id) {
  TopologyComponent component;
  component.id = std::move(id);
  component.kind = "client";
  component.sends_load = true;
  component.callable = false;
  return component;
}

inline TopologyComponent topic(std::string id) {
  TopologyComponent component;
  component.id = std::move(id);
  component.kind = "topic";
  component.callable = false;
  component.publishable = true;
  component.consumable = true;
  return component;
}

/// A reference at line `line` of the first source, column 5.
inline TopologyReference reference(std::string from, std::string to,
                                   Relation relation = Relation::call, std::uint32_t line = 1) {
  TopologyReference result;
  result.pointer = "/components/" + from;
  result.from = std::move(from);
  result.to = std::move(to);
  result.relation = relation;
  result.position = {0, line, 5};
  return result;
}

/// The small backend of the scenario language's own example.
inline Topology users_api() {
  Problems problems;
  return join_topology({client("users"), service("nginx"), service("api", 3), service("redis"),
                        service("users-db", 2), topic("email-topic"), service("email-worker", 3)},
                       {reference("users", "nginx"), reference("nginx", "api", Relation::route),
                        reference("api", "redis"), reference("api", "users-db"),
                        reference("api", "email-topic", Relation::publish),
                        reference("email-worker", "email-topic", Relation::consume)},
                       {}, "/components", problems);
}

/// The graph of these edges between `count` services, of which the first `sources` send load.
inline Topology graph_of_edges(std::size_t count, std::size_t sources,
                               const std::vector<std::pair<std::size_t, std::size_t>>& edges) {
  Topology topology;
  for (std::size_t i = 0; i < count; ++i) {
    topology.components.push_back(service("s" + std::to_string(i)));
    topology.components.back().sends_load = i < sources;
  }
  for (const auto& [from, to] : edges) topology.edges.push_back({from, to, Relation::call, 0});
  return topology;
}

/// Random edges, repeated ones and loops included.
inline Topology random_graph(std::uint64_t seed, std::size_t count, std::size_t edge_count) {
  std::uint64_t state = seed;
  const auto below = [&state](std::size_t n) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return static_cast<std::size_t>((state >> 33) % n);
  };
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t i = 0; i < edge_count; ++i) {
    const std::size_t from = below(count);
    edges.emplace_back(from, below(count));
  }
  return graph_of_edges(count, 1 + seed % 2, edges);
}

}  // namespace highwater
