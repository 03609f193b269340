#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "models/algorithms/balancing/candidate.h"
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

/// A balancer under any policy of the family: what a model holds. One per deciding party: two
/// proxies that do not share memory need two.
class Balancer {
 public:
  explicit Balancer(Policy policy) : balancer_(make(policy)) {}

  /// Picks among the usable candidates. Only `load` and `usable` may change from call to call at no
  /// cost; when the number of candidates changes, the policies that remember go on as their headers
  /// say.
  template <BitSource G>
  Pick pick(std::span<const Candidate> candidates, G& bits) {
    return std::visit(
        [&](auto& balancer) -> Pick {
          if constexpr (requires { balancer.pick(candidates, bits); }) {
            return balancer.pick(candidates, bits);
          } else {
            return balancer.pick(candidates);
          }
        },
        balancer_);
  }

 private:
  using Any = std::variant<RoundRobin, Weighted, Random, LeastConnections, PowerOfTwo>;

  static Any make(Policy policy) {
    switch (policy) {
      case Policy::round_robin:
        return RoundRobin{};
      case Policy::weighted:
        return Weighted{};
      case Policy::random:
        return Random{};
      case Policy::least_connections:
        return LeastConnections{};
      case Policy::power_of_two:
        return PowerOfTwo{};
    }
    return RoundRobin{};  // no other value exists; compilers cannot know
  }

  Any balancer_;
};

}  // namespace highwater::balancing
