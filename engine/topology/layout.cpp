#include "engine/topology/layout.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

namespace highwater {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Edges without those that close a circle, each pair of components once, and a topological order.
struct Acyclic {
  std::vector<std::vector<std::size_t>> next;
  std::vector<std::size_t> order;
};

/// Leaves out what leads back to a component on the path of a depth-first search that begins at the
/// sources of load, then where nothing leads to, then anywhere.
Acyclic without_circles(const Topology& topology) {
  const std::size_t count = topology.components.size();
  std::vector<std::vector<std::size_t>> all(count);
  std::vector<bool> entered(count);
  std::set<std::pair<std::size_t, std::size_t>> known;
  for (const Topology::Edge& edge : topology.edges) {
    if (edge.from == edge.to || !known.emplace(edge.from, edge.to).second) continue;
    all[edge.from].push_back(edge.to);
    entered[edge.to] = true;
  }
  std::vector<std::size_t> starts(count);
  for (std::size_t i = 0; i < count; ++i) starts[i] = i;
  std::stable_sort(starts.begin(), starts.end(), [&](std::size_t a, std::size_t b) {
    const auto rank = [&](std::size_t i) {
      return topology.components[i].sends_load ? 0 : entered[i] ? 2 : 1;
    };
    return rank(a) < rank(b);
  });

  Acyclic result;
  result.next.resize(count);
  enum class Mark { fresh, on_path, done };
  std::vector<Mark> marks(count, Mark::fresh);
  std::vector<std::pair<std::size_t, std::size_t>> path;  // component, edges taken
  for (const std::size_t start : starts) {
    if (marks[start] != Mark::fresh) continue;
    marks[start] = Mark::on_path;
    path.emplace_back(start, 0);
    while (!path.empty()) {
      auto& [here, taken] = path.back();
      if (taken == all[here].size()) {
        marks[here] = Mark::done;
        result.order.push_back(here);
        path.pop_back();
        continue;
      }
      const std::size_t to = all[here][taken++];
      if (marks[to] == Mark::on_path) continue;
      result.next[here].push_back(to);
      if (marks[to] == Mark::fresh) {
        marks[to] = Mark::on_path;
        path.emplace_back(to, 0);
      }
    }
  }
  std::reverse(result.order.begin(), result.order.end());
  return result;
}

/// Column of each component: the longest path to it.
std::vector<std::size_t> columns_of(const Topology& topology, const Acyclic& graph) {
  std::vector<std::size_t> column(topology.components.size());
  std::vector<bool> entered(topology.components.size());
  for (const std::size_t from : graph.order) {
    for (const std::size_t to : graph.next[from]) {
      column[to] = std::max(column[to], column[from] + 1);
      entered[to] = true;
    }
  }
  // What nobody calls and is no source either stands beside what it uses, not among the sources.
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (entered[i] || topology.components[i].sends_load || graph.next[i].empty()) continue;
    std::size_t nearest = kNone;
    for (const std::size_t to : graph.next[i]) nearest = std::min(nearest, column[to]);
    column[i] = nearest - 1;
  }
  return column;
}

/// A component, or the place where a long edge passes a column.
struct Cell {
  bool passing = false;
  std::size_t index = 0;  // place within its layer
  double row = 0;
  std::vector<std::size_t> left, right;  // neighbours in the adjacent layers
};

class Layers {
 public:
  Layers(const Acyclic& graph, const std::vector<std::size_t>& column) {
    cells_.resize(column.size());
    std::size_t last = 0;
    for (const std::size_t c : column) last = std::max(last, c);
    layers_.resize(last + 1);
    for (std::size_t i = 0; i < column.size(); ++i) layers_[column[i]].push_back(i);

    std::size_t passages = 0;
    for (std::size_t from = 0; from < column.size(); ++from) {
      for (const std::size_t to : graph.next[from]) passages += column[to] - column[from] - 1;
    }
    // Beyond that nobody sees whether an edge runs through a card, and the cells would cost more
    // than the picture is worth.
    const bool split = passages <= kMostPassages;
    for (std::size_t from = 0; from < column.size(); ++from) {
      for (const std::size_t to : graph.next[from]) {
        std::size_t here = from;
        for (std::size_t c = column[from] + 1; split && c < column[to]; ++c) {
          here = connect(here, add_passage(c));
        }
        connect(here, to);
      }
    }
    number();
  }

