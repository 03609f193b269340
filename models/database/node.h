#pragma once

// What the files of the SQL database share; nobody else includes it.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/resource.h"
#include "engine/kernel/task.h"
#include "engine/model/component.h"
#include "models/database/database_params.h"
#include "models/database/failover.h"
#include "models/database/lost_rows.h"
#include "models/database/replica_log.h"
#include "models/database/resharding.h"
#include "models/database/row_locks.h"
#include "models/database/slow_queries.h"
#include "models/database/sticky_keys.h"
#include "models/database/storage.h"
#include "models/leaks.h"
#include "models/sharding.h"
#include "models/steps/program.h"
#include "models/weak_points.h"

namespace highwater::database {

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
  /// Its locks go by these from now on.
  void reconfigure(const LocksParams& params) { locks_->reconfigure(params); }
  /// The process serves.
  void begin();
  /// Reads or writes a row for a copy of it, as a request would, on a connection of its own.
  Task<Status> copy(std::uint64_t key, Operation operation);
  /// Its requests end, and with them all that the process had in memory.
  void restart();

  /// Write `number` is on its way to this replica.
  void send(std::uint64_t number, const Request& write);

  // Faults.
  LostRows& lost_rows() { return lost_rows_; }
  /// Checksums of the share that `salt` decides are wrong: of pages, or else of rows.
  void corrupt(double share, RandomKey salt);
  /// What was lost or spoilt by that salt is there again.
  void restore(RandomKey salt);
  /// Precondition: there is storage.
  void lose_unsynced();
  Leaks& connection_leaks() { return connection_leaks_; }
  Storage& storage() { return *storage_; }
  /// What it had on its disk is gone. Precondition: it is down.
  void lose_disk();
  /// It has lost its disk, and not copied the primary's since.
  bool is_empty() const { return empty_; }
  /// Nobody has what it has lost: it goes on without.
  void begin_with_nothing();
  void delay_replication(Duration add) { added_lag_ += add; }
  void pause_replication();
  void resume_replication();
  /// A session takes the lock of a row, or of the table where none is given, and keeps it.
  Task<> hold_lock(std::optional<std::uint64_t> row, std::shared_ptr<Keeping> until);

  std::uint64_t reads() const { return reads_; }
  std::uint64_t stale_reads() const { return stale_reads_; }
  std::uint64_t writes() const { return writes_; }
  std::uint64_t pool_timeouts() const { return pool_timeouts_; }
  std::uint64_t missing_reads() const { return missing_reads_; }
  std::uint64_t conflicts() const { return conflicts_; }
  double busy_integral(Time now) const { return connections_.busy_integral(now); }
  double waiting_integral(Time now) const { return connections_.waiting_integral(now); }
  double cpu_integral(Time now) const { return processor_.busy_integral(now); }
  double cores() const { return processor_.cores(); }
  Duration start_time() const override;

 private:
  void receive(Served served) override;
  void killed() override;
  void started() override;
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  void pause_changed() override { processor_.freeze(paused()); }
  void competitors_changed() override { processor_.set_competitors(competitors()); }
  void cpu_quotas_changed() override { processor_.set_quotas(cpu_quotas()); }

  Task<> serve(Served served);
  /// Awaitable: the processor's share of a read or a write, in one of so many equal parts.
  Processor::Compute work(const Request& request, std::size_t parts = 1);
  /// The same where it takes more than that. A change gets its transaction, where there are locks.
  Task<Status> look(const Request& request);
  Task<Status> change(const Request& request, bool conflict,
                      std::unique_ptr<RowLocks::Transaction>& transaction);
  Task<std::uint32_t> page_of(std::uint64_t row, const Request& request, std::uint64_t turn);
  void apply_due();
  void set_timer();
  /// The pages beside its row's that a slow read needs.
  Task<Status> read_more(const Request& request);
  void leak(Lease& connection, const Request& request);
  /// Copies the primary's disk.
  Task<> rebuild();
  void begin_to_catch_up();

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
  std::uint64_t missing_reads_ = 0;
  std::uint64_t conflicts_ = 0;
  LostRows lost_rows_;
  LostRows spoilt_rows_;  // where there are no pages
  Leaks connection_leaks_;
  Duration added_lag_{0};
  int paused_ = 0;
  bool empty_ = false;
  bool rebuilding_ = false;
};

/// The nodes that hold the same part of the data, and how far its writes have come.
class Shard final : public Failover::Shard {
 public:
  Shard(World& world, const DatabaseParams& params, std::string title)
      : world_(world),
        params_(&params),
        title_(std::move(title)),
        sticky_(params.sticky_for.value_or(2s)) {}

  void add(Node& node) {
    nodes_.push_back(&node);
    primary_ = nodes_.front();
  }
  void connect(Edge& ways);
  /// It goes by these from now on. Writers that wait for replicas wait for those that they say.
  void reconfigure(const DatabaseParams& params);
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
  Node* reader(std::uint64_t key);
  std::uint64_t session_primary_reads() const { return session_primary_reads_; }

