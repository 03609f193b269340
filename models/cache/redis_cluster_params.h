#pragma once

#include <array>
#include <cstdint>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "engine/kernel/distribution.h"
#include "models/algorithms/membership/redis_bus.h"

namespace highwater::cache {

/// Every node watches every other ten times a second.
inline constexpr std::uint32_t kMostClusterNodes = 128;
/// redis-cli makes no cluster of fewer: two masters have no majority without each other.
inline constexpr std::uint32_t kLeastMasters = 3;

enum class ReadFrom : std::uint8_t { master, replica };
constexpr auto words_of(ReadFrom) {
  return std::array{
      Word{ReadFrom::master, "master", "The shard's master."},
      Word{ReadFrom::replica, "replica",
           "One of the shard's replicas, by chance; the master where there is none. What a replica "
           "lags behind is stale."}};
}

/// Replicas, failover and redirects as in a Redis Cluster.
struct RedisClusterParams {
  std::uint32_t replicas_per_shard = 1;
  Duration node_timeout{membership::RedisBusOptions{}.node_timeout};
  std::uint32_t replica_validity_factor = membership::RedisBusOptions{}.replica_validity_factor;
  bool require_full_coverage = membership::RedisBusOptions{}.require_full_coverage;
  Distribution replication_lag = Distribution::constant(1ms);
  ReadFrom read_from = ReadFrom::master;
  std::uint32_t max_redirects = 5;
  Duration socket_timeout{2s};

  static constexpr auto fields() {
    using P = RedisClusterParams;
    return Fields{
        field<&P::replicas_per_shard>("Replicas of each master, numbered after it: with one, "
                                      "instances 0 and 1 are the first shard.")
            .at_most(kMostClusterNodes - 1)
            .source("redis-cli --cluster-replicas, of no default; chosen"),
        field<&P::node_timeout>("A master that does not answer the others for so long is failed "
                                "to them, and a replica takes its place.")
            .at_least(Duration{1ms})
            .at_most(Duration{24h})
            .source("redis.conf cluster-node-timeout"),
        field<&P::replica_validity_factor>("A replica that has not heard of its master for more "
                                           "than so many node timeouts does not take its place; "
                                           "0: it always may.")
            .at_most(1'000'000u)
            .source("redis.conf cluster-replica-validity-factor"),
        field<&P::require_full_coverage>("Whether all nodes refuse to serve while the master of "
                                         "any shard has failed.")
            .source("redis.conf cluster-require-full-coverage"),
        field<&P::replication_lag>("From a change at the master until a replica has it, beside the "
                                   "network's delay; what a dead master has not sent is lost.")
            .source("chosen"),
        field<&P::read_from>("Where reads go; writes go to the master.").source("Lettuce ReadFrom"),
        field<&P::max_redirects>(
            "How often a client tries again, sent elsewhere by MOVED or asking "
            "another node since one does not answer.")
            .at_most(100u)
            .source("Jedis DEFAULT_MAX_ATTEMPTS"),
        field<&P::socket_timeout>("A node that has not answered a client for so long counts as not "
                                  "there.")
            .at_least(Duration{1us})
            .source("Jedis DEFAULT_TIMEOUT"),
    };
  }
  membership::RedisBusOptions options() const {
    membership::RedisBusOptions options;
    options.node_timeout = node_timeout.count();
    options.replica_validity_factor = replica_validity_factor;
    options.require_full_coverage = require_full_coverage;
    return options;
  }
};

}  // namespace highwater::cache
