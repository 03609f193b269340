#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/steps/step_params.h"

namespace highwater::messaging {

/// What becomes of a message whose steps fail.
enum class AfterFailure : std::uint8_t { redeliver, drop, dead_letter };
constexpr auto words_of(AfterFailure) {
  return std::array{
      Word{AfterFailure::redeliver, "redeliver",
           "It is delivered again: by RabbitMQ at once (nack with requeue), by SQS when its "
           "visibility timeout is over (the worker does not delete it)."},
      Word{AfterFailure::drop, "drop", "It is acknowledged, or deleted, all the same."},
      Word{AfterFailure::dead_letter, "dead_letter",
           "It is rejected, and so becomes a dead letter: by RabbitMQ alone."}};
}

struct WorkerParams {
  ComponentRef queue;
  std::uint32_t replicas = 1;
  std::vector<std::string> zones;
  std::vector<steps::Step> steps;
  std::optional<double> cores;
  std::uint32_t concurrency = 1;
  std::optional<std::uint32_t> batch_size;
  std::optional<std::uint32_t> prefetch;
  AfterFailure on_failure = AfterFailure::redeliver;
  Duration poll_interval = 1s;
  Duration start_time{0};

  static constexpr auto fields() {
    using P = WorkerParams;
    return Fields{
        field<&P::queue>("The queue it takes messages from.").required().uses(Relation::consume),
        field<&P::replicas>("Processes that compete for the messages.")
            .at_least(1u)
            .at_most(10'000u),
        field<&P::zones>("Zones the processes are spread over in turn; all zones of the network "
                         "unless given."),
        field<&P::steps>("What a worker does with a message.").required(),
        field<&P::cores>("CPU cores of a process; as many as concurrency unless given, so that the "
                         "CPU is never the limit.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&P::concurrency>("Messages that a process works on at the same time.")
            .at_least(1u)
            .at_most(10'000u),
        field<&P::batch_size>("With sqs: the most messages that a receive brings; 1 unless given. "
                              "A process has as many receives under way as concurrency says, each "
                              "sent again when what it brought is done. What it has no hands for "
                              "waits there, and its visibility timeout goes on.")
            .at_least(1u)
            .at_most(10u)
            .source("SQS MaxNumberOfMessages"),
        field<&P::prefetch>("With rabbitmq: the most messages that a process has and has not "
                            "acknowledged; as many as concurrency unless given.")
            .at_least(1u)
            .at_most(65'535u)
            .source("RabbitMQ basic.qos prefetch_count"),
        field<&P::on_failure>("What becomes of a message whose steps fail."),
        field<&P::poll_interval>("Pause before a queue is asked again that did not answer, or that "
                                 "had nothing where receive_wait is 0s.")
            .at_least(Duration{1'000'000})
            .source("Celery's polling_interval for SQS"),
        field<&P::start_time>("From the start of a process until it asks for messages."),
    };
  }
  /// Processes that there may ever be.
  std::uint32_t most_replicas() const { return replicas; }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    constexpr std::uint64_t kMost = 1'000'000;  // each has its place in memory
    const std::uint64_t each = std::max(concurrency, prefetch.value_or(1));
    if (replicas * each > kMost)
      problems.error(where.position(), path,
                     "its processes have " + std::to_string(replicas * each) +
                         " messages at once, more than " + std::to_string(kMost));
  }
};

}  // namespace highwater::messaging
