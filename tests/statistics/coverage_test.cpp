// How often do the intervals hold the truth?
//
// Known queues are run from empty, exactly as the engine would record them, the warm-up is found by
// MSER-5 as for any run, and the 95 % intervals of the mean and of p99 are compared with theory.
// The share that holds the truth is itself a binomial proportion: over 2,000 seeds its standard
// error is 0.5 %, over the 250 of the short form 1.4 %, which is why the short form allows three of
// those more.
//
// Known limit, and measured below: where a run is short beside the memory of the system (10,000
// customers of M/M/1 at 0.95 know the median no better than some 20 independent ones would) no
// method keeps its promise. The interval of the mean must then still be near it, and that of p99
// must be withheld.

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/statistics/intervals.h"
#include "engine/statistics/warmup.h"
#include "tests/statistics/queues.h"
#include "tests/support/theory.h"

namespace highwater::test {
namespace {

struct Queue {
  std::string name;
  double mean_ms = 0;            ///< The true mean latency.
  std::optional<double> p99_ms;  ///< The true p99, where theory has it.
  Duration duration{};
  std::function<Replication(std::uint64_t seed, std::size_t replication)> run;
};

constexpr Duration kMeanService = std::chrono::milliseconds(1);

Duration scaled_ms(double ms) {
  return Duration(static_cast<std::int64_t>(std::llround(ms * 1e6)));
}

Queue mmc(double rho, int servers, double customers) {
  Queue queue;
  const double rate = rho * servers;  // per ms
  queue.name = "M/M/" + std::to_string(servers) + " " + std::to_string(rho).substr(0, 4);
  queue.mean_ms = theory::mmc_sojourn(rate, 1, servers);
  queue.p99_ms = theory::quantile_of(
      [=](double t) { return theory::mmc_sojourn_tail(rate, 1, servers, t); }, 0.99);
  queue.duration = scaled_ms(customers / rate);
  queue.run = [=, duration = queue.duration](std::uint64_t seed, std::size_t replication) {
    return open_queue(seed, replication, scaled_ms(1 / rate),
                      Distribution::exponential(kMeanService), static_cast<std::size_t>(servers),
                      duration);
  };
  return queue;
}

Queue hyperexponential(double rho, double customers) {
  Queue queue;
  queue.name = "M/H2/1 " + std::to_string(rho).substr(0, 4);
  const double scv = 2 * (0.9 * 0.5 * 0.5 + 0.1 * 5.5 * 5.5) - 1;  // mean 1
  queue.mean_ms = theory::mg1_sojourn(rho, 1, scv);
  queue.p99_ms = theory::quantile_of(
      [=](double t) { return theory::mh21_sojourn_tail(rho, 0.9, 0.5, 5.5, t); }, 0.99);
  queue.duration = scaled_ms(customers / rho);
  queue.run = [=, duration = queue.duration](std::uint64_t seed, std::size_t replication) {
    const auto service =
        Distribution::hyperexponential({{0.9, scaled_ms(0.5)}, {0.1, scaled_ms(5.5)}});
    return open_queue(seed, replication, scaled_ms(1 / rho), service, 1, duration);
  };
  return queue;
}

Queue lognormal(double rho, double customers) {
  Queue queue;
  queue.name = "M/LN/1 " + std::to_string(rho).substr(0, 4);
  queue.mean_ms = theory::mg1_sojourn(rho, 1, 1.5 * 1.5);
  queue.duration = scaled_ms(customers / rho);
  queue.run = [=, duration = queue.duration](std::uint64_t seed, std::size_t replication) {
    return open_queue(seed, replication, scaled_ms(1 / rho),
                      Distribution::lognormal_mean_cv(kMeanService, 1.5), 1, duration);
  };
  return queue;
}

Queue machine_repair(int users, double think_ms, double customers) {
  Queue queue;
  queue.name = "M/M/1//" + std::to_string(users);
  const theory::ClosedQueue truth = theory::machine_repair(users, 1 / think_ms, 1);
  queue.mean_ms = truth.sojourn;
  queue.p99_ms = theory::quantile_of(
      [=](double t) { return theory::machine_repair_sojourn_tail(users, 1 / think_ms, 1, t); },
      0.99);
  queue.duration = scaled_ms(customers / truth.throughput);
  queue.run = [=, duration = queue.duration](std::uint64_t seed, std::size_t replication) {
    return closed_queue(seed, replication, users, scaled_ms(think_ms), kMeanService, duration);
  };
  return queue;
}

struct Coverage {
  double mean = 0;          ///< Share of runs whose interval of the mean holds the truth.
  double mean_width = 0;    ///< Mean relative half width.
  double p99 = 0;           ///< The same for p99, of those runs that give an interval.
  double p99_withheld = 0;  ///< Share of runs that do not.
  double unsettled = 0;     ///< Share of runs whose warm-up was not found.
};

bool holds(const Interval& interval, double truth) {
  return interval.low <= truth && truth <= interval.high;
}

Coverage measure(const Queue& queue, std::size_t replications, int seeds) {
  Coverage coverage;
  int with_p99 = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    std::vector<Replication> runs;
    runs.reserve(replications);
    for (std::size_t r = 0; r < replications; ++r) {
      runs.push_back(queue.run(static_cast<std::uint64_t>(seed), r));
    }
    const auto latency = members(runs, &Replication::latency);
    const auto in_system = members(runs, &Replication::in_system);
    const auto latencies = members(runs, &Replication::latencies);
    const WarmUp by_latency = mser5(latency);
    const WarmUp by_number = mser5(in_system);
    const Window window{std::max(by_latency.fine_slices, by_number.fine_slices), kSlices};
    coverage.unsettled += by_latency.settled && by_number.settled ? 0 : 1;

    const Estimate mean = scaled(ratio_estimate(latency, window, Terminating::kNo), 1e-6);
    REQUIRE(mean.ci95);
    coverage.mean += holds(*mean.ci95, queue.mean_ms) ? 1 : 0;
    coverage.mean_width += 0.5 * (mean.ci95->high - mean.ci95->low) / queue.mean_ms;
    if (!queue.p99_ms) continue;
    const Estimate p99 = scaled(quantile_estimate(latencies, 0.99, window, Terminating::kNo), 1e-6);
    REQUIRE(p99.value);
    if (!p99.ci95) {
      CHECK_FALSE(p99.note.empty());
      continue;
    }
    ++with_p99;
    coverage.p99 += holds(*p99.ci95, *queue.p99_ms) ? 1 : 0;
  }
  coverage.mean /= seeds;
  coverage.mean_width /= seeds;
  coverage.unsettled /= seeds;
  coverage.p99_withheld = queue.p99_ms ? 1 - static_cast<double>(with_p99) / seeds : 0;
  coverage.p99 = with_p99 > 0 ? coverage.p99 / with_p99 : 1;
  return coverage;
}

/// Measures and demands; prints the line only when asked to (-s) or when it fails.
Coverage demand(const Queue& queue, double customers, std::size_t replications, int seeds,
                double mean_low, double mean_high, double p99_low, double most_withheld) {
  const Coverage coverage = measure(queue, replications, seeds);
  const double noise = seeds >= 2000 ? 0 : 3 * std::sqrt(0.95 * 0.05 / seeds);
  INFO(queue.name << ", " << replications << " x " << customers << " customers: mean "
                  << coverage.mean << " (half width " << coverage.mean_width << "), p99 "
                  << (queue.p99_ms ? std::to_string(coverage.p99) : "-") << ", withheld "
                  << coverage.p99_withheld << ", unsettled " << coverage.unsettled);
  CHECK(coverage.mean >= mean_low - noise);
  CHECK(coverage.mean <= mean_high + noise);
  CHECK(coverage.p99 >= p99_low - noise);
  CHECK(coverage.p99_withheld <= most_withheld + noise);
  return coverage;
}

void demand_promise(const std::function<Queue(double)>& queue, double customers,
                    std::size_t replications, int seeds) {
  demand(queue(customers), customers, replications, seeds, 0.93, 0.97, 0.90, 0.15);
}

}  // namespace

