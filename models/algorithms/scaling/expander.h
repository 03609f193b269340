#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"
#include "models/algorithms/scaling/placement.h"

namespace highwater::scaling {

/// One way to grow a cluster.
struct ExpansionOption {
  std::uint32_t group = 0;
  std::uint32_t nodes = 0;               ///< That would be added.
  std::uint32_t pods = 0;                ///< That would find a place.
  Resources pods_request;                ///< What these ask for together.
  Resources node;                        ///< What one node of the group has.
  std::optional<std::int32_t> priority;  ///< Of the group; none: not in the configuration.
};

/// Which option the cluster autoscaler prefers.
enum class Expander : std::uint8_t { random, most_pods, least_waste, least_nodes, priority };

/// scaling expander: which node group grows.
///
/// Each expander keeps the best of the options, the next of the list decides among those, and what
/// is left is drawn. most_pods: places most pods; least_waste: leaves the least share of CPU and
/// memory unused, both shares added; least_nodes: adds fewest nodes; priority: of the highest
/// priority, groups without one only where no option has any.
///
/// Edges: a group whose nodes have no CPU or no memory wastes none of it.
/// Source   Kubernetes cluster-autoscaler expander/{random,mostpods,waste,leastnodes,priority},
///          factory/chain.go.
/// Checked  tests/scaling/expander_test.cpp: cases of waste_test.go and mostpods_test.go.
class ExpanderChain {
 public:
  explicit ExpanderChain(std::vector<Expander> chain) : chain_(std::move(chain)) {}

  /// @return the index of the option; nothing where there is none.
  template <BitSource G>
  std::optional<std::size_t> best(std::span<const ExpansionOption> options, G& bits) {
    left_.clear();
    for (std::size_t i = 0; i < options.size(); ++i) left_.push_back(i);
    for (const Expander expander : chain_) filter(expander, options);
    if (left_.empty()) return std::nullopt;
    return left_[random_below(static_cast<std::uint32_t>(left_.size()), bits)];
  }

  static double waste(const ExpansionOption& option) {
    return share_unused(option.node.cpu * option.nodes, option.pods_request.cpu) +
           share_unused(option.node.memory * option.nodes, option.pods_request.memory);
  }

 private:
  static double share_unused(std::int64_t available, std::int64_t requested) {
    if (available <= 0) return 0;
    return static_cast<double>(available - requested) / static_cast<double>(available);
  }

  /// The less, the better.
  static double badness(Expander expander, const ExpansionOption& option) {
    switch (expander) {
      case Expander::random:
        return 0;
      case Expander::most_pods:
        return -static_cast<double>(option.pods);
      case Expander::least_waste:
        return waste(option);
      case Expander::least_nodes:
        return option.nodes;
      case Expander::priority:
        // Any priority is better than none.
        return option.priority ? -static_cast<double>(*option.priority) : 1e10;
    }
    return 0;  // no other value exists; compilers cannot know
  }

  void filter(Expander expander, std::span<const ExpansionOption> options) {
    if (left_.size() < 2 || expander == Expander::random) return;
    double least = badness(expander, options[left_[0]]);
    for (const std::size_t i : left_) least = std::min(least, badness(expander, options[i]));
    std::erase_if(left_, [&](std::size_t i) { return badness(expander, options[i]) > least; });
  }

  std::vector<Expander> chain_;
  std::vector<std::size_t> left_;
};

}  // namespace highwater::scaling
