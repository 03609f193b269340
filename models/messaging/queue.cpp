/// queue: messages that steps publish and workers take, each by one of them.
///
/// Everything about its messages is decided by the product's algorithm: SqsQueue or RabbitQueue.
/// Workers send requests for messages that wait at the queue until it has some. That is what SQS'
/// long polls do; to RabbitMQ, which pushes, such a request is the room that a worker's prefetch
/// leaves for one message, and comes with what became of the message before.
///
/// Assumes  the queue has one server. While it is down it takes and gives nothing; SQS' messages
///          survive, and their times go on. RabbitMQ's survive where they are persistent, or of a
///          quorum queue: then all that workers had is redelivered; the others of the queue's nodes
///          are not modelled, so that start_time stands for the election of another leader.
///          A message is there from when it was appended: one whose server dies before that is
///          lost, and its publisher sees the connection break. Publishers without confirms hand
///          their messages to the network and go on, as long as they know of no broken connection.
///          Dead letters move at once and without the network; RabbitMQ loses those for a queue
///          that is down (they go without confirms), SQS loses none. Short polls of SQS see every
///          message. FIFO queues: a message's group is its key, its deduplication id the call that
///          published it, so that retries of the call are duplicates. Partitions break no
///          connection.
/// Source   Amazon SQS Developer Guide, 2024; RabbitMQ 3.10 documentation: Confirms, Reliability,
///          Dead Letter Exchanges, Heartbeats.
/// Checked  tests/models/queue_test.cpp, tests/models/queue_sqs_test.cpp,
///          tests/models/queue_rabbitmq_test.cpp; the algorithms in
///          tests/messaging/sqs_queue_test.cpp, tests/messaging/rabbitmq_queue_test.cpp.

#include "models/messaging/queue.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/task.h"
#include "models/messaging/queue_component.h"
#include "models/placement.h"
#include "models/slowdown.h"

