#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/chaos/experiment.h"
#include "engine/report/chaos_results.h"

namespace highwater::chaos {

struct StudyOptions {
  unsigned jobs = 1;
  std::uint64_t runs = 20;
  /// Told how many runs are finished, some ten times a second; may be empty.
  std::function<void(std::uint64_t done, std::uint64_t planned)> progress;
  const std::atomic<bool>* interrupt = nullptr;
  bool journals = true;  ///< Whether the journal of each run is kept.
};

/// An experiment that a scenario is by itself: its faults are the method, its objectives the
/// hypothesis.
Experiment experiment_of(const System& system);

/// Runs an experiment `runs` times, each with draws of its own, and the same number of times
/// without what it does; tells whether its hypothesis holds, how sure that is, and what each fault
/// did.
///
/// Everything but wall_s, started and host depends on (system, experiment, runs) alone.
///
/// @param of_scenario  The experiment is experiment_of(system): its hypothesis are the objectives
///                     of the whole run.
ChaosResults run_study(const System& system, const Experiment& experiment, bool of_scenario,
                       const StudyOptions& options);

}  // namespace highwater::chaos
