#include "models/algorithms/scaling/policy.h"

#include <cmath>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/scaling/scaling.h"

namespace highwater::scaling {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("scaler policies: each is listed in its place and can be made", "[scaling]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kScalerPolicies.size(); ++i) {
    const ScalerPolicyInfo& info = kScalerPolicies[i];
    CHECK(static_cast<std::size_t>(info.policy) == i);
    CHECK(names.insert(info.name).second);
    CHECK_FALSE(info.summary.empty());
    CHECK_FALSE(info.source.empty());
    const auto scaler = make_scaler(info.policy);
    REQUIRE(scaler != nullptr);
    CHECK(scaler->period() > 0);
  }
}

TEST_CASE("scaler policies: every reason has a word", "[scaling]") {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Reason::waiting_for_zero); ++i)
    CHECK(words.insert(reason_name(static_cast<Reason>(i))).second);
}

ScalerOptions limited(std::uint32_t min, std::uint32_t max) {
  ScalerOptions options;
  options.hpa.hpa.min_replicas = min;
  options.hpa.hpa.max_replicas = max;
  options.kpa.min_scale = static_cast<std::int32_t>(min);
  options.kpa.max_scale = static_cast<std::int32_t>(max);
  options.target_tracking.capacity.min_capacity = min;
  options.target_tracking.capacity.max_capacity = max;
  options.step_scaling.capacity = options.target_tracking.capacity;
  StepPolicy step;
  step.alarm.threshold = 50;
  step.steps = {{std::nullopt, std::nullopt, 7}};
  StepPolicy in = step;
  in.alarm.threshold = 20;
  in.alarm.comparison = AlarmComparison::less_than_threshold;
  in.steps[0].adjustment = -5;
  options.step_scaling.policies = {step, in};
  options.simple_scaling.min_size = min;
  options.simple_scaling.max_size = max;
  options.simple_scaling.policies = {{step.alarm, {AdjustmentType::change_in_capacity, 9, 0}, {}},
                                     {in.alarm, {AdjustmentType::change_in_capacity, -9, 0}, {}}};
  options.lambda.account_concurrency = max;
  return options;
}

/// Metrics of every kind, nonsense included, and time that stands still or jumps.
TEST_CASE("scaler policies: never leave their limits whatever they see", "[scaling][property]") {
  for (const ScalerPolicyInfo& info : kScalerPolicies) {
    CAPTURE(std::string(info.name));
    CHECK(rc::check([&] {
      const auto min = *rc::gen::inRange<std::uint32_t>(1, 10);
      const auto max = *rc::gen::inRange<std::uint32_t>(10, 60);
      const auto scaler = make_scaler(info.policy, limited(min, max));
      const std::uint32_t least = info.policy == ScalerPolicy::lambda_concurrency ? 0 : min;
      Observation seen;
      seen.replicas = *rc::gen::inRange<std::uint32_t>(min, max + 1);
      for (int i = 0; i < 120; ++i) {
        seen.now += *rc::gen::element<std::int64_t>(0, 1, 2, 15, 60, 60, 600) * kSecond;
        seen.ready_replicas = *rc::gen::inRange<std::uint32_t>(0, seen.replicas + 1);
        std::vector<PodObservation> pods(*rc::gen::inRange<std::size_t>(0, 20));
        for (PodObservation& pod : pods) {
          pod.started = seen.now - *rc::gen::inRange<std::int64_t>(0, 900) * kSecond;
          pod.readiness_changed = *pod.started;
          pod.request = *rc::gen::inRange<std::int64_t>(0, 1000);
          pod.readiness = *rc::gen::element(Readiness::ready, Readiness::not_ready, Readiness::none,
                                            Readiness::unknown);
          pod.phase = *rc::gen::element(PodPhase::running, PodPhase::pending, PodPhase::failed);
          if (*rc::gen::arbitrary<bool>())
            pod.cpu = PodSample{*rc::gen::inRange<std::int64_t>(0, 3000), seen.now, kSecond};
          if (*rc::gen::arbitrary<bool>())
            pod.concurrency = PodSample{*rc::gen::inRange<std::int64_t>(0, 900'000), seen.now, 0};
        }
        seen.pods = pods;
        seen.metric = *rc::gen::element<double>(0, 1, 30, 80, 1e12, -5, std::nan(""), HUGE_VAL);
        if (*rc::gen::inRange(0, 4) == 0) seen.metric.reset();
        const Decision decision = scaler->decide(seen);
        RC_ASSERT(decision.replicas >= std::min(least, seen.replicas));
        RC_ASSERT(decision.replicas <= max);
        seen.replicas = decision.replicas;
      }
    }));
  }
}

TEST_CASE("scaler policies: new limits hold from the next round on", "[scaling]") {
  for (const ScalerPolicyInfo& info : kScalerPolicies) {
    if (info.policy == ScalerPolicy::lambda_concurrency) continue;  // it has an account's
    CAPTURE(std::string(info.name));
    const auto scaler = make_scaler(info.policy, limited(2, 10));
    Observation seen;
    seen.replicas = seen.ready_replicas = 6;
    const auto next = [&] {
      seen.now += scaler->period();
      return seen.replicas = seen.ready_replicas = scaler->decide(seen).replicas;
    };
    scaler->limit({8, 20});
    CHECK(next() >= (info.policy == ScalerPolicy::kpa ? 6u : 8u));  // it knows nothing yet
    scaler->limit({1, 4});
    if (info.policy == ScalerPolicy::kpa) seen.metric = 9000;
    CHECK(next() == 4);
    scaler->limit({5, 3});  // the maximum counts
    if (info.policy != ScalerPolicy::kpa) CHECK(next() == 3);
  }
}

TEST_CASE("scaler policies: the same observations give the same decisions", "[scaling]") {
  for (const ScalerPolicyInfo& info : kScalerPolicies) {
    const auto run = [&] {
      const auto scaler = make_scaler(info.policy, limited(1, 50));
      std::string text;
      Observation seen;
      seen.replicas = seen.ready_replicas = 4;
      for (int i = 0; i < 100; ++i) {
        seen.now += scaler->period();
        seen.metric = (i * 37) % 101;
        seen.replicas = seen.ready_replicas = scaler->decide(seen).replicas;
        text += std::to_string(seen.replicas) + ' ';
      }
      return text;
    };
    CHECK(run() == run());
  }
}

}  // namespace
}  // namespace highwater::scaling
