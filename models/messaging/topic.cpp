/// topic: a log in partitions, to which steps publish and from which consumer groups read.
///
/// A message goes to the broker that leads its partition, waits there until the partition has
/// appended those before it, is appended, and its publisher has the answer. Readers fetch as
/// Kafka's consumers do, by a request that waits at the broker until there is something new.
///
/// With replicas readers get what all in sync have, and another broker leads when one has died.
///
/// Assumes  what a broker holds survives on its disk; everybody knows which brokers are down; a
///          publish that dies with its broker was not appended; fetches cost the leader nothing,
///          and one answer holds all there is. Without a producer every message is appended by
///          itself and acknowledged by all in sync; a batch takes the time of one message.
/// Source   Apache Kafka 3.7 documentation, sections 4.2 Persistence, 4.4 The Producer, 4.5 The
///          Consumer and 4.7 Replication; DefaultPartitioner.
/// Checked  tests/models/topic_test.cpp, tests/models/replication_test.cpp; the hash in
///          tests/algorithms/murmur2_test.cpp.

#include "models/messaging/topic.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "engine/describe/said.h"
#include "engine/model/tracer.h"
#include "models/algorithms/hashing/bytes.h"
#include "models/messaging/topic_component.h"
#include "models/placement.h"
#include "models/slowdown.h"

namespace highwater::messaging {

/// What the process of a broker remembers of a partition that it leads; dies with the process.
struct Leader {
  struct Publish {
    Served served;  // of one message
    Time arrived{};
    std::shared_ptr<Batch> batch;  // or of this one, which came in the request in that slot
    std::uint32_t slot = 0;
    Time appended{};
    std::uint64_t end = 0;  // then the offset after its last message

    std::int64_t messages() const {
      return batch == nullptr ? 1 : static_cast<std::int64_t>(batch->records.size());
    }
    const Request& first() const {
      return batch == nullptr ? served.request() : batch->records.front().request;
    }
  };

  Leader(Broker& b, Partition& p)
      : broker(b), partition(p), arrived(b.component().world().simulation) {
    partition.leader = this;
  }
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  ~Leader() {
    if (partition.leader == this) partition.leader = nullptr;
    const Time now = broker.component().world().now();
    for (const auto* list : {&line, &waiting})
      for (const Publish& publish : *list) broker.unanswered_.add(now, -publish.messages());
    if (busy) broker.busy_.add(now, -1);
  }

  void answer(Publish publish, Status status) {
    broker.unanswered_.add(broker.component().world().now(), -publish.messages());
    if (publish.batch == nullptr)
      publish.served.reply(status);
    else
      broker.looked_at_batch(publish.slot, status != Status::ok);
  }
  /// It leads no longer: whoever still waits has to ask another broker.
  void resign() {
    partition.leader = nullptr;
    resigned = true;
    arrived.notify_one();
    for (Served& fetch : held)
      if (fetch) fetch.reply(Status::error);
    held.clear();
    for (std::deque<Publish>* list : {&line, &waiting})
      for (Publish& publish : std::exchange(*list, {})) answer(std::move(publish), Status::error);
  }

  void hold(std::uint32_t reader, Served fetch) {
    if (reader >= held.size()) held.resize(partition.fetches.size());
    // A reader that gave up a fetch (it died, or lost the partition) has sent this one instead.
    if (held[reader]) held[reader].reply(Status::ok);
    held[reader] = std::move(fetch);
    answer(reader);
  }
  /// Answers the fetches that have something to bring.
  void answer_all() {
    for (std::uint32_t reader = 0; reader < held.size(); ++reader) answer(reader);
  }

  void answer(std::uint32_t reader) {
    Served& fetch = held[reader];
    if (!fetch) return;
    // Nobody waits for it: what its reader is told belongs to a later fetch.
    if (fetch.abandoned()) return fetch.reply(Status::ok);
    Partition::Fetch& asked = partition.fetches[reader];
    if (asked.from >= partition.readable) return;
    asked.until = partition.readable;
    fetch.reply(Status::ok);
  }

