#include "engine/chaos/experiment.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "engine/chaos/configuration.h"
#include "engine/describe/listed.h"
#include "engine/describe/nearest.h"
#include "engine/experiment/part_reader.h"
#include "engine/experiment/replication.h"
#include "engine/metrics/gauge.h"
#include "engine/scenario/source_file.h"

namespace highwater::chaos {
namespace {

constexpr Duration kLongestPause = 24h * 31;
constexpr std::size_t kMostActivities = 1000;

/// Reports members of an object that it may not have.
void allow(const Value& object, const std::string& path, std::vector<std::string> known,
           Problems& problems) {
  for (const Value::Member& member : object.members())
    if (std::find(known.begin(), known.end(), member.key) == known.end())
      problems.error(member.key_position, pointer_to(path, member.key),
                     "unknown key " + in_quotes(member.key) + "; known: " + listed(known),
                     nearest_word(member.key, known));
}

/// The text at `key`, which must be there.
std::string required_text(const Value& object, const std::string& path, const char* key,
                          Problems& problems) {
  const Value* found = object.find(key);
  if (found != nullptr && found->is_string() && !found->text().empty()) return found->text();
  problems.error(found != nullptr ? found->position() : object.position(),
                 found != nullptr ? pointer_to(path, key) : path,
                 std::string("\"") + key + "\", a text, is missing");
  return "";
}

/// One word of several, or what stands for none.
template <class T>
T word_at(const Value* value, const std::string& path, const std::map<std::string, T>& words,
          T otherwise, Problems& problems) {
  if (value == nullptr) return otherwise;
  if (value->is_string()) {
    const auto found = words.find(value->text());
    if (found != words.end()) return found->second;
  }
  std::vector<std::string> known;
  for (const auto& [word, meaning] : words) known.push_back(word);
  problems.error(value->position(), path,
                 "expected one of " + listed(known) + ", found " + value->found(),
                 value->is_string() ? nearest_word(value->text(), known) : "");
  return otherwise;
}

/// Reads the activities of one experiment.
class Reader {
 public:
  Reader(const ExperimentDraft& draft, const Document& scenario, const Language& language,
         System& system, const Catalog& catalog, Problems& problems)
      : draft_(draft),
        root_(draft.root),
        measured_(scenario.measured(language)),
        system_(system),
        catalog_(catalog),
        parts_(scenario, catalog, system.reserved),
        problems_(problems) {
    for (const Part& part : system.parts) parts_.add(part.id, *part.kind, part.blueprint);
  }

  std::optional<Experiment> read() {
    const std::size_t before = problems_.error_count();
    experiment_.file = draft_.file;
    experiment_.document = root_;
    experiment_.settings = draft_.settings;
    experiment_.title = required_text(root_, "", "title", problems_);
    experiment_.description = required_text(root_, "", "description", problems_);
    collect_names();
    read_hypothesis();
    read_list("method", true, experiment_.method);
    read_list("rollbacks", false, experiment_.rollbacks);
    read_runtime();
    refuse_controls(root_, "");
    read_abort_conditions();
    check_reverts();
    if (problems_.error_count() == before) examine();
    if (problems_.error_count() != before) return std::nullopt;
    plan_time();
    if (problems_.error_count() != before) return std::nullopt;
    return std::move(experiment_);
  }

 private:
  void fail(const Value& where, const std::string& path, std::string message,
            std::string suggestion = "") {
    problems_.error(where.position(), path, std::move(message), std::move(suggestion));
  }

  /// Every activity by its name, for references.
  void collect_names() {
    const auto add = [&](const Value* list, const std::string& path) {
      if (list == nullptr || !list->is_array()) return;
      for (std::size_t i = 0; i < list->elements().size(); ++i) {
        const Value* name = list->elements()[i].find("name");
        if (name != nullptr && name->is_string())
          by_name_.emplace(name->text(), std::pair{&list->elements()[i], pointer_to(path, i)});
      }
    };
    if (const Value* hypothesis = root_.find("steady-state-hypothesis"))
      add(hypothesis->find("probes"), "/steady-state-hypothesis/probes");
    add(root_.find("method"), "/method");
    add(root_.find("rollbacks"), "/rollbacks");
  }

