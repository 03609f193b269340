#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/model/component.h"
#include "engine/model/fault.h"
#include "engine/model/kind.h"
#include "engine/model/world.h"
#include "models/calls/call.h"

namespace highwater::testing {

/// What a request sent by the rig came to.
struct Answer {
  Time sent{};
  Time at{};  ///< When the answer was back; meaningless while !answered.
  Reply reply;
  bool answered = false;

  Duration took() const { return at - sent; }
};

/// Requests that come as a Poisson process, from `begin` on.
struct Load {
  std::string to;
  double per_second = 1;
  std::uint64_t requests = 1;
  /// Makes each request, drawing what it needs. Ids are given by the rig.
  std::function<Request(RandomStream&)> make = [](RandomStream&) { return Request{}; };
  /// Hears of each answer, if given.
  std::function<void(const Request&, const Answer&)> answered;
  Time begin{};
};

inline Request read_of(std::uint64_t key, Symbol endpoint = kNoSymbol) {
  Request request;
  request.key = key;
  request.endpoint = endpoint;
  return request;
}
inline Request write_of(std::uint64_t key, Symbol endpoint = kNoSymbol) {
  Request request = read_of(key, endpoint);
  request.operation = Operation::write;
  return request;
}

/// The text of everything that `kind` (of a component or a fault) finds wrong with `json`, its
/// object; "" for nothing.
template <class Kind>
std::string problems_of(const Kind& kind, const std::string& json) {
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

/// Components made from JSON in a world of their own, and a driver that sends them requests: what a
/// test of a model needs and nothing more (no scenario, no client, no statistics).
///
///   ModelRig rig({database()}, R"({"db": {"kind": "database", "connections": 1}})");
///   const Answer& answer = rig.send(Time{1s}, "db", {.key = 7});
///   rig.run(Time{2s});
///   CHECK(answer.took() == 5ms);
class ModelRig {
 public:
  struct Options {
    Duration duration = 1000s;  ///< What the metrics cover.
    std::uint64_t seed = 1;
    NetworkPlan network;
  };

  /// @param components  {"id": {"kind": …, …}, …}; throws what is wrong with it.
  ModelRig(const std::vector<ModelKind>& kinds, const std::string& components)
      : ModelRig(kinds, components, Options{}) {}
  ModelRig(const std::vector<ModelKind>& kinds, const std::string& components, Options options)
      : plan_(std::move(options.network)),
        grid_(options.duration, Duration{0}),
        recorder_(simulation_, grid_),
        network_(simulation_, plan_, options.seed),
        limit_(simulation_, 10'000'000),
        world_{simulation_, network_, recorder_,   symbols_,
               limit_,      pool_,    happenings_, options.seed},
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
  ModelRig(const ModelRig&) = delete;
  ModelRig& operator=(const ModelRig&) = delete;
  ~ModelRig() {
    driver_.sender().tasks().cancel(CancelReason::shutdown);
    for (const auto& component : components_)
      for (const auto& instance : component->instances())
        instance->tasks().cancel(CancelReason::shutdown);
  }

  World& world() { return world_; }
  Directory& directory() { return directory_; }
  Component& component(std::string_view id) { return directory_.component(id); }
  Instance& instance(std::string_view id, std::size_t index) {
    return *component(id).instances()[index];
  }
  const std::vector<Happening>& happenings() const { return happenings_; }
  /// The edge that the rig's own requests to `to` take.
  Edge& edge(std::string_view to) { return directory_.edge(driver_, component(to)); }

  /// Sends a request at `at`. The answer is filled in when it comes and stays valid.
  const Answer& send(Time at, std::string_view to, Request request, const CallPolicy& policy = {}) {
    Answer& answer = answers_.emplace_back();
    CallSite& site = sites_.emplace_back(world_, edge(to), policy, 0);
    driver_.sender().tasks().spawn(one_call(site, nullptr, at, numbered(request), answer));
    return answer;
  }
  /// The same to one instance, whatever the component's routing says.
  const Answer& send_to_instance(Time at, std::string_view to, std::size_t index, Request request) {
    Answer& answer = answers_.emplace_back();
    CallSite& site = sites_.emplace_back(world_, edge(to), CallPolicy{}, 0);
    driver_.sender().tasks().spawn(
        one_call(site, &instance(to, index), at, numbered(request), answer));
    return answer;
  }
  void add(Load load) {
    CallSite& site = sites_.emplace_back(world_, edge(load.to), CallPolicy{}, 0);
    driver_.sender().tasks().spawn(arrive(site, loads_.emplace_back(std::move(load))));
  }
  /// Does something at `at`: a fault, a look at the state.
  void at(Time at, std::function<void()> action) {
    driver_.sender().tasks().spawn(act(at, actions_.emplace_back(std::move(action))));
  }

  /// A fault as a scenario has it: {"at": "1s", "for": "2s", "kill": "api"}.
  void fault(const FaultKind& kind, const std::string& json) {
    Problems problems;
    const auto value = parse_json(json, problems.add_source("fault.json"), problems);
    if (!value) throw std::runtime_error(problems.text());
    std::vector<std::string> notes;
    std::vector<BarChart> charts;
    Preparation preparation{*value, "/faults/0", problems, notes, charts};
    plans_.push_back(kind.read(preparation));
    if (problems.has_errors()) throw std::runtime_error(problems.text());
    const FaultPlan& plan = *plans_.back();
    FaultAction& action =
        *faults_.emplace_back(plan.arm(world_, directory_, plans_.size() - 1)).get();
    at(Time{} + plan.at(), [this, &action] { world_.happened("fault", action.begin()); });
    if (plan.lasts()) at(Time{} + plan.at() + *plan.lasts(), [&action] { action.end(); });
  }

  void run(Time end) {
    simulation_.run_until(end);
    check_conservation();
  }

  /// The metrics, up to now; the run is over with this.
  const MetricRecord& metric(std::string_view owner, std::string_view name) {
    if (records_.empty()) records_ = recorder_.finish();
    for (const OwnerRecord& record : records_)
      if (record.id == owner)
        if (const MetricRecord* found = record.find(name)) return *found;
    throw std::logic_error("no metric " + std::string(owner) + "." + std::string(name));
  }
  /// Its value between `from` and the end: a ratio, an average, a rate, or a mean in ms.
  double value(std::string_view owner, std::string_view name, Time from = Time{}) {
    const MetricRecord& record = metric(owner, name);
    double sum = 0;
    double weight = 0;
    for (std::size_t i = grid_.fine(from); i < record.sums.slices(); ++i) {
      sum += record.sums.sum[i];
      weight += record.sums.weight[i];
    }
    return sum / weight * (record.kind == MetricKind::tally ? 1e-6 : 1);
  }
  std::uint64_t count(std::string_view owner, std::string_view name) {
    return metric(owner, name).count;
  }

 private:
  class Sender final : public Instance {
   public:
    explicit Sender(Component& component) : Instance(component, 0, kOutside) {}

   private:
    void receive(Served served) override { served.reply(Status::error); }
  };
  class Driver final : public Component {
   public:
    explicit Driver(World& world) : Component(world, "driver", "driver") {
      add(std::make_unique<Sender>(*this));
    }
    Instance& sender() { return *instances().front(); }
  };

  void read(const std::vector<ModelKind>& kinds, const std::string& components) {
    Problems problems;
    std::vector<std::string> notes;
    std::vector<BarChart> charts;
    const auto document = parse_json(components, problems.add_source("rig.json"), problems);
    if (!document) throw std::runtime_error(problems.text());
    for (const Value::Member& member : document->members()) {
      const std::string& name = member.value.find("kind")->text();
      const ModelKind* kind = nullptr;
      for (const ModelKind& candidate : kinds)
        if (candidate.info.name == name) kind = &candidate;
      if (kind == nullptr) throw std::logic_error("the rig does not know the kind " + name);
      Preparation preparation{member.value, "/components/" + member.key, problems, notes, charts};
      blueprints_.push_back(kind->read(preparation));
      if (problems.has_errors()) throw std::runtime_error(problems.text());
      components_.push_back(blueprints_.back()->build(world_, member.key));
    }
  }

  Request numbered(Request request) {
    if (request.id == 0) request.id = ++last_id_;
    request.intended = world_.now();
    return request;
  }

  Task<> one_call(CallSite& site, Instance* to, Time at, Request request, Answer& answer) {
    if (at > world_.now()) co_await simulation_.until(at);
    answer.sent = world_.now();
    if (to != nullptr)
      answer.reply = co_await Call(site, driver_.sender(), to, request);
    else
      answer.reply = co_await site.call(driver_.sender(), request);
    answer.at = world_.now();
    answer.answered = true;
  }

  Task<> arrive(CallSite& site, const Load& load) {
    if (load.begin > world_.now()) co_await simulation_.until(load.begin);
    const Duration mean{static_cast<Duration::rep>(1e9 / load.per_second)};
    const Distribution gap = Distribution::exponential(mean);
    for (std::uint64_t i = 0; i < load.requests; ++i) {
      co_await simulation_.delay(gap.draw(arrivals_));
      driver_.sender().tasks().spawn(one_of(site, load, numbered(load.make(arrivals_))));
    }
  }

  Task<> one_of(CallSite& site, const Load& load, Request request) {
    Answer answer;
    answer.sent = world_.now();
    answer.reply = co_await Call(site, driver_.sender(), request);
    answer.at = world_.now();
    answer.answered = true;
    if (load.answered) load.answered(request, answer);
  }

  Task<> act(Time at, const std::function<void()>& action) {
    co_await simulation_.until(at);
    action();
  }

  void check_conservation() const {
    for (const auto& component : components_)
      for (const auto& instance : component->instances())
        if (instance->received() != instance->answers().total() + instance->in_flight())
          throw std::logic_error(instance->label() + " lost or made up a request");
  }

  // In the order in which they may be destroyed, last to first: attempts outlive the simulation,
  // which outlives the components; edges outlive the components too.
  AttemptPool pool_;
  Simulation simulation_;
  NetworkPlan plan_;
  TimeGrid grid_;
  Recorder recorder_;
  Network network_;
  Symbols symbols_;
  InFlightLimit limit_;
  std::vector<Happening> happenings_;
  World world_;
  Directory directory_;
  Driver driver_;
  std::vector<std::shared_ptr<const Blueprint>> blueprints_;
  std::vector<std::unique_ptr<Component>> components_;
  std::deque<CallSite> sites_;
  std::deque<Answer> answers_;
  std::deque<Load> loads_;
  std::deque<std::function<void()>> actions_;
  std::deque<std::shared_ptr<const FaultPlan>> plans_;
  std::deque<std::unique_ptr<FaultAction>> faults_;
  RandomStream arrivals_;
  std::uint64_t last_id_ = 0;
  std::vector<OwnerRecord> records_;
};

}  // namespace highwater::testing