  Broker& broker;
  Partition& partition;
  std::deque<Publish> line;
  std::deque<Publish> waiting;  // appended, not yet by all
  std::vector<Served> held;     // fetches that wait for a message, by reader
  Condition arrived;            // a publish has joined the line
  bool busy = false;
  bool resigned = false;
};

void TopicParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const bool sticks = partitioner == Partitioner::sticky ||
                      partitioner == Partitioner::uniform_sticky ||
                      partitioner == Partitioner::adaptive_sticky;
  for (const char* name : {"batch_size", "message_size"})
    if (const Value* given = said<TopicParams>(where, name);
        given != nullptr && !sticks && !producer)
      problems.error(given->position(), pointer_to(path, name),
                     "only a producer and the sticky partitioners read it");
  const std::uint64_t least =
      std::max(batch_size.count, message_size.count + BatchAccumulator::kBatchOverhead);
  if (producer && producer->batches.buffer_memory.count < least)
    problems.error(where.position(), pointer_to(pointer_to(path, "producer"), "buffer_memory"),
                   "has no room for a batch, " + std::to_string(least) + " bytes");
  if (replication) {
    const std::string there = pointer_to(path, "replication");
    if (replication->replicas.factor > brokers)
      problems.error(where.position(), pointer_to(there, "factor"),
                     "more replicas than brokers, " + std::to_string(brokers));
    if (replication->replicas.min_insync_replicas > replication->replicas.factor)
      problems.error(
          where.position(), pointer_to(there, "min_insync_replicas"),
          "more than there are replicas, " + std::to_string(replication->replicas.factor));
    constexpr std::uint64_t kMost = 100'000;  // each takes a hundred bytes and more
    const std::uint64_t all = std::uint64_t{partitions} * replication->replicas.factor;
    if (all > kMost)
      problems.error(where.position(), pointer_to(there, "factor"),
                     "makes " + std::to_string(all) + " replicas of all partitions, more than " +
                         std::to_string(kMost));
  }
  if (brokers <= partitions || replication) return;
  const Value* given = where.find("brokers");
  problems.warning(given != nullptr ? given->position() : where.position(),
                   pointer_to(path, "brokers"),
                   "more brokers than partitions: " + std::to_string(brokers - partitions) +
                       " of them lead none and do nothing");
}

Broker::Broker(Topic& topic, std::uint32_t index, Zone zone)
    : Instance(topic, index, zone), topic_(topic) {}

Duration Broker::start_time() const {
  const Duration takes = topic_.params_.start_time;
  return topic_.replication_ ? std::max(takes, topic_.replication_->session_left(index())) : takes;
}

void Broker::lead(Partition& partition) {
  led_.push_back(&partition);
  leads_.add(topic_.world().now(), 1);
  if (up()) tasks().spawn(append_messages(partition));
}

void Broker::follow(Partition& partition) {
  if (std::erase(led_, &partition) == 0) return;
  leads_.add(topic_.world().now(), -1);
  if (Leader* leader = leader_here(partition.number)) leader->resign();
}

Leader* Broker::leader_here(std::uint32_t partition) const {
  Leader* const leader = topic_.partitions_[partition].leader;
  return leader != nullptr && &leader->broker == this ? leader : nullptr;
}

void Broker::killed() {
  topic_.available_known_ = false;
  produces_.clear();
  if (topic_.replication_) topic_.replication_->died(index());
}

void Broker::started() {
  topic_.available_known_ = false;
  for (Partition* partition : led_) tasks().spawn(append_messages(*partition));
  if (topic_.replication_) topic_.replication_->is_back(index());
}

