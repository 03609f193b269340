#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "models/algorithms/scaling/knative_window.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// What Knative's autoscaler scales by.
enum class KpaMetric : std::uint8_t { concurrency, rps };

/// One answer of Knative's autoscaler, before bounds and scale to zero.
struct KpaScale {
  bool valid = false;  ///< There is something to go by.
  std::int32_t desired = 0;
  std::int32_t excess_burst = 0;  ///< Below 0 the activator stays in the path of requests.
  bool panicking = false;
};

/// scaling kpa: the Knative Pod Autoscaler.
///
/// Two averages of the same metric, over the stable window and over the panic window, a tenth of
/// it. Each divided by the target and rounded up is a wish, held between ready /
/// max_scale_down_rate rounded down and ready * max_scale_up_rate rounded up. Where the short one
/// asks for twice of what is ready (panic_threshold) it panics: from then on the number only grows,
/// until a stable window passes without. It begins in panic where more than one pod is ready at the
/// start, since it knows nothing of the past.
///
/// A burst is covered where ready pods can take target_burst_capacity more than they do; else the
/// activator stays in front of them.
///
/// Then come min_scale, max_scale and the way to zero: nothing wanted for as long as the stable
/// window since the revision became active, then inactive for the grace period, which is cut short
/// where the activator has been in the path for so long. A revision that does not become ready
/// within activation_timeout is given up.
///
/// Edges: ready 0 counts as 1 for the rates; without any data for a window there is no decision and
/// the number stays; targets below 0.01 are 0.01; a max_scale below the min_scale is exceeded to
/// the min_scale, as in the product's applyBounds; rates of 1 or less are taken as they are (the
/// product's configuration rejects them), except that 0 and less count as 1. Time that goes back
/// does not move the states.
///
/// Source   Knative Serving 1.19 pkg/autoscaler/scaling/autoscaler.go, metrics/collector.go,
///          config/config.go, pkg/reconciler/autoscaling/kpa/{scaler,kpa}.go.
/// Checked  tests/scaling/kpa_test.cpp: every case of autoscaler_test.go.
class Kpa {
 public:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  struct Options {
    KpaMetric metric = KpaMetric::concurrency;
    /// container-concurrency-target-default, or requests-per-second-target-default: 200.
    double target = 100;
    double target_utilization = 0.7;  ///< container-concurrency-target-percentage
    double max_scale_up_rate = 1000;
    double max_scale_down_rate = 2;
    double target_burst_capacity = 211;  ///< 0: never the activator, -1: always.
    double panic_threshold = 2;          ///< panic-threshold-percentage / 100
    double panic_window_percentage = 10;
    std::int64_t stable_window = 60 * kSecond;
    std::int64_t scale_down_delay = 0;
    std::int64_t tick_interval = 2 * kSecond;
    std::int64_t bucket_size = kSecond;
    KnativeAggregation aggregation = KnativeAggregation::linear;
    std::int32_t activation_scale = 1;  ///< Least pods when scaling from zero.
    std::int32_t initial_scale = 1;
    std::int32_t min_scale = 0;
    std::int32_t max_scale = 0;  ///< 0: no maximum.
    bool reachable = true;       ///< A revision that gets no traffic may shrink at once.
    bool enable_scale_to_zero = true;
    std::int64_t scale_to_zero_grace_period = 30 * kSecond;
    std::int64_t scale_to_zero_pod_retention_period = 0;
    std::int64_t activation_timeout = 630 * kSecond;  ///< progress-deadline and 30 s.
  };

  explicit Kpa(const Options& options)
      : options_(options),
        stable_(options.stable_window, options.bucket_size, options.aggregation),
        panic_(panic_window(options), options.bucket_size, options.aggregation),
        delay_(options.scale_down_delay, options.tick_interval) {
    last_.desired = -1;  // not known yet
    const double burst = options.target_burst_capacity;
    last_.excess_burst =
        burst == 0 || burst == -1
            ? saturated(burst)
            : saturated(static_cast<double>(options.initial_scale) * options.target - burst);
  }

  /// The autoscaler is made. Without this, at the first call of scale().
  void begin(std::int64_t now, std::uint32_t ready) {
    if (begun_) return;
    begun_ = true;
    if (ready > 1) panic_since_ = now;
    most_in_panic_ = count_of(ready);
    status_since_ = now;
    status_ = ready > 0 ? Status::active : Status::activating;
    was_ready_ = ready >= static_cast<std::uint32_t>(std::max(1, options_.initial_scale));
  }

