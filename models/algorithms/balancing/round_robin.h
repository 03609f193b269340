#pragma once

#include "models/algorithms/balancing/candidate.h"

namespace highwater::balancing {

/// balancing round_robin: the usable candidates in turn, whatever their load.
///
/// Goes on from the candidate picked last, so that the neighbour of an unusable one does not get
/// its share on top, as happens with a plain counter.
///
/// Source   RFC 1794 (DNS round robin) for the idea.
/// Checked  tests/algorithms/balancing_test.cpp: equal shares with and without unusable candidates.
class RoundRobin {
 public:
  /// O(1), plus one step per unusable candidate in the way.
  Pick pick(std::span<const Candidate> candidates) {
    const std::size_t count = candidates.size();
    std::size_t i = next_ < count ? next_ : 0;
    for (std::size_t tries = 0; tries < count; ++tries) {
      const std::size_t picked = i;
      i = i + 1 < count ? i + 1 : 0;
      if (candidates[picked].usable) {
        next_ = i;
        return picked;
      }
    }
    return std::nullopt;
  }

 private:
  std::size_t next_ = 0;
};

}  // namespace highwater::balancing