void Broker::receive(Served served) {
  if (served.request().operation == Operation::read) return hold(std::move(served));
  if (topic_.params_.producer) return take_batches(std::move(served));
  // Another broker may lead it by now, and a caller that chooses its instance itself may err.
  Leader* const leader = leader_here(served.request().part);
  if (leader == nullptr) return served.reply(Status::error);
  const Time now = topic_.world().now();
  unanswered_.add(now, 1);
  leader->line.push_back({std::move(served), now, nullptr});
  leader->arrived.notify_one();
}

void Broker::take_batches(Served served) {
  if (served.request().key >= topic_.produces_.size()) return served.reply(Status::error);
  const auto slot = static_cast<std::uint32_t>(served.request().key);
  const Time now = topic_.world().now();
  produces_.emplace(slot, std::move(served));
  // By value: the request is over with the last of them.
  for (const std::shared_ptr<Batch>& batch :
       std::vector<std::shared_ptr<Batch>>(topic_.produces_[slot].batches())) {
    Leader* const leader = leader_here(batch->partition);
    if (leader == nullptr) {
      looked_at_batch(slot, true);
      continue;
    }
    leader->line.push_back({Served(), now, batch, slot});
    unanswered_.add(now, leader->line.back().messages());
    leader->arrived.notify_one();
  }
}

void Broker::looked_at_batch(std::uint32_t slot, bool refused) {
  if (refused) topic_.produces_[slot].refused = true;
  if (--topic_.produces_[slot].left > 0) return;
  const auto request = produces_.find(slot);
  request->second.reply(topic_.produces_[slot].refused ? Status::error : Status::ok);
  produces_.erase(request);
}

void Broker::hold(Served fetch) {
  const std::uint64_t slot = fetch.request().key;
  const std::uint64_t reader = slot / topic_.partition_count();
  Leader* const leader = leader_here(static_cast<std::uint32_t>(slot % topic_.partition_count()));
  // Not from a group, or from one that does not know yet who leads the partition now.
  if (reader >= topic_.readers_.size() || leader == nullptr) return fetch.reply(Status::error);
  leader->hold(static_cast<std::uint32_t>(reader), std::move(fetch));
}

Task<> Broker::append_messages(Partition& partition) {
  Simulation& simulation = topic_.world().simulation;
  Leader leader(*this, partition);
  for (;;) {
    while (leader.line.empty() && !leader.resigned) co_await leader.arrived.wait();
    if (leader.resigned) co_return;
    const Time begun = simulation.now();
    topic_.wait_->record(begun, begun - leader.line.front().arrived);
    const Request& first = leader.line.front().first();
    trace_wait(topic_.world(), first, *this, WaitFor::worker, leader.line.front().arrived);
    RequestRandom random(topic_.append_key_, first.id, first.path);
    const Duration time = stretched(topic_.params_.append_time.draw(random), slowdown());
    if (time > Duration{0}) {
      leader.busy = true;
      busy_.add(begun, 1);
      co_await simulation.delay(time);
      busy_.add(simulation.now(), -1);
      leader.busy = false;
      if (leader.resigned) co_return;
    }
    Leader::Publish done = std::move(leader.line.front());
    leader.line.pop_front();
    done.appended = simulation.now();
    switch (topic_.append(partition, done.first(), done.batch.get(), done.end)) {
      case Topic::Append::done:
        leader.answer(std::move(done), Status::ok);
        break;
      case Topic::Append::waits:
        leader.waiting.push_back(std::move(done));
        break;
      case Topic::Append::refused:
        leader.answer(std::move(done), Status::error);
        break;
    }
  }
}

