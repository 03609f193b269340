#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/balancing/envoy_locality.h"
#include "models/algorithms/balancing/envoy_priority.h"
#include "models/algorithms/balancing/envoy_slow_start.h"

namespace highwater::balancing {

/// What Envoy's policies do with Target::locality.
enum class EnvoyLocalityMode : std::uint8_t {
  none,        ///< Nothing.
  weighted,    ///< Localities in turn by their weights: locality_weighted_lb_config.
  zone_aware,  ///< The proxy's own zone first: zone_aware_lb_config.
};

struct EnvoyLocalityOptions {
  struct Weight {
    std::string locality;
    std::uint32_t weight = 1;
  };
  struct Proxies {
    std::string locality;
    std::uint64_t proxies = 0;
    std::uint64_t healthy = 0;
  };

  EnvoyLocalityMode mode = EnvoyLocalityMode::none;
  std::vector<Weight> weights;         ///< weighted: a locality not named here has weight 0.
  EnvoyZoneAwareOptions zone_aware{};  ///< zone_aware: from when on and how often.
  std::string own;                     ///< zone_aware: the proxy's locality.
  std::vector<Proxies> proxies;        ///< zone_aware: the cluster that the proxy belongs to.
};

/// Envoy's options that concern which targets come into question, for all of its policies.
struct EnvoyHostOptions {
  EnvoyPriorityOptions priority{};
  bool fail_traffic_on_panic = false;  ///< Picks nobody in panic, instead of anybody.
  EnvoyLocalityOptions locality{};
  EnvoySlowStartOptions slow_start{};
  /// How often a target that was tried before, or is full, is drawn again before the others are
  /// gone through in order (Envoy's host_selection_retry_max_attempts); at most 1,000 counts.
  std::uint32_t host_selection_retry_max_attempts = 1;
};

/// What Envoy's policies see of the balancer that they choose for; must outlive them.
struct EnvoyTargets {
  const Balancer& balancer;
  const std::vector<std::uint8_t>& degraded;
  const EnvoySlowStart& slow_start;

  /// May be sent this request, whatever its health.
  bool accepts(std::size_t target, const Question& question) const {
    if (balancer.full(target)) return false;
    return std::find(question.tried.begin(), question.tried.end(), target) == question.tried.end();
  }
};

/// balancing EnvoyHostSets: the lists of targets that Envoy keeps per priority level and locality,
/// and the list that a request is to be picked from.
///
/// A level is drawn by EnvoyPriorities; in panic all its targets are the list. Otherwise its
/// healthy (or degraded) ones, or those of them in one locality, chosen by weight or zone. Health
/// and weights changed are noted by touch() and looked at before the next choice.
///
/// Choosing costs O(levels + localities), and O(1) where one level gets all requests and
/// localities play no part; a change costs O(targets of the level).
///
/// Assumes  a target of weight 0 does not exist (Envoy knows no such weight). Levels are ranked by
///          their numbers; empty ones in between play no part in Envoy either.
/// Source   Envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc,
///          hostSourceToUse, hostSourceToHosts; source/common/upstream/upstream_impl.cc for the
///          order of localities (the own one first, then by name).
/// Checked  tests/algorithms/envoy_test.cpp: through the policies.
class EnvoyHostSets {
 public:
  using Hosts = std::vector<std::uint32_t>;

  EnvoyHostSets(const EnvoyTargets& targets, const Hosts& members, const EnvoyHostOptions& options)
      : targets_(&targets),
        options_(&options),
        level_of_(targets.balancer.size(), 0),
        locality_of_(targets.balancer.size(), 0) {
    std::vector<std::uint32_t> numbers;
    for (const std::uint32_t i : members) numbers.push_back(targets.balancer.target(i).priority);
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    levels_.resize(numbers.size());
    for (const std::uint32_t i : members) {
      const auto rank =
          std::lower_bound(numbers.begin(), numbers.end(), targets.balancer.target(i).priority) -
          numbers.begin();
      level_of_[i] = static_cast<std::uint32_t>(rank);
      levels_[level_of_[i]].members.push_back(i);
    }
    std::uint32_t lists = 0;
    for (Level& level : levels_) {
      if (options.locality.mode != EnvoyLocalityMode::none) find_localities(level);
      level.first_list = lists;
      lists += kPerLocality + 2 * static_cast<std::uint32_t>(level.localities.size());
    }
    lists_.resize(lists);
  }

  /// The target's health or weight has changed.
  void touch(std::size_t target) { levels_[level_of_[target]].stale = stale_ = true; }

