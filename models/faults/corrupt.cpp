/// corrupt: a share of the messages over an edge arrives with a wrong bit.
///
/// The checksum shows it, and the receiver drops it: to the sender it is lost, as with `loss`. The
/// edge counts it apart.
///
/// Assumes  no error gets past the checksum of 16 bits: in fact one in tens of thousands does.
/// Source   tc-netem(8) corrupt; Simian Army NetworkCorruption, 5 %; RFC 9293, section 3.1; Stone,
///          Partridge, When the CRC and TCP Checksum Disagree, SIGCOMM 2000.
/// Checked  tests/faults/loss_test.cpp, tests/faults/netem_test.cpp.

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Corrupting final : public EdgeFault {
 public:
  Corrupting(FaultScope scope, Draws draws, double rate)
      : EdgeFault(std::move(scope), draws), rate_(rate) {}
  Loss loses(const Message& message) override {
    return draw(message) < rate_ * strength() ? Loss::corrupted : Loss::none;
  }

 private:
  double rate_;
};

struct CorruptFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "20%"})"};

  std::string corrupt;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Fraction rate{0.05};
  Fraction correlation{0};

  static constexpr auto fields() {
    return Fields{field<&CorruptFault::corrupt>(kEdgeTarget).required(),
                  inlined<&CorruptFault::timing>(),
                  inlined<&CorruptFault::callers>(),
                  inlined<&CorruptFault::gradual>(),
                  field<&CorruptFault::rate>("Such a share of the messages is hit.")
                      .source("Simian Army NetworkCorruption, 5 %"),
                  correlation_field<&CorruptFault::correlation>()};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "corrupt", edge_victims(world, directory, target, callers, strike),
                         strike, [*this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           auto fault = std::make_unique<Corrupting>(scope, draws, rate.value);
                           fault->correlate(correlation);
                           return fault;
                         });
  }
};

}  // namespace

FaultKind corrupt() {
  return fault_kind<CorruptFault>(
      "corrupt", &CorruptFault::corrupt, Aim::edges,
      "A share of the messages over an edge fails its checksum, and is sent again.",
      "tc-netem; Simian Army NetworkCorruption");
}

}  // namespace highwater::faults
