#include <algorithm>

#include "engine/model/tracer.h"
#include "models/database/cassandra_component.h"
#include "models/slowdown.h"

namespace highwater::database {
namespace {

constexpr Duration kDispatchInterval = 10s;
// Keys the draws of what a read asks for again.
constexpr std::uint32_t kNextRound = 0x0ca5'5a4d;

std::uint64_t newest(std::span<const CassandraOperation::Answer> answers) {
  std::uint64_t version = 0;
  for (const auto& answer : answers) version = std::max(version, answer.version);
  return version;
}

}  // namespace

CassandraOperation::CassandraOperation(CassandraNode& node, RowPin pinned, Time until)
    : coordinator(node),
      row(std::move(pinned)),
      deadline(until),
      changed(node.component().world().simulation),
      by_center_(row->replicas->by_center.size()) {
  index = node.enter(*this, generation);
}

CassandraOperation::~CassandraOperation() {
  coordinator.leave(index);
}

void CassandraOperation::answered(const Message& answer) {
  if (answer.round != round) return;
  if (answer.failed) {
    failed.push_back(answer.from);
    return changed.notify_all();
  }
  answers.push_back({answer.from, answer.version, answer.data});
  ++by_center_[coordinator.cassandra_.locations_[answer.from].datacenter];
  changed.notify_all();
}

void CassandraOperation::next_round() {
  ++round;
  asked = 0;
  answers.clear();
  failed.clear();
  std::fill(by_center_.begin(), by_center_.end(), 0u);
}

bool CassandraOperation::has_answered(std::uint32_t node) const {
  return std::any_of(answers.begin(), answers.end(),
                     [node](const Answer& answer) { return answer.node == node; }) ||
         std::find(failed.begin(), failed.end(), node) != failed.end();
}

CassandraNode::CassandraNode(Cassandra& cassandra, std::uint32_t index, Zone zone)
    : Instance(cassandra, index, zone),
      cassandra_(cassandra),
      reads_(cassandra.world().simulation, cassandra.params_->concurrent_reads),
      writes_(cassandra.world().simulation, cassandra.params_->concurrent_writes),
      processor_(cassandra.world().simulation, cassandra.params_->cores,
                 cassandra.params_->concurrent_reads + cassandra.params_->concurrent_writes),
      coordinator_key_(cassandra.world().key(label(), "coordinator time")),
      read_key_(cassandra.world().key(label(), "read time")),
      write_key_(cassandra.world().key(label(), "write time")),
      sync_key_(cassandra.world().key(label(), "commit log")),
      random_(cassandra.world().stream(label(), "gossip and snitch")),
      snitch_(cassandra.params_->snitch.options(), cassandra.params_->nodes),
      retry_(storage::options_of(cassandra.params_->speculative_retry,
                                 cassandra.params_->read_request_timeout)),
      replaying_(cassandra.params_->nodes),
      disk_key_(cassandra.world().key(label(), "disk")),
      synced_(cassandra.world().simulation),
      commits_(cassandra.world().simulation),
      aside_key_(cassandra.world().key(label(), "disk set aside")),
      loss_key_(cassandra.world().key(label(), "lost node")) {}

Duration CassandraNode::start_time() const {
  return cassandra_.params_->start_time;
}

std::uint32_t CassandraNode::enter(CassandraOperation& operation, std::uint32_t& generation) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  places_[index].operation = &operation;
  generation = places_[index].generation;
  return index;
}

void CassandraNode::leave(std::uint32_t index) {
  places_[index].operation = nullptr;
  ++places_[index].generation;
  free_.push_back(index);
}

void CassandraNode::receive(Served served) {
  if (served.request().operation == Operation::read)
    tasks().spawn(read(std::move(served)));
  else
    tasks().spawn(write(std::move(served)));
}

