#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/cluster_autoscaler.h"
#include "models/cpu_quantity.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(Expander) {
  return std::array{
      Word{Expander::random, "random", "Any, each equally likely."},
      Word{Expander::most_pods, "most-pods", "Which places most pods."},
      Word{Expander::least_waste, "least-waste", "Which leaves least CPU and memory unused."},
      Word{Expander::least_nodes, "least-nodes", "Which adds fewest nodes."},
      Word{Expander::priority, "priority", "Of the highest priority."}};
}

}  // namespace scaling

/// Words with commas between them, as the product's --expander takes them.
struct ExpanderList {
  std::vector<scaling::Expander> expanders;
};

template <>
struct Quantity<ExpanderList> {
  static const TypeInfo& type() {
    static const TypeInfo info = [] {
      TypeInfo type;
      type.name = "expanders";
      type.shape = Shape::kQuantity;
      type.expects = "expanders, such as \"priority,least-waste\"";
      type.pattern = ".*";
      return type;
    }();
    return info;
  }
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   ExpanderList& out) {
    if (!value.is_string()) return report_unexpected(value, path, type(), problems);
    out.expanders.clear();
    const std::string& text = value.text();
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t comma = std::min(text.find(',', from), text.size());
      Value word = Value::string(text.substr(from, comma - from));
      word.set_position(value.position());
      scaling::Expander one{};
      if (!Quantity<scaling::Expander>::read(word, path, problems, one)) return false;
      out.expanders.push_back(one);
      from = comma + 1;
    }
    return true;
  }
  static Value write(const ExpanderList& value) {
    std::string text;
    for (const scaling::Expander one : value.expanders) {
      if (!text.empty()) text += ',';
      text += Quantity<scaling::Expander>::word_for(one);
    }
    return Value::string(text);
  }
};

/// Nodes of one sort, in scenarios and by `highwater algorithm`.
struct NodeGroupParams {
  Cpu cpu;
  Bytes memory{};
  std::uint32_t pods = 110;
  std::uint32_t min_size = 0;
  std::uint32_t max_size = 10;
  Cpu daemon_cpu;
  Bytes daemon_memory{};
  std::optional<std::uint32_t> priority;

