#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kernel/condition.h"
#include "engine/kernel/resource.h"
#include "engine/kernel/task.h"
#include "engine/model/component.h"
#include "models/algorithms/hashing/cassandra.h"
#include "models/algorithms/membership/phi_accrual.h"
#include "models/algorithms/storage/storage.h"
#include "models/database/cassandra_params.h"
#include "models/database/cassandra_rows.h"
#include "models/database/disk.h"
#include "models/database/lost_rows.h"
#include "models/database/slow_queries.h"
#include "models/steps/program.h"
#include "models/weak_points.h"

namespace highwater::database {

/// Gossiper.intervalInMillis.
constexpr Duration kGossipInterval = 1s;

class Cassandra;
class CassandraNode;

/// What a node sends another.
struct Message {
  enum class Kind : std::uint8_t { read, write, read_response, write_response, heartbeat };

  Kind kind = Kind::heartbeat;
  bool data = false;       ///< Of a read: the row itself, not only its digest.
  bool failed = false;     ///< Of an answer: that there is none.
  std::uint8_t round = 0;  ///< Of what the operation asks for.
  std::uint32_t from = 0;  ///< Nodes.
  std::uint32_t to = 0;
  std::uint32_t operation = 0;  ///< The coordinator's, with its generation: whom answers are for.
  std::uint32_t generation = 0;
  std::uint64_t version = 0;
  std::uint64_t request = 0;  ///< Key the draws, as those of a Request.
  std::uint64_t path = 0;
  Time sent{};          ///< Of the request, in the answer too.
  Time deadline{};      ///< Nobody needs an answer after this.
  double slowness = 1;  ///< It takes so many times as much work as usual.
  RowPin row;
};

/// A coordinator's request under way: lives in the frame of the task that does it.
class CassandraOperation {
 public:
  CassandraOperation(CassandraNode& coordinator, RowPin row, Time deadline);
  ~CassandraOperation();
  CassandraOperation(const CassandraOperation&) = delete;
  CassandraOperation& operator=(const CassandraOperation&) = delete;

  /// A replica has answered what was asked in the present round.
  void answered(const Message& answer);
  /// Begins to ask for something else: answers to what was asked before mean nothing more.
  void next_round();

  /// How many have answered, by data center.
  std::span<const std::uint32_t> by_center() const { return by_center_; }
  bool has_answered(std::uint32_t node) const;
  /// How many have answered, or said that they cannot.
  std::size_t heard_of() const { return answers.size() + failed.size(); }
  /// There cannot be as many answers of those asked as are wanted.
  bool is_hopeless(std::uint32_t wanted) const {
    return !failed.empty() && asked < wanted + failed.size();
  }

  struct Answer {
    std::uint32_t node;
    std::uint64_t version;
    bool data;
  };

  CassandraNode& coordinator;
  RowPin row;
  Time deadline;
  std::vector<Answer> answers;
  std::vector<std::uint32_t> failed;  ///< Nodes that cannot answer, in this round.
  Condition changed;
  std::uint32_t asked = 0;  ///< Nodes, in this round.
  std::uint8_t round = 0;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

 private:
  std::vector<std::uint32_t> by_center_;
};

struct CassandraCounts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t stale_reads = 0;
  std::uint64_t ignored_writes = 0;
  std::uint64_t read_timeouts = 0;
  std::uint64_t write_timeouts = 0;
  std::uint64_t unavailable = 0;
  std::uint64_t speculative_retries = 0;
  std::uint64_t read_repairs = 0;
  std::uint64_t read_failures = 0;
  std::uint64_t dropped = 0;
  std::uint64_t hints_stored = 0;
};

/// One node: a coordinator for what drivers send it, and a replica for the coordinators.
class CassandraNode final : public Instance {
 public:
  CassandraNode(Cassandra& cassandra, std::uint32_t index, Zone zone);

  hashing::CassandraLocation location() const { return location_; }
  void stand_in(hashing::CassandraLocation location) { location_ = location; }
  void start_gossip();
  /// A message has come over, or was for the node itself. It is up.
  void take(Message message);