void CassandraNode::take(Message message) {
  const bool asks = message.kind == Message::Kind::read || message.kind == Message::Kind::write;
  if (asks && cassandra_.world().now() > message.deadline) {
    ++counts_.dropped;
    return;
  }
  switch (message.kind) {
    case Message::Kind::read:
      return tasks().spawn(serve_read(std::move(message)));
    case Message::Kind::write:
      return tasks().spawn(serve_write(std::move(message)));
    case Message::Kind::read_response:
      if (cassandra_.params_->dynamic_snitch) {
        const Time now = cassandra_.world().now();
        snitch_.received(nanoseconds(now), message.from, (now - message.sent).count(), random_);
      }
      break;
    case Message::Kind::write_response:
    case Message::Kind::heartbeat:
      break;
  }
  // It may have been answered, or its coordinator be another process by now.
  const Place& place = places_[message.operation];
  if (place.operation != nullptr && place.generation == message.generation)
    place.operation->answered(message);
}

void CassandraNode::ask(CassandraOperation& operation, const Request& request, std::uint32_t node,
                        Message::Kind kind, std::uint64_t version, bool data) {
  Message message;
  message.kind = kind;
  message.data = data;
  message.round = operation.round;
  message.from = index();
  message.to = node;
  message.operation = operation.index;
  message.generation = operation.generation;
  message.version = version;
  message.request = request.id;
  message.path =
      operation.round == 0 ? request.path : request.descend(kNextRound, operation.round).path;
  message.sent = cassandra_.world().now();
  message.deadline = operation.deadline;
  message.slowness =
      cassandra_.slow_queries_.slowness(kind == Message::Kind::read, request.endpoint);
  message.row = operation.row;
  ++operation.asked;
  cassandra_.send(std::move(message));
}

std::vector<std::uint32_t> CassandraNode::alive_by_center(const Replicas& replicas) const {
  std::vector<std::uint32_t> alive(replicas.by_center.size());
  for (const std::uint32_t node : replicas.nodes)
    if (cassandra_.takes_for_alive(index(), node)) ++alive[cassandra_.locations_[node].datacenter];
  return alive;
}

std::vector<std::uint32_t> CassandraNode::read_candidates(const Replicas& replicas) {
  std::vector<std::uint32_t> list;
  list.reserve(replicas.nodes.size());
  for (const std::uint32_t node : replicas.nodes)
    if (cassandra_.takes_for_alive(index(), node)) list.push_back(node);
  // Itself, its rack, its data center, others: each in the order of the ring.
  const auto distance = [this](std::uint32_t node) {
    const hashing::CassandraLocation& there = cassandra_.locations_[node];
    return node == index()                            ? 0
           : there == location_                       ? 1
           : there.datacenter == location_.datacenter ? 2
                                                      : 3;
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return distance(a) < distance(b); });
  if (cassandra_.params_->dynamic_snitch) snitch_.sort(nanoseconds(cassandra_.world().now()), list);
  return list;
}

