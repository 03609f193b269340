#include "models/balancer/load_balancer_params.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

namespace highwater::balancer {
namespace {

using balancing::Policy;

std::uint32_t percent(Fraction fraction) {
  return static_cast<std::uint32_t>(std::llround(fraction.value * 100));
}

std::string_view name_of(Policy policy) {
  return balancing::kPolicies[static_cast<std::size_t>(policy)].name;
}

/// Whose policy it is, by its name's beginning.
bool is_of(Policy policy, std::string_view product) {
  return name_of(policy).starts_with(product);
}

bool has_weights(Policy policy) {
  switch (policy) {
    case Policy::round_robin:
    case Policy::random:
    case Policy::least_connections:
    case Policy::power_of_two:
    case Policy::power_of_d:
    case Policy::join_idle_queue:
    case Policy::busiest:
    case Policy::envoy_random:
      return false;
    default:
      return true;
  }
}

}  // namespace

balancing::OutlierOptions OutlierParams::options() const {
  balancing::OutlierOptions out;
  out.interval = interval.count();
  out.base_ejection_time = base_ejection_time.count();
  if (max_ejection_time) out.max_ejection_time = max_ejection_time->count();
  out.max_ejection_time_jitter = max_ejection_time_jitter.count();
  out.max_ejection_percent = percent(max_ejection_percent);
  out.always_eject_one_host = always_eject_one;
  out.split_external_local_origin_errors = split_local_origin_errors;
  out.consecutive_5xx = consecutive_5xx;
  out.consecutive_gateway_failure = consecutive_gateway_failure;
  out.consecutive_local_origin_failure = consecutive_local_origin_failure;
  out.success_rate_minimum_hosts = success_rate_minimum_hosts;
  out.success_rate_request_volume = success_rate_request_volume;
  out.success_rate_stdev_factor =
      static_cast<std::uint32_t>(std::llround(success_rate_stdev_factor * 1000));
  out.failure_percentage_threshold = percent(failure_percentage_threshold);
  out.failure_percentage_minimum_hosts = failure_percentage_minimum_hosts;
  out.failure_percentage_request_volume = failure_percentage_request_volume;
  out.enforcing = {percent(enforcing_consecutive_5xx),
                   percent(enforcing_consecutive_gateway_failure),
                   percent(enforcing_consecutive_local_origin_failure),
                   percent(enforcing_success_rate),
                   percent(enforcing_local_origin_success_rate),
                   percent(enforcing_failure_percentage),
                   percent(enforcing_local_origin_failure_percentage)};
  return out;
}

balancing::Options LoadBalancerParams::options() const {
  balancing::Options out;
  const auto apply = [&out](const auto& group) {
    if (group) group->apply(out);
  };
  apply(power_of_d);
  apply(haproxy_source);
  apply(haproxy_hash);
  apply(haproxy_random);
  apply(envoy_least_request);
  apply(envoy_ring_hash);
  apply(envoy_maglev);
  apply(peak_ewma);
  if (envoy) {
    out.envoy.hosts.priority.panic_threshold = percent(envoy->panic_threshold);
    out.envoy.hosts.priority.overprovisioning_factor =
        static_cast<std::uint32_t>(std::llround(envoy->overprovisioning * 100));
    out.envoy.hosts.locality.zone_aware.min_cluster_size = envoy->min_cluster_size;
    out.envoy.hosts.fail_traffic_on_panic = envoy->fail_traffic_on_panic;
    out.envoy.hash.hash_balance_factor = envoy->hash_balance_factor.value_or(0);
    if (envoy->locality == Locality::zone_aware)
      out.envoy.hosts.locality.mode = balancing::EnvoyLocalityMode::zone_aware;
  }
  if (slow_start) {
    balancing::EnvoySlowStartOptions& start = out.envoy.hosts.slow_start;
    start.window = slow_start->window.count();
    start.aggression = slow_start->aggression.value_or(start.aggression);
    if (slow_start->min_weight) start.min_weight_percent = slow_start->min_weight->value * 100;
  }
  if (sticky) out.sticky = {sticky->ttl.count(), sticky->sessions, sticky->redispatch};
  return out;
}

void LoadBalancerParams::check(const Value& where, const std::string& path,
                               Problems& problems) const {
  if (admission.shed && !admission.shed->capacity)
    problems.error(where.position(), pointer_to(path, "shed"),
                   "a load balancer has no line: say the \"capacity\" that is a pressure of 1");
  const auto refuse = [&](std::string_view name, const std::string& why) {
    const Value* given = where.find(name);
    problems.error((given != nullptr ? *given : where).position(), pointer_to(path, name), why);
  };
  const std::string mine = "the policy is " + std::string(name_of(policy));
  const std::pair<Policy, bool> groups[] = {
      {Policy::power_of_d, power_of_d.has_value()},
      {Policy::haproxy_source, haproxy_source.has_value()},
      {Policy::haproxy_hash, haproxy_hash.has_value()},
      {Policy::haproxy_random, haproxy_random.has_value()},
      {Policy::envoy_least_request, envoy_least_request.has_value()},
      {Policy::envoy_ring_hash, envoy_ring_hash.has_value()},
      {Policy::envoy_maglev, envoy_maglev.has_value()},
      {Policy::peak_ewma, peak_ewma.has_value()}};
  for (const auto& [owner, given] : groups)
    if (given && policy != owner) refuse(name_of(owner), mine);
  const bool is_envoy = is_of(policy, "envoy_");
  const bool is_haproxy = is_of(policy, "haproxy_");
  if (envoy && !is_envoy) refuse("envoy", "only Envoy's policies read it; " + mine);
  const bool hashes = policy == Policy::envoy_ring_hash || policy == Policy::envoy_maglev;
  if (is_envoy && envoy && envoy->hash_balance_factor && !hashes)
    refuse("envoy", "hash_balance_factor is for envoy_ring_hash and envoy_maglev; " + mine);
  if (!priorities.empty() && !is_envoy)
    refuse("priorities", "only Envoy's policies have levels; " + mine);
  if (!backup.empty() && !is_haproxy && !is_of(policy, "nginx_"))
    refuse("backup", "only nginx' and HAProxy's policies have backups; " + mine);
  if (slow_start && !is_envoy && !is_haproxy)
    refuse("slow_start", "only HAProxy's and Envoy's policies have it; " + mine);
  if (slow_start && !is_envoy && (slow_start->aggression || slow_start->min_weight))
    refuse("slow_start", "aggression and min_weight are Envoy's; " + mine);
  if (!weights.empty() && !has_weights(policy))
    refuse("weights", "this policy has no weights; " + mine);

  const auto check_target = [&](const std::string& name, Position position,
                                const std::string& pointer) {
    const std::string component = name.substr(0, name.find('['));
    const bool known = std::any_of(targets.begin(), targets.end(),
                                   [&](const ComponentRef& ref) { return ref.id == component; });
    if (!known) problems.error(position, pointer, in_quotes(component) + " is none of the targets");
  };
  for (const auto& weight : weights)
    check_target(weight.key, weight.position, pointer_to(pointer_to(path, "weights"), weight.key));
  for (const auto& level : priorities)
    check_target(level.key, level.position, pointer_to(pointer_to(path, "priorities"), level.key));
  for (std::size_t i = 0; i < backup.size(); ++i)
    check_target(backup[i], where.find("backup")->elements()[i].position(),
                 pointer_to(pointer_to(path, "backup"), i));
}

}  // namespace highwater::balancer
