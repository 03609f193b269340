#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/field.h"
#include "models/lambda_params.h"
#include "models/steps/endpoints.h"

namespace highwater::function {

/// Memory for which a function has one core.
inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMemoryOfCore = 1769 * kMiB;

/// The account that a function is in. JSON: the id of the function whose account it is, or an
/// object with what an account of its own is like.
struct AccountParams {
  std::optional<ComponentRef> of;
  lambda::AccountParams own;
};

}  // namespace highwater::function

namespace highwater {

template <>
struct Quantity<function::AccountParams> {
  static const TypeInfo& type();
  static bool read(const Value& value, const std::string& path, Problems& problems,
                   function::AccountParams& out);
  static Value write(const function::AccountParams& account);
};

}  // namespace highwater

namespace highwater::function {

/// Asynchronous invocation.
struct EventParams {
  std::uint32_t retries = 2;
  Duration max_age = 6h;
  std::optional<ComponentRef> on_failure;

  static constexpr std::string_view type_name = "function.events";
  static constexpr auto fields() {
    return Fields{
        field<&EventParams::retries>("How often an event is tried again whose invocation failed: "
                                     "one minute later, then two.")
            .at_most(2u)
            .source("AWS MaximumRetryAttempts"),
        field<&EventParams::max_age>("An event that is older is given up.")
            .at_least(Duration{60s})
            .at_most(Duration{6h})
            .source("AWS MaximumEventAgeInSeconds"),
        field<&EventParams::on_failure>("Where events are published that were given up; nowhere "
                                        "unless given.")
            .uses(Relation::publish)
            .source("AWS DestinationConfig OnFailure")};
  }
};

struct FunctionParams {
  AccountParams account;
  lambda::FunctionParams concurrency;
  std::vector<std::string> zones;
  Bytes memory{kMemoryOfCore};
  Distribution start_time = Distribution::constant(Duration{0});
  Distribution cold_start = Distribution::constant(200ms);
  lambda::IdleParams idle;
  Duration timeout = 3s;
  steps::EndpointsParams work;
  std::optional<std::vector<steps::Step>> steps;
  EventParams events;

  static constexpr auto fields() {
    return Fields{
        field<&FunctionParams::account>("The account it is in, whose concurrency its functions "
                                        "share: an object with the account's limits, or the id of "
                                        "the function that has said them.")
            .uses(Relation::share),
        inlined<&FunctionParams::concurrency>(),
        field<&FunctionParams::zones>("Zones that it works in: environments are made in each in "
                                      "turn; all zones of the network unless given. Its "
                                      "environments in one zone are an instance: a fault hits "
                                      "them together."),
        field<&FunctionParams::memory>("Of an environment. 1769MiB go with one core; computations "
                                       "take longer with less, and those side by side with less "
                                       "than a core for each. AWS writes MB for MiB.")
            .at_least(Bytes{128 * kMiB})
            .at_most(Bytes{10'240 * kMiB})
            .source("AWS Lambda: Configure function memory; the default is chosen, AWS has 128"),
        field<&FunctionParams::start_time>("Until a new environment begins to initialize: it is "
                                           "placed, and the code is fetched. Not billed.")
            .source("chosen"),
        field<&FunctionParams::cold_start>("The initialization of a new environment. Where it "
                                           "takes longer than 10 s it is broken off then and done "
                                           "again as part of the invocation.")
            .source("chosen; AWS: from under 100 ms to over 1 s"),
        inlined<&FunctionParams::idle>(),
        field<&FunctionParams::timeout>("An invocation that takes longer is ended with an error, "
                                        "and its environment with it.")
            .at_least(Duration{1ms})
            .at_most(Duration{900s})
            .source("AWS Lambda quotas"),
        inlined<&FunctionParams::work>(),
        field<&FunctionParams::steps>("What it does, where it has neither endpoints nor a "
                                      "service_time."),
        field<&FunctionParams::events>("What becomes of events: what steps publish to it.")};
  }
  /// The most `compute` steps that one request does at the same time.
  std::uint64_t computing_at_once() const;
  double cores() const;
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace highwater::function
