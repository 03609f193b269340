/// burn: somebody else's work keeps cores busy.
///
/// So many threads compete with the target's own for its cores: with n of its own each thread gets
/// min(1, cores / (n + theirs)). Where the target is a machine of a cluster, or its processes are
/// pods on one, they compete on that machine as a pod that asks for what it uses: by weight, for as
/// much as the machine has.
///
/// Assumes  threads are equals to the scheduler; work on a core of its own that is under way is
///          done as it began; pods that are moved away leave it behind.
/// Source   Chaos Mesh StressChaos cpu (workers, load); stress-ng --cpu --cpu-load; Linux
///          kernel/sched/fair.c; ALGORITHMS 9.3 cpu_burn.
/// Checked  tests/faults/burn_test.cpp

#include <algorithm>

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"
#include "models/faults/own_cores.h"

namespace highwater::faults {
namespace {

class Burn final : public GradualAction {
 public:
  Burn(Victims choose, double threads) : choose_(std::move(choose)), threads_(threads) {}

 private:
  std::string aim() override {
    machines_.clear();
    const std::vector<Instance*> victims = choose_();
    for (Instance* victim : victims) {
      Instance* const machine = victim->host() != nullptr ? victim->host() : victim;
      if (std::find(machines_.begin(), machines_.end(), machine) == machines_.end())
        machines_.push_back(machine);
    }
    return "burn " + list_of(machines_);
  }
  void apply(double strength) override {
    for (Instance* machine : machines_) machine->burden(threads_ * strength);
  }
  void withdraw(double strength) override {
    for (Instance* machine : machines_) machine->unburden(threads_ * strength);
  }

  Victims choose_;
  double threads_;
  std::vector<Instance*> machines_;  // once it has begun
};

struct BurnFault {
  static constexpr std::string_view kKinds[] = {"service", "database", "consumer_group", "worker",
                                                "cluster"};
  static constexpr std::string_view kTrials[] = {R"({"count": 1})"};

  std::string burn;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  double cores = 1;
  Fraction load{1};

  static constexpr auto fields() {
    using F = BurnFault;
    return Fields{field<&F::burn>("The component, or one instance: \"api[2]\".").required(),
                  inlined<&F::timing>(),
                  inlined<&F::extent>(),
                  inlined<&F::gradual>(),
                  field<&F::cores>("Threads that compute.")
                      .at_least(0.001)
                      .at_most(100'000.0)
                      .source("Chaos Mesh StressChaos cpu.workers"),
                  field<&F::load>("Part of the time that each of them does.")
                      .source("Chaos Mesh StressChaos cpu.load")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (load.value == 0)
      problems.error(where.position(), pointer_to(path, "load"), "burns nothing");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (has_own_cores(component)) return;
    examination.problems.error(examination.where.find("burn")->position(),
                               pointer_to(examination.path, "burn"),
                               in_quotes(component.id()) + " has no cores of ours");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Burn>(choose_instances(world, directory, target, extent, strike),
                                  cores * load.value);
  }
};

}  // namespace

FaultKind burn() {
  return fault_kind<BurnFault>("burn", &BurnFault::burn, Aim::members,
                               "Somebody else's work competes for the cores.",
                               "Chaos Mesh StressChaos cpu; stress-ng");
}

}  // namespace highwater::faults