  /// Numbers a write and sends it to the replicas.
  std::uint64_t commit(const Request& write);
  /// The writer of `number` gets its answer now.
  void acknowledged(std::uint64_t number, std::uint64_t key) {
    for (Node* const node : nodes_)
      if (node != primary_) node->log().acknowledged(number, key);
    if (params_->session == Session::sticky_primary) sticky_.wrote(world_.now(), key);
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
  const DatabaseParams* params_;
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
  StickyKeys sticky_;
  std::uint64_t session_primary_reads_ = 0;
  std::size_t turn_ = 0;
  std::uint64_t last_ = 0;        // write committed
  std::uint64_t replicated_ = 0;  // no writer up to this one waits any more
  EventList waiting_;             // Replicated, by number
};

class Database final : public Component,
                       public LosesData,
                       public LosesNodes,
                       public HasLeaders,
                       public HasReplicas,
                       public HasDisks,
                       public HasQueries,
                       public HasLocks,
                       public LendsConnections {
 public:
  using Params = DatabaseParams;
  Database(World& world, std::string id, const DatabaseParams& params);

  Route route(const Request& request, const Instance&) override {
    Shard& shard = this->shard(request.key);
    if (request.operation != Operation::read) return shard.writer();
    return shard.reader(request.key);
  }
  void connect(Directory& directory) override {
    if (!params_->failover) return;
    Edge& ways = directory.edge(*this, *this);
    for (Shard& shard : shards_) shard.connect(ways);
  }
  void start() override {
    for (Shard& shard : shards_) shard.start();
    if (resharding_) resharding_->start();
    for (const auto& instance : instances()) static_cast<Node&>(*instance).begin();
  }

  std::vector<std::string> changeable() const override;
  std::string why_fixed(const std::string& parameter) const override;
  void reconfigure(const Blueprint& changed) override;

  Shard& shard(std::uint64_t key) { return shards_[place_of(key)]; }
  Shard& shard_at(std::size_t number) { return shards_[number]; }
  /// The number of the shard that has the key now.
  std::size_t place_of(std::uint64_t key) const {
    return resharding_ ? resharding_->of(key) : placement_.of(key);
  }
  /// Whether the shard has the key, or had it when a request for it was on its way.
  bool answers_for(const Shard& shard, std::uint64_t key) {
    return &this->shard(key) == &shard || (resharding_ && &shards_[placement_.of(key)] == &shard);
  }
  const DatabaseParams& params() const { return *params_; }
  // Faults; in database_faults.cpp.
  void lose_data(Instance& instance, double share, RandomKey salt) override;
  void corrupt_data(Instance& instance, double share, RandomKey salt) override;
  void restore_data(Instance& instance, RandomKey salt) override;
  std::string lacks_unsynced() const override;
  void lose_unsynced(Instance& instance) override;
  void lose_node(Instance& instance) override;
  std::string lacks_leaders() const override;
  std::size_t parts() const override { return shards_.size(); }
  Instance* leader_of(std::size_t part) override { return shards_[part].writer(); }
  std::string lacks_replicas() const override;
  void delay_replication(Instance& instance, Duration add) override;
  void pause_replication(Instance& instance) override;
  void resume_replication(Instance& instance) override;
  std::string lacks_disks() const override;
  Disk& disk_of(Instance& instance) override;
  void fill_disk(Instance& instance) override;
  void clear_disk(Instance& instance) override;
  std::string lacks_query(const Query& query) const override;
  void slow_query(const Query& query, double factor) override;
  void restore_query(const Query& query, double factor) override;
  std::string lacks_lock(const LockName& name) const override;
  std::unique_ptr<Hold> hold_lock(const LockName& name, std::string& holder) override;
  Leaks& connection_leaks(Instance& instance) override;
  /// How many times as much work as usual the request needs.
  double slowness(const Request& request) const {
    return slow_queries_.slowness(request.operation == Operation::read, request.endpoint);
  }
  RandomKey leak_key() const { return leak_key_; }

  RandomKey read_key() const { return read_key_; }
  RandomKey write_key() const { return write_key_; }
  /// Whether a request is in a share of them, in each of its tries.
  bool draws(Fraction share, const Request& request) const {
    return share.value > 0 &&
           RequestRandom(answer_key_, request.id, request.call()).uniform() < share.value;
  }
  /// What a write reads, and what it changes, in the order in which it takes them; in each of its
  /// tries the same.
  struct Rows {
    std::vector<std::uint64_t> read;
    std::vector<std::uint64_t> changed;
  };
  Rows rows_of(const Request& write);
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

  const DatabaseParams* params_;
  SlowQueries slow_queries_;
  RandomKey leak_key_;
  RandomKey read_key_;
  RandomKey write_key_;
  RandomKey rows_key_;
  RandomKey answer_key_;
  Shards placement_;
  std::deque<Shard> shards_;
  std::optional<Resharding> resharding_;
  std::optional<Storage::Shared> storage_;
  Tally* wait_ = nullptr;
  Tally* service_ = nullptr;
  Tally* lag_ = nullptr;
  Tally* failover_time_ = nullptr;
};

}  // namespace highwater::database
