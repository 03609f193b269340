#include "models/calls/call.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/describe/nearest.h"
#include "engine/describe/value.h"
#include "engine/kernel/combine.h"
#include "models/calls/outlier_report.h"

namespace highwater {
namespace {

using resilience::Admission;
using resilience::BreakerState;
using resilience::Try;
using resilience::TryResult;

RetryOn cause(Status status) {
  switch (status) {
    case Status::timeout:
      return RetryOn::timeout;
    case Status::unavailable:
      return RetryOn::unavailable;
    case Status::rejected:
      return RetryOn::rejected;
    case Status::reset:
      return RetryOn::connection_reset;
    case Status::ok:
    case Status::error:
    case Status::abandoned:
      break;
  }
  return RetryOn::error;
}

/// How a request that was let through ended, for a limit learned from latencies.
resilience::Outcome outcome_of(Status status) {
  switch (status) {
    case Status::ok:
      return resilience::Outcome::success;
    case Status::timeout:
    case Status::rejected:
      return resilience::Outcome::dropped;
    default:
      return resilience::Outcome::ignored;
  }
}

/// After so long the breaker's product gives up on a call itself.
Duration own_timeout(const BreakerParams& params) {
  RandomStream unused(RandomKey{});
  return Duration{params.make(0, unused)->call_timeout()};
}

struct Named {
  const char* name;
  std::uint64_t CallCounts::*count;
};
constexpr Named kNamed[] = {{"retries", &CallCounts::retries},
                            {"retries_denied", &CallCounts::retries_denied},
                            {"hedges", &CallCounts::hedges},
                            {"hedges_won", &CallCounts::hedges_won},
                            {"short_circuited", &CallCounts::short_circuited},
                            {"throttled", &CallCounts::throttled},
                            {"rate_limited", &CallCounts::rate_limited},
                            {"delayed", &CallCounts::delayed},
                            {"limit_reached", &CallCounts::limit_reached},
                            {"bulkhead_full", &CallCounts::bulkhead_full},
                            {"deadline_passed", &CallCounts::deadline_passed},
                            {"fallbacks", &CallCounts::fallbacks},
                            {"ejections", &CallCounts::ejections}};

/// Requests hedged beside the first are numbered apart from retries.
constexpr unsigned kHedgeBits = 16;

}  // namespace

CallCounts& CallCounts::operator+=(const CallCounts& other) {
  for (const Named& each : kNamed) this->*each.count += other.*each.count;
  return *this;
}

std::map<std::string, std::uint64_t> CallCounts::by_cause() const {
  std::map<std::string, std::uint64_t> causes;
  for (const Named& each : kNamed)
    if (this->*each.count > 0) causes[each.name] = this->*each.count;
  return causes;
}

Guard::Guard(Simulation& simulation, const CallPolicy& policy, RandomKey key)
    : bits(key), trial_ended(simulation) {
  const std::int64_t now = nanoseconds(simulation.now());
  if (policy.breaker) breaker = policy.breaker->make(now, bits);
  if (policy.retry) retry_limit = policy.retry->make_limit(now);
  if (policy.adaptive_throttling) throttle.emplace(policy.adaptive_throttling->options());
  if (policy.rate_limit) rate_limit = policy.rate_limit->make(now);
  reads_clock = policy.rate_limit && policy.rate_limit->reads_time_of_day();
  if (policy.concurrency_limit) concurrency.emplace(policy.concurrency_limit->make(bits));
  if (policy.bulkhead) max_wait = policy.bulkhead->max_wait;
  if (policy.bulkhead)
    bulkhead =
        std::make_unique<Resource>(simulation, policy.bulkhead->concurrent,
                                   ResourceOptions{Discipline::fifo, policy.bulkhead->queue});
  if (policy.hedge) {
    hedge_delay.emplace(policy.hedge->delay_of(now));
    hedge_budget.emplace(policy.hedge->budget.value, policy.hedge->burst);
    hedge_requests = policy.hedge->requests;
  }
}

/// A call that passed the breaker and the limits behind it: it reports how it ended, or, where the
/// caller is gone before that, that it was cancelled.
class CallSite::Admitted {
 public:
  Admitted(CallSite& site, Guard& guard, const Instance& from, RandomKey key,
           const Request& request)
      : site_(site), guard_(guard), from_(from), draws_(key, request.id, request.path) {}
  Admitted(const Admitted&) = delete;
  Admitted& operator=(const Admitted&) = delete;
  ~Admitted() {
    const Time now = site_.world_.now();
    if (ticket_)
      guard_.concurrency->release(*ticket_, nanoseconds(now), resilience::Outcome::ignored, draws_);
    if (!by_breaker_) return;
    guard_.breaker->cancelled(*by_breaker_, nanoseconds(now));
    breaker_knows();
  }