  std::uint32_t enter(CassandraOperation& operation, std::uint32_t& generation);
  void leave(std::uint32_t index);

  const CassandraCounts& counts() const { return counts_; }
  double busy_integral(Time now) const {
    return reads_.busy_integral(now) + writes_.busy_integral(now);
  }
  double waiting_integral(Time now) const {
    return reads_.waiting_integral(now) + writes_.waiting_integral(now);
  }
  double cpu_integral(Time now) const { return processor_.busy_integral(now); }
  double cores() const { return processor_.cores(); }

  // Disk; in cassandra_disk.cpp.
  /// Gets a disk. @param wait, commit_wait  Outlive it.
  const Disk& furnish(const CassandraDiskParams& params, Tally& wait, Tally& commit_wait);
  /// The process serves, with the disk it has, if any.
  void start_disk();
  Disk& disk() { return *disk_; }
  void fill_disk() { ++full_; }
  void clear_disk();
  /// Something that was wrong with what is on it may be well again.
  void look_at_disk();

  // What is wrong with its rows; in cassandra_faults.cpp.
  LostRows& lost_rows() { return lost_rows_; }
  LostRows& spoilt_rows() { return spoilt_rows_; }
  /// All that it had is gone. It is down, and will be replaced.
  void lose_all();
  Duration added_lag() const { return added_lag_; }
  void delay_replication(Duration add) { added_lag_ += add; }

 private:
  friend class CassandraOperation;
  struct Place {
    CassandraOperation* operation = nullptr;
    std::uint32_t generation = 0;
  };

  void receive(Served served) override;
  void killed() override;
  void started() override;
  bool reads_clock() const override { return true; }
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  void pause_changed() override { processor_.freeze(paused()); }
  void competitors_changed() override { processor_.set_competitors(competitors()); }
  void cpu_quotas_changed() override { processor_.set_quotas(cpu_quotas()); }
  Duration start_time() const override;

  // Coordinator.
  Task<> read(Served served);
  Task<> write(Served served);
  /// The replicas differed: asks all `contacts` for the row, and has the older ones repaired.
  /// @return the newest version; nothing when that takes too long.
  Task<std::optional<std::uint64_t>> resolve(CassandraOperation& operation, const Request& request,
                                             std::span<const std::uint32_t> contacts);
  /// The replicas that are taken for alive, those first that are best to read.
  std::vector<std::uint32_t> read_candidates(const Replicas& replicas);
  std::vector<std::uint32_t> alive_by_center(const Replicas& replicas) const;
  void ask(CassandraOperation& operation, const Request& request, std::uint32_t node,
           Message::Kind kind, std::uint64_t version, bool data);
  storage::ReplicasByCenter levels(const Replicas& replicas) const {
    return {replicas.by_center, location_.datacenter};
  }
  /// Keeps a write for a node that misses it. @return whether it did.
  bool keep_hint(std::uint32_t node, const RowPin& row, std::uint64_t version,
                 const Request& request, const std::shared_ptr<bool>& answered);

  // Replica.
  Task<> serve_read(Message message);
  Task<> serve_write(Message message);

  // Disk.
  /// What a read needs that is not in memory. @return whether it could be read.
  Task<bool> look_on_disk(const Message& message);
  /// A mutation is in the commit log, as safe as it has to be before it is answered.
  /// @return whether it is to be answered.
  Task<bool> write_log(const Message& message, std::uint64_t before);
  Duration commit_log_time(const Message& message) const;
  Task<> sync_commit_log();
  /// Its process is gone.
  void stop_disk();
  /// There is room in the commit log, and somebody writes it.
  bool takes_commits() const { return full_ == 0 && !log_stopped_; }
  /// Does what the policy says when the commit log cannot be written; ends where the node goes on.
  Task<> suffer_commit_failure();
  /// The same of a read. @param checksum  The disk has read something wrong.
  Task<> suffer_read_failure(bool checksum);
  /// Its process ends, and with it the task that awaits this. @param tells  The others.
  Task<> leave(bool tells);
  void go_away();
  void look_again();
  /// The newest of each row that another replica has, for a node that replaces one.
  void stream();

