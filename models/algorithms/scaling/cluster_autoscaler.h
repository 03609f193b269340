#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"
#include "models/algorithms/scaling/expander.h"
#include "models/algorithms/scaling/placement.h"

namespace highwater::scaling {

/// Nodes of one kind that can be had.
struct NodeGroup {
  Resources node{4000, std::int64_t{16} << 30, 110};  ///< Allocatable.
  Resources daemons;  ///< What runs on every new node from the start.
  std::uint32_t min_size = 0;
  std::uint32_t max_size = 1000;
  std::optional<std::int32_t> priority;  ///< For the expander of that name.
};

/// One node as the cluster sees it.
struct ClusterNode {
  std::uint64_t id = 0;  ///< Never used twice.
  std::uint32_t group = 0;
  bool ready = true;
  bool scale_down_disabled = false;
};

/// One pod that runs or waits.
struct ClusterPod {
  static constexpr std::uint32_t kPending = std::numeric_limits<std::uint32_t>::max();
  Resources requests{0, 0, 1};
  std::uint32_t node = kPending;  ///< Index into the nodes.
  bool movable = true;            ///< It may be evicted and started elsewhere.
  bool daemon = false;            ///< Goes with its node; keeps no node alive.
};

/// What one scan decides.
struct ClusterPlan {
  std::optional<std::uint32_t> group;  ///< That grows.
  std::uint32_t added = 0;             ///< Nodes asked for there.
  std::vector<std::uint64_t> removed;  ///< Ids of nodes to delete.
};

/// scaling cluster_autoscaler: nodes for pods that find no place, and away with those not needed.
///
/// Growing: pods that wait are first tried on what there is and on nodes that are on their way. For
/// the rest each node group is filled, largest pods first and first fit, up to its maximum; the
/// expander chooses one group. A group whose nodes do not come within max_node_provision_time has
/// failed: what is missing is no longer counted on, and it is left alone for a time that doubles
/// with each failure.
///
/// Shrinking: a node is unneeded while it uses less than the threshold of both CPU and memory and
/// each of its pods fits elsewhere. One that has been so for longer than unneeded_time is deleted:
/// empty ones together, up to max_empty_bulk_delete, else one with pods. Nothing is deleted within
/// delay_after_add of growing or delay_after_delete of shrinking. A node whose pods fitted nowhere
/// is not looked at again for unremovable_recheck. A node where a waiting pod finds room is needed.
///
/// Assumes  first fit in the order of the nodes where the product goes on from the last node it
/// tried;
///          nodes unneeded before are looked at first, as there. A pod's place is decided by CPU,
///          memory and number of pods. When nodes come is the observer's: they are in the list once
///          they have registered.
/// Edges    A minimum above the maximum counts as the maximum. Time that goes back leaves what is
///          remembered in the future: nothing is deleted before.
/// Source   Kubernetes cluster-autoscaler: core/static_autoscaler.go, core/scaleup/orchestrator,
///          estimator/binpacking_estimator.go,
///          core/scaledown/{eligibility,planner,unneeded,legacy},
///          utils/backoff/exponential_backoff.go, clusterstate; FAQ.md for the defaults.
/// Checked  tests/scaling/cluster_autoscaler_test.cpp
class ClusterAutoscaler {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kMinute = 60 * kSecond;

  struct Options {
    std::vector<NodeGroup> groups;
    std::vector<Expander> expander{Expander::least_waste};
    std::int64_t scan_interval = 10 * kSecond;
    double scale_down_utilization_threshold = 0.5;
    std::int64_t scale_down_unneeded_time = 10 * kMinute;
    std::int64_t scale_down_unready_time = 20 * kMinute;
    std::int64_t scale_down_delay_after_add = 10 * kMinute;
    std::int64_t scale_down_delay_after_delete = 10 * kSecond;  ///< scan_interval
    bool scale_down_enabled = true;
    std::int64_t unremovable_node_recheck_timeout = 5 * kMinute;
    std::uint32_t max_empty_bulk_delete = 10;
    std::uint32_t max_nodes_per_scaleup = 1000;
    std::uint32_t max_nodes_total = 0;  ///< 0: any number.
    std::int64_t max_node_provision_time = 15 * kMinute;
    std::int64_t initial_node_group_backoff = 5 * kMinute;
    std::int64_t max_node_group_backoff = 30 * kMinute;
    std::int64_t node_group_backoff_reset_timeout = 180 * kMinute;
  };

  explicit ClusterAutoscaler(Options options)
      : options_(std::move(options)),
        expander_(options_.expander),
        groups_(options_.groups.size()) {
    for (NodeGroup& group : options_.groups)
      group.min_size = std::min(group.min_size, group.max_size);
  }