  void read_hypothesis() {
    const Value* given = root_.find("steady-state-hypothesis");
    if (given == nullptr) return;
    const std::string path = "/steady-state-hypothesis";
    if (!given->is_object()) return fail(*given, path, "expected an object with title and probes");
    allow(*given, path, {"title", "probes", "controls"}, problems_);
    experiment_.hypothesis.title = required_text(*given, path, "title", problems_);
    refuse_controls(*given, path);
    const Value* probes = given->find("probes");
    if (probes == nullptr) return;
    const std::string probes_path = pointer_to(path, "probes");
    if (!probes->is_array()) return fail(*probes, probes_path, "expected a list of probes");
    for (std::size_t i = 0; i < probes->elements().size(); ++i) {
      auto activity = read_activity(probes->elements()[i], pointer_to(probes_path, i));
      if (!activity) continue;
      if (!activity->probe)
        fail(probes->elements()[i], activity->path,
             "a hypothesis is made of probes, not of actions");
      else if (!activity->tolerance)
        fail(probes->elements()[i], activity->path,
             "a probe of the hypothesis needs a \"tolerance\"");
      else
        experiment_.hypothesis.probes.push_back(std::move(*activity));
    }
  }

  void read_list(const char* key, bool required, std::vector<Activity>& activities) {
    const Value* list = root_.find(key);
    const std::string path = pointer_to("", key);
    if (list == nullptr) {
      if (required)
        fail(root_, "",
             "\"method\" is missing; it may be an empty list, to look at the hypothesis");
      return;
    }
    if (!list->is_array()) return fail(*list, path, "expected a list of activities");
    if (list->elements().size() > kMostActivities)
      return fail(*list, path, fmt::format("at most {} activities", kMostActivities));
    for (std::size_t i = 0; i < list->elements().size(); ++i)
      if (auto activity = read_activity(list->elements()[i], pointer_to(path, i)))
        activities.push_back(std::move(*activity));
  }

  std::optional<Activity> read_activity(const Value& given, const std::string& path) {
    if (!given.is_object()) {
      fail(given, path, "expected an activity, found " + given.found());
      return std::nullopt;
    }
    if (const Value* reference = given.find("ref")) return read_reference(*reference, given, path);
    const std::size_t before = problems_.error_count();
    Activity activity;
    activity.written = given;
    activity.path = path;
    allow(given, path,
          {"type", "name", "provider", "tolerance", "background", "pauses", "configuration",
           "secrets", "controls", "timeout"},
          problems_);
    activity.name = required_text(given, path, "name", problems_);
    const std::string type = required_text(given, path, "type", problems_);
    if (!type.empty() && type != "probe" && type != "action")
      fail(*given.find("type"), pointer_to(path, "type"), "an activity is a probe or an action",
           nearest_word(type, std::vector<std::string>{"probe", "action"}));
    read_pauses(given, path, activity);
    if (const Value* background = given.find("background")) {
      if (!background->is_boolean())
        fail(*background, pointer_to(path, "background"), "expected true or false");
      else
        activity.background = background->boolean();
    }
    refuse_controls(given, path);
    if (const Value* provider = given.find("provider"))
      read_provider(*provider, pointer_to(path, "provider"), type == "probe", activity);
    else
      fail(given, path, "an activity requires a \"provider\"");
    if (const Value* tolerance = given.find("tolerance"))
      read_tolerance(*tolerance, pointer_to(path, "tolerance"), activity);
    if (problems_.error_count() != before) return std::nullopt;
    return activity;
  }

  std::optional<Activity> read_reference(const Value& reference, const Value& given,
                                         const std::string& path) {
    allow(given, path, {"ref"}, problems_);
    const auto found = reference.is_string() ? by_name_.find(reference.text()) : by_name_.end();
    if (found == by_name_.end()) {
      std::vector<std::string> names;
      for (const auto& [name, activity] : by_name_) names.push_back(name);
      fail(reference, pointer_to(path, "ref"), "there is no activity called " + reference.found(),
           reference.is_string() ? nearest_word(reference.text(), names) : "");
      return std::nullopt;
    }
    return read_activity(*found->second.first, found->second.second);
  }

