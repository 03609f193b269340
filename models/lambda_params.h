#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/lambda_concurrency.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(LambdaScaling) {
  return std::array{
      Word{LambdaScaling::per_function, "per_function", "So many in ten seconds, each function."},
      Word{LambdaScaling::regional_burst, "regional_burst",
           "Until 2023: a burst for all functions, then so many a minute."}};
}

}  // namespace scaling

namespace lambda {

inline constexpr std::uint32_t kMost = std::numeric_limits<std::int32_t>::max();

/// What AWS Lambda's concurrency depends on of an account, in one region.
struct AccountParams {
  using Defaults = scaling::LambdaConcurrency::Options;
  std::uint32_t concurrency = Defaults{}.account_concurrency;
  scaling::LambdaScaling scaling = Defaults{}.scaling;
  std::uint32_t scaling_units = Defaults{}.scaling_units;
  Duration scaling_interval{Defaults{}.scaling_interval};
  std::uint32_t burst_limit = Defaults{}.burst_limit;
  std::uint32_t burst_increment = Defaults{}.burst_increment;
  std::uint32_t requests_per_unit = Defaults{}.requests_per_unit;

  static constexpr std::string_view type_name = "lambda.account";
  static constexpr auto fields() {
    using P = AccountParams;
    return Fields{
        field<&P::concurrency>("Requests at a time, of all functions in the region.")
            .at_most(kMost)
            .known_as("account_concurrency")
            .source("AWS Concurrent executions quota"),
        field<&P::scaling>("How new environments are limited."),
        field<&P::scaling_units>("New environments of a function in an interval, refilled "
                                 "continuously; per_function.")
            .at_most(1'000'000u)
            .source("AWS Concurrency scaling rate"),
        field<&P::scaling_interval>("Of the units.").at_least(Duration{1}).at_most(Duration{3600s}),
        field<&P::burst_limit>("New environments at once, of all functions: 500, 1000 or 3000 by "
                               "region; regional_burst.")
            .at_most(kMost),
        field<&P::burst_increment>("More each minute; regional_burst.").at_most(kMost),
        field<&P::requests_per_unit>("Requests a second for each unit of concurrency; 0: any "
                                     "number.")
            .at_most(1'000'000u)
            .source("AWS Lambda quotas")};
  }
  /// Without any function.
  scaling::LambdaConcurrency::Options options() const {
    Defaults options;
    options.account_concurrency = concurrency;
    options.scaling = scaling;
    options.scaling_units = scaling_units;
    options.scaling_interval = scaling_interval.count();
    options.burst_limit = burst_limit;
    options.burst_increment = burst_increment;
    options.requests_per_unit = requests_per_unit;
    options.functions.clear();
    return options;
  }
};

/// What a function says of its part in the account's concurrency.
struct FunctionParams {
  std::optional<std::uint32_t> reserved_concurrency;
  std::uint32_t provisioned_concurrency = 0;

  static constexpr std::string_view type_name = "lambda.function";
  static constexpr auto fields() {
    using P = FunctionParams;
    return Fields{
        field<&P::reserved_concurrency>("Its part of the account's concurrency, and its limit; it "
                                        "shares what others leave unless given.")
            .at_most(kMost),
        field<&P::provisioned_concurrency>("Environments kept ready.").at_most(kMost)};
  }
  scaling::LambdaConcurrency::Function function() const {
    scaling::LambdaConcurrency::Function function;
    function.reserved = reserved_concurrency;
    function.provisioned = provisioned_concurrency;
    return function;
  }
};

struct IdleParams {
  Duration idle_timeout{scaling::LambdaConcurrency::Options{}.idle_timeout};

  static constexpr auto fields() {
    return Fields{field<&IdleParams::idle_timeout>("How long an environment without a request "
                                                   "stays.")
                      .source("chosen: AWS does not document it")};
  }
};

}  // namespace lambda
}  // namespace highwater
