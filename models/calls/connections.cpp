#include "models/calls/connections.h"

#include <algorithm>
#include <coroutine>
#include <string>
#include <utility>

#include "engine/model/tcp.h"
#include "engine/model/tracer.h"
#include "models/calls/call.h"

namespace highwater {

using resources::Caller;
using resources::Connection;
using resources::Order;
using resources::Refusal;
using resources::Returned;

namespace {

/// In what state a call that ended so leaves its connection.
Returned state_after(Status status) {
  switch (status) {
    case Status::timeout:
      return Returned::closed;
    case Status::reset:
    case Status::unavailable:
      return Returned::severed;
    default:
      return Returned::reusable;
  }
}

/// Has a connection until its process ends.
Task<> keep_for_good(Connections::Loan loan) {
  const Connections::Loan kept = std::move(loan);
  co_await std::suspend_always{};
}

}  // namespace

Connections::Connections(World& world, Edge& edge, Instance& from, Instance& to,
                         const ConnectionPoolParams& params, PoolCounts& counts)
    : simulation_(world.simulation),
      edge_(edge),
      from_(from),
      to_(to),
      params_(params),
      counts_(counts),
      pool_(params.make(nanoseconds(world.now()))),
      random_(world.stream(from.label() + " -> " + to.label(),
                           "connections " + std::to_string(from.incarnation()))),
      wake_(*this),
      incarnation_(from.incarnation()),
      seen_incarnation_(to.incarnation()) {}

Connections::~Connections() {
  die();
}

bool Connections::is_dying() const {
  const CancelReason reason = simulation_.cancel_reason();
  return reason == CancelReason::killed || reason == CancelReason::shutdown;
}

void Connections::die() {
  if (dead_) return;
  dead_ = true;
  simulation_.cancel(wake_);
  const Time now = simulation_.now();
  counts_.in_use.add(now, -std::int64_t{lent_});
  counts_.waiting.add(now, -std::int64_t{waiting_});
}

void Connections::ask(Waiter& waiter) {
  const Time now = simulation_.now();
  notice_end_of_callee();
  waiter.since = now;
  waiter.asked = true;
  waiter.caller = pool_->acquire(nanoseconds(now));
  if (waiters_.size() <= waiter.caller) waiters_.resize(waiter.caller + 1);
  waiters_[waiter.caller] = &waiter;
  obey();
}

void Connections::withdraw(Waiter& waiter) {
  waiter.asked = false;
  waiters_[waiter.caller] = nullptr;
  if (is_dead()) return;
  pool_->withdraw(nanoseconds(simulation_.now()), waiter.caller);
  obey();
}

void Connections::give_back(Connection connection, Returned how) {
  if (is_dying()) return die();
  if (is_dead()) return;
  pool_->release(nanoseconds(simulation_.now()), connection, how);
  obey();
}

bool Connections::is_stale(Connection connection) const {
  return lines_[connection].incarnation != to_.incarnation() && !to_.swallows();
}

void Connections::notice_end_of_callee() {
  if (to_.incarnation() == seen_incarnation_ || to_.swallows()) [[likely]]
    return;
  seen_incarnation_ = to_.incarnation();
  pool_->severed(nanoseconds(simulation_.now()));
  obey();
}

void Connections::obey() {
  if (obeying_) return;  // who began goes on
  obeying_ = true;
  while (const std::optional<Order> order = pool_->next()) carry_out(*order);
  obeying_ = false;
  count();
  const std::optional<std::int64_t> next = pool_->next_tick();
  if (!next) return;
  // One that comes too early does no harm, and most of those who wait get what they want.
  const Time due = std::max(Time{Duration{*next}}, simulation_.now());
  if (wake_.pending() && wake_.due() <= due) return;
  simulation_.reschedule_at(wake_, due);
}

void Connections::count() {
  const Time now = simulation_.now();
  if (pool_->lent() != lent_) {
    counts_.in_use.add(now, std::int64_t{pool_->lent()} - std::int64_t{lent_});
    lent_ = pool_->lent();
  }
  if (pool_->waiting() != waiting_) {
    counts_.waiting.add(now, std::int64_t{pool_->waiting()} - std::int64_t{waiting_});
    waiting_ = pool_->waiting();
  }
}

void Connections::woke() {
  if (is_dead()) return die();
  notice_end_of_callee();
  pool_->tick(nanoseconds(simulation_.now()));
  obey();
}

void Connections::carry_out(const Order& order) {
  switch (order.kind) {
    case Order::Kind::lend:
      return tell(order.caller, Outcome::lent, order.connection);
    case Order::Kind::refuse: {
      const bool is_unreachable = order.refusal == Refusal::connect_failed;
      if (!is_unreachable) ++counts_.timeouts;
      return tell(order.caller, is_unreachable ? Outcome::unreachable : Outcome::refused, 0);
    }
    case Order::Kind::open:
      if (lines_.size() <= order.connection) lines_.resize(order.connection + 1);
      return work_on(order.connection, params_.connections().connect_time, true);
    case Order::Kind::ping:
    case Order::Kind::reset:
      return work_on(order.connection, params_.preparation(), false);
    case Order::Kind::close:
      ++lines_[order.connection].version;
      lines_[order.connection].number = 0;
      lines_[order.connection].unanswered = false;
      return;
  }
}

bool Connections::is_unanswered() const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [](const Line& line) { return line.unanswered; });
}

