#pragma once

#include <algorithm>
#include <cstdint>

namespace highwater::host {

/// host crash_loop: how long a process that has ended waits until it is started again, as the
/// kubelet makes its containers wait (CrashLoopBackOff).
///
/// The first restart is at once, the next after `initial`, and each further one after `factor`
/// times as long, up to `max`. A process that ran for longer than `reset` begins anew.
///
/// Edges    Time that goes back counts as standing still. A factor below 1 counts as 1.
/// Source   Kubernetes pkg/kubelet/kubelet.go (backOffPeriod, MaxContainerBackOff), client-go
///          util/flowcontrol/backoff.go: the entry is forgotten after twice the maximum.
/// Checked  tests/host/crash_loop_test.cpp
class CrashLoop {
 public:
  struct Options {
    std::int64_t initial = 10'000'000'000;  ///< Nanoseconds.
    double factor = 2;
    std::int64_t max = 300'000'000'000;    ///< Nanoseconds.
    std::int64_t reset = 600'000'000'000;  ///< Nanoseconds: twice the maximum there.
  };

  explicit CrashLoop(const Options& options) : options_(options) {}

  /// The process has ended after having run since `started`. @return nanoseconds to wait.
  std::int64_t ended(std::int64_t now, std::int64_t started) {
    if (now - started > options_.reset) restarts_ = 0;
    const std::int64_t wait = restarts_ == 0 ? 0 : std::min(next_, options_.max);
    next_ = restarts_ == 0 ? options_.initial : longer(wait);
    ++restarts_;
    return wait;
  }

  /// Restarts since it last ran for long.
  std::uint64_t restarts() const { return restarts_; }

 private:
  std::int64_t longer(std::int64_t wait) const {
    const double product = static_cast<double>(wait) * std::max(1.0, options_.factor);
    return product < static_cast<double>(options_.max) ? static_cast<std::int64_t>(product)
                                                       : options_.max;
  }

  Options options_;
  std::uint64_t restarts_ = 0;
  std::int64_t next_ = 0;
};

}  // namespace highwater::host
