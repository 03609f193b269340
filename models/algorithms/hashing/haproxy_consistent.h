#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/haproxy_hash.h"
#include "models/algorithms/hashing/haproxy_map.h"
#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// haproxy_consistent: HAProxy's `hash-type consistent`: sixteen points for each unit of weight,
/// and the nearest point wins, before or behind.
///
/// Points hang on the server's number in the configuration, not on its name, and are all different,
/// since the mix behind them is a bijection. At equal distance the point before the hash wins. A
/// server that is refused is followed by the owner of the next point clockwise.
///
/// Assumes  servers are numbered from 1 in the order of the list, as HAProxy does without `id`;
///          `hash-key` (from 3.0) is left at id. Servers that are down have the weight 0.
/// Source   HAProxy 2.6 src/lb_chash.c, chash_compute_node_key, chash_get_server_hash.
/// Checked  tests/algorithms/haproxy_hash_test.cpp: the ten consistent configurations recorded, and
///          `balance source`.
class HaproxyConsistent {
 public:
  static constexpr std::uint32_t kPointsEach = 16;

  /// Without a function HAProxy means sdbm with avalanche.
  explicit HaproxyConsistent(Targets targets, HaproxyFunction function = HaproxyFunction::sdbm,
                             bool avalanche = true)
      : ring_(points(targets)), function_(function), avalanche_(avalanche) {}

  std::uint32_t hash(std::string_view key) const {
    return haproxy_hash(function_, avalanche_, key);
  }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint32_t hash) const {
    if (ring_.empty()) return std::nullopt;
    return ring_.target(nearest(hash));
  }

  /// Fills `out` with the servers met from the nearest point on. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(nearest(hash(key)), out);
  }

  /// The place of the nearest point: where a walk around the ring starts. The ring is not empty.
  std::size_t nearest(std::uint32_t hash) const {
    const std::size_t next = ring_.place_of(hash);
    const std::size_t before = ring_.before(next);
    return hash - ring_.point(before).hash <= ring_.point(next).hash - hash ? before : next;
  }

  const Ring<std::uint32_t>& ring() const { return ring_; }

 private:
  using Point = Ring<std::uint32_t>::Point;

  static std::vector<Point> points(Targets targets) {
    constexpr std::uint32_t kNumbersEach = kHaproxyGreatestWeight * kPointsEach;
    std::vector<Point> points;
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
      const std::uint32_t weight = std::min(targets[i].weight, kHaproxyGreatestWeight);
      for (std::uint32_t k = 0; k < weight * kPointsEach; ++k)
        points.push_back({full_hash((i + 1) * kNumbersEach + k), i});
    }
    return points;
  }

  Ring<std::uint32_t> ring_;
  HaproxyFunction function_;
  bool avalanche_;
};

}  // namespace highwater::hashing