void Connections::forget_peers(const FaultScope& scope,
                               const std::function<bool(const Disturbance::Message&)>& hit,
                               Duration gives_up) {
  const Ends ends(from_, to_);
  if (is_dead() ||
      (!scope.concerns(ends, Direction::request) && !scope.concerns(ends, Direction::reply)))
    return;
  std::vector<Line*> open;
  for (Line& line : lines_)
    if (line.number != 0) open.push_back(&line);
  std::sort(open.begin(), open.end(),
            [](const Line* a, const Line* b) { return a->number < b->number; });
  const std::uint64_t pair = std::uint64_t{from_.index()} << 32 | to_.index();
  for (Line* line : open) {
    if (!hit({ends, Direction::request, line->number, pair}) || line->forgotten) continue;
    line->forgotten = true;
    line->gives_up = gives_up;
  }
}

void ConnectionPools::forget_peers(const FaultScope& scope,
                                   const std::function<bool(const Disturbance::Message&)>& hit,
                                   Duration gives_up) {
  kept_.each([&](Connections& each) { each.forget_peers(scope, hit, gives_up); });
}

void Connections::tell(Caller caller, Outcome outcome, Connection connection) {
  Waiter& waiter = *std::exchange(waiters_[caller], nullptr);
  waiter.outcome = outcome;
  waiter.connection = connection;
  waiter.asked = false;
  if (outcome == Outcome::lent && counts_.wait != nullptr)
    counts_.wait->record(simulation_.now(), simulation_.now() - waiter.since);
  if (waiter.suspended) simulation_.schedule_now(waiter);
}

void Connections::work_on(Connection connection, const Distribution& takes, bool opens) {
  const std::uint32_t version = ++lines_[connection].version;
  if (opens && edge_.has_disturbances()) [[unlikely]] {
    if (const auto unknown = edge_.fails_to_resolve({from_, to_})) {
      if (*unknown == Duration{0}) return settle(connection, false);
      lines_[connection].unanswered = true;
      return from_.tasks().spawn(resolve_in_vain(connection, version, *unknown));
    }
  }
  if (refuses()) return settle(connection, false);
  const Duration time = takes.draw(random_);
  const bool forgotten = !opens && lines_[connection].forgotten;
  if (time == Duration{0} && answers() && !edge_.has_disturbances() && !forgotten)
    return finish(connection, opens);
  from_.tasks().spawn(work_slowly(connection, version, time, opens));
}

Task<> Connections::resolve_in_vain(Connection connection, std::uint32_t version, Duration time) {
  co_await simulation_.delay(std::min(time, params_.gives_up_connecting()));
  if (lines_[connection].version == version) settle(connection, false);
}

/// Whether a question or its answer gets lost.
bool Connections::loses_handshake() {
  if (!edge_.has_disturbances()) return false;
  const Ends ends(from_, to_);
  return !edge_.passes({ends, Direction::request}, 0) || !edge_.passes({ends, Direction::reply}, 0);
}

