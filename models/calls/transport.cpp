#include "models/calls/transport.h"

#include <algorithm>
#include <functional>
#include <string>

#include "engine/describe/said.h"
#include "engine/kernel/completion.h"
#include "engine/model/tcp.h"
#include "engine/model/tracer.h"
#include "models/calls/call.h"

namespace highwater {

namespace {

Time later(Time time, Duration by) {
  return by < kNever - time ? time + by : kNever;
}

}  // namespace

void TransportParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const auto idle = [&](const char* name, const std::string& why) {
    if (!where.is_object()) return;
    if (const Value* const given = said<TransportParams>(where, name))
      problems.error(given->position(), pointer_to(path, name), why);
  };
  if (protocol == Protocol::http1)
    idle("streams", "with http1 a connection has one request at a time");
  if (tls != Tls::none) return;
  idle("resumption", "without tls there are no sessions");
  idle("handshake_cpu", "without tls nothing is signed");
}

Transport::Transport(World& world, Edge& edge, Instance& from, Instance& to,
                     const TransportParams& params, TransportCounts& counts)
    : simulation_(world.simulation),
      edge_(edge),
      from_(from),
      to_(to),
      params_(params),
      counts_(counts),
      keep_alive_(simulation_.lane(params.keep_alive)),
      random_(world.stream(from.label() + " -> " + to.label(),
                           "transport " + std::to_string(from.incarnation()))),
      callee_restarted_(simulation_),
      incarnation_(from.incarnation()) {}

bool Transport::is_dying() const {
  const CancelReason reason = simulation_.cancel_reason();
  return reason == CancelReason::killed || reason == CancelReason::shutdown;
}

void Transport::die() {
  if (dead_) return;
  dead_ = true;
  const Time now = simulation_.now();
  counts_.waiting.add(now, -static_cast<std::int64_t>(waiters_.size()));
  for (const auto& connection : connections_) {
    if (connection->open) counts_.open.add(now, -1);
    simulation_.cancel(connection->idle);
    simulation_.cancel(connection->lingers);
    connection->socket.close();
    if (edge_.has_disturbances()) [[unlikely]]
      edge_.tell_closed(name(*connection, Direction::request));
  }
}

/// All messages of a connection have the same luck.
Disturbance::Message Transport::name(const Connection& connection, Direction direction) const {
  const std::uint64_t pair = std::uint64_t{from_.index()} << 32 | to_.index();
  return {{from_, to_}, direction, connection.number, pair};
}

void Transport::forget_peers(const FaultScope& scope,
                             const std::function<bool(const Disturbance::Message&)>& hit,
                             Duration gives_up) {
  const Ends ends(from_, to_);
  if (is_dead() ||
      (!scope.concerns(ends, Direction::request) && !scope.concerns(ends, Direction::reply)))
    return;
  std::vector<Connection*> open;
  for (const auto& connection : connections_)
    if (connection->open) open.push_back(connection.get());
  std::sort(open.begin(), open.end(),
            [](const Connection* a, const Connection* b) { return a->number < b->number; });
  for (Connection* connection : open) {
    if (!hit(name(*connection, Direction::request)) || connection->forgotten) continue;
    connection->forgotten = true;
    connection->gives_up = gives_up;
    connection->socket.close();
  }
}

void Transport::ask(Waiter& waiter) {
  waiter.since = simulation_.now();
  waiter.asked = true;
  while (!with_room_.empty() && with_room_.back()->forgotten &&
         with_room_.back()->reset <= simulation_.now()) {
    Connection& given_up = *with_room_.back();
    retire(given_up);
    if (given_up.streams == 0) close(given_up);
  }
  if (!with_room_.empty()) return grant(waiter, *with_room_.back());
  waiter.place = waiters_.insert(waiters_.end(), &waiter);
  waiter.place_without = waiters_without_.insert(waiters_without_.end(), &waiter);
  counts_.waiting.add(simulation_.now(), 1);
  open_more();
}

void Transport::withdraw(Waiter& waiter) {
  waiter.asked = false;
  if (!is_dead()) leave_line(waiter);
}

void Transport::leave_line(Waiter& waiter) {
  waiters_.erase(waiter.place);
  if (waiter.opens != nullptr)
    waiter.opens->opener = nullptr;
  else
    waiters_without_.erase(waiter.place_without);
  counts_.waiting.add(simulation_.now(), -1);
}

