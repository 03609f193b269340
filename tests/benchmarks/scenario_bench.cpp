// Whole scenarios, every metric on, as `highwater run` simulates them: one replication on one
// thread. items_per_second is clients' requests a second; compare with the loops that
// kernel_bench.cpp names, in the same minute.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/experiment/prepare.h"
#include "engine/experiment/run.h"
#include "models/catalog.h"

namespace {

using namespace highwater;

System system_of(const std::string& scenario, const std::vector<std::string>& settings) {
  const Catalog catalog{model_kinds(), fault_kinds()};
  const Language language = language_of(catalog);
  Problems problems;
  const auto document = load_document(std::string(HIGHWATER_SOURCE_DIR) + "/scenarios/" + scenario,
                                      language, {settings, {}}, problems);
  auto system = document ? prepare(*document, catalog, problems) : std::nullopt;
  if (!system) throw std::runtime_error(problems.text());
  system->replications = 1;
  return std::move(*system);
}

void measure(benchmark::State& state, const std::string& scenario,
             const std::vector<std::string>& settings) {
  const System system = system_of(scenario, settings);
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

void scenario_users_api(benchmark::State& state) {
  measure(state, "users-api.json", {});
}
BENCHMARK(scenario_users_api)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
