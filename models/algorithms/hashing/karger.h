#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"
#include "models/algorithms/hashing/xxhash64.h"

namespace highwater::hashing {

/// karger: consistent hashing as published: every target has points on a circle, a key belongs to
/// the next one.
///
/// With v points a target the heaviest loaded target gets about 1 + O(1 / sqrt(v)) times its share.
/// A target of weight w has w times as many points. Targets that come or go leave the other points
/// where they are: keys move to the newcomer only.
///
/// Assumes  the paper leaves the hash open: points are xxHash64 of "name-0", "name-1" and so on,
///          keys xxHash64. At most 2^22 points, weights being scaled down to that.
/// Source   D. Karger et al., Consistent Hashing and Random Trees, STOC 1997. The number of points
///          is chosen (ketama's).
/// Checked  tests/algorithms/karger_test.cpp and placement_test.cpp: who gets a key, that a
///          newcomer takes from everybody and nobody else gains, shares by weight.
class Karger {
 public:
  static constexpr std::uint32_t kPointsEach = 160;
  static constexpr std::uint64_t kMostPoints = std::uint64_t{1} << 22;

  /// points_each >= 1; a greater number than kMostPoints counts as that.
  explicit Karger(Targets targets, std::uint32_t points_each = kPointsEach)
      : ring_(points(targets, points_each)) {}

  static std::uint64_t hash(std::string_view key) { return xxhash64(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint64_t hash) const {
    if (ring_.empty()) return std::nullopt;
    return ring_.target(ring_.place_of(hash));
  }

  /// Fills `out` with the targets met around the circle, the first being the choice.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(ring_.place_of(hash(key)), out);
  }

  const Ring<std::uint64_t>& ring() const { return ring_; }

 private:
  using Point = Ring<std::uint64_t>::Point;

  static std::vector<Point> points(Targets targets, std::uint32_t points_each) {
    const std::uint64_t each = std::clamp<std::uint64_t>(points_each, 1, kMostPoints);
    const std::vector<std::uint32_t> weights = limited_weights(targets, kMostPoints / each);
    std::vector<Point> points;
    for (std::uint32_t i = 0; i < targets.size(); ++i)
      for (std::uint64_t k = 0; k < weights[i] * each; ++k)
        points.push_back({xxhash64(targets[i].name + "-" + std::to_string(k)), i});
    return points;
  }

  Ring<std::uint64_t> ring_;
};

}  // namespace highwater::hashing
