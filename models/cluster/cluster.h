#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "engine/model/kind.h"
#include "models/algorithms/scaling/cluster_autoscaler.h"
#include "models/cluster/cluster_params.h"
#include "models/cluster/host_cpu.h"

namespace highwater::cluster {

/// Whoever has pods in a cluster. They are known by numbers that he gives and never uses twice.
class Tenant {
 public:
  virtual ~Tenant() = default;
  /// Whether one more process may run in the zone.
  virtual bool has_place(Zone zone) const = 0;
  /// The pod has found a node; its process may begin to start after `wait`.
  virtual void placed(std::uint64_t pod, Zone zone, Duration wait) = 0;
  /// The process of a pod that has a node.
  virtual Instance* process_of(std::uint64_t pod) const = 0;
  /// Whether a pod may be evicted now.
  virtual bool allows_eviction() = 0;
  /// The pod is to leave its node in good order, if that is allowed now. @return whether it is.
  virtual bool evict(std::uint64_t pod) = 0;
  /// The pod is given up: its node has not been heard of for too long.
  virtual void lost(std::uint64_t pod) = 0;
};

/// What a tenant asks for a pod.
struct PodWish {
  scaling::Resources requests{0, 0, 1};
  std::uint32_t image = 0;  ///< Of the tenant's.
  const Distribution* pull =
      nullptr;  ///< How long a node needs for that, the first time; null: no time.
};

class Cluster;

/// One machine.
class Node final : public Instance {
 public:
  /// @param cores  That its pods share.
  Node(Cluster& cluster, std::uint32_t index, Zone zone, std::uint32_t group, double cores);

  std::uint32_t group() const { return group_; }
  /// Of this machine, as long as it is there; the next in its place has another.
  std::uint64_t id() const { return id_; }
  /// The cluster knows it: it has come up and is not on its way out.
  bool registered() const { return registered_; }
  /// What pods there, and daemons, ask for.
  const scaling::Resources& requested() const { return requested_; }
  HostCpu& cpu() { return cpu_; }
  const HostCpu& cpu() const { return cpu_; }
  /// Pods may come here.
  bool schedulable() const { return registered_ && up() && cordons_ == 0; }

 private:
  friend class Cluster;
  void receive(Served served) override;
  void killed() override;
  void started() override;
  void slowdown_changed() override;
  void competitors_changed() override;
  void monitor();

  /// Work on the machine that is none of the cluster's.
  struct Stranger final : HostCpu::Resident {
    void allotted(double) override {}
    bool there = false;
  };

  Cluster& cluster_;
  std::uint32_t group_;
  std::uint64_t id_ = 0;
  bool registered_ = false;
  bool removing_ = false;
  bool taken_for_lost_ = false;
  int cordons_ = 0;  // drains that are under way or done
  double slowed_ = 1;
  scaling::Resources requested_;
  HostCpu cpu_;
  Stranger stranger_;
  std::set<std::pair<const Tenant*, std::uint32_t>> images_;
  TimeIntegral pods_time_;
  TimeIntegral cpu_time_;
  TimeIntegral memory_time_;
  Timer<&Node::monitor> monitor_;
};

/// cluster: machines that pods run on, with the scheduler that places them and the autoscaler that
/// orders more machines.
///
/// A pod goes where there is room for what it asks for, to the best node by the score; else it
/// waits, the oldest first. A node that dies takes its processes with it; they are no longer sent
/// requests after node_monitor_grace_period, and given up unreachable_toleration later: their
/// tenants make others. If it comes back before that, they start again where they are.
///
/// A node that is drained takes no pods any more and asks for the eviction of those it has, again
/// every five seconds where a disruption budget denies it. So does one that the autoscaler removes;
/// when its last pod has ended, it goes.
///
/// Assumes  the scheduler acts at once on every change and never places on a node that is dead;
///          evictions that are denied are asked for until they are allowed; pods of different
///          priority do not exist; what pods ask for is their weight when they want more CPU
///          than the node has, and does not limit them before that.
/// Source   Kubernetes kube-scheduler, node lifecycle controller (nodeMonitorGracePeriod,
///          DefaultTolerationSeconds), kubectl drain; cluster-autoscaler.
/// Checked  tests/deployment/cluster_test.cpp
class Cluster final : public Component {
 public:
  using Params = ClusterParams;
  Cluster(World& world, std::string id, const ClusterParams& params);

