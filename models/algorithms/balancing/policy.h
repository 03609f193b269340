#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/balancing/busiest.h"
#include "models/algorithms/balancing/envoy_hash.h"
#include "models/algorithms/balancing/envoy_random.h"
#include "models/algorithms/balancing/envoy_scheduled.h"
#include "models/algorithms/balancing/failure_accrual.h"
#include "models/algorithms/balancing/finagle_p2c.h"
#include "models/algorithms/balancing/join_idle_queue.h"
#include "models/algorithms/balancing/least_connections.h"
#include "models/algorithms/balancing/outlier_detector.h"
#include "models/algorithms/balancing/peak_ewma.h"
#include "models/algorithms/balancing/power_of_d.h"
#include "models/algorithms/balancing/power_of_two.h"
#include "models/algorithms/balancing/random.h"
#include "models/algorithms/balancing/round_robin.h"
#include "models/algorithms/balancing/sticky.h"
#include "models/algorithms/balancing/weighted.h"

namespace highwater::balancing {

/// Every way to choose an instance that the family knows.
enum class Policy : std::uint8_t {
  round_robin,
  weighted,
  random,
  least_connections,
  power_of_two,
  power_of_d,
  join_idle_queue,
  busiest,
  envoy_round_robin,
  envoy_least_request,
  envoy_random,
  envoy_ring_hash,
  envoy_maglev,
  finagle_p2c,
  peak_ewma,
};

struct PolicyInfo {
  Policy policy;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kPolicies[i].policy is the i-th value of Policy.
inline constexpr std::array kPolicies = {
    PolicyInfo{Policy::round_robin, "round_robin", "Instances in turn.", "RFC 1794"},
    PolicyInfo{Policy::weighted, "weighted",
               "In turn by weight, evenly spread: nginx' smooth weighted round robin.",
               "nginx 1.22.1 ngx_http_upstream_round_robin.c"},
    PolicyInfo{Policy::random, "random", "Any instance, each equally likely.", "elementary"},
    PolicyInfo{Policy::least_connections, "least_connections",
               "The instance with the fewest requests in flight, ties at random.", "Winston 1977"},
    PolicyInfo{Policy::power_of_two, "power_of_two",
               "Two distinct instances at random, then the less loaded one.", "Mitzenmacher 2001"},
    PolicyInfo{Policy::power_of_d, "power_of_d",
               "Several distinct instances at random, then the least loaded one.",
               "Mitzenmacher 2001"},
    PolicyInfo{Policy::join_idle_queue, "join_idle_queue",
               "The instance idle for longest; any at random if none is.", "Lu et al. 2011"},
    PolicyInfo{Policy::busiest, "busiest",
               "The instance with the most requests in flight: the worst case.", "chosen"},
    PolicyInfo{Policy::envoy_round_robin, "envoy_round_robin",
               "In turn; by an earliest deadline schedule if weights differ.",
               "Envoy round_robin_lb.h"},
    PolicyInfo{Policy::envoy_least_request, "envoy_least_request",
               "The less loaded of two drawn with replacement; a schedule if weights differ.",
               "Envoy least_request_lb.cc"},
    PolicyInfo{Policy::envoy_random, "envoy_random", "Any healthy instance, each equally likely.",
               "Envoy random_lb.cc"},
    PolicyInfo{Policy::envoy_ring_hash, "envoy_ring_hash", "By the key, on a consistent ring.",
               "Envoy ring_hash_lb.cc"},
    PolicyInfo{Policy::envoy_maglev, "envoy_maglev", "By the key, in a Maglev table.",
               "Envoy maglev_lb.cc"},
    PolicyInfo{Policy::finagle_p2c, "finagle_p2c",
               "The less loaded of two distinct ones; panics after four pairs in vain.",
               "Finagle P2CPick.scala"},
    PolicyInfo{Policy::peak_ewma, "peak_ewma",
               "Of two distinct ones the one with less latency times requests in flight.",
               "Finagle PeakEwma.scala"},
};

/// What the policies may be told, with the products' defaults.
struct Options {
  PowerOfDOptions power_of_d{};
  EnvoyOptions envoy{};
  FinagleOptions finagle{};
  /// Keeps a key with its instance, under any policy.
  std::optional<StickyOptions> sticky{};
};

namespace policy_detail {

inline std::unique_ptr<Balancer> make_plain(Policy policy, std::vector<Target> targets,
                                            const Options& options) {
  switch (policy) {
    case Policy::round_robin:
      return std::make_unique<RoundRobin>(std::move(targets));
    case Policy::weighted:
      return std::make_unique<Weighted>(std::move(targets));
    case Policy::random:
      return std::make_unique<Random>(std::move(targets));
    case Policy::least_connections:
      return std::make_unique<LeastConnections>(std::move(targets));
    case Policy::power_of_two:
      return std::make_unique<PowerOfTwo>(std::move(targets));
    case Policy::power_of_d:
      return std::make_unique<PowerOfD>(std::move(targets), options.power_of_d);
    case Policy::join_idle_queue:
      return std::make_unique<JoinIdleQueue>(std::move(targets));
    case Policy::busiest:
      return std::make_unique<Busiest>(std::move(targets));
    case Policy::envoy_round_robin:
      return std::make_unique<EnvoyRoundRobin>(std::move(targets), options.envoy);
    case Policy::envoy_least_request:
      return std::make_unique<EnvoyLeastRequest>(std::move(targets), options.envoy);
    case Policy::envoy_random:
      return std::make_unique<EnvoyRandom>(std::move(targets), options.envoy);
    case Policy::envoy_ring_hash:
      return std::make_unique<EnvoyRingHash>(std::move(targets), options.envoy);
    case Policy::envoy_maglev:
      return std::make_unique<EnvoyMaglev>(std::move(targets), options.envoy);
    case Policy::finagle_p2c:
      return std::make_unique<FinagleP2cLeastLoaded>(std::move(targets), options.finagle);
    case Policy::peak_ewma:
      return std::make_unique<PeakEwma>(std::move(targets), options.finagle);
  }
  return nullptr;  // no other value exists; compilers cannot know
}

}  // namespace policy_detail

/// A balancer under the policy. Any number of targets, none included, and any weights will do:
/// where nobody can be picked, pick() says so.
///
/// Two more products are among these: kube-proxy in iptables mode picks as random does (a chain of
/// rules that match with probability 1/n, 1/(n-1) … 1), and an AWS Application Load Balancer's
/// least outstanding requests is least_connections.
inline std::unique_ptr<Balancer> make_balancer(Policy policy, std::vector<Target> targets,
                                               const Options& options = {}) {
  if (!options.sticky) return policy_detail::make_plain(policy, std::move(targets), options);
  std::unique_ptr<Balancer> inner = policy_detail::make_plain(policy, targets, options);
  return std::make_unique<Sticky>(std::move(targets), std::move(inner), *options.sticky);
}

}  // namespace highwater::balancing
