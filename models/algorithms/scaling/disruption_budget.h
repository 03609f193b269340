#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/algorithms/scaling/int_or_percent.h"

namespace highwater::scaling {

/// One pod that a budget is about.
struct BudgetPod {
  std::uint64_t id = 0;  ///< Never used twice.
  bool ready = true;
  bool deleting = false;
  bool pending_or_done = false;  ///< It waits, has failed or has ended: its eviction costs nothing.
};

/// How things stand with a budget.
struct BudgetStatus {
  std::uint32_t current_healthy = 0;
  std::uint32_t desired_healthy = 0;
  std::uint32_t expected_pods = 0;
  std::uint32_t disruptions_allowed = 0;
};

/// What an eviction is answered with.
enum class Eviction : std::uint8_t {
  allowed,
  denied,    ///< 429: none is allowed now.
  too_many,  ///< 403: 2000 evicted pods have not gone yet.
  unknown_pod,
};

/// Which pods that are not ready may always go: only where enough are healthy, or any.
enum class UnhealthyPodEviction : std::uint8_t { if_healthy_budget, always_allow };

/// scaling disruption_budget: how many pods may be evicted at once, a PodDisruptionBudget.
///
/// Allowed are healthy - desired, desired being min_available, or expected - max_unavailable; both
/// percentages are of the expected pods and rounded up. Expected is what the pods' controllers
/// want; for a number as min_available, the pods there are. A pod whose eviction was allowed does
/// not count as healthy any more for two minutes, or until it is gone.
///
/// Edges: without pods nothing is allowed. Neither or both of min_available and max_unavailable set
/// (the API rejects both): max_unavailable counts; without any nothing is protected, and all that
/// are healthy may go.
///
/// Source   Kubernetes pkg/controller/disruption/disruption.go,
///          pkg/registry/core/pod/rest/eviction.go (1.27 for unhealthyPodEvictionPolicy).
/// Checked  tests/scaling/disruption_budget_test.cpp: cases of disruption_test.go; never more than
///          healthy - desired.
class DisruptionBudget {
 public:
  static constexpr std::int64_t kDeletionTimeout = 120'000'000'000;
  static constexpr std::size_t kMostDisrupted = 2000;

  struct Options {
    std::optional<IntOrPercent> min_available;
    std::optional<IntOrPercent> max_unavailable;
    UnhealthyPodEviction unhealthy_pod_eviction_policy = UnhealthyPodEviction::if_healthy_budget;
  };

  explicit DisruptionBudget(const Options& options) : options_(options) {}

  /// The controller looks again. @param expected  What the pods' controllers want together.
  const BudgetStatus& update(std::int64_t now, std::span<const BudgetPod> pods,
                             std::uint32_t expected) {
    std::erase_if(disrupted_, [&](const Disrupted& gone) {
      const BudgetPod* pod = find(pods, gone.id);
      return pod == nullptr || pod->deleting || gone.at + kDeletionTimeout < now;
    });
    status_ = {};
    status_.expected_pods = expected;
    if (options_.max_unavailable) {
      const std::uint32_t down = options_.max_unavailable->rounded_up(expected);
      status_.desired_healthy = expected > down ? expected - down : 0;
    } else if (options_.min_available && options_.min_available->percent) {
      status_.desired_healthy = options_.min_available->rounded_up(expected);
    } else {
      status_.expected_pods = static_cast<std::uint32_t>(pods.size());
      status_.desired_healthy = options_.min_available ? options_.min_available->value : 0;
    }
    for (const BudgetPod& pod : pods) {
      if (pod.deleting || !pod.ready || is_disrupted(pod.id, now)) continue;
      ++status_.current_healthy;
    }
    if (status_.expected_pods > 0 && status_.current_healthy > status_.desired_healthy)
      status_.disruptions_allowed = status_.current_healthy - status_.desired_healthy;
    return status_;
  }

  /// Somebody asks to evict a pod. Goes by the last update().
  Eviction evict(std::int64_t now, std::span<const BudgetPod> pods, std::uint64_t id) {
    const BudgetPod* pod = find(pods, id);
    if (pod == nullptr) return Eviction::unknown_pod;
    if (pod->pending_or_done || pod->deleting) return Eviction::allowed;
    if (!pod->ready) {
      const bool enough =
          status_.current_healthy >= status_.desired_healthy && status_.desired_healthy > 0;
      if (enough || options_.unhealthy_pod_eviction_policy == UnhealthyPodEviction::always_allow)
        return Eviction::allowed;
    }
    if (disrupted_.size() > kMostDisrupted) return Eviction::too_many;
    if (status_.disruptions_allowed == 0) return Eviction::denied;
    --status_.disruptions_allowed;
    const auto known = std::find_if(disrupted_.begin(), disrupted_.end(),
                                    [&](const Disrupted& one) { return one.id == id; });
    if (known != disrupted_.end()) {
      known->at = now;
    } else {
      disrupted_.push_back({id, now});
    }
    return Eviction::allowed;
  }

  const BudgetStatus& status() const { return status_; }

 private:
  struct Disrupted {
    std::uint64_t id;
    std::int64_t at;
  };

  static const BudgetPod* find(std::span<const BudgetPod> pods, std::uint64_t id) {
    const auto pod =
        std::find_if(pods.begin(), pods.end(), [&](const BudgetPod& one) { return one.id == id; });
    return pod == pods.end() ? nullptr : &*pod;
  }
  bool is_disrupted(std::uint64_t id, std::int64_t now) const {
    return std::any_of(disrupted_.begin(), disrupted_.end(), [&](const Disrupted& one) {
      return one.id == id && one.at + kDeletionTimeout > now;
    });
  }

  Options options_;
  BudgetStatus status_;
  std::vector<Disrupted> disrupted_;  // evicted and not gone, the oldest first
};

}  // namespace highwater::scaling
