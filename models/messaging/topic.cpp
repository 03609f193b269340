/// topic: a log in partitions, to which steps publish and from which consumer groups read.
///
/// A message goes to the broker that leads its partition, waits there until the partition has
/// appended those before it, is appended, and its publisher has the answer. Readers fetch as
/// Kafka's consumers do, by a request that waits at the broker until there is something new.
///
/// Assumes  no replication: while a broker is down its partitions take and give no messages, but
///          what they hold survives on its disk; publishers know which brokers are down; a publish
///          that dies with its broker was not appended; fetches cost the broker nothing, and one
///          answer holds all there is; no batches: every message is appended by itself.
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
    Served served;
    Time arrived{};
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
    broker.unanswered_.add(now, -static_cast<std::int64_t>(line.size()));
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
    if (const Value* given = where.find(name); given != nullptr && !sticks)
      problems.error(given->position(), pointer_to(path, name),
                     "only the sticky partitioners read it");
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
}

void Broker::started() {
  topic_.available_known_ = false;
  for (Partition* partition : led_) tasks().spawn(append_messages(*partition));
}

void Broker::receive(Served served) {
  if (served.request().operation == Operation::read) return hold(std::move(served));
  const std::uint16_t part = served.request().part;
  // Only a caller that chooses its instance itself can come to the wrong one.
  if (&topic_.broker_of(part) != this) return served.reply(Status::error);
  const Time now = topic_.world().now();
  unanswered_.add(now, 1);
  Leader& leader = *topic_.partition(part).leader;
  leader.line.push_back({std::move(served), now});
  leader.arrived.notify_one();
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
    const Request publish = leader.line.front().served.request();
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
    partition.log.append(Message::from(publish, now));
    topic_.world().in_flight.keep(partition.log.kept() - kept);
    ++appended_;
    for (Reader* reader : topic_.readers_) reader->appended();
    leader.answer_all();
    unanswered_.add(now, -1);
    leader.line.front().served.reply(Status::ok);
    leader.line.pop_front();
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
  if (goes_by_key(params_.partitioner)) {
    const auto partition =
        static_cast<std::uint16_t>(*keys_.lookup(hashing::DecimalText(request.key).view()));
    Broker& broker = broker_of(partition);
    return {broker.up() ? &broker : nullptr, partition};
  }
  const hashing::KafkaTopic topic{params_.partitions, available()};
  if (topic.available.empty()) return nullptr;
  const auto queues = [&] {
    std::vector<std::uint32_t> waiting;
    for (const std::uint32_t p : topic.available)
      waiting.push_back(partitions_[p].leader == nullptr
                            ? 0
                            : static_cast<std::uint32_t>(partitions_[p].leader->line.size()));
    return waiting;
  };
  const auto partition = static_cast<std::uint16_t>(
      chooser_of(from).choose(topic, params_.message_size.count, world().now(), queues));
  Broker& broker = broker_of(partition);
  return {broker.up() ? &broker : nullptr, partition};
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
  const auto place = std::lower_bound(producers_.begin(), producers_.end(), &producer,
                                      [&](const Producer& known, const Instance* wanted) {
                                        return before(known.instance, wanted);
                                      });
  if (place != producers_.end() && place->instance == &producer) return place->chooser;
  const RandomKey key = world().key(id(), "partitions for " + producer.label());
  return producers_
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
  owner.causes("errors", [this] {
    std::map<std::string, std::uint64_t> causes;
    for (std::size_t i = 1; i < kStatuses; ++i) {
      const auto status = static_cast<Status>(i);
      std::uint64_t sum = 0;
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
       {"errors", "requests", "Publishes and fetches not answered with success, by cause.",
        MetricShape::kCauses}});
  kind.info.callable = false;
  kind.info.publishable = true;
  return kind;
}

}  // namespace highwater::messaging