namespace highwater::messaging {
namespace {

constexpr Duration kSqsPatience = 60s;  // botocore read_timeout

constexpr std::string_view name_of(Death death) {
  constexpr std::array<std::string_view, kDeaths> names{
      "expired", "maxlen", "rejected", "delivery_limit", "receive_count", "cycle", "lost"};
  return names[static_cast<std::size_t>(death)];
}

/// Whether a worker had its part in it: then dead letters may go round in circles.
bool is_a_rejection(Death why) {
  return why == Death::rejected || why == Death::receive_count;
}

void report(const Value& where, const std::string& path, const char* name, const char* why,
            Problems& problems) {
  const Value* const given = where.find(name);
  problems.error((given != nullptr ? *given : where).position(), pointer_to(path, name), why);
}

}  // namespace

void SqsQueueParams::check(const Value& where, const std::string& path, Problems& problems) const {
  if (queue.receive_wait > Duration{0} && queue.receive_wait < 1s)
    report(where, path, "receive_wait", "must be 0s, or 1s to 20s", problems);
}

void RabbitQueueParams::check(const Value& where, const std::string& path,
                              Problems& problems) const {
  if (message_size && !queue.max_length_bytes)
    report(where, path, "message_size", "only max_length_bytes reads it", problems);
  if (!persistent && queue.type == RabbitQueueType::quorum)
    report(where, path, "persistent", "all messages of quorum queues are", problems);
}

void QueueParams::check(const Value& where, const std::string& path, Problems& problems) const {
  if (sqs && rabbitmq)
    report(where, path, "rabbitmq", "a queue is either sqs or rabbitmq", problems);
  if (!sqs && !rabbitmq)
    problems.error(where.position(), path,
                   "a queue needs its product with what it is told: \"sqs\": {} or \"rabbitmq\": "
                   "{}");
  if (sqs && dead_letter && sqs->queue.max_receive_count == 0)
    report(where, path, "dead_letter", "needs a max_receive_count under sqs", problems);
  if (sqs && !dead_letter && sqs->queue.max_receive_count > 0)
    report(where, path, "dead_letter", "is needed where there is a max_receive_count", problems);
  if (rabbitmq && !dead_letter && rabbitmq->queue.overflow == Overflow::reject_publish_dlx)
    report(where, path, "dead_letter", "is needed by reject_publish_dlx", problems);
}

std::int64_t Keeper::now() const {
  return nanoseconds(world().now());
}

World& Keeper::world() const {
  return queue_.world();
}

void Keeper::wake_by(std::int64_t at) {
  at = std::max(at, now());
  if (at >= nanoseconds(kNever) || (wake_.pending() && wakes_at_ <= at)) return;
  wakes_at_ = at;
  world().simulation.reschedule_at(wake_, Time{Duration{at}});
}

QueueServer::QueueServer(Queue& queue, Zone zone)
    : Instance(queue, 0, zone), queue_(queue), line_(queue.world().simulation, 1) {}

Duration QueueServer::start_time() const {
  return queue_.params().start_time;
}

void QueueServer::killed() {
  queue_.keeper().killed();
}

void QueueServer::started() {
  queue_.keeper().started();
}

void QueueServer::receive(Served served) {
  switch (served.request().operation) {
    case Operation::write:
      return tasks().spawn(append(std::move(served)));
    case Operation::read:
      return queue_.keeper().ask(std::move(served));
    case Operation::remove:
      queue_.keeper().settle(served.request().key, Settlement::done);
      return served.reply(Status::ok);
  }
}

Task<> QueueServer::append(Served served) {
  const Request& publish = served.request();
  RequestRandom random(queue_.append_key(), publish.id, publish.path);
  const QueueParams& params = queue_.params();
  Lease turn;
  if (params.rabbitmq) turn = co_await line_.acquire();
  const Duration drawn =
      params.sqs ? params.sqs->append_time.draw(random) : params.rabbitmq->append_time.draw(random);
  co_await queue_.world().simulation.delay(stretched(drawn, slowdown()));
  turn.release();
  served.reply(queue_.accept(served.request()) ? Status::ok : Status::rejected);
}

Queue::Queue(World& world, std::string id, const QueueParams& params)
    : Component(world, std::move(id), "queue"),
      params_(&params),
      append_key_(world.key(this->id(), "append time")),
      ask_key_(world.key(this->id(), "requests of workers")),
      keeper_(params.sqs ? sqs_keeper(*this, *params.sqs)
                         : rabbitmq_keeper(*this, *params.rabbitmq)) {
  Component::add(std::make_unique<QueueServer>(*this, place(world, params.zones, 0)));
  declare_metrics();
}

void Queue::connect(Directory& directory) {
  if (!params_->dead_letter) return;
  dead_letter_ = &directory.component(params_->dead_letter->id);
  graveyard_ = dynamic_cast<Queue*>(dead_letter_);
}

void Queue::examine(const Examination& examination) const {
  if (dead_letter_ == nullptr) return;
  const auto wrong = [&](const std::string& why) {
    examination.problems.error(params_->dead_letter->position,
                               pointer_to(examination.path, "dead_letter"),
                               in_quotes(dead_letter_->id()) + why);
  };
  if (graveyard_ == nullptr) return wrong(" is no queue");
  if (is_sqs() != graveyard_->is_sqs())
    return wrong(is_sqs() ? " is no sqs queue, as this one is" : " is no rabbitmq queue");
  if (is_sqs() && params_->sqs->queue.fifo != graveyard_->params_->sqs->queue.fifo)
    wrong(params_->sqs->queue.fifo ? " must be FIFO too" : " is FIFO and this one is not");
}

std::vector<std::string> Queue::changeable() const {
  std::vector<std::string> names{"start_time"};
  if (!is_sqs()) return {"start_time", "rabbitmq.append_time"};
  for (const char* name : {"append_time", "visibility_timeout", "receive_wait"})
    names.push_back(std::string("sqs.") + name);
  if (params_->dead_letter) names.push_back("sqs.max_receive_count");
  if (!params_->sqs->queue.fifo) names.push_back("sqs.delay");
  return names;
}

std::string Queue::why_fixed(const std::string& parameter) const {
  if (parameter == "sqs.fifo") return "a queue is FIFO or not for good";
  if (parameter.starts_with("rabbitmq"))
    return "what it was declared with stays; a queue that is declared otherwise is refused";
  return {};
}

void Queue::reconfigure(const Blueprint& changed) {
  params_ = &params_in<QueueParams>(changed);
  keeper_->reconfigure(*params_);
}

std::uint32_t Queue::queues_behind() const {
  std::vector<const Queue*> chain;
  for (const Queue* queue = this; queue != nullptr; queue = queue->graveyard_) {
    if (std::find(chain.begin(), chain.end(), queue) != chain.end()) break;
    chain.push_back(queue);
  }
  return static_cast<std::uint32_t>(chain.size());
}

void Queue::add(Inbox& inbox) {
  inbox.number = static_cast<std::uint32_t>(inboxes_.size());
  inboxes_.push_back(&inbox);
}

Duration Queue::patience() const {
  return params_->rabbitmq ? params_->rabbitmq->heartbeat : kSqsPatience;
}

Request Queue::ask_of(const Inbox& inbox, std::uint64_t receipt, Settlement how) const {
  Request request;
  request.operation = Operation::read;
  // No client's request: an id of its own, for the draws of the network.
  request.id = ask_key_.value ^ inbox.number;
  request.key = inbox.number;
  request.path = receipt;
  request.part = static_cast<std::uint16_t>(how);
  return request;
}

void Queue::take(Attempt& attempt) {
  Instance& to = server();
  const bool open = to.up() || to.swallows();
  if (open) {
    const Request& publish = attempt.request();
    Attempt& message =
        Attempt::make(attempt.edge(), attempt.from(), to, publish, publish.path, *this);
    message.only_carries();
    message.depart();
  }
  attempt.conclude(Reply{open ? Status::ok : Status::unavailable});
}

void Queue::answered(Reply reply) {
  if (!reply.ok()) ++unconfirmed_;
}

std::uint32_t Queue::keep(const QueuedMessage& message) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(messages_.size()));
    messages_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  messages_[number] = message;
  messages_[number].queued = true;
  world().in_flight.keep(1);
  return number;
}

