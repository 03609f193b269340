#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/experiment/system.h"
#include "engine/metrics/gauge.h"
#include "engine/model/component.h"
#include "engine/model/world.h"

namespace highwater::chaos {

/// One statistic of one metric of one component.
struct Signal {
  std::string component, metric, statistic, unit;
  bool of_client = false;
  bool counted = false;  ///< How many there were in an interval.

  /// "api.queue_length", "users.latency.p99"
  std::string name() const;
};

/// The metric of calls and messages that came to a component from all others.
inline constexpr std::string_view kAttempts = "attempts_rps";

/// What is watched of a system to tell what a fault did: of each client how many requests it sent
/// and what became of them, and its latency; of every other component its load, its lines, its
/// times, its errors and how many there are of it.
std::vector<Signal> signals_of(const System& system);

/// What was seen in one run, at the end of each interval: of metrics over the interval, of
/// objectives over their window.
struct Observation {
  Duration interval{};
  std::vector<std::vector<float>> values;      ///< By signal and time; NaN where nothing was.
  std::vector<std::vector<std::int8_t>> kept;  ///< By objective and time: 1, 0, or -1 unknown.

  std::size_t samples() const { return values.empty() ? 0 : values.front().size(); }
  double time_s(std::size_t sample) const {
    return seconds(interval) * static_cast<double>(sample + 1);
  }
};

/// Intervals of at least `wanted`, so that a run of that length has not too many of them.
Duration observation_interval(Duration wanted, Duration run);

/// Watches one run.
class Observer {
 public:
  /// @param objectives  Those of them without times of their own are watched.
  Observer(World& world, Directory& directory, const std::vector<Signal>& signals,
           const std::vector<Objective>& objectives, Duration interval, Duration window,
           Observation& out);
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

 private:
  void look();

  double attempts(std::size_t signal);

  World& world_;
  Directory& directory_;
  const std::vector<Signal>& watched_;
  Duration interval_;
  Observation& out_;
  std::deque<Gauge> signals_;
  std::vector<std::uint64_t> attempts_;  // by signal, so far
  struct Watched {
    Watched(World& world, const Objective& what, Duration window)
        : objective(&what),
          gauge(world.recorder, what.component, what.metric, what.statistic, window) {}
    const Objective* objective;
    Gauge gauge;
  };
  std::deque<Watched> objectives_;
  Timer<&Observer::look> next_;
};

/// Whether an objective has to hold all the time.
bool holds_always(const Objective& objective);

}  // namespace highwater::chaos
