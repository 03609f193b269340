/// database: shards of one primary each with its read replicas, behind pools of connections.
///
/// A request goes to a node of its key's shard, takes a connection there (or waits for one) for its
/// whole time at the node, and does its work on the node's cores. A write commits when its work is
/// done and is then applied by the replicas, in the order of the commits, each after a lag. A read
/// sees what its node has applied when its work begins, as a statement's snapshot does; it is stale
/// if a write to its key had been answered before that and is not in it. Drivers know which nodes
/// are down and leave them out, and which one is the primary; without a primary a shard takes no
/// writes.
///
/// With a `failover` another node becomes the primary when it is gone: elected by the others, or
/// the one that takes its lease. What the old primary had committed and the new one had not
/// applied is lost, answered or not, and undone where it had arrived; an old primary that comes
/// back is a replica. One that only ceases to be the primary ends its requests, as a restart does.
///
/// A session that is to see its own writes is known by its key. The driver asks a replica how far
/// it is before it sends a read there, which takes no time here, and goes to the primary instead of
/// waiting: PostgreSQL 15 has no way to wait for a position of the log.
///
/// With `reshard` keys move to another number of shards while it serves; see resharding.h.
///
/// With `locks` a write locks its row, or several one after the other, until it is answered or
/// fails; see row_locks.h.
///
/// With `storage` the page of a row must be in memory, and a commit on the log's device; see
/// storage.h.
///
/// Instances are numbered shard by shard, the first primary before its replicas: with two replicas,
/// db[0] db[1] db[2] are shard 0, db[3] db[4] db[5] shard 1.
///
/// Assumes  a primary comes back with everything it had committed; what is on its way to the
///          replicas when a failover's primary dies never arrives; applying writes costs a replica
///          no CPU (with storage it loads the disk, which does not make the replica lag), but a
///          slowed replica applies that much later; a write that waits for replicas waits until
///          they have applied it and keeps its connection, whether its caller still waits or not;
///          a replica that comes back catches up as a whole, one lag after it is up; without
///          `locks` writes to the same key do not wait for each other; reads never wait for a
///          lock; a transaction is one request, and does not span shards.
/// Source   PostgreSQL 15 documentation, 27.2 Log-Shipping Standby Servers (hot standby,
///          synchronous replication), 13.2.1 Read Committed (the snapshot); MySQL 8.0 Reference
///          Manual, Semisynchronous Replication; HikariCP connectionTimeout (the pool's).
/// Checked  tests/models/database_test.cpp: M/M/1, M/M/c and M/G/1-PS waits and utilizations, stale
///          reads against their closed form, acknowledgements, outages of every kind of node.

#include "models/database/database.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/database/database_params.h"
#include "models/database/engines.h"
#include "models/database/node.h"
#include "models/placement.h"

