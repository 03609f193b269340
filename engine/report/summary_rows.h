#pragma once

#include <string>
#include <vector>

#include "engine/report/results.h"

namespace highwater {

/// One number of a run with its whole name: the row of a tidy table.
struct SummaryRow {
  std::string component;  ///< Empty for the whole run.
  std::string instance;   ///< Empty for the component as a whole.
  std::string metric;
  std::string statistic;  ///< "value", "mean", "p99", "count", a cause of errors, …
  std::string unit;
  Estimate estimate;
};

/// Every number of the run but the series, in the order of the JSON document: totals, clients,
/// components, instances; then the bars of charts, whose labels are the statistics.
std::vector<SummaryRow> summary_rows(const Results& results);

/// A remark on estimates ("not enough samples"), with the estimates it is about.
struct EstimateNote {
  std::string text;
  std::vector<std::string> about;  ///< "users.latency_ms.p999", "api[0].wait_ms.p99", …

  /// "users.latency_ms.p999: not enough samples"; names at most `names` of them.
  std::string sentence(std::size_t names = 3) const;
};

/// The remarks of all estimates, each text once, in order of first appearance.
std::vector<EstimateNote> estimate_notes(const Results& results);

/// Name and estimate of each statistic of a summary of times, in the order they are reported:
/// mean, p50, p90, p95, p99, p999, max.
struct NamedEstimate {
  const char* name;
  const Estimate* estimate;
};
std::vector<NamedEstimate> statistics_of(const TimeSummary& times);

/// The metric of that name, or null.
const MetricResult* find_metric(const std::vector<MetricResult>& metrics, std::string_view name);

}  // namespace highwater
