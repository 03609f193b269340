#pragma once

#include <cstdint>
#include <vector>

#include "engine/kernel/condition.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/task.h"
#include "engine/kernel/time_integral.h"
#include "engine/model/component.h"
#include "engine/model/kind.h"
#include "models/algorithms/storage/storage.h"
#include "models/database/locks_params.h"

namespace highwater::database {

/// The locks on the rows of one node, which its writes hold until they have committed.
///
/// Source   PostgreSQL 15 documentation, 13.3.2 Row-Level Locks, 13.3.4 Deadlocks, 13.2 Transaction
///          Isolation.
/// Checked  tests/storage/row_locks_test.cpp
class RowLocks {
 public:
  /// @param wait  Of all who got a lock, at once or later; outlives this.
  RowLocks(const LocksParams& params, World& world, Tally& wait)
      : params_(&params),
        simulation_(world.simulation),
        wait_(wait),
        table_changed_(world.simulation),
        deadlock_timeout_(&world.simulation.lane(params.deadlock_timeout)) {}
  RowLocks(const RowLocks&) = delete;
  RowLocks& operator=(const RowLocks&) = delete;

  /// A write, from the beginning of its work to its commit. One that is destroyed without a commit
  /// has changed nothing.
  class Transaction {
   public:
    explicit Transaction(RowLocks& locks);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    /// It has read a row. @return false where it must fail.
    bool read(std::uint64_t row);
    /// Its work is done. @return false where it must fail.
    bool may_commit();
    /// It has committed, and others see it.
    void commit();

   private:
    friend class RowLocks;
    RowLocks& locks_;
    storage::LockTable::Transaction number_;
    storage::CommitHistory::Snapshot snapshot_ = 0;
    storage::Serializable::Transaction among_ = 0;
    bool decided_ = false;  // of may_commit()
    std::vector<std::uint64_t> changed_;
  };

  class Acquire;
  /// Awaitable: whether the transaction may change the row. If not it is to end.
  inline Acquire acquire(Transaction& who, std::uint64_t row);

  /// The lock of the table against all changes, which a fault takes: it waits for those that are
  /// under way and makes those that come wait. Takers have it one after the other, before anybody
  /// changes a row in between.
  class TableLock {
   public:
    explicit TableLock(RowLocks& locks) : locks_(locks) { ++locks_.takers_; }
    TableLock(const TableLock&) = delete;
    TableLock& operator=(const TableLock&) = delete;
    ~TableLock();
    /// Ends when it has the lock.
    Task<> take();

   private:
    RowLocks& locks_;
    bool has_it_ = false;
  };
  /// Whether a change may begin, which the table's lock may keep it from for a while.
  bool table_is_free() const { return takers_ == 0; }
  /// Ends when a change may begin; false where it waited too long.
  Task<bool> wait_for_table();

  /// Its time-outs are these from now on, for whoever begins to wait.
  void reconfigure(const LocksParams& params) {
    params_ = &params;
    deadlock_timeout_ = &simulation_.lane(params.deadlock_timeout);
  }

  std::uint64_t deadlocks() const { return deadlocks_; }
  std::uint64_t serialization_failures() const { return serialization_failures_; }
  std::uint64_t lock_timeouts() const { return lock_timeouts_; }
  double waiting_integral(Time now) const { return waiting_.total(now); }
  const storage::LockTable& table() const { return table_; }

 private:
  bool keeps_snapshot() const { return params_->isolation != Isolation::read_committed; }
  bool orders_reads() const { return params_->isolation == Isolation::serializable; }
  bool failed_to_serialize() {
    ++serialization_failures_;
    return false;
  }
  void count_waiting() {
    waiting_.set(simulation_.now(), static_cast<std::int64_t>(table_.waiting()));
  }
  /// The row is locked. @return whether it may be changed.
  bool may_change(Transaction& who, std::uint64_t row);

  const LocksParams* params_;
  Simulation& simulation_;
  Tally& wait_;
  Condition table_changed_;
  std::uint32_t changing_ = 0;  // transactions
  std::uint32_t takers_ = 0;    // of the table's lock
  bool table_taken_ = false;
  Lane* deadlock_timeout_;
  storage::LockTable table_;
  storage::CommitHistory history_;
  storage::Serializable serializable_;
  std::vector<Acquire*> waiters_;  // by the number of their transaction
  TimeIntegral waiting_;
  std::uint64_t deadlocks_ = 0;
  std::uint64_t serialization_failures_ = 0;
  std::uint64_t lock_timeouts_ = 0;
};

class RowLocks::Acquire {
 public:
  Acquire(RowLocks& locks, Transaction& who, std::uint64_t row)
      : locks_(locks), who_(who), row_(row), resumption_(locks.simulation_) {}
  Acquire(const Acquire&) = delete;
  Acquire& operator=(const Acquire&) = delete;

  bool await_ready() {
    if (!locks_.table_.acquire(who_.number_, row_)) return false;
    outcome_ = Outcome::locked;
    return true;
  }
  template <std::derived_from<detail::TaskPromise> Promise>
  void await_suspend(std::coroutine_handle<Promise> task) {
    resumption_.remember(task);
    since_ = locks_.simulation_.now();
    wait();
  }
  bool await_resume();

 private:
  friend class RowLocks;
  enum class Outcome : std::uint8_t { waiting, locked, deadlock, timeout };

  void wait();
  void settle(Outcome outcome);
  void look_for_deadlock();
  void give_up() { settle(Outcome::timeout); }

  RowLocks& locks_;
  Transaction& who_;
  std::uint64_t row_;
  Outcome outcome_ = Outcome::waiting;
  Time since_ = kNever;
  Resumption resumption_;
  Timer<&Acquire::look_for_deadlock> looking_{*this};
  Timer<&Acquire::give_up> giving_up_{*this};
};

inline RowLocks::Acquire RowLocks::acquire(Transaction& who, std::uint64_t row) {
  return Acquire(*this, who, row);
}

/// What is measured where there are locks, beside the tally of waits.
void measure_locks(Recorder::Owner& owner, std::vector<const RowLocks*> nodes);
/// All of it.
std::vector<MetricInfo> locks_metrics();

}  // namespace highwater::database
