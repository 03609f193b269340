#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/distribution.h"
#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"
#include "engine/kernel/time.h"

namespace highwater {

/// Where an instance stands: index into NetworkPlan::zones. Clients stand outside every zone.
using Zone = std::uint16_t;
inline constexpr Zone kOutside = 0xffff;

/// The network as the scenario describes it. Delays are one-way.
struct NetworkPlan {
  std::vector<std::string> zones;
  Distribution same_zone = Distribution::constant(Duration{0});
  Distribution cross_zone = Distribution::constant(Duration{0});
  struct Link {
    Zone a = 0, b = 0;
    Distribution delay = Distribution::constant(Duration{0});
  };
  std::vector<Link> links;  ///< Pairs of zones with a delay of their own, in either direction.
};

/// Carries messages between zones in one replication. A message from or to the outside takes
/// `same_zone`.
class Network {
 public:
  Network(Simulation& simulation, const NetworkPlan& plan, std::uint64_t seed);

  std::size_t zones() const { return zones_; }
  /// The zone called `name`; it exists, since names are checked when the scenario is read.
  Zone zone(std::string_view name) const;
  /// Empty for the outside.
  std::string zone_name(Zone zone) const { return zone < zones_ ? plan_.zones[zone] : ""; }

  /// Lets `arrival` fire when the message has come over, `extra` later than the network alone would
  /// take.
  /// @param message  Names the message, so that its delay does not depend on the order of events.
  /// @return false when that takes no time: nothing is scheduled, the message is there.
  bool carry(Event& arrival, Zone from, Zone to, std::uint64_t request, std::uint64_t message,
             Duration extra) {
    const Way& way = this->way(from, to);
    if (way.zero && extra == Duration{0}) return false;
    schedule(arrival, way, request, message, extra);
    return true;
  }

  /// How long a datagram takes that no request has sent.
  Duration delay(Zone from, Zone to, RandomStream& random) const {
    return way(from, to).delay->draw(random);
  }
  /// On average; not more than an hour.
  Duration mean_delay(Zone from, Zone to) const {
    const double mean_s = std::min(way(from, to).delay->mean_s(), 3600.0);
    return Duration{static_cast<Duration::rep>(mean_s * 1e9)};
  }

 private:
  struct Way {
    const Distribution* delay;
    Lane* lane;  // for a constant delay, which needs no place in the heap; null otherwise
    bool zero;
  };
  const Way& way(Zone from, Zone to) const {
    if (from >= zones_ || to >= zones_) return outside_;
    return ways_[from * zones_ + to];
  }
  void schedule(Event& arrival, const Way& way, std::uint64_t request, std::uint64_t message,
                Duration extra);

  Simulation& simulation_;
  const NetworkPlan& plan_;
  RandomKey key_;
  std::size_t zones_;
  std::vector<Way> ways_;
  Way outside_;
};

}  // namespace highwater
