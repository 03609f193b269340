#include "engine/chaos/search.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/chaos/observer.h"
#include "engine/describe/listed.h"
#include "engine/experiment/estimates.h"
#include "engine/experiment/objectives.h"
#include "engine/experiment/parallel.h"
#include "engine/experiment/wall_clock.h"
#include "engine/kernel/check.h"
#include "engine/report/number_format.h"
#include "engine/topology/graph.h"

namespace highwater::chaos {
namespace {

constexpr Duration kLongestFault = 60s;
constexpr Duration kShortestFault = 1s;
constexpr int kMostHalvings = 5;
constexpr std::size_t kMostPairs = 20'000;

/// What came of one trial.
struct Outcome {
  std::uint64_t missed = 0, runs = 0;
  std::vector<std::string> objectives;
  double strain = 0;

  bool broke() const { return missed * 2 > runs; }
};

/// One fault that may be tried, without its times.
struct Candidate {
  Value fault;
  std::string target;
  double weight = 0;
};

std::string duration_text(Duration time) {
  return Quantity<Duration>::write(time).text();
}

/// How near a value comes to what an objective allows; 1 at its limit, more beyond.
double strain_of(const Objective& objective, double value) {
  constexpr double kLeast = 1e-9;
  switch (objective.comparison) {
    case Comparison::kLess:
    case Comparison::kLessOrEqual:
      return value / std::max(objective.limit, kLeast);
    case Comparison::kGreater:
    case Comparison::kGreaterOrEqual:
      break;
  }
  // Of a share it is what is missing that counts: 99.8 % strains 99.9 % twice.
  if (objective.unit == "1" && objective.limit < 1)
    return (1 - value) / std::max(1 - objective.limit, kLeast);
  return objective.limit / std::max(value, kLeast);
}

class Search {
 public:
  Search(const Document& scenario, const Language& language, const Catalog& catalog,
         const SearchOptions& options)
      : scenario_(scenario), language_(language), catalog_(catalog), options_(options) {
    results_.scenario = scenario.name();
    results_.scenario_file = scenario.file();
    results_.seed = scenario.run().seed;
    results_.simulated_s = seconds(scenario.run().duration);
    lasts_ = options.lasts.value_or(
        std::clamp(scenario.run().duration / 10, kShortestFault, kLongestFault));
    at_ = scenario.run().duration * 2 / 5;
  }

  SearchResults run() {
    began_ = wall_seconds();
    load_state();
    look_without_faults();
    if (!over()) {
      propose();
      try_singles();
      try_moments();
      if (options_.pairs) try_pairs();
    }
    save_state();
    if (results_.ended_by.empty()) results_.ended_by = "everything was tried";
    results_.wall_s = wall_seconds() - began_;
    return std::move(results_);
  }

 private:
  bool interrupted() const { return options_.interrupt != nullptr && options_.interrupt->load(); }

  /// Whether the budget is used up; says so in the results.
  bool over() {
    if (interrupted()) {
      results_.interrupted = true;
      results_.ended_by = "interrupted";
    } else if (results_.runs + options_.seeds > options_.budget_runs) {
      results_.ended_by = fmt::format("the budget of {} runs", options_.budget_runs);
    } else if (options_.budget_s && wall_seconds() - began_ >= *options_.budget_s) {
      results_.ended_by = fmt::format("the budget of {:.0f} s", *options_.budget_s);
    }
    return !results_.ended_by.empty();
  }

  static Value with_times(const Value& fault, Duration at, Duration lasts) {
    Value timed = fault;
    timed.set("at", Value::string(duration_text(at)));
    timed.set("for", Value::string(duration_text(lasts)));
    return timed;
  }

  static std::string key_of(const std::vector<Value>& faults) {
    std::string key;
    for (const Value& fault : faults) key += (key.empty() ? "" : " and ") + write_json_line(fault);
    return key;
  }

  /// The scenario with these faults in place of its own; nothing where they do not fit it.
  std::optional<System> system_with(const std::vector<Value>& faults) const {
    Value list = Value::array();
    for (const Value& fault : faults) list.push(fault);
    Problems problems = scenario_.problems();
    const auto document =
        change_document(scenario_, language_, {"faults=" + write_json_line(list)}, problems);
    if (!document) return std::nullopt;
    return prepare(*document, catalog_, problems);
  }

