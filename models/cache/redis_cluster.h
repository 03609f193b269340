#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/metrics/recorder.h"
#include "engine/model/component.h"
#include "models/algorithms/membership/redis_bus.h"
#include "models/cache/change_log.h"
#include "models/cache/redis_cluster_params.h"

namespace highwater::cache {

class Node;

/// What a client process knows of a cluster: it stays as it is until a node says otherwise.
struct SlotMap {
  std::uint32_t incarnation = 0;
  std::vector<std::uint32_t> masters;  ///< By shard.
  std::vector<char> away;              ///< By node: failed, or did not answer.
};

/// What a node says to a request that it does not serve, in a reply that is `rejected`; it rides
/// where a lease would.
struct Redirect {
  static constexpr std::uint32_t kMoved = 0x8000'0000;  ///< MOVED, and the node's number.
  static constexpr std::uint32_t kDown = 0x4000'0000;   ///< CLUSTERDOWN
};

/// The nodes of a cache as a Redis Cluster: a master for each shard of the 16,384 slots, replicas
/// that follow it, and the bus over which they find out who has failed and elect another.
///
/// A master answers a write at once and sends it to its replicas afterwards. What it had not sent
/// when it died is lost in the failover, and counted. A master that comes back before anybody took
/// its place has what it restores, and its replicas take that over, nothing if it is nothing. One
/// that comes back later is a replica.
///
/// Assumes  replicas copy all of a master's contents in no time when they begin to follow it; what
///          the nodes say to each other, slots included, costs them no time; messages of the bus
///          and of replication take the way of the cache to itself ("cache -> cache").
/// Source   Redis 7.0 src/cluster.c, src/replication.c; Redis cluster specification; the bus:
///          models/algorithms/membership/redis_bus.h.
/// Checked  tests/caches/redis_cluster_test.cpp
class RedisCluster {
 public:
  RedisCluster(Component& cache, const RedisClusterParams& params, std::uint32_t masters);
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  void connect(Directory& directory);
  void start();
  void measure(Recorder::Owner& owner);

  const RedisClusterParams& params() const { return params_; }
  std::uint32_t shards() const { return shards_; }
  std::uint32_t shard_of(const Instance& node) const { return node.index() / in_shard_; }
  std::uint32_t nodes() const { return shards_ * in_shard_; }

  // What clients do.
  /// Where a request about `shard` goes, as the map has it.
  std::uint32_t node_for(const SlotMap& map, std::uint32_t shard, const Request& request) const;
  /// The map as `node` would tell it.
  void read_map(SlotMap& map, std::uint32_t node) const;
  /// A new process asks whoever serves.
  void read_map(SlotMap& map) const;
  /// Any node but `other`, by chance.
  std::uint32_t any_but(std::uint32_t other, const Request& request) const;

  // What nodes do.
  /// What a node says instead of serving a request about Request::part; nothing where it serves.
  std::optional<Reply> refuses(const Instance& node, const Request& request);
  bool is_master(const Instance& node) const { return bus_.is_master(node.index()); }
  /// The master of a shard, or who was it last.
  std::uint32_t leader(std::uint32_t shard) const { return leads_[shard]; }
  /// What the node is sent as a replica from now on arrives so much later.
  void delay(const Instance& node, Duration add) { members_[node.index()].added_lag += add; }
  /// Lets a replica have what has reached it.
  void catch_up(const Instance& node);
  /// Whether a write to the key is on its way to this replica.
  bool is_behind(const Instance& node, std::uint64_t key) const;
  /// A request has changed something at a master: what follows belongs to it.
  void request_changes(const Instance& node) { ++members_[node.index()].offset; }
  void stored(const Instance& node, const caching::Item& item);
  void erased(const Instance& node, std::uint64_t key);

  /// Request::part of a request about a shard.
  static std::uint16_t part_of(std::uint32_t shard, bool may_be_replica) {
    return static_cast<std::uint16_t>(shard << 1 | (may_be_replica ? 1u : 0u));
  }

 private:
  struct Ways final : membership::Ways {
    explicit Ways(Component& cache)
        : cache_(cache), random_(cache.world().stream(cache.id(), "cluster bus delay")) {}
    std::int64_t time(std::uint32_t from, std::uint32_t to, bool reliable) override;
    Edge* edge = nullptr;

   private:
    Component& cache_;
    RandomStream random_;
  };
  /// One node's part in replication.
  struct Member {
    std::uint32_t master = 0;                // as it believes
    std::optional<std::uint32_t> follows{};  // whose changes reach it
    std::uint64_t offset = 0;             // requests that changed something, as far as it has them
    std::optional<std::uint64_t> fork{};  // what its successor had, while it has not heard of it
    Time died{};
    Duration added_lag{0};                        // by faults
    ChangeLog log;                                // on its way to it
    std::map<std::uint64_t, std::uint32_t> keys;  // of those, where replicas are read
    std::deque<std::uint64_t> on_its_way;         // the offsets of those
  };

  World& world() const { return cache_.world(); }
  Node& node(std::uint32_t number) const;
  template <class Each>
  void each_replica_of(std::uint32_t master, Each each);
  void send(std::uint32_t from, const caching::Item* item, std::uint64_t key);
  void apply(std::uint32_t replica);
  void changed(const Instance& instance, Component::Change change);
  void died(std::uint32_t number);
  void follow(std::uint32_t replica);
  void run();
  void promoted(std::uint32_t number);

  Component& cache_;
  const RedisClusterParams& params_;
  std::uint32_t shards_;
  std::uint32_t in_shard_;
  Ways ways_;
  membership::RedisBus<RandomStream> bus_;
  std::vector<Member> members_;
  std::vector<std::uint32_t> leads_;  // the last promoted, by shard
  RandomStream lag_random_;
  RandomKey choice_key_;
  std::vector<membership::RedisPromotion> promotions_;
  std::uint64_t failovers_ = 0;
  std::uint64_t redirects_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t lost_ = 0;
  Tally* failover_time_ = nullptr;
  Timer<&RedisCluster::run> wake_{*this};
};

/// Of RedisCluster::measure(), for the kind's table.
std::vector<MetricInfo> redis_cluster_metrics();

}  // namespace highwater::cache
