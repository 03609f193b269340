#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/algorithms/scaling/hpa_replicas.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// How much a policy allows: so many pods, or so many percent of what there was.
enum class HpaPolicyType : std::uint8_t { pods, percent };

struct HpaPolicy {
  HpaPolicyType type = HpaPolicyType::pods;
  std::int32_t value = 0;
  std::int64_t period = 15'000'000'000;  ///< Nanoseconds.
  friend bool operator==(const HpaPolicy&, const HpaPolicy&) = default;
};

/// Which of several policies counts: that which allows most or least, or none at all.
enum class HpaSelect : std::uint8_t { max, min, disabled };

/// The rules of one direction.
struct HpaRules {
  std::int64_t stabilization_window = 0;  ///< Nanoseconds; 0: the latest recommendation counts.
  HpaSelect select_policy = HpaSelect::max;
  std::vector<HpaPolicy> policies;  ///< Empty: no change in this direction.
  friend bool operator==(const HpaRules&, const HpaRules&) = default;
};

/// What a Horizontal Pod Autoscaler may do at once. The defaults are those of autoscaling/v2.
struct HpaBehavior {
  static constexpr std::int64_t kSecond = 1'000'000'000;

  HpaRules scale_up{
      0,
      HpaSelect::max,
      {{HpaPolicyType::pods, 4, 15 * kSecond}, {HpaPolicyType::percent, 100, 15 * kSecond}}};
  HpaRules scale_down{300 * kSecond, HpaSelect::max, {{HpaPolicyType::percent, 100, 15 * kSecond}}};
  friend bool operator==(const HpaBehavior&, const HpaBehavior&) = default;
};

/// What became of a recommendation.
struct Normalized {
  std::int32_t stabilized = 0;
  std::int32_t replicas = 0;
  Reason reason = Reason::within_range;
};

/// scaling hpa_behavior: what the Horizontal Pod Autoscaler makes of a recommendation.
///
/// First it is stabilized: growing, the least recommendation of the window for scaling up counts,
/// shrinking, the greatest of that for scaling down. Then the policies limit the step: each allows
/// so much beyond the replicas at the start of its period, which are calculated back from the
/// changes made since (current - added + removed). Percentages are rounded up for growing and cut
/// off for shrinking. Last come minimum and maximum.
///
/// Without a behavior only the window for scaling down counts, and the limit max(2 * current, 4).
/// 1.20: the recommendation is replaced by the least or greatest of the window (so that it may turn
/// the direction), and only changes of the same direction count back.
///
/// Memory: what fits into the longest window and period, then none is allocated any more; slots of
/// what is too old are used again, the last of them first, as in the product.
///
/// Edges: a window of 0 keeps nothing; time that goes back leaves entries in the future, which
/// count as fresh. More than the maximum with less than the minimum: the maximum counts.
///
/// Source   Kubernetes pkg/controller/podautoscaler/horizontal.go, 1.20 to 1.33;
///          pkg/apis/autoscaling/v2/defaults.go.
/// Checked  tests/scaling/hpa_behavior_test.cpp: the recorded runs of k8s_hpa.json (1.20) and
///          k8s_hpa_v123.json, cases of horizontal_test.go, a naive form.
class HpaNormalizer {
 public:
  /// @param downscale_window  For a HorizontalPodAutoscaler without behavior, nanoseconds.
  HpaNormalizer(std::optional<HpaBehavior> behavior, std::int64_t downscale_window,
                HpaVersion version)
      : behavior_(std::move(behavior)), downscale_window_(downscale_window), version_(version) {
    constexpr std::size_t kUsual = 64;  // chosen: 300 s at one each 15 s, and room
    recommendations_.reserve(kUsual);
    up_events_.reserve(kUsual);
    down_events_.reserve(kUsual);
  }

  /// The autoscaler begins: what there is counts as recommended. Only the first call matters.
  void begin(std::int64_t now, std::int32_t current) {
    if (recommendations_.empty()) recommendations_.push_back({now, current});
  }