void Transport::grant(Waiter& waiter, Connection& connection) {
  simulation_.cancel(connection.idle);
  if (++connection.streams == params_.streams_at_once()) take_out(connection);
  if (counts_.wait != nullptr)
    counts_.wait->record(simulation_.now(), simulation_.now() - waiter.since);
  tell(waiter, Outcome::granted, &connection);
}

void Transport::tell(Waiter& waiter, Outcome outcome, Connection* connection) {
  waiter.outcome = outcome;
  waiter.connection = connection;
  waiter.asked = false;
  if (waiter.suspended) simulation_.schedule_now(waiter);
}

void Transport::give_back(Connection& connection, bool broken) {
  if (is_dying()) return die();
  if (is_dead()) return;
  --connection.streams;
  const bool was_last = connection.streams == 0 && params_.keep_alive == Duration{0};
  if (broken || was_last || to_.leaving()) retire(connection);
  settle(connection);
}

/// From here on it takes no more requests.
void Transport::retire(Connection& connection) {
  connection.closing = true;
  take_out(connection);
}

void Transport::take_out(Connection& connection) {
  if (!connection.has_room) return;
  connection.has_room = false;
  with_room_.erase(std::find(with_room_.begin(), with_room_.end(), &connection));
}

/// Finds out what is to be done with a connection after its requests have become fewer.
void Transport::settle(Connection& connection) {
  if (!connection.closing) {
    while (!waiters_.empty() && connection.streams < params_.streams_at_once()) {
      Waiter& waiter = connection.opener != nullptr ? *connection.opener : *waiters_.front();
      leave_line(waiter);
      grant(waiter, connection);
    }
    if (!connection.has_room && connection.streams < params_.streams_at_once()) {
      connection.has_room = true;
      with_room_.push_back(&connection);
    }
  }
  if (connection.streams > 0) return;
  if (connection.closing || params_.keep_alive == Duration{0}) {
    close(connection);
    open_more();
  } else {
    simulation_.schedule_after(connection.idle, keep_alive_);
  }
}

void Transport::close(Connection& connection) {
  take_out(connection);
  simulation_.cancel(connection.idle);
  counts_.open.add(simulation_.now(), -1);
  forget(connection);
}

void Transport::forget(Connection& connection) {
  connection.open = false;
  --number_;
  if (edge_.has_disturbances()) [[unlikely]] {
    const Disturbance::Message message = name(connection, Direction::request);
    edge_.tell_closed(message);
    const Duration late = edge_.closes_late(message);
    if (late > Duration{0}) return simulation_.schedule_after(connection.lingers, late);
  }
  let_go(connection);
}

/// Its place in memory is free for another.
void Transport::let_go(Connection& connection) {
  connection.socket.close();
  unused_.push_back(&connection);
}

Transport::Connection& Transport::unused() {
  if (unused_.empty()) return *connections_.emplace_back(std::make_unique<Connection>(*this));
  Connection& connection = *unused_.back();
  unused_.pop_back();
  connection.closing = connection.forgotten = connection.cut_off = false;
  connection.reset = kNever;
  std::fill(std::begin(connection.sent_until), std::end(connection.sent_until), Time{});
  std::fill(std::begin(connection.delivered_until), std::end(connection.delivered_until), Time{});
  return connection;
}

/// With HTTP/1.1 everyone who waits; with HTTP/2 where those being opened have no room for all.
bool Transport::needs_another_connection() const {
  return params_.protocol == Protocol::http1 ||
         waiters_.size() > std::uint64_t{opening_} * params_.streams;
}

void Transport::open_more() {
  if (opens_more_) return;  // who began goes on
  opens_more_ = true;
  while (number_ < params_.most_connections() && !waiters_without_.empty() &&
         needs_another_connection()) {
    ++number_;
    ++opening_;
    Waiter& waiter = *waiters_without_.front();
    waiters_without_.pop_front();
    Connection& connection = unused();
    connection.opener = &waiter;
    waiter.opens = &connection;
    from_.tasks().spawn(connect(connection));
  }
  opens_more_ = false;
}

