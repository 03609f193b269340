/// service: a replicated process with workers, cores and a waiting line, whose endpoints are steps.
///
/// With one compute step and no endpoints it is the textbook station: `workers` are the c of M/M/c.
///
/// Assumes  a request holds one worker; the CPU time of a step does not depend on memory or cache.
/// Source   L. Kleinrock, Queueing Systems vol. 1 (1975), chapters 3 and 4.
/// Checked  tests/models/service_test.cpp, tests/scenarios/textbook_test.cpp.

#include "models/service/service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/describe/one_of.h"
#include "engine/model/kind.h"
#include "models/placement.h"
#include "models/service/endpoint_pattern.h"
#include "models/steps/program.h"

namespace highwater::service {
namespace {

using steps::Block;
using steps::Compiled;
using steps::Processor;
using steps::Program;
using steps::Work;

enum class QueueDiscipline : std::uint8_t { fifo, lifo, priority, processor_sharing };
constexpr auto words_of(QueueDiscipline) {
  return std::array{
      Word{QueueDiscipline::fifo, "fifo", "First in, first out."},
      Word{QueueDiscipline::lifo, "lifo", "Last in, first out."},
      Word{QueueDiscipline::priority, "priority",
           "The most urgent first (0 before 1), first come first served among equals; work that "
           "has begun is never interrupted."},
      Word{QueueDiscipline::processor_sharing, "processor_sharing",
           "No line: all requests run at min(1, workers/n) each."}};
}

enum class DeadlineUse : std::uint8_t { ignored, honoured };
constexpr auto words_of(DeadlineUse) {
  return std::array{Word{DeadlineUse::ignored, "ignored",
                         "Requests whose caller gave up are served all the same: wasted work."},
                    Word{DeadlineUse::honoured, "honoured",
                         "Requests leave the waiting line when their caller gives up."}};
}

struct QueueParams {
  QueueDiscipline discipline = QueueDiscipline::fifo;
  std::optional<std::uint64_t> capacity;
  std::optional<Distribution> patience;

