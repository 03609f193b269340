#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/chaos/tolerance.h"
#include "engine/describe/field.h"
#include "engine/experiment/prepare.h"
#include "engine/experiment/system.h"
#include "engine/model/fault.h"
#include "engine/scenario/document.h"

namespace highwater::chaos {

/// What Highwater needs to know beside an experiment of the Chaos Toolkit: the element of its
/// "extensions" that is called "highwater".
struct ChaosParams {
  std::optional<std::string> scenario;
  std::vector<std::string> set;
  std::uint64_t seeds = 20;
  Fraction required{0.95};
  std::optional<Duration> begin;
  Duration settle = 60s;
  Duration window = 10s;
  Duration frequency = 1s;
  bool fail_fast = false;
  Fraction fail_fast_ratio{0};
  std::vector<std::string> abort_on;

  static constexpr std::string_view type_name = "chaos";
  static constexpr auto fields() {
    using P = ChaosParams;
    return Fields{
        field<&P::scenario>("The scenario that it is run on, relative to the experiment."),
        field<&P::set>("Settings of the scenario, as of --set: \"api.replicas=4\"."),
        field<&P::seeds>("How often it is run, each time with draws of its own.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{10'000}),
        field<&P::required>("The hypothesis holds where it did in such a share of the runs."),
        field<&P::begin>("When it begins, from the beginning of the run; unless given, when its "
                         "probes can look back twice over."),
        field<&P::settle>("So long it is watched after its end, to see the system recover."),
        field<&P::window>("What objectives are looked at over, to tell when they are missed and "
                          "met again.")
            .at_least(Duration{1ms}),
        field<&P::frequency>("So often the hypothesis is looked at during the method, and so "
                             "often objectives are.")
            .at_least(Duration{1ms})
            .source("chaos run --hypothesis-frequency"),
        field<&P::fail_fast>("The method ends when the hypothesis, looked at during it, fails.")
            .source("chaos run --fail-fast"),
        field<&P::fail_fast_ratio>("Only when it has failed in such a share of the looks.")
            .source("chaos run --fail-fast-ratio"),
        field<&P::abort_on>("The experiment is aborted, and all its faults are ended, when one of "
                            "these conditions comes true: \"users.availability < 50% over 30s\".")};
  }
};

/// When the hypothesis is looked at.
enum class Strategy : std::uint8_t {
  standard,  ///< Before the method and after it.
  before_only,
  after_only,
  during_only,
  continuously,  ///< Before, during and after.
};

/// When rollbacks are played.
enum class Rollbacks : std::uint8_t { standard, always, never, deviated };

/// What a probe reads: metrics over the last so much time, or whether they are as they should be.
struct Probe {
  struct Reading {
    Objective metric;
    bool judged = false;  ///< Whether its comparison holds, and not its value, is wanted.
  };
  std::vector<Reading> readings;
  bool several = false;  ///< The output is an object of them, by their texts.
  Duration window = 10s;
};

/// What an action does.
struct Action {
  std::shared_ptr<const FaultPlan> fault;  ///< Strikes.
  std::vector<std::string> reverted;       ///< Names of actions whose faults end,
  bool reverts_all = false;                ///< or all of them.
  Duration wait{0};                        ///< Time passes,
  std::optional<Trigger> until;            ///< or as much as it takes until this is so,
  Duration timeout{0};                     ///< but not more; it has failed then.
};

struct Activity {
  std::string name;
  Value written;  ///< As it stands in the experiment, for the journal.
  std::string path;
  std::optional<Probe> probe;  ///< Otherwise it is an action.
  Action action;
  std::optional<Tolerance> tolerance;
  std::optional<Probe> tolerance_probe;  ///< Of a tolerance that is a probe.
  bool background = false;
  Duration pause_before{0}, pause_after{0};
};

struct Hypothesis {
  std::string title;
  std::vector<Activity> probes;
};

/// An experiment in the open format of the Chaos Toolkit, read and checked: ready to run.
///
/// Source: chaostoolkit-lib 1.45 (chaoslib/experiment.py, run.py, activity.py);
/// chaostoolkit-documentation, reference/api/experiment.
struct Experiment {
  std::string title, description, file;
  Value document;  ///< Filled in, for the journal.
  ChaosParams settings;
  Hypothesis hypothesis;
  std::vector<Activity> method, rollbacks;
  std::vector<Trigger> abort_on;
  Strategy strategy = Strategy::standard;
  Rollbacks rollback_strategy = Rollbacks::standard;
  Duration begin{};     ///< Of the first look at the hypothesis.
  Duration duration{};  ///< Of a whole run: experiment and settling.
};

/// An experiment as far as it can be read without its scenario.
struct ExperimentDraft {
  std::string file;
  Value root;  ///< With its configuration filled in.
  ChaosParams settings;
};

/// Reads an experiment file and fills in ${…} from its configuration, which may come from the
/// environment.
/// @param variables  "name=value", which stand for values of the configuration.
std::optional<ExperimentDraft> load_experiment(const std::string& file,
                                               const std::vector<std::string>& variables,
                                               const Environment& environment, Problems& problems);

/// Whether the file looks like an experiment and not like a scenario.
bool looks_like_experiment(const std::string& file);

/// Reads the activities of an experiment against the scenario that it is run on.
/// @param system  Prepared from `scenario`; room is made in it for what actions add.
std::optional<Experiment> read_experiment(const ExperimentDraft& draft, const Document& scenario,
                                          const Language& language, System& system,
                                          const Catalog& catalog, Problems& problems);

}  // namespace highwater::chaos
