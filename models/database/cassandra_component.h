#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
#include "models/steps/program.h"

namespace highwater::database {

class Cassandra;
class CassandraNode;

/// What a node sends another.
struct Message {
  enum class Kind : std::uint8_t { read, write, read_response, write_response, heartbeat };

  Kind kind = Kind::heartbeat;
  bool data = false;       ///< Of a read: the row itself, not only its digest.
  std::uint8_t round = 0;  ///< Of what the operation asks for.
  std::uint32_t from = 0;  ///< Nodes.
  std::uint32_t to = 0;
  std::uint32_t operation = 0;  ///< The coordinator's, with its generation: whom answers are for.
  std::uint32_t generation = 0;
  std::uint64_t version = 0;
  std::uint64_t request = 0;  ///< Key the draws, as those of a Request.
  std::uint64_t path = 0;
  Time sent{};      ///< Of the request, in the answer too.
  Time deadline{};  ///< Nobody needs an answer after this.
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

  struct Answer {
    std::uint32_t node;
    std::uint64_t version;
    bool data;
  };

  CassandraNode& coordinator;
  RowPin row;
  Time deadline;
  std::vector<Answer> answers;
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
};

class Cassandra final : public Component {
 public:
  Cassandra(World& world, std::string id, const CassandraParams& params);

  Route route(const Request& request, const Instance& from) override;
  void connect(Directory& directory) override { ways_ = &directory.edge(*this, *this); }
  void start() override;
  void examine(const Examination& examination) const override;
  std::vector<std::string> changeable() const override;
  std::string why_fixed(const std::string& parameter) const override;
  void reconfigure(const Blueprint& changed) override;

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
  std::vector<std::unique_ptr<Hints>> hints_;  // by holder and target
  std::deque<Flight> flights_;
  std::vector<Flight*> idle_flights_;
  std::vector<View> views_;
  RandomStream random_;
  std::uint64_t turn_ = 0;
  /// The timestamp of a write whose coordinator's clock is so far ahead.
  std::uint64_t timestamp(Duration ahead);
  std::uint64_t version_ = 0;     // the last one of a clock that was right
  std::uint64_t odd_writes_ = 0;  // by clocks that were wrong
  std::uint64_t hints_replayed_ = 0;
  std::uint64_t hints_expired_ = 0;
  std::uint64_t hints_not_stored_ = 0;
  std::uint64_t lost_writes_ = 0;
  Timer<&Cassandra::check_views> check_{*this};
  Tally* wait_ = nullptr;
  Tally* service_ = nullptr;
  Tally* read_ = nullptr;
  Tally* write_ = nullptr;
};

}  // namespace highwater::database
