#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/metrics/bar_chart.h"
#include "engine/statistics/estimate.h"

namespace highwater {

/// Requests over all replications and the whole duration: logical requests, not attempts.
/// issued = completed + failed + rejected + in_flight, always (checked when a run ends).
struct RequestCounts {
  std::uint64_t issued = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t rejected = 0;
  std::uint64_t in_flight = 0;
};

/// A distribution of times as reported: mean, quantiles, maximum; all in milliseconds.
struct TimeSummary {
  Estimate mean, p50, p90, p95, p99, p999, max;
  std::uint64_t count = 0;  ///< Observations in the window, all replications together.
  double resolution = 0;    ///< Largest relative error of a quantile due to the histogram: 0.005.
};

/// A number of occurrences over all replications and the whole duration.
struct Count {
  std::uint64_t value = 0;
};

/// Occurrences by cause, such as errors: {"timeout": 12, "rejected": 0}.
using CountsByCause = std::map<std::string, std::uint64_t>;

/// What one metric came to. Writers visit the variant; a new kind of component needs no new writer.
using MetricValue = std::variant<Estimate, TimeSummary, Count, CountsByCause>;

/// One metric of a component. `unit` is "1" (a ratio), "/s", "ms", "requests", "bytes", …
struct MetricResult {
  std::string name;  ///< The key in the JSON, such as "utilization".
  std::string unit;
  std::string doc;  ///< One sentence for tooltips and the CSV header.
  MetricValue value;
};

struct ClientResult {
  std::string id;
  RequestCounts requests;
  Estimate throughput_rps;
  TimeSummary latency_ms;
  TimeSummary failed_latency_ms;
  Estimate availability;
  CountsByCause errors;
  std::vector<MetricResult> metrics;  ///< Anything else the kind measures, in declaration order.
};

struct InstanceResult {
  std::string id;    ///< "api[0]"
  std::string zone;  ///< Empty when the scenario has no zones.
  std::vector<MetricResult> metrics;
};

struct ComponentResult {
  std::string id;
  std::string kind;
  std::vector<MetricResult> metrics;  ///< In declaration order: utilization, queue_length, …
  std::vector<InstanceResult> instances;
};

/// The verdict on one objective. `met` is absent when it could not be judged (its window lies
/// outside the run, too few samples), which counts as missed; `note` says why.
struct ObjectiveResult {
  std::string text;
  std::optional<bool> met;
  std::optional<double> value;
  double limit = 0;
  std::string unit;
  std::string note;
};

/// What everything that has a price costs together.
struct CostResult {
  std::string currency;
  std::vector<MetricResult> metrics;  ///< per_hour, per_million_requests
};

/// Something that happened at an instant of simulated time: a fault, a restart, an election.
struct LogEntry {
  double t_s = 0;
  std::string kind;
  std::string text;
};

/// A span of simulated time to shade in charts.
struct FaultSpan {
  std::string text;
  double begin_s = 0;
  double end_s = 0;
};

/// Something worth knowing in words: a bottleneck, an unstable queue, skipped trace records.
struct Finding {
  std::string kind;       ///< "bottleneck", "unstable", "trace", "warning", …
  std::string component;  ///< The component it is about; may be empty.
  std::string text;       ///< One or two sentences.
};

/// Values over simulated time, averaged over the replications. times_s holds the beginning of each
/// bin; every other vector has the same length. NaN where a bin has no observation.
struct ClientSeries {
  std::string client;
  std::vector<double> offered_rps, completed_rps, failed_rps;
  std::vector<double> p50_ms, p90_ms, p99_ms, p999_ms;
  /// Latency heat map: counts[bin * rows + row]; row r covers
  /// [floor_ms * ratio^r, floor_ms * ratio^(r+1)).
  double heat_floor_ms = 0;
  double heat_ratio = 1;
  std::size_t heat_rows = 0;
  std::vector<double> heat_counts;
};

struct InstanceSeries {
  std::string instance;  ///< "api[0]", or the component's id where there is one instance.
  std::vector<double> utilization;
};

/// How well one of those series is known: 95 % intervals over the replications, each of `bins` bins
/// together. All vectors have a value for each such group, NaN where there is none.
struct SeriesBand {
  std::string component;  ///< A client, a component, or an instance.
  std::string metric;     ///< As series.csv names it: "completed_rps", "latency_p99_ms".
  std::size_t bins = 1;   ///< The last group may be of fewer.
  std::vector<double> value, low, high;
};

struct SeriesSet {
  double bin_s = 0;
  std::vector<double> times_s;
  std::vector<ClientSeries> clients;
  std::vector<InstanceSeries> instances;
  /// Any further series of a component, such as a topic's lag: (component, metric, unit, values).
  struct Extra {
    std::string component, metric, unit;
    std::vector<double> values;
  };
  std::vector<Extra> extras;
  std::vector<SeriesBand> bands;  ///< Empty where there are fewer than two replications.
};

/// The picture of the system: positions come from engine/topology, so that the report needs no
/// layout.
struct TopologyNode {
  std::string id, kind;
  int instances = 1;
  double column = 0, row = 0;
};
struct TopologyEdge {
  std::size_t from = 0, to = 0;  ///< Indices into nodes.
  double calls_per_s = 0;
  double error_ratio = 0;
  bool asynchronous = false;  ///< publish / consume
  /// Messages, of both directions, that faults made TCP send again, or that arrived twice.
  double lost_per_s = 0;
  double corrupted_per_s = 0;
  double duplicated_per_s = 0;
};
struct TopologyPicture {
  std::vector<TopologyNode> nodes;
  std::vector<TopologyEdge> edges;
};

/// Everything a run found out. Terminal, JSON, CSV, HTML and viewer all read this and nothing else.
struct Results {
  std::string scenario, description;
  std::string scenario_file;
  std::uint64_t seed = 1;
  std::uint64_t replications = 0;  ///< Finished ones.
  double simulated_s = 0;          ///< Duration of one replication.
  double warmup_s = 0;             ///< Cut from the beginning of every replication.
  std::string warmup_method;       ///< "MSER-5", "given", "none (terminating run)"
  bool terminating = false;
  bool partial = false;
  std::string partial_reason;
  std::uint64_t events = 0;
  RequestCounts requests;
  std::vector<ClientResult> clients;
  std::vector<ComponentResult> components;
  std::optional<CostResult> cost;  ///< Absent where nothing has a price.
  std::vector<ObjectiveResult> objectives;
  std::vector<LogEntry> events_log;
  std::vector<FaultSpan> faults;
  std::vector<Finding> findings;
  SeriesSet series;
  std::vector<BarChart> charts;  ///< Of the input, such as the hourly load of a replayed log.
  TopologyPicture topology;

  // Only these may differ between two runs of the same input.
  double wall_s = 0;    ///< The simulation alone.
  std::string started;  ///< RFC 3339, UTC.
  std::string host;

  std::string version, compiler, command;  ///< For the manifest and the report's "reproduce" line.
};

}  // namespace highwater
