#include "engine/chaos/study.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/chaos/conductor.h"
#include "engine/chaos/impact.h"
#include "engine/chaos/journal.h"
#include "engine/describe/listed.h"
#include "engine/experiment/costs.h"
#include "engine/experiment/estimates.h"
#include "engine/experiment/objectives.h"
#include "engine/experiment/parallel.h"
#include "engine/experiment/wall_clock.h"
#include "engine/report/number_format.h"
#include "engine/statistics/proportion.h"

namespace highwater::chaos {
namespace {

/// Watches a run, and plays an experiment in it.
class Audience final : public Attendant {
 public:
  Audience(Stage stage, const System& system, const Experiment& experiment, Acting acting,
           const std::vector<Signal>& signals, ExperimentRun& run, Observation& seen)
      : conductor_(stage, system, experiment, acting, run),
        observer_(stage.world, stage.directory, signals, system.objectives,
                  observation_interval(experiment.settings.frequency, system.duration),
                  experiment.settings.window, seen) {}

 private:
  Conductor conductor_;
  Observer observer_;
};

/// One run of an experiment, beside the same run without it.
struct Pair {
  ExperimentRun run, usual_run;
  Observation seen, usual;
  std::vector<ObjectiveResult> objectives, usual_objectives;
  std::uint64_t events = 0;
  bool interrupted = false;
};

class Study {
 public:
  Study(const System& system, const Experiment& experiment, bool of_scenario,
        const StudyOptions& options)
      : system_(system),
        quiet_(system),
        experiment_(experiment),
        of_scenario_(of_scenario),
        options_(options),
        signals_(signals_of(system)),
        grid_(system.duration, system.warmup.value_or(Duration{0})),
        table_(system, signals_, names(), experiment.settings.window),
        finished_(options.runs) {
    quiet_.faults.clear();
    quiet_.triggers.clear();
  }

  ChaosResults results() {
    const double began = wall_seconds();
    std::uint64_t done = 0;
    for_each_in_parallel(
        options_.runs, options_.jobs, options_.interrupt,
        [&](std::uint64_t number) {
          auto pair = std::make_unique<Pair>(run(number));
          const std::lock_guard lock(mutex_);
          finished_[number] = std::move(pair);
          ++done;
          digest();
        },
        [&] {
          const bool stop = options_.interrupt != nullptr && options_.interrupt->load();
          if (stop) watch_.stop.store(true);
          const std::lock_guard lock(mutex_);
          if (options_.progress) options_.progress(done, options_.runs);
        });
    ChaosResults results = summary();
    results.wall_s = wall_seconds() - began;
    return results;
  }

 private:
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < system_.faults.size(); ++i)
      names.push_back(fmt::format("faults[{}]", i));
    for (const auto* list : {&experiment_.method, &experiment_.rollbacks})
      for (const Activity& activity : *list)
        if (activity.action.fault) names.push_back(activity.name);
    return names;
  }

  Pair run(std::uint64_t number) {
    Pair pair;
    const auto play = [&](const System& system, Acting acting, ExperimentRun& run,
                          Observation& seen, std::vector<ObjectiveResult>& objectives) {
      const Attend attend = [&](Stage stage, std::uint64_t) {
        return std::make_unique<Audience>(stage, system_, experiment_, acting, signals_, run, seen);
      };
      ReplicationRecord record =
          run_replication(system, grid_, system.seed, number, watch_, attend);
      pair.events += record.events;
      pair.interrupted |= record.interrupted;
      if (!of_scenario_) return;
      RunRecord of_one(grid_);
      of_one.replications.push_back(std::move(record));
      objectives = judge_objectives(system, of_one, find_window(system, of_one));
    };
    play(system_, Acting::yes, pair.run, pair.seen, pair.objectives);
    if (!pair.interrupted)
      play(quiet_, Acting::no, pair.usual_run, pair.usual, pair.usual_objectives);
    return pair;
  }

