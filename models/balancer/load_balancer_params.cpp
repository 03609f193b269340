#include "models/balancer/load_balancer_params.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace highwater::balancer {
namespace {

using balancing::Policy;

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
  apply(envoy);
  apply(haproxy);
  apply(finagle);
  apply(slow_start);
  if (sticky) out.sticky = sticky->options();
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
  const bool hashes = policy == Policy::envoy_ring_hash || policy == Policy::envoy_maglev;
  if (envoy && !is_envoy) refuse("envoy", "only Envoy's policies read it; " + mine);
  if (is_envoy && envoy && envoy->bound.hash_balance_factor && !hashes)
    refuse("envoy", "hash_balance_factor is for envoy_ring_hash and envoy_maglev; " + mine);
  if (hashes && envoy && envoy->common.locality == Locality::zone_aware)
    refuse("envoy", "zone_aware does nothing where the key decides; " + mine);
  if (haproxy && !is_haproxy) refuse("haproxy", "only HAProxy's policies read it; " + mine);
  if (haproxy && haproxy->min_connections && !max_connections)
    refuse("haproxy", "min_connections needs max_connections to grow to");
  if (finagle && policy != Policy::finagle_p2c && policy != Policy::peak_ewma)
    refuse("finagle", "only finagle_p2c and peak_ewma read it; " + mine);
  const bool has_subsets = is_envoy && envoy && envoy->common.subsets;
  if (!labels.empty() && !has_subsets) refuse("labels", "only envoy.subsets read them");
  if (!match.empty() && !has_subsets) refuse("match", "only envoy.subsets read it");
  if (!priorities.empty() && !is_envoy)
    refuse("priorities", "only Envoy's policies have levels; " + mine);
  if (!backup.empty() && !is_haproxy && !is_of(policy, "nginx_"))
    refuse("backup", "only nginx' and HAProxy's policies have backups; " + mine);
  if (slow_start && !is_envoy && !is_haproxy)
    refuse("slow_start", "only HAProxy's and Envoy's policies have it; " + mine);
  if (slow_start && (hashes || policy == Policy::envoy_random))
    refuse("slow_start", "of Envoy's policies only those with weights in turn have it; " + mine);
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
  for (const auto& one : labels)
    check_target(one.key, one.position, pointer_to(pointer_to(path, "labels"), one.key));
  for (std::size_t i = 0; i < backup.size(); ++i)
    check_target(backup[i], where.find("backup")->elements()[i].position(),
                 pointer_to(pointer_to(path, "backup"), i));
}

}  // namespace highwater::balancer
