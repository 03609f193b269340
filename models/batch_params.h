#pragma once

#include <cstdint>

#include "engine/describe/field.h"
#include "models/algorithms/messaging/batch_accumulator.h"

namespace highwater {

/// When a Kafka producer sends what: in scenarios, and by `highwater algorithm`.
struct BatchParams {
  using Defaults = messaging::BatchOptions;
  Duration linger = 5ms;
  std::uint32_t max_in_flight = Defaults{}.max_in_flight;
  Bytes buffer_memory{Defaults{}.buffer_memory};
  Bytes max_request_size{Defaults{}.max_request_size};

  static constexpr auto fields() {
    using P = BatchParams;
    return Fields{
        field<&P::linger>("How long a batch that is not full waits for more messages.")
            .known_as("linger_ms")
            .bare("ms")
            .at_most(Duration{3600s})
            .source("Kafka linger.ms since 4.0"),
        field<&P::max_in_flight>("Requests to a broker that may be unanswered.")
            .known_as("max_in_flight_requests_per_connection")
            .at_least(1u)
            .at_most(1'000u)
            .source("Kafka max.in.flight.requests.per.connection"),
        field<&P::buffer_memory>("For batches, those under way included. Publishes wait for it.")
            .bare("B")
            .source("Kafka buffer.memory"),
        field<&P::max_request_size>("Of the batches that go to a broker in one request.")
            .bare("B")
            .at_least(Bytes{1})
            .source("Kafka max.request.size"),
    };
  }
  messaging::BatchOptions options(Bytes batch_size) const {
    messaging::BatchOptions options;
    options.linger = linger.count();
    options.batch_size = batch_size.count;
    options.buffer_memory = buffer_memory.count;
    options.max_in_flight = max_in_flight;
    options.max_request_size = max_request_size.count;
    return options;
  }
};

}  // namespace highwater
