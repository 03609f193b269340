#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/metrics/recorder.h"

namespace highwater {

/// What a monitoring system would show of a metric while a run goes on: its value over the last so
/// much time, in the unit of the results (a time in ms). What the results say belongs to the time
/// at which requests were meant to be sent; a gauge sees what has been answered.
///
/// The window moves on in steps, a tenth of it each unless told otherwise, so that it is up to a
/// step longer than asked for. Nothing is read from before the gauge was made.
class Gauge {
 public:
  /// @param owner      A component, an instance or a client. Where it does not measure `metric`,
  ///                   there is never a value.
  /// @param statistic  Of times: "mean", "p50", "p90", "p95", "p99", "p999" or "max". Of counts by
  ///                   cause: a cause, or empty for all of them. Otherwise empty.
  Gauge(Recorder& recorder, std::string_view owner, std::string_view metric, std::string statistic,
        Duration window, int steps = kSteps);
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;
  ~Gauge();

  /// Absent until a window has passed, and where nothing was observed in it. Counts are those of
  /// the window; the highest level is that since the beginning of the run.
  std::optional<double> value() const;

  /// Whether there is such a metric. Kinds declare more than each of their components measures.
  static bool measures(Recorder& recorder, std::string_view owner, std::string_view metric);

  static constexpr int kSteps = 10;

 private:
  static const Recorder::Owner::Metric* find(Recorder& recorder, std::string_view owner,
                                             std::string_view metric);
  struct Snapshot {
    Time at{};
    double part = 0, whole = 0;
    std::uint64_t count = 0;
  };
  Snapshot read() const;
  std::uint64_t counted() const;
  std::size_t first_in_window(Time now) const;
  std::optional<double> of_times(std::size_t first) const;
  void step();

  Recorder& recorder_;
  const Recorder::Owner::Metric* metric_;  // null where there is none
  std::string statistic_;
  Duration window_;
  Duration step_;
  std::deque<Snapshot> snapshots_;  // at the beginning of each step
  std::deque<Histogram> steps_;     // of times: the step that is open is the last
  Timer<&Gauge::step> next_;
};

/// The quantile that a statistic of times is; absent for the others.
std::optional<double> quantile_of_statistic(std::string_view statistic);

}  // namespace highwater
