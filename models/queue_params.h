#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/messaging/rabbitmq_queue.h"
#include "models/algorithms/messaging/sqs_queue.h"

namespace highwater::messaging {

constexpr auto words_of(Overflow) {
  return std::array{
      Word{Overflow::drop_head, "drop_head", "The oldest goes to the dead-letter exchange."},
      Word{Overflow::reject_publish, "reject_publish", "New ones are refused."},
      Word{Overflow::reject_publish_dlx, "reject_publish_dlx",
           "New ones are refused and go to the dead-letter exchange."}};
}
constexpr auto words_of(RabbitQueueType) {
  return std::array{
      Word{RabbitQueueType::classic, "classic",
           "A classic queue: what comes back goes to its old place."},
      Word{RabbitQueueType::quorum, "quorum",
           "A quorum queue: what comes back goes to the front, and is given up after so often."}};
}

// What queues may be told, a struct for each product, its words as the product has them: in
// scenarios, and by `highwater algorithm`, which takes them as the product writes them too.

struct SqsParams {
  using Defaults = SqsOptions;
  bool fifo = Defaults{}.fifo;
  Duration visibility_timeout{Defaults{}.visibility_timeout};
  Duration delay{Defaults{}.delay};
  Duration retention_period{Defaults{}.retention};
  std::uint32_t max_receive_count = Defaults{}.max_receive_count;
  std::optional<std::uint32_t> max_in_flight;
  Duration receive_wait{0};

  static constexpr auto fields() {
    using P = SqsParams;
    return Fields{
        field<&P::fifo>("A FIFO queue: groups in order, duplicates of five minutes left out.")
            .known_as("fifo_queue"),
        field<&P::visibility_timeout>("How long a message that was received stays hidden; one that "
                                      "is not deleted by then is received again.")
            .at_most(Duration{12h})
            .bare("s")
            .source("SQS VisibilityTimeout"),
        field<&P::delay>("How long a new message stays hidden.")
            .at_most(Duration{15min})
            .known_as("delay_seconds")
            .bare("s")
            .source("SQS DelaySeconds"),
        field<&P::retention_period>("After so long a message is thrown away.")
            .at_least(Duration{1})
            .known_as("message_retention_period")
            .bare("s")
            .source("SQS MessageRetentionPeriod"),
        field<&P::max_receive_count>("A message that was received so often becomes a dead letter "
                                     "in place of being received again; 0: no dead letters.")
            .source("SQS maxReceiveCount of the redrive policy"),
        field<&P::max_in_flight>("Messages that may be received and not deleted at a time; 120000, "
                                 "or 20000 of a FIFO queue, unless given.")
            .at_least(1u)
            .source("SQS quotas"),
        field<&P::receive_wait>("How long a receive waits for a message (long polling); with 0s it "
                                "comes back empty at once.")
            .at_most(Duration{20s})
            .known_as("receive_message_wait_time_seconds")
            .bare("s")
            .source("SQS ReceiveMessageWaitTimeSeconds")};
  }
  SqsOptions options() const {
    SqsOptions o;
    o.fifo = fifo;
    o.visibility_timeout = visibility_timeout.count();
    o.delay = delay.count();
    o.retention = retention_period.count();
    o.max_receive_count = max_receive_count;
    o.max_in_flight = max_in_flight;
    return o;
  }
};

struct RabbitParams {
  using Defaults = RabbitOptions;
  RabbitQueueType type = Defaults{}.type;
  std::optional<std::uint64_t> max_length;
  std::optional<Bytes> max_length_bytes;
  Overflow overflow = Defaults{}.overflow;
  std::optional<Duration> message_ttl;
  std::optional<std::uint32_t> delivery_limit;
  Duration consumer_timeout{Defaults{}.consumer_timeout};

  static constexpr auto fields() {
    using P = RabbitParams;
    return Fields{
        field<&P::type>("Where messages that come back go.")
            .known_as("x_queue_type")
            .source("RabbitMQ x-queue-type"),
        field<&P::max_length>("Ready messages that there may be; no limit unless given.")
            .known_as("x_max_length")
            .source("RabbitMQ x-max-length"),
        field<&P::max_length_bytes>("Bytes of them, likewise.")
            .known_as("x_max_length_bytes")
            .bare("B")
            .source("RabbitMQ x-max-length-bytes"),
        field<&P::overflow>("What happens at the limit.")
            .known_as("x_overflow")
            .source("RabbitMQ x-overflow"),
        field<&P::message_ttl>("A message that is ready for so long is a dead letter, once it is "
                               "at the head; for ever unless given.")
            .known_as("x_message_ttl")
            .bare("ms")
            .source("RabbitMQ x-message-ttl"),
        field<&P::delivery_limit>("Of a quorum queue: a message that came back more often is a "
                                  "dead letter; no limit unless given. RabbitMQ 4 sets 20.")
            .known_as("x_delivery_limit")
            .source("RabbitMQ x-delivery-limit"),
        field<&P::consumer_timeout>("A consumer that leaves a message unacknowledged for so long "
                                    "loses its channel; 0s: never.")
            .bare("ms")
            .source("RabbitMQ consumer_timeout")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const auto wrong = [&](const char* name, const char* why) {
      const Value* const given = where.find(name);
      problems.error((given != nullptr ? *given : where).position(), pointer_to(path, name), why);
    };
    if (delivery_limit && type != RabbitQueueType::quorum)
      wrong("delivery_limit", "only quorum queues have it");
    if (overflow != Overflow::drop_head && !max_length && !max_length_bytes)
      wrong("overflow", "needs a max_length or max_length_bytes");
    if (overflow == Overflow::reject_publish_dlx && type == RabbitQueueType::quorum)
      wrong("overflow", "quorum queues have no reject_publish_dlx");
  }
  RabbitOptions options() const {
    RabbitOptions o;
    o.type = type;
    o.max_length = max_length;
    if (max_length_bytes) o.max_length_bytes = max_length_bytes->count;
    o.overflow = overflow;
    if (message_ttl) o.message_ttl = message_ttl->count();
    o.delivery_limit = delivery_limit;
    o.consumer_timeout = consumer_timeout.count();
    return o;
  }
};

}  // namespace highwater::messaging
