#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// Whose rules the Horizontal Pod Autoscaler follows. They differ in
/// - the periods of policies and the stabilization (1.20 against 1.23; see hpa_behavior.h),
/// - a metric that fails: from 1.23 it keeps the others from scaling down,
/// - what a pod without a metric is taken to use when scaling down: all it asks for; from 1.26 as
///   much of it as the target says where that is more than 100 %,
/// - the tolerance: |1 - ratio| <= tolerance; from 1.33 1 - tolerance <= ratio <= 1 + tolerance,
///   each side with its own. In doubles this differs where the ratio is just 1.1.
enum class HpaVersion : std::uint8_t { v1_20, v1_23, v1_26, v1_33 };

/// Why a metric gives no number of replicas.
enum class MetricError : std::uint8_t {
  none,
  no_pods,          ///< There are no pods at all.
  no_metrics,       ///< Of no pod that counts there is a metric.
  missing_request,  ///< A pod does not say how much it asks for, so that there is no utilization.
  no_requests,      ///< The pods with metrics ask for nothing.
  unavailable,      ///< The metric could not be had.
  invalid_target,   ///< The target is 0 or less, which the product's API rejects.
};

/// What one metric recommends.
struct Recommendation {
  std::int32_t replicas = 0;
  std::int32_t utilization = 0;  ///< Percent; for plain metrics 0.
  std::int64_t average = 0;      ///< Thousandths a pod; of an object's value, the value itself.
  MetricError error = MetricError::none;

  static Recommendation failed(MetricError error) { return {0, 0, 0, error}; }
};

/// The samples of one metric.
struct PodMetrics {
  std::span<const std::optional<PodSample>> samples;      ///< One for each pod, in their order.
  std::span<const std::int64_t> strangers;                ///< Of pods that are not in the list.
  std::span<const std::optional<std::int64_t>> requests;  ///< Empty: PodObservation::request.
};

/// scaling hpa_replicas: how many replicas one metric recommends.
///
/// Replicas times the ratio of usage to target, rounded up, unless the ratio is within the
/// tolerance. Pods that are being deleted or have failed do not count. Pods that cannot be judged
/// yet do not count first, and are then taken to use nothing when scaling up: pending ones, and for
/// CPU those that are starting. A pod without a sample is taken to use nothing when scaling up and
/// all it asks for when scaling down. If with that the ratio falls within the tolerance, or the
/// direction would turn, the number stays.
///
/// Utilizations are whole percents, cut off: Kubernetes calculates them in integers.
///
/// Edges: numbers beyond 2^31 - 1 saturate (the product does so for some metrics; elsewhere Go
/// leaves the result open). Sums wrap at 64 bits as in Go. Pods that ask for nothing in all have no
/// utilization: no_requests.
///
/// Source   Kubernetes pkg/controller/podautoscaler/replica_calculator.go and
///          metrics/utilization.go, 1.20 to 1.33.
/// Checked  tests/scaling/hpa_replicas_test.cpp: the recorded decisions of k8s_hpa.json, the cases
///          of replica_calculator_test.go.
class HpaReplicas {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  struct Options {
    double tolerance_up = 0.1;    ///< horizontal-pod-autoscaler-tolerance
    double tolerance_down = 0.1;  ///< The same; own values from 1.33 on.
    std::int64_t cpu_initialization_period = 300 * kSecond;
    std::int64_t initial_readiness_delay = 30 * kSecond;
    HpaVersion version = HpaVersion::v1_23;
  };

  explicit HpaReplicas(const Options& options) : options_(options) {}

