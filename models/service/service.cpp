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
#include <utility>
#include <vector>

#include "engine/describe/one_of.h"
#include "engine/model/kind.h"
#include "engine/model/tracer.h"
#include "models/admission/gate.h"
#include "models/calls/listener.h"
#include "models/calls/pools_to.h"
#include "models/deployment/deployment.h"
#include "models/leaks.h"
#include "models/membership/members.h"
#include "models/placement.h"
#include "models/scaling/autoscaler.h"
#include "models/service/line_control.h"
#include "models/service/process.h"
#include "models/service/service_params.h"
#include "models/service/sessions.h"
#include "models/steps/endpoints.h"
#include "models/steps/program.h"
#include "models/weak_points.h"

namespace highwater::service {
namespace {

using steps::Compiled;
using steps::Endpoint;
using steps::Processor;
using steps::Program;

/// What something that lasts comes to where its weight changes: there(now) * weight until it does.
class Weighed {
 public:
  explicit Weighed(double weight) : weight_(weight) {}
  double total(double there) const { return before_ + (there - since_) * weight_; }
  void change(double there, double weight) {
    before_ = total(there);
    since_ = there;
    weight_ = weight;
  }

 private:
  double before_ = 0, since_ = 0, weight_;
};

class Service;

class Server final : public Instance {
 public:
  Server(Service& service, std::uint32_t index, Zone zone);

  double busy_integral(Time now) const;
  double waiting_integral(Time now) const { return workers_.waiting_integral(now); }
  const Processor& processor() const { return processor_; }
  Process* process() const { return process_.get(); }
  /// Its process begins to use the machine that it is on, if any.
  void enter_host();
  /// Its workers, over the time that it is there.
  const Weighed& workers() const { return workers_there_; }
  /// The service has other parameters now, which differ in what can be changed.
  void reconfigure();
  double sessions_integral(Time now) const { return sessions_ ? sessions_->integral(now) : 0; }
  Listener* listener() override;
  Leaks& worker_leaks() { return worker_leaks_; }
  Duration start_time() const override;
  bool reads_clock() const override;
  bool has_memory_limit() const override;
  Instance* host() const override;

 private:
  void receive(Served served) override { tasks().spawn(serve(std::move(served))); }
  void slowdown_changed() override;
  void pause_changed() override {
    processor_.freeze(paused());
    if (process_) process_->leaks_changed();
  }
  void competitors_changed() override { processor_.set_competitors(competitors()); }
  void cpu_quotas_changed() override { processor_.set_quotas(cpu_quotas()); }
  void leaks_changed() override {
    if (process_) process_->leaks_changed();
  }
  void started() override;
  void killed() override {
    if (sessions_) sessions_->clear();
    if (process_) process_->died();
    if (listener_) listener_->killed();
  }
  void left() override {
    if (process_) process_->left();
  }
  Task<> serve(Served served);
  AcquireOptions line_options(const Request& request);
  Duration patience_of(const Request& request) const;
  Status unserved(LeaseStatus why, const Request& request, Time arrived) const;
  void leak_worker(Lease& worker, const Request& request);

  Service& service_;
  Resource workers_;
  Processor processor_;
  LineControl control_;
  std::unique_ptr<admission::Gate> gate_;
  std::unique_ptr<Process> process_;      // where it is more than its requests
  std::optional<HeldSessions> sessions_;  // where they are kept here
  std::unique_ptr<Listener> listener_;    // since somebody asked for it
  bool plain_line_;  // nobody is more urgent than others, or leaves before having been served
  Leaks worker_leaks_;
  Weighed workers_there_;
};

/// A lock of a service's steps in the hands of one of its processes.
class HeldLock final : public HasLocks::Hold {
 public:
  explicit HeldLock(std::shared_ptr<Keeping> until) : until_(std::move(until)) {}
  ~HeldLock() override { until_->end(); }

