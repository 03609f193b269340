// The disk of a node of Cassandra: reads that are not in memory, and a commit log that is made safe
// every so often, or for each write.
//
// A write is answered when it is in the log. Where the log is synced by period and the last sync is
// one and a half periods old, writes wait for the next one: so a slow disk stops them.
//
// Assumes  the data and the log are on one disk; a flush of memtables costs nothing; a failed read
//          is read from no other file; a full disk has no room for the next mutation, though the
//          segment of the log has some; whoever mends the disk starts the node, and repairs its
//          rows where they were set aside.
// Source   Apache Cassandra 4.1: db/commitlog/AbstractCommitLogService.java and
//          PeriodicCommitLogService.java (blockWhenSyncLagsNanos), CommitLog.java
//          (handleCommitError), service/DefaultFSErrorHandler.java,
//          service/StorageService.java (stopTransports), gms/Gossiper.java (stop announces it).
// Checked  tests/stores/cassandra_disk_test.cpp

#include <algorithm>
#include <coroutine>
#include <utility>

#include "models/database/cassandra_component.h"

namespace highwater::database {

const Disk& CassandraNode::furnish(const CassandraDiskParams& params, Tally& wait,
                                   Tally& commit_wait) {
  disk_params_ = &params;
  disk_ = std::make_unique<Disk>(params.device, *this, wait);
  commit_wait_ = &commit_wait;
  disk_random_.emplace(cassandra_.world().stream(label(), "commit log syncs"));
  return *disk_;
}

Duration CassandraNode::commit_log_time(const Message& message) const {
  RequestRandom random(sync_key_, message.request, message.path);
  return cassandra_.params_->commitlog_sync_time.draw(random);
}

void CassandraNode::start_disk() {
  if (disk_ == nullptr) return;
  synced_at_ = cassandra_.world().now();
  tasks().spawn(sync_commit_log());
}

void CassandraNode::stop_disk() {
  if (disk_ == nullptr) return;
  cassandra_.world().simulation.cancel(going_);
  cassandra_.unsynced_[index()].clear();
  logged_ = 0;
  log_stopped_ = false;
  disk_->forget();
}

Task<bool> CassandraNode::look_on_disk(const Message& message) {
  RequestRandom random(disk_key_, message.request, message.path);
  if (is_set_aside_) co_return true;
  const bool is_cached = random.uniform() < disk_params_->cached.value;
  // What is slow looks in so many places.
  const auto chunks =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(message.slowness + 0.5));
  for (std::uint64_t chunk = is_cached ? 1 : 0; chunk < chunks; ++chunk) {
    const Duration latency = disk_params_->device.read_latency.draw(random);
    const bool is_there =
        co_await disk_->operate(Disk::Operation::read, disk_params_->chunk.count, latency);
    if (!is_there) co_return false;
  }
  co_return true;
}

Task<bool> CassandraNode::write_log(const Message& message, std::uint64_t before) {
  Simulation& simulation = cassandra_.world().simulation;
  const Time begun = simulation.now();
  const Duration own = commit_log_time(message);
  if (own > Duration{0}) {
    co_await simulation.delay(disk_->troubled(own, true));
    if (disk_->fails(true)) {
      co_await suffer_commit_failure();
      while (!takes_commits()) co_await commits_.wait();
      if (disk_params_->commit_failure_policy == CommitFailurePolicy::ignore) co_return false;
    }
  } else {
    ++logged_;
    cassandra_.unsynced_[index()].push_back({begun, message.row, before, message.version});
    const Duration longest = disk_params_->commitlog_sync_period * 3 / 2;
    while (synced_at_ + longest < simulation.now()) co_await synced_.wait();
  }
  commit_wait_->record(simulation.now(), simulation.now() - begun);
  co_return true;
}

