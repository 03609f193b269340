#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/metrics/time_grid.h"
#include "engine/statistics/sliced.h"

namespace highwater {

/// How a metric is made from what happens, which decides how its value and interval are estimated.
enum class MetricKind : std::uint8_t {
  tally,         ///< Times of single requests: mean, quantiles, maximum.
  time_average,  ///< A level over time: Σ value·dt / Σ dt.
  time_ratio,    ///< Two levels over time: busy servers / servers.
  rate,          ///< Occurrences per second.
  ratio,         ///< Occurrences of one thing among those of another: hits / lookups.
  count,         ///< Occurrences over the whole duration.
  most,          ///< The highest that a level was in the whole duration.
  causes,        ///< The same, by cause.
};

/// One metric of one owner in one finished replication.
struct MetricRecord {
  std::string name;
  MetricKind kind{};
  SlicedSums sums;                  ///< Empty for count, most and causes.
  SlicedHistogram histogram;        ///< Only of a tally.
  std::vector<Histogram> timeline;  ///< Only of a timeline: a histogram for each fine slice.
  std::uint64_t count = 0;
  std::map<std::string, std::uint64_t> causes;
};

/// Everything measured about one component, one of its instances, or one client.
struct OwnerRecord {
  std::string id;                     ///< "api" or "api[0]"
  std::string zone;                   ///< Of an instance; empty where there is none.
  bool seen = true;                   ///< False where there was nothing to measure; see Owner.
  std::vector<MetricRecord> metrics;  ///< In the order they were declared.

  const MetricRecord* find(std::string_view name) const;
};

/// Times of single requests. record() is on the path of every request: two additions and one
/// histogram bucket, no allocation in steady state.
class Tally {
 public:
  Tally(SliceFinder& slices, std::size_t fine_slices)
      : slices_(slices), sums_(fine_slices), histogram_(fine_slices) {}

  /// @param at  The instant the observation belongs to, which decides its slice.
  void record(Time at, Duration value) {
    if (!slices_.last_holds(at)) [[unlikely]]
      return record_elsewhere(at, value);
    record(slices_.last(), value);
  }

  /// The same for an observation whose fine slice is known already.
  void record(std::size_t slice, Duration value) {
    if (!plain_) [[unlikely]]
      return record_otherwise(slice, value);
    sums_.add(slice, static_cast<double>(value.count()), 1);
    histogram_.record(slice, value.count());
  }

 private:
  friend class Recorder;
  friend class Gauge;
  friend class Sampler;
  void record_elsewhere(Time at, Duration value);
  /// Apart, so that a histogram's record() is small enough to be part of record() above.
  void record_otherwise(std::size_t slice, Duration value);
  void keep_timeline();
  void tap(Histogram& tap);
  void untap(Histogram& tap);
  void finish();

  bool plain_ = true;  // there is neither a timeline nor a tap

  SliceFinder& slices_;
  SlicedSums sums_;  // in nanoseconds and observations
  SlicedHistogram histogram_;
  // By fine slice; empty unless asked for. The other two are made from it then, at the end.
  std::vector<Histogram> timeline_;
  std::vector<Histogram*> taps_;  // of gauges, which see every observation when it is made
};

/// A quantity that only grows, read at the end of every slice: an integral over time in
/// (unit · seconds), or a number of occurrences.
using Cumulative = std::function<double(Time now)>;

/// What an owner has counted in a fine slice, read when the run is over.
using BySlice = std::function<double(std::size_t slice)>;

/// Measures one replication. Owners declare their metrics before the run; the recorder then reads
/// levels and counters at each slice's end, so that nothing but tallies costs anything per request.
class Recorder {
 public:
  Recorder(Simulation& simulation, const TimeGrid& grid);

  class Owner {
   public:
    /// The reference stays valid for the run.
    Tally& tally(std::string_view name);
    /// A tally that is also kept by fine slice, for percentiles over time.
    Tally& timeline(std::string_view name);
    void time_average(std::string_view name, Cumulative integral);
    void time_ratio(std::string_view name, Cumulative part, Cumulative whole);
    void rate(std::string_view name, const std::uint64_t& occurrences);
    void rate(std::string_view name, Cumulative occurrences);
    void ratio(std::string_view name, const std::uint64_t& part, const std::uint64_t& whole);
    void ratio(std::string_view name, Cumulative part, Cumulative whole);
    void count(std::string_view name, const std::uint64_t& occurrences);
    void count(std::string_view name, std::function<std::uint64_t()> read);
    void most(std::string_view name, const std::uint64_t& highest);
    void causes(std::string_view name, std::function<std::map<std::string, std::uint64_t>()> read);
    /// Metrics that their owner counts by fine slice himself, since what happens later belongs to
    /// an earlier slice (that of the intended arrival).
    void sliced_rate(std::string_view name, BySlice occurrences);
    void sliced_ratio(std::string_view name, BySlice part, BySlice whole);
    /// Asked at the end: whether the owner was there at all. An instance that an autoscaler never
    /// needed was not, and results do not list it.
    void seen_if(std::function<bool()> seen) { seen_ = std::move(seen); }

   private:
    friend class Recorder;
    friend class Gauge;
    friend class Sampler;
    Owner(Recorder& recorder, std::string id, std::string zone)
        : recorder_(recorder), id_(std::move(id)), zone_(std::move(zone)) {}
    struct Metric;
    Metric& add(std::string_view name, MetricKind kind);

    Recorder& recorder_;
    std::string id_;
    std::string zone_;
    std::function<bool()> seen_;
    std::deque<Metric> metrics_;
  };

  /// A new owner; ids are unique.
  Owner& owner(std::string id, std::string zone = "");

  /// The owner of that id; null where there is none.
  Owner* find(std::string_view id);

  const TimeGrid& grid() const { return grid_; }
  Simulation& simulation() const { return simulation_; }

  /// The fine slice in which `at` falls.
  std::size_t slice_of(Time at) { return slices_.find(at); }

  /// Begins to read at slice ends. Call once, when every metric is declared.
  void start();

  /// Closes the last slice and hands out what was measured, in the order of declaration.
  std::vector<OwnerRecord> finish();

 private:
  friend class Sampler;
  void read_levels(std::size_t slice);
  SlicedSums counted(const BySlice& part, const BySlice& whole) const;
  void slice_ended();

  Simulation& simulation_;
  const TimeGrid& grid_;
  SliceFinder slices_;
  std::deque<Owner> owners_;
  std::size_t slice_ = 0;  // the one that is open
  Timer<&Recorder::slice_ended> slice_end_;
};

struct Recorder::Owner::Metric {
  std::string name;
  MetricKind kind{};
  Cumulative part, whole;  // whole is empty where the weight is time
  double part_before = 0, whole_before = 0;
  BySlice sliced_part, sliced_whole;  // the same of what the owner counts by slice
  std::function<std::uint64_t()> counter;
  std::function<std::map<std::string, std::uint64_t>()> causes;
  std::unique_ptr<Tally> tally;
  SlicedSums sums;
  bool read_at_slice_end = false;
};

}  // namespace highwater