TEST_CASE("coverage: short form", "[statistics][coverage][costly]") {
  const int seeds = 250;
  demand_promise([](double n) { return mmc(0.9, 1, n); }, 20'000, 5, seeds);
  demand_promise([](double n) { return mmc(0.8, 4, n); }, 20'000, 5, seeds);
  demand_promise([](double n) { return hyperexponential(0.8, n); }, 20'000, 5, seeds);
  demand_promise([](double n) { return machine_repair(10, 8, n); }, 20'000, 5, seeds);
  demand_promise([](double n) { return mmc(0.5, 1, n); }, 10'000, 10, seeds);
  demand_promise([](double n) { return mmc(0.8, 1, n); }, 20'000, 1, seeds);
}

TEST_CASE("coverage: five replications in full", "[statistics][coverage][nightly]") {
  for (const double rho : {0.5, 0.8, 0.9}) {
    demand_promise([=](double n) { return mmc(rho, 1, n); }, 20'000, 5, 2000);
  }
  demand_promise([](double n) { return mmc(0.9, 4, n); }, 20'000, 5, 2000);
  demand_promise([](double n) { return hyperexponential(0.8, n); }, 20'000, 5, 2000);
  demand_promise([](double n) { return lognormal(0.8, n); }, 20'000, 5, 2000);
  demand_promise([](double n) { return machine_repair(10, 8, n); }, 20'000, 5, 2000);
}

TEST_CASE("coverage: five long replications in full", "[statistics][coverage][nightly]") {
  demand_promise([](double n) { return mmc(0.9, 1, n); }, 100'000, 5, 2000);
  demand_promise([](double n) { return hyperexponential(0.8, n); }, 100'000, 5, 2000);
}

TEST_CASE("coverage: other numbers of replications in full", "[statistics][coverage][nightly]") {
  for (const std::size_t replications : {std::size_t{1}, std::size_t{10}, std::size_t{20}}) {
    demand_promise([](double n) { return mmc(0.8, 1, n); }, 20'000, replications, 2000);
  }
  for (const std::size_t replications : {std::size_t{10}, std::size_t{20}}) {
    demand_promise([](double n) { return mmc(0.9, 1, n); }, 20'000, replications, 2000);
    demand_promise([](double n) { return hyperexponential(0.8, n); }, 20'000, replications, 2000);
  }
  demand_promise([](double n) { return mmc(0.9, 1, n); }, 100'000, 1, 2000);
}

TEST_CASE("coverage: beyond the limit the far quantile is withheld",
          "[statistics][coverage][nightly]") {
  const Coverage short_run = demand(mmc(0.95, 1, 10'000), 10'000, 5, 2000, 0.88, 0.97, 0, 1);
  CHECK(short_run.p99_withheld > 0.8);
  const Coverage one_run = demand(mmc(0.9, 1, 20'000), 20'000, 1, 2000, 0.90, 0.97, 0, 1);
  CHECK(one_run.p99_withheld > 0.8);
}

}  // namespace highwater::test