Task<> CassandraNode::read(Served served) {
  const Request request = served.request();
  const CassandraParams& params = *cassandra_.params_;
  Simulation& simulation = cassandra_.world().simulation;
  const Time begun = simulation.now();
  const Replicas& replicas = cassandra_.replicas(request.key);
  CassandraOperation operation(*this, cassandra_.rows_.pin(request.key, replicas),
                               simulation.after(params.read_request_timeout));
  // Who reads something older than this reads something stale.
  const std::uint64_t acknowledged = operation.row->acknowledged;
  RequestRandom random(coordinator_key_, request.id, request.path);
  const Duration work = params.coordinator_time.draw(random);
  if (work > Duration{0}) co_await processor_.compute(work);

  const Consistency level = params.read_consistency;
  const storage::ReplicasByCenter levels = this->levels(replicas);
  const auto finish = [&](Reply reply) {
    const Duration took = simulation.now() - begun;
    retry_.answered(nanoseconds(simulation.now()), took.count());
    cassandra_.read_->record(simulation.now(), took);
    served.reply(reply);
  };
  if (!levels.can_be_met(level, alive_by_center(replicas))) {
    ++counts_.unavailable;
    finish(Reply::after(Status::unavailable));
    co_return;
  }
  std::vector<std::uint32_t> candidates = read_candidates(replicas);
  const auto center_of = [this](std::uint32_t n) { return cassandra_.locations_[n].datacenter; };
  const bool always = retry_.always() && level != Consistency::each_quorum;
  std::size_t asked = levels.choose_contacts(level, candidates, center_of, always);
  const bool asks_more = always && asked > levels.block_for(level);
  counts_.speculative_retries += asks_more;
  // The local replica last: it does its part at once, and the others are on their way by then.
  for (const bool own : {false, true})
    for (std::size_t i = 0; i < asked; ++i)
      if ((candidates[i] == index()) == own)
        ask(operation, request, candidates[i], Message::Kind::read, 0,
            i == 0 || (asks_more && i == 1));

  const auto has_data = [&] {
    return std::any_of(operation.answers.begin(), operation.answers.end(),
                       [](const auto& answer) { return answer.data; });
  };
  const auto is_enough = [&] { return levels.is_met(level, operation.by_center()) && has_data(); };
  std::optional<Time> speculates_at;
  if (level != Consistency::each_quorum && !retry_.always() && asked < candidates.size())
    if (const auto threshold = retry_.threshold(nanoseconds(simulation.now())))
      speculates_at = std::max(simulation.now(), begun + Duration{*threshold});
  while (!is_enough() && !operation.is_hopeless(levels.block_for(level))) {
    const Time until = speculates_at.value_or(operation.deadline);
    if (co_await operation.changed.wait_until(std::min(until, operation.deadline))) continue;
    if (!speculates_at || simulation.now() >= operation.deadline) break;
    speculates_at.reset();
    ++counts_.speculative_retries;
    ask(operation, request, candidates[asked++], Message::Kind::read, 0, !has_data());
  }

  std::optional<std::uint64_t> version;
  if (is_enough()) {
    version = newest(operation.answers);
    const bool differ = std::any_of(operation.answers.begin(), operation.answers.end(),
                                    [&](const auto& answer) { return answer.version != *version; });
    if (differ) {
      ++counts_.read_repairs;
      version = co_await resolve(operation, request, std::span(candidates).first(asked));
    }
  }
  if (version) {
    Reply reply;
    reply.missing = *version == Row::kNone;
    reply.stale = *version < acknowledged || reply.missing;
    ++counts_.reads;
    counts_.stale_reads += reply.stale;
    finish(reply);
  } else if (operation.is_hopeless(levels.block_for(level))) {
    ++counts_.read_failures;
    finish(Reply::after(Status::error));
  } else {
    ++counts_.read_timeouts;
    finish(Reply::after(Status::timeout));
  }
  if (!params.dynamic_snitch || operation.round > 0) co_return;
  // Those that never answer count as if they had taken as long as the timeout.
  while (operation.heard_of() < operation.asked &&
         co_await operation.changed.wait_until(operation.deadline)) {
  }
  for (std::size_t i = 0; i < asked; ++i)
    if (!operation.has_answered(candidates[i]))
      snitch_.received(nanoseconds(simulation.now()), candidates[i],
                       params.read_request_timeout.count(), random_);
}

Task<std::optional<std::uint64_t>> CassandraNode::resolve(CassandraOperation& operation,
                                                          const Request& request,
                                                          std::span<const std::uint32_t> contacts) {
  const Consistency level = cassandra_.params_->read_consistency;
  const storage::ReplicasByCenter levels = this->levels(*operation.row->replicas);
  operation.next_round();
  for (const std::uint32_t node : contacts)
    ask(operation, request, node, Message::Kind::read, 0, true);
  while (!levels.is_met(level, operation.by_center())) {
    if (operation.is_hopeless(levels.block_for(level))) co_return std::nullopt;
    if (!co_await operation.changed.wait_until(operation.deadline)) co_return std::nullopt;
  }
  const std::uint64_t version = newest(operation.answers);
  if (cassandra_.params_->read_repair == ReadRepair::none) co_return version;

  const std::vector<CassandraOperation::Answer> answers = operation.answers;
  operation.next_round();
  for (const auto& answer : answers)
    if (answer.version < version)
      ask(operation, request, answer.node, Message::Kind::write, version, false);
  // Those that had it already count among those that must have it.
  while (answers.size() - operation.asked + operation.answers.size() < levels.block_for(level))
    if (!co_await operation.changed.wait_until(operation.deadline)) co_return std::nullopt;
  co_return version;
}

