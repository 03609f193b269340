#include "models/algorithms/limiting/policy.h"

#include <utility>

namespace highwater::limiting {

std::unique_ptr<Limiter> make_limiter(Policy policy, const Options& options, std::int64_t start) {
  return with_rule(policy, options, [start]<Rule R>(R rule) -> std::unique_ptr<Limiter> {
    return std::make_unique<RuleLimiter<R>>(std::move(rule), start);
  });
}

std::unique_ptr<KeyedLimiter> make_keyed_limiter(Policy policy, const Options& options,
                                                 const KeyedOptions& keyed) {
  return with_rule(policy, options, [&]<Rule R>(R rule) -> std::unique_ptr<KeyedLimiter> {
    return std::make_unique<KeyedRule<R>>(std::move(rule), keyed);
  });
}

}  // namespace highwater::limiting
