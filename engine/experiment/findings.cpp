#include "engine/experiment/findings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/statistics/trend.h"

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

/// The levels that grow without bound where a component does not keep up.
constexpr const char* kLevels[] = {"in_flight", "lag", "depth"};

constexpr const char* kUnstable = "the system is unstable: there is no steady state to estimate";

void take_interval(Estimate& estimate) {
  estimate = without_interval(std::move(estimate), kUnstable);
}

void take_intervals(TimeSummary& times) {
  for (Estimate* estimate :
       {&times.mean, &times.p50, &times.p90, &times.p95, &times.p99, &times.p999})
    take_interval(*estimate);
}

/// Takes the intervals of what has no steady state while the component's line grows.
void take_intervals(ComponentResult& component) {
  for (MetricResult& metric : component.metrics) {
    if (TimeSummary* times = std::get_if<TimeSummary>(&metric.value)) take_intervals(*times);
    Estimate* estimate = std::get_if<Estimate>(&metric.value);
    if (estimate != nullptr && metric.unit == "requests") take_interval(*estimate);
  }
}

/// How fast the level of a component grows; nothing where it does not, or not for sure.
std::optional<double> growth_of(const RunRecord& run, const std::string& component) {
  const double slice_s = seconds(run.grid.duration()) / static_cast<double>(run.grid.fine_slices());
  for (const char* level : kLevels) {
    const auto metric = MetricView::find(run, component, level);
    if (!metric) continue;
    const Trend trend = growth_trend(metric->sums(), slice_s);
    if (trend.growing) return trend.growth_per_s;
  }
  return std::nullopt;
}

/// Names the components whose lines grow as long as the run lasts. Whoever waits for such a
/// component grows with it, so only those are named that wait for no other one of them.
/// @return whether there are any.
bool add_unstable(const RunRecord& run, Results& results) {
  std::map<std::string, double> growing;
  for (ComponentResult& component : results.components) {
    const auto growth = growth_of(run, component.id);
    if (!growth) continue;
    growing.emplace(component.id, *growth);
    take_intervals(component);
  }
  const std::vector<TopologyNode>& nodes = results.topology.nodes;
  const auto waits_for_one = [&](const std::string& id) {
    return std::any_of(results.topology.edges.begin(), results.topology.edges.end(),
                       [&](const TopologyEdge& edge) {
                         return !edge.asynchronous && nodes[edge.from].id == id &&
                                growing.contains(nodes[edge.to].id);
                       });
  };
  for (ClientResult& client : results.clients) {
    if (!waits_for_one(client.id)) continue;  // nobody waits for a consumer that falls behind
    take_intervals(client.latency_ms);
    take_intervals(client.failed_latency_ms);
    take_interval(client.throughput_rps);
    take_interval(client.availability);
  }
  for (const auto& [id, growth] : growing) {
    if (waits_for_one(id)) continue;
    results.findings.push_back(
        {"unstable", id,
         fmt::format(
             "{} does not keep up with its load: what waits there grows by {:.3g} a second, "
             "for as long as the run lasts. The times of whoever waits for it, and how many "
             "it has answered, depend on the length of the run.",
             id, growth)});
  }
  return !growing.empty();
}

}  // namespace

void add_findings(const System& system, const RunRecord& run, const RunWindow& window,
                  Results& results) {
  const bool may_be_unstable = !system.terminating && !run.reached_in_flight_limit;
  const bool unstable = may_be_unstable && add_unstable(run, results);
  add_bottleneck(results);
  // What is unstable never settles, however long it runs.
  if (!window.settled && !unstable)
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

std::vector<Finding> findings_of(const Problems& warnings) {
  std::vector<Finding> findings;
  for (const Problem& problem : warnings.sorted())
    findings.push_back({"input", "", problem.pointer + ": " + problem.message});
  return findings;
}

}  // namespace highwater
