#pragma once

#include "models/algorithms/balancing/candidate.h"

namespace highwater::balancing {

/// balancing random: any usable candidate, each equally likely.
///
/// Source   elementary.
/// Checked  tests/algorithms/balancing_test.cpp: frequencies, with and without unusable candidates.
class Random {
 public:
  /// O(1) while most candidates are usable, O(n) otherwise. One draw in the first case.
  template <BitSource G>
  Pick pick(std::span<const Candidate> candidates, G& bits) {
    if (candidates.empty()) return std::nullopt;
    const auto count = static_cast<std::uint32_t>(candidates.size());
    // Redrawing leaves the usable ones equally likely; counting is for the rare unlucky case.
    for (int tries = 0; tries < kTries; ++tries) {
      const std::uint32_t i = random_below(count, bits);
      if (candidates[i].usable) return i;
    }
    const std::uint32_t usable = count_usable(candidates);
    if (usable == 0) return std::nullopt;
    return usable_at(candidates, random_below(usable, bits));
  }

 private:
  static constexpr int kTries = 3;
};

}  // namespace highwater::balancing