  // Hints.
  void dispatch_hints();
  Task<> replay(std::uint32_t target);
  Task<> deliver(std::uint32_t target);

  void gossip();

  Cassandra& cassandra_;
  hashing::CassandraLocation location_;
  Resource reads_;
  Resource writes_;
  steps::Processor processor_;
  RandomKey coordinator_key_;
  RandomKey read_key_;
  RandomKey write_key_;
  RandomKey sync_key_;
  RandomStream random_;
  storage::DynamicSnitch snitch_;
  storage::SpeculativeRetry retry_;
  std::deque<Place> places_;
  std::vector<std::uint32_t> free_;
  std::vector<bool> replaying_;  // by node
  Timer<&CassandraNode::gossip> gossip_{*this};
  Timer<&CassandraNode::dispatch_hints> dispatch_{*this};
  CassandraCounts counts_;

  // Where there is a disk.
  const CassandraDiskParams* disk_params_ = nullptr;
  std::unique_ptr<Disk> disk_;
  Tally* commit_wait_ = nullptr;
  RandomKey disk_key_;
  std::optional<RandomStream> disk_random_;  // of what no request waits for alone
  std::uint64_t logged_ = 0;                 // mutations since the last sync began
  Time synced_at_{};                         // when the last one that is over began
  Condition synced_;
  int full_ = 0;
  bool log_stopped_ = false;
  Condition commits_;  // takes_commits() again
  bool tells_ = false;
  RandomKey aside_key_;
  bool is_set_aside_ = false;  // what is on the disk
  bool is_out_ = false;        // for the sake of its disk
  Timer<&CassandraNode::go_away> going_{*this};
  Timer<&CassandraNode::look_again> looking_{*this};

  LostRows lost_rows_;
  LostRows spoilt_rows_;
  RandomKey loss_key_;
  bool is_new_ = false;  // it replaces one that is gone
  Duration added_lag_{0};
};