  /// Takes in the runs that are finished, in the order of their numbers, so that sums do not depend
  /// on threads, and lets go of what was seen.
  void digest() {
    while (digested_ < finished_.size() && finished_[digested_] != nullptr) {
      const Pair& pair = *finished_[digested_];
      if (!pair.interrupted) take(digested_, pair);
      finished_[digested_++] = nullptr;
    }
  }

  void take(std::uint64_t number, const Pair& pair) {
    ++runs_;
    events_ += pair.events;
    table_.add(pair.run.strikes, pair.seen, pair.usual);
    note_reached(pair.seen, pair.usual);
    method_begin_.push_back(pair.run.begin_s);
    method_end_.push_back(pair.run.end_s);
    if (of_scenario_) {
      take_objectives(pair);
      return;
    }
    if (!pair.run.began_steady())
      ++never_steady_;
    else if (pair.run.held())
      ++kept_;
    else
      ++deviated_;
    if (!pair.run.aborted_by.empty()) {
      ++aborted_;
      ++aborted_by_[pair.run.aborted_by];
    }
    take_probes(pair.run);
    if (options_.journals)
      journals_.emplace_back(
          number, journal_json(experiment_, pair.run, kFormat, fmt::format("run {}", number + 1)));
  }

  void take_objectives(const Pair& pair) {
    checks_.resize(system_.objectives.size());
    bool all = true;
    for (std::size_t i = 0; i < pair.objectives.size(); ++i) {
      Check& check = checks_[i];
      const ObjectiveResult& objective = pair.objectives[i];
      ++check.looks;
      if (!objective.met.value_or(false)) {
        ++check.missed;
        all = false;
      }
      if (objective.value) check.after.push_back(*objective.value);
      if (pair.usual_objectives[i].value) check.before.push_back(*pair.usual_objectives[i].value);
    }
    ++(all ? kept_ : deviated_);
  }

  void take_probes(const ExperimentRun& run) {
    checks_.resize(experiment_.hypothesis.probes.size());
    const auto look = [&](const std::optional<SteadyState>& state, bool before) {
      if (!state) return;
      for (std::size_t i = 0; i < state->probes.size(); ++i) {
        const ActivityRun& probe = state->probes[i];
        ++checks_[i].looks;
        if (!probe.tolerance_met.value_or(false)) ++checks_[i].missed;
        auto& values = before ? checks_[i].before : checks_[i].after;
        if (probe.output.is_number()) values.push_back(probe.output.number());
      }
    };
    look(run.before, true);
    look(run.after, false);
    for (const SteadyState& state : run.during) look(state, false);
  }

