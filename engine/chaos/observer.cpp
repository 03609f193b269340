#include "engine/chaos/observer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/experiment/costs.h"

namespace highwater::chaos {
namespace {

/// More than these tell nothing that a picture could show, and cost memory: a minute of a week.
constexpr std::int64_t kMostSamples = 10'000;

struct Watched {
  std::string_view metric, statistic;
};
constexpr std::array<Watched, 6> kOfClients = {{{"issued", ""},
                                                {"completed", ""},
                                                {"failed", ""},
                                                {"rejected", ""},
                                                {"latency_ms", "mean"},
                                                {"latency_ms", "p99"}}};
constexpr std::array<Watched, 17> kOfOthers = {{{"throughput_rps", ""},
                                                {"utilization", ""},
                                                {"cpu_utilization", ""},
                                                {"in_flight", ""},
                                                {"queue_length", ""},
                                                {"wait_ms", "mean"},
                                                {"service_ms", "mean"},
                                                {"errors", ""},
                                                {"hit_ratio", ""},
                                                {"lag", ""},
                                                {"depth", ""},
                                                {"stale_ratio", ""},
                                                {"replicas", ""},
                                                {"wasted", ""},
                                                {"rebalances", ""},
                                                {"memory_utilization", ""},
                                                {"disk_utilization", ""}}};

const MetricInfo* find(const KindInfo& kind, std::string_view name) {
  for (const MetricInfo& metric : kind.metrics)
    if (metric.name == name) return &metric;
  return nullptr;
}

}  // namespace

std::string Signal::name() const {
  MetricInfo info;
  info.name = metric;
  return component + "." + objective_name(info) + (statistic.empty() ? "" : "." + statistic);
}

std::vector<Signal> signals_of(const System& system) {
  std::vector<Signal> signals;
  for (const Part& part : system.parts) {
    const bool client = part.kind->info.sends_load;
    const auto add = [&](const Watched& watched) {
      if (const MetricInfo* metric = find(part.kind->info, watched.metric))
        signals.push_back(
            {part.id, metric->name, std::string(watched.statistic), metric->unit, client,
             metric->shape == MetricShape::kCount || metric->shape == MetricShape::kCauses});
    };
    if (client)
      std::for_each(kOfClients.begin(), kOfClients.end(), add);
    else
      std::for_each(kOfOthers.begin(), kOfOthers.end(), add);
    if (!client) signals.push_back({part.id, std::string(kAttempts), "", "/s", false, false});
  }
  return signals;
}

Duration observation_interval(Duration wanted, Duration run) {
  return std::max(wanted, (run + Duration{kMostSamples - 1}) / kMostSamples);
}

bool holds_always(const Objective& objective) {
  return !objective.during && !objective.within && objective.component != cost_kind().name;
}

Observer::Observer(World& world, Directory& directory, const std::vector<Signal>& signals,
                   const std::vector<Objective>& objectives, Duration interval, Duration window,
                   Observation& out)
    : world_(world),
      directory_(directory),
      watched_(signals),
      interval_(interval),
      out_(out),
      attempts_(signals.size()),
      next_(*this) {
  out_.interval = interval;
  for (const Signal& signal : signals)
    signals_.emplace_back(world.recorder, signal.component, signal.metric, signal.statistic,
                          interval, 1);
  for (const Objective& objective : objectives)
    if (holds_always(objective)) objectives_.emplace_back(world, objective, window);
  out_.values.assign(signals_.size(), {});
  out_.kept.assign(objectives_.size(), {});
  world_.simulation.schedule_after(next_, interval_);
}

double Observer::attempts(std::size_t signal) {
  std::uint64_t sum = 0;
  for (const Edge& edge : directory_.edges())
    if (edge.to().id() == watched_[signal].component) sum += edge.attempts();
  const std::uint64_t before = std::exchange(attempts_[signal], sum);
  return static_cast<double>(sum - before) / seconds(interval_);
}

void Observer::look() {
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const auto value =
        watched_[i].metric == kAttempts ? std::optional(attempts(i)) : signals_[i].value();
    out_.values[i].push_back(value ? static_cast<float>(*value)
                                   : std::numeric_limits<float>::quiet_NaN());
  }
  for (std::size_t i = 0; i < objectives_.size(); ++i) {
    const auto value = objectives_[i].gauge.value();
    const Objective& objective = *objectives_[i].objective;
    out_.kept[i].push_back(
        value ? static_cast<std::int8_t>(holds(objective.comparison, *value, objective.limit))
              : std::int8_t{-1});
  }
  world_.simulation.schedule_after(next_, interval_);
}

}  // namespace highwater::chaos