bool Queue::accept(const Request& publish) {
  QueuedMessage message;
  message.message = Message::from(publish, world().now(), poisons_.of(publish));
  message.deaths_left = queues_behind_;
  const std::uint32_t number = keep(message);
  const Keeper::Stored stored = keeper_->store(number, publish);
  const bool is_new = stored == Keeper::Stored::yes || stored == Keeper::Stored::passed_on;
  accepted_ += is_new;
  if (!is_new) forget(number);
  deduplicated_ += stored == Keeper::Stored::known;
  changed();
  return stored == Keeper::Stored::yes || stored == Keeper::Stored::known;
}

void Queue::take_dead(const QueuedMessage& dead) {
  QueuedMessage message = dead;
  message.message.appended = world().now();
  message.hands = 0;
  message.delivered = message.processed = false;
  Request publish;
  publish.id = dead.message.request;
  publish.path = dead.message.path;
  publish.key = dead.message.key;
  const std::uint32_t number = keep(message);
  ++accepted_;
  // It came from an exchange, which nobody asks whether there was room.
  if (keeper_->store(number, publish) == Keeper::Stored::refused) drop(number, Death::maxlen);
  changed();
}

void Queue::let_go(std::uint32_t number) {
  QueuedMessage& message = messages_[number];
  --message.hands;
  if (message.hands > 0 || message.queued) return;
  free_.push_back(number);
  world().in_flight.let_go(1);
}

void Queue::forget(std::uint32_t number) {
  messages_[number].queued = false;
  ++messages_[number].hands;
  let_go(number);
}

void Queue::hand_out(std::uint32_t number) {
  QueuedMessage& message = messages_[number];
  ++message.deliveries;
  if (std::exchange(message.delivered, true))
    ++redelivered_;
  else
    wait_->record(world().now(), world().now() - message.message.appended);
}

void Queue::give(Inbox& inbox, std::uint32_t number, std::uint64_t receipt) {
  QueuedMessage& message = messages_[number];
  ++message.hands;
  inbox.got.push_back({number, message.deliveries - 1, receipt});
}

void Queue::acknowledge(std::uint32_t number) {
  ++acknowledged_;
  forget(number);
}

void Queue::drop(std::uint32_t number, Death why) {
  ++dropped_[static_cast<std::size_t>(why)];
  forget(number);
}

void Queue::bury(std::uint32_t number, Death why) {
  if (graveyard_ == nullptr) return drop(number, why);
  dead_.emplace_back(number, why);
}

/// The dead letter goes to its queue, or is dropped where it must not.
void Queue::carry_on(std::uint32_t number, Death why) {
  QueuedMessage& message = messages_[number];
  if (is_a_rejection(why))
    message.deaths_left = graveyard_->queues_behind_;
  else if (--message.deaths_left == 0)
    return drop(number, Death::cycle);
  if (!is_sqs() && !graveyard_->server().up()) return drop(number, Death::lost);
  ++dead_lettered_;
  graveyard_->take_dead(message);
  forget(number);
}

