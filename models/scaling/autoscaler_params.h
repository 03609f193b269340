#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/one_of.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/policy.h"
#include "models/predict_params.h"
#include "models/scaling/schedule_params.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(HpaSelect) {
  return std::array{Word{HpaSelect::max, "max", "The policy that allows most."},
                    Word{HpaSelect::min, "min", "The policy that allows least."},
                    Word{HpaSelect::disabled, "disabled", "No change in this direction."}};
}

}  // namespace scaling

namespace autoscaling {

struct PodsPolicy {
  std::uint32_t pods = 4;
  Duration period = 15s;

  static constexpr auto fields() {
    return Fields{
        field<&PodsPolicy::pods>("So many instances.")
            .required()
            .at_least(1u)
            .at_most(kMostReplicas),
        field<&PodsPolicy::period>("In so long.").at_least(Duration{1s}).at_most(Duration{1800s})};
  }
  scaling::HpaPolicy policy() const {
    return {scaling::HpaPolicyType::pods, static_cast<std::int32_t>(pods), period.count()};
  }
};

struct PercentPolicy {
  Factor percent{1};
  Duration period = 15s;

  static constexpr auto fields() {
    return Fields{field<&PercentPolicy::percent>("So many times what there was: \"1x\" is 100 %.")
                      .required()
                      .at_least(Factor{0.01})
                      .at_most(Factor{1e6}),
                  field<&PercentPolicy::period>("In so long.")
                      .at_least(Duration{1s})
                      .at_most(Duration{1800s})};
  }
  scaling::HpaPolicy policy() const {
    return {scaling::HpaPolicyType::percent, static_cast<std::int32_t>(percent.value * 100 + 1e-9),
            period.count()};
  }
};

struct ScalingPolicy : OneOf<PodsPolicy, PercentPolicy> {
  using OneOf::OneOf;
  static constexpr std::string_view type_name = "autoscaler.policy";
};

/// What an HPA may do in one direction.
struct HpaDirectionParams {
  std::optional<Duration> stabilization_window;
  scaling::HpaSelect select_policy = scaling::HpaSelect::max;
  std::optional<std::vector<ScalingPolicy>> policies;

  static constexpr auto fields() {
    using P = HpaDirectionParams;
    return Fields{
        field<&P::stabilization_window>("Of the recommendations of so long the most careful "
                                        "counts; 0s up and 300s down unless given.")
            .at_most(Duration{3600s})
            .source("Kubernetes stabilizationWindowSeconds"),
        field<&P::select_policy>("Which of the policies counts.").source("Kubernetes selectPolicy"),
        field<&P::policies>("How much may change in how long; Kubernetes' defaults unless given.")
            .source("Kubernetes policies")};
  }
  scaling::HpaRules rules(scaling::HpaRules usual) const;
};

/// Kubernetes' HorizontalPodAutoscaler.
struct HpaParams {
  std::optional<Fraction> target_cpu;
  std::optional<Rate> target_rate;
  std::optional<double> target_concurrency;
  double tolerance = 0.1;
  HpaDirectionParams scale_up;
  HpaDirectionParams scale_down;
  Duration sync_period = 15s;
  Duration cpu_initialization_period = 300s;
  Duration initial_readiness_delay = 30s;
  std::optional<PredictParams> predict;

  static constexpr std::string_view type_name = "autoscaler.hpa";
  static constexpr auto fields() {
    using P = HpaParams;
    return Fields{
        field<&P::target_cpu>("CPU that an instance is to use, as a share of its cores, in whole "
                              "percents; 80% unless another target is given.")
            .at_least(Fraction{0.01})
            .source("Kubernetes averageUtilization"),
        field<&P::target_rate>("Requests a second of an instance.")
            .source("Kubernetes Pods metric averageValue"),
        field<&P::target_concurrency>("Requests in flight of an instance.")
            .at_least(0.001)
            .source("Kubernetes Pods metric averageValue"),
        field<&P::tolerance>("How far the ratio to the target may be from 1.")
            .at_least(0.0)
            .source("Kubernetes horizontal-pod-autoscaler-tolerance"),
        field<&P::scale_up>("Growing.").source("Kubernetes behavior.scaleUp"),
        field<&P::scale_down>("Shrinking.").source("Kubernetes behavior.scaleDown"),
        field<&P::sync_period>("Time between two decisions.")
            .at_least(Duration{1s})
            .source("Kubernetes horizontal-pod-autoscaler-sync-period"),
        field<&P::cpu_initialization_period>("In which the CPU of an instance that starts is "
                                             "judged with care.")
            .source("Kubernetes horizontal-pod-autoscaler-cpu-initialization-period"),
        field<&P::initial_readiness_delay>("In which one that was never ready counts as such.")
            .source("Kubernetes horizontal-pod-autoscaler-initial-readiness-delay"),
        field<&P::predict>("Predicts what will be needed from what the metrics asked for so far. "
                           "Windows, policies and bounds come after.")
            .source("Predictive Horizontal Pod Autoscaler (PHPA)")};
  }
};

/// Knative's autoscaler; down to zero where there may be none.
struct KpaParams {
  std::optional<double> target_concurrency;
  std::optional<Rate> target_rate;
  Fraction target_utilization{scaling::Kpa::Options{}.target_utilization};
  double max_scale_up_rate = scaling::Kpa::Options{}.max_scale_up_rate;
  double max_scale_down_rate = scaling::Kpa::Options{}.max_scale_down_rate;
  Duration stable_window{scaling::Kpa::Options{}.stable_window};
  Fraction panic_window{scaling::Kpa::Options{}.panic_window_percentage / 100};
  double panic_threshold = scaling::Kpa::Options{}.panic_threshold;
  Duration scale_down_delay{0};
  Duration scale_to_zero_grace_period{scaling::Kpa::Options{}.scale_to_zero_grace_period};
  Duration scale_to_zero_pod_retention_period{0};

