/// error: a share of the requests is answered with an error, at once and unserved.
///
/// Source   Chaos Mesh HTTPChaos abort; Envoy fault filter; ALGORITHMS 9.3 error_injection.
/// Checked  tests/models/faults_test.cpp.

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Error final : public GradualAction {
 public:
  Error(Victims choose, double share) : choose_(std::move(choose)), share_(share) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    return "error " + list_of(victims_);
  }
  void apply(double strength) override {
    for (Instance* victim : victims_) victim->fail_share(share_ * strength);
  }
  void withdraw(double strength) override {
    for (Instance* victim : victims_) victim->stop_failing(share_ * strength);
  }

  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  double share_;
};

struct ErrorFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "10%"})"};

  std::string error;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Fraction rate{1};

  static constexpr auto fields() {
    return Fields{
        field<&ErrorFault::error>("The component, or one instance: \"api[2]\".").required(),
        inlined<&ErrorFault::timing>(), inlined<&ErrorFault::extent>(),
        inlined<&ErrorFault::gradual>(),
        field<&ErrorFault::rate>("Share of the requests that get an error.")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Error>(choose_instances(world, directory, target, extent, strike),
                                   rate.value);
  }
};

}  // namespace

FaultKind error() {
  return fault_kind<ErrorFault>("error", &ErrorFault::error, Aim::instances,
                                "A share of the requests is answered with an error.",
                                "Chaos Mesh HTTPChaos; Envoy fault filter");
}

}  // namespace highwater::faults
