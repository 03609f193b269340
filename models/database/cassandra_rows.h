#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace highwater::database {

/// The nodes that hold the rows of one part of the ring.
struct Replicas {
  std::vector<std::uint32_t> nodes;      ///< In the order of the ring.
  std::vector<std::uint32_t> by_center;  ///< How many there are in each data center.

  std::size_t slot_of(std::uint32_t node) const {
    return static_cast<std::size_t>(std::find(nodes.begin(), nodes.end(), node) - nodes.begin());
  }
};

/// A row whose replicas differ, or that somebody is working on. Versions are the numbers of the
/// writes, in the order of their timestamps.
struct Row {
  static constexpr std::uint64_t kNone = 0;  ///< The replica has no such row.
  static constexpr std::uint64_t kOld = 1;   ///< What all replicas had when it began.

  std::uint64_t key = 0;
  const Replicas* replicas = nullptr;
  std::vector<std::uint64_t> versions;  ///< By replica, as in `replicas`.
  std::uint64_t acknowledged = 0;       ///< The newest whose writer has been answered.
  std::uint32_t pins = 0;

  /// A replica lacks what another one has, or what a writer was told that there is.
  bool differs() const {
    const std::uint64_t wanted = std::max(newest(), acknowledged);
    return std::any_of(versions.begin(), versions.end(),
                       [wanted](std::uint64_t version) { return version != wanted; });
  }
  std::uint64_t newest() const { return *std::max_element(versions.begin(), versions.end()); }
  /// The last write wins: an older one changes nothing.
  void apply(std::size_t slot, std::uint64_t version) {
    versions[slot] = std::max(versions[slot], version);
  }
};

class Rows;

/// Keeps a row from being forgotten.
class RowPin {
 public:
  RowPin() = default;
  RowPin(const RowPin& other) : rows_(other.rows_), row_(other.row_) { take(); }
  RowPin(RowPin&& other) noexcept
      : rows_(std::exchange(other.rows_, nullptr)), row_(std::exchange(other.row_, nullptr)) {}
  RowPin& operator=(RowPin other) noexcept {
    std::swap(rows_, other.rows_);
    std::swap(row_, other.row_);
    return *this;
  }
  inline ~RowPin();

  Row* operator->() const { return row_; }
  Row& operator*() const { return *row_; }
  explicit operator bool() const { return row_ != nullptr; }

 private:
  friend class Rows;
  RowPin(Rows& rows, Row& row) : rows_(&rows), row_(&row) { take(); }
  void take() {
    if (row_ != nullptr) ++row_->pins;
  }

  Rows* rows_ = nullptr;
  Row* row_ = nullptr;
};

/// The rows of all nodes. A row that all replicas have alike and nobody works on takes no memory.
///
/// Memory follows what is under way and the distinct rows whose replicas differ.
///
/// Checked  tests/stores/cassandra_rows_test.cpp
class Rows {
 public:
  RowPin pin(std::uint64_t key, const Replicas& replicas) {
    Row& row = rows_[key];
    if (row.replicas == nullptr) {
      row.key = key;
      row.replicas = &replicas;
      row.versions.resize(replicas.nodes.size(), Row::kOld);
      if (begins_) begins_(row);
    }
    return RowPin(*this, row);
  }
  std::size_t size() const { return rows_.size(); }
  /// Clocks are wrong: what was written once may be newer than what is written next. From now on
  /// memory follows the distinct rows that are written.
  void keep_written() { keeps_written_ = true; }
  /// Hears of each row that was like in all replicas, before anybody works on it.
  void watch(std::function<void(Row&)> begins) { begins_ = std::move(begins); }
  template <class Do>
  void for_each(Do action) {
    for (auto& [key, row] : rows_) action(row);
  }

 private:
  friend class RowPin;
  void let_go(Row& row) {
    if (--row.pins > 0) return;
    const bool matters = keeps_written_ ? row.newest() > Row::kOld : row.differs();
    if (!matters) rows_.erase(row.key);
  }

  std::map<std::uint64_t, Row> rows_;
  std::function<void(Row&)> begins_;  // where nodes have lost rows
  bool keeps_written_ = false;
};

inline RowPin::~RowPin() {
  if (row_ != nullptr) rows_->let_go(*row_);
}

}  // namespace highwater::database