  RequestRandom& draws() { return draws_; }

  void passed_breaker(Admission admission) { by_breaker_ = admission; }
  bool passes_concurrency_limit(Time now) {
    ticket_ = guard_.concurrency->acquire(nanoseconds(now));
    return ticket_.has_value();
  }
  void departs(Time now) { departed_ = now; }

  void ended(Status status) {
    const Time now = site_.world_.now();
    const std::int64_t took = (now - departed_).count();
    if (guard_.throttle && status != Status::rejected) guard_.throttle->accepted(nanoseconds(now));
    if (ticket_)
      guard_.concurrency->release(*std::exchange(ticket_, std::nullopt), nanoseconds(now),
                                  outcome_of(status), draws_);
    if (!by_breaker_) return;
    const Admission admission = *std::exchange(by_breaker_, std::nullopt);
    if (status == Status::ok)
      guard_.breaker->succeeded(admission, nanoseconds(now), took);
    else
      guard_.breaker->failed(admission, nanoseconds(now), took);
    breaker_knows();
  }

 private:
  void breaker_knows() {
    site_.look_at_breaker(guard_, from_);
    guard_.trial_ended.notify_all();
  }

  CallSite& site_;
  Guard& guard_;
  const Instance& from_;
  RequestRandom draws_;
  std::optional<Admission> by_breaker_;
  std::optional<resilience::ConcurrencyLimiter::Ticket> ticket_;
  Time departed_{};
};

CallSite::CallSite(World& world, Edge& edge, const CallPolicy& policy, std::uint32_t step,
                   Edge* fallback, std::shared_ptr<Transports> transports)
    : world_(world),
      edge_(edge),
      fallback_edge_(fallback),
      policy_(policy),
      step_(step),
      plain_(policy.is_plain()),
      has_client_(edge.to().has_client()),
      guarded_(policy.guards_attempts()),
      backoff_key_(world.key(edge.from().id() + " -> " + edge.to().id(), "backoff")),
      policy_key_(world.key(edge.from().id() + " -> " + edge.to().id(), "call policy")),
      leak_key_(world.key(edge.from().id() + " -> " + edge.to().id(), "leak")),
      split_key_(world.key(edge.from().id() + " -> " + edge.to().id(), "split")) {
  set_timeout();
  if (policy_.retry && policy_.retry->attempts < 2) policy_.retry.reset();
  if (policy_.pool) pools_ = std::make_shared<ConnectionPools>(world, edge, *policy_.pool);
  if (policy_.transport) {
    transports_ = transports ? std::move(transports)
                             : std::make_shared<Transports>(world, edge, *policy_.transport);
    sizes_ = std::make_unique<MessageSizes>(
        *policy_.transport, world.key(edge.from().id() + " -> " + edge.to().id(), "message sizes"));
    if (policy_.transport->request_size || policy_.transport->response_size) edge.state_sizes();
  }
  if (policy_.fallback && fallback_edge_ != nullptr) {
    CallPolicy once;
    once.timeout = policy_.fallback->timeout;
    // Draws of its own: numbered from the other end.
    fallback_ = std::make_unique<CallSite>(world, *fallback_edge_, once, ~step);
  }
}

void CallSite::set_timeout() {
  timeout_ = nullptr;
  timeout_length_ = policy_.timeout.value_or(kNever - Time{});
  if (policy_.breaker) timeout_length_ = std::min(timeout_length_, own_timeout(*policy_.breaker));
  const bool limited = timeout_length_ < kNever - Time{};
  if (limited && !policy_.deadline_slack) timeout_ = &world_.simulation.lane(timeout_length_);
}

namespace {

/// What of a policy decides over what is remembered from call to call.
Value remembered(CallPolicy policy) {
  policy.timeout.reset();
  policy.pool.reset();
  policy.transport.reset();
  policy.fallback.reset();
  if (policy.retry) {
    const RetryParams usual;
    policy.retry->attempts = usual.attempts;
    policy.retry->backoff = usual.backoff;
    policy.retry->multiplier = usual.multiplier;
    policy.retry->max_backoff = usual.max_backoff;
    policy.retry->jitter = usual.jitter;
    policy.retry->max_elapsed = usual.max_elapsed;
    policy.retry->on = usual.on;
  }
  Value object = Value::object();
  FieldCodec<CallPolicy>::write(policy, object);
  return object;
}

Value written(const std::optional<ConnectionPoolParams>& pool) {
  return Quantity<std::optional<ConnectionPoolParams>>::write(pool);
}

}  // namespace

std::vector<std::string> changeable_policy(const std::string& before) {
  std::vector<std::string> names;
  for (const char* name : {"timeout", "retry", "breaker", "adaptive_throttling", "rate_limit",
                           "concurrency_limit", "bulkhead", "hedge"})
    names.push_back(before + name);
  names.push_back("=" + before + "pool");
  return names;
}

void CallSite::reconfigure(const CallPolicy& policy) {
  const CallPolicy before = std::exchange(policy_, policy);
  if (policy_.retry && policy_.retry->attempts < 2) policy_.retry.reset();
  const bool routes = outlier_detection_.has_value() || !splits_.empty();
  plain_ = policy.is_plain() && !routes;
  guarded_ = policy.guards_attempts() || outlier_detection_.has_value();
  set_timeout();
  if (!(remembered(before) == remembered(policy_))) {
    for (std::optional<Guard>& guard : guards_) {
      if (!guard) continue;
      guard->not_closed.set(world_.now(), 0);
      guard->retired = true;
    }
    // They stay where they are: calls that are under way refer to them.
    retired_.push_back(std::exchange(guards_, {}));
  }
  if (pools_ != nullptr && policy_.pool && !(written(before.pool) == written(policy_.pool)))
    pools_->reconfigure(*policy_.pool);
  if (fallback_ != nullptr && policy_.fallback) {
    CallPolicy once;
    once.timeout = policy_.fallback->timeout;
    fallback_->reconfigure(once);
  }
  for (CallSite& split : splits_) split.reconfigure(policy);
}

void CallSite::route_by(const RoutingParams& routing, Directory& directory,
                        const KnownTransports& known) {
  if (!routing.asks_for_anything()) return;
  plain_ = false;
  outlier_detection_ = routing.outlier_detection;
  if (outlier_detection_) {
    guarded_ = true;
    callee().watch([this](const Instance& instance, Component::Change change) {
      if (change != Component::Change::listing) return;
      for (std::optional<Guard>& guard : guards_)
        if (guard && guard->outliers)
          guard->outliers->set_member(instance.index(), instance.listed());
    });
  }
  double sum = 0;
  for (const SplitParams& split : routing.split) {
    Edge& edge = directory.edge(edge_.from(), directory.component(split.to.id));
    // One step whichever it is: a call has the draws that it would have without the split.
    CallSite& site = splits_.emplace_back(world_, edge, policy_, step_, fallback_edge_,
                                          known ? known(edge) : nullptr);
    site.route_by({routing.outlier_detection, {}}, directory);
    up_to_.push_back(sum += split.share.value);
  }
}

CallSite& CallSite::chosen(const Request& request) {
  RequestRandom random(split_key_, request.id, request.path + step_);
  const double uniform = random.uniform();
  for (std::size_t i = 0; i < splits_.size(); ++i)
    if (uniform < up_to_[i]) return splits_[i];
  return *this;
}

Guard& CallSite::guard_of(const Instance& from) {
  while (guards_.size() <= from.index()) guards_.emplace_back();
  std::optional<Guard>& guard = guards_[from.index()];
  if (guard && guard->incarnation == from.incarnation()) [[likely]]
    return *guard;
  const TimeIntegral before = guard ? guard->not_closed : TimeIntegral();
  guard.emplace(world_.simulation, policy_,
                world_.key(from.label(), "breaker of step " + std::to_string(step_)));
  guard->incarnation = from.incarnation();
  guard->not_closed = before;
  guard->not_closed.set(world_.now(), 0);
  if (outlier_detection_) {
    guard->outliers.emplace(callee().instances().size(), outlier_detection_->options());
    for (const auto& instance : callee().instances())
      guard->outliers->set_member(instance->index(), instance->listed());
    guard->next_look = world_.simulation.after(outlier_detection_->interval);
  }
  return *guard;
}

Task<Reply> CallSite::call(Instance& from, Request request) {
  if (plain_) co_return co_await Call(*this, from, request);
  if (!splits_.empty()) {
    CallSite& site = chosen(request);
    if (&site != this) co_return co_await site.call(from, request);
  }
  Guard& guard = guard_of(from);
  const Time begun = world_.now();
  std::optional<resilience::Backoff> backoff;
  Try attempt;
  Reply reply;
  for (std::uint32_t number = 1;; ++number) {
    if (guard.retry_limit) guard.retry_limit->began(nanoseconds(world_.now()), attempt);
    if (guarded_)
      reply = co_await guarded(guard, from, request, number);
    else
      reply = co_await Call(*this, from, request, number);
    const Time now = world_.now();
    const bool worth_it = !reply.ok() && is_worth_retrying(reply.status);
    const TryResult result = reply.ok()                        ? TryResult::ok
                             : !worth_it                       ? TryResult::refused
                             : reply.status == Status::timeout ? TryResult::timed_out
                                                               : TryResult::failed;
    if (guard.retry_limit) guard.retry_limit->ended(nanoseconds(now), attempt, result);
    if (!worth_it || number >= policy_.retry->attempts) break;
    if (guard.retry_limit && !guard.retry_limit->may_retry(nanoseconds(now), result)) {
      ++counts_.retries_denied;
      break;
    }
    if (!backoff) backoff.emplace(policy_.retry->backoff_of());
    RequestRandom random(backoff_key_, request.id, request.path + number);
    const auto pause = backoff->next(random.uniform(), (now - begun).count());
    const bool in_time = pause && world_.simulation.after(Duration{*pause}) < give_up_at(request) &&
                         (!policy_.retry->max_elapsed ||
                          now - begun + Duration{*pause} <= *policy_.retry->max_elapsed);
    if (!in_time) {
      if (guard.retry_limit) guard.retry_limit->dropped(nanoseconds(now), result);
      break;
    }
    attempt = {true, result};
    ++counts_.retries;
    co_await world_.simulation.delay(Duration{*pause});
  }
  if (!reply.ok() && policy_.fallback) reply = co_await fall_back(from, request, reply);
  co_return reply;
}

Task<Reply> CallSite::guarded(Guard& guard, Instance& from, Request request,
                              std::uint32_t attempt) {
  Simulation& simulation = world_.simulation;
  const Time give_up = give_up_at(request);
  if (give_up <= world_.now()) {
    ++counts_.deadline_passed;
    co_return Reply{Status::timeout};
  }
  Admitted admitted(*this, guard, from, policy_key_, request.descend(step_, attempt));
  if (guard.breaker) {
    Admission admission = guard.breaker->admit(nanoseconds(world_.now()));
    look_at_breaker(guard, from);
    while (admission == Admission::wait) {
      co_await guard.trial_ended.wait();
      admission = guard.breaker->admit(nanoseconds(world_.now()));
    }
    if (!goes_out(admission)) {
      ++counts_.short_circuited;
      co_return Reply{Status::rejected};
    }
    admitted.passed_breaker(admission);
  }
  if (guard.throttle && !guard.throttle->admit(nanoseconds(world_.now()), admitted.draws())) {
    ++counts_.throttled;
    co_return Reply{Status::rejected};
  }
  if (guard.rate_limit) {
    Time now = world_.now();
    if (guard.reads_clock) now += from.clock_ahead(now);
    const limiting::Verdict verdict = guard.rate_limit->admit(nanoseconds(now));
    if (!verdict.is_admitted() || simulation.after(Duration{verdict.delay}) > give_up) {
      ++counts_.rate_limited;
      co_return Reply{Status::rejected};
    }
    if (verdict.delay > 0) {
      ++counts_.delayed;
      co_await simulation.delay(Duration{verdict.delay});
    }
  }
  if (guard.concurrency && !admitted.passes_concurrency_limit(world_.now())) {
    ++counts_.limit_reached;
    co_return Reply{Status::rejected};
  }
  Lease slot;
  if (guard.bulkhead) {
    AcquireOptions options;
    options.deadline = give_up;
    if (guard.max_wait) options.deadline = std::min(give_up, simulation.after(*guard.max_wait));
    slot = co_await guard.bulkhead->acquire(options);
    if (!slot) {
      ++counts_.bulkhead_full;
      co_return Reply{Status::rejected};
    }
  }
  admitted.departs(world_.now());
  Reply reply;
  if (guard.hedge_delay)
    reply = co_await hedged(guard, from, request, attempt);
  else if (sends_with_care())
    reply = co_await sent(guard, from, request, attempt);
  else
    reply = co_await Call(*this, from, request, attempt);
  admitted.ended(reply.status);
  co_return reply;
}

/// The requests that race for one answer.
struct CallSite::Race {
  explicit Race(Simulation& simulation) : first_failed(simulation) {}

