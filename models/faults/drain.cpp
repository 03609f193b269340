/// drain: nodes of a cluster take no pods any more and have theirs evicted, in good order.
///
/// When it ends they take pods again.
///
/// Assumes  what disruption budgets deny is asked for again every five seconds.
/// Source   kubectl drain and uncordon; ALGORITHMS 9.3 node_drain.
/// Checked  tests/deployment/cluster_test.cpp

#include "models/cluster/cluster.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Drain final : public FaultAction {
 public:
  Drain(Victims choose, cluster::Cluster& cluster)
      : choose_(std::move(choose)), cluster_(cluster) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) cluster_.drain(static_cast<cluster::Node&>(*victim));
    return "drain " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) cluster_.undrain(static_cast<cluster::Node&>(*victim));
  }

 private:
  Victims choose_;
  cluster::Cluster& cluster_;
  std::vector<Instance*> victims_;  // once it has begun
};

struct DrainFault {
  static constexpr std::string_view kKinds[] = {"cluster"};
  static constexpr std::string_view kTrials[] = {R"({"count": 1})"};

  std::string drain;
  FaultTiming timing;
  FaultExtent extent;

  static constexpr auto fields() {
    return Fields{field<&DrainFault::drain>("The cluster, or one node: \"k8s[2]\".").required(),
                  inlined<&DrainFault::timing>(), inlined<&DrainFault::extent>()};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Drain>(choose_instances(world, directory, target, extent, strike),
                                   cluster::cluster_of(directory.component(target.component)));
  }
};

}  // namespace

FaultKind drain() {
  return fault_kind<DrainFault>("drain", &DrainFault::drain, Aim::members,
                                "Nodes are emptied and take no pods until the fault ends.",
                                "kubectl drain; Litmus node-drain");
}

}  // namespace highwater::faults
