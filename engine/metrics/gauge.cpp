#include "engine/metrics/gauge.h"

#include <algorithm>
#include <utility>

namespace highwater {
namespace {

constexpr double kMsPerNs = 1e-6;

}  // namespace

std::optional<double> quantile_of_statistic(std::string_view statistic) {
  if (statistic == "p50") return 0.5;
  if (statistic == "p90") return 0.9;
  if (statistic == "p95") return 0.95;
  if (statistic == "p99") return 0.99;
  if (statistic == "p999") return 0.999;
  return std::nullopt;
}

const Recorder::Owner::Metric* Gauge::find(Recorder& recorder, std::string_view owner,
                                           std::string_view metric) {
  const Recorder::Owner* const found = recorder.find(owner);
  if (found == nullptr) return nullptr;
  for (const Recorder::Owner::Metric& one : found->metrics_)
    if (one.name == metric) return &one;
  return nullptr;
}

bool Gauge::measures(Recorder& recorder, std::string_view owner, std::string_view metric) {
  return find(recorder, owner, metric) != nullptr;
}

Gauge::Gauge(Recorder& recorder, std::string_view owner, std::string_view metric,
             std::string statistic, Duration window, int steps)
    : recorder_(recorder),
      metric_(find(recorder, owner, metric)),
      statistic_(std::move(statistic)),
      window_(std::max(window, Duration{steps})),
      step_(window_ / steps),
      next_(*this) {
  if (metric_ != nullptr) step();
}

Gauge::~Gauge() {
  if (!steps_.empty()) metric_->tally->untap(steps_.back());
}

void Gauge::step() {
  const Time now = recorder_.simulation().now();
  for (std::size_t old = first_in_window(now); old > 0; --old) {
    snapshots_.pop_front();
    if (!steps_.empty()) steps_.pop_front();
  }
  snapshots_.push_back(read());
  if (metric_->tally != nullptr) {
    if (!steps_.empty()) {
      metric_->tally->untap(steps_.back());
      steps_.back().compact();
    }
    metric_->tally->tap(steps_.emplace_back());
  }
  recorder_.simulation().schedule_after(next_, step_);
}

/// Of the snapshots that lie a window back or more, the last one is where the window begins.
std::size_t Gauge::first_in_window(Time now) const {
  std::size_t first = 0;
  while (first + 1 < snapshots_.size() && snapshots_[first + 1].at + window_ <= now) ++first;
  return first;
}

Gauge::Snapshot Gauge::read() const {
  const Time now = recorder_.simulation().now();
  Snapshot snapshot{now, 0, 0, 0};
  if (metric_->sliced_part) {
    for (std::size_t slice = 0; slice < recorder_.grid().fine_slices(); ++slice) {
      snapshot.part += metric_->sliced_part(slice);
      if (metric_->sliced_whole) snapshot.whole += metric_->sliced_whole(slice);
    }
  } else if (metric_->part) {
    snapshot.part = metric_->part(now);
    if (metric_->whole) snapshot.whole = metric_->whole(now);
  }
  snapshot.count = counted();
  return snapshot;
}

std::uint64_t Gauge::counted() const {
  if (metric_->counter) return metric_->counter();
  std::uint64_t sum = 0;
  if (metric_->causes)
    for (const auto& [cause, count] : metric_->causes())
      if (statistic_.empty() || statistic_ == cause) sum += count;
  return sum;
}

std::optional<double> Gauge::of_times(std::size_t first) const {
  Histogram all;
  for (std::size_t i = first; i < steps_.size(); ++i) all.merge(steps_[i]);
  if (all.empty()) return std::nullopt;
  if (const auto quantile = quantile_of_statistic(statistic_))
    return all.quantile_ns(*quantile) * kMsPerNs;
  if (statistic_ == "max") return static_cast<double>(all.max_ns()) * kMsPerNs;
  return all.mean_ns() * kMsPerNs;
}

std::optional<double> Gauge::value() const {
  if (metric_ == nullptr) return std::nullopt;
  const Snapshot now = read();
  const std::size_t first = first_in_window(now.at);
  const Snapshot& then = snapshots_[first];
  if (now.at - then.at < window_) return std::nullopt;
  switch (metric_->kind) {
    case MetricKind::tally:
      return of_times(first);
    case MetricKind::time_average:
    case MetricKind::rate:
      return (now.part - then.part) / seconds(now.at - then.at);
    case MetricKind::time_ratio:
    case MetricKind::ratio:
      if (now.whole <= then.whole) return std::nullopt;
      return (now.part - then.part) / (now.whole - then.whole);
    case MetricKind::most:
      return static_cast<double>(now.count);
    case MetricKind::count:
    case MetricKind::causes:
      break;
  }
  return static_cast<double>(now.count - then.count);
}

}  // namespace highwater
