#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/kernel/distribution.h"
#include "models/admission/admission_params.h"
#include "models/balancer/authentication_params.h"
#include "models/balancer/envoy_params.h"
#include "models/balancer/policy_params.h"
#include "models/calls/listener_params.h"
#include "models/calls/transport_params.h"
#include "models/outlier_params.h"

namespace highwater::balancer {

struct HealthCheckParams {
  Duration interval = 2s;
  std::uint32_t fall = 3;
  std::uint32_t rise = 2;

  static constexpr std::string_view type_name = "load_balancer.health_check";
  static constexpr auto fields() {
    return Fields{
        field<&HealthCheckParams::interval>("Time between two checks of a target.")
            .at_least(Duration{1'000'000})
            .source("HAProxy inter"),
        field<&HealthCheckParams::fall>("Failed checks in a row after which a target gets no more "
                                        "requests.")
            .at_least(1u)
            .source("HAProxy fall"),
        field<&HealthCheckParams::rise>("Good checks in a row after which it gets requests again.")
            .at_least(1u)
            .source("HAProxy rise")};
  }
};

/// What a scenario can tell Envoy's policies.
struct EnvoyPolicyParams {
  EnvoyParams common;
  EnvoyBoundParams bound;

  static constexpr std::string_view type_name = "load_balancer.envoy";
  static constexpr auto fields() {
    return Fields{inlined<&EnvoyPolicyParams::common>(), inlined<&EnvoyPolicyParams::bound>()};
  }
  void apply(balancing::Options& options) const {
    common.apply(options);
    bound.apply(options);
  }
};

/// haproxy_hash, with the bound that only matters where requests are in flight.
struct HaproxyHashPolicyParams {
  HaproxyHashParams hash;
  std::optional<std::uint32_t> balance_factor;

