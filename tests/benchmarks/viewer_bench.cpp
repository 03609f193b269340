// How long a frame of the viewer takes to lay out, and what it costs a run to be looked at.

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "engine/experiment/assemble.h"
#include "engine/experiment/run.h"
#include "tests/gui/headless_app.h"
#include "tests/support/scratch_file.h"

namespace {

using namespace highwater;
using namespace highwater::testing;
using namespace highwater::viewer;

constexpr const char* kUsersApi = HIGHWATER_SOURCE_DIR "/scenarios/users-api.json";

/// Clients before as many gateways, which call eight services each.
std::string system_of(int clients) {
  std::string parts;
  for (int i = 0; i < clients; ++i) {
    parts += fmt::format(R"("users-{0}": {{"kind": "client", "arrivals": {{"poisson": "50/s"}},
                            "calls": "gate-{0}"}},)",
                         i);
    parts += fmt::format(R"("gate-{0}": {{"kind": "service", "replicas": 3, "workers": 64,
        "endpoints": {{"*": [{{"compute": "0.1ms"}})",
                         i);
    for (int j = 0; j < 8; ++j) parts += fmt::format(R"(, {{"call": "svc-{}-{}"}})", i, j);
    parts += "]}},";
    for (int j = 0; j < 8; ++j)
      parts += fmt::format(R"("svc-{}-{}": {{"kind": "service", "replicas": 4,
                              "service_time": {{"exponential": "2ms"}}}}{})",
                           i, j, i == clients - 1 && j == 7 ? "" : ",");
  }
  return R"({"highwater": 1, "run": {"duration": "60s", "warmup": "10s"}, "components": {)" +
         parts + "}}";
}

void finish_with_frames(HeadlessApp& viewer) {
  viewer.run().play();
  while (viewer.run().status().state != RunState::finished) viewer.frame();
}

/// Range 0: the tab of the charts.
void frame_of_hundred_components(benchmark::State& state) {
  const ScratchFile file(system_of(10));
  HeadlessApp viewer;
  if (!viewer.app().open(file.path().string(), {})) return state.SkipWithError("it is not open");
  viewer.app().collapse(false);
  finish_with_frames(viewer);
  const auto tab = static_cast<std::size_t>(state.range(0));
  viewer.app().show_charts(tab);
  for (int i = 0; i < 30; ++i) viewer.frame();
  for (auto _ : state) viewer.frame();
  state.SetLabel(ChartsPanel::kTabs[tab]);
}
BENCHMARK(frame_of_hundred_components)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

/// Range 0: whether groups are collapsed, as they are from the beginning.
void frame_of_a_thousand_components(benchmark::State& state) {
  const ScratchFile file(system_of(100));
  HeadlessApp viewer;
  if (!viewer.app().open(file.path().string(), {"run.duration=12s", "run.warmup=2s"}))
    return state.SkipWithError("it is not open");
  viewer.app().collapse(state.range(0) != 0);
  finish_with_frames(viewer);
  for (int i = 0; i < 30; ++i) viewer.frame();
  for (auto _ : state) viewer.frame();
  state.SetLabel(state.range(0) != 0 ? "collapsed" : "expanded");
}
BENCHMARK(frame_of_a_thousand_components)->DenseRange(0, 1)->Unit(benchmark::kMillisecond);

/// Range 0: how many components.
void frame_while_editing(benchmark::State& state) {
  const ScratchFile file(system_of(static_cast<int>(state.range(0)) / 10));
  HeadlessApp viewer;
  if (!viewer.app().open(file.path().string(), {})) return state.SkipWithError("it is not open");
  while (viewer.run().status().state != RunState::paused) viewer.frame();
  viewer.press('E');
  for (int i = 0; i < 100; ++i) viewer.frame();
  if (viewer.app().registry().value("editing") != "yes")
    return state.SkipWithError("nothing is edited");
  for (auto _ : state) viewer.frame();
}
BENCHMARK(frame_while_editing)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

System users_api() {
  Problems problems;
  const auto document = load_document(kUsersApi, viewer_language(), {{}, {}}, problems);
  System system = *prepare(*document, viewer_catalog(), problems);
  system.replications = 1;
  return system;
}

void run_alone(benchmark::State& state) {
  const System system = users_api();
  for (auto _ : state) benchmark::DoNotOptimize(assemble(system, run_system(system, {})));
}
BENCHMARK(run_alone)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The same with the viewer open, sixty frames a second.
void run_looked_at(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    HeadlessApp viewer;
    if (!viewer.app().open(kUsersApi, {})) return state.SkipWithError("it is not open");
    while (viewer.run().status().state != RunState::paused) viewer.frame();
    state.ResumeTiming();
    viewer.run().play();
    auto next = std::chrono::steady_clock::now();
    while (viewer.run().results() == nullptr) {
      viewer.frame();
      next += std::chrono::microseconds(16'667);
      while (std::chrono::steady_clock::now() < next && viewer.run().results() == nullptr)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}
BENCHMARK(run_looked_at)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
