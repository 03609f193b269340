#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
#include "engine/kernel/resource.h"
#include "engine/model/component.h"
#include "models/messaging/partition_log.h"
#include "models/messaging/poison.h"
#include "models/queue_params.h"
#include "models/weak_points.h"

namespace highwater::messaging {

struct SqsQueueParams {
  SqsParams queue;
  Distribution append_time = Distribution::constant(5ms);

  static constexpr auto fields() {
    return Fields{
        inlined<&SqsQueueParams::queue>(),
        field<&SqsQueueParams::append_time>("From the arrival of a message until the queue has it "
                                            "and its sender the answer; many at a time.")
            .source("chosen")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

struct RabbitQueueParams {
  RabbitParams queue;
  Distribution append_time = Distribution::constant(50us);
  std::optional<Bytes> message_size;
  bool persistent = true;
  bool confirms = true;
  Duration heartbeat = 60s;

  static constexpr auto fields() {
    using P = RabbitQueueParams;
    return Fields{
        inlined<&P::queue>(),
        field<&P::append_time>("Time that the queue takes to store a message, one after the other.")
            .source("chosen"),
        field<&P::message_size>("Of a message, as max_length_bytes counts it; 1KiB unless given.")
            .at_least(Bytes{1})
            .source("chosen"),
        field<&P::persistent>("Whether messages survive the death of the broker (durable queue, "
                              "persistent messages); those of quorum queues always do.")
            .source("RabbitMQ delivery_mode"),
        field<&P::confirms>("Whether publishers wait until the queue has their message. If not, "
                            "they go on when it is sent, and never learn of one that is lost or "
                            "refused.")
            .source("RabbitMQ confirm.select"),
        field<&P::heartbeat>("After so long without a word a connection counts as broken.")
            .at_least(Duration{1s})
            .source("RabbitMQ heartbeat")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

struct QueueParams {
  std::optional<SqsQueueParams> sqs;
  std::optional<RabbitQueueParams> rabbitmq;
  std::optional<ComponentRef> dead_letter;
  std::vector<std::string> zones;
  Duration start_time{0};

  static constexpr auto fields() {
    return Fields{
        field<&QueueParams::sqs>("A queue as Amazon SQS has it: workers ask for messages. This or "
                                 "rabbitmq."),
        field<&QueueParams::rabbitmq>("A queue as RabbitMQ has it: messages are pushed to the "
                                      "workers. This or sqs."),
        field<&QueueParams::dead_letter>("The queue, of the same product, that gets what is given "
                                         "up; it is thrown away unless given.")
            .uses(Relation::publish),
        field<&QueueParams::zones>("Where the queue stands: in the first of these; in the first "
                                   "zone of the network unless given.")
            .at_most(1u),
        field<&QueueParams::start_time>("From the start of the queue's server until it takes "
                                        "requests."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// A message in a queue, or with workers, or both.
struct QueuedMessage {
  Message message;
  std::uint32_t deliveries = 0;  ///< Times it was handed out, by queues before this one too.
  std::uint32_t hands = 0;       ///< Inboxes that have it.
  /// So many deaths, a rejection apart, take it as a dead letter to where it died before.
  std::uint32_t deaths_left = 0;
  bool queued = false;     ///< The queue has not got rid of it.
  bool delivered = false;  ///< Was handed out by this queue.
  bool processed = false;  ///< A worker has done its steps.
};

/// Why a queue got rid of a message that no worker has done.
enum class Death : std::uint8_t {
  expired,         ///< Older than its time to live, or than SQS keeps messages.
  maxlen,          ///< The queue was full.
  rejected,        ///< A worker gave it up.
  delivery_limit,  ///< It came back too often.
  receive_count,   ///< It was received too often.
  cycle,           ///< As a dead letter it came to where it had died before.
  lost,            ///< Its broker died.
};
inline constexpr std::size_t kDeaths = 7;

/// What a worker says of a message that it was handed.
enum class Settlement : std::uint8_t { none, done, requeue, reject };

/// A message as a worker has it.
struct Handed {
  std::uint32_t message;  ///< For Queue::message().
  std::uint32_t attempt;  ///< Times that it was handed out before.
  std::uint64_t receipt;
};

/// What a request of a worker for messages is answered with. There is at most one such request
/// whose answer somebody waits for.
struct Inbox {
  std::uint32_t number = 0;  ///< Of all of the queue's.
  std::uint32_t worker = 0;  ///< Of all processes that take messages from the queue.
  std::uint32_t most = 1;    ///< SQS: messages in a batch. RabbitMQ: the worker's prefetch.
  std::vector<Handed> got;
};

class Queue;

/// How a product keeps a queue's messages and hands them out.
class Keeper {
 public:
  explicit Keeper(Queue& queue) : queue_(queue), wake_(*this) {}
  virtual ~Keeper() = default;
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  enum class Stored : std::uint8_t {
    yes,
    known,      ///< It is there already.
    refused,    ///< There is no room for it.
    passed_on,  ///< Likewise, and it was buried.
  };
  virtual Stored store(std::uint32_t message, const Request& publish) = 0;
  /// A worker asks for messages; see ask_of().
  virtual void ask(Served request) = 0;
  virtual void settle(std::uint64_t receipt, Settlement how) = 0;
  /// The queue has other parameters now, which differ in what it says can be changed.
  virtual void reconfigure(const QueueParams&) {}
  /// The process of a worker is gone.
  /// @param silent  Nothing told the queue.
  virtual void worker_lost(std::uint32_t worker, bool silent) = 0;
  /// The queue's server is gone, or back.
  virtual void killed() = 0;
  virtual void started() {}

  virtual std::size_t ready() const = 0;
  virtual std::size_t in_flight() const = 0;

 protected:
  /// It is `now`: does what is due.
  virtual void pass() = 0;
  /// Something is due at `at`, in nanoseconds; the maximum for never.
  void wake_by(std::int64_t at);
  std::int64_t now() const;
  World& world() const;

  Queue& queue_;

 private:
  void woken() { pass(); }

  Timer<&Keeper::woken> wake_;
  std::int64_t wakes_at_ = 0;
};

std::unique_ptr<Keeper> sqs_keeper(Queue& queue, const SqsQueueParams& params);
std::unique_ptr<Keeper> rabbitmq_keeper(Queue& queue, const RabbitQueueParams& params);

/// The process that has the queue: a RabbitMQ node, or what SQS lets one see of itself.
class QueueServer final : public Instance {
 public:
  QueueServer(Queue& queue, Zone zone);

  double busy_integral(Time now) const { return line_.busy_integral(now); }

 private:
  void receive(Served served) override;
  void killed() override;
  void started() override;
  Duration start_time() const override;
  Task<> append(Served served);

  Queue& queue_;
  Resource line_;  // RabbitMQ: a queue is one process
};

class Queue final : public Component, public Poisonable, public Refuses, private AttemptWaiter {
 public:
  using Params = QueueParams;
  Queue(World& world, std::string id, const QueueParams& params);

  void connect(Directory& directory) override;
  void start() override { queues_behind_ = queues_behind(); }
  void examine(const Examination& examination) const override;
  std::vector<std::string> changeable() const override;
  std::string why_fixed(const std::string& parameter) const override;
  void reconfigure(const Blueprint& changed) override;
  bool has_client() const override { return params_->rabbitmq && !params_->rabbitmq->confirms; }
  void take(Attempt& attempt) override;
  Poisons& poisons() override { return poisons_; }
  std::string refuses(std::string_view verb) const override {
    if (verb != "lose_node") return "";
    return is_sqs()
               ? "keeps its messages in several zones, and loses none with a machine: use kill "
                 "for a service that is down"
               : "has one server, whose disk is there again when it starts: use kill";
  }

  const QueueParams& params() const { return *params_; }
  bool is_sqs() const { return params_->sqs.has_value(); }
  bool has_dead_letters() const { return params_->dead_letter.has_value(); }
  Keeper& keeper() { return *keeper_; }
  QueueServer& server() const { return static_cast<QueueServer&>(*instances().front()); }
  RandomKey append_key() const { return append_key_; }

  // For workers. Before the run: who takes messages, and for what.
  std::uint32_t add_worker() { return workers_++; }
  void add(Inbox& inbox);
  /// Whether a request for messages is answered when there are some, or else after a while.
  bool waits() const { return !params_->sqs || params_->sqs->queue.receive_wait > Duration{0}; }
  /// After so long without an answer a worker takes the queue for dead.
  Duration patience() const;
  /// A request for messages. With RabbitMQ it says too what became of the one before.
  Request ask_of(const Inbox& inbox, std::uint64_t receipt, Settlement how) const;
  const QueuedMessage& message(std::uint32_t number) const { return messages_[number]; }
  /// Messages in memory.
  std::size_t kept() const { return messages_.size() - free_.size(); }
  /// A worker has done the message. @return whether it is the first.
  bool processed(std::uint32_t number) { return !std::exchange(messages_[number].processed, true); }
  /// The inbox that has the message is through with it.
  void let_go(std::uint32_t number);

  // For the server and the keeper.
  /// @return whether the message that came is taken.
  bool accept(const Request& publish);
  Inbox& inbox(const Request& request) { return *inboxes_[request.key]; }
  std::uint32_t workers() const { return workers_; }
  void hand_out(std::uint32_t number);
  void give(Inbox& inbox, std::uint32_t number, std::uint64_t receipt);
  void acknowledge(std::uint32_t number);
  /// It is a dead letter, where there is a queue for those; changed() sends it there.
  void bury(std::uint32_t number, Death why);
  void drop(std::uint32_t number, Death why);
  void forget(std::uint32_t number);
  /// To be called after everything that changes what the keeper has.
  void changed();
  void count_receive() { ++receives_; }
  void count_empty_receive() { ++empty_receives_; }

 private:
  void answered(Reply reply) override;
  void lost() override { ++unconfirmed_; }
  std::uint32_t keep(const QueuedMessage& message);
  void take_dead(const QueuedMessage& dead);
  void carry_on(std::uint32_t number, Death why);
  /// Different queues that dead letters of this one go through.
  std::uint32_t queues_behind() const;
  void declare_metrics();

  const QueueParams* params_;
  RandomKey append_key_;
  RandomKey ask_key_;
  std::unique_ptr<Keeper> keeper_;
  Component* dead_letter_ = nullptr;
  Queue* graveyard_ = nullptr;  // the same, where it may be one
  std::uint32_t queues_behind_ = 0;
  std::uint32_t workers_ = 0;
  std::vector<Inbox*> inboxes_;
  std::vector<QueuedMessage> messages_;
  std::vector<std::uint32_t> free_;
  std::vector<std::pair<std::uint32_t, Death>> dead_;
  bool burying_ = false;
  Poisons poisons_;
  TimeIntegral ready_;
  TimeIntegral in_flight_;
  Tally* wait_ = nullptr;
  std::uint64_t accepted_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t redelivered_ = 0;
  std::uint64_t dead_lettered_ = 0;
  std::uint64_t receives_ = 0;
  std::uint64_t empty_receives_ = 0;
  std::uint64_t deduplicated_ = 0;
  std::uint64_t unconfirmed_ = 0;
  std::array<std::uint64_t, kDeaths> dropped_{};
};

}  // namespace highwater::messaging
