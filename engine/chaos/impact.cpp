#include "engine/chaos/impact.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/statistics/proportion.h"

namespace highwater::chaos {
namespace {

/// Less than so much of what is usual is no departure from the steady state, whatever the interval.
constexpr double kLeastChange = 0.05;
/// Windows without a missed objective after which the system counts as recovered.
constexpr double kQuietWindows = 3;
constexpr std::size_t kMostReached = 12;

/// Differences that nobody would call a change, by unit.
double least_difference(std::string_view unit) {
  if (unit == "1") return 0.01;
  if (unit == "ms") return 0.1;
  return 0.05;
}

double mean_of(const std::vector<float>& values, std::size_t first, std::size_t last) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = first; i < std::min(last, values.size()); ++i) {
    if (std::isnan(values[i])) continue;
    sum += static_cast<double>(values[i]);
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

double highest_of(const std::vector<float>& values, std::size_t first, std::size_t last) {
  double highest = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = first; i < std::min(last, values.size()); ++i)
    if (!std::isnan(values[i]) && !(static_cast<double>(values[i]) <= highest))
      highest = static_cast<double>(values[i]);
  return highest;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// An objective is missed with the faults at that time and not without them.
bool missed_at(const Observation& seen, const Observation& usual, std::size_t sample) {
  for (std::size_t k = 0; k < seen.kept.size(); ++k) {
    if (sample >= seen.kept[k].size() || seen.kept[k][sample] != 0) continue;
    if (sample >= usual.kept[k].size() || usual.kept[k][sample] != 0) return true;
  }
  return false;
}

}  // namespace

ImpactTable::ImpactTable(const System& system, std::vector<Signal> signals,
                         std::vector<std::string> names, Duration window)
    : system_(system),
      signals_(std::move(signals)),
      names_(std::move(names)),
      window_(window),
      gathered_(names_.size()) {
  std::size_t objectives = 0;
  for (const Objective& objective : system.objectives) objectives += holds_always(objective);
  for (Gathered& each : gathered_) {
    each.burnt.resize(objectives);
    each.then.resize(signals_.size());
    each.normally.resize(signals_.size());
  }
}

void ImpactTable::add(const std::vector<FaultStrike>& strikes, const Observation& seen,
                      const Observation& usual) {
  interval_ = seen.interval;
  add_series(seen, seen_sums_, seen_counts_);
  add_series(usual, usual_sums_, usual_counts_);
  std::vector<double> begins;
  for (const FaultStrike& strike : strikes) begins.push_back(strike.begin_s);
  std::sort(begins.begin(), begins.end());
  const double end_s = seconds(interval_) * static_cast<double>(seen.samples());
  for (const FaultStrike& strike : strikes) {
    const auto next = std::upper_bound(begins.begin(), begins.end(), strike.begin_s);
    add_strike(strike, next == begins.end() ? end_s : *next, seen, usual);
  }
}

void ImpactTable::add_strike(const FaultStrike& strike, double horizon_s, const Observation& seen,
                             const Observation& usual) {
  Gathered& gathered = gathered_[strike.fault];
  if (gathered.text.empty()) gathered.text = strike.text;
  const double bin_s = seconds(seen.interval);
  const std::size_t samples = std::min(seen.samples(), usual.samples());
  const auto sample_after = [&](double time_s) {
    return std::min(samples, static_cast<std::size_t>(time_s / bin_s));
  };
  const std::size_t first = sample_after(strike.begin_s), horizon = sample_after(horizon_s);
  if (first >= horizon) return;
  ++gathered.strikes;
  gathered.begin_s.push_back(strike.begin_s);
  if (strike.end_s) gathered.lasted_s.push_back(*strike.end_s - strike.begin_s);

  std::size_t detected = first;
  while (detected < horizon && !missed_at(seen, usual, detected)) ++detected;
  std::size_t until = horizon;  // where it is over, one way or another
  const double over_s = strike.end_s.value_or(strike.begin_s);
  const std::size_t over = std::clamp(sample_after(over_s), first, horizon);
  if (detected < horizon) {
    gathered.detect_s.push_back(std::max(0.0, seen.time_s(detected) - strike.begin_s));
    const auto quiet =
        static_cast<std::size_t>(std::ceil(kQuietWindows * seconds(window_) / bin_s));
    std::size_t recovered = std::max(over, detected), last_missed = recovered;
    bool any = false;
    for (std::size_t i = std::max(over, first); i < horizon; ++i) {
      if (any && i > last_missed + quiet) break;
      if (!missed_at(seen, usual, i)) continue;
      last_missed = i;
      any = true;
    }
    recovered = any ? last_missed + 1 : over;
    if (any && recovered + std::min<std::size_t>(quiet, 1) > horizon) {
      // A fault that never ends has nothing to recover from.
      if (strike.end_s && *strike.end_s < horizon_s) {
        ++gathered.unrecovered;
        const std::string loop =
            what_sustains(signals_, seen, usual, over + (horizon - over) / 2, horizon);
        if (!loop.empty()) ++gathered.sustained[loop];
      }
    } else {
      gathered.recover_s.push_back(any ? std::max(0.0, seen.time_s(last_missed) - over_s) : 0.0);
      until = std::max(recovered, first + 1);
    }
  } else {
    until = std::max(over, first + 1);
  }

  double lost = 0;
  for (const char* metric : {"failed", "rejected"})
    lost += total(seen, metric, first, until).value_or(0) -
            total(usual, metric, first, until).value_or(0);
  gathered.lost.push_back(lost);
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (signals_[i].of_client && signals_[i].statistic == "p99") {
      const double peak = highest_of(seen.values[i], first, until);
      const double usually = mean_of(usual.values[i], first, until);
      if (!std::isnan(peak)) gathered.peak_ms[signals_[i].component].push_back(peak);
      if (!std::isnan(usually)) gathered.usual_ms[signals_[i].component].push_back(usually);
    }
    const double then = mean_of(seen.values[i], first, until);
    const double normally = mean_of(usual.values[i], first, until);
    if (std::isnan(then) && std::isnan(normally)) continue;
    // Where nothing was observed there was nothing of it: no line, no errors.
    gathered.then[i].push_back(std::isnan(then) ? 0 : then);
    gathered.normally[i].push_back(std::isnan(normally) ? 0 : normally);
  }
  std::size_t k = 0;
  for (const Objective& objective : system_.objectives) {
    if (!holds_always(objective)) continue;
    const std::size_t number = k++;
    if (objective.metric != "availability" || objective.limit >= 1) continue;
    const auto of_client = [&](const Observation& of, std::string_view metric, std::size_t from,
                               std::size_t to) {
      double sum = 0;
      for (std::size_t i = 0; i < signals_.size(); ++i)
        if (signals_[i].component == objective.component && signals_[i].metric == metric)
          for (std::size_t t = from; t < to; ++t)
            if (!std::isnan(of.values[i][t])) sum += static_cast<double>(of.values[i][t]);
      return sum;
    };
    const double allowed = (1 - objective.limit) * of_client(usual, "issued", 0, samples);
    double bad = 0;
    for (const char* metric : {"failed", "rejected"})
      bad += of_client(seen, metric, first, until) - of_client(usual, metric, first, until);
    if (allowed > 0) gathered.burnt[number].push_back(bad / allowed);
  }
}