  static constexpr std::string_view type_name = "autoscaler.kpa";
  static constexpr auto fields() {
    using P = KpaParams;
    return Fields{
        field<&P::target_concurrency>("Requests in flight that an instance can bear; 100 unless "
                                      "target_rate is given.")
            .at_least(0.01)
            .source("Knative target"),
        field<&P::target_rate>("Requests a second that it can bear.").source("Knative target"),
        field<&P::target_utilization>("How much of the target to aim at.")
            .at_least(Fraction{0.01})
            .source("Knative target-utilization-percentage"),
        field<&P::max_scale_up_rate>("Times the ready instances, at most.")
            .at_least(1.001)
            .source("Knative max-scale-up-rate"),
        field<&P::max_scale_down_rate>("The ready instances divided by it, at least.")
            .at_least(1.001)
            .source("Knative max-scale-down-rate"),
        field<&P::stable_window>("Over which load is averaged.")
            .at_least(Duration{6s})
            .at_most(Duration{3600s})
            .source("Knative stable-window"),
        field<&P::panic_window>("The panic window, as a share of the stable one.")
            .at_least(Fraction{0.01})
            .source("Knative panic-window-percentage"),
        field<&P::panic_threshold>("Load that begins a panic, as so many times what the ready "
                                   "instances can bear.")
            .at_least(1.1)
            .source("Knative panic-threshold-percentage"),
        field<&P::scale_down_delay>("How long less must be wanted before it shrinks.")
            .at_most(Duration{3600s})
            .source("Knative scale-down-delay"),
        field<&P::scale_to_zero_grace_period>("With min_replicas 0: how long the last instance "
                                              "stays once nothing was wanted for a stable_window.")
            .at_least(Duration{1s})
            .source("Knative scale-to-zero-grace-period"),
        field<&P::scale_to_zero_pod_retention_period>("The same, where it is longer.")
            .source("Knative scale-to-zero-pod-retention-period")};
  }
};

/// What AWS' policies follow: an average over the instances.
enum class AwsMetric : std::uint8_t { cpu, requests, concurrency };
constexpr auto words_of(AwsMetric) {
  return std::array{
      Word{AwsMetric::cpu, "cpu", "Percent of the cores in use, averaged over the instances."},
      Word{AwsMetric::requests, "requests", "Requests of an instance a minute, on average."},
      Word{AwsMetric::concurrency, "concurrency",
           "Requests in flight of an instance, on average."}};
}

struct TargetTrackingParams {
  double target = 50;
  AwsMetric metric = AwsMetric::cpu;
  Duration scale_out_cooldown{scaling::AwsCapacity::Options{}.scale_out_cooldown};
  Duration scale_in_cooldown{scaling::AwsCapacity::Options{}.scale_in_cooldown};
  bool disable_scale_in = false;

  static constexpr std::string_view type_name = "autoscaler.target_tracking";
  static constexpr auto fields() {
    using P = TargetTrackingParams;
    return Fields{field<&P::target>("What the metric is to be.")
                      .required()
                      .at_least(0.001)
                      .source("AWS TargetValue"),
                  field<&P::metric>("What it follows."),
                  field<&P::scale_out_cooldown>("After growing.").source("AWS ScaleOutCooldown"),
                  field<&P::scale_in_cooldown>("After shrinking.").source("AWS ScaleInCooldown"),
                  field<&P::disable_scale_in>("It only grows.").source("AWS DisableScaleIn")};
  }
};

/// When an alarm rings.
struct AlarmParams {
  std::optional<double> above;
  std::optional<double> below;
  std::uint32_t evaluation_periods = 1;
  Duration period = 60s;

