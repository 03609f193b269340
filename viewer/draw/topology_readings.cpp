#include "viewer/draw/topology_readings.h"

#include <algorithm>
#include <cmath>

namespace highwater::viewer::topology {
namespace {

Readings::OfLink read(const Model& model, const Scene::Link& link, const Limits& limits) {
  Readings::OfLink reading;
  double errors = 0;
  double latency = 0;
  double timed = 0;
  std::size_t cut = 0;
  bool faulted = false;
  reading.asynchronous = true;
  for (const std::size_t index : link.edges) {
    const Edge& edge = model.edges[index];
    reading.rate_per_s += edge.rate_per_s;
    errors += edge.rate_per_s * edge.error_share;
    if (!std::isnan(edge.latency_ms)) {
      // An edge without requests still says what they would take.
      const double weight = std::max(edge.rate_per_s, 1e-9);
      latency += weight * edge.latency_ms;
      timed += weight;
    }
    reading.asynchronous = reading.asynchronous && edge.asynchronous;
    if (edge.state == EdgeState::cut) ++cut;
    faulted = faulted || edge.state != EdgeState::whole;
    reading.health = std::max(reading.health, health_of(edge, limits));
  }
  if (reading.rate_per_s > 0) reading.error_share = errors / reading.rate_per_s;
  if (timed > 0) reading.latency_ms = latency / timed;
  const bool all_cut = cut == link.edges.size();
  reading.state = all_cut ? EdgeState::cut : faulted ? EdgeState::faulted : EdgeState::whole;
  if (!all_cut) reading.health = std::min(reading.health, Health::bad);
  return reading;
}

void read_group(const Model& model, const Scene::Spot& spot, double entering,
                Readings::OfSpot& reading) {
  std::vector<Part> now;
  std::vector<Part> other;
  for (const std::size_t index : spot.nodes) {
    const Node& node = model.nodes[index];
    Census census;
    census.add(node);
    now.push_back({&node.now, census.serving()});
    if (node.other) other.push_back({&*node.other, census.serving()});
  }
  reading.now = sum_of(now, entering > 0 ? std::optional(entering) : std::nullopt);
  // Requests that enter are known of this run only: of the other one the same part of its sum.
  if (other.size() != now.size()) return;
  reading.other = sum_of(other, std::nullopt);
  const double whole = sum_of(now, std::nullopt).rate_per_s;
  if (entering > 0 && whole > 0) reading.other->rate_per_s *= entering / whole;
}

}  // namespace

void Readings::take(const Model& model, const Scene& scene, const Limits& limits) {
  links.clear();
  highest_rate = 0;
  for (const Scene::Link& link : scene.links) {
    links.push_back(read(model, link, limits));
    highest_rate = std::max(highest_rate, links.back().rate_per_s);
  }
  spots.clear();
  for (const Scene::Spot& spot : scene.spots) {
    OfSpot& reading = spots.emplace_back();
    for (const std::size_t index : spot.nodes) {
      reading.census.add(model.nodes[index]);
      reading.faults += static_cast<int>(model.nodes[index].faults.size());
    }
    if (spot.group) {
      double entering = 0;
      for (const std::size_t link : spot.in) entering += links[link].rate_per_s;
      read_group(model, spot, entering, reading);
    } else {
      reading.now = model.nodes[spot.nodes.front()].now;
      reading.other = model.nodes[spot.nodes.front()].other;
    }
    reading.health = health_of(reading.now, reading.census, limits);
  }
}

}  // namespace highwater::viewer::topology
