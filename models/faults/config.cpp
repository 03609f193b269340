/// config: parameters of a component are set otherwise while it runs, and taken back at its end.
///
/// A configuration that somebody got wrong, or a change that somebody means: each parameter is said
/// as a setting on the command line says it, and read and checked as the scenario's own. Requests
/// that are under way end as they were begun; those that come next find the new values.
///
/// Assumes  every process of the component takes the new values at the same instant, without a
///          restart. What limiters, breakers, pools and balancers have learned is lost where their
///          own parameters change, and kept else. Changes of several faults may overlap; see
///          engine/model/live_changes.h. What a policy does that had nothing to do before is not
///          counted among the caller's `calls`.
/// Source   Site Reliability Engineering, chapters 8 and 14 (changes of configuration as a cause of
///          outages); nginx -s reload; ALGORITHMS 9.3 config_error.
/// Checked  tests/faults/config_test.cpp, tests/faults/config_stores_test.cpp

#include "models/faults/change_params.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

struct ConfigFault {
  std::string config;
  FaultTiming timing;
  OrderedMap<AnyValue> set;

  static constexpr auto fields() {
    using F = ConfigFault;
    return Fields{
        field<&F::config>("The component that is changed, as a whole.").required(),
        inlined<&F::timing>(),
        field<&F::set>("What is set, by paths below the component: {\"workers\": 2, "
                       "\"calls.timeout\": \"50ms\"}; null for what is to be left out. What "
                       "cannot be changed while it runs is answered with the list of what can.")
            .required()
            .at_least(1u)
            .at_most(1'000u)};
  }

  std::shared_ptr<const Change> prepare(const Target& target, Preparation& preparation) const {
    return Change::read(target.component, *preparation.where.find("set"),
                        pointer_to(preparation.path, "set"), preparation);
  }
  void examine(Directory& directory, const Target& target, const Examination& examination,
               const Change& change) const {
    change.examine(directory.component(target.component), examination);
  }
  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&, const Change& change) const {
    std::string text = "config " + target.text() + ":";
    for (const auto& entry : set)
      text += " " + entry.key + "=" + write_json_line(entry.value.value);
    return change.arm(directory, directory.component(target.component), std::move(text));
  }
};

}  // namespace

FaultKind config() {
  return fault_kind<ConfigFault>("config", &ConfigFault::config, Aim::whole,
                                 "Parameters are set otherwise until the fault ends.",
                                 "Site Reliability Engineering, chapters 8 and 14");
}

}  // namespace highwater::faults
