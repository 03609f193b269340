// Nanoseconds a decision of membership: a heartbeat and a look at it, a renewal of a lease; of a
// cluster, an interval of one member with all the packets that belong to it.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/membership/membership.h"

namespace {

using namespace highwater::membership;

constexpr std::uint32_t kMembers = 32;
constexpr std::int64_t kSecond = 1'000'000'000;

struct SplitMix {
  std::uint64_t state = 1;
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

void phi_accrual(benchmark::State& state, PhiFormula formula) {
  PhiOptions options;
  options.formula = formula;
  PhiAccrual detector(options);
  SplitMix random;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += kSecond + static_cast<std::int64_t>(random.bits() % 100'000'000);
    benchmark::DoNotOptimize(detector.phi(now));
    detector.heartbeat(now);
  }
}

void lease(benchmark::State& state) {
  LeaseStore store;
  LeaseHolder holder{LeaseOptions{}};
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 10 * kSecond;
    holder.sent(now);
    holder.answered(store.acquire(now, 1, 30 * kSecond));
    benchmark::DoNotOptimize(holder.believes(now));
  }
}

void hybrid_clock(benchmark::State& state) {
  HybridClock mine, other;
  std::int64_t now = 0;
  for (auto _ : state) {
    ++now;
    benchmark::DoNotOptimize(mine.receive(now, other.now(now)));
  }
}

/// Intervals of a second of a cluster in which nobody fails.
template <class Cluster, class Event>
void intervals(benchmark::State& state, Cluster& cluster) {
  std::vector<Event> events;
  for (auto _ : state) {
    cluster.run(cluster.now() + kSecond, events);
    events.clear();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(cluster.size()));
}

void swim(benchmark::State& state) {
  SwimCluster<SplitMix> cluster(SwimOptions::lan(), NetworkOptions{}, kMembers, SplitMix{});
  cluster.start_complete(kMembers);
  intervals<SwimCluster<SplitMix>, SwimCluster<SplitMix>::Event>(state, cluster);
}

void ringpop(benchmark::State& state) {
  std::vector<std::string> addresses;
  for (std::uint32_t i = 0; i < kMembers; ++i)
    addresses.push_back("10.0.0." + std::to_string(i) + ":3000");
  RingpopCluster<SplitMix> cluster(RingpopOptions{}, NetworkOptions{}, addresses, SplitMix{});
  cluster.start_complete(kMembers);
  intervals<RingpopCluster<SplitMix>, RingpopCluster<SplitMix>::Event>(state, cluster);
}

void raft(benchmark::State& state, const RaftOptions& options) {
  RaftCluster<SplitMix> cluster(options, NetworkOptions{}, 5, SplitMix{});
  intervals<RaftCluster<SplitMix>, RaftCluster<SplitMix>::Change>(state, cluster);
}

BENCHMARK_CAPTURE(phi_accrual, hayashibara, PhiFormula::hayashibara)
    ->Name("membership/phi_hayashibara");
BENCHMARK_CAPTURE(phi_accrual, akka, PhiFormula::akka)->Name("membership/phi_akka");
BENCHMARK_CAPTURE(phi_accrual, cassandra, PhiFormula::cassandra)->Name("membership/phi_cassandra");
BENCHMARK(lease)->Name("membership/lease");
BENCHMARK(hybrid_clock)->Name("membership/hybrid_clock");
BENCHMARK(swim)->Name("membership/swim");
BENCHMARK(ringpop)->Name("membership/ringpop");
BENCHMARK_CAPTURE(raft, paper, RaftOptions::paper())->Name("membership/raft");
BENCHMARK_CAPTURE(raft, etcd, RaftOptions::etcd())->Name("membership/raft_etcd");

}  // namespace
