#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/one_of.h"
#include "engine/model/component.h"
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
  Bytes leak{};

  static constexpr std::string_view type_name = "rollout.version";
  static constexpr auto fields() {
    using P = VersionParams;
    return Fields{field<&P::slowdown>("Its work takes so many times as long.")
                      .at_least(Factor{0.001})
                      .at_most(Factor{1e6}),
                  field<&P::error_rate>("Such a part of its requests is answered with an error."),
                  field<&P::start_time>("In place of the component's start_time."),
                  field<&P::never_ready>("Its instances never take requests: a broken start."),
                  field<&P::leak>("That each request leaves behind for good, beside what the "
                                  "component's memory says.")};
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

/// How a new version is judged by its own requests.
struct AnalysisParams {
  Duration interval = 60s;
  std::uint32_t threshold = 5;
  Fraction min_success_rate{0.99};
  std::optional<Duration> max_p99;
  std::uint64_t min_requests = 1;

  static constexpr std::string_view type_name = "rollout.analysis";
  static constexpr auto fields() {
    using P = AnalysisParams;
    return Fields{
        field<&P::interval>("Time between two checks.")
            .at_least(Duration{1s})
            .source("Flagger canary.analysis.interval"),
        field<&P::threshold>("So many checks that fail bring the old version back.")
            .at_least(1u)
            .source("Flagger canary.analysis.threshold"),
        field<&P::min_success_rate>("A check fails below it: answers without error / answers of "
                                    "the new version since the last check.")
            .source("Flagger request-success-rate"),
        field<&P::max_p99>("A check fails above it: the 99th percentile of what its instances "
                           "take, waiting included; not looked at unless given.")
            .source("Flagger request-duration"),
        field<&P::min_requests>("With fewer answers a check says nothing, and the rollout waits.")
            .at_least(std::uint64_t{1})};
  }
};

struct CanaryParams {
  Fraction step_weight{0.1};
  Fraction max_weight{0.5};
  AnalysisParams analysis;
  RolloutProgressParams progress;

  static constexpr std::string_view type_name = "rollout.canary";
  static constexpr auto fields() {
    using P = CanaryParams;
    return Fields{field<&P::step_weight>("Part of the instances that get the new version first, "
                                         "and more of them with each check that passes.")
                      .at_least(Fraction{0.0001})
                      .source("Flagger stepWeight"),
                  field<&P::max_weight>("When so many have it and the check passes, all get it.")
                      .at_least(Fraction{0.0001})
                      .source("Flagger maxWeight"),
                  inlined<&P::analysis>(), inlined<&P::progress>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (step_weight > max_weight)
      problems.error(where.position(), pointer_to(path, "step_weight"), "more than max_weight");
  }
};

struct CanaryRollout {
  CanaryParams strategy;
  RolloutTerms terms;
  static constexpr std::string_view doc =
      "A few instances get the new version, more with each check that it passes; when too many "
      "fail, all go back.";
  static constexpr auto fields() {
    return Fields{field<&CanaryRollout::strategy>("How fast, and by what it is judged.")
                      .named("canary")
                      .source("Flagger; Argo Rollouts without traffic routing"),
                  inlined<&CanaryRollout::terms>()};
  }
};

struct BlueGreenParams {
  Duration pause{0};
  Duration keep = 30s;
  std::optional<AnalysisParams> analysis;
  RolloutProgressParams progress;

  static constexpr std::string_view type_name = "rollout.blue_green";
  static constexpr auto fields() {
    using P = BlueGreenParams;
    return Fields{
        field<&P::pause>("How long all new instances are there before they get the requests.")
            .source("Argo Rollouts autoPromotionSeconds"),
        field<&P::keep>("How long the old ones stay after that.")
            .source("Argo Rollouts scaleDownDelaySeconds"),
        field<&P::analysis>("Switches back, as long as the old ones are there, when the new "
                            "version fails.")
            .source("Argo Rollouts postPromotionAnalysis"),
        inlined<&P::progress>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (analysis && analysis->interval * analysis->threshold > keep)
      problems.error(where.position(), pointer_to(path, "keep"),
                     "is over before " + std::to_string(analysis->threshold) +
                         " checks of the analysis can have failed");
  }
};

struct BlueGreenRollout {
  BlueGreenParams strategy;
  RolloutTerms terms;
  static constexpr std::string_view doc =
      "As many new instances as there are old ones come beside them; then all requests go to the "
      "new ones at once.";
  static constexpr auto fields() {
    return Fields{field<&BlueGreenRollout::strategy>("When it switches, and whether back.")
                      .named("blue_green")
                      .source("Argo Rollouts blueGreen"),
                  inlined<&BlueGreenRollout::terms>()};
  }
};

/// A new version: {"at": "5m", "rolling_update": {"max_surge": "25%"}, "version": {"slowdown": 2}}.
struct Rollout : OneOf<RollingRollout, RecreateRollout, CanaryRollout, BlueGreenRollout> {
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
  std::optional<Duration> endpoint_lag;
  std::optional<Duration> pre_stop;

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
            .source("Kubernetes terminationGracePeriodSeconds"),
        field<&P::endpoint_lag>("From the decision that an instance is to go until callers hear of "
                                "it; they send requests to it meanwhile, which it refuses once it "
                                "shuts down. 0s unless given.")
            .source("Kubernetes: EndpointSlice to kube-proxy and load balancers"),
        field<&P::pre_stop>("How long an instance that is to go takes requests as before; then it "
                            "shuts down: it refuses others and finishes what it has. Without this "
                            "and endpoint_lag it takes what still comes.")
            .source("Kubernetes lifecycle.preStop")};
  }
  /// @param scaled  Whether an autoscaler changes their number.
  void check(bool scaled, const Value& where, const std::string& path, Problems& problems) const;

  Duration scheduling() const { return scheduling_time.value_or(Duration{0}); }
  Duration grace() const { return shutdown_grace.value_or(Duration{30s}); }
  /// How an instance goes in good order.
  Instance::Departure departure() const {
    Instance::Departure how{grace(), endpoint_lag.value_or(Duration{0}), pre_stop};
    if (endpoint_lag && !pre_stop) how.accepts_for = Duration{0};
    return how;
  }
  /// Instances beyond `most` that rollouts may need at the same time, those that still end
  /// included.
  std::uint32_t beyond(std::uint32_t most) const;
  /// Whether a rollout may be taken back.
  bool judges() const;
};

}  // namespace highwater::deployment
