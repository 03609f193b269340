// Nanoseconds a decision of storage.

#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/kernel/random.h"
#include "models/algorithms/storage/storage.h"

namespace {

using namespace highwater;
using namespace highwater::storage;

/// Which of three replicas are asked, and whether those that answered are enough.
void consistency(benchmark::State& state) {
  const std::vector<std::uint32_t> replicas{3};
  const std::vector<std::uint32_t> answered{2};
  std::vector<std::uint32_t> candidates{2, 0, 1};
  const ReplicasByCenter levels(replicas, 0);
  const auto center_of = [](std::uint32_t) { return 0u; };
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        levels.choose_contacts(Consistency::quorum, candidates, center_of, false));
    benchmark::DoNotOptimize(levels.is_met(Consistency::quorum, answered));
  }
  state.SetItemsProcessed(state.iterations() * 2);
}

/// Three replicas put in order.
void snitch_sort(benchmark::State& state) {
  RandomStream random(1, "bench", "snitch");
  DynamicSnitch snitch({.badness_threshold = 0.1}, 12);
  for (std::uint32_t i = 0; i < 1'200; ++i)
    snitch.received(0, i % 12, static_cast<std::int64_t>(1 + i % 7) * 1'000'000, random);
  const std::vector<std::uint32_t> plain{3, 7, 11};
  std::vector<std::uint32_t> replicas;
  for (auto _ : state) {
    replicas = plain;
    snitch.sort(1'000'000'000, replicas);
    benchmark::DoNotOptimize(replicas.data());
  }
  state.SetItemsProcessed(state.iterations());
}

/// A read measured, ten thousand a second over twelve nodes, updates included.
void snitch_received(benchmark::State& state) {
  RandomStream random(1, "bench", "snitch");
  DynamicSnitch snitch({}, 12);
  std::int64_t now = 0;
  std::uint32_t node = 0;
  for (auto _ : state) {
    now += 100'000;
    node = node == 11 ? 0 : node + 1;
    snitch.received(now, node, 2'000'000 + now % 5'000'000, random);
  }
  state.SetItemsProcessed(state.iterations());
}

/// A read begun and answered, a thousand a second, updates included.
void retry(benchmark::State& state) {
  SpeculativeRetry retry({});
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    benchmark::DoNotOptimize(retry.threshold(now));
    retry.answered(now, 2'000'000 + now % 5'000'000);
  }
  state.SetItemsProcessed(state.iterations() * 2);
}

/// A hint kept and taken.
void hints(benchmark::State& state) {
  HintStore<std::uint64_t> store({}, 2);
  std::int64_t now = 0;
  for (; now < 1'000; ++now) store.keep(now, 1);
  for (auto _ : state) {
    store.keep(++now, 1);
    store.expire(now, [](std::uint64_t) {});
    benchmark::DoNotOptimize(store.take());
  }
  state.SetItemsProcessed(state.iterations() * 2);
}

/// A request to a table of 64 partitions, at twice its rate.
void dynamo(benchmark::State& state) {
  DynamoOptions options;
  options.read_capacity = 50'000;
  options.write_capacity = 50'000;
  options.partitions = 64;
  DynamoTable table(options);
  std::int64_t now = 0;
  std::uint64_t hash = 0;
  for (auto _ : state) {
    now += 10'000;
    hash += 0x9e3779b97f4a7c15;
    benchmark::DoNotOptimize(table.request(now, hash, DynamoUnits::write(1'024)));
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(consistency);
BENCHMARK(snitch_sort);
BENCHMARK(snitch_received);
BENCHMARK(retry);
BENCHMARK(hints);
BENCHMARK(dynamo);

}  // namespace
