#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace highwater::scaling {

/// Where a pod stands in its life.
enum class PodPhase : std::uint8_t { running, pending, failed, succeeded };

/// What the pod's condition Ready says; none: it has no such condition yet.
enum class Readiness : std::uint8_t { none, ready, not_ready, unknown };

/// One value of a metric for one pod, as the metrics pipeline has it: it lags behind the pod.
struct PodSample {
  std::int64_t value = 0;   ///< In thousandths: millicores, thousandths of a request a second.
  std::int64_t at = 0;      ///< When it was scraped, nanoseconds.
  std::int64_t window = 0;  ///< The time that it averages over, nanoseconds; it ends at `at`.
};

/// One pod, or instance, as an autoscaler sees it.
struct PodObservation {
  PodPhase phase = PodPhase::running;
  Readiness readiness = Readiness::ready;
  bool deleting = false;
  std::optional<std::int64_t> started;    ///< Nanoseconds; none: it has not started.
  std::int64_t readiness_changed = 0;     ///< When `readiness` became what it is, nanoseconds.
  std::optional<std::int64_t> request;    ///< Millicores; none: it does not say.
  std::optional<PodSample> cpu;           ///< Millicores; none: the metric is missing.
  std::optional<PodSample> request_rate;  ///< Thousandths of a request a second.
  std::optional<PodSample> concurrency;   ///< Thousandths of a request in progress.
};

/// What an autoscaler is told at one of its rounds.
struct Observation {
  std::int64_t now = 0;              ///< Nanoseconds.
  std::uint32_t replicas = 0;        ///< That are wanted now: what the last decision said.
  std::uint32_t ready_replicas = 0;  ///< That can take requests.
  std::span<const PodObservation> pods;
  std::optional<double> metric;  ///< A value of the whole: a queue's length, requests a second.
};

/// Why a decision is what it is. The words are those of the products where they have one.
enum class Reason : std::uint8_t {
  within_range,       ///< The recommendation itself (Kubernetes DesiredWithinRange).
  scale_up_limit,     ///< Held back by the policies for growing.
  scale_down_limit,   ///< Held back by the policies for shrinking.
  too_many_replicas,  ///< Held back by the maximum.
  too_few_replicas,   ///< Held up by the minimum.
  scaling_disabled,   ///< Nothing runs and the minimum is not 0: somebody has switched it off.
  no_metrics,         ///< Nothing is known; the number stays.
  no_alarm,           ///< No alarm asks for a change.
  cooldown,           ///< An alarm asks for a change, a cooldown or a warm-up forbids it.
  stable,             ///< Knative's stable mode.
  panic,              ///< Knative's panic mode.
  waiting_for_zero,   ///< Nothing is wanted, but the last replica is not yet given up.
};

constexpr std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::within_range:
      return "DesiredWithinRange";
    case Reason::scale_up_limit:
      return "ScaleUpLimit";
    case Reason::scale_down_limit:
      return "ScaleDownLimit";
    case Reason::too_many_replicas:
      return "TooManyReplicas";
    case Reason::too_few_replicas:
      return "TooFewReplicas";
    case Reason::scaling_disabled:
      return "ScalingDisabled";
    case Reason::no_metrics:
      return "NoMetrics";
    case Reason::no_alarm:
      return "NoAlarm";
    case Reason::cooldown:
      return "Cooldown";
    case Reason::stable:
      return "Stable";
    case Reason::panic:
      return "Panic";
    case Reason::waiting_for_zero:
      return "WaitingForZero";
  }
  return "";  // no other value exists; compilers cannot know
}

/// How many replicas there may be.
struct ReplicaLimits {
  std::uint32_t min = 1;
  std::uint32_t max = 1;
  friend bool operator==(const ReplicaLimits&, const ReplicaLimits&) = default;
};

struct Decision {
  std::uint32_t replicas = 0;
  Reason reason = Reason::within_range;
};

/// scaling Scaler: how many replicas there should be, asked at regular times.
///
/// Every autoscaler of the family that decides on the replicas of one service is one. Who asks
/// keeps to period(): the products look at fixed intervals, not when something happens. `now`
/// never decreases; where it stands still the answer is that for a second look at the same moment.
///
/// Source   the common part of the products whose headers include this one; phases and conditions
///          are those of Kubernetes core/v1 PodStatus.
/// Checked  tests/scaling/policy_test.cpp: every policy keeps within its limits.
class Scaler {
 public:
  virtual ~Scaler() = default;

  /// The decision of one round. What it says is taken as done: the next observation shows it.
  virtual Decision decide(const Observation& seen) = 0;
  /// Nanoseconds from one round to the next in the product.
  virtual std::int64_t period() const = 0;
  /// Limits that hold from the next round on in place of those of the options.
  virtual void limit(const ReplicaLimits& limits) = 0;
};

/// A double as a whole number of type int32, the way that Kubernetes does it where it minds: too
/// large is the largest. NaN is 0.
inline std::int32_t saturated(double value) {
  constexpr double kLargest = 2147483647;
  if (!(value > -kLargest)) return value < 0 ? -2147483647 : 0;
  return value >= kLargest ? 2147483647 : static_cast<std::int32_t>(value);
}

/// A value in thousandths, rounded up as Kubernetes' Quantity does; nothing where it is no finite
/// number.
inline std::optional<std::int64_t> in_thousandths(double value) {
  constexpr double kLargest = 9e15;  // where every whole thousandth still has a double
  if (!std::isfinite(value) || value < -kLargest || value > kLargest) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(value * 1000));
}

}  // namespace highwater::scaling
