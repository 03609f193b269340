#include "engine/metrics/sampler.h"

#include <limits>
#include <utility>

#include "engine/kernel/check.h"

namespace highwater {
namespace {

constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();
constexpr double kMsOfNs = 1e-6;
constexpr std::size_t kNoTally = std::numeric_limits<std::size_t>::max();

}  // namespace

Sampler::Sampler(Recorder& recorder) : recorder_(recorder), read_at_(recorder.simulation().now()) {
  for (const Recorder::Owner& owner : recorder.owners_)
    for (const Recorder::Owner::Metric& metric : owner.metrics_) {
      if (metric.sliced_part) continue;
      Source source{&metric, columns_.size()};
      if (metric.tally != nullptr) {
        source.tally = tapped_.size();
        metric.tally->tap(tapped_.emplace_back().open);
        for (const std::string_view statistic : kOfTimes) {
          columns_.push_back({owner.id_, metric.name, std::string(statistic), metric.kind});
          tally_of_column_.push_back(source.tally);
        }
      } else {
        if (metric.part) source.part = metric.part(read_at_);
        if (metric.whole) source.whole = metric.whole(read_at_);
        source.count = counted(metric);
        columns_.push_back({owner.id_, metric.name, "", metric.kind});
        tally_of_column_.push_back(kNoTally);
      }
      sources_.push_back(source);
    }
}

std::uint64_t Sampler::counted(const Recorder::Owner::Metric& metric) {
  if (metric.counter) return metric.counter();
  std::uint64_t sum = 0;
  if (metric.causes)
    for (const auto& [cause, count] : metric.causes()) sum += count;
  return sum;
}

Sampler::~Sampler() {
  for (const Source& source : sources_)
    if (source.metric->tally != nullptr) source.metric->tally->untap(tapped_[source.tally].open);
}

const Histogram& Sampler::times(std::size_t column) const {
  HIGHWATER_CHECK(tally_of_column_[column] != kNoTally);
  return tapped_[tally_of_column_[column]].last;
}

void Sampler::read(std::span<float> values) {
  HIGHWATER_CHECK(values.size() == columns_.size());
  const Time now = recorder_.simulation().now();
  for (Source& source : sources_) {
    if (source.metric->tally != nullptr)
      read_times(source, values.subspan(source.first, std::size(kOfTimes)));
    else
      values[source.first] = read_other(source, now);
  }
  read_at_ = now;
}

void Sampler::read_times(const Source& source, std::span<float> values) {
  Tapped& tapped = tapped_[source.tally];
  tapped.last = std::exchange(tapped.open, Histogram{});
  const Histogram& seen = tapped.last;
  values[0] = static_cast<float>(seen.count());
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = kNothing;
  if (seen.empty()) return;
  const auto in_ms = [](double ns) { return static_cast<float>(ns * kMsOfNs); };
  values[1] = in_ms(seen.mean_ns());
  values[2] = in_ms(seen.quantile_ns(0.5));
  values[3] = in_ms(seen.quantile_ns(0.9));
  values[4] = in_ms(seen.quantile_ns(0.99));
  values[5] = in_ms(seen.quantile_ns(0.999));
  values[6] = in_ms(static_cast<double>(seen.max_ns()));
}

float Sampler::read_other(Source& source, Time now) const {
  const Recorder::Owner::Metric& metric = *source.metric;
  const double part = metric.part ? metric.part(now) : 0;
  const double whole = metric.whole ? metric.whole(now) : 0;
  const std::uint64_t count = counted(metric);
  const double part_since = part - std::exchange(source.part, part);
  const double whole_since = whole - std::exchange(source.whole, whole);
  const std::uint64_t before = std::exchange(source.count, count);
  const double passed = seconds(now - read_at_);
  switch (metric.kind) {
    case MetricKind::time_average:
    case MetricKind::rate:
      return passed > 0 ? static_cast<float>(part_since / passed) : kNothing;
    case MetricKind::time_ratio:
    case MetricKind::ratio:
      return whole_since > 0 ? static_cast<float>(part_since / whole_since) : kNothing;
    case MetricKind::most:
      return static_cast<float>(count);
    case MetricKind::tally:
    case MetricKind::count:
    case MetricKind::causes:
      break;
  }
  return static_cast<float>(count - before);
}

}  // namespace highwater
