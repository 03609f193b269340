/// Drivers of the balancing family: requests that come and go in, the targets picked out.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/balancer/policy_params.h"
#include "models/drivers/balancer_params.h"
#include "models/drivers/catalog.h"
#include "models/drivers/event_session.h"

namespace highwater::drivers {
namespace {

using balancing::Policy;

constexpr const char* kEvents =
    "pick, pick KEY, done NAME and fail NAME (the oldest request there), refuse NAME (the newest "
    "fails), retry (the request that failed last goes on), at SECONDS, down NAME, up NAME, "
    "weight NAME N, degrade NAME, recover NAME, match {\"LABEL\": \"VALUE\"}";
constexpr const char* kPicked = "the name of the target for each pick and retry, - where none";
constexpr const char* kKey = "a key: any bytes; the empty line is the empty key";
constexpr const char* kTarget = "the name of the key's target; - where none can be had";

/// A policy that has nothing of its own to set.
struct NoOptions {
  static constexpr auto fields() { return Fields{}; }
  void apply(balancing::Options&) const {}
};

/// Two groups of options beside each other.
template <class A, class B>
struct Both {
  A a;
  B b;

  static constexpr auto fields() { return Fields{inlined<&Both::a>(), inlined<&Both::b>()}; }
  void apply(balancing::Options& options) const {
    a.apply(options);
    b.apply(options);
  }
};

template <class Servers, class Group>
struct BalancerParams {
  Servers servers;
  Group group;

  static constexpr std::string_view type_name = "balancer_driver";
  static constexpr bool kKeys = false;
  static constexpr auto fields() {
    using P = BalancerParams;
    return Fields{inlined<&P::servers>(), inlined<&P::group>()};
  }
};

/// Of a policy that hashes keys: a line is a key, unless events are asked for.
template <class Servers, class Group>
struct KeyBalancerParams {
  Servers servers;
  Group group;
  bool events = false;

