#include "tests/support/model_rig.h"

#include <stdexcept>
#include <utility>

namespace highwater::testing {
namespace {

template <class Kind>
std::string problems_in(const Kind& kind, const std::string& json) {
  Problems problems;
  const auto value = parse_json(json, problems.add_source("test.json"), problems);
  std::vector<std::string> notes;
  std::vector<BarChart> charts;
  if (value) {
    Preparation preparation{*value, "/components/it", problems, notes, charts};
    const auto blueprint = kind.read(preparation);
    if ((blueprint == nullptr) != problems.has_errors())
      throw std::logic_error("a blueprint in spite of errors, or none without");
  }
  return problems.text();
}

}  // namespace

std::string problems_of(const ModelKind& kind, const std::string& json) {
  return problems_in(kind, json);
}
std::string problems_of(const FaultKind& kind, const std::string& json) {
  return problems_in(kind, json);
}

std::vector<MetricInfo> own_metrics(const ModelKind& kind) {
  std::vector<MetricInfo> metrics = kind.info.metrics;
  std::erase_if(metrics,
                [](const MetricInfo& metric) { return metric.name == cost_metric().name; });
  return metrics;
}

ModelRig::ModelRig(const std::vector<ModelKind>& kinds, const std::string& components,
                   Options options)
    : plan_(std::move(options.network)),
      reserved_(std::move(options.reserved)),
      grid_(options.duration, Duration{0}),
      recorder_(simulation_, grid_),
      network_(simulation_, plan_, options.seed),
      limit_(simulation_, 10'000'000),
      world_{simulation_, network_,    recorder_,    symbols_, limit_,
             pool_,       happenings_, options.seed, 0,        &reserved_},
      directory_(world_),
      driver_(world_),
      arrivals_(world_.stream("driver", "arrivals")) {
  read(kinds, components);
  directory_.add(driver_);
  for (const auto& component : components_) directory_.add(*component);
  for (const auto& component : components_) component->connect(directory_);
  for (const auto& component : components_) component->start();
  recorder_.start();
}

ModelRig::~ModelRig() {
  driver_.sender().tasks().cancel(CancelReason::shutdown);
  for (const auto& component : components_)
    for (const auto& instance : component->instances())
      instance->tasks().cancel(CancelReason::shutdown);
}

const Answer& ModelRig::send(Time at, std::string_view to, Request request,
                             const CallPolicy& policy) {
  Answer& answer = answers_.emplace_back();
  CallSite& site = sites_.emplace_back(world_, edge(to), policy, 0);
  driver_.sender().tasks().spawn(one_call(site, nullptr, at, numbered(request), answer));
  return answer;
}

const Answer& ModelRig::send_to_instance(Time at, std::string_view to, std::size_t index,
                                         Request request) {
  Answer& answer = answers_.emplace_back();
  CallSite& site = sites_.emplace_back(world_, edge(to), CallPolicy{}, 0);
  driver_.sender().tasks().spawn(
      one_call(site, &instance(to, index), at, numbered(request), answer));
  return answer;
}

void ModelRig::add(Load load) {
  CallSite& site = sites_.emplace_back(world_, edge(load.to), CallPolicy{}, 0);
  driver_.sender().tasks().spawn(arrive(site, loads_.emplace_back(std::move(load))));
}

void ModelRig::at(Time at, std::function<void()> action) {
  driver_.sender().tasks().spawn(act(at, actions_.emplace_back(std::move(action))));
}

/// The rig's components, for faults that change them: paths are keys and "[2]" with dots between.
class ModelRig::Parts final : public Surroundings {
 public:
  explicit Parts(ModelRig& rig) : rig_(rig) {}

  std::shared_ptr<const PartReader> reader(const std::string& component) override {
    for (std::size_t i = 0; i < rig_.blueprints_.size(); ++i)
      if (rig_.document_.members()[i].key == component) return std::make_shared<Reader>(rig_, i);
    return nullptr;
  }
  void reserve(const std::string& component, std::uint32_t instances) override {
    const auto found = rig_.reserved_.find(component);
    if (found == rig_.reserved_.end() || found->second < instances)
      throw std::logic_error("reserve " + std::to_string(instances) + " of " + component);
  }

 private:
  class Reader final : public PartReader {
   public:
    Reader(ModelRig& rig, std::size_t number) : rig_(rig), number_(number) {}
    const std::shared_ptr<const Blueprint>& original() const override {
      return rig_.blueprints_[number_];
    }
    std::shared_ptr<const Blueprint> read(const std::vector<const Value*>& changes,
                                          const Examination& where, Value* value) const override {
      Value changed = rig_.document_.members()[number_].value;
      for (const Value* change : changes)
        for (const Value::Member& member : change->members()) set(changed, member);
      std::vector<std::string> notes;
      std::vector<BarChart> charts;
      Preparation preparation{changed, where.path, where.problems, notes, charts};
      auto blueprint = rig_.kinds_[number_].read(preparation);
      if (value != nullptr) *value = changed;
      return blueprint;
    }

