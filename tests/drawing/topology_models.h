#pragma once

#include <cstddef>
#include <vector>

#include "viewer/draw/topology_model.h"

namespace highwater::viewer::topology {

enum class ShopState { normal, overloaded, zone_down };

/// A model with the numbers that its curves refer to.
struct Sample {
  Model model;
  std::vector<std::vector<double>> curves;

  Sample() = default;
  Sample(Sample&&) = default;
  Sample& operator=(Sample&&) = default;
};

/// Ten components in three zones: users, a load balancer, services, a cache, a database, a topic
/// with its workers, and a payment provider.
Sample shop(ShopState state);

/// One service with this many replicas, of which some fare badly, between its users and a database.
Sample replicas(std::size_t count);

/// Many services in layers, each calling some of the next ones.
Sample large(std::size_t nodes, std::size_t edges);

}  // namespace highwater::viewer::topology
