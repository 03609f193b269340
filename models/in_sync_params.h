#pragma once

#include <cstdint>

#include "engine/describe/field.h"
#include "models/algorithms/messaging/in_sync_replicas.h"

namespace highwater {

/// What a partition's replicas may be told: in scenarios, and by `highwater algorithm`.
struct InSyncParams {
  using Defaults = messaging::IsrOptions;
  std::uint32_t factor = Defaults{}.replicas;
  std::uint32_t min_insync_replicas = Defaults{}.min_insync_replicas;
  Duration lag_time_max{Defaults{}.lag_time_max};
  bool unclean_leader_election = Defaults{}.unclean_leader_election;

  static constexpr auto fields() {
    using P = InSyncParams;
    return Fields{
        field<&P::factor>("Replicas of each partition, the leader included.")
            .known_as("replicas")
            .at_least(1u)
            .at_most(1'000u)
            .source("Kafka replication.factor"),
        field<&P::min_insync_replicas>("With fewer in sync nothing is appended that is to be "
                                       "acknowledged by all.")
            .at_least(1u)
            .source("Kafka min.insync.replicas"),
        field<&P::lag_time_max>("A replica that has lagged behind for longer is not in sync.")
            .known_as("replica_lag_time_max")
            .bare("ms")
            .at_least(Duration{2})
            .source("Kafka replica.lag.time.max.ms"),
        field<&P::unclean_leader_election>("Where none in sync is left another one may lead: "
                                           "messages are lost instead of the partition.")
            .source("Kafka unclean.leader.election.enable"),
    };
  }

  messaging::IsrOptions options() const {
    return {factor, min_insync_replicas, lag_time_max.count(), unclean_leader_election};
  }
};

}  // namespace highwater
