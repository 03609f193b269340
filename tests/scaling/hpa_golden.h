#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/algorithms/scaling/hpa.h"
#include "tests/support/golden.h"

namespace highwater::scaling {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

/// The pods of one recorded case and their samples, at `now`.
struct GoldenPods {
  std::vector<PodObservation> pods;
  std::vector<std::optional<PodSample>> samples;
};

inline GoldenPods golden_pods(const nlohmann::json& list, std::int64_t now) {
  GoldenPods made;
  for (const auto& one : list) {
    const std::string phase = one["phase"];
    PodObservation pod;
    pod.phase = phase == "Running"  ? PodPhase::running
                : phase == "Failed" ? PodPhase::failed
                                    : PodPhase::pending;
    pod.deleting = one["deleting"];
    pod.readiness = one["ready"] ? Readiness::ready : Readiness::not_ready;
    pod.started = now - std::int64_t{one["age_s"]} * kSecond;
    pod.readiness_changed = now - std::int64_t{one["transition_age_s"]} * kSecond;
    pod.request = std::int64_t{one["request_m"]};
    made.pods.push_back(pod);
    std::optional<PodSample> sample;
    if (one.contains("usage_m"))
      sample = PodSample{one["usage_m"], now - std::int64_t{one["metric_age_s"]} * kSecond,
                         60 * kSecond};
    made.samples.push_back(sample);
  }
  return made;
}

/// The behaviors that the file names, as its harness had them.
inline HpaBehavior golden_behavior(const std::string& name) {
  HpaBehavior made;
  if (name == "default") return made;
  if (name == "up +10%/60s min 5pods/60s stab 60; down 10%/60s stab 120") {
    made.scale_up = {
        60 * kSecond,
        HpaSelect::min,
        {{HpaPolicyType::percent, 10, 60 * kSecond}, {HpaPolicyType::pods, 5, 60 * kSecond}}};
    made.scale_down = {120 * kSecond, HpaSelect::max, {{HpaPolicyType::percent, 10, 60 * kSecond}}};
  } else if (name == "up 4pods/30s; down disabled") {
    made.scale_up = {0, HpaSelect::max, {{HpaPolicyType::pods, 4, 30 * kSecond}}};
    made.scale_down = {0, HpaSelect::disabled, {}};
  } else if (name == "down min(2pods,20%)/45s stab 0") {
    made.scale_up = {0, HpaSelect::max, {{HpaPolicyType::percent, 100, 15 * kSecond}}};
    made.scale_down = {
        0,
        HpaSelect::min,
        {{HpaPolicyType::pods, 2, 45 * kSecond}, {HpaPolicyType::percent, 20, 45 * kSecond}}};
  } else {
    throw std::logic_error("no behavior " + name);
  }
  return made;
}

}  // namespace highwater::scaling