  /// One scan. Nodes and pods may be any number; the index of a pod's node must be one of them.
  /// The result is good until the next scan.
  template <BitSource G>
  const ClusterPlan& scan(std::int64_t now, std::span<const ClusterNode> nodes,
                          std::span<const ClusterPod> pods, G& bits) {
    plan_.group.reset();
    plan_.added = 0;
    plan_.removed.clear();
    observe(now, nodes, pods);
    if (scale_up(now, nodes.size(), pods, bits)) return plan_;
    if (options_.scale_down_enabled) {
      find_unneeded(now, nodes, pods);
      const bool cools =
          (last_added_ && *last_added_ + options_.scale_down_delay_after_add > now) ||
          (last_removed_ && *last_removed_ + options_.scale_down_delay_after_delete > now);
      if (!cools) remove_unneeded(now, nodes);
    }
    return plan_;
  }

  /// The provider has none of that sort: so many of the nodes asked for last will never come. They
  /// are no longer counted on, and the group is left alone as one that has failed.
  /// Source   clusterstate (RegisterFailedScaleUp), core/static_autoscaler.go
  ///          (handleInstanceCreationErrors): out of resources.
  void refused(std::int64_t now, std::size_t number, std::uint32_t nodes) {
    GroupState& group = groups_[number];
    group.target = std::max(group.registered, group.target - std::min(nodes, group.target));
    if (group.target == group.registered) group.asked.reset();
    back_off(group, now);
  }

  /// Nodes of the group that were asked for and have not registered.
  std::uint32_t upcoming(std::size_t group) const {
    return groups_[group].target > groups_[group].registered
               ? groups_[group].target - groups_[group].registered
               : 0;
  }
  bool is_backed_off(std::size_t group, std::int64_t now) const {
    return groups_[group].backoff_until && *groups_[group].backoff_until > now;
  }
  /// Nodes that are not needed at the moment.
  std::size_t unneeded() const { return unneeded_.size(); }
  const Options& options() const { return options_; }

 private:
  struct GroupState {
    std::uint32_t registered = 0;
    std::uint32_t target = 0;
    bool known = false;
    std::optional<std::int64_t> asked;  // the last time while nodes are on their way
    std::int64_t backoff = 0;           // the last; 0: none
    std::optional<std::int64_t> backoff_until;
    std::int64_t failed = 0;
  };
  struct Since {
    std::uint64_t id;
    std::int64_t at;
    friend bool operator<(const Since& a, const Since& b) { return a.id < b.id; }
  };

