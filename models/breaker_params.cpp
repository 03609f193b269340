#include "models/breaker_params.h"

#include "models/percentage.h"

namespace highwater {

using resilience::Breaker;
using resilience::BreakerOptions;
using resilience::BreakerPolicy;
using resilience::make_breaker;

namespace {

std::uint32_t whole_percents(Fraction share) {
  return static_cast<std::uint32_t>(percentage_of(share));
}

}  // namespace

std::unique_ptr<Breaker> PybreakerParams::make(std::int64_t now, AnyBits) const {
  BreakerOptions options;
  options.pybreaker.fail_max = fail_max;
  options.pybreaker.reset_timeout = reset_timeout.count();
  options.pybreaker.success_threshold = success_threshold;
  return make_breaker(BreakerPolicy::pybreaker, options, now);
}

std::unique_ptr<Breaker> Resilience4jParams::make(std::int64_t now, AnyBits) const {
  BreakerOptions options;
  resilience::Resilience4jOptions& o = options.resilience4j;
  o.failure_rate_threshold = static_cast<float>(percentage_of(failure_rate_threshold));
  o.slow_call_rate_threshold = static_cast<float>(percentage_of(slow_call_rate_threshold));
  o.slow_call_duration_threshold = slow_call_duration_threshold.count();
  o.sliding_window_type = sliding_window_type;
  o.sliding_window_size = sliding_window_size;
  o.minimum_number_of_calls = minimum_number_of_calls;
  o.wait_duration_in_open_state = wait_duration_in_open_state.count();
  o.enable_exponential_backoff = enable_exponential_backoff;
  o.exponential_backoff_multiplier = exponential_backoff_multiplier;
  if (exponential_max_wait_duration_in_open_state)
    o.exponential_max_wait_duration_in_open_state =
        exponential_max_wait_duration_in_open_state->count();
  o.permitted_number_of_calls_in_half_open_state = permitted_number_of_calls_in_half_open_state;
  o.max_wait_duration_in_half_open_state = max_wait_duration_in_half_open_state.count();
  o.automatic_transition_from_open_to_half_open_enabled =
      automatic_transition_from_open_to_half_open_enabled;
  return make_breaker(BreakerPolicy::resilience4j, options, now);
}

std::unique_ptr<Breaker> HystrixParams::make(std::int64_t now, AnyBits) const {
  BreakerOptions options;
  resilience::HystrixOptions& o = options.hystrix;
  o.request_volume_threshold = request_volume_threshold;
  o.error_threshold_percentage = whole_percents(error_threshold_percentage);
  o.sleep_window = sleep_window.count();
  o.rolling_stats_time = rolling_stats_time.count();
  o.health_snapshot_interval = health_snapshot_interval.count();
  o.force_open = force_open;
  o.force_closed = force_closed;
  o.execution_timeout_enabled = execution_timeout_enabled;
  o.execution_timeout = execution_timeout.count();
  return make_breaker(BreakerPolicy::hystrix, options, now);
}

std::unique_ptr<Breaker> OpossumParams::make(std::int64_t now, AnyBits) const {
  BreakerOptions options;
  resilience::OpossumOptions& o = options.opossum;
  o.timeout = timeout.count();
  o.error_threshold_percentage = percentage_of(error_threshold_percentage);
  o.reset_timeout = reset_timeout.count();
  o.rolling_count_timeout = rolling_count_timeout.count();
  o.rolling_count_buckets = rolling_count_buckets;
  o.volume_threshold = volume_threshold;
  o.allow_warm_up = allow_warm_up;
  o.capacity = capacity;
  return make_breaker(BreakerPolicy::opossum, options, now);
}

resilience::HalfOpenAfter HalfOpenParams::options(AnyBits bits) const {
  using resilience::BackoffKind;
  static constexpr BackoffKind kKinds[] = {BackoffKind::none, BackoffKind::cockatiel_none,
                                           BackoffKind::cockatiel_full, BackoffKind::cockatiel_half,
                                           BackoffKind::decorrelated_v2};
  resilience::HalfOpenAfter after;
  after.pauses.clear();
  for (const Duration pause : half_open_after) after.pauses.push_back(pause.count());
  if (generator != PauseGenerator::iterable) {
    after.generator = kKinds[static_cast<std::size_t>(generator)];
    after.exponential = {initial_delay.count(), max_delay.count(), exponent, 0, 0};
    after.bits = bits;
  }
  return after;
}

std::unique_ptr<Breaker> CockatielConsecutiveParams::make(std::int64_t now, AnyBits bits) const {
  BreakerOptions options;
  options.cockatiel_consecutive = {threshold, half_open.options(bits)};
  return make_breaker(BreakerPolicy::cockatiel_consecutive, options, now);
}

void CockatielCountParams::check(const Value& where, const std::string& path,
                                 Problems& problems) const {
  if (minimum_number_of_calls && *minimum_number_of_calls > size)
    problems.error(where.position(), pointer_to(path, "minimum_number_of_calls"),
                   "more than the size of the window");
}

std::unique_ptr<Breaker> CockatielCountParams::make(std::int64_t now, AnyBits bits) const {
  BreakerOptions options;
  options.cockatiel_count = {threshold.value, size, minimum_number_of_calls.value_or(0),
                             half_open.options(bits)};
  return make_breaker(BreakerPolicy::cockatiel_count, options, now);
}

std::unique_ptr<Breaker> CockatielSamplingParams::make(std::int64_t now, AnyBits bits) const {
  BreakerOptions options;
  options.cockatiel_sampling = {threshold.value, duration.count(), minimum_rps.value_or(0),
                                half_open.options(bits)};
  return make_breaker(BreakerPolicy::cockatiel_sampling, options, now);
}

}  // namespace highwater