std::optional<double> ImpactTable::total(const Observation& of, std::string_view metric,
                                         std::size_t first, std::size_t last) const {
  std::optional<double> sum;
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (!signals_[i].of_client || signals_[i].metric != metric) continue;
    for (std::size_t t = first; t < std::min(last, of.values[i].size()); ++t)
      if (!std::isnan(of.values[i][t]))
        sum = sum.value_or(0) + static_cast<double>(of.values[i][t]);
  }
  return sum;
}

/// What was counted in intervals, as a rate.
void ImpactTable::per_second(ChaosReach& reach) const {
  const double per_s = 1 / seconds(interval_);
  reach.unit = "/s";
  reach.normally *= per_s;
  reach.then *= per_s;
  if (reach.change.value) *reach.change.value *= per_s;
  if (reach.change.ci95)
    reach.change.ci95 = Interval{reach.change.ci95->low * per_s, reach.change.ci95->high * per_s};
}

std::vector<ChaosReach> ImpactTable::reach(const Gathered& gathered) const {
  std::vector<std::pair<double, ChaosReach>> found;
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const Signal& signal = signals_[i];
    if (signal.metric == "issued" || gathered.then[i].empty()) continue;
    std::vector<double> changes;
    for (std::size_t k = 0; k < gathered.then[i].size(); ++k)
      changes.push_back(gathered.then[i][k] - gathered.normally[i][k]);
    ChaosReach reached{signal.component,
                       signal.name().substr(signal.component.size() + 1),
                       signal.unit,
                       mean_of(gathered.normally[i]),
                       mean_of(gathered.then[i]),
                       mean_estimate(changes)};
    const double change = std::abs(reached.then - reached.normally);
    const bool sure = reached.change.ci95
                          ? reached.change.ci95->low > 0 || reached.change.ci95->high < 0
                          : changes.size() == 1;
    if (!sure || change < least_difference(signal.unit) ||
        change < kLeastChange * std::abs(reached.normally))
      continue;
    const double least = least_difference(signal.unit);
    const double ratio = (std::abs(reached.then) + least) / (std::abs(reached.normally) + least);
    const double score = ratio > 1 ? ratio : 1 / ratio;
    if (signal.counted) per_second(reached);
    const auto same = std::find_if(found.begin(), found.end(), [&](const auto& each) {
      return each.second.component == signal.component;
    });
    if (same == found.end())
      found.emplace_back(score, std::move(reached));
    else if (same->first < score)
      *same = {score, std::move(reached)};
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<ChaosReach> list;
  for (auto& [score, reached] : found)
    if (list.size() < kMostReached) list.push_back(std::move(reached));
  return list;
}

