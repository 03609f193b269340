#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/describe/field.h"
#include "engine/kernel/distribution.h"
#include "models/admission/admission_params.h"
#include "models/balancer/policy_params.h"

namespace highwater::balancer {

struct HealthCheckParams {
  Duration interval = 2s;
  std::uint32_t fall = 3;
  std::uint32_t rise = 2;

  static constexpr std::string_view type_name = "load_balancer.health_check";
  static constexpr auto fields() {
    return std::tuple{
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

/// Sessions that stay with their instance.
struct StickyParams {
  Duration ttl{balancing::StickyOptions{}.ttl};
  std::uint64_t sessions = balancing::StickyOptions{}.max_entries;
  bool redispatch = balancing::StickyOptions{}.redispatch;

  static constexpr std::string_view type_name = "load_balancer.sticky";
  static constexpr auto fields() {
    return std::tuple{
        field<&StickyParams::ttl>("How long an unused session is remembered.")
            .at_least(Duration{1})
            .source("chosen"),
        field<&StickyParams::sessions>("Sessions that each balancer remembers; of more, those "
                                       "unused for longest are forgotten.")
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{1'000'000'000})
            .source("chosen"),
        field<&StickyParams::redispatch>("Sends a session whose instance will not do to another "
                                         "one, where it stays; if not, nobody is picked for it.")
            .source("HAProxy option redispatch")};
  }
};

struct SlowStartParams {
  Duration window{0};
  std::optional<double> aggression;
  std::optional<Fraction> min_weight;

  static constexpr std::string_view type_name = "load_balancer.slow_start";
  static constexpr auto shorthand = &SlowStartParams::window;
  static constexpr auto fields() {
    return std::tuple{
        field<&SlowStartParams::window>("Time in which an instance that comes back works its way "
                                        "to its full weight.")
            .required()
            .at_least(Duration{1'000'000})
            .source("HAProxy slowstart, Envoy slow_start_window"),
        field<&SlowStartParams::aggression>("Above 1: faster at first; 1 unless given. Envoy's "
                                            "policies alone.")
            .at_least(0.001)
            .at_most(1000.0)
            .source("Envoy aggression"),
        field<&SlowStartParams::min_weight>("Of its weight, what it begins with; 10% unless given. "
                                            "Envoy's policies alone.")
            .source("Envoy min_weight_percent")};
  }
};

enum class Locality : std::uint8_t { none, zone_aware };
constexpr auto words_of(Locality) {
  return std::array{
      Word{Locality::none, "none", "Zones do not matter."},
      Word{Locality::zone_aware, "zone_aware",
           "As many requests stay in the balancer's zone as give every instance an equal share."}};
}

/// What Envoy's policies share.
struct EnvoyParams {
  Fraction panic_threshold{balancing::EnvoyPriorityOptions{}.panic_threshold / 100.0};
  double overprovisioning = balancing::EnvoyPriorityOptions{}.overprovisioning_factor / 100.0;
  Locality locality = Locality::none;
  std::uint64_t min_cluster_size = balancing::EnvoyZoneAwareOptions{}.min_cluster_size;
  bool fail_traffic_on_panic = balancing::EnvoyHostOptions{}.fail_traffic_on_panic;
  std::optional<std::uint32_t> hash_balance_factor;

  static constexpr std::string_view type_name = "load_balancer.envoy";
  static constexpr auto fields() {
    return std::tuple{
        field<&EnvoyParams::panic_threshold>("With a smaller share of usable instances all are "
                                             "used, usable or not, in whole percents; 0: never.")
            .source("Envoy healthy_panic_threshold"),
        field<&EnvoyParams::overprovisioning>("A priority level takes all the load while this "
                                              "times its usable share is at least 1.")
            .at_least(1.0)
            .at_most(100.0)
            .source("Envoy overprovisioning_factor"),
        field<&EnvoyParams::locality>("Whether near instances are preferred.")
            .source("Envoy zone_aware_lb_config"),
        field<&EnvoyParams::min_cluster_size>("With fewer usable instances zones do not matter.")
            .source("Envoy min_cluster_size"),
        field<&EnvoyParams::fail_traffic_on_panic>("Picks nobody in panic instead of anybody.")
            .source("Envoy fail_traffic_on_panic"),
        field<&EnvoyParams::hash_balance_factor>("Most requests in flight of an instance, in "
                                                 "percent of its share, by the policies "
                                                 "envoy_ring_hash and envoy_maglev; any unless "
                                                 "given.")
            .at_least(100u)
            .at_most(100'000u)
            .source("Envoy hash_balance_factor")};
  }
};

/// Envoy's outlier detection, under any policy.
struct OutlierParams {
  using Defaults = balancing::OutlierOptions;
  Duration interval{Defaults{}.interval};
  Duration base_ejection_time{Defaults{}.base_ejection_time};
  std::optional<Duration> max_ejection_time;
  Duration max_ejection_time_jitter{Defaults{}.max_ejection_time_jitter};
  Fraction max_ejection_percent{Defaults{}.max_ejection_percent / 100.0};
  bool always_eject_one = Defaults{}.always_eject_one_host;
  std::uint32_t consecutive_5xx = Defaults{}.consecutive_5xx;
  std::uint32_t consecutive_gateway_failure = Defaults{}.consecutive_gateway_failure;
  std::uint32_t consecutive_local_origin_failure = Defaults{}.consecutive_local_origin_failure;
  bool split_local_origin_errors = Defaults{}.split_external_local_origin_errors;
  std::uint32_t success_rate_minimum_hosts = Defaults{}.success_rate_minimum_hosts;
  std::uint64_t success_rate_request_volume = Defaults{}.success_rate_request_volume;
  double success_rate_stdev_factor = Defaults{}.success_rate_stdev_factor / 1000.0;
  Fraction failure_percentage_threshold{Defaults{}.failure_percentage_threshold / 100.0};
  std::uint32_t failure_percentage_minimum_hosts = Defaults{}.failure_percentage_minimum_hosts;
  std::uint64_t failure_percentage_request_volume = Defaults{}.failure_percentage_request_volume;
  Fraction enforcing_consecutive_5xx{Defaults{}.enforcing[0] / 100.0};
  Fraction enforcing_consecutive_gateway_failure{Defaults{}.enforcing[1] / 100.0};
  Fraction enforcing_consecutive_local_origin_failure{Defaults{}.enforcing[2] / 100.0};
  Fraction enforcing_success_rate{Defaults{}.enforcing[3] / 100.0};
  Fraction enforcing_local_origin_success_rate{Defaults{}.enforcing[4] / 100.0};
  Fraction enforcing_failure_percentage{Defaults{}.enforcing[5] / 100.0};
  Fraction enforcing_local_origin_failure_percentage{Defaults{}.enforcing[6] / 100.0};

  static constexpr std::string_view type_name = "load_balancer.outlier_detection";
  static constexpr auto fields() {
    using P = OutlierParams;
    constexpr std::string_view kEnforcing =
        "Share of these findings that is acted on, in whole percents.";
    return std::tuple{
        field<&P::interval>("Time between two looks at the rates, at which instances also return.")
            .at_least(Duration{1'000'000})
            .source("Envoy interval"),
        field<&P::base_ejection_time>("How long an instance is out the first time; twice that the "
                                      "second time, and so on.")
            .at_least(Duration{1'000'000})
            .source("Envoy base_ejection_time"),
        field<&P::max_ejection_time>("Longest time out; 300 s, or base_ejection_time if that is "
                                     "more, unless given.")
            .source("Envoy max_ejection_time"),
        field<&P::max_ejection_time_jitter>("Up to so much is added by chance.")
            .source("Envoy max_ejection_time_jitter"),
        field<&P::max_ejection_percent>("Most instances that may be out, in whole percents.")
            .source("Envoy max_ejection_percent"),
        field<&P::always_eject_one>("Lets one be out, whatever max_ejection_percent says.")
            .source("Envoy always_eject_one_host"),
        field<&P::consecutive_5xx>("Errors in a row that make an outlier.")
            .at_least(1u)
            .source("Envoy consecutive_5xx"),
        field<&P::consecutive_gateway_failure>("Refusals and time-outs in a row that make one.")
            .at_least(1u)
            .source("Envoy consecutive_gateway_failure"),
        field<&P::consecutive_local_origin_failure>("Connections in a row that fail or time out, "
                                                    "where they count apart.")
            .at_least(1u)
            .source("Envoy consecutive_local_origin_failure"),
        field<&P::split_local_origin_errors>("Counts errors of the connection apart from answers.")
            .source("Envoy split_external_local_origin_errors"),
        field<&P::success_rate_minimum_hosts>("Instances with enough requests that the rates are "
                                              "looked at for.")
            .source("Envoy success_rate_minimum_hosts"),
        field<&P::success_rate_request_volume>("Requests in an interval that are enough.")
            .source("Envoy success_rate_request_volume"),
        field<&P::success_rate_stdev_factor>("Standard deviations below the mean rate that make an "
                                             "outlier, in thousandths.")
            .at_least(0.0)
            .at_most(1000.0)
            .source("Envoy success_rate_stdev_factor"),
        field<&P::failure_percentage_threshold>("Share of failures that makes an outlier, in whole "
                                                "percents.")
            .source("Envoy failure_percentage_threshold"),
        field<&P::failure_percentage_minimum_hosts>("As for the success rate.")
            .source("Envoy failure_percentage_minimum_hosts"),
        field<&P::failure_percentage_request_volume>("As for the success rate.")
            .source("Envoy failure_percentage_request_volume"),
        field<&P::enforcing_consecutive_5xx>(kEnforcing),
        field<&P::enforcing_consecutive_gateway_failure>(kEnforcing),
        field<&P::enforcing_consecutive_local_origin_failure>(kEnforcing),
        field<&P::enforcing_success_rate>(kEnforcing),
        field<&P::enforcing_local_origin_success_rate>(kEnforcing),
        field<&P::enforcing_failure_percentage>(kEnforcing),
        field<&P::enforcing_local_origin_failure_percentage>(kEnforcing)};
  }

  balancing::OutlierOptions options() const;
};

/// haproxy_hash, with the bound that only matters where requests are in flight.
struct HaproxyHashPolicyParams {
  HaproxyHashParams hash;
  std::optional<std::uint32_t> balance_factor;

  static constexpr std::string_view type_name = "load_balancer.haproxy_hash";
  static constexpr auto fields() {
    return std::tuple{inlined<&HaproxyHashPolicyParams::hash>(),
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

struct LoadBalancerParams {
  balancing::Policy policy = balancing::Policy::round_robin;
  std::vector<ComponentRef> targets;
  OrderedMap<std::uint32_t> weights;
  OrderedMap<std::uint32_t> priorities;
  std::vector<std::string> backup;
  std::optional<std::uint32_t> max_connections;
  std::optional<SlowStartParams> slow_start;
  std::optional<StickyParams> sticky;
  std::optional<EnvoyParams> envoy;
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
  std::optional<Duration> timeout;
  Distribution service_time;
  std::uint32_t replicas = 1;
  std::vector<std::string> zones;
  Duration start_time{0};

  static constexpr auto fields() {
    return std::tuple{
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
        field<&LoadBalancerParams::max_connections>("Requests that a balancer may have at an "
                                                    "instance at a time; any number unless given.")
            .at_least(1u)
            .source("nginx max_conns, HAProxy maxconn"),
        field<&LoadBalancerParams::slow_start>("Spares an instance that comes back at first, for "
                                               "HAProxy's and Envoy's policies."),
        field<&LoadBalancerParams::sticky>("Keeps the requests of a key with one instance."),
        field<&LoadBalancerParams::envoy>("What Envoy's policies share."),
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
        field<&LoadBalancerParams::timeout>("Longest wait for an instance's answer; for ever "
                                            "unless given.")
            .at_least(Duration{1}),
        field<&LoadBalancerParams::service_time>("Time the balancer itself takes for a request."),
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
