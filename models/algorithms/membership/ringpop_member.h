#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/math/math.h"

namespace highwater::membership {

/// What ringpop says of a member, in the order in which it overrides at one incarnation.
enum class RingpopStatus : std::uint8_t { alive, suspect, faulty, leave, tombstone };

struct RingpopChange {
  std::uint32_t node = 0;
  RingpopStatus status = RingpopStatus::alive;
  std::int64_t incarnation = 0;  ///< Milliseconds of the member's clock when it was made.
  std::uint32_t source = 0;      ///< Who made the change known.
  std::int64_t source_incarnation = 0;
};

/// membership ringpop_overrides: whether a change is news to somebody who knows `status` at
/// `incarnation`; to somebody who knows nothing everything but a tombstone is.
///
/// Source   ringpop-node 10.21, lib/membership/member.js, shouldProcessGossip.
/// Checked  tests/membership/ringpop_test.cpp: every pair of states.
constexpr bool ringpop_overrides(const RingpopChange& change, RingpopStatus status,
                                 std::int64_t incarnation) {
  if (change.incarnation != incarnation) return change.incarnation > incarnation;
  return change.status > status;
}

struct DampingOptions {
  double penalty = 500;          ///< dampScoringPenalty, for each change
  double half_life = 300;        ///< dampScoringHalfLife, seconds
  double suppress_limit = 5000;  ///< dampScoringSuppressLimit
  double reuse_limit = 2500;     ///< dampScoringReuseLimit
  double most = 10'000;          ///< dampScoringMax
};

/// membership DampScore: how flappy a member is, ringpop's score.
///
/// Every change adds the penalty; the score halves in the half-life, rounded to whole numbers and
/// counted from the last change on, so that looking at it does not change it. At suppress_limit a
/// member is a flapper, until it has come down to reuse_limit.
///
/// At the edges  a half-life of 0 or NaN keeps nothing. Time that goes backwards decays nothing.
/// Source   ringpop-node 10.21, lib/membership/member.js. Ringpop asks six others (damp-req) before
/// it
///          calls a flapper damped, and then only writes that down; that is left out.
/// Checked  tests/membership/ringpop_test.cpp.
class DampScore {
 public:
  /// @return whether the member became a flapper.
  bool penalize(std::int64_t now, const DampingOptions& options) {
    const bool was = flapper(now, options);
    score_ = std::min(value(now, options) + options.penalty, options.most);
    at_ = now;
    if (score_ >= options.suppress_limit) flapper_ = true;
    return flapper_ && !was;
  }
  double value(std::int64_t now, const DampingOptions& options) const {
    constexpr double kLn2 = 0.6931471805599453;
    const double seconds = static_cast<double>(std::max<std::int64_t>(0, now - at_)) / 1e9;
    if (seconds == 0) return score_;
    if (!(options.half_life > 0)) return 0;
    const double decayed = score_ * math::exp(-seconds * kLn2 / options.half_life);
    return static_cast<double>(static_cast<std::int64_t>(decayed + 0.5));
  }
  bool flapper(std::int64_t now, const DampingOptions& options) {
    if (flapper_ && value(now, options) <= options.reuse_limit) flapper_ = false;
    return flapper_;
  }

 private:
  double score_ = 0;
  std::int64_t at_ = 0;
  bool flapper_ = false;
};

}  // namespace highwater::membership
