#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/experiment/run.h"
#include "engine/experiment/system.h"
#include "engine/report/results.h"
#include "viewer/session/comparison.h"
#include "viewer/session/mailbox.h"

namespace highwater::viewer {

/// Where results come from, as their manifest says it.
struct Provenance {
  std::string version, compiler, command, host;
};

/// What is to be measured.
struct MeasurementPlan {
  std::shared_ptr<const System> system;  ///< With its seed and number of replications.
  std::string expanded;                  ///< The scenario, as a run's folder holds it.
  std::vector<std::string> settings;     ///< What it differs by from its file.
  std::vector<Finding> warnings;         ///< About the input.
  Provenance provenance;
};

/// What came of it.
struct MeasuredRun {
  Results results;
  std::vector<ReplicationValues> replications;
  std::string expanded;
  std::vector<std::string> settings;
};

/// Replications of a scenario that run in the background, on all processors but one: that one is
/// for whoever looks at the progress. Nobody waits for them.
///
/// The results are those of `highwater run` with the same file, settings and seed, to the last
/// digit: nothing that was done to a live run by hand is in them.
///
/// Checked  tests/viewer/measurement_test.cpp
class Measurement {
 public:
  explicit Measurement(MeasurementPlan plan);
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;
  /// Ends it; that takes milliseconds.
  ~Measurement();

  /// It ends soon, with the replications that are finished.
  void stop() { stops_.store(true); }
  bool stopping() const { return stops_.load(); }

  /// The latest there is.
  const Progress& progress();
  /// Once: what came of it, when it is over. Null before.
  std::unique_ptr<MeasuredRun> take();
  /// Why it failed; empty otherwise.
  std::string failure();

 private:
  void run();

  MeasurementPlan plan_;
  std::atomic<bool> stops_{false}, abandoned_{false};
  Mailbox<Progress> progresses_;
  Mailbox<MeasuredRun> finished_;
  Mailbox<std::string> failed_;
  Progress progress_;
  std::thread thread_;  // the last to be made
};

/// Processors that a measurement takes.
unsigned measurement_jobs();

}  // namespace highwater::viewer
