#include "models/algorithms/scaling/aws_capacity.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling::aws_capacity_test {
namespace {

constexpr std::int64_t kSecond = AwsCapacity::Options::kSecond;
using enum AdjustmentType;

TEST_CASE("aws_capacity: the examples of the documentation", "[scaling]") {
  CHECK(adjusted(3, {change_in_capacity, 5, 0}) == 8);
  CHECK(adjusted(10, {change_in_capacity, -3, 0}) == 7);
  CHECK(adjusted(3, {exact_capacity, 5, 0}) == 5);
  CHECK(adjusted(10, {percent_change_in_capacity, 10, 0}) == 11);
  CHECK(adjusted(4, {percent_change_in_capacity, 25, 2}) == 6);  // 1, but at least 2
  // 12.7 is 12, 0.67 is 1, -0.58 is -1, -6.67 is -6.
  CHECK(adjusted(127, {percent_change_in_capacity, 10, 0}) == 139);
  CHECK(adjusted(67, {percent_change_in_capacity, 1, 0}) == 68);
  CHECK(adjusted(58, {percent_change_in_capacity, -1, 0}) == 57);
  CHECK(adjusted(667, {percent_change_in_capacity, -1, 0}) == 661);
}

TEST_CASE("aws_capacity: edges", "[scaling]") {
  CHECK(adjusted(2, {change_in_capacity, -5, 0}) == 0);
  CHECK(adjusted(2, {exact_capacity, -5, 0}) == 0);
  CHECK(adjusted(0, {percent_change_in_capacity, 50, 0}) == 0);
  CHECK(adjusted(0, {percent_change_in_capacity, 50, 3}) == 3);
  CHECK(adjusted(10, {percent_change_in_capacity, 0, 3}) == 10);
  CHECK(adjusted(10, {percent_change_in_capacity, -10, 3}) == 7);
  CHECK(adjusted(10, {change_in_capacity, 1, 3}) == 11);  // of percentages only
  CHECK(adjusted(2147483647, {percent_change_in_capacity, 2147483647, 0}) == 2147483647);
  CHECK(adjusted(4294967295u, {change_in_capacity, 1, 0}) == 2147483647);
}

TEST_CASE("aws_capacity: a percentage is the exact share rounded toward zero but never to it",
          "[scaling][property]") {
  CHECK(rc::check([] {
    const auto capacity = *rc::gen::inRange<std::uint32_t>(1, 100'000);
    const auto percent = *rc::gen::inRange(-100, 1000);
    const std::int64_t change =
        std::int64_t{adjusted(capacity, {percent_change_in_capacity, percent, 0})} - capacity;
    const std::int64_t exact = std::int64_t{capacity} * percent;  // hundredths
    RC_ASSERT(std::abs(change * 100) <= std::max<std::int64_t>(100, std::abs(exact)));
    RC_ASSERT(std::abs(exact) - std::abs(change * 100) < 100);
    RC_ASSERT((change > 0) == (percent > 0));
    RC_ASSERT((change < 0) == (percent < 0));
  }));
}

AwsCapacity::Options limits(AwsService service) {
  AwsCapacity::Options options;
  options.service = service;
  options.max_capacity = 100;
  return options;
}

TEST_CASE("aws_capacity: what was added does not count until the cooldown is over", "[scaling]") {
  AwsCapacity capacity(limits(AwsService::application_auto_scaling));
  CHECK(capacity.counted(0, 10) == 10);
  CHECK(capacity.scale_out(0, 10, 13).replicas == 13);
  CHECK(capacity.counted(60 * kSecond, 13) == 10);
  CHECK(capacity.scale_out(60 * kSecond, 13, 13).reason == Reason::cooldown);
  CHECK(capacity.scale_out(60 * kSecond, 13, 15).replicas == 15);  // a greater wish
  CHECK(capacity.counted(359 * kSecond, 15) == 10);
  CHECK(capacity.counted(360 * kSecond, 15) == 15);
}

TEST_CASE("aws_capacity: scaling in waits for its cooldown and scaling out ends it", "[scaling]") {
  AwsCapacity capacity(limits(AwsService::application_auto_scaling));
  CHECK(capacity.scale_in(0, 10, 8).replicas == 8);
  CHECK(capacity.scale_in(299 * kSecond, 8, 6).reason == Reason::cooldown);
  CHECK(capacity.scale_in(299 * kSecond, 8, 6).replicas == 8);
  CHECK(capacity.scale_out(299 * kSecond, 8, 9).replicas == 9);
  CHECK(capacity.scale_in(299 * kSecond, 9, 6).replicas == 6);
  CHECK(capacity.scale_in(599 * kSecond, 6, 5).replicas == 5);
}

TEST_CASE("aws_capacity: EC2 does not scale in while instances warm up and has no cooldown",
          "[scaling]") {
  AwsCapacity capacity(limits(AwsService::ec2_auto_scaling));
  CHECK(capacity.scale_out(0, 10, 11).replicas == 11);
  CHECK(capacity.scale_in(299 * kSecond, 11, 5).reason == Reason::cooldown);
  CHECK(capacity.scale_in(300 * kSecond, 11, 5).replicas == 5);
  CHECK(capacity.scale_in(300 * kSecond, 5, 4).replicas == 4);
}

TEST_CASE("aws_capacity: limits", "[scaling]") {
  AwsCapacity::Options options = limits(AwsService::application_auto_scaling);
  options.min_capacity = 5;
  AwsCapacity capacity(options);
  CHECK(capacity.scale_out(0, 90, 150).replicas == 100);
  CHECK(capacity.scale_out(0, 90, 150).reason == Reason::too_many_replicas);
  CHECK(capacity.scale_in(0, 90, 0).replicas == 5);
  CHECK(capacity.scale_in(0, 5, 0).reason == Reason::too_few_replicas);
  CHECK(capacity.within(0) == 5);
  CHECK(capacity.within(1000) == 100);
  options.min_capacity = 200;
  CHECK(AwsCapacity(options).within(7) == 100);  // contradictory: the maximum
}

}  // namespace
}  // namespace highwater::scaling::aws_capacity_test
