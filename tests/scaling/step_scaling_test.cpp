#include "models/algorithms/scaling/step_scaling.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling::step_scaling_test {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

/// The policies of the EC2 documentation: out by 10 and 30 percent from 60 and 70 on, in likewise
/// from 40 and 30 down.
StepScaling::Options documented(AwsService service) {
  StepScaling::Options options;
  options.capacity.service = service;
  options.capacity.max_capacity = 100;
  StepPolicy out;
  out.alarm.threshold = 60;
  out.type = AdjustmentType::percent_change_in_capacity;
  out.steps = {{0, 10, 10}, {10, std::nullopt, 30}};
  StepPolicy in;
  in.alarm.threshold = 40;
  in.alarm.comparison = AlarmComparison::less_than_or_equal_to_threshold;
  in.type = AdjustmentType::percent_change_in_capacity;
  in.steps = {{-10, 0, -10}, {std::nullopt, -10, -30}};
  options.policies = {out, in};
  return options;
}

struct Group {
  explicit Group(StepScaling::Options options, std::uint32_t begin)
      : scaler(std::move(options)), replicas(begin) {}
  std::uint32_t minute(std::optional<double> metric, std::int64_t passed = 1) {
    Observation seen;
    seen.now = (minutes += passed) * kMinute;
    seen.replicas = replicas;
    seen.metric = metric;
    last = scaler.decide(seen);
    return replicas = last.replicas;
  }
  StepScaling scaler;
  std::uint32_t replicas;
  std::int64_t minutes = 0;
  Decision last;
};

TEST_CASE("step_scaling: the example of the EC2 documentation", "[scaling]") {
  Group group(documented(AwsService::ec2_auto_scaling), 10);
  CHECK(group.minute(50) == 10);
  CHECK(group.minute(60) == 11);  // 10 percent of 10
  CHECK(group.minute(70) == 13);  // 30 percent of the 10 that have warmed up
  CHECK(group.minute(72) == 13);
  for (int i = 0; i < 3; ++i) {
    CHECK(group.minute(40) == 13);
    CHECK(group.last.reason == Reason::cooldown);  // warming up
  }
  CHECK(group.minute(40) == 12);  // 10 percent of 13 is 1
  CHECK(group.minute(30) == 9);   // 30 percent of 12 is 3
}

TEST_CASE("step_scaling: bounds belong to the side of the threshold", "[scaling]") {
  const auto after = [](double metric, std::uint32_t begin) {
    return Group(documented(AwsService::application_auto_scaling), begin).minute(metric);
  };
  CHECK(after(59.9, 100) == 100);
  CHECK(after(60, 50) == 55);
  CHECK(after(69.9, 50) == 55);
  CHECK(after(70, 50) == 65);
  CHECK(after(1e9, 50) == 65);
  CHECK(after(40, 50) == 45);
  CHECK(after(30.1, 50) == 45);
  CHECK(after(30, 50) == 35);
  CHECK(after(-1e9, 50) == 35);
  CHECK(after(40.1, 50) == 50);
}

TEST_CASE("step_scaling: a distance outside of all steps changes nothing", "[scaling]") {
  StepScaling::Options options;
  StepPolicy policy;
  policy.alarm.threshold = 60;
  policy.steps = {{5, 10, 2}};
  options.policies = {policy};
  CHECK(Group(options, 4).minute(61) == 4);
  CHECK(Group(options, 4).minute(65) == 6);
  CHECK(Group(options, 4).minute(75) == 4);
  options.policies[0].steps.clear();
  CHECK(Group(options, 4).minute(65) == 4);
  options.policies.clear();
  CHECK(Group(options, 4).minute(65) == 4);
}

TEST_CASE("step_scaling: of several policies the greatest capacity counts", "[scaling]") {
  StepScaling::Options options;
  StepPolicy small;
  small.alarm.threshold = 60;
  small.steps = {{std::nullopt, std::nullopt, 3}};
  StepPolicy large = small;
  large.type = AdjustmentType::percent_change_in_capacity;
  large.steps = {{std::nullopt, std::nullopt, 200}};
  options.policies = {small, large};
  CHECK(Group(options, 10).minute(80) == 30);  // the documentation's example
  StepPolicy in = small;
  in.steps = {{std::nullopt, std::nullopt, -4}};
  StepPolicy more_in = small;
  more_in.steps = {{std::nullopt, std::nullopt, -6}};
  options.policies = {in, more_in};
  CHECK(Group(options, 10).minute(80) == 6);
  StepPolicy exact = small;
  exact.type = AdjustmentType::exact_capacity;
  exact.steps = {{std::nullopt, std::nullopt, 8}};
  options.policies = {in, exact};
  CHECK(Group(options, 10).minute(80) == 8);
}

TEST_CASE("step_scaling: ECS scales in while a scale-out cooldown runs", "[scaling]") {
  Group group(documented(AwsService::application_auto_scaling), 50);
  CHECK(group.minute(60) == 55);
  CHECK(group.minute(30) == 39);
  CHECK(group.minute(30) == 39);
  CHECK(group.last.reason == Reason::cooldown);
  CHECK(group.minute(60) == 42);  // out at once, from all that there is
}

TEST_CASE("step_scaling: alarms may need several periods", "[scaling]") {
  StepScaling::Options options = documented(AwsService::application_auto_scaling);
  options.policies[0].alarm.evaluation_periods = 2;
  options.policies[0].alarm.period = 5 * kMinute;
  Group group(options, 10);
  CHECK(group.scaler.period() == kMinute);
  for (int i = 1; i < 10; ++i) CHECK(group.minute(75) == 10);
  CHECK(group.minute(75) == 13);
}

TEST_CASE("step_scaling: never leaves its limits", "[scaling][property]") {
  CHECK(rc::check([] {
    StepScaling::Options options = documented(
        *rc::gen::element(AwsService::application_auto_scaling, AwsService::ec2_auto_scaling));
    options.capacity.min_capacity = *rc::gen::inRange<std::uint32_t>(0, 20);
    options.capacity.max_capacity = *rc::gen::inRange<std::uint32_t>(0, 50);
    Group group(options, *rc::gen::inRange<std::uint32_t>(0, 100));
    const std::uint32_t least =
        std::min(options.capacity.min_capacity, options.capacity.max_capacity);
    for (int i = 0; i < 50; ++i) {
      const std::uint32_t replicas =
          group.minute(*rc::gen::inRange(0, 120), *rc::gen::inRange<std::int64_t>(0, 4));
      RC_ASSERT(replicas >= least);
      RC_ASSERT(replicas <= options.capacity.max_capacity);
    }
  }));
}

}  // namespace
}  // namespace highwater::scaling::step_scaling_test
