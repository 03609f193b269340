#include "engine/model/network.h"

#include <algorithm>

#include "engine/kernel/check.h"

namespace highwater {

Network::Network(Simulation& simulation, const NetworkPlan& plan, std::uint64_t seed)
    : simulation_(simulation),
      plan_(plan),
      key_(random_key(seed, "network", "delay")),
      zones_(plan.zones.size()) {
  const auto make = [&](const Distribution& delay) {
    Way way{&delay, nullptr, false};
    if (delay.is_constant()) {
      way.zero = delay.constant_value() == Duration{0};
      if (!way.zero) way.lane = &simulation_.lane(delay.constant_value());
    }
    return way;
  };
  outside_ = make(plan.same_zone);
  ways_.reserve(zones_ * zones_);
  for (std::size_t from = 0; from < zones_; ++from)
    for (std::size_t to = 0; to < zones_; ++to)
      ways_.push_back(make(from == to ? plan.same_zone : plan.cross_zone));
  for (const NetworkPlan::Link& link : plan.links) {
    ways_[link.a * zones_ + link.b] = make(link.delay);
    ways_[link.b * zones_ + link.a] = make(link.delay);
  }
}

Zone Network::zone(std::string_view name) const {
  const auto found = std::find(plan_.zones.begin(), plan_.zones.end(), name);
  HIGHWATER_CHECK(found != plan_.zones.end());
  return static_cast<Zone>(found - plan_.zones.begin());
}

void Network::schedule(Event& arrival, const Way& way, std::uint64_t request, std::uint64_t message,
                       Duration extra) {
  if (way.lane != nullptr && extra == Duration{0})
    return simulation_.schedule_after(arrival, *way.lane);
  RequestRandom random(key_, request, message);
  simulation_.schedule_after(arrival, way.delay->draw(random) + extra);
}

}  // namespace highwater
