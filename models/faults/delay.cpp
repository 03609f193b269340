/// delay: the handler sleeps before it answers.
///
/// A worker of a service, and the environment of a function, sleeps with it; who has none to hold
/// answers later and does other things meanwhile. What is refused meets no handler.
///
/// Assumes  the sleep is drawn when the work is done, and costs no CPU.
/// Source   AWS FIS aws:lambda:invocation-add-delay; Chaos Mesh JVMChaos latency; ALGORITHMS 9.3
///          delay_injection.
/// Checked  tests/faults/delay_test.cpp

#include "models/faults/faults.h"
#include "models/faults/interfering.h"
#include "models/slowdown.h"

namespace highwater::faults {
namespace {

class Delay final : public InterferingAction {
 public:
  Delay(World& world, Victims choose, const Strike& strike, double share, const Distribution& sleep)
      : InterferingAction(world, std::move(choose), "delay", strike, share), sleep_(sleep) {}

 private:
  Duration sleeps(const Request& request, std::uint64_t message) override {
    RequestRandom random = draws(request, message);
    if (!hits(random, share())) return Duration{0};
    return stretched(sleep_.draw(random), strength());
  }

  const Distribution& sleep_;  // of the plan, which outlives the run
};

struct DelayFault {
  static constexpr std::string_view kTrials[] = {R"({"sleep": "200ms", "rate": "20%"})"};

  std::string delay;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Distribution sleep = Distribution::constant(100ms);
  Fraction rate{1};

  static constexpr auto fields() {
    using F = DelayFault;
    return Fields{field<&F::delay>("The component, or one instance: \"api[2]\".").required(),
                  inlined<&F::timing>(),
                  inlined<&F::extent>(),
                  inlined<&F::gradual>(),
                  field<&F::sleep>("How long it sleeps, each time drawn anew.").required(),
                  field<&F::rate>("Share of the requests that are answered so late.")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Delay>(world,
                                   choose_instances(world, directory, target, extent, strike),
                                   strike, rate.value, sleep);
  }
};

}  // namespace

FaultKind delay() {
  return fault_kind<DelayFault>("delay", &DelayFault::delay, Aim::instances,
                                "The handler sleeps before it answers.",
                                "AWS FIS invocation-add-delay; Chaos Mesh JVMChaos latency");
}

}  // namespace highwater::faults