void Transport::opened(Connection& connection) {
  --opening_;
  ++counts_.opened;
  connection.number = ++made_;
  counts_.open.add(simulation_.now(), 1);
  connection.open = true;
  if (to_.leaving()) connection.closing = true;
  settle(connection);
}

void Transport::failed(Connection& connection) {
  --opening_;
  ++counts_.failed;
  // Those hear of it who would have been on it.
  const bool is_http1 = params_.protocol == Protocol::http1;
  for (std::uint32_t i = 0; i < params_.streams_at_once() && !waiters_.empty(); ++i) {
    if (connection.opener == nullptr && is_http1) break;
    Waiter& waiter = connection.opener != nullptr ? *connection.opener : *waiters_.front();
    leave_line(waiter);
    tell(waiter, Outcome::unreachable, nullptr);
  }
  forget(connection);
  open_more();
}

void Transport::callee_changed(Component::Change change) {
  if (is_dead()) return;
  if (change == Component::Change::up) return callee_restarted_.notify_all();
  if (change != Component::Change::down && change != Component::Change::leaving) return;
  if (to_.swallows()) return;  // nothing is heard of it
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    if (!connection.open) continue;
    retire(connection);
    if (connection.streams == 0) close(connection);
  }
  open_more();
}

Task<> Transport::connect(Connection& connection) {
  if (edge_.has_disturbances()) [[unlikely]] {
    if (const auto unknown = edge_.fails_to_resolve({from_, to_})) {
      if (*unknown > Duration{0})
        co_await simulation_.delay(std::min(*unknown, params_.connect_timeout));
      failed(connection);
      co_return;
    }
  }
  bool made = co_await shake_hands_tcp(connection);
  if (made && params_.tls != Tls::none) made = co_await shake_hands_tls(connection);
  if (made)
    opened(connection);
  else
    failed(connection);
}

/// How long a segment takes; nothing where it is lost.
std::optional<Duration> Transport::one_way(Direction direction) {
  if (params_.loss.value > 0 && random_.uniform() < params_.loss.value) return std::nullopt;
  return edge_.datagram_time({from_, to_}, direction, random_);
}

Listener::Verdict Transport::knock(Connection& connection) {
  if (!to_.up()) return to_.swallows() ? Listener::Verdict::dropped : Listener::Verdict::refused;
  connection.incarnation = to_.incarnation();
  Listener* const listener = to_.listener();
  return listener == nullptr ? Listener::Verdict::accepted : listener->knock(connection.socket);
}

Task<bool> Transport::shake_hands_tcp(Connection& connection) {
  const Time give_up = simulation_.after(params_.connect_timeout);
  for (Duration pause = tcp::kFirstOfSyn;; pause = tcp::next_timeout(pause)) {
    const Time sent = simulation_.now();
    Listener::Verdict verdict = Listener::Verdict::dropped;
    const std::optional<Duration> there = one_way(Direction::request);
    if (there) {
      if (*there > Duration{0}) co_await simulation_.delay(*there);
      verdict = knock(connection);
    }
    if (verdict != Listener::Verdict::dropped) {
      const std::optional<Duration> back = one_way(Direction::reply);
      if (back) {
        if (*back > Duration{0}) co_await simulation_.delay(*back);
        if (verdict == Listener::Verdict::refused) co_return false;
        connection.round_trip = simulation_.now() - sent;
        break;
      }
    }
    const Time again = std::max(sent + pause, simulation_.now());
    co_await simulation_.until(std::max(std::min(again, give_up), simulation_.now()));
    if (again >= give_up) co_return false;
    ++counts_.retransmissions;
  }
  while (connection.socket.waits()) co_await connection.socket.changed().wait();
  co_return co_await is_there(connection);
}

/// Where it died without a word that shows once another process is in its place.
Task<bool> Transport::is_there(Connection& connection) {
  const Time give_up = simulation_.after(params_.connect_timeout);
  while (to_.swallows() && simulation_.now() < give_up)
    co_await callee_restarted_.wait_until(give_up);
  co_return to_.up() && to_.incarnation() == connection.incarnation;
}