  /// Brings the lists up to date; calls remade(level) for each level whose lists are new. False if
  /// nothing was to be done.
  template <class Remade>
  bool refresh(AnyBits& bits, const Remade& remade) {
    if (!stale_) return false;
    stale_ = false;
    for (Level& level : levels_)
      if (level.stale) make_lists(level);
    std::vector<EnvoyLevel> counts;
    for (const Level& level : levels_) counts.push_back(level.counts);
    priorities_ = EnvoyPriorities(counts, options_->priority);
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (!levels_[i].stale) continue;
      levels_[i].stale = false;
      schedule_localities(levels_[i], i == 0, bits);
      remade(i);
    }
    const std::size_t only = priorities_.only_level();
    fixed_.reset();
    if (only < levels_.size() && !options_->fail_traffic_on_panic &&
        options_->locality.mode == EnvoyLocalityMode::none)
      fixed_ = levels_[only].first_list + (priorities_.panic(only) ? kAll : kHealthy);
    return true;
  }

  /// The list for a request; nothing where panic is to fail traffic, or nobody exists.
  std::optional<std::uint32_t> choose(std::uint64_t hash, AnyBits& bits) {
    if (fixed_) return fixed_;
    if (levels_.empty()) return std::nullopt;
    const auto [rank, degraded] = priorities_.choose(hash);
    Level& level = levels_[rank];
    if (priorities_.panic(rank)) {
      if (options_->fail_traffic_on_panic) return std::nullopt;
      return level.first_list + kAll;
    }
    const std::uint32_t whole = level.first_list + (degraded ? kDegraded : kHealthy);
    const std::uint32_t first_local =
        level.first_list + kPerLocality +
        (degraded ? static_cast<std::uint32_t>(level.localities.size()) : 0);
    switch (options_->locality.mode) {
      case EnvoyLocalityMode::none:
        break;
      case EnvoyLocalityMode::weighted:
        if (const auto locality = (degraded ? level.degraded : level.healthy).choose())
          return first_local + *locality;
        break;
      case EnvoyLocalityMode::zone_aware:
        if (level.zones.mode() == EnvoyZoneRouting::Mode::off ||
            !envoy_feature_enabled(options_->locality.zone_aware.routing_enabled, bits))
          break;
        if (proxies_panic()) {
          if (options_->fail_traffic_on_panic) return std::nullopt;
          break;
        }
        return first_local + level.zones.choose(bits);
    }
    return whole;
  }

  const Hosts& hosts(std::uint32_t list) const { return lists_[list]; }
  std::size_t lists() const { return lists_.size(); }
  /// The lists of a level are first_list(level) … first_list(level + 1) - 1.
  std::uint32_t first_list(std::size_t level) const {
    return level < levels_.size() ? levels_[level].first_list
                                  : static_cast<std::uint32_t>(lists_.size());
  }

  std::size_t levels() const { return levels_.size(); }
  const EnvoyPriorities& priorities() const { return priorities_; }
  /// All of a level's targets in panic, else its healthy ones.
  const Hosts& usual_hosts(std::size_t level) const {
    return lists_[levels_[level].first_list + (priorities_.panic(level) ? kAll : kHealthy)];
  }
  /// The number of the target's locality within its level; 0 in mode none.
  std::uint32_t locality_of(std::uint32_t target) const { return locality_of_[target]; }
  std::size_t localities(std::size_t level) const { return levels_[level].localities.size(); }
  std::uint32_t locality_weight(std::size_t level, std::size_t locality) const {
    return configured_weight(levels_[level].localities[locality]);
  }

 private:
  // The lists of a level, in this order; then the healthy ones per locality, then the degraded.
  static constexpr std::uint32_t kAll = 0;
  static constexpr std::uint32_t kHealthy = 1;
  static constexpr std::uint32_t kDegraded = 2;
  static constexpr std::uint32_t kPerLocality = 3;

  struct Level {
    Hosts members;
    std::vector<std::string> localities;
    bool own_first = false;
    std::uint32_t first_list = 0;
    bool stale = true;
    EnvoyLevel counts{};
    EnvoyLocalityWeights healthy{};
    EnvoyLocalityWeights degraded{};
    EnvoyZoneRouting zones{};
  };

  void find_localities(Level& level) {
    for (const std::uint32_t i : level.members)
      level.localities.push_back(targets_->balancer.target(i).locality);
    std::sort(level.localities.begin(), level.localities.end());
    level.localities.erase(std::unique(level.localities.begin(), level.localities.end()),
                           level.localities.end());
    if (options_->locality.mode == EnvoyLocalityMode::zone_aware) {
      const auto own =
          std::find(level.localities.begin(), level.localities.end(), options_->locality.own);
      level.own_first = own != level.localities.end();
      if (level.own_first) std::rotate(level.localities.begin(), own, own + 1);
    }
    for (const std::uint32_t i : level.members)
      locality_of_[i] =
          static_cast<std::uint32_t>(std::find(level.localities.begin(), level.localities.end(),
                                               targets_->balancer.target(i).locality) -
                                     level.localities.begin());
  }

