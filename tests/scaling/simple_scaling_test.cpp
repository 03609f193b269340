#include "models/algorithms/scaling/simple_scaling.h"

#include <catch2/catch.hpp>

namespace highwater::scaling {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

SimpleScaling::Options out_and_in() {
  SimpleScaling::Options options;
  options.max_size = 20;
  SimplePolicy out;
  out.alarm.threshold = 70;
  out.adjustment = {AdjustmentType::change_in_capacity, 2, 0};
  SimplePolicy in;
  in.alarm.threshold = 30;
  in.alarm.comparison = AlarmComparison::less_than_threshold;
  in.adjustment = {AdjustmentType::percent_change_in_capacity, -50, 0};
  in.cooldown = 2 * kMinute;
  options.policies = {out, in};
  return options;
}

struct Group {
  explicit Group(SimpleScaling::Options options, std::uint32_t begin)
      : scaler(std::move(options)), replicas(begin) {}
  std::uint32_t minute(std::optional<double> metric) {
    Observation seen;
    seen.now = ++minutes * kMinute;
    seen.replicas = replicas;
    seen.metric = metric;
    last = scaler.decide(seen);
    return replicas = last.replicas;
  }
  SimpleScaling scaler;
  std::uint32_t replicas;
  std::int64_t minutes = 0;
  Decision last;
};

TEST_CASE("simple_scaling: nothing happens until the cooldown is over", "[scaling]") {
  Group group(out_and_in(), 4);
  CHECK(group.minute(80) == 6);
  for (int i = 0; i < 4; ++i) {
    CHECK(group.minute(i % 2 == 0 ? 80 : 10) == 6);  // whichever alarm rings
    CHECK(group.last.reason == Reason::cooldown);
  }
  CHECK(group.minute(80) == 8);
}

TEST_CASE("simple_scaling: the cooldown is that of the policy which began it", "[scaling]") {
  Group group(out_and_in(), 8);
  CHECK(group.minute(10) == 4);
  CHECK(group.minute(80) == 4);
  CHECK(group.minute(80) == 6);
}

TEST_CASE("simple_scaling: limits and adjustments without effect", "[scaling]") {
  Group group(out_and_in(), 19);
  CHECK(group.minute(80) == 20);
  CHECK(group.last.reason == Reason::too_many_replicas);
  Group full(out_and_in(), 20);
  CHECK(full.minute(80) == 20);
  CHECK(full.minute(10) == 10);  // no cooldown has begun
  Group outside(out_and_in(), 50);
  CHECK(outside.minute(50) == 20);
  Group none(out_and_in(), 0);
  CHECK(none.minute(std::nullopt) == 1);
  CHECK(none.last.reason == Reason::too_few_replicas);
  SimpleScaling::Options twisted = out_and_in();
  twisted.min_size = 30;
  CHECK(Group(twisted, 3).minute(50) == 20);
  CHECK(Group(SimpleScaling::Options{}, 3).minute(50) == 3);
}

TEST_CASE("simple_scaling: of policies that ring together the first takes its turn", "[scaling]") {
  SimpleScaling::Options options = out_and_in();
  options.policies[1] = options.policies[0];
  options.policies[1].adjustment.value = 5;
  CHECK(Group(options, 4).minute(80) == 6);
}

}  // namespace
}  // namespace highwater::scaling
