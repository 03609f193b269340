#pragma once

#include "engine/describe/field.h"
#include "models/in_sync_params.h"

namespace highwater::messaging {

/// Replicas of a topic's partitions.
struct ReplicationParams {
  InSyncParams replicas;
  Duration session_timeout = 9s;
  Duration leader_rebalance = 300s;

  static constexpr auto fields() {
    using P = ReplicationParams;
    return Fields{
        inlined<&P::replicas>(),
        field<&P::session_timeout>("After which the controller takes a broker for dead that is: "
                                   "others lead what it led. A broker that is back earlier waits "
                                   "for it, too.")
            .source("Kafka broker.session.timeout.ms"),
        field<&P::leader_rebalance>("How often leaders are moved back to where they belong, once "
                                    "more than a tenth of a broker's are elsewhere; 0: never.")
            .source("Kafka leader.imbalance.check.interval.seconds, "
                    "leader.imbalance.per.broker.percentage"),
    };
  }
};

}  // namespace highwater::messaging
