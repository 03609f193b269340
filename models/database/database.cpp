/// database: shards of one primary each with its read replicas, behind pools of connections.
///
/// A request goes to a node of its key's shard, takes a connection there (or waits for one) for its
/// whole time at the node, and does its work on the node's cores. A write commits when its work is
/// done and is then applied by the replicas, in the order of the commits, each after a lag. A read
/// sees what its node has applied when its work begins, as a statement's snapshot does; it is stale
/// if a write to its key had been answered before that and is not in it. Drivers know which nodes
/// are down and leave them out; with the primary down its shard takes no writes until it is back.
///
/// Instances are numbered shard by shard, the primary before its replicas: with two replicas,
/// db[0] db[1] db[2] are shard 0, db[3] db[4] db[5] shard 1.
///
/// Assumes  no failover: a primary comes back with everything it had committed; applying writes
///          costs a replica no CPU, but a slowed replica applies that much later; a write that
///          waits for replicas waits until they have applied it and keeps its connection, whether
///          its caller still waits or not; a replica that comes back catches up as a whole, one lag
///          after it is up; no locks: writes to the same key do not wait for each other.
/// Source   PostgreSQL 15 documentation, 27.2 Log-Shipping Standby Servers (hot standby,
///          synchronous replication), 13.2.1 Read Committed (the snapshot); MySQL 8.0 Reference
///          Manual, Semisynchronous Replication; HikariCP connectionTimeout (the pool's).
/// Checked  tests/models/database_test.cpp: M/M/1, M/M/c and M/G/1-PS waits and utilizations, stale
///          reads against their closed form, acknowledgements, outages of every kind of node.

#include "models/database/database.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/resource.h"
#include "engine/kernel/task.h"
#include "models/database/database_params.h"
#include "models/database/replica_log.h"
#include "models/placement.h"
#include "models/sharding.h"
#include "models/slowdown.h"
#include "models/steps/program.h"

namespace highwater::database {

void DatabaseParams::check(const Value& where, const std::string& path, Problems& problems) const {
  using hashing::Scheme;
  if (sharding == Scheme::range && shards > 1 && !keys)
    problems.error(where.position(), pointer_to(path, "keys"),
                   "is missing: range cuts keys from 0 to keys - 1 into parts");
  if (sharding != Scheme::range && keys)
    problems.error(where.find("keys")->position(), pointer_to(path, "keys"),
                   "is for range sharding alone");
  if (sharding != Scheme::modulo && shards == 1)
    problems.warning(where.find("sharding")->position(), pointer_to(path, "sharding"),
                     "has no effect on a single shard");
  if (read_replicas > 0 || replication == Replication::async) return;
  const Value* given = where.find("replication");
  problems.warning(given != nullptr ? given->position() : where.position(),
                   pointer_to(path, "replication"),
                   "has no effect: without read_replicas there is nothing to wait for");
}

namespace {

using steps::Processor;

class Database;
class Shard;

/// A primary (rank 0 in its shard) or one of its replicas.
class Node final : public Instance {
 public:
  Node(Database& database, Shard& shard, std::uint32_t index, std::uint32_t rank, Zone zone);

  bool is_replica() const { return rank_ > 0; }
  ReplicaLog& log() { return log_; }
  /// "users-db[1], replica 1 of shard 0,"
  std::string title() const;

  /// Write `number` is on its way to this replica.
  void send(std::uint64_t number, const Request& write);

  std::uint64_t reads() const { return reads_; }
  std::uint64_t stale_reads() const { return stale_reads_; }
  std::uint64_t writes() const { return writes_; }
  std::uint64_t pool_timeouts() const { return pool_timeouts_; }
  double busy_integral(Time now) const { return connections_.busy_integral(now); }
  double waiting_integral(Time now) const { return connections_.waiting_integral(now); }
  double cpu_integral(Time now) const { return processor_.busy_integral(now); }
  double cores() const { return processor_.cores(); }

 private:
  void receive(Served served) override;
  void killed() override;
  void started() override;
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  Duration start_time() const override;

