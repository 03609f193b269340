// Whole scenarios, every metric on, as `highwater run` simulates them: one replication on one
// thread. items_per_second is clients' requests a second; compare with the loops that
// kernel_bench.cpp names, in the same minute.

#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/experiment/run.h"
#include "tests/support/scenario_system.h"

namespace {

using namespace highwater;

void measure(benchmark::State& state, const std::string& scenario,
             const std::vector<std::string>& settings) {
  System system = testing::system_of_scenario(scenario, settings);
  system.replications = 1;
  std::uint64_t requests = 0;
  std::uint64_t events = 0;
  for (auto _ : state) {
    const RunRecord record = run_system(system, {});
    const ReplicationRecord& replication = record.replications.front();
    for (const OwnerRecord& owner : replication.owners)
      if (const MetricRecord* issued = owner.find("issued")) requests += issued->count;
    events += replication.events;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(requests));
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

void scenario_mm1(benchmark::State& state) {
  measure(state, "textbook/mm1.json", {"run.duration=20m"});
}
BENCHMARK(scenario_mm1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

void scenario_function(benchmark::State& state) {
  measure(state, "textbook/mm1.json",
          {"run.duration=20m", R"(components.api={"kind": "function", "timeout": "15m",
                                                  "service_time": {"exponential": "16ms"}})"});
}
BENCHMARK(scenario_function)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

void scenario_users_api(benchmark::State& state) {
  measure(state, "users-api.json", {});
}
BENCHMARK(scenario_users_api)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void scenario_job_queue(benchmark::State& state) {
  measure(state, "job-queue.json", {"users.arrivals.poisson=800/s", "workers.replicas=80"});
}
BENCHMARK(scenario_job_queue)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
