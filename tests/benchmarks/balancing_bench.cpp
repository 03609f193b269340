// Speed of balancing: a pick and the end of its request, for 10, 100 and 1,000 targets. Loads stay
// at zero, which is no policy's best or worst case.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/balancing/policy.h"

namespace highwater::balancing {
namespace {

struct Bits {
  std::uint64_t state = 1;
  std::uint64_t bits() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
};

void pick_and_finish(benchmark::State& state, Policy policy) {
  std::vector<Target> targets;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    targets.push_back({.name = "10.0.0." + std::to_string(i) + ":80",
                       .weight = static_cast<std::uint32_t>(1 + i % 3)});
  const auto balancer = make_balancer(policy, targets);
  const std::vector<std::string> keys{"10.1.2.3", "10.9.8.7", "192.168.0.44", "172.16.5.250"};
  Bits bits;
  std::int64_t now = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    now += 1'000'000;
    const Pick picked = balancer->pick({.now = now, .key = keys[i++ % keys.size()]}, bits);
    balancer->finish(*picked, {.now = now + 500'000, .latency = 500'000});
  }
  state.SetItemsProcessed(state.iterations());
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const PolicyInfo& info : kPolicies)
    benchmark::RegisterBenchmark(("balancing/" + std::string(info.name)).c_str(), pick_and_finish,
                                 info.policy)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1000);
  return true;
}();

}  // namespace
}  // namespace highwater::balancing
