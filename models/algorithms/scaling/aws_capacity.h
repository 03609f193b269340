#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// Which of AWS' two services scales. Application Auto Scaling (ECS, DynamoDB, Lambda's provisioned
/// concurrency …) knows cooldowns for each direction; EC2 Auto Scaling groups know the warm-up of
/// instances.
enum class AwsService : std::uint8_t { application_auto_scaling, ec2_auto_scaling };

/// How an adjustment is meant.
enum class AdjustmentType : std::uint8_t {
  change_in_capacity,
  exact_capacity,
  percent_change_in_capacity,
};

struct Adjustment {
  AdjustmentType type = AdjustmentType::change_in_capacity;
  std::int32_t value = 0;
  std::uint32_t min_magnitude = 0;  ///< Of percentages, at least so many; 0: none.
};

/// scaling aws_capacity: the capacity that an adjustment leads to.
///
/// A percentage of the capacity is rounded toward zero, but at least to one either way: 12.7 is 12,
/// 0.67 is 1, -0.58 is -1, -6.67 is -6. Then the minimum magnitude counts.
///
/// Edges: a percentage of 0, or of no capacity, changes nothing unless a minimum magnitude is set
/// and the percentage is not 0. Capacities do not go below 0 nor beyond 2^31 - 1.
///
/// Source   AWS documentation: Amazon EC2 Auto Scaling User Guide, Step and simple scaling policies
///          (scaling adjustment types); the same rounding in the Application Auto Scaling User
///          Guide.
/// Checked  tests/scaling/aws_capacity_test.cpp: the examples of the documentation.
inline std::uint32_t adjusted(std::uint32_t capacity, const Adjustment& adjustment) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  std::int64_t change = adjustment.value;
  if (adjustment.type == AdjustmentType::exact_capacity) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(adjustment.value, 0, kMost));
  }
  if (adjustment.type == AdjustmentType::percent_change_in_capacity) {
    const std::int64_t hundredfold = std::int64_t{capacity} * adjustment.value;
    change = hundredfold / 100;  // toward zero
    if (change == 0 && hundredfold != 0) change = hundredfold > 0 ? 1 : -1;
    const std::int64_t least = adjustment.min_magnitude;
    if (adjustment.value > 0) change = std::max(change, least);
    if (adjustment.value < 0) change = std::min(change, -least);
  }
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(std::int64_t{capacity} + change, 0, kMost));
}

/// scaling aws_capacity: cooldowns and warm-up, common to target tracking and step scaling.
///
/// After scaling out, what was added does not count as capacity yet, for the scale-out cooldown or
/// until instances have warmed up: an alarm that still rings is answered from the capacity before,
/// so that only a greater wish adds more. After scaling in, scaling in waits for the cooldown;
/// scaling out does not, and ends it. EC2 does not scale in while instances warm up.
///
/// Assumes  what the documentation leaves open: the capacity before is that at the first scale-out
///          of a row whose cooldowns overlap; each further scale-out begins the cooldown anew.
/// Source   AWS documentation: Application Auto Scaling User Guide, How target tracking / step
///          scaling works (cooldown periods); EC2 Auto Scaling User Guide, Default instance warmup.
/// Checked  tests/scaling/target_tracking_test.cpp, tests/scaling/step_scaling_test.cpp
class AwsCapacity {
 public:
  struct Options {
    static constexpr std::int64_t kSecond = 1'000'000'000;
    AwsService service = AwsService::application_auto_scaling;
    /// 300 s for ECS, Spot Fleet, EMR, AppStream, Aurora, SageMaker; 0 for DynamoDB, Lambda and the
    /// rest.
    std::int64_t scale_out_cooldown = 300 * kSecond;
    std::int64_t scale_in_cooldown = 300 * kSecond;
    std::int64_t instance_warmup = 300 * kSecond;  ///< EC2 only.
    std::uint32_t min_capacity = 1;
    std::uint32_t max_capacity = std::numeric_limits<std::int32_t>::max();
  };

  explicit AwsCapacity(const Options& options) : options_(options) {
    options_.min_capacity = std::min(options_.min_capacity, options_.max_capacity);
  }

  /// The capacity that wishes are calculated from.
  std::uint32_t counted(std::int64_t now, std::uint32_t current) const {
    return is_settling(now) ? std::min(before_, current) : current;
  }

  /// Scales out to `wish`, or not. @param wish  Calculated from counted().
  Decision scale_out(std::int64_t now, std::uint32_t current, std::uint32_t wish) {
    Decision decision = bounded(wish);
    if (decision.replicas <= current)
      return {current, is_settling(now) ? Reason::cooldown : decision.reason};
    if (!is_settling(now)) before_ = current;
    settling_until_ =
        now + (options_.service == AwsService::ec2_auto_scaling ? options_.instance_warmup
                                                                : options_.scale_out_cooldown);
    no_scale_in_until_ = kLongAgo;
    return decision;
  }

  Decision scale_in(std::int64_t now, std::uint32_t current, std::uint32_t wish) {
    const Decision decision = bounded(wish);
    if (decision.replicas >= current) return {current, decision.reason};
    const bool warming = options_.service == AwsService::ec2_auto_scaling && is_settling(now);
    const bool cooling =
        options_.service == AwsService::application_auto_scaling && now < no_scale_in_until_;
    if (warming || cooling) return {current, Reason::cooldown};
    no_scale_in_until_ = now + options_.scale_in_cooldown;
    settling_until_ = kLongAgo;
    return decision;
  }

  /// What the limits say whatever alarms do: a capacity outside is brought back.
  std::uint32_t within(std::uint32_t capacity) const {
    return std::clamp(capacity, options_.min_capacity, options_.max_capacity);
  }
  void limit(const ReplicaLimits& limits) {
    options_.max_capacity = limits.max;
    options_.min_capacity = std::min(limits.min, limits.max);
  }
  const Options& options() const { return options_; }

 private:
  bool is_settling(std::int64_t now) const { return now < settling_until_; }

  Decision bounded(std::uint32_t wish) const {
    if (wish > options_.max_capacity) return {options_.max_capacity, Reason::too_many_replicas};
    if (wish < options_.min_capacity) return {options_.min_capacity, Reason::too_few_replicas};
    return {wish, Reason::within_range};
  }

  Options options_;
  static constexpr std::int64_t kLongAgo = std::numeric_limits<std::int64_t>::min();
  std::int64_t settling_until_ = kLongAgo;
  std::int64_t no_scale_in_until_ = kLongAgo;
  std::uint32_t before_ = 0;  // the capacity at the beginning of settling
};

}  // namespace highwater::scaling