  /// What all pods together did in the second of `now`: requests in progress on average, or a
  /// second, without those that came through the activator and were counted there.
  void record(std::int64_t now, double value) {
    stable_.record(now, value);
    panic_.record(now, value);
  }

  /// One tick by what was recorded.
  KpaScale scale(std::int64_t now, std::uint32_t ready) {
    begin(now, ready);
    if (stable_.is_empty(now)) return {false, 0, 0, panic_since_.has_value()};
    return scale(now, ready, stable_.average(now), panic_.average(now));
  }

  /// One tick by averages that are known.
  KpaScale scale(std::int64_t now, std::uint32_t ready, double stable, double panic) {
    begin(now, ready);
    if (!std::isfinite(stable) || !std::isfinite(panic))
      return {false, 0, 0, panic_since_.has_value()};
    const double pods = std::max(1.0, static_cast<double>(ready));
    const double up = std::ceil(rate(options_.max_scale_up_rate) * pods);
    const double down =
        options_.reachable ? std::floor(pods / rate(options_.max_scale_down_rate)) : 0.0;
    const double stable_wish = std::ceil(stable / target_value());
    const double panic_wish = std::ceil(panic / target_value());
    std::int32_t stable_pods = saturated(std::min(std::max(stable_wish, down), up));
    std::int32_t panic_pods = saturated(std::min(std::max(panic_wish, down), up));
    if (options_.activation_scale > 1) {
      if (stable_wish > 0) stable_pods = std::max(stable_pods, options_.activation_scale);
      if (panic_wish > 0) panic_pods = std::max(panic_pods, options_.activation_scale);
    }

    if (panic_wish / pods >= options_.panic_threshold) {
      panic_since_ = now;
    } else if (panic_since_ && *panic_since_ + options_.stable_window < now) {
      panic_since_.reset();
      most_in_panic_ = 0;
    }
    std::int32_t desired = stable_pods;
    if (panic_since_) {
      most_in_panic_ = std::max({most_in_panic_, stable_pods, panic_pods});
      desired = most_in_panic_;
    }
    if (options_.reachable && options_.scale_down_delay > 0) {
      delay_.record(now, desired);
      desired = delay_.current();
    }
    double excess = -1;
    if (options_.target_burst_capacity == 0) {
      excess = 0;
    } else if (options_.target_burst_capacity > 0) {
      excess = std::floor(static_cast<double>(ready) * options_.target -
                          options_.target_burst_capacity - panic);
    }
    return {true, desired, saturated(excess), panic_since_.has_value()};
  }

  /// What the reconciler makes of it: bounds and the way to zero. Without a valid scale the last
  /// one goes on.
  Decision apply(std::int64_t now, std::uint32_t current, std::uint32_t ready,
                 const KpaScale& scale) {
    begin(now, ready);
    if (scale.valid) last_ = scale;
    Decision decision{current, !scale.valid      ? Reason::no_metrics
                               : scale.panicking ? Reason::panic
                                                 : Reason::stable};
    std::int32_t wanted = last_.desired;
    if (wanted < 0 && status_ != Status::activating) {
      update_status(now, ready, wanted);
      return decision;
    }
    std::int32_t min = options_.min_scale;
    if (options_.reachable && options_.initial_scale > 1 && !was_ready_)
      min = std::max(min, options_.initial_scale);
    if (wanted < min) {
      wanted = min;
      decision.reason = Reason::too_few_replicas;
    } else if (options_.max_scale != 0 && wanted > options_.max_scale) {
      wanted = options_.max_scale;
      decision.reason = Reason::too_many_replicas;
    }
    bool holds = false;  // nothing is wanted, but the pods stay for now
    if (wanted == 0) std::tie(wanted, holds) = toward_zero(now);
    const bool served_directly = wanted > 0 && last_.excess_burst >= 0;
    if (served_directly) {
      proxied_since_.reset();
    } else if (!proxied_since_) {
      proxied_since_ = now;
    }
    update_status(now, ready, wanted);
    if (holds) decision.reason = Reason::waiting_for_zero;
    if (!holds || wanted > 0) decision.replicas = static_cast<std::uint32_t>(std::max(0, wanted));
    return decision;
  }

  double target_value() const {
    constexpr double kLeast = 0.01;  // autoscaling.TargetMin
    const double value = options_.target * options_.target_utilization;
    return value > kLeast ? value : kLeast;
  }
  std::optional<std::int64_t> panic_since() const { return panic_since_; }
  void set_reachable(bool reachable) { options_.reachable = reachable; }
  void limit(const ReplicaLimits& limits) {
    options_.min_scale = count_of(limits.min);
    options_.max_scale = count_of(limits.max);
  }
  const Options& options() const { return options_; }