  static const Since* find(const std::vector<Since>& sorted, std::uint64_t id) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), Since{id, 0});
    return place != sorted.end() && place->id == id ? &*place : nullptr;
  }

  /// Counts nodes, notices what has come and what has not, and lays out the cluster.
  void observe(std::int64_t now, std::span<const ClusterNode> nodes,
               std::span<const ClusterPod> pods) {
    for (GroupState& group : groups_) group.registered = 0;
    layout_.clear();
    leaving_.assign(nodes.size(), false);
    std::erase_if(removing_, [&](std::uint64_t id) {
      const auto node = std::find_if(nodes.begin(), nodes.end(),
                                     [&](const ClusterNode& one) { return one.id == id; });
      if (node == nodes.end()) return true;
      leaving_[static_cast<std::size_t>(node - nodes.begin())] = true;
      return false;
    });
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!leaving_[i]) ++groups_[nodes[i].group].registered;
      layout_.push_back(
          {options_.groups[nodes[i].group].node, {}, 0, nodes[i].ready && !leaving_[i]});
    }
    for (const ClusterPod& pod : pods)
      if (pod.node != ClusterPod::kPending) layout_[pod.node].requested += pod.requests;
    for (GroupState& group : groups_) {
      if (!group.known || group.registered >= group.target) {
        // All there, or more than asked for by others' hands: that is the group's size now.
        group.target = group.registered;
        if (group.asked) {
          group.asked.reset();
          group.backoff_until.reset();
          group.backoff = 0;
        }
        group.known = true;
      } else if (group.asked && now - *group.asked > options_.max_node_provision_time) {
        fail(group, now);
      } else if (!group.asked) {
        group.target = group.registered;  // nodes have gone that nobody asked to go
      }
      if (group.backoff > 0 && group.failed + options_.node_group_backoff_reset_timeout < now) {
        group.backoff = 0;
        group.backoff_until.reset();
      }
    }
  }

  void fail(GroupState& group, std::int64_t now) {
    back_off(group, now);
    group.asked.reset();
    group.target = group.registered;
  }

  void back_off(GroupState& group, std::int64_t now) const {
    std::int64_t duration = options_.initial_node_group_backoff;
    if (group.backoff > 0) {
      duration = group.backoff;
      if (group.backoff_until && *group.backoff_until <= now)
        duration = std::min(2 * group.backoff, options_.max_node_group_backoff);
    }
    group.backoff = duration;
    group.backoff_until = now + duration;
    group.failed = now;
  }

  template <BitSource G>
  bool scale_up(std::int64_t now, std::size_t registered, std::span<const ClusterPod> pods,
                G& bits) {
    waiting_.clear();
    awaited_.assign(layout_.size(), false);
    bins_ = layout_;
    for (std::size_t g = 0; g < groups_.size(); ++g)
      for (std::uint32_t i = 0; i < upcoming(g); ++i) bins_.push_back(empty_node(g));
    const std::size_t coming = bins_.size() - layout_.size();
    for (std::size_t i = 0; i < pods.size(); ++i) {
      if (pods[i].node != ClusterPod::kPending || pods[i].daemon) continue;
      if (const auto place = Placement::first_fit(pods[i].requests, bins_)) {
        bins_[*place].requested += pods[i].requests;
        if (*place < layout_.size()) {
          layout_[*place].requested += pods[i].requests;
          awaited_[*place] = true;
        }
      } else {
        waiting_.push_back(i);
      }
    }
    if (waiting_.empty()) return false;
    std::uint32_t room = options_.max_nodes_per_scaleup;
    if (options_.max_nodes_total > 0) {
      const std::size_t there = registered + coming;
      room = there >= options_.max_nodes_total
                 ? 0
                 : std::min(room, options_.max_nodes_total - static_cast<std::uint32_t>(there));
    }
    ways_.clear();
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const std::uint32_t max = options_.groups[g].max_size;
      if (groups_[g].target >= max || is_backed_off(g, now)) continue;
      const ExpansionOption way = estimate(g, std::min(room, max - groups_[g].target), pods);
      if (way.nodes > 0 && way.pods > 0) ways_.push_back(way);
    }
    const std::optional<std::size_t> best = expander_.best(ways_, bits);
    if (!best) return false;
    GroupState& group = groups_[ways_[*best].group];
    plan_.group = ways_[*best].group;
    plan_.added = ways_[*best].nodes;
    group.target += plan_.added;
    group.asked = now;
    last_added_ = now;
    return true;
  }

  PlacementNode empty_node(std::size_t group) const {
    return {options_.groups[group].node, options_.groups[group].daemons, 0, true};
  }

  /// Fills new nodes of the group with pods that wait: first fit, decreasing.
  ExpansionOption estimate(std::size_t g, std::uint32_t most, std::span<const ClusterPod> pods) {
    const NodeGroup& group = options_.groups[g];
    const PlacementNode empty = empty_node(g);
    order_.clear();
    for (const std::size_t i : waiting_)
      if (Placement::fits(pods[i].requests, empty)) order_.push_back({size(pods[i], group), i});
    std::stable_sort(order_.begin(), order_.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    ExpansionOption way;
    way.group = static_cast<std::uint32_t>(g);
    way.node = group.node;
    way.priority = group.priority;
    bins_.clear();
    for (const auto& [score, i] : order_) {
      std::optional<std::size_t> place = Placement::first_fit(pods[i].requests, bins_);
      if (!place) {
        if (bins_.size() >= most) continue;
        bins_.push_back(empty);
        place = bins_.size() - 1;
      }
      bins_[*place].requested += pods[i].requests;
      ++way.pods;
      way.pods_request += pods[i].requests;
    }
    way.nodes = static_cast<std::uint32_t>(bins_.size());
    return way;
  }

  static double size(const ClusterPod& pod, const NodeGroup& group) {
    double score = 0;
    if (group.node.cpu > 0)
      score += static_cast<double>(pod.requests.cpu) / static_cast<double>(group.node.cpu);
    if (group.node.memory > 0)
      score += static_cast<double>(pod.requests.memory) / static_cast<double>(group.node.memory);
    return score;
  }

  static double utilization(const PlacementNode& node) {
    const auto share = [](std::int64_t used, std::int64_t all) {
      return all <= 0 ? 0.0 : static_cast<double>(used) / static_cast<double>(all);
    };
    return std::max(share(node.requested.cpu, node.allocatable.cpu),
                    share(node.requested.memory, node.allocatable.memory));
  }

  /// Which nodes could go: those unneeded before are tried first.
  void find_unneeded(std::int64_t now, std::span<const ClusterNode> nodes,
                     std::span<const ClusterPod> pods) {
    std::erase_if(unremovable_, [&](const Since& node) { return node.at <= now; });
    candidates_.clear();
    for (const bool before : {true, false}) {
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if ((find(unneeded_, nodes[i].id) != nullptr) != before) continue;
        if (nodes[i].scale_down_disabled || leaving_[i] || awaited_[i]) continue;
        if (find(unremovable_, nodes[i].id) != nullptr) continue;
        if (utilization(layout_[i]) < options_.scale_down_utilization_threshold)
          candidates_.push_back(i);
      }
    }
    now_unneeded_.clear();
    empty_.assign(nodes.size(), true);
    for (const ClusterPod& pod : pods)
      if (pod.node != ClusterPod::kPending && !pod.daemon) empty_[pod.node] = false;
    for (const std::size_t i : candidates_) {
      if (try_empty(i, pods)) {
        layout_[i].schedulable = false;  // nothing moves to where it would have to leave again
        const Since* before = find(unneeded_, nodes[i].id);
        now_unneeded_.push_back({nodes[i].id, before != nullptr ? before->at : now});
      } else {
        unremovable_.push_back({nodes[i].id, now + options_.unremovable_node_recheck_timeout});
      }
    }
    std::sort(now_unneeded_.begin(), now_unneeded_.end());
    std::sort(unremovable_.begin(), unremovable_.end());
    unneeded_.swap(now_unneeded_);
  }

  /// Moves every pod of the node elsewhere if all fit; else none.
  bool try_empty(std::size_t node, std::span<const ClusterPod> pods) {
    moves_.clear();
    const bool was_schedulable = std::exchange(layout_[node].schedulable, false);
    bool fits = true;
    for (std::size_t i = 0; i < pods.size() && fits; ++i) {
      if (pods[i].node != node || pods[i].daemon) continue;
      const auto place =
          pods[i].movable ? Placement::first_fit(pods[i].requests, layout_) : std::nullopt;
      fits = place.has_value();
      if (!place) break;
      layout_[*place].requested += pods[i].requests;
      moves_.push_back({*place, i});
    }
    if (!fits)
      for (const auto& [place, i] : moves_) layout_[place].requested -= pods[i].requests;
    layout_[node].schedulable = was_schedulable;
    return fits;
  }

  void remove_unneeded(std::int64_t now, std::span<const ClusterNode> nodes) {
    const auto is_due = [&](std::size_t i) {
      const Since* since = find(unneeded_, nodes[i].id);
      const std::int64_t time =
          nodes[i].ready ? options_.scale_down_unneeded_time : options_.scale_down_unready_time;
      return since != nullptr && since->at + time < now &&
             groups_[nodes[i].group].target > options_.groups[nodes[i].group].min_size;
    };
    const auto remove = [&](std::size_t i) {
      plan_.removed.push_back(nodes[i].id);
      removing_.push_back(nodes[i].id);
      GroupState& group = groups_[nodes[i].group];
      --group.target;
      --group.registered;
      last_removed_ = now;
    };
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (empty_[i] && plan_.removed.size() < options_.max_empty_bulk_delete && is_due(i))
        remove(i);
    for (std::size_t i = 0; i < nodes.size() && plan_.removed.empty(); ++i)
      if (!empty_[i] && is_due(i)) remove(i);
    std::erase_if(unneeded_, [&](const Since& node) {
      return std::find(plan_.removed.begin(), plan_.removed.end(), node.id) != plan_.removed.end();
    });
  }

  Options options_;
  ExpanderChain expander_;
  std::vector<GroupState> groups_;
  std::optional<std::int64_t> last_added_;
  std::optional<std::int64_t> last_removed_;
  std::vector<Since> unneeded_;          // since when, by id
  std::vector<Since> unremovable_;       // until when, by id
  std::vector<std::uint64_t> removing_;  // asked to go and still there
  ClusterPlan plan_;
  // Scratch, kept for its memory.
  std::vector<PlacementNode> layout_;  // the nodes
  std::vector<PlacementNode> bins_;
  std::vector<std::size_t> waiting_;
  std::vector<ExpansionOption> ways_;
  std::vector<std::pair<double, std::size_t>> order_;
  std::vector<std::size_t> candidates_;
  std::vector<Since> now_unneeded_;
  std::vector<bool> empty_;
  std::vector<bool> leaving_;
  std::vector<bool> awaited_;
  std::vector<std::pair<std::size_t, std::size_t>> moves_;
};

}  // namespace highwater::scaling
