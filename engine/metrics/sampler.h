#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/metrics/recorder.h"

namespace highwater {

/// Reads everything that is measured, again and again while a run goes on: each metric over the
/// time since it was read before. What the results say belongs to the time at which requests were
/// meant to be sent; a sampler sees what has been answered, as a monitoring system does.
///
/// Does not change the run: it draws nothing, and schedules nothing.
///
/// Checked  tests/metrics/sampler_test.cpp
class Sampler {
 public:
  /// One number that is read.
  struct Column {
    std::string owner;      ///< A component, one of its instances or a client.
    std::string metric;     ///< As declared: "latency_ms".
    std::string statistic;  ///< Of times: one of kOfTimes. Otherwise empty.
    MetricKind kind{};
  };
  /// The statistics of times that are read, in the order of their columns: how many, and in ms.
  static constexpr std::string_view kOfTimes[] = {"count", "mean", "p50", "p90",
                                                  "p99",   "p999", "max"};

  /// Of every metric that has been declared so far, but for those that are counted by the slice of
  /// the intended arrival: what happens in an interval is not known at its end.
  explicit Sampler(Recorder& recorder);
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  ~Sampler();

  const std::vector<Column>& columns() const { return columns_; }

  /// What was observed since read() was called before, or since the beginning: a number for each
  /// column; NaN where nothing was observed. Counts are those of the interval, and in its unit a
  /// rate is by the second; the highest of a level is that since the beginning of the run.
  void read(std::span<float> values);

  /// The times themselves that the last read() saw. Precondition: the column is one of times.
  const Histogram& times(std::size_t column) const;

 private:
  struct Source {
    const Recorder::Owner::Metric* metric;
    std::size_t first;  // of its columns
    double part = 0, whole = 0;
    std::uint64_t count = 0;
    std::size_t tally = 0;  // of times: which
  };
  struct Tapped {
    Histogram open, last;
  };

  static std::uint64_t counted(const Recorder::Owner::Metric& metric);
  void read_times(const Source& source, std::span<float> values);
  float read_other(Source& source, Time now) const;

  Recorder& recorder_;
  std::vector<Column> columns_;
  std::vector<Source> sources_;
  std::deque<Tapped> tapped_;
  std::vector<std::size_t> tally_of_column_;
  Time read_at_{};
};

}  // namespace highwater