/// A part of a handshake goes one way. @return false where TCP gives up.
Task<bool> Transport::fly(Connection& connection, Direction direction) {
  Duration timeout = tcp::first_timeout(connection.round_trip);
  for (int tries = 0; tries <= tcp::kRetries; ++tries, timeout = tcp::next_timeout(timeout)) {
    if (tries > 0) ++counts_.retransmissions;
    const std::optional<Duration> time = one_way(direction);
    if (!time) {
      co_await simulation_.delay(timeout);
      continue;
    }
    if (*time > Duration{0}) co_await simulation_.delay(*time);
    co_return co_await is_there(connection);
  }
  co_return false;
}

Task<bool> Transport::shake_hands_tls(Connection& connection) {
  const auto expired = [this] {
    return edge_.has_disturbances() && edge_.has_expired({from_, to_});
  };
  // A session is not resumed either where the certificate it began with has expired.
  const bool resumes = knows_session_ == connection.incarnation && params_.resumption.value > 0 &&
                       random_.uniform() < params_.resumption.value && !expired();
  const int round_trips = params_.tls == Tls::tls1_2 && !resumes ? 2 : 1;
  for (int i = 0; i < round_trips; ++i) {
    bool well = co_await fly(connection, Direction::request);
    if (well && i == 0 && !resumes && params_.handshake_cpu > Duration{0})
      well = co_await compute_handshake(connection);
    if (well) well = co_await fly(connection, Direction::reply);
    if (!well || expired()) co_return false;
  }
  ++(resumes ? counts_.resumed : counts_.full);
  if (!resumes) knows_session_ = connection.incarnation;
  co_return true;
}

Task<bool> Transport::compute_handshake(Connection& connection) {
  if (Listener* const listener = to_.listener()) {
    Completion<> computed(simulation_);
    listener->shake_hands(params_.handshake_cpu, computed.sender());
    co_await computed;
  } else {
    co_await simulation_.delay(params_.handshake_cpu);
  }
  co_return co_await is_there(connection);
}

Transport::Stream::~Stream() {
  if (transport_ == nullptr) return;
  transport_->give_back(*connection_, transport_->params_.protocol == Protocol::http1);
}

void Transport::Stream::finish(bool broken) {
  std::exchange(transport_, nullptr)->give_back(*connection_, broken);
}

bool Transport::Stream::is_broken() const {
  const Instance& to = transport_->to_;
  return to.incarnation() != connection_->incarnation && !to.swallows();
}

bool Transport::Stream::send(Direction direction, std::uint64_t bytes, RequestRandom& draws,
                             Time& at) {
  const TransportParams& params = transport_->params_;
  const auto way = static_cast<std::size_t>(direction);
  Time& sent = connection_->sent_until[way];
  sent = std::max(sent, transport_->simulation_.now());
  if (params.bandwidth) sent = later(sent, time_on_line(bytes, *params.bandwidth));
  Duration late{0};
  bool arrives = true;
  Duration timeout = tcp::first_timeout(connection_->round_trip);
  for (int tries = 0; params.loss.value > 0 && draws.uniform() < params.loss.value; ++tries) {
    late += timeout;
    timeout = tcp::next_timeout(timeout);
    if (tries == tcp::kRetries) {
      arrives = false;
      break;
    }
    ++transport_->counts_.retransmissions;
  }
  Time& delivered = connection_->delivered_until[way];
  delivered = std::max(delivered, later(sent, late));
  at = delivered;
  return arrives;
}

/// A message's place among those that are to arrive in order, however it ends.
class Transport::Place {
 public:
  Place(Line& line, const Stream& stream) : line_(line) {
    here_ = line_.streams.insert(line_.streams.end(), &stream);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    line_.streams.erase(here_);
    line_.moved.notify_all();
  }
  bool is_first() const { return here_ == line_.streams.begin(); }

 private:
  Line& line_;
  std::list<const Stream*>::iterator here_;
};