  static constexpr std::string_view type_name = "node_group";
  static constexpr auto fields() {
    using P = NodeGroupParams;
    return Fields{field<&P::cpu>("CPU of a node that pods may ask for.").required(),
                  field<&P::memory>("Memory of a node that they may ask for.").required(),
                  field<&P::pods>("Most pods of a node.").at_least(1u).source("kubelet --max-pods"),
                  field<&P::min_size>("Fewest nodes."),
                  field<&P::max_size>("Most nodes.").at_most(10'000u),
                  field<&P::daemon_cpu>("CPU that the daemons of every node ask for."),
                  field<&P::daemon_memory>("Their memory."),
                  field<&P::priority>("For the expander of that name; the highest wins.")
                      .at_most(1'000'000'000u)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_size > max_size)
      problems.error(where.position(), pointer_to(path, "min_size"),
                     "more than max_size, " + std::to_string(max_size));
    if (cpu.millicores == 0)
      problems.error(where.position(), pointer_to(path, "cpu"), "a node without CPU runs nothing");
  }
  scaling::NodeGroup group() const {
    scaling::NodeGroup made;
    made.node = {cpu.millicores, static_cast<std::int64_t>(memory.count), pods};
    made.daemons = {daemon_cpu.millicores, static_cast<std::int64_t>(daemon_memory.count), 0};
    made.min_size = min_size;
    made.max_size = max_size;
    if (priority) made.priority = static_cast<std::int32_t>(*priority);
    return made;
  }
};

/// What the cluster autoscaler can be told, in scenarios and by `highwater algorithm`.
struct ClusterAutoscalerParams {
  using Defaults = scaling::ClusterAutoscaler::Options;
  ExpanderList expander{Defaults{}.expander};
  Fraction scale_down_utilization_threshold{Defaults{}.scale_down_utilization_threshold};
  Duration scale_down_unneeded_time{Defaults{}.scale_down_unneeded_time};
  Duration scale_down_unready_time{Defaults{}.scale_down_unready_time};
  Duration scale_down_delay_after_add{Defaults{}.scale_down_delay_after_add};
  Duration scale_down_delay_after_delete{Defaults{}.scale_down_delay_after_delete};
  bool scale_down_disabled = false;
  Duration unremovable_node_recheck_timeout{Defaults{}.unremovable_node_recheck_timeout};
  std::uint32_t max_empty_bulk_delete = Defaults{}.max_empty_bulk_delete;
  std::uint32_t max_nodes_per_scaleup = Defaults{}.max_nodes_per_scaleup;
  std::uint32_t max_nodes_total = Defaults{}.max_nodes_total;
  Duration max_node_provision_time{Defaults{}.max_node_provision_time};
  Duration initial_node_group_backoff_duration{Defaults{}.initial_node_group_backoff};
  Duration max_node_group_backoff_duration{Defaults{}.max_node_group_backoff};
  Duration node_group_backoff_reset_timeout{Defaults{}.node_group_backoff_reset_timeout};

  static constexpr std::string_view type_name = "cluster.autoscaler";
  static constexpr auto fields() {
    using P = ClusterAutoscalerParams;
    return Fields{
        field<&P::expander>("Which group grows; several in turn.").source("--expander"),
        field<&P::scale_down_utilization_threshold>("Below it a node may be unneeded.")
            .source("--scale-down-utilization-threshold"),
        field<&P::scale_down_unneeded_time>("For how long, before it goes.")
            .source("--scale-down-unneeded-time"),
        field<&P::scale_down_unready_time>("The same of a node that is not ready.")
            .source("--scale-down-unready-time"),
        field<&P::scale_down_delay_after_add>("After growing.")
            .source("--scale-down-delay-after-add"),
        field<&P::scale_down_delay_after_delete>("After shrinking.")
            .source("--scale-down-delay-after-delete"),
        field<&P::scale_down_disabled>("Nodes only come.").source("--scale-down-enabled"),
        field<&P::unremovable_node_recheck_timeout>("After its pods fitted nowhere.")
            .source("--unremovable-node-recheck-timeout"),
        field<&P::max_empty_bulk_delete>("Most empty nodes that go at once.")
            .source("--max-empty-bulk-delete"),
        field<&P::max_nodes_per_scaleup>("Most nodes that come at once.")
            .source("--max-nodes-per-scaleup"),
        field<&P::max_nodes_total>("Most nodes; 0: any number.").source("--max-nodes-total"),
        field<&P::max_node_provision_time>("After that a node has failed to come.")
            .source("--max-node-provision-time"),
        field<&P::initial_node_group_backoff_duration>("How long a group is then left alone.")
            .source("--initial-node-group-backoff-duration"),
        field<&P::max_node_group_backoff_duration>("At most.")
            .source("--max-node-group-backoff-duration"),
        field<&P::node_group_backoff_reset_timeout>("After a failure, when it is forgotten.")
            .source("--node-group-backoff-reset-timeout")};
  }
  scaling::ClusterAutoscaler::Options options() const {
    scaling::ClusterAutoscaler::Options made;
    made.expander = expander.expanders;
    made.scale_down_utilization_threshold = scale_down_utilization_threshold.value;
    made.scale_down_unneeded_time = scale_down_unneeded_time.count();
    made.scale_down_unready_time = scale_down_unready_time.count();
    made.scale_down_delay_after_add = scale_down_delay_after_add.count();
    made.scale_down_delay_after_delete = scale_down_delay_after_delete.count();
    made.scale_down_enabled = !scale_down_disabled;
    made.unremovable_node_recheck_timeout = unremovable_node_recheck_timeout.count();
    made.max_empty_bulk_delete = max_empty_bulk_delete;
    made.max_nodes_per_scaleup = max_nodes_per_scaleup;
    made.max_nodes_total = max_nodes_total;
    made.max_node_provision_time = max_node_provision_time.count();
    made.initial_node_group_backoff = initial_node_group_backoff_duration.count();
    made.max_node_group_backoff = max_node_group_backoff_duration.count();
    made.node_group_backoff_reset_timeout = node_group_backoff_reset_timeout.count();
    return made;
  }
};

}  // namespace highwater