void ImpactTable::add_series(const Observation& of, std::vector<std::vector<double>>& sums,
                             std::vector<std::vector<double>>& counts) {
  sums.resize(signals_.size());
  counts.resize(signals_.size());
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    if (!signals_[i].of_client) continue;
    const std::vector<float>& values = of.values[i];
    if (sums[i].size() < values.size()) {
      sums[i].resize(values.size());
      counts[i].resize(values.size());
    }
    for (std::size_t t = 0; t < values.size(); ++t) {
      if (std::isnan(values[t])) continue;
      sums[i][t] += static_cast<double>(values[t]);
      counts[i][t] += 1;
    }
  }
}

std::vector<double> ImpactTable::times_s() const {
  std::size_t samples = 0;
  for (const auto& each : seen_sums_) samples = std::max(samples, each.size());
  std::vector<double> times;
  for (std::size_t i = 0; i < samples; ++i)
    times.push_back(seconds(interval_) * static_cast<double>(i));
  return times;
}

std::vector<ChaosSeries> ImpactTable::series() const {
  std::vector<ChaosSeries> all;
  const std::size_t samples = times_s().size();
  const auto averages = [&](const std::vector<std::vector<double>>& sums,
                            const std::vector<std::vector<double>>& counts, std::size_t i,
                            double scale) {
    std::vector<double> values(samples, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t t = 0; t < sums[i].size() && t < samples; ++t)
      if (counts[i][t] > 0) values[t] = sums[i][t] / counts[i][t] * scale;
    return values;
  };
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const Signal& signal = signals_[i];
    if (!signal.of_client || seen_sums_.empty()) continue;
    if (all.empty() || all.back().client != signal.component) {
      all.emplace_back();
      all.back().client = signal.component;
    }
    ChaosSeries& series = all.back();
    const double per_s = 1 / seconds(interval_);
    const auto put = [&](std::vector<double>& seen, std::vector<double>& usual, double scale) {
      seen = averages(seen_sums_, seen_counts_, i, scale);
      usual = averages(usual_sums_, usual_counts_, i, scale);
    };
    if (signal.statistic == "p99") put(series.p99_ms, series.usual_p99_ms, 1);
    if (signal.metric == "failed") put(series.failed_rps, series.usual_failed_rps, per_s);
    if (signal.metric == "completed") put(series.completed_rps, series.usual_completed_rps, per_s);
  }
  return all;
}

