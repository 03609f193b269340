#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "models/algorithms/resilience/breaker.h"
#include "models/algorithms/resilience/cockatiel.h"
#include "models/algorithms/resilience/hystrix.h"
#include "models/algorithms/resilience/opossum.h"
#include "models/algorithms/resilience/pybreaker.h"
#include "models/algorithms/resilience/resilience4j.h"

namespace highwater::resilience {

/// Every circuit breaker that the family knows.
enum class BreakerPolicy : std::uint8_t {
  pybreaker,
  resilience4j,
  hystrix,
  opossum,
  cockatiel_consecutive,
  cockatiel_count,
  cockatiel_sampling,
};

struct BreakerInfo {
  BreakerPolicy policy;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
};

/// In the order documents list them; kBreakers[i].policy is the i-th value of BreakerPolicy.
inline constexpr std::array kBreakers = {
    BreakerInfo{BreakerPolicy::pybreaker, "pybreaker",
                "pybreaker: opens after so many failures in a row.",
                "pybreaker 1.4 src/pybreaker/__init__.py"},
    BreakerInfo{BreakerPolicy::resilience4j, "resilience4j",
                "resilience4j: opens by the rate of failed or slow calls in a sliding window.",
                "resilience4j 2.2.0 CircuitBreakerStateMachine.java"},
    BreakerInfo{BreakerPolicy::hystrix, "hystrix",
                "Hystrix: opens by the share of failures in 10 s, looked at twice a second.",
                "Hystrix 1.5.18 HystrixCircuitBreaker.java"},
    BreakerInfo{BreakerPolicy::opossum, "opossum",
                "opossum: opens by the share of failures among all calls of 10 s.",
                "opossum 9.0.0 lib/circuit.js"},
    BreakerInfo{BreakerPolicy::cockatiel_consecutive, "cockatiel_consecutive",
                "cockatiel ConsecutiveBreaker: opens after so many failures in a row.",
                "cockatiel 3.2.1 CircuitBreakerPolicy.js, ConsecutiveBreaker.js"},
    BreakerInfo{BreakerPolicy::cockatiel_count, "cockatiel_count",
                "cockatiel CountBreaker: opens by the share of failures of the last calls.",
                "cockatiel 3.2.1 CircuitBreakerPolicy.js, CountBreaker.js"},
    BreakerInfo{BreakerPolicy::cockatiel_sampling, "cockatiel_sampling",
                "cockatiel SamplingBreaker: opens by the share of failures of a time.",
                "cockatiel 3.2.1 CircuitBreakerPolicy.js, SamplingBreaker.js"},
};

/// Each policy reads its own.
struct BreakerOptions {
  PybreakerOptions pybreaker;
  Resilience4jOptions resilience4j;
  HystrixOptions hystrix;
  OpossumOptions opossum;
  CockatielConsecutiveOptions cockatiel_consecutive;
  CockatielCountOptions cockatiel_count;
  CockatielSamplingOptions cockatiel_sampling;
};

/// @param created  When it begins to exist: windows and timers run from then.
std::unique_ptr<Breaker> make_breaker(BreakerPolicy policy, const BreakerOptions& options = {},
                                      std::int64_t created = 0);

}  // namespace highwater::resilience
