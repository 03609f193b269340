#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/envoy_edf.h"
#include "models/algorithms/random_bits.h"

namespace highwater::balancing {

/// A share in per cent is given to chance, unless chance can make no difference.
template <BitSource G>
bool envoy_feature_enabled(std::uint32_t percent, G& bits) {
  if (percent == 0) return false;
  return percent >= 100 || bits.bits() % 100 < percent;
}

/// balancing EnvoyLocalityWeights: which locality of a level is next, by configured weights.
///
/// A locality keeps its whole weight while 1.4 times its share of eligible targets makes 100 %,
/// and loses in proportion below.
///
/// Source   Envoy source/extensions/load_balancing_policies/common/locality_wrr.cc, LocalityWrr.
/// Checked  tests/algorithms/envoy_locality_test.cpp: effective weights by Envoy's formula, shares
///          and picks that follow them.
class EnvoyLocalityWeights {
 public:
  struct Locality {
    std::uint32_t weight = 0;    ///< 0: no requests.
    std::uint64_t hosts = 0;     ///< All of its targets.
    std::uint64_t eligible = 0;  ///< Those that are healthy (or degraded, for a schedule of those).
  };

  /// No localities.
  EnvoyLocalityWeights() = default;

  /// @param overprovisioning_factor  Per cent.
  /// @param picks                    Turns to make up, so that proxies do not run in step.
  EnvoyLocalityWeights(std::span<const Locality> localities, std::uint32_t overprovisioning_factor,
                       std::uint32_t picks) {
    for (std::size_t i = 0; i < localities.size(); ++i) {
      const double weight = effective_weight(localities[i], overprovisioning_factor);
      if (weight > 0) entries_.push_back({static_cast<std::uint32_t>(i), weight});
    }
    schedule_ = EdfScheduler::with_picks(
        static_cast<std::uint32_t>(entries_.size()),
        [this](std::uint32_t i) { return entries_[i].weight; }, picks);
  }

  static double effective_weight(const Locality& locality, std::uint32_t overprovisioning_factor) {
    if (locality.hosts == 0) return 0;
    const double share =
        static_cast<double>(locality.eligible) / static_cast<double>(locality.hosts);
    return locality.weight * std::min(1.0, overprovisioning_factor / 100.0 * share);
  }

  /// The locality whose turn it is; nothing where none has both weight and eligible targets.
  std::optional<std::uint32_t> choose() {
    const auto entry = schedule_.pick([this](std::uint32_t i) { return entries_[i].weight; });
    if (!entry) return std::nullopt;
    return entries_[*entry].locality;
  }

 private:
  struct Entry {
    std::uint32_t locality;
    double weight;
  };

  std::vector<Entry> entries_;
  EdfScheduler schedule_;
};

struct EnvoyZoneAwareOptions {
  std::uint32_t routing_enabled = 100;  ///< Per cent of the requests that it is done for.
  std::uint64_t min_cluster_size = 6;   ///< With fewer healthy targets it is not done.
};

/// balancing EnvoyZoneRouting: how much may stay in the proxy's own zone, and where the rest goes.
///
/// If the own zone holds a share of the targets that is at least its share of the proxies, all
/// requests stay. If not, as many stay as keep its targets from getting more than their share, and
/// the others go to zones with room in proportion to that room. So all targets of the cluster get
/// equal shares, provided that proxies get equal shares.
///
/// Source   Envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc,
///          ZoneAwareLoadBalancerBase: regenerateLocalityRoutingStructures,
///          earlyExitNonLocalityRouting, tryChooseLocalLocalityHosts.
/// Checked  tests/algorithms/envoy_locality_test.cpp: the zone-aware cases of Envoy's
///          load_balancer_impl_test.cc.
class EnvoyZoneRouting {
 public:
  struct Zone {
    std::uint64_t targets = 0;  ///< Healthy ones, at priority level 0.
    std::uint64_t proxies = 0;  ///< Healthy members of the cluster that the proxy belongs to.
  };
  struct Census {
    std::vector<Zone> zones;  ///< Those that have targets, healthy or not.
    /// zones[0] is the proxy's own. False where the own zone has no targets: zones holds others.
    bool own_first = false;
    std::uint64_t proxies = 0;      ///< Healthy ones of all zones, with targets or without.
    std::uint64_t proxy_zones = 0;  ///< Zones that have proxies, healthy or not.
    std::uint64_t own_proxies = 0;  ///< Proxies in the own zone, healthy or not.
  };
  enum class Mode : std::uint8_t { off, direct, residual };

  EnvoyZoneRouting() = default;

  EnvoyZoneRouting(const Census& census, const EnvoyZoneAwareOptions& options) {
    std::uint64_t targets = 0;
    for (const Zone& zone : census.zones) targets += zone.targets;
    if (census.zones.size() < 2 || census.proxy_zones < 2 || census.own_proxies == 0 ||
        targets < options.min_cluster_size)
      return;
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
      return whole > 0 ? 10'000 * part / whole : 0;
    };
    const std::uint64_t own_targets =
        census.own_first ? share(census.zones[0].targets, targets) : 0;
    const std::uint64_t own_proxies =
        census.own_first ? share(census.zones[0].proxies, census.proxies) : 0;
    if (own_targets > 0 && own_targets >= own_proxies) {
      mode_ = Mode::direct;
      return;
    }
    mode_ = Mode::residual;
    if (own_targets > 0 && own_proxies > 0) stay_ = own_targets * 10'000 / own_proxies;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < census.zones.size(); ++i) {
      const std::uint64_t room = share(census.zones[i].targets, targets);
      // A zone without healthy targets has no room, so it does not matter who else is in it.
      const std::uint64_t used = share(census.zones[i].proxies, census.proxies);
      if ((i > 0 || !census.own_first) && room > used) sum += room - used;
      room_.push_back(sum);
    }
  }

  Mode mode() const { return mode_; }
  /// In mode residual: how many of 10,000 requests stay in the own zone.
  std::uint64_t stay() const { return stay_; }

  /// The zone for a request; mode() is not off.
  template <BitSource G>
  std::uint32_t choose(G& bits) const {
    if (mode_ == Mode::direct) return 0;
    if (bits.bits() % 10'000 < stay_) return 0;
    // Rounding can leave no room anywhere.
    if (room_.back() == 0) return static_cast<std::uint32_t>(bits.bits() % room_.size());
    const std::uint64_t mark = bits.bits() % room_.back();
    return static_cast<std::uint32_t>(std::upper_bound(room_.begin(), room_.end(), mark) -
                                      room_.begin());
  }

 private:
  Mode mode_ = Mode::off;
  std::uint64_t stay_ = 0;
  std::vector<std::uint64_t> room_;  // sums up to and including the zone
};

}  // namespace highwater::balancing
