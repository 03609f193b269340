#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace highwater::storage {

/// storage serializable: serializable snapshot isolation, as PostgreSQL has it.
///
/// A transaction that reads a row which a concurrent one writes must come before that one in any
/// serial order. Where one must come before a second and that before a third, and the third is the
/// first of them to commit, there may be a cycle: one of them has to fail. That may be one too
/// many, since no cycle is looked for.
///
/// Memory follows the transactions that overlap with one under way.
///
/// At the edges  rows are locked one by one (no predicates, no page locks, no summarizing of old
///          transactions); writes to the same row are somebody else's business.
/// Source   M. Cahill, U. Röhm, A. Fekete, Serializable Isolation for Snapshot Databases, SIGMOD
///          2008; D. Ports, K. Grittner, Serializable Snapshot Isolation in PostgreSQL, VLDB 2012,
///          section 3.3; PostgreSQL 15, src/backend/storage/lmgr/predicate.c.
/// Checked  tests/storage/serializable_test.cpp: write skew and the read-only anomaly by hand; what
///          commits has no cycle, over random transactions.
class Serializable {
 public:
  using Transaction = std::uint64_t;

  /// A transaction takes its snapshot now.
  Transaction begin() {
    const Transaction number = ++clock_;
    transactions_[number];
    under_way_.insert(number);
    return number;
  }
  /// @return false where the transaction must fail.
  bool read(Transaction me, std::uint64_t row) {
    readers_[row].insert(me);
    transactions_.at(me).read.push_back(row);
    const auto writers = writers_.find(row);
    if (writers == writers_.end()) return !transactions_.at(me).doomed;
    bool good = true;
    for (const Transaction writer : writers->second)
      if (writer != me && overlaps(writer, me)) good = order(me, writer, me) && good;
    return good && !transactions_.at(me).doomed;
  }
  /// @return false where the transaction must fail.
  bool write(Transaction me, std::uint64_t row) {
    writers_[row].insert(me);
    transactions_.at(me).written.push_back(row);
    const auto readers = readers_.find(row);
    if (readers == readers_.end()) return !transactions_.at(me).doomed;
    bool good = true;
    for (const Transaction reader : readers->second)
      if (reader != me && overlaps(reader, me)) good = order(reader, me, me) && good;
    return good && !transactions_.at(me).doomed;
  }
  /// @return false where the transaction must fail; else it has committed.
  bool commit(Transaction me) {
    Of& mine = transactions_.at(me);
    if (mine.doomed) return false;
    for (const Transaction pivot : mine.before) {
      Of& second = transactions_.at(pivot);
      if (second.committed != kNever || second.doomed) continue;
      second.doomed =
          std::any_of(second.before.begin(), second.before.end(), [&](Transaction first) {
            const Of& one = transactions_.at(first);
            return first == me || (one.committed == kNever && !one.doomed);
          });
    }
    mine.committed = ++clock_;
    for (const Transaction before : mine.before) note_after(transactions_.at(before), mine);
    committed_.push_back(me);
    under_way_.erase(me);
    tidy();
    return true;
  }
  /// The transaction has failed. Precondition: it has not committed.
  void abort(Transaction me) {
    under_way_.erase(me);
    forget(me);
    tidy();
  }

  /// Transactions remembered, for tests.
  std::size_t size() const { return transactions_.size(); }

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  struct Of {
    std::uint64_t committed = kNever;
    std::uint64_t after_committed = kNever;  // the first commit of those that it must come before
    bool doomed = false;
    std::set<Transaction> before;  // those that must come before it
    std::set<Transaction> after;   // those that it must come before
    std::vector<std::uint64_t> read;
    std::vector<std::uint64_t> written;
  };

  /// Whether `other` was under way after `me` had taken its snapshot.
  bool overlaps(Transaction other, Transaction me) const {
    return transactions_.at(other).committed > me;
  }
  static void note_after(Of& one, const Of& after) {
    one.after_committed = std::min(one.after_committed, after.committed);
  }

  /// The reader must come before the writer; one of them is `me`.
  bool order(Transaction reader, Transaction writer, Transaction me) {
    Of& first = transactions_.at(reader);
    Of& second = transactions_.at(writer);
    first.after.insert(writer);
    second.before.insert(reader);
    note_after(first, second);
    // The writer in the middle, or the reader; the third has committed before the other two, and
    // may be the first of them.
    const std::uint64_t third = second.after_committed;
    bool dangerous = third != kNever && first.committed >= third && second.committed > third;
    if (second.committed != kNever && first.committed > second.committed)
      dangerous = dangerous ||
                  std::any_of(first.before.begin(), first.before.end(), [&](Transaction earlier) {
                    return transactions_.at(earlier).committed >= second.committed;
                  });
    if (!dangerous) return true;
    if (me == writer || second.committed != kNever) return false;
    second.doomed = true;
    return true;
  }

  void forget(Transaction gone) {
    const Of& one = transactions_.at(gone);
    for (const Transaction other : one.before) transactions_.at(other).after.erase(gone);
    for (const Transaction other : one.after) transactions_.at(other).before.erase(gone);
    for (const std::uint64_t row : one.read) leave(readers_, row, gone);
    for (const std::uint64_t row : one.written) leave(writers_, row, gone);
    transactions_.erase(gone);
  }
  static void leave(std::map<std::uint64_t, std::set<Transaction>>& rows, std::uint64_t row,
                    Transaction gone) {
    const auto found = rows.find(row);
    if (found == rows.end()) return;
    found->second.erase(gone);
    if (found->second.empty()) rows.erase(found);
  }
  /// Forgets those that had committed before all that are under way began.
  void tidy() {
    const Transaction oldest = under_way_.empty() ? kNever : *under_way_.begin();
    while (!committed_.empty() && transactions_.at(committed_.front()).committed < oldest) {
      forget(committed_.front());
      committed_.pop_front();
    }
  }

  std::uint64_t clock_ = 0;  // of snapshots and commits
  std::map<Transaction, Of> transactions_;
  std::set<Transaction> under_way_;
  std::deque<Transaction> committed_;  // in order
  std::map<std::uint64_t, std::set<Transaction>> readers_;
  std::map<std::uint64_t, std::set<Transaction>> writers_;
};

}  // namespace highwater::storage