  static constexpr auto fields() {
    return std::tuple{
        field<&QueueParams::discipline>("Which waiting request a free worker takes."),
        field<&QueueParams::capacity>("Requests that may wait at each instance; one more is "
                                      "rejected. 0 makes a loss system; unbounded unless given.")
            .at_most(std::uint64_t{4'000'000'000}),
        field<&QueueParams::patience>("How long a request waits before it leaves unserved; for "
                                      "ever unless given."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (discipline != QueueDiscipline::processor_sharing) return;
    if (capacity)
      problems.error(where.position(), pointer_to(path, "capacity"),
                     "processor sharing has no waiting line to bound");
    if (patience)
      problems.error(where.position(), pointer_to(path, "patience"),
                     "nobody waits under processor sharing");
  }
};

struct EndpointParams {
  std::vector<steps::Step> steps;
  std::optional<std::uint32_t> priority;

  static constexpr auto fields() {
    return std::tuple{
        field<&EndpointParams::steps>("What a request to the endpoint does.").required(),
        field<&EndpointParams::priority>("Urgency of its requests, 0 the most urgent; the client's "
                                         "unless given.")
            .at_most(255u),
    };
  }
  static constexpr auto shorthand = &EndpointParams::steps;
};

struct ServiceParams {
  std::uint32_t replicas = 1;
  std::vector<std::string> zones;
  std::optional<double> cores;
  std::uint32_t workers = 1;
  bool blocking = true;
  QueueParams queue;
  DeadlineUse deadline = DeadlineUse::ignored;
  std::optional<Distribution> service_time;
  OrderedMap<EndpointParams> endpoints;
  Duration start_time{0};

  static constexpr auto fields() {
    return std::tuple{
        field<&ServiceParams::replicas>("Instances.").at_least(1u).at_most(10'000u),
        field<&ServiceParams::zones>("Zones the instances are spread over in turn; all zones of "
                                     "the network unless given."),
        field<&ServiceParams::cores>("CPU cores of an instance; as many as workers unless given, "
                                     "so that the CPU is never the limit.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&ServiceParams::workers>("Requests that an instance works on at the same time: "
                                       "threads, or tasks of an event loop.")
            .at_least(1u)
            .at_most(10'000'000u),
        field<&ServiceParams::blocking>("Whether a request holds its worker while it waits for "
                                        "another component; false is an event loop."),
        field<&ServiceParams::queue>("The waiting line of an instance."),
        field<&ServiceParams::deadline>("What becomes of waiting requests whose caller gave up."),
        field<&ServiceParams::service_time>("Time on a core, for a service without endpoints."),
        field<&ServiceParams::endpoints>("What the service answers, by \"METHOD /path\"; {x} "
                                         "stands for any one segment, * for any rest."),
        field<&ServiceParams::start_time>("From the start of an instance until it takes requests."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (service_time && !endpoints.empty())
      problems.error(where.position(), pointer_to(path, "service_time"),
                     "a service has either endpoints or a service_time");
    if (!service_time && endpoints.empty())
      problems.error(where.position(), path,
                     "a service needs endpoints, or a service_time such as {\"exponential\": "
                     "\"20ms\"}");
  }
};

struct Endpoint {
  EndpointPattern pattern;
  Block block;
  std::optional<std::uint8_t> priority;
};

class Service;

class Server final : public Instance {
 public:
  Server(Service& service, std::uint32_t index, Zone zone);

  double busy_integral(Time now) const;
  double waiting_integral(Time now) const { return workers_.waiting_integral(now); }
  const Processor& processor() const { return processor_; }

 private:
  void receive(Served served) override { tasks().spawn(serve(std::move(served))); }
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  Duration start_time() const override;
  Task<> serve(Served served);
  AcquireOptions line_options(const Request& request) const;

  Service& service_;
  Resource workers_;
  Processor processor_;
  bool plain_line_;  // nobody is more urgent than others, or leaves before having been served
};

class Service final : public Component {
 public:
  using Params = ServiceParams;
  Service(World& world, std::string id, const ServiceParams& params)
      : Component(world, std::move(id), "service"),
        params_(params),
        patience_key_(world.key(this->id(), "patience")) {
    for (std::uint32_t i = 0; i < params.replicas; ++i)
      add(std::make_unique<Server>(*this, i, place(world, params.zones, i)));
    declare_metrics();
  }

  void connect(Directory& directory) override {
    directory_ = &directory;
    program_.emplace(*this, directory);
    if (params_.service_time) {
      const std::vector<steps::Step> only{steps::ComputeStep{*params_.service_time}};
      endpoints_.push_back({EndpointPattern("*"), program_->compile(only), std::nullopt});
    }
    for (const auto& entry : params_.endpoints) {
      const EndpointParams& endpoint = entry.value;
      std::optional<std::uint8_t> priority;
      if (endpoint.priority) priority = static_cast<std::uint8_t>(*endpoint.priority);
      endpoints_.push_back(
          {EndpointPattern(entry.key), program_->compile(endpoint.steps), priority});
    }
    measure_calls(*owner_, program_->sites(), instances().size());
  }

  bool answers(Symbol symbol) const override { return find(symbol) != nullptr; }
  std::vector<std::string> endpoints() const override {
    std::vector<std::string> names;
    for (const auto& entry : params_.endpoints) names.push_back(entry.key);
    return names;
  }
  void examine(const Examination& examination) const override {
    const Value* const endpoints = examination.where.find("endpoints");
    if (endpoints == nullptr) return;
    steps::examine_calls(*endpoints, pointer_to(examination.path, "endpoints"), *directory_,
                         examination.problems);
  }

  /// The endpoint that answers `symbol`; null where there is none.
  const Endpoint* endpoint(Symbol symbol) {
    // Patterns are matched once for each name: a trace may name thousands of paths.
    if (symbol >= matched_.size()) matched_.resize(world().symbols.size() + 1);
    Match& match = matched_[symbol];
    if (!match.known) match = {find(symbol), true};
    return match.endpoint;
  }

  const ServiceParams& params() const { return params_; }
  Program& program() { return *program_; }
  RandomKey patience_key() const { return patience_key_; }
  Tally& wait() { return *wait_; }
  Tally& service() { return *service_time_; }

 private:
  struct Match {
    const Endpoint* endpoint = nullptr;
    bool known = false;
  };

  const Endpoint* find(Symbol symbol) const {
    if (symbol == kNoSymbol) return endpoints_.size() == 1 ? &endpoints_.front() : nullptr;
    const std::string& name = world().symbols.name(symbol);
    for (const Endpoint& endpoint : endpoints_)
      if (endpoint.pattern.matches(name)) return &endpoint;
    return nullptr;
  }
  void declare_metrics();

  const ServiceParams& params_;
  RandomKey patience_key_;
  const Directory* directory_ = nullptr;
  std::optional<Program> program_;
  std::vector<Endpoint> endpoints_;
  std::vector<Match> matched_;  // by symbol
  Recorder::Owner* owner_ = nullptr;
  Tally* wait_ = nullptr;
  Tally* service_time_ = nullptr;
};

Discipline line_discipline(QueueDiscipline discipline) {
  switch (discipline) {
    case QueueDiscipline::lifo:
      return Discipline::lifo;
    case QueueDiscipline::priority:
      return Discipline::priority;
    case QueueDiscipline::fifo:
    case QueueDiscipline::processor_sharing:
      break;
  }
  return Discipline::fifo;
}

bool shares(const ServiceParams& params) {
  return params.queue.discipline == QueueDiscipline::processor_sharing;
}

ResourceOptions line(const ServiceParams& params) {
  ResourceOptions options;
  options.discipline = line_discipline(params.queue.discipline);
  if (params.queue.capacity) options.capacity = static_cast<std::uint32_t>(*params.queue.capacity);
  return options;
}

/// The most compute steps that run at once on an instance; 0 for any number. A request that holds
/// its worker may do several side by side.
std::uint32_t computing_at_once(const ServiceParams& params) {
  if (shares(params)) return 0;
  std::uint64_t most = 1;
  if (params.blocking)
    for (const auto& entry : params.endpoints)
      most = std::max(most, steps::computing_at_once(entry.value.steps));
  most *= params.workers;
  return most < 0xffff'ffff ? static_cast<std::uint32_t>(most) : 0;
}

/// Whether the place in the line depends on nothing but when a request came.
bool waits_plainly(const ServiceParams& params) {
  return params.queue.discipline != QueueDiscipline::priority && !params.queue.patience &&
         params.deadline == DeadlineUse::ignored;
}

/// Under processor sharing the workers are what is shared, and cores beside them may limit further.
std::optional<double> cores_of(const ServiceParams& params) {
  if (!shares(params)) {
    // As many as workers; that they never limit is only true while each computes once at a time.
    const bool enough = computing_at_once(params) == params.workers;
    return enough || params.cores ? params.cores : static_cast<double>(params.workers);
  }
  const auto workers = static_cast<double>(params.workers);
  return params.cores ? std::min(*params.cores, workers) : workers;
}

Server::Server(Service& service, std::uint32_t index, Zone zone)
    : Instance(service, index, zone),
      service_(service),
      workers_(service.world().simulation, service.params().workers, line(service.params())),
      processor_(service.world().simulation, cores_of(service.params()),
                 computing_at_once(service.params())),
      plain_line_(waits_plainly(service.params())) {}

Duration Server::start_time() const {
  return service_.params().start_time;
}

double Server::busy_integral(Time now) const {
  return shares(service_.params()) ? processor_.busy_integral(now) : workers_.busy_integral(now);
}

AcquireOptions Server::line_options(const Request& request) const {
  AcquireOptions options;
  options.priority = request.priority;
  if (service_.params().deadline == DeadlineUse::honoured) options.deadline = request.deadline;
  if (service_.params().queue.patience) {
    RequestRandom random(service_.patience_key(), request.id, request.path);
    const Duration patience = service_.params().queue.patience->draw(random);
    options.deadline = std::min(options.deadline, service_.world().simulation.after(patience));
  }
  return options;
}

Task<> Server::serve(Served served) {
  const Endpoint* const endpoint = service_.endpoint(served.request().endpoint);
  if (endpoint == nullptr) {
    served.reply(Status::error);
    co_return;
  }
  Work work{served.request(), *this, processor_, &served};
  if (endpoint->priority) work.request.priority = *endpoint->priority;
  Simulation& simulation = service_.world().simulation;
  const Time arrived = simulation.now();
  Lease worker;
  if (!shares(service_.params())) {
    work.workers = &workers_;
    work.worker = &worker;
    work.gives_back = !service_.params().blocking;
    if (plain_line_)
      worker = co_await workers_.acquire();
    else
      worker = co_await workers_.acquire(line_options(work.request));
    if (!worker) {
      const bool full = worker.status() == LeaseStatus::rejected;
      served.reply(full ? Status::rejected : Status::abandoned);
      co_return;
    }
  }
  const Time started = simulation.now();
  service_.wait().record(started, started - arrived);
  Status status = Status::ok;
  if (const Compiled* only = Program::only_computation(endpoint->block))
    co_await service_.program().compute(*only, work);
  else
    status = co_await service_.program().run(endpoint->block, work);
  service_.service().record(simulation.now(), simulation.now() - started);
  worker.release();
  if (served) served.reply(status);
}

void Service::declare_metrics() {
  Recorder::Owner& owner = measure();
  owner_ = &owner;
  const auto total = [this](double (Server::*integral)(Time) const) {
    return [this, integral](Time now) {
      double sum = 0;
      for (const auto& instance : instances())
        sum += (static_cast<const Server&>(*instance).*integral)(now);
      return sum;
    };
  };
  const double replicas = static_cast<double>(params_.replicas);
  const double workers = static_cast<double>(params_.workers);
  owner.time_ratio("utilization", total(&Server::busy_integral),
                   [=](Time now) { return seconds(now) * workers * replicas; });
  owner.time_ratio(
      "cpu_utilization",
      [this](Time now) {
        double sum = 0;
        for (const auto& instance : instances())
          sum += static_cast<const Server&>(*instance).processor().busy_integral(now);
        return sum;
      },
      [this, replicas](Time now) {
        const auto& first = static_cast<const Server&>(*instances().front());
        return seconds(now) * first.processor().cores() * replicas;
      });
  owner.time_average("queue_length", total(&Server::waiting_integral));
  wait_ = &owner.tally("wait_ms");
  service_time_ = &owner.tally("service_ms");
  for (const auto& instance : instances()) {
    const auto& server = static_cast<const Server&>(*instance);
    Recorder::Owner& own = measure(server);
    own.time_ratio(
        "utilization", [&server](Time now) { return server.busy_integral(now); },
        [workers](Time now) { return seconds(now) * workers; });
    own.time_average("queue_length", [&server](Time now) { return server.waiting_integral(now); });
  }
}

}  // namespace

ModelKind service() {
  std::vector<MetricInfo> metrics = common_component_metrics();
  metrics.insert(
      metrics.end(),
      {{"utilization", "1", "Busy workers / workers."},
       {"cpu_utilization", "1", "Busy cores / cores."},
       {"queue_length", "requests", "Requests waiting for a worker, over all instances."},
       {"wait_ms", "ms", "From arrival at an instance to a worker.", MetricShape::kTimes},
       {"service_ms", "ms", "From getting a worker to the end of the steps.",
        MetricShape::kTimes}});
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  return model_kind<Service>("service",
                             "A replicated process with workers, cores and a waiting line.",
                             "Kleinrock 1975; SCENARIO: service", std::move(metrics));
}

}  // namespace highwater::service
