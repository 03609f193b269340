#include "viewer/session/comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "engine/experiment/estimates.h"
#include "engine/report/summary_rows.h"
#include "engine/statistics/proportion.h"

namespace highwater::viewer {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kMsPerNs = 1e-6;

constexpr std::array<std::pair<const char*, double>, 5> kQuantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}}};

/// (Sum of sums) / (sum of weights) in the window.
double ratio_of(const MetricRecord& metric, Window window) {
  double sum = 0, weight = 0;
  for (std::size_t i = window.first_slice; i < window.last_slice; ++i) {
    sum += metric.sums.sum[i];
    weight += metric.sums.weight[i];
  }
  return weight > 0 ? sum / weight : kNothing;
}

bool has_level(MetricKind kind) {
  return kind == MetricKind::tally || kind == MetricKind::ratio ||
         kind == MetricKind::time_average || kind == MetricKind::time_ratio ||
         kind == MetricKind::rate;
}

bool same(const ReplicationValues& values, const SummaryRow& row) {
  return values.component == row.component && values.metric == row.metric &&
         values.statistic == row.statistic;
}

const ReplicationValues* find(const std::vector<ReplicationValues>* all, const SummaryRow& row) {
  if (all == nullptr) return nullptr;
  const auto found = std::find_if(all->begin(), all->end(),
                                  [&](const ReplicationValues& each) { return same(each, row); });
  return found == all->end() ? nullptr : &*found;
}

/// after - before, replication by replication. No value where one of them measured nothing.
std::optional<Estimate> paired_change(const ReplicationValues& before,
                                      const ReplicationValues& after) {
  if (before.values.size() != after.values.size() || before.values.size() < 2) return std::nullopt;
  std::vector<double> changes;
  for (std::size_t i = 0; i < before.values.size(); ++i) {
    changes.push_back(after.values[i] - before.values[i]);
    if (!std::isfinite(changes.back())) return std::nullopt;
  }
  return mean_estimate(changes);
}

Estimate unpaired_change(const Estimate& before, const Estimate& after) {
  Estimate change;
  if (!before.value || !after.value) return change;
  change.value = *after.value - *before.value;
  if (!before.ci95 || !after.ci95) {
    change.note = "one of them has no interval";
    return change;
  }
  const double down = std::hypot(*after.value - after.ci95->low, before.ci95->high - *before.value);
  const double up = std::hypot(after.ci95->high - *after.value, *before.value - before.ci95->low);
  change.ci95 = Interval{*change.value - down, *change.value + up};
  return change;
}

}  // namespace

std::vector<ReplicationValues> values_by_replication(const System& system, const RunRecord& run) {
  std::vector<ReplicationValues> all;
  if (run.replications.empty()) return all;
  const Window window = find_window(system, run).window;
  const std::vector<OwnerRecord>& owners = run.replications.front().owners;
  for (const Part& part : system.parts) {
    const auto owner = std::find_if(owners.begin(), owners.end(),
                                    [&](const OwnerRecord& each) { return each.id == part.id; });
    if (owner == owners.end()) continue;
    const auto place = static_cast<std::size_t>(owner - owners.begin());
    for (std::size_t k = 0; k < owner->metrics.size(); ++k) {
      const MetricKind kind = owner->metrics[k].kind;
      if (!has_level(kind)) continue;
      const bool times = kind == MetricKind::tally;
      ReplicationValues level{part.id, owner->metrics[k].name, times ? "mean" : "value", {}};
      std::vector<ReplicationValues> quantiles;
      for (const auto& [name, q] : kQuantiles)
        quantiles.push_back({part.id, owner->metrics[k].name, name, {}});
      for (const ReplicationRecord& replication : run.replications) {
        const MetricRecord& metric = replication.owners[place].metrics[k];
        level.values.push_back(ratio_of(metric, window) * (times ? kMsPerNs : 1));
        if (!times) continue;
        const Histogram histogram = metric.histogram.merged(window);
        for (std::size_t i = 0; i < kQuantiles.size(); ++i) {
          const double q = kQuantiles[i].second;
          // Spread over its bucket: else all replications might change by the same step.
          const bool enough = static_cast<double>(histogram.count()) * (1 - q) >= 10;
          quantiles[i].values.push_back(enough ? histogram.interpolated_quantile_ns(q) * kMsPerNs
                                               : kNothing);
        }
      }
      all.push_back(std::move(level));
      if (times) std::move(quantiles.begin(), quantiles.end(), std::back_inserter(all));
    }
  }
  return all;
}

std::optional<bool> Difference::significant() const {
  if (!change.ci95) return std::nullopt;
  return change.ci95->low > 0 || change.ci95->high < 0;
}

std::vector<Difference> differences(const Compared& before, const Compared& after) {
  const bool alike = before.results.seed == after.results.seed &&
                     before.results.replications == after.results.replications;
  std::vector<Difference> all;
  const std::vector<SummaryRow> rows = summary_rows(before.results);
  for (const SummaryRow& row : summary_rows(after.results)) {
    // Counts over the whole run say the same as the rates, without intervals.
    if (row.component.empty() || !row.instance.empty() || !row.estimate.value || !row.estimate.ci95)
      continue;
    const auto other = std::find_if(rows.begin(), rows.end(), [&](const SummaryRow& each) {
      return each.component == row.component && each.instance.empty() &&
             each.metric == row.metric && each.statistic == row.statistic;
    });
    if (other == rows.end()) continue;
    Difference difference{row.component, row.metric, row.statistic, row.unit, other->estimate,
                          row.estimate,  {},         false};
    const ReplicationValues* const first = find(before.replications, row);
    const ReplicationValues* const second = find(after.replications, row);
    std::optional<Estimate> change;
    if (alike && first != nullptr && second != nullptr) change = paired_change(*first, *second);
    difference.paired = change.has_value();
    difference.change = change ? *change : unpaired_change(difference.before, difference.after);
    all.push_back(std::move(difference));
  }
  return all;
}

std::string method_of(const std::vector<Difference>& differences, const Results& before,
                      const Results& after) {
  const auto paired = static_cast<std::size_t>(std::count_if(
      differences.begin(), differences.end(), [](const Difference& each) { return each.paired; }));
  if (differences.empty()) return "They have no number with an interval in common.";
  if (paired == differences.size())
    return fmt::format(
        "Compared in pairs: each of {} replications with the one that had the same draws.",
        after.replications);
  const std::string apart = before.seed != after.seed ? "they have other seeds"
                            : before.replications != after.replications
                                ? "they have not as many replications"
                                : "their single replications are not known";
  if (paired == 0) return "Compared by their intervals, as " + apart + ".";
  return fmt::format(
      "{} of {} numbers are compared in pairs of replications with the same draws, "
      "the others by their intervals.",
      paired, differences.size());
}

}  // namespace highwater::viewer
