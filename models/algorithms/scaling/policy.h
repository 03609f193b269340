#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "models/algorithms/scaling/hpa.h"
#include "models/algorithms/scaling/kpa.h"
#include "models/algorithms/scaling/lambda_concurrency.h"
#include "models/algorithms/scaling/scaler.h"
#include "models/algorithms/scaling/simple_scaling.h"
#include "models/algorithms/scaling/step_scaling.h"
#include "models/algorithms/scaling/target_tracking.h"

namespace highwater::scaling {

/// Every way to decide on the replicas of a service that the family knows.
enum class ScalerPolicy : std::uint8_t {
  hpa,
  kpa,
  target_tracking,
  step_scaling,
  simple_scaling,
  lambda_concurrency,
};

struct ScalerPolicyInfo {
  ScalerPolicy policy;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kScalerPolicies[i].policy is the i-th value of ScalerPolicy.
inline constexpr std::array kScalerPolicies = {
    ScalerPolicyInfo{
        ScalerPolicy::hpa, "hpa",
        "Kubernetes' HorizontalPodAutoscaler: replicas by the ratio of usage to target.",
        "Kubernetes 1.23 to 1.33 pkg/controller/podautoscaler"},
    ScalerPolicyInfo{ScalerPolicy::kpa, "kpa",
                     "Knative's autoscaler: by concurrency, with a panic mode and down to zero.",
                     "Knative Serving 1.19 pkg/autoscaler"},
    ScalerPolicyInfo{ScalerPolicy::target_tracking, "target_tracking",
                     "AWS target tracking: a high alarm of 3 minutes, a low one of 15.",
                     "AWS Application Auto Scaling User Guide"},
    ScalerPolicyInfo{ScalerPolicy::step_scaling, "step_scaling",
                     "AWS step scaling: the greater the breach, the greater the step.",
                     "AWS Application Auto Scaling and EC2 Auto Scaling User Guides"},
    ScalerPolicyInfo{ScalerPolicy::simple_scaling, "simple_scaling",
                     "EC2 simple scaling: one adjustment, then a cooldown.",
                     "AWS EC2 Auto Scaling User Guide"},
    ScalerPolicyInfo{ScalerPolicy::lambda_concurrency, "lambda_concurrency",
                     "AWS Lambda: 1000 environments more in 10 seconds, up to the account's limit.",
                     "AWS Lambda Developer Guide"},
};

/// The settings of all policies; each reads its own.
struct ScalerOptions {
  HpaScaler::Options hpa;
  Kpa::Options kpa;
  TargetTracking::Options target_tracking;
  StepScaling::Options step_scaling;
  SimpleScaling::Options simple_scaling;
  LambdaScaler::Options lambda;
};

/// An autoscaler under the policy. The cluster autoscaler, rolling updates and disruption budgets
/// are not among them: they decide on other things than one service's replicas.
std::unique_ptr<Scaler> make_scaler(ScalerPolicy policy, const ScalerOptions& options = {});

}  // namespace highwater::scaling
