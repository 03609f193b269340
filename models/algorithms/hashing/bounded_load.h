#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// The greatest load a target may have once one more request is placed:
/// ceil(percent / 100 * (load + 1) * weight / weights), never below 1.
///
/// @param load  Of all targets together, before the request.
constexpr std::uint64_t bounded_capacity(std::uint32_t percent, std::uint64_t load,
                                         std::uint32_t weight, std::uint64_t weights) {
  __extension__ using Wide = unsigned __int128;
  if (weights == 0) return 0;
  const Wide units = Wide{percent} * (Wide{load} + 1) * weight;
  const Wide divisor = Wide{100} * weights;
  const Wide capacity = (units + divisor - 1) / divisor;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::min<Wide>(
                                        capacity, std::numeric_limits<std::uint64_t>::max())));
}

/// bounded_load: consistent hashing with bounded loads: no target holds more than c times the mean.
///
/// From the key's point on, the first target whose load is below its capacity takes the request.
/// With c = 1 + e a change of one request or target moves O(1 / e^2) others. For c >= 1 there is
/// always room; below, every target may be full, and the first one met is taken.
///
/// The paper's algorithm on any ring of this family: HAProxy's hash-balance-factor distributes
/// whole slots by weight, Envoy's probes hosts at random; both belong to the balancers.
///
/// Assumes  loads as they are now, of the targets by place; one that is not in `loads` has none.
/// Source   V. Mirrokni, M. Thorup, M. Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA
///          2018, arXiv:1608.01350.
/// Checked  tests/algorithms/bounded_load_test.cpp: the bound holds at every step, and what is
///          below its capacity is never passed over.
///
/// @param percent  c in percent: 125 bounds every load at 1.25 times the mean.
template <std::unsigned_integral Hash>
Choice bounded_load(const Ring<Hash>& ring, Hash hash, Targets targets,
                    std::span<const std::uint32_t> loads, std::uint32_t percent) {
  if (ring.empty()) return std::nullopt;
  std::uint64_t load = 0;
  for (const std::uint32_t one : loads) load += one;
  std::uint64_t weights = 0;
  for (const Target& target : targets) weights += target.weight;
  const std::size_t start = ring.place_of(hash);
  std::size_t place = start;
  do {
    const std::uint32_t target = ring.target(place);
    const std::uint64_t held = target < loads.size() ? loads[target] : 0;
    if (held < bounded_capacity(percent, load, targets[target].weight, weights)) return target;
    place = ring.next(place);
  } while (place != start);
  return ring.target(start);
}

}  // namespace highwater::hashing