  void read_pauses(const Value& given, const std::string& path, Activity& activity) {
    const Value* pauses = given.find("pauses");
    if (pauses == nullptr) return;
    const std::string pauses_path = pointer_to(path, "pauses");
    if (!pauses->is_object())
      return fail(*pauses, pauses_path, "expected \"before\" and \"after\"");
    allow(*pauses, pauses_path, {"before", "after"}, problems_);
    for (const char* key : {"before", "after"}) {
      const Value* pause = pauses->find(key);
      if (pause == nullptr) continue;
      if (!pause->is_number() || !(pause->number() >= 0) ||
          pause->number() > seconds(kLongestPause)) {
        fail(*pause, pointer_to(pauses_path, key),
             "a pause is a number of seconds, from 0 to 31 days");
        continue;
      }
      const Duration length{static_cast<std::int64_t>(pause->number() * 1e9 + 0.5)};
      (std::string_view(key) == "before" ? activity.pause_before : activity.pause_after) = length;
    }
  }

  /// The object that says what to do: of the provider {"type": "simulation"}, itself; of one that
  /// the toolkit's own checks let pass, {"type": "python", "module": "highwater"}, its arguments.
  const Value* said_by(const Value& provider, std::string& path) {
    if (!provider.is_object()) {
      fail(provider, path, "expected a provider, found " + provider.found());
      return nullptr;
    }
    const std::string type = required_text(provider, path, "type", problems_);
    if (type.empty()) return nullptr;
    if (type == "simulation") return &provider;
    const Value* module = provider.find("module");
    if (type == "python" && module != nullptr && module->is_string() &&
        module->text() == "highwater") {
      allow(provider, path, {"type", "module", "func", "arguments", "secrets"}, problems_);
      const Value* arguments = provider.find("arguments");
      if (arguments == nullptr || !arguments->is_object()) {
        fail(provider, path, "\"arguments\" are missing: what a provider of type simulation says");
        return nullptr;
      }
      path = pointer_to(path, "arguments");
      return arguments;
    }
    const std::vector<std::string> real = {"python", "http", "process"};
    if (std::find(real.begin(), real.end(), type) != real.end())
      fail(*provider.find("type"), pointer_to(path, "type"),
           "a provider of type " + in_quotes(type) +
               " acts on real systems and is never executed here; say what it does with "
               "{\"type\": \"simulation\", …}");
    else
      fail(*provider.find("type"), pointer_to(path, "type"),
           "unknown provider " + in_quotes(type) + "; known: simulation",
           nearest_word(type, std::vector<std::string>{"simulation"}));
    return nullptr;
  }

  void read_provider(const Value& provider, std::string path, bool probe, Activity& activity) {
    const Value* said = said_by(provider, path);
    if (said == nullptr) return;
    if (probe)
      activity.probe = read_probe(*said, path);
    else
      read_action(*said, path, activity.action);
  }

  void read_tolerance(const Value& given, const std::string& path, Activity& activity) {
    activity.tolerance = Tolerance::read(given, path, problems_);
    if (!activity.tolerance) return;
    const Value* provider = activity.tolerance->probe_provider();
    if (provider == nullptr) return;
    std::string provider_path = activity.tolerance->probe_path();
    if (const Value* said = said_by(*provider, provider_path))
      activity.tolerance_probe = read_probe(*said, provider_path);
  }

  std::optional<Probe> read_probe(const Value& said, const std::string& path) {
    static const std::vector<std::string> known = {"metric", "metrics", "objective", "objectives"};
    std::vector<std::string> allowed = known;
    for (const char* more : {"type", "window", "secrets"}) allowed.emplace_back(more);
    allow(said, path, allowed, problems_);
    std::vector<std::string> present;
    for (const std::string& key : known)
      if (said.find(key) != nullptr) present.push_back(key);
    if (present.size() != 1) {
      fail(said, path, "a probe has exactly one of " + listed(known));
      return std::nullopt;
    }
    Probe probe;
    if (const Value* window = said.find("window")) {
      if (Quantity<Duration>::read(*window, pointer_to(path, "window"), problems_, probe.window) &&
          probe.window < Duration{1ms})
        fail(*window, pointer_to(path, "window"), "a probe looks back over 1ms at least");
    }
    const std::string& key = present.front();
    const Value& value = *said.find(key);
    const std::string value_path = pointer_to(path, key);
    const bool judged = key.starts_with("objective");
    if (key == "objectives" && value.is_boolean()) {
      add_scenario_objectives(value, value_path, probe);
    } else if (key == "metric" || key == "objective") {
      add_reading(value, value_path, judged, probe);
    } else if (!value.is_array() || value.elements().empty()) {
      fail(value, value_path, "expected a list of texts");
    } else {
      for (std::size_t i = 0; i < value.elements().size(); ++i)
        add_reading(value.elements()[i], pointer_to(value_path, i), judged, probe);
    }
    probe.several = key.ends_with('s');
    return probe;
  }

