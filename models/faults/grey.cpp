/// grey: a share of the requests fails or hangs, while every health check passes.
///
/// Checks of load balancers, probes and gossip see nothing of it; what looks at answers, such as
/// outlier detection and breakers, does. What hangs is answered by nobody: its caller waits until
/// it gives up. When the fault ends, what still hangs is answered with an error.
///
/// Assumes  what hangs holds no worker: it is lost on its way to one.
/// Source   Huang et al., Gray Failure: The Achilles' Heel of Cloud-Scale Systems, HotOS 2017;
///          ALGORITHMS 9.3 zone_outage (grey failure), health_check_lie.
/// Checked  tests/faults/grey_test.cpp

#include "models/faults/faults.h"
#include "models/faults/interfering.h"

namespace highwater::faults {
namespace {

class Grey final : public InterferingAction {
 public:
  Grey(World& world, Victims choose, const Strike& strike, double share, double hang)
      : InterferingAction(world, std::move(choose), "grey", strike, share), hang_(hang) {}

 private:
  Fate meets(const Request& request, std::uint64_t message, Reply& reply) override {
    RequestRandom random = draws(request, message);
    if (!hits(random, share() * strength())) return Fate::served;
    if (random.uniform() < hang_) return Fate::stuck;
    reply = Reply{Status::error};
    return Fate::refused;
  }

  double hang_;
};

struct GreyFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1, "rate": "50%"})"};

  std::string grey;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Fraction rate;
  Fraction hang{0.5};

  static constexpr auto fields() {
    using F = GreyFault;
    return Fields{
        field<&F::grey>("The component, or one instance: \"api[2]\".").required(),
        inlined<&F::timing>(),
        inlined<&F::extent>(),
        inlined<&F::gradual>(),
        field<&F::rate>("Share of the requests that it hits.").required(),
        field<&F::hang>("Part of those that hang; the others fail at once.").source("chosen")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Grey>(world, choose_instances(world, directory, target, extent, strike),
                                  strike, rate.value, hang.value);
  }
};

}  // namespace

FaultKind grey() {
  return fault_kind<GreyFault>("grey", &GreyFault::grey, Aim::instances,
                               "A share of the requests fails or hangs; health checks pass.",
                               "Huang et al., Gray Failure, HotOS 2017");
}

}  // namespace highwater::faults