Task<> CassandraNode::write(Served served) {
  const Request request = served.request();
  const CassandraParams& params = *cassandra_.params_;
  Simulation& simulation = cassandra_.world().simulation;
  const Time begun = simulation.now();
  const Time deadline = simulation.after(params.write_request_timeout);
  RequestRandom random(coordinator_key_, request.id, request.path);
  const Duration work = params.coordinator_time.draw(random);
  if (work > Duration{0}) co_await processor_.compute(work);

  const Replicas& replicas = cassandra_.replicas(request.key);
  const Consistency level = params.write_consistency;
  const storage::ReplicasByCenter levels = this->levels(replicas);
  const auto finish = [&](Status status) {
    cassandra_.write_->record(simulation.now(), simulation.now() - begun);
    served.reply(Reply::after(status));
  };
  if (!levels.can_be_met(level, alive_by_center(replicas))) {
    ++counts_.unavailable;
    finish(Status::unavailable);
    co_return;
  }
  CassandraOperation operation(*this, cassandra_.rows_.pin(request.key, replicas), deadline);
  const std::uint64_t version = cassandra_.timestamp(clock_ahead(simulation.now()));
  const bool hint_will_do = level == Consistency::any;
  // Where a hint will do it may be the only copy of a write that was answered.
  std::shared_ptr<bool> answered;
  if (hint_will_do) answered = std::make_shared<bool>(false);
  bool hinted = false;
  std::vector<std::uint32_t> asked;
  for (const std::uint32_t node : replicas.nodes) {
    if (cassandra_.takes_for_alive(index(), node))
      asked.push_back(node);
    else
      hinted |= keep_hint(node, operation.row, version, request, answered);
  }
  std::stable_partition(asked.begin(), asked.end(),
                        [this](std::uint32_t node) { return node != index(); });
  for (const std::uint32_t node : asked)
    ask(operation, request, node, Message::Kind::write, version, false);

  const auto is_enough = [&] {
    return levels.is_met(level, operation.by_center()) || (hint_will_do && hinted);
  };
  while (!is_enough() && co_await operation.changed.wait_until(deadline)) {
  }
  if (is_enough()) {
    std::uint64_t& acknowledged = operation.row->acknowledged;
    counts_.ignored_writes += version < acknowledged;
    acknowledged = std::max(acknowledged, version);
    if (answered != nullptr) *answered = true;
    ++counts_.writes;
    finish(Status::ok);
  } else {
    ++counts_.write_timeouts;
    finish(Status::timeout);
  }
  while (operation.answers.size() < asked.size() &&
         co_await operation.changed.wait_until(deadline)) {
  }
  for (const std::uint32_t node : asked)
    if (!operation.has_answered(node)) keep_hint(node, operation.row, version, request, answered);
}

Task<> CassandraNode::serve_read(Message message) {
  const CassandraParams& params = *cassandra_.params_;
  Simulation& simulation = cassandra_.world().simulation;
  const Time arrived = simulation.now();
  Lease stage = co_await reads_.acquire(AcquireOptions{0, message.deadline, false});
  if (!stage) {
    ++counts_.dropped;
    co_return;
  }
  const Time begun = simulation.now();
  cassandra_.wait_->record(begun, begun - arrived);
  trace_wait(cassandra_.world(), message.request, message.path, *this, WaitFor::worker, arrived);
  const std::uint64_t version = message.row->versions[message.row->replicas->slot_of(index())];
  RequestRandom random(read_key_, message.request, message.path);
  co_await processor_.compute(stretched(params.read_time.draw(random), message.slowness));
  bool is_readable = true;
  if (disk_ != nullptr) {
    is_readable = co_await look_on_disk(message);
    if (!is_readable) co_await suffer_read_failure(false);
  }
  if (is_readable && spoilt_rows_.any() && spoilt_rows_.has(message.row->key)) [[unlikely]] {
    is_readable = false;
    co_await suffer_read_failure(true);
  }
  cassandra_.service_->record(simulation.now(), simulation.now() - begun);
  stage.release();
  message.kind = Message::Kind::read_response;
  message.version = version;
  message.failed = !is_readable;
  std::swap(message.from, message.to);
  cassandra_.send(std::move(message));
}