Task<Status> Transport::Stream::get_through(Direction direction, std::uint64_t bytes, Request asked,
                                            Time give_up) {
  Transport& transport = *transport_;
  Simulation& simulation = transport.simulation_;
  Connection& connection = *connection_;
  const Ends ends(transport.from_, transport.to_);
  const Disturbance::Message of_connection = transport.name(connection, direction);
  if (const auto after = transport.edge_.resets(of_connection))
    connection.reset = std::min(connection.reset, later(simulation.now(), *after));
  if (connection.forgotten)
    connection.reset = std::min(connection.reset, later(simulation.now(), connection.gives_up));
  if (connection.reset < kNever) {
    co_await simulation.until(std::max(std::min(connection.reset, give_up), simulation.now()));
    co_return connection.reset <= give_up ? Status::reset : Status::timeout;
  }
  auto& line = connection.line[static_cast<std::size_t>(direction)];
  if (line == nullptr) line = std::make_unique<Line>(simulation);
  const Place place(*line, *this);
  const std::uint64_t name = direction == Direction::request ? asked.path : ~asked.path;
  Duration timeout = tcp::first_timeout(connection.round_trip);
  for (int tries = 0; !is_broken(); ++tries, timeout = tcp::next_timeout(timeout)) {
    const auto waits = transport.edge_.passes({ends, direction, asked.id, name, tries}, bytes);
    const Time next = later(simulation.now(), waits.value_or(timeout));
    if (next > simulation.now()) co_await simulation.until(std::min(next, give_up));
    if (next > give_up) co_return Status::timeout;
    if (waits) {
      while (!place.is_first()) {
        const bool moved = co_await line->moved.wait_until(give_up);
        if (!moved) co_return Status::timeout;
      }
      if (connection.cut_off) co_return Status::reset;
      const Disturbance::Cut cut = transport.edge_.cuts_off(of_connection, bytes);
      if (cut != Disturbance::Cut::none) {
        connection.cut_off = true;
        connection.reset = std::min(connection.reset, simulation.now());
        transport.retire(connection);
      }
      co_return cut == Disturbance::Cut::within ? Status::reset : Status::ok;
    }
    if (tries == tcp::kRetries) break;
    ++transport.counts_.retransmissions;
  }
  co_return Status::reset;
}

Transport::Take::~Take() {
  if (waiter_.asked) {
    if (waiter_.transport.is_dying()) waiter_.transport.die();
    waiter_.transport.withdraw(waiter_);
  } else if (waiter_.suspended && waiter_.outcome == Outcome::granted) {
    waiter_.transport.give_back(*waiter_.connection, false);
  }
}

Transport::Stream Transport::Take::await_resume() {
  waiter_.suspended = false;
  Simulation& simulation = timeout_.simulation();
  simulation.cancel(timeout_);
  simulation.cancel(waiter_);
  if (waiter_.asked) {
    waiter_.transport.withdraw(waiter_);
    if (waiter_.transport.opening_ > 0) waiter_.outcome = Outcome::unopened;
  }
  const bool has_one = waiter_.outcome == Outcome::granted;
  return Stream(has_one ? &waiter_.transport : nullptr, waiter_.connection, waiter_.outcome);
}

Transports::Transports(World& world, Edge& edge, const TransportParams& params)
    : world_(world),
      edge_(edge),
      params_(params),
      loss_key_(world.key(edge.from().id() + " -> " + edge.to().id(), "loss")) {
  edge.know_sizes();
  edge.connect(*this);
  if (params.tls != Tls::none) edge.know_tls();
  edge.from().watch([this](const Instance& instance, Component::Change change) {
    if (change == Component::Change::down)
      kept_.each_of(instance, [](Transport& transport) { transport.die(); });
  });
  edge.to().watch([this](const Instance& instance, Component::Change change) {
    kept_.each_for(instance, [&](Transport& transport) { transport.callee_changed(change); });
  });
}

void Transports::forget_peers(const FaultScope& scope,
                              const std::function<bool(const Disturbance::Message&)>& hit,
                              Duration gives_up) {
  kept_.each([&](Transport& transport) { transport.forget_peers(scope, hit, gives_up); });
}

