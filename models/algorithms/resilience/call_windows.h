#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace highwater::resilience {

/// What a window has seen.
struct CallCounts {
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  std::uint64_t slow = 0;

  void add(bool failed_call, bool slow_call) {
    ++calls;
    failed += failed_call;
    slow += slow_call;
  }
  void remove(const CallCounts& other) {
    calls -= other.calls;
    failed -= other.failed;
    slow -= other.slow;
  }
};

/// resilience CallWindow: the counts of the last so many calls. Size >= 1.
///
/// Source   resilience4j 2.2.0 core/metrics/FixedSizeSlidingWindowMetrics.java.
/// Checked  tests/resilience/resilience4j_test.cpp
class CallWindow {
 public:
  explicit CallWindow(std::uint32_t size) : calls_(std::max(size, 1u)) {}

  const CallCounts& record(bool failed, bool slow) {
    std::uint8_t& oldest = calls_[next_];
    // What a window held before it was emptied stays in its slots, which count for nothing.
    if (counts_.calls == calls_.size()) counts_.remove({1, (oldest & 1u) != 0, (oldest & 2u) != 0});
    oldest = static_cast<std::uint8_t>((failed ? 1 : 0) | (slow ? 2 : 0));
    if (++next_ == calls_.size()) next_ = 0;
    counts_.add(failed, slow);
    return counts_;
  }
  const CallCounts& counts() const { return counts_; }
  void clear() {
    counts_ = {};
    next_ = 0;
  }

 private:
  std::vector<std::uint8_t> calls_;
  std::size_t next_ = 0;
  CallCounts counts_;
};

/// resilience SecondsWindow: the counts of the running second and the so many before it, less one.
///
/// Seconds are those of the clock, not such since the first call: a window of ten seconds holds
/// between nine and ten of them.
///
/// Source   resilience4j 2.2.0 core/metrics/SlidingTimeWindowMetrics.java.
/// Checked  tests/resilience/resilience4j_test.cpp
class SecondsWindow {
 public:
  SecondsWindow(std::uint32_t seconds, std::int64_t now)
      : seconds_(std::max(seconds, 1u)), head_second_(second_of(now)) {}

  const CallCounts& record(std::int64_t now, bool failed, bool slow) {
    move_to(now);
    seconds_[head_].add(failed, slow);
    counts_.add(failed, slow);
    return counts_;
  }
  const CallCounts& counts(std::int64_t now) {
    move_to(now);
    return counts_;
  }
  void clear(std::int64_t now) {
    std::fill(seconds_.begin(), seconds_.end(), CallCounts{});
    counts_ = {};
    head_second_ = second_of(now);
  }

 private:
  static std::int64_t second_of(std::int64_t ns) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    return ns / kSecond - (ns % kSecond < 0);
  }
  void move_to(std::int64_t now) {
    const std::int64_t second = second_of(now);
    const std::int64_t steps =
        std::min(second - head_second_, static_cast<std::int64_t>(seconds_.size()));
    for (std::int64_t i = 0; i < steps; ++i) {
      if (++head_ == seconds_.size()) head_ = 0;
      counts_.remove(seconds_[head_]);
      seconds_[head_] = {};
    }
    head_second_ = second;
  }

  std::vector<CallCounts> seconds_;
  std::size_t head_ = 0;
  std::int64_t head_second_;
  CallCounts counts_;
};

}  // namespace highwater::resilience
