// No autoscaler allocates once it has seen its busiest round: every allocation of this program is
// counted.

#include <cstdint>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/scaling/scaling.h"
#include "tests/support/counted_new.h"

namespace highwater::scaling {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Bits {
  std::uint64_t state = 1;
  std::uint64_t bits() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

std::vector<PodObservation> pods_under(std::int64_t load) {
  std::vector<PodObservation> pods(50);
  for (std::size_t i = 0; i < pods.size(); ++i) {
    pods[i].started = 0;
    pods[i].request = 1000;
    if (i % 7 != 0) pods[i].cpu = PodSample{load, 0, 30 * kSecond};
    pods[i].request_rate = pods[i].cpu;
    pods[i].concurrency = pods[i].cpu;
  }
  return pods;
}

ScalerOptions options() {
  StepPolicy out;
  out.alarm.threshold = 80;
  out.steps = {{0, std::nullopt, 3}};
  StepPolicy in;
  in.alarm.threshold = 40;
  in.alarm.comparison = AlarmComparison::less_than_threshold;
  in.steps = {{std::nullopt, 0, -2}};
  ScalerOptions options;
  options.kpa.target = 1;
  options.step_scaling.policies = {out, in};
  options.simple_scaling.policies = {{out.alarm, {AdjustmentType::change_in_capacity, 2, 0}, {}},
                                     {in.alarm, {AdjustmentType::change_in_capacity, -2, 0}, {}}};
  return options;
}

TEST_CASE("allocation: none by an autoscaler at work", "[scaling]") {
  for (const ScalerPolicyInfo& info : kScalerPolicies) {
    INFO(info.name);
    const auto scaler = make_scaler(info.policy, options());
    const std::vector<std::vector<PodObservation>> loads = {pods_under(100), pods_under(900),
                                                            pods_under(3000)};
    Observation seen{.now = 1000 * kSecond,
                     .replicas = 50,
                     .ready_replicas = 50,
                     .pods = {},
                     .metric = std::nullopt};
    const auto day = [&] {
      std::uint32_t changes = 0;
      const std::int64_t end = seen.now + 24 * 3600 * kSecond;
      while (seen.now < end) {
        seen.now += scaler->period();
        const auto load = static_cast<std::size_t>(seen.now / (1800 * kSecond)) % loads.size();
        seen.pods = loads[load];
        seen.metric = 20 + 40 * static_cast<double>(load);
        const std::uint32_t wanted = scaler->decide(seen).replicas;
        changes += wanted != seen.replicas;
        seen.replicas = seen.ready_replicas = wanted;
      }
      return changes;
    };
    day();
    const std::uint64_t before = allocations_so_far();
    const std::uint32_t changes = day();
    CHECK(allocations_so_far() == before);
    CHECK(changes > 0);
  }
}

TEST_CASE("allocation: none by a cluster that is looked at", "[scaling]") {
  ClusterAutoscaler::Options cluster;
  cluster.groups.resize(2);
  ClusterAutoscaler scaler(cluster);
  std::vector<ClusterNode> nodes;
  std::vector<ClusterPod> pods;
  for (std::uint32_t i = 0; i < 20; ++i) {
    nodes.push_back({.id = i});
    pods.push_back({.requests = {i % 5 == 0 ? 1500 : 3000, 4000, 1}, .node = i});
  }
  Bits bits;
  std::uint64_t last = 1000;
  std::int64_t now = 0;
  const auto hour = [&] {
    std::size_t removed = 0;
    for (int i = 0; i < 360; ++i) {
      for (const std::uint64_t id : scaler.scan(now += 10 * kSecond, nodes, pods, bits).removed) {
        ++removed;
        for (ClusterNode& node : nodes)
          if (node.id == id) node.id = ++last;  // another one takes its place, with as little to do
      }
    }
    return removed;
  };
  hour();
  const std::uint64_t before = allocations_so_far();
  CHECK(hour() > 0);
  CHECK(allocations_so_far() == before);
}

TEST_CASE("allocation: none by rollouts and budgets and invocations", "[scaling]") {
  RollingUpdate update({});
  std::vector<ReplicaSet> sets(2);
  const auto roll = [&] {
    sets.assign(2, {});
    sets[0].replicas = 20;
    int syncs = 0;
    do {
      for (ReplicaSet& set : sets) set.created = set.ready = set.available = set.replicas;
    } while (update.sync(++syncs * kSecond, 20, sets));
    return sets[1].replicas;
  };
  DisruptionBudget::Options half;
  half.min_available = IntOrPercent{50, true};
  DisruptionBudget budget(half);
  std::vector<BudgetPod> pods(20);
  for (std::size_t i = 0; i < pods.size(); ++i) pods[i].id = i;
  std::int64_t now = 0;
  LambdaConcurrency lambda({});
  const auto work = [&] {
    int cold = 0;
    for (int i = 0; i < 1000; ++i) {
      budget.update(now += kSecond, pods, 20);
      cold += lambda.invoke(0, now) == LambdaOutcome::cold;
      lambda.finish(0, now, false);
      if (i % 300 == 0) now += 700 * kSecond;
    }
    return cold;
  };
  roll();
  work();
  const std::uint64_t before = allocations_so_far();
  const std::uint32_t rolled = roll();
  const int cold = work();
  const std::uint64_t after = allocations_so_far();
  CHECK(after == before);
  CHECK(rolled == 20);
  CHECK(cold > 0);
}

}  // namespace
}  // namespace highwater::scaling
