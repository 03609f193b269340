#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>

#include "engine/kernel/time.h"

namespace highwater::database {

/// What a write waits for before it is answered.
///
/// Source   async: the default of PostgreSQL and MySQL. semi_sync: MySQL 8.0 Reference Manual,
///          Semisynchronous Replication, with rpl_semi_sync_source_wait_for_replica_count = 1 and
///          rpl_semi_sync_source_wait_no_replica = OFF. sync: PostgreSQL 15, synchronous_commit =
///          remote_apply with every replica in synchronous_standby_names. quorum: MongoDB 6.0,
///          writeConcern "majority"; PostgreSQL 15, ANY n in synchronous_standby_names.
enum class Replication : std::uint8_t { async, semi_sync, sync, quorum };

/// How far one replica has come in its primary's log of writes, and which keys it serves too old.
///
/// Writes are numbered 1, 2, … in the order of their commits and applied in that order. A key is
/// stale here while a write to it has been acknowledged to its writer and not been applied here.
///
/// Memory follows the writes on their way (a lag's worth) and, for a replica that is down, the
/// distinct keys it misses; neither grows with the length of a run.
///
/// Checked  tests/models/replica_log_test.cpp: against a list of all writes over random histories.
class ReplicaLog {
 public:
  /// Write `number`, the one after the last, to `key` is on its way and arrives at `arrives` or
  /// right after the one before it. While the replica is down nothing reaches it.
  /// @return when it will be applied; meaningless while down.
  Time send(std::uint64_t number, std::uint64_t key, Time committed, Time arrives) {
    if (down_) return arrives;
    if (!on_their_way_.empty() && arrives < on_their_way_.back().due)
      arrives = on_their_way_.back().due;
    on_their_way_.push_back({number, key, committed, arrives, false, false});
    return arrives;
  }

  /// The writer of `number` to `key` has its answer: whoever reads an older value reads a stale
  /// one.
  void acknowledged(std::uint64_t number, std::uint64_t key) {
    if (number <= applied_) return;
    if (down_ || number <= missed_up_to_) {
      missed_.insert(key);
      ++missed_acknowledged_;
      return;
    }
    Sent& sent = on_their_way_[number - on_their_way_.front().number];
    sent.acknowledged = true;
    ++stale_[key];
  }

  /// Applies what is due at or before `now`; on_applied(committed, key) is called for each
  /// write but not for what was missed while down.
  template <class OnApplied>
  void apply(Time now, OnApplied&& on_applied) {
    while (!on_their_way_.empty() && on_their_way_.front().due <= now) {
      const Sent sent = on_their_way_.front();
      on_their_way_.pop_front();
      applied_ = sent.number;
      if (sent.catches_up) {
        missed_.clear();
        missed_acknowledged_ = 0;
        missed_up_to_ = 0;
        continue;
      }
      if (sent.acknowledged) forget(sent.key);
      on_applied(sent.committed, sent.key);
    }
  }

  /// The replica is down, or cut off from its primary: what was on its way is missed with all that
  /// follows.
  void stop() {
    down_ = true;
    for (const Sent& sent : on_their_way_) {
      if (!sent.acknowledged) continue;
      missed_.insert(sent.key);
      ++missed_acknowledged_;
    }
    on_their_way_.clear();
    stale_.clear();
  }

  /// It is up again, and will have applied all it missed, up to the write `last`, at `caught_up`.
  /// @return false when it missed nothing.
  bool resume(std::uint64_t last, Time caught_up) {
    down_ = false;
    missed_up_to_ = 0;
    if (last == applied_) return false;
    missed_up_to_ = last;
    on_their_way_.push_back({last, 0, {}, caught_up, false, true});
    return true;
  }

  /// What it had applied is gone with its disk. The log is stopped.
  void lose_all() { applied_ = 0; }

  // A failover. The log is stopped: nothing is on its way.

  /// Acknowledged writes that are missing here: lost, if this replica becomes the primary.
  std::uint64_t missed_acknowledged() const { return missed_acknowledged_; }
  /// The replica becomes the primary: what it has is what there is.
  void lead() { missed_nothing(); }
  /// It was the primary up to the write `last` and is a replica from now on.
  void follow(std::uint64_t last) {
    applied_ = last;
    missed_nothing();
  }
  /// Another has become the primary, having applied the writes up to `fork` and lacking `lost`
  /// acknowledged ones. What is beyond is undone here too.
  void rewind(std::uint64_t fork, std::uint64_t lost) {
    if (applied_ < fork) {
      missed_acknowledged_ -= std::min(missed_acknowledged_, lost);
      return;
    }
    applied_ = fork;
    missed_nothing();
  }

  bool stale(std::uint64_t key) const {
    return (!stale_.empty() && stale_.contains(key)) || (!missed_.empty() && missed_.contains(key));
  }
  /// Every write up to this one is applied; 0 for none.
  std::uint64_t applied() const { return applied_; }
  bool catching_up() const { return missed_up_to_ > 0; }
  /// When the next write is to be applied; kNever when none is on its way.
  Time next_due() const { return on_their_way_.empty() ? kNever : on_their_way_.front().due; }
  /// Writes and keys remembered, for tests.
  std::size_t size() const { return on_their_way_.size() + stale_.size() + missed_.size(); }

 private:
  struct Sent {
    std::uint64_t number;
    std::uint64_t key;
    Time committed;
    Time due;
    bool acknowledged;
    bool catches_up;  // stands for all writes up to `number` that the replica missed
  };

  void missed_nothing() {
    down_ = true;
    missed_.clear();
    missed_acknowledged_ = 0;
    missed_up_to_ = 0;
  }
  void forget(std::uint64_t key) {
    const auto found = stale_.find(key);
    if (--found->second == 0) stale_.erase(found);
  }

  std::deque<Sent> on_their_way_;                 // numbered without gaps, due in order
  std::map<std::uint64_t, std::uint32_t> stale_;  // acknowledged writes on their way, by key
  std::set<std::uint64_t> missed_;                // keys of writes it was down for
  std::uint64_t missed_acknowledged_ = 0;         // writes, not keys
  std::uint64_t applied_ = 0;
  std::uint64_t missed_up_to_ = 0;  // while it catches up
  bool down_ = false;
};

}  // namespace highwater::database
