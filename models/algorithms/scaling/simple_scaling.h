#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/scaling/aws_capacity.h"
#include "models/algorithms/scaling/cloudwatch_alarm.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// A simple policy and the alarm that calls it.
struct SimplePolicy {
  CloudwatchAlarm::Options alarm;
  Adjustment adjustment;
  std::optional<std::int64_t> cooldown;  ///< Nanoseconds; none: the group's default.
};

/// scaling simple_scaling: EC2's oldest kind, one adjustment and a cooldown.
///
/// After an activity nothing happens until the cooldown of the policy that began it is over,
/// whichever alarm rings. Of policies that ring together the first takes its turn.
///
/// Assumes  the cooldown begins with the decision; AWS begins it when the instances have been
///          launched or terminated, which the observations do not show.
/// Edges    An adjustment that changes nothing, at a limit say, begins no cooldown. Outside of the
///          limits the capacity is brought back at once, whatever the cooldown.
/// Source   AWS documentation: Amazon EC2 Auto Scaling User Guide, Step and simple scaling
/// policies;
///          Scaling cooldowns (default 300 s).
/// Checked  tests/scaling/simple_scaling_test.cpp
class SimpleScaling final : public Scaler {
 public:
  struct Options {
    std::vector<SimplePolicy> policies;
    std::int64_t default_cooldown = 300'000'000'000;
    std::uint32_t min_size = 1;
    std::uint32_t max_size = std::numeric_limits<std::int32_t>::max();
  };

  explicit SimpleScaling(Options options) : options_(std::move(options)) {
    options_.min_size = std::min(options_.min_size, options_.max_size);
    for (const SimplePolicy& policy : options_.policies) {
      alarms_.emplace_back(policy.alarm);
      period_ = std::min(period_, alarms_.back().options().period);
    }
  }

  Decision decide(const Observation& seen) override {
    const SimplePolicy* first = nullptr;
    for (std::size_t i = 0; i < alarms_.size(); ++i) {
      const bool rings = alarms_[i].observe(seen.now, seen.metric);
      if (rings && first == nullptr) first = &options_.policies[i];
    }
    const std::uint32_t inside = std::clamp(seen.replicas, options_.min_size, options_.max_size);
    if (inside != seen.replicas)
      return {inside,
              inside < seen.replicas ? Reason::too_many_replicas : Reason::too_few_replicas};
    if (first == nullptr) return {seen.replicas, Reason::no_alarm};
    if (cooling_until_ && seen.now < *cooling_until_) return {seen.replicas, Reason::cooldown};
    const std::uint32_t wish = adjusted(seen.replicas, first->adjustment);
    const std::uint32_t size = std::clamp(wish, options_.min_size, options_.max_size);
    if (size != seen.replicas)
      cooling_until_ = seen.now + first->cooldown.value_or(options_.default_cooldown);
    return {size, wish > size   ? Reason::too_many_replicas
                  : wish < size ? Reason::too_few_replicas
                                : Reason::within_range};
  }
  std::int64_t period() const override { return period_; }
  void limit(const ReplicaLimits& limits) override {
    options_.max_size = limits.max;
    options_.min_size = std::min(limits.min, limits.max);
  }

 private:
  Options options_;
  std::vector<CloudwatchAlarm> alarms_;
  std::optional<std::int64_t> cooling_until_;
  std::int64_t period_ = 60'000'000'000;
};

}  // namespace highwater::scaling