  /// A resource's target utilization in percent of what the pods ask for.
  /// @param cpu  The resource is CPU: pods that start are not judged.
  Recommendation by_utilization(std::int64_t now, std::int32_t current, std::int32_t target,
                                std::span<const PodObservation> pods, const PodMetrics& metrics,
                                bool cpu = true) const {
    if (target <= 0) return Recommendation::failed(MetricError::invalid_target);
    if (pods.empty()) return Recommendation::failed(MetricError::no_pods);
    const std::int64_t fallback =
        options_.version >= HpaVersion::v1_26 ? std::max(100, target) : 100;
    const Groups groups = group(now, pods, metrics, cpu, fallback);
    if (groups.missing_request) return Recommendation::failed(MetricError::missing_request);
    if (groups.ready + metrics.strangers.size() == 0)
      return Recommendation::failed(MetricError::no_metrics);
    if (groups.requests <= 0) return Recommendation::failed(MetricError::no_requests);

    Recommendation result;
    result.utilization = utilization(groups.usage, groups.requests);
    result.average = groups.usage / static_cast<std::int64_t>(groups.ready);
    const double ratio = static_cast<double>(result.utilization) / target;
    const auto again = [&](bool fill_missing, std::int64_t missing_usage, bool fill_unready) {
      std::int64_t usage = groups.usage;
      std::int64_t requests = groups.requests;
      if (fill_missing) {
        usage = sum(usage, missing_usage);
        requests = sum(requests, groups.missing_requests);
      }
      if (fill_unready) requests = sum(requests, groups.unready_requests);
      return requests <= 0 ? 0.0 : static_cast<double>(utilization(usage, requests)) / target;
    };
    result.replicas = decide(current, ratio, groups, metrics, groups.missing_fallback, again, true);
    return result;
  }

  /// A target average in thousandths a pod, of a resource or any other metric of pods.
  Recommendation by_average(std::int64_t now, std::int32_t current, std::int64_t target,
                            std::span<const PodObservation> pods, const PodMetrics& metrics,
                            bool cpu = false) const {
    if (target <= 0) return Recommendation::failed(MetricError::invalid_target);
    if (pods.empty()) return Recommendation::failed(MetricError::no_pods);
    const Groups groups = group(now, pods, metrics, cpu, 0);
    const std::size_t known = groups.ready + metrics.strangers.size();
    if (known == 0) return Recommendation::failed(MetricError::no_metrics);

    std::int64_t total = groups.usage;
    for (const std::int64_t value : metrics.strangers) total = sum(total, value);
    Recommendation result;
    result.average = total / static_cast<std::int64_t>(known);
    const double ratio = static_cast<double>(result.average) / static_cast<double>(target);
    const auto again = [&](bool fill_missing, std::int64_t missing_usage, bool fill_unready) {
      std::size_t count = known;
      std::int64_t usage = total;
      if (fill_missing) {
        usage = sum(usage, missing_usage);
        count += groups.missing;
      }
      if (fill_unready) count += groups.unready;
      return static_cast<double>(usage / static_cast<std::int64_t>(count)) /
             static_cast<double>(target);
    };
    const std::int64_t missing_usage = product(target, static_cast<std::int64_t>(groups.missing));
    result.replicas = decide(current, ratio, groups, metrics, missing_usage, again, false);
    return result;
  }

  /// The value of an object or an external metric against a target for it, both in thousandths.
  Recommendation by_value(std::int32_t current, std::int64_t value, std::int64_t target,
                          std::span<const PodObservation> pods) const {
    if (target <= 0) return Recommendation::failed(MetricError::invalid_target);
    Recommendation result;
    result.average = value;
    const double ratio = static_cast<double>(value) / static_cast<double>(target);
    if (current == 0) {
      result.replicas = saturated(std::ceil(ratio));
      return result;
    }
    if (is_within(ratio)) {
      result.replicas = current;
      return result;
    }
    if (pods.empty()) return Recommendation::failed(MetricError::no_pods);
    const auto ready = std::count_if(pods.begin(), pods.end(), [](const PodObservation& pod) {
      return pod.phase == PodPhase::running && pod.readiness == Readiness::ready;
    });
    result.replicas = saturated(std::ceil(ratio * static_cast<double>(ready)));
    return result;
  }

  /// The same against a target for each pod.
  /// @param status_replicas  The pods that exist, wanted or not.
  Recommendation by_value_per_pod(std::int32_t status_replicas, std::int64_t value,
                                  std::int64_t target) const {
    if (target <= 0) return Recommendation::failed(MetricError::invalid_target);
    Recommendation result;
    result.replicas = status_replicas;
    const double usage = static_cast<double>(value);
    const double ratio = usage / (static_cast<double>(target) * status_replicas);
    if (!is_within(ratio))
      result.replicas = saturated(std::ceil(usage / static_cast<double>(target)));
    result.average = value;
    if (status_replicas > 0 && usage < 9e18)
      result.average = static_cast<std::int64_t>(std::ceil(usage / status_replicas));
    return result;
  }

