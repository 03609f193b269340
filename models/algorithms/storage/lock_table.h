#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/algorithms/caching/key_index.h"

namespace highwater::storage {

/// storage lock_table: exclusive locks on rows, first come, first served, and who waits for whom.
///
/// A transaction holds its locks until it ends, all at once (strict two-phase locking), and waits
/// for one row at a time. Whoever waits for a row waits for its holder, those before it in the line
/// included, so that a cycle is found by following one holder after the other. PostgreSQL looks for
/// one when a transaction has waited for deadlock_timeout, and ends that transaction: whoever
/// joined a cycle last is still to look, so none is missed.
///
/// 32 bytes a locked row and its share of the index; no allocation once as many rows and
/// transactions were there before.
///
/// Source   PostgreSQL 15, src/backend/storage/lmgr/README and deadlock.c, FindLockCycle (with
///          exclusive locks alone no order of a line can undo a cycle); J. Gray, A. Reuter,
///          Transaction Processing, 1993, chapter 7.
/// Checked  tests/storage/lock_table_test.cpp: by hand; against a naive table over random
///          transactions: no row held by two, lines in order, every waiter served in the end.
class LockTable {
 public:
  using Transaction = std::uint32_t;

  Transaction begin() {
    if (free_transaction_ == kNone) {
      transactions_.emplace_back();
      return static_cast<Transaction>(transactions_.size() - 1);
    }
    const Transaction taken = free_transaction_;
    free_transaction_ = transactions_[taken].next;
    transactions_[taken] = {};
    return taken;
  }

  /// @return whether the transaction has the row's lock; else it stands in the row's line, and may
  ///         ask for nothing more until it has been granted. Precondition: it does not wait.
  bool acquire(Transaction who, std::uint64_t row) {
    std::uint32_t at = find(row);
    if (at == kNone) {
      at = take_row();
      rows_[at].row = row;
      index_.add(row, at);
      hold(who, at);
      return true;
    }
    Row& locked = rows_[at];
    if (locked.holder == who) return true;
    Of& one = transactions_[who];
    one.waits_for = at;
    one.previous = locked.last;
    one.next = kNone;
    (locked.last == kNone ? locked.first : transactions_[locked.last].next) = who;
    locked.last = who;
    ++waiting_;
    return false;
  }

  /// The transaction is over: it leaves its line, if it stands in one, and its locks go to the next
  /// in theirs. granted(Transaction) is called for each of those.
  template <class Granted>
  void end(Transaction who, Granted&& granted) {
    if (transactions_[who].waits_for != kNone) leave_line(who);
    for (std::uint32_t at = transactions_[who].held; at != kNone;) {
      const std::uint32_t next_held = rows_[at].next_held;
      const Transaction next = rows_[at].first;
      if (next == kNone) {
        index_.remove(rows_[at].row, at);
        rows_[at].next_held = free_row_;
        free_row_ = at;
        --locked_;
      } else {
        leave_line(next);
        --locked_;
        hold(next, at);
        granted(next);
      }
      at = next_held;
    }
    transactions_[who].next = free_transaction_;
    free_transaction_ = who;
  }

  /// Whether the transaction waits, over others, for itself.
  bool deadlocked(Transaction who) const {
    Transaction at = who;
    // A cycle that it only leads into is somebody else's: the count ends the walk round that one.
    for (std::size_t steps = 0; steps < transactions_.size(); ++steps) {
      const std::uint32_t row = transactions_[at].waits_for;
      if (row == kNone) return false;
      at = rows_[row].holder;
      if (at == who) return true;
    }
    return false;
  }

  bool waits(Transaction who) const { return transactions_[who].waits_for != kNone; }
  std::uint64_t locked() const { return locked_; }    ///< Rows.
  std::uint64_t waiting() const { return waiting_; }  ///< Transactions.

 private:
  static constexpr std::uint32_t kNone = caching::KeyIndex::kNone;

  struct Row {
    std::uint64_t row = 0;
    Transaction holder = kNone;
    Transaction first = kNone;  // of the line
    Transaction last = kNone;
    std::uint32_t next_held = kNone;  // of the same holder; or of the unused
  };
  struct Of {
    std::uint32_t held = kNone;       // the last row locked
    std::uint32_t waits_for = kNone;  // row
    Transaction previous = kNone;     // in its line
    Transaction next = kNone;         // likewise; or of the unused
  };

  std::uint32_t find(std::uint64_t row) const {
    return index_.find(row, [this](std::uint32_t at) { return rows_[at].row; });
  }
  std::uint32_t take_row() {
    if (free_row_ == kNone) {
      rows_.emplace_back();
      return static_cast<std::uint32_t>(rows_.size() - 1);
    }
    const std::uint32_t taken = free_row_;
    free_row_ = rows_[taken].next_held;
    rows_[taken] = {};
    return taken;
  }
  void hold(Transaction who, std::uint32_t at) {
    rows_[at].holder = who;
    rows_[at].next_held = transactions_[who].held;
    transactions_[who].held = at;
    ++locked_;
  }
  void leave_line(Transaction who) {
    Of& one = transactions_[who];
    Row& row = rows_[one.waits_for];
    (one.previous == kNone ? row.first : transactions_[one.previous].next) = one.next;
    (one.next == kNone ? row.last : transactions_[one.next].previous) = one.previous;
    one.waits_for = kNone;
    --waiting_;
  }

  caching::KeyIndex index_;
  std::vector<Row> rows_;
  std::vector<Of> transactions_;
  std::uint32_t free_row_ = kNone;
  Transaction free_transaction_ = kNone;
  std::uint64_t locked_ = 0;
  std::uint64_t waiting_ = 0;
};

}  // namespace highwater::storage
