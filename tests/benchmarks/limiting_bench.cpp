// Nanoseconds a decision of every limiter, alone and in a table of 100,000 keys of which any is
// asked for. Requests come at about the rate that is let through, so that both ways are taken.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "models/algorithms/limiting/policy.h"

namespace {

using namespace highwater::limiting;

struct SplitMix {
  std::uint64_t state = 1;
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

constexpr std::uint32_t kKeys = 100'000;

/// About 100 requests a second are let through.
Options hundred_a_second() {
  Options options;
  options.token_bucket = {100, 10};
  options.juju_bucket = {kSecond / 100, 1, 10};
  options.bucket4j = {10, 100, kSecond};
  options.gcra = {100, kSecond, 10};
  options.leaky_bucket = {100, 10};
  options.uber_ratelimit = {100, kSecond, 10};
  options.window = {100, kSecond};
  options.aligned_window = {{100, kSecond}, 0};
  options.sliding_window.window = {100, kSecond};
  options.rate_limiter_flexible = {100, kSecond};
  options.nginx_limit_req = {100'000, 10, 0, true};
  options.envoy_local_rate_limit = {10, 10, kSecond / 10};
  options.resilience4j_rate_limiter = {100, kSecond, 0};
  options.concurrency_limit = {10};
  return options;
}

/// Steps between requests, drawn beforehand: 5 ms on average.
const std::vector<std::int64_t>& steps() {
  static const std::vector<std::int64_t> drawn = [] {
    SplitMix random;
    std::vector<std::int64_t> list(4096);
    for (std::int64_t& step : list) step = static_cast<std::int64_t>(random.bits() % 10'000'000);
    return list;
  }();
  return drawn;
}

void single(benchmark::State& state, Policy policy) {
  const auto limiter = make_limiter(policy, hundred_a_second());
  const std::vector<std::int64_t>& apart = steps();
  std::int64_t now = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    now += apart[i++ % apart.size()];
    benchmark::DoNotOptimize(limiter->admit(now));
    if (i % 16 == 0) limiter->finish(now);
  }
}

void keyed(benchmark::State& state, Policy policy) {
  const auto limiter = make_keyed_limiter(policy, hundred_a_second(), {kKeys});
  const std::vector<std::int64_t>& apart = steps();
  SplitMix random;
  std::int64_t now = 0;
  for (std::uint64_t key = 0; key < kKeys; ++key) limiter->admit(key, 0);
  std::size_t i = 0;
  for (auto _ : state) {
    now += apart[i++ % apart.size()] / kKeys;
    benchmark::DoNotOptimize(limiter->admit(random.bits() % kKeys, now));
  }
}

[[maybe_unused]] const bool registered = [] {
  for (const PolicyInfo& info : kPolicies) {
    const std::string name(info.name);
    benchmark::RegisterBenchmark(("limiting/" + name).c_str(), single, info.policy);
    benchmark::RegisterBenchmark(("limiting/keyed/" + name).c_str(), keyed, info.policy);
  }
  return true;
}();

}  // namespace
