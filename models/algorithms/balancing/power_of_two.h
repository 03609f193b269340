#pragma once

#include <utility>

#include "models/algorithms/balancing/candidate.h"

namespace highwater::balancing {

/// balancing power_of_two: draws two distinct usable candidates and takes the less loaded one; of
/// equals, the first drawn.
///
/// Nearly as even as asking everybody, for two questions; and many balancers that do not know of
/// each other do not all rush to the same idle instance.
///
/// Source   M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS
///          12(10), 2001; two distinct ones as in Finagle's P2C (twitter/finagle, P2CPick).
/// Checked  tests/algorithms/balancing_test.cpp: exact shares for fixed loads.
class PowerOfTwo {
 public:
  /// O(1) while most candidates are usable, O(n) otherwise.
  template <BitSource G>
  Pick pick(std::span<const Candidate> candidates, G& bits) {
    const auto count = static_cast<std::uint32_t>(candidates.size());
    if (count >= 2) {
      for (int tries = 0; tries < kTries; ++tries) {
        const auto [a, b] = two_below(count, bits);
        if (candidates[a].usable && candidates[b].usable) return less_loaded(candidates, a, b);
      }
    }
    const std::uint32_t usable = count_usable(candidates);
    if (usable == 0) return std::nullopt;
    if (usable == 1) return usable_at(candidates, 0);
    const auto [a, b] = two_below(usable, bits);
    return less_loaded(candidates, usable_at(candidates, a), usable_at(candidates, b));
  }

 private:
  static constexpr int kTries = 3;

  /// Two distinct numbers below n, every ordered pair equally likely; n >= 2.
  template <BitSource G>
  static std::pair<std::uint32_t, std::uint32_t> two_below(std::uint32_t n, G& bits) {
    const std::uint32_t a = random_below(n, bits);
    std::uint32_t b = random_below(n - 1, bits);
    b += b >= a;
    return {a, b};
  }

  static std::size_t less_loaded(std::span<const Candidate> candidates, std::size_t a,
                                 std::size_t b) {
    return candidates[b].load < candidates[a].load ? b : a;
  }
};

}  // namespace highwater::balancing
