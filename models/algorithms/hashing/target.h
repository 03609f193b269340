#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace highwater::hashing {

/// hashing target: who may receive keys, as configuration lists them.
///
/// A table names a target by its place in that list. One of weight 0 is out of the pool in every
/// scheme and receives no key, but keeps its place: HAProxy's points depend on it. Tables copy what
/// they need of the list.
///
/// Source   elementary; the limit of points is chosen.
/// Checked  tests/algorithms/target_test.cpp.
struct Target {
  std::string name;  ///< what the scheme hashes: mostly "host:port"
  std::uint32_t weight = 1;
};

using Targets = std::span<const Target>;

/// A place in the list of targets, or nothing where no target has a weight.
using Choice = std::optional<std::size_t>;

/// The places of the targets that may receive keys.
inline std::vector<std::uint32_t> places_in_use(Targets targets) {
  std::vector<std::uint32_t> places;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i].weight > 0) places.push_back(static_cast<std::uint32_t>(i));
  return places;
}

/// The weights, scaled down in proportion where their sum exceeds `limit`, but never to zero. For
/// tables whose size grows with the weights: weights are ratios, and a million stands for no more
/// than ten thousand does. The sum may then exceed the limit by the number of targets.
inline std::vector<std::uint32_t> limited_weights(Targets targets, std::uint64_t limit) {
  std::vector<std::uint32_t> weights;
  weights.reserve(targets.size());
  std::uint64_t sum = 0;
  for (const Target& target : targets) {
    weights.push_back(target.weight);
    sum += target.weight;
  }
  if (sum > limit) {
    const double scale = static_cast<double>(limit) / static_cast<double>(sum);
    for (std::uint32_t& weight : weights)
      if (weight > 0) weight = std::max(1u, static_cast<std::uint32_t>(weight * scale));
  }
  return weights;
}

/// Fills `out` with `places` in turn from `first` on: the order of retries where a scheme knows
/// none of its own. Returns how many.
inline std::size_t in_turn(std::span<const std::uint32_t> places, std::size_t first,
                           std::span<std::uint32_t> out) {
  const std::size_t count = std::min(places.size(), out.size());
  for (std::size_t i = 0; i < count; ++i) out[i] = places[(first + i) % places.size()];
  return count;
}

}  // namespace highwater::hashing
