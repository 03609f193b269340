#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/math/math.h"

namespace highwater::membership {

/// memberlist's suspicionTimeout: how long a suspect has to refute at least, in a cluster of n.
inline std::int64_t suspicion_timeout(std::uint32_t multiplier, std::uint32_t n,
                                      std::int64_t interval) {
  const double scale = std::max(1.0, math::log10(std::max(1.0, static_cast<double>(n))));
  return static_cast<std::int64_t>(multiplier) * static_cast<std::int64_t>(scale * 1000) *
         interval / 1000;
}

/// membership Suspicion: a suspicion's timer, shortened by every further accuser (Lifeguard).
///
/// It begins with the longest timeout and comes down by the logarithm of the confirmations, to the
/// shortest once k members have confirmed; from then on further ones change nothing.
///
/// At the edges  k = 0: the shortest from the start. min > max: min.
/// Source   hashicorp/memberlist 0.2.2, suspicion.go; A. Dadgar, J. Phillips, J. Currey, Lifeguard:
///          Local Health Awareness for More Accurate Failure Detection, 2017.
/// Checked  tests/membership/suspicion_test.cpp: the table of memberlist's own
///          TestSuspicion_remainingSuspicionTime.
class Suspicion {
 public:
  Suspicion(std::uint32_t from, std::uint32_t k, std::int64_t min, std::int64_t max,
            std::int64_t now)
      : k_(k), min_(min), max_(max), start_(now), accusers_{from} {
    deadline_ = now + (k == 0 ? min : max);
  }

  /// The timeout after `n` of `k` confirmations: `max` seconds less their share, whole
  /// milliseconds.
  static std::int64_t timeout(std::uint32_t n, std::uint32_t k, std::int64_t min,
                              std::int64_t max) {
    const double share =
        math::log(static_cast<double>(n) + 1) / math::log(static_cast<double>(k) + 1);
    const double high = static_cast<double>(max) / 1e9;
    const double seconds = high - share * (high - static_cast<double>(min) / 1e9);
    const double milliseconds = 1000 * seconds;
    auto whole = static_cast<std::int64_t>(milliseconds);
    if (static_cast<double>(whole) > milliseconds) --whole;
    return std::max(min, whole * 1'000'000);
  }

  std::int64_t start() const { return start_; }
  std::int64_t deadline() const { return deadline_; }
  std::uint32_t confirmations() const { return n_; }

  /// @return whether this accuser is news.
  bool confirm(std::uint32_t from) {
    if (n_ >= k_) return false;
    if (std::find(accusers_.begin(), accusers_.end(), from) != accusers_.end()) return false;
    accusers_.push_back(from);
    ++n_;
    deadline_ = start_ + timeout(n_, k_, min_, max_);
    return true;
  }

 private:
  std::uint32_t n_ = 0;
  std::uint32_t k_;
  std::int64_t min_;
  std::int64_t max_;
  std::int64_t start_;
  std::int64_t deadline_ = 0;
  std::vector<std::uint32_t> accusers_;
};

/// membership Awareness: how far a member trusts its own view (Lifeguard's local health
/// multiplier), 0 the best. Timeouts of its probes grow with it.
class Awareness {
 public:
  explicit Awareness(std::uint32_t most) : most_(static_cast<std::int32_t>(std::max(1u, most))) {}
  void apply(std::int32_t delta) { score_ = std::clamp(score_ + delta, 0, most_ - 1); }
  std::int32_t score() const { return score_; }
  std::int64_t scale(std::int64_t timeout) const { return timeout * (score_ + 1); }

 private:
  std::int32_t most_;
  std::int32_t score_ = 0;
};

}  // namespace highwater::membership
