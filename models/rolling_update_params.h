#pragma once

#include "engine/describe/field.h"
#include "models/algorithms/scaling/rolling_update.h"
#include "models/int_or_percent.h"

namespace highwater {

/// When an instance of a rollout counts, and when a rollout has failed.
struct RolloutProgressParams {
  Duration min_ready{0};
  Duration progress_deadline{*scaling::RollingUpdate::Options{}.progress_deadline};

  static constexpr auto fields() {
    using P = RolloutProgressParams;
    return Fields{field<&P::min_ready>("How long an instance is ready before it is available.")
                      .known_as("min_ready_seconds")
                      .bare("s")
                      .source("Kubernetes minReadySeconds"),
                  field<&P::progress_deadline>("Without progress for so long the rollout has "
                                               "failed, which is said and changes nothing.")
                      .known_as("progress_deadline_seconds")
                      .bare("s")
                      .at_least(Duration{1s})
                      .source("Kubernetes progressDeadlineSeconds")};
  }
};

/// A Deployment's rolling update: in scenarios, and by `highwater algorithm`.
struct RollingUpdateParams {
  scaling::IntOrPercent max_surge = scaling::RollingUpdate::Options{}.max_surge;
  scaling::IntOrPercent max_unavailable = scaling::RollingUpdate::Options{}.max_unavailable;
  RolloutProgressParams progress;

  static constexpr std::string_view type_name = "rolling_update";
  static constexpr auto fields() {
    using P = RollingUpdateParams;
    return Fields{
        field<&P::max_surge>("Instances beyond the replicas; percentages are rounded up.")
            .source("Kubernetes maxSurge"),
        field<&P::max_unavailable>("Instances that may lack; percentages are rounded down.")
            .source("Kubernetes maxUnavailable"),
        inlined<&P::progress>()};
  }
  scaling::RollingUpdate::Options options() const {
    return {max_surge, max_unavailable, progress.progress_deadline.count()};
  }
};

}  // namespace highwater
