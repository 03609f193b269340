#pragma once

#include <cstdint>

#include "engine/describe/field.h"
#include "models/algorithms/resilience/aws_retry_quota.h"
#include "models/algorithms/resilience/envoy_retry_budget.h"
#include "models/algorithms/resilience/finagle_retry_budget.h"
#include "models/algorithms/resilience/grpc_retry_throttle.h"
#include "models/percentage.h"

namespace highwater {

// What limits on retries may be told, a struct for each product.

/// What Finagle's RetryBudget allows besides what calls pay for. Beside the price of a retry, which
/// scenarios have as a share and Finagle as retries a request.
struct RetryReserveParams {
  Rate min_rate{static_cast<double>(resilience::RetryBudgetOptions{}.min_retries_per_sec)};
  Duration ttl{resilience::RetryBudgetOptions{}.ttl};

  static constexpr auto fields() {
    return Fields{
        field<&RetryReserveParams::min_rate>("Retries allowed however few calls there are, in "
                                             "whole ones a second.")
            .known_as("min_retries_per_sec")
            .bare("/s")
            .source("Finagle RetryBudget minRetriesPerSec"),
        field<&RetryReserveParams::ttl>("How long a call counts.")
            .at_least(Duration{1s})
            .at_most(Duration{60s})
            .bare("s")
            .source("Finagle RetryBudget ttl"),
    };
  }
  resilience::RetryBudgetOptions options(double percent_can_retry) const {
    return {ttl.count(), static_cast<std::uint32_t>(min_rate.per_second), percent_can_retry};
  }
};

/// Finagle's RetryBudget.
struct RetryBudgetParams {
  Fraction ratio{resilience::RetryBudgetOptions{}.percent_can_retry};
  RetryReserveParams reserve;

  static constexpr auto fields() {
    return Fields{
        field<&RetryBudgetParams::ratio>("Retries allowed, as a share of the calls.")
            .source("Finagle RetryBudget percentCanRetry"),
        inlined<&RetryBudgetParams::reserve>(),
    };
  }
  static constexpr auto shorthand = &RetryBudgetParams::ratio;
  resilience::RetryBudgetOptions options() const { return reserve.options(ratio.value); }
};

/// gRPC's retry throttling.
struct RetryThrottleParams {
  double max_tokens = resilience::GrpcThrottleOptions{}.max_tokens;
  double token_ratio = resilience::GrpcThrottleOptions{}.token_ratio;

  static constexpr auto fields() {
    return Fields{
        field<&RetryThrottleParams::max_tokens>("Tokens; a failure takes one, and retries stop "
                                                "while no more than half of them are there.")
            .at_least(0.001)
            .at_most(1000.0)
            .source("gRPC A6 maxTokens"),
        field<&RetryThrottleParams::token_ratio>("What a success gives back.")
            .at_least(0.001)
            .at_most(1000.0)
            .source("gRPC A6 tokenRatio"),
    };
  }
  resilience::GrpcThrottleOptions options() const { return {max_tokens, token_ratio}; }
};

/// Envoy's retry budget.
struct RetryConcurrencyParams {
  Fraction budget_percent{resilience::EnvoyRetryBudgetOptions{}.budget_percent / 100};
  std::uint32_t min_retry_concurrency = resilience::EnvoyRetryBudgetOptions{}.min_retry_concurrency;

  static constexpr auto fields() {
    return Fields{
        field<&RetryConcurrencyParams::budget_percent>("Retries at a time, as a share of the "
                                                       "requests at that time.")
            .bare("%")
            .source("Envoy budget_percent"),
        field<&RetryConcurrencyParams::min_retry_concurrency>("Retries at a time that are always "
                                                              "allowed.")
            .source("Envoy min_retry_concurrency"),
    };
  }
  static constexpr auto shorthand = &RetryConcurrencyParams::budget_percent;
  resilience::EnvoyRetryBudgetOptions options() const {
    return {percentage_of(budget_percent), min_retry_concurrency};
  }
};

/// The retry quota of the AWS SDKs' standard mode.
struct RetryQuotaParams {
  std::uint32_t capacity = resilience::AwsRetryQuotaOptions{}.capacity;
  std::uint32_t retry_cost = resilience::AwsRetryQuotaOptions{}.retry_cost;
  std::uint32_t timeout_retry_cost = resilience::AwsRetryQuotaOptions{}.timeout_retry_cost;
  std::uint32_t no_retry_increment = resilience::AwsRetryQuotaOptions{}.no_retry_increment;

  static constexpr auto fields() {
    return Fields{
        field<&RetryQuotaParams::capacity>("Tokens, all there at the beginning.")
            .source("botocore RetryQuotaChecker"),
        field<&RetryQuotaParams::retry_cost>("What a retry takes, and gives back if it succeeds.")
            .source("botocore RetryQuotaChecker"),
        field<&RetryQuotaParams::timeout_retry_cost>("The same after a time-out.")
            .source("botocore RetryQuotaChecker"),
        field<&RetryQuotaParams::no_retry_increment>("What a success at the first attempt gives "
                                                     "back.")
            .source("botocore RetryQuotaChecker"),
    };
  }
  resilience::AwsRetryQuotaOptions options() const {
    return {capacity, retry_cost, timeout_retry_cost, no_retry_increment};
  }
};

}  // namespace highwater
