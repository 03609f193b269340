#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "models/algorithms/random_bits.h"

namespace highwater::scaling {

/// CPU and memory that a pod asks for or a node has, and how many pods a node may run.
struct Resources {
  std::int64_t cpu = 0;     ///< Millicores.
  std::int64_t memory = 0;  ///< Bytes.
  std::int64_t pods = 0;    ///< 1 for a pod; of a node, its most: 110 in Kubernetes.

  constexpr Resources& operator+=(const Resources& other) {
    cpu += other.cpu;
    memory += other.memory;
    pods += other.pods;
    return *this;
  }
  constexpr Resources& operator-=(const Resources& other) {
    cpu -= other.cpu;
    memory -= other.memory;
    pods -= other.pods;
    return *this;
  }
  friend constexpr bool operator==(const Resources&, const Resources&) = default;
};

/// A node with what its pods ask for.
struct PlacementNode {
  Resources allocatable;
  Resources requested;
  std::uint32_t same = 0;  ///< Pods of the same service, for spread.
  bool schedulable = true;
};

/// What makes a node good: little used, much used, or few pods of the same service.
enum class PlacementScore : std::uint8_t { least_allocated, most_allocated, spread };

/// scaling placement: on which node a pod goes, as kube-scheduler chooses.
///
/// First a filter: a node must have room for what the pod asks for (what it does not ask for it may
/// have), and for one pod more. Then a score of whole numbers from 0 to 100: the mean over CPU and
/// memory of (allocatable - requested) * 100 / allocatable with the pod, or of requested * 100 /
/// allocatable; a pod that does not ask counts as 100 millicores and 200 MB there. Of the best
/// nodes one is drawn, each equally likely.
///
/// Assumes  spread prefers the node with the fewest pods of the same service, the score falling
///          linearly to 0 at the most; kube-scheduler's PodTopologySpread with one node per domain
///          orders them the same.
/// Edges    A node without any of a resource scores 0 for it.
/// Source   Kubernetes pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated,
///          most_allocated}.go, util/pod_resources.go; schedule_one.go (selectHost).
/// Checked  tests/scaling/placement_test.cpp
class Placement {
 public:
  static constexpr std::int64_t kUnsaidCpu = 100;
  static constexpr std::int64_t kUnsaidMemory = 200 * 1024 * 1024;

  static bool fits(const Resources& pod, const PlacementNode& node) {
    if (!node.schedulable || node.requested.pods + 1 > node.allocatable.pods) return false;
    return (pod.cpu == 0 || pod.cpu <= node.allocatable.cpu - node.requested.cpu) &&
           (pod.memory == 0 || pod.memory <= node.allocatable.memory - node.requested.memory);
  }

  /// @param most_same  Of `same` over all nodes that fit; only spread needs it.
  static std::int64_t score(const Resources& pod, const PlacementNode& node, PlacementScore by,
                            std::uint32_t most_same = 0) {
    if (by == PlacementScore::spread)
      return most_same == 0 ? 100 : std::int64_t{100} * (most_same - node.same) / most_same;
    const std::int64_t cpu = node.requested.cpu + (pod.cpu > 0 ? pod.cpu : kUnsaidCpu);
    const std::int64_t memory =
        node.requested.memory + (pod.memory > 0 ? pod.memory : kUnsaidMemory);
    return (one(cpu, node.allocatable.cpu, by) + one(memory, node.allocatable.memory, by)) / 2;
  }

  /// @return the node's index; nothing where the pod fits nowhere.
  template <BitSource G>
  static std::optional<std::size_t> place(const Resources& pod,
                                          std::span<const PlacementNode> nodes, PlacementScore by,
                                          G& bits) {
    std::uint32_t most_same = 0;
    if (by == PlacementScore::spread)
      for (const PlacementNode& node : nodes)
        if (fits(pod, node)) most_same = std::max(most_same, node.same);
    std::optional<std::size_t> best;
    std::int64_t best_score = -1;
    std::uint32_t equals = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!fits(pod, nodes[i])) continue;
      const std::int64_t here = score(pod, nodes[i], by, most_same);
      if (here > best_score) {
        best = i;
        best_score = here;
        equals = 1;
      } else if (here == best_score && random_below(++equals, bits) == 0) {
        best = i;
      }
    }
    return best;
  }

  /// The first node where the pod fits.
  static std::optional<std::size_t> first_fit(const Resources& pod,
                                              std::span<const PlacementNode> nodes) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (fits(pod, nodes[i])) return i;
    return std::nullopt;
  }

 private:
  static std::int64_t one(std::int64_t requested, std::int64_t allocatable, PlacementScore by) {
    if (allocatable <= 0) return 0;
    if (by == PlacementScore::most_allocated)
      return std::min(requested, allocatable) * 100 / allocatable;
    return requested > allocatable ? 0 : (allocatable - requested) * 100 / allocatable;
  }
};

}  // namespace highwater::scaling