Task<> CassandraNode::sync_commit_log() {
  if (!(cassandra_.params_->commitlog_sync_time == Distribution::constant(Duration{0}))) co_return;
  Simulation& simulation = cassandra_.world().simulation;
  const Duration period = disk_params_->commitlog_sync_period;
  // Not in step with the others.
  const double phase = disk_random_->uniform() * static_cast<double>(period.count());
  co_await simulation.delay(Duration{static_cast<Duration::rep>(phase)});
  for (;;) {
    while (log_stopped_) co_await commits_.wait();
    const Time begun = simulation.now();
    bool is_safe = true;
    if (const std::uint64_t mutations = std::exchange(logged_, 0); mutations > 0) {
      const std::uint64_t bytes = mutations * cassandra_.params_->hints.write_size.count;
      is_safe = co_await disk_->write(bytes, *disk_random_, true);
      if (!is_safe) {
        logged_ += mutations;
        co_await suffer_commit_failure();
      }
    }
    if (is_safe) {
      synced_at_ = begun;
      auto& unsynced = cassandra_.unsynced_[index()];
      while (!unsynced.empty() && unsynced.front().at <= begun) unsynced.pop_front();
      synced_.notify_all();
    }
    if (log_stopped_) continue;
    co_await simulation.until(std::max(begun + period, simulation.now()));
  }
}

Task<> CassandraNode::suffer_commit_failure() {
  switch (disk_params_->commit_failure_policy) {
    case CommitFailurePolicy::stop:
    case CommitFailurePolicy::die:
      co_await leave(disk_params_->commit_failure_policy == CommitFailurePolicy::stop);
      break;
    case CommitFailurePolicy::stop_commit:
      if (full_ == 0) log_stopped_ = true;
      break;
    case CommitFailurePolicy::ignore:
      break;
  }
}

Task<> CassandraNode::suffer_read_failure(bool checksum) {
  if (disk_ == nullptr) co_return;  // as "ignore"
  switch (disk_params_->disk_failure_policy) {
    case DiskFailurePolicy::stop:
      if (!checksum) co_await leave(true);
      break;
    case DiskFailurePolicy::stop_paranoid:
    case DiskFailurePolicy::die:
      co_await leave(disk_params_->disk_failure_policy != DiskFailurePolicy::die);
      break;
    case DiskFailurePolicy::best_effort:
      if (!checksum && !std::exchange(is_set_aside_, true))
        cassandra_.lose_data(*this, 1, aside_key_);
      break;
    case DiskFailurePolicy::ignore:
      break;
  }
}

Task<> CassandraNode::leave(bool tells) {
  tells_ = tells;
  // The process ends with this task, which runs now and so cannot be ended from here.
  Simulation& simulation = cassandra_.world().simulation;
  if (!going_.pending()) simulation.schedule_after(going_, Duration{0});
  co_await std::suspend_always{};
}

void CassandraNode::go_away() {
  is_out_ = true;
  cassandra_.world().happened("killed", label() + " has a disk that fails");
  kill(false);
  if (tells_) cassandra_.leaves(index());
  look_at_disk();
}

void CassandraNode::clear_disk() {
  --full_;
  look_at_disk();
}

void CassandraNode::look_at_disk() {
  // One trouble may only have become another.
  if (disk_ != nullptr) cassandra_.world().simulation.reschedule_after(looking_, Duration{0});
}

void CassandraNode::look_again() {
  const DiskFailurePolicy policy = disk_params_->disk_failure_policy;
  const bool minds_checksums =
      policy == DiskFailurePolicy::die || policy == DiskFailurePolicy::stop_paranoid;
  if (disk_->can_fail() || full_ > 0 || (minds_checksums && spoilt_rows_.any())) return;
  log_stopped_ = false;
  commits_.notify_all();
  if (std::exchange(is_set_aside_, false)) cassandra_.restore_data(*this, aside_key_);
  if (std::exchange(is_out_, false)) revive(false);
}

}  // namespace highwater::database
