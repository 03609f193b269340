#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/scaling/hpa_behavior.h"
#include "models/algorithms/scaling/hpa_replicas.h"
#include "models/algorithms/scaling/predictor.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// Where a metric of a HorizontalPodAutoscaler comes from.
enum class HpaSource : std::uint8_t { resource, pods, object, external };

/// What its target is: percent of the request (of resources only), an average for each pod, or a
/// value (of objects and external metrics only).
enum class HpaTarget : std::uint8_t { utilization, average_value, value };

/// One metric that the autoscaler follows.
struct HpaMetric {
  HpaSource source = HpaSource::resource;
  HpaTarget target = HpaTarget::utilization;
  std::int64_t target_value = 80;  ///< Percent, else thousandths. 80 %: autoscaling/v2's default.
  bool cpu = true;                 ///< The resource is CPU: pods that start are not judged.
};

/// What one metric says at one round.
struct HpaReading {
  PodMetrics pods;                    ///< For resources and metrics of pods.
  std::optional<std::int64_t> value;  ///< Of an object or external metric, thousandths.
};

/// What one round found out.
struct HpaRound {
  std::uint32_t replicas = 0;    ///< The answer.
  std::int32_t recommended = 0;  ///< By the metrics; -1: they say nothing.
  std::int32_t stabilized = 0;   ///< The same behind the windows; as recommended where not asked.
  Reason reason = Reason::within_range;
  Recommendation metric;  ///< Of the metric that decided, or the first that failed.
};

/// scaling hpa: the Horizontal Pod Autoscaler of Kubernetes.
///
/// The greatest recommendation of all metrics counts. A metric that fails is passed over unless the
/// others would scale down; where all fail nothing changes. Outside of minimum and maximum the
/// number is brought back at once; at 0, unless the minimum is 0, somebody has switched the
/// deployment off and nothing happens. Each change is remembered for the policies.
///
/// Edges: a minimum above the maximum counts as the maximum (the API rejects it). A decision is
/// taken as carried out: the next `current` may say otherwise, as when somebody else scales.
///
/// Source   Kubernetes pkg/controller/podautoscaler/horizontal.go, 1.20 to 1.33.
/// Checked  tests/scaling/hpa_test.cpp, with hpa_replicas_test.cpp and hpa_behavior_test.cpp.
class Hpa {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  struct Options {
    HpaReplicas::Options replicas;
    std::vector<HpaMetric> metrics{HpaMetric{}};
    std::uint32_t min_replicas = 1;
    std::uint32_t max_replicas = std::numeric_limits<std::int32_t>::max();
    /// None: as a HorizontalPodAutoscaler of autoscaling/v1 in old versions.
    std::optional<HpaBehavior> behavior = HpaBehavior{};
    /// horizontal-pod-autoscaler-downscale-stabilization: the window without a behavior.
    std::int64_t downscale_stabilization = 300 * kSecond;
  };

  explicit Hpa(Options options)
      : options_(std::move(options)),
        calculator_(options_.replicas),
        normalizer_(options_.behavior, options_.downscale_stabilization, options_.replicas.version),
        max_(as_count(options_.max_replicas)),
        min_(std::min(as_count(options_.min_replicas), max_)) {}

  /// The autoscaler is created. Without this it is at its first round.
  void begin(std::int64_t now, std::uint32_t current) { normalizer_.begin(now, as_count(current)); }

  /// One round. @param readings  One for each of the metrics, in their order; one that is missing
  ///                             has failed.
  HpaRound round(std::int64_t now, std::uint32_t current, std::span<const PodObservation> pods,
                 std::span<const HpaReading> readings) {
    return decide(now, current, [&] { return recommend(now, as_count(current), pods, readings); });
  }

  /// One round with the recommendation given, as by a metric of one's own; none: it has failed.
  HpaRound round(std::int64_t now, std::uint32_t current, std::optional<std::int32_t> recommended) {
    return decide(now, current, [&] {
      Recommendation given = Recommendation::failed(MetricError::unavailable);
      if (recommended) given = {*recommended, 0, 0, MetricError::none};
      return given;
    });
  }

  std::uint32_t desired(std::int64_t now, std::uint32_t current,
                        std::span<const PodObservation> pods,
                        std::span<const HpaReading> readings) {
    return round(now, current, pods, readings).replicas;
  }

  /// What the metrics recommend, whatever the limits.
  Recommendation recommend(std::int64_t now, std::int32_t current,
                           std::span<const PodObservation> pods,
                           std::span<const HpaReading> readings) const {
    Recommendation best;
    std::optional<Recommendation> failure;
    std::size_t failures = 0;
    for (std::size_t i = 0; i < options_.metrics.size(); ++i) {
      const Recommendation one =
          i < readings.size() ? by_metric(now, current, options_.metrics[i], pods, readings[i])
                              : Recommendation::failed(MetricError::unavailable);
      if (one.error != MetricError::none) {
        ++failures;
        if (!failure) failure = one;
      } else if (best.replicas == 0 || one.replicas > best.replicas) {
        best = one;
      }
    }
    const bool holds =
        options_.replicas.version != HpaVersion::v1_20 && failures > 0 && best.replicas < current;
    if (options_.metrics.empty()) return Recommendation::failed(MetricError::unavailable);
    if (failures == options_.metrics.size() || holds) return *failure;
    return best;
  }

  void limit(const ReplicaLimits& limits) {
    max_ = as_count(limits.max);
    min_ = std::min(as_count(limits.min), max_);
  }
  const Options& options() const { return options_; }

 private:
  static std::int32_t as_count(std::uint32_t count) {
    constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(std::min(count, kMost));
  }

