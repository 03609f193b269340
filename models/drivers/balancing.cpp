/// Drivers of the balancing family: requests that come and go in, the targets picked out.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "models/balancer/policy_params.h"
#include "models/drivers/catalog.h"
#include "models/drivers/event_session.h"
#include "models/drivers/target_list.h"

namespace highwater::drivers {
namespace {

using balancing::Policy;

constexpr const char* kEvents =
    "pick, pick KEY, done NAME, fail NAME, retry (the request that failed last goes on), "
    "at SECONDS, down NAME, up NAME, weight NAME N";
constexpr const char* kPicked = "the name of the target for each pick and retry, - where none";
constexpr const char* kKey = "a key: any bytes; the empty line is the empty key";
constexpr const char* kTarget = "the name of the key's target; - where none can be had";

/// What is common to all targets of a balancer that has nothing more to say.
struct TargetsParams {
  TargetList targets;
  NameList down;
  std::uint32_t max_in_flight = 0;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    return std::tuple{
        field<&TargetsParams::targets>("Targets with weights, in configuration order.").required(),
        field<&TargetsParams::down>("Targets that are down from the beginning."),
        field<&TargetsParams::max_in_flight>("Requests that each target may have; 0: any number.")
            .source("nginx max_conns, HAProxy maxconn"),
        field<&TargetsParams::seed>("Of the draws: SplitMix64.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_names(down, targets, where, path, "down", problems);
  }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list;
    for (const NamedTarget& target : targets.targets) {
      balancing::Target& added = list.emplace_back();
      added.name = target.name;
      added.weight = target.weight;
      added.max_in_flight = max_in_flight;
      added.down = std::find(down.names.begin(), down.names.end(), target.name) != down.names.end();
    }
    return list;
  }
};

/// With what nginx and HAProxy know besides.
struct ServersParams {
  TargetsParams servers;
  NameList backup;

  static constexpr auto fields() {
    return std::tuple{inlined<&ServersParams::servers>(),
                      field<&ServersParams::backup>("Targets that work only when no other can.")
                          .source("nginx and HAProxy backup")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_names(backup, servers.targets, where, path, "backup", problems);
  }
  std::uint64_t seed() const { return servers.seed; }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = servers.configured();
    for (balancing::Target& target : list)
      target.backup =
          std::find(backup.names.begin(), backup.names.end(), target.name) != backup.names.end();
    return list;
  }
};

struct NginxParams {
  ServersParams servers;
  std::uint32_t max_fails = balancing::Target{}.max_fails;
  Duration fail_timeout{balancing::Target{}.fail_timeout};

  static constexpr auto fields() {
    return std::tuple{
        inlined<&NginxParams::servers>(),
        field<&NginxParams::max_fails>("Failures within fail_timeout that keep a server away; 0: "
                                       "failures do not count.")
            .source("nginx max_fails"),
        field<&NginxParams::fail_timeout>("For how long, in whole seconds.")
            .source("nginx fail_timeout")};
  }
  std::uint64_t seed() const { return servers.seed(); }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = servers.configured();
    for (balancing::Target& target : list) {
      target.max_fails = max_fails;
      target.fail_timeout = fail_timeout.count();
    }
    return list;
  }
};

struct HaproxyParams {
  ServersParams servers;
  Duration slow_start{0};

  static constexpr auto fields() {
    return std::tuple{
        inlined<&HaproxyParams::servers>(),
        field<&HaproxyParams::slow_start>("Time in which a server that comes up works "
                                          "its way to its full weight.")
            .source("HAProxy slowstart")};
  }
  std::uint64_t seed() const { return servers.seed(); }

  std::vector<balancing::Target> configured() const {
    std::vector<balancing::Target> list = servers.configured();
    for (balancing::Target& target : list) target.slow_start = slow_start.count();
    return list;
  }
};

/// For those without a word on servers of their own.
struct PlainParams {
  TargetsParams servers;

  static constexpr auto fields() { return std::tuple{inlined<&PlainParams::servers>()}; }
  std::uint64_t seed() const { return servers.seed; }
  std::vector<balancing::Target> configured() const { return servers.configured(); }
};

/// A policy that has nothing of its own to set.
struct NoOptions {
  static constexpr auto fields() { return std::tuple{}; }
  void apply(balancing::Options&) const {}
};

template <class Servers, class Group>
struct BalancerParams {
  Servers servers;
  Group group;

