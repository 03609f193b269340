#include "engine/report/metric_view.h"

#include <algorithm>
#include <utility>

#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"

namespace highwater {

const std::vector<ComponentColumn>& component_columns() {
  static const std::vector<ComponentColumn> columns{{"throughput_rps", "mean", "rate", 1},
                                                    {"utilization", "mean", "util", 0},
                                                    {"cpu_utilization", "mean", "cpu", 5},
                                                    {"queue_length", "mean", "queue", 2},
                                                    {"wait_ms", "mean", "wait", 3},
                                                    {"wait_ms", "p99", "wait p99", 6},
                                                    {"service_ms", "mean", "service", 7},
                                                    {"hit_ratio", "mean", "hits", 3},
                                                    {"lag", "mean", "lag", 3},
                                                    {"depth", "mean", "depth", 3},
                                                    {"errors", "mean", "errors", 1},
                                                    {"cost_per_hour", "mean", "cost", 8}};
  return columns;
}

bool has_column(std::string_view metric) {
  const auto& columns = component_columns();
  return std::any_of(columns.begin(), columns.end(),
                     [metric](const ComponentColumn& column) { return column.metric == metric; });
}

Estimate statistic_of(const MetricValue& metric, std::string_view statistic) {
  const auto exact = [](std::uint64_t count) {
    return Estimate{.value = static_cast<double>(count), .ci95 = std::nullopt, .note = {}};
  };
  if (const auto* times = std::get_if<TimeSummary>(&metric)) {
    for (const NamedEstimate& named : statistics_of(*times)) {
      if (named.name == statistic) return *named.estimate;
    }
    return {};
  }
  if (statistic != "mean") return {};
  if (const auto* estimate = std::get_if<Estimate>(&metric)) return *estimate;
  if (const auto* count = std::get_if<Count>(&metric)) return exact(count->value);
  std::uint64_t sum = 0;
  for (const auto& [cause, count] : std::get<CountsByCause>(metric)) sum += count;
  return exact(sum);
}

Estimate find_estimate(const std::vector<MetricResult>& metrics, std::string_view name) {
  const MetricResult* const metric = find_metric(metrics, name);
  return metric == nullptr ? Estimate{} : statistic_of(metric->value, "mean");
}

std::string readable_name(std::string_view metric) {
  for (const std::string_view suffix : {"_ms", "_rps"}) {
    if (metric.ends_with(suffix)) metric.remove_suffix(suffix.size());
  }
  std::string name(metric);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string causes_text(const CountsByCause& causes) {
  std::vector<std::pair<std::string, std::uint64_t>> seen(causes.begin(), causes.end());
  std::erase_if(seen, [](const auto& cause) { return cause.second == 0; });
  std::stable_sort(seen.begin(), seen.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [cause, count] : seen) {
    text += (text.empty() ? "" : ", ") + show_count(count) + ' ' + cause;
  }
  return text.empty() ? "none" : text;
}

std::size_t missed_objectives(const Results& results) {
  return static_cast<std::size_t>(std::count_if(
      results.objectives.begin(), results.objectives.end(),
      [](const ObjectiveResult& objective) { return !objective.met.value_or(false); }));
}

}  // namespace highwater