namespace {

/// One request and its answer on the edge: what Call is without a transport.
class Exchange final : private AttemptWaiter {
 public:
  /// @param bytes  Of the answer, where it takes its time to leave the callee.
  Exchange(World& world, Edge& edge, Instance& from, Instance& to, const Request& asked,
           Time give_up, std::uint64_t bytes)
      : edge_(edge),
        attempt_(&Attempt::make(edge, from, to, asked, asked.path, *this)),
        listener_(to.listener()),
        bytes_(bytes),
        caller_(world.simulation),
        timeout_(*this),
        give_up_(give_up) {
    attempt_->has_transport();
    if (listener_ != nullptr && listener_->has_bandwidth() && bytes > 0)
      attempt_->let_waiter_hand_on();
  }
  ~Exchange() {
    if (attempt_ != nullptr) attempt_->forget();
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool await_ready() const { return false; }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    caller_.remember(caller);
    if (give_up_ < kNever)
      caller_.simulation().schedule_at(timeout_, std::max(give_up_, caller_.simulation().now()));
    if (edge_.to().has_client()) [[unlikely]]
      return edge_.to().take(*attempt_);
    attempt_->depart();
  }
  Reply await_resume() const { return reply_; }

 private:
  void answered(Reply reply) override {
    attempt_ = nullptr;
    caller_.simulation().cancel(timeout_);
    reply_ = reply;
    caller_.resume_now();
  }
  void lost() override { attempt_ = nullptr; }
  void hand_on(Served served, Reply reply) override {
    if (reply.ok())
      listener_->send(std::move(served), reply, bytes_ * reply.swollen);
    else
      served.reply(reply);
  }
  void timed_out() {
    if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->time_out();
    reply_ = Reply{Status::timeout};
    caller_.resume_now();
  }

  Edge& edge_;
  Attempt* attempt_;  // null once answered or given up
  Listener* listener_;
  std::uint64_t bytes_;
  Resumption caller_;
  Timer<&Exchange::timed_out> timeout_;
  Time give_up_;
  Reply reply_;
};

}  // namespace

Task<Reply> CallSite::transported(Instance& from, Route to, const Request& request,
                                  std::uint32_t attempt) {
  if (to.to == nullptr) co_return Reply{Status::unavailable};
  Simulation& simulation = world_.simulation;
  const Time give_up =
      std::max(simulation.now(), std::min(give_up_at(request), simulation.after(timeout_length_)));
  Request asked = request.descend(step_, attempt);
  asked.part = to.part;
  asked.deadline = std::min(asked.deadline, give_up);
  RequestRandom sizes(sizes_->key, request.id, request.path + step_);  // of every attempt the same
  const auto request_bytes = static_cast<std::uint64_t>(sizes_->request.draw(sizes).count());
  const auto reply_bytes = static_cast<std::uint64_t>(sizes_->reply.draw(sizes).count());
  RequestRandom losses(transports_->loss_key(), asked.id, asked.path);
  // To the edge it is an attempt, whatever becomes of it before the callee knows of it.
  const auto in_vain = [this](Status status) {
    edge_.count_vain_attempt();
    return Reply{status};
  };

  const Time came = simulation.now();
  Transport::Stream stream = co_await transports_->between(from, *to.to).take(give_up);
  trace_wait(world_, request, from, WaitFor::connection, came);
  if (!stream) {
    if (stream.outcome() == Transport::Outcome::unreachable) co_return in_vain(Status::unavailable);
    if (give_up_at(request) <= simulation.now()) ++counts_.deadline_passed;
    // Who waited for others to be done has asked the callee for nothing.
    if (stream.outcome() == Transport::Outcome::gave_up) co_return Reply{Status::timeout};
    co_return in_vain(Status::timeout);
  }
  // What was lost before faults ended may be yet to arrive, and everything else after it.
  const auto is_kept_back = [this, &stream] {
    return edge_.has_disturbances() || edge_.lost() + edge_.corrupted() > 0 || stream.is_lost();
  };
  if (stream.is_broken()) {
    // The process in its place knows no such connection, and says so.
    co_await simulation.delay(stream.round_trip());
    stream.finish(true);
    co_return in_vain(Status::reset);
  }
  Listener* const own = request_bytes > 0 ? from.listener() : nullptr;
  if (own != nullptr && own->has_bandwidth()) {
    Completion<> sent(simulation);
    own->send(request_bytes, sent.sender());
    const auto outcome = co_await sent.wait_until(give_up);
    if (!outcome) co_return in_vain(Status::timeout);
  }
  edge_.count_sent(request_bytes);
  Time at;
  bool arrives = stream.send(Direction::request, request_bytes, losses, at);
  if (at > simulation.now()) co_await simulation.until(std::min(at, give_up));
  if (at > give_up) co_return in_vain(Status::timeout);
  if (arrives && is_kept_back()) [[unlikely]] {
    const Status status =
        co_await stream.get_through(Direction::request, request_bytes, asked, give_up);
    if (status == Status::timeout) co_return in_vain(Status::timeout);
    arrives = status == Status::ok;
  }
  if (!arrives || stream.is_broken()) {
    stream.finish(true);
    co_return in_vain(Status::reset);
  }
  const Reply reply = co_await Exchange(world_, edge_, from, *to.to, asked, give_up, reply_bytes);
  if (reply.status == Status::timeout) co_return reply;
  if (reply.status == Status::reset || reply.status == Status::unavailable) {
    stream.finish(true);
    co_return reply;
  }
  const std::uint64_t received =
      reply.ok() || reply.body == AnswerBody::garbled ? reply_bytes * reply.swollen : 0;
  edge_.count_received(received);
  arrives = stream.send(Direction::reply, received, losses, at);
  if (at > simulation.now()) co_await simulation.until(std::min(at, give_up));
  bool late = at > give_up;
  if (arrives && !late && is_kept_back()) [[unlikely]] {
    const Status status = co_await stream.get_through(Direction::reply, received, asked, give_up);
    late = status == Status::timeout;
    arrives = status == Status::ok;
  }
  if (late || !arrives) {
    edge_.count_late_answer();
    if (late) co_return Reply{Status::timeout};
    stream.finish(true);
    co_return Reply{Status::reset};
  }
  stream.finish(false);
  co_return reply;
}