 private:
  std::shared_ptr<Keeping> until_;
};

class Service final : public Component,
                      public HasEntries,
                      public HasQueries,
                      public HasLocks,
                      public HasPools,
                      public HasWorkers,
                      public autoscaling::Scaled,
                      public deployment::Deployed {
 public:
  using Params = ServiceParams;
  Service(World& world, std::string id, const ServiceParams& params)
      : Component(world, std::move(id), "service"),
        params_(&params),
        admissions_(*this, params.admission, params.workers + params.queue.capacity.value_or(0)),
        patience_key_(world.key(this->id(), "patience")),
        leak_key_(world.key(this->id(), "worker leaks")),
        endpoints_(*this, params.work),
        judges_(params.deployment.judges() || world.reserved(this->id()).has_value()),
        workers_(params.workers),
        cores_(1) {
    if (params.sessions) sessions_.emplace(*this, *params.sessions);
    for (std::uint32_t i = 0; i < places(); ++i)
      add(std::make_unique<Server>(*this, i, place(world, params.zones, i)));
    if (params.changes() || world.reserved(this->id()))
      deployment_.emplace(*this, params.deployment, params.replicas,
                          [](const Instance& instance, std::uint64_t bytes) {
                            if (Process* its = static_cast<const Server&>(instance).process())
                              its->leaks(bytes);
                          });
    if (params.autoscaler) make_autoscaler();
    if (params.membership) members_.emplace(*this, *params.membership);
    declare_metrics();
  }

  void connect(Directory& directory) override {
    if (deployment_) deployment_->connect(directory);
    if (members_) members_->connect(directory);
    admissions_.connect(directory);
    program_.emplace(*this, directory);
    endpoints_.connect(*program_, directory);
    if (sessions_) sessions_->connect(*program_);
    directory_ = &directory;
    measure_calls(*owner_, program_->sites(), instances().size());
    admissions_.measure(*owner_);
  }

  void start() override {
    if (deployment_) deployment_->start();
    for (const auto& instance : instances()) {
      auto& server = static_cast<Server&>(*instance);
      if (Process* process = server.process()) process->begin();
      if (server.up()) server.enter_host();
    }
    if (autoscaler_) autoscaler_->start();
    if (members_) members_->start();
  }

  Route route(const Request& request, const Instance& from) override {
    const Route route = Component::route(request, from);
    // Whoever is started first has the first place.
    return route.to == nullptr && has_client() ? Route(instances().front().get()) : route;
  }
  bool has_client() const override { return autoscaler_ && autoscaler_->scales_to_zero(); }
  void take(Attempt& attempt) override { autoscaler_->take(attempt); }
  bool has_steady_state() const override {
    const bool scheduled = params().autoscaler && !params().autoscaler->bounds().schedule.empty();
    return params().deployment.rollouts.empty() && !scheduled;
  }
  Duration start_time(const Instance& instance) const {
    const auto said = deployment_ ? deployment_->start_time(instance) : std::nullopt;
    return said.value_or(params().start_time);
  }
  void is_up() {
    if (has_client()) autoscaler_->is_up();
  }
  bool answers(Symbol symbol) const override { return endpoints_.answers(symbol); }
  std::vector<std::string> endpoints() const override { return endpoints_.names(); }
  void examine(const Examination& examination) const override {
    endpoints_.examine(examination);
    admissions_.examine(examination);
    if (sessions_) sessions_->examine(examination, *directory_);
  }

  std::string lacks_entries() const override {
    return program_->has_local_tiers()
               ? ""
               : "has no \"local\" tier in front of a cache, and nothing to flush";
  }
  std::uint64_t flush(Instance& instance, double share, RandomKey salt) override {
    return program_->drop_local(instance, share, salt);
  }
  std::string lacks_query(const Query& query) const override;
  void slow_query(const Query& query, double factor) override {
    endpoints_.stretch_of(*query.endpoint).add(factor);
  }
  void restore_query(const Query& query, double factor) override {
    endpoints_.stretch_of(*query.endpoint).remove(factor);
  }
  std::string lacks_lock(const LockName& name) const override;
  std::unique_ptr<Hold> hold_lock(const LockName& name, std::string& holder) override;
  std::vector<ConnectionPools*> pools_to(const Component& callee) override {
    return highwater::pools_to(program_->sites(), callee);
  }
  std::string lacks_workers() const override {
    return params().queue.discipline == QueueDiscipline::processor_sharing
               ? "has no workers that could be kept: under processor_sharing all requests run"
               : "";
  }
  Leaks& worker_leaks(Instance& instance) override {
    return static_cast<Server&>(instance).worker_leaks();
  }
  RandomKey leak_key() const { return leak_key_; }
  std::vector<std::string> changeable() const override;
  void reconfigure(const Blueprint& changed) override;
  autoscaling::Autoscaler* autoscaler() override { return autoscaler_ ? &*autoscaler_ : nullptr; }
  deployment::Deployment* deployment() override { return deployment_ ? &*deployment_ : nullptr; }
  bool has_memory() const override { return params().process.memory.has_value(); }

  cluster::HostCpu* host_of(const Instance& instance) const {
    return deployment_ ? deployment_->host_of(instance) : nullptr;
  }
  Instance* node_of(const Instance& instance) const {
    return deployment_ ? deployment_->node_of(instance) : nullptr;
  }
  /// Of a process among those of its machine.
  double host_weight() const {
    return static_cast<double>(
        host::FairShare::weight_of_request(params().deployment.pod->requests.cpu.millicores));
  }

  const Endpoint* endpoint(Symbol symbol) { return endpoints_.of(symbol); }
  const ServiceParams& params() const { return *params_; }
  admission::Admissions& admissions() { return admissions_; }
  Program& program() { return *program_; }
  /// Null where nobody logs in.
  Sessions* sessions() { return sessions_ ? &*sessions_ : nullptr; }
  RandomKey patience_key() const { return patience_key_; }
  /// A request took that long from its arrival.
  void served(const Instance& instance, Duration took) {
    if (judges_) [[unlikely]]
      deployment_->served(instance, took);
  }
  Tally& wait() { return *wait_; }
  Tally& service() { return *service_time_; }

 private:
  /// Of a pod the zone is its node's, and all of them may end in one.
  std::uint32_t places() const {
    const std::size_t zones =
        params().zones.empty() ? world().network.zones() : params().zones.size();
    const auto times = params().deployment.pod ? std::max<std::size_t>(zones, 1) : 1;
    const std::uint32_t most =
        std::max(params().most_replicas(), world().reserved(id()).value_or(0));
    return most * static_cast<std::uint32_t>(times);
  }
  void make_autoscaler();
  void declare_metrics();
  /// Whether each computation has a core for itself. Precondition: it has said how many.
  bool cores_limit_nothing() const;
  /// Instances, integrated over time.
  double there(Time now) const {
    if (!deployment_) return seconds(now) * static_cast<double>(params().replicas);
    double sum = 0;
    for (const auto& instance : instances()) sum += instance->present_integral(now);
    return sum;
  }

  const ServiceParams* params_;
  std::optional<deployment::Deployment> deployment_;
  std::optional<autoscaling::Autoscaler> autoscaler_;
  std::optional<membership::Members> members_;
  admission::Admissions admissions_;
  RandomKey patience_key_;
  RandomKey leak_key_;
  std::optional<Program> program_;
  steps::Endpoints endpoints_;
  std::optional<Sessions> sessions_;
  Directory* directory_ = nullptr;
  Recorder::Owner* owner_ = nullptr;
  Tally* wait_ = nullptr;
  Tally* service_time_ = nullptr;
  bool judges_;
  // Of an instance, over all that are there.
  Weighed workers_;
  Weighed cores_;
};

Discipline line_discipline(QueueDiscipline discipline) {
  switch (discipline) {
    case QueueDiscipline::lifo:
      return Discipline::lifo;
    case QueueDiscipline::priority:
      return Discipline::priority;
    case QueueDiscipline::fifo:
    case QueueDiscipline::processor_sharing:
    case QueueDiscipline::adaptive_lifo:
    case QueueDiscipline::codel:
    case QueueDiscipline::folly_codel:
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
  std::uint64_t most = params.blocking ? steps::computing_at_once(params.work) : 1;
  if (params.blocking && params.sessions) {
    most = std::max(most, steps::computing_at_once(params.sessions->login));
    if (params.sessions->token && params.sessions->token->refresh)
      most = std::max(most, steps::computing_at_once(*params.sessions->token->refresh));
  }
  most *= params.workers;
  return most < 0xffff'ffff ? static_cast<std::uint32_t>(most) : 0;
}

/// Whether the place in the line depends on nothing but when a request came.
bool waits_plainly(const ServiceParams& params) {
  return params.queue.discipline != QueueDiscipline::priority &&
         params.queue.discipline != QueueDiscipline::adaptive_lifo && !params.queue.patience &&
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

LineControl line_control(const QueueParams& queue, Time now) {
  const std::int64_t start = nanoseconds(now);
  switch (queue.discipline) {
    case QueueDiscipline::adaptive_lifo:
      return LineControl(resilience::AdaptiveLifo(
          queue.adaptive_lifo.value_or(overload::AdaptiveLifoParams{}).options(), start));
    case QueueDiscipline::codel:
      return LineControl(
          resilience::Codel(queue.codel.value_or(overload::CodelParams{}).options()));
    case QueueDiscipline::folly_codel:
      return LineControl(resilience::FollyCodel(
          queue.folly_codel.value_or(overload::FollyCodelParams{}).options(), start));
    default:
      return {};
  }
}

Server::Server(Service& service, std::uint32_t index, Zone zone)
    : Instance(service, index, zone),
      service_(service),
      workers_(service.world().simulation, service.params().workers, line(service.params())),
      processor_(service.world().simulation, cores_of(service.params()),
                 computing_at_once(service.params())),
      control_(line_control(service.params().queue, service.world().now())),
      gate_(service.admissions().gate(*this)),
      plain_line_(waits_plainly(service.params())),
      workers_there_(service.params().workers) {
  if (service.params().speed != Factor{1}) slowdown_changed();
  const ProcessParams& process = service.params().process;
  const bool hosted = service.params().deployment.pod.has_value();
  if (process.does_anything() || hosted)
    process_ = std::make_unique<Process>(*this, process, hosted, processor_,
                                         shares(service.params()) ? nullptr : &workers_,
                                         [this] { service_.is_up(); });
  if (const Sessions* const sessions = service.sessions(); sessions && sessions->in_process()) {
    const std::uint64_t each = service.params().sessions->in_process->memory.count;
    sessions_.emplace(service.world().simulation, sessions->timeout(),
                      [this, each](std::size_t held) {
                        if (process_) process_->keeps(held * each);
                      });
  }
}

void Server::reconfigure() {
  const ServiceParams& params = service_.params();
  const Time now = service_.world().now();
  if (workers_.servers() != params.workers && !shares(params)) {
    workers_there_.change(service_.deployment() ? present_integral(now) : seconds(now),
                          params.workers);
    workers_.resize(params.workers);
    if (!params.cores) processor_.set_cores(params.workers);
  }
  workers_.set_capacity(line(params).capacity);
  plain_line_ = waits_plainly(params);
  service_.admissions().follow(gate_, *this);
  slowdown_changed();
}

void Server::started() {
  control_ = line_control(service_.params().queue, service_.world().now());
  gate_ = service_.admissions().gate(*this);
  if (process_) process_->started();
  enter_host();
  if (ready()) service_.is_up();
}

void Server::enter_host() {
  if (cluster::HostCpu* const host = service_.host_of(*this))
    process_->enter(*host, service_.host_weight());
}

Listener* Server::listener() {
  if (!listener_)
    listener_ = std::make_unique<Listener>(*this, service_.params().network, processor_,
                                           shares(service_.params()) ? nullptr : &workers_);
  return listener_.get();
}

void Server::slowdown_changed() {
  processor_.set_slowdown(slowdown() / service_.params().speed.value);
}

bool Server::reads_clock() const {
  return (service_.params().sessions && service_.params().sessions->token) ||
         service_.admissions().reads_clock() || any_reads_clock(service_.program().sites());
}

Instance* Server::host() const {
  return service_.node_of(*this);
}

bool Server::has_memory_limit() const {
  return service_.params().process.memory.has_value();
}

Duration Server::start_time() const {
  return service_.start_time(*this);
}

double Server::busy_integral(Time now) const {
  return shares(service_.params()) ? processor_.busy_integral(now) : workers_.busy_integral(now);
}

AcquireOptions Server::line_options(const Request& request) {
  AcquireOptions options;
  options.deadline = control_.came(workers_, service_.world().now());
  options.priority = request.priority;
  if (service_.params().deadline == DeadlineUse::honoured)
    options.deadline = std::min(options.deadline, request.deadline);
  if (service_.params().queue.patience)
    options.deadline =
        std::min(options.deadline, service_.world().simulation.after(patience_of(request)));
  return options;
}

Duration Server::patience_of(const Request& request) const {
  RequestRandom random(service_.patience_key(), request.id, request.path);
  return service_.params().queue.patience->draw(random);
}

Status Server::unserved(LeaseStatus why, const Request& request, Time arrived) const {
  if (why == LeaseStatus::rejected) return Status::rejected;
  // The line threw it out, unless it left on its own before that.
  const bool on_its_own = service_.params().queue.discipline != QueueDiscipline::adaptive_lifo ||
                          (service_.params().deadline == DeadlineUse::honoured &&
                           request.deadline <= service_.world().now()) ||
                          (service_.params().queue.patience &&
                           arrived + patience_of(request) <= service_.world().now());
  return on_its_own ? Status::abandoned : Status::rejected;
}

Task<> Server::serve(Served served) {
  const Process::Use memory(process_.get());
  const Endpoint* const endpoint = service_.endpoint(served.request().endpoint);
  if (endpoint == nullptr) {
    served.reply(Status::error);
    co_return;
  }
  Work work{served.request(), *this, processor_, &served};
  if (endpoint->priority) work.request.priority = *endpoint->priority;
  work.stretch = endpoint->stretch.product();
  Simulation& simulation = service_.world().simulation;
  admission::Gate::Pass pass;
  if (gate_ != nullptr) {
    const bool let_in = co_await gate_->lets_in(*this, work.request, pass);
    if (!let_in) {
      served.reply(Status::rejected);
      co_return;
    }
  }
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
      const Status status = unserved(worker.status(), work.request, arrived);
      pass.ended(status);
      served.reply(status);
      co_return;
    }
    if (control_.does_anything() && !control_.serves(workers_, arrived, simulation.now())) {
      control_.turn(workers_, simulation.now());
      worker.release();
      pass.ended(Status::rejected);
      served.reply(Status::rejected);
      co_return;
    }
  }
  const Time started = simulation.now();
  service_.wait().record(started, started - arrived);
  trace_wait(service_.world(), work.request, *this, WaitFor::worker, arrived);
  Status status = Status::ok;
  const Compiled* only = Program::only_computation(endpoint->block);
  if (Sessions* const sessions = service_.sessions(); sessions != nullptr) [[unlikely]] {
    only = nullptr;  // the worker may have been given back
    status = co_await sessions->enter(sessions_ ? &*sessions_ : nullptr, work);
  }
  if (only != nullptr)
    co_await service_.program().compute(*only, work);
  else if (status == Status::ok)
    status = co_await service_.program().run(endpoint->block, work);
  if (served) {
    const Duration sleep = served.sleeps();
    if (sleep > Duration{0}) [[unlikely]]
      co_await simulation.delay(sleep);
  }
  service_.service().record(simulation.now(), simulation.now() - started);
  if (process_) process_->served();
  service_.served(*this, simulation.now() - arrived);
  if (control_.does_anything()) control_.turn(workers_, simulation.now());
  if (worker_leaks_.any()) [[unlikely]]
    leak_worker(worker, work.request);
  worker.release();
  const Reply reply = Reply::after(status);
  pass.ended(reply.status);
  if (served) served.reply(reply);
}

void Server::leak_worker(Lease& worker, const Request& request) {
  if (!worker) return;  // it was given back before, to wait
  RequestRandom random(service_.leak_key(), request.id, request.path);
  if (auto until = worker_leaks_.keeper(random.uniform()))
    tasks().spawn(Keeping::keep(std::move(worker), std::move(until)));
}

std::string Service::lacks_query(const Query& query) const {
  const std::vector<std::string> names = endpoints_.names();
  if (names.empty()) return "has no \"endpoints\" of which one could be slow";
  if (!query.endpoint) return "has several kinds of work: say which \"endpoint\"";
  return std::find(names.begin(), names.end(), *query.endpoint) != names.end()
             ? ""
             : "has no endpoint " + in_quotes(*query.endpoint);
}

std::string Service::lacks_lock(const LockName& name) const {
  if (!name.lock) return "has neither rows nor a table: say which \"lock\" of its steps";
  const steps::Locks* const locks = program_->locks(*name.lock);
  if (locks == nullptr) return "has no step with the lock " + in_quotes(*name.lock);
  if (locks->keyed && !name.key)
    return "has a lock " + in_quotes(*name.lock) + " for each key: say which \"key\"";
  if (!locks->keyed && name.key)
    return "has one lock " + in_quotes(*name.lock) + ", whatever the key";
  return "";
}

std::unique_ptr<HasLocks::Hold> Service::hold_lock(const LockName& name, std::string& holder) {
  auto until = std::make_shared<Keeping>(world().simulation);
  const auto there = std::find_if(instances().begin(), instances().end(),
                                  [](const auto& instance) { return instance->up(); });
  holder = id();
  if (there != instances().end()) {
    holder = (*there)->label();
    (*there)->tasks().spawn(
        Program::hold(*program_->locks(*name.lock), name.key.value_or(0), until));
  }
  return std::make_unique<HeldLock>(std::move(until));
}

std::vector<std::string> Service::changeable() const {
  std::vector<std::string> names = steps::changeable_steps("endpoints");
  const auto add = [&](const char* name) { names.push_back(name); };
  add("=service_time");
  add("start_time");
  add("speed");
  for (std::string& name : admission::Admissions::changeable()) names.push_back(std::move(name));
  // Pressure is measured against the line and the workers that there are at first.
  const bool measured = params().admission.shed && !params().admission.shed->capacity;
  if (!shares(params())) {
    add("queue.patience");
    add("deadline");
    if (!measured) add("queue.capacity");
    // Cores that are no limit have no line of their own.
    if (!measured && !(params().cores && cores_limit_nothing())) add("workers");
  }
  if (!autoscaler_ && world().reserved(id())) add("replicas");
  if (autoscaler_) {
    add("autoscaler.max_replicas");
    if (!autoscaler_->scales_to_zero()) add("autoscaler.min_replicas");
  }
  return names;
}

bool Service::cores_limit_nothing() const {
  const std::uint32_t at_once = computing_at_once(params());
  return at_once > 0 && *params().cores >= static_cast<double>(at_once);
}

void Service::reconfigure(const Blueprint& changed) {
  const Time now = world().now();
  const double so_far = there(now);
  params_ = &params_in<ServiceParams>(changed);
  workers_.change(so_far, params().workers);
  endpoints_.reconfigure(params().work);
  admissions_.reconfigure(params().admission,
                          params().workers + params().queue.capacity.value_or(0));
  for (const auto& instance : instances()) static_cast<Server&>(*instance).reconfigure();
  cores_.change(so_far, static_cast<const Server&>(*instances().front()).processor().cores());
  if (autoscaler_)
    autoscaler_->set_bounds(params().autoscaler->bounds());
  else if (deployment_)
    deployment_->scale(params().replicas);
}

void Service::make_autoscaler() {
  const auto work_of = [](const Instance& instance, Time now) {
    const Processor& processor = static_cast<const Server&>(instance).processor();
    return autoscaling::Work{processor.busy_integral(now), instance.in_flight_integral(now),
                             instance.received()};
  };
  const double cores = static_cast<const Server&>(*instances().front()).processor().cores();
  autoscaler_.emplace(*this, *deployment_, *params().autoscaler, cores, work_of);
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
  const auto there = [this](Time now) { return this->there(now); };
  cores_ = Weighed(static_cast<const Server&>(*instances().front()).processor().cores());
  owner.time_ratio("utilization", total(&Server::busy_integral),
                   [this](Time now) { return workers_.total(this->there(now)); });
  owner.time_ratio(
      "cpu_utilization",
      [this](Time now) {
        double sum = 0;
        for (const auto& instance : instances())
          sum += static_cast<const Server&>(*instance).processor().busy_integral(now);
        return sum;
      },
      [this](Time now) { return cores_.total(this->there(now)); });
  if (deployment_) deployment_->measure(owner);
  if (autoscaler_) autoscaler_->measure(owner);
  if (params().process.does_anything()) {
    std::vector<const Process*> processes;
    for (const auto& instance : instances())
      processes.push_back(static_cast<const Server&>(*instance).process());
    measure_processes(owner, params().process, std::move(processes), there);
  }
  if (members_) members_->measure(owner);
  if (sessions_) sessions_->measure(owner, total(&Server::sessions_integral));
  if (params().network.accept || params().network.bandwidth) {
    std::vector<const Listener*> listeners;
    for (const auto& instance : instances()) listeners.push_back(instance->listener());
    measure_listeners(owner, params().network, std::move(listeners), there);
  }
  owner.time_average("queue_length", total(&Server::waiting_integral));
  wait_ = &owner.tally("wait_ms");
  service_time_ = &owner.tally("service_ms");
  for (const auto& instance : instances()) {
    const auto& server = static_cast<const Server&>(*instance);
    Recorder::Owner& own = measure(server);
    own.time_ratio(
        "utilization", [&server](Time now) { return server.busy_integral(now); },
        [this, &server](Time now) {
          return server.workers().total(deployment_ ? server.present_integral(now) : seconds(now));
        });
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
  for (MetricInfo& metric : admission::admission_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : deployment::deployment_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : process_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : session_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : listener_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : autoscaling::autoscaler_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : membership::membership_metrics()) metrics.push_back(std::move(metric));
  return model_kind<Service>("service",
                             "A replicated process with workers, cores and a waiting line.",
                             "Kleinrock 1975; SCENARIO: service", std::move(metrics));
}

}  // namespace highwater::service
