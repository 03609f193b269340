#pragma once

#include "models/algorithms/balancing/candidate.h"

namespace highwater::balancing {

/// balancing least_connections: the usable candidate with the fewest requests; ties at random.
///
/// Ties are broken at random and not by order: otherwise the first candidate gets nearly all of a
/// light load. Draws only when there is a tie.
///
/// Source   join the shortest queue: W. Winston, Optimality of the Shortest Line Discipline,
///          Journal of Applied Probability 14(1), 1977.
/// Checked  tests/algorithms/balancing_test.cpp: always a least loaded one; ties are uniform.
class LeastConnections {
 public:
  /// O(n): about a nanosecond per candidate.
  template <BitSource G>
  Pick pick(std::span<const Candidate> candidates, G& bits) {
    std::size_t first = 0;
    std::uint32_t ties = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!candidates[i].usable) continue;
      if (ties == 0 || candidates[i].load < candidates[first].load) {
        first = i;
        ties = 1;
      } else {
        ties += candidates[i].load == candidates[first].load;
      }
    }
    if (ties == 0) return std::nullopt;
    const std::uint32_t least = candidates[first].load;
    std::uint32_t skip = random_below(ties, bits);
    std::size_t i = first;
    while (!candidates[i].usable || candidates[i].load != least || skip-- > 0) ++i;
    return i;
  }
};

}  // namespace highwater::balancing
