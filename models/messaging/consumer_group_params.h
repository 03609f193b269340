#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/describe/field.h"
#include "models/steps/step_params.h"

namespace highwater::messaging {

/// What becomes of a message whose steps fail.
enum class OnFailure : std::uint8_t { retry, skip };
constexpr auto words_of(OnFailure) {
  return std::array{
      Word{OnFailure::retry, "retry",
           "It is tried again after retry_backoff until it succeeds; the messages behind it wait."},
      Word{OnFailure::skip, "skip", "It is given up."}};
}

struct ConsumerGroupParams {
  ComponentRef topic;
  std::uint32_t consumers = 1;
  std::vector<std::string> zones;
  std::vector<steps::Step> steps;
  std::optional<double> cores;
  std::uint32_t concurrency = 1;
  std::uint32_t max_poll_records = 500;
  Duration commit_interval = 5s;
  Duration session_timeout = 45s;
  OnFailure on_failure = OnFailure::retry;
  Duration retry_backoff = 100ms;
  Duration start_time{0};

  static constexpr auto fields() {
    return std::tuple{
        field<&ConsumerGroupParams::topic>("The topic it reads, from the beginning.")
            .required()
            .uses(Relation::consume),
        field<&ConsumerGroupParams::consumers>("Consumers that share the partitions; those beyond "
                                               "the number of partitions have nothing to do.")
            .at_least(1u)
            .at_most(10'000u),
        field<&ConsumerGroupParams::zones>("Zones the consumers are spread over in turn; all zones "
                                           "of the network unless given."),
        field<&ConsumerGroupParams::steps>("What a consumer does with a message.").required(),
        field<&ConsumerGroupParams::cores>("CPU cores of a consumer; as many as concurrency unless "
                                           "given, so that the CPU is never the limit.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&ConsumerGroupParams::concurrency>("Partitions that a consumer works on at the same "
                                                 "time, each on a thread of its own.")
            .at_least(1u)
            .at_most(10'000u)
            .source("a Kafka consumer has one thread"),
        field<&ConsumerGroupParams::max_poll_records>(
            "Messages that a thread takes in hand at once. Commits that are due, and partitions "
            "that move to another consumer, wait until it is done with them.")
            .at_least(1u)
            .at_most(1'000'000'000u)
            .source("Kafka max.poll.records"),
        field<&ConsumerGroupParams::commit_interval>("Time between two commits of a consumer. What "
                                                     "it did since the last one is done again "
                                                     "after a crash.")
            .at_least(Duration{1'000'000})
            .source("Kafka auto.commit.interval.ms"),
        field<&ConsumerGroupParams::session_timeout>("How long the partitions of a dead consumer "
                                                     "lie idle before the others take them.")
            .at_least(Duration{1'000'000})
            .source("Kafka session.timeout.ms since 3.0"),
        field<&ConsumerGroupParams::on_failure>("What becomes of a message whose steps fail."),
        field<&ConsumerGroupParams::retry_backoff>("Pause before a message that failed, or a fetch "
                                                   "from a broker that did not answer, is tried "
                                                   "again.")
            .at_least(Duration{1'000'000})
            .source("Kafka retry.backoff.ms"),
        field<&ConsumerGroupParams::start_time>("From the start of a consumer until it joins."),
    };
  }
};

}  // namespace highwater::messaging
