/// lie_health: who looks whether the target is well hears a lie.
///
/// The checks of load balancers, readiness and liveness probes, and the gossip of members hear the
/// same, whatever is true: "down" takes healthy instances out (all of them, and panic modes act),
/// "up" keeps dead ones in. Requests themselves are not touched.
///
/// Assumes  with two lies at a time the bad one is heard; a dead process has no probes that could
///          be lied to.
/// Source   ALGORITHMS 9.3 health_check_lie; Envoy's panic threshold and Kubernetes' probes are who
///          is lied to.
/// Checked  tests/faults/lie_health_test.cpp

#include "engine/describe/one_of.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

enum class Say : std::uint8_t { up, down };
constexpr auto words_of(Say) {
  return std::array{Word{Say::up, "up", "All is well."}, Word{Say::down, "down", "It is dead."}};
}

class Lie final : public FaultAction {
 public:
  Lie(Victims choose, Say say) : choose_(std::move(choose)), up_(say == Say::up) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) victim->lie(up_);
    return "lie_health " + list_of(victims_) + (up_ ? " is up" : " is down");
  }
  void end() override {
    for (Instance* victim : victims_) victim->stop_lying(up_);
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  bool up_;
};

struct LieFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1, "say": "up"})"};

  std::string lie_health;
  FaultTiming timing;
  FaultExtent extent;
  Say say = Say::down;

  static constexpr auto fields() {
    using F = LieFault;
    return Fields{field<&F::lie_health>("The component, or one instance: \"api[2]\".").required(),
                  inlined<&F::timing>(), inlined<&F::extent>(),
                  field<&F::say>("What health checks, probes and gossip hear.").required()};
  }
  bool contradicts(const LieFault& other) const { return say != other.say; }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Lie>(choose_instances(world, directory, target, extent, strike), say);
  }
};

}  // namespace

FaultKind lie_health() {
  return fault_kind<LieFault>("lie_health", &LieFault::lie_health, Aim::instances,
                              "Health checks, probes and gossip hear what is not true.",
                              "Envoy panic threshold; Kubernetes probes");
}

}  // namespace highwater::faults