  Task<> serve(Served served);
  /// Awaitable: the processor's share of a read or a write.
  Processor::Compute work(const Request& request);
  void apply_due();
  void set_timer();

  Database& database_;
  Shard& shard_;
  std::uint32_t rank_;
  Resource connections_;
  Processor processor_;
  ReplicaLog log_;
  RandomKey lag_key_;
  RandomStream catch_up_random_;
  Timer<&Node::apply_due> applying_{*this};
  std::uint64_t reads_ = 0;
  std::uint64_t stale_reads_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t pool_timeouts_ = 0;
};

/// The nodes that hold the same part of the data, and how far its writes have come.
class Shard {
 public:
  Shard(World& world, Replication replication, std::string title)
      : world_(world), replication_(replication), title_(std::move(title)) {}

  void add(Node& node) { nodes_.push_back(&node); }
  const std::string& title() const { return title_; }
  Node& primary() const { return *nodes_.front(); }

  /// The node that a read goes to; null when none is up.
  Node* reader(Reads reads);

  /// Numbers a write and sends it to the replicas.
  std::uint64_t commit(const Request& write);
  /// The writer of `number` gets its answer now.
  void acknowledged(std::uint64_t number, std::uint64_t key) {
    for (std::size_t i = 1; i < nodes_.size(); ++i) nodes_[i]->log().acknowledged(number, key);
  }

  /// Awaitable: goes on when as many replicas have the write as `replication` asks for.
  class Replicated : public Resumption {
   public:
    Replicated(Shard& shard, std::uint64_t number)
        : Resumption(shard.world_.simulation), shard_(shard), number_(number) {}

    bool await_ready() const { return number_ <= shard_.replicated_; }
    template <std::derived_from<detail::TaskPromise> Promise>
    void await_suspend(std::coroutine_handle<Promise> writer) {
      remember(writer);
      shard_.waiting_.push_back(*this);
    }
    void await_resume() const {}

   private:
    friend class Shard;
    Shard& shard_;
    std::uint64_t number_;
  };

  /// A replica has applied writes, died or come back: answers the writers who waited for that.
  void advance();
  void replica_died();
  std::uint64_t last() const { return last_; }

 private:
  std::uint64_t replicated_up_to() const;
  bool any_replica_up() const {
    return std::any_of(nodes_.begin() + 1, nodes_.end(), [](Node* node) { return node->up(); });
  }

  World& world_;
  Replication replication_;
  std::string title_;
  std::vector<Node*> nodes_;  // the primary, then its replicas
  std::size_t turn_ = 0;
  std::uint64_t last_ = 0;        // write committed
  std::uint64_t replicated_ = 0;  // no writer up to this one waits any more
  EventList waiting_;             // Replicated, by number
};

class Database final : public Component {
 public:
  using Params = DatabaseParams;
  Database(World& world, std::string id, const DatabaseParams& params);

  Route route(const Request& request, const Instance&) override {
    Shard& shard = this->shard(request.key);
    if (request.operation != Operation::read)
      return shard.primary().up() ? &shard.primary() : nullptr;
    return shard.reader(params_.reads);
  }

  Shard& shard(std::uint64_t key) { return shards_[placement_.of(key)]; }
  const DatabaseParams& params() const { return params_; }
  RandomKey read_key() const { return read_key_; }
  RandomKey write_key() const { return write_key_; }
  Tally& wait() { return *wait_; }
  Tally& service() { return *service_; }
  Tally& lag() { return *lag_; }

 private:
  void declare_metrics();
  void declare_metrics(const Node& node);
  template <class T, class... Args>
  auto total(T (Node::*of)(Args...) const) const {
    return [this, of](Args... args) {
      T sum{};
      for (const auto& instance : instances())
        sum += (static_cast<const Node&>(*instance).*of)(args...);
      return sum;
    };
  }