  static constexpr std::string_view type_name = "balancer_driver";
  static constexpr auto fields() {
    using P = BalancerParams;
    return std::tuple{inlined<&P::servers>(), inlined<&P::group>()};
  }
};

const balancing::PolicyInfo& info_of(Policy policy) {
  return balancing::kPolicies[static_cast<std::size_t>(policy)];
}

/// @tparam SessionOf  EventSession, or KeySession where every line is a key.
template <class SessionOf, class Servers, class Group>
Driver balancer_driver(Policy policy, std::string name, std::string summary) {
  using Params = BalancerParams<Servers, Group>;
  constexpr bool kKeys = std::is_same_v<SessionOf, KeySession>;
  const std::string input = kKeys ? "10.0.0.7 10.1.2.3" : "pick pick 'at 1.5' pick";
  return driver<Params>(
      {name, "balancing", std::move(summary), std::string(info_of(policy).source),
       kKeys ? kKey : kEvents, kKeys ? kTarget : kPicked,
       "printf '%s\\n' " + input + " | highwater algorithm " + name + " --targets a=5,b=1,c=1"},
      [policy](const Params& params) {
        balancing::Options options;
        params.group.apply(options);
        return std::make_unique<SessionOf>(
            make_balancer(policy, params.servers.configured(), options), params.servers.seed());
      });
}

template <class SessionOf, class Servers, class Group = NoOptions>
Driver policy_driver(Policy policy) {
  return balancer_driver<SessionOf, Servers, Group>(policy, std::string(info_of(policy).name),
                                                    std::string(info_of(policy).summary));
}

Driver driver_of(Policy policy) {
  switch (policy) {
    case Policy::nginx_round_robin:
    case Policy::nginx_least_conn:
    case Policy::nginx_random:
    case Policy::nginx_random_two:
      return policy_driver<EventSession, NginxParams>(policy);
    case Policy::nginx_ip_hash:
    case Policy::nginx_hash:
    case Policy::nginx_hash_consistent:
      return policy_driver<KeySession, NginxParams>(policy);
    case Policy::haproxy_roundrobin:
    case Policy::haproxy_static_rr:
    case Policy::haproxy_leastconn:
    case Policy::haproxy_first:
      return policy_driver<EventSession, HaproxyParams>(policy);
    case Policy::haproxy_source:
      return policy_driver<KeySession, HaproxyParams, balancer::HaproxySourceParams>(policy);
    case Policy::haproxy_hash:
      return policy_driver<KeySession, HaproxyParams, balancer::HaproxyHashParams>(policy);
    case Policy::haproxy_random:
      return policy_driver<EventSession, HaproxyParams, balancer::HaproxyRandomParams>(policy);
    case Policy::envoy_least_request:
      return policy_driver<EventSession, PlainParams, balancer::EnvoyLeastRequestParams>(policy);
    case Policy::envoy_ring_hash:
      return policy_driver<EventSession, PlainParams, balancer::EnvoyRingParams>(policy);
    case Policy::envoy_maglev:
      return policy_driver<EventSession, PlainParams, balancer::MaglevParams>(policy);
    case Policy::peak_ewma:
      return policy_driver<EventSession, PlainParams, balancer::PeakEwmaParams>(policy);
    case Policy::power_of_d:
      return policy_driver<EventSession, PlainParams, balancer::PowerOfDParams>(policy);
    case Policy::round_robin:
    case Policy::weighted:
    case Policy::random:
    case Policy::least_connections:
    case Policy::power_of_two:
    case Policy::join_idle_queue:
    case Policy::busiest:
    case Policy::envoy_round_robin:
    case Policy::envoy_random:
    case Policy::finagle_p2c:
      break;
  }
  return policy_driver<EventSession, PlainParams>(policy);
}

}  // namespace

std::vector<Driver> balancing() {
  std::vector<Driver> drivers;
  for (const balancing::PolicyInfo& info : balancing::kPolicies) {
    drivers.push_back(driver_of(info.policy));
    if (info.policy == Policy::haproxy_hash)
      drivers.push_back(balancer_driver<EventSession, HaproxyParams, balancer::HaproxyBoundParams>(
          info.policy, "haproxy_bounded_load",
          "HAProxy's consistent hash with a bound on each server's load."));
  }
  return drivers;
}

}  // namespace highwater::drivers
