#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/algorithms/scaling/aws_capacity.h"
#include "models/algorithms/scaling/cloudwatch_alarm.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// One step: what to do where the metric is so far from the threshold.
struct StepAdjustment {
  std::optional<double> lower;  ///< metric_interval_lower_bound; none: minus infinity.
  std::optional<double> upper;  ///< metric_interval_upper_bound; none: infinity.
  std::int32_t adjustment = 0;  ///< scaling_adjustment
};

/// A policy and the alarm that calls it.
struct StepPolicy {
  CloudwatchAlarm::Options alarm;
  AdjustmentType type = AdjustmentType::change_in_capacity;
  std::uint32_t min_magnitude = 0;
  std::vector<StepAdjustment> steps;
};

/// scaling step_scaling: AWS step scaling, so much for so great a breach.
///
/// The metric's distance from the threshold chooses the step. For an alarm above its threshold a
/// step's lower bound belongs to it and its upper does not; below it the other way round. Where
/// several policies ring, the one that leads to the greatest capacity counts, also for scaling in.
/// Cooldowns and warm-up are those of AwsCapacity.
///
/// Edges    A distance outside of all steps changes nothing; of steps that overlap (the API rejects
///          them) the first counts. Outside of the limits the capacity is brought back at once.
/// Source   AWS documentation: Application Auto Scaling User Guide, Step scaling policies (step
///          adjustments, cooldown); API reference StepScalingPolicyConfiguration; EC2 Auto Scaling
///          User Guide, Step and simple scaling policies.
/// Checked  tests/scaling/step_scaling_test.cpp: the examples of the documentation.
class StepScaling final : public Scaler {
 public:
  struct Options {
    AwsCapacity::Options capacity;
    std::vector<StepPolicy> policies;
  };

  explicit StepScaling(Options options)
      : options_(std::move(options)), capacity_(options_.capacity) {
    for (const StepPolicy& policy : options_.policies) {
      alarms_.emplace_back(policy.alarm);
      period_ = std::min(period_, alarms_.back().options().period);
    }
  }

  Decision decide(const Observation& seen) override {
    std::optional<std::uint32_t> greatest;
    for (std::size_t i = 0; i < alarms_.size(); ++i) {
      const bool rings = alarms_[i].observe(seen.now, seen.metric);
      if (!rings) continue;
      const StepPolicy& policy = options_.policies[i];
      const StepAdjustment* step = step_for(policy, *alarms_[i].datapoint());
      if (step == nullptr) continue;
      const Adjustment adjustment{policy.type, step->adjustment, policy.min_magnitude};
      greatest = std::max(greatest.value_or(0), wish(seen, adjustment));
    }
    const std::uint32_t inside = capacity_.within(seen.replicas);
    if (inside != seen.replicas)
      return {inside,
              inside < seen.replicas ? Reason::too_many_replicas : Reason::too_few_replicas};
    if (!greatest) return {seen.replicas, Reason::no_alarm};
    if (*greatest < seen.replicas) return capacity_.scale_in(seen.now, seen.replicas, *greatest);
    return capacity_.scale_out(seen.now, seen.replicas, *greatest);
  }
  std::int64_t period() const override { return period_; }
  void limit(const ReplicaLimits& limits) override { capacity_.limit(limits); }

 private:
  /// Growth is calculated from the capacity that counts, and what is under way already stays;
  /// shrinking is calculated from all that there is.
  std::uint32_t wish(const Observation& seen, const Adjustment& adjustment) const {
    const std::uint32_t from_all = adjusted(seen.replicas, adjustment);
    if (adjustment.type == AdjustmentType::exact_capacity || adjustment.value <= 0) return from_all;
    return std::max(seen.replicas,
                    adjusted(capacity_.counted(seen.now, seen.replicas), adjustment));
  }

  static const StepAdjustment* step_for(const StepPolicy& policy, double metric) {
    const double distance = metric - policy.alarm.threshold;
    const bool above =
        policy.alarm.comparison == AlarmComparison::greater_than_threshold ||
        policy.alarm.comparison == AlarmComparison::greater_than_or_equal_to_threshold;
    for (const StepAdjustment& step : policy.steps) {
      const bool from = !step.lower || (above ? distance >= *step.lower : distance > *step.lower);
      const bool to = !step.upper || (above ? distance < *step.upper : distance <= *step.upper);
      if (from && to) return &step;
    }
    return nullptr;
  }

  Options options_;
  AwsCapacity capacity_;
  std::vector<CloudwatchAlarm> alarms_;
  std::int64_t period_ = 60'000'000'000;
};

}  // namespace highwater::scaling
