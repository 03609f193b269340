/// Drivers of the balancing family: requests that come and go in, the targets picked out.

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>

#include "models/algorithms/balancing/policy.h"
#include "models/drivers/catalog.h"
#include "models/drivers/event_session.h"
#include "models/drivers/target_list.h"

namespace highwater::drivers {
namespace {

using balancing::Policy;

constexpr const char* kEvents =
    "pick, done NAME, fail NAME, at SECONDS; pick KEY, retry, down NAME, up NAME, weight NAME N";
constexpr const char* kTarget = "the name of the target for each pick and retry, - where none";

struct TargetsParams {
  TargetList targets;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    return std::tuple{
        field<&TargetsParams::targets>("Targets with weights, in configuration order.").required(),
        field<&TargetsParams::seed>("Of the draws: SplitMix64.")};
  }
};

std::vector<balancing::Target> configured(const TargetList& list) {
  std::vector<balancing::Target> targets;
  for (const NamedTarget& target : list.targets)
    targets.push_back({.name = target.name, .weight = target.weight});
  return targets;
}

}  // namespace

std::vector<Driver> balancing() {
  std::vector<Driver> drivers;
  for (const balancing::PolicyInfo& info : balancing::kPolicies) {
    const std::string name(info.name);
    drivers.push_back(driver<TargetsParams>(
        {name, "balancing", std::string(info.summary), std::string(info.source), kEvents, kTarget,
         "printf '%s\\n' pick pick 'done a' pick | highwater algorithm " + name +
             " --targets a=5,b=1,c=1"},
        [policy = info.policy](const TargetsParams& params) {
          return std::make_unique<EventSession>(make_balancer(policy, configured(params.targets)),
                                                params.seed);
        }));
  }
  return drivers;
}

}  // namespace highwater::drivers
