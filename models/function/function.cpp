/// function: a Lambda-like function. Each request holds an environment for itself; environments
/// are made when they are needed, which takes time, and given up when nobody needs them.
///
/// Which requests get an environment, which are throttled, and how fast new environments come is
/// for models/algorithms/scaling/lambda_concurrency.h to say. An instance stands for all of the
/// function's environments in one zone: killing it ends them, and the requests in them; others go
/// to the zones that are left, and begin cold where no environment waits there.
///
/// Assumes  a request goes on from the zone where it comes in to an environment in another zone in
///          no time; a time-out ends the environment (Lambda resets it and initializes it
///          again with the next request); an environment that is made serves the request that it
///          was made for, even where another is free before; initialization does not depend on
///          memory; provisioned environments are ready when the run begins, and made anew at once
///          where they were lost; what call policies remember is shared by the environments of a
///          zone; billed is by the millisecond begun, from the beginning of initialization, without
///          a charge for being provisioned.
/// Source   AWS Lambda Developer Guide: Lambda scaling behavior; Configure Lambda function memory;
///          Understanding the Lambda execution environment lifecycle; Lambda quotas. AWS Compute
///          Blog, AWS Lambda standardizes billing for INIT Phase, April 2025.
/// Checked  tests/models/function_test.cpp, tests/models/function_event_test.cpp.

#include "models/function/function.h"

#include <algorithm>

#include "engine/describe/value.h"
#include "engine/kernel/combine.h"
#include "models/function/function_component.h"
#include "models/placement.h"
#include "models/slowdown.h"

