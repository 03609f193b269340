#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/model/component.h"
#include "engine/model/fault.h"
#include "engine/model/injection.h"
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
std::string problems_of(const ModelKind& kind, const std::string& json);
std::string problems_of(const FaultKind& kind, const std::string& json);

/// What components of the kind measure themselves: all but their costs, which the experiment does.
std::vector<MetricInfo> own_metrics(const ModelKind& kind);

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
    Reservations reserved = {};  ///< Of faults that change how many instances there are.
  };

  /// @param components  {"id": {"kind": …, …}, …}; throws what is wrong with it.
  ModelRig(const std::vector<ModelKind>& kinds, const std::string& components)
      : ModelRig(kinds, components, Options{}) {}
  ModelRig(const std::vector<ModelKind>& kinds, const std::string& components, Options options);
  ModelRig(const ModelRig&) = delete;
  ModelRig& operator=(const ModelRig&) = delete;
  ~ModelRig();

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
  const Answer& send(Time at, std::string_view to, Request request, const CallPolicy& policy = {});
  /// The same to one instance, whatever the component's routing says.
  const Answer& send_to_instance(Time at, std::string_view to, std::size_t index, Request request);
  void add(Load load);
  /// Does something at `at`: a fault, a look at the state.
  void at(Time at, std::function<void()> action);

  /// A fault as a scenario has it: {"at": "1s", "for": "2s", "kill": "api"}. Throws what is wrong
  /// with it. The instances that it may want must have been reserved.
  void fault(const FaultKind& kind, const std::string& json);

  void run(Time end);

  /// The metrics, up to now; the run is over with this.
  const MetricRecord& metric(std::string_view owner, std::string_view name);
  /// Its value between `from` and the end: a ratio, an average, a rate, or a mean in ms.
  double value(std::string_view owner, std::string_view name, Time from = Time{});
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

  class Parts;
  void read(const std::vector<ModelKind>& kinds, const std::string& components);
  Request numbered(Request request);
  Task<> one_call(CallSite& site, Instance* to, Time at, Request request, Answer& answer);
  Task<> arrive(CallSite& site, const Load& load);
  Task<> one_of(CallSite& site, const Load& load, Request request);
  Task<> act(Time at, const std::function<void()>& action);
  void check_conservation() const;

  // In the order in which they may be destroyed, last to first: attempts outlive the simulation,
  // which outlives the components; edges outlive the components too.
  AttemptPool pool_;
  Simulation simulation_;
  NetworkPlan plan_;
  Reservations reserved_;
  TimeGrid grid_;
  Recorder recorder_;
  Network network_;
  Symbols symbols_;
  InFlightLimit limit_;
  std::vector<Happening> happenings_;
  World world_;
  Directory directory_;
  Driver driver_;
  Value document_;
  std::vector<ModelKind> kinds_;
  std::vector<std::shared_ptr<const Blueprint>> blueprints_;
  std::vector<std::unique_ptr<Component>> components_;
  std::deque<CallSite> sites_;
  std::deque<Answer> answers_;
  std::deque<Load> loads_;
  std::deque<std::function<void()>> actions_;
  std::deque<Value> fault_values_;
  std::deque<std::shared_ptr<const FaultPlan>> plans_;
  std::deque<Injection> faults_;
  RandomStream arrivals_;
  std::uint64_t last_id_ = 0;
  std::vector<OwnerRecord> records_;
};

}  // namespace highwater::testing