  /// Sorts every layer so that few edges cross.
  void order() {
    auto best = layers_;
    std::uint64_t fewest = crossings();
    int without_gain = 0;
    for (int sweep = 0; sweep < kMostSweeps && without_gain < kPatience && fewest > 0; ++sweep) {
      if (sweep % 2 == 0) {
        for (std::size_t l = 1; l < layers_.size(); ++l) sort_layer(layers_[l], &Cell::left);
      } else {
        for (std::size_t l = layers_.size() - 1; l-- > 0;) sort_layer(layers_[l], &Cell::right);
      }
      const std::uint64_t now = crossings();
      if (now < fewest) {
        fewest = now;
        best = layers_;
        without_gain = 0;
      } else {
        ++without_gain;
      }
    }
    layers_ = std::move(best);
    number();
  }

  /// Chooses rows that make edges straight, keeping order and distance.
  void place() {
    for (const auto& layer : layers_) {
      double row = 0;
      for (std::size_t i = 0; i < layer.size(); ++i) {
        if (i > 0) row += gap(layer[i - 1], layer[i]);
        cells_[layer[i]].row = row;
      }
      for (const std::size_t cell : layer) cells_[cell].row -= row / 2;
    }
    for (int round = 0; round < kPlacingRounds; ++round) {
      for (std::size_t l = 1; l < layers_.size(); ++l) pull(layers_[l], &Cell::left);
      for (std::size_t l = layers_.size() - 1; l-- > 0;) pull(layers_[l], &Cell::right);
    }
    // Rounding to the grid keeps the distances, which are multiples of 1/2.
    for (Cell& cell : cells_) cell.row = std::round(cell.row * 4) / 4;
    double top = cells_.front().row;
    for (const Cell& cell : cells_) {
      if (!cell.passing) top = std::min(top, cell.row);
    }
    for (Cell& cell : cells_) cell.row -= top;
  }

  double row(std::size_t component) const { return cells_[component].row; }

 private:
  static constexpr std::size_t kMostPassages = 20'000;
  static constexpr int kMostSweeps = 24;
  static constexpr int kPatience = 6;
  static constexpr int kPlacingRounds = 4;

  std::size_t add_passage(std::size_t column) {
    cells_.emplace_back().passing = true;
    layers_[column].push_back(cells_.size() - 1);
    return cells_.size() - 1;
  }

  std::size_t connect(std::size_t from, std::size_t to) {
    cells_[from].right.push_back(to);
    cells_[to].left.push_back(from);
    return to;
  }

  void number() {
    for (const auto& layer : layers_) {
      for (std::size_t i = 0; i < layer.size(); ++i) cells_[layer[i]].index = i;
    }
  }

  double gap(std::size_t above, std::size_t below) const {
    return cells_[above].passing || cells_[below].passing ? 0.5 : 1.0;
  }

  void sort_layer(std::vector<std::size_t>& layer, std::vector<std::size_t> Cell::*neighbours) {
    std::vector<std::pair<double, std::size_t>> keys;
    for (const std::size_t cell : layer) {
      const auto& around = cells_[cell].*neighbours;
      std::size_t sum = 0;
      for (const std::size_t neighbour : around) sum += cells_[neighbour].index;
      const double own = static_cast<double>(cells_[cell].index);
      const double mean =
          around.empty() ? own : static_cast<double>(sum) / static_cast<double>(around.size());
      keys.emplace_back(mean, cell);
    }
    std::stable_sort(keys.begin(), keys.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < layer.size(); ++i) {
      layer[i] = keys[i].second;
      cells_[layer[i]].index = i;
    }
  }

