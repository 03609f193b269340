#include "models/algorithms/scaling/target_tracking.h"

#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling::target_tracking_test {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000;

/// A service whose metric is a load shared by its replicas.
struct Service {
  explicit Service(const TargetTracking::Options& options, std::uint32_t begin)
      : scaler(options), replicas(begin) {}
  std::uint32_t minute(std::optional<double> metric) {
    Observation seen;
    seen.now = ++minutes * kMinute;
    seen.replicas = seen.ready_replicas = replicas;
    seen.metric = metric;
    last = scaler.decide(seen);
    return replicas = last.replicas;
  }
  TargetTracking scaler;
  std::uint32_t replicas;
  std::int64_t minutes = 0;
  Decision last;
};

TargetTracking::Options options_of(double target, std::uint32_t max = 100) {
  TargetTracking::Options options;
  options.target = target;
  options.capacity.max_capacity = max;
  return options;
}

TEST_CASE("target_tracking: out after three minutes above the target", "[scaling]") {
  Service service(options_of(50), 4);
  CHECK(service.minute(80) == 4);
  CHECK(service.minute(80) == 4);
  CHECK(service.minute(80) == 7);  // 4 * 80 / 50 = 6.4
  CHECK(service.last.reason == Reason::within_range);
  CHECK(service.scaler.period() == kMinute);
}

TEST_CASE("target_tracking: just on target nothing happens", "[scaling]") {
  Service service(options_of(50), 3);
  for (int i = 0; i < 40; ++i) CHECK(service.minute(50) == 3);
  for (int i = 0; i < 40; ++i) CHECK(service.minute(45) == 3);  // 90 % is not below it
}

TEST_CASE("target_tracking: in after fifteen minutes below nine tenths", "[scaling]") {
  Service service(options_of(50), 10);
  for (int i = 1; i < 15; ++i) CHECK(service.minute(20) == 10);
  CHECK(service.minute(20) == 4);
  // The alarm goes on ringing, the cooldown holds it for five minutes.
  for (int i = 0; i < 4; ++i) {
    CHECK(service.minute(20) == 4);
    CHECK(service.last.reason == Reason::cooldown);
  }
  CHECK(service.minute(20) == 2);
}

TEST_CASE("target_tracking: one minute without the metric begins both counts anew", "[scaling]") {
  Service service(options_of(50), 4);
  service.minute(80);
  service.minute(80);
  CHECK(service.minute(std::nullopt) == 4);
  CHECK(service.minute(80) == 4);
  CHECK(service.minute(std::nan("")) == 4);
  CHECK(service.minute(80) == 4);
  CHECK(service.minute(80) == 4);
  CHECK(service.minute(80) == 7);
}

TEST_CASE("target_tracking: during the cooldown only a greater wish adds more", "[scaling]") {
  Service service(options_of(50), 10);
  service.minute(60);
  service.minute(60);
  CHECK(service.minute(60) == 12);
  CHECK(service.minute(60) == 12);  // still from 10
  CHECK(service.last.reason == Reason::cooldown);
  CHECK(service.minute(75) == 15);
}

TEST_CASE("target_tracking: scaling in can be disabled", "[scaling]") {
  TargetTracking::Options options = options_of(50);
  options.disable_scale_in = true;
  Service service(options, 10);
  for (int i = 0; i < 60; ++i) CHECK(service.minute(5) == 10);
  for (int i = 0; i < 3; ++i) service.minute(80);
  CHECK(service.replicas == 16);
}

TEST_CASE("target_tracking: limits count at once and over all wishes", "[scaling]") {
  TargetTracking::Options options = options_of(50, 12);
  options.capacity.min_capacity = 3;
  Service high(options, 40);
  CHECK(high.minute(std::nullopt) == 12);
  CHECK(high.last.reason == Reason::too_many_replicas);
  Service low(options, 1);
  CHECK(low.minute(std::nullopt) == 3);
  for (int i = 0; i < 3; ++i) low.minute(5000);
  CHECK(low.replicas == 12);
  for (int i = 0; i < 60; ++i) low.minute(0);
  CHECK(low.replicas == 3);
}

TEST_CASE("target_tracking: targets that are none never scale", "[scaling]") {
  for (const double target : {0.0, -5.0, std::nan(""), HUGE_VAL}) {
    Service service(options_of(target), 5);
    for (int i = 0; i < 30; ++i) CHECK(service.minute(80) == 5);
  }
}

TEST_CASE("target_tracking: settles where the metric is near its target", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto target = *rc::gen::inRange(10, 90);
    const auto load = *rc::gen::inRange(100, 5000);
    Service service(options_of(target, 1000), *rc::gen::inRange<std::uint32_t>(1, 200));
    for (int i = 0; i < 300; ++i) {
      const std::uint32_t replicas = service.minute(static_cast<double>(load) / service.replicas);
      RC_ASSERT(replicas >= 1);
      RC_ASSERT(replicas <= 1000);
    }
    const double metric = static_cast<double>(load) / service.replicas;
    RC_ASSERT(metric <= target);
    // Either not below nine tenths, or one fewer would be above the target.
    if (metric < 0.9 * target && service.replicas > 1)
      RC_ASSERT(static_cast<double>(load) / (service.replicas - 1) > target);
  }));
}

}  // namespace
}  // namespace highwater::scaling::target_tracking_test
