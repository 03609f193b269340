// Requests a second and bytes an entry of every eviction policy, in a cache of 100,000 entries
// under Zipf(0.99) over two million keys. A request is a look-up, and a store on a miss.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/caching/policy.h"

namespace {

using namespace highwater::caching;

struct SplitMix {
  std::uint64_t state = 1;
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

constexpr std::size_t kCapacity = 100'000;

/// Drawn once for all benchmarks. The keys are spread, so that none is a small number.
const std::vector<std::uint64_t>& zipf_trace() {
  static const std::vector<std::uint64_t> trace = [] {
    constexpr std::size_t kKeys = 2'000'000;
    constexpr std::size_t kRequests = 8'000'000;
    std::vector<double> sums(kKeys);
    double sum = 0;
    for (std::size_t i = 0; i < kKeys; ++i) {
      sum += std::pow(static_cast<double>(i + 1), -0.99);
      sums[i] = sum;
    }
    SplitMix random;
    std::vector<std::uint64_t> keys(kRequests);
    for (std::uint64_t& key : keys) {
      const double point = static_cast<double>(random.bits() >> 11) * 0x1p-53 * sum;
      const auto rank = std::lower_bound(sums.begin(), sums.end(), point) - sums.begin();
      key = static_cast<std::uint64_t>(rank) * 0x9e3779b97f4a7c15;
    }
    return keys;
  }();
  return trace;
}

template <class C>
bool request(C& cache, std::uint64_t key, SplitMix& random) {
  if (cache.lookup(key, 0).outcome == Outcome::hit) return true;
  if constexpr (requires { cache.insert({.key = key}, 0, random); }) {
    cache.insert({.key = key}, 0, random);
  } else {
    cache.insert({.key = key}, 0);
  }
  return false;
}

template <class C>
void replay(benchmark::State& state, C cache) {
  const std::vector<std::uint64_t>& trace = zipf_trace();
  SplitMix random;
  std::size_t next = 0;
  while (next < trace.size() / 4) request(cache, trace[next++], random);
  std::uint64_t hits = 0;
  std::uint64_t requests = 0;
  for (auto _ : state) {
    hits += request(cache, trace[next], random);
    ++requests;
    if (++next == trace.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["hit_ratio"] = static_cast<double>(hits) / static_cast<double>(requests);
  state.counters["bytes_per_entry"] = static_cast<double>(cache.bytes()) /
                                      static_cast<double>(std::max<std::uint64_t>(cache.size(), 1));
}

template <class C>
void BM_policy(benchmark::State& state) {
  replay(state, C(kCapacity));
}
BENCHMARK(BM_policy<Lru>);
BENCHMARK(BM_policy<Fifo>);
BENCHMARK(BM_policy<Clock>);
BENCHMARK(BM_policy<Sieve>);
BENCHMARK(BM_policy<Lfu>);
BENCHMARK(BM_policy<Arc>);
BENCHMARK(BM_policy<TwoQueue>);
BENCHMARK(BM_policy<Slru>);
BENCHMARK(BM_policy<S3Fifo>);
BENCHMARK(BM_policy<WTinyLfu>);
BENCHMARK(BM_policy<Memcached>);
BENCHMARK(BM_policy<Random>);
BENCHMARK(BM_policy<Worst>);

/// The same through the facade that models use, whatever the policy.
void BM_facade(benchmark::State& state) {
  const PolicyInfo& info = kPolicies.at(static_cast<std::size_t>(state.range(0)));
  state.SetLabel(std::string(info.name));
  replay(state, Cache(info.policy, kCapacity));
}
BENCHMARK(BM_facade)->DenseRange(0, static_cast<int>(kPolicies.size()) - 1);

}  // namespace
