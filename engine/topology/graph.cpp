#include "engine/topology/graph.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/biconnected_components.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/strong_components.hpp>

namespace highwater {
namespace {

using Directed = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Undirected = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;

/// The graph of the edges for which `keep` says so.
template <class Graph, class Keep>
Graph graph_of(const Topology& topology, const Keep& keep) {
  Graph graph(topology.components.size());
  for (const Topology::Edge& edge : topology.edges) {
    if (keep(edge)) boost::add_edge(edge.from, edge.to, graph);
  }
  return graph;
}

/// The strongly connected components of a graph: numbers from 0, an edge never leads to a higher
/// one.
std::vector<std::size_t> group_numbers(const Directed& graph, std::size_t& count) {
  std::vector<std::size_t> number(boost::num_vertices(graph));
  count = boost::strong_components(
      graph, boost::make_iterator_property_map(number.begin(), get(boost::vertex_index, graph)));
  return number;
}

/// Indices of the edges that leave each component.
std::vector<std::vector<std::size_t>> edges_from(const Topology& topology) {
  std::vector<std::vector<std::size_t>> result(topology.components.size());
  for (std::size_t i = 0; i < topology.edges.size(); ++i) {
    result[topology.edges[i].from].push_back(i);
  }
  return result;
}

/// The shortest way back to `start` over synchronous edges within its group; there is one.
std::vector<std::size_t> circle_through(std::size_t start, const Topology& topology,
                                        const std::vector<std::vector<std::size_t>>& leaving,
                                        const std::vector<std::size_t>& group) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> came_by(topology.components.size(), kNone);
  std::deque<std::size_t> waiting{start};
  while (came_by[start] == kNone) {
    const std::size_t here = waiting.front();
    waiting.pop_front();
    for (const std::size_t edge : leaving[here]) {
      const std::size_t to = topology.edges[edge].to;
      if (!is_synchronous(topology.edges[edge].relation)) continue;
      if (group[to] != group[start] || came_by[to] != kNone) continue;
      came_by[to] = edge;
      waiting.push_back(to);
    }
  }
  std::vector<std::size_t> circle;
  std::size_t here = start;
  do {
    circle.push_back(came_by[here]);
    here = topology.edges[came_by[here]].from;
  } while (here != start);
  std::reverse(circle.begin(), circle.end());
  return circle;
}

}  // namespace

std::vector<bool> reached_by_load(const Topology& topology) {
  // One more vertex leads to every source, so that one search does.
  auto graph = graph_of<Directed>(topology, [](const Topology::Edge&) { return true; });
  const std::size_t root = boost::add_vertex(graph);
  for (std::size_t i = 0; i < topology.components.size(); ++i) {
    if (topology.components[i].sends_load) boost::add_edge(root, i, graph);
  }
  std::vector<boost::default_color_type> color(boost::num_vertices(graph));
  const auto color_map =
      boost::make_iterator_property_map(color.begin(), get(boost::vertex_index, graph));
  boost::breadth_first_search(graph, root, boost::color_map(color_map));
  std::vector<bool> reached(topology.components.size());
  for (std::size_t i = 0; i < reached.size(); ++i) reached[i] = color[i] == boost::black_color;
  return reached;
}

std::vector<std::vector<std::size_t>> flow_order(const Topology& topology) {
  const auto graph = graph_of<Directed>(topology, [](const Topology::Edge&) { return true; });
  std::size_t count = 0;
  const std::vector<std::size_t> number = group_numbers(graph, count);
  std::vector<std::vector<std::size_t>> groups(count);
  for (std::size_t i = 0; i < number.size(); ++i) groups[count - 1 - number[i]].push_back(i);
  return groups;
}

std::vector<std::vector<std::size_t>> synchronous_circles(const Topology& topology) {
  const auto graph = graph_of<Directed>(
      topology, [](const Topology::Edge& edge) { return is_synchronous(edge.relation); });
  std::size_t count = 0;
  const std::vector<std::size_t> group = group_numbers(graph, count);
  std::vector<std::size_t> members(count);
  for (const std::size_t number : group) ++members[number];
  std::vector<bool> calls_itself(topology.components.size());
  for (const Topology::Edge& edge : topology.edges) {
    if (edge.from == edge.to && is_synchronous(edge.relation)) calls_itself[edge.from] = true;
  }

  const auto leaving = edges_from(topology);
  std::vector<bool> shown(count);
  std::vector<std::vector<std::size_t>> circles;
  for (std::size_t i = 0; i < topology.components.size(); ++i) {
    const bool first_of_group = members[group[i]] > 1 && !shown[group[i]];
    if (!first_of_group && !calls_itself[i]) continue;
    shown[group[i]] = true;
    circles.push_back(circle_through(i, topology, leaving, group));
  }
  return circles;
}

std::vector<std::size_t> articulation_points(const Topology& topology) {
  const auto graph = graph_of<Undirected>(
      topology, [](const Topology::Edge& edge) { return edge.from != edge.to; });
  std::vector<std::size_t> points;
  boost::articulation_points(graph, std::back_inserter(points));
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

std::vector<std::optional<std::size_t>> immediate_dominators(const Topology& topology) {
  // Vertices are numbered in reverse postorder from a root before all sources; a dominator's number
  // is then below that of what it dominates.
  const std::size_t root = topology.components.size();
  std::vector<std::vector<std::size_t>> next(root + 1), previous(root + 1);
  const auto connect = [&](std::size_t from, std::size_t to) {
    next[from].push_back(to);
    previous[to].push_back(from);
  };
  for (std::size_t i = 0; i < root; ++i) {
    if (topology.components[i].sends_load) connect(root, i);
  }
  for (const Topology::Edge& edge : topology.edges) connect(edge.from, edge.to);

  std::vector<std::size_t> order;  // postorder
  std::vector<bool> seen(root + 1);
  std::vector<std::pair<std::size_t, std::size_t>> path{{root, 0}};  // vertex, edges taken
  seen[root] = true;
  while (!path.empty()) {
    auto& [vertex, taken] = path.back();
    if (taken == next[vertex].size()) {
      order.push_back(vertex);
      path.pop_back();
    } else {
      const std::size_t to = next[vertex][taken++];
      if (!seen[to]) path.emplace_back(to, 0);
      seen[to] = true;
    }
  }
  std::reverse(order.begin(), order.end());
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> number(root + 1, kNone);
  for (std::size_t i = 0; i < order.size(); ++i) number[order[i]] = i;

  std::vector<std::size_t> dominator(order.size(), kNone);  // of numbers
  dominator[0] = 0;
  const auto meet = [&](std::size_t a, std::size_t b) {
    while (a != b) {
      while (a > b) a = dominator[a];
      while (b > a) b = dominator[b];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 1; i < order.size(); ++i) {
      std::size_t best = kNone;
      for (const std::size_t from : previous[order[i]]) {
        const std::size_t by = number[from];
        if (by == kNone || dominator[by] == kNone) continue;
        best = best == kNone ? by : meet(best, by);
      }
      changed |= dominator[i] != best;
      dominator[i] = best;
    }
  }

  std::vector<std::optional<std::size_t>> result(root);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (dominator[i] != 0) result[order[i]] = order[dominator[i]];
  }
  return result;
}

}  // namespace highwater
