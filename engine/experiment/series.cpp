#include "engine/experiment/series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/experiment/estimates.h"
#include "engine/math/math.h"

namespace highwater {
namespace {

constexpr std::size_t kHeatRows = 48;
constexpr double kMsPerNs = 1e-6;

/// Percentiles of each slice; NaN where the slice has too few observations for it to mean anything.
std::vector<double> percentiles(const std::vector<Histogram>& slices, double q) {
  std::vector<double> values;
  values.reserve(slices.size());
  for (const Histogram& slice : slices) {
    const bool enough = static_cast<double>(slice.count()) * (1 - q) >= 1;
    values.push_back(enough ? slice.quantile_ns(q) * kMsPerNs
                            : std::numeric_limits<double>::quiet_NaN());
  }
  return values;
}

/// Latency by time and size: rows of equal ratio between the smallest and the largest latency seen.
void add_heat_map(const std::vector<Histogram>& slices, ClientSeries& series) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const Histogram& slice : slices) {
    if (slice.empty()) continue;
    low = std::min(low, std::max(1.0, static_cast<double>(slice.min_ns())));
    high = std::max(high, std::max(1.0, static_cast<double>(slice.max_ns())));
  }
  if (high == 0) return;
  // A row more than the range needs, so that the largest value falls inside the last one.
  const double octaves = std::max(1.0, static_cast<double>(std::ilogb(high / low) + 1));
  series.heat_rows = kHeatRows;
  series.heat_floor_ms = low * kMsPerNs;
  series.heat_ratio = math::pow(2.0, octaves / static_cast<double>(kHeatRows));
  series.heat_counts.assign(slices.size() * kHeatRows, 0);
  const double rows_per_octave = static_cast<double>(kHeatRows) / octaves;
  for (std::size_t bin = 0; bin < slices.size(); ++bin) {
    slices[bin].for_each_bucket([&](std::uint64_t lower, std::uint64_t upper, std::uint64_t count) {
      const double middle = (static_cast<double>(lower) + static_cast<double>(upper)) / 2;
      const double row = std::floor(math::log2(std::max(1.0, middle / low)) * rows_per_octave);
      const auto clamped = std::min(static_cast<std::size_t>(std::max(0.0, row)), kHeatRows - 1);
      series.heat_counts[bin * kHeatRows + clamped] += static_cast<double>(count);
    });
  }
}

ClientSeries client_series(const RunRecord& run, const std::string& id,
                           const std::vector<Histogram>& slices) {
  ClientSeries series;
  series.client = id;
  series.offered_rps = MetricView::find(run, id, "offered_rps")->series();
  series.completed_rps = MetricView::find(run, id, "throughput_rps")->series();
  series.failed_rps = MetricView::find(run, id, "failed_rps")->series();
  series.p50_ms = percentiles(slices, 0.5);
  series.p90_ms = percentiles(slices, 0.9);
  series.p99_ms = percentiles(slices, 0.99);
  series.p999_ms = percentiles(slices, 0.999);
  add_heat_map(slices, series);
  return series;
}

/// Utilization of each instance, and every other level or share of a component over time.
void add_component_series(const RunRecord& run, const Part& part, SeriesSet& set) {
  const std::vector<OwnerRecord>& owners = run.replications.front().owners;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const bool instance = owners[i].id.starts_with(part.id + "[");
    if ((!instance && owners[i].id != part.id) || !was_seen(run, i)) continue;
    for (std::size_t k = 0; k < owners[i].metrics.size(); ++k) {
      const MetricRecord& metric = owners[i].metrics[k];
      if (instance && metric.name == "utilization")
        set.instances.push_back({owners[i].id, MetricView(run, i, k).series()});
      const bool shown =
          metric.kind == MetricKind::time_average || metric.kind == MetricKind::ratio;
      if (instance || !shown) continue;
      std::string unit;
      for (const MetricInfo& info : part.kind->info.metrics)
        if (info.name == metric.name) unit = info.unit;
      set.extras.push_back({part.id, metric.name, unit, MetricView(run, i, k).series()});
    }
  }
}

/// The estimates of a metric for five slices at a time, which is what times are kept by in each
/// replication. Whole replications are compared: those of a group of slices are alike, and do not
/// know of each other.
template <class Estimates>
SeriesBand band(const RunRecord& run, const std::string& component, std::string metric,
                Estimates estimates) {
  SeriesBand band{component, std::move(metric), TimeGrid::kFinePerCoarse, {}, {}, {}};
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  const std::size_t slices = run.grid.fine_slices();
  for (std::size_t first = 0; first < slices; first += band.bins) {
    const Estimate estimate = estimates(Window{first, std::min(first + band.bins, slices)});
    const bool known = estimate.value && estimate.ci95;
    band.value.push_back(known ? *estimate.value : kNothing);
    band.low.push_back(known ? estimate.ci95->low : kNothing);
    band.high.push_back(known ? estimate.ci95->high : kNothing);
  }
  return band;
}

void add_bands(const RunRecord& run, SeriesSet& set) {
  if (run.replications.size() < 2) return;
  const auto add = [&](const std::string& component, const char* metric, const char* name) {
    const auto view = MetricView::find(run, component, metric);
    set.bands.push_back(band(run, component, name, [&](Window window) {
      return view->value(window, Terminating::kYes);
    }));
  };
  for (const ClientSeries& client : set.clients) {
    add(client.client, "offered_rps", "offered_rps");
    add(client.client, "throughput_rps", "completed_rps");
    add(client.client, "failed_rps", "failed_rps");
    const auto latency = MetricView::find(run, client.client, "latency_ms");
    const std::pair<const char*, double> quantiles[] = {{"latency_p50_ms", 0.5},
                                                        {"latency_p99_ms", 0.99}};
    for (const auto& [name, q] : quantiles)
      set.bands.push_back(band(run, client.client, name, [&, q = q](Window window) {
        return latency->quantile(q, window, Terminating::kYes);
      }));
  }
  for (const SeriesSet::Extra& extra : set.extras)
    add(extra.component, extra.metric.c_str(), extra.metric.c_str());
}

}  // namespace

SeriesSet make_series(const System& system, const RunRecord& run) {
  SeriesSet set;
  const std::size_t slices = run.grid.fine_slices();
  for (std::size_t i = 0; i < slices; ++i) set.times_s.push_back(seconds(run.grid.begin_of(i)));
  set.bin_s = seconds(run.grid.begin_of(slices) - run.grid.begin_of(slices - 1));
  for (const auto& [client, histograms] : run.timelines)
    set.clients.push_back(client_series(run, client, histograms));
  for (const Part& part : system.parts) {
    const bool client = std::any_of(run.timelines.begin(), run.timelines.end(),
                                    [&](const auto& each) { return each.first == part.id; });
    if (!client) add_component_series(run, part, set);
  }
  add_bands(run, set);
  return set;
}

}  // namespace highwater