  void make_lists(Level& level) {
    const std::size_t localities = level.localities.size();
    for (std::size_t k = 0; k < kPerLocality + 2 * localities; ++k)
      lists_[level.first_list + k].clear();
    level.counts = {};
    for (const std::uint32_t i : level.members) {
      const std::uint32_t weight = targets_->balancer.weight(i);
      if (weight == 0) continue;
      const bool usable = targets_->balancer.usable(i);
      const bool degraded = usable && targets_->degraded[i] != 0;
      const bool healthy = usable && !degraded;
      lists_[level.first_list + kAll].push_back(i);
      level.counts.weight += weight;
      level.counts.healthy_weight += healthy ? weight : 0;
      level.counts.degraded_weight += degraded ? weight : 0;
      if (!usable) continue;
      lists_[level.first_list + (healthy ? kHealthy : kDegraded)].push_back(i);
      if (localities > 0)
        lists_[level.first_list + kPerLocality + (healthy ? 0 : localities) + locality_of(i)]
            .push_back(i);
    }
    level.counts.hosts = lists_[level.first_list + kAll].size();
    level.counts.healthy = lists_[level.first_list + kHealthy].size();
    level.counts.degraded = lists_[level.first_list + kDegraded].size();
  }

  void schedule_localities(Level& level, bool first_level, AnyBits& bits) {
    const EnvoyLocalityOptions& options = options_->locality;
    if (options.mode == EnvoyLocalityMode::zone_aware && first_level) route_zones(level);
    if (options.mode != EnvoyLocalityMode::weighted) return;
    const std::size_t count = level.localities.size();
    std::vector<EnvoyLocalityWeights::Locality> healthy(count);
    for (std::size_t k = 0; k < count; ++k)
      healthy[k].weight = configured_weight(level.localities[k]);
    for (const std::uint32_t i : lists_[level.first_list + kAll]) ++healthy[locality_of(i)].hosts;
    std::vector<EnvoyLocalityWeights::Locality> degraded = healthy;
    for (std::size_t k = 0; k < count; ++k) {
      healthy[k].eligible = lists_[level.first_list + kPerLocality + k].size();
      degraded[k].eligible = lists_[level.first_list + kPerLocality + count + k].size();
    }
    const auto picks = static_cast<std::uint32_t>(bits.bits());
    const std::uint32_t factor = options_->priority.overprovisioning_factor;
    level.healthy = EnvoyLocalityWeights(healthy, factor, picks);
    level.degraded = EnvoyLocalityWeights(degraded, factor, picks);
  }

  void route_zones(Level& level) {
    EnvoyZoneRouting::Census census;
    census.own_first = level.own_first;
    for (std::size_t k = 0; k < level.localities.size(); ++k) {
      census.zones.push_back({lists_[level.first_list + kPerLocality + k].size(), 0});
      for (const auto& zone : options_->locality.proxies)
        if (zone.locality == level.localities[k]) census.zones[k].proxies += zone.healthy;
    }
    for (const auto& zone : options_->locality.proxies) {
      census.proxies += zone.healthy;
      census.proxy_zones += zone.proxies > 0;
      if (zone.locality == options_->locality.own) census.own_proxies += zone.proxies;
    }
    level.zones = EnvoyZoneRouting(census, options_->locality.zone_aware);
  }

  bool proxies_panic() const {
    std::uint64_t proxies = 0;
    std::uint64_t healthy = 0;
    for (const auto& zone : options_->locality.proxies) {
      proxies += zone.proxies;
      healthy += zone.healthy;
    }
    const double share =
        proxies == 0 ? 0.0 : 100.0 * static_cast<double>(healthy) / static_cast<double>(proxies);
    return share < std::min(options_->priority.panic_threshold, 100u);
  }

  std::uint32_t configured_weight(const std::string& locality) const {
    for (const auto& entry : options_->locality.weights)
      if (entry.locality == locality) return entry.weight;
    return 0;
  }

  const EnvoyTargets* targets_;
  const EnvoyHostOptions* options_;
  std::vector<std::uint32_t> level_of_;
  std::vector<std::uint32_t> locality_of_;
  std::vector<Level> levels_;
  std::vector<Hosts> lists_;
  EnvoyPriorities priorities_;
  std::optional<std::uint32_t> fixed_;
  bool stale_ = true;
};

}  // namespace highwater::balancing
