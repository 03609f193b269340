#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/balancing/policy.h"
#include "models/percentage.h"

namespace highwater {

namespace balancing {

/// Of a selector: "not_defined" has no word, it is left out.
constexpr auto words_of(EnvoyFallback) {
  return std::array{
      Word{EnvoyFallback::no_fallback, "no_fallback", "Nobody is picked."},
      Word{EnvoyFallback::any_endpoint, "any_endpoint", "All targets."},
      Word{EnvoyFallback::default_subset, "default_subset",
           "Those with the labels of default_subset."},
      Word{EnvoyFallback::keys_subset, "keys_subset", "Asks again with fallback_keys only."}};
}

}  // namespace balancing

namespace balancer {

inline std::vector<balancing::Label> labels_of(const OrderedMap<std::string>& map) {
  std::vector<balancing::Label> labels;
  for (const auto& entry : map) labels.push_back({entry.key, entry.value});
  return labels;
}

enum class Locality : std::uint8_t { none, zone_aware, weighted };
constexpr auto words_of(Locality) {
  return std::array{
      Word{Locality::none, "none", "Zones do not matter."},
      Word{Locality::zone_aware, "zone_aware",
           "As many requests stay in the balancer's zone as give every instance an equal share."},
      Word{Locality::weighted, "weighted", "Zones in turn, by locality_weights."}};
}

struct SubsetSelectorParams {
  std::vector<std::string> keys;
  std::optional<balancing::EnvoyFallback> fallback;
  std::vector<std::string> fallback_keys;

  static constexpr std::string_view type_name = "load_balancer.subset_selector";
  static constexpr auto fields() {
    using P = SubsetSelectorParams;
    return Fields{
        field<&P::keys>("Labels that instances and requests must both have.")
            .required()
            .at_least(1u)
            .source("Envoy subset_selectors keys"),
        field<&P::fallback>("What will do if no instance fits; as for all subsets unless given.")
            .source("Envoy subset_selectors fallback_policy"),
        field<&P::fallback_keys>("Some of the keys, for keys_subset.")
            .source("Envoy fallback_keys_subset")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const bool fewer = fallback == balancing::EnvoyFallback::keys_subset;
    if (fewer == fallback_keys.empty())
      problems.error(where.position(), path,
                     "fallback_keys are for the fallback keys_subset, which needs them");
    for (const std::string& key : fallback_keys)
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        problems.error(where.position(), path, "fallback_keys are some of the keys");
    if (fewer && fallback_keys.size() >= keys.size())
      problems.error(where.position(), path, "fallback_keys are fewer than the keys");
  }
};

/// Envoy's subsets: which instances a request's labels lead to.
struct SubsetsParams {
  std::vector<SubsetSelectorParams> selectors;
  balancing::EnvoyFallback fallback = balancing::EnvoyFallback::no_fallback;
  OrderedMap<std::string> default_subset;
  bool panic_mode_any = false;
  bool allow_redundant_keys = false;
  bool locality_weight_aware = false;

  static constexpr std::string_view type_name = "load_balancer.subsets";
  static constexpr auto fields() {
    using P = SubsetsParams;
    return Fields{
        field<&P::selectors>("Which labels make subsets together.")
            .required()
            .at_least(1u)
            .source("Envoy subset_selectors"),
        field<&P::fallback>("What will do if no subset fits.").source("Envoy fallback_policy"),
        field<&P::default_subset>("Labels of the instances that default_subset means.")
            .source("Envoy default_subset"),
        field<&P::panic_mode_any>("All instances, if default_subset has nobody either.")
            .source("Envoy panic_mode_any"),
        field<&P::allow_redundant_keys>("Leaves labels that no selector has out of account.")
            .source("Envoy allow_redundant_keys"),
        field<&P::locality_weight_aware>("Lets locality weights count within subsets.")
            .source("Envoy locality_weight_aware")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (fallback == balancing::EnvoyFallback::keys_subset)
      problems.error(where.position(), pointer_to(path, "fallback"),
                     "keys_subset is a selector's fallback");
  }
  balancing::EnvoySubsetOptions options() const {
    balancing::EnvoySubsetOptions out;
    for (const SubsetSelectorParams& selector : selectors)
      out.selectors.push_back({selector.keys,
                               selector.fallback.value_or(balancing::EnvoyFallback::not_defined),
                               selector.fallback_keys});
    out.fallback = fallback;
    out.default_subset = labels_of(default_subset);
    out.panic_mode_any = panic_mode_any;
    out.allow_redundant_keys = allow_redundant_keys;
    out.locality_weight_aware = locality_weight_aware;
    return out;
  }
};

/// What Envoy's policies share.
struct EnvoyParams {
  Fraction panic_threshold{balancing::EnvoyPriorityOptions{}.panic_threshold / 100.0};
  double overprovisioning = balancing::EnvoyPriorityOptions{}.overprovisioning_factor / 100.0;
  bool weighted_priority_health = balancing::EnvoyPriorityOptions{}.weighted_priority_health;
  Locality locality = Locality::none;
  OrderedMap<std::uint32_t> locality_weights;
  std::uint64_t min_cluster_size = balancing::EnvoyZoneAwareOptions{}.min_cluster_size;
  Fraction routing_enabled{balancing::EnvoyZoneAwareOptions{}.routing_enabled / 100.0};
  bool fail_traffic_on_panic = balancing::EnvoyHostOptions{}.fail_traffic_on_panic;
  std::uint32_t host_selection_retries =
      balancing::EnvoyHostOptions{}.host_selection_retry_max_attempts;
  std::optional<SubsetsParams> subsets;

