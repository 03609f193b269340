#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/one_of.h"
#include "engine/describe/words.h"
#include "models/algorithms/resilience/policy.h"

namespace highwater {

namespace resilience {

constexpr auto words_of(SlidingWindowType) {
  return std::array{Word{SlidingWindowType::count_based, "count_based", "The last so many calls."},
                    Word{SlidingWindowType::time_based, "time_based", "The last so many seconds."}};
}

}  // namespace resilience

// What circuit breakers may be told, a struct for each product, its words as the product has them:
// in scenarios, and by `highwater algorithm`, which takes them as the product writes them too.

struct PybreakerParams {
  std::uint32_t fail_max = resilience::PybreakerOptions{}.fail_max;
  Duration reset_timeout{resilience::PybreakerOptions{}.reset_timeout};
  std::uint32_t success_threshold = resilience::PybreakerOptions{}.success_threshold;

  static constexpr auto fields() {
    using P = PybreakerParams;
    return Fields{
        field<&P::fail_max>("Failures in a row that open it.").at_least(1u),
        field<&P::reset_timeout>("How long it stays open before calls try again.").bare("s"),
        field<&P::success_threshold>("Successes in a row that close it.").at_least(1u)};
  }
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

struct Resilience4jParams {
  using Defaults = resilience::Resilience4jOptions;
  Fraction failure_rate_threshold{Defaults{}.failure_rate_threshold / 100.0};
  Fraction slow_call_rate_threshold{Defaults{}.slow_call_rate_threshold / 100.0};
  Duration slow_call_duration_threshold{Defaults{}.slow_call_duration_threshold};
  resilience::SlidingWindowType sliding_window_type = Defaults{}.sliding_window_type;
  std::uint32_t sliding_window_size = Defaults{}.sliding_window_size;
  std::uint32_t minimum_number_of_calls = Defaults{}.minimum_number_of_calls;
  Duration wait_duration_in_open_state{Defaults{}.wait_duration_in_open_state};
  bool enable_exponential_backoff = Defaults{}.enable_exponential_backoff;
  double exponential_backoff_multiplier = Defaults{}.exponential_backoff_multiplier;
  std::optional<Duration> exponential_max_wait_duration_in_open_state;
  std::uint32_t permitted_number_of_calls_in_half_open_state =
      Defaults{}.permitted_number_of_calls_in_half_open_state;
  Duration max_wait_duration_in_half_open_state{Defaults{}.max_wait_duration_in_half_open_state};
  bool automatic_transition_from_open_to_half_open_enabled =
      Defaults{}.automatic_transition_from_open_to_half_open_enabled;

  static constexpr auto fields() {
    using P = Resilience4jParams;
    return Fields{
        field<&P::failure_rate_threshold>("Opens at this share of failures.")
            .at_least(Fraction{0.0001})
            .bare("%"),
        field<&P::slow_call_rate_threshold>("Opens at this share of slow calls.")
            .at_least(Fraction{0.0001})
            .bare("%"),
        field<&P::slow_call_duration_threshold>("A call that takes longer is slow.")
            .at_least(Duration{1})
            .bare("ms"),
        field<&P::sliding_window_type>("What the window holds."),
        field<&P::sliding_window_size>("Calls, or seconds, in the window.")
            .at_least(1u)
            .at_most(10'000'000u),
        field<&P::minimum_number_of_calls>("Calls in the window before the rates mean anything.")
            .at_least(1u),
        field<&P::wait_duration_in_open_state>("How long it stays open before calls try again.")
            .bare("ms"),
        field<&P::enable_exponential_backoff>("Waits longer each time the trial fails."),
        field<&P::exponential_backoff_multiplier>("So many times as long.").at_least(1.0),
        field<&P::exponential_max_wait_duration_in_open_state>(
            "But no longer than this; any time unless given.")
            .bare("ms"),
        field<&P::permitted_number_of_calls_in_half_open_state>("Calls of the trial.")
            .at_least(1u)
            .at_most(10'000'000u),
        field<&P::max_wait_duration_in_half_open_state>(
            "Opens again when the trial takes as long; 0: never.")
            .bare("ms"),
        field<&P::automatic_transition_from_open_to_half_open_enabled>(
            "Half-open as soon as the wait is over, not with the next call.")};
  }
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

struct HystrixParams {
  using Defaults = resilience::HystrixOptions;
  std::uint32_t request_volume_threshold = Defaults{}.request_volume_threshold;
  Fraction error_threshold_percentage{Defaults{}.error_threshold_percentage / 100.0};
  Duration sleep_window{Defaults{}.sleep_window};
  Duration rolling_stats_time{Defaults{}.rolling_stats_time};
  Duration health_snapshot_interval{Defaults{}.health_snapshot_interval};
  Duration execution_timeout{Defaults{}.execution_timeout};
  bool execution_timeout_enabled = Defaults{}.execution_timeout_enabled;
  bool force_open = false;
  bool force_closed = false;

