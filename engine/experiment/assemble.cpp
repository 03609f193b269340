#include "engine/experiment/assemble.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/experiment/costs.h"
#include "engine/experiment/estimates.h"
#include "engine/experiment/findings.h"
#include "engine/experiment/objectives.h"
#include "engine/experiment/series.h"
#include "engine/kernel/check.h"

namespace highwater {
namespace {

/// Builds results metric by metric, with the window and method that hold for the whole run.
class Assembler {
 public:
  Assembler(const System& system, const RunRecord& run)
      : system_(system),
        run_(run),
        window_(find_window(system, run)),
        terminating_(system.terminating ? Terminating::kYes : Terminating::kNo) {}

  Results results() {
    Results results;
    describe_run(results);
    add_topology(results);
    if (run_.replications.empty()) {
      leave_unjudged(results);
      return results;
    }
    for (const Part& part : system_.parts) {
      if (is_client(part))
        results.clients.push_back(client(part));
      else
        results.components.push_back(component(part));
    }
    add_cost(results);
    count_requests(results);
    add_events(results);
    results.objectives = judge_objectives(system_, run_, window_);
    results.series = make_series(system_, run_);
    add_findings(system_, run_, window_, results);
    return results;
  }

 private:
  /// A client is what has users' latencies; the engine knows no kind by name.
  bool is_client(const Part& part) const {
    return MetricView::find(run_, part.id, "latency_ms") &&
           MetricView::find(run_, part.id, "issued");
  }

  void describe_run(Results& results) const {
    results.scenario = system_.name;
    results.description = system_.description;
    results.scenario_file = system_.file;
    results.seed = system_.seed;
    results.replications = run_.replications.size();
    results.simulated_s = seconds(system_.duration);
    results.warmup_s = window_.warmup_s;
    results.warmup_method = window_.method;
    results.terminating = system_.terminating;
    results.partial = run_.interrupted || run_.reached_in_flight_limit;
    if (run_.interrupted) results.partial_reason = "interrupted";
    if (run_.reached_in_flight_limit)
      results.partial_reason = "more than " + std::to_string(system_.max_in_flight) +
                               " requests and unprocessed messages were in flight "
                               "(run.max_in_flight): the system does not keep up with its load";
    for (const ReplicationRecord& replication : run_.replications)
      results.events += replication.events;
    results.wall_s = run_.wall_s;
    results.charts = system_.charts;
  }

  /// The picture of the system with what passed over its edges, in all replications together.
  void add_topology(Results& results) const {
    results.topology = system_.topology;
    double simulated_s = 0;
    for (const ReplicationRecord& replication : run_.replications)
      simulated_s += seconds(replication.simulated);
    for (TopologyEdge& edge : results.topology.edges) {
      const std::string& from = results.topology.nodes[edge.from].id;
      const std::string& to = results.topology.nodes[edge.to].id;
      EdgeRecord sum;
      for (const ReplicationRecord& replication : run_.replications)
        for (const EdgeRecord& record : replication.edges) {
          // A consumer fetches against the direction in which messages flow.
          const bool same = (record.from == from && record.to == to) ||
                            (edge.asynchronous && record.from == to && record.to == from);
          if (!same) continue;
          sum.attempts += record.attempts;
          sum.failures += record.failures;
          sum.lost += record.lost;
          sum.corrupted += record.corrupted;
          sum.duplicated += record.duplicated;
        }
      if (sum.attempts == 0) continue;
      const auto per_s = [&](std::uint64_t n) { return static_cast<double>(n) / simulated_s; };
      edge.calls_per_s = per_s(sum.attempts);
      edge.error_ratio = static_cast<double>(sum.failures) / static_cast<double>(sum.attempts);
      edge.lost_per_s = per_s(sum.lost);
      edge.corrupted_per_s = per_s(sum.corrupted);
      edge.duplicated_per_s = per_s(sum.duplicated);
    }
  }

  void leave_unjudged(Results& results) const {
    for (const Objective& objective : system_.objectives)
      results.objectives.push_back({objective.text, std::nullopt, std::nullopt, objective.limit,
                                    objective.unit, "no replication was finished"});
  }

