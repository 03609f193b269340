#include "engine/chaos/metastability.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/chaos/impact.h"
#include "engine/chaos/observer.h"
#include "engine/experiment/parallel.h"
#include "engine/experiment/wall_clock.h"
#include "engine/report/number_format.h"
#include "engine/statistics/proportion.h"

namespace highwater::chaos {
namespace {

constexpr double kEnoughAnswered = 0.9;
constexpr Duration kWindow = 10s;
constexpr Duration kInterval = 1s;

class Watcher final : public Attendant {
 public:
  Watcher(Stage stage, const System& system, const std::vector<Signal>& signals, Observation& seen)
      : observer_(stage.world, stage.directory, signals, system.objectives,
                  observation_interval(kInterval, system.duration), kWindow, seen) {}

 private:
  Observer observer_;
};

std::string duration_text(double time_s) {
  return Quantity<Duration>::write(Duration{static_cast<std::int64_t>(time_s * 1e9 + 0.5)}).text();
}

class Finder {
 public:
  Finder(const Document& scenario, const Language& language, const Catalog& catalog,
         const MetastabilityOptions& options, Problems& problems)
      : scenario_(scenario),
        language_(language),
        catalog_(catalog),
        options_(options),
        problems_(problems),
        run_s_(seconds(scenario.run().duration)) {}

  std::optional<MetastabilityResults> find() {
    const double began = wall_seconds();
    results_.scenario = scenario_.name();
    results_.scenario_file = scenario_.file();
    results_.seed = scenario_.run().seed;
    results_.simulated_s = run_s_;
    take_trigger();
    results_.sizes = sized_ ? options_.sizes : std::vector<double>{1};
    results_.lengths_s = options_.lengths_s.empty() ? usual_lengths() : options_.lengths_s;
    // What is wrong with the trigger shows before anything is run.
    if (!system_with(1, Push{results_.sizes.back(), results_.lengths_s.back()}, true))
      return std::nullopt;
    sweep_loads();
    map_triggers();
    results_.interrupted = interrupted();
    results_.wall_s = wall_seconds() - began;
    return std::move(results_);
  }

 private:
  struct Push {
    double size, lasts_s;
  };

  bool interrupted() const { return options_.interrupt != nullptr && options_.interrupt->load(); }

  std::vector<double> usual_lengths() const {
    std::vector<double> lengths;
    for (const double length : {1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0})
      if (length <= run_s_ / 6) lengths.push_back(length);
    if (lengths.empty()) lengths.push_back(run_s_ / 6);
    return lengths;
  }

  void take_trigger() {
    if (options_.trigger) {
      trigger_ = *options_.trigger;
      for (const FaultKind& kind : catalog_.faults) {
        const Value* target = trigger_.find(kind.info.name);
        if (target == nullptr || !target->is_string()) continue;
        results_.trigger = kind.info.name + " " + target->text();
        sized_ = find_field(kind.info.fields(), "factor") != nullptr;
      }
      return;
    }
    sized_ = true;
    std::string clients;
    for (const DeclaredPart& part : scenario_.components())
      if (part.kind->sends_load) clients += (clients.empty() ? "" : ", ") + part.id;
    results_.trigger = options_.load_verb + " " + clients;
  }

  std::string times(double at_s, double lasts_s) const {
    return fmt::format(R"("at": "{}", "for": "{}")", duration_text(at_s), duration_text(lasts_s));
  }

  /// The scenario at a load, with a trigger in its second quarter or alone.
  std::optional<System> system_with(double load, std::optional<Push> trigger, bool report) {
    std::string faults;
    const auto add = [&](const std::string& fault) {
      faults += (faults.empty() ? "" : ", ") + fault;
    };
    const auto load_clients = [&](double factor, const std::string& when) {
      for (const DeclaredPart& part : scenario_.components())
        if (part.kind->sends_load)
          add(fmt::format(R"({{"{}": "{}", "factor": "{}x", {}}})", options_.load_verb, part.id,
                          shortest(factor), when));
    };
    if (load != 1) load_clients(load, R"("at": "0s")");
    if (trigger) {
      const std::string when = times(run_s_ / 4, trigger->lasts_s);
      if (options_.trigger) {
        Value fault = trigger_;
        fault.set("at", Value::string(duration_text(run_s_ / 4)));
        fault.set("for", Value::string(duration_text(trigger->lasts_s)));
        if (sized_) fault.set("factor", Value::string(shortest(trigger->size) + "x"));
        add(write_json_line(fault));
      } else {
        load_clients(trigger->size, when);
      }
    }
    Problems problems = scenario_.problems();
    const auto document =
        change_document(scenario_, language_, {"faults=[" + faults + "]"}, problems);
    auto system = document ? prepare(*document, catalog_, problems) : std::nullopt;
    if (!system && report)
      for (const Problem& problem : problems.sorted())
        problems_.error({problems_.add_source("--trigger"), 1, 1}, problem.pointer, problem.message,
                        problem.suggestion);
    return system;
  }

