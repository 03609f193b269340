#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/kernel/condition.h"
#include "engine/model/component.h"
#include "models/algorithms/hashing/kafka.h"
#include "models/messaging/partition_chooser.h"
#include "models/messaging/partition_log.h"
#include "models/messaging/poison.h"
#include "models/messaging/producer.h"
#include "models/messaging/producer_params.h"
#include "models/messaging/replication.h"
#include "models/messaging/replication_params.h"
#include "models/weak_points.h"

namespace highwater::messaging {

constexpr auto words_of(Partitioner) {
  return std::array{
      Word{Partitioner::kafka_murmur2, "kafka_murmur2",
           "By the murmur2 hash of the key's decimal text, as Kafka's clients in Java do: the "
           "messages of a key stay in order."},
      Word{Partitioner::kafka_crc32, "kafka_crc32", "By its CRC-32, as librdkafka does."},
      Word{Partitioner::kafka_fnv1a, "kafka_fnv1a", "By its FNV-1a hash, as Sarama does."},
      Word{Partitioner::round_robin, "round_robin",
           "The partitions whose broker is up, in turn, whatever the key."},
      Word{Partitioner::sticky, "sticky",
           "One partition until batch_size bytes went there, then another at random, whatever the "
           "key."},
      Word{Partitioner::uniform_sticky, "uniform_sticky",
           "One partition until its batch is full, then always another one at random: Kafka 2.4 to "
           "3.2."},
      Word{Partitioner::adaptive_sticky, "adaptive_sticky",
           "As sticky, with fewer batches for partitions where messages wait: what Kafka's clients "
           "do with messages without a key."}};
}

struct TopicParams {
  std::uint32_t partitions = 1;
  std::uint32_t brokers = 1;
  std::vector<std::string> zones;
  Distribution append_time = Distribution::constant(500us);
  Partitioner partitioner = Partitioner::kafka_murmur2;
  Bytes batch_size{16'384};
  Bytes message_size{1'024};
  std::optional<ProducerParams> producer;
  std::optional<ReplicationParams> replication;
  Duration start_time{0};

  static constexpr auto fields() {
    return Fields{
        field<&TopicParams::partitions>("Parts of the topic. Messages of one partition are "
                                        "appended and read in order.")
            .at_least(1u)
            .at_most(10'000u),
        field<&TopicParams::brokers>("Servers. Partition p is led by broker p modulo their number, "
                                     "unless it has replicas and that one has died.")
            .at_least(1u)
            .at_most(1'000u),
        field<&TopicParams::zones>("Zones the brokers are spread over in turn; all zones of the "
                                   "network unless given."),
        field<&TopicParams::append_time>("Time that a partition takes to append a message, one "
                                         "after the other.")
            .source("chosen"),
        field<&TopicParams::partitioner>("How a message finds its partition.")
            .source("Kafka partitioner.class"),
        field<&TopicParams::batch_size>("Bytes that a producer's batch has room for, and after "
                                        "which a sticky partitioner goes on to another partition.")
            .source("Kafka batch.size"),
        field<&TopicParams::message_size>("Of a message, as batches and sticky partitioners count "
                                          "it.")
            .at_least(Bytes{1})
            .source("chosen"),
        field<&TopicParams::producer>("The publishers' producers, which send messages in batches, "
                                      "and again when they fail. Unless given, every message is "
                                      "sent by itself, once."),
        field<&TopicParams::replication>("Replicas of the partitions on other brokers, one of "
                                         "which leads when a broker has died. Unless given, "
                                         "partitions wait for their broker to come back.")
            .source("Kafka, 4.7 Replication"),
        field<&TopicParams::start_time>("From the start of a broker until it takes requests."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// A consumer group, as a topic sees it.
class Reader {
 public:
  /// So many more messages are there to be read.
  virtual void appended(std::uint64_t messages) = 0;
  /// An unclean election has cut the partition's log: nothing is there from `end` on, of what could
  /// be read up to `readable`.
  virtual void cut(std::uint32_t partition, std::uint64_t end, std::uint64_t readable) = 0;

 protected:
  ~Reader() = default;
};

struct Leader;

struct Partition {
  explicit Partition(std::uint32_t n) : number(n) {}

  /// The fetch that a reader has sent last: it asks for what comes from `from` on, and its answer
  /// holds what comes before `until`.
  struct Fetch {
    std::uint64_t from = 0;
    std::uint64_t until = 0;
  };

  /// How far a producer has come, for those that ask for all acknowledgements.
  struct Sequence {
    std::uint32_t incarnation = 0;
    std::uint32_t epoch = 0;
    std::uint32_t next = 0;
  };
  enum class Turn : std::uint8_t { now, was_before, not_yet };
  /// Whether it is the batch's turn to be appended; remembers that it was.
  Turn take_turn(Batch& batch);
  /// The batches from `end` on were never appended.
  void take_back(std::uint64_t end);

  std::uint32_t number;
  PartitionLog log;
  std::uint64_t readable = 0;                // the offset after the last that readers may have
  std::deque<std::shared_ptr<Batch>> fresh;  // above that, where there are replicas
  std::vector<Fetch> fetches;                // by reader
  Leader* leader = nullptr;                  // null while its broker is down
  std::vector<Sequence> sequences;           // by producer
};

class Topic;

class Broker final : public Instance {
 public:
  Broker(Topic& topic, std::uint32_t index, Zone zone);

  /// Leads this partition from now on, and again whenever the broker has come back.
  void lead(Partition& partition);
  /// No longer, if it did.
  void follow(Partition& partition);
  /// Partitions that it leads, integrated over time.
  double led_integral(Time now) const { return leads_.total(now); }

  std::uint64_t appended() const { return appended_; }
  void count_appended(std::uint64_t messages) { appended_ += messages; }
  /// Partitions that append, integrated over time.
  double busy_integral(Time now) const { return busy_.total(now); }
  /// Publishes received and not yet answered, integrated over time.
  double unanswered_integral(Time now) const { return unanswered_.total(now); }

 private:
  friend struct Leader;
  void receive(Served served) override;
  void started() override;
  Duration start_time() const override;
  void killed() override;
  Task<> append_messages(Partition& partition);
  Leader* leader_here(std::uint32_t partition) const;
  void hold(Served fetch);
  void take_batches(Served served);
  void looked_at_batch(std::uint32_t slot, bool refused);

  Topic& topic_;
  std::vector<Partition*> led_;
  std::map<std::uint32_t, Served> produces_;  // by slot: requests with batches to be appended
  std::uint64_t appended_ = 0;
  TimeIntegral leads_;
  TimeIntegral busy_;
  TimeIntegral unanswered_;
};

class Topic final : public Component,
                    public HasLeaders,
                    public LosesNodes,
                    public Poisonable,
                    private Replication::Listener {
 public:
  using Params = TopicParams;
  Topic(World& world, std::string id, const TopicParams& params);

  void connect(Directory& directory) override;
  void start() override;
  Route route(const Request& request, const Instance& from) override;
  bool has_client() const override { return params_.producer.has_value(); }
  void take(Attempt& attempt) override;
  Poisons& poisons() override { return poisons_; }

  std::uint32_t partition_count() const { return params_.partitions; }
  Partition& partition(std::uint32_t number) { return partitions_[number]; }
  Broker& broker_of(std::uint32_t partition) const;

  std::string lacks_leaders() const override {
    return replication_ ? "" : "has no \"replication\": nobody else could lead its partitions";
  }
  std::size_t parts() const override { return params_.partitions; }
  Instance* leader_of(std::size_t part) override;
  std::string lacks_nodes() const override {
    return replication_ ? ""
                        : "has no \"replication\": nobody could fill a broker that is empty; use "
                          "kill, after which its disk is there again";
  }
  void lose_node(Instance& instance) override { replication_->lose(instance.index()); }

  const TopicParams& params() const { return params_; }
  /// Null without replicas.
  const Replication* replication() const { return replication_ ? &*replication_ : nullptr; }
  /// The broker that leads each partition.
  std::vector<std::uint32_t> leaders() const;

  // For producers.
  /// A request to be sent; release() takes it back.
  ProduceRequest& produce_request();
  void release(std::uint32_t slot) { free_produces_.push_back(slot); }
  /// A message was sent so long after it was published.
  void sent(Duration waited) { linger_->record(world().now(), waited); }
  void failed(Status status) { failed_.add(status); }

  /// Adds a group that reads every partition from the beginning. Before the run only.
  /// @return its number among the readers of each partition
  std::uint32_t add_reader(Reader& reader);

  /// A fetch of `reader` from `partition`: the broker answers it once the partition goes beyond
  /// Fetch::from, and says in Fetch::until how far.
  /// @param number  Distinct for every fetch of the reader from the partition.
  Request fetch(std::uint32_t reader, std::uint32_t partition, std::uint64_t number) const;

 private:
  friend class Broker;
  friend struct Leader;
  enum class Append : std::uint8_t { done, waits, refused };
  /// Somebody leads it who takes connections.
  bool is_there(std::uint32_t partition) const {
    return (!replication_ || replication_->is_led(partition)) && broker_of(partition).up();
  }
  void declare_metrics();
  void declare_replication(Recorder::Owner& owner);
  /// Partitions whose broker is up, ascending.
  std::span<const std::uint32_t> available();
  Append append(Partition& partition, const Request& publish, Batch* batch, std::uint64_t& end);
  void write(Partition& partition, const Request& publish, Batch* batch);
  void cut(Partition& partition, std::uint64_t end);
  void advanced(std::uint32_t partition) override;
  void led_anew(std::uint32_t partition) override;
  Duration append_time(std::uint32_t broker, RandomStream& random) override;
  PartitionChooser& chooser_of(const Instance& producer);
  Producer* producer_of(const Instance& instance) const;

  const TopicParams& params_;
  RandomKey append_key_;
  std::deque<Partition> partitions_;
  std::optional<Replication> replication_;
  std::vector<Reader*> readers_;
  struct Chooser {
    const Instance* instance;
    PartitionChooser chooser;
  };
  std::vector<Chooser> choosers_;  // by address: for look-ups, never walked
  std::deque<Producer> producers_;
  std::map<const Instance*, Producer*> producer_of_;  // for look-ups, never walked
  std::deque<ProduceRequest> produces_;               // by slot
  std::vector<std::uint32_t> free_produces_;
  std::uint64_t batches_ = 0;
  std::uint64_t too_few_ = 0;
  std::uint64_t lost_ = 0;
  StatusCounts failed_;
  std::vector<std::uint32_t> available_;
  bool available_known_ = false;
  hashing::KafkaKeys keys_;
  Poisons poisons_;
  Tally* wait_ = nullptr;
  Tally* linger_ = nullptr;
  Tally* replication_time_ = nullptr;
};

}  // namespace highwater::messaging
