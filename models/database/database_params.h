#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/database/failover_params.h"
#include "models/database/locks_params.h"
#include "models/database/replica_log.h"
#include "models/database/reshard_params.h"
#include "models/database/storage_params.h"
#include "models/sharding.h"

namespace highwater::database {

constexpr auto words_of(Replication) {
  return std::array{
      Word<Replication>{Replication::async, "async",
                        "A write is answered when the primary has committed it."},
      Word<Replication>{Replication::semi_sync, "semi_sync",
                        "A write is answered when one replica has it too; with no replica up, "
                        "like async."},
      Word<Replication>{Replication::sync, "sync",
                        "A write is answered when every replica has it too; while one is down, "
                        "writes wait."},
      Word<Replication>{Replication::quorum, "quorum",
                        "A write is answered when a majority of the shard's nodes has it; while "
                        "fewer are up, writes wait."}};
}

/// Which nodes of a shard a read may go to.
enum class Reads : std::uint8_t { replicas, primary, any };
constexpr auto words_of(Reads) {
  return std::array{
      Word<Reads>{Reads::replicas, "replicas",
                  "The replicas that are up, in turn; the primary when there is none."},
      Word<Reads>{Reads::primary, "primary", "The primary alone: no read is ever stale."},
      Word<Reads>{Reads::any, "any", "All nodes that are up, in turn."}};
}

/// What a read sees of the writes to its key that have been answered.
enum class Session : std::uint8_t { any, read_your_writes, sticky_primary };
constexpr auto words_of(Session) {
  return std::array{
      Word<Session>{Session::any, "any", "What the node has that it goes to."},
      Word<Session>{Session::read_your_writes, "read_your_writes",
                    "All of them: it goes to a node that has applied them, to the primary where no "
                    "other has. As a driver does that remembers the position of its last write in "
                    "the log."},
      Word<Session>{Session::sticky_primary, "sticky_primary",
                    "It goes to the primary for sticky_for after a write to its key, whatever the "
                    "replicas have."}};
}

struct DatabaseParams {
  std::uint32_t shards = 1;
  hashing::Scheme sharding = hashing::Scheme::modulo;
  std::optional<std::uint64_t> keys;
  std::vector<DirectoryEntry> directory;
  std::uint32_t read_replicas = 0;
  Replication replication = Replication::async;
  Distribution replication_lag = Distribution::exponential(5ms);
  std::optional<FailoverParams> failover;
  Reads reads = Reads::replicas;
  std::uint32_t connections = 100;
  std::optional<Duration> pool_timeout;
  std::optional<double> cores;
  Distribution read_time = Distribution::constant(5ms);
  Distribution write_time = Distribution::constant(10ms);
  std::vector<std::string> zones;
  Duration start_time{0};
  std::optional<StorageParams> storage;
  std::optional<LocksParams> locks;
  Fraction missing{0};
  Fraction conflict{0};
  Session session = Session::any;
  std::optional<Duration> sticky_for;
  std::optional<ReshardParams> reshard;

  static constexpr auto fields() {
    return Fields{
        field<&DatabaseParams::shards>("Parts of the data, each with a primary of its own. A key "
                                       "lives on one of them.")
            .at_least(1u)
            .at_most(10'000u),
        field<&DatabaseParams::sharding>("Which shard a key lives on."),
        field<&DatabaseParams::keys>("Keys are numbers below this: `range` cuts them into equal "
                                     "parts, a shard each.")
            .at_least(std::uint64_t{1}),
        field<&DatabaseParams::directory>("Keys that are on a shard of their own choice, whatever "
                                          "sharding says: a big customer on a shard for himself. "
                                          "What asking the directory costs is the caller's.")
            .at_most(10'000u)
            .source("Vitess lookup vindex; Citus isolate_tenant_to_new_shard"),
        field<&DatabaseParams::read_replicas>("Replicas of each primary.").at_most(100u),
        field<&DatabaseParams::replication>("What a write waits for before it is answered."),
        field<&DatabaseParams::replication_lag>("From the commit of a write until a replica has "
                                                "applied it, the network included; writes are "
                                                "applied in the order of their commits.")
            .source("chosen"),
        field<&DatabaseParams::failover>("How another node takes the place of a primary that is "
                                         "gone; without it a shard takes no writes until its "
                                         "primary is back."),
        field<&DatabaseParams::reads>("Which nodes reads go to."),
        field<&DatabaseParams::connections>("Connections of each node: requests that it works on "
                                            "at the same time. Others wait for one, first come, "
                                            "first served.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("PostgreSQL max_connections"),
        field<&DatabaseParams::pool_timeout>("Who has waited this long for a connection is "
                                             "rejected; for ever unless given."),
        field<&DatabaseParams::cores>("CPU cores of each node, shared by the requests it works on; "
                                      "as many as connections unless given, so that the CPU is "
                                      "never the limit.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&DatabaseParams::read_time>("Work of a read, on a core of its own.").source("chosen"),
        field<&DatabaseParams::write_time>("Work of a write until its commit, on a core of its "
                                           "own.")
            .source("chosen"),
        field<&DatabaseParams::zones>("Zones the nodes are spread over in turn, so that the nodes "
                                      "of a shard, and the primaries, are apart; all zones of the "
                                      "network unless given."),
        field<&DatabaseParams::start_time>("From the start of a node until it takes connections."),
        field<&DatabaseParams::storage>("Memory, disk and log of each node; unless given, "
                                        "read_time and write_time are all that data costs."),
        field<&DatabaseParams::locks>("A write locks its row until it has committed; unless given, "
                                      "writes to the same row do not wait for each other."),
        field<&DatabaseParams::missing>("Share of the reads that find no row: that is an answer "
                                        "(404), and needs no page."),
        field<&DatabaseParams::conflict>("Share of the writes that find their unique key taken: "
                                         "that is an answer (409) too, after all their work, and "
                                         "they commit nothing. Deletes never do."),
        field<&DatabaseParams::session>("What a read sees of the writes to its key that have been "
                                        "answered; the key stands for the session.")
            .source("GitLab database load balancing; ProxySQL causal reads; Rails "
                    "database_selector"),
        field<&DatabaseParams::sticky_for>("How long reads stay with the primary after a write to "
                                           "their key, under sticky_primary; 2s unless given.")
            .at_least(Duration{1})
            .source("Rails database_selector delay"),
        field<&DatabaseParams::reshard>("At a time keys begin to move to another number of shards, "
                                        "while the database serves."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace highwater::database
