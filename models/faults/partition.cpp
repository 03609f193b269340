/// partition: an edge carries no messages.
///
/// What is sent waits, as TCP sends it again and again, and arrives when the partition heals; a
/// caller whose timeout passes meanwhile takes its message back.
///
/// Source   tc-netem(8) loss 100 %; Jepsen partitions; ALGORITHMS 9.3 net_partition.
/// Checked  tests/models/faults_test.cpp.

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Partition final : public FaultAction {
 public:
  Partition(std::vector<Edge*> edges, std::string name, bool one_way)
      : edges_(std::move(edges)), name_(std::move(name)), one_way_(one_way) {}
  std::string begin() override {
    for (Edge* edge : edges_) edge->cut(true, !one_way_);
    return "partition " + name_;
  }
  void end() override {
    for (Edge* edge : edges_) edge->heal(true, !one_way_);
  }

 private:
  std::vector<Edge*> edges_;
  std::string name_;
  bool one_way_;
};

struct PartitionFault {
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string partition;
  FaultTiming timing;
  bool one_way = false;

  static constexpr auto fields() {
    return Fields{
        field<&PartitionFault::partition>("The edge \"api -> users-db\", or a component for all "
                                          "edges into it.")
            .required(),
        inlined<&PartitionFault::timing>(),
        field<&PartitionFault::one_way>("Only requests are lost; answers still come back.")};
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&) const {
    return std::make_unique<Partition>(choose_edges(directory, target), target.text(), one_way);
  }
};

}  // namespace

FaultKind partition() {
  return fault_kind<PartitionFault>("partition", &PartitionFault::partition, Aim::edges,
                                    "An edge carries no messages.", "tc-netem; Jepsen");
}

}  // namespace highwater::faults
