#include "models/algorithms/resilience/policy.h"

namespace highwater::resilience {

std::unique_ptr<Breaker> make_breaker(BreakerPolicy policy, const BreakerOptions& options,
                                      std::int64_t created) {
  switch (policy) {
    case BreakerPolicy::pybreaker:
      return std::make_unique<Pybreaker>(options.pybreaker, created);
    case BreakerPolicy::resilience4j:
      return std::make_unique<Resilience4j>(options.resilience4j, created);
    case BreakerPolicy::hystrix:
      return std::make_unique<Hystrix>(options.hystrix, created);
    case BreakerPolicy::opossum:
      return std::make_unique<Opossum>(options.opossum, created);
    case BreakerPolicy::cockatiel_consecutive: {
      const CockatielConsecutiveOptions& o = options.cockatiel_consecutive;
      return std::make_unique<CockatielBreaker<ConsecutiveCounter>>(ConsecutiveCounter(o.threshold),
                                                                    o.half_open_after, created);
    }
    case BreakerPolicy::cockatiel_count: {
      const CockatielCountOptions& o = options.cockatiel_count;
      return std::make_unique<CockatielBreaker<CountCounter>>(
          CountCounter(o.threshold, o.size, o.minimum_number_of_calls), o.half_open_after, created);
    }
    case BreakerPolicy::cockatiel_sampling: {
      const CockatielSamplingOptions& o = options.cockatiel_sampling;
      return std::make_unique<CockatielBreaker<SamplingCounter>>(
          SamplingCounter(o.threshold, o.duration, o.minimum_rps), o.half_open_after, created);
    }
  }
  return nullptr;
}

}  // namespace highwater::resilience