  static constexpr auto fields() {
    using P = HystrixParams;
    return Fields{
        field<&P::request_volume_threshold>("Results in the window before it may open."),
        field<&P::error_threshold_percentage>("Opens at this share of errors, in whole percents.")
            .bare("%"),
        field<&P::sleep_window>("How long it stays open before one call tries again.")
            .known_as("sleep_window_in_milliseconds")
            .bare("ms"),
        field<&P::rolling_stats_time>("The window.")
            .at_least(Duration{1ms})
            .known_as("rolling_stats_time_in_milliseconds")
            .bare("ms"),
        field<&P::health_snapshot_interval>("Between two looks at the window.")
            .at_least(Duration{1ms})
            .known_as("health_snapshot_interval_in_milliseconds")
            .bare("ms"),
        field<&P::execution_timeout>("A call that takes as long is given up and has failed.")
            .at_least(Duration{1ms})
            .known_as("execution_timeout_in_milliseconds")
            .bare("ms"),
        field<&P::execution_timeout_enabled>("Whether calls are given up."),
        field<&P::force_open>("Refuses every call."),
        field<&P::force_closed>("Lets every call out; force_open wins.")};
  }
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

struct OpossumParams {
  using Defaults = resilience::OpossumOptions;
  Duration timeout{Defaults{}.timeout};
  Fraction error_threshold_percentage{Defaults{}.error_threshold_percentage / 100.0};
  Duration reset_timeout{Defaults{}.reset_timeout};
  Duration rolling_count_timeout{Defaults{}.rolling_count_timeout};
  std::uint32_t rolling_count_buckets = Defaults{}.rolling_count_buckets;
  std::uint32_t volume_threshold = Defaults{}.volume_threshold;
  bool allow_warm_up = Defaults{}.allow_warm_up;
  std::uint64_t capacity = Defaults{}.capacity;

  static constexpr auto fields() {
    using P = OpossumParams;
    return Fields{
        field<&P::timeout>("A call that takes as long is given up and has failed; 0: none is.")
            .bare("ms")
            .zero("false"),
        field<&P::error_threshold_percentage>("Opens above this share of failures.").bare("%"),
        field<&P::reset_timeout>("How long it stays open before one call tries again.").bare("ms"),
        field<&P::rolling_count_timeout>("The window.").at_least(Duration{1ms}).bare("ms"),
        field<&P::rolling_count_buckets>("Buckets of the window.").at_least(1u).at_most(1'000'000u),
        field<&P::volume_threshold>("Calls in the window before it may open."),
        field<&P::allow_warm_up>("Never opens while its first window fills."),
        field<&P::capacity>("Calls at a time; one more is refused and counts as a failure.")};
  }
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

/// Where cockatiel's pauses before a test come from.
enum class PauseGenerator : std::uint8_t { iterable, none, full, half, decorrelated };
constexpr auto words_of(PauseGenerator) {
  return std::array{
      Word{PauseGenerator::iterable, "iterable", "half_open_after, the last for ever."},
      Word{PauseGenerator::none, "none", "ExponentialBackoff without jitter."},
      Word{PauseGenerator::full, "full", "ExponentialBackoff with full jitter."},
      Word{PauseGenerator::half, "half", "ExponentialBackoff with half jitter."},
      Word{PauseGenerator::decorrelated, "decorrelated", "ExponentialBackoff, decorrelated."}};
}

/// What cockatiel's breakers have in common.
struct HalfOpenParams {
  std::vector<Duration> half_open_after{10s};
  PauseGenerator generator = PauseGenerator::iterable;
  Duration initial_delay = 128ms;
  Duration max_delay = 30s;
  double exponent = 2;

