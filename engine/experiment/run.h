#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/experiment/replication.h"
#include "engine/experiment/system.h"
#include "engine/metrics/time_grid.h"

namespace highwater {

/// How far a run is, for a progress line.
struct Progress {
  double done = 0;         ///< Part of the simulated time of all replications, 0 to 1.
  double simulated_s = 0;  ///< Over all replications so far.
  std::uint64_t events = 0;
  double wall_s = 0;
  std::uint64_t replications = 0;  ///< Finished ones.
  std::uint64_t planned = 0;
};

struct RunOptions {
  unsigned jobs = 1;  ///< Replications at the same time, each on a thread of its own.
  /// Called some ten times a second from the thread that runs run_system(); may be empty.
  std::function<void(const Progress&)> progress;
  /// Set from a signal handler or another thread: the run ends soon, what is finished is kept.
  const std::atomic<bool>* interrupt = nullptr;
  /// Relative half-width that the clients' throughput, mean latency and p99 are to reach; more
  /// replications are run until they do. Absent: as many replications as the scenario says.
  std::optional<double> precision;
  std::uint64_t most_replications = 10'000;  ///< Where precision gives up.
};

/// What the replications of a run measured, in the order of their numbers.
struct RunRecord {
  explicit RunRecord(TimeGrid slices) : grid(slices) {}

  /// Moves the latencies by slice of a replication into those of all: they are large, and adding
  /// whole numbers gives the same in every order.
  void take_timelines(ReplicationRecord& record);

  TimeGrid grid;
  std::vector<ReplicationRecord> replications;
  /// Latencies by fine slice, all replications together: (client, histograms).
  std::vector<std::pair<std::string, std::vector<Histogram>>> timelines;
  double wall_s = 0;
  bool interrupted = false;
  bool reached_in_flight_limit = false;
  bool precision_missed = false;
};

/// Runs the replications of a system, `jobs` at a time. The record depends on (system, seed) alone,
/// not on the number of threads nor on which of them ran what.
/// @throws std::system_error where no thread can be started.
RunRecord run_system(const System& system, const RunOptions& options);

}  // namespace highwater
