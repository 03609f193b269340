/// kill: the process is gone; its callers see a reset connection, or nothing at all.
///
/// Assumes  what the process held in memory is lost; a restart takes the component's start-up time.
/// Source   Chaos Monkey (instance termination); Chaos Mesh pod-kill; ALGORITHMS 9.3 kill_instance.
/// Checked  tests/models/faults_test.cpp.

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Kill final : public FaultAction {
 public:
  Kill(Victims choose, bool silent) : choose_(std::move(choose)), silent_(silent) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) victim->kill(silent_);
    return "kill " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) victim->revive(silent_);
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  bool silent_;
};

struct KillFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1})", R"({})"};

  std::string kill;
  FaultTiming timing;
  FaultExtent extent;
  bool silent = false;

  static constexpr auto fields() {
    return Fields{
        field<&KillFault::kill>("The component, or one instance: \"api[2]\".").required(),
        inlined<&KillFault::timing>(), inlined<&KillFault::extent>(),
        field<&KillFault::silent>("Callers see nothing (the host is gone) instead of a reset "
                                  "connection (the process is gone).")};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Kill>(choose_instances(world, directory, target, extent, strike),
                                  silent);
  }
};

}  // namespace

FaultKind kill() {
  return fault_kind<KillFault>("kill", &KillFault::kill, Aim::instances,
                               "Processes die; they start again when the fault ends.",
                               "Chaos Monkey; Chaos Mesh pod-kill");
}

}  // namespace highwater::faults