Task<> Connections::work_slowly(Connection connection, std::uint32_t version, Duration time,
                                bool opens) {
  const Time give_up = simulation_.after(params_.gives_up_connecting());
  const auto is_lost = [&] {
    return !answers() || (!opens && lines_[connection].forgotten) || loses_handshake();
  };
  for (Duration pause = tcp::kFirstOfSyn; is_lost(); pause *= 2) {
    lines_[connection].unanswered = true;
    const Time again = simulation_.after(pause);
    co_await simulation_.until(std::min(again, give_up));
    if (lines_[connection].version != version) co_return;
    if (again >= give_up || refuses()) co_return settle(connection, false);
  }
  lines_[connection].unanswered = false;
  const std::uint32_t incarnation = to_.incarnation();
  const Time done = simulation_.after(time);
  co_await simulation_.until(std::min(done, give_up));
  if (lines_[connection].version != version) co_return;
  if (done > give_up || !answers() || to_.incarnation() != incarnation)
    settle(connection, false);
  else
    finish(connection, opens);
}

void Connections::finish(Connection connection, bool opens) {
  if (opens) {
    ++counts_.opened;
    lines_[connection].incarnation = to_.incarnation();
    lines_[connection].number = ++opened_;
    lines_[connection].forgotten = false;
  }
  settle(connection, !is_stale(connection));
}

void Connections::settle(Connection connection, bool well) {
  const std::int64_t now = nanoseconds(simulation_.now());
  lines_[connection].unanswered = false;
  if (!well) lines_[connection].number = 0;
  if (well)
    pool_->done(now, connection);
  else
    pool_->failed(now, connection);
  obey();
}

Connections::Checkout::~Checkout() {
  if (waiter_.asked) {
    if (waiter_.pool.is_dying()) waiter_.pool.die();
    waiter_.pool.withdraw(waiter_);
  } else if (waiter_.suspended && waiter_.outcome == Outcome::lent) {
    waiter_.pool.give_back(waiter_.connection, Returned::reusable);
  }
}

Connections::Loan Connections::Checkout::await_resume() {
  waiter_.suspended = false;
  Simulation& simulation = timeout_.simulation();
  simulation.cancel(timeout_);
  simulation.cancel(waiter_);
  if (waiter_.asked) waiter_.pool.withdraw(waiter_);
  const bool has_one = waiter_.outcome == Outcome::lent;
  return Loan(has_one ? &waiter_.pool : nullptr, waiter_.connection, waiter_.outcome);
}

// Here and not beside the other parts of a policy, where it would keep the compiler from putting
// the constructors of Call into one: calls without a pool would pay for it.
Task<Reply> CallSite::pooled(Instance& from, Route to, const Request& request,
                             std::uint32_t attempt) {
  Connections& connections = pools_->between(from, *to.to);
  const Time came = world_.now();
  Connections::Loan loan = co_await connections.checkout(give_up_at(request));
  trace_wait(world_, request, from, WaitFor::connection, came);
  if (!loan) {
    // To the edge it is an attempt where the callee is what it failed for.
    if (loan.outcome() == Connections::Outcome::unreachable || connections.is_unanswered())
      edge_.count_vain_attempt();
    switch (loan.outcome()) {
      case Connections::Outcome::refused:
        co_return Reply{Status::rejected};
      case Connections::Outcome::unreachable:
        co_return Reply{Status::unavailable};
      default:
        ++counts_.deadline_passed;
        co_return Reply{Status::timeout};
    }
  }
  Reply reply{Status::reset};
  if (loan.is_forgotten()) [[unlikely]] {
    const Time now = world_.now();
    const Time give_up = std::min(give_up_at(request), world_.simulation.after(timeout_length_));
    const Time reset = world_.simulation.after(loan.gives_up());
    co_await world_.simulation.until(std::max(std::min(give_up, reset), now));
    edge_.count_vain_attempt();
    if (give_up < reset) reply = Reply{Status::timeout};
  } else if (loan.is_stale()) {
    edge_.count_vain_attempt();
  } else {
    Call call(*this, from, to, request, attempt);
    call.has_connection();
    reply = co_await call;
  }
  const double leak = pools_->params().connections().leak.value;
  if (leak > 0 || pools_->leaks().any()) [[unlikely]] {
    const Request asked = request.descend(step_, attempt);
    const double uniform = RequestRandom(leak_key_, asked.id, asked.path).uniform();
    std::shared_ptr<Keeping> until = pools_->leaks().keeper(uniform, leak);
    if (uniform < leak || until) {
      ++pools_->counts().leaked;
      from.tasks().spawn(uniform < leak ? keep_for_good(std::move(loan))
                                        : Keeping::keep(std::move(loan), std::move(until)));
      co_return reply;
    }
  }
  loan.give_back(state_after(reply.status));
  co_return reply;
}

}  // namespace highwater
