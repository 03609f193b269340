/// client: traffic, open or closed, from users outside the system.
///
/// Assumes  users never give up but by their timeout, and do not talk to each other.
/// Source   Schroeder, Wierman, Harchol-Balter, Open Versus Closed: A Cautionary Tale, NSDI 2006.
/// Checked  tests/models/client_test.cpp, tests/scenarios/textbook_test.cpp.

#include "models/client/client.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>

#include "engine/model/tracer.h"
#include "models/calls/pools_to.h"
#include "models/client/access_log.h"
#include "models/client/request_log.h"
#include "models/weak_points.h"

namespace highwater::client {
namespace {

// Ids of requests: the client's number above, its own count below. 2^40 requests of a client are
// more than any run can hold time for. The upper half is for requests that only come because a
// fault changes the load: the others keep their ids, and with those their draws.
constexpr unsigned kRequestBits = 40;
constexpr std::uint64_t kBesides = std::uint64_t{1} << (kRequestBits - 1);

class Client;

/// "05-17 10:00", or "12 h" from the file's own zero where it has no dates.
std::string hour_label(std::int64_t begin_s, bool is_date) {
  if (!is_date) return std::to_string(begin_s / 3600) + " h";
  const std::chrono::sys_seconds at{std::chrono::seconds{begin_s}};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(at - day).count();
  return two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
         " " + two(static_cast<unsigned>(hour)) + ":00";
}

/// The users' end of the connection, one for each zone they are in: what a client sends from. It is
/// never called.
class Outside final : public Instance {
 public:
  Outside(Component& client, std::uint32_t index, Zone zone) : Instance(client, index, zone) {}

  /// Faults let all that is sent wait for the next whole `every` since then.
  struct Herd {
    Time since;
    Duration every;
    friend bool operator==(const Herd&, const Herd&) = default;
  };
  bool is_herd() const { return !herds_.empty(); }
  void gather(const Herd& herd) { herds_.push_back(herd); }
  void scatter(const Herd& herd) {
    const auto found = std::find(herds_.begin(), herds_.end(), herd);
    if (found != herds_.end()) herds_.erase(found);
  }
  /// When the herd goes next, now included; the first of several.
  Time goes(Time now) const {
    Time first = kNever;
    for (const Herd& herd : herds_)
      first = std::min(first, now + (herd.every - (now - herd.since) % herd.every) % herd.every);
    return first;
  }

 private:
  std::vector<Herd> herds_;

