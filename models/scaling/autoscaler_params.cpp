#include "models/scaling/autoscaler_params.h"

#include <algorithm>
#include <cmath>

namespace highwater::autoscaling {
namespace {

using scaling::HpaFollows;
using scaling::HpaMetric;
using scaling::HpaSource;
using scaling::HpaTarget;

std::unique_ptr<scaling::Scaler> scaler_of(const HpaParams& params, const ScalingBounds& bounds) {
  scaling::HpaScaler::Options options;
  scaling::Hpa::Options& hpa = options.hpa;
  hpa.replicas.tolerance_up = hpa.replicas.tolerance_down = params.tolerance;
  hpa.replicas.cpu_initialization_period = params.cpu_initialization_period.count();
  hpa.replicas.initial_readiness_delay = params.initial_readiness_delay.count();
  hpa.min_replicas = bounds.min_replicas;
  hpa.max_replicas = bounds.max_replicas;
  const scaling::HpaBehavior usual;
  hpa.behavior = scaling::HpaBehavior{params.scale_up.rules(usual.scale_up),
                                      params.scale_down.rules(usual.scale_down)};
  hpa.metrics.clear();
  options.follows.clear();
  const bool other = params.target_rate || params.target_concurrency;
  if (params.target_cpu || !other) {
    HpaMetric metric;
    if (params.target_cpu)
      metric.target_value = static_cast<std::int64_t>(params.target_cpu->value * 100 + 1e-9);
    hpa.metrics.push_back(metric);
    options.follows.push_back(HpaFollows::cpu);
  }
  const auto add = [&](double target, HpaFollows follows) {
    HpaMetric metric;
    metric.source = HpaSource::pods;
    metric.target = HpaTarget::average_value;
    metric.target_value = std::max<std::int64_t>(1, std::llround(target * 1000));
    metric.cpu = false;
    hpa.metrics.push_back(metric);
    options.follows.push_back(follows);
  };
  if (params.target_rate) add(params.target_rate->per_second, HpaFollows::request_rate);
  if (params.target_concurrency) add(*params.target_concurrency, HpaFollows::concurrency);
  options.sync_period = params.sync_period.count();
  if (params.predict) options.predict = params.predict->options();
  return std::make_unique<scaling::HpaScaler>(std::move(options));
}

std::unique_ptr<scaling::Scaler> scaler_of(const KpaParams& params, const ScalingBounds& bounds) {
  scaling::Kpa::Options options;
  if (params.target_rate) {
    options.metric = scaling::KpaMetric::rps;
    options.target = params.target_rate->per_second;
  } else {
    options.target = params.target_concurrency.value_or(100);
  }
  options.target_utilization = params.target_utilization.value;
  options.max_scale_up_rate = params.max_scale_up_rate;
  options.max_scale_down_rate = params.max_scale_down_rate;
  options.stable_window = params.stable_window.count();
  options.panic_window_percentage = params.panic_window.value * 100;
  options.panic_threshold = params.panic_threshold;
  options.scale_down_delay = params.scale_down_delay.count();
  options.min_scale = static_cast<std::int32_t>(bounds.min_replicas);
  options.max_scale = static_cast<std::int32_t>(bounds.max_replicas);
  options.enable_scale_to_zero = bounds.ever().min == 0;
  options.scale_to_zero_grace_period = params.scale_to_zero_grace_period.count();
  options.scale_to_zero_pod_retention_period = params.scale_to_zero_pod_retention_period.count();
  return std::make_unique<scaling::KpaScaler>(options);
}

scaling::AwsCapacity::Options capacity_of(Duration out, Duration in, const ScalingBounds& bounds) {
  scaling::AwsCapacity::Options options;
  options.scale_out_cooldown = out.count();
  options.scale_in_cooldown = in.count();
  options.min_capacity = bounds.min_replicas;
  options.max_capacity = bounds.max_replicas;
  return options;
}

std::unique_ptr<scaling::Scaler> scaler_of(const TargetTrackingParams& params,
                                           const ScalingBounds& bounds) {
  scaling::TargetTracking::Options options;
  options.capacity = capacity_of(params.scale_out_cooldown, params.scale_in_cooldown, bounds);
  options.target = params.target;
  options.disable_scale_in = params.disable_scale_in;
  return std::make_unique<scaling::TargetTracking>(options);
}

std::unique_ptr<scaling::Scaler> scaler_of(const StepScalingParams& params,
                                           const ScalingBounds& bounds) {
  scaling::StepScaling::Options options;
  options.capacity = capacity_of(params.cooldown, params.cooldown, bounds);
  for (const StepAlarmParams& alarm : params.alarms) options.policies.push_back(alarm.policy());
  return std::make_unique<scaling::StepScaling>(std::move(options));
}

std::unique_ptr<scaling::Scaler> scaler_of(const SimpleScalingParams& params,
                                           const ScalingBounds& bounds) {
  scaling::SimpleScaling::Options options;
  for (const SimpleAlarmParams& alarm : params.alarms) options.policies.push_back(alarm.policy());
  options.default_cooldown = params.cooldown.count();
  options.min_size = bounds.min_replicas;
  options.max_size = bounds.max_replicas;
  return std::make_unique<scaling::SimpleScaling>(std::move(options));
}

/// Only a relative change can be too small.
void check_at_least(std::uint32_t at_least, const AdjustmentParams& adjustment, const Value& where,
                    const std::string& path, Problems& problems) {
  if (at_least > 0 &&
      adjustment.adjustment().type != scaling::AdjustmentType::percent_change_in_capacity)
    problems.error(where.position(), pointer_to(path, "at_least"),
                   "is for grow_by and shrink_by only");
}

}  // namespace

scaling::HpaRules HpaDirectionParams::rules(scaling::HpaRules usual) const {
  if (stabilization_window) usual.stabilization_window = stabilization_window->count();
  usual.select_policy = select_policy;
  if (policies) {
    usual.policies.clear();
    for (const ScalingPolicy& policy : *policies)
      usual.policies.push_back(
          std::visit([](const auto& one) { return one.policy(); }, policy.form));
  }
  return usual;
}

void AlarmParams::check(const Value& where, const std::string& path, Problems& problems) const {
  if (above.has_value() == below.has_value())
    problems.error(where.position(), path, "an alarm rings \"above\" a threshold or \"below\" one");
}

scaling::CloudwatchAlarm::Options AlarmParams::options() const {
  scaling::CloudwatchAlarm::Options options;
  options.threshold = above ? *above : *below;
  options.comparison = above ? scaling::AlarmComparison::greater_than_or_equal_to_threshold
                             : scaling::AlarmComparison::less_than_or_equal_to_threshold;
  options.period = period.count();
  options.evaluation_periods = evaluation_periods;
  return options;
}

void AdjustmentParams::check(const Value& where, const std::string& path,
                             Problems& problems) const {
  const int given = add.has_value() + remove.has_value() + grow_by.has_value() +
                    shrink_by.has_value() + set.has_value();
  if (given != 1)
    problems.error(where.position(), path,
                   "an adjustment is one of \"add\", \"remove\", \"grow_by\", \"shrink_by\" and "
                   "\"set\"");
}

scaling::Adjustment AdjustmentParams::adjustment() const {
  using scaling::AdjustmentType;
  const auto whole = [](double value) { return static_cast<std::int32_t>(std::lround(value)); };
  if (add) return {AdjustmentType::change_in_capacity, whole(*add)};
  if (remove) return {AdjustmentType::change_in_capacity, -whole(*remove)};
  if (grow_by) return {AdjustmentType::percent_change_in_capacity, whole(100 * grow_by->value)};
  if (shrink_by)
    return {AdjustmentType::percent_change_in_capacity, -whole(100 * shrink_by->value)};
  return {AdjustmentType::exact_capacity, whole(set.value_or(0))};
}

void StepAlarmParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const std::string list = pointer_to(path, "steps");
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].from <= steps[i - 1].from)
      problems.error(where.position(), pointer_to(list, i),
                     "steps stand in the order of their \"from\"");
    if (steps[i].adjustment.adjustment().type != steps[0].adjustment.adjustment().type)
      problems.error(where.position(), pointer_to(list, i),
                     "the steps of an alarm are all of one kind: add or remove, grow_by or "
                     "shrink_by, or set");
  }
  if (!steps.empty()) check_at_least(at_least, steps[0].adjustment, where, path, problems);
}