  void start() override;
  bool answers(Symbol) const override { return false; }

  // For tenants.
  /// Places the pod, now or later, if there is or will be room.
  void add(Tenant& tenant, std::uint64_t pod, const PodWish& wish);
  /// The same before the run: nothing is told. @return the zone where it runs already.
  std::optional<Zone> add_at_first(Tenant& tenant, std::uint64_t pod, const PodWish& wish);
  /// The pod is gone, or no longer wanted.
  void remove(const Tenant& tenant, std::uint64_t pod);
  /// Pods of the tenant on the pod's node, itself included; 0 where it has none.
  std::uint32_t together(const Tenant& tenant, std::uint64_t pod) const;
  /// The node of the pod; null where it has none.
  Node* node_of(const Tenant& tenant, std::uint64_t pod) const;

  // For faults.
  /// Empties the node and keeps it empty until undrain(). Drains nest.
  void drain(Node& node);
  void undrain(Node& node);
  /// The provider has no machines: for this group, in this zone; for all of them without a word.
  struct Shortage {
    std::optional<std::uint32_t> group;
    std::optional<Zone> zone;
    friend bool operator==(const Shortage&, const Shortage&) = default;
  };
  /// Orders of nodes are refused until allow(). Shortages add up.
  void deny(const Shortage& shortage);
  void allow(const Shortage& shortage);
  /// Its autoscaler orders and removes nothing. Freezes nest.
  void freeze() { ++frozen_; }
  void unfreeze() { --frozen_; }
  /// Whether an autoscaler orders nodes for it.
  bool orders_nodes() const { return autoscaler_.has_value(); }
  /// The number of the group of that name, if there is one.
  std::optional<std::uint32_t> group(std::string_view name) const;

 private:
  friend class Node;
  struct Guest {
    Tenant* tenant;
    std::uint64_t pod;
    PodWish wish;
    Time came{};
    Node* node = nullptr;    // none while it waits
    bool killed = false;     // its process died with the node
    bool silent = false;     // and says nothing
    bool held_back = false;  // for its node is not heard of
    bool evicted = false;
  };

  void node_down(Node& node);
  void node_up(Node& node);
  void node_slowed(Node& node);
  void monitor(Node& node);
  void schedule();
  bool place(Guest& guest);
  void settle(Guest& guest, Node& node);
  void retry();
  void empty(Node& node);
  void look_at_drained(Node& node);
  void scan();
  void grow(std::uint32_t group, std::uint32_t by);
  bool can_be_had(const Node& node) const;
  void update(Node& node);
  void declare_metrics();
  Node& node(std::uint32_t index) const { return static_cast<Node&>(*instances()[index]); }

  const ClusterParams& params_;
  std::map<std::uint64_t, Guest> guests_;  // by order of coming
  std::map<std::pair<const Tenant*, std::uint64_t>, std::uint64_t> numbers_;
  std::uint64_t came_ = 0;
  std::uint64_t nodes_made_ = 0;
  std::optional<scaling::ClusterAutoscaler> autoscaler_;
  RandomStream random_;
  RandomStream provision_;
  RandomStream pull_;
  std::vector<std::uint32_t> first_;  // instance of each group, and the end
  std::vector<scaling::PlacementNode> layout_;
  std::vector<Shortage> shortages_;
  int frozen_ = 0;
  TimeIntegral pending_;
  std::uint64_t scale_ups_ = 0;
  std::uint64_t scale_downs_ = 0;
  std::uint64_t refused_nodes_ = 0;
  std::uint64_t evictions_ = 0;
  Tally* placement_time_ = nullptr;
  Timer<&Cluster::schedule> schedule_;
  Timer<&Cluster::retry> retry_;
  Timer<&Cluster::scan> scan_;
};

/// The cluster that a component of that id is.
Cluster& cluster_of(Component& component);

/// The kind of component.
ModelKind cluster();

}  // namespace highwater::cluster
