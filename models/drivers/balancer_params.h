#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "models/balancer/envoy_params.h"
#include "models/balancer/policy_params.h"
#include "models/drivers/per_target.h"
#include "models/drivers/target_list.h"

namespace highwater::drivers {

// The targets of a balancer's driver with what each product can say of them. configured() gives
// the targets, apply() tells the policy what is said for all of them.

inline bool names(const NameList& list, const std::string& name) {
  return std::find(list.names.begin(), list.names.end(), name) != list.names.end();
}

/// What is common to all targets of a balancer that has nothing more to say.
struct TargetsParams {
  TargetList targets;
  NameList down;
  PerTarget<std::uint32_t> max_in_flight{0u};
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    return Fields{
        field<&TargetsParams::targets>("Targets with weights, in configuration order.").required(),
        field<&TargetsParams::down>("Targets that are down from the beginning."),
        field<&TargetsParams::max_in_flight>("Requests that each target may have; 0: any number.")
            .source("nginx max_conns, HAProxy maxconn"),
        field<&TargetsParams::seed>("Of the draws: SplitMix64.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_names(down, targets, where, path, "down", problems);
    check_names(max_in_flight, targets, where, path, "max_in_flight", problems);
  }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list;
    for (const NamedTarget& target : targets.targets) {
      balancing::Target& added = list.emplace_back();
      added.name = target.name;
      added.weight = target.weight;
      added.max_in_flight = max_in_flight.of(target.name, 0);
      added.down = names(down, target.name);
    }
    return list;
  }
  void apply(balancing::Options&) const {}
};

/// With what nginx and HAProxy know besides.
struct ServersParams {
  TargetsParams servers;
  NameList backup;

  static constexpr auto fields() {
    return Fields{inlined<&ServersParams::servers>(),
                  field<&ServersParams::backup>("Targets that work only when no other can.")
                      .source("nginx and HAProxy backup")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_names(backup, servers.targets, where, path, "backup", problems);
  }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = servers.configured();
    for (balancing::Target& target : list) target.backup = names(backup, target.name);
    return list;
  }
};

struct NginxParams {
  using Defaults = balancing::Target;
  ServersParams servers;
  PerTarget<std::uint32_t> max_fails{Defaults{}.max_fails};
  PerTarget<Duration> fail_timeout{Duration{Defaults{}.fail_timeout}};

  static constexpr auto fields() {
    return Fields{
        inlined<&NginxParams::servers>(),
        field<&NginxParams::max_fails>("Failures within fail_timeout that keep a server away; 0: "
                                       "failures do not count.")
            .source("nginx max_fails"),
        field<&NginxParams::fail_timeout>("For how long, in whole seconds.")
            .source("nginx fail_timeout")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const TargetList& targets = servers.servers.targets;
    check_names(max_fails, targets, where, path, "max_fails", problems);
    check_names(fail_timeout, targets, where, path, "fail_timeout", problems);
  }
  std::uint64_t seed() const { return servers.servers.seed; }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = servers.configured();
    for (balancing::Target& target : list) {
      target.max_fails = max_fails.of(target.name, target.max_fails);
      target.fail_timeout = fail_timeout.of(target.name, Duration{target.fail_timeout}).count();
    }
    return list;
  }
  void apply(balancing::Options&) const {}
};

struct HaproxyServersParams {
  ServersParams servers;
  PerTarget<std::uint32_t> min_in_flight{0u};
  PerTarget<Duration> slow_start{Duration{0}};
  balancer::HaproxyParams backend;

