#include "models/algorithms/scaling/hpa.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/scaling/hpa_golden.h"

namespace highwater::scaling::hpa_test {
namespace {

constexpr std::int64_t kNow = 1'000'000 * kSecond;

std::vector<PodObservation> old_pods(std::size_t count) {
  PodObservation pod;
  pod.started = 0;
  pod.request = 1000;
  return std::vector<PodObservation>(count, pod);
}

std::vector<std::optional<PodSample>> samples_of(const std::vector<std::int64_t>& levels) {
  std::vector<std::optional<PodSample>> made;
  for (const std::int64_t level : levels) made.push_back(PodSample{level, kNow, 60 * kSecond});
  return made;
}

HpaReading reading_of(const std::vector<std::optional<PodSample>>& samples) {
  HpaReading made;
  made.pods.samples = samples;
  return made;
}

Hpa::Options two_metrics() {
  Hpa::Options options;
  options.metrics = {{HpaSource::resource, HpaTarget::utilization, 50, true},
                     {HpaSource::external, HpaTarget::value, 10'000, false}};
  options.behavior->scale_down.stabilization_window = 0;
  options.max_replicas = 100;
  return options;
}

TEST_CASE("hpa: the greatest of several metrics counts", "[scaling]") {
  const auto pods = old_pods(4);
  const auto idle = samples_of({250, 250, 250, 250});
  std::vector<HpaReading> readings{reading_of(idle), {}};
  readings[1].value = 20'000;
  Hpa hpa(two_metrics());
  CHECK(hpa.round(kNow, 4, pods, readings).recommended == 8);
  readings[1].value = 2'000;
  CHECK(hpa.round(kNow, 4, pods, readings).recommended == 2);  // 25 % of 50 %
}

TEST_CASE("hpa: a failing metric keeps the others from scaling down only", "[scaling]") {
  const auto pods = old_pods(4);
  const auto idle = samples_of({250, 250, 250, 250});
  const auto busy = samples_of({1000, 1000, 1000, 1000});
  const auto replicas = [&](const auto& samples, HpaVersion version) {
    Hpa::Options options = two_metrics();
    options.replicas.version = version;
    const std::vector<HpaReading> readings{reading_of(samples), {}};  // no external value
    return Hpa(options).round(kNow, 4, pods, readings);
  };
  CHECK(replicas(busy, HpaVersion::v1_23).replicas == 8);
  CHECK(replicas(idle, HpaVersion::v1_23).replicas == 4);
  CHECK(replicas(idle, HpaVersion::v1_23).reason == Reason::no_metrics);
  CHECK(replicas(idle, HpaVersion::v1_23).recommended == -1);
  CHECK(replicas(idle, HpaVersion::v1_20).recommended == 2);
}

TEST_CASE("hpa: where all metrics fail nothing changes and nothing is remembered", "[scaling]") {
  Hpa hpa(two_metrics());
  const auto pods = old_pods(4);
  for (int i = 0; i < 3; ++i) CHECK(hpa.desired(kNow + i, 4, pods, {}) == 4);
  Hpa::Options none = two_metrics();
  none.metrics.clear();
  CHECK(Hpa(none).round(kNow, 4, pods, {}).reason == Reason::no_metrics);
}

TEST_CASE("hpa: outside of its limits the number is brought back without any metric", "[scaling]") {
  Hpa::Options options;
  options.min_replicas = 2;
  options.max_replicas = 6;
  Hpa hpa(options);
  CHECK(hpa.round(kNow, 1, {}, {}).replicas == 2);  // TestScaleUpRCImmediately
  CHECK(hpa.round(kNow, 1, {}, {}).reason == Reason::too_few_replicas);
  CHECK(hpa.round(kNow, 9, {}, {}).replicas == 6);  // TestScaleDownRCImmediately
  CHECK(hpa.round(kNow, 9, {}, {}).reason == Reason::too_many_replicas);
  CHECK(hpa.round(kNow, 0, {}, {}).replicas == 0);  // switched off
  CHECK(hpa.round(kNow, 0, {}, {}).reason == Reason::scaling_disabled);
}

TEST_CASE("hpa: from zero where the minimum is zero", "[scaling]") {
  Hpa::Options options;
  options.min_replicas = 0;
  options.metrics = {{HpaSource::external, HpaTarget::value, 10'000, false}};
  HpaReading reading;
  reading.value = 25'000;
  const std::vector<HpaReading> readings{reading};
  CHECK(Hpa(options).desired(kNow, 0, {}, readings) == 3);
  const std::vector<HpaReading> nothing{HpaReading{{}, 0}};
  CHECK(Hpa(options).desired(kNow, 0, {}, nothing) == 0);
}

TEST_CASE("hpa: a minimum above the maximum counts as the maximum", "[scaling]") {
  Hpa::Options options;
  options.min_replicas = 9;
  options.max_replicas = 3;
  Hpa hpa(options);
  CHECK(hpa.round(kNow, 1, std::optional(1)).replicas == 3);
  CHECK(hpa.round(kNow, 12, std::optional(1)).replicas == 3);
  CHECK(hpa.round(kNow, 3, std::optional(50)).replicas == 3);
}

TEST_CASE("hpa: what there is at the beginning counts as recommended", "[scaling]") {
  const auto after_minute = [](bool begun) {
    Hpa hpa(Hpa::Options{});
    if (begun) hpa.begin(kNow, 8);
    return hpa.round(kNow + 60 * kSecond, begun ? 6 : 8, std::optional(2)).replicas;
  };
  CHECK(after_minute(true) == 6);  // within the window of eight: no scaling down
  CHECK(after_minute(false) == 8);
  Hpa hpa(Hpa::Options{});
  hpa.begin(kNow, 8);
  CHECK(hpa.round(kNow + 301 * kSecond, 8, std::optional(5)).replicas == 5);
}

TEST_CASE("hpa: time that stands still or goes back keeps within the limits", "[scaling]") {
  Hpa::Options options;
  options.max_replicas = 20;
  Hpa hpa(options);
  std::uint32_t replicas = 3;
  for (const std::int64_t at : {100, 100, 100, 40, 0, -50, 100}) {
    replicas = hpa.round(at * kSecond, replicas, std::optional(15)).replicas;
    CHECK(replicas >= 1);
    CHECK(replicas <= 20);
  }
  CHECK(
      hpa.round(kNow, replicas, std::optional(std::numeric_limits<std::int32_t>::max())).replicas <=
      20);
  CHECK(hpa.round(kNow, replicas, std::optional(-5)).recommended == 0);
}

TEST_CASE("hpa: behind the common interface", "[scaling]") {
  HpaScaler::Options options;
  options.hpa.metrics = {{HpaSource::resource, HpaTarget::utilization, 50, true},
                         {HpaSource::pods, HpaTarget::average_value, 10'000, false},
                         {HpaSource::external, HpaTarget::average_value, 5'000, false}};
  options.follows = {HpaFollows::cpu, HpaFollows::concurrency, HpaFollows::metric};
  HpaScaler scaler(options);
  CHECK(scaler.period() == 15 * kSecond);
  auto pods = old_pods(2);
  for (PodObservation& pod : pods) {
    pod.cpu = PodSample{500, kNow, kMinute};
    pod.concurrency = PodSample{20'000, kNow, kMinute};
  }
  Observation seen;
  seen.now = kNow;
  seen.replicas = 2;
  seen.pods = pods;
  seen.metric = 30.0;  // of 5 a pod
  const auto decide = [&](HpaScaler& with) {
    seen.now += kMinute;  // what was allowed is allowed again
    return with.decide(seen);
  };
  CHECK(decide(scaler).replicas == 6);
  CHECK(decide(scaler).reason == Reason::within_range);
  seen.metric = 0.1;
  CHECK(decide(scaler).replicas == 4);  // by concurrency
  for (PodObservation& pod : pods) {
    pod.concurrency = PodSample{10, kNow, kMinute};
    pod.cpu = PodSample{10, kNow, kMinute};
  }
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, 1e300}) {
    seen.metric = bad;
    CHECK(decide(scaler).reason == Reason::no_metrics);
    CHECK(decide(scaler).replicas == 2);
  }
  for (PodObservation& pod : pods) pod.request_rate = PodSample{40'000, kNow, kMinute};
  options.hpa.metrics = {options.hpa.metrics[1]};
  options.follows = {HpaFollows::request_rate};
  HpaScaler by_rate(options);
  CHECK(by_rate.decide(seen).replicas == 6);  // 8 asked for, 4 more allowed
}

TEST_CASE("hpa: numbers fit where they must", "[scaling]") {
  CHECK(saturated(1e300) == 2147483647);
  CHECK(saturated(-1e300) == -2147483647);
  CHECK(saturated(std::nan("")) == 0);
  CHECK(saturated(-3.9) == -3);
  CHECK(in_thousandths(0.0011) == 2);
  CHECK(in_thousandths(1.5) == 1500);
  CHECK_FALSE(in_thousandths(HUGE_VAL).has_value());
  CHECK_FALSE(in_thousandths(std::nan("")).has_value());
}

}  // namespace
}  // namespace highwater::scaling::hpa_test
