/// topic: a log in partitions, to which steps publish and from which consumer groups read.
///
/// A message goes to the broker that leads its partition, waits there until the partition has
/// appended those before it, is appended, and its publisher has the answer. Readers fetch as
/// Kafka's consumers do, by a request that waits at the broker until there is something new.
///
/// Assumes  no replication: while a broker is down its partitions take and give no messages, but
///          what they hold survives on its disk; publishers know which brokers are down; a publish
///          that dies with its broker was not appended; fetches cost the broker nothing, and one
///          answer holds all there is. Without a producer every message is appended by itself; a
///          batch takes the time of one message. With one replica acks all and leader differ in
///          what is sent again only.
/// Source   Apache Kafka 3.7 documentation, sections 4.2 Persistence, 4.4 The Producer and 4.5 The
///          Consumer; DefaultPartitioner.
/// Checked  tests/models/topic_test.cpp; the hash in tests/algorithms/murmur2_test.cpp.

#include "models/messaging/topic.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

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

    std::int64_t messages() const {
      return batch == nullptr ? 1 : static_cast<std::int64_t>(batch->records.size());
    }
  };

  Leader(Broker& b, Partition& p)
      : broker(b), partition(p), arrived(b.component().world().simulation) {
    partition.leader = this;
  }
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  ~Leader() {
    partition.leader = nullptr;
    const Time now = broker.component().world().now();
    for (const Publish& publish : line) broker.unanswered_.add(now, -publish.messages());
    if (busy) broker.busy_.add(now, -1);
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
    if (asked.from >= partition.log.end()) return;
    asked.until = partition.log.end();
    fetch.reply(Status::ok);
  }

  Broker& broker;
  Partition& partition;
  std::deque<Publish> line;
  std::vector<Served> held;  // fetches that wait for a message, by reader
  Condition arrived;         // a publish has joined the line
  bool busy = false;
};

void TopicParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const bool sticks = partitioner == Partitioner::sticky ||
                      partitioner == Partitioner::uniform_sticky ||
                      partitioner == Partitioner::adaptive_sticky;
  for (const char* name : {"batch_size", "message_size"})
    if (const Value* given = where.find(name); given != nullptr && !sticks && !producer)
      problems.error(given->position(), pointer_to(path, name),
                     "only a producer and the sticky partitioners read it");
  const std::uint64_t least =
      std::max(batch_size.count, message_size.count + BatchAccumulator::kBatchOverhead);
  if (producer && producer->buffer_memory.count < least)
    problems.error(where.position(), pointer_to(pointer_to(path, "producer"), "buffer_memory"),
                   "has no room for a batch, " + std::to_string(least) + " bytes");
  if (brokers <= partitions) return;
  const Value* given = where.find("brokers");
  problems.warning(given != nullptr ? given->position() : where.position(),
                   pointer_to(path, "brokers"),
                   "more brokers than partitions: " + std::to_string(brokers - partitions) +
                       " of them lead none and do nothing");
}

Broker::Broker(Topic& topic, std::uint32_t index, Zone zone)
    : Instance(topic, index, zone), topic_(topic) {}

Duration Broker::start_time() const {
  return topic_.params_.start_time;
}

void Broker::lead(Partition& partition) {
  led_.push_back(&partition);
  tasks().spawn(append_messages(partition));
}

void Broker::killed() {
  topic_.available_known_ = false;
  produces_.clear();
}

void Broker::started() {
  topic_.available_known_ = false;
  for (Partition* partition : led_) tasks().spawn(append_messages(*partition));
}

void Broker::receive(Served served) {
  if (served.request().operation == Operation::read) return hold(std::move(served));
  if (topic_.params_.producer) return take_batches(std::move(served));
  const std::uint16_t part = served.request().part;
  // Only a caller that chooses its instance itself can come to the wrong one.
  if (&topic_.broker_of(part) != this) return served.reply(Status::error);
  const Time now = topic_.world().now();
  unanswered_.add(now, 1);
  Leader& leader = *topic_.partition(part).leader;
  leader.line.push_back({std::move(served), now, nullptr});
  leader.arrived.notify_one();
}

void Broker::take_batches(Served served) {
  if (served.request().key >= topic_.produces_.size()) return served.reply(Status::error);
  const auto slot = static_cast<std::uint32_t>(served.request().key);
  const Time now = topic_.world().now();
  produces_.emplace(slot, std::move(served));
  for (const std::shared_ptr<Batch>& batch : topic_.produces_[slot].batches()) {
    Leader& leader = *topic_.partition(batch->partition).leader;
    leader.line.push_back({Served(), now, batch, slot});
    unanswered_.add(now, leader.line.back().messages());
    leader.arrived.notify_one();
  }
}

void Broker::looked_at_batch(std::uint32_t slot) {
  if (--topic_.produces_[slot].left > 0) return;
  const auto request = produces_.find(slot);
  request->second.reply(topic_.produces_[slot].refused ? Status::error : Status::ok);
  produces_.erase(request);
}

