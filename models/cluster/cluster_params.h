#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/cluster_autoscaler_params.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(PlacementScore) {
  return std::array{
      Word{PlacementScore::least_allocated, "least_allocated", "The emptiest node."},
      Word{PlacementScore::most_allocated, "most_allocated",
           "The fullest node that has room: bin packing."},
      Word{PlacementScore::spread, "spread", "The node with fewest pods of the same component."}};
}

}  // namespace scaling

namespace cluster {

/// A group with how many nodes it begins with and how they come.
struct ScalableGroup {
  NodeGroupParams group;
  std::uint32_t nodes = 1;
  std::vector<std::string> zones;
  Distribution provision_time = Distribution::constant(Duration{90s});

  static constexpr std::string_view type_name = "cluster.node_group";
  static constexpr auto fields() {
    using P = ScalableGroup;
    return Fields{
        inlined<&P::group>(), field<&P::nodes>("Nodes at first.").at_most(10'000u),
        field<&P::zones>("Zones that they are spread over in turn; all zones of the network unless "
                         "given."),
        field<&P::provision_time>("From ordering a node until it is ready.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (nodes > group.max_size)
      problems.error(where.position(), pointer_to(path, "nodes"),
                     "more than max_size, " + std::to_string(group.max_size));
    if (nodes < group.min_size)
      problems.error(where.position(), pointer_to(path, "nodes"),
                     "fewer than min_size, " + std::to_string(group.min_size));
  }
};

/// The cluster autoscaler with how often it looks.
struct AutoscalerParams {
  ClusterAutoscalerParams options;
  Duration scan_interval{scaling::ClusterAutoscaler::Options{}.scan_interval};

  static constexpr auto fields() {
    using P = AutoscalerParams;
    return Fields{inlined<&P::options>(), field<&P::scan_interval>("Time between two looks.")
                                              .at_least(Duration{1s})
                                              .source("--scan-interval")};
  }
};

struct ClusterParams {
  OrderedMap<ScalableGroup> node_groups;
  scaling::PlacementScore placement = scaling::PlacementScore::least_allocated;
  std::optional<AutoscalerParams> autoscaler;
  Duration node_monitor_grace_period = 40s;
  Duration unreachable_toleration = 300s;

  static constexpr auto fields() {
    using P = ClusterParams;
    return Fields{
        field<&P::node_groups>("Its nodes, by name of their group.").required().at_least(1u),
        field<&P::placement>("Which of the nodes with room a pod goes to."),
        field<&P::autoscaler>("Orders nodes for pods that wait and gives back those not needed; "
                              "the number stays unless given.")
            .source("Kubernetes cluster-autoscaler"),
        field<&P::node_monitor_grace_period>("How long a node is not heard of before its pods are "
                                             "sent no requests any more.")
            .source("kube-controller-manager --node-monitor-grace-period"),
        field<&P::unreachable_toleration>("How much longer until they are given up.")
            .source("kube-apiserver --default-unreachable-toleration-seconds")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace cluster
}  // namespace highwater