Topic::Topic(World& world, std::string id, const TopicParams& params)
    : Component(world, std::move(id), "topic"),
      params_(params),
      append_key_(world.key(this->id(), "append time")),
      keys_(std::vector<hashing::Target>(params.partitions),
            params.partitioner == Partitioner::kafka_crc32   ? hashing::KafkaPartitioner::crc32
            : params.partitioner == Partitioner::kafka_fnv1a ? hashing::KafkaPartitioner::fnv1a
                                                             : hashing::KafkaPartitioner::murmur2) {
  for (std::uint32_t i = 0; i < params.brokers; ++i)
    add(std::make_unique<Broker>(*this, i, place(world, params.zones, i)));
  for (std::uint32_t p = 0; p < params.partitions; ++p) partitions_.emplace_back(p);
  if (params.replication) {
    Replication::Listener& listener = *this;
    replication_.emplace(listener, *params.replication, params.partitions, instances());
  }
  declare_metrics();
  for (Partition& partition : partitions_) broker_of(partition.number).lead(partition);
}

void Topic::connect(Directory& directory) {
  if (replication_) replication_->connect(directory.edge(*this, *this));
}

void Topic::start() {
  if (replication_) replication_->start();
}

Instance* Topic::leader_of(std::size_t part) {
  const auto partition = static_cast<std::uint32_t>(part);
  return is_there(partition) ? &broker_of(partition) : nullptr;
}

Broker& Topic::broker_of(std::uint32_t partition) const {
  const std::size_t broker =
      replication_ ? replication_->leader(partition) : partition % instances().size();
  return static_cast<Broker&>(*instances()[broker]);
}

std::uint32_t Topic::add_reader(Reader& reader) {
  for (Partition& partition : partitions_) {
    partition.log.add_reader();
    partition.fetches.emplace_back();
  }
  readers_.push_back(&reader);
  return static_cast<std::uint32_t>(readers_.size() - 1);
}

Request Topic::fetch(std::uint32_t reader, std::uint32_t partition, std::uint64_t number) const {
  Request request;
  request.key = std::uint64_t{reader} * params_.partitions + partition;
  // No client's request: an id of its own, for the draws of the network.
  request.id = append_key_.value ^ request.key;
  request.path = number;
  return request;
}

Route Topic::route(const Request& request, const Instance& from) {
  if (request.operation == Operation::read) return instances().front().get();
  const auto to = [this](std::uint32_t partition) {
    // A producer keeps what is for a broker that is down.
    return Route(is_there(partition) || params_.producer ? &broker_of(partition) : nullptr,
                 static_cast<std::uint16_t>(partition));
  };
  if (goes_by_key(params_.partitioner))
    return to(static_cast<std::uint32_t>(*keys_.lookup(hashing::DecimalText(request.key).view())));
  const hashing::KafkaTopic topic{params_.partitions, available()};
  if (topic.available.empty()) return params_.producer ? to(0) : Route(nullptr);
  const Producer* const producer = producer_of(from);
  const auto waiting = [&](std::uint32_t p) -> std::size_t {
    if (producer != nullptr) return producer->accumulator().waiting(p);
    return partitions_[p].leader == nullptr ? 0 : partitions_[p].leader->line.size();
  };
  const auto queues = [&] {
    std::vector<std::uint32_t> list;
    for (const std::uint32_t p : topic.available)
      list.push_back(static_cast<std::uint32_t>(waiting(p)));
    return list;
  };
  const auto fills = [&](std::uint32_t p) {
    return producer == nullptr || producer->accumulator().fills(p, params_.message_size.count);
  };
  return to(
      chooser_of(from).choose(topic, params_.message_size.count, world().now(), queues, fills));
}

void Topic::take(Attempt& attempt) {
  Producer*& producer = producer_of_[&attempt.from()];
  if (producer == nullptr)
    producer = &producers_.emplace_back(*this, attempt.from(), attempt.edge(),
                                        static_cast<std::uint32_t>(producers_.size()));
  producer->publish(attempt);
}

Producer* Topic::producer_of(const Instance& instance) const {
  const auto found = producer_of_.find(&instance);
  return found == producer_of_.end() ? nullptr : found->second;
}

