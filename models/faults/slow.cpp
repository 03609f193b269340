/// slow: everything the target computes takes longer by a factor.
///
/// Assumes  waiting (network, other components) is not slowed, only the target's own work.
/// Source   Gunawi et al., Fail-Slow at Scale, FAST 2018; ALGORITHMS 9.3 slow_cpu.
/// Checked  tests/models/faults_test.cpp.

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Slow final : public GradualAction {
 public:
  Slow(Victims choose, double factor) : choose_(std::move(choose)), factor_(factor) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    return "slow " + list_of(victims_);
  }
  void apply(double strength) override {
    for (Instance* victim : victims_) victim->slow(at(strength));
  }
  void withdraw(double strength) override {
    for (Instance* victim : victims_) victim->restore_speed(at(strength));
  }
  double at(double strength) const { return 1 + (factor_ - 1) * strength; }

  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  double factor_;
};

struct SlowFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1, "factor": "5x"})",
                                                 R"({"factor": "2x"})"};

  std::string slow;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Factor factor{2};

  static constexpr auto fields() {
    return Fields{field<&SlowFault::slow>("The component, or one instance: \"api[2]\".").required(),
                  inlined<&SlowFault::timing>(), inlined<&SlowFault::extent>(),
                  inlined<&SlowFault::gradual>(),
                  field<&SlowFault::factor>("Work takes so many times as long.")
                      .at_least(Factor{0.001})
                      .at_most(Factor{1e6})};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Slow>(choose_instances(world, directory, target, extent, strike),
                                  factor.value);
  }
};

}  // namespace

FaultKind slow() {
  return fault_kind<SlowFault>("slow", &SlowFault::slow, Aim::instances,
                               "Work takes longer by a factor.", "Gunawi et al., FAST 2018");
}

}  // namespace highwater::faults
