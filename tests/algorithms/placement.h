#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// "<prefix>1<suffix>", "<prefix>2<suffix>" and so on, each of weight 1.
inline std::vector<Target> numbered_targets(std::size_t count,
                                            const std::string& prefix = "10.0.0.",
                                            const std::string& suffix = ":11211") {
  std::vector<Target> targets;
  for (std::size_t i = 1; i <= count; ++i)
    targets.push_back({prefix + std::to_string(i) + suffix, 1});
  return targets;
}

/// The same with the weights given.
inline std::vector<Target> weighted_targets(const std::vector<std::uint32_t>& weights,
                                            const std::string& prefix = "10.0.0.",
                                            const std::string& suffix = ":11211") {
  std::vector<Target> targets = numbered_targets(weights.size(), prefix, suffix);
  for (std::size_t i = 0; i < weights.size(); ++i) targets[i].weight = weights[i];
  return targets;
}

/// The keys of most recordings.
inline std::string key_of(std::size_t i) {
  return "key-" + std::to_string(i);
}

/// A table's choices for key-0 and so on, one digit each.
template <class Table>
std::string choices(const Table& table, std::size_t count) {
  std::string digits;
  for (std::size_t i = 0; i < count; ++i)
    digits += static_cast<char>('0' + table.lookup(key_of(i)).value());
  return digits;
}

}  // namespace highwater::hashing
