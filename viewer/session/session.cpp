#include "viewer/session/session.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "engine/chaos/experiment.h"
#include "engine/experiment/findings.h"
#include "engine/scenario/expand.h"

namespace highwater::viewer {
namespace {

/// Objectives that an experiment can look at.
std::vector<std::string> objectives_of(const System& system) {
  std::vector<std::string> texts;
  for (const Objective& objective : system.objectives)
    if (!objective.during && !objective.within) texts.push_back(objective.text);
  return texts;
}

}  // namespace

Session::Session(const Catalog& catalog, const Language& language)
    : catalog_(catalog), language_(language) {}

bool Session::open(const std::string& file, const std::vector<std::string>& settings,
                   Problems& problems) {
  if (!take(load_document(file, language_, {settings, process_environment()}, problems), problems))
    return false;
  settings_ = settings;
  return true;
}

bool Session::open_text(const std::string& text, const std::string& name,
                        const std::string& directory, Problems& problems) {
  if (!take(read_document(text, name, directory, language_, {{}, process_environment()}, problems),
            problems))
    return false;
  return true;
}

/// A new scenario: nothing was done to it yet, and there is nothing to compare it with.
bool Session::take(std::optional<Document> document, Problems& problems) {
  if (!document) return false;
  std::optional<System> system = prepare(*document, catalog_, problems);
  if (!system) return false;
  open_read(std::move(*document), std::make_shared<const System>(std::move(*system)));
  return true;
}

void Session::open_read(Document document, std::shared_ptr<const System> system) {
  retire(std::move(other_));
  faults_.clear();
  settings_.clear();
  document_ = std::make_unique<Document>(std::move(document));
  system_ = std::move(system);
  begin({});
}

void Session::begin(LiveRun::Options options) {
  options.speed = speed_;
  retire(std::move(following_));
  retire(std::move(run_));
  run_ = std::make_unique<LiveRun>(system_, std::move(options));
}

void Session::retire(std::unique_ptr<LiveRun> run) {
  if (run == nullptr) return;
  std::erase_if(retired_, [](const std::future<void>& retired) {
    return retired.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  retired_.push_back(
      std::async(std::launch::async, [leaving = std::move(run)]() mutable { leaving.reset(); }));
}

LiveRun::Options Session::again(std::vector<Act> acts) {
  const RunStatus& status = run_->status();
  LiveRun::Options options;
  options.acts = std::move(acts);
  const bool building = status.state == RunState::building;
  options.go_to = building ? run_->options().go_to : status.now;
  options.then_runs = building ? run_->options().then_runs : status.state == RunState::running;
  return options;
}

void Session::set_speed(double speed) {
  speed_ = speed;
  run_->set_speed(speed);
}

bool Session::change(const std::string& setting, Problems& problems) {
  auto document = change_document(*document_, language_, {setting}, problems);
  if (!document) return false;
  std::optional<System> system = prepare(*document, catalog_, problems);
  if (!system) return false;
  // What was done is read anew: targets may be others now.
  std::vector<Act> acts = run_->acts();
  for (Act& act : acts) {
    if (!act.fault) continue;
    act.fault = nullptr;
    const std::shared_ptr<const FaultPlan> plan =
        read_with(*document, faults_.at(act.name), *system, problems);
    if (!plan) return false;
    act.fault = plan;
  }
  LiveRun::Options options = again(std::move(acts));
  retire(std::exchange(other_, std::move(run_)));
  other_->pause();
  document_ = std::make_unique<Document>(std::move(*document));
  system_ = std::make_shared<const System>(std::move(*system));
  settings_.push_back(setting);
  begin(std::move(options));
  return true;
}

void Session::compare() {
  LiveRun::Options options = again(run_->acts());
  retire(std::exchange(other_, std::move(run_)));
  other_->pause();
  begin(std::move(options));
}

void Session::follow(std::vector<std::uint64_t> requests) {
  LiveRun::Options options;
  options.acts = run_->acts();
  options.go_to = run_->status().now;
  options.followed = std::move(requests);
  retire(std::exchange(following_, std::make_unique<LiveRun>(system_, std::move(options))));
}

void Session::restart(std::uint64_t seed) {
  System system = *system_;
  system.seed = seed;
  system_ = std::make_shared<const System>(std::move(system));
  restart();
}

void Session::restart() {
  begin({});
}

void Session::go_to(Duration at) {
  if (at >= run_->status().now) return run_->go_to(at);
  LiveRun::Options options;
  options.acts = run_->acts();
  options.go_to = at;
  begin(std::move(options));
}

std::vector<RecordedAct> Session::acts() {
  std::vector<RecordedAct> acts;
  for (const Act& act : run_->acts()) {
    RecordedAct record{act.name, act.fault ? faults_.at(act.name) : Value(), act.ended, act.at};
    std::erase_if(record.ended, [&](const std::string& ended) {
      return std::none_of(acts.begin(), acts.end(),
                          [&](const RecordedAct& before) { return before.name == ended; });
    });
    if (act.fault || !record.ended.empty()) acts.push_back(std::move(record));
  }
  return acts;
}

std::string Session::new_name(const Value& fault) {
  std::string text = "end";
  for (const Value::Member& member : fault.is_object() ? fault.members() : Value::Members{})
    if (member.value.is_string() &&
        std::any_of(catalog_.faults.begin(), catalog_.faults.end(),
                    [&](const FaultKind& kind) { return kind.info.name == member.key; }))
      text = member.key + " " + member.value.text();
  return std::to_string(++named_) + ": " + text;
}

std::shared_ptr<const FaultPlan> Session::read_with(const Document& document, const Value& fault,
                                                    System& system, Problems& problems) const {
  chaos::ExperimentDraft draft;
  draft.file = document.file();
  draft.root = experiment_of({{"fault", fault, {}, Duration{0}}}, document.file(), {}, {});
  const auto experiment =
      chaos::read_experiment(draft, document, language_, system, catalog_, problems);
  return experiment ? experiment->method.front().action.fault : nullptr;
}

std::optional<std::string> Session::inject(const Value& fault, Problems& problems) {
  System with_room = *system_;
  std::shared_ptr<const FaultPlan> plan = read_with(*document_, fault, with_room, problems);
  if (!plan) return std::nullopt;
  if (with_room.reserved != system_->reserved) {
    // Instances that were not there from the beginning: the same run again, with room for them.
    LiveRun::Options options = again(run_->acts());
    system_ = std::make_shared<const System>(std::move(with_room));
    begin(std::move(options));
  }
  const std::string name = new_name(fault);
  faults_.emplace(name, fault);
  run_->act(name, std::move(plan));
  return name;
}

void Session::end(const std::string& act) {
  run_->act(new_name(Value()), nullptr, {act});
}

void Session::end_all() {
  std::vector<std::string> all;
  for (const auto& [name, fault] : faults_) all.push_back(name);
  if (!all.empty()) run_->act(new_name(Value()), nullptr, std::move(all));
}

Value Session::experiment(const std::string& file) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::absolute(file, ignored).parent_path();
  std::filesystem::path scenario = std::filesystem::relative(document_->file(), folder, ignored);
  if (scenario.empty()) scenario = document_->file();
  return experiment_of(acts(), scenario.string(), settings_, objectives_of(*system_));
}

std::optional<MeasurementPlan> Session::plan_measurement(std::uint64_t replications,
                                                         Problems& problems) {
  const auto document = change_document(*document_, language_,
                                        {"run.seed=" + std::to_string(system_->seed),
                                         "run.replications=" + std::to_string(replications)},
                                        problems);
  if (!document) return std::nullopt;
  std::optional<System> system = prepare(*document, catalog_, problems);
  if (!system) return std::nullopt;
  MeasurementPlan plan;
  plan.system = std::make_shared<const System>(std::move(*system));
  plan.expanded = write_json(expand(*document, language_, "/")) + "\n";
  plan.settings = settings_;
  plan.warnings = findings_of(problems);
  return plan;
}

}  // namespace highwater::viewer