  const DatabaseParams& params_;
  RandomKey read_key_;
  RandomKey write_key_;
  Shards placement_;
  std::deque<Shard> shards_;
  Tally* wait_ = nullptr;
  Tally* service_ = nullptr;
  Tally* lag_ = nullptr;
};

Node* Shard::reader(Reads reads) {
  const std::size_t first = reads == Reads::replicas ? 1 : 0;
  if (reads != Reads::primary) {
    const std::size_t candidates = nodes_.size() - first;
    for (std::size_t tried = 0; tried < candidates; ++tried) {
      if (++turn_ >= candidates) turn_ = 0;
      if (nodes_[first + turn_]->up()) return nodes_[first + turn_];
    }
  }
  return primary().up() ? &primary() : nullptr;
}

std::uint64_t Shard::commit(const Request& write) {
  const std::uint64_t number = ++last_;
  for (std::size_t i = 1; i < nodes_.size(); ++i) nodes_[i]->send(number, write);
  advance();
  return number;
}

std::uint64_t Shard::replicated_up_to() const {
  if (nodes_.size() == 1 || replication_ == Replication::async) return last_;
  const bool all = replication_ == Replication::sync;
  if (!all && !any_replica_up()) return last_;
  std::uint64_t reached = all ? last_ : 0;
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    const std::uint64_t applied = nodes_[i]->log().applied();
    if (all) reached = std::min(reached, applied);
    if (!all && nodes_[i]->up()) reached = std::max(reached, applied);
  }
  return reached;
}

void Shard::advance() {
  // A replica that dies takes nothing back from writers who were told already.
  replicated_ = std::max(replicated_, replicated_up_to());
  while (!waiting_.empty()) {
    auto& writer = static_cast<Replicated&>(waiting_.front());
    if (writer.number_ > replicated_) return;
    EventList::remove(writer);
    world_.simulation.schedule_now(writer);
  }
}

void Shard::replica_died() {
  if (replication_ == Replication::semi_sync && !any_replica_up())
    world_.happened("replication", primary().component().id() + ", " + title_ +
                                       ", has no replica up: its writes wait for none");
  advance();
}

Node::Node(Database& database, Shard& shard, std::uint32_t index, std::uint32_t rank, Zone zone)
    : Instance(database, index, zone),
      database_(database),
      shard_(shard),
      rank_(rank),
      connections_(database.world().simulation, database.params().connections),
      processor_(database.world().simulation, database.params().cores,
                 database.params().connections),
      lag_key_(database.world().key(label(), "replication lag")),
      catch_up_random_(database.world().stream(label(), "catch-up")) {}

std::string Node::title() const {
  return label() + ", " +
         (is_replica() ? "replica " + std::to_string(rank_) + " of " : "primary of ") +
         shard_.title() + ",";
}

Duration Node::start_time() const {
  return database_.params().start_time;
}

void Node::receive(Served served) {
  const Request& request = served.request();
  const bool read_only = is_replica() && request.operation != Operation::read;
  // Only a caller that chooses its instance itself can come to the wrong one.
  if (read_only || &database_.shard(request.key) != &shard_) return served.reply(Status::error);
  tasks().spawn(serve(std::move(served)));
}

Task<> Node::serve(Served served) {
  const Request request = served.request();
  Simulation& simulation = database_.world().simulation;
  const Time arrived = simulation.now();
  Lease connection;
  if (const auto& timeout = database_.params().pool_timeout)
    connection =
        co_await connections_.acquire(AcquireOptions{0, simulation.after(*timeout), false});
  else
    connection = co_await connections_.acquire();
  if (!connection) {
    ++pool_timeouts_;
    served.reply(Status::rejected);
    co_return;
  }
  const Time started = simulation.now();
  database_.wait().record(started, started - arrived);
  Reply reply;
  if (request.operation == Operation::read) {
    reply.stale = is_replica() && log_.stale(request.key);
    co_await work(request);
    ++reads_;
    stale_reads_ += reply.stale;
  } else {
    co_await work(request);
    const std::uint64_t number = shard_.commit(request);
    co_await Shard::Replicated(shard_, number);
    shard_.acknowledged(number, request.key);
    ++writes_;
  }
  database_.service().record(simulation.now(), simulation.now() - started);
  connection.release();
  served.reply(reply);
}

Processor::Compute Node::work(const Request& request) {
  const DatabaseParams& params = database_.params();
  const bool reads = request.operation == Operation::read;
  RequestRandom random(reads ? database_.read_key() : database_.write_key(), request.id,
                       request.path);
  const Duration time = (reads ? params.read_time : params.write_time).draw(random);
  return processor_.compute(time);
}

void Node::send(std::uint64_t number, const Request& write) {
  Simulation& simulation = database_.world().simulation;
  RequestRandom random(lag_key_, write.id, write.path);
  const Duration lag = stretched(database_.params().replication_lag.draw(random), slowdown());
  log_.send(number, write.key, simulation.now(), simulation.after(lag));
  set_timer();
}

void Node::set_timer() {
  const Time due = log_.next_due();
  if (due < kNever && !applying_.pending())
    database_.world().simulation.schedule_at(applying_, due);
}

void Node::apply_due() {
  World& world = database_.world();
  const Time now = world.now();
  const bool was_catching_up = log_.catching_up();
  log_.apply(now, [&](Time committed) { database_.lag().record(now, now - committed); });
  if (was_catching_up && !log_.catching_up())
    world.happened("caught_up", title() + " has caught up");
  set_timer();
  shard_.advance();
}

void Node::killed() {
  if (!is_replica()) return;
  database_.world().simulation.cancel(applying_);
  log_.stop();
  shard_.replica_died();
}

void Node::started() {
  if (!is_replica()) return;
  Simulation& simulation = database_.world().simulation;
  const Duration lag =
      stretched(database_.params().replication_lag.draw(catch_up_random_), slowdown());
  log_.resume(shard_.last(), simulation.after(lag));
  set_timer();
}

Database::Database(World& world, std::string id, const DatabaseParams& params)
    : Component(world, std::move(id), "database"),
      params_(params),
      read_key_(world.key(this->id(), "read time")),
      write_key_(world.key(this->id(), "write time")),
      placement_(params.sharding, this->id(), params.shards, params.keys.value_or(0)) {
  std::uint32_t index = 0;
  for (std::uint32_t s = 0; s < params.shards; ++s) {
    Shard& shard = shards_.emplace_back(world, params.replication, "shard " + std::to_string(s));
    for (std::uint32_t rank = 0; rank <= params.read_replicas; ++rank) {
      // The nodes of a shard in different zones, and the primaries too.
      const Zone zone = place(world, params.zones, s + rank);
      auto node = std::make_unique<Node>(*this, shard, index++, rank, zone);
      shard.add(*node);
      add(std::move(node));
    }
  }
  declare_metrics();
}

void Database::declare_metrics() {
  Recorder::Owner& owner = measure();
  const double nodes = static_cast<double>(instances().size());
  const double connections = static_cast<double>(params_.connections);
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
  for (const auto& instance : instances()) declare_metrics(static_cast<const Node&>(*instance));
}

void Database::declare_metrics(const Node& node) {
  Recorder::Owner& owner = measure(node);
  const double connections = static_cast<double>(params_.connections);
  owner.time_ratio(
      "utilization", [&node](Time now) { return node.busy_integral(now); },
      [connections](Time now) { return seconds(now) * connections; });
  owner.time_ratio(
      "cpu_utilization", [&node](Time now) { return node.cpu_integral(now); },
      [&node](Time now) { return seconds(now) * node.cores(); });
  owner.time_average("queue_length", [&node](Time now) { return node.waiting_integral(now); });
  if (!node.is_replica()) return;
  owner.ratio(
      "stale_reads", [&node](Time) { return static_cast<double>(node.stale_reads()); },
      [&node](Time) { return static_cast<double>(node.reads()); });
}

}  // namespace

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
        MetricShape::kCount}});
  return model_kind<Database>(
      "database", "A sharded database with read replicas and connection pools.",
      "PostgreSQL 15 and MySQL 8.0 documentation; SCENARIO: database", std::move(metrics));
}

}  // namespace highwater::database
