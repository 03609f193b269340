#pragma once

#include <array>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/disruption_budget.h"
#include "models/int_or_percent.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(UnhealthyPodEviction) {
  return std::array{Word{UnhealthyPodEviction::if_healthy_budget, "IfHealthyBudget",
                         "Instances that are not ready may go where enough are healthy."},
                    Word{UnhealthyPodEviction::always_allow, "AlwaysAllow", "They may always go."}};
}

}  // namespace scaling

/// A PodDisruptionBudget: in scenarios, and by `highwater algorithm`.
struct DisruptionBudgetParams {
  using Defaults = scaling::DisruptionBudget::Options;
  std::optional<scaling::IntOrPercent> min_available;
  std::optional<scaling::IntOrPercent> max_unavailable;
  scaling::UnhealthyPodEviction unhealthy_pod_eviction_policy =
      Defaults{}.unhealthy_pod_eviction_policy;

  static constexpr std::string_view type_name = "disruption_budget";
  static constexpr auto fields() {
    using P = DisruptionBudgetParams;
    return Fields{
        field<&P::min_available>("Instances that must stay healthy; percentages are rounded up.")
            .source("Kubernetes minAvailable"),
        field<&P::max_unavailable>("Instances that may lack; percentages are rounded up.")
            .source("Kubernetes maxUnavailable"),
        field<&P::unhealthy_pod_eviction_policy>("Whether instances that are not ready may go.")
            .source("Kubernetes unhealthyPodEvictionPolicy")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (min_available.has_value() == max_unavailable.has_value())
      problems.error(where.position(), path,
                     "expected exactly one of min_available and max_unavailable");
  }
  scaling::DisruptionBudget::Options options() const {
    return {min_available, max_unavailable, unhealthy_pod_eviction_policy};
  }
};

}  // namespace highwater