  static constexpr std::string_view type_name = "load_balancer.haproxy_hash";
  static constexpr auto fields() {
    return Fields{inlined<&HaproxyHashPolicyParams::hash>(),
                  field<&HaproxyHashPolicyParams::balance_factor>(
                      "Most requests in flight of an instance, in "
                      "percent of its share; any unless given. "
                      "Needs the type consistent.")
                      .at_least(101u)
                      .at_most(65'535u)
                      .source("HAProxy hash-balance-factor")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (balance_factor && hash.type != HashType::consistent)
      problems.error(where.position(), pointer_to(path, "balance_factor"),
                     "needs the type consistent");
  }
  void apply(balancing::Options& options) const {
    hash.apply(options);
    options.haproxy.balance_factor = balance_factor.value_or(0);
  }
};

/// What a scenario can tell HAProxy's policies.
struct HaproxyPolicyParams {
  HaproxyParams backend;
  std::optional<std::uint32_t> min_connections;

  static constexpr std::string_view type_name = "load_balancer.haproxy";
  static constexpr auto fields() {
    return Fields{inlined<&HaproxyPolicyParams::backend>(),
                  field<&HaproxyPolicyParams::min_connections>(
                      "An instance's limit while there is no load, which grows to "
                      "max_connections as the load grows to full_load.")
                      .at_least(1u)
                      .source("HAProxy minconn")};
  }
  void apply(balancing::Options& options) const { backend.apply(options); }
};

struct LoadBalancerParams {
  balancing::Policy policy = balancing::Policy::round_robin;
  std::vector<ComponentRef> targets;
  OrderedMap<std::uint32_t> weights;
  OrderedMap<std::uint32_t> priorities;
  std::vector<std::string> backup;
  OrderedMap<OrderedMap<std::string>> labels;
  OrderedMap<OrderedMap<std::string>> match;
  std::optional<std::uint32_t> max_connections;
  std::optional<SlowStartParams> slow_start;
  std::optional<StickyParams> sticky;
  std::optional<EnvoyPolicyParams> envoy;
  std::optional<HaproxyPolicyParams> haproxy;
  std::optional<FinagleParams> finagle;
  std::optional<PowerOfDParams> power_of_d;
  std::optional<HaproxySourceParams> haproxy_source;
  std::optional<HaproxyHashPolicyParams> haproxy_hash;
  std::optional<HaproxyRandomParams> haproxy_random;
  std::optional<EnvoyLeastRequestParams> envoy_least_request;
  std::optional<EnvoyRingParams> envoy_ring_hash;
  std::optional<MaglevParams> envoy_maglev;
  std::optional<PeakEwmaParams> peak_ewma;
  std::uint32_t tries = 0;
  std::uint32_t max_fails = 1;
  Duration fail_timeout = 10s;
  std::optional<HealthCheckParams> health_check;
  std::optional<OutlierParams> outlier_detection;
  admission::AdmissionParams admission;
  std::optional<AuthenticationParams> authentication;
  std::optional<Duration> timeout;
  std::optional<TransportParams> transport;
  ListenerParams network;
  Distribution service_time;
  std::optional<double> cores;
  std::uint32_t replicas = 1;
  std::vector<std::string> zones;
  Duration start_time{0};

  static constexpr auto fields() {
    return Fields{
        field<&LoadBalancerParams::policy>("How a target instance is chosen."),
        field<&LoadBalancerParams::targets>("Components whose instances share the requests.")
            .required()
            .uses(Relation::route)
            .at_least(1u),
        field<&LoadBalancerParams::weights>("Weight of a component's instances, or of one "
                                            "(\"api[2]\"), for the policies that have weights; 1 "
                                            "unless given."),
        field<&LoadBalancerParams::priorities>(
            "Priority level of a component's instances, or of "
            "one, for Envoy's policies: 0, unless given, is used "
            "first.")
            .source("Envoy priority"),
        field<&LoadBalancerParams::backup>("Components, or single instances, that are used only "
                                           "when no other can be, for nginx' and HAProxy's "
                                           "policies.")
            .source("nginx and HAProxy backup"),
        field<&LoadBalancerParams::labels>("What a component's instances, or one, are: "
                                           "{\"api[2]\": {\"version\": \"2\"}}. Envoy's subsets "
                                           "are made of them.")
            .source("Envoy metadata envoy.lb"),
        field<&LoadBalancerParams::match>("Labels that the requests of an endpoint ask for, as "
                                          "envoy.subsets says: {\"GET /beta\": {\"version\": "
                                          "\"2\"}}.")
            .source("Envoy metadata_match"),
        field<&LoadBalancerParams::max_connections>("Requests that a balancer may have at an "
                                                    "instance at a time; any number unless given.")
            .at_least(1u)
            .source("nginx max_conns, HAProxy maxconn"),
        field<&LoadBalancerParams::slow_start>("Spares an instance that comes back at first, for "
                                               "HAProxy's and Envoy's policies."),
        field<&LoadBalancerParams::sticky>("Keeps the requests of a key with one instance."),
        field<&LoadBalancerParams::envoy>("What Envoy's policies share."),
        field<&LoadBalancerParams::haproxy>("What HAProxy's policies share."),
        field<&LoadBalancerParams::finagle>("Of the policies finagle_p2c and peak_ewma."),
        field<&LoadBalancerParams::power_of_d>("Of the policy power_of_d."),
        field<&LoadBalancerParams::haproxy_source>("Of the policy haproxy_source."),
        field<&LoadBalancerParams::haproxy_hash>("Of the policy haproxy_hash."),
        field<&LoadBalancerParams::haproxy_random>("Of the policy haproxy_random."),
        field<&LoadBalancerParams::envoy_least_request>("Of the policy envoy_least_request."),
        field<&LoadBalancerParams::envoy_ring_hash>("Of the policy envoy_ring_hash."),
        field<&LoadBalancerParams::envoy_maglev>("Of the policy envoy_maglev."),
        field<&LoadBalancerParams::peak_ewma>("Of the policy peak_ewma."),
        field<&LoadBalancerParams::tries>("Instances that one request may be sent to, one after "
                                          "the other, when they refuse it, break the connection "
                                          "(reads only) or time out; 0 for all there are.")
            .source("nginx proxy_next_upstream_tries"),
        field<&LoadBalancerParams::max_fails>("Failures, with less than fail_timeout between them, "
                                              "after which an instance gets no requests for "
                                              "fail_timeout; 0 for never.")
            .source("nginx max_fails"),
        field<&LoadBalancerParams::fail_timeout>("How long an instance that failed is left alone; "
                                                 "then one request tries it again.")
            .source("nginx fail_timeout"),
        field<&LoadBalancerParams::health_check>("Active checks of the targets; none unless "
                                                 "given."),
        field<&LoadBalancerParams::outlier_detection>("Takes instances out for a while because of "
                                                      "how their requests end; off unless given."),
        inlined<&LoadBalancerParams::admission>(),
        field<&LoadBalancerParams::authentication>("Finds out who a request is from before it is "
                                                   "sent on, after the limits on what comes in; "
                                                   "nobody is asked unless given."),
        field<&LoadBalancerParams::timeout>("Longest wait for an instance's answer; for ever "
                                            "unless given.")
            .at_least(Duration{1}),
        field<&LoadBalancerParams::transport>("The connections of each balancer to each instance, "
                                              "and what goes over them. Connections cost nothing "
                                              "unless given.")
            .source("nginx keepalive and proxy_http_version, HAProxy http-reuse"),
        inlined<&LoadBalancerParams::network>(),
        field<&LoadBalancerParams::service_time>("Time the balancer itself takes for a request."),
        field<&LoadBalancerParams::cores>("CPU cores of a balancer, which its service_time and the "
                                          "verify_time of tokens share; never the limit unless "
                                          "given.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&LoadBalancerParams::replicas>("Balancers, each with counts and checks of its own.")
            .at_least(1u)
            .at_most(10'000u),
        field<&LoadBalancerParams::zones>("Zones the balancers are spread over in turn; all zones "
                                          "of the network unless given."),
        field<&LoadBalancerParams::start_time>("From the start of a balancer until it takes "
                                               "requests.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  /// What the policy is told.
  balancing::Options options() const;
};

}  // namespace highwater::balancer
