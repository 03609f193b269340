// Speed of resilience: one decision and what follows it. Calls come every 40 ms; of 500 in a row
// four in five fail, of the next 500 one in twenty, so that breakers open and close.

#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "models/algorithms/resilience/resilience.h"

namespace highwater::resilience {
namespace {

constexpr std::int64_t kMs = 1'000'000;

std::uint64_t next_bits(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

void admit_and_report(benchmark::State& state, BreakerPolicy policy) {
  const auto breaker = make_breaker(policy);
  std::uint64_t bits = 1;
  std::int64_t now = 0;
  std::uint64_t i = 0;
  for (auto _ : state) {
    now += 40 * kMs;
    const bool is_bad = i++ / 500 % 2 == 0;
    const bool fails = next_bits(bits) % 100 < (is_bad ? 80 : 5);
    const Admission as = breaker->admit(now);
    if (goes_out(as)) {
      if (fails) {
        breaker->failed(as, now, kMs);
      } else {
        breaker->succeeded(as, now, kMs);
      }
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void next_pause(benchmark::State& state, BackoffKind kind) {
  Backoff backoff(kind);
  std::uint64_t i = 0;
  for (auto _ : state) {
    if (i++ % 8 == 0) backoff.reset();
    benchmark::DoNotOptimize(backoff.next(static_cast<double>(i % 64) / 64));
  }
  state.SetItemsProcessed(state.iterations());
}

template <class Limit>
void limit_retries(benchmark::State& state) {
  Limit own;
  RetryLimit* limit = &own;
  benchmark::DoNotOptimize(limit);  // called as in a simulation: through its interface
  std::int64_t now = 0;
  std::uint64_t i = 0;
  for (auto _ : state) {
    now += kMs;
    const bool fails = i++ % 5 == 0;
    limit->began(now, {});
    limit->ended(now, {}, fails ? TryResult::failed : TryResult::ok);
    if (fails && limit->may_retry(now, TryResult::failed)) {
      const Try retry{true, TryResult::failed};
      limit->began(now, retry);
      limit->ended(now, retry, TryResult::ok);
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(limit_retries, GrpcRetryThrottle)->Name("resilience/grpc_retry_throttle");
BENCHMARK_TEMPLATE(limit_retries, GrpcMilliThrottle)->Name("resilience/grpc_milli_throttle");
BENCHMARK_TEMPLATE(limit_retries, FinagleRetryBudget)->Name("resilience/finagle_retry_budget");
BENCHMARK_TEMPLATE(limit_retries, LinkerdRetryBudget)->Name("resilience/linkerd_retry_budget");
BENCHMARK_TEMPLATE(limit_retries, EnvoyRetryBudget)->Name("resilience/envoy_retry_budget");
BENCHMARK_TEMPLATE(limit_retries, AwsRetryQuota)->Name("resilience/aws_retry_quota");
BENCHMARK_TEMPLATE(limit_retries, RetryRatio)->Name("resilience/retry_ratio");

void hedge(benchmark::State& state) {
  HedgeDelay delay(*parse_speculative_retry("99p"));
  HedgeBudget budget(0.05, 10);
  std::uint64_t bits = 1;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += kMs;
    budget.request();
    const auto latency = static_cast<std::int64_t>(next_bits(bits) % 100'000'000);
    const auto after = delay.delay(now);
    benchmark::DoNotOptimize(after && latency > *after && budget.may_hedge());
    delay.observe(now, latency);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hedge)->Name("resilience/hedge");

void enter_and_leave(benchmark::State& state, BulkheadKind kind) {
  BulkheadOptions options = Bulkhead::info(kind).defaults;
  options.max_concurrent = options.max_threads = 4;
  Bulkhead bulkhead(kind, options);
  std::uint64_t bits = 1;
  std::int64_t now = 0;
  std::uint64_t call = 0;
  for (auto _ : state) {
    now += kMs;
    if (next_bits(bits) % 2 == 0 && bulkhead.running() > 0) {
      benchmark::DoNotOptimize(bulkhead.leave(now));
    } else {
      benchmark::DoNotOptimize(bulkhead.enter(now, call++));
    }
  }
  state.SetItemsProcessed(state.iterations());
}

[[maybe_unused]] const bool kRegistered = [] {
  const auto name = [](std::string_view of) { return "resilience/" + std::string(of); };
  for (const BreakerInfo& info : kBreakers)
    benchmark::RegisterBenchmark(name(info.name).c_str(), admit_and_report, info.policy);
  for (const BackoffInfo& info : kBackoffs)
    benchmark::RegisterBenchmark(name("backoff_" + std::string(info.name)).c_str(), next_pause,
                                 info.kind);
  for (const BulkheadInfo& info : kBulkheads)
    benchmark::RegisterBenchmark(name("bulkhead_" + std::string(info.name)).c_str(),
                                 enter_and_leave, info.kind);
  return true;
}();

void deadline_header(benchmark::State& state) {
  std::int64_t now = 0;
  for (auto _ : state) {
    now += kMs;
    const Deadline child = Deadline::in(now, 500 * kMs).child(now + 7, 300 * kMs, kMs);
    benchmark::DoNotOptimize(decode_grpc_timeout(encode_grpc_timeout(child.remaining(now)).view()));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(deadline_header)->Name("resilience/deadline_header");

}  // namespace
}  // namespace highwater::resilience
