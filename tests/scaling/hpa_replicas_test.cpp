#include "models/algorithms/scaling/hpa_replicas.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/scaling/hpa_golden.h"

namespace highwater::scaling::hpa_replicas_test {
namespace {

constexpr std::int64_t kNow = 1'000'000 * kSecond;
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

// The settings of Kubernetes' own tests.
HpaReplicas::Options test_options(HpaVersion version) {
  HpaReplicas::Options options;
  options.cpu_initialization_period = 2 * kMinute;
  options.initial_readiness_delay = 10 * kSecond;
  options.version = version;
  return options;
}

TEST_CASE("hpa_replicas: every recorded decision of Kubernetes", "[scaling][golden]") {
  const auto recorded = golden_json("k8s_hpa.json")["replica_calc"];
  for (const HpaVersion version : {HpaVersion::v1_20, HpaVersion::v1_23, HpaVersion::v1_26}) {
    const HpaReplicas calculator({.version = version});
    std::size_t failed = 0;
    std::size_t cases = 0;
    for (const auto& one : recorded) {
      CAPTURE(one.dump());
      ++cases;
      const GoldenPods given = golden_pods(one["pods"], kNow);
      const Recommendation found =
          calculator.by_utilization(kNow, one["current"], one["target_util"], given.pods,
                                    {.samples = given.samples, .strangers = {}, .requests = {}});
      if (one["err"] == "") {
        CHECK(found.error == MetricError::none);
        CHECK(found.replicas == one["replicas"]);
        CHECK(found.utilization == one["utilization"]);
        CHECK(found.average == one["raw"]);
      } else {
        ++failed;
        CHECK(found.error == MetricError::no_metrics);
      }
    }
    CHECK(cases == 240);
    CHECK(failed == 29);
  }
}

/// How a pod of replica_calculator_test.go is: usual, not ready, just started, failed, deleted,
/// pending.
enum Kind { kUsual, kUnready, kHot, kFailed, kDeleted, kPending };

struct ResourceCase {
  const char* name;
  std::int32_t current;
  std::int32_t expected;
  std::int32_t target;
  std::int32_t utilization;
  std::int64_t average;
  std::vector<std::int64_t> levels;
  std::vector<std::int64_t> requests;
  std::vector<Kind> kinds = {};
};

struct Pods {
  std::vector<PodObservation> pods;
  std::vector<std::optional<PodSample>> samples;
  std::vector<std::int64_t> strangers;
  PodMetrics metrics() const { return {samples, strangers, {}}; }
};

Pods pods_of(std::size_t count, const std::vector<std::int64_t>& levels,
             const std::vector<std::int64_t>& requests, const std::vector<Kind>& kinds) {
  Pods made;
  for (std::size_t i = 0; i < count; ++i) {
    const Kind kind = i < kinds.size() ? kinds[i] : kUsual;
    PodObservation pod;
    pod.started = kind == kHot ? kNow : kNow - 24 * 60 * kMinute;
    pod.readiness_changed = *pod.started;
    if (kind != kUsual && kind != kHot) pod.readiness = Readiness::not_ready;
    if (kind == kFailed) pod.phase = PodPhase::failed;
    if (kind == kPending) pod.phase = PodPhase::pending;
    pod.deleting = kind == kDeleted;
    if (i < requests.size()) pod.request = requests[i];
    made.pods.push_back(pod);
    made.samples.push_back(
        i < levels.size() ? std::optional(PodSample{levels[i], kNow, 60 * kSecond}) : std::nullopt);
  }
  for (std::size_t i = count; i < levels.size(); ++i) made.strangers.push_back(levels[i]);
  return made;
}

const std::vector<ResourceCase> kResourceCases = {
    {"scale up", 3, 5, 30, 50, 500, {300, 500, 700}, {1000, 1000, 1000}},
    {"unready pod scales less", 3, 4, 30, 60, 600, {300, 500, 700}, {1000, 1000, 1000}, {kUnready}},
    {"hot pod scales less", 3, 4, 30, 60, 600, {300, 500, 700}, {1000, 1000, 1000}, {kHot}},
    {"unready pods ignored",
     3,
     3,
     30,
     40,
     400,
     {400, 500, 700},
     {1000, 1000, 1000},
     {kUsual, kUnready, kUnready}},
    {"hot pods ignored",
     3,
     3,
     30,
     40,
     400,
     {400, 500, 700},
     {1000, 1000, 1000},
     {kUsual, kHot, kHot}},
    {"failed pods ignored",
     2,
     4,
     30,
     60,
     600,
     {500, 700},
     {1000, 1000, 1000, 1000},
     {kUsual, kUsual, kFailed, kFailed}},
    {"deleted pods ignored",
     2,
     4,
     30,
     60,
     600,
     {500, 700},
     {1000, 1000, 1000, 1000},
     {kUsual, kUsual, kDeleted, kDeleted}},
    {"scale down", 5, 3, 50, 28, 280, {100, 300, 500, 250, 250}, {1000, 1000, 1000, 1000, 1000}},
    {"scale down without unready",
     5,
     2,
     50,
     30,
     300,
     {100, 300, 500, 250, 250},
     {1000, 1000, 1000, 1000, 1000},
     {kUsual, kUsual, kUsual, kUnready, kUnready}},
    {"scale down without unscheduled",
     5,
     1,
     50,
     10,
     100,
     {100},
     {1000, 1000, 1000, 1000, 1000},
     {kUsual, kPending, kPending, kPending, kPending}},
    {"scale down without hot",
     5,
     2,
     50,
     30,
     300,
     {100, 300, 500, 250, 250},
     {1000, 1000, 1000, 1000, 1000},
     {kUsual, kUsual, kUsual, kHot, kHot}},
    {"scale down without failed",
     5,
     3,
     50,
     28,
     280,
     {100, 300, 500, 250, 250},
     {1000, 1000, 1000, 1000, 1000, 1000, 1000},
     {kUsual, kUsual, kUsual, kUsual, kUsual, kFailed, kFailed}},
    {"scale down without deleted",
     5,
     3,
     50,
     28,
     280,
     {100, 300, 500, 250, 250},
     {1000, 1000, 1000, 1000, 1000, 1000, 1000},
     {kUsual, kUsual, kUsual, kUsual, kUsual, kDeleted, kDeleted}},
    {"tolerance", 3, 3, 100, 102, 1020, {1010, 1030, 1020}, {900, 1000, 1100}},
    {"superfluous metrics",
     4,
     24,
     100,
     587,
     5875,
     {4000, 9500, 3000, 7000, 3200, 2000},
     {1000, 1000, 1000, 1000}},
    {"missing metrics", 4, 3, 100, 24, 247, {400, 95}, {1000, 1000, 1000, 1000}},
    {"missing, equal", 2, 2, 100, 100, 1000, {1000}, {1000, 1000}},
    {"missing, more", 2, 2, 100, 190, 1900, {1900}, {1000, 1000}},
    {"missing, less", 2, 2, 100, 60, 600, {600}, {1000, 1000}},
    {"missing and unready, no change",
     3,
     3,
     50,
     45,
     450,
     {100, 450},
     {1000, 1000, 1000},
     {kUnready}},
    {"missing and hot, no change", 3, 3, 50, 45, 450, {100, 450}, {1000, 1000, 1000}, {kHot}},
    {"missing and unready, up", 3, 4, 50, 200, 2000, {100, 2000}, {1000, 1000, 1000}, {kUnready}},
    {"missing and hot, up", 3, 4, 50, 200, 2000, {100, 2000}, {1000, 1000, 1000}, {kHot}},
    {"missing and unready, down",
     4,
     3,
     50,
     10,
     100,
     {100, 100, 100},
     {1000, 1000, 1000, 1000},
     {kUnready}},
    {"missing during a surge",
     2,
     2,
     50,
     10,
     100,
     {100, 100},
     {1000, 1000, 1000},
     {kUsual, kUsual, kUsual}},
    {"computed tolerance, down",
     10,
     9,
     56,
     50,
     150,
     {150, 150, 150, 150, 150, 150, 150, 150, 150, 150},
     {400, 200, 310, 290, 302, 298, 301, 299, 300, 300}},
    {"computed tolerance, none",
     10,
     10,
     55,
     50,
     150,
     {150, 150, 150, 150, 150, 150, 150, 150, 150, 150},
     {400, 200, 310, 290, 302, 298, 301, 299, 300, 300}},
};

TEST_CASE("hpa_replicas: resource cases of replica_calculator_test.go", "[scaling]") {
  for (const HpaVersion version :
       {HpaVersion::v1_20, HpaVersion::v1_23, HpaVersion::v1_26, HpaVersion::v1_33}) {
    const HpaReplicas calculator(test_options(version));
    for (const ResourceCase& one : kResourceCases) {
      CAPTURE(one.name, static_cast<int>(version));
      const std::size_t count = std::max({static_cast<std::size_t>(one.current), one.kinds.size()});
      const Pods given = pods_of(count, one.levels, one.requests, one.kinds);
      const Recommendation found =
          calculator.by_utilization(kNow, one.current, one.target, given.pods, given.metrics());
      CHECK(found.error == MetricError::none);
      CHECK(found.replicas == one.expected);
      CHECK(found.utilization == one.utilization);
      CHECK(found.average == one.average);
    }
  }
}

TEST_CASE("hpa_replicas: a target above 100 percent lifts what missing pods count for",
          "[scaling]") {
  const std::vector<std::int64_t> requests{1000, 1000, 2000, 2000};
  const Pods given = pods_of(4, {200, 100, 100}, requests, {kUnready});
  const auto replicas = [&](HpaVersion version) {
    const HpaReplicas calculator(test_options(version));
    return calculator.by_utilization(kNow, 4, 300, given.pods, given.metrics());
  };
  CHECK(replicas(HpaVersion::v1_26).replicas == 2);  // replica_calculator_test.go
  CHECK(replicas(HpaVersion::v1_26).utilization == 6);
  CHECK(replicas(HpaVersion::v1_23).replicas == 1);
  CHECK(replicas(HpaVersion::v1_20).replicas == 1);
}

struct PlainCase {
  const char* name;
  std::int32_t current;
  std::int32_t expected;
  std::int64_t target;
  std::int64_t average;
  std::vector<std::int64_t> levels;
  std::vector<Kind> kinds = {};
};

const std::vector<PlainCase> kPodsCases = {
    {"up", 3, 4, 15000, 20000, {20000, 10000, 30000}},
    {"up, hot and unready count",
     3,
     6,
     15000,
     30000,
     {50000, 10000, 30000},
     {kUsual, kUsual, kUnready}},
    {"up, unready count", 3, 7, 15000, 31666, {50000, 15000, 30000}, {kUnready, kUsual, kUnready}},
    {"down", 5, 3, 20000, 12000, {12000, 12000, 12000, 12000, 12000}},
    {"tolerance", 3, 3, 20000, 20666, {20000, 21000, 21000}},
    {"missing, equal", 5, 5, 20000, 20000, {20000, 19000, 21000}},
    {"missing during a surge", 2, 2, 17000, 10000, {10000, 10000}, {kUsual, kUsual, kUsual}},
};

TEST_CASE("hpa_replicas: cases of plain metrics of pods", "[scaling]") {
  const HpaReplicas calculator(test_options(HpaVersion::v1_33));
  for (const PlainCase& one : kPodsCases) {
    CAPTURE(one.name);
    const std::size_t count = std::max(static_cast<std::size_t>(one.current), one.kinds.size());
    const Pods given = pods_of(count, one.levels, {}, one.kinds);
    const Recommendation found =
        calculator.by_average(kNow, one.current, one.target, given.pods, given.metrics());
    CHECK(found.error == MetricError::none);
    CHECK(found.replicas == one.expected);
    CHECK(found.average == one.average);
  }
  // 1.20 does not mind that the number of pods turns the direction.
  const Pods surge = pods_of(3, {10000, 10000}, {}, {});
  CHECK(HpaReplicas(test_options(HpaVersion::v1_20))
            .by_average(kNow, 2, 17000, surge.pods, surge.metrics())
            .replicas == 3);
}

TEST_CASE("hpa_replicas: cases of objects and external metrics", "[scaling]") {
  const HpaReplicas calculator(test_options(HpaVersion::v1_33));
  const auto pods = [](std::size_t count, std::vector<Kind> kinds = {}) {
    return pods_of(count, {}, {}, kinds).pods;
  };
  const auto by_value = [&](std::int32_t current, std::int64_t value, std::int64_t target,
                            const std::vector<PodObservation>& list) {
    return calculator.by_value(current, value, target, list).replicas;
  };
  CHECK(by_value(3, 20000, 15000, pods(3)) == 4);
  CHECK(by_value(3, 50000, 10000, pods(3, {kUnready, kUsual, kUnready})) == 5);
  CHECK(by_value(3, 8600, 4400, pods(3, {kUnready, kUsual, kUnready})) == 2);
  CHECK(by_value(5, 12000, 20000, pods(5)) == 3);
  CHECK(by_value(5, 8600, 14334, pods(5)) == 3);
  CHECK(by_value(3, 20666, 20000, pods(3)) == 3);
  CHECK(by_value(3, 8600, 8888, pods(3)) == 3);
  CHECK(by_value(3, kLargest, 1, pods(3)) == 2147483647);
  CHECK(by_value(0, 0, 15000, {}) == 0);  // from nothing, neither tolerance nor pods count
  CHECK(by_value(0, 16000, 15000, {}) == 2);
  CHECK(calculator.by_value(3, 50000, 15000, {}).error == MetricError::no_pods);

  const auto per_pod = [&](std::int32_t existing, std::int64_t value, std::int64_t target) {
    const Recommendation found = calculator.by_value_per_pod(existing, value, target);
    return std::pair(found.replicas, found.average);
  };
  CHECK(per_pod(3, 20000, 5000) == std::pair(4, std::int64_t{6667}));
  CHECK(per_pod(3, 8600, 2150) == std::pair(4, std::int64_t{2867}));
  CHECK(per_pod(5, 6000, 2000) == std::pair(3, std::int64_t{1200}));
  CHECK(per_pod(5, 8600, 2867) == std::pair(3, std::int64_t{1720}));
  CHECK(per_pod(4, 20166, 5000) == std::pair(4, std::int64_t{5042}));
  CHECK(per_pod(3, 8600, 2900) == std::pair(3, std::int64_t{2867}));
  CHECK(per_pod(1, kLargest, 1) == std::pair(2147483647, kLargest));
  CHECK(per_pod(1, kLargest, kLargest) == std::pair(1, kLargest));
  CHECK(per_pod(0, 9000, 2000).first == 5);  // nothing to compare with
  CHECK(per_pod(0, 0, 2000).first == 0);
}

TEST_CASE("hpa_replicas: tolerances of each direction from 1.33 on", "[scaling]") {
  const auto replicas = [](double down, double up, std::vector<std::int64_t> levels) {
    HpaReplicas::Options options = test_options(HpaVersion::v1_33);
    options.tolerance_down = down;
    options.tolerance_up = up;
    const Pods given = pods_of(3, levels, {900, 1000, 1100}, {});
    return HpaReplicas(options).by_utilization(kNow, 3, 100, given.pods, given.metrics()).replicas;
  };
  CHECK(replicas(0, 0, {909, 1010, 1111}) == 4);
  CHECK(replicas(0.1, 2, {1890, 1910, 1900}) == 3);
  CHECK(replicas(2, 0.08, {1100, 1080, 1090}) == 4);
  CHECK(replicas(0.36, 0.1, {660, 640, 650}) == 3);
  CHECK(replicas(0.34, 0.1, {660, 640, 650}) == 2);

  HpaReplicas::Options narrow = test_options(HpaVersion::v1_33);
  narrow.tolerance_up = 0.01;
  const HpaReplicas calculator(narrow);
  const Pods qps = pods_of(3, {20000, 21000, 21000}, {}, {});
  CHECK(calculator.by_average(kNow, 3, 20000, qps.pods, qps.metrics()).replicas == 4);
  CHECK(calculator.by_value(3, 20666, 20000, qps.pods).replicas == 4);
  CHECK(calculator.by_value_per_pod(4, 20208, 5000).replicas == 5);
  CHECK(calculator.by_value(3, 8900, 8800, qps.pods).replicas == 4);
  CHECK(calculator.by_value_per_pod(3, 8600, 2800).replicas == 4);
}

TEST_CASE("hpa_replicas: a ratio of just 1.1 is within the tolerance from 1.33 on", "[scaling]") {
  // |1 - 1.1| is 0.10000000000000009 in doubles.
  CHECK_FALSE(HpaReplicas(test_options(HpaVersion::v1_26)).is_within(1.1));
  CHECK(HpaReplicas(test_options(HpaVersion::v1_33)).is_within(1.1));
  CHECK(HpaReplicas(test_options(HpaVersion::v1_26)).is_within(0.9));
}

TEST_CASE("hpa_replicas: which pods are judged as in TestGroupPods", "[scaling]") {
  const HpaReplicas calculator(test_options(HpaVersion::v1_33));
  struct Case {
    const char* name;
    Readiness readiness;
    std::optional<std::int64_t> age;
    std::int64_t transition_age;
    std::int64_t sample_age;
    std::int64_t window;
    bool judged;
  };
  // A very old sample stands for the zero time of the Go tests.
  const std::int64_t old = 1000 * kMinute;
  const std::vector<Case> cases = {
      {"no condition", Readiness::none, 0, 0, old, 0, false},
      {"not started", Readiness::ready, std::nullopt, 0, 0, 0, false},
      {"fresh sample while starting", Readiness::ready, kMinute, 30 * kSecond, 0, 30 * kSecond,
       true},
      {"window reaches back before ready", Readiness::ready, kMinute, 30 * kSecond, 0, kMinute,
       false},
      {"never ready", Readiness::not_ready, 10 * kMinute, 9 * kMinute + 54 * kSecond, old, 0,
       false},
      {"stale sample of an old pod", Readiness::ready, 3 * kMinute, 3 * kMinute, 2 * kMinute,
       kMinute, true},
      {"was ready once", Readiness::not_ready, 10 * kMinute, 9 * kMinute, old, 0, true},
      {"at the very delay", Readiness::not_ready, 10 * kMinute, 9 * kMinute + 50 * kSecond, old, 0,
       true},
      {"unknown is not false", Readiness::unknown, 10 * kMinute, 9 * kMinute + 54 * kSecond, 0, 0,
       true},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    PodObservation pod;
    pod.readiness = one.readiness;
    if (one.age) pod.started = kNow - *one.age;
    pod.readiness_changed = kNow - one.transition_age;
    pod.request = 1000;
    const std::vector<PodObservation> pods{pod};
    const std::vector<std::optional<PodSample>> samples{
        PodSample{1000, kNow - one.sample_age, one.window}};
    const PodMetrics metrics{samples, {}, {}};
    const auto error = calculator.by_utilization(kNow, 1, 50, pods, metrics).error;
    CHECK(error == (one.judged ? MetricError::none : MetricError::no_metrics));
    // Memory and other metrics do not mind.
    CHECK(calculator.by_utilization(kNow, 1, 50, pods, metrics, false).error == MetricError::none);
    CHECK(calculator.by_average(kNow, 1, 50, pods, metrics).error == MetricError::none);
  }
}

TEST_CASE("hpa_replicas: what cannot be calculated is an error", "[scaling]") {
  const HpaReplicas calculator(test_options(HpaVersion::v1_23));
  const Pods fine = pods_of(1, {200}, {1000}, {});
  const auto error = [&](std::int32_t target, const Pods& given) {
    return calculator.by_utilization(kNow, 1, target, given.pods, given.metrics()).error;
  };
  CHECK(error(100, fine) == MetricError::none);
  CHECK(error(0, fine) == MetricError::invalid_target);
  CHECK(error(-5, fine) == MetricError::invalid_target);
  CHECK(error(100, pods_of(0, {}, {}, {})) == MetricError::no_pods);
  CHECK(error(100, pods_of(4, {}, {1000, 1000, 1000, 1000}, {})) == MetricError::no_metrics);
  CHECK(error(100, pods_of(1, {200}, {}, {})) == MetricError::missing_request);
  CHECK(error(100, pods_of(1, {200}, {0}, {})) == MetricError::no_requests);
  CHECK(error(100, pods_of(2, {200}, {1000}, {kUsual, kFailed})) == MetricError::missing_request);
  // Metrics of other pods only: TestReplicaCalcDisjointResourcesMetrics.
  Pods disjoint = pods_of(1, {}, {1000}, {});
  disjoint.strangers = {100};
  CHECK(error(100, disjoint) == MetricError::no_requests);
  CHECK(calculator.by_average(kNow, 1, 0, fine.pods, fine.metrics()).error ==
        MetricError::invalid_target);
  CHECK(calculator.by_value(1, 5, 0, fine.pods).error == MetricError::invalid_target);
  CHECK(calculator.by_value_per_pod(1, 5, -1).error == MetricError::invalid_target);
  CHECK(calculator.by_average(kNow, 1, 5, {}, {}).error == MetricError::no_pods);
  CHECK(calculator.by_average(kNow, 1, 5, pods_of(1, {}, {}, {}).pods, {}).error ==
        MetricError::no_metrics);
}

TEST_CASE("hpa_replicas: requests of another resource stand in for those of CPU", "[scaling]") {
  const HpaReplicas calculator(test_options(HpaVersion::v1_23));
  const Pods given = pods_of(2, {600, 600}, {1000, 1000}, {});
  const std::vector<std::optional<std::int64_t>> memory{400, 400};
  const PodMetrics metrics{given.samples, {}, memory};
  CHECK(calculator.by_utilization(kNow, 2, 100, given.pods, metrics, false).utilization == 150);
}

// The same in the form of the product: maps by name, filled in and summed up again.
std::int32_t naive(std::int64_t now, std::int32_t current, std::int32_t target, const Pods& given,
                   bool& failed) {
  std::map<std::size_t, std::int64_t> metrics;
  std::set<std::size_t> unready;
  std::set<std::size_t> missing;
  std::size_t ready = 0;
  failed = false;
  for (std::size_t i = 0; i < given.pods.size(); ++i) {
    const PodObservation& pod = given.pods[i];
    if (pod.deleting || pod.phase == PodPhase::failed) continue;
    if (pod.phase == PodPhase::pending) {
      unready.insert(i);
      continue;
    }
    if (!given.samples[i]) {
      missing.insert(i);
      continue;
    }
    const bool no = pod.readiness == Readiness::not_ready;
    const bool starting =
        *pod.started + 2 * kMinute > now
            ? no || given.samples[i]->at < pod.readiness_changed + given.samples[i]->window
            : no && *pod.started + 10 * kSecond > pod.readiness_changed;
    if (starting) {
      unready.insert(i);
    } else {
      metrics[i] = given.samples[i]->value;
      ++ready;
    }
  }
  if (metrics.empty()) {
    failed = true;
    return 0;
  }
  const auto ratio_of = [&] {
    std::int64_t usage = 0;
    std::int64_t requests = 0;
    for (const auto& [i, value] : metrics) {
      usage += value;
      requests += *given.pods[i].request;
    }
    return static_cast<double>(usage * 100 / requests) / target;
  };
  const double ratio = ratio_of();
  const bool up = !unready.empty() && ratio > 1;
  if (!up && missing.empty())
    return std::abs(1 - ratio) <= 0.1
               ? current
               : static_cast<std::int32_t>(std::ceil(ratio * static_cast<double>(ready)));
  for (const std::size_t i : missing) {
    if (ratio < 1) metrics[i] = *given.pods[i].request;
    if (ratio > 1) metrics[i] = 0;
  }
  if (up)
    for (const std::size_t i : unready) metrics[i] = 0;
  const double again = ratio_of();
  if (std::abs(1 - again) <= 0.1 || (ratio < 1 && again > 1) || (ratio > 1 && again < 1))
    return current;
  const auto wanted =
      static_cast<std::int32_t>(std::ceil(again * static_cast<double>(metrics.size())));
  return (again < 1 && wanted > current) || (again > 1 && wanted < current) ? current : wanted;
}

TEST_CASE("hpa_replicas: agrees with a form that fills in maps", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto count = *rc::gen::inRange<std::size_t>(1, 12);
    const auto target = *rc::gen::inRange(1, 100);
    const auto current = *rc::gen::inRange(1, 15);
    Pods given;
    for (std::size_t i = 0; i < count; ++i) {
      PodObservation pod;
      pod.phase = *rc::gen::element(PodPhase::running, PodPhase::running, PodPhase::running,
                                    PodPhase::pending, PodPhase::failed);
      pod.deleting = *rc::gen::inRange(0, 8) == 0;
      pod.readiness = *rc::gen::element(Readiness::ready, Readiness::ready, Readiness::not_ready);
      const std::int64_t age = *rc::gen::inRange<std::int64_t>(0, 240) * kSecond;
      pod.started = kNow - age;
      pod.readiness_changed = *pod.started + *rc::gen::inRange<std::int64_t>(0, 40) * kSecond;
      pod.request = *rc::gen::inRange<std::int64_t>(1, 1000);
      given.pods.push_back(pod);
      std::optional<PodSample> sample;
      if (*rc::gen::inRange(0, 5) != 0)
        sample = PodSample{*rc::gen::inRange<std::int64_t>(0, 2000),
                           kNow - *rc::gen::inRange<std::int64_t>(0, 60) * kSecond,
                           *rc::gen::element<std::int64_t>(15, 30, 60) * kSecond};
      given.samples.push_back(sample);
    }
    bool failed = false;
    const std::int32_t expected = naive(kNow, current, target, given, failed);
    const Recommendation found =
        HpaReplicas(test_options(HpaVersion::v1_23))
            .by_utilization(kNow, current, target, given.pods, given.metrics());
    RC_ASSERT((found.error == MetricError::no_metrics) == failed);
    if (!failed) RC_ASSERT(found.replicas == expected);
  }));
}

}  // namespace
}  // namespace highwater::scaling::hpa_replicas_test