  /// Runs a trial, unless it is known what comes of it. Nothing where its faults do not fit.
  std::optional<Outcome> outcome_of(const std::vector<Value>& faults) {
    const std::string key = key_of(faults);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    const auto system = system_with(faults);
    if (!system) return std::nullopt;
    if (options_.progress) options_.progress(sentence(faults), results_.runs);
    const TimeGrid grid(system->duration, system->warmup.value_or(Duration{0}));
    std::vector<std::vector<ObjectiveResult>> judged(options_.seeds);
    std::vector<std::vector<EdgeRecord>> edges(options_.seeds);
    for_each_in_parallel(
        options_.seeds, options_.jobs, options_.interrupt,
        [&](std::uint64_t number) {
          ReplicationRecord record =
              run_replication(*system, grid, system->seed, number, watch_, {});
          if (record.interrupted) return;
          RunRecord of_one(grid);
          edges[number] = record.edges;
          of_one.replications.push_back(std::move(record));
          judged[number] = judge_objectives(*system, of_one, find_window(*system, of_one));
        },
        [&] { watch_.stop.store(interrupted()); });
    Outcome outcome;
    std::set<std::string> missed;
    for (const auto& objectives : judged) {
      if (objectives.empty()) continue;  // interrupted
      ++outcome.runs;
      ++results_.runs;
      bool any = false;
      for (std::size_t i = 0; i < objectives.size(); ++i) {
        if (broken_anyway_.contains(objectives[i].text)) continue;
        if (objectives[i].value)
          outcome.strain =
              std::max(outcome.strain, strain_of(system->objectives[i], *objectives[i].value));
        if (objectives[i].met.value_or(false)) continue;
        any = true;
        missed.insert(objectives[i].text);
      }
      outcome.missed += any;
    }
    if (outcome.runs < options_.seeds) return std::nullopt;
    outcome.objectives.assign(missed.begin(), missed.end());
    if (faults.empty()) {
      edges_ = std::move(edges.front());
      picture_ = system->topology;
    }
    known_.emplace(key, outcome);
    if (++unsaved_ >= 10) save_state();
    return outcome;
  }

  void look_without_faults() {
    const auto usual = outcome_of({});
    if (!usual) return;
    if (!usual->broke()) return;
    for (const std::string& objective : usual->objectives) broken_anyway_.insert(objective);
    results_.broken_anyway = usual->objectives;
    if (usual->objectives.size() == scenario_.objectives().size())
      results_.ended_by = "every objective is missed without any fault";
  }

  /// Everything that verbs propose for everything that they may be aimed at.
  void propose() {
    Problems unread = scenario_.problems();
    const Topology topology = topology_of(scenario_, unread);
    const std::vector<double> weights = weigh(topology);
    for (const FaultKind& kind : catalog_.faults) {
      if (kind.trials.empty()) {
        results_.not_searched.push_back(kind.info.name);
        continue;
      }
      for (const std::string& trial : kind.trials) {
        const auto more = parse_json_value(trial);
        HIGHWATER_CHECK(more && more->is_object());
        const auto add = [&](const std::string& target, double weight) {
          Value fault = Value::object();
          fault.set(kind.info.name, Value::string(target));
          for (const Value::Member& member : more->members()) fault.set(member.key, member.value);
          candidates_.push_back({std::move(fault), target, weight});
        };
        if (kind.aim == FaultAim::edges) {
          for (const Topology::Edge& edge : topology.edges)
            add(topology.components[edge.from].id + " -> " + topology.components[edge.to].id,
                weights[edge.to]);
          continue;
        }
        for (std::size_t i = 0; i < topology.components.size(); ++i) {
          const TopologyComponent& component = topology.components[i];
          const bool meant = kind.kinds.empty() ? !component.sends_load
                                                : std::find(kind.kinds.begin(), kind.kinds.end(),
                                                            component.kind) != kind.kinds.end();
          // Of one instance, one is all of them.
          const bool again = more->find("count") != nullptr && instances_of(component.id) == 1 &&
                             kind.trials.size() > 1;
          if (meant && !again) add(component.id, weights[i]);
        }
        if (kind.aim == FaultAim::instances && kind.kinds.empty() && trial == "{}")
          for (const std::string& zone : scenario_.network().zones)
            add(zone, *std::max_element(weights.begin(), weights.end()));
      }
    }
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
  }

  int instances_of(const std::string& id) const {
    for (const TopologyNode& node : picture_.nodes)
      if (node.id == id) return node.instances;
    return 1;
  }