namespace highwater::function {

using scaling::LambdaOutcome;
using steps::Processor;
using steps::Work;

namespace {

/// Initialization that takes longer is broken off, and done again with the invocation.
constexpr Duration kInitLimit = 10s;

/// Whether the requests of an environment may want more cores than it has.
bool shares_cores(const FunctionParams& params) {
  const auto at_once = params.computing_at_once();
  return at_once > 1 && params.cores() < static_cast<double>(at_once);
}

}  // namespace

Environment::~Environment() {
  if (home_ != nullptr) home_->lost(*this);
}

void Environment::release() {
  home_->released(*this);
  home_ = nullptr;
}

Owed::Owed(Environments& at, Served served) : at_(&at) {
  if (at.free_owed_.empty()) {
    at.free_owed_.push_back(at.owed_.size());
    at.owed_.emplace_back();
  }
  place_ = at.free_owed_.back();
  at.free_owed_.pop_back();
  at.owed_[place_] = std::move(served);
}

Owed::~Owed() {
  if (at_ == nullptr) return;
  // The zone itself may be the one that dies: its callers see the connection break.
  if (Served served = std::move(at_->owed_[place_]); served && at_->up())
    served.reply(Reply{Status::reset}.passed_on());
  at_->free_owed_.push_back(place_);
}

Served* Owed::served() const {
  return at_ != nullptr ? &at_->owed_[place_] : nullptr;
}

/// What one request computes on: the processor of all, or where its steps share cores one that it
/// has for itself meanwhile.
class Environments::OwnProcessor {
 public:
  explicit OwnProcessor(Environments& home) : home_(home) {
    const FunctionParams& params = *home.function_.params_;
    if (!shares_cores(params)) return;
    if (home.free_processors_.empty()) {
      const std::uint64_t at_once =
          std::min<std::uint64_t>(params.computing_at_once(), 0xffff'ffff);
      home.own_processors_.emplace_back(home.function_.world().simulation, params.cores(),
                                        static_cast<std::uint32_t>(at_once));
      home.own_processors_.back().set_slowdown(home.slowdown());
      home.free_processors_.push_back(&home.own_processors_.back());
    }
    own_ = home.free_processors_.back();
    home.free_processors_.pop_back();
  }
  OwnProcessor(const OwnProcessor&) = delete;
  OwnProcessor& operator=(const OwnProcessor&) = delete;
  ~OwnProcessor() {
    if (own_ != nullptr) home_.free_processors_.push_back(own_);
  }
  Processor& get() const { return own_ != nullptr ? *own_ : home_.processor_; }

 private:
  Environments& home_;
  Processor* own_ = nullptr;
};

Environments::Environments(Function& function, std::uint32_t index, Zone zone)
    : Instance(function, index, zone),
      function_(function),
      processor_(function.world().simulation, std::nullopt, 0) {
  set_slowdown();
}

void Environments::set_slowdown() {
  processor_.set_slowdown(slowdown() / std::min(1.0, function_.params_->cores()));
}

bool Environments::reads_clock() const {
  return any_reads_clock(function_.program_->sites());
}

void Environments::slowdown_changed() {
  set_slowdown();
  for (Processor& own : own_processors_) own.set_slowdown(slowdown());
}

/// Of a handler that a fault lets sleep.
Task<Status> Environments::then_sleep(Simulation& simulation, Task<Status> handler,
                                      Duration sleep) {
  const Status status = co_await std::move(handler);
  co_await simulation.delay(sleep);
  co_return status;
}

void Environments::receive(Served served) {
  const steps::Endpoint* const endpoint = function_.endpoints_.of(served.request().endpoint);
  if (endpoint == nullptr) return served.reply(Status::error);
  if (served.asynchronous()) return function_.events_.accept(std::move(served), *endpoint);
  std::optional<Environment> environment = function_.environment_for(*this);
  if (!environment) return served.reply(Status::rejected);
  const Request request = served.request();
  Environments& home = environment->home();
  home.begin({request, *endpoint, std::move(*environment), Owed(*this, std::move(served))});
}

void Environments::begin(Invocation invocation) {
  tasks().spawn(serve(std::move(invocation)));
}

Task<> Environments::serve(Invocation invocation) {
  Simulation& simulation = function_.world().simulation;
  Beginning beginning{simulation.now(), std::nullopt};
  if (invocation.environment.is_new()) beginning = co_await initialize(invocation.request);
  const Time started = simulation.now();
  const OwnProcessor processor(*this);
  Work work{invocation.request, *this, processor.get(), invocation.answer.served()};
  const steps::Endpoint& endpoint = invocation.endpoint;
  if (endpoint.priority) work.request.priority = *endpoint.priority;
  std::optional<Status> ended;
  Task<Status> handler = function_.program_->run(endpoint.block, work);
  if (work.answer != nullptr && *work.answer) {
    const Duration sleep = work.answer->sleeps();
    if (sleep > Duration{0}) [[unlikely]]
      handler = then_sleep(simulation, std::move(handler), sleep);
  }
  if (beginning.deadline)
    ended = co_await with_deadline(simulation, std::move(handler), *beginning.deadline);
  else
    ended = co_await with_timeout(simulation, std::move(handler), *function_.timeout_);
  const Time now = simulation.now();
  function_.service_->record(now, now - started);
  function_.bill(now - beginning.billed_from);
  if (ended)
    invocation.environment.release();
  else
    end(std::move(invocation.environment));
  const Status status = ended.value_or(Status::timeout);
  if (work.answer != nullptr && *work.answer) work.answer->reply(Reply::after(status));
  invocation.event.send(status);
}

Task<Environments::Beginning> Environments::initialize(Request request) {
  Simulation& simulation = function_.world().simulation;
  RequestRandom random(function_.cold_start_key_, request.id, request.path);
  const Time arrived = simulation.now();
  const Duration placed = drawn(function_.params_->start_time, random);
  const Duration init = drawn(function_.params_->cold_start, random);
  co_await simulation.delay(placed);
  Beginning beginning{simulation.now(), std::nullopt};
  co_await simulation.delay(std::min(init, kInitLimit));
  if (init > kInitLimit) {
    beginning.deadline = simulation.after(function_.params_->timeout);
    co_await simulation.until(std::min(simulation.after(init), *beginning.deadline));
  }
  const Time now = simulation.now();
  function_.init_->record(now, now - beginning.billed_from);
  function_.cold_start_->record(now, now - arrived);
  co_return beginning;
}

Duration Environments::drawn(const Distribution& time, RequestRandom& random) const {
  return stretched(time.draw(random), slowdown());
}

/// A provisioned environment is made in the place of one that is gone.
Task<> Environments::provision() {
  RequestRandom random(function_.provision_key_, index(), ++provisions_);
  const Duration placed = drawn(function_.params_->start_time, random);
  const Duration init = drawn(function_.params_->cold_start, random);
  co_await function_.world().simulation.delay(placed + init);
  function_.account_->provision(function_.number_, index());
  function_.changed();
}

void Environments::end(Environment environment) {
  ++function_.timeouts_;
  if (environment.is_provisioned()) tasks().spawn(provision());
}

void Environments::released(const Environment& environment) {
  function_.account_->finish(function_.number_, function_.nanoseconds(),
                             environment.is_provisioned(), index());
  function_.changed();
}

void Environments::lost(const Environment& environment) {
  function_.account_->lose(function_.number_, environment.is_provisioned());
  function_.changed();
}

void Environments::killed() {
  for (Served& served : owed_) {
    const Served broken = std::move(served);
  }
  function_.account_->lose_waiting(function_.number_, index());
  function_.changed();
}

void Environments::started() {
  const auto& function = function_.account_->options().functions[function_.number_];
  const std::uint32_t its = scaling::LambdaConcurrency::provisioned_at(function, index());
  make(its);
}

void Environments::make(std::uint32_t provisioned) {
  for (std::uint32_t i = 0; i < provisioned; ++i) tasks().spawn(provision());
}

Function::Function(World& world, std::string id, const FunctionParams& params)
    : Component(world, std::move(id), "function"),
      params_(&params),
      cold_start_key_(world.key(this->id(), "cold start")),
      provision_key_(world.key(this->id(), "provisioned")),
      timeout_(&world.simulation.lane(params.timeout)),
      endpoints_(*this, params.work),
      next_given_up_(*this),
      events_(*this, params.events) {
  const std::size_t zones = params.zones.empty() ? world.network.zones() : params.zones.size();
  for (std::uint32_t i = 0; i < std::max<std::size_t>(1, zones); ++i)
    add(std::make_unique<Environments>(*this, i, place(world, params.zones, i)));
  if (!params.account.of)
    account_ = std::make_shared<scaling::LambdaConcurrency>(params.account.own.options());
  declare_metrics();
}

void Function::connect(Directory& directory) {
  join_account(directory);
  program_.emplace(*this, directory);
  endpoints_.connect(*program_, directory);
  if (params_->steps) endpoints_.add_only(*program_, *params_->steps);
  events_.connect(*program_);
  measure_calls(*owner_, program_->sites(), instances().size());
}

void Function::join_account(Directory& directory) {
  if (params_->account.of) {
    const auto& other = dynamic_cast<const Function&>(directory.component(params_->account.of->id));
    account_ = other.account_;
    misplaced_ = other.params_->account.of.has_value();
    if (misplaced_)  // examine() reports it
      account_ = std::make_shared<scaling::LambdaConcurrency>(params_->account.own.options());
  }
  number_ = account_->add(in_account());
  changed();
}

scaling::LambdaConcurrency::Function Function::in_account() const {
  scaling::LambdaConcurrency::Function function = params_->concurrency.function();
  function.idle_timeout = params_->idle.idle_timeout.count();
  function.places = static_cast<std::uint32_t>(instances().size());
  return function;
}

std::vector<std::string> Function::changeable() const {
  std::vector<std::string> names = steps::changeable_steps("endpoints");
  for (std::string& name : steps::changeable_steps("steps")) names.push_back(std::move(name));
  for (const char* name :
       {"=service_time", "reserved_concurrency", "provisioned_concurrency", "idle_timeout",
        "timeout", "start_time", "cold_start", "events.retries", "events.max_age"})
    names.push_back(name);
  if (!params_->account.of) names.push_back("account.concurrency");
  return names;
}

std::string Function::why_fixed(const std::string& parameter) const {
  if (parameter == "memory") return "with another memory it is another version, to be deployed";
  if (parameter.starts_with("account") && params_->account.of)
    return "the account is that of " + in_quotes(params_->account.of->id) + ": change it there";
  return {};
}

void Function::reconfigure(const Blueprint& changed_to) {
  params_ = &params_in<FunctionParams>(changed_to);
  timeout_ = &world().simulation.lane(params_->timeout);
  endpoints_.reconfigure(params_->work);
  if (params_->steps) endpoints_.reconfigure_only(*params_->steps);
  events_.reconfigure(params_->events);
  if (!params_->account.of)
    account_->set_account_concurrency(nanoseconds(), params_->account.own.concurrency);
  const std::vector<std::uint32_t> to_make = account_->change(number_, nanoseconds(), in_account());
  for (std::uint32_t place = 0; place < to_make.size(); ++place)
    if (zone(place).up()) zone(place).make(to_make[place]);
  changed();
}

void Function::freeze() {
  if (++frozen_ == 1) account_->freeze(number_, true);
}

void Function::unfreeze() {
  if (--frozen_ == 0) account_->freeze(number_, false);
}

Route Function::route(const Request& request, const Instance& from) {
  Environments* const up = next_up();
  return up != nullptr ? Route(up) : Component::route(request, from);
}

Environments* Function::next_up() {
  for (std::size_t looked = 0; looked < instances().size(); ++looked) {
    if (turn_ == instances().size()) turn_ = 0;
    Environments& each = zone(static_cast<std::uint32_t>(turn_++));
    if (each.up() && each.listed()) [[likely]]
      return &each;
  }
  return nullptr;
}

std::optional<Environment> Function::environment_for(const Environments& at) {
  std::uint32_t place = at.index();
  const LambdaOutcome outcome = account_->invoke(number_, nanoseconds(), place);
  ++outcomes_[static_cast<std::size_t>(outcome)];
  if (is_throttled(outcome)) return std::nullopt;
  ++invocations_;
  if (outcome == LambdaOutcome::cold) ++cold_starts_;
  changed();
  return Environment(zone(place), outcome);
}

void Function::changed() {
  const Time now = world().now();
  const std::uint32_t busy = account_->busy(number_);
  const std::size_t waiting = account_->idle(number_, nanoseconds()) + account_->ready(number_);
  concurrency_.set(now, busy);
  provisioned_busy_.set(now, account_->busy_provisioned(number_));
  existing_.set(now, static_cast<std::int64_t>(busy + waiting));
  most_at_once_ = std::max<std::uint64_t>(most_at_once_, busy);
  if (next_given_up_.pending()) return;
  if (const auto next = account_->next_given_up(number_))
    world().simulation.schedule_at(next_given_up_, Time{Duration{*next}});
}

void Function::give_up_idle() {
  changed();
}

void Function::bill(Duration time) {
  const Duration billed = std::chrono::ceil<std::chrono::milliseconds>(time);
  const double gib = static_cast<double>(params_->memory.count) / static_cast<double>(1024 * kMiB);
  billed_->record(world().now(), billed);
  billed_gb_s_ += seconds(billed) * gib;
}

void Function::examine(const Examination& examination) const {
  endpoints_.examine(examination);
  const auto wrong = [&](const std::string& what) {
    const Value* const given = examination.where.find("account");
    examination.problems.error((given != nullptr ? *given : examination.where).position(),
                               pointer_to(examination.path, "account"), what);
  };
  if (params_->account.of) {
    const std::string& named = params_->account.of->id;
    if (misplaced_)
      wrong(named == id() ? "a function cannot be in the account of itself"
                          : in_quotes(named) +
                                " is in the account of another function: "
                                "name that one");
  }
  // As it is written, for it may be otherwise than what it goes by now.
  Problems unused = examination.problems.fresh();
  const auto written = read_params<FunctionParams>(examination.where, examination.path, unused);
  const auto part_of = [](const lambda::FunctionParams& function) -> std::uint64_t {
    return function.reserved_concurrency.value_or(function.provisioned_concurrency);
  };
  const std::uint64_t taken =
      account_->taken() - part_of(params_->concurrency) + part_of(written.concurrency);
  if (params_->account.of && taken == account_->taken()) return;  // whose account it is says so
  const std::uint32_t all = params_->account.of ? account_->options().account_concurrency
                                                : written.account.own.concurrency;
  if (taken > all)
    wrong("the functions of the account reserve or provision " + std::to_string(taken) +
          " together; its concurrency is " + std::to_string(all));
}

std::map<std::string, std::uint64_t> Function::throttled() const {
  constexpr std::pair<LambdaOutcome, const char*> kCauses[] = {
      {LambdaOutcome::throttled_by_reserve, "reserved"},
      {LambdaOutcome::throttled_by_account, "account"},
      {LambdaOutcome::throttled_by_rate, "scaling_rate"},
      {LambdaOutcome::throttled_by_requests, "request_rate"}};
  std::map<std::string, std::uint64_t> causes;
  for (const auto& [outcome, name] : kCauses)
    if (const std::uint64_t count = outcomes_[static_cast<std::size_t>(outcome)]; count > 0)
      causes[name] = count;
  return causes;
}

void Function::declare_metrics() {
  Recorder::Owner& owner = measure();
  owner_ = &owner;
  const auto concurrency = [this](Time now) { return concurrency_.total(now); };
  owner.time_average("concurrency", concurrency);
  owner.most("concurrency_max", most_at_once_);
  owner.time_ratio("utilization", concurrency, [this](Time now) {
    return account_->limit_integral(number_, now.time_since_epoch().count());
  });
  owner.time_average("environments", [this](Time now) { return existing_.total(now); });
  if (params_->concurrency.provisioned_concurrency > 0)
    owner.time_ratio(
        "provisioned_utilization", [this](Time now) { return provisioned_busy_.total(now); },
        [this](Time now) {
          return account_->provisioned_integral(number_, now.time_since_epoch().count());
        });
  owner.causes("throttled", [this] { return throttled(); });
  owner.count("cold_starts", cold_starts_);
  owner.ratio("cold_start_ratio", cold_starts_, invocations_);
  cold_start_ = &owner.tally("cold_start_ms");
  init_ = &owner.tally("init_ms");
  service_ = &owner.tally("service_ms");
  owner.count("timeouts", timeouts_);
  billed_ = &owner.tally("billed_ms");
  owner.rate("billed_gb", [this](Time) { return billed_gb_s_; });
  events_.measure(owner);
  for (const auto& instance : instances()) measure(*instance);
}

ModelKind function() {
  std::vector<MetricInfo> metrics = common_component_metrics();
  metrics.insert(
      metrics.end(),
      {{"concurrency", "requests",
        "Environments that hold a request, those that begin "
        "included."},
       {"concurrency_max", "requests", "The most at once.", MetricShape::kCount},
       {"utilization", "1", "Concurrency / the most that the function may have."},
       {"environments", "environments", "Environments that there are, waiting ones included."},
       {"provisioned_utilization", "1",
        "Provisioned environments that hold a request / those "
        "asked for."},
       {"throttled", "requests",
        "Invocations refused (429): at the reserved concurrency, with none left in the account, "
        "with new environments coming too fast (scaling_rate), or more than ten a second for each "
        "unit of concurrency (request_rate).",
        MetricShape::kCauses},
       {"cold_starts", "invocations", "Invocations for which an environment was made.",
        MetricShape::kCount},
       {"cold_start_ratio", "1", "Their share of all that got an environment."},
       {"cold_start_ms", "ms", "Of those: from the arrival until the steps begin.",
        MetricShape::kTimes},
       {"init_ms", "ms", "The part of it that the initialization takes.", MetricShape::kTimes},
       {"service_ms", "ms", "From the beginning of the steps to their end.", MetricShape::kTimes},
       {"timeouts", "invocations", "Invocations ended by the function's time-out.",
        MetricShape::kCount},
       {"billed_ms", "ms",
        "Billed for an invocation: initialization and steps, in whole "
        "milliseconds.",
        MetricShape::kTimes},
       {"billed_gb", "GB", "Billed time times memory: GB-seconds a second, 1 GB being 1024 MiB."}});
  for (MetricInfo& metric : event_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  ModelKind kind = model_kind<Function>(
      "function",
      "A Lambda-like function: an environment for each request, cold starts, throttling.",
      "AWS Lambda Developer Guide", std::move(metrics));
  kind.info.publishable = true;
  return kind;
}

}  // namespace highwater::function