  void add_scenario_objectives(const Value& value, const std::string& path, Probe& probe) {
    if (!value.boolean())
      return fail(value, path, "expected true, for all objectives of the scenario, or a list");
    for (const Objective& objective : system_.objectives)
      if (!objective.during && !objective.within) probe.readings.push_back({objective, true});
    if (probe.readings.empty())
      fail(value, path, "the scenario has no objectives that hold all the time");
  }

  void add_reading(const Value& value, const std::string& path, bool judged, Probe& probe) {
    if (!judged) {
      if (auto metric = read_metric(value, path, measured_, problems_))
        probe.readings.push_back({std::move(*metric), false});
      return;
    }
    auto objective = read_objective(value, path, measured_, 0, problems_);
    if (!objective) return;
    if (objective->during || objective->within)
      return fail(value, path, "what a probe looks at is given by its \"window\"");
    probe.readings.push_back({std::move(*objective), true});
  }

  void read_action(const Value& said, const std::string& path, Action& action) {
    static const std::vector<std::string> known = {"fault", "revert", "wait", "wait_until"};
    std::vector<std::string> allowed = known;
    for (const char* more : {"type", "timeout", "secrets"}) allowed.emplace_back(more);
    allow(said, path, allowed, problems_);
    std::vector<std::string> present;
    for (const std::string& key : known)
      if (said.find(key) != nullptr) present.push_back(key);
    if (present.size() != 1)
      return fail(said, path, "an action has exactly one of " + listed(known));
    const std::string& key = present.front();
    const Value& value = *said.find(key);
    const std::string value_path = pointer_to(path, key);
    if (key == "fault") read_fault(value, value_path, action);
    if (key == "revert") read_revert(value, value_path, action);
    if (key == "wait" && Quantity<Duration>::read(value, value_path, problems_, action.wait) &&
        action.wait > kLongestPause)
      fail(value, value_path, "an action waits for 31 days at most");
    const Value* timeout = said.find("timeout");
    if (key != "wait_until") {
      if (timeout != nullptr)
        fail(*timeout, pointer_to(path, "timeout"), "is for an action that says \"wait_until\"");
      return;
    }
    action.until = read_trigger(value, value_path, measured_, 0, problems_);
    if (timeout == nullptr)
      fail(said, path, "\"timeout\" is missing: how long it waits at most");
    else if (Quantity<Duration>::read(*timeout, pointer_to(path, "timeout"), problems_,
                                      action.timeout) &&
             action.timeout > kLongestPause)
      fail(*timeout, pointer_to(path, "timeout"), "an action waits for 31 days at most");
  }

  void read_revert(const Value& value, const std::string& path, Action& action) {
    if (value.is_string() && value.text() == "all") {
      action.reverts_all = true;
    } else if (value.is_string()) {
      action.reverted.push_back(value.text());
    } else if (value.is_array()) {
      for (const Value& name : value.elements())
        if (name.is_string()) action.reverted.push_back(name.text());
    }
    if (!action.reverts_all && action.reverted.empty())
      fail(value, path, "expected the name of an action, a list of them, or \"all\"");
    for (const std::string& name : action.reverted) reverted_.push_back({name, &value, path});
  }

  void read_fault(const Value& given, const std::string& path, Action& action) {
    if (!given.is_object())
      return fail(given, path,
                  "expected a fault such as {\"kill\": \"api\"}, found " + given.found());
    std::vector<std::string> verbs, present;
    for (const FaultKind& kind : catalog_.faults) {
      verbs.push_back(kind.info.name);
      if (given.find(kind.info.name) != nullptr) present.push_back(kind.info.name);
    }
    if (present.size() > 1)
      return fail(given, path, "a fault has one verb, found " + listed(present));
    if (present.empty()) {
      for (const Value::Member& member : given.members())
        if (const std::string nearest = nearest_word(member.key, verbs); !nearest.empty())
          return problems_.error(member.key_position, pointer_to(path, member.key),
                                 "unknown verb " + in_quotes(member.key), nearest);
      return fail(given, path, "the verb is missing; known: " + listed(verbs));
    }
    for (const char* key : {"at", "when", "random", "after"})
      if (const Value* time = given.find(key))
        return fail(*time, pointer_to(path, key),
                    "a fault of an experiment strikes when it is its turn; use \"pauses\"");
    Value complete = given;
    Value now = Value::string("0s");
    now.set_position(given.position());
    complete.set("at", std::move(now));
    for (const FaultKind& kind : catalog_.faults) {
      if (kind.info.name != present.front()) continue;
      std::vector<std::string> notes;
      std::vector<BarChart> charts;
      Preparation preparation{complete, path, problems_, notes, charts};
      preparation.surroundings = &parts_;
      action.fault = kind.read(preparation);
      if (action.fault) plans_.push_back({action.fault, std::move(complete), path});
    }
  }