  Normalized normalize(std::int64_t now, std::int32_t current, std::int32_t desired,
                       std::int32_t min, std::int32_t max) {
    min = std::min(min, max);
    Normalized result;
    if (!behavior_) {
      result.stabilized = stabilize_plainly(now, desired);
      limit_plainly(current, min, max, result);
      return result;
    }
    result.stabilized = version_ == HpaVersion::v1_20 ? stabilize_one_sided(now, current, desired)
                                                      : stabilize(now, current, desired);
    limit(now, current, min, max, result);
    return result;
  }

  /// The number of replicas was changed.
  void changed(std::int64_t now, std::int32_t before, std::int32_t after) {
    if (!behavior_ || before == after) return;
    if (after > before) {
      store(up_events_, now, after - before, behavior_->scale_up);
    } else {
      store(down_events_, now, before - after, behavior_->scale_down);
    }
  }

  /// The most and least that the policies allow now.
  std::int32_t scale_up_limit(std::int64_t now, std::int32_t current) const {
    const HpaRules& rules = behavior_->scale_up;
    if (rules.select_policy == HpaSelect::disabled) return current;
    const bool least = rules.select_policy == HpaSelect::min;
    std::int64_t limit = least ? kLargest : kSmallest;
    for (const HpaPolicy& policy : rules.policies) {
      const std::int32_t start = at_start(now, current, policy.period, true);
      const std::int64_t proposed =
          policy.type == HpaPolicyType::pods
              ? std::int64_t{start} + policy.value
              : saturated(std::ceil(start * (1 + static_cast<double>(policy.value) / 100)));
      limit = least ? std::min(limit, proposed) : std::max(limit, proposed);
    }
    return rules.policies.empty() ? current : fitted(limit);
  }
  std::int32_t scale_down_limit(std::int64_t now, std::int32_t current) const {
    const HpaRules& rules = behavior_->scale_down;
    if (rules.select_policy == HpaSelect::disabled) return current;
    const bool least = rules.select_policy == HpaSelect::min;
    std::int64_t limit = least ? kSmallest : kLargest;
    for (const HpaPolicy& policy : rules.policies) {
      const std::int32_t start = at_start(now, current, policy.period, false);
      const std::int64_t proposed =
          policy.type == HpaPolicyType::pods
              ? std::int64_t{start} - policy.value
              : saturated(start * (1 - static_cast<double>(policy.value) / 100));
      limit = least ? std::max(limit, proposed) : std::min(limit, proposed);
    }
    return rules.policies.empty() ? current : fitted(limit);
  }

  const std::optional<HpaBehavior>& behavior() const { return behavior_; }

 private:
  struct Past {
    std::int64_t at;
    std::int32_t replicas;
  };
  struct Event {
    std::int64_t at;
    std::int32_t change;
    bool outdated;
  };
  static constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int64_t kSmallest = std::numeric_limits<std::int32_t>::min();

  static std::int32_t fitted(std::int64_t value) {
    return static_cast<std::int32_t>(std::clamp(value, kSmallest, kLargest));
  }

  void remember(std::int64_t now, std::int32_t desired, std::optional<std::size_t> old) {
    if (old) {
      recommendations_[*old] = {now, desired};
    } else {
      recommendations_.push_back({now, desired});
    }
  }

  std::int32_t stabilize_plainly(std::int64_t now, std::int32_t desired) {
    std::int32_t greatest = desired;
    std::optional<std::size_t> old;
    for (std::size_t i = 0; i < recommendations_.size(); ++i) {
      if (recommendations_[i].at < now - downscale_window_) {
        old = i;
      } else {
        greatest = std::max(greatest, recommendations_[i].replicas);
      }
    }
    remember(now, desired, old);
    return greatest;
  }