  /// Notes the components that what was done has reached: those that show anything else at any
  /// time.
  void note_reached(const Observation& seen, const Observation& usual) {
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      if (reached_.contains(signals_[i].component)) continue;
      const auto same = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
      if (!std::equal(seen.values[i].begin(), seen.values[i].end(), usual.values[i].begin(),
                      usual.values[i].end(), same))
        reached_.insert(signals_[i].component);
    }
  }

  ChaosResults summary() {
    ChaosResults results;
    results.title = experiment_.title;
    results.description = experiment_.description;
    results.hypothesis = experiment_.hypothesis.title;
    results.experiment_file = experiment_.file;
    results.scenario = system_.name;
    results.scenario_file = system_.file;
    results.seed = system_.seed;
    results.runs = runs_;
    results.simulated_s = seconds(system_.duration);
    results.method_begin_s = mean_estimate(method_begin_).value.value_or(0);
    results.method_end_s = mean_estimate(method_end_).value.value_or(0);
    results.required = experiment_.settings.required.value;
    results.kept = kept_;
    results.deviated = deviated_;
    results.never_steady = never_steady_;
    results.aborted = aborted_;
    for (const auto& [condition, times] : aborted_by_)
      results.aborted_by.emplace_back(condition, times);
    results.partial = runs_ < options_.runs;
    results.events = events_;
    add_checks(results);
    results.impacts = table_.impacts();
    for (const ChaosImpact& impact : results.impacts)
      if (impact.strikes == 0 && runs_ > never_steady_)
        results.findings.push_back(
            {"never struck", "", impact.name + " struck in no run: nothing is known of it."});
    std::erase_if(results.impacts, [](const ChaosImpact& impact) { return impact.strikes == 0; });
    results.series = table_.series();
    results.times_s = table_.times_s();
    results.bin_s = seconds(observation_interval(experiment_.settings.frequency, system_.duration));
    results.journals = std::move(journals_);
    judge(results);
    add_findings(results);
    return results;
  }

  void judge(ChaosResults& results) const {
    const std::uint64_t steady = kept_ + deviated_;
    results.held = proportion_estimate(kept_, steady);
    if (runs_ == 0)
      results.verdict = ChaosVerdict::nothing;
    else if (results.checks.empty())
      results.verdict = ChaosVerdict::exploring;
    else if (never_steady_ * 2 > runs_)
      results.verdict = ChaosVerdict::never_steady;
    else
      results.verdict =
          *results.held.value >= results.required ? ChaosVerdict::holds : ChaosVerdict::deviates;
  }

  void add_checks(ChaosResults& results) const {
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      ChaosCheck check;
      if (of_scenario_) {
        const Objective& objective = system_.objectives[i];
        check.name = check.tolerance = objective.text;
        check.unit = objective.unit;
        if (cannot_miss(objective))
          check.cannot_fail = "no value that it may have is outside the limit";
      } else {
        const Activity& probe = experiment_.hypothesis.probes[i];
        check.name = probe.name;
        check.tolerance = write_json_line(probe.tolerance->written());
        const auto& readings = probe.probe->readings;
        if (readings.size() == 1 && !readings.front().judged)
          check.unit = readings.front().metric.unit;
        check.asked = asked_by(probe, check.unit);
        check.cannot_fail = why_it_cannot_fail(probe);
      }
      check.before = mean_estimate(checks_[i].before);
      check.after = mean_estimate(checks_[i].after);
      check.looks = checks_[i].looks;
      check.missed = checks_[i].missed;
      if (check.cannot_fail.empty() && check.missed == 0 && runs_ > 0 && !reaches(i))
        check.cannot_fail = "nothing that was done reaches what it looks at, in any run";
      results.checks.push_back(std::move(check));
    }
  }

  /// What a probe asks for, as people read it: objectives, a range with its unit, or the tolerance.
  static std::string asked_by(const Activity& probe, const std::string& unit) {
    const Value& written = probe.tolerance->written();
    if (probe.probe->readings.front().judged && written.is_boolean()) {
      std::vector<std::string> objectives;
      for (const Probe::Reading& reading : probe.probe->readings)
        objectives.push_back(reading.metric.text);
      const std::string all = listed(objectives);
      if (all == probe.name && written.boolean()) return "";
      return (written.boolean() ? "" : "not ") + all;
    }
    const auto within = probe.tolerance->range();
    if (!within) return write_json_line(written);
    return fmt::format("{} to {}", show_number(within->low, unit).text(),
                       show_number(within->high, unit).text());
  }

  /// Whether what was done has reached a component that the check looks at.
  bool reaches(std::size_t check) const {
    const auto reached = [&](const std::string& component) {
      // What all cost together, everything has a part in.
      return component == cost_kind().name || reached_.contains(component);
    };
    if (of_scenario_) return reached(system_.objectives[check].component);
    const auto& readings = experiment_.hypothesis.probes[check].probe->readings;
    return std::any_of(readings.begin(), readings.end(), [&](const Probe::Reading& reading) {
      return reached(reading.metric.component);
    });
  }

  static bool cannot_miss(const Objective& objective) {
    const bool share = objective.unit == "1" && objective.shape == MetricShape::kEstimate;
    switch (objective.comparison) {
      case Comparison::kGreaterOrEqual:
        return objective.limit <= 0;
      case Comparison::kGreater:
        return objective.limit < 0;
      case Comparison::kLessOrEqual:
        return share && objective.limit >= 1;
      case Comparison::kLess:
        break;
    }
    return share && objective.limit > 1;
  }

  static std::string why_it_cannot_fail(const Activity& probe) {
    const auto& readings = probe.probe->readings;
    if (readings.front().judged) {
      const bool none =
          std::all_of(readings.begin(), readings.end(),
                      [](const Probe::Reading& one) { return cannot_miss(one.metric); });
      return none ? "no value that it may have is outside the limit" : "";
    }
    if (readings.size() > 1) return "";
    const Objective& metric = readings.front().metric;
    const bool share = metric.unit == "1" && metric.shape == MetricShape::kEstimate;
    return probe.tolerance->admits_all_between(0, share ? 1 : 1e18)
               ? "its tolerance has room for every value"
               : "";
  }

  void add_findings(ChaosResults& results) const {
    const auto add = [&](const char* kind, const std::string& text) {
      results.findings.push_back({kind, "", text});
    };
    for (const ChaosCheck& check : results.checks)
      if (!check.cannot_fail.empty())
        add("cannot fail", fmt::format("{} cannot fail: {}.", check.name, check.cannot_fail));
    if (results.checks.empty() && runs_ > 0)
      add("no hypothesis",
          of_scenario_
              ? "The scenario has no objectives: there is nothing to hold."
              : "There is no hypothesis: what the method did is shown, and nothing judged.");
    if (never_steady_ > 0)
      add("never steady",
          fmt::format(
              "In {} of {} runs the hypothesis was missed before anything was done, and the "
              "method was skipped.",
              never_steady_, runs_));
    for (const ChaosImpact& impact : results.impacts) {
      if (impact.unrecovered == 0) continue;
      add("metastable",
          fmt::format("{}: after {} of {} strikes the system did not recover within the run{}.",
                      impact.name, impact.unrecovered, impact.strikes,
                      impact.sustained_by.empty() ? ""
                                                  : ", though the fault had ended; what keeps it "
                                                    "down: " +
                                                        impact.sustained_by));
    }
    for (const std::string& note : system_.notes) add("input", note);
  }

  static constexpr const char* kFormat = "chaos/1";

  /// One probe or objective over the runs.
  struct Check {
    std::uint64_t looks = 0, missed = 0;
    std::vector<double> before, after;
  };

  const System& system_;
  System quiet_;  // what it is compared with
  const Experiment& experiment_;
  bool of_scenario_;
  const StudyOptions& options_;
  std::vector<Signal> signals_;
  TimeGrid grid_;
  Watch watch_;
  std::mutex mutex_;  // guards what stands below
  ImpactTable table_;
  std::vector<std::unique_ptr<Pair>> finished_;
  std::size_t digested_ = 0;
  std::uint64_t runs_ = 0, kept_ = 0, deviated_ = 0, never_steady_ = 0, aborted_ = 0, events_ = 0;
  std::map<std::string, std::uint64_t> aborted_by_;
  std::vector<double> method_begin_, method_end_;
  std::vector<Check> checks_;
  std::set<std::string> reached_;  // components
  std::vector<std::pair<std::uint64_t, std::string>> journals_;
};

}  // namespace

Experiment experiment_of(const System& system) {
  Experiment experiment;
  experiment.title = system.name;
  experiment.description = system.description;
  experiment.file = system.file;
  experiment.document = Value::object();
  experiment.duration = system.duration;
  return experiment;
}

ChaosResults run_study(const System& system, const Experiment& experiment, bool of_scenario,
                       const StudyOptions& options) {
  return Study(system, experiment, of_scenario, options).results();
}

}  // namespace highwater::chaos
