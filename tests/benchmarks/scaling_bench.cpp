// Speed of scaling: one round of an autoscaler with 10, 100 and 1000 pods under a load that comes
// and goes, so that limits, windows and policies are at work. Items are pods looked at.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/scaling/scaling.h"

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

// Pods that run since long; each has the load and a tenth of it more or less.
std::vector<PodObservation> pods_under(std::int64_t load, std::int64_t count) {
  std::vector<PodObservation> pods;
  for (std::int64_t i = 0; i < count; ++i) {
    PodObservation pod;
    pod.started = 0;
    pod.request = 1000;
    pod.cpu = PodSample{load + load * (i % 5 - 2) / 20, 0, 30 * kSecond};
    pod.request_rate = pod.cpu;
    pod.concurrency = pod.cpu;
    pods.push_back(pod);
  }
  return pods;
}

// Step and simple scaling do nothing without policies.
ScalerOptions options() {
  StepPolicy out;
  out.alarm.threshold = 80;
  out.steps = {{0, 20, 1}, {20, std::nullopt, 3}};
  StepPolicy in;
  in.alarm.threshold = 40;
  in.alarm.comparison = AlarmComparison::less_than_threshold;
  in.steps = {{std::nullopt, 0, -1}};
  ScalerOptions options;
  options.kpa.target = 1;
  options.step_scaling.policies = {out, in};
  options.simple_scaling.policies = {{out.alarm, {AdjustmentType::change_in_capacity, 2, 0}, {}},
                                     {in.alarm, {AdjustmentType::change_in_capacity, -1, 0}, {}}};
  return options;
}

void decide(benchmark::State& state, ScalerPolicy policy) {
  const auto scaler = make_scaler(policy, options());
  const std::int64_t count = state.range(0);
  const std::vector<std::vector<PodObservation>> loads = {
      pods_under(300, count), pods_under(850, count), pods_under(1900, count)};
  Observation seen{.now = 1000 * kSecond,
                   .replicas = static_cast<std::uint32_t>(count),
                   .ready_replicas = static_cast<std::uint32_t>(count),
                   .pods = {},
                   .metric = std::nullopt};
  std::size_t i = 0;
  for (auto _ : state) {
    seen.now += scaler->period();
    const std::size_t load = i++ / 40 % loads.size();
    seen.pods = loads[load];
    seen.metric = static_cast<double>(20 + 40 * load);
    benchmark::DoNotOptimize(scaler->decide(seen));
  }
  state.SetItemsProcessed(state.iterations() * count);
}

// Nodes of four CPUs with one pod on each; a fifth of them could be spared.
void scan(benchmark::State& state) {
  ClusterAutoscaler::Options options;
  options.groups.resize(1);  // as large as the nodes below
  ClusterAutoscaler scaler(options);
  std::vector<ClusterNode> nodes;
  std::vector<ClusterPod> pods;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    nodes.emplace_back().id = static_cast<std::uint64_t>(i);
    pods.push_back(
        {.requests = {i % 5 == 0 ? 1500 : 3000, 4000, 1}, .node = static_cast<std::uint32_t>(i)});
  }
  Bits bits;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 10 * kSecond;
    benchmark::DoNotOptimize(scaler.scan(now, nodes, pods, bits));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// A whole rollout in which what was asked for is there at the next sync.
void roll_out(benchmark::State& state) {
  const auto replicas = static_cast<std::uint32_t>(state.range(0));
  std::int64_t syncs = 0;
  for (auto _ : state) {
    RollingUpdate update({});
    std::vector<ReplicaSet> sets(2);
    sets[0].replicas = replicas;
    std::int64_t now = 0;
    do {
      for (ReplicaSet& set : sets) set.created = set.ready = set.available = set.replicas;
      ++syncs;
    } while (update.sync(now += kSecond, replicas, sets));
  }
  state.SetItemsProcessed(syncs);
}

void invoke(benchmark::State& state) {
  LambdaConcurrency lambda({});
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 20'000'000;
    if (lambda.invoke(0, now) != LambdaOutcome::throttled_by_requests) lambda.finish(0, now, false);
  }
  state.SetItemsProcessed(state.iterations());
}

void evict(benchmark::State& state) {
  DisruptionBudget::Options half;
  half.min_available = IntOrPercent{50, true};
  DisruptionBudget budget(half);
  std::vector<BudgetPod> pods;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(state.range(0)); ++i)
    pods.emplace_back().id = i;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += kSecond;
    benchmark::DoNotOptimize(budget.update(now, pods, static_cast<std::uint32_t>(pods.size())));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(scan)->Name("scaling/cluster_autoscaler")->Arg(10)->Arg(100);
BENCHMARK(roll_out)->Name("scaling/rolling_update")->Arg(10)->Arg(100);
BENCHMARK(invoke)->Name("scaling/lambda_invoke");
BENCHMARK(evict)->Name("scaling/disruption_budget")->Arg(10)->Arg(100);

[[maybe_unused]] const bool kRegistered = [] {
  for (const ScalerPolicyInfo& info : kScalerPolicies)
    benchmark::RegisterBenchmark(("scaling/" + std::string(info.name)).c_str(), decide, info.policy)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1000);
  return true;
}();

}  // namespace
}  // namespace highwater::scaling
