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
#include <map>
#include <memory>
#include <utility>

#include "models/algorithms/hashing/murmur2.h"
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

void Broker::started() {
  turn_ = 0;
  for (Partition* partition : led_) tasks().spawn(append_messages(*partition));
}

Partition* Broker::partition_of(const Request& publish) {
  if (topic_.params_.partitioner == Partitioner::round_robin) {
    if (led_.empty()) return nullptr;
    if (turn_ == led_.size()) turn_ = 0;
    return led_[turn_++];
  }
  const std::uint32_t number = hashing::kafka_partition(publish.key, topic_.partition_count());
  return &topic_.broker_of(number) == this ? &topic_.partition(number) : nullptr;
}

void Broker::receive(Served served) {
  if (served.request().operation == Operation::read) return hold(std::move(served));
  Partition* const partition = partition_of(served.request());
  // Only a caller that chooses its instance itself can come to the wrong one.
  if (partition == nullptr) return served.reply(Status::error);
  const Time now = topic_.world().now();
  unanswered_.add(now, 1);
  partition->leader->line.push_back({std::move(served), now});
  partition->leader->arrived.notify_one();
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
      partitions_(params.partitions) {
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

Instance* Topic::route(const Request& request, const Instance&) {
  if (request.operation == Operation::read) return instances().front().get();
  if (params_.partitioner == Partitioner::round_robin) return in_turn();
  Broker& broker = broker_of(hashing::kafka_partition(request.key, params_.partitions));
  return broker.up() ? &broker : nullptr;
}

Instance* Topic::in_turn() {
  for (std::uint32_t tried = 0; tried < params_.partitions; ++tried) {
    if (turn_ == params_.partitions) turn_ = 0;
    Broker& broker = broker_of(turn_++);
    if (broker.up()) return &broker;
  }
  return nullptr;
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
