#pragma once

#include <algorithm>
#include <cstdint>

namespace highwater::host {

/// host cfs_bandwidth: how a CPU limit throttles a group of threads, as Linux' CFS does.
///
/// In every period the group may use its quota of CPU time. What several threads use at once adds
/// up: with a limit of one core, four threads have used up 100 ms after 25 ms and stand still for
/// the other 75. The quota is filled up at every period's end; what is left is lost, except for
/// `burst`. A period in which the group ran counts, and one in which it stood still as throttled:
/// cpu.stat's nr_periods and nr_throttled.
///
/// Assumes  the quota is taken to the nanosecond; Linux hands it to each CPU in slices of 5 ms, of
///          which at most a millisecond stays behind on each.
/// Edges    Time that stands still changes nothing; time that goes back counts as standing still.
///          Without running threads the periods go on, on the same grid, and count nothing.
/// Source   Linux kernel/sched/fair.c (__refill_cfs_bandwidth_runtime, do_sched_cfs_period_timer),
///          Documentation/scheduler/sched-bwc.rst.
/// Checked  tests/host/cfs_bandwidth_test.cpp
class CfsBandwidth {
 public:
  struct Options {
    std::int64_t quota = 100'000'000;   ///< Nanoseconds of CPU time in a period.
    std::int64_t period = 100'000'000;  ///< Nanoseconds.
    std::int64_t burst = 0;             ///< Nanoseconds of unused quota that may be kept.
  };

  /// @param phase  When the first period begins, before `now` or at it: the grid of all others.
  CfsBandwidth(const Options& options, std::int64_t phase)
      : options_(options),
        now_(phase),
        period_begin_(phase),
        left_(static_cast<double>(options.quota)) {}

  /// From `now` on so many cores are in use while the group is not throttled.
  void run(std::int64_t now, double cores) {
    advance(now);
    cores_ = cores;
    seen_running_ = seen_running_ || cores > 0;
    throttle_if_due();
  }

  /// What time alone does: periods end, the quota is used up.
  void advance(std::int64_t now) {
    while (now > now_) {
      const std::int64_t end = period_begin_ + options_.period;
      const std::int64_t until =
          std::min(now, throttled_ || cores_ <= 0 ? end : std::min(end, out_at()));
      use(until);
      if (now_ == end) begin_period();
      throttle_if_due();
      if (cores_ <= 0 && !throttled_) skip_idle(now);
    }
  }

  bool throttled() const { return throttled_; }
  /// When it throttles or may run again next, if nothing else happens; never where it is idle.
  std::int64_t next() const {
    if (throttled_) return period_begin_ + options_.period;
    return cores_ > 0 ? std::min(period_begin_ + options_.period, out_at()) : kNever;
  }
  /// Periods that have ended in which it ran, and those of them in which it was throttled.
  std::uint64_t periods() const { return periods_; }
  std::uint64_t throttled_periods() const { return throttled_periods_; }
  const Options& options() const { return options_; }

  static constexpr std::int64_t kNever = INT64_MAX;

 private:
  /// When the quota is used up at this pace: the first nanosecond at which nothing is left.
  std::int64_t out_at() const {
    const double time = left_ / cores_;
    if (time >= static_cast<double>(options_.period)) return period_begin_ + options_.period;
    const auto whole = static_cast<std::int64_t>(time);
    return now_ + whole + (static_cast<double>(whole) < time ? 1 : 0);
  }
  void use(std::int64_t until) {
    if (!throttled_) left_ -= cores_ * static_cast<double>(until - now_);
    now_ = until;
  }
  void throttle_if_due() {
    if (throttled_ || cores_ <= 0 || left_ > 0) return;
    throttled_ = true;
    was_throttled_ = true;
  }
  void begin_period() {
    periods_ += seen_running_;
    throttled_periods_ += was_throttled_;
    period_begin_ += options_.period;
    // A use beyond the last nanosecond is owed.
    const auto most = static_cast<double>(options_.quota + options_.burst);
    left_ = std::min(left_ + static_cast<double>(options_.quota), most);
    throttled_ = was_throttled_ = false;
    seen_running_ = cores_ > 0;
  }
  /// Nothing happens until somebody runs: the periods in between only fill the quota.
  void skip_idle(std::int64_t now) {
    const std::int64_t whole = (now - period_begin_) / options_.period;
    if (whole < 2) return;
    period_begin_ += (whole - 1) * options_.period;
    now_ = period_begin_;
    const auto most = static_cast<double>(options_.quota + options_.burst);
    left_ = std::min(left_ + static_cast<double>(whole - 1) * static_cast<double>(options_.quota),
                     most);
    periods_ += seen_running_;
    seen_running_ = false;
  }

  Options options_;
  std::int64_t now_;
  std::int64_t period_begin_;
  double left_;  // of the quota, in nanoseconds of CPU time
  double cores_ = 0;
  bool throttled_ = false;
  bool was_throttled_ = false;  // in this period
  bool seen_running_ = false;   // in this period
  std::uint64_t periods_ = 0;
  std::uint64_t throttled_periods_ = 0;
};

}  // namespace highwater::host