Task<> CassandraNode::serve_write(Message message) {
  const CassandraParams& params = *cassandra_.params_;
  Simulation& simulation = cassandra_.world().simulation;
  const Time arrived = simulation.now();
  Lease stage = co_await writes_.acquire(AcquireOptions{0, message.deadline, false});
  if (!stage) {
    ++counts_.dropped;
    co_return;
  }
  const Time begun = simulation.now();
  cassandra_.wait_->record(begun, begun - arrived);
  trace_wait(cassandra_.world(), message.request, message.path, *this, WaitFor::worker, arrived);
  RequestRandom random(write_key_, message.request, message.path);
  co_await processor_.compute(stretched(params.write_time.draw(random), message.slowness));
  while (disk_ != nullptr && !takes_commits()) {
    if (full_ > 0) co_await suffer_commit_failure();
    if (!takes_commits()) co_await commits_.wait();
  }
  const std::size_t slot = message.row->replicas->slot_of(index());
  const std::uint64_t before = message.row->versions[slot];
  message.row->apply(slot, message.version);
  if (lost_rows_.any() || spoilt_rows_.any()) [[unlikely]] {
    lost_rows_.write(message.row->key);
    spoilt_rows_.write(message.row->key);
  }
  if (disk_ != nullptr) {
    const bool is_safe = co_await write_log(message, before);
    if (!is_safe) co_return;
  } else {
    const Duration sync = commit_log_time(message);
    if (sync > Duration{0}) co_await simulation.delay(sync);
  }
  cassandra_.service_->record(simulation.now(), simulation.now() - begun);
  stage.release();
  message.kind = Message::Kind::write_response;
  std::swap(message.from, message.to);
  cassandra_.send(std::move(message));
}

bool CassandraNode::keep_hint(std::uint32_t node, const RowPin& row, std::uint64_t version,
                              const Request& request, const std::shared_ptr<bool>& answered) {
  const storage::HintOptions options = cassandra_.params_->hints.options();
  World& world = cassandra_.world();
  const Cassandra::View& view = cassandra_.views_[node];
  std::optional<std::int64_t> down_for;
  if (!cassandra_.takes_for_alive(index(), node)) down_for = (world.now() - view.convicted).count();
  if (!Cassandra::Hints::should_hint(options, down_for)) {
    ++cassandra_.hints_not_stored_;
    return false;
  }
  auto& store = cassandra_.hints_[std::size_t{index()} * cassandra_.nodes() + node];
  if (store == nullptr) store = std::make_unique<Cassandra::Hints>(options, cassandra_.nodes() - 1);
  store->keep(nanoseconds(world.now()), {row, version, request.id, request.path, answered});
  ++counts_.hints_stored;
  world.in_flight.keep(1);
  if (!dispatch_.pending()) world.simulation.schedule_after(dispatch_, kDispatchInterval);
  return true;
}

void CassandraNode::dispatch_hints() {
  bool any = false;
  for (std::uint32_t target = 0; target < cassandra_.nodes(); ++target) {
    const Cassandra::Hints* const store = cassandra_.hints(index(), target);
    if (store == nullptr || store->empty()) continue;
    any = true;
    if (!cassandra_.takes_for_alive(index(), target) || replaying_[target]) continue;
    replaying_[target] = true;
    tasks().spawn(replay(target));
  }
  if (any) cassandra_.world().simulation.schedule_after(dispatch_, kDispatchInterval);
}

