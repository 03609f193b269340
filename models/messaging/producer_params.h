#pragma once

#include <array>
#include <cstdint>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/messaging/batch_accumulator.h"

namespace highwater::messaging {

/// What a producer waits for before it calls a message sent.
enum class Acks : std::uint8_t { none, leader, all };
constexpr auto words_of(Acks) {
  return std::array{
      Word{Acks::none, "none", "For nothing: it is sent when it leaves, and lost if it fails."},
      Word{Acks::leader, "leader",
           "For the partition to have appended it. One sent again, because the answer got lost, is "
           "appended twice."},
      Word{Acks::all, "all",
           "For every replica in sync. One sent again is appended once, and the order is kept "
           "(idempotence)."}};
}

/// The producer that every publishing instance has.
struct ProducerParams {
  Duration linger = 5ms;
  Acks acks = Acks::all;
  std::uint32_t max_in_flight = 5;
  Bytes buffer_memory{33'554'432};
  Bytes max_request_size{1'048'576};
  Duration max_block = 60s;
  Duration request_timeout = 30s;
  Duration retry_backoff = 100ms;
  Duration delivery_timeout = 120s;

  static constexpr auto fields() {
    using P = ProducerParams;
    return Fields{
        field<&P::linger>("How long a batch that is not full waits for more messages.")
            .at_most(Duration{3600s})
            .source("Kafka linger.ms since 4.0"),
        field<&P::acks>("What a publish waits for.").source("Kafka acks"),
        field<&P::max_in_flight>("Requests to a broker that may be unanswered.")
            .at_least(1u)
            .at_most(1'000u)
            .source("Kafka max.in.flight.requests.per.connection"),
        field<&P::buffer_memory>("For batches, those under way included. Publishes wait for it.")
            .source("Kafka buffer.memory"),
        field<&P::max_request_size>("Of the batches that go to a broker in one request.")
            .at_least(Bytes{1})
            .source("Kafka max.request.size"),
        field<&P::max_block>("How long a publish waits for memory before it fails.")
            .source("Kafka max.block.ms"),
        field<&P::request_timeout>("After which a request without an answer is sent again.")
            .at_least(Duration{1'000'000})
            .source("Kafka request.timeout.ms"),
        field<&P::retry_backoff>("Pause before a request that failed is sent again.")
            .at_least(Duration{1'000'000})
            .source("Kafka retry.backoff.ms"),
        field<&P::delivery_timeout>("After which a batch that was not sent fails.")
            .at_least(Duration{1'000'000})
            .source("Kafka delivery.timeout.ms"),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (delivery_timeout < linger + request_timeout)
      problems.error(where.position(), pointer_to(path, "delivery_timeout"),
                     "must be at least linger and request_timeout together");
  }
  BatchOptions options(Bytes batch_size) const {
    BatchOptions options;
    options.linger = linger.count();
    options.batch_size = batch_size.count;
    options.buffer_memory = buffer_memory.count;
    options.max_in_flight = max_in_flight;
    options.max_request_size = max_request_size.count;
    options.retry_backoff = retry_backoff.count();
    options.delivery_timeout = delivery_timeout.count();
    return options;
  }
};

}  // namespace highwater::messaging
