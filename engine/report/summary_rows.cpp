#include "engine/report/summary_rows.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace highwater {
namespace {

class RowCollector {
 public:
  /// Rows that follow belong to this component and instance.
  void at(std::string component, std::string instance) {
    component_ = std::move(component);
    instance_ = std::move(instance);
  }

  void add(std::string metric, std::string statistic, std::string unit, Estimate estimate) {
    rows_.push_back({component_, instance_, std::move(metric), std::move(statistic),
                     std::move(unit), std::move(estimate)});
  }

  void add_whole(std::string metric, std::string statistic, std::string unit, std::uint64_t count) {
    add(std::move(metric), std::move(statistic), std::move(unit),
        {.value = static_cast<double>(count), .ci95 = std::nullopt, .note = {}});
  }

  void add_requests(const RequestCounts& requests) {
    add_whole("requests", "issued", "requests", requests.issued);
    add_whole("requests", "completed", "requests", requests.completed);
    add_whole("requests", "failed", "requests", requests.failed);
    add_whole("requests", "rejected", "requests", requests.rejected);
    add_whole("requests", "in_flight", "requests", requests.in_flight);
  }

  void add_times(const std::string& metric, const std::string& unit, const TimeSummary& times) {
    for (const NamedEstimate& statistic : statistics_of(times)) {
      add(metric, statistic.name, unit, *statistic.estimate);
    }
    add_whole(metric, "count", "requests", times.count);
    add(metric, "resolution", "1", {.value = times.resolution, .ci95 = std::nullopt, .note = {}});
  }

  void add_causes(const std::string& metric, const std::string& unit, const CountsByCause& causes) {
    for (const auto& [cause, count] : causes) add_whole(metric, cause, unit, count);
  }

  void add_metrics(const std::vector<MetricResult>& metrics) {
    for (const MetricResult& metric : metrics) {
      if (const auto* estimate = std::get_if<Estimate>(&metric.value)) {
        add(metric.name, "value", metric.unit, *estimate);
      } else if (const auto* times = std::get_if<TimeSummary>(&metric.value)) {
        add_times(metric.name, metric.unit, *times);
      } else if (const auto* count = std::get_if<Count>(&metric.value)) {
        add_whole(metric.name, "value", metric.unit, count->value);
      } else {
        add_causes(metric.name, metric.unit, std::get<CountsByCause>(metric.value));
      }
    }
  }

  std::vector<SummaryRow> take() { return std::move(rows_); }

 private:
  std::string component_, instance_;
  std::vector<SummaryRow> rows_;
};

}  // namespace

std::vector<NamedEstimate> statistics_of(const TimeSummary& times) {
  return {{"mean", &times.mean}, {"p50", &times.p50},   {"p90", &times.p90}, {"p95", &times.p95},
          {"p99", &times.p99},   {"p999", &times.p999}, {"max", &times.max}};
}

std::vector<SummaryRow> summary_rows(const Results& results) {
  RowCollector rows;
  rows.add_requests(results.requests);
  for (const ClientResult& client : results.clients) {
    rows.at(client.id, "");
    rows.add_requests(client.requests);
    rows.add("throughput_rps", "value", "/s", client.throughput_rps);
    rows.add_times("latency_ms", "ms", client.latency_ms);
    rows.add_times("failed_latency_ms", "ms", client.failed_latency_ms);
    rows.add("availability", "value", "1", client.availability);
    rows.add_causes("errors", "requests", client.errors);
    rows.add_metrics(client.metrics);
  }
  for (const ComponentResult& component : results.components) {
    rows.at(component.id, "");
    rows.add_metrics(component.metrics);
    for (const InstanceResult& instance : component.instances) {
      rows.at(component.id, instance.id);
      rows.add_metrics(instance.metrics);
    }
  }
  if (results.cost) {
    rows.at("cost", "");
    rows.add_metrics(results.cost->metrics);
  }
  for (const BarChart& chart : results.charts) {
    rows.at(chart.component, "");
    for (std::size_t i = 0; i < std::min(chart.labels.size(), chart.values.size()); ++i) {
      rows.add(chart.title, chart.labels[i], chart.unit,
               {.value = chart.values[i], .ci95 = std::nullopt, .note = {}});
    }
  }
  return rows.take();
}

std::string EstimateNote::sentence(std::size_t names) const {
  std::string list;
  for (std::size_t i = 0; i < std::min(names, about.size()); ++i) {
    list += (i == 0 ? "" : ", ") + about[i];
  }
  if (about.size() > names) list += fmt::format(" and {} more", about.size() - names);
  return list + ": " + text;
}

std::vector<EstimateNote> estimate_notes(const Results& results) {
  std::vector<EstimateNote> notes;
  for (const SummaryRow& row : summary_rows(results)) {
    if (row.estimate.note.empty()) continue;
    // Nobody misses the latency of failures that did not happen.
    if (row.metric == "failed_latency_ms" && !row.estimate.value) continue;
    std::string name = (row.instance.empty() ? row.component : row.instance) + "." + row.metric;
    if (row.statistic != "value") name += "." + row.statistic;
    const auto known = std::find_if(notes.begin(), notes.end(), [&row](const EstimateNote& note) {
      return note.text == row.estimate.note;
    });
    if (known == notes.end()) {
      notes.push_back({row.estimate.note, {std::move(name)}});
    } else {
      known->about.push_back(std::move(name));
    }
  }
  return notes;
}

const MetricResult* find_metric(const std::vector<MetricResult>& metrics, std::string_view name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [name](const MetricResult& m) { return m.name == name; });
  return found == metrics.end() ? nullptr : &*found;
}

}  // namespace highwater