Task<> CassandraNode::replay(std::uint32_t target) {
  World& world = cassandra_.world();
  Cassandra::Hints& store = *cassandra_.hints(index(), target);
  const Duration pause{
      store.pause(static_cast<std::int64_t>(cassandra_.params_->hints.write_size.count))};
  while (cassandra_.takes_for_alive(index(), target)) {
    store.expire(nanoseconds(world.now()), [&](const Cassandra::HintedWrite& write) {
      world.in_flight.let_go(1);
      cassandra_.dropped(write);
    });
    if (store.empty()) break;
    tasks().spawn(deliver(target));
    if (pause > Duration{0}) co_await world.simulation.delay(pause);
  }
  replaying_[target] = false;
}

Task<> CassandraNode::deliver(std::uint32_t target) {
  // However this ends, what was not delivered stays.
  struct Taken {
    explicit Taken(Cassandra::Hints& s) : store(s), hint(s.take()) {}
    ~Taken() {
      if (!delivered) store.put_back(std::move(hint));
    }
    Cassandra::Hints& store;
    Cassandra::Hints::Hint hint;
    bool delivered = false;
  };
  Taken taken(*cassandra_.hints(index(), target));
  Request request;
  request.id = taken.hint.write.request;
  request.path = taken.hint.write.path;
  Simulation& simulation = cassandra_.world().simulation;
  CassandraOperation operation(*this, taken.hint.write.row,
                               simulation.after(cassandra_.params_->write_request_timeout));
  ask(operation, request, target, Message::Kind::write, taken.hint.write.version, false);
  while (operation.answers.empty() && co_await operation.changed.wait_until(operation.deadline)) {
  }
  if (operation.answers.empty()) {
    if (!dispatch_.pending()) simulation.schedule_after(dispatch_, kDispatchInterval);
    co_return;
  }
  taken.delivered = true;
  ++cassandra_.hints_replayed_;
  cassandra_.world().in_flight.let_go(1);
}

void CassandraNode::start_gossip() {
  if (cassandra_.nodes() == 1) return;
  // Not in step with the others.
  const double phase = random_.uniform() * static_cast<double>(kGossipInterval.count());
  cassandra_.world().simulation.reschedule_after(gossip_,
                                                 Duration{static_cast<Duration::rep>(phase)});
}

void CassandraNode::gossip() {
  cassandra_.world().simulation.schedule_after(gossip_, kGossipInterval);
  if (!looks_up()) return;
  if (clock_ahead(cassandra_.world().now()) != Duration{0}) cassandra_.rows_.keep_written();
  Message message;
  message.from = index();
  // To anybody who is there; what one knows all know.
  const std::uint64_t first = random_.below(cassandra_.nodes());
  for (std::uint64_t i = 0; i < cassandra_.nodes(); ++i) {
    message.to = static_cast<std::uint32_t>((first + i) % cassandra_.nodes());
    if (message.to != index() && cassandra_.node(message.to).up())
      return cassandra_.send(std::move(message));
  }
}

void CassandraNode::killed() {
  stop_disk();
  Simulation& simulation = cassandra_.world().simulation;
  simulation.cancel(gossip_);
  simulation.cancel(dispatch_);
  std::fill(replaying_.begin(), replaying_.end(), false);
  const CassandraParams& params = *cassandra_.params_;
  snitch_ = storage::DynamicSnitch(params.snitch.options(), params.nodes);
  retry_ = storage::SpeculativeRetry(
      storage::options_of(params.speculative_retry, params.read_request_timeout));
}

void CassandraNode::started() {
  if (is_new_) stream();
  start_disk();
  start_gossip();
  for (std::uint32_t target = 0; target < cassandra_.nodes(); ++target) {
    const Cassandra::Hints* const store = cassandra_.hints(index(), target);
    if (store == nullptr || store->empty()) continue;
    cassandra_.world().simulation.schedule_after(dispatch_, kDispatchInterval);
    return;
  }
}

}  // namespace highwater::database