namespace highwater::database {

void DatabaseParams::check(const Value& where, const std::string& path, Problems& problems) const {
  using hashing::Scheme;
  if (sharding == Scheme::range && (shards > 1 || reshard) && !keys)
    problems.error(where.position(), pointer_to(path, "keys"),
                   "is missing: range cuts keys from 0 to keys - 1 into parts");
  if (sharding != Scheme::range && keys)
    problems.error(where.find("keys")->position(), pointer_to(path, "keys"),
                   "is for range sharding alone");
  if (sharding != Scheme::modulo && shards == 1 && !reshard)
    problems.warning(where.find("sharding")->position(), pointer_to(path, "sharding"),
                     "has no effect on a single shard");
  const std::uint32_t most_shards = std::max(shards, reshard ? reshard->shards : shards);
  if (!directory.empty())
    check_directory(directory, most_shards, *where.find("directory"), pointer_to(path, "directory"),
                    problems);
  if (!directory.empty() && most_shards == 1)
    problems.warning(where.find("directory")->position(), pointer_to(path, "directory"),
                     "has no effect on a single shard");
  if (failover && read_replicas == 0)
    problems.error(where.find("failover")->position(), pointer_to(path, "failover"),
                   "without read_replicas there is no node to fail over to");
  if (failover && failover->is<RaftForm>() && read_replicas == 1)
    problems.warning(where.find("failover")->position(), pointer_to(path, "failover"),
                     "two nodes have no majority without each other: with either down there is no "
                     "primary");
  if (reshard && reshard->shards == shards)
    problems.error(where.find("reshard")->position(), pointer_to(path, "reshard"),
                   "there are as many shards already");
  if (sticky_for && session != Session::sticky_primary)
    problems.error(where.find("sticky_for")->position(), pointer_to(path, "sticky_for"),
                   "is for session sticky_primary alone");
  if (session != Session::any && (read_replicas == 0 || reads == Reads::primary))
    problems.warning(where.find("session")->position(), pointer_to(path, "session"),
                     "has no effect: all reads go to the primary anyway");
  if (locks && locks->among) {
    const std::uint64_t among = *locks->among;
    const bool by_range = sharding == Scheme::range && shards > 1;
    const std::uint64_t needed =
        by_range ? *keys
                 : (std::uint64_t{locks->rows_per_write} + locks->reads_per_write) *
                       (shards == 1 ? 1 : 16 * shards);
    if (among < needed)
      problems.error(where.find("locks")->position(), pointer_to(path, "locks"),
                     "among has too few keys for every shard to have enough: at least " +
                         std::to_string(needed) + " are needed");
  }
  if (read_replicas > 0 || replication == Replication::async) return;
  const Value* given = where.find("replication");
  problems.warning(given != nullptr ? given->position() : where.position(),
                   pointer_to(path, "replication"),
                   "has no effect: without read_replicas there is nothing to wait for");
}

Database::Database(World& world, std::string id, const DatabaseParams& params)
    : Component(world, std::move(id), "database"),
      params_(&params),
      slow_queries_(world),
      leak_key_(world.key(this->id(), "connection leaks")),
      read_key_(world.key(this->id(), "read time")),
      write_key_(world.key(this->id(), "write time")),
      rows_key_(world.key(this->id(), "rows of a write")),
      answer_key_(world.key(this->id(), "answer")),
      placement_(params.sharding, this->id(), params.shards, params.keys.value_or(0)) {
  placement_.list(params.directory);
  std::uint32_t index = 0;
  const std::uint32_t shards =
      std::max(params.shards, params.reshard ? params.reshard->shards : params.shards);
  for (std::uint32_t s = 0; s < shards; ++s) {
    Shard& shard = shards_.emplace_back(world, params, "shard " + std::to_string(s));
    for (std::uint32_t rank = 0; rank <= params.read_replicas; ++rank) {
      // The nodes of a shard in different zones, and the primaries too.
      const Zone zone = place(world, params.zones, s + rank);
      auto node = std::make_unique<Node>(*this, shard, index++, rank, zone);
      shard.add(*node);
      add(std::move(node));
    }
  }
  if (params.reshard) {
    Shards after(params.sharding, this->id(), params.reshard->shards, params.keys.value_or(0));
    after.list(params.directory);
    resharding_.emplace(*this, *params.reshard, placement_, std::move(after));
  }
  declare_metrics();
}

std::vector<std::string> Database::changeable() const {
  return {"pool_timeout",      "replication", "replication_lag", "reads",
          "session",           "sticky_for",  "read_time",       "write_time",
          "missing",           "conflict",    "start_time",      "locks.deadlock_timeout",
          "locks.lock_timeout"};
}

std::string Database::why_fixed(const std::string& parameter) const {
  if (parameter == "connections") return "PostgreSQL reads max_connections when it starts";
  if (parameter.starts_with("storage")) return "memory and disks are those it was started with";
  if (parameter.starts_with("shards") || parameter == "sharding")
    return "its data would have to move, as with reshard";
  return {};
}

void Database::reconfigure(const Blueprint& changed) {
  params_ = &params_in<EngineParams>(changed).sql;
  for (Shard& shard : shards_) shard.reconfigure(*params_);
  if (!params_->locks) return;
  for (const auto& instance : instances())
    static_cast<Node&>(*instance).reconfigure(*params_->locks);
}

Database::Rows Database::rows_of(const Request& write) {
  Rows rows{{}, {write.key}};
  if (!params_->locks || !params_->locks->among) return rows;
  const std::size_t wanted = params_->locks->rows_per_write + params_->locks->reads_per_write;
  const std::size_t home = place_of(write.key);
  RequestRandom random(rows_key_, write.id, write.call());
  std::vector<std::uint64_t> drawn{write.key};
  // A row elsewhere is drawn again. The parameters see to it that this ends long before the limit.
  for (std::size_t tries = 64 * wanted * shards_.size(); tries > 0 && drawn.size() < wanted;
       --tries) {
    const std::uint64_t row = random.below(*params_->locks->among);
    if (place_of(row) == home && std::find(drawn.begin(), drawn.end(), row) == drawn.end())
      drawn.push_back(row);
  }
  const auto changed = static_cast<std::ptrdiff_t>(
      std::min<std::size_t>(params_->locks->rows_per_write, drawn.size()));
  rows.changed.assign(drawn.begin(), drawn.begin() + changed);
  rows.read.assign(drawn.begin() + changed, drawn.end());
  if (params_->locks->sequence == RowSequence::sorted)
    std::sort(rows.changed.begin(), rows.changed.end());
  return rows;
}

void Database::furnish_locks(Recorder::Owner& owner) {
  Tally& wait = owner.tally("lock_wait_ms");
  std::vector<const RowLocks*> nodes;
  for (const auto& instance : instances())
    nodes.push_back(&static_cast<Node&>(*instance).furnish(*params_->locks, wait));
  measure_locks(owner, std::move(nodes));
}

void Database::furnish_storage(Recorder::Owner& owner) {
  storage_.emplace(Storage::Shared{*params_->storage, params_->shards,
                                   params_->sharding != hashing::Scheme::range,
                                   world().key(id(), "storage access"),
                                   &owner.tally("disk_wait_ms"), &owner.tally("commit_wait_ms")});
  std::vector<const Storage*> nodes;
  for (const auto& instance : instances())
    nodes.push_back(&static_cast<Node&>(*instance).furnish(*storage_));
  measure_storage(owner, *params_->storage, std::move(nodes));
}

void Database::declare_metrics() {
  Recorder::Owner& owner = measure();
  const double nodes = static_cast<double>(instances().size());
  const double connections = static_cast<double>(params_->connections);
  const double cores = static_cast<const Node&>(*instances().front()).cores();
  owner.time_ratio("utilization", total(&Node::busy_integral),
                   [=](Time now) { return seconds(now) * connections * nodes; });
  owner.time_ratio("cpu_utilization", total(&Node::cpu_integral),
                   [=](Time now) { return seconds(now) * cores * nodes; });
  owner.time_average("queue_length", total(&Node::waiting_integral));
  wait_ = &owner.tally("wait_ms");
  service_ = &owner.tally("service_ms");
  owner.count("reads", total(&Node::reads));
  owner.count("writes", total(&Node::writes));
  const auto number = [](auto sum) { return [sum](Time) { return static_cast<double>(sum()); }; };
  owner.ratio("stale_reads", number(total(&Node::stale_reads)), number(total(&Node::reads)));
  lag_ = &owner.tally("replication_lag_ms");
  owner.count("pool_timeouts", total(&Node::pool_timeouts));
  if (params_->missing.value > 0) owner.count("missing_reads", total(&Node::missing_reads));
  if (params_->conflict.value > 0) owner.count("conflicts", total(&Node::conflicts));
  const auto over_shards = [this](std::uint64_t (Shard::*of)() const) {
    return [this, of] {
      std::uint64_t sum = 0;
      for (const Shard& shard : shards_) sum += (shard.*of)();
      return sum;
    };
  };
  if (params_->session != Session::any)
    owner.count("session_primary_reads", over_shards(&Shard::session_primary_reads));
  if (params_->failover) {
    owner.count("failovers", over_shards(&Shard::failovers));
    owner.count("lost_writes", over_shards(&Shard::lost_writes));
    failover_time_ = &owner.tally("failover_ms");
  }
  if (resharding_) owner.count("moved_keys", [this] { return resharding_->moved_keys(); });
  if (params_->storage) furnish_storage(owner);
  if (params_->locks) furnish_locks(owner);
  for (const auto& instance : instances()) declare_metrics(static_cast<const Node&>(*instance));
}

void Database::declare_metrics(const Node& node) {
  Recorder::Owner& owner = measure(node);
  const double connections = static_cast<double>(params_->connections);
  owner.time_ratio(
      "utilization", [&node](Time now) { return node.busy_integral(now); },
      [connections](Time now) { return seconds(now) * connections; });
  owner.time_ratio(
      "cpu_utilization", [&node](Time now) { return node.cpu_integral(now); },
      [&node](Time now) { return seconds(now) * node.cores(); });
  owner.time_average("queue_length", [&node](Time now) { return node.waiting_integral(now); });
  if (!node.is_replica() && !params_->failover) return;
  owner.ratio(
      "stale_reads", [&node](Time) { return static_cast<double>(node.stale_reads()); },
      [&node](Time) { return static_cast<double>(node.reads()); });
}

ModelKind database() {
  std::vector<MetricInfo> metrics = common_component_metrics();
  metrics.insert(
      metrics.end(),
      {{"utilization", "1", "Busy connections / connections, over all nodes."},
       {"cpu_utilization", "1", "Busy cores / cores, over all nodes."},
       {"queue_length", "requests", "Requests waiting for a connection, over all nodes."},
       {"wait_ms", "ms", "From arrival at a node to a connection.", MetricShape::kTimes},
       {"service_ms", "ms", "With a connection, up to the answer.", MetricShape::kTimes},
       {"reads", "requests", "Reads answered.", MetricShape::kCount},
       {"writes", "requests", "Writes answered.", MetricShape::kCount},
       {"stale_reads", "1",
        "Share of the reads that missed a write to their key which had been answered before."},
       {"replication_lag_ms", "ms",
        "From the commit of a write until a replica had applied it, over all replicas; what a "
        "replica missed while it was down is not in it.",
        MetricShape::kTimes},
       {"pool_timeouts", "requests", "Requests that waited too long for a connection.",
        MetricShape::kCount},
       {"missing_reads", "requests", "Reads that found no row, which is an answer.",
        MetricShape::kCount},
       {"conflicts", "requests", "Writes that found their unique key taken, which is an answer.",
        MetricShape::kCount},
       {"session_primary_reads", "requests",
        "Reads that went to the primary for the sake of what their session had written.",
        MetricShape::kCount},
       {"moved_keys", "1", "Keys that were moved to another shard, where there is resharding.",
        MetricShape::kCount},
       {"failovers", "1", "Changes of primaries, where there is a failover.", MetricShape::kCount},
       {"lost_writes", "requests", "Writes that had been answered and are in no node any more.",
        MetricShape::kCount},
       {"failover_ms", "ms", "From the loss of a primary until its shard had one again.",
        MetricShape::kTimes}});
  for (MetricInfo& metric : storage_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : locks_metrics()) metrics.push_back(std::move(metric));
  return engine_kind(
      [](World& world, std::string id, const DatabaseParams& params) {
        return std::make_unique<Database>(world, std::move(id), params);
      },
      std::move(metrics));
}

}  // namespace highwater::database
