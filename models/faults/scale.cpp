/// scale: a component gets another number of instances, and its own again at the end.
///
/// Those that come start as any process does; those that go finish what they have: a service's take
/// the way of a scaling down, a consumer leaves its group and a worker its queue.
///
/// Assumes  as kubectl scale does, it stands until somebody says otherwise: of several that overlap
///          the one that began last counts. Where an autoscaler decides, there is nothing to say.
/// Source   kubectl scale; ALGORITHMS 9.3 capacity_denied, drain.
/// Checked  tests/faults/scale_test.cpp

#include "models/faults/change_params.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

struct ScaleFault {
  static constexpr std::string_view kKinds[] = {"service", "worker", "consumer_group"};

  std::string scale;
  FaultTiming timing;
  std::uint32_t replicas = 1;

  static constexpr auto fields() {
    using F = ScaleFault;
    return Fields{field<&F::scale>("The component that gets more or fewer instances.").required(),
                  inlined<&F::timing>(),
                  field<&F::replicas>("So many.").required().at_least(1u).at_most(10'000u)};
  }

  std::shared_ptr<const Change> prepare(const Target& target, Preparation& preparation) const {
    Value set = Value::object();
    set.set_position(preparation.where.find("replicas")->position());
    set.set("replicas", Value::whole(replicas));
    if (preparation.surroundings != nullptr)
      if (const auto reader = preparation.surroundings->reader(target.component)) {
        const Value written = reader->original()->written();
        if (written.find("consumers") != nullptr) {
          set = Value::object();
          set.set_position(preparation.where.find("replicas")->position());
          set.set("consumers", Value::whole(replicas));
        } else if (written.find("replicas") == nullptr) {
          // examine() says that it is of another kind
          return std::make_shared<const Change>();
        }
      }
    return Change::read(target.component, std::move(set), pointer_to(preparation.path, "replicas"),
                        preparation);
  }
  void examine(Directory& directory, const Target& target, const Examination& examination,
               const Change& change) const {
    change.examine(directory.component(target.component), examination);
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&, const Change& change) const {
    return change.arm(directory, directory.component(target.component),
                      "scale " + target.text() + " to " + std::to_string(replicas));
  }
};

}  // namespace

FaultKind scale() {
  return fault_kind<ScaleFault>("scale", &ScaleFault::scale, Aim::whole,
                                "A component has another number of instances until the fault ends.",
                                "kubectl scale");
}

}  // namespace highwater::faults