  /// How much depends on each component.
  std::vector<double> weigh(const Topology& topology) const {
    std::vector<double> weights(topology.components.size());
    const auto dominators = immediate_dominators(topology);
    for (std::size_t i = 0; i < weights.size(); ++i)
      for (std::optional<std::size_t> above = dominators[i]; above; above = dominators[*above])
        weights[*above] += 1;
    for (const std::size_t i : articulation_points(topology)) weights[i] += 1;
    std::uint64_t all = 1;
    for (const EdgeRecord& edge : edges_) all += edge.attempts;
    for (const EdgeRecord& edge : edges_)
      if (const auto to = topology.find(edge.to))
        weights[*to] += static_cast<double>(edge.attempts) / static_cast<double>(all);
    return weights;
  }

  static std::string sentence(const std::vector<Value>& faults) {
    std::string text;
    for (const Value& fault : faults) {
      std::string one, more, times;
      for (const Value::Member& member : fault.members()) {
        const std::string value =
            member.value.is_string() ? member.value.text() : write_json_line(member.value);
        if (member.key == "at") {
          times += " at " + value;
        } else if (member.key == "for") {
          times += " for " + value;
        } else if (one.empty()) {
          one = member.key + " " + value;
        } else {
          more += (more.empty() ? "" : ", ") + member.key + " " + value;
        }
      }
      text += (text.empty() ? "" : " and ") + one + (more.empty() ? "" : " (" + more + ")") + times;
    }
    return text.empty() ? "no fault" : text;
  }

  void try_singles() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const std::vector<Value> faults{with_times(candidates_[i].fault, at_, lasts_)};
      const auto outcome = over() ? std::nullopt : outcome_of(faults);
      if (!outcome && over()) {
        results_.singles_left = candidates_.size() - i;
        return;
      }
      if (!outcome) continue;
      results_.singles.push_back({sentence(faults), outcome->broke(), outcome->strain});
      if (outcome->broke())
        add_break(faults, *outcome);
      else
        harmless_.push_back({i, outcome->strain});
    }
  }

  /// Where the load changes, what is harmless at one time may not be at another.
  void try_moments() {
    const auto system = system_with({});
    if (!system || !system->terminating || harmless_.empty()) return;
    const Duration run = scenario_.run().duration;
    const std::vector<Duration> moments{run / 8, run * 5 / 8, run * 7 / 8};
    for (std::size_t i = 0; i < harmless_.size(); ++i) {
      for (std::size_t k = 0; k < moments.size(); ++k) {
        const std::vector<Value> faults{
            with_times(candidates_[harmless_[i].candidate].fault, moments[k], lasts_)};
        const auto outcome = over() ? std::nullopt : outcome_of(faults);
        if (!outcome && over()) {
          results_.moments_left = (harmless_.size() - i) * moments.size() - k;
          return;
        }
        if (!outcome) continue;
        results_.moments.push_back({sentence(faults), outcome->broke(), outcome->strain});
        if (!outcome->broke()) continue;
        add_break(faults, *outcome);
        break;
      }
    }
  }

