#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/balancing/outlier_detector.h"
#include "models/percentage.h"

namespace highwater {

namespace balancing {

constexpr auto words_of(OutlierLimit) {
  return std::array{
      Word{OutlierLimit::after, "after", "If more than the percentage were out with it."},
      Word{OutlierLimit::before, "before", "If the percentage, or more, is out already."}};
}

}  // namespace balancing

namespace balancer {

/// Envoy's outlier detection, under any policy.
struct OutlierParams {
  using Defaults = balancing::OutlierOptions;
  Duration interval{Defaults{}.interval};
  Duration base_ejection_time{Defaults{}.base_ejection_time};
  std::optional<Duration> max_ejection_time;
  Duration max_ejection_time_jitter{Defaults{}.max_ejection_time_jitter};
  Fraction max_ejection_percent{Defaults{}.max_ejection_percent / 100.0};
  bool always_eject_one = Defaults{}.always_eject_one_host;
  balancing::OutlierLimit ejection_limit = Defaults{}.limit;
  bool health_check_returns = Defaults{}.successful_active_health_check_uneject_host;
  std::uint32_t consecutive_5xx = Defaults{}.consecutive_5xx;
  std::uint32_t consecutive_gateway_failure = Defaults{}.consecutive_gateway_failure;
  std::uint32_t consecutive_local_origin_failure = Defaults{}.consecutive_local_origin_failure;
  bool split_local_origin_errors = Defaults{}.split_external_local_origin_errors;
  std::uint32_t success_rate_minimum_hosts = Defaults{}.success_rate_minimum_hosts;
  std::uint64_t success_rate_request_volume = Defaults{}.success_rate_request_volume;
  double success_rate_stdev_factor = Defaults{}.success_rate_stdev_factor / 1000.0;
  Fraction failure_percentage_threshold{Defaults{}.failure_percentage_threshold / 100.0};
  std::uint32_t failure_percentage_minimum_hosts = Defaults{}.failure_percentage_minimum_hosts;
  std::uint64_t failure_percentage_request_volume = Defaults{}.failure_percentage_request_volume;
  Fraction enforcing_consecutive_5xx{Defaults{}.enforcing[0] / 100.0};
  Fraction enforcing_consecutive_gateway_failure{Defaults{}.enforcing[1] / 100.0};
  Fraction enforcing_consecutive_local_origin_failure{Defaults{}.enforcing[2] / 100.0};
  Fraction enforcing_success_rate{Defaults{}.enforcing[3] / 100.0};
  Fraction enforcing_local_origin_success_rate{Defaults{}.enforcing[4] / 100.0};
  Fraction enforcing_failure_percentage{Defaults{}.enforcing[5] / 100.0};
  Fraction enforcing_local_origin_failure_percentage{Defaults{}.enforcing[6] / 100.0};