  /// What is seen in each run at a load with a trigger or without; nothing where it was
  /// interrupted.
  std::vector<Observation> observe(double load, std::optional<Push> trigger) {
    const auto system = system_with(load, trigger, false);
    if (!system) return {};
    if (options_.progress)
      options_.progress(trigger ? fmt::format("load {:.3g}x, {} {:.3g}x for {:.3g} s", load,
                                              results_.trigger, trigger->size, trigger->lasts_s)
                                : fmt::format("load {:.3g}x", load),
                        results_.runs);
    signals_ = signals_of(*system);
    const TimeGrid grid(system->duration, system->warmup.value_or(Duration{0}));
    std::vector<Observation> seen(options_.seeds);
    for_each_in_parallel(
        options_.seeds, options_.jobs, options_.interrupt,
        [&](std::uint64_t number) {
          const Attend attend = [&](Stage stage, std::uint64_t run) {
            return std::make_unique<Watcher>(stage, *system, signals_, seen[run]);
          };
          run_replication(*system, grid, system->seed, number, watch_, attend);
        },
        [&] { watch_.stop.store(interrupted()); });
    if (interrupted()) return {};
    results_.runs += options_.seeds;
    return seen;
  }

  /// Answered requests / sent ones in the last third, of all clients.
  double goodput(const Observation& seen) const {
    double sent = 0, answered = 0;
    const std::size_t samples = seen.samples();
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      if (!signals_[i].of_client) continue;
      const bool issued = signals_[i].metric == "issued";
      if (!issued && signals_[i].metric != "completed") continue;
      for (std::size_t t = samples * 2 / 3; t < samples; ++t)
        if (!std::isnan(seen.values[i][t]))
          (issued ? sent : answered) += static_cast<double>(seen.values[i][t]);
    }
    return sent > 0 ? answered / sent : 1;
  }

  /// What waits anywhere, on average over a part of the run.
  double waiting(const Observation& seen, std::size_t first, std::size_t last) const {
    double sum = 0;
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      const std::string& metric = signals_[i].metric;
      if (metric != "queue_length" && metric != "lag" && metric != "depth") continue;
      for (std::size_t t = first; t < last; ++t)
        if (!std::isnan(seen.values[i][t])) sum += static_cast<double>(seen.values[i][t]);
    }
    return last > first ? sum / static_cast<double>(last - first) : 0;
  }

  /// What comes to all components in a part of the run.
  double coming(const Observation& seen, std::size_t first, std::size_t last) const {
    double sum = 0;
    for (std::size_t i = 0; i < signals_.size(); ++i)
      if (signals_[i].metric == kAttempts)
        for (std::size_t t = first; t < last; ++t)
          if (!std::isnan(seen.values[i][t]))
            sum += static_cast<double>(seen.values[i][t]) * seconds(seen.interval);
    return sum;
  }

  enum class After { recovered, draining, collapsed };

  After after_trigger(const Observation& seen, const Observation& usual) const {
    if (!is_down(seen, usual)) return After::recovered;
    const std::size_t samples = seen.samples();
    const double before = waiting(seen, samples * 4 / 6, samples * 5 / 6);
    const double last = waiting(seen, samples * 5 / 6, samples);
    // By more than chance: a line goes up and down by the root of what comes.
    const double chance = 10 + 2 * std::sqrt(coming(seen, samples * 5 / 6, samples));
    return before - last > chance ? After::draining : After::collapsed;
  }

  bool is_down(const Observation& seen, const Observation& usual) const {
    if (goodput(seen) < kEnoughAnswered * goodput(usual)) return true;
    const std::size_t samples = std::min(seen.samples(), usual.samples());
    std::size_t missed = 0, all = 0;
    for (std::size_t t = samples * 2 / 3; t < samples; ++t) {
      ++all;
      for (std::size_t k = 0; k < seen.kept.size(); ++k)
        if (seen.kept[k][t] == 0 && usual.kept[k][t] != 0) {
          ++missed;
          break;
        }
    }
    return missed * 2 > all;
  }

