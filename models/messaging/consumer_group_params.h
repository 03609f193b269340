#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/messaging/messaging.h"
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

/// partition.assignment.strategy.
constexpr auto words_of(Assignor) {
  return std::array{
      Word{Assignor::range, "range",
           "In order, the first consumers one more. Before each rebalance everybody gives up "
           "everything."},
      Word{Assignor::roundrobin, "roundrobin",
           "One by one in turn. Before each rebalance everybody gives up everything."},
      Word{Assignor::sticky, "sticky",
           "Balanced, and everybody keeps what fits. Before each rebalance everybody gives up "
           "everything."},
      Word{Assignor::cooperative_sticky, "cooperative_sticky",
           "Balanced, and everybody keeps what fits; only what moves is given up."}};
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
  std::optional<Assignor> assignor;
  std::optional<Duration> heartbeat_interval;
  std::optional<Duration> max_poll_interval;
  std::optional<Duration> initial_rebalance_delay;
  std::optional<bool> static_members;
  OnFailure on_failure = OnFailure::retry;
  Duration retry_backoff = 100ms;
  Duration start_time{0};

  static constexpr auto fields() {
    return Fields{
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
        field<&ConsumerGroupParams::assignor>("Shares the partitions out by Kafka's group "
                                              "protocol, with heartbeats and rebalances that take "
                                              "their time. Unless given, by range, at once, and "
                                              "what stays where it is goes on.")
            .source("Kafka partition.assignment.strategy"),
        field<&ConsumerGroupParams::heartbeat_interval>("How often a consumer learns that a "
                                                        "rebalance is on; 3s unless given. With "
                                                        "an assignor, as the three below.")
            .at_least(Duration{1'000'000})
            .source("Kafka heartbeat.interval.ms"),
        field<&ConsumerGroupParams::max_poll_interval>("How long a consumer may be busy with what "
                                                       "it took in hand before it leaves the "
                                                       "group; 300s unless given.")
            .at_least(Duration{1'000'000})
            .source("Kafka max.poll.interval.ms"),
        field<&ConsumerGroupParams::initial_rebalance_delay>("How long an empty group waits for "
                                                             "more consumers; 3s unless given.")
            .source("Kafka group.initial.rebalance.delay.ms"),
        field<&ConsumerGroupParams::static_members>("Whether a consumer that is back before its "
                                                    "session is over takes its old place without "
                                                    "a rebalance; not unless given.")
            .source("Kafka group.instance.id"),
        field<&ConsumerGroupParams::on_failure>("What becomes of a message whose steps fail."),
        field<&ConsumerGroupParams::retry_backoff>("Pause before a message that failed, or a fetch "
                                                   "from a broker that did not answer, is tried "
                                                   "again.")
            .at_least(Duration{1'000'000})
            .source("Kafka retry.backoff.ms"),
        field<&ConsumerGroupParams::start_time>("From the start of a consumer until it joins."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (assignor) {
      if (heartbeat_interval && *heartbeat_interval >= session_timeout)
        problems.error(where.position(), pointer_to(path, "heartbeat_interval"),
                       "must be shorter than the session_timeout");
      return;
    }
    const std::pair<bool, const char*> protocol[] = {
        {heartbeat_interval.has_value(), "heartbeat_interval"},
        {max_poll_interval.has_value(), "max_poll_interval"},
        {initial_rebalance_delay.has_value(), "initial_rebalance_delay"},
        {static_members.has_value(), "static_members"}};
    for (const auto& [given, name] : protocol)
      if (given) problems.error(where.position(), pointer_to(path, name), "needs an assignor");
  }
  /// Consumers that there may ever be.
  std::uint32_t most_replicas() const { return consumers; }
  /// Of the group protocol; with an assignor.
  GroupClientOptions protocol() const {
    GroupClientOptions options;
    options.assignor = *assignor;
    options.session_timeout = session_timeout.count();
    if (heartbeat_interval) options.heartbeat_interval = heartbeat_interval->count();
    if (max_poll_interval) options.max_poll_interval = max_poll_interval->count();
    if (initial_rebalance_delay) options.initial_rebalance_delay = initial_rebalance_delay->count();
    return options;
  }
};

}  // namespace highwater::messaging
