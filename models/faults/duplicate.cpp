/// duplicate: a share of the messages over an edge arrives twice.
///
/// TCP drops the copy by its sequence number: nobody sees more of it than the bandwidth it takes
/// and the bytes that are paid for. Datagrams, as of SWIM, arrive twice.
///
/// Source   tc-netem(8) duplicate; RFC 9293, section 3.10.7.4.
/// Checked  tests/faults/duplicate_test.cpp, tests/faults/netem_test.cpp.

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Doubling final : public EdgeFault {
 public:
  Doubling(FaultScope scope, Draws draws, double rate)
      : EdgeFault(std::move(scope), draws), rate_(rate) {}
  bool doubles(const Message& message) override { return draw(message) < rate_ * strength(); }

 private:
  double rate_;
};

struct DuplicateFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "20%"})"};

  std::string duplicate;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Fraction rate{0.01};
  Fraction correlation{0};

  static constexpr auto fields() {
    return Fields{field<&DuplicateFault::duplicate>(kEdgeTarget).required(),
                  inlined<&DuplicateFault::timing>(),
                  inlined<&DuplicateFault::callers>(),
                  inlined<&DuplicateFault::gradual>(),
                  field<&DuplicateFault::rate>("Such a share of the messages arrives twice."),
                  correlation_field<&DuplicateFault::correlation>()};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "duplicate",
                         edge_victims(world, directory, target, callers, strike), strike,
                         [*this](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           auto fault = std::make_unique<Doubling>(scope, draws, rate.value);
                           fault->correlate(correlation);
                           return fault;
                         });
  }
};

}  // namespace

FaultKind duplicate() {
  return fault_kind<DuplicateFault>("duplicate", &DuplicateFault::duplicate, Aim::edges,
                                    "A share of the messages over an edge arrives twice.",
                                    "tc-netem");
}

}  // namespace highwater::faults