 private:
  enum class Status : std::uint8_t { activating, active, inactive };

  static std::int64_t panic_window(const Options& options) {
    // The product rounds to whole seconds and keeps at least a bucket.
    const double window =
        static_cast<double>(options.stable_window) * options.panic_window_percentage / 100;
    const auto seconds =
        static_cast<std::int64_t>(std::round(window / static_cast<double>(kSecond)));
    return std::max(seconds * kSecond, options.bucket_size);
  }
  static double rate(double given) { return given > 0 ? given : 1.0; }
  static std::int32_t count_of(std::uint32_t count) {
    return saturated(static_cast<double>(count));
  }

  /// @return how many are wanted where nothing is, and whether the pods stay for now.
  std::pair<std::int32_t, bool> toward_zero(std::int64_t now) const {
    if (!options_.enable_scale_to_zero) return {1, false};
    const std::int64_t since = now - status_since_;
    switch (status_) {
      case Status::activating:
        // The product says that it does not know yet; what there is stays.
        return since >= options_.activation_timeout ? std::pair{0, false} : std::pair{-1, true};
      case Status::active:
        return since >= options_.stable_window ? std::pair{0, true} : std::pair{1, true};
      case Status::inactive:
        break;
    }
    const std::int64_t retention =
        options_.reachable ? options_.scale_to_zero_pod_retention_period : 0;
    if (since >= std::max(options_.scale_to_zero_grace_period, retention)) return {0, false};
    if (since < retention) return {0, true};
    const std::int64_t proxied = proxied_since_ ? now - *proxied_since_ : 0;
    return {0, proxied < options_.scale_to_zero_grace_period};
  }

  void update_status(std::int64_t now, std::uint32_t ready, std::int32_t wanted) {
    const auto least = static_cast<std::uint32_t>(std::max(1, options_.min_scale));
    if (ready >= std::max<std::uint32_t>(
                     least, static_cast<std::uint32_t>(std::max(1, options_.initial_scale))))
      was_ready_ = true;
    Status status = status_;
    if (wanted == 0) {
      status = Status::inactive;
    } else if (wanted > 0 || status_ != Status::inactive) {
      status = ready >= least ? Status::active : Status::activating;
    }
    if (status != status_) status_since_ = now;
    status_ = status;
  }

  Options options_;
  KnativeWindow stable_;
  KnativeWindow panic_;
  KnativeMaximum delay_;
  bool begun_ = false;
  std::optional<std::int64_t> panic_since_;
  std::int32_t most_in_panic_ = 0;
  // Of the revision as the reconciler keeps it.
  Status status_ = Status::activating;
  std::int64_t status_since_ = 0;
  bool was_ready_ = false;
  std::optional<std::int64_t> proxied_since_;
  KpaScale last_;  // that was valid
};

/// scaling kpa: Knative's autoscaler behind the interface of all autoscalers.
///
/// Each round records what the pods' samples add up to, or the metric of the whole where one is
/// given, and scales by it. Nothing known is recorded as nothing at all.
///
/// Source   as Kpa.
/// Checked  tests/scaling/kpa_test.cpp, tests/scaling/policy_test.cpp
class KpaScaler final : public Scaler {
 public:
  using Options = Kpa::Options;

  explicit KpaScaler(const Options& options) : kpa_(options) {}

  Decision decide(const Observation& seen) override {
    kpa_.begin(seen.now, seen.ready_replicas);
    if (const std::optional<double> value = total(seen)) kpa_.record(seen.now, *value);
    return kpa_.apply(seen.now, seen.replicas, seen.ready_replicas,
                      kpa_.scale(seen.now, seen.ready_replicas));
  }
  std::int64_t period() const override { return kpa_.options().tick_interval; }
  void limit(const ReplicaLimits& limits) override { kpa_.limit(limits); }

 private:
  std::optional<double> total(const Observation& seen) const {
    if (seen.metric) return seen.metric;
    std::optional<double> sum;
    for (const PodObservation& pod : seen.pods) {
      const std::optional<PodSample>& sample =
          kpa_.options().metric == KpaMetric::rps ? pod.request_rate : pod.concurrency;
      if (sample && !pod.deleting)
        sum = sum.value_or(0.0) + static_cast<double>(sample->value) / 1000;
    }
    return sum;
  }

  Kpa kpa_;
};

}  // namespace highwater::scaling