  void read_runtime() {
    const Value* runtime = root_.find("runtime");
    if (runtime == nullptr) return;
    if (!runtime->is_object()) return fail(*runtime, "/runtime", "expected an object");
    allow(*runtime, "/runtime", {"hypothesis", "rollbacks"}, problems_);
    const auto strategy = [&](const char* key) -> const Value* {
      const Value* part = runtime->find(key);
      return part != nullptr ? part->find("strategy") : nullptr;
    };
    static const std::map<std::string, Strategy> strategies = {
        {"default", Strategy::standard},
        {"before-method-only", Strategy::before_only},
        {"after-method-only", Strategy::after_only},
        {"during-method-only", Strategy::during_only},
        {"continuously", Strategy::continuously}};
    static const std::map<std::string, Rollbacks> rollbacks = {{"default", Rollbacks::standard},
                                                               {"always", Rollbacks::always},
                                                               {"never", Rollbacks::never},
                                                               {"deviated", Rollbacks::deviated}};
    experiment_.strategy = word_at(strategy("hypothesis"), "/runtime/hypothesis/strategy",
                                   strategies, Strategy::standard, problems_);
    experiment_.rollback_strategy = word_at(strategy("rollbacks"), "/runtime/rollbacks/strategy",
                                            rollbacks, Rollbacks::standard, problems_);
  }

  void refuse_controls(const Value& object, const std::string& path) {
    const Value* controls = object.find("controls");
    if (controls == nullptr || (controls->is_array() && controls->elements().empty())) return;
    fail(*controls, pointer_to(path, "controls"),
         "controls are Python that the toolkit calls around activities; nothing is executed here. "
         "To stop an experiment use \"abort_on\" of the extension \"highwater\"");
  }

  void read_abort_conditions() {
    for (const std::string& text : experiment_.settings.abort_on) {
      Value value = Value::string(text);
      value.set_position(root_.position());
      auto condition = read_trigger(value, "/extensions", measured_, 0, problems_);
      if (condition && condition->metric) experiment_.abort_on.push_back(std::move(*condition));
    }
  }

  void check_reverts() {
    std::vector<std::string> names;
    for (const Activity& activity : experiment_.method)
      if (activity.action.fault) names.push_back(activity.name);
    for (const auto& [name, value, path] : reverted_)
      if (std::find(names.begin(), names.end(), name) == names.end())
        fail(*value, path, "no action with a fault is called " + in_quotes(name),
             nearest_word(name, names));
  }

  /// What only shows when the components are joined: targets that are not there, metrics that are
  /// not measured.
  void examine() {
    rehearse(system_, [&](Directory& directory) {
      for (const Plan& plan : plans_)
        plan.plan->examine(directory, {plan.value, plan.path, problems_});
      Recorder& recorder = directory.components().front()->world().recorder;
      const auto look = [&](const Objective& metric) {
        if (!Gauge::measures(recorder, metric.component, metric.metric))
          problems_.error(metric.position, metric.path,
                          in_quotes(metric.component) + " does not measure " +
                              in_quotes(objective_text(metric)) + " in this scenario");
      };
      const auto look_at = [&](const Activity& activity) {
        for (const auto* probe : {&activity.probe, &activity.tolerance_probe})
          if (*probe)
            for (const Probe::Reading& reading : (*probe)->readings) look(reading.metric);
        if (activity.action.until && activity.action.until->metric)
          look(*activity.action.until->metric);
      };
      for (const auto* list :
           {&experiment_.hypothesis.probes, &experiment_.method, &experiment_.rollbacks})
        for (const Activity& activity : *list) look_at(activity);
      for (const Trigger& condition : experiment_.abort_on) look(*condition.metric);
    });
  }

