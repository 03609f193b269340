#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/one_of.h"
#include "models/cpu_quantity.h"
#include "models/disruption_budget_params.h"
#include "models/rolling_update_params.h"

namespace highwater::deployment {

/// What a version of the software does differently from the scenario's.
struct VersionParams {
  Factor slowdown{1};
  Fraction error_rate{0};
  std::optional<Duration> start_time;
  bool never_ready = false;

  static constexpr std::string_view type_name = "rollout.version";
  static constexpr auto fields() {
    using P = VersionParams;
    return Fields{field<&P::slowdown>("Its work takes so many times as long.")
                      .at_least(Factor{0.001})
                      .at_most(Factor{1e6}),
                  field<&P::error_rate>("Such a part of its requests is answered with an error."),
                  field<&P::start_time>("In place of the component's start_time."),
                  field<&P::never_ready>("Its instances never take requests: a broken start.")};
  }
};

/// What every rollout says beside its strategy.
struct RolloutTerms {
  Duration at{0};
  VersionParams version;

  static constexpr auto fields() {
    return Fields{
        field<&RolloutTerms::at>("When it begins, from the beginning of the run.").required(),
        field<&RolloutTerms::version>("What comes; the scenario's own once more unless given.")};
  }
};

struct RollingRollout {
  RollingUpdateParams strategy;
  RolloutTerms terms;
  static constexpr std::string_view doc =
      "New instances come and old ones go in step: surge first, then as far as enough stay "
      "available.";
  static constexpr auto fields() {
    return Fields{field<&RollingRollout::strategy>("How far it may go at once.")
                      .named("rolling_update")
                      .source("Kubernetes Deployment, type RollingUpdate"),
                  inlined<&RollingRollout::terms>()};
  }
};

struct RecreateRollout {
  RolloutProgressParams strategy;
  RolloutTerms terms;
  static constexpr std::string_view doc =
      "All old instances go; when the last has ended, the new ones come.";
  static constexpr auto fields() {
    return Fields{field<&RecreateRollout::strategy>("When the new ones count.")
                      .named("recreate")
                      .source("Kubernetes Deployment, type Recreate"),
                  inlined<&RecreateRollout::terms>()};
  }
};

/// A new version: {"at": "5m", "rolling_update": {"max_surge": "25%"}, "version": {"slowdown": 2}}.
struct Rollout : OneOf<RollingRollout, RecreateRollout> {
  using OneOf::OneOf;
  static constexpr std::string_view type_name = "rollout";

  const RolloutTerms& terms() const {
    return std::visit([](const auto& one) -> const RolloutTerms& { return one.terms; }, form);
  }
};

/// What a pod asks of its node, whether it uses it or not.
struct ResourceRequests {
  Cpu cpu;
  Bytes memory{};

  static constexpr auto fields() {
    using P = ResourceRequests;
    return Fields{field<&P::cpu>("CPU.").source("Kubernetes resources.requests.cpu"),
                  field<&P::memory>("Memory.").source("Kubernetes resources.requests.memory")};
  }
};

/// How instances run as pods.
struct PodParams {
  ComponentRef cluster;
  ResourceRequests requests;
  std::optional<Distribution> image_pull;
  std::optional<DisruptionBudgetParams> disruption_budget;

  static constexpr std::string_view type_name = "pod";
  static constexpr auto fields() {
    using P = PodParams;
    return Fields{
        field<&P::cluster>("The cluster that places them.").required().uses(Relation::host),
        field<&P::requests>("What a node must have left for one."),
        field<&P::image_pull>("How long a node pulls the image when the first of a version comes "
                              "to it; no time unless given."),
        field<&P::disruption_budget>("How many may be evicted at once; any number unless given.")};
  }
};

/// How instances come and go.
struct DeploymentParams {
  std::optional<PodParams> pod;
  std::vector<Rollout> rollouts;
  std::optional<Duration> scheduling_time;
  std::optional<Duration> shutdown_grace;

  static constexpr auto fields() {
    using P = DeploymentParams;
    return Fields{
        field<&P::pod>("Instances are pods on the nodes of a cluster, and wait while it has no "
                       "room; without it there is always room."),
        field<&P::rollouts>("New versions that come during the run.").at_most(1'000u),
        field<&P::scheduling_time>("From the decision to have an instance, and where it is a pod "
                                   "from finding a node, until it begins to start; 0s unless "
                                   "given."),
        field<&P::shutdown_grace>("How long an instance that goes may finish what it has begun; "
                                  "30s unless given.")
            .source("Kubernetes terminationGracePeriodSeconds")};
  }
  /// @param scaled  Whether an autoscaler changes their number.
  void check(bool scaled, const Value& where, const std::string& path, Problems& problems) const;

  Duration scheduling() const { return scheduling_time.value_or(Duration{0}); }
  Duration grace() const { return shutdown_grace.value_or(Duration{30s}); }
  /// Instances beyond `most` that rollouts may need at the same time, those that still end
  /// included.
  std::uint32_t beyond(std::uint32_t most) const;
};

}  // namespace highwater::deployment