std::vector<std::uint32_t> Topic::leaders() const {
  std::vector<std::uint32_t> list;
  for (std::uint32_t p = 0; p < params_.partitions; ++p) list.push_back(broker_of(p).index());
  return list;
}

ProduceRequest& Topic::produce_request() {
  if (free_produces_.empty()) {
    const auto slot = static_cast<std::uint32_t>(produces_.size());
    produces_.emplace_back(*this, slot);
    return produces_.back();
  }
  const std::uint32_t slot = free_produces_.back();
  free_produces_.pop_back();
  return produces_[slot];
}

Partition::Turn Partition::take_turn(Batch& batch) {
  if (batch.appended) return Turn::was_before;
  if (sequences.size() <= batch.producer) sequences.resize(batch.producer + 1);
  Sequence& sequence = sequences[batch.producer];
  // What a process had on its way when it died: the one after it is another producer to Kafka.
  if (batch.incarnation < sequence.incarnation) return Turn::now;
  if (batch.incarnation > sequence.incarnation) sequence = {batch.incarnation, 0, 0};
  if (batch.epoch > sequence.epoch) sequence = {batch.incarnation, batch.epoch, 0};
  if (batch.epoch < sequence.epoch || batch.sequence != sequence.next) return Turn::not_yet;
  ++sequence.next;
  return Turn::now;
}

void Partition::take_back(std::uint64_t end) {
  while (!fresh.empty() && fresh.back()->end > end) {
    Batch& batch = *fresh.back();
    batch.appended = false;
    if (batch.producer < sequences.size()) {
      Sequence& sequence = sequences[batch.producer];
      if (sequence.incarnation == batch.incarnation && sequence.epoch == batch.epoch)
        sequence.next = std::min(sequence.next, batch.sequence);
    }
    fresh.pop_back();
  }
}

/// Appends what was published, one message or a batch, if it is to be.
/// @param end  Set to the offset after it, unless it is refused.
Topic::Append Topic::append(Partition& partition, const Request& publish, Batch* batch,
                            std::uint64_t& end) {
  const bool by_all = batch == nullptr || params_.producer->acks == Acks::all;
  if (by_all && replication_ && !replication_->has_enough(partition.number)) {
    ++too_few_;
    return Append::refused;
  }
  const Partition::Turn turn =
      batch != nullptr && by_all ? partition.take_turn(*batch) : Partition::Turn::now;
  if (turn == Partition::Turn::not_yet) return Append::refused;
  if (turn == Partition::Turn::now) write(partition, publish, batch);
  end = batch == nullptr ? partition.log.end() : batch->end;
  if (!by_all || !replication_) return Append::done;
  switch (replication_->replicas(partition.number).answer(end)) {
    case InSyncReplicas::Answer::ok:
      return Append::done;
    case InSyncReplicas::Answer::pending:
      return Append::waits;
    default:
      return Append::refused;
  }
}

void Topic::write(Partition& partition, const Request& publish, Batch* batch) {
  const Time now = world().now();
  const std::size_t kept = partition.log.kept();
  const std::uint64_t before = partition.log.end();
  if (batch == nullptr) partition.log.append(Message::from(publish, now, poisons_.of(publish)));
  if (batch != nullptr) {
    for (const Record& record : batch->records)
      partition.log.append(Message::from(record.request, now, poisons_.of(record.request)));
    batch->appended = true;
    batch->end = partition.log.end();
    ++batches_;
    if (replication_) partition.fresh.push_back(batch->shared_from_this());
  }
  world().in_flight.keep(partition.log.kept() - kept);
  const std::uint64_t messages = partition.log.end() - before;
  broker_of(partition.number).count_appended(messages);
  if (replication_)
    replication_->appended(partition.number, messages);
  else
    advanced(partition.number);
}

