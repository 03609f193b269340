// Costs of drawing. Each benchmark makes one draw per iteration and feeds it to a sum, as a model
// would; RequestRandom is constructed anew for every draw, as it is in use.

#include <cstdint>

#include <benchmark/benchmark.h>

#include "engine/kernel/distribution.h"
#include "engine/kernel/popularity.h"
#include "engine/kernel/random.h"
#include "engine/math/math.h"

namespace {

using namespace highwater;

RandomStream stream() {
  return RandomStream(1, "benchmark", "draws");
}

template <class Draw>
void measure(benchmark::State& state, Draw draw) {
  RandomStream generator = stream();
  for (auto _ : state) benchmark::DoNotOptimize(draw(generator));
}

void stream_bits(benchmark::State& state) {
  measure(state, [](RandomStream& g) { return g.bits(); });
}
BENCHMARK(stream_bits);

void stream_below(benchmark::State& state) {
  measure(state, [](RandomStream& g) { return g.below(1'000'003); });
}
BENCHMARK(stream_below);

void request_first_draw(benchmark::State& state) {
  const RandomKey key = random_key(1, "benchmark", "draws");
  std::uint64_t request = 0;
  for (auto _ : state) {
    RequestRandom generator(key, ++request, 0);
    benchmark::DoNotOptimize(generator.bits());
  }
}
BENCHMARK(request_first_draw);

// Each request number comes out of the draw before, so that nothing overlaps: the latency.
void request_dependent_draw(benchmark::State& state) {
  const RandomKey key = random_key(1, "benchmark", "draws");
  std::uint64_t request = 0;
  for (auto _ : state) request = RequestRandom(key, request, 0).bits();
  benchmark::DoNotOptimize(request);
}
BENCHMARK(request_dependent_draw);

void request_exponential(benchmark::State& state) {
  const RandomKey key = random_key(1, "benchmark", "draws");
  const Distribution law = Distribution::exponential(20ms);
  std::uint64_t request = 0;
  for (auto _ : state) {
    RequestRandom generator(key, ++request, 0);
    benchmark::DoNotOptimize(law.draw(generator));
  }
}
BENCHMARK(request_exponential);

template <class Function>
void measure_function(benchmark::State& state, double low, double high, Function function) {
  RandomStream generator = stream();
  double x[1024];
  for (double& value : x) value = low + (high - low) * generator.uniform();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(function(x[++i % 1024]));
}

void exp(benchmark::State& state) {
  measure_function(state, -20, 20, [](double x) { return math::exp(x); });
}
BENCHMARK(exp);

void log(benchmark::State& state) {
  measure_function(state, 0, 1, [](double x) { return math::log(x); });
}
BENCHMARK(log);

void pow(benchmark::State& state) {
  measure_function(state, 0, 10, [](double x) { return math::pow(x, 1.25); });
}
BENCHMARK(pow);

void cos2pi(benchmark::State& state) {
  measure_function(state, 0, 10, [](double x) { return math::cos2pi(x); });
}
BENCHMARK(cos2pi);

void standard_exponential_draw(benchmark::State& state) {
  measure(state, [](RandomStream& g) { return standard_exponential(g); });
}
BENCHMARK(standard_exponential_draw);

void standard_normal_draw(benchmark::State& state) {
  measure(state, [](RandomStream& g) { return standard_normal(g); });
}
BENCHMARK(standard_normal_draw);

void measure_law(benchmark::State& state, const Distribution& law) {
  measure(state, [&law](RandomStream& g) { return law.draw(g); });
}
BENCHMARK_CAPTURE(measure_law, constant, Distribution::constant(20ms));
BENCHMARK_CAPTURE(measure_law, exponential, Distribution::exponential(20ms));
BENCHMARK_CAPTURE(measure_law, lognormal, Distribution::lognormal_mean_p99(20ms, 90ms));
BENCHMARK_CAPTURE(measure_law, normal, Distribution::normal(20ms, 2ms));
BENCHMARK_CAPTURE(measure_law, uniform, Distribution::uniform(10ms, 30ms));
BENCHMARK_CAPTURE(measure_law, erlang_3, Distribution::erlang(3, 20ms));
BENCHMARK_CAPTURE(measure_law, gamma, Distribution::gamma(20ms, 0.7));
BENCHMARK_CAPTURE(measure_law, weibull, Distribution::weibull(0.8, 15ms));
BENCHMARK_CAPTURE(measure_law, pareto, Distribution::pareto(2.2, 5ms));
BENCHMARK_CAPTURE(measure_law, hyperexponential,
                  Distribution::hyperexponential({{0.9, 5ms}, {0.1, 155ms}}));
BENCHMARK_CAPTURE(measure_law, mixture,
                  Distribution::mixture({{0.99, Distribution::constant(1ms)},
                                         {0.01, Distribution::exponential(200ms)}}));

void measure_keys(benchmark::State& state, const KeyPopularity& keys) {
  measure(state, [&keys](RandomStream& g) { return keys.draw(g); });
}
BENCHMARK_CAPTURE(measure_keys, zipf_099_of_1M, KeyPopularity::zipf(1'000'000, 0.99));
BENCHMARK_CAPTURE(measure_keys, zipf_1_of_1G, KeyPopularity::zipf(1'000'000'000, 1.0));
BENCHMARK_CAPTURE(measure_keys, hotspot, KeyPopularity::hotspot(1'000'000, 0.1, 0.9));

}  // namespace