  MetricValue value_of(const MetricView& metric) const {
    switch (metric.kind()) {
      case MetricKind::tally:
        return metric.summary(window_.window, terminating_);
      case MetricKind::count:
      case MetricKind::most:
        return Count{metric.count()};
      case MetricKind::causes:
        return metric.causes();
      case MetricKind::time_average:
      case MetricKind::time_ratio:
      case MetricKind::rate:
      case MetricKind::ratio:
        break;
    }
    return metric.value(window_.window, terminating_);
  }

  /// An owner's metrics in the order in which the kind declares them.
  std::vector<MetricResult> metrics_of(const std::string& owner, const ModelKind& kind) const {
    std::vector<MetricResult> results;
    for (const MetricInfo& info : kind.info.metrics) {
      const auto metric = MetricView::find(run_, owner, info.name);
      if (metric) results.push_back({info.name, info.unit, info.doc, value_of(*metric)});
    }
    return results;
  }

  ClientResult client(const Part& part) const {
    ClientResult result;
    result.id = part.id;
    for (MetricResult& metric : metrics_of(part.id, *part.kind)) {
      const auto estimate = [&] { return std::get<Estimate>(metric.value); };
      const auto count = [&] { return std::get<Count>(metric.value).value; };
      if (metric.name == "throughput_rps")
        result.throughput_rps = estimate();
      else if (metric.name == "latency_ms")
        result.latency_ms = std::get<TimeSummary>(metric.value);
      else if (metric.name == "failed_latency_ms")
        result.failed_latency_ms = std::get<TimeSummary>(metric.value);
      else if (metric.name == "availability")
        result.availability = estimate();
      else if (metric.name == "errors")
        result.errors = std::get<CountsByCause>(metric.value);
      else if (metric.name == "issued")
        result.requests.issued = count();
      else if (metric.name == "completed")
        result.requests.completed = count();
      else if (metric.name == "failed")
        result.requests.failed = count();
      else if (metric.name == "rejected")
        result.requests.rejected = count();
      else
        result.metrics.push_back(std::move(metric));
    }
    result.requests.in_flight = result.requests.issued - result.requests.completed -
                                result.requests.failed - result.requests.rejected;
    return result;
  }

  ComponentResult component(const Part& part) const {
    ComponentResult result;
    result.id = part.id;
    result.kind = part.kind->info.name;
    result.metrics = metrics_of(part.id, *part.kind);
    const std::vector<OwnerRecord>& owners = run_.replications.front().owners;
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const OwnerRecord& owner = owners[i];
      if (!owner.id.starts_with(part.id + "[") || !was_seen(run_, i)) continue;
      InstanceResult instance;
      instance.id = owner.id;
      instance.zone = owner.zone;
      instance.metrics = metrics_of(owner.id, *part.kind);
      result.instances.push_back(std::move(instance));
    }
    return result;
  }

  void add_cost(Results& results) const {
    const KindInfo kind = cost_kind();
    std::vector<MetricResult> metrics;
    for (const MetricInfo& info : kind.metrics)
      if (const auto metric = MetricView::find(run_, kind.name, info.name))
        metrics.push_back({info.name, info.unit, info.doc, value_of(*metric)});
    // A component may have that name where nothing has a price.
    if (metrics.size() == kind.metrics.size())
      results.cost = CostResult{system_.currency, std::move(metrics)};
  }

  void count_requests(Results& results) const {
    for (const ClientResult& client : results.clients) {
      results.requests.issued += client.requests.issued;
      results.requests.completed += client.requests.completed;
      results.requests.failed += client.requests.failed;
      results.requests.rejected += client.requests.rejected;
      results.requests.in_flight += client.requests.in_flight;
    }
    std::uint64_t in_flight = 0;
    for (const ReplicationRecord& replication : run_.replications)
      in_flight += replication.in_flight;
    HIGHWATER_CHECK(in_flight == results.requests.in_flight);
  }

  void add_events(Results& results) const {
    const ReplicationRecord& first = run_.replications.front();
    for (const Happening& happening : first.happenings)
      results.events_log.push_back({seconds(happening.at), happening.kind, happening.text});
    for (const FaultRecord& fault : first.faults)
      results.faults.push_back({fault.text, seconds(fault.begin), seconds(fault.end)});
  }

  const System& system_;
  const RunRecord& run_;
  RunWindow window_;
  Terminating terminating_;
};

}  // namespace

Results assemble(const System& system, const RunRecord& run) {
  return Assembler(system, run).results();
}

}  // namespace highwater
