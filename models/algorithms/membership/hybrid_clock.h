#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

namespace highwater::membership {

/// membership CommitWait: Spanner's answer to clocks that are only known to within epsilon.
///
/// A clock shows t when the time is somewhere in [t - epsilon, t + epsilon]. A transaction takes
/// the latest of that as its timestamp and waits until the earliest is past it: 2 epsilon by its
/// own clock. Then the timestamp is in the past everywhere, and whoever begins later gets a later
/// one.
///
/// At the edges  an epsilon below 0 is 0: no wait but that for the clock to have moved on.
/// Source   J. Corbett et al., Spanner, OSDI 2012, sections 3 and 4.1.2.
/// Checked  tests/membership/hybrid_clock_test.cpp: later transactions get later timestamps.
struct CommitWait {
  std::int64_t epsilon = 4'000'000;  ///< 4 ms: the average of the paper's figure 6, as "1 to 7 ms".

  std::int64_t timestamp(std::int64_t mine) const { return mine + bound(); }
  /// Whether TT.after(timestamp) holds.
  bool over(std::int64_t timestamp, std::int64_t mine) const { return mine - bound() > timestamp; }
  /// What the own clock shows when the wait is over.
  std::int64_t until(std::int64_t timestamp) const { return timestamp + bound() + 1; }

 private:
  std::int64_t bound() const { return std::max<std::int64_t>(0, epsilon); }
};

/// A hybrid timestamp: the greatest clock heard of, and a counter.
struct HybridTime {
  std::int64_t wall = 0;
  std::uint32_t count = 0;

  friend auto operator<=>(const HybridTime&, const HybridTime&) = default;
};

/// membership HybridClock: a hybrid logical clock.
///
/// A Lamport clock whose numbers stay close to the time: what happens after something else has the
/// greater timestamp, and none is ahead of the fastest clock. The counter only grows while that
/// clock does not.
///
/// At the edges  the own clock standing still or going back is what the counter is for. A counter
/// at
///          its end goes on in the next nanosecond.
/// Source   S. Kulkarni, M. Demirbas et al., Logical Physical Clocks, OPODIS 2014, figure 5.
/// Checked  tests/membership/hybrid_clock_test.cpp: causes before effects, the bound on the
/// counter.
class HybridClock {
 public:
  /// Something happens here, or is sent.
  HybridTime now(std::int64_t mine) {
    if (mine > last_.wall)
      last_ = {mine, 0};
    else
      last_ = following(last_);
    return last_;
  }
  /// Something arrives that was sent at `heard`.
  HybridTime receive(std::int64_t mine, HybridTime heard) {
    if (mine > last_.wall && mine > heard.wall)
      last_ = {mine, 0};
    else
      last_ = following(std::max(last_, heard));
    return last_;
  }
  HybridTime last() const { return last_; }

 private:
  static HybridTime following(HybridTime t) {
    if (t.count == 0xffffffff) return {t.wall + 1, 0};
    return {t.wall, t.count + 1};
  }

  HybridTime last_;
};

}  // namespace highwater::membership