std::vector<ChaosImpact> ImpactTable::impacts() const {
  std::vector<ChaosImpact> all;
  for (std::size_t i = 0; i < gathered_.size(); ++i) {
    const Gathered& of = gathered_[i];
    ChaosImpact impact;
    impact.name = names_[i];
    impact.text = of.text;
    impact.strikes = of.strikes;
    impact.begin_s = mean_estimate(of.begin_s);
    impact.lasted_s = mean_estimate(of.lasted_s);
    impact.detected = of.detect_s.size();
    impact.detect_s = mean_estimate(of.detect_s);
    impact.unrecovered = of.unrecovered;
    impact.recover_s = mean_estimate(of.recover_s);
    impact.lost = mean_estimate(of.lost);
    double worst = 0;
    for (const auto& [client, peaks] : of.peak_ms) {
      const auto usual = of.usual_ms.find(client);
      const double usually = usual == of.usual_ms.end() ? 0 : mean_of(usual->second);
      const double ratio = mean_of(peaks) / std::max(usually, 1e-3);
      if (ratio <= worst) continue;
      worst = ratio;
      impact.slowest_client = client;
      impact.peak_p99_ms = mean_estimate(peaks);
      if (usual != of.usual_ms.end()) impact.usual_p99_ms = mean_estimate(usual->second);
    }
    std::size_t k = 0;
    for (const Objective& objective : system_.objectives) {
      if (!holds_always(objective)) continue;
      if (const auto& burnt = of.burnt[k++]; !burnt.empty())
        impact.budgets.push_back({objective.text, mean_estimate(burnt)});
    }
    impact.reach = reach(of);
    std::size_t most = 0;
    for (const auto& [loop, times] : of.sustained)
      if (times > most) {
        most = times;
        impact.sustained_by = loop;
      }
    all.push_back(std::move(impact));
  }
  return all;
}

std::string what_sustains(const std::vector<Signal>& signals, const Observation& seen,
                          const Observation& usual, std::size_t first, std::size_t last) {
  const auto level = [&](const Observation& of, std::size_t i) {
    return mean_of(of.values[i], first, last);
  };
  std::string cause;
  double most = 1.1;  // more than a tenth above what is usual
  for (std::size_t i = 0; i < signals.size(); ++i) {
    const Signal& signal = signals[i];
    const double then = level(seen, i), normally = level(usual, i);
    if (std::isnan(then) || std::isnan(normally)) continue;
    if (signal.metric == "hit_ratio" && then < 0.9 * normally)
      return fmt::format("the cold cache {} ({:.0f} % of look-ups hit instead of {:.0f} %)",
                         signal.component, then * 100, normally * 100);
    if (signal.metric == "rebalances" && then > normally && then > 0)
      return fmt::format("rebalances of {}", signal.component);
    if (signal.metric == kAttempts && normally > 0 && then / normally > most) {
      most = then / normally;
      cause = fmt::format("retries: {} is asked {:.2g} times as often as without the fault",
                          signal.component, most);
    }
  }
  if (!cause.empty()) return cause;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (signals[i].metric != "wasted") continue;
    const double then = level(seen, i), normally = level(usual, i);
    if (!std::isnan(then) && then > 1 + 2 * (std::isnan(normally) ? 0 : normally))
      return fmt::format(
          "a queue of expired work at {}: {:.3g} answers a second that nobody waits "
          "for any more",
          signals[i].component, then / seconds(seen.interval));
  }
  for (std::size_t i = 0; i < signals.size(); ++i) {
    const bool line = signals[i].metric == "queue_length" || signals[i].metric == "lag" ||
                      signals[i].metric == "depth";
    const double then = level(seen, i), normally = level(usual, i);
    if (line && !std::isnan(then) && then > 10 + 2 * (std::isnan(normally) ? 0 : normally))
      return fmt::format("what has piled up at {} ({:.3g} waiting)", signals[i].component, then);
  }
  return "";
}

}  // namespace highwater::chaos
