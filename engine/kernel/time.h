#pragma once

#include <chrono>
#include <cstdint>

namespace highwater {

/// A span of simulated time: integer nanoseconds, so that the order of events is exact and the same
/// on every machine (a double loses nanoseconds after 104 days).
using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// The simulated clock. It has no now(): the time of a run is Simulation::now().
struct SimulatedClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimulatedClock>;
  static constexpr bool is_steady = true;
};

/// A point on the simulated clock; Time{} is the beginning of the run.
using Time = SimulatedClock::time_point;

/// Longest simulated time a run may have: 2^55 ns, a little over 416 days. The pending-event set
/// packs times into 56 bits; describe/ rejects longer durations with a message.
inline constexpr Duration kLongestRun{std::int64_t{1} << 55};

/// "Never": later than every event of every run.
inline constexpr Time kNever{Duration{(std::int64_t{1} << 56) - 1}};

// Divided, not multiplied by an inexact 1e-9: four minutes are 240 s and not a little more.
constexpr double seconds(Duration d) {
  return static_cast<double>(d.count()) / 1e9;
}
constexpr double seconds(Time t) {
  return seconds(t.time_since_epoch());
}
/// Since the beginning of the run: the clock of the algorithms.
constexpr std::int64_t nanoseconds(Time t) {
  return t.time_since_epoch().count();
}
constexpr double milliseconds(Duration d) {
  return static_cast<double>(d.count()) / 1e6;
}

using namespace std::chrono_literals;

}  // namespace highwater
