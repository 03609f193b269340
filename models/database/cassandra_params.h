#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/database/storage_params.h"
#include "models/storage_params.h"

namespace highwater::database {

using storage::Consistency;

/// Where the replicas of a row go.
enum class ReplicaStrategy : std::uint8_t { network_topology, simple };
constexpr auto words_of(ReplicaStrategy) {
  return std::array{
      Word{ReplicaStrategy::network_topology, "network_topology_strategy",
           "In each data center, in different racks as far as there are."},
      Word{ReplicaStrategy::simple, "simple_strategy", "On the next nodes of the ring."}};
}

/// What a zone of the network is to the nodes.
enum class ZonesAs : std::uint8_t { racks, datacenters };
constexpr auto words_of(ZonesAs) {
  return std::array{
      Word{ZonesAs::racks, "racks", "A rack of the one data center, as Ec2Snitch has it."},
      Word{ZonesAs::datacenters, "datacenters", "A data center with one rack."}};
}

/// Which node a driver makes the coordinator.
enum class DriverPolicy : std::uint8_t { token_aware, round_robin };
constexpr auto words_of(DriverPolicy) {
  return std::array{
      Word{DriverPolicy::token_aware, "token_aware", "A replica of the row, in turn."},
      Word{DriverPolicy::round_robin, "round_robin", "Any node, in turn."}};
}

enum class ReadRepair : std::uint8_t { blocking, none };
constexpr auto words_of(ReadRepair) {
  return std::array{
      Word{ReadRepair::blocking, "blocking",
           "A read that met different replicas is answered when enough of them have the newest."},
      Word{ReadRepair::none, "none", "It is answered with the newest, and nothing is repaired."}};
}

/// What becomes of a node whose disk fails.
enum class DiskFailurePolicy : std::uint8_t { stop, stop_paranoid, die, best_effort, ignore };
constexpr auto words_of(DiskFailurePolicy) {
  return std::array{
      Word{DiskFailurePolicy::stop, "stop",
           "It tells the others that it leaves, and serves nobody until its disk is well; a wrong "
           "checksum fails a read alone."},
      Word{DiskFailurePolicy::stop_paranoid, "stop_paranoid",
           "The same, for a wrong checksum as well."},
      Word{DiskFailurePolicy::die, "die",
           "Its process ends, for a wrong checksum too, and the others have to find out."},
      Word{DiskFailurePolicy::best_effort, "best_effort",
           "It leaves what is on the disk aside, and answers as if it had no rows."},
      Word{DiskFailurePolicy::ignore, "ignore", "The read fails, and that is all."}};
}

/// What becomes of a node whose commit log cannot be written.
enum class CommitFailurePolicy : std::uint8_t { stop, die, stop_commit, ignore };
constexpr auto words_of(CommitFailurePolicy) {
  return std::array{
      Word{CommitFailurePolicy::stop, "stop",
           "It tells the others that it leaves, and serves nobody until its disk is well."},
      Word{CommitFailurePolicy::die, "die", "Its process ends, and the others have to find out."},
      Word{CommitFailurePolicy::stop_commit, "stop_commit",
           "Writes wait at it until its disk is well, and reads go on."},
      Word{CommitFailurePolicy::ignore, "ignore",
           "It tries again with the next sync; a write that waits for its own is not answered."}};
}

struct CassandraDiskParams {
  DiskParams device;
  Fraction cached{0.9};
  Bytes chunk{16'384};
  Duration commitlog_sync_period = 10s;
  DiskFailurePolicy disk_failure_policy = DiskFailurePolicy::stop;
  CommitFailurePolicy commit_failure_policy = CommitFailurePolicy::stop;

  static constexpr auto fields() {
    using P = CassandraDiskParams;
    return Fields{
        inlined<&P::device>(),
        field<&P::cached>("Share of a replica's reads that find all they need in memory.")
            .source("chosen"),
        field<&P::chunk>("What another one brings from the disk.")
            .at_least(Bytes{1})
            .at_most(Bytes{1'073'741'824})
            .source("chunk_length_in_kb of a table"),
        field<&P::commitlog_sync_period>(
            "So often is the commit log made safe. Writes do not wait for that unless the last "
            "sync is one and a half times as old; with commitlog_sync_time each waits for its own.")
            .at_least(Duration{1ms})
            .at_most(Duration{1h})
            .source("cassandra.yaml commitlog_sync_period, periodic_commitlog_sync_lag_block"),
        field<&P::disk_failure_policy>("What a node does when a read of its disk fails.")
            .source("cassandra.yaml"),
        field<&P::commit_failure_policy>("What it does when its commit log cannot be written, or "
                                         "there is no room for it.")
            .source("cassandra.yaml")};
  }
};

struct CassandraParams {
  std::uint32_t nodes = 3;
  std::uint32_t num_tokens = 16;
  std::uint32_t replication_factor = 3;
  ReplicaStrategy strategy = ReplicaStrategy::network_topology;
  ZonesAs zones_as = ZonesAs::racks;
  DriverPolicy driver = DriverPolicy::token_aware;
  Consistency read_consistency = Consistency::local_one;
  Consistency write_consistency = Consistency::local_one;
  Duration read_request_timeout = 5s;
  Duration write_request_timeout = 2s;
  SpeculativeRetryText speculative_retry;
  ReadRepair read_repair = ReadRepair::blocking;
  bool dynamic_snitch = true;
  storage::SnitchParams snitch;
  storage::HintParams hints;
  double phi_convict_threshold = 8;
  std::optional<double> cores;
  std::uint32_t concurrent_reads = 32;
  std::uint32_t concurrent_writes = 32;
  Distribution coordinator_time = Distribution::constant(Duration{0});
  Distribution read_time = Distribution::constant(2ms);
  Distribution write_time = Distribution::constant(500us);
  Distribution commitlog_sync_time = Distribution::constant(Duration{0});
  std::optional<CassandraDiskParams> disk;
  std::vector<std::string> zones;
  Duration start_time{0};

  /// Beyond this, finding the replicas of every part of the ring takes too long.
  static constexpr std::uint32_t kMostTokens = 32'768;

  static constexpr auto fields() {
    using P = CassandraParams;
    return Fields{
        field<&P::nodes>("Nodes of the ring; each may coordinate any request.")
            .at_least(1u)
            .at_most(500u),
        field<&P::num_tokens>("Tokens of each node: parts of the ring that it owns.")
            .at_least(1u)
            .at_most(1'536u)
            .source("cassandra.yaml 4.0"),
        field<&P::replication_factor>("Replicas of each row; of network_topology_strategy, in each "
                                      "data center.")
            .at_least(1u)
            .at_most(100u),
        field<&P::strategy>("Where replicas go."),
        field<&P::zones_as>("What the network's zones are."),
        field<&P::driver>(
            "Which node coordinates a request. Drivers know which nodes are down, and "
            "where zones are data centers they stay in their own.")
            .source("DataStax Java driver, DefaultLoadBalancingPolicy"),
        field<&P::read_consistency>("Replicas that a read waits for.")
            .source("DataStax Java driver, request.consistency"),
        field<&P::write_consistency>("Replicas that a write waits for; all are written to.")
            .source("DataStax Java driver, request.consistency"),
        field<&P::read_request_timeout>("The coordinator gives up a read that takes as long.")
            .at_least(Duration{1ms})
            .at_most(Duration{1h})
            .source("cassandra.yaml"),
        field<&P::write_request_timeout>("The coordinator gives up a write that takes as long.")
            .at_least(Duration{1ms})
            .at_most(Duration{1h})
            .source("cassandra.yaml"),
        field<&P::speculative_retry>("When a read asks one replica more: after a percentile of the "
                                     "coordinator's reads, after a time, at once or never.")
            .source("speculative_retry of a table"),
        field<&P::read_repair>("What a read does about replicas that differ.")
            .source("read_repair of a table"),
        field<&P::dynamic_snitch>("Whether the replicas that answer fastest are read; if not, the "
                                  "nearest.")
            .source("cassandra.yaml"),
        inlined<&P::snitch>(),
        inlined<&P::hints>(),
        field<&P::phi_convict_threshold>("A node whose silence is as suspicious is taken for dead: "
                                         "about 2.3 times as many seconds.")
            .at_least(0.1)
            .at_most(100.0)
            .source("cassandra.yaml"),
        field<&P::cores>("CPU cores of each node, shared by what it works on; never the limit "
                         "unless given.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&P::concurrent_reads>("Reads that a node works on at the same time.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("cassandra.yaml"),
        field<&P::concurrent_writes>("Writes that a node works on at the same time.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("cassandra.yaml"),
        field<&P::coordinator_time>("Work of a request at its coordinator, on a core.")
            .source("chosen"),
        field<&P::read_time>("Work of a read at a replica, of the data or its digest, on a core.")
            .source("chosen"),
        field<&P::write_time>("Work of a write at a replica, commit log and memtable, on a core.")
            .source("chosen"),
        field<&P::commitlog_sync_time>("Then until the commit log is on disk, on no core; nothing "
                                       "waits for it with commitlog_sync: periodic.")
            .source("cassandra.yaml commitlog_sync"),
        field<&P::disk>("Of each node, for its data and its commit log; unless given, the times "
                        "above are all that data costs."),
        field<&P::zones>("Zones that the nodes are spread over in turn; all zones of the network "
                         "unless given."),
        field<&P::start_time>("From the start of a node until it takes requests."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace highwater::database