   private:
    static void set(Value& root, const Value::Member& member) {
      Value* at = &root;
      std::string path = member.key;
      while (!path.empty()) {
        const std::size_t end = path.find_first_of(".[", 1);
        const std::string step = path.substr(0, end);
        path.erase(0, end == std::string::npos ? path.size() : end + (path[end] == '.'));
        if (step.front() == '[') {
          at = &at->elements()[std::stoul(step.substr(1))];
          continue;
        }
        if (path.empty() && member.value.is_null()) return at->erase(step);
        if (at->find(step) == nullptr) at->set(step, Value::object());
        at = at->find(step);
      }
      *at = member.value;
    }

    ModelRig& rig_;
    std::size_t number_;
  };

  ModelRig& rig_;
};

void ModelRig::fault(const FaultKind& kind, const std::string& json) {
  Problems problems;
  auto parsed = parse_json(json, problems.add_source("fault.json"), problems);
  if (!parsed) throw std::runtime_error(problems.text());
  const Value* const value = &fault_values_.emplace_back(std::move(*parsed));
  std::vector<std::string> notes;
  std::vector<BarChart> charts;
  Parts parts(*this);
  Preparation preparation{*value, "/faults/0", problems, notes, charts, &parts};
  plans_.push_back(kind.read(preparation));
  if (problems.has_errors()) throw std::runtime_error(problems.text());
  const FaultPlan& plan = *plans_.back();
  const std::string path = "/faults/0";
  plan.examine(directory_, {*value, path, problems});
  if (problems.has_errors()) throw std::runtime_error(problems.text());
  faults_.emplace_back(world_, directory_, plan, plans_.size() - 1).start();
}

void ModelRig::run(Time end) {
  simulation_.run_until(end);
  check_conservation();
}

const MetricRecord& ModelRig::metric(std::string_view owner, std::string_view name) {
  if (records_.empty()) records_ = recorder_.finish();
  for (const OwnerRecord& record : records_)
    if (record.id == owner)
      if (const MetricRecord* found = record.find(name)) return *found;
  throw std::logic_error("no metric " + std::string(owner) + "." + std::string(name));
}

double ModelRig::value(std::string_view owner, std::string_view name, Time from) {
  const MetricRecord& record = metric(owner, name);
  double sum = 0;
  double weight = 0;
  for (std::size_t i = grid_.fine(from); i < record.sums.slices(); ++i) {
    sum += record.sums.sum[i];
    weight += record.sums.weight[i];
  }
  return sum / weight * (record.kind == MetricKind::tally ? 1e-6 : 1);
}

void ModelRig::read(const std::vector<ModelKind>& kinds, const std::string& components) {
  Problems problems;
  std::vector<std::string> notes;
  std::vector<BarChart> charts;
  auto document = parse_json(components, problems.add_source("rig.json"), problems);
  if (!document) throw std::runtime_error(problems.text());
  document_ = std::move(*document);
  for (const Value::Member& member : document_.members()) {
    const std::string& name = member.value.find("kind")->text();
    const ModelKind* kind = nullptr;
    for (const ModelKind& candidate : kinds)
      if (candidate.info.name == name) kind = &candidate;
    if (kind == nullptr) throw std::logic_error("the rig does not know the kind " + name);
    Preparation preparation{member.value, "/components/" + member.key, problems, notes, charts};
    blueprints_.push_back(kind->read(preparation));
    kinds_.push_back(*kind);
    if (problems.has_errors()) throw std::runtime_error(problems.text());
    components_.push_back(blueprints_.back()->build(world_, member.key));
  }
}

Request ModelRig::numbered(Request request) {
  if (request.id == 0) request.id = ++last_id_;
  request.intended = world_.now();
  return request;
}

Task<> ModelRig::one_call(CallSite& site, Instance* to, Time at, Request request, Answer& answer) {
  if (at > world_.now()) co_await simulation_.until(at);
  answer.sent = world_.now();
  if (to != nullptr)
    answer.reply = co_await Call(site, driver_.sender(), to, request);
  else
    answer.reply = co_await site.call(driver_.sender(), request);
  answer.at = world_.now();
  answer.answered = true;
}

Task<> ModelRig::arrive(CallSite& site, const Load& load) {
  if (load.begin > world_.now()) co_await simulation_.until(load.begin);
  const Duration mean{static_cast<Duration::rep>(1e9 / load.per_second)};
  const Distribution gap = Distribution::exponential(mean);
  for (std::uint64_t i = 0; i < load.requests; ++i) {
    co_await simulation_.delay(gap.draw(arrivals_));
    driver_.sender().tasks().spawn(one_of(site, load, numbered(load.make(arrivals_))));
  }
}

Task<> ModelRig::one_of(CallSite& site, const Load& load, Request request) {
  Answer answer;
  answer.sent = world_.now();
  answer.reply = co_await Call(site, driver_.sender(), request);
  answer.at = world_.now();
  answer.answered = true;
  if (load.answered) load.answered(request, answer);
}

Task<> ModelRig::act(Time at, const std::function<void()>& action) {
  co_await simulation_.until(at);
  action();
}

void ModelRig::check_conservation() const {
  for (const auto& component : components_)
    for (const auto& instance : component->instances())
      if (instance->received() != instance->answers().total() + instance->in_flight())
        throw std::logic_error(instance->label() + " lost or made up a request");
}

}  // namespace highwater::testing
