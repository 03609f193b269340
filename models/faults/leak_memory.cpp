/// leak_memory: processes of a service lose memory, until the kernel kills them.
///
/// By the request served, by the time, or both. What is lost stays lost when the fault ends; a
/// restart alone gives it back. The nearer the limit, the less room there is for garbage and the
/// more often it is collected; who needs more than the limit is killed and started again as the
/// service says ("memory", "gc" and "restart" of the service).
///
/// Assumes  a process that stands still loses nothing.
/// Source   Chaos Mesh StressChaos memory; kernel OOM killer by cgroup limit; ALGORITHMS 9.3
///          mem_leak.
/// Checked  tests/faults/leak_memory_test.cpp

#include "engine/model/afflictions.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class LeakMemory final : public GradualAction {
 public:
  LeakMemory(Victims choose, Leak leak) : choose_(std::move(choose)), leak_(leak) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    return "leak_memory " + list_of(victims_);
  }
  void apply(double strength) override {
    for (Instance* victim : victims_) victim->leak(at(strength));
  }
  void withdraw(double strength) override {
    for (Instance* victim : victims_) victim->stop_leaking(at(strength));
  }
  Leak at(double strength) const {
    return {leak_.per_request * strength, leak_.per_second * strength};
  }

  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  Leak leak_;
};

struct LeakMemoryFault {
  static constexpr std::string_view kKinds[] = {"service"};
  static constexpr std::string_view kTrials[] = {R"({"count": 1, "rate": "100MB/s"})",
                                                 R"({"per_request": "1MB"})"};

  std::string leak_memory;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  Bytes per_request{};
  std::optional<Bandwidth> rate;

  static constexpr auto fields() {
    using F = LeakMemoryFault;
    return Fields{field<&F::leak_memory>("The service, or one instance: \"api[2]\".").required(),
                  inlined<&F::timing>(),
                  inlined<&F::extent>(),
                  inlined<&F::gradual>(),
                  field<&F::per_request>("Lost with each request that is served."),
                  field<&F::rate>("Lost as time passes: \"1MB/s\".")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (per_request.count == 0 && !rate)
      problems.error(where.position(), pointer_to(path, "leak_memory"),
                     "a leak loses something: give \"per_request\", \"rate\" or both");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (component.instances().front()->has_memory_limit()) return;
    examination.problems.error(
        examination.where.find("leak_memory")->position(),
        pointer_to(examination.path, "leak_memory"),
        in_quotes(component.id()) + " has no \"memory\", and never runs out of it");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    Leak leak;
    leak.per_request = static_cast<double>(per_request.count);
    if (rate) leak.per_second = rate->bits_per_second / 8;
    return std::make_unique<LeakMemory>(choose_instances(world, directory, target, extent, strike),
                                        leak);
  }
};

}  // namespace

FaultKind leak_memory() {
  return fault_kind<LeakMemoryFault>("leak_memory", &LeakMemoryFault::leak_memory, Aim::members,
                                     "Processes of a service lose memory until they are killed.",
                                     "Chaos Mesh StressChaos memory; Linux OOM killer");
}

}  // namespace highwater::faults
