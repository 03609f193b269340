#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/model/component.h"
#include "models/sharding.h"

namespace highwater::cache {

/// The instances of a cache by zone, each zone a point of presence with contents of its own: a
/// caller is sent to the nearest one that has a listed instance, and within it to the one that its
/// key lives on.
///
/// Near is what the network makes near: the zone of the caller, then those with the shortest mean
/// delay. To callers outside of every zone all are as near: their requests are spread by chance.
///
/// Assumes  routes (DNS, anycast) are as the network's delays and change only when instances are
///          listed or no longer: without a membership nobody is led around a dead zone.
/// Source   M. Calder et al., Analyzing the Performance of an Anycast CDN, IMC 2015: most clients
///          get to the nearest front end.
/// Checked  tests/caches/cdn_test.cpp
class PointsOfPresence {
 public:
  PointsOfPresence(Component& cache, hashing::Scheme sharding);

  /// Who is listed has changed.
  void look_around();
  /// Null where nobody is listed.
  Instance* nearest(const Request& request, Zone from);

 private:
  struct Point {
    Zone zone;
    std::optional<Shards> there;  // none where nobody is listed
  };
  /// The points in the order of their distance from a zone.
  const std::vector<std::uint32_t>& order(Zone from);

  Component& cache_;
  hashing::Scheme sharding_;
  std::vector<Point> points_;
  std::vector<std::vector<std::uint32_t>> orders_;  // by zone, made on first use
};

}  // namespace highwater::cache
