#pragma once

#include <array>
#include <cstdint>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/batch_params.h"

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
  BatchParams batches;
  Acks acks = Acks::all;
  Duration max_block = 60s;
  Duration request_timeout = 30s;
  Duration retry_backoff = 100ms;
  Duration delivery_timeout = 120s;

  static constexpr auto fields() {
    using P = ProducerParams;
    return Fields{
        inlined<&P::batches>(),
        field<&P::acks>("What a publish waits for.").source("Kafka acks"),
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
    if (delivery_timeout < batches.linger + request_timeout)
      problems.error(where.position(), pointer_to(path, "delivery_timeout"),
                     "must be at least linger and request_timeout together");
  }
  BatchOptions options(Bytes batch_size) const {
    BatchOptions options = batches.options(batch_size);
    options.retry_backoff = retry_backoff.count();
    options.delivery_timeout = delivery_timeout.count();
    return options;
  }
};

}  // namespace highwater::messaging
