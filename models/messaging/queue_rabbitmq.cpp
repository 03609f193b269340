/// What RabbitMQ does with the messages of a queue: it pushes them over the connections of its
/// consumers, to each as many as its prefetch allows.
///
/// A worker's requests for messages are the room that its prefetch leaves, one for each message
/// that it may have. The first of a process opens its connection.
///
/// Source   RabbitMQ 3.10 documentation: Consumer Prefetch, Consumer Acknowledgements, Heartbeats.
/// Checked  tests/models/queue_rabbitmq_test.cpp.

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "models/messaging/queue_component.h"

namespace highwater::messaging {
namespace {

constexpr Bytes kMessageSize{1'024};  // chosen

class RabbitKeeper;

/// A connection of a worker's process, with its channel and consumer.
class Connection {
 public:
  explicit Connection(RabbitKeeper& keeper) : keeper_(keeper), silence_(*this) {}

  /// It counts as broken in `after`.
  void fall_silent(Duration after);
  void hand_over();
  void dismiss();
  void clear();

  struct Pushed {
    std::uint32_t message;
    std::uint64_t tag;
  };

  std::optional<std::uint32_t> consumer;
  std::deque<Served> rooms;   // requests of the worker, each for one message
  std::deque<Pushed> pushed;  // on the connection, and no room has come for them yet

 private:
  friend class RabbitKeeper;
  void is_broken();

  RabbitKeeper& keeper_;
  Timer<&Connection::is_broken> silence_;
};

class RabbitKeeper final : public Keeper {
  auto dead() {
    return [this](std::uint64_t message, RabbitQueue::Death death) {
      static constexpr Death kWhy[] = {Death::rejected, Death::expired, Death::maxlen,
                                       Death::delivery_limit};
      queue_.bury(static_cast<std::uint32_t>(message), kWhy[static_cast<std::size_t>(death)]);
    };
  }

 public:
  RabbitKeeper(Queue& queue, const RabbitQueueParams& params)
      : Keeper(queue), params_(params), rabbit_(params.queue.options()) {}

  Stored store(std::uint32_t message, const Request&) override {
    const std::uint64_t bytes = params_.message_size.value_or(kMessageSize).count;
    const auto published = rabbit_.publish(now(), message, bytes, dead());
    deliver();
    if (published == RabbitQueue::Published::accepted) return Stored::yes;
    return params_.queue.overflow == Overflow::reject_publish_dlx ? Stored::passed_on
                                                                  : Stored::refused;
  }

  void ask(Served request) override {
    const Request& asked = request.request();
    if (asked.part != 0) settle_one(asked.path, static_cast<Settlement>(asked.part));
    if (request.abandoned()) {
      request.reply(Status::ok);
    } else {
      Inbox& inbox = queue_.inbox(asked);
      Connection& connection = connection_of(inbox.worker);
      connection.rooms.push_back(std::move(request));
      consume(connection, inbox.most);
      connection.hand_over();
    }
    deliver();
    queue_.changed();
  }

  void settle(std::uint64_t receipt, Settlement how) override {
    settle_one(receipt, how);
    deliver();
    queue_.changed();
  }

  void worker_lost(std::uint32_t worker, bool silent) override {
    if (worker >= of_worker_.size() || of_worker_[worker] == nullptr) return;
    Connection& connection = *std::exchange(of_worker_[worker], nullptr);
    if (silent) return connection.fall_silent(params_.heartbeat);
    close(connection);
  }

  void close(Connection& connection) {
    if (connection.consumer) {
      of_consumer_[*connection.consumer] = nullptr;
      rabbit_.remove_consumer(now(), *connection.consumer, dead());
    }
    connection.dismiss();
    connection.clear();
    free_.push_back(&connection);
    wake_by(rabbit_.next());
    deliver();
    queue_.changed();
  }

  void killed() override {
    for (Connection& connection : connections_) {
      if (connection.consumer) rabbit_.remove_consumer(now(), *connection.consumer, dead());
      connection.clear();
    }
    free_.clear();
    for (Connection& connection : connections_) free_.push_back(&connection);
    of_worker_.clear();
    of_consumer_.clear();
    if (!params_.persistent)
      rabbit_.lose_all([this](std::uint64_t message) {
        queue_.drop(static_cast<std::uint32_t>(message), Death::lost);
      });
    queue_.changed();
  }

  void started() override { pass(); }

  std::size_t ready() const override { return rabbit_.ready(); }
  std::size_t in_flight() const override { return rabbit_.unacknowledged(); }

 private:
  void pass() override {
    if (!queue_.server().up()) return;  // started() goes on
    rabbit_.tick(
        now(), [this](std::uint32_t consumer) { timed_out(consumer); }, dead());
    deliver();
    wake_by(rabbit_.next());
    queue_.changed();
  }

  /// The channel is closed; the worker opens another one at once.
  void timed_out(std::uint32_t consumer) {
    Connection& connection = *std::exchange(of_consumer_[consumer], nullptr);
    connection.consumer.reset();
    connection.pushed.clear();
    world().happened("consumer timeout",
                     queue_.id() +
                         " has closed the channel of a worker that left a message "
                         "unacknowledged for too long");
    if (!connection.rooms.empty())
      consume(connection, queue_.inbox(connection.rooms.front().request()).most);
  }

  void settle_one(std::uint64_t tag, Settlement how) {
    const auto message = rabbit_.body(tag);
    if (!message) return;  // its channel is gone, and it goes to somebody else
    if (how == Settlement::done) {
      rabbit_.ack(now(), tag);
      queue_.acknowledge(static_cast<std::uint32_t>(*message));
    } else {
      // What is requeued finds room at once, this consumer's if no other's.
      rabbit_.nack(now(), tag, how == Settlement::requeue, dead());
    }
  }

  void consume(Connection& connection, std::uint32_t prefetch) {
    if (connection.consumer) return;
    connection.consumer = rabbit_.add_consumer(prefetch);
    if (*connection.consumer >= of_consumer_.size()) of_consumer_.resize(*connection.consumer + 1);
    of_consumer_[*connection.consumer] = &connection;
  }

  void deliver() {
    const auto push = [this](const RabbitQueue::Delivery& delivery) {
      const auto message = static_cast<std::uint32_t>(delivery.body);
      queue_.hand_out(message);
      Connection& connection = *of_consumer_[delivery.consumer];
      connection.pushed.push_back({message, delivery.tag});
      connection.hand_over();
      if (const std::int64_t limit = params_.queue.consumer_timeout.count(); limit > 0)
        wake_by(now() + limit);
    };
    rabbit_.deliver(now(), push, dead());
    if (params_.queue.message_ttl && rabbit_.ready() > 0)
      wake_by(now() + params_.queue.message_ttl->count());
  }

  Connection& connection_of(std::uint32_t worker) {
    if (of_worker_.size() < queue_.workers()) of_worker_.resize(queue_.workers());
    Connection*& connection = of_worker_[worker];
    if (connection != nullptr) return *connection;
    if (free_.empty()) free_.push_back(&connections_.emplace_back(*this));
    connection = free_.back();
    free_.pop_back();
    return *connection;
  }

  friend class Connection;
  const RabbitQueueParams& params_;
  RabbitQueue rabbit_;
  std::deque<Connection> connections_;
  std::vector<Connection*> free_;
  std::vector<Connection*> of_worker_;    // null where there is none
  std::vector<Connection*> of_consumer_;  // by RabbitQueue's number
};

/// The worker has died, so nobody waits for what its requests are answered with.
void Connection::dismiss() {
  for (Served& room : rooms) room.reply(Status::ok);
  rooms.clear();
}

void Connection::fall_silent(Duration after) {
  dismiss();
  keeper_.world().simulation.reschedule_after(silence_, after);
}

void Connection::is_broken() {
  keeper_.close(*this);
}

void Connection::hand_over() {
  while (!rooms.empty() && !pushed.empty()) {
    Served room = std::move(rooms.front());
    rooms.pop_front();
    if (!room.abandoned()) {
      keeper_.queue_.give(keeper_.queue_.inbox(room.request()), pushed.front().message,
                          pushed.front().tag);
      pushed.pop_front();
    }
    room.reply(Status::ok);
  }
}

void Connection::clear() {
  keeper_.world().simulation.cancel(silence_);
  consumer.reset();
  rooms.clear();
  pushed.clear();
}

}  // namespace

std::unique_ptr<Keeper> rabbitmq_keeper(Queue& queue, const RabbitQueueParams& params) {
  return std::make_unique<RabbitKeeper>(queue, params);
}

}  // namespace highwater::messaging
