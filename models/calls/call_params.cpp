#include "models/calls/call_params.h"

#include <string_view>

namespace highwater {

void RetryParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const std::pair<bool, std::string_view> limits[] = {{budget.has_value(), "budget"},
                                                      {throttle.has_value(), "throttle"},
                                                      {concurrency.has_value(), "concurrency"},
                                                      {quota.has_value(), "quota"},
                                                      {max_share.has_value(), "max_share"}};
  std::string_view first;
  for (const auto& [given, name] : limits) {
    if (given && !first.empty())
      problems.error(
          where.position(), pointer_to(path, name),
          "retries are limited in one way, and there is \"" + std::string(first) + "\" already");
    else if (given)
      first = name;
  }
}

resilience::Backoff RetryParams::backoff_of() const {
  using resilience::BackoffKind;
  resilience::BackoffOptions options;
  options.initial = backoff.count();
  options.max = max_backoff.count();
  options.multiplier = multiplier;
  BackoffKind kind = BackoffKind::exponential;
  switch (jitter) {
    case Jitter::none:
      break;
    case Jitter::full:
      kind = BackoffKind::full_jitter;
      break;
    case Jitter::equal:
      kind = BackoffKind::equal_jitter;
      break;
    case Jitter::decorrelated:
      kind = BackoffKind::decorrelated_jitter;
      break;
    case Jitter::decorrelated_v2:
      kind = BackoffKind::decorrelated_v2;
      break;
    case Jitter::half:
      kind = BackoffKind::cenkalti;
      options.jitter = 0.5;
      break;
    case Jitter::fifth:
      kind = BackoffKind::grpc_retry;
      options.jitter = 0.2;
      break;
  }
  return resilience::Backoff(kind, options);
}

std::unique_ptr<resilience::RetryLimit> RetryParams::make_limit(std::int64_t now) const {
  if (budget) return std::make_unique<resilience::FinagleRetryBudget>(budget->options(), now);
  if (throttle) return std::make_unique<resilience::GrpcRetryThrottle>(throttle->options());
  if (concurrency) return std::make_unique<resilience::EnvoyRetryBudget>(concurrency->options());
  if (quota) return std::make_unique<resilience::AwsRetryQuota>(quota->options());
  if (max_share) {
    resilience::RetryRatioOptions options;
    options.ratio = max_share->value;
    return std::make_unique<resilience::RetryRatio>(options);
  }
  return nullptr;
}

resilience::HedgeDelay HedgeParams::delay_of(std::int64_t now) const {
  using resilience::SpeculativeRetry;
  SpeculativeRetry when;
  const bool both = after && percentile;
  when.kind = both    ? SpeculativeRetry::Kind::max
              : after ? SpeculativeRetry::Kind::fixed
                      : SpeculativeRetry::Kind::percentile;
  if (after) when.fixed = after->count();
  when.percentile = percentile.value_or(95);
  return resilience::HedgeDelay(when, initial.count(), window.count(), now);
}

void CallPolicy::check(const Value& where, const std::string& path, Problems& problems) const {
  if (pool && transport)
    problems.error(where.find("transport")->position(), pointer_to(path, "transport"),
                   "the connections are those of the \"pool\": say one or the other");
}

template struct FieldCodec<CallPolicy>;
template struct FieldCodec<RoutingParams>;

}  // namespace highwater
