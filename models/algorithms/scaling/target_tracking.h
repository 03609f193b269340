#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "models/algorithms/scaling/aws_capacity.h"
#include "models/algorithms/scaling/cloudwatch_alarm.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// scaling target_tracking: AWS target tracking, a thermostat of two alarms.
///
/// The high alarm rings after three minutes above the target, the low one after fifteen below 90 %
/// of it. Either way the new capacity is capacity * metric / target rounded up, the metric being
/// the last minute's average. Scaling in may be disabled. Cooldowns and warm-up are those of
/// AwsCapacity.
///
/// Assumes  the metric is an average for each unit of capacity, so that it falls as capacity grows.
///          AWS calls scaling in more gradual without saying how; here it goes by the same formula,
///          held back by its alarm and the cooldown.
/// Edges    A target of 0 or less, or one that is no finite number, never scales. Outside of the
///          limits the capacity is brought back at once. Time that goes back changes nothing.
/// Source   AWS documentation: Application Auto Scaling User Guide, Target tracking scaling
///          policies; API reference TargetTrackingScalingPolicyConfiguration (cooldowns); the
///          alarms as AWS creates them: AlarmHigh 3 of 3, AlarmLow 15 of 15 datapoints of 60 s.
/// Checked  tests/scaling/target_tracking_test.cpp
class TargetTracking final : public Scaler {
 public:
  struct Options {
    AwsCapacity::Options capacity;
    double target = 50;
    bool disable_scale_in = false;
    std::int64_t period = 60'000'000'000;
    std::uint32_t high_periods = 3;
    std::uint32_t low_periods = 15;
    double low_share = 0.9;  ///< Of the target, where the low alarm begins.
  };

  explicit TargetTracking(const Options& options)
      : options_(options),
        capacity_(options.capacity),
        high_({options.target, AlarmComparison::greater_than_threshold, AlarmStatistic::average,
               options.period, options.high_periods}),
        low_({options.target * options.low_share, AlarmComparison::less_than_threshold,
              AlarmStatistic::average, options.period, options.low_periods}) {}

  Decision decide(const Observation& seen) override {
    const bool too_high = high_.observe(seen.now, seen.metric);
    const bool too_low = low_.observe(seen.now, seen.metric);
    const std::uint32_t inside = capacity_.within(seen.replicas);
    if (inside != seen.replicas)
      return {inside,
              inside < seen.replicas ? Reason::too_many_replicas : Reason::too_few_replicas};
    if (!(options_.target > 0) || !std::isfinite(options_.target))
      return {seen.replicas, Reason::no_alarm};
    if (too_high) {
      const std::uint32_t counted = capacity_.counted(seen.now, seen.replicas);
      return capacity_.scale_out(seen.now, seen.replicas, wish(counted, *high_.datapoint()));
    }
    if (too_low && !options_.disable_scale_in)
      return capacity_.scale_in(seen.now, seen.replicas, wish(seen.replicas, *low_.datapoint()));
    return {seen.replicas, Reason::no_alarm};
  }
  std::int64_t period() const override { return options_.period; }
  void limit(const ReplicaLimits& limits) override { capacity_.limit(limits); }

 private:
  std::uint32_t wish(std::uint32_t capacity, double metric) const {
    // Multiplied first: a metric just on target gives the capacity itself.
    return static_cast<std::uint32_t>(
        std::max(0, saturated(std::ceil(capacity * metric / options_.target))));
  }

  Options options_;
  AwsCapacity capacity_;
  CloudwatchAlarm high_;
  CloudwatchAlarm low_;
};

}  // namespace highwater::scaling
