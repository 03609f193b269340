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
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/resource.h"
#include "engine/kernel/task.h"
#include "models/database/database_params.h"
#include "models/database/failover.h"
#include "models/database/replica_log.h"
#include "models/database/row_locks.h"
#include "models/database/storage.h"
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
  if (failover && read_replicas == 0)
    problems.error(where.find("failover")->position(), pointer_to(path, "failover"),
                   "without read_replicas there is no node to fail over to");
  if (failover && failover->is<RaftForm>() && read_replicas == 1)
    problems.warning(where.find("failover")->position(), pointer_to(path, "failover"),
                     "two nodes have no majority without each other: with either down there is no "
                     "primary");
  if (locks && locks->among) {
    const std::uint64_t among = *locks->among;
    const bool by_range = sharding == Scheme::range && shards > 1;
    const std::uint64_t needed =
        by_range ? *keys : std::uint64_t{locks->rows_per_write} * (shards == 1 ? 1 : 16 * shards);
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

namespace {

using steps::Processor;

class Database;
class Shard;

/// A primary (rank 0 in its shard, at first) or one of its replicas.
class Node final : public Instance {
 public:
  Node(Database& database, Shard& shard, std::uint32_t index, std::uint32_t rank, Zone zone);

  bool is_replica() const;
  std::uint32_t rank() const { return rank_; }
  ReplicaLog& log() { return log_; }
  const ReplicaLog& log() const { return log_; }
  /// Nothing arrives from the primary any more.
  void cut_off();
  /// There is a primary, up to whose writes this replica catches up.
  void catch_up();
  /// "users-db[1], replica 1 of shard 0,"
  std::string title() const;

  /// Gets memory and a disk.
  const Storage& furnish(const Storage::Shared& shared) {
    storage_ = std::make_unique<Storage>(shared, *this);
    return *storage_;
  }
  /// Gets locks.
  const RowLocks& furnish(const LocksParams& params, Tally& wait);
  /// The process serves.
  void begin();
  /// Its requests end, and with them all that the process had in memory.
  void restart();

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
  /// Awaitable: the processor's share of a read or a write, in one of so many equal parts.
  Processor::Compute work(const Request& request, std::size_t parts = 1);
  /// The same where it takes more than that. A change gets its transaction, where there are locks.
  Task<Status> look(const Request& request);
  Task<Status> change(const Request& request, std::unique_ptr<RowLocks::Transaction>& transaction);
  Task<std::uint32_t> page_of(std::uint64_t row, const Request& request, std::uint64_t turn);
  void apply_due();
  void set_timer();

  Database& database_;
  Shard& shard_;
  std::uint32_t rank_;
  Resource connections_;
  Processor processor_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<RowLocks> locks_;
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
class Shard final : public Failover::Shard {
 public:
  Shard(World& world, const DatabaseParams& params, std::string title)
      : world_(world), params_(params), title_(std::move(title)) {}

  void add(Node& node) {
    nodes_.push_back(&node);
    primary_ = nodes_.front();
  }
  void connect(const Edge& ways);
  void start() {
    if (failover_) failover_->start();
  }
  const std::string& title() const { return title_; }
  /// The primary, up or down, or who was it last.
  Node& primary() const { return *primary_; }
  /// Where writes go; null where there is nobody who takes them.
  Node* writer() const { return writable_ && primary_->up() ? primary_ : nullptr; }

  void node_died(Node& node);
  void node_started(Node& node);

  // Of its failover.
  void leads(std::uint32_t node) override;
  void steps_down(std::uint32_t node) override;
  std::uint64_t position(std::uint32_t node) const override;
  std::uint64_t last() const override { return last_; }
  std::uint64_t failovers() const { return failovers_; }
  std::uint64_t lost_writes() const { return lost_writes_; }

  /// The node that a read goes to; null when none is up.
  Node* reader(Reads reads);

  /// Numbers a write and sends it to the replicas.
  std::uint64_t commit(const Request& write);
  /// The writer of `number` gets its answer now.
  void acknowledged(std::uint64_t number, std::uint64_t key) {
    for (Node* const node : nodes_)
      if (node != primary_) node->log().acknowledged(number, key);
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

 private:
  std::uint64_t replicated_up_to() const;
  bool any_replica_up() const {
    return std::any_of(nodes_.begin(), nodes_.end(),
                       [this](Node* node) { return node != primary_ && node->up(); });
  }
  void replica_died();
  void primary_lost();
  void promote();
  void change_primary(Node& node);
  Database& database() const;

  World& world_;
  const DatabaseParams& params_;
  std::string title_;
  std::vector<Node*> nodes_;  // the first primary, then its replicas
  Node* primary_ = nullptr;
  std::unique_ptr<Failover> failover_;
  bool writable_ = true;      // the primary is one, unless it is down
  Node* promoted_ = nullptr;  // who is to take writes when `promotion_` is over
  std::optional<Time> lost_at_;
  Timer<&Shard::promote> promotion_{*this};
  std::uint64_t failovers_ = 0;
  std::uint64_t lost_writes_ = 0;
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
    if (request.operation != Operation::read) return shard.writer();
    return shard.reader(params_.reads);
  }
  void connect(Directory& directory) override {
    if (!params_.failover) return;
    const Edge& ways = directory.edge(*this, *this);
    for (Shard& shard : shards_) shard.connect(ways);
  }
  void start() override {
    for (Shard& shard : shards_) shard.start();
    for (const auto& instance : instances()) static_cast<Node&>(*instance).begin();
  }

  Shard& shard(std::uint64_t key) { return shards_[placement_.of(key)]; }
  const DatabaseParams& params() const { return params_; }
  RandomKey read_key() const { return read_key_; }
  RandomKey write_key() const { return write_key_; }
  /// The rows that a write changes, in the order in which it takes them.
  std::vector<std::uint64_t> rows_of(const Request& write);
  Tally& wait() { return *wait_; }
  Tally& service() { return *service_; }
  Tally& lag() { return *lag_; }
  Tally& failover_time() { return *failover_time_; }

 private:
  void declare_metrics();
  void declare_metrics(const Node& node);
  void furnish_storage(Recorder::Owner& owner);
  void furnish_locks(Recorder::Owner& owner);
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
  RandomKey rows_key_;
  Shards placement_;
  std::deque<Shard> shards_;
  std::optional<Storage::Shared> storage_;
  Tally* wait_ = nullptr;
  Tally* service_ = nullptr;
  Tally* lag_ = nullptr;
  Tally* failover_time_ = nullptr;
};

Node* Shard::reader(Reads reads) {
  if (reads == Reads::primary) return writer();
  const bool any = reads == Reads::any;
  const std::size_t candidates = nodes_.size() - (any ? 0 : 1);
  for (std::size_t tried = 0; tried < candidates; ++tried) {
    if (++turn_ >= candidates) turn_ = 0;
    // Of the replicas the turn-th.
    const bool beyond = !any && turn_ >= primary_->rank();
    Node* const node = nodes_[turn_ + (beyond ? 1 : 0)];
    if (node->up()) return node;
  }
  return primary_->up() ? primary_ : nullptr;
}

std::uint64_t Shard::commit(const Request& write) {
  const std::uint64_t number = ++last_;
  for (Node* const node : nodes_)
    if (node != primary_) node->send(number, write);
  advance();
  return number;
}

std::uint64_t Shard::replicated_up_to() const {
  const Replication replication = params_.replication;
  if (nodes_.size() == 1 || replication == Replication::async) return last_;
  if (replication == Replication::semi_sync && !any_replica_up()) return last_;
  std::vector<std::uint64_t> applied;
  for (const Node* const node : nodes_)
    if (node != primary_ && (replication != Replication::semi_sync || node->up()))
      applied.push_back(node->log().applied());
  std::sort(applied.begin(), applied.end(), std::greater<>());
  // So many of the others must have it.
  const std::size_t others = replication == Replication::semi_sync ? 1
                             : replication == Replication::sync    ? applied.size()
                                                                   : nodes_.size() / 2;
  return applied[others - 1];
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
  if (params_.replication == Replication::semi_sync && !any_replica_up())
    world_.happened("replication", primary().component().id() + ", " + title_ +
                                       ", has no replica up: its writes wait for none");
  advance();
}

void Shard::connect(const Edge& ways) {
  const std::vector<Instance*> nodes(nodes_.begin(), nodes_.end());
  failover_ = Failover::make(*params_.failover, *this, primary_->component().id() + ", " + title_,
                             nodes, ways);
  writable_ = false;  // until it has been said who begins
}

void Shard::node_died(Node& node) {
  if (&node != primary_) {
    node.cut_off();
    replica_died();
  } else if (failover_) {
    primary_lost();
  }
  if (promoted_ == &node) {
    promoted_ = nullptr;
    world_.simulation.cancel(promotion_);
  }
  if (failover_) failover_->died(node.rank());
}

void Shard::node_started(Node& node) {
  if (failover_) failover_->is_up(node.rank());
  if (&node != primary_ && writable_) node.catch_up();
}

void Shard::primary_lost() {
  if (!writable_) return;
  writable_ = false;
  lost_at_ = world_.now();
  for (Node* const node : nodes_)
    if (node != primary_) node->cut_off();
}

void Shard::steps_down(std::uint32_t rank) {
  Node& node = *nodes_[rank];
  if (promoted_ == &node) {
    promoted_ = nullptr;
    world_.simulation.cancel(promotion_);
  }
  if (&node != primary_ || !writable_) return;
  primary_lost();
  world_.happened("step down", node.label() + " is no longer the primary of " + title_);
  node.restart();
}

void Shard::leads(std::uint32_t rank) {
  if (writable_) steps_down(primary_->rank());
  promoted_ = nodes_[rank];
  const Duration time = params_.failover->promotion_time();
  if (!lost_at_ || time == Duration{0}) return promote();  // the run begins, or nothing takes time
  world_.simulation.reschedule_after(promotion_, time);
}

void Shard::promote() {
  Node& node = *std::exchange(promoted_, nullptr);
  world_.simulation.cancel(promotion_);
  if (&node != primary_) change_primary(node);
  if (lost_at_) database().failover_time().record(world_.now(), world_.now() - *lost_at_);
  lost_at_.reset();
  writable_ = true;
  for (Node* const other : nodes_)
    if (other != primary_ && other->up()) other->catch_up();
}

void Shard::change_primary(Node& node) {
  const bool begins = !lost_at_ && last_ == 0;
  const std::uint64_t lost = node.log().missed_acknowledged();
  const std::uint64_t fork = node.log().applied();
  primary_->log().follow(last_);
  for (Node* const other : nodes_)
    if (other != &node) other->log().rewind(fork, lost);
  primary_ = &node;
  node.log().lead();
  last_ = replicated_ = fork;
  if (begins) return;
  ++failovers_;
  lost_writes_ += lost;
  world_.happened("failover", node.label() + " is the primary of " + title_ + " now; " +
                                  std::to_string(lost) + " acknowledged writes are lost");
}

std::uint64_t Shard::position(std::uint32_t rank) const {
  const Node& node = *nodes_[rank];
  return &node == primary_ ? last_ : node.log().applied();
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

bool Node::is_replica() const {
  return &shard_.primary() != this;
}

Database& Shard::database() const {
  return static_cast<Database&>(primary_->component());
}

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
  // Only a caller that chooses its instance itself can come to the wrong one, or one that asked
  // before the primary was another.
  if (read_only || &database_.shard(request.key) != &shard_) return served.reply(Status::error);
  if (request.operation != Operation::read && shard_.writer() != this)
    return served.reply(Status::error);
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
  const bool reads = request.operation == Operation::read;
  if (reads) reply.stale = is_replica() && log_.stale(request.key);
  std::unique_ptr<RowLocks::Transaction> transaction;
  if (reads ? !storage_ : !storage_ && !locks_)
    co_await work(request);
  else if (reads)
    reply.status = co_await look(request);
  else
    reply.status = co_await change(request, transaction);
  if (reads && reply.ok()) {
    ++reads_;
    stale_reads_ += reply.stale;
  } else if (reply.ok()) {
    const std::uint64_t number = shard_.commit(request);
    co_await Shard::Replicated(shard_, number);
    shard_.acknowledged(number, request.key);
    ++writes_;
    if (transaction) transaction->commit();
  }
  transaction.reset();
  database_.service().record(simulation.now(), simulation.now() - started);
  connection.release();
  served.reply(reply);
}

Task<std::uint32_t> Node::page_of(std::uint64_t row, const Request& request, std::uint64_t turn) {
  const std::uint64_t page = storage_->page_of(row);
  std::uint32_t buffer = storage_->in_memory(page);
  if (buffer == Storage::kNone) buffer = co_await storage_->fetch(page, request, turn);
  co_return buffer;
}

Task<Status> Node::look(const Request& request) {
  const std::uint32_t buffer = co_await page_of(request.key, request, 0);
  if (buffer == Storage::kNone) co_return Status::error;
  co_await work(request);
  co_return Status::ok;
}

Task<Status> Node::change(const Request& request,
                          std::unique_ptr<RowLocks::Transaction>& transaction) {
  std::optional<Storage::Writing> writing;
  if (storage_) writing.emplace(*storage_);
  if (locks_) transaction = std::make_unique<RowLocks::Transaction>(*locks_);
  const std::vector<std::uint64_t> rows = database_.rows_of(request);
  std::uint64_t turn = 0;
  for (const std::uint64_t row : rows) {
    // The row is found on its page, and only then locked.
    std::uint32_t buffer = Storage::kNone;
    if (storage_) {
      buffer = co_await page_of(row, request, turn++);
      if (buffer == Storage::kNone) co_return Status::error;
    }
    if (locks_) {
      const bool may_change = co_await locks_->acquire(*transaction, row);
      if (!may_change) co_return Status::error;
    }
    if (storage_) {
      // While it waited the page may have had to make room.
      const std::uint64_t page = storage_->page_of(row);
      if (!storage_->has(buffer, page)) buffer = co_await storage_->fetch(page, request, turn++);
      if (buffer == Storage::kNone) co_return Status::error;
      storage_->change(buffer);
    }
    co_await work(request, rows.size());
  }
  if (storage_) co_await storage_->commit();
  co_return Status::ok;
}

Processor::Compute Node::work(const Request& request, std::size_t parts) {
  const DatabaseParams& params = database_.params();
  const bool reads = request.operation == Operation::read;
  RequestRandom random(reads ? database_.read_key() : database_.write_key(), request.id,
                       request.path);
  const Duration time = (reads ? params.read_time : params.write_time).draw(random);
  return processor_.compute(parts == 1 ? time : time / static_cast<Duration::rep>(parts));
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
  log_.apply(now, [&](Time committed, std::uint64_t key) {
    database_.lag().record(now, now - committed);
    if (storage_) storage_->replay(key);
  });
  if (was_catching_up && !log_.catching_up())
    world.happened("caught_up", title() + " has caught up");
  set_timer();
  shard_.advance();
}

const RowLocks& Node::furnish(const LocksParams& params, Tally& wait) {
  locks_ = std::make_unique<RowLocks>(params, database_.world(), wait);
  return *locks_;
}

void Node::begin() {
  if (storage_) storage_->start([this] { return !is_replica(); });
}

void Node::restart() {
  tasks().cancel(CancelReason::killed);
  if (storage_) storage_->stop();
  begin();
}

void Node::killed() {
  if (storage_) storage_->stop();
  shard_.node_died(*this);
}

void Node::started() {
  begin();
  shard_.node_started(*this);
}

void Node::cut_off() {
  database_.world().simulation.cancel(applying_);
  log_.stop();
}

void Node::catch_up() {
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
      rows_key_(world.key(this->id(), "rows of a write")),
      placement_(params.sharding, this->id(), params.shards, params.keys.value_or(0)) {
  std::uint32_t index = 0;
  for (std::uint32_t s = 0; s < params.shards; ++s) {
    Shard& shard = shards_.emplace_back(world, params, "shard " + std::to_string(s));
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

std::vector<std::uint64_t> Database::rows_of(const Request& write) {
  std::vector<std::uint64_t> rows{write.key};
  if (!params_.locks || params_.locks->rows_per_write == 1) return rows;
  const std::size_t wanted = params_.locks->rows_per_write;
  const std::size_t home = placement_.of(write.key);
  RequestRandom random(rows_key_, write.id, write.path);
  // A row elsewhere is drawn again. The parameters see to it that this ends long before the limit.
  for (std::size_t tries = 64 * wanted * shards_.size(); tries > 0 && rows.size() < wanted;
       --tries) {
    const std::uint64_t row = random.below(*params_.locks->among);
    if (placement_.of(row) == home && std::find(rows.begin(), rows.end(), row) == rows.end())
      rows.push_back(row);
  }
  if (params_.locks->sequence == RowSequence::sorted) std::sort(rows.begin(), rows.end());
  return rows;
}

void Database::furnish_locks(Recorder::Owner& owner) {
  Tally& wait = owner.tally("lock_wait_ms");
  std::vector<const RowLocks*> nodes;
  for (const auto& instance : instances())
    nodes.push_back(&static_cast<Node&>(*instance).furnish(*params_.locks, wait));
  measure_locks(owner, std::move(nodes));
}

void Database::furnish_storage(Recorder::Owner& owner) {
  storage_.emplace(Storage::Shared{*params_.storage, params_.shards,
                                   params_.sharding != hashing::Scheme::range,
                                   world().key(id(), "storage access"),
                                   &owner.tally("disk_wait_ms"), &owner.tally("commit_wait_ms")});
  std::vector<const Storage*> nodes;
  for (const auto& instance : instances())
    nodes.push_back(&static_cast<Node&>(*instance).furnish(*storage_));
  measure_storage(owner, *params_.storage, std::move(nodes));
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
  if (params_.failover) {
    const auto over_shards = [this](std::uint64_t (Shard::*of)() const) {
      return [this, of] {
        std::uint64_t sum = 0;
        for (const Shard& shard : shards_) sum += (shard.*of)();
        return sum;
      };
    };
    owner.count("failovers", over_shards(&Shard::failovers));
    owner.count("lost_writes", over_shards(&Shard::lost_writes));
    failover_time_ = &owner.tally("failover_ms");
  }
  if (params_.storage) furnish_storage(owner);
  if (params_.locks) furnish_locks(owner);
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
  if (!node.is_replica() && !params_.failover) return;
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
        MetricShape::kCount},
       {"failovers", "1", "Changes of primaries, where there is a failover.", MetricShape::kCount},
       {"lost_writes", "requests", "Writes that had been answered and are in no node any more.",
        MetricShape::kCount},
       {"failover_ms", "ms", "From the loss of a primary until its shard had one again.",
        MetricShape::kTimes}});
  for (MetricInfo& metric : storage_metrics()) metrics.push_back(std::move(metric));
  for (MetricInfo& metric : locks_metrics()) metrics.push_back(std::move(metric));
  return model_kind<Database>(
      "database", "A sharded database with read replicas and connection pools.",
      "PostgreSQL 15 and MySQL 8.0 documentation; SCENARIO: database", std::move(metrics));
}

}  // namespace highwater::database
