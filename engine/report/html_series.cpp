#include "engine/report/html_series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/kernel/check.h"
#include "engine/report/json_writer.h"
#include "engine/report/metric_view.h"
#include "engine/report/text.h"

namespace highwater {
namespace {

constexpr std::size_t kMostBins = 600;

enum class Merge { kMean, kLargest, kSum };

/// Puts `factor` neighbouring bins into one. Bins without observation do not count.
std::vector<double> merged(const std::vector<double>& values, std::size_t factor, Merge how) {
  if (factor == 1) return values;
  std::vector<double> out;
  for (std::size_t begin = 0; begin < values.size(); begin += factor) {
    double sum = 0;
    double largest = -HUGE_VAL;
    std::size_t seen = 0;
    for (std::size_t i = begin; i < std::min(begin + factor, values.size()); ++i) {
      if (!std::isfinite(values[i])) continue;
      sum += values[i];
      largest = std::max(largest, values[i]);
      ++seen;
    }
    const double mean = sum / static_cast<double>(std::max<std::size_t>(seen, 1));
    out.push_back(seen == 0                ? std::numeric_limits<double>::quiet_NaN()
                  : how == Merge::kLargest ? largest
                  : how == Merge::kSum     ? sum
                                           : mean);
  }
  return out;
}

std::string number_array(const std::vector<double>& values, int digits = 5) {
  std::string json = "[";
  for (const double value : values) {
    if (json.size() > 1) json += ',';
    json += std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "null";
  }
  return json + ']';
}

std::string heat_bytes(const std::vector<double>& rows_by_columns, double scale) {
  std::string bytes;
  bytes.reserve(rows_by_columns.size());
  for (const double value : rows_by_columns) {
    const double share =
        std::isfinite(value) && scale > 0 ? std::clamp(value / scale, 0.0, 1.0) : 0;
    bytes += static_cast<char>(static_cast<unsigned char>(std::floor(share * 255 + 0.5)));
  }
  return bytes;
}

/// The latency heat map, cut to the rows that were ever hit. A byte holds the square root of the
/// count, so that a few slow requests beside thousands of quick ones can still be seen.
std::string latency_heat(const ClientSeries& client, std::size_t bins, std::size_t factor) {
  const std::size_t rows = client.heat_rows;
  if (rows == 0 || bins == 0) return "null";
  HIGHWATER_CHECK(client.heat_counts.size() == bins * rows);
  std::size_t first = rows;
  std::size_t last = 0;
  std::vector<std::vector<double>> by_row;
  double largest = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<double> counts(bins);
    for (std::size_t bin = 0; bin < bins; ++bin) counts[bin] = client.heat_counts[bin * rows + row];
    counts = merged(counts, factor, Merge::kSum);
    const double most = *std::max_element(counts.begin(), counts.end());
    if (most > 0) {
      first = std::min(first, row);
      last = row;
    }
    largest = std::max(largest, most);
    by_row.push_back(std::move(counts));
  }
  if (largest <= 0) return "null";
  std::string bytes;
  double floor_ms = client.heat_floor_ms;
  for (std::size_t row = 0; row <= last; ++row) {
    if (row < first) {
      floor_ms *= client.heat_ratio;
      continue;
    }
    for (double& count : by_row[row]) count = std::sqrt(std::max(0.0, count));
    bytes += heat_bytes(by_row[row], std::sqrt(largest));
  }
  return fmt::format(
      R"({{"rows":{},"columns":{},"floor_ms":{:.6g},"ratio":{:.8g},"largest":{:.5g},"data":"{}"}})",
      last - first + 1, by_row[first].size(), floor_ms, client.heat_ratio, largest, base64(bytes));
}

std::string client_json(const ClientSeries& client, std::size_t bins, std::size_t factor) {
  std::string json = fmt::format(R"({{"id":{})", json_quoted(client.client));
  const auto add = [&](const char* name, const std::vector<double>& values, Merge how) {
    HIGHWATER_CHECK(values.size() == bins);
    json += fmt::format(",\"{}\":{}", name, number_array(merged(values, factor, how)));
  };
  add("offered", client.offered_rps, Merge::kMean);
  add("completed", client.completed_rps, Merge::kMean);
  add("failed", client.failed_rps, Merge::kMean);
  add("p50", client.p50_ms, Merge::kLargest);
  add("p90", client.p90_ms, Merge::kLargest);
  add("p99", client.p99_ms, Merge::kLargest);
  add("p999", client.p999_ms, Merge::kLargest);
  return json + ",\"heat\":" + latency_heat(client, bins, factor) + '}';
}

std::string utilization_json(const std::vector<InstanceSeries>& instances, std::size_t bins,
                             std::size_t factor) {
  if (instances.empty() || bins == 0) return "null";
  std::string names;
  std::string bytes;
  for (const InstanceSeries& instance : instances) {
    HIGHWATER_CHECK(instance.utilization.size() == bins);
    names += (names.empty() ? "" : ",") + json_quoted(instance.instance);
    bytes += heat_bytes(merged(instance.utilization, factor, Merge::kMean), 1);
  }
  return fmt::format(R"({{"rows":{},"columns":{},"names":[{}],"data":"{}"}})", instances.size(),
                     (bins + factor - 1) / factor, names, base64(bytes));
}

std::string extras_json(const SeriesSet& series, std::size_t factor) {
  std::string json;
  for (const ExtraChart& chart : extra_charts(series)) {
    std::string lines;
    for (const SeriesSet::Extra* extra : chart.series) {
      HIGHWATER_CHECK(extra->values.size() == series.times_s.size());
      lines += fmt::format(R"({}{{"label":{},"values":{}}})", lines.empty() ? "" : ",",
                           json_quoted(extra->component),
                           number_array(merged(extra->values, factor, Merge::kMean)));
    }
    json += fmt::format(R"({}{{"metric":{},"unit":{},"series":[{}]}})", json.empty() ? "" : ",",
                        json_quoted(chart.metric), json_quoted(chart.unit), lines);
  }
  return '[' + json + ']';
}

std::string fault_spans(const std::vector<FaultSpan>& faults) {
  std::string json;
  for (const FaultSpan& fault : faults) {
    json += fmt::format(R"({}{{"text":{},"begin":{:.12g},"end":{}}})", json.empty() ? "" : ",",
                        json_quoted(fault.text), fault.begin_s,
                        std::isfinite(fault.end_s) ? fmt::format("{:.12g}", fault.end_s) : "null");
  }
  return '[' + json + ']';
}

}  // namespace

