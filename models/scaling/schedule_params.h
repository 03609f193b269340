#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/field.h"
#include "models/algorithms/scaling/capacity_schedule.h"

namespace highwater::autoscaling {

/// The most instances that an autoscaler may be allowed.
inline constexpr std::uint32_t kMostReplicas = 10'000;

/// Other bounds from a moment on:
/// {"at": "8h", "for": "10h", "every": "24h", "min_replicas": 20}.
struct ScheduledActionParams {
  Duration at{0};
  std::optional<Duration> lasts;
  std::optional<Duration> every;
  std::optional<std::uint32_t> min_replicas;
  std::optional<std::uint32_t> max_replicas;

  static constexpr std::string_view type_name = "autoscaler.scheduled_action";
  static constexpr auto fields() {
    using P = ScheduledActionParams;
    return Fields{
        field<&P::at>("When it begins, from the beginning of the run.")
            .required()
            .source("AWS StartTime; KEDA cron start"),
        field<&P::lasts>("How long it holds; until another one says otherwise unless given.")
            .named("for")
            .at_least(Duration{1s})
            .source("KEDA cron end"),
        field<&P::every>("It begins again so often; once unless given.")
            .at_least(Duration{1s})
            .source("AWS Recurrence"),
        field<&P::min_replicas>("Fewest instances meanwhile; as before unless given.")
            .at_most(kMostReplicas)
            .source("AWS MinCapacity; KEDA cron desiredReplicas"),
        field<&P::max_replicas>("Most instances meanwhile; as before unless given.")
            .at_least(1u)
            .at_most(kMostReplicas)
            .source("AWS MaxCapacity")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  scaling::ScheduledAction action() const;
};

/// Reports bounds that the actions and the usual ones could leave with a minimum above the maximum.
void check_schedule(const std::vector<ScheduledActionParams>& schedule,
                    const scaling::ReplicaLimits& usual, const Value& where,
                    const std::string& path, Problems& problems);

}  // namespace highwater::autoscaling
