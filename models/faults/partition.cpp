/// partition: an edge carries no messages, or not those between some instances or zones.
///
/// What is sent waits, as TCP sends it again and again, and arrives when the partition heals; a
/// caller whose timeout passes meanwhile takes its message back. Datagrams are lost.
///
/// Source   tc-netem(8) loss 100 %; Jepsen partitions; Alfatafta et al., Toward a Generic Fault
///          Tolerance Technique for Partial Network Partitioning, OSDI 2020; ALGORITHMS 9.3
///          net_partition.
/// Checked  tests/models/faults_test.cpp, tests/faults/partition_test.cpp.

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Partition final : public FaultAction {
 public:
  Partition(ChooseEdges choose, bool one_way) : choose_(std::move(choose)), one_way_(one_way) {}
  std::string begin() override {
    victims_ = choose_();
    victims_.scope.replies = !one_way_;
    for (Edge* edge : victims_.edges) edge->cut(victims_.scope);
    return "partition " + victims_.text;
  }
  void end() override {
    for (Edge* edge : victims_.edges) edge->heal(victims_.scope);
  }

 private:
  ChooseEdges choose_;
  EdgeVictims victims_;  // once it has begun
  bool one_way_;
};

struct PartitionFault {
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string partition;
  FaultTiming timing;
  CallerExtent callers;
  bool one_way = false;

  static constexpr auto fields() {
    return Fields{
        field<&PartitionFault::partition>(kEdgeTarget).required(),
        inlined<&PartitionFault::timing>(), inlined<&PartitionFault::callers>(),
        field<&PartitionFault::one_way>("Only requests are lost; answers still come back. Between "
                                        "zones: only what goes from the first to the second.")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Partition>(edge_victims(world, directory, target, callers, strike),
                                       one_way);
  }
};

}  // namespace

FaultKind partition() {
  return fault_kind<PartitionFault>("partition", &PartitionFault::partition, Aim::edges,
                                    "An edge carries no messages.", "tc-netem; Jepsen");
}

}  // namespace highwater::faults