  static constexpr auto fields() {
    using P = AlarmParams;
    return Fields{field<&P::above>("It rings when the metric is at least this."),
                  field<&P::below>("It rings when the metric is at most this."),
                  field<&P::evaluation_periods>("Periods in a row.").at_least(1u).at_most(1440u),
                  field<&P::period>("A period; its average counts.").at_least(Duration{1s})};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  scaling::CloudwatchAlarm::Options options() const;
};

/// What an alarm leads to; one of them.
struct AdjustmentParams {
  std::optional<std::uint32_t> add;
  std::optional<std::uint32_t> remove;
  std::optional<Factor> grow_by;
  std::optional<Factor> shrink_by;
  std::optional<std::uint32_t> set;

  static constexpr auto fields() {
    using P = AdjustmentParams;
    return Fields{
        field<&P::add>("Instances more.").at_least(1u).at_most(kMostReplicas),
        field<&P::remove>("Instances less.").at_least(1u).at_most(kMostReplicas),
        field<&P::grow_by>("So many times what there is more: \"0.5x\" is 50 %, in whole percents.")
            .at_least(Factor{0.01})
            .at_most(Factor{1e4})
            .source("AWS PercentChangeInCapacity"),
        field<&P::shrink_by>("So many times what there is less.")
            .at_least(Factor{0.01})
            .at_most(Factor{1})
            .source("AWS PercentChangeInCapacity"),
        field<&P::set>("So many instances, whatever there is.")
            .at_most(kMostReplicas)
            .source("AWS ExactCapacity")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  scaling::Adjustment adjustment() const;
};

/// One step of a step scaling policy.
struct StepParams {
  double from = 0;
  AdjustmentParams adjustment;

  static constexpr std::string_view type_name = "autoscaler.step";
  static constexpr auto fields() {
    return Fields{
        field<&StepParams::from>("How far beyond the threshold the step begins; the next one, or "
                                 "nothing, ends it.")
            .at_least(0.0)
            .source("AWS MetricIntervalLowerBound, UpperBound"),
        inlined<&StepParams::adjustment>()};
  }
};

/// An alarm and the steps that it leads to.
struct StepAlarmParams {
  AlarmParams alarm;
  std::uint32_t at_least = 0;
  std::vector<StepParams> steps;

  static constexpr std::string_view type_name = "autoscaler.alarm";
  static constexpr auto fields() {
    using P = StepAlarmParams;
    return Fields{
        inlined<&P::alarm>(),
        field<&P::at_least>("Instances that a grow_by or shrink_by changes at least.")
            .at_most(kMostReplicas)
            .source("AWS MinAdjustmentMagnitude"),
        field<&P::steps>("What is done, by how far the metric is beyond: steps of one kind.")
            .required()
            .at_least(1u)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  scaling::StepPolicy policy() const;
};

struct StepScalingParams {
  std::vector<StepAlarmParams> alarms;
  AwsMetric metric = AwsMetric::cpu;
  Duration cooldown{scaling::AwsCapacity::Options{}.scale_out_cooldown};

  static constexpr std::string_view type_name = "autoscaler.step_scaling";
  static constexpr auto fields() {
    using P = StepScalingParams;
    return Fields{field<&P::alarms>("Alarms with their steps.").required().at_least(1u),
                  field<&P::metric>("What they look at."),
                  field<&P::cooldown>("After each change.").source("AWS Cooldown")};
  }
};

/// An alarm and the one adjustment that it leads to.
struct SimpleAlarmParams {
  AlarmParams alarm;
  AdjustmentParams adjustment;
  std::uint32_t at_least = 0;
  std::optional<Duration> cooldown;

  static constexpr std::string_view type_name = "autoscaler.simple_alarm";
  static constexpr auto fields() {
    using P = SimpleAlarmParams;
    return Fields{inlined<&P::alarm>(), inlined<&P::adjustment>(),
                  field<&P::at_least>("Instances that a grow_by or shrink_by changes at least.")
                      .at_most(kMostReplicas)
                      .source("AWS MinAdjustmentMagnitude"),
                  field<&P::cooldown>("In place of the group's, after what this alarm did.")
                      .source("AWS Cooldown")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  scaling::SimplePolicy policy() const;
};

struct SimpleScalingParams {
  std::vector<SimpleAlarmParams> alarms;
  AwsMetric metric = AwsMetric::cpu;
  Duration cooldown{scaling::SimpleScaling::Options{}.default_cooldown};

  static constexpr std::string_view type_name = "autoscaler.simple_scaling";
  static constexpr auto fields() {
    using P = SimpleScalingParams;
    return Fields{field<&P::alarms>("Alarms; of those that ring together the first counts.")
                      .required()
                      .at_least(1u),
                  field<&P::metric>("What they look at."),
                  field<&P::cooldown>("After each change nothing happens for so long.")
                      .source("AWS DefaultCooldown")};
  }
};

/// What all autoscalers are told besides: how many there may be, and what they can see.
struct ScalingBounds {
  std::uint32_t min_replicas = 1;
  std::uint32_t max_replicas = 10;
  Duration scrape_interval = 15s;
  Duration scrape_lag{0};
  std::vector<ScheduledActionParams> schedule;

  static constexpr auto fields() {
    using P = ScalingBounds;
    return Fields{
        field<&P::min_replicas>("Fewest instances. 0, with kpa only: none while nothing comes. A "
                                "request that finds nobody has one started and waits for it; who "
                                "comes through a load balancer finds nobody to be sent to.")
            .at_most(kMostReplicas),
        field<&P::max_replicas>("Most instances.").required().at_least(1u).at_most(kMostReplicas),
        field<&P::scrape_interval>("Time between two readings of what an instance does.")
            .at_least(Duration{100ms})
            .source("Kubernetes metrics-server --metric-resolution 15s"),
        field<&P::scrape_lag>("How old a reading is when the autoscaler gets to see it."),
        field<&P::schedule>("Other bounds by the clock; what is outside of them is brought in at "
                            "once. Of the actions that hold the one that began last counts.")
            .at_most(1'000u)
            .source("AWS scheduled actions; KEDA cron")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_replicas > max_replicas) {
      problems.error(where.position(), pointer_to(path, "min_replicas"),
                     "more than max_replicas, " + std::to_string(max_replicas));
    } else {
      check_schedule(schedule, {min_replicas, max_replicas}, where, path, problems);
    }
  }
  /// The least and the most that there may be at any time.
  scaling::ReplicaLimits ever() const;
  scaling::CapacitySchedule by_the_clock() const;
};

/// A verb of `autoscaler`.
template <class P, scaling::ScalerPolicy kPolicy>
struct AutoscalerForm {
  P params;
  ScalingBounds bounds;

  static constexpr auto fields() {
    constexpr scaling::ScalerPolicyInfo info =
        scaling::kScalerPolicies[static_cast<std::size_t>(kPolicy)];
    return Fields{field<&AutoscalerForm::params>(info.summary).named(info.name).source(info.source),
                  inlined<&AutoscalerForm::bounds>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if constexpr (kPolicy != scaling::ScalerPolicy::kpa) {
      const std::string kOnlyKpa = "only kpa scales to zero";
      if (bounds.min_replicas == 0)
        problems.error(where.position(), pointer_to(path, "min_replicas"), kOnlyKpa);
      const std::string list = pointer_to(path, "schedule");
      for (std::size_t i = 0; i < bounds.schedule.size(); ++i)
        if (bounds.schedule[i].min_replicas == 0u)
          problems.error(where.position(), pointer_to(pointer_to(list, i), "min_replicas"),
                         kOnlyKpa);
    }
    if constexpr (kPolicy == scaling::ScalerPolicy::kpa) {
      const bool says_how = params.scale_to_zero_grace_period != P{}.scale_to_zero_grace_period ||
                            params.scale_to_zero_pod_retention_period > Duration{0};
      if (says_how && bounds.ever().min > 0)
        problems.error(where.position(), pointer_to(path, "kpa"),
                       "scales to zero with \"min_replicas\": 0 only");
    }
  }
};

/// An autoscaler: {"hpa": {"target_cpu": "50%"}, "min_replicas": 3, "max_replicas": 50}.
struct AutoscalerParams
    : OneOf<AutoscalerForm<HpaParams, scaling::ScalerPolicy::hpa>,
            AutoscalerForm<KpaParams, scaling::ScalerPolicy::kpa>,
            AutoscalerForm<TargetTrackingParams, scaling::ScalerPolicy::target_tracking>,
            AutoscalerForm<StepScalingParams, scaling::ScalerPolicy::step_scaling>,
            AutoscalerForm<SimpleScalingParams, scaling::ScalerPolicy::simple_scaling>> {
  using OneOf::OneOf;
  static constexpr std::string_view type_name = "autoscaler";

  const ScalingBounds& bounds() const {
    return std::visit([](const auto& one) -> const ScalingBounds& { return one.bounds; }, form);
  }
  std::unique_ptr<scaling::Scaler> make() const;
  /// What Observation::metric is to be; nothing where the policy looks at the instances alone.
  std::optional<AwsMetric> metric() const;
  /// Knative's: requests a second, and not those in flight.
  bool follows_rate() const;
};

}  // namespace autoscaling

extern template struct Codec<autoscaling::AutoscalerParams>;

}  // namespace highwater
