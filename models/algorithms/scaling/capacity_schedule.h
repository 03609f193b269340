#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// New limits from a moment on.
struct ScheduledAction {
  std::int64_t at = 0;                        ///< When it begins, nanoseconds.
  std::optional<std::int64_t> lasts;          ///< None: until another action says otherwise.
  std::optional<std::int64_t> every;          ///< It begins again so often; none: once.
  std::optional<std::uint32_t> min_replicas;  ///< None: left as it is.
  std::optional<std::uint32_t> max_replicas;
};

/// scaling capacity_schedule: limits that change by the clock.
///
/// Of the actions that hold at a moment, that which began last says the minimum, and likewise the
/// maximum; of those that began together, the later one in the list. What ends gives way to what
/// holds beneath it, at last to the usual limits.
///
/// Edges    A minimum above the maximum counts as the maximum. A moment at which an action ends is
///          outside of it.
/// Source   AWS documentation: Application Auto Scaling and EC2 Auto Scaling User Guides, Scheduled
///          scaling (min and max capacity, recurrence); KEDA's cron scaler (start and end).
/// Checked  tests/scaling/capacity_schedule_test.cpp
class CapacitySchedule {
 public:
  CapacitySchedule(ReplicaLimits usual, std::vector<ScheduledAction> actions)
      : usual_(usual), actions_(std::move(actions)) {}

  /// The limits from `now` on.
  ReplicaLimits limits(std::int64_t now) const {
    using Begun = std::pair<std::int64_t, std::size_t>;
    std::optional<Begun> min;
    std::optional<Begun> max;
    ReplicaLimits limits = usual_;
    for (std::size_t i = 0; i < actions_.size(); ++i) {
      const ScheduledAction& action = actions_[i];
      const std::optional<std::int64_t> begun = begin(action, now);
      if (!begun || (action.lasts && now - *begun >= *action.lasts)) continue;
      const Begun its{*begun, i};
      if (action.min_replicas && (!min || its > *min)) {
        min = its;
        limits.min = *action.min_replicas;
      }
      if (action.max_replicas && (!max || its > *max)) {
        max = its;
        limits.max = *action.max_replicas;
      }
    }
    limits.min = std::min(limits.min, limits.max);
    return limits;
  }

  /// When an action next begins or ends after `now`; none: never again.
  std::optional<std::int64_t> next(std::int64_t now) const {
    std::optional<std::int64_t> first;
    const auto consider = [&](std::int64_t moment) {
      if (moment > now) first = std::min(first.value_or(moment), moment);
    };
    for (const ScheduledAction& action : actions_) {
      const std::optional<std::int64_t> begun = begin(action, now);
      if (!begun) {
        consider(action.at);
        continue;
      }
      if (action.every) consider(*begun + *action.every);
      if (action.lasts) consider(*begun + *action.lasts);
    }
    return first;
  }

 private:
  /// When the action began last.
  static std::optional<std::int64_t> begin(const ScheduledAction& action, std::int64_t now) {
    if (now < action.at) return std::nullopt;
    if (!action.every) return action.at;
    return now - (now - action.at) % *action.every;
  }

  ReplicaLimits usual_;
  std::vector<ScheduledAction> actions_;
};

}  // namespace highwater::scaling
