#include "engine/topology/layout.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "tests/topology/sample_topology.h"

namespace highwater {
namespace {

/// What holds for every picture: rows on the grid from 0 on, no two components of a column closer
/// than 1.
void check_rules(const Topology& topology, const TopologyPicture& picture) {
  REQUIRE(picture.nodes.size() == topology.components.size());
  REQUIRE(picture.edges.size() == topology.edges.size());
  std::map<double, std::vector<double>> rows;
  double top = 1;
  for (const TopologyNode& node : picture.nodes) {
    CHECK(node.column >= 0);
    CHECK(node.column == std::floor(node.column));
    CHECK(node.row * 4 == std::floor(node.row * 4));
    rows[node.column].push_back(node.row);
    top = std::min(top, node.row);
  }
  CHECK(top == 0);
  for (auto& [column, members] : rows) {
    std::sort(members.begin(), members.end());
    for (std::size_t i = 1; i < members.size(); ++i) CHECK(members[i] - members[i - 1] >= 1);
  }
}

/// Pairs of edges between the same two columns that cross.
int crossings(const TopologyPicture& picture) {
  int count = 0;
  for (const TopologyEdge& a : picture.edges) {
    for (const TopologyEdge& b : picture.edges) {
      const TopologyNode &a0 = picture.nodes[a.from], &a1 = picture.nodes[a.to];
      const TopologyNode &b0 = picture.nodes[b.from], &b1 = picture.nodes[b.to];
      if (a0.column != b0.column || a1.column != b1.column) continue;
      count += a0.row < b0.row && a1.row > b1.row;
    }
  }
  return count;
}

TEST_CASE("layout: the sample, as one would draw it", "[topology][golden]") {
  const Topology topology = users_api();
  const TopologyPicture picture = picture_of(topology);
  check_rules(topology, picture);
  std::vector<std::pair<double, double>> places;
  for (const TopologyNode& node : picture.nodes) places.emplace_back(node.column, node.row);
  CHECK(places == std::vector<std::pair<double, double>>{
                      {0, 1}, {1, 1}, {2, 1}, {3, 0}, {3, 1}, {3, 2}, {4, 2}});
  CHECK(picture.nodes[2].id == "api");
  CHECK(picture.nodes[2].kind == "service");
  CHECK(picture.nodes[2].instances == 3);
  CHECK_FALSE(picture.edges[3].asynchronous);
  CHECK(picture.edges[4].asynchronous);
  CHECK(picture.edges[5].from == 5);
  CHECK(picture.edges[5].to == 6);
}

TEST_CASE("layout: requests flow to the right wherever there is no circle",
          "[topology][property]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Topology topology = random_graph(seed, 25, 10 + seed % 40);
    const TopologyPicture any = picture_of(topology);
    check_rules(topology, any);
    // Without circles: every edge from the lower to the higher number.
    for (Topology::Edge& edge : topology.edges) {
      if (edge.from > edge.to) std::swap(edge.from, edge.to);
    }
    const TopologyPicture picture = picture_of(topology);
    check_rules(topology, picture);
    for (const TopologyEdge& edge : picture.edges) {
      if (edge.from != edge.to)
        CHECK(picture.nodes[edge.from].column < picture.nodes[edge.to].column);
    }
    CHECK(picture.nodes[0].column == 0);  // a source that nobody uses
  }
}

TEST_CASE("layout: crossings that need not be are undone", "[topology]") {
  // Two chains whose members are listed crosswise, and a tree listed from its last leaf.
  const Topology chains = graph_of_edges(6, 2, {{0, 3}, {1, 2}, {2, 5}, {3, 4}});
  CHECK(crossings(picture_of(chains)) == 0);

  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t leaf = 0; leaf < 9; ++leaf) edges.emplace_back(1 + leaf % 3, 4 + (leaf * 5) % 9);
  for (std::size_t branch = 1; branch <= 3; ++branch) edges.emplace_back(0, branch);
  CHECK(crossings(picture_of(graph_of_edges(13, 1, edges))) == 0);
}

TEST_CASE("layout: a chain is a straight line", "[topology]") {
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t i = 0; i < 9; ++i) edges.emplace_back(i, i + 1);
  const TopologyPicture picture = picture_of(graph_of_edges(10, 1, edges));
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(picture.nodes[i].column == double(i));
    CHECK(picture.nodes[i].row == 0);
  }
}

// a -> b -> c and a -> c: drawn straight, the long edge would run through b's card.
TEST_CASE("layout: a long edge passes beside the cards", "[topology]") {
  const TopologyPicture picture = picture_of(graph_of_edges(3, 1, {{0, 1}, {1, 2}, {0, 2}}));
  const double on_the_line = (picture.nodes[0].row + picture.nodes[2].row) / 2;
  CHECK(std::abs(picture.nodes[1].row - on_the_line) >= 0.25);
}

TEST_CASE("layout: several sources stand on the left, strays beside what they use", "[topology]") {
  // 0 and 1 send load; 5 is used by nobody and uses 4.
  const TopologyPicture picture =
      picture_of(graph_of_edges(6, 2, {{0, 2}, {2, 3}, {3, 4}, {1, 4}, {5, 4}}));
  CHECK(picture.nodes[0].column == 0);
  CHECK(picture.nodes[1].column == 0);
  CHECK(picture.nodes[4].column == 3);
  CHECK(picture.nodes[5].column == 2);
}

TEST_CASE("layout: circles and loops are drawn, too", "[topology]") {
  const Topology topology = graph_of_edges(4, 1, {{0, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 3}});
  const TopologyPicture picture = picture_of(topology);
  check_rules(topology, picture);
  CHECK(picture.nodes[1].column == 1);
  CHECK(picture.nodes[2].column == 2);
}

TEST_CASE("layout: nothing, and very much", "[topology]") {
  CHECK(picture_of({}).nodes.empty());
  // Many long edges: a thousand components with five thousand edges, in random order.
  Topology large = random_graph(3, 1000, 5000);
  check_rules(large, picture_of(large));
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t i = 0; i + 1 < 20'000; ++i) edges.emplace_back(i, i + 1);
  const TopologyPicture chain = picture_of(graph_of_edges(20'000, 1, edges));
  CHECK(chain.nodes.back().column == 19'999);
}

}  // namespace
}  // namespace highwater
