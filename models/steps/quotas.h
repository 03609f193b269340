#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/afflictions.h"
#include "models/algorithms/host/cfs_bandwidth.h"

namespace highwater::steps {

/// CPU quotas that faults put on the threads of a process, each a group around the others: what
/// runs uses the quota of all of them, and stands still while that of any is used up.
///
/// Source   Linux kernel/sched/fair.c (throttle_cfs_rq: a throttled group takes those within it off
///          the queue); models/algorithms/host/cfs_bandwidth.h.
/// Checked  tests/faults/slow_test.cpp
class Quotas {
 public:
  /// These are on from now on. Those that were on before go on as they are.
  void set(std::int64_t now, std::span<const CpuQuota> quotas) {
    std::vector<One> next;
    for (const CpuQuota& quota : quotas) {
      const auto known = std::find_if(ones_.begin(), ones_.end(),
                                      [&](const One& one) { return one.quota == quota; });
      if (known != ones_.end()) {
        next.push_back(*known);
        ones_.erase(known);  // of equals each is one
        continue;
      }
      next.push_back({quota, host::CfsBandwidth(
                                 {quota.quota.count(), quota.period.count(), quota.burst.count()},
                                 quota.since.time_since_epoch().count())});
      next.back().cfs.advance(now);
    }
    ones_ = std::move(next);
  }

  bool empty() const { return ones_.empty(); }
  bool throttled() const {
    return std::any_of(ones_.begin(), ones_.end(),
                       [](const One& one) { return one.cfs.throttled(); });
  }
  void advance(std::int64_t now) {
    for (One& one : ones_) one.cfs.advance(now);
  }
  /// So many cores are in use from now on, unless it is throttled.
  void run(std::int64_t now, double cores) {
    advance(now);
    for (int round = 0; round < 2; ++round) {
      const double used = throttled() ? 0 : cores;
      for (One& one : ones_) one.cfs.run(now, used);
      if (used == 0 || !throttled()) break;  // else one has just been used up, for all of them
    }
  }
  /// When that may be another; never where nothing runs.
  std::int64_t next() const {
    std::int64_t first = host::CfsBandwidth::kNever;
    for (const One& one : ones_) first = std::min(first, one.cfs.next());
    return first;
  }

 private:
  struct One {
    CpuQuota quota;
    host::CfsBandwidth cfs;
  };
  std::vector<One> ones_;
};

}  // namespace highwater::steps