scaling::StepPolicy StepAlarmParams::policy() const {
  scaling::StepPolicy policy;
  policy.alarm = alarm.options();
  policy.type = steps.front().adjustment.adjustment().type;
  policy.min_magnitude = at_least;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    scaling::StepAdjustment step;
    std::optional<double> end;
    if (i + 1 < steps.size()) end = steps[i + 1].from;
    if (alarm.above) {
      step.lower = steps[i].from;
      step.upper = end;
    } else {
      step.upper = -steps[i].from;
      if (end) step.lower = -*end;
    }
    step.adjustment = steps[i].adjustment.adjustment().value;
    policy.steps.push_back(step);
  }
  return policy;
}

void SimpleAlarmParams::check(const Value& where, const std::string& path,
                              Problems& problems) const {
  check_at_least(at_least, adjustment, where, path, problems);
}

scaling::SimplePolicy SimpleAlarmParams::policy() const {
  scaling::SimplePolicy policy;
  policy.alarm = alarm.options();
  policy.adjustment = adjustment.adjustment();
  policy.adjustment.min_magnitude = at_least;
  if (cooldown) policy.cooldown = cooldown->count();
  return policy;
}

scaling::ReplicaLimits ScalingBounds::ever() const {
  scaling::ReplicaLimits all{min_replicas, max_replicas};
  for (const ScheduledActionParams& action : schedule) {
    all.min = std::min(all.min, action.min_replicas.value_or(all.min));
    all.max = std::max(all.max, action.max_replicas.value_or(all.max));
  }
  return all;
}

scaling::CapacitySchedule ScalingBounds::by_the_clock() const {
  std::vector<scaling::ScheduledAction> actions;
  for (const ScheduledActionParams& action : schedule) actions.push_back(action.action());
  return {{min_replicas, max_replicas}, std::move(actions)};
}

std::unique_ptr<scaling::Scaler> AutoscalerParams::make() const {
  return std::visit([](const auto& one) { return scaler_of(one.params, one.bounds); }, form);
}

std::optional<AwsMetric> AutoscalerParams::metric() const {
  return std::visit(
      [](const auto& one) -> std::optional<AwsMetric> {
        if constexpr (requires { one.params.metric; })
          return one.params.metric;
        else
          return std::nullopt;
      },
      form);
}

bool AutoscalerParams::follows_rate() const {
  const auto* const kpa = as<AutoscalerForm<KpaParams, scaling::ScalerPolicy::kpa>>();
  return kpa != nullptr && kpa->params.target_rate.has_value();
}

}  // namespace highwater::autoscaling

namespace highwater {

template struct Codec<autoscaling::AutoscalerParams>;

}  // namespace highwater
