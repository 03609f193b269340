#include "models/algorithms/scaling/policy.h"

namespace highwater::scaling {

std::unique_ptr<Scaler> make_scaler(ScalerPolicy policy, const ScalerOptions& options) {
  switch (policy) {
    case ScalerPolicy::hpa:
      return std::make_unique<HpaScaler>(options.hpa);
    case ScalerPolicy::kpa:
      return std::make_unique<KpaScaler>(options.kpa);
    case ScalerPolicy::target_tracking:
      return std::make_unique<TargetTracking>(options.target_tracking);
    case ScalerPolicy::step_scaling:
      return std::make_unique<StepScaling>(options.step_scaling);
    case ScalerPolicy::simple_scaling:
      return std::make_unique<SimpleScaling>(options.simple_scaling);
    case ScalerPolicy::lambda_concurrency:
      return std::make_unique<LambdaScaler>(options.lambda);
  }
  return nullptr;  // no other value exists; compilers cannot know
}

}  // namespace highwater::scaling