void Queue::changed() {
  // Where dead letters come back to this queue, the outer call goes on with those they cause.
  if (!burying_) {
    burying_ = true;
    for (std::size_t i = 0; i < dead_.size(); ++i) carry_on(dead_[i].first, dead_[i].second);
    dead_.clear();
    burying_ = false;
  }
  const Time now = world().now();
  ready_.set(now, static_cast<std::int64_t>(keeper_->ready()));
  in_flight_.set(now, static_cast<std::int64_t>(keeper_->in_flight()));
}

void Queue::declare_metrics() {
  // Not Component::measure(): its numbers would count the requests of workers among the publishes.
  Recorder::Owner& owner = world().recorder.owner(id());
  owner.rate("throughput_rps", accepted_);
  owner.time_average("depth", [this](Time now) { return ready_.total(now); });
  owner.time_average("in_flight", [this](Time now) { return in_flight_.total(now); });
  wait_ = &owner.tally("wait_ms");
  owner.count("accepted", accepted_);
  owner.count("acknowledged", acknowledged_);
  owner.count("redelivered", redelivered_);
  owner.count("dead_lettered", dead_lettered_);
  owner.count("remaining",
              [this] { return std::uint64_t{keeper_->ready() + keeper_->in_flight()}; });
  owner.causes("dropped", [this] {
    std::map<std::string, std::uint64_t> causes;
    for (std::size_t i = 0; i < kDeaths; ++i)
      if (dropped_[i] > 0) causes[std::string(name_of(static_cast<Death>(i)))] = dropped_[i];
    return causes;
  });
  owner.causes("errors", [this] {
    std::map<std::string, std::uint64_t> causes;
    for (std::size_t i = 1; i < kStatuses; ++i) {
      const auto status = static_cast<Status>(i);
      if (const std::uint64_t sum = server().answers()[status]; sum > 0)
        causes[std::string(name(status))] = sum;
    }
    return causes;
  });
  if (is_sqs()) {
    owner.count("receives", receives_);
    owner.count("empty_receives", empty_receives_);
    owner.count("deduplicated", deduplicated_);
    return;
  }
  owner.time_ratio(
      "utilization", [this](Time now) { return server().busy_integral(now); },
      [](Time now) { return seconds(now); });
  owner.count("unconfirmed", unconfirmed_);
}

ModelKind queue() {
  ModelKind kind = model_kind<Queue>(
      "queue", "A message queue as SQS or RabbitMQ has it: steps publish to it, workers empty it.",
      "Amazon SQS Developer Guide; RabbitMQ 3.10",
      {{"throughput_rps", "/s", "Messages taken, dead letters of other queues among them."},
       {"depth", "messages", "Messages that wait for a worker, delayed ones among them."},
       {"in_flight", "messages", "Messages handed out and not yet acknowledged or deleted."},
       {"wait_ms", "ms", "From when the queue has a message until it is first handed out.",
        MetricShape::kTimes},
       {"accepted", "messages", "Messages taken, dead letters of other queues among them.",
        MetricShape::kCount},
       {"acknowledged", "messages", "Messages that workers acknowledged, or deleted.",
        MetricShape::kCount},
       {"redelivered", "messages", "Times that a message was handed out once more.",
        MetricShape::kCount},
       {"dead_lettered", "messages", "Messages that went to the queue for dead letters.",
        MetricShape::kCount},
       {"remaining", "messages", "Messages that are there at the end, with workers or not.",
        MetricShape::kCount},
       {"dropped", "messages", "Messages that were thrown away, by cause.", MetricShape::kCauses},
       {"errors", "requests",
        "Publishes and requests of workers not answered with success, by cause.",
        MetricShape::kCauses},
       {"receives", "requests", "Requests for messages, each of which SQS charges.",
        MetricShape::kCount},
       {"empty_receives", "requests", "Those that brought none.", MetricShape::kCount},
       {"deduplicated", "messages", "Messages that a FIFO queue knew already.",
        MetricShape::kCount},
       {"utilization", "1", "How busy RabbitMQ's process for the queue is with what comes."},
       {"unconfirmed", "messages",
        "Messages lost or refused on the way to RabbitMQ without their publishers' knowledge.",
        MetricShape::kCount}});
  kind.info.callable = false;
  kind.info.publishable = true;
  kind.info.consumable = true;
  return kind;
}

}  // namespace highwater::messaging