  std::int32_t stabilize(std::int64_t now, std::int32_t current, std::int32_t desired) {
    const std::int64_t up_since = now - behavior_->scale_up.stabilization_window;
    const std::int64_t down_since = now - behavior_->scale_down.stabilization_window;
    std::int32_t up = desired;
    std::int32_t down = desired;
    std::optional<std::size_t> old;
    for (std::size_t i = 0; i < recommendations_.size(); ++i) {
      const Past& past = recommendations_[i];
      if (past.at > up_since) up = std::min(up, past.replicas);
      if (past.at > down_since) down = std::max(down, past.replicas);
      if (past.at < up_since && past.at < down_since) old = i;
    }
    remember(now, desired, old);
    return std::min(std::max(current, up), down);
  }

  std::int32_t stabilize_one_sided(std::int64_t now, std::int32_t current, std::int32_t desired) {
    const std::int64_t up = behavior_->scale_up.stabilization_window;
    const std::int64_t down = behavior_->scale_down.stabilization_window;
    const bool grows = desired >= current;
    const std::int64_t since = now - (grows ? up : down);
    std::int32_t result = desired;
    std::optional<std::size_t> old;
    for (std::size_t i = 0; i < recommendations_.size(); ++i) {
      const Past& past = recommendations_[i];
      if (past.at > since)
        result = grows ? std::min(result, past.replicas) : std::max(result, past.replicas);
      if (past.at < now - std::max(up, down)) old = i;
    }
    remember(now, desired, old);
    return result;
  }

  static void limit_plainly(std::int32_t current, std::int32_t min, std::int32_t max,
                            Normalized& result) {
    const std::int32_t fastest = fitted(std::max<std::int64_t>(std::int64_t{current} * 2, 4));
    const std::int32_t most = std::min(max, fastest);
    result.replicas = result.stabilized;
    if (result.stabilized < min) {
      result.replicas = min;
      result.reason = Reason::too_few_replicas;
    } else if (result.stabilized > most) {
      result.replicas = most;
      result.reason = max > fastest ? Reason::scale_up_limit : Reason::too_many_replicas;
    }
  }

  void limit(std::int64_t now, std::int32_t current, std::int32_t min, std::int32_t max,
             Normalized& result) const {
    result.replicas = result.stabilized;
    if (result.stabilized > current) {
      const std::int32_t fastest = std::max(current, scale_up_limit(now, current));
      const std::int32_t most = std::min(max, fastest);
      if (result.stabilized <= most) return;
      result.replicas = most;
      result.reason = max > fastest ? Reason::scale_up_limit : Reason::too_many_replicas;
    } else if (result.stabilized < current) {
      const std::int32_t fastest = std::min(current, scale_down_limit(now, current));
      const std::int32_t least = std::max(min, fastest);
      if (result.stabilized >= least) return;
      result.replicas = least;
      result.reason = min < fastest ? Reason::scale_down_limit : Reason::too_few_replicas;
    }
  }

  static std::int64_t changes(const std::vector<Event>& events, std::int64_t since) {
    std::int64_t total = 0;
    for (const Event& event : events)
      if (event.at > since) total += event.change;
    return total;
  }

  /// The replicas at the start of a period that ends now.
  std::int32_t at_start(std::int64_t now, std::int32_t current, std::int64_t period,
                        bool grows) const {
    const bool old = version_ == HpaVersion::v1_20;
    std::int64_t start = current;
    if (!old || grows) start -= changes(up_events_, now - period);
    if (!old || !grows) start += changes(down_events_, now - period);
    return fitted(start);
  }

  static void store(std::vector<Event>& events, std::int64_t now, std::int32_t change,
                    const HpaRules& rules) {
    std::int64_t longest = 0;
    for (const HpaPolicy& policy : rules.policies) longest = std::max(longest, policy.period);
    std::optional<std::size_t> old;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].at < now - longest) events[i].outdated = true;
      if (events[i].outdated) old = i;
    }
    if (old) {
      events[*old] = {now, change, false};
    } else {
      events.push_back({now, change, false});
    }
  }

  std::optional<HpaBehavior> behavior_;
  std::int64_t downscale_window_;
  HpaVersion version_;
  std::vector<Past> recommendations_;  // in no order
  std::vector<Event> up_events_;
  std::vector<Event> down_events_;
};

}  // namespace highwater::scaling