  void try_pairs() {
    std::stable_sort(harmless_.begin(), harmless_.end(),
                     [](const Harmless& a, const Harmless& b) { return a.strain > b.strain; });
    struct Two {
      std::size_t first, second;
      double strain;
    };
    std::vector<Two> pairs;
    for (std::size_t i = 0; i < harmless_.size() && pairs.size() < kMostPairs; ++i)
      for (std::size_t k = i + 1; k < harmless_.size() && pairs.size() < kMostPairs; ++k)
        pairs.push_back({i, k, harmless_[i].strain + harmless_[k].strain});
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Two& a, const Two& b) { return a.strain > b.strain; });
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const std::vector<Value> faults{
          with_times(candidates_[harmless_[pairs[i].first].candidate].fault, at_, lasts_),
          with_times(candidates_[harmless_[pairs[i].second].candidate].fault, at_, lasts_)};
      const auto outcome = over() ? std::nullopt : outcome_of(faults);
      if (!outcome && over()) {
        results_.pairs_left = pairs.size() - i;
        return;
      }
      if (!outcome) continue;
      results_.pairs.push_back({sentence(faults), outcome->broke(), outcome->strain});
      if (outcome->broke()) add_break(faults, *outcome);
    }
  }

  /// A smaller form of one fault, by the number of the attempt; nothing where there is none.
  static std::optional<Value> smaller(const Value& fault, int how) {
    Value less = fault;
    if (how == 0) {
      const Value* time = fault.find("for");
      Duration lasts{};
      Problems unread;
      if (!Quantity<Duration>::read(*time, "", unread, lasts) || lasts / 2 < kShortestFault)
        return std::nullopt;
      less.set("for", Value::string(duration_text(lasts / 2)));
      return less;
    }
    if (how == 1) {
      const Value* count = fault.find("count");
      if (count != nullptr && count->is_number() && count->whole().value_or(1) > 1) {
        less.set("count", Value::whole(*count->whole() / 2));
        return less;
      }
      return std::nullopt;
    }
    for (const char* key : {"factor", "rate", "share", "add"}) {
      const Value* value = fault.find(key);
      if (value == nullptr || !value->is_string()) continue;
      const std::string& text = value->text();
      std::size_t end = 0;
      while (end < text.size() && (text[end] == '.' || (text[end] >= '0' && text[end] <= '9')))
        ++end;
      const auto number = parse_json_value(text.substr(0, end));
      if (!number || !number->is_number()) continue;
      const bool factor = std::string_view(key) == "factor";
      const double half = factor ? 1 + (number->number() - 1) / 2 : number->number() / 2;
      if (factor && half < 1.1) return std::nullopt;
      less.set(key, Value::string(shortest(half) + text.substr(end)));
      return less;
    }
    return std::nullopt;
  }

  void add_break(std::vector<Value> faults, Outcome outcome) {
    bool minimal = true;
    for (std::size_t i = 0; i < faults.size(); ++i)
      for (int how = 0; how < 3; ++how)
        for (int halvings = 0; halvings < kMostHalvings; ++halvings) {
          const auto less = smaller(faults[i], how);
          if (!less) break;
          if (over() || shrinking_ >= options_.budget_runs / 3) {
            minimal = false;
            break;
          }
          const std::uint64_t before = results_.runs;
          std::vector<Value> fewer = faults;
          fewer[i] = *less;
          const auto still = outcome_of(fewer);
          shrinking_ += results_.runs - before;
          if (!still || !still->broke()) break;
          faults = std::move(fewer);
          outcome = *still;
        }
    SearchBreak found;
    found.what = sentence(faults);
    found.objectives = outcome.objectives;
    found.missed = outcome.missed;
    found.runs = outcome.runs;
    found.minimal = minimal;
    found.file = fmt::format("break-{:02}.json", results_.breaks.size() + 1);
    found.experiment = experiment_for(faults, found);
    results_.breaks.push_back(std::move(found));
  }

  /// An experiment that shows it: the faults as actions, the objectives looked at all along.
  std::string experiment_for(const std::vector<Value>& faults, const SearchBreak& found) const {
    const auto text = [](std::string_view words) { return Value::string(std::string(words)); };
    Value root = Value::object();
    root.set("version", text("1.0.0"));
    root.set("title", text("Breaks " + scenario_.name() + ": " + found.what));
    root.set("description", text(fmt::format("Found by a search: it misses {} in {} of {} runs.",
                                             listed(found.objectives), found.missed, found.runs)));
    Value extension = Value::object();
    extension.set("name", text("highwater"));
    std::error_code error;
    extension.set("scenario", text(std::filesystem::absolute(scenario_.file(), error).string()));
    Value settings = Value::array();
    for (const std::string& setting : options_.settings) settings.push(text(setting));
    settings.push(text("faults=[]"));
    extension.set("set", std::move(settings));
    Duration begin = at_;
    extension.set("begin", text(duration_text(begin)));
    extension.set("settle", text(duration_text(lasts_)));
    Value extensions = Value::array();
    extensions.push(std::move(extension));
    root.set("extensions", std::move(extensions));
    Value probes = Value::array();
    for (const std::string& objective : found.objectives) {
      Value provider = Value::object();
      provider.set("type", text("simulation"));
      provider.set("objective", text(objective.substr(0, objective.find(" during "))));
      provider.set("window", text(duration_text(std::max<Duration>(lasts_, 10s))));
      Value probe = Value::object();
      probe.set("type", text("probe"));
      probe.set("name", text(objective));
      probe.set("tolerance", Value::boolean(true));
      probe.set("provider", std::move(provider));
      probes.push(std::move(probe));
    }
    Value hypothesis = Value::object();
    hypothesis.set("title", text("The objectives are met"));
    hypothesis.set("probes", std::move(probes));
    root.set("steady-state-hypothesis", std::move(hypothesis));
    Value method = Value::array();
    Duration longest{0};
    for (std::size_t i = 0; i < faults.size(); ++i) {
      Value fault = faults[i];
      Duration lasts{};
      Problems unread;
      Quantity<Duration>::read(*fault.find("for"), "", unread, lasts);
      longest = std::max(longest, lasts);
      fault.erase("at");
      Value provider = Value::object();
      provider.set("type", text("simulation"));
      provider.set("fault", std::move(fault));
      Value action = Value::object();
      action.set("type", text("action"));
      action.set("name", text(sentence({faults[i]})));
      action.set("provider", std::move(provider));
      if (i + 1 == faults.size()) {
        Value pauses = Value::object();
        pauses.set("after", Value::number(seconds(longest)));
        action.set("pauses", std::move(pauses));
      }
      method.push(std::move(action));
    }
    root.set("method", std::move(method));
    root.set("rollbacks", Value::array());
    Value strategy = Value::object();
    strategy.set("strategy", text("continuously"));
    Value runtime = Value::object();
    runtime.set("hypothesis", std::move(strategy));
    root.set("runtime", std::move(runtime));
    return write_json(root) + "\n";
  }

  /// What tells whether a state is that of this search.
  std::string fingerprint() const {
    const std::string text = write_json_line(scenario_.root()) + duration_text(lasts_);
    std::uint64_t hash = 14695981039346656037ull;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    return fmt::format("{:016x}-{}", hash, options_.seeds);
  }

  void load_state() {
    if (options_.state.empty()) return;
    std::ifstream in(options_.state, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto state = parse_json_value(text);
    if (!state || !state->is_object()) return;
    const Value* print = state->find("fingerprint");
    const Value* trials = state->find("trials");
    if (print == nullptr || !print->is_string() || print->text() != fingerprint()) return;
    if (trials == nullptr || !trials->is_array()) return;
    for (const Value& trial : trials->elements()) {
      const Value *key = trial.find("faults"), *missed = trial.find("missed"),
                  *strain = trial.find("strain"), *objectives = trial.find("objectives");
      if (key == nullptr || missed == nullptr || strain == nullptr || objectives == nullptr)
        continue;
      if (!key->is_string() || !missed->is_number() || !strain->is_number() ||
          !objectives->is_array() || key->text().empty())
        continue;
      Outcome outcome;
      outcome.runs = options_.seeds;
      outcome.missed = missed->whole().value_or(0);
      outcome.strain = strain->number();
      for (const Value& objective : objectives->elements())
        if (objective.is_string()) outcome.objectives.push_back(objective.text());
      known_.emplace(key->text(), std::move(outcome));
      ++results_.resumed;
    }
  }

  void save_state() {
    unsaved_ = 0;
    if (options_.state.empty()) return;
    Value trials = Value::array();
    for (const auto& [key, outcome] : known_) {
      Value trial = Value::object();
      trial.set("faults", Value::string(key));
      trial.set("missed", Value::whole(outcome.missed));
      trial.set("strain", Value::number(std::isfinite(outcome.strain) ? outcome.strain : 1e300));
      Value objectives = Value::array();
      for (const std::string& text : outcome.objectives) objectives.push(Value::string(text));
      trial.set("objectives", std::move(objectives));
      trials.push(std::move(trial));
    }
    Value state = Value::object();
    state.set("schema", Value::string("highwater/search-state/1"));
    state.set("fingerprint", Value::string(fingerprint()));
    state.set("trials", std::move(trials));
    std::error_code error;
    std::filesystem::create_directories(options_.state.parent_path(), error);
    const std::filesystem::path draft = options_.state.string() + ".new";
    std::ofstream(draft, std::ios::binary) << write_json(state) << "\n";
    std::filesystem::rename(draft, options_.state, error);
  }

  const Document& scenario_;
  const Language& language_;
  const Catalog& catalog_;
  const SearchOptions& options_;
  SearchResults results_;
  Watch watch_;  // of the runs of now
  double began_ = 0;
  Duration at_{}, lasts_{};
  std::vector<Candidate> candidates_;
  struct Harmless {
    std::size_t candidate;
    double strain;
  };
  std::vector<Harmless> harmless_;
  std::set<std::string> broken_anyway_;
  std::vector<EdgeRecord> edges_;  // of a run without faults
  TopologyPicture picture_;
  std::map<std::string, Outcome> known_;
  std::uint64_t shrinking_ = 0;  // runs that went into making breaks smaller: a third at most
  int unsaved_ = 0;
};

}  // namespace

SearchResults search(const Document& scenario, const Language& language, const Catalog& catalog,
                     const SearchOptions& options) {
  return Search(scenario, language, catalog, options).run();
}

}  // namespace highwater::chaos