void Topic::advanced(std::uint32_t number) {
  Partition& partition = partitions_[number];
  const std::uint64_t readable =
      replication_ ? replication_->replicas(number).high_watermark() : partition.log.end();
  Leader* const leader = partition.leader;
  if (readable > partition.readable) {
    const std::uint64_t more = readable - std::exchange(partition.readable, readable);
    while (!partition.fresh.empty() && partition.fresh.front()->end <= readable)
      partition.fresh.pop_front();
    for (Reader* reader : readers_) reader->appended(more);
    if (leader != nullptr) leader->answer_all();
  }
  if (leader == nullptr) return;
  while (!leader->waiting.empty() && leader->waiting.front().end <= readable) {
    Leader::Publish publish = std::move(leader->waiting.front());
    leader->waiting.pop_front();
    replication_time_->record(world().now(), world().now() - publish.appended);
    const bool enough = replication_->has_enough(number);
    leader->answer(std::move(publish), enough ? Status::ok : Status::error);
  }
}

void Topic::led_anew(std::uint32_t number) {
  Partition& partition = partitions_[number];
  for (const auto& instance : instances()) static_cast<Broker&>(*instance).follow(partition);
  available_known_ = false;
  if (!replication_->is_led(number)) return;
  const InSyncReplicas& replicas = replication_->replicas(number);
  cut(partition, replicas.log_end(*replicas.leader()));
  for (Producer& producer : producers_) producer.leads(number, replication_->leader(number));
  broker_of(number).lead(partition);
  advanced(number);
}

/// What only brokers have that lead no longer is gone.
void Topic::cut(Partition& partition, std::uint64_t end) {
  const std::uint64_t before = partition.log.end();
  if (end >= before) return;
  const bool by_all = !params_.producer || params_.producer->acks == Acks::all;
  const std::uint64_t answered = by_all ? partition.readable : before;
  lost_ += answered > end ? answered - end : 0;
  if (by_all) partition.take_back(end);
  const std::size_t kept = partition.log.kept();
  partition.log.cut(end);
  world().in_flight.let_go(kept - partition.log.kept());
  if (partition.readable <= end) return;
  const std::uint64_t readable = std::exchange(partition.readable, end);
  for (Partition::Fetch& fetch : partition.fetches) fetch.until = std::min(fetch.until, end);
  for (Reader* reader : readers_) reader->cut(partition.number, end, readable);
}

Duration Topic::append_time(std::uint32_t broker, RandomStream& random) {
  return stretched(params_.append_time.draw(random), instances()[broker]->slowdown());
}

std::span<const std::uint32_t> Topic::available() {
  if (!available_known_) {
    available_.clear();
    for (std::uint32_t p = 0; p < params_.partitions; ++p)
      if (is_there(p)) available_.push_back(p);
    available_known_ = true;
  }
  return available_;
}

PartitionChooser& Topic::chooser_of(const Instance& producer) {
  const std::less<const Instance*> before;
  const auto place = std::lower_bound(
      choosers_.begin(), choosers_.end(), &producer,
      [&](const Chooser& known, const Instance* wanted) { return before(known.instance, wanted); });
  if (place != choosers_.end() && place->instance == &producer) return place->chooser;
  const RandomKey key = world().key(id(), "partitions for " + producer.label());
  return choosers_
      .insert(place,
              {&producer, PartitionChooser(params_.partitioner, params_.batch_size.count, key)})
      ->chooser;
}

