#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// What a change of the list of shards does to a sample of keys.
struct Resize {
  std::uint64_t keys = 0;
  double moved = 0;             ///< share of the keys whose shard changed
  double collateral = 0;        ///< of those that moved between shards that are in both lists
  double imbalance_before = 0;  ///< fullest shard over its share by weight; 1 is even
  double imbalance_after = 0;
};

/// resize: which keys move when shards come or go.
///
/// The least possible is what the newcomers get or the leavers held: the share that moves beyond it
/// is `collateral`, keys that change between shards that stay.
///
/// Shards are the same if their names are; of a name listed twice each counts for itself, in order.
///
/// Assumes  each key is as likely as any other: with skewed popularity a key's weight differs.
/// Source   elementary; the measures are those of the papers on consistent hashing.
/// Checked  tests/algorithms/resize_test.cpp: shares derived from independent implementations of
///          the schemes.
///
/// @param before, after  Called with a key, give its place in the list, as Sharder::of does.
/// @param keys           A range of what both accept.
template <class Before, class After, class Keys>
Resize resize(Targets from, const Before& before, Targets to, const After& after,
              const Keys& keys) {
  std::map<std::string_view, std::vector<std::size_t>> places;
  for (std::size_t i = to.size(); i > 0; --i) places[to[i - 1].name].push_back(i - 1);
  std::vector<std::size_t> place_after(from.size(), to.size());
  std::vector<bool> stays(to.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto same = places.find(from[i].name);
    if (same == places.end() || same->second.empty()) continue;
    place_after[i] = same->second.back();
    same->second.pop_back();
    stays[place_after[i]] = from[i].weight > 0;
  }
  std::vector<std::uint64_t> held_before(from.size());
  std::vector<std::uint64_t> held_after(to.size());
  std::uint64_t moved = 0;
  std::uint64_t collateral = 0;
  Resize report;
  for (const auto& key : keys) {
    const std::size_t old_place = before(key);
    const std::size_t new_place = after(key);
    if (old_place >= from.size() || new_place >= to.size()) continue;  // nobody serves it
    ++report.keys;
    ++held_before[old_place];
    ++held_after[new_place];
    if (place_after[old_place] == new_place) continue;
    ++moved;
    const std::size_t kept = place_after[old_place];
    if (kept < to.size() && to[kept].weight > 0 && stays[new_place]) ++collateral;
  }
  const auto imbalance = [&](Targets targets, const std::vector<std::uint64_t>& held) {
    double weights = 0;
    for (const Target& target : targets) weights += target.weight;
    double worst = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (targets[i].weight == 0) continue;
      const double share = static_cast<double>(report.keys) * targets[i].weight / weights;
      worst = std::max(worst, static_cast<double>(held[i]) / share);
    }
    return worst;
  };
  if (report.keys == 0) return report;
  report.moved = static_cast<double>(moved) / static_cast<double>(report.keys);
  report.collateral = static_cast<double>(collateral) / static_cast<double>(report.keys);
  report.imbalance_before = imbalance(from, held_before);
  report.imbalance_after = imbalance(to, held_after);
  return report;
}

}  // namespace highwater::hashing
