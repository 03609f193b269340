#include "engine/experiment/findings.h"

#include <string>

#include <fmt/format.h>

namespace highwater {
namespace {

/// Above this a component is worth naming as the bottleneck; below, nothing is near its limit.
constexpr double kBusy = 0.7;

void add_bottleneck(Results& results) {
  const ComponentResult* busiest = nullptr;
  std::string of;
  double most = kBusy;
  for (const ComponentResult& component : results.components) {
    for (const MetricResult& metric : component.metrics) {
      if (metric.name != "utilization" && metric.name != "cpu_utilization") continue;
      const Estimate& estimate = std::get<Estimate>(metric.value);
      if (!estimate.value || *estimate.value < most) continue;
      most = *estimate.value;
      busiest = &component;
      of = metric.name == "utilization" ? "busy" : "busy on the CPU";
    }
  }
  if (busiest == nullptr) return;
  results.findings.push_back(
      {"bottleneck", busiest->id,
       fmt::format("{} is the busiest component: {:.0f}% {}.", busiest->id, most * 100, of)});
}

}  // namespace

void add_findings(const System& system, const RunRecord& run, const RunWindow& window,
                  Results& results) {
  add_bottleneck(results);
  if (!window.settled)
    results.findings.push_back(
        {"warm-up", "",
         "The system was still settling in the second half of the run: a longer duration is needed "
         "before its steady state can be told."});
  if (run.precision_missed)
    results.findings.push_back(
        {"precision", "",
         "The precision asked for was not reached with the replications allowed."});
  for (const std::string& note : system.notes) results.findings.push_back({"input", "", note});
}

}  // namespace highwater
