#include "engine/metrics/recorder.h"

#include <algorithm>

#include "engine/kernel/check.h"

namespace highwater {

const MetricRecord* OwnerRecord::find(std::string_view name) const {
  for (const MetricRecord& metric : metrics)
    if (metric.name == name) return &metric;
  return nullptr;
}

Recorder::Recorder(Simulation& simulation, const TimeGrid& grid)
    : simulation_(simulation), grid_(grid), slices_(grid), slice_end_(*this) {}

void Tally::record_elsewhere(Time at, Duration value) {
  record(slices_.find(at), value);
}

void Tally::record_otherwise(std::size_t slice, Duration value) {
  for (Histogram* tap : taps_) tap->record(value.count());
  if (!timeline_.empty()) return timeline_[slice].record(value.count());
  sums_.add(slice, static_cast<double>(value.count()), 1);
  histogram_.record(slice, value.count());
}

void Tally::keep_timeline() {
  timeline_.resize(sums_.slices());
  plain_ = timeline_.empty() && taps_.empty();
}

void Tally::tap(Histogram& tap) {
  taps_.push_back(&tap);
  plain_ = false;
}

void Tally::untap(Histogram& tap) {
  std::erase(taps_, &tap);
  plain_ = timeline_.empty() && taps_.empty();
}

void Tally::finish() {
  for (std::size_t slice = 0; slice < timeline_.size(); ++slice) {
    const Histogram& histogram = timeline_[slice];
    if (histogram.empty()) continue;
    sums_.add(slice, histogram.sum_ns(), static_cast<double>(histogram.count()));
    histogram_.merge(slice, histogram);
  }
}

Recorder::Owner* Recorder::find(std::string_view id) {
  const auto found = std::find_if(owners_.begin(), owners_.end(),
                                  [&](const Owner& owner) { return owner.id_ == id; });
  return found == owners_.end() ? nullptr : &*found;
}

Recorder::Owner& Recorder::owner(std::string id, std::string zone) {
  for (const Owner& other : owners_) HIGHWATER_CHECK(other.id_ != id);
  owners_.push_back(Owner(*this, std::move(id), std::move(zone)));
  return owners_.back();
}

Recorder::Owner::Metric& Recorder::Owner::add(std::string_view name, MetricKind kind) {
  for (const Metric& other : metrics_) HIGHWATER_CHECK(other.name != name);
  Metric& metric = metrics_.emplace_back();
  metric.name = name;
  metric.kind = kind;
  return metric;
}

Tally& Recorder::Owner::tally(std::string_view name) {
  Metric& metric = add(name, MetricKind::tally);
  metric.tally = std::make_unique<Tally>(recorder_.slices_, recorder_.grid_.fine_slices());
  return *metric.tally;
}

Tally& Recorder::Owner::timeline(std::string_view name) {
  Tally& tally = this->tally(name);
  tally.keep_timeline();
  return tally;
}

void Recorder::Owner::time_average(std::string_view name, Cumulative integral) {
  Metric& metric = add(name, MetricKind::time_average);
  metric.part = std::move(integral);
  metric.read_at_slice_end = true;
}

void Recorder::Owner::time_ratio(std::string_view name, Cumulative part, Cumulative whole) {
  Metric& metric = add(name, MetricKind::time_ratio);
  metric.part = std::move(part);
  metric.whole = std::move(whole);
  metric.read_at_slice_end = true;
}

void Recorder::Owner::rate(std::string_view name, const std::uint64_t& occurrences) {
  rate(name, [&occurrences](Time) { return static_cast<double>(occurrences); });
}

void Recorder::Owner::rate(std::string_view name, Cumulative occurrences) {
  Metric& metric = add(name, MetricKind::rate);
  metric.part = std::move(occurrences);
  metric.read_at_slice_end = true;
}

void Recorder::Owner::ratio(std::string_view name, const std::uint64_t& part,
                            const std::uint64_t& whole) {
  ratio(
      name, [&part](Time) { return static_cast<double>(part); },
      [&whole](Time) { return static_cast<double>(whole); });
}

void Recorder::Owner::ratio(std::string_view name, Cumulative part, Cumulative whole) {
  Metric& metric = add(name, MetricKind::ratio);
  metric.part = std::move(part);
  metric.whole = std::move(whole);
  metric.read_at_slice_end = true;
}

void Recorder::Owner::count(std::string_view name, const std::uint64_t& occurrences) {
  count(name, [&occurrences] { return occurrences; });
}

void Recorder::Owner::count(std::string_view name, std::function<std::uint64_t()> read) {
  add(name, MetricKind::count).counter = std::move(read);
}

void Recorder::Owner::most(std::string_view name, const std::uint64_t& highest) {
  add(name, MetricKind::most).counter = [&highest] { return highest; };
}

void Recorder::Owner::causes(std::string_view name,
                             std::function<std::map<std::string, std::uint64_t>()> read) {
  add(name, MetricKind::causes).causes = std::move(read);
}

void Recorder::Owner::sliced_rate(std::string_view name, BySlice occurrences) {
  add(name, MetricKind::rate).sliced_part = std::move(occurrences);
}

void Recorder::Owner::sliced_ratio(std::string_view name, BySlice part, BySlice whole) {
  Metric& metric = add(name, MetricKind::ratio);
  metric.sliced_part = std::move(part);
  metric.sliced_whole = std::move(whole);
}

void Recorder::start() {
  for (Owner& owner : owners_)
    for (Owner::Metric& metric : owner.metrics_)
      if (metric.read_at_slice_end) metric.sums = SlicedSums(grid_.fine_slices());
  simulation_.schedule_at(slice_end_, grid_.begin_of(1));
}

void Recorder::slice_ended() {
  read_levels(slice_);
  ++slice_;
  if (slice_ < grid_.fine_slices()) simulation_.schedule_at(slice_end_, grid_.begin_of(slice_ + 1));
}

void Recorder::read_levels(std::size_t slice) {
  const Time now = simulation_.now();
  const double elapsed = seconds(now - grid_.begin_of(slice));
  for (Owner& owner : owners_) {
    for (Owner::Metric& metric : owner.metrics_) {
      if (!metric.read_at_slice_end) continue;
      const double part = metric.part(now);
      const double whole = metric.whole ? metric.whole(now) : 0;
      metric.sums.add(slice, part - metric.part_before,
                      metric.whole ? whole - metric.whole_before : elapsed);
      metric.part_before = part;
      metric.whole_before = whole;
    }
  }
}

/// The slices as their owner counted them; without `whole`, the weight is a slice's length.
SlicedSums Recorder::counted(const BySlice& part, const BySlice& whole) const {
  SlicedSums sums(grid_.fine_slices());
  for (std::size_t slice = 0; slice < grid_.fine_slices(); ++slice) {
    const Time end = std::min(grid_.begin_of(slice + 1), simulation_.now());
    const Time begin = grid_.begin_of(slice);
    const double length = end > begin ? seconds(end - begin) : 0;
    sums.add(slice, part(slice), whole ? whole(slice) : length);
  }
  return sums;
}

std::vector<OwnerRecord> Recorder::finish() {
  // A run that ended early (interrupted, too many in flight) has an open slice.
  if (slice_ < grid_.fine_slices()) read_levels(slice_);
  std::vector<OwnerRecord> records;
  records.reserve(owners_.size());
  for (Owner& owner : owners_) {
    OwnerRecord& record = records.emplace_back();
    record.id = owner.id_;
    record.zone = owner.zone_;
    if (owner.seen_) record.seen = owner.seen_();
    for (Owner::Metric& metric : owner.metrics_) {
      MetricRecord& out = record.metrics.emplace_back();
      out.name = metric.name;
      out.kind = metric.kind;
      if (metric.tally != nullptr) {
        metric.tally->finish();
        out.sums = std::move(metric.tally->sums_);
        out.histogram = std::move(metric.tally->histogram_);
        out.histogram.compact();
        out.timeline = std::move(metric.tally->timeline_);
      } else if (metric.sliced_part) {
        out.sums = counted(metric.sliced_part, metric.sliced_whole);
      } else {
        out.sums = std::move(metric.sums);
      }
      if (metric.counter) out.count = metric.counter();
      if (metric.causes) out.causes = metric.causes();
    }
  }
  return records;
}

}  // namespace highwater
