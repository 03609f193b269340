#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <utility>

namespace highwater::storage {

/// storage commit_history: whether a row was changed by a transaction that committed after another
/// had taken its snapshot: under snapshot isolation the first committer wins, and whoever comes
/// later may not change the row.
///
/// Memory follows the changes since the oldest snapshot that is still used.
///
/// Source   H. Berenson et al., A Critique of ANSI SQL Isolation Levels, SIGMOD 1995, section 4.2;
///          PostgreSQL 15 documentation, 13.2.2 Repeatable Read ("could not serialize access due to
///          concurrent update").
/// Checked  tests/storage/commit_history_test.cpp: against a list of all commits.
class CommitHistory {
 public:
  using Snapshot = std::uint64_t;

  /// A transaction sees what has been committed up to now.
  Snapshot take() {
    ++used_[last_];
    return last_;
  }
  void give_back(Snapshot snapshot) {
    const auto found = used_.find(snapshot);
    if (--found->second > 0) return;
    used_.erase(found);
    const Snapshot oldest = used_.empty() ? last_ : used_.begin()->first;
    while (!changes_.empty() && changes_.front().first <= oldest) {
      const auto changed = changed_.find(changes_.front().second);
      if (changed->second == changes_.front().first) changed_.erase(changed);
      changes_.pop_front();
    }
  }
  /// These rows have been changed by one that commits now.
  void commit(std::span<const std::uint64_t> rows) {
    ++last_;
    for (const std::uint64_t row : rows) {
      changed_[row] = last_;
      changes_.emplace_back(last_, row);
    }
  }
  /// Precondition: the snapshot has been taken and not given back.
  bool changed_since(Snapshot snapshot, std::uint64_t row) const {
    const auto found = changed_.find(row);
    return found != changed_.end() && found->second > snapshot;
  }

  /// Changes remembered, for tests.
  std::size_t size() const { return changes_.size(); }

 private:
  std::uint64_t last_ = 0;                                       // commit
  std::map<Snapshot, std::uint32_t> used_;                       // how often
  std::map<std::uint64_t, std::uint64_t> changed_;               // the last commit of a row
  std::deque<std::pair<std::uint64_t, std::uint64_t>> changes_;  // commit and row, in order
};

}  // namespace highwater::storage