  Recommendation by_metric(std::int64_t now, std::int32_t current, const HpaMetric& metric,
                           std::span<const PodObservation> pods, const HpaReading& reading) const {
    if (metric.source == HpaSource::resource && metric.target == HpaTarget::utilization)
      return calculator_.by_utilization(now, current,
                                        saturated(static_cast<double>(metric.target_value)), pods,
                                        reading.pods, metric.cpu);
    if (metric.source == HpaSource::resource || metric.source == HpaSource::pods)
      return calculator_.by_average(now, current, metric.target_value, pods, reading.pods,
                                    metric.source == HpaSource::resource && metric.cpu);
    if (!reading.value) return Recommendation::failed(MetricError::unavailable);
    if (metric.target == HpaTarget::value)
      return calculator_.by_value(current, *reading.value, metric.target_value, pods);
    // The scale's status counts the pods that there are; without any list, those wanted.
    const std::int32_t existing =
        pods.empty() ? current : saturated(static_cast<double>(pods.size()));
    return calculator_.by_value_per_pod(existing, *reading.value, metric.target_value);
  }

  template <class Recommend>
  HpaRound decide(std::int64_t now, std::uint32_t replicas, Recommend recommend) {
    const std::int32_t current = as_count(replicas);
    normalizer_.begin(now, current);
    HpaRound round;
    round.replicas = static_cast<std::uint32_t>(current);
    round.recommended = round.stabilized = current;
    std::int32_t wanted = current;
    if (current == 0 && min_ != 0) {
      round.reason = Reason::scaling_disabled;
      return round;
    }
    if (current > max_) {
      wanted = max_;
      round.reason = Reason::too_many_replicas;
    } else if (current < min_) {
      wanted = min_;
      round.reason = Reason::too_few_replicas;
    } else {
      round.metric = recommend();
      if (round.metric.error != MetricError::none) {
        round.recommended = -1;
        round.reason = Reason::no_metrics;
        return round;
      }
      round.recommended = std::max(0, round.metric.replicas);
      const Normalized normal = normalizer_.normalize(now, current, round.recommended, min_, max_);
      round.stabilized = normal.stabilized;
      round.reason = normal.reason;
      wanted = normal.replicas;
    }
    normalizer_.changed(now, current, wanted);
    round.replicas = static_cast<std::uint32_t>(std::max(0, wanted));
    return round;
  }

  Options options_;
  HpaReplicas calculator_;
  HpaNormalizer normalizer_;
  std::int32_t max_;
  std::int32_t min_;
};

/// What an HpaScaler follows of an Observation.
enum class HpaFollows : std::uint8_t { cpu, request_rate, concurrency, metric };

/// scaling hpa: the Horizontal Pod Autoscaler behind the interface of all autoscalers.
///
/// Every metric of the options reads what `follows` says in the same place: samples of CPU, rate
/// or concurrency of the pods, or the metric of the whole. What is no finite number has failed.
/// Predictions join what the metrics recommend, also outside of the limits, where the HPA alone
/// would not ask its metrics.
///
/// Source   as Hpa and Predictor.
/// Checked  tests/scaling/hpa_test.cpp, tests/scaling/policy_test.cpp,
///          tests/scaling/predictor_test.cpp
class HpaScaler final : public Scaler {
 public:
  struct Options {
    Hpa::Options hpa;
    std::vector<HpaFollows> follows{HpaFollows::cpu};  ///< Of each metric; CPU unless said.
    std::int64_t sync_period = 15 * Hpa::kSecond;      ///< horizontal-pod-autoscaler-sync-period
    std::optional<Predictor::Options> predict;
  };

  explicit HpaScaler(Options options)
      : options_(std::move(options)),
        hpa_(options_.hpa),
        samples_(options_.hpa.metrics.size()),
        readings_(options_.hpa.metrics.size()) {
    if (options_.predict) predictor_.emplace(*options_.predict);
  }

  Decision decide(const Observation& seen) override {
    for (std::size_t i = 0; i < readings_.size(); ++i) read(i, seen);
    const HpaRound round = predictor_ ? hpa_.round(seen.now, seen.replicas, predicted(seen))
                                      : hpa_.round(seen.now, seen.replicas, seen.pods, readings_);
    return {round.replicas, round.reason};
  }
  std::int64_t period() const override { return options_.sync_period; }
  void limit(const ReplicaLimits& limits) override { hpa_.limit(limits); }

 private:
  std::optional<std::int32_t> predicted(const Observation& seen) {
    const Recommendation calculated = hpa_.recommend(
        seen.now, saturated(static_cast<double>(seen.replicas)), seen.pods, readings_);
    if (calculated.error != MetricError::none) return std::nullopt;
    return predictor_->decide(seen.now, calculated.replicas);
  }

  void read(std::size_t i, const Observation& seen) {
    const HpaFollows follows = i < options_.follows.size() ? options_.follows[i] : HpaFollows::cpu;
    HpaReading& reading = readings_[i];
    reading = {};
    if (follows == HpaFollows::metric) {
      if (seen.metric) reading.value = in_thousandths(*seen.metric);
      return;
    }
    std::vector<std::optional<PodSample>>& samples = samples_[i];
    samples.clear();
    for (const PodObservation& pod : seen.pods)
      samples.push_back(follows == HpaFollows::cpu            ? pod.cpu
                        : follows == HpaFollows::request_rate ? pod.request_rate
                                                              : pod.concurrency);
    reading.pods.samples = samples;
  }

  Options options_;
  Hpa hpa_;
  std::optional<Predictor> predictor_;
  std::vector<std::vector<std::optional<PodSample>>> samples_;
  std::vector<HpaReading> readings_;
};

}  // namespace highwater::scaling
