#pragma once

#include <cstdint>

namespace highwater::storage {

struct CheckpointOptions {
  std::int64_t timeout = 300'000'000'000;               ///< checkpoint_timeout; at least 1
  double completion_target = 0.9;                       ///< checkpoint_completion_target
  std::uint64_t max_wal_size = std::uint64_t{1} << 30;  ///< Bytes; at least 1.
};

/// storage checkpoint_pace: when PostgreSQL begins a checkpoint, and how fast it writes it.
///
/// One begins `timeout` after the last began, or when so much log has been written since that with
/// the log of a whole checkpoint it stays below max_wal_size. Its pages are spread over
/// completion_target of whichever of the two ends sooner: it writes while it is behind, and naps
/// while it is ahead.
///
/// Source   PostgreSQL 15, src/backend/postmaster/checkpointer.c, IsCheckpointOnSchedule and
///          CheckpointWriteDelay; src/backend/access/transam/xlog.c, CalculateCheckpointSegments.
/// Checked  tests/storage/checkpoint_pace_test.cpp
class CheckpointPace {
 public:
  static constexpr std::int64_t kNap = 100'000'000;  ///< Of who is ahead, in nanoseconds.

  explicit CheckpointPace(const CheckpointOptions& options) : options_(options) {}

  /// One begins now.
  /// @param log  Bytes of log written so far.
  void begin(std::int64_t now, std::uint64_t log) {
    begun_ = now;
    log_begun_ = log;
  }
  /// When the next one is due by the clock.
  std::int64_t due() const { return begun_ + options_.timeout; }
  /// Whether one is due for the log.
  bool log_full(std::uint64_t log) const {
    return static_cast<double>(log - log_begun_) >= log_between();
  }
  /// Whether it may nap, having written this share of its pages.
  bool ahead(double written, std::int64_t now, std::uint64_t log) const {
    const double progress = written * options_.completion_target;
    return progress >= static_cast<double>(log - log_begun_) / log_between() &&
           progress >= static_cast<double>(now - begun_) / static_cast<double>(options_.timeout);
  }

 private:
  double log_between() const {
    return static_cast<double>(options_.max_wal_size) / (1 + options_.completion_target);
  }

  CheckpointOptions options_;
  std::int64_t begun_ = 0;
  std::uint64_t log_begun_ = 0;
};

}  // namespace highwater::storage
