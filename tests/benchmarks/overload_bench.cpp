// Nanoseconds a decision, or a sample, of overload control.

#include <cstdint>
#include <memory>
#include <utility>

#include <benchmark/benchmark.h>

#include "models/algorithms/resilience/resilience.h"

namespace {

using namespace highwater::resilience;
using highwater::AnyBits;

struct SplitMix {
  std::uint64_t state = 1;
  std::uint64_t bits() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

/// Feeds samples of 8 to 16 ms, 1 ms apart, one in a hundred dropped.
void sample(benchmark::State& state, ConcurrencyLimit& limit, SplitMix& random) {
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    const std::uint64_t bits = random.bits();
    limit.sample(now, 8'000'000 + static_cast<std::int64_t>(bits % 8'000'000), limit.limit(),
                 bits % 100 == 0, random);
    benchmark::DoNotOptimize(limit.limit());
  }
}

void aimd(benchmark::State& state) {
  SplitMix random;
  Aimd limit{AimdOptions{}};
  sample(state, limit, random);
}
void vegas(benchmark::State& state) {
  SplitMix random;
  Vegas limit(VegasOptions{}, random);
  sample(state, limit, random);
}
void gradient2(benchmark::State& state) {
  SplitMix random;
  Gradient2 limit{Gradient2Options{}};
  sample(state, limit, random);
}
void windowed_percentile(benchmark::State& state) {
  SplitMix random;
  WindowedLimit limit({.percentile = 0.9, .percentile_window_size = 1000},
                      std::make_unique<Gradient2>(Gradient2Options{}));
  sample(state, limit, random);
}

void limiter(benchmark::State& state) {
  SplitMix random;
  ConcurrencyLimiter limited(std::make_unique<Gradient2>(Gradient2Options{}), {0.7, 0.3});
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    const auto ticket = limited.acquire(now, random.bits() % 3);
    if (ticket) limited.release(*ticket, now + 9'000'000, Outcome::success, random);
  }
}

void adaptive_throttle(benchmark::State& state) {
  SplitMix random;
  AdaptiveThrottle throttle;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    const bool sent = throttle.admit(now, random);
    if (sent && random.bits() % 4 == 0) throttle.accepted(now);
  }
}
void envoy_admission_control(benchmark::State& state) {
  SplitMix random;
  EnvoyAdmissionControl control;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    if (control.admit(now, random)) control.record(now, random.bits() % 4 != 0);
  }
}

void codel(benchmark::State& state) {
  SplitMix random;
  Codel queue;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    benchmark::DoNotOptimize(
        queue.dequeue(now, static_cast<std::int64_t>(random.bits() % 200'000'000)));
  }
}
void folly_codel(benchmark::State& state) {
  SplitMix random;
  FollyCodel queue;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    benchmark::DoNotOptimize(
        queue.dequeue(now, static_cast<std::int64_t>(random.bits() % 200'000'000)));
  }
}
void adaptive_lifo(benchmark::State& state) {
  SplitMix random;
  AdaptiveLifo queue;
  std::int64_t now = 0;
  for (auto _ : state) {
    now += 1'000'000;
    const auto waiting = static_cast<std::uint32_t>(random.bits() % 100);
    const std::int64_t allowed = queue.enqueue(now, waiting);
    benchmark::DoNotOptimize(queue.order(now, waiting));
    benchmark::DoNotOptimize(queue.dequeue(now, 6'000'000, allowed, waiting));
  }
}
void shed(benchmark::State& state) {
  SplitMix random;
  const Shedder shedder;
  for (auto _ : state) {
    const std::uint64_t bits = random.bits();
    const double pressure = static_cast<double>(bits % 1000) / 1000;
    benchmark::DoNotOptimize(shedder.admit(static_cast<Criticality>(bits >> 62), pressure, random));
  }
}

BENCHMARK(aimd)->Name("overload/aimd");
BENCHMARK(vegas)->Name("overload/vegas");
BENCHMARK(gradient2)->Name("overload/gradient2");
BENCHMARK(windowed_percentile)->Name("overload/windowed_percentile");
BENCHMARK(limiter)->Name("overload/concurrency_limiter");
BENCHMARK(adaptive_throttle)->Name("overload/adaptive_throttle");
BENCHMARK(envoy_admission_control)->Name("overload/envoy_admission_control");
BENCHMARK(codel)->Name("overload/codel");
BENCHMARK(folly_codel)->Name("overload/folly_codel");
BENCHMARK(adaptive_lifo)->Name("overload/adaptive_lifo");
BENCHMARK(shed)->Name("overload/shed");

}  // namespace
