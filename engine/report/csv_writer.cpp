#include "engine/report/csv_writer.h"

#include <cmath>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "engine/kernel/check.h"
#include "engine/report/number_format.h"
#include "engine/report/summary_rows.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

/// Always one line of valid UTF-8: readers differ in what they make of anything else.
std::string cell(std::string_view content) {
  const std::string text = one_line(content);
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string number_cell(double value) {
  return std::isfinite(value) ? shortest(value) : "";
}

void append_row(std::string& csv, std::initializer_list<std::string_view> cells) {
  bool first = true;
  for (const std::string_view text : cells) {
    if (!first) csv += ',';
    csv += cell(text);
    first = false;
  }
  csv += '\n';
}

void append_series(std::string& csv, const std::vector<double>& times_s, std::string_view component,
                   std::string_view metric, const std::vector<double>& values) {
  HIGHWATER_CHECK(values.size() == times_s.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    append_row(csv, {shortest(times_s[i]), component, metric, shortest(values[i])});
  }
}

}  // namespace

std::string summary_csv(const Results& results) {
  std::string csv = "component,instance,metric,statistic,unit,value,ci_low,ci_high\n";
  for (const SummaryRow& row : summary_rows(results)) {
    const Estimate& estimate = row.estimate;
    append_row(csv, {row.component, row.instance, row.metric, row.statistic, row.unit,
                     estimate.value ? number_cell(*estimate.value) : "",
                     estimate.ci95 ? number_cell(estimate.ci95->low) : "",
                     estimate.ci95 ? number_cell(estimate.ci95->high) : ""});
  }
  return csv;
}

std::string series_csv(const Results& results) {
  const SeriesSet& series = results.series;
  std::string csv = "time_s,component,metric,value\n";
  for (const ClientSeries& client : series.clients) {
    const std::pair<const char*, const std::vector<double>*> columns[] = {
        {"offered_rps", &client.offered_rps}, {"completed_rps", &client.completed_rps},
        {"failed_rps", &client.failed_rps},   {"latency_p50_ms", &client.p50_ms},
        {"latency_p90_ms", &client.p90_ms},   {"latency_p99_ms", &client.p99_ms},
        {"latency_p999_ms", &client.p999_ms}};
    for (const auto& [metric, values] : columns) {
      append_series(csv, series.times_s, client.client, metric, *values);
    }
  }
  for (const InstanceSeries& instance : series.instances) {
    append_series(csv, series.times_s, instance.instance, "utilization", instance.utilization);
  }
  for (const SeriesSet::Extra& extra : series.extras) {
    append_series(csv, series.times_s, extra.component, extra.metric, extra.values);
  }
  return csv;
}

std::string intervals_csv(const Results& results) {
  const SeriesSet& series = results.series;
  std::string csv = "time_s,end_s,component,metric,value,ci_low,ci_high\n";
  for (const SeriesBand& band : series.bands) {
    for (std::size_t i = 0; i < band.value.size(); ++i) {
      if (!std::isfinite(band.value[i])) continue;
      const std::size_t next = (i + 1) * band.bins;
      const double end_s =
          next < series.times_s.size() ? series.times_s[next] : results.simulated_s;
      append_row(csv, {shortest(series.times_s.at(i * band.bins)), shortest(end_s), band.component,
                       band.metric, shortest(band.value[i]), number_cell(band.low[i]),
                       number_cell(band.high[i])});
    }
  }
  return csv;
}

}  // namespace highwater
