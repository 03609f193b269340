#pragma once

#include <optional>
#include <vector>

#include "viewer/draw/topology_scene.h"
#include "viewer/draw/topology_summary.h"

namespace highwater::viewer::topology {

/// What the model says at the moment about each card and link of a scene.
struct Readings {
  struct OfSpot {
    Figures now;
    std::optional<Figures> other;
    Census census;
    Health health = Health::idle;
    int faults = 0;
  };
  struct OfLink {
    double rate_per_s = 0;
    double error_share = 0;
    double latency_ms = kNone;
    bool asynchronous = false;
    EdgeState state = EdgeState::whole;
    Health health = Health::idle;
  };

  std::vector<OfSpot> spots;
  std::vector<OfLink> links;
  double highest_rate = 0;  ///< Of a link.

  /// Of a scene made of the same model.
  void take(const Model& model, const Scene& scene, const Limits& limits);
};

}  // namespace highwater::viewer::topology
