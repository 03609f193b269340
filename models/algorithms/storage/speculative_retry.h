#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "models/algorithms/storage/decaying_histogram.h"

namespace highwater::storage {

enum class SpeculativeRetryKind : std::uint8_t {
  never,
  always,
  fixed,
  percentile,
  min,  ///< The lower of percentile and fixed.
  max,  ///< The higher of both.
};

struct SpeculativeRetryOptions {
  SpeculativeRetryKind kind = SpeculativeRetryKind::percentile;
  double percentile = 99;                     ///< In (0, 100).
  std::int64_t delay = 0;                     ///< Of the fixed policy, and of min and max.
  std::int64_t read_timeout = 5'000'000'000;  ///< Also how often the threshold is found anew.
};

/// cassandra_speculative_retry: after how long a coordinator asks one replica more for a row.
///
/// The threshold is a time given, or a percentile of what the coordinator's reads took of late, and
/// is found anew every read timeout. Before the first time it is half a read timeout. A threshold
/// above the read timeout: no second request.
///
/// Edges    no reads yet: the threshold stays what it was. Percentiles are those of a histogram,
///          up to a fifth too high; times count in whole microseconds.
/// Source   Apache Cassandra 4.1, service/reads/*SpeculativeRetryPolicy.java (calculateThreshold),
///          AbstractReadExecutor.java (shouldSpeculateAndMaybeWait), db/ColumnFamilyStore.java
///          (sampleReadLatencyMicros), service/CassandraDaemon.java (the updater's period).
/// Checked  tests/storage/speculative_retry_test.cpp
class SpeculativeRetry {
 public:
  using Kind = SpeculativeRetryKind;

  explicit SpeculativeRetry(SpeculativeRetryOptions options)
      : options_(options), threshold_(options.read_timeout / 2) {}

  /// A read that this coordinator has answered.
  void answered(std::int64_t now, std::int64_t latency) {
    if (!learns()) return;
    settle(now);
    histogram_.add(now, latency / kMicrosecond);
    empty_ = false;
  }

  /// How long a read waits before it asks one replica more; nothing for never, 0 for at once.
  std::optional<std::int64_t> threshold(std::int64_t now) {
    switch (options_.kind) {
      case Kind::never:
        return std::nullopt;
      case Kind::always:
        return 0;
      default:
        break;
    }
    settle(now);
    if (threshold_ > options_.read_timeout) return std::nullopt;
    return threshold_;
  }

  /// Whether one replica more is asked from the beginning.
  bool always() const { return options_.kind == Kind::always; }

 private:
  static constexpr std::int64_t kMicrosecond = 1'000;

  bool learns() const {
    return options_.kind == Kind::percentile || options_.kind == Kind::min ||
           options_.kind == Kind::max;
  }

  /// Does what the updater would have done up to now: what comes after its last turn is not in it.
  void settle(std::int64_t now) {
    const std::int64_t turn = now / options_.read_timeout;
    if (turn == turn_) return;
    turn_ = turn;
    if (options_.kind == Kind::fixed) {
      threshold_ = options_.delay;
      return;
    }
    if (empty_) return;
    const std::int64_t at = turn * options_.read_timeout;
    const std::int64_t percentile =
        histogram_.quantile(at, options_.percentile / 100) * kMicrosecond;
    threshold_ = options_.kind == Kind::min   ? std::min(percentile, options_.delay)
                 : options_.kind == Kind::max ? std::max(percentile, options_.delay)
                                              : percentile;
  }

  SpeculativeRetryOptions options_;
  std::int64_t threshold_;
  std::int64_t turn_ = 0;
  bool empty_ = true;
  DecayingHistogram histogram_;
};

}  // namespace highwater::storage
