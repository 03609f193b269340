#include "models/deployment/deployment_params.h"

#include <algorithm>

namespace highwater::deployment {

void DeploymentParams::check(bool scaled, const Value& where, const std::string& path,
                             Problems& problems) const {
  if (scaled || pod || !rollouts.empty()) return;
  const auto idle = [&](bool given, const char* name) {
    if (given)
      problems.error(where.position(), pointer_to(path, name),
                     "no instance comes or goes without an autoscaler, rollouts or a pod");
  };
  idle(scheduling_time.has_value(), "scheduling_time");
  idle(shutdown_grace.has_value(), "shutdown_grace");
  idle(endpoint_lag.has_value(), "endpoint_lag");
  idle(pre_stop.has_value(), "pre_stop");
}

std::uint32_t DeploymentParams::beyond(std::uint32_t most) const {
  if (rollouts.empty()) return 0;
  std::uint32_t surge = scaling::RollingUpdate::Options{}.max_surge.rounded_up(most);
  for (const Rollout& rollout : rollouts)
    if (const auto* rolling = rollout.as<RollingRollout>())
      surge = std::max(surge, rolling->strategy.max_surge.rounded_up(most));
  return most + surge;
}

bool DeploymentParams::judges() const {
  return std::any_of(rollouts.begin(), rollouts.end(), [](const Rollout& rollout) {
    const auto* blue_green = rollout.as<BlueGreenRollout>();
    return rollout.is<CanaryRollout>() || (blue_green != nullptr && blue_green->strategy.analysis);
  });
}

}  // namespace highwater::deployment