std::vector<MetricInfo> transport_metrics() {
  return {
      {"connections_open", "connections", "Connections of its transports that are open."},
      {"connection_waiting", "calls",
       "Calls that wait for a place on one, while it is opened or all are taken."},
      {"connection_wait_ms", "ms", "From asking for a place on a connection to having one.",
       MetricShape::kTimes},
      {"connections_made", "connections", "Connections that its transports opened.",
       MetricShape::kCount},
      {"connections_failed", "connections", "Connections that could not be opened.",
       MetricShape::kCount},
      {"handshakes_full", "handshakes", "TLS handshakes with asymmetric cryptography.",
       MetricShape::kCount},
      {"handshakes_resumed", "handshakes", "TLS handshakes that resumed a session.",
       MetricShape::kCount},
      {"retransmissions", "messages", "Messages and SYNs that were sent again.",
       MetricShape::kCount},
      {"bytes_sent", "B", "Of the requests of its calls that have a size.", MetricShape::kCount},
      {"bytes_received", "B", "Of the answers to them.", MetricShape::kCount}};
}

void measure_transports(Recorder::Owner& owner, const std::vector<Transports*>& transports) {
  if (transports.empty()) return;
  const auto count = [&](const char* name, std::uint64_t TransportCounts::*one) {
    owner.count(name, std::function<std::uint64_t()>([transports, one] {
                  std::uint64_t sum = 0;
                  for (Transports* each : transports) sum += each->counts().*one;
                  return sum;
                }));
  };
  const auto average = [&](const char* name, TimeIntegral TransportCounts::*one) {
    owner.time_average(name, [transports, one](Time now) {
      double sum = 0;
      for (Transports* each : transports) sum += (each->counts().*one).total(now);
      return sum;
    });
  };
  const auto bytes = [&](const char* name, std::uint64_t (Edge::*one)() const) {
    owner.count(name, std::function<std::uint64_t()>([transports, one] {
                  std::uint64_t sum = 0;
                  for (Transports* each : transports) sum += (each->edge().*one)();
                  return sum;
                }));
  };
  Tally& wait = owner.tally("connection_wait_ms");
  for (Transports* each : transports) each->counts().wait = &wait;
  average("connections_open", &TransportCounts::open);
  average("connection_waiting", &TransportCounts::waiting);
  count("connections_made", &TransportCounts::opened);
  count("connections_failed", &TransportCounts::failed);
  count("handshakes_full", &TransportCounts::full);
  count("handshakes_resumed", &TransportCounts::resumed);
  count("retransmissions", &TransportCounts::retransmissions);
  bytes("bytes_sent", &Edge::bytes_sent);
  bytes("bytes_received", &Edge::bytes_received);
}

}  // namespace highwater