void Topic::declare_metrics() {
  // Not Component::measure(): its numbers would count fetches among the publishes.
  Recorder::Owner& owner = world().recorder.owner(id());
  const auto total = [this](double (Broker::*integral)(Time) const) {
    return [this, integral](Time now) {
      double sum = 0;
      for (const auto& instance : instances())
        sum += (static_cast<const Broker&>(*instance).*integral)(now);
      return sum;
    };
  };
  owner.rate("throughput_rps", [this](Time) {
    double sum = 0;
    for (const auto& instance : instances())
      sum += static_cast<double>(static_cast<const Broker&>(*instance).appended());
    return sum;
  });
  owner.time_average("in_flight", total(&Broker::unanswered_integral));
  owner.time_ratio("utilization", total(&Broker::busy_integral),
                   [this](Time now) { return seconds(now) * params_.partitions; });
  wait_ = &owner.tally("wait_ms");
  if (replication_) declare_replication(owner);
  if (params_.producer) {
    linger_ = &owner.tally("linger_ms");
    owner.rate("batches_rps", batches_);
    owner.time_average("buffered", [this](Time now) {
      double sum = 0;
      for (const Producer& producer : producers_) sum += producer.buffered_integral(now);
      return sum;
    });
  }
  owner.causes("errors", [this] {
    std::map<std::string, std::uint64_t> causes;
    for (std::size_t i = 1; i < kStatuses; ++i) {
      const auto status = static_cast<Status>(i);
      // With producers only what they gave up counts: they send the rest again.
      std::uint64_t sum = failed_[status];
      if (params_.producer) {
        if (sum > 0) causes[std::string(name(status))] = sum;
        continue;
      }
      for (const auto& instance : instances()) sum += instance->answers()[status];
      if (sum > 0) causes[std::string(name(status))] = sum;
    }
    return causes;
  });
  for (const auto& instance : instances()) {
    const auto& broker = static_cast<const Broker&>(*instance);
    Recorder::Owner& own =
        world().recorder.owner(broker.label(), world().network.zone_name(broker.zone()));
    own.rate("throughput_rps", [&broker](Time) { return static_cast<double>(broker.appended()); });
    own.time_ratio(
        "utilization", [&broker](Time now) { return broker.busy_integral(now); },
        [&broker](Time now) {
          const double led = broker.led_integral(now);
          return led > 0 ? led : seconds(now);  // busy with none
        });
  }
}

void Topic::declare_replication(Recorder::Owner& owner) {
  replication_time_ = &owner.tally("replication_ms");
  owner.time_average("under_replicated",
                     [this](Time now) { return replication_->under_replicated(now); });
  owner.time_average("offline", [this](Time now) { return replication_->offline(now); });
  owner.count("elections", [this] { return replication_->elections(); });
  owner.count("not_enough_replicas", too_few_);
  owner.count("lost", lost_);
}

ModelKind topic() {
  ModelKind kind = model_kind<Topic>(
      "topic", "A log in partitions: steps publish to it, consumer groups read it.",
      "Apache Kafka 3.7 documentation, 4 Design",
      {{"throughput_rps", "/s", "Messages appended."},
       {"in_flight", "messages", "Messages received and not yet answered."},
       {"utilization", "1", "Partitions that are appending / partitions."},
       {"wait_ms", "ms", "From arrival at the broker until the partition begins to append.",
        MetricShape::kTimes},
       {"linger_ms", "ms", "From a publish until its producer sends it, where there is one.",
        MetricShape::kTimes},
       {"batches_rps", "/s", "Batches of producers appended."},
       {"buffered", "messages", "Messages that producers have not sent yet."},
       {"replication_ms", "ms",
        "From the append of what all are to acknowledge until all in sync have it.",
        MetricShape::kTimes},
       {"under_replicated", "partitions", "Partitions with replicas that are not in sync."},
       {"offline", "partitions", "Partitions without a leader."},
       {"elections", "1", "Times that another broker took the lead of a partition.",
        MetricShape::kCount},
       {"not_enough_replicas", "requests",
        "Messages or batches refused since too few replicas were in sync.", MetricShape::kCount},
       {"lost", "messages", "Messages acknowledged that no leader has any more.",
        MetricShape::kCount},
       {"errors", "requests",
        "Publishes and fetches not answered with success, by cause; with producers, publishes that "
        "those gave up.",
        MetricShape::kCauses}});
  kind.info.callable = false;
  kind.info.publishable = true;
  kind.info.consumable = true;
  return kind;
}

}  // namespace highwater::messaging
