#include "models/database/row_locks.h"

namespace highwater::database {

RowLocks::TableLock::~TableLock() {
  --locks_.takers_;
  if (has_it_) locks_.table_taken_ = false;
  locks_.table_changed_.notify_all();
}

Task<> RowLocks::TableLock::take() {
  while (locks_.changing_ > 0 || locks_.table_taken_) co_await locks_.table_changed_.wait();
  locks_.table_taken_ = has_it_ = true;
}

Task<bool> RowLocks::wait_for_table() {
  const Time asked = simulation_.now();
  const Time deadline = params_->lock_timeout ? simulation_.after(*params_->lock_timeout) : kNever;
  while (!table_is_free() && simulation_.now() < deadline)
    co_await table_changed_.wait_until(deadline);
  if (!table_is_free()) {
    ++lock_timeouts_;
    co_return false;
  }
  wait_.record(simulation_.now(), simulation_.now() - asked);
  co_return true;
}

RowLocks::Transaction::Transaction(RowLocks& locks) : locks_(locks), number_(locks.table_.begin()) {
  ++locks_.changing_;
  if (locks_.keeps_snapshot()) snapshot_ = locks_.history_.take();
  if (locks_.orders_reads()) among_ = locks_.serializable_.begin();
}

RowLocks::Transaction::~Transaction() {
  if (--locks_.changing_ == 0 && locks_.takers_ > 0) [[unlikely]]
    locks_.table_changed_.notify_all();
  if (locks_.keeps_snapshot()) locks_.history_.give_back(snapshot_);
  if (locks_.orders_reads() && !decided_) locks_.serializable_.abort(among_);
  locks_.table_.end(number_, [this](storage::LockTable::Transaction next) {
    locks_.waiters_[next]->settle(Acquire::Outcome::locked);
  });
  locks_.count_waiting();
}

bool RowLocks::Transaction::read(std::uint64_t row) {
  if (!locks_.orders_reads() || locks_.serializable_.read(among_, row)) return true;
  return locks_.failed_to_serialize();
}

bool RowLocks::Transaction::may_commit() {
  if (!locks_.orders_reads()) return true;
  decided_ = locks_.serializable_.commit(among_);
  return decided_ || locks_.failed_to_serialize();
}

void RowLocks::Transaction::commit() {
  if (locks_.keeps_snapshot()) locks_.history_.commit(changed_);
}

bool RowLocks::may_change(Transaction& who, std::uint64_t row) {
  if (!keeps_snapshot()) return true;
  if (history_.changed_since(who.snapshot_, row)) return failed_to_serialize();
  if (orders_reads() && !serializable_.write(who.among_, row)) return failed_to_serialize();
  who.changed_.push_back(row);
  return true;
}

void RowLocks::Acquire::wait() {
  const storage::LockTable::Transaction number = who_.number_;
  if (locks_.waiters_.size() <= number) locks_.waiters_.resize(number + 1);
  locks_.waiters_[number] = this;
  locks_.count_waiting();
  locks_.simulation_.schedule_after(looking_, *locks_.deadlock_timeout_);
  if (locks_.params_->lock_timeout)
    locks_.simulation_.schedule_after(giving_up_, *locks_.params_->lock_timeout);
}

void RowLocks::Acquire::settle(Outcome outcome) {
  // It may get the lock at the instant in which it has failed already.
  if (outcome_ != Outcome::waiting) return;
  outcome_ = outcome;
  locks_.simulation_.cancel(looking_);
  locks_.simulation_.cancel(giving_up_);
  locks_.simulation_.schedule_now(resumption_);
}

void RowLocks::Acquire::look_for_deadlock() {
  if (locks_.table_.deadlocked(who_.number_)) settle(Outcome::deadlock);
}

bool RowLocks::Acquire::await_resume() {
  const Time now = locks_.simulation_.now();
  switch (outcome_) {
    case Outcome::deadlock:
      ++locks_.deadlocks_;
      return false;
    case Outcome::timeout:
      ++locks_.lock_timeouts_;
      return false;
    case Outcome::locked:
      locks_.wait_.record(now, since_ == kNever ? Duration{0} : now - since_);
      return locks_.may_change(who_, row_);
    case Outcome::waiting:
      break;  // nothing else resumes it
  }
  HIGHWATER_CHECK(false);
}

void measure_locks(Recorder::Owner& owner, std::vector<const RowLocks*> nodes) {
  const auto count = [&](std::string_view name, std::uint64_t (RowLocks::*of)() const) {
    owner.count(name, [nodes, of] {
      std::uint64_t sum = 0;
      for (const RowLocks* const node : nodes) sum += (node->*of)();
      return sum;
    });
  };
  owner.time_average("lock_queue_length", [nodes](Time now) {
    double sum = 0;
    for (const RowLocks* const node : nodes) sum += node->waiting_integral(now);
    return sum;
  });
  count("deadlocks", &RowLocks::deadlocks);
  count("serialization_failures", &RowLocks::serialization_failures);
  count("lock_timeouts", &RowLocks::lock_timeouts);
}

std::vector<MetricInfo> locks_metrics() {
  return {
      {"lock_wait_ms", "ms",
       "From asking for a row's lock until it was there, zero waits included.",
       MetricShape::kTimes},
      {"lock_queue_length", "requests", "Writes that wait for a row, over all nodes."},
      {"deadlocks", "requests", "Writes that failed since they waited for themselves.",
       MetricShape::kCount},
      {"serialization_failures", "requests",
       "Writes that failed since others had changed what they were to change or had read.",
       MetricShape::kCount},
      {"lock_timeouts", "requests", "Writes that failed since they waited too long for a row.",
       MetricShape::kCount},
  };
}

}  // namespace highwater::database
