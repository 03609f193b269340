#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// One host as Envoy's ring and table take it in.
struct EnvoyHost {
  std::uint32_t place = 0;  ///< in the list of targets
  double weight = 0;        ///< over 0: a share of 1, or, for Maglev alone, any number
};

/// envoy_weights: shares out of weights, in Envoy's own order of operations.
///
/// Without localities a host's share is its weight over the sum. With them it is its share within
/// its locality times the locality's share; hosts then come locality by locality, and a locality of
/// weight 0 is left out. Maglev and the ring both round these numbers, so that one bit matters.
///
/// Assumes  a locality without healthy hosts keeps its weight: Envoy here too does not scale the
///          weight of a locality down when part of it is unavailable.
/// Source   Envoy source/extensions/load_balancing_policies/common/thread_aware_lb_impl.cc,
///          normalizeHostWeights, normalizeLocalityWeights.
/// Checked  tests/algorithms/maglev_test.cpp: Envoy's own table for localities of weight 8, 0 and
///          2.
inline std::vector<EnvoyHost> envoy_weights(Targets targets) {
  std::uint64_t sum = 0;
  for (const Target& target : targets) sum += target.weight;
  std::vector<EnvoyHost> hosts;
  for (const std::uint32_t place : places_in_use(targets))
    hosts.push_back({place, static_cast<double>(targets[place].weight) / static_cast<double>(sum)});
  return hosts;
}

/// @param locality  Of each target, an index into locality_weights; a target whose locality is not
///                  there, or that has none, is left out.
inline std::vector<EnvoyHost> envoy_weights(Targets targets,
                                            std::span<const std::uint32_t> locality,
                                            std::span<const std::uint32_t> locality_weights) {
  std::uint64_t sum = 0;
  for (const std::uint32_t weight : locality_weights) sum += weight;
  const std::size_t known = std::min(targets.size(), locality.size());
  std::vector<EnvoyHost> hosts;
  for (std::uint32_t l = 0; l < locality_weights.size(); ++l) {
    if (locality_weights[l] == 0) continue;
    const double share = static_cast<double>(locality_weights[l]) / static_cast<double>(sum);
    std::uint64_t within = 0;
    for (std::size_t i = 0; i < known; ++i)
      if (locality[i] == l) within += targets[i].weight;
    for (std::uint32_t i = 0; i < known; ++i)
      if (locality[i] == l && targets[i].weight > 0)
        hosts.push_back({i, targets[i].weight * share / static_cast<double>(within)});
  }
  return hosts;
}

/// The weights by locality of Envoy's Maglev before that, in 2018: simply host's weight times
/// locality's, so that a locality's share grows with the hosts in it. Not for the ring, which needs
/// shares of 1. Arguments as above.
inline std::vector<EnvoyHost> envoy_product_weights(
    Targets targets, std::span<const std::uint32_t> locality,
    std::span<const std::uint32_t> locality_weights) {
  std::vector<EnvoyHost> hosts;
  for (std::uint32_t i = 0; i < std::min(targets.size(), locality.size()); ++i) {
    if (targets[i].weight == 0 || locality[i] >= locality_weights.size()) continue;
    const double product = static_cast<double>(targets[i].weight) * locality_weights[locality[i]];
    if (product > 0) hosts.push_back({i, product});
  }
  return hosts;
}

}  // namespace highwater::hashing