  static constexpr auto fields() {
    return Fields{
        inlined<&HaproxyServersParams::servers>(),
        field<&HaproxyServersParams::min_in_flight>("Limit of a server while the backend is idle, "
                                                    "which grows to max_in_flight; 0: none.")
            .source("HAProxy minconn"),
        field<&HaproxyServersParams::slow_start>("Time in which a server that comes up works "
                                                 "its way to its full weight.")
            .source("HAProxy slowstart"),
        inlined<&HaproxyServersParams::backend>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const TargetList& targets = servers.servers.targets;
    check_names(min_in_flight, targets, where, path, "min_in_flight", problems);
    check_names(slow_start, targets, where, path, "slow_start", problems);
  }
  std::uint64_t seed() const { return servers.servers.seed; }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = servers.configured();
    for (balancing::Target& target : list) {
      target.min_in_flight = min_in_flight.of(target.name, 0);
      target.slow_start = slow_start.of(target.name, Duration{0}).count();
    }
    return list;
  }
  void apply(balancing::Options& options) const { backend.apply(options); }
};

/// Hosts as Envoy knows them, in levels and zones and with labels.
struct EnvoyHostsParams {
  TargetsParams targets;
  PerTarget<std::uint32_t> priority{0u};
  PerTarget<std::string> zones;
  std::string zone;
  OrderedMap<std::uint32_t> proxies;
  OrderedMap<OrderedMap<std::string>> labels;
  balancer::EnvoyParams envoy;

  static constexpr auto fields() {
    using P = EnvoyHostsParams;
    return Fields{
        inlined<&P::targets>(),
        field<&P::priority>("Level of each target; 0 is used first.").source("Envoy priority"),
        field<&P::zones>("Zone of each target: \"a=z1,b=z2\".").source("Envoy locality"),
        field<&P::zone>("The proxy's own zone, for zone_aware.").source("Envoy local_cluster"),
        field<&P::proxies>("Proxies in each zone, the own one included, for zone_aware: "
                           "{\"z1\": 2, \"z2\": 1}.")
            .source("Envoy local_cluster"),
        field<&P::labels>("Labels of targets, for subsets: {\"a\": {\"version\": \"2\"}}.")
            .source("Envoy metadata envoy.lb"),
        inlined<&P::envoy>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_names(priority, targets.targets, where, path, "priority", problems);
    check_names(zones, targets.targets, where, path, "zones", problems);
    NameList labelled;
    for (const auto& entry : labels) labelled.names.push_back(entry.key);
    check_names(labelled, targets.targets, where, path, "labels", problems);
    const bool zone_aware = envoy.locality == balancer::Locality::zone_aware;
    if (zone_aware == proxies.empty() || zone_aware == zone.empty())
      problems.error(where.position(), path,
                     "zone_aware needs zone and proxies, nothing else does");
    if (!labels.empty() && !envoy.subsets)
      problems.error(where.position(), pointer_to(path, "labels"), "only subsets read them");
  }
  std::uint64_t seed() const { return targets.seed; }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = targets.configured();
    for (balancing::Target& target : list) {
      target.priority = priority.of(target.name, 0);
      target.locality = zones.of(target.name, "");
      if (const auto* own = labels.find(target.name)) target.labels = balancer::labels_of(*own);
    }
    return list;
  }
  void apply(balancing::Options& options) const {
    envoy.apply(options);
    balancing::EnvoyLocalityOptions& locality = options.envoy.hosts.locality;
    locality.own = zone;
    for (const auto& entry : proxies)
      locality.proxies.push_back({entry.key, entry.value, entry.value});
  }
};

/// With Envoy's slow start, for the policies that have weights in turn.
struct EnvoyScheduledParams {
  EnvoyHostsParams hosts;
  std::optional<balancer::SlowStartParams> slow_start;

  static constexpr auto fields() {
    return Fields{inlined<&EnvoyScheduledParams::hosts>(),
                  field<&EnvoyScheduledParams::slow_start>(
                      "Time in which a host that comes back works its way to its full weight, "
                      "or {\"window\": \"30s\", \"aggression\": 2, \"min_weight\": \"5%\"}.")
                      .source("Envoy slow_start_config")};
  }
  std::uint64_t seed() const { return hosts.seed(); }
  std::vector<balancing::Target> configured() const { return hosts.configured(); }
  void apply(balancing::Options& options) const {
    hosts.apply(options);
    if (slow_start) slow_start->apply(options);
  }
};

/// For those without a word on servers of their own.
struct PlainParams {
  TargetsParams servers;

  static constexpr auto fields() { return Fields{inlined<&PlainParams::servers>()}; }
  std::uint64_t seed() const { return servers.seed; }
  std::vector<balancing::Target> configured() const { return servers.configured(); }
  void apply(balancing::Options&) const {}
};

}  // namespace highwater::drivers
