#include "viewer/gui/so_far.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

namespace highwater::viewer {
namespace {

struct Window {
  std::size_t first = 0, last = 0;  ///< Intervals, `last` not included.
};

Window window_of(const Objective& objective, const System& system, const History& history,
                 std::size_t interval) {
  Duration begin = system.warmup.value_or(Duration{0});
  Duration end = history.run();
  if (objective.during) {
    begin = objective.during->begin;
    end = objective.during->end;
  }
  // An interval belongs to the window that it ends in.
  Window window{0, 0};
  while (window.first <= interval && history.end_of(window.first) <= begin) ++window.first;
  window.last = window.first;
  while (window.last <= interval && history.end_of(window.last) <= end) ++window.last;
  return window;
}

std::optional<double> share_of(std::string_view statistic) {
  static const std::map<std::string_view, double> kShares = {
      {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
  const auto found = kShares.find(statistic);
  return found == kShares.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> time_of(const Objective& objective, const Feed& feed, const Window& window) {
  const Sight& sight = feed.sight();
  const auto column = sight.column(objective.component, objective.metric, "count");
  if (!column) return std::nullopt;
  if (objective.statistic == "mean" || objective.statistic == "max") {
    const auto values = sight.column(objective.component, objective.metric, objective.statistic);
    double sum = 0, count = 0, most = 0;
    for (std::size_t i = window.first; i < window.last; ++i) {
      const double seen = feed.value(column, i), value = feed.value(values, i);
      if (!(seen > 0)) continue;
      sum += seen * value;
      count += seen;
      most = std::max(most, value);
    }
    if (count == 0) return std::nullopt;
    return objective.statistic == "max" ? most : sum / count;
  }
  const auto share = share_of(objective.statistic);
  const auto heat = std::find(sight.heats.begin(), sight.heats.end(), objective.component);
  if (!share || heat == sight.heats.end() || objective.metric != "latency_ms") return std::nullopt;
  std::array<std::uint64_t, History::Heat::kRows> rows{};
  for (std::size_t i = window.first; i < window.last; ++i) {
    const auto seen = sight.history.heat(static_cast<std::size_t>(heat - sight.heats.begin()), i);
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row] += seen[row];
  }
  return quantile_ms(rows, *share);
}

std::optional<double> availability_of(const Objective& objective, const Feed& feed,
                                      const Window& window) {
  double good = 0, bad = 0;
  const auto sum = [&](const char* metric, double& into) {
    const auto column = feed.sight().column(objective.component, metric);
    for (std::size_t i = window.first; column && i < window.last; ++i)
      into += feed.value(column, i);
  };
  sum("completed", good);
  sum("failed", bad);
  sum("rejected", bad);
  if (good + bad == 0) return std::nullopt;
  return good / (good + bad);
}

/// Answers without error, by the second.
std::optional<double> throughput_of(std::size_t completed, const Feed& feed, const Window& window) {
  const History& history = feed.sight().history;
  double answers = 0;
  for (std::size_t i = window.first; i < window.last; ++i) answers += feed.value(completed, i);
  const Duration begin = window.first == 0 ? Duration{0} : history.end_of(window.first - 1);
  return answers / seconds(history.end_of(window.last - 1) - begin);
}

}  // namespace

std::optional<double> quantile_ms(std::span<const std::uint64_t> rows, double share) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : rows) all += count;
  if (all == 0) return std::nullopt;
  const double wanted = share * static_cast<double>(all);
  double below = 0;
  std::size_t row = 0;
  while (row + 1 < rows.size() && below + static_cast<double>(rows[row]) < wanted)
    below += static_cast<double>(rows[row++]);
  const double inside = std::max(static_cast<double>(rows[row]), 1.0);
  const double begin = History::Heat::begin_ms(row);
  return begin * std::pow(History::Heat::begin_ms(row + 1) / begin,
                          std::clamp((wanted - below) / inside, 0.0, 1.0));
}

std::optional<double> so_far(const Objective& objective, const System& system, const Feed& feed,
                             std::size_t interval) {
  if (objective.within) return std::nullopt;
  const Window window = window_of(objective, system, feed.sight().history, interval);
  if (window.first >= window.last) return std::nullopt;
  switch (objective.shape) {
    case MetricShape::kTimes:
      return time_of(objective, feed, window);
    case MetricShape::kEstimate:
      break;
    case MetricShape::kCount:
    case MetricShape::kCauses:
      return std::nullopt;  // of the whole run, warm-up and all
  }
  if (objective.metric == "availability") return availability_of(objective, feed, window);
  const auto column = feed.sight().column(objective.component, objective.metric);
  const auto completed = feed.sight().column(objective.component, "completed");
  if (!column && completed && objective.metric == "throughput_rps")
    return throughput_of(*completed, feed, window);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = window.first; column && i < window.last; ++i) {
    const double value = feed.value(column, i);
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace highwater::viewer