void Broker::hold(Served fetch) {
  const std::uint64_t slot = fetch.request().key;
  const std::uint64_t reader = slot / topic_.partition_count();
  if (reader >= topic_.readers_.size()) return fetch.reply(Status::error);  // not from a group
  Partition& partition =
      topic_.partition(static_cast<std::uint32_t>(slot % topic_.partition_count()));
  partition.leader->hold(static_cast<std::uint32_t>(reader), std::move(fetch));
}

Task<> Broker::append_messages(Partition& partition) {
  Simulation& simulation = topic_.world().simulation;
  Leader leader(*this, partition);
  for (;;) {
    while (leader.line.empty()) co_await leader.arrived.wait();
    const Time begun = simulation.now();
    topic_.wait_->record(begun, begun - leader.line.front().arrived);
    const std::shared_ptr<Batch> batch = leader.line.front().batch;
    const Request publish =
        batch == nullptr ? leader.line.front().served.request() : batch->records.front().request;
    RequestRandom random(topic_.append_key_, publish.id, publish.path);
    const Duration time = stretched(topic_.params_.append_time.draw(random), slowdown());
    if (time > Duration{0}) {
      leader.busy = true;
      busy_.add(begun, 1);
      co_await simulation.delay(time);
      busy_.add(simulation.now(), -1);
      leader.busy = false;
    }
    const Time now = simulation.now();
    const std::size_t kept = partition.log.kept();
    const auto append = [&](const Request& message) {
      partition.log.append(Message::from(message, now));
      ++appended_;
      for (Reader* reader : topic_.readers_) reader->appended();
    };
    const std::uint32_t slot = leader.line.front().slot;
    if (batch == nullptr)
      append(publish);
    else if (topic_.is_due(*batch, partition, topic_.produces_[slot].refused))
      for (const Record& record : batch->records) append(record.request);
    topic_.world().in_flight.keep(partition.log.kept() - kept);
    leader.answer_all();
    unanswered_.add(now, -leader.line.front().messages());
    Leader::Publish done = std::move(leader.line.front());
    leader.line.pop_front();
    batch == nullptr ? done.served.reply(Status::ok) : looked_at_batch(slot);
  }
}

Topic::Topic(World& world, std::string id, const TopicParams& params)
    : Component(world, std::move(id), "topic"),
      params_(params),
      append_key_(world.key(this->id(), "append time")),
      partitions_(params.partitions),
      keys_(std::vector<hashing::Target>(params.partitions),
            params.partitioner == Partitioner::kafka_crc32   ? hashing::KafkaPartitioner::crc32
            : params.partitioner == Partitioner::kafka_fnv1a ? hashing::KafkaPartitioner::fnv1a
                                                             : hashing::KafkaPartitioner::murmur2) {
  for (std::uint32_t i = 0; i < params.brokers; ++i)
    add(std::make_unique<Broker>(*this, i, place(world, params.zones, i)));
  declare_metrics();
  for (std::uint32_t p = 0; p < params.partitions; ++p) broker_of(p).lead(partitions_[p]);
}

Broker& Topic::broker_of(std::uint32_t partition) const {
  return static_cast<Broker&>(*instances()[partition % instances().size()]);
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
    Broker& broker = broker_of(partition);
    return Route(broker.up() || params_.producer ? &broker : nullptr,
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

/// Whether the batch is to be appended; `refused` is set where it has come too early.
bool Topic::is_due(Batch& batch, Partition& partition, bool& refused) {
  if (params_.producer->acks == Acks::all) {
    const Partition::Turn turn = partition.take_turn(batch);
    if (turn == Partition::Turn::not_yet) refused = true;
    if (turn != Partition::Turn::now) return false;
  }
  batch.appended = true;
  ++batches_;
  return true;
}

std::span<const std::uint32_t> Topic::available() {
  if (!available_known_) {
    available_.clear();
    for (std::uint32_t p = 0; p < params_.partitions; ++p)
      if (broker_of(p).up()) available_.push_back(p);
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
          return seconds(now) * static_cast<double>(std::max<std::size_t>(1, broker.partitions()));
        });
  }
}

ModelKind topic() {
  ModelKind kind = model_kind<Topic>(
      "topic", "A log in partitions: steps publish to it, consumer groups read it.",
      "Apache Kafka 3.7 documentation, 4 Design",
      {{"throughput_rps", "/s", "Messages appended."},
       {"in_flight", "messages", "Messages received and not yet appended."},
       {"utilization", "1", "Partitions that are appending / partitions."},
       {"wait_ms", "ms", "From arrival at the broker until the partition begins to append.",
        MetricShape::kTimes},
       {"linger_ms", "ms", "From a publish until its producer sends it, where there is one.",
        MetricShape::kTimes},
       {"batches_rps", "/s", "Batches of producers appended."},
       {"buffered", "messages", "Messages that producers have not sent yet."},
       {"errors", "requests",
        "Publishes and fetches not answered with success, by cause; with producers, publishes that "
        "those gave up.",
        MetricShape::kCauses}});
  kind.info.callable = false;
  kind.info.publishable = true;
  return kind;
}

}  // namespace highwater::messaging
