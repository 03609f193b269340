#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/chaos/experiment.h"
#include "engine/chaos/observer.h"
#include "engine/experiment/replication.h"
#include "engine/kernel/condition.h"
#include "engine/kernel/scope.h"

namespace highwater::chaos {

/// What an activity came to.
struct ActivityRun {
  const Activity* activity = nullptr;
  Value output;
  bool succeeded = true;
  std::string failure;  ///< Why not.
  double start_s = 0, end_s = 0;
  std::optional<bool> tolerance_met;
};

/// One look at the hypothesis. It ends at the first probe that is not within its tolerance.
struct SteadyState {
  bool met = true;
  double at_s = 0;
  std::vector<ActivityRun> probes;
};

/// A fault that struck.
struct FaultStrike {
  std::size_t fault = 0;  ///< The scenario's own first, then those of actions in their order.
  std::string text;       ///< What was hit.
  double begin_s = 0;
  std::optional<double> end_s;  ///< Absent where it lasted to the end of the run.
};

/// How an experiment went in one run.
struct ExperimentRun {
  std::string status;  ///< completed, failed or aborted, as the toolkit has it.
  bool deviated = false;
  std::string aborted_by;  ///< The condition.
  std::optional<SteadyState> before, after;
  std::vector<SteadyState> during;  ///< The first of them.
  std::uint64_t looks_during = 0, failed_during = 0;
  std::vector<ActivityRun> method, rollbacks;
  double begin_s = 0, end_s = 0;
  std::vector<FaultStrike> strikes;

  /// The system was steady before the method.
  bool began_steady() const { return !before || before->met; }
  /// The hypothesis held whenever it was looked at.
  bool held() const {
    return began_steady() && (!after || after->met) && failed_during == 0 && aborted_by.empty();
  }

  static constexpr std::size_t kMostKept = 1'000;
};

/// Whether its actions do something. Nothing is done in the run that an experiment is compared
/// with, so that what differs is what they did.
enum class Acting : bool { no, yes };

/// Plays an experiment in one replication: the hypothesis, the method and the rollbacks, as the
/// toolkit does, in simulated time.
///
/// Source: chaostoolkit-lib 1.45, chaoslib/run.py. A tolerance that is missed before the method
/// skips it and leaves the status "completed"; rollbacks are played then, too.
class Conductor final : public Attendant {
 public:
  /// @param scenario_faults  How many faults the scenario has: those of actions follow them.
  Conductor(Stage stage, const System& system, const Experiment& experiment, Acting acting,
            ExperimentRun& run);
  ~Conductor() override;

 private:
  Task<> perform();
  Task<> play_method();
  Task<> play_rollbacks();
  Task<> play(const Activity& activity, std::vector<ActivityRun>& runs, std::size_t place);
  Task<> play_aside(const Activity& activity, std::vector<ActivityRun>& runs, std::size_t place);
  Task<> look_during();
  Task<> wait_for(const Activity& activity, ActivityRun& run);
  void look_for_abort();
  void abort(const std::string& condition);
  SteadyState look();
  std::vector<std::optional<double>> values_of(const Probe& probe) const;
  static Value output_of(const Probe& probe, const std::vector<std::optional<double>>& values);
  void read(const Activity& activity, ActivityRun& run) const;
  void act(const Activity& activity, ActivityRun& run);
  void add_gauges(const Probe& probe);
  Gauge& gauge(const Objective& metric, Duration window);
  double now_s() const { return seconds(world_.now()); }

  World& world_;
  Directory& directory_;
  const Experiment& experiment_;
  Acting acting_;
  ExperimentRun& run_;
  std::deque<Injection>& scenario_faults_;
  struct Read {
    std::string component, metric, statistic;
    Duration window{};
    std::unique_ptr<Gauge> gauge;
  };
  std::deque<Read> gauges_;
  struct Armed {
    const Activity* activity;
    std::unique_ptr<Injection> injection;
  };
  std::vector<Armed> armed_;
  Condition something_ended_;
  std::size_t aside_ = 0;  // activities in the background
  bool method_over_ = false;
  bool stopped_ = false;  // the method is to end early
  std::deque<Gauge> abort_gauges_;
  Timer<&Conductor::look_for_abort> abort_look_;
  Scope method_;  // ends with an abort
  Scope whole_;
};

}  // namespace highwater::chaos