  static constexpr auto fields() {
    using P = HalfOpenParams;
    return Fields{field<&P::half_open_after>("Pauses before the test, each time it fails the next.")
                      .at_least(1u)
                      .bare("ms"),
                  field<&P::generator>("Where the pauses come from."),
                  field<&P::initial_delay>("First pause of a generator.").bare("ms"),
                  field<&P::max_delay>("Longest pause of a generator.").bare("ms"),
                  field<&P::exponent>("Growth of the decorrelated generator; the others double.")
                      .at_least(1.0)};
  }
  resilience::HalfOpenAfter options(AnyBits bits) const;
};

struct CockatielConsecutiveParams {
  std::uint64_t threshold = resilience::CockatielConsecutiveOptions{}.threshold;
  HalfOpenParams half_open;

  static constexpr auto fields() {
    using P = CockatielConsecutiveParams;
    return Fields{field<&P::threshold>("Failures in a row that open it.").at_least(1u),
                  inlined<&P::half_open>()};
  }
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

struct CockatielCountParams {
  Fraction threshold{resilience::CockatielCountOptions{}.threshold};
  std::uint32_t size = resilience::CockatielCountOptions{}.size;
  std::optional<std::uint32_t> minimum_number_of_calls;
  HalfOpenParams half_open;

  static constexpr auto fields() {
    using P = CockatielCountParams;
    return Fields{field<&P::threshold>("Opens above this share of failures."),
                  field<&P::size>("Calls remembered.").at_least(1u).at_most(10'000'000u),
                  field<&P::minimum_number_of_calls>("Calls before it may open; size unless given.")
                      .at_least(1u),
                  inlined<&P::half_open>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

struct CockatielSamplingParams {
  Fraction threshold{resilience::CockatielSamplingOptions{}.threshold};
  Duration duration{resilience::CockatielSamplingOptions{}.duration};
  std::optional<double> minimum_rps;
  HalfOpenParams half_open;

  static constexpr auto fields() {
    using P = CockatielSamplingParams;
    return Fields{
        field<&P::threshold>("Opens above this share of failures.").at_least(Fraction{0.0001}),
        field<&P::duration>("The time that is looked at.").at_least(Duration{1ms}).bare("ms"),
        field<&P::minimum_rps>("Calls a second below which it never opens; 5 / threshold in "
                               "duration unless given.")
            .at_least(0.0),
        inlined<&P::half_open>()};
  }
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const;
};

/// A verb of `breaker`: {"pybreaker": {…}}.
template <class P, resilience::BreakerPolicy kPolicy>
struct BreakerForm {
  P params;

  static constexpr auto fields() {
    constexpr resilience::BreakerInfo info =
        resilience::kBreakers[static_cast<std::size_t>(kPolicy)];
    return Fields{field<&BreakerForm::params>(info.summary).named(info.name).source(info.source)};
  }
};

/// A circuit breaker: an object with the product's name and its options, or the name alone.
struct BreakerParams
    : OneOf<
          BreakerForm<PybreakerParams, resilience::BreakerPolicy::pybreaker>,
          BreakerForm<Resilience4jParams, resilience::BreakerPolicy::resilience4j>,
          BreakerForm<HystrixParams, resilience::BreakerPolicy::hystrix>,
          BreakerForm<OpossumParams, resilience::BreakerPolicy::opossum>,
          BreakerForm<CockatielConsecutiveParams, resilience::BreakerPolicy::cockatiel_consecutive>,
          BreakerForm<CockatielCountParams, resilience::BreakerPolicy::cockatiel_count>,
          BreakerForm<CockatielSamplingParams, resilience::BreakerPolicy::cockatiel_sampling>> {
  using OneOf::OneOf;
  static constexpr bool words = true;
  static constexpr std::string_view type_name = "breaker";

  /// @param now   When it begins to exist.
  /// @param bits  For the jitter of its pauses; outlives it.
  std::unique_ptr<resilience::Breaker> make(std::int64_t now, AnyBits bits) const {
    return std::visit([&](const auto& one) { return one.params.make(now, bits); }, form);
  }
};

}  // namespace highwater