  /// From the end of the trigger until what is answered in a second, or met, is what it is alone.
  double recovery_s(const Observation& seen, const Observation& usual, double end_s) const {
    const double bin_s = seconds(seen.interval);
    const std::size_t samples = std::min(seen.samples(), usual.samples());
    double recovered = 0;
    for (auto t = static_cast<std::size_t>(end_s / bin_s); t < samples; ++t) {
      bool bad = false;
      for (std::size_t k = 0; k < seen.kept.size(); ++k)
        bad |= seen.kept[k][t] == 0 && usual.kept[k][t] != 0;
      for (std::size_t i = 0; i < signals_.size(); ++i) {
        if (!signals_[i].of_client || signals_[i].metric != "completed") continue;
        const auto now = static_cast<double>(seen.values[i][t]);
        const auto then = static_cast<double>(usual.values[i][t]);
        // Above chance: fewer than five standard deviations of a count below what it is alone.
        bad |= now < kEnoughAnswered * then && then - now > 5 * std::sqrt(std::max(then, 1.0));
      }
      if (bad) recovered = seen.time_s(t) - end_s;
    }
    return std::max(0.0, recovered);
  }

  const std::vector<Observation>& alone(double load) {
    const auto known = alone_.find(load);
    if (known != alone_.end()) return known->second;
    return alone_.emplace(load, observe(load, std::nullopt)).first->second;
  }

  void sweep_loads() {
    const Push strongest{results_.sizes.back(), results_.lengths_s.back()};
    for (const double load : options_.loads) {
      if (interrupted()) return;
      const std::vector<Observation>& usual = alone(load);
      const std::vector<Observation> seen = observe(load, strongest);
      if (usual.empty() || seen.empty()) return;
      MetastableLevel level;
      level.load = load;
      level.runs = options_.seeds;
      std::vector<double> before, after;
      for (std::size_t i = 0; i < usual.size(); ++i) {
        before.push_back(goodput(usual[i]));
        after.push_back(goodput(seen[i]));
        level.overloaded += before.back() < kEnoughAnswered;
        const After state = after_trigger(seen[i], usual[i]);
        level.collapsed += state == After::collapsed;
        level.draining += state == After::draining;
        if (state == After::collapsed) note_what_sustains(seen[i], usual[i]);
      }
      level.goodput = mean_estimate(before);
      level.goodput_after = mean_estimate(after);
      if (std::string_view(metastable_state(level)) == "vulnerable") {
        if (!results_.vulnerable) results_.vulnerable = Interval{load, load};
        results_.vulnerable->high = load;
      }
      results_.levels.push_back(std::move(level));
    }
    name_what_sustains();
  }

  void map_triggers() {
    const std::vector<Observation> usual = alone(1);
    if (usual.empty()) return;
    std::size_t overloaded = 0;
    for (const Observation& each : usual) overloaded += goodput(each) < kEnoughAnswered;
    if (overloaded * 2 > usual.size()) return;  // there is nothing to collapse
    for (const double size : results_.sizes)
      for (const double length : results_.lengths_s)
        results_.cells.push_back({size, length, 0, 0, 0, {}});
    for (MetastableCell& cell : results_.cells) {
      const std::vector<Observation> seen = observe(1, Push{cell.size, cell.lasts_s});
      if (seen.empty()) break;
      cell.runs = options_.seeds;
      std::vector<double> recovered;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        const After state = after_trigger(seen[i], usual[i]);
        if (state == After::collapsed) {
          ++cell.collapsed;
          note_what_sustains(seen[i], usual[i]);
        } else if (state == After::draining) {
          ++cell.draining;
        } else {
          recovered.push_back(recovery_s(seen[i], usual[i], run_s_ / 4 + cell.lasts_s));
        }
      }
      cell.recover_s = mean_estimate(recovered);
    }
    name_what_sustains();
  }

  void note_what_sustains(const Observation& seen, const Observation& usual) {
    const std::string loop =
        what_sustains(signals_, seen, usual, seen.samples() * 2 / 3, seen.samples());
    if (!loop.empty()) ++loops_[loop];
  }

  void name_what_sustains() {
    std::size_t most = 0;
    for (const auto& [loop, count] : loops_)
      if (count > most) {
        most = count;
        results_.sustained_by = loop;
      }
  }

  const Document& scenario_;
  const Language& language_;
  const Catalog& catalog_;
  const MetastabilityOptions& options_;
  Problems& problems_;
  double run_s_;
  Value trigger_;
  bool sized_ = false;
  MetastabilityResults results_;
  Watch watch_;  // of the runs of now
  std::vector<Signal> signals_;
  std::map<double, std::vector<Observation>> alone_;
  std::map<std::string, std::size_t> loops_;
};

}  // namespace

std::optional<MetastabilityResults> find_metastability(const Document& scenario,
                                                       const Language& language,
                                                       const Catalog& catalog,
                                                       const MetastabilityOptions& options,
                                                       Problems& problems) {
  return Finder(scenario, language, catalog, options, problems).find();
}

}  // namespace highwater::chaos
