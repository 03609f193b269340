#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/hashing/farmhash.h"
#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"

namespace highwater::hashing {

/// ringpop: the ring by which Uber's Ringpop finds the node that owns a key.
///
/// A hundred points a server, FarmHash's fingerprint of "address" followed by the point's number. A
/// key belongs to the first point at or after its own fingerprint: equal points of two servers are
/// ordered by address, and the search's own empty address stands before them all. The checksum of
/// the sorted addresses tells members whether they see the same ring.
///
/// Assumes  weights only say who takes part; a name that is listed twice counts once, at its first
///          place. Addresses are ordered by their bytes, JavaScript's order wherever they hold no
///          character beyond 16 bits.
/// Source   ringpop-node 10.21.0 lib/ring/index.js, lib/ring/rbtree.js (lowerBound, upperBound).
/// Checked  tests/algorithms/ringpop_test.cpp: owners, preference lists and checksums of rings of
///          5, 6 and 8 servers; a key that is a point's own text.
class Ringpop {
 public:
  static constexpr std::uint32_t kPointsEach = 100;

  explicit Ringpop(Targets targets) {
    std::vector<std::uint32_t> servers = places_in_use(targets);
    std::stable_sort(servers.begin(), servers.end(), [&](std::uint32_t a, std::uint32_t b) {
      return targets[a].name < targets[b].name;
    });
    const auto end = std::unique(servers.begin(), servers.end(), [&](auto a, auto b) {
      return targets[a].name == targets[b].name;
    });
    servers.erase(end, servers.end());
    std::string names;
    std::vector<Ring<std::uint32_t>::Point> points;  // by address, so that ties stay in its order
    for (const std::uint32_t server : servers) {
      const std::string& name = targets[server].name;
      if (server != servers.front()) names += ';';
      names += name;
      for (std::uint32_t k = 0; k < kPointsEach; ++k)
        points.push_back({farmhash_fingerprint32(name + std::to_string(k)), server});
    }
    checksum_ = farmhash_fingerprint32(names);
    ring_ = Ring<std::uint32_t>(std::move(points));
  }

  static std::uint32_t hash(std::string_view key) { return farmhash_fingerprint32(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  Choice lookup_hash(std::uint32_t hash) const {
    if (ring_.empty()) return std::nullopt;
    return ring_.target(ring_.place_of(hash));
  }

  /// Fills `out` with the preference list, Ringpop's lookupN. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(ring_.place_of(hash(key)), out);
  }

  std::uint32_t checksum() const { return checksum_; }
  const Ring<std::uint32_t>& ring() const { return ring_; }

 private:
  Ring<std::uint32_t> ring_;
  std::uint32_t checksum_ = 0;
};

}  // namespace highwater::hashing
