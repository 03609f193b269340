/// deny_capacity: the provider has no more machines; nodes that a cluster orders are refused.
///
/// The cluster autoscaler hears of it at once, tries another node group that would do, and leaves
/// the one that was refused alone for a time that grows with each refusal. Nodes that are there
/// stay.
///
/// Assumes  an order is refused when it is made; one made before the fault is filled.
/// Source   Amazon EC2 InsufficientInstanceCapacity; cluster-autoscaler
///          core/static_autoscaler.go (handleInstanceCreationErrors); ALGORITHMS 9.3 deny_capacity.
/// Checked  tests/deployment/capacity_test.cpp

#include "engine/describe/nearest.h"
#include "models/cluster/cluster.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class DenyCapacity final : public FaultAction {
 public:
  DenyCapacity(cluster::Cluster& cluster, cluster::Cluster::Shortage shortage, std::string text)
      : cluster_(cluster), shortage_(shortage), text_(std::move(text)) {}
  std::string begin() override {
    cluster_.deny(shortage_);
    return text_;
  }
  void end() override { cluster_.allow(shortage_); }

 private:
  cluster::Cluster& cluster_;
  cluster::Cluster::Shortage shortage_;
  std::string text_;
};

struct DenyCapacityFault {
  static constexpr std::string_view kKinds[] = {"cluster"};
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string deny_capacity;
  FaultTiming timing;
  std::optional<std::string> zone;
  std::optional<std::string> node_group;

  static constexpr auto fields() {
    using F = DenyCapacityFault;
    return Fields{field<&F::deny_capacity>("The cluster that orders.").required(),
                  inlined<&F::timing>(),
                  field<&F::zone>("In this zone only; in all of them unless given."),
                  field<&F::node_group>("Of this node group only; of all of them unless given.")};
  }

  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    const auto wrong = [&](const char* key, const std::string& what) {
      examination.problems.error(examination.where.find(key)->position(),
                                 pointer_to(examination.path, key), what);
    };
    if (zone && !zone_called(component.world().network, *zone))
      wrong("zone", "unknown zone " + in_quotes(*zone));
    const auto& cluster = static_cast<const cluster::Cluster&>(component);
    if (node_group && !cluster.group(*node_group))
      wrong("node_group",
            in_quotes(component.id()) + " has no node group " + in_quotes(*node_group));
    if (!cluster.orders_nodes())
      wrong("deny_capacity",
            in_quotes(component.id()) + " has no \"autoscaler\" and never orders nodes");
  }

  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike&) const {
    cluster::Cluster& cluster = cluster::cluster_of(directory.component(target.component));
    cluster::Cluster::Shortage shortage;
    if (zone) shortage.zone = zone_called(world.network, *zone);
    if (node_group) shortage.group = cluster.group(*node_group);
    return std::make_unique<DenyCapacity>(cluster, shortage,
                                          "no capacity for " + target.text() +
                                              (node_group ? " in " + *node_group : "") +
                                              (zone ? " in zone " + *zone : ""));
  }
};

}  // namespace

FaultKind deny_capacity() {
  return fault_kind<DenyCapacityFault>("deny_capacity", &DenyCapacityFault::deny_capacity,
                                       Aim::whole,
                                       "Nodes that a cluster orders are refused until the fault "
                                       "ends.",
                                       "Amazon EC2 InsufficientInstanceCapacity");
}

}  // namespace highwater::faults
