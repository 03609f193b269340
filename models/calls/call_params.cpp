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
  if (budget) {
    resilience::RetryBudgetOptions options;
    options.percent_can_retry = budget->ratio.value;
    options.min_retries_per_sec = static_cast<std::uint32_t>(budget->min_rate.per_second);
    options.ttl = budget->ttl.count();
    return std::make_unique<resilience::FinagleRetryBudget>(options, now);
  }
  if (throttle)
    return std::make_unique<resilience::GrpcRetryThrottle>(
        resilience::GrpcThrottleOptions{throttle->max_tokens, throttle->token_ratio});
  if (concurrency)
    return std::make_unique<resilience::EnvoyRetryBudget>(resilience::EnvoyRetryBudgetOptions{
        concurrency->budget_percent.value * 100, concurrency->min_retry_concurrency});
  if (quota)
    return std::make_unique<resilience::AwsRetryQuota>(resilience::AwsRetryQuotaOptions{
        quota->capacity, quota->retry_cost, quota->timeout_retry_cost, quota->no_retry_increment});
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

template struct FieldCodec<CallPolicy>;

}  // namespace highwater