  /// Pairs of edges between neighbouring layers that cross: inversions, counted with a Fenwick
  /// tree.
  std::uint64_t crossings() const {
    std::uint64_t count = 0;
    std::vector<std::size_t> tree;
    for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
      tree.assign(layers_[l + 1].size() + 1, 0);
      std::size_t inserted = 0;
      for (const std::size_t cell : layers_[l]) {
        std::vector<std::size_t> ends;
        for (const std::size_t to : cells_[cell].right) {
          if (in_layer(to, l + 1)) ends.push_back(cells_[to].index);
        }
        for (const std::size_t end : ends) {
          std::size_t up_to_end = 0;
          for (std::size_t i = end + 1; i > 0; i &= i - 1) up_to_end += tree[i];
          count += inserted - up_to_end;
        }
        for (const std::size_t end : ends) {
          for (std::size_t i = end + 1; i < tree.size(); i += i & (~i + 1)) ++tree[i];
          ++inserted;
        }
      }
    }
    return count;
  }

  /// Where long edges were not split, neighbours may be further away.
  bool in_layer(std::size_t cell, std::size_t layer) const {
    return cells_[cell].index < layers_[layer].size() && layers_[layer][cells_[cell].index] == cell;
  }

  /// Moves the cells of a layer towards the mean of their neighbours: the rows that minimize the
  /// sum of squared distances to those means, among all that keep the order and the gaps. With the
  /// gaps subtracted this is a monotone regression; blocks of violators are pooled to their mean.
  void pull(const std::vector<std::size_t>& layer, std::vector<std::size_t> Cell::*neighbours) {
    struct Block {
      double sum = 0;
      std::size_t count = 0;
      double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Block> blocks;
    double offset = 0;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      if (i > 0) offset += gap(layer[i - 1], layer[i]);
      const Cell& cell = cells_[layer[i]];
      blocks.push_back({wanted_row(cell, cell.*neighbours) - offset, 1});
      while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
        const Block last = blocks.back();
        blocks.pop_back();
        blocks.back().sum += last.sum;
        blocks.back().count += last.count;
      }
    }
    std::size_t i = 0;
    offset = 0;
    for (const Block& block : blocks) {
      for (std::size_t member = 0; member < block.count; ++member, ++i) {
        if (i > 0) offset += gap(layer[i - 1], layer[i]);
        cells_[layer[i]].row = block.mean() + offset;
      }
    }
  }

  double wanted_row(const Cell& cell, const std::vector<std::size_t>& neighbours) const {
    if (neighbours.empty()) return cell.row;
    double sum = 0;
    for (const std::size_t neighbour : neighbours) sum += cells_[neighbour].row;
    return sum / static_cast<double>(neighbours.size());
  }

  std::vector<Cell> cells_;  // the components first
  std::vector<std::vector<std::size_t>> layers_;
};

}  // namespace

TopologyPicture picture_of(const Topology& topology) {
  TopologyPicture picture;
  if (topology.components.empty()) return picture;
  const Acyclic graph = without_circles(topology);
  const std::vector<std::size_t> column = columns_of(topology, graph);
  Layers layers(graph, column);
  layers.order();
  layers.place();

  for (std::size_t i = 0; i < topology.components.size(); ++i) {
    const TopologyComponent& component = topology.components[i];
    TopologyNode node;
    node.id = component.id;
    node.kind = component.kind;
    node.instances = component.instances;
    node.column = static_cast<double>(column[i]);
    node.row = layers.row(i);
    picture.nodes.push_back(std::move(node));
  }
  for (const Topology::Edge& edge : topology.edges) {
    TopologyEdge drawn;
    drawn.from = edge.from;
    drawn.to = edge.to;
    drawn.asynchronous = !is_synchronous(edge.relation);
    picture.edges.push_back(drawn);
  }
  return picture;
}

}  // namespace highwater
