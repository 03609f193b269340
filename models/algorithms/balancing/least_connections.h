#pragma once

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// balancing least_connections: the available target with the fewest requests; ties at random.
///
/// Ties are broken at random and not by order: otherwise the first target gets nearly all of a
/// light load. Draws only when there is a tie.
///
/// Source   join the shortest queue: W. Winston, Optimality of the Shortest Line Discipline,
///          Journal of Applied Probability 14(1), 1977.
/// Checked  tests/algorithms/balancing_test.cpp: always a least loaded one; ties are uniform.
class LeastConnections final : public Balancer {
 public:
  using Balancer::Balancer;

 private:
  /// O(n): about a nanosecond per target.
  Pick choose(const Question& question, AnyBits& bits) override {
    std::size_t first = 0;
    std::uint32_t ties = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!available(i, question)) continue;
      if (ties == 0 || in_flight(i) < in_flight(first)) {
        first = i;
        ties = 1;
      } else {
        ties += in_flight(i) == in_flight(first);
      }
    }
    if (ties == 0) return std::nullopt;
    const std::uint32_t least = in_flight(first);
    std::uint32_t skip = random_below(ties, bits);
    std::size_t i = first;
    while (!available(i, question) || in_flight(i) != least || skip-- > 0) ++i;
    return i;
  }
};

}  // namespace highwater::balancing