  static constexpr std::string_view type_name = "outlier_detection";
  static constexpr auto fields() {
    using P = OutlierParams;
    constexpr std::string_view kEnforcing =
        "Share of these findings that is acted on, in whole percents.";
    return Fields{
        field<&P::interval>("Time between two looks at the rates, at which instances also return.")
            .at_least(Duration{1'000'000})
            .source("Envoy interval"),
        field<&P::base_ejection_time>("How long an instance is out the first time; twice that the "
                                      "second time, and so on.")
            .at_least(Duration{1'000'000})
            .source("Envoy base_ejection_time"),
        field<&P::max_ejection_time>("Longest time out; 300 s, or base_ejection_time if that is "
                                     "more, unless given.")
            .source("Envoy max_ejection_time"),
        field<&P::max_ejection_time_jitter>("Up to so much is added by chance.")
            .source("Envoy max_ejection_time_jitter"),
        field<&P::max_ejection_percent>("Most instances that may be out, in whole percents.")
            .source("Envoy max_ejection_percent"),
        field<&P::always_eject_one>("Lets one be out, whatever max_ejection_percent says.")
            .source("Envoy always_eject_one_host"),
        field<&P::ejection_limit>("When max_ejection_percent forbids one more.")
            .source("Envoy today; gRPC A50 and Envoy before 2022"),
        field<&P::health_check_returns>("Lets an active health check that passes end an ejection.")
            .source("Envoy successful_active_health_check_uneject_host"),
        field<&P::consecutive_5xx>("Errors in a row that make an outlier.")
            .at_least(1u)
            .source("Envoy consecutive_5xx"),
        field<&P::consecutive_gateway_failure>("Refusals and time-outs in a row that make one.")
            .at_least(1u)
            .source("Envoy consecutive_gateway_failure"),
        field<&P::consecutive_local_origin_failure>("Connections in a row that fail or time out, "
                                                    "where they count apart.")
            .at_least(1u)
            .source("Envoy consecutive_local_origin_failure"),
        field<&P::split_local_origin_errors>("Counts errors of the connection apart from answers.")
            .source("Envoy split_external_local_origin_errors"),
        field<&P::success_rate_minimum_hosts>("Instances with enough requests that the rates are "
                                              "looked at for.")
            .source("Envoy success_rate_minimum_hosts"),
        field<&P::success_rate_request_volume>("Requests in an interval that are enough.")
            .source("Envoy success_rate_request_volume"),
        field<&P::success_rate_stdev_factor>("Standard deviations below the mean rate that make an "
                                             "outlier, in thousandths.")
            .at_least(0.0)
            .at_most(1000.0)
            .source("Envoy success_rate_stdev_factor"),
        field<&P::failure_percentage_threshold>("Share of failures that makes an outlier, in whole "
                                                "percents.")
            .source("Envoy failure_percentage_threshold"),
        field<&P::failure_percentage_minimum_hosts>("As for the success rate.")
            .source("Envoy failure_percentage_minimum_hosts"),
        field<&P::failure_percentage_request_volume>("As for the success rate.")
            .source("Envoy failure_percentage_request_volume"),
        field<&P::enforcing_consecutive_5xx>(kEnforcing),
        field<&P::enforcing_consecutive_gateway_failure>(kEnforcing),
        field<&P::enforcing_consecutive_local_origin_failure>(kEnforcing),
        field<&P::enforcing_success_rate>(kEnforcing),
        field<&P::enforcing_local_origin_success_rate>(kEnforcing),
        field<&P::enforcing_failure_percentage>(kEnforcing),
        field<&P::enforcing_local_origin_failure_percentage>(kEnforcing)};
  }

  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (max_ejection_time && *max_ejection_time < base_ejection_time)
      problems.error(where.position(), pointer_to(path, "max_ejection_time"),
                     "max_ejection_time is below base_ejection_time");
  }
  balancing::OutlierOptions options() const {
    balancing::OutlierOptions out;
    out.interval = interval.count();
    out.base_ejection_time = base_ejection_time.count();
    if (max_ejection_time) out.max_ejection_time = max_ejection_time->count();
    out.max_ejection_time_jitter = max_ejection_time_jitter.count();
    out.max_ejection_percent = whole_percent(max_ejection_percent);
    out.always_eject_one_host = always_eject_one;
    out.limit = ejection_limit;
    out.successful_active_health_check_uneject_host = health_check_returns;
    out.split_external_local_origin_errors = split_local_origin_errors;
    out.consecutive_5xx = consecutive_5xx;
    out.consecutive_gateway_failure = consecutive_gateway_failure;
    out.consecutive_local_origin_failure = consecutive_local_origin_failure;
    out.success_rate_minimum_hosts = success_rate_minimum_hosts;
    out.success_rate_request_volume = success_rate_request_volume;
    out.success_rate_stdev_factor =
        static_cast<std::uint32_t>(std::llround(success_rate_stdev_factor * 1000));
    out.failure_percentage_threshold = whole_percent(failure_percentage_threshold);
    out.failure_percentage_minimum_hosts = failure_percentage_minimum_hosts;
    out.failure_percentage_request_volume = failure_percentage_request_volume;
    out.enforcing = {whole_percent(enforcing_consecutive_5xx),
                     whole_percent(enforcing_consecutive_gateway_failure),
                     whole_percent(enforcing_consecutive_local_origin_failure),
                     whole_percent(enforcing_success_rate),
                     whole_percent(enforcing_local_origin_success_rate),
                     whole_percent(enforcing_failure_percentage),
                     whole_percent(enforcing_local_origin_failure_percentage)};
    return out;
  }
};

}  // namespace balancer
}  // namespace highwater