  bool is_within(double ratio) const {
    if (options_.version >= HpaVersion::v1_33)
      return 1.0 - options_.tolerance_down <= ratio && ratio <= 1.0 + options_.tolerance_up;
    return std::abs(1.0 - ratio) <= options_.tolerance_up;
  }

  const Options& options() const { return options_; }

 private:
  struct Groups {
    std::size_t ready = 0;  // with a sample that counts
    std::size_t unready = 0;
    std::size_t missing = 0;
    std::int64_t usage = 0;     // of the ready
    std::int64_t requests = 0;  // of the ready
    std::int64_t unready_requests = 0;
    std::int64_t missing_requests = 0;
    std::int64_t missing_fallback = 0;  // what the missing are taken to use at most
    bool missing_request = false;
  };

  // Go's integers wrap; C++ says so for the unsigned ones only.
  static std::int64_t sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
  static std::int64_t product(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
  static std::int32_t utilization(std::int64_t usage, std::int64_t requests) {
    return static_cast<std::int32_t>(product(usage, 100) / requests);
  }

  /// The pod is not judged yet: it never was ready, or its sample is from before it was.
  bool is_starting(std::int64_t now, const PodObservation& pod, const PodSample& sample) const {
    if (pod.readiness == Readiness::none || !pod.started) return true;
    const bool not_ready = pod.readiness == Readiness::not_ready;
    if (sum(*pod.started, options_.cpu_initialization_period) > now)
      return not_ready || sample.at < sum(pod.readiness_changed, sample.window);
    return not_ready && sum(*pod.started, options_.initial_readiness_delay) > pod.readiness_changed;
  }

  Groups group(std::int64_t now, std::span<const PodObservation> pods, const PodMetrics& metrics,
               bool cpu, std::int64_t fallback) const {
    Groups groups;
    for (std::size_t i = 0; i < pods.size(); ++i) {
      const PodObservation& pod = pods[i];
      const std::optional<std::int64_t> asked =
          i < metrics.requests.size() ? metrics.requests[i] : pod.request;
      if (!asked) groups.missing_request = true;
      if (pod.deleting || pod.phase == PodPhase::failed) continue;
      const std::int64_t request = asked.value_or(0);
      const bool has_sample = i < metrics.samples.size() && metrics.samples[i].has_value();
      if (pod.phase == PodPhase::pending ||
          (has_sample && cpu && is_starting(now, pod, *metrics.samples[i]))) {
        ++groups.unready;
        groups.unready_requests = sum(groups.unready_requests, request);
      } else if (!has_sample) {
        ++groups.missing;
        groups.missing_requests = sum(groups.missing_requests, request);
        groups.missing_fallback = sum(groups.missing_fallback, product(request, fallback) / 100);
      } else {
        ++groups.ready;
        groups.usage = sum(groups.usage, metrics.samples[i]->value);
        groups.requests = sum(groups.requests, request);
      }
    }
    return groups;
  }

  /// @param again  The ratio with pods that are not known filled in:
  ///               again(with the missing, what they use, with the unready, who use nothing).
  template <class Again>
  std::int32_t decide(std::int32_t current, double ratio, const Groups& groups,
                      const PodMetrics& metrics, std::int64_t missing_usage, Again again,
                      bool is_utilization) const {
    const bool fill_unready = groups.unready > 0 && ratio > 1.0;
    if (!fill_unready && groups.missing == 0) {
      if (is_within(ratio)) return current;
      return saturated(std::ceil(ratio * static_cast<double>(groups.ready)));
    }
    const bool old_plain = options_.version == HpaVersion::v1_20 && !is_utilization;
    const bool fill_missing = groups.missing > 0 && (ratio != 1.0 || old_plain);
    const double filled = again(fill_missing, ratio < 1.0 ? missing_usage : 0, fill_unready);
    if (is_within(filled) || (ratio < 1.0 && filled > 1.0) || (ratio > 1.0 && filled < 1.0))
      return current;
    const std::size_t known = groups.ready + metrics.strangers.size() +
                              (fill_missing ? groups.missing : 0) +
                              (fill_unready ? groups.unready : 0);
    const std::int32_t wanted = saturated(std::ceil(filled * static_cast<double>(known)));
    // More pods than replicas, as in a rolling update, could turn the direction.
    if (!old_plain && ((filled < 1.0 && wanted > current) || (filled > 1.0 && wanted < current)))
      return current;
    return wanted;
  }

  Options options_;
};

}  // namespace highwater::scaling