  void receive(Served served) override { served.reply(Status::error); }
};

class Client final : public Component,
                     public HasKeys,
                     public HasPools,
                     public CanHerd,
                     public LoadSource {
 public:
  using Params = ClientParams;
  using Prepared = Trace;

  /// Loads the trace to replay; empty for all other arrivals.
  static constexpr bool kCostsNothing = true;
  static Trace prepare(const ClientParams& params, Preparation& preparation);

  Client(World& world, std::string id, const ClientParams& params, const Trace& trace);

  void connect(Directory& directory) override;
  void start() override;
  void examine(const Examination& examination) const override;
  std::uint64_t completed() const override { return log_.completed(); }
  std::uint64_t keys() const override { return popularity_ ? popularity_->items() : 0; }
  void heat(Heat& heat) override {
    if (heat.number == 0) heat.number = ++heats_begun_;
    const auto place = std::find_if(heats_.begin(), heats_.end(),
                                    [&](const Heat* other) { return other->number > heat.number; });
    heats_.insert(place, &heat);
  }
  void cool(const Heat& heat) override { std::erase(heats_, &heat); }
  std::vector<ConnectionPools*> pools_to(const Component& callee) override {
    return highwater::pools_to(sites_, callee);
  }
  bool herds_every() const override { return true; }
  void gather(Instance& instance, Time since, Duration every) override {
    static_cast<Outside&>(instance).gather({since, every});
  }
  void scatter(Instance& instance, Time since, Duration every) override {
    static_cast<Outside&>(instance).scatter({since, every});
  }
  bool has_steady_state() const override {
    return !params().arrivals.as<TraceArrivals>() && !params().arrivals.as<StagesArrivals>() &&
           !params().arrivals.as<DiurnalArrivals>();
  }
  std::vector<std::string> changeable() const override;
  void reconfigure(const Blueprint& changed) override;
  void spike(double factor) override;
  void end_spike(double factor) override;
  std::uint64_t original_users() const {
    const ClosedArrivals* closed = original_.arrivals.as<ClosedArrivals>();
    return closed ? closed->closed.users : 0;
  }
  std::uint64_t users() const override {
    const ClosedArrivals* closed = params().arrivals.as<ClosedArrivals>();
    return closed ? closed->closed.users : 0;
  }

 private:
  void arrive();
  void schedule_next();
  void send_batch(Time intended);
  void send(const Request& request);
  Task<> send_with_herd(Request request, Outside& from);
  void replay_one();
  void replay_more(const TraceRecord& record, Request request);
  Task<> replay_late(Request request, Duration wait);
  void arrive_besides();
  void take_params(const ClientParams& params);
  void adjust_load();
  void schedule_besides();
  bool keeps(std::uint64_t number) const;
  Task<> one_request(Request request, Instance& from);
  Task<> one_session(Request first, Instance& from);
  /// Where the users are from whom the `number`-th thing comes.
  Outside& outside(std::uint64_t number) const {
    return static_cast<Outside&>(*instances()[number % instances().size()]);
  }
  Task<> one_user(std::uint64_t user, std::uint64_t life);
  /// @param besides  It is one that only comes because a fault changes the load.
  Request make_request(Time intended, bool besides = false);
  static std::uint64_t how_many(const Times& times, RandomKey key, std::uint64_t number);

  /// What faults make of the load; from the first of them on.
  struct Load {
    std::vector<double> factors;
    double factor = 1;
    double kept = 1;  // of the arrivals that come without them
    std::uint64_t next_id = 0;
    std::uint64_t arrivals = 0;
    std::uint64_t forms = 0;  // of arrivals that took the place of others
    RandomKey keep_key, copy_key;
    std::optional<ScaledArrivals> besides;
    bool instead = false;  // of the arrivals that come without them
    Value arrivals_now;
    // Of a closed loop.
    std::uint64_t wanted = 0;
    std::uint64_t lives = 0;
    std::vector<bool> running;  // users
  };

  const ClientParams& params() const { return *params_; }
  const ClientParams* params_;
  const ClientParams& original_;
  const Trace& trace_;
  Recorder::Owner& owner_;
  RequestLog log_;
  std::uint64_t next_id_;
  RandomKey key_key_, endpoint_key_, batch_key_, session_key_, think_key_;
  std::optional<KeyPopularity> popularity_;
  std::vector<const Heat*> heats_;
  std::uint64_t heats_begun_ = 0;
  struct Target {
    Symbol endpoint;
    Operation operation;
  };
  struct Share {
    double up_to;  // running sum
    Target target;
  };
  Target target_of(const std::string& endpoint) const;
  static void aim(Request& request, const Target& target) {
    request.endpoint = target.endpoint;
    request.operation = target.operation;
  }

  std::vector<Share> mix_;
  std::vector<Target> trace_targets_;
  std::unique_ptr<ArrivalProcess> process_;
  const Times* batch_ = nullptr;  // null for single arrivals
  std::size_t replayed_ = 0;
  std::uint64_t arrivals_ = 0;
  std::deque<CallSite> sites_;  // one, once connected
  CallSite* site_ = nullptr;
  const Directory* directory_ = nullptr;
  Timer<&Client::arrive> arrival_;
  std::unique_ptr<Load> load_;  // null until a fault changes something
  Timer<&Client::arrive_besides> besides_;
};

std::string percent(double share) {
  const auto tenths = static_cast<std::int64_t>(std::floor(share * 1000 + 0.5));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
}

/// Requests of each hour of the log, hours without any left out.
BarChart hourly_load(const TraceReport& report) {
  BarChart chart{"", "Hourly load of the log", "requests", {}, {}};
  for (const TraceReport::Hour& hour : report.hours) {
    chart.labels.push_back(hour_label(hour.begin_s, report.since_1970));
    chart.values.push_back(static_cast<double>(hour.requests));
  }
  return chart;
}

/// A number for each client of a run, so that ids of requests are distinct.
std::uint64_t client_number(World& world) {
  return world.clients++;
}

Client::Client(World& world, std::string id, const ClientParams& params, const Trace& trace)
    : Component(world, std::move(id), "client"),
      params_(&params),
      original_(params),
      trace_(trace),
      owner_(world.recorder.owner(this->id())),
      log_(world, owner_),
      next_id_(client_number(world) << kRequestBits),
      key_key_(world.key(this->id(), "key")),
      endpoint_key_(world.key(this->id(), "endpoint")),
      batch_key_(world.key(this->id(), "batch")),
      session_key_(world.key(this->id(), "session")),
      think_key_(world.key(this->id(), "think")),
      arrival_(*this),
      besides_(*this) {
  const std::size_t ends = std::max<std::size_t>(1, params.zones.size());
  for (std::uint32_t i = 0; i < ends; ++i)
    add(std::make_unique<Outside>(
        *this, i, params.zones.empty() ? kOutside : world.network.zone(params.zones[i])));
  if (params.keys) popularity_ = params.keys->popularity();
  take_params(params);
  for (const std::string& endpoint : trace.endpoints) trace_targets_.push_back(target_of(endpoint));
}

void Client::take_params(const ClientParams& params) {
  params_ = &params;
  mix_.clear();
  double sum = 0;
  for (const auto& entry : params.mix) {
    sum += entry.value.value;
    mix_.push_back({sum, target_of(entry.key)});
  }
}

Client::Target Client::target_of(const std::string& endpoint) const {
  Operation operation = Operation::read;
  for (const std::string_view method : {"POST ", "PUT ", "PATCH "})
    if (endpoint.starts_with(method)) operation = Operation::write;
  if (endpoint.starts_with("DELETE ")) operation = Operation::remove;
  return {world().symbols.intern(endpoint), params().op.value_or(operation)};
}

void Client::connect(Directory& directory) {
  Edge& edge = directory.edge(*this, directory.component(params().calls.to.id));
  const CallPolicy& policy = params().calls.policy;
  sites_.emplace_back(world(), edge, policy, 0, fallback_edge(directory, *this, policy));
  site_ = &sites_.front();
  site_->route_by(params().calls.routing, directory);
  directory_ = &directory;
  measure_calls(owner_, sites_, instances().size());
}

void Client::start() {
  process_ = make_arrivals(params().arrivals, world().stream(id(), "arrivals"));
  std::visit(
      [this](const auto& form) {
        if constexpr (requires { form.batch; }) batch_ = form.batch ? &*form.batch : nullptr;
      },
      params().arrivals.form);
  if (const ClosedArrivals* arrivals = params().arrivals.as<ClosedArrivals>()) {
    for (std::uint64_t user = 0; user < arrivals->closed.users; ++user)
      outside(user).tasks().spawn(one_user(user, 0));
    return;
  }
  schedule_next();
}

void Client::examine(const Examination& examination) const {
  const Component& callee = site_->callee();
  const auto require = [&](const char* key, const std::string& endpoint) {
    const Value* const given = examination.where.find(key);
    const Value* const exact = given != nullptr ? given->find(endpoint) : nullptr;
    const std::string path = pointer_to(examination.path, key);
    require_endpoint(callee, endpoint,
                     exact   ? *exact
                     : given ? *given
                             : examination.where,
                     exact ? pointer_to(path, endpoint) : path, examination.problems);
  };
  // As it is written, since the client may be about to be changed.
  std::vector<std::string> mix;
  if (const Value* const given = examination.where.find("mix"))
    for (const Value::Member& member : given->members()) mix.push_back(member.key);
  for (const std::string& endpoint : mix) require("mix", endpoint);
  // A log may name what the system does not answer: those requests fail, as they should.
  if (mix.empty() && trace_.records.empty()) require("mix", "");
  if (const Value* const calls = examination.where.find("calls")) {
    std::vector<std::string> endpoints = mix;
    if (mix.empty() && trace_.records.empty()) endpoints.push_back("");
    examine_routing(*calls, pointer_to(examination.path, "calls"), params().calls.to.id, endpoints,
                    *directory_, examination.problems);
  }
}

void Client::schedule_next() {
  if (process_ == nullptr) {
    if (replayed_ < trace_.records.size())
      world().simulation.schedule_at(arrival_, Time{} + trace_.records[replayed_].offset);
    return;
  }
  const std::optional<Time> next = process_->next(world().now());
  if (next) world().simulation.schedule_at(arrival_, *next);
}

void Client::arrive() {
  if (process_ == nullptr)
    replay_one();
  else
    send_batch(world().now());
  schedule_next();
}

void Client::replay_one() {
  const TraceRecord& record = trace_.records[replayed_++];
  Request request = make_request(world().now());
  if (!popularity_) request.key = record.key;
  if (mix_.empty()) aim(request, trace_targets_[record.endpoint]);
  if (load_ != nullptr) [[unlikely]] {
    if (!keeps(request.id)) return;
    replay_more(record, request);
  }
  send(request);
}

std::uint64_t Client::how_many(const Times& times, RandomKey key, std::uint64_t number) {
  if (const steps::FixedTimes* fixed = times.as<steps::FixedTimes>()) return fixed->times;
  const double again = times.as<steps::GeometricTimes>()->geometric.p.value;
  RequestRandom random(key, number, 0);
  std::uint64_t count = 1;
  while (random.uniform() < again) ++count;
  return count;
}

void Client::send_batch(Time intended) {
  const std::uint64_t requests = batch_ == nullptr ? 1 : how_many(*batch_, batch_key_, ++arrivals_);
  if (load_ != nullptr && !keeps(next_id_)) [[unlikely]] {
    next_id_ += requests;  // they did not come, and the others are who they are
    return;
  }
  for (std::uint64_t i = 0; i < requests; ++i) send(make_request(intended));
}

void Client::send(const Request& request) {
  Outside& from = outside(request.id);
  if (from.is_herd()) [[unlikely]]
    from.tasks().spawn(send_with_herd(request, from));
  else if (params().session)
    from.tasks().spawn(one_session(request, from));
  else
    from.tasks().spawn(one_request(request, from));
}

Task<> Client::send_with_herd(Request request, Outside& from) {
  request.intended = from.goes(world().now());
  co_await world().simulation.until(request.intended);
  if (params().session)
    co_await one_session(request, from);
  else
    co_await one_request(request, from);
}

Request Client::make_request(Time intended, bool besides) {
  Request request;
  request.id = besides ? load_->next_id++ : next_id_++;
  request.intended = intended;
  request.priority = static_cast<std::uint8_t>(params().priority);
  request.operation = params().op.value_or(Operation::read);
  if (popularity_) {
    RequestRandom random(key_key_, request.id, 0);
    request.key = popularity_->draw(random);
    for (const Heat* const heat : heats_) {
      RequestRandom turns(heat->draws, request.id, 0);
      if (turns.uniform() < heat->share) request.key = heat->keys[turns.below(heat->keys.size())];
    }
  }
  if (!mix_.empty()) {
    RequestRandom random(endpoint_key_, request.id, 0);
    const double uniform = random.uniform();
    std::size_t i = 0;
    // The last one takes what rounding leaves of 100 %.
    while (i + 1 < mix_.size() && uniform >= mix_[i].up_to) ++i;
    aim(request, mix_[i].target);
  }
  return request;
}

Task<> Client::one_request(Request request, Instance& from) {
  log_.issued(request.intended);
  Tracer* const tracer = world().tracer;
  if (tracer != nullptr) tracer->began(request, *this);
  Reply reply;
  if (site_->is_plain())
    reply = co_await Call(*site_, from, request);
  else
    reply = co_await site_->call(from, request);
  log_.ended(request.intended, reply.cause());
  if (tracer != nullptr) tracer->ended(request, *this, reply.cause());
}

Task<> Client::one_session(Request first, Instance& from) {
  const std::uint64_t requests = how_many(params().session->requests, session_key_, first.id);
  RequestRandom think(think_key_, first.id, 0);
  Request request = first;
  for (std::uint64_t sent = 1;; ++sent) {
    co_await one_request(request, from);
    if (sent >= requests) co_return;
    const Duration pause = params().session->think.draw(think);
    co_await world().simulation.delay(pause);
    request = make_request(world().now(), (first.id & kBesides) != 0);
    request.key = first.key;  // a session is about one user's data
    if (mix_.empty()) aim(request, {first.endpoint, first.operation});
  }
}

Task<> Client::one_user(std::uint64_t user, std::uint64_t life) {
  RequestRandom random(think_key_, user, life);
  for (;;) {
    const Duration pause = params().arrivals.as<ClosedArrivals>()->closed.think.draw(random);
    co_await world().simulation.delay(pause);
    const Outside& from = outside(user);
    if (from.is_herd()) co_await world().simulation.until(from.goes(world().now()));
    if (load_ != nullptr && user >= load_->wanted) [[unlikely]] {
      load_->running[user] = false;
      co_return;
    }
    const Request request = make_request(world().now(), life > 0);
    if (params().session)
      co_await one_session(request, outside(user));
    else
      co_await one_request(request, outside(user));
  }
}

// What faults make of the load.

void Client::spike(double factor) {
  if (load_ == nullptr) adjust_load();
  load_->factors.push_back(factor);
  adjust_load();
}

void Client::end_spike(double factor) {
  const auto found = std::find(load_->factors.begin(), load_->factors.end(), factor);
  HIGHWATER_CHECK(found != load_->factors.end());
  load_->factors.erase(found);
  adjust_load();
}

std::vector<std::string> Client::changeable() const {
  std::vector<std::string> names{"mix", "priority"};
  if (params().arrivals.as<ClosedArrivals>())
    names.push_back("arrivals.closed");
  else if (!params().arrivals.as<TraceArrivals>())
    for (const char* form :
         {"poisson", "constant", "renewal", "mmpp", "stages", "diurnal", "batch"})
      names.push_back(std::string("arrivals.") + form);
  for (std::string& name : changeable_policy("calls.")) names.push_back(std::move(name));
  return names;
}

void Client::reconfigure(const Blueprint& changed) {
  take_params(params_in<ClientParams>(changed));
  site_->reconfigure(params().calls.policy);
  adjust_load();
}

void Client::adjust_load() {
  const Time now = world().now();
  if (load_ == nullptr) {
    load_ = std::make_unique<Load>();
    load_->next_id = next_id_ >> kRequestBits << kRequestBits | kBesides;
    load_->keep_key = world().key(id(), "arrivals that are kept");
    load_->copy_key = world().key(id(), "copies of a trace");
    load_->running.assign(original_users(), true);
    load_->arrivals_now = Quantity<Arrivals>::write(original_.arrivals);
  }
  Load& load = *load_;
  // Multiplied anew: dividing would leave a rounding error behind for the rest of the run.
  load.factor = 1;
  for (const double each : load.factors) load.factor *= each;
  if (const ClosedArrivals* closed = params().arrivals.as<ClosedArrivals>()) {
    const double users = static_cast<double>(closed->closed.users) * load.factor + 0.5;
    load.wanted = static_cast<std::uint64_t>(std::min(users, static_cast<double>(kMostUsers)));
    if (load.running.size() < load.wanted) load.running.resize(load.wanted, false);
    for (std::uint64_t user = 0; user < load.wanted; ++user) {
      if (load.running[user]) continue;
      load.running[user] = true;
      outside(user).tasks().spawn(one_user(user, ++load.lives));
    }
    return;
  }
  Value arrivals = Quantity<Arrivals>::write(params().arrivals);
  if (process_ != nullptr && !(arrivals == load.arrivals_now)) {
    load.arrivals_now = std::move(arrivals);
    load.instead = !(load.arrivals_now == Quantity<Arrivals>::write(original_.arrivals));
    load.besides.reset();
    ++load.forms;
  }
  load.kept = load.instead ? 0 : std::min(1.0, load.factor);
  const double more = load.instead ? load.factor : std::max(0.0, load.factor - 1);
  if (process_ == nullptr) return;  // copies of a trace come with what they are copies of
  if (!load.besides) {
    if (more == 0) return world().simulation.cancel(besides_);
    load.besides.emplace(
        params().arrivals, world().stream(id(), "arrivals besides " + std::to_string(load.forms)),
        world().stream(id(), load.instead ? "bursts " + std::to_string(load.forms) : "arrivals"));
  }
  load.besides->set_scale(now, more);
  schedule_besides();
}

void Client::schedule_besides() {
  const std::optional<Time> next = load_->besides->next(world().now());
  if (next && *next < kNever)
    world().simulation.reschedule_at(besides_, *next);
  else
    world().simulation.cancel(besides_);
}

void Client::arrive_besides() {
  const Time now = world().now();
  load_->besides->arrived(now);
  const Batch* batch = nullptr;
  std::visit(
      [&](const auto& form) {
        if constexpr (requires { form.batch; }) batch = &form.batch;
      },
      params().arrivals.form);
  std::uint64_t requests = 1;
  if (batch != nullptr && *batch)
    requests = how_many(**batch, batch_key_, kBesides | ++load_->arrivals);
  for (std::uint64_t i = 0; i < requests; ++i) send(make_request(now, true));
  schedule_besides();
}

/// Whether an arrival comes in spite of what makes them fewer.
bool Client::keeps(std::uint64_t number) const {
  if (load_->kept >= 1) return true;
  RequestRandom random(load_->keep_key, number, 0);
  return random.uniform() < load_->kept;
}

/// Copies of a record come evenly between it and the next one.
void Client::replay_more(const TraceRecord& record, Request request) {
  if (load_->factor <= 1) return;
  RequestRandom random(load_->copy_key, request.id, 0);
  const double more = load_->factor - 1;
  auto copies = static_cast<std::uint64_t>(more);
  if (random.uniform() < more - static_cast<double>(copies)) ++copies;
  const Duration gap = replayed_ < trace_.records.size()
                           ? trace_.records[replayed_].offset - record.offset
                           : Duration{0};
  for (std::uint64_t i = 0; i < copies; ++i) {
    const double share = random.uniform();
    Request copy = make_request(world().now(), true);
    if (!popularity_) copy.key = record.key;
    if (mix_.empty()) aim(copy, trace_targets_[record.endpoint]);
    const Duration wait{static_cast<Duration::rep>(share * static_cast<double>(gap.count()))};
    outside(copy.id).tasks().spawn(replay_late(copy, wait));
  }
}

Task<> Client::replay_late(Request request, Duration wait) {
  co_await world().simulation.delay(wait);
  request.intended = world().now();
  send(request);
}

Trace Client::prepare(const ClientParams& params, Preparation& preparation) {
  const TraceArrivals* replay = params.arrivals.as<TraceArrivals>();
  if (replay == nullptr) return {};
  const TraceParams& wanted = replay->trace;
  TraceReport report;
  TraceOptions options;
  options.spread = wanted.spread;
  std::optional<Trace> trace = read_trace(wanted.file.resolved, wanted.format, report, options);
  if (!trace) {
    preparation.problems.error(preparation.where.position(),
                               preparation.path + "/arrivals/trace/file",
                               wanted.file.written + ": " + report.error);
    return {};
  }
  for (std::string& sentence : sentences(report))
    preparation.notes.push_back(wanted.file.written + ": " + std::move(sentence));
  if (report.hours.size() > 1) preparation.charts.push_back(hourly_load(report));
  for (TraceRecord& record : trace->records)
    record.offset = Duration{
        static_cast<Duration::rep>(static_cast<double>(record.offset.count()) / wanted.speedup)};
  return std::move(*trace);
}

}  // namespace

void ClientParams::check(const Value& where, const std::string& path, Problems& problems) const {
  double sum = 0;
  for (const auto& entry : mix) sum += entry.value.value;
  // Room for shares like 33.3 % three times.
  if (!mix.empty() && std::abs(sum - 1) > 0.005)
    problems.error(where.position(), pointer_to(path, "mix"),
                   "the shares add up to " + percent(sum) + " instead of 100%");
  if (!calls.policy.deadline_slack) return;
  const Value* slack = where.find("calls")->find("deadline_slack");
  problems.error(slack->position(), pointer_to(pointer_to(path, "calls"), "deadline_slack"),
                 "is for calls on behalf of a caller that stops waiting; a client has none");
}

ModelKind client() {
  std::vector<MetricInfo> metrics = {
      {"throughput_rps", "/s", "Requests completed, by intended arrival."},
      {"offered_rps", "/s", "Requests meant to be sent."},
      {"failed_rps", "/s", "Requests failed or rejected, by intended arrival."},
      {"latency_ms", "ms", "From the intended arrival to the answer, of completed requests.",
       MetricShape::kTimes},
      {"failed_latency_ms", "ms", "The same of requests that failed or were rejected.",
       MetricShape::kTimes},
      {"availability", "1", "completed / (completed + failed + rejected)."},
      {"issued", "requests", "Requests sent.", MetricShape::kCount},
      {"completed", "requests", "Requests answered without error.", MetricShape::kCount},
      {"failed", "requests", "Requests that ended in an error or without an answer.",
       MetricShape::kCount},
      {"rejected", "requests", "Requests refused unserved.", MetricShape::kCount},
      {"errors", "requests", "Requests not completed, by cause.", MetricShape::kCauses}};
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  ModelKind kind = model_kind<Client>(
      "client", "Users: open or closed traffic over a mix of endpoints and keys.",
      "Schroeder, Wierman, Harchol-Balter, NSDI 2006", std::move(metrics));
  kind.info.sends_load = true;
  kind.info.callable = false;
  return kind;
}

}  // namespace highwater::client