std::vector<ExtraChart> extra_charts(const SeriesSet& series) {
  std::vector<ExtraChart> charts;
  for (const SeriesSet::Extra& extra : series.extras) {
    const auto same = std::find_if(charts.begin(), charts.end(), [&extra](const ExtraChart& chart) {
      return chart.metric == extra.metric && chart.unit == extra.unit;
    });
    if (same == charts.end()) {
      charts.push_back({extra.metric, extra.unit, {&extra}});
    } else {
      same->series.push_back(&extra);
    }
  }
  return charts;
}

std::string series_json(const Results& results) {
  const SeriesSet& series = results.series;
  const std::size_t bins = series.times_s.size();
  const std::size_t factor = std::max<std::size_t>(1, (bins + kMostBins - 1) / kMostBins);
  std::vector<double> times;
  for (std::size_t i = 0; i < bins; i += factor) times.push_back(series.times_s[i]);
  std::string clients;
  for (const ClientSeries& client : series.clients) {
    clients += (clients.empty() ? "" : ",") + client_json(client, bins, factor);
  }
  return fmt::format(
      R"({{"scenario":{},"simulated":{:.12g},"warmup":{:.12g},"bin":{:.12g},"times":{})"
      R"(,"clients":[{}],"utilization":{},"extras":{},"faults":{}}})",
      json_quoted(results.scenario), results.simulated_s, results.warmup_s,
      series.bin_s * static_cast<double>(factor), number_array(times, 12), clients,
      utilization_json(series.instances, bins, factor), extras_json(series, factor),
      fault_spans(results.faults));
}

}  // namespace highwater
