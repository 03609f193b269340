#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/algorithms/balancing/least_connections.h"
#include "models/algorithms/balancing/power_of_two.h"
#include "models/algorithms/balancing/random.h"
#include "models/algorithms/balancing/round_robin.h"
#include "models/algorithms/balancing/weighted.h"

namespace highwater::balancing {

/// Every way to choose an instance that the family knows.
enum class Policy : std::uint8_t {
  round_robin,
  weighted,
  random,
  least_connections,
  power_of_two,
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
};

/// A balancer under the policy. Any number of targets, none included, and any weights will do:
/// where nobody can be picked, pick() says so.
inline std::unique_ptr<Balancer> make_balancer(Policy policy, std::vector<Target> targets) {
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
  }
  return nullptr;  // no other value exists; compilers cannot know
}

}  // namespace highwater::balancing