  static constexpr std::string_view type_name = "key_balancer_driver";
  static constexpr bool kKeys = true;
  static constexpr auto fields() {
    using P = KeyBalancerParams;
    return Fields{inlined<&P::servers>(), inlined<&P::group>(),
                  field<&P::events>("Takes events as the other balancing algorithms do, with "
                                    "pick KEY, and not a key a line.")};
  }
};

const balancing::PolicyInfo& info_of(Policy policy) {
  return balancing::kPolicies[static_cast<std::size_t>(policy)];
}

template <class Params>
Driver balancer_driver(Policy policy, std::string name, std::string summary) {
  const std::string input = Params::kKeys ? "10.0.0.7 10.1.2.3" : "pick pick 'at 1.5' pick";
  return driver<Params>(
      {name, "balancing", std::move(summary), std::string(info_of(policy).source),
       Params::kKeys ? kKey : kEvents, Params::kKeys ? kTarget : kPicked,
       "printf '%s\\n' " + input + " | highwater algorithm " + name + " --targets a=5,b=1,c=1"},
      [policy](const Params& params) -> std::unique_ptr<Session> {
        balancing::Options options;
        params.servers.apply(options);
        params.group.apply(options);
        auto balancer = make_balancer(policy, params.servers.configured(), options);
        if constexpr (Params::kKeys)
          if (!params.events)
            return std::make_unique<KeySession>(std::move(balancer), params.servers.seed());
        return std::make_unique<EventSession>(std::move(balancer), params.servers.seed());
      });
}

template <class Servers, class Group = NoOptions>
Driver policy_driver(Policy policy) {
  return balancer_driver<BalancerParams<Servers, Group>>(policy, std::string(info_of(policy).name),
                                                         std::string(info_of(policy).summary));
}
template <class Servers, class Group = NoOptions>
Driver key_driver(Policy policy) {
  return balancer_driver<KeyBalancerParams<Servers, Group>>(
      policy, std::string(info_of(policy).name), std::string(info_of(policy).summary));
}

Driver driver_of(Policy policy) {
  namespace params = highwater::balancer;
  switch (policy) {
    case Policy::nginx_round_robin:
    case Policy::nginx_least_conn:
    case Policy::nginx_random:
    case Policy::nginx_random_two:
      return policy_driver<NginxParams>(policy);
    case Policy::nginx_ip_hash:
    case Policy::nginx_hash:
    case Policy::nginx_hash_consistent:
      return key_driver<NginxParams>(policy);
    case Policy::haproxy_roundrobin:
    case Policy::haproxy_static_rr:
    case Policy::haproxy_leastconn:
    case Policy::haproxy_first:
      return policy_driver<HaproxyServersParams>(policy);
    case Policy::haproxy_source:
      return key_driver<HaproxyServersParams, params::HaproxySourceParams>(policy);
    case Policy::haproxy_hash:
      return key_driver<HaproxyServersParams, params::HaproxyHashParams>(policy);
    case Policy::haproxy_random:
      return policy_driver<HaproxyServersParams, params::HaproxyRandomParams>(policy);
    case Policy::envoy_round_robin:
      return policy_driver<EnvoyScheduledParams>(policy);
    case Policy::envoy_least_request:
      return policy_driver<EnvoyScheduledParams, params::EnvoyLeastRequestParams>(policy);
    case Policy::envoy_random:
      return policy_driver<EnvoyHostsParams>(policy);
    case Policy::envoy_ring_hash:
      return policy_driver<EnvoyHostsParams,
                           Both<params::EnvoyRingParams, params::EnvoyBoundParams>>(policy);
    case Policy::envoy_maglev:
      return policy_driver<EnvoyHostsParams, Both<params::MaglevParams, params::EnvoyBoundParams>>(
          policy);
    case Policy::finagle_p2c:
      return policy_driver<PlainParams, params::FinagleParams>(policy);
    case Policy::peak_ewma:
      return policy_driver<PlainParams, Both<params::PeakEwmaParams, params::FinagleParams>>(
          policy);
    case Policy::power_of_d:
      return policy_driver<PlainParams, params::PowerOfDParams>(policy);
    case Policy::round_robin:
    case Policy::weighted:
    case Policy::random:
    case Policy::least_connections:
    case Policy::power_of_two:
    case Policy::join_idle_queue:
    case Policy::busiest:
      break;
  }
  return policy_driver<PlainParams>(policy);
}

/// Sessions that stick, over any policy.
struct StickyDriverParams {
  ServersParams servers;
  Policy policy = Policy::round_robin;
  highwater::balancer::StickyParams sticky;

  static constexpr std::string_view type_name = "sticky_driver";
  static constexpr auto fields() {
    using P = StickyDriverParams;
    return Fields{inlined<&P::servers>(),
                  field<&P::policy>("Who decides for a key that is not known yet."),
                  inlined<&P::sticky>()};
  }
};

Driver sticky_driver() {
  return driver<StickyDriverParams>(
      {"sticky", "balancing", "Sends each key where it was sent before.",
       "HAProxy 2.6 stick-table, option redispatch; Amazon ELB sticky sessions", kEvents, kPicked,
       "printf '%s\\n' 'pick u1' 'pick u2' 'pick u1' | highwater algorithm sticky --targets a,b,c"},
      [](const StickyDriverParams& params) {
        balancing::Options options;
        options.sticky = params.sticky.options();
        return std::make_unique<EventSession>(
            make_balancer(params.policy, params.servers.configured(), options),
            params.servers.servers.seed);
      });
}

}  // namespace

std::vector<Driver> balancing() {
  std::vector<Driver> drivers;
  for (const balancing::PolicyInfo& info : balancing::kPolicies) {
    drivers.push_back(driver_of(info.policy));
    if (info.policy == Policy::haproxy_hash)
      drivers.push_back(
          balancer_driver<BalancerParams<HaproxyServersParams, balancer::HaproxyBoundParams>>(
              info.policy, "haproxy_bounded_load",
              "HAProxy's consistent hash with a bound on each server's load."));
  }
  drivers.push_back(sticky_driver());
  return drivers;
}

}  // namespace highwater::drivers