  static std::string objective_text(const Objective& metric) { return metric.metric; }

  static Duration length_of(const Activity& activity) {
    return activity.pause_before + activity.action.wait + activity.action.timeout +
           activity.pause_after;
  }

  static Duration length_of(const std::vector<Activity>& activities) {
    Duration front{0}, last{0};
    for (const Activity& activity : activities) {
      const Duration end = front + length_of(activity);
      last = std::max(last, end);
      if (!activity.background) front = end;
    }
    return std::max(front, last);
  }

  /// When it begins, and how long all of it may take.
  void plan_time() {
    Duration longest{0};
    const auto look = [&](const std::optional<Probe>& probe) {
      if (probe) longest = std::max(longest, probe->window);
    };
    const auto all = {&experiment_.hypothesis.probes, &experiment_.method, &experiment_.rollbacks};
    for (const auto* list : all)
      for (const Activity& activity : *list) {
        look(activity.probe);
        look(activity.tolerance_probe);
      }
    longest = std::max(longest, experiment_.settings.window);
    experiment_.begin = experiment_.settings.begin.value_or(
        std::max(system_.warmup.value_or(Duration{0}), 2 * longest));
    experiment_.duration = experiment_.begin + experiment_.settings.settle;
    for (const auto* list : all) {
      experiment_.duration += length_of(*list);
      if (experiment_.duration > kLongestRun)
        return fail(root_, "", "the experiment takes longer than any run may");
    }
  }

  struct Plan {
    std::shared_ptr<const FaultPlan> plan;
    Value value;
    std::string path;
  };
  struct Reverted {
    std::string name;
    const Value* value;
    std::string path;
  };

  const ExperimentDraft& draft_;
  const Value& root_;
  std::vector<Measured> measured_;
  System& system_;
  const Catalog& catalog_;
  ScenarioParts parts_;
  Problems& problems_;
  Experiment experiment_;
  std::map<std::string, std::pair<const Value*, std::string>> by_name_;
  std::vector<Plan> plans_;
  std::vector<Reverted> reverted_;
};

/// The element of "extensions" that is ours.
const Value* own_extension(const Value& root, std::string& path) {
  const Value* extensions = root.find("extensions");
  if (extensions == nullptr || !extensions->is_array()) return nullptr;
  for (std::size_t i = 0; i < extensions->elements().size(); ++i) {
    const Value* name = extensions->elements()[i].find("name");
    if (name == nullptr || !name->is_string() || name->text() != "highwater") continue;
    path = pointer_to("/extensions", i);
    return &extensions->elements()[i];
  }
  return nullptr;
}

}  // namespace

std::optional<ExperimentDraft> load_experiment(const std::string& file,
                                               const std::vector<std::string>& variables,
                                               const Environment& environment, Problems& problems) {
  const std::size_t before = problems.error_count();
  std::optional<Value> root = read_json_object(file, problems);
  if (!root) return std::nullopt;
  allow(*root, "",
        {"version", "title", "description", "tags", "contributions", "configuration", "secrets",
         "steady-state-hypothesis", "method", "rollbacks", "controls", "extensions", "runtime"},
        problems);
  const Configuration configuration = Configuration::load(*root, variables, environment, problems);
  for (Value::Member& member : root->members())
    if (member.key != "configuration" && member.key != "secrets")
      configuration.fill(member.value, pointer_to("", member.key), problems);
  ExperimentDraft draft;
  draft.file = file;
  std::string path;
  if (const Value* extension = own_extension(*root, path))
    draft.settings = read_params<ChaosParams>(*extension, path, problems, {"name"});
  draft.root = std::move(*root);
  if (problems.error_count() != before) return std::nullopt;
  return draft;
}

bool looks_like_experiment(const std::string& file) {
  Problems unread;
  const std::optional<Value> root = read_json_object(file, unread);
  return root && root->find("highwater") == nullptr &&
         (root->find("method") != nullptr || root->find("steady-state-hypothesis") != nullptr ||
          root->find("title") != nullptr);
}

std::optional<Experiment> read_experiment(const ExperimentDraft& draft, const Document& scenario,
                                          const Language& language, System& system,
                                          const Catalog& catalog, Problems& problems) {
  return Reader(draft, scenario, language, system, catalog, problems).read();
}

}  // namespace highwater::chaos