  Guard* guard = nullptr;
  Duration pause{};
  Condition first_failed;
  bool over = false;  // a request has failed: no further one goes out
  Reply reply;
  std::uint32_t winner = 0;
};

Task<Reply> CallSite::hedged(Guard& guard, Instance& from, const Request& request,
                             std::uint32_t attempt) {
  const Time begun = world_.now();
  guard.hedge_budget->request();
  const auto pause = guard.hedge_delay->delay(nanoseconds(begun));
  Reply reply;
  if (!pause) {
    if (sends_with_care())
      reply = co_await sent(guard, from, request, attempt);
    else
      reply = co_await Call(*this, from, request, attempt);
  } else {
    Race race(world_.simulation);
    race.guard = &guard;
    race.pause = Duration{*pause};
    std::vector<Task<bool>> requests;
    requests.reserve(guard.hedge_requests);
    for (std::uint32_t number = 0; number < guard.hedge_requests; ++number)
      requests.push_back(one_of_race(race, from, request, attempt, number));
    co_await quorum(world_.simulation, 1, std::move(requests));
    reply = race.reply;
    if (reply.ok() && race.winner > 0) ++counts_.hedges_won;
  }
  if (reply.ok())
    guard.hedge_delay->observe(nanoseconds(world_.now()), (world_.now() - begun).count());
  co_return reply;
}

Task<bool> CallSite::one_of_race(Race& race, Instance& from, Request request, std::uint32_t attempt,
                                 std::uint32_t number) {
  if (number > 0) {
    const Duration wait = race.pause * number;
    if (wait > Duration{0}) co_await race.first_failed.wait_until(world_.simulation.after(wait));
    if (race.over || !race.guard->hedge_budget->may_hedge()) co_return false;
    ++counts_.hedges;
  }
  attempt |= number << kHedgeBits;
  Reply reply;
  if (sends_with_care())
    reply = co_await sent(*race.guard, from, request, attempt);
  else
    reply = co_await Call(*this, from, request, attempt);
  race.reply = reply;
  race.winner = number;
  if (!reply.ok()) {
    race.over = true;
    race.first_failed.notify_all();
  }
  co_return reply.ok();
}

/// A request to an instance that is chosen here, over a connection where there are pools.
Task<Reply> CallSite::sent(Guard& guard, Instance& from, const Request& request,
                           std::uint32_t attempt) {
  Route to = route(guard, request, from);
  if (to.to == nullptr) co_return Reply{Status::unavailable};
  if ((pools_ || transports_) && edge_.has_disturbances()) [[unlikely]]
    to.to = &edge_.address(from, *to.to);
  Reply reply;
  if (pools_)
    reply = co_await pooled(from, to, request, attempt);
  else if (transports_)
    reply = co_await transported(from, to, request, attempt);
  else
    reply = co_await Call(*this, from, to, request, attempt);
  look_at_outliers(guard, from);
  if (guard.outliers)
    report_to(*guard.outliers, to.to->index(), reply.status, nanoseconds(world_.now()), guard.bits,
              [&](const balancing::OutlierDetector::Events& events) { act_on(events, from); });
  co_return reply;
}

Route CallSite::route(Guard& guard, const Request& request, const Instance& from) {
  if (!guard.outliers) return callee().route(request, from);
  look_at_outliers(guard, from);
  for (std::size_t looked = 0; looked < callee().instances().size(); ++looked) {
    const Route to = callee().route(request, from);
    if (to.to == nullptr || !guard.outliers->ejected(to.to->index())) return to;
  }
  return nullptr;
}

/// All looks that were due meanwhile. Whoever reports or asks looks first, so it makes no
/// difference that nobody did at the time.
void CallSite::look_at_outliers(Guard& guard, const Instance& from) {
  if (!guard.outliers) return;
  for (; guard.next_look <= world_.now(); guard.next_look += outlier_detection_->interval)
    act_on(guard.outliers->tick(nanoseconds(guard.next_look), guard.bits), from);
}

void CallSite::act_on(const balancing::OutlierDetector::Events& events, const Instance& from) {
  using Action = balancing::OutlierDetector::Action;
  for (const balancing::OutlierDetector::Event& event : events) {
    if (event.action != Action::ejected && event.action != Action::returned) continue;
    const bool out = event.action == Action::ejected;
    if (out) ++counts_.ejections;
    world_.happened(out ? "ejected" : "returned", from.label() +
                                                      (out ? " ejects " : " takes back ") +
                                                      callee().instances()[event.host]->label());
  }
}

Task<Reply> CallSite::fall_back(Instance& from, Request request, Reply failed) {
  if (fallback_) {
    const Reply reply = co_await Call(*fallback_, from, request);
    if (!reply.ok()) co_return failed;
    ++counts_.fallbacks;
    co_return reply;
  }
  ++counts_.fallbacks;
  RequestRandom random(policy_key_, request.id, request.path + step_);
  const Duration time = policy_.fallback->time.draw(random);
  if (time > Duration{0}) co_await world_.simulation.delay(time);
  co_return Reply{};
}

void CallSite::look_at_breaker(Guard& guard, const Instance& from) {
  const BreakerState state = guard.breaker->state(nanoseconds(world_.now()));
  if (state == guard.last_state || guard.retired) return;
  guard.last_state = state;
  guard.not_closed.set(world_.now(), state == BreakerState::closed ? 0 : 1);
  world_.happened("breaker", "the circuit breaker of " + from.label() + " for " + edge_.to().id() +
                                 " is " + std::string(resilience::name_of(state)));
}

double CallSite::breakers_not_closed(Time now) const {
  double sum = 0;
  for (const std::optional<Guard>& guard : guards_)
    if (guard) sum += guard->not_closed.total(now);
  for (const auto& guards : retired_)
    for (const std::optional<Guard>& guard : guards)
      if (guard) sum += guard->not_closed.total(now);
  return sum;
}

bool CallSite::is_worth_retrying(Status status) const {
  if (!policy_.retry) return false;
  const std::vector<RetryOn>& on = policy_.retry->on;
  return std::find(on.begin(), on.end(), cause(status)) != on.end();
}

Time CallSite::give_up_at(const Request& request) const {
  if (!policy_.deadline_slack || request.deadline == kNever) return kNever;
  return request.deadline - *policy_.deadline_slack;
}

namespace {

/// Whether any instance will do for a request: elsewhere its key or its operation decides.
bool has_equal_instances(const Component& callee) {
  return callee.kind() == "service" || callee.kind() == "load_balancer" ||
         callee.kind() == "external";
}

}  // namespace

void examine_routing(const Value& call, const std::string& path, const std::string& callee,
                     const std::vector<std::string>& endpoints, const Directory& directory,
                     Problems& problems) {
  const Value* const detection = call.find("outlier_detection");
  const auto examine_callee = [&](const std::string& id) {
    const Component& component = directory.component(id);
    if (detection == nullptr || has_equal_instances(component)) return;
    problems.error(detection->position(), pointer_to(path, "outlier_detection"),
                   "the instances of " + in_quotes(id) + ", of kind " +
                       std::string(component.kind()) +
                       ", are not all the same: the request decides which one it goes to");
  };
  examine_callee(callee);
  const Value* const split = call.find("split");
  if (split == nullptr || !split->is_array()) return;
  for (std::size_t i = 0; i < split->elements().size(); ++i) {
    const Value* const to = split->elements()[i].find("to");
    if (to == nullptr || !to->is_string()) continue;
    const std::string at = pointer_to(pointer_to(pointer_to(path, "split"), i), "to");
    if (to->text() == callee)
      problems.error(to->position(), at, in_quotes(callee) + " gets the rest of the calls anyway");
    examine_callee(to->text());
    for (const std::string& endpoint : endpoints)
      require_endpoint(directory.component(to->text()), endpoint, *to, at, problems);
  }
}

Edge* fallback_edge(Directory& directory, Component& caller, const CallPolicy& policy) {
  if (!policy.fallback || !policy.fallback->to) return nullptr;
  return &directory.edge(caller, directory.component(policy.fallback->to->id));
}

std::vector<MetricInfo> call_metrics() {
  std::vector<MetricInfo> metrics{
      {"calls", "calls",
       "What the policies of its calls did, where they may do anything, by what that was.",
       MetricShape::kCauses},
      {"breakers_open", "1", "Circuit breakers of its calls that are not closed / breakers."},
      {"pool_in_use", "connections",
       "Connections of its pools that are lent, leaked ones included."},
      {"pool_waiting", "calls", "Calls that wait for a connection."},
      {"pool_wait_ms", "ms", "From asking a pool for a connection to having one.",
       MetricShape::kTimes},
      {"pool_timeouts", "calls",
       "Calls that a pool refused: no connection in time, or no place to wait.",
       MetricShape::kCount},
      {"connections_opened", "connections", "Connections that its pools opened.",
       MetricShape::kCount},
      {"connections_leaked", "connections", "Connections that were never given back.",
       MetricShape::kCount}};
  for (MetricInfo& metric : transport_metrics()) metrics.push_back(std::move(metric));
  return metrics;
}

namespace {

using Counts = std::vector<const PoolCounts*>;

std::function<std::uint64_t()> sum_of(const Counts& all, std::uint64_t PoolCounts::*one) {
  return [all, one] {
    std::uint64_t sum = 0;
    for (const PoolCounts* counts : all) sum += counts->*one;
    return sum;
  };
}
Cumulative sum_of(const Counts& all, TimeIntegral PoolCounts::*one) {
  return [all, one](Time now) {
    double sum = 0;
    for (const PoolCounts* counts : all) sum += (counts->*one).total(now);
    return sum;
  };
}

/// What the transports at these places did; places may share them.
void measure_transports(Recorder::Owner& owner, const std::vector<const CallSite*>& sites) {
  std::vector<Transports*> transports;
  for (const CallSite* site : sites)
    if (Transports* const its = site->transports().get();
        its != nullptr && std::find(transports.begin(), transports.end(), its) == transports.end())
      transports.push_back(its);
  highwater::measure_transports(owner, transports);
}

/// What the pools at these places did; places may share them.
void measure_pools(Recorder::Owner& owner, const std::vector<const CallSite*>& sites) {
  std::vector<ConnectionPools*> pools;
  for (const CallSite* site : sites)
    if (site->pools() && std::find(pools.begin(), pools.end(), site->pools()) == pools.end())
      pools.push_back(site->pools());
  if (pools.empty()) return;
  Counts all;
  Tally& wait = owner.tally("pool_wait_ms");
  for (ConnectionPools* each : pools) {
    each->counts().wait = &wait;
    all.push_back(&each->counts());
  }
  owner.time_average("pool_in_use", sum_of(all, &PoolCounts::in_use));
  owner.time_average("pool_waiting", sum_of(all, &PoolCounts::waiting));
  owner.count("pool_timeouts", sum_of(all, &PoolCounts::timeouts));
  owner.count("connections_opened", sum_of(all, &PoolCounts::opened));
  owner.count("connections_leaked", sum_of(all, &PoolCounts::leaked));
}

}  // namespace

void measure_calls(Recorder::Owner& owner, std::vector<const CallSite*> sites,
                   std::size_t callers) {
  const std::size_t declared = sites.size();
  for (std::size_t i = 0; i < declared; ++i)
    for (const CallSite& split : sites[i]->splits()) sites.push_back(&split);
  std::erase_if(sites, [](const CallSite* site) { return !site->counts_something(); });
  if (sites.empty()) return;
  owner.causes("calls", [sites] {
    CallCounts sum;
    for (const CallSite* site : sites) sum += site->counts();
    return sum.by_cause();
  });
  measure_pools(owner, sites);
  measure_transports(owner, sites);
  std::erase_if(sites, [](const CallSite* site) { return !site->has_breaker(); });
  if (sites.empty()) return;
  const auto breakers = static_cast<double>(sites.size() * callers);
  owner.time_ratio(
      "breakers_open",
      [sites](Time now) {
        double sum = 0;
        for (const CallSite* site : sites) sum += site->breakers_not_closed(now);
        return sum;
      },
      [breakers](Time now) { return seconds(now) * breakers; });
}

void measure_calls(Recorder::Owner& owner, const std::deque<CallSite>& sites, std::size_t callers) {
  std::vector<const CallSite*> all;
  for (const CallSite& site : sites) all.push_back(&site);
  measure_calls(owner, std::move(all), callers);
}

Call::Call(CallSite& site, Instance& from, const Request& request, std::uint32_t attempt)
    : Call(site, from, site.callee().route(request, from), request, attempt) {}

Call::Call(CallSite& site, Instance& from, Route to, const Request& request, std::uint32_t attempt)
    : site_(site), caller_(site.world_.simulation), timeout_(*this) {
  if (to.to == nullptr) return;
  Request asked = request.descend(site.step_, attempt);
  const Time give_up = site.give_up_at(request);
  asked.deadline =
      std::min({asked.deadline, give_up, site.world_.simulation.after(site.timeout_length_)});
  asked.part = to.part;
  attempt_ = &Attempt::make(site.edge_, from, *to.to, asked, asked.path, *this);
}

Call::~Call() {
  if (attempt_ != nullptr) attempt_->forget();
}

void Call::depart() {
  Simulation& simulation = site_.world_.simulation;
  if (site_.timeout_ != nullptr)
    simulation.schedule_after(timeout_, *site_.timeout_);
  else if (site_.policy_.deadline_slack && attempt_->deadline() < kNever)
    simulation.schedule_at(timeout_, std::max(attempt_->deadline(), simulation.now()));
  if (site_.has_client_) [[unlikely]]
    return site_.callee().take(*attempt_);
  attempt_->depart();
}

void Call::answered(Reply reply) {
  attempt_ = nullptr;
  if (timeout_.pending()) site_.world_.simulation.cancel(timeout_);
  reply_ = reply;
  caller_.resume_now();
}

void Call::lost() {
  attempt_ = nullptr;
}

void Call::timed_out() {
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->time_out();
  reply_ = Reply{Status::timeout};
  caller_.resume_now();
}

}  // namespace highwater
