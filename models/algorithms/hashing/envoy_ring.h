#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/algorithms/hashing/envoy_weights.h"
#include "models/algorithms/hashing/murmur2.h"
#include "models/algorithms/hashing/ring.h"
#include "models/algorithms/hashing/target.h"
#include "models/algorithms/hashing/xxhash64.h"

namespace highwater::hashing {

enum class EnvoyHash : std::uint8_t { xxhash64, murmur2 };

struct EnvoyRingSettings {
  std::uint32_t minimum_size = 1024;
  std::uint32_t maximum_size = 8 * 1024 * 1024;  ///< Envoy's limit; a greater one counts as this
  EnvoyHash points = EnvoyHash::xxhash64;
};

/// envoy_ring: Envoy's ring_hash: about minimum_size points, shared out by weight.
///
/// The lightest host gets a whole number of points and the others in proportion, with running sums
/// in double precision so that rounding does not add up. Since the size of the whole ring stays
/// about the same, one more host lowers the number of points of all: some keys also move between
/// old hosts (6 to 10 of a hundred from 5 hosts to 6).
///
/// Assumes  points of equal hash stay in the order of the list, where Envoy's sort leaves it open.
///          minimum_size above maximum_size counts as that, where Envoy refuses it. A host a
///          million times lighter than the others makes a ring of maximum_size, as in Envoy.
/// Source   Envoy source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc.
/// Checked  tests/algorithms/envoy_ring_test.cpp: size, points and choices of a ring of five hosts.
class EnvoyRing {
 public:
  explicit EnvoyRing(Targets targets, const EnvoyRingSettings& settings = {})
      : EnvoyRing(targets, envoy_weights(targets), settings) {}

  /// With shares of their own, for instance by locality.
  EnvoyRing(Targets targets, std::span<const EnvoyHost> hosts,
            const EnvoyRingSettings& settings = {})
      : ring_(points(targets, hosts, settings)) {}

  /// Keys are hashed by xxHash64 whatever makes the points.
  static std::uint64_t hash(std::string_view key) { return xxhash64(key); }

  Choice lookup(std::string_view key) const { return lookup_hash(hash(key)); }

  /// attempt 0 is the choice; each further one takes the next point, maybe of the same target.
  Choice lookup_hash(std::uint64_t hash, std::uint32_t attempt = 0) const {
    if (ring_.empty()) return std::nullopt;
    const std::size_t place = ring_.place_of(hash);
    return ring_.target(attempt == 0 ? place : (place + attempt) % ring_.size());
  }

  /// Fills `out` with the distinct targets of the attempts 0, 1, 2 and so on. Returns how many.
  std::size_t candidates(std::string_view key, std::span<std::uint32_t> out) const {
    if (ring_.empty()) return 0;
    return ring_.owners_from(ring_.place_of(hash(key)), out);
  }

  const Ring<std::uint64_t>& ring() const { return ring_; }

 private:
  using Point = Ring<std::uint64_t>::Point;

  static std::vector<Point> points(Targets targets, std::span<const EnvoyHost> hosts,
                                   const EnvoyRingSettings& settings) {
    if (hosts.empty()) return {};
    double lightest = 1.0;
    for (const EnvoyHost& host : hosts) lightest = std::min(lightest, host.weight);
    const double most = std::min(settings.maximum_size, EnvoyRingSettings().maximum_size);
    const double least = std::min<double>(settings.minimum_size, most);
    const double scale = std::min(std::ceil(lightest * least) / lightest, most);
    std::vector<Point> points;
    double current = 0;
    double wanted = 0;
    for (const EnvoyHost& host : hosts) {
      const std::string prefix = targets[host.place].name + "_";
      const double share = scale * host.weight;
      wanted += share;
      for (std::uint64_t i = 0; current < wanted; ++i, ++current) {
        const std::string text = prefix + std::to_string(i);
        points.push_back(
            {settings.points == EnvoyHash::murmur2 ? murmur2_64a(text) : xxhash64(text),
             host.place});
      }
    }
    return points;
  }

  Ring<std::uint64_t> ring_;
};

}  // namespace highwater::hashing