class Cassandra final : public Component,
                        public Refuses,
                        public LosesData,
                        public LosesNodes,
                        public HasReplicas,
                        public HasDisks,
                        public HasQueries {
 public:
  Cassandra(World& world, std::string id, const CassandraParams& params);

  Route route(const Request& request, const Instance& from) override;
  void connect(Directory& directory) override { ways_ = &directory.edge(*this, *this); }
  void start() override;
  void examine(const Examination& examination) const override;
  std::vector<std::string> changeable() const override;
  std::string why_fixed(const std::string& parameter) const override;
  void reconfigure(const Blueprint& changed) override;

  // Faults; in cassandra_faults.cpp.
  std::string refuses(std::string_view verb) const override;
  void lose_data(Instance& instance, double share, RandomKey salt) override;
  void corrupt_data(Instance& instance, double share, RandomKey salt) override;
  void restore_data(Instance& instance, RandomKey salt) override;
  std::string lacks_unsynced() const override;
  void lose_unsynced(Instance& instance) override;
  void lose_node(Instance& instance) override;
  std::string lacks_replicas() const override;
  std::string lacks_pause() const override;
  void delay_replication(Instance& instance, Duration add) override;
  void pause_replication(Instance&) override {}  // see lacks_pause()
  void resume_replication(Instance&) override {}
  std::string lacks_disks() const override;
  Disk& disk_of(Instance& instance) override;
  void disk_recovered(Instance& instance) override;
  void fill_disk(Instance& instance) override;
  void clear_disk(Instance& instance) override;
  std::string lacks_query(const Query& query) const override;
  void slow_query(const Query& query, double factor) override;
  void restore_query(const Query& query, double factor) override;

 private:
  friend class CassandraNode;
  friend class CassandraOperation;

  /// A write that a node keeps for another one.
  struct HintedWrite {
    RowPin row;
    std::uint64_t version = 0;
    std::uint64_t request = 0;
    std::uint64_t path = 0;
    /// Shared by all hints of a write whose only copies they may be: whether it was answered.
    std::shared_ptr<bool> answered;
  };
  using Hints = storage::HintStore<HintedWrite>;

  /// A mutation that a node's commit log has and its disk has not.
  struct Unsynced {
    Time at{};
    RowPin row;
    std::uint64_t before = 0;
    std::uint64_t version = 0;
  };

  /// A message on its way.
  class Flight final : public Event {
   public:
    explicit Flight(Cassandra& cassandra) : Event(&Flight::fire), cassandra_(cassandra) {}
    Message message;

   private:
    static void fire(Event& event);
    Cassandra& cassandra_;
  };

  /// What all nodes think of one of them.
  struct View {
    membership::PhiAccrual phi;
    bool alive = true;
    Time convicted{};
  };

  CassandraNode& node(std::uint32_t index) const {
    return static_cast<CassandraNode&>(*instances()[index]);
  }
  std::uint32_t nodes() const { return params_->nodes; }
  void place_nodes();
  const Replicas& replicas(std::uint64_t key);
  void send(Message message);
  void heard_of(std::uint32_t node);
  void check_views();
  bool takes_for_alive(std::uint32_t observer, std::uint32_t node) const {
    return observer == node || views_[node].alive;
  }
  /// What `holder` keeps for `target`; null for nothing so far.
  Hints* hints(std::uint32_t holder, std::uint32_t target) const {
    return hints_[std::size_t{holder} * nodes() + target].get();
  }
  void dropped(const HintedWrite& write);
  /// Nodes have lost rows: whoever works on one hears of it.
  void watch_rows();
  /// Does it to each row that somebody may work on and the node has a replica of: (row, version).
  template <class Do>
  void for_each_row_of(std::uint32_t node, Do action) {
    rows_.for_each([&](Row& row) {
      const std::size_t slot = row.replicas->slot_of(node);
      if (slot < row.versions.size()) action(row, row.versions[slot]);
    });
  }
  bool is_hinted(const Row& row, std::uint64_t version) const;
  void drop_hints_of(std::uint32_t holder);
  /// It says that it leaves.
  void leaves(std::uint32_t node);
  void furnish_disks(Recorder::Owner& owner);
  CassandraNode* in_turn(std::span<const std::uint32_t> candidates);
  void declare_metrics();
  void declare_metrics(const CassandraNode& node);
  std::uint64_t sum(std::uint64_t CassandraCounts::*count) const;

  const CassandraParams* params_;
  Edge* ways_ = nullptr;
  hashing::CassandraRing ring_;
  std::vector<std::unique_ptr<Replicas>> replicas_;  // by place on the ring, found when needed
  std::vector<std::uint32_t> wanted_;                // replicas by data center
  std::vector<hashing::CassandraLocation> locations_;
  std::vector<std::vector<std::uint32_t>> by_center_;  // nodes
  std::vector<std::uint32_t> all_;
  // Whatever pins rows comes after them, and nodes pin none outside of their tasks.
  Rows rows_;
  std::vector<std::deque<Unsynced>> unsynced_;  // by node, the oldest first
  std::vector<std::unique_ptr<Hints>> hints_;   // by holder and target
  std::deque<Flight> flights_;
  std::vector<Flight*> idle_flights_;
  std::vector<View> views_;
  RandomStream random_;
  std::uint64_t turn_ = 0;
  /// The timestamp of a write whose coordinator's clock is so far ahead.
  std::uint64_t timestamp(Duration ahead);
  std::uint64_t version_ = Row::kOld;  // the last one of a clock that was right
  std::uint64_t odd_writes_ = 0;       // by clocks that were wrong
  std::uint64_t hints_replayed_ = 0;
  std::uint64_t hints_expired_ = 0;
  std::uint64_t hints_not_stored_ = 0;
  std::uint64_t lost_writes_ = 0;
  Timer<&Cassandra::check_views> check_{*this};
  Tally* wait_ = nullptr;
  Tally* service_ = nullptr;
  Tally* read_ = nullptr;
  Tally* write_ = nullptr;
  SlowQueries slow_queries_;
};

}  // namespace highwater::database
