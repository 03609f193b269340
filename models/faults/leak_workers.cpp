/// leak_workers: a share of the requests does not give its worker back when it has been answered: a
/// thread that waits for what never comes.
///
/// They come back when the fault ends, or with another process.
///
/// Assumes  a worker that has leaked uses no core.
/// Source   Gremlin process exhaustion; ALGORITHMS 9.3 thread_exhaust.
/// Checked  tests/faults/leaks_test.cpp

#include "models/faults/faults.h"
#include "models/faults/leak_action.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

struct LeakWorkersFault {
  static constexpr std::string_view kKinds[] = {"service"};
  static constexpr std::string_view kTrials[] = {R"({"rate": "1%"})"};

  std::string leak_workers;
  FaultTiming timing;
  FaultExtent extent;
  Fraction rate{1};

  static constexpr auto fields() {
    using F = LeakWorkersFault;
    return Fields{
        field<&F::leak_workers>("The service, or one instance: \"api[2]\".").required(),
        inlined<&F::timing>(), inlined<&F::extent>(),
        field<&F::rate>("Share of the requests that keep their worker after their answer.")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const Component& component = directory.component(target.component);
    if (const auto* workers = examine_point<HasWorkers>(component, "leak_workers", examination))
      examine_lack(component, workers->lacks_workers(), "leak_workers", examination);
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    auto& workers = point_of<HasWorkers>(directory.component(target.component));
    const Victims choose = choose_instances(world, directory, target, extent, strike);
    const auto find = [&workers, choose] {
      std::vector<Leaks*> found;
      for (Instance* victim : choose()) found.push_back(&workers.worker_leaks(*victim));
      return found;
    };
    return std::make_unique<LeakAction>(world, "leak workers " + target.text(), find, rate.value);
  }
};

}  // namespace

FaultKind leak_workers() {
  return fault_kind<LeakWorkersFault>("leak_workers", &LeakWorkersFault::leak_workers, Aim::members,
                                      "A share of the requests never gives its worker back.",
                                      "Gremlin process exhaustion");
}

}  // namespace highwater::faults
