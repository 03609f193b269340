#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/describe/one_of.h"
#include "models/limit_params.h"

namespace highwater {

/// A verb of `rate_limit`: {"token_bucket": {…}}.
/// @tparam Beside  What else may stand beside the verb: a params struct.
template <class P, limiting::Policy kPolicy, class Beside>
struct RateLimitForm {
  using Params = P;
  P params;
  Beside beside;

  static constexpr limiting::Policy policy() { return kPolicy; }
  static constexpr auto fields() {
    constexpr limiting::PolicyInfo info = limiting::kPolicies[static_cast<std::size_t>(kPolicy)];
    return Fields{field<&RateLimitForm::params>(info.summary).named(info.name).source(info.source),
                  inlined<&RateLimitForm::beside>()};
  }
};

struct NothingBeside {
  static constexpr auto fields() { return Fields{}; }
};

/// A limit on requests in a time: an object with the algorithm's name and its options.
template <class Beside>
struct RateLimitOf
    : OneOf<
          RateLimitForm<limit::TokenBucketParams, limiting::Policy::token_bucket, Beside>,
          RateLimitForm<limit::JujuBucketParams, limiting::Policy::juju_bucket, Beside>,
          RateLimitForm<limit::Bucket4jParams, limiting::Policy::bucket4j, Beside>,
          RateLimitForm<limit::GcraParams, limiting::Policy::gcra, Beside>,
          RateLimitForm<limit::LeakyBucketParams, limiting::Policy::leaky_bucket, Beside>,
          RateLimitForm<limit::LeakyBucketParams, limiting::Policy::leaky_bucket_queue, Beside>,
          RateLimitForm<limit::UberRatelimitParams, limiting::Policy::uber_ratelimit, Beside>,
          RateLimitForm<limit::WindowParams, limiting::Policy::fixed_window, Beside>,
          RateLimitForm<limit::AlignedWindowParams, limiting::Policy::fixed_window_aligned, Beside>,
          RateLimitForm<limit::WindowParams, limiting::Policy::elastic_window, Beside>,
          RateLimitForm<limit::SlidingLogParams, limiting::Policy::sliding_log, Beside>,
          RateLimitForm<limit::SlidingWindowParams, limiting::Policy::sliding_window, Beside>,
          RateLimitForm<limit::RateLimiterFlexibleParams, limiting::Policy::rate_limiter_flexible,
                        Beside>,
          RateLimitForm<limit::NginxLimitReqParams, limiting::Policy::nginx_limit_req, Beside>,
          RateLimitForm<limit::EnvoyLocalRateLimitParams, limiting::Policy::envoy_local_rate_limit,
                        Beside>,
          RateLimitForm<limit::Resilience4jRateLimiterParams,
                        limiting::Policy::resilience4j_rate_limiter, Beside>> {
  limiting::Policy policy() const {
    return std::visit([](const auto& one) { return one.policy(); }, this->form);
  }
  /// Whether it goes by the time of day of the process that keeps it.
  bool reads_time_of_day() const { return limiting::reads_time_of_day(policy()); }
  limiting::Options options() const {
    limiting::Options options;
    std::visit([&](const auto& one) { one.params.apply(options); }, this->form);
    return options;
  }
  const Beside& beside() const {
    return std::visit([](const auto& one) -> const Beside& { return one.beside; }, this->form);
  }
  std::unique_ptr<limiting::Limiter> make(std::int64_t now) const {
    return limiting::make_limiter(policy(), options(), now);
  }
};

/// Of one caller, on what it sends.
struct RateLimitParams : RateLimitOf<NothingBeside> {
  static constexpr std::string_view type_name = "rate_limit";
};

}  // namespace highwater