  static constexpr auto fields() {
    return Fields{
        field<&EnvoyParams::panic_threshold>("With a smaller share of usable instances all are "
                                             "used, usable or not, in whole percents; 0: never.")
            .source("Envoy healthy_panic_threshold"),
        field<&EnvoyParams::overprovisioning>("A priority level takes all the load while this "
                                              "times its usable share is at least 1.")
            .at_least(1.0)
            .at_most(100.0)
            .source("Envoy overprovisioning_factor"),
        field<&EnvoyParams::weighted_priority_health>("Measures a level's usable share by weight.")
            .source("Envoy weighted_priority_health"),
        field<&EnvoyParams::locality>("Whether zones matter.")
            .source("Envoy zone_aware_lb_config, locality_weighted_lb_config"),
        field<&EnvoyParams::locality_weights>("Weight of each zone; a zone that is not named gets "
                                              "nothing while a named one has somebody usable.")
            .source("Envoy load_balancing_weight of localities"),
        field<&EnvoyParams::min_cluster_size>("With fewer usable instances zone_aware does "
                                              "nothing.")
            .source("Envoy min_cluster_size"),
        field<&EnvoyParams::routing_enabled>("Share of the requests that zone_aware is for, in "
                                             "whole percents.")
            .source("Envoy routing_enabled"),
        field<&EnvoyParams::fail_traffic_on_panic>("Picks nobody in panic instead of anybody.")
            .source("Envoy fail_traffic_on_panic"),
        field<&EnvoyParams::host_selection_retries>("How often another one is drawn for an "
                                                    "instance that is full or was tried before, "
                                                    "until the next that will do is taken.")
            .at_most(1000u)
            .source("Envoy host_selection_retry_max_attempts"),
        field<&EnvoyParams::subsets>("Lets the labels of a request say which instances will do.")
            .source("Envoy lb_subset_config")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (locality_weights.empty() == (locality == Locality::weighted))
      problems.error(where.position(), pointer_to(path, "locality_weights"),
                     "they are for the locality weighted, which needs them");
  }
  void apply(balancing::Options& options) const {
    balancing::EnvoyHostOptions& hosts = options.envoy.hosts;
    hosts.priority.panic_threshold = whole_percent(panic_threshold);
    hosts.priority.overprovisioning_factor =
        static_cast<std::uint32_t>(std::llround(overprovisioning * 100));
    hosts.priority.weighted_priority_health = weighted_priority_health;
    hosts.locality.zone_aware = {whole_percent(routing_enabled), min_cluster_size};
    if (locality == Locality::zone_aware)
      hosts.locality.mode = balancing::EnvoyLocalityMode::zone_aware;
    if (locality == Locality::weighted)
      hosts.locality.mode = balancing::EnvoyLocalityMode::weighted;
    for (const auto& zone : locality_weights)
      hosts.locality.weights.push_back({zone.key, zone.value});
    hosts.fail_traffic_on_panic = fail_traffic_on_panic;
    hosts.host_selection_retry_max_attempts = host_selection_retries;
    if (subsets) options.envoy.subsets = subsets->options();
  }
};

/// The bound that Envoy's hashing policies have besides.
struct EnvoyBoundParams {
  std::optional<std::uint32_t> hash_balance_factor;

  static constexpr auto fields() {
    return Fields{field<&EnvoyBoundParams::hash_balance_factor>(
                      "Most requests in flight of an instance, in percent of its share, by "
                      "the policies envoy_ring_hash and envoy_maglev; any unless given.")
                      .at_least(100u)
                      .at_most(100'000u)
                      .source("Envoy hash_balance_factor")};
  }
  void apply(balancing::Options& options) const {
    options.envoy.hash.hash_balance_factor = hash_balance_factor.value_or(0);
  }
};

}  // namespace balancer
}  // namespace highwater
