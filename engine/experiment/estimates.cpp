#include "engine/experiment/estimates.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/statistics/warmup.h"

namespace highwater {
namespace {

constexpr double kMsPerNs = 1e-6;

Terminating terminating(const System& system) {
  return system.terminating ? Terminating::kYes : Terminating::kNo;
}

/// Largest relative half-width over what `--precision` looks at; infinite where one has none.
double worst_half_width(const System& system, const RunRecord& run) {
  if (run.replications.empty()) return std::numeric_limits<double>::infinity();
  const RunWindow window = find_window(system, run);
  double worst = 0;
  const auto look_at = [&](const Estimate& estimate) {
    if (!estimate.value || !estimate.ci95 || *estimate.value == 0)
      worst = std::numeric_limits<double>::infinity();
    else
      worst = std::max(worst,
                       (estimate.ci95->high - estimate.ci95->low) / 2 / std::abs(*estimate.value));
  };
  for (const Part& part : system.parts) {
    const auto latency = MetricView::find(run, part.id, "latency_ms");
    if (!latency) continue;
    look_at(latency->value(window.window, terminating(system)));
    look_at(latency->quantile(0.99, window.window, terminating(system)));
    look_at(MetricView::find(run, part.id, "throughput_rps")
                ->value(window.window, terminating(system)));
  }
  return worst;
}

}  // namespace

bool was_seen(const RunRecord& run, std::size_t owner) {
  return std::any_of(run.replications.begin(), run.replications.end(),
                     [&](const ReplicationRecord& one) { return one.owners[owner].seen; });
}

MetricView::MetricView(const RunRecord& run, std::size_t owner, std::size_t metric) {
  for (const ReplicationRecord& replication : run.replications) {
    const MetricRecord& record = replication.owners[owner].metrics[metric];
    records_.push_back(&record);
    sums_.push_back(&record.sums);
    histograms_.push_back(&record.histogram);
  }
}

std::optional<MetricView> MetricView::find(const RunRecord& run, std::string_view owner,
                                           std::string_view metric) {
  if (run.replications.empty()) return std::nullopt;
  const std::vector<OwnerRecord>& owners = run.replications.front().owners;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (owners[i].id != owner) continue;
    for (std::size_t k = 0; k < owners[i].metrics.size(); ++k)
      if (owners[i].metrics[k].name == metric) return MetricView(run, i, k);
  }
  return std::nullopt;
}

Estimate MetricView::value(Window window, Terminating terminating) const {
  switch (kind()) {
    case MetricKind::tally:
      return scaled(ratio_estimate(sums_, window, terminating), kMsPerNs);
    case MetricKind::ratio:
      return share_estimate(sums_, window, terminating);
    case MetricKind::time_average:
    case MetricKind::time_ratio:
    case MetricKind::rate:
      return ratio_estimate(sums_, window, terminating);
    case MetricKind::count:
    case MetricKind::most:
    case MetricKind::causes:
      break;
  }
  Estimate estimate;
  estimate.value = static_cast<double>(count());
  estimate.note = "a count over the whole run has no interval";
  return estimate;
}

Estimate MetricView::quantile(double q, Window window, Terminating terminating) const {
  return scaled(quantile_estimate(histograms_, q, window, terminating), kMsPerNs);
}

TimeSummary MetricView::summary(Window window, Terminating terminating) const {
  TimeSummary summary;
  summary.mean = value(window, terminating);
  summary.p50 = quantile(0.5, window, terminating);
  summary.p90 = quantile(0.9, window, terminating);
  summary.p95 = quantile(0.95, window, terminating);
  summary.p99 = quantile(0.99, window, terminating);
  summary.p999 = quantile(0.999, window, terminating);
  summary.max = scaled(maximum_estimate(histograms_, window), kMsPerNs);
  summary.resolution = Histogram::resolution();
  for (const SlicedSums* sums : sums_) {
    double count = 0;
    for (std::size_t i = window.first_slice; i < window.last_slice; ++i) count += sums->weight[i];
    summary.count += static_cast<std::uint64_t>(count);
  }
  return summary;
}

std::uint64_t MetricView::count() const {
  std::uint64_t all = 0;
  for (const MetricRecord* record : records_)
    all = kind() == MetricKind::most ? std::max(all, record->count) : all + record->count;
  return all;
}

CountsByCause MetricView::causes() const {
  CountsByCause all;
  for (const MetricRecord* record : records_)
    for (const auto& [cause, count] : record->causes) all[cause] += count;
  return all;
}

std::vector<double> MetricView::series() const {
  std::vector<double> values(sums_.front()->slices());
  for (std::size_t i = 0; i < values.size(); ++i) {
    double sum = 0, weight = 0;
    for (const SlicedSums* each : sums_) {
      sum += each->sum[i];
      weight += each->weight[i];
    }
    values[i] = weight > 0 ? sum / weight : std::numeric_limits<double>::quiet_NaN();
    if (kind() == MetricKind::tally) values[i] *= kMsPerNs;
  }
  return values;
}

RunWindow find_window(const System& system, const RunRecord& run) {
  RunWindow result;
  result.window.last_slice = run.grid.fine_slices();
  if (system.warmup) {
    result.window.first_slice = run.grid.warmup_slices();
    result.method = "given";
  } else if (system.terminating) {
    result.method = "none (terminating run)";
  } else {
    result.method = "MSER-5";
    for (const Part& part : system.parts) {
      for (const char* metric : {"latency_ms", "in_flight"}) {
        const auto view = MetricView::find(run, part.id, metric);
        if (!view) continue;
        const WarmUp warmup = mser5(view->sums());
        result.window.first_slice = std::max(result.window.first_slice, warmup.fine_slices);
        result.settled &= warmup.settled;
      }
    }
  }
  result.warmup_s = seconds(run.grid.begin_of(result.window.first_slice));
  return result;
}

bool precise_enough(const System& system, const RunRecord& run, double relative) {
  return worst_half_width(system, run) <= relative;
}

std::uint64_t replications_for(const System& system, const RunRecord& run, double relative) {
  const auto now = static_cast<std::uint64_t>(run.replications.size());
  // Ten at least: from there on intervals rest on replications alone, which stopping early when a
  // lucky interval comes along distorts least.
  if (now < kEnoughReplications) return kEnoughReplications;
  const double worst = worst_half_width(system, run);
  if (worst <= relative) return now;
  const double growth = std::min(4.0, (worst / relative) * (worst / relative) * 1.1);
  return std::max(now + 1,
                  static_cast<std::uint64_t>(std::ceil(static_cast<double>(now) * growth)));
}

}  // namespace highwater
