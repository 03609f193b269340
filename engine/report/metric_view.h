#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/report/results.h"

namespace highwater {

/// A column of the components table, in terminal and HTML alike.
struct ComponentColumn {
  const char* metric;     ///< Name of the metric it shows.
  const char* statistic;  ///< "mean" or "p99" of a summary of times; the value otherwise.
  const char* title;
  int rank;  ///< The larger, the sooner it is left out where there is no room.
};

/// The metrics that most components have, in the order in which one looks for trouble.
const std::vector<ComponentColumn>& component_columns();

/// Whether the components table has a column for this metric.
bool has_column(std::string_view metric);

/// One statistic of a metric as an estimate: counts and sums of causes become exact values. "mean"
/// of a metric that has only one value is that value, any other statistic of it is absent.
Estimate statistic_of(const MetricValue& metric, std::string_view statistic);

/// The estimate that a metric of that name has; one without value where there is none.
Estimate find_estimate(const std::vector<MetricResult>& metrics, std::string_view name);

/// "hit_ratio" -> "hit ratio", "wait_ms" -> "wait", "throughput_rps" -> "throughput": the unit
/// stands beside the number.
std::string readable_name(std::string_view metric);

/// "12 timeout, 3 unavailable"; "none" when every count is zero.
std::string causes_text(const CountsByCause& causes);

/// Shares of capacity in use from which a component is worth a look, and in trouble.
inline constexpr double kBusy = 0.8;
inline constexpr double kSaturated = 0.95;

/// A cost for an hour as a cost for a month: AWS counts 730 hours.
inline constexpr double kHoursOfMonth = 730;

/// Objectives that were not met, including those that could not be judged.
std::size_t missed_objectives(const Results& results);

}  // namespace highwater
