/// Drivers of the resilience family: circuit breakers here, the rest beside.

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "models/algorithms/resilience/policy.h"
#include "models/drivers/breaker_session.h"
#include "models/drivers/catalog.h"
#include "models/drivers/product_units.h"
#include "models/drivers/retrying.h"
#include "models/drivers/seeded_bits.h"

namespace highwater::resilience {

constexpr auto words_of(SlidingWindowType) {
  using enum SlidingWindowType;
  return std::array{Word{count_based, "count_based", "The last so many calls."},
                    Word{time_based, "time_based", "The last so many seconds."},
                    Word{count_based, "COUNT_BASED", "As resilience4j spells it."},
                    Word{time_based, "TIME_BASED", "As resilience4j spells it."}};
}

}  // namespace highwater::resilience

namespace highwater::drivers {
namespace {

using resilience::Backoff;
using resilience::BackoffKind;
using resilience::BreakerOptions;
using resilience::BreakerPolicy;
using resilience::HalfOpenAfter;
using resilience::SlidingWindowType;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;

struct PybreakerParams {
  std::uint32_t fail_max = 5;
  InSeconds reset_timeout{60 * kSecond};
  std::uint32_t success_threshold = 1;
  bool throw_new_error_on_trip = true;

  static constexpr std::string_view type_name = "pybreaker_driver";
  static constexpr auto fields() {
    using P = PybreakerParams;
    return std::tuple{
        field<&P::fail_max>("Failures in a row that open it."),
        field<&P::reset_timeout>("Before it tries again; bare numbers are seconds."),
        field<&P::success_threshold>("Successes in a row that close it."),
        field<&P::throw_new_error_on_trip>(
            "Whether the call that trips it gets CircuitBreakerError; it was let through either "
            "way, so that decisions are the same.")};
  }
  std::unique_ptr<resilience::Breaker> make() const {
    BreakerOptions options;
    options.pybreaker = {fail_max, reset_timeout.ns, success_threshold, throw_new_error_on_trip};
    return make_breaker(BreakerPolicy::pybreaker, options);
  }
};

struct Resilience4jParams {
  Percentage failure_rate_threshold{50};
  Percentage slow_call_rate_threshold{100};
  InMilliseconds slow_call_duration_threshold{60 * kSecond};
  SlidingWindowType sliding_window_type = SlidingWindowType::count_based;
  std::uint32_t sliding_window_size = 100;
  std::uint32_t minimum_number_of_calls = 100;
  InMilliseconds wait_duration_in_open_state{60 * kSecond};
  bool enable_exponential_backoff = false;
  double exponential_backoff_multiplier = 1.5;
  std::optional<InMilliseconds> exponential_max_wait_duration_in_open_state;
  std::uint32_t permitted_number_of_calls_in_half_open_state = 10;
  InMilliseconds max_wait_duration_in_half_open_state{0};
  bool automatic_transition_from_open_to_half_open_enabled = false;

  static constexpr std::string_view type_name = "resilience4j_driver";
  static constexpr auto fields() {
    using P = Resilience4jParams;
    return std::tuple{
        field<&P::failure_rate_threshold>("Opens at this percentage of failures."),
        field<&P::slow_call_rate_threshold>("Opens at this percentage of slow calls."),
        field<&P::slow_call_duration_threshold>(
            "Slow is what takes longer; bare numbers are milliseconds."),
        field<&P::sliding_window_type>("What the window holds."),
        field<&P::sliding_window_size>("Calls or seconds in the window.").at_least(1u),
        field<&P::minimum_number_of_calls>("Calls before rates mean anything.").at_least(1u),
        field<&P::wait_duration_in_open_state>("Before calls may go out for a trial."),
        field<&P::enable_exponential_backoff>("Longer each time the trial fails."),
        field<&P::exponential_backoff_multiplier>("So many times as long."),
        field<&P::exponential_max_wait_duration_in_open_state>("But no longer than this."),
        field<&P::permitted_number_of_calls_in_half_open_state>("Calls of the trial.").at_least(1u),
        field<&P::max_wait_duration_in_half_open_state>(
            "Opens again when the trial takes as long; 0: never."),
        field<&P::automatic_transition_from_open_to_half_open_enabled>(
            "Half-open as soon as the wait is over, not with the next call.")};
  }
  std::unique_ptr<resilience::Breaker> make() const {
    BreakerOptions options;
    resilience::Resilience4jOptions& o = options.resilience4j;
    o.failure_rate_threshold = static_cast<float>(failure_rate_threshold.value);
    o.slow_call_rate_threshold = static_cast<float>(slow_call_rate_threshold.value);
    o.slow_call_duration_threshold = slow_call_duration_threshold.ns;
    o.sliding_window_type = sliding_window_type;
    o.sliding_window_size = sliding_window_size;
    o.minimum_number_of_calls = minimum_number_of_calls;
    o.wait_duration_in_open_state = wait_duration_in_open_state.ns;
    o.enable_exponential_backoff = enable_exponential_backoff;
    o.exponential_backoff_multiplier = exponential_backoff_multiplier;
    if (exponential_max_wait_duration_in_open_state)
      o.exponential_max_wait_duration_in_open_state =
          exponential_max_wait_duration_in_open_state->ns;
    o.permitted_number_of_calls_in_half_open_state = permitted_number_of_calls_in_half_open_state;
    o.max_wait_duration_in_half_open_state = max_wait_duration_in_half_open_state.ns;
    o.automatic_transition_from_open_to_half_open_enabled =
        automatic_transition_from_open_to_half_open_enabled;
    return make_breaker(BreakerPolicy::resilience4j, options);
  }
};

struct HystrixParams {
  std::uint32_t request_volume_threshold = 20;
  Percentage error_threshold_percentage{50};
  InMilliseconds sleep_window_in_milliseconds{5 * kSecond};
  InMilliseconds rolling_stats_time_in_milliseconds{10 * kSecond};
  InMilliseconds health_snapshot_interval_in_milliseconds{500 * kMillisecond};
  bool force_open = false;
  bool force_closed = false;
  bool execution_timeout_enabled = true;
  InMilliseconds execution_timeout_in_milliseconds{kSecond};

  static constexpr std::string_view type_name = "hystrix_driver";
  static constexpr auto fields() {
    using P = HystrixParams;
    return std::tuple{
        field<&P::request_volume_threshold>("Results in the window before it may open."),
        field<&P::error_threshold_percentage>(
            "Opens at this percentage of errors, a whole number."),
        field<&P::sleep_window_in_milliseconds>("Before the trial."),
        field<&P::rolling_stats_time_in_milliseconds>("The window."),
        field<&P::health_snapshot_interval_in_milliseconds>("Between two looks at the window.")
            .at_least(InMilliseconds{kMillisecond}),
        field<&P::force_open>("Rejects every call."),
        field<&P::force_closed>("Lets every call out."),
        field<&P::execution_timeout_enabled>("Whether calls are given up on."),
        field<&P::execution_timeout_in_milliseconds>("After so long.")};
  }
  std::unique_ptr<resilience::Breaker> make() const {
    BreakerOptions options;
    options.hystrix = {request_volume_threshold,
                       static_cast<std::uint32_t>(error_threshold_percentage.value),
                       sleep_window_in_milliseconds.ns,
                       rolling_stats_time_in_milliseconds.ns,
                       health_snapshot_interval_in_milliseconds.ns,
                       force_open,
                       force_closed,
                       execution_timeout_enabled,
                       execution_timeout_in_milliseconds.ns};
    return make_breaker(BreakerPolicy::hystrix, options);
  }
};

struct OpossumParams {
  MillisecondsOrFalse timeout{10 * kSecond};
  Percentage error_threshold_percentage{50};
  InMilliseconds reset_timeout{30 * kSecond};
  InMilliseconds rolling_count_timeout{10 * kSecond};
  std::uint32_t rolling_count_buckets = 10;
  std::uint32_t volume_threshold = 0;
  bool allow_warm_up = false;
  std::uint64_t capacity = 9'007'199'254'740'991;

  static constexpr std::string_view type_name = "opossum_driver";
  static constexpr auto fields() {
    using P = OpossumParams;
    return std::tuple{
        field<&P::timeout>("A call that takes as long has failed; bare numbers are milliseconds."),
        field<&P::error_threshold_percentage>("Opens above this percentage of failures."),
        field<&P::reset_timeout>("Before the trial."),
        field<&P::rolling_count_timeout>("The window."),
        field<&P::rolling_count_buckets>("Buckets of the window.").at_least(1u).at_most(1'000'000u),
        field<&P::volume_threshold>("Calls in the window before it may open."),
        field<&P::allow_warm_up>("Never opens while its first window fills."),
        field<&P::capacity>("Calls at a time; one more is rejected and a failure.")};
  }
  std::unique_ptr<resilience::Breaker> make() const {
    BreakerOptions options;
    options.opossum = {timeout.ns,
                       error_threshold_percentage.value,
                       reset_timeout.ns,
                       rolling_count_timeout.ns,
                       rolling_count_buckets,
                       volume_threshold,
                       allow_warm_up,
                       capacity};
    return make_breaker(BreakerPolicy::opossum, options);
  }
};

enum class Generator : std::uint8_t { iterable, none, full, half, decorrelated };
constexpr auto words_of(Generator) {
  return std::array{
      Word{Generator::iterable, "iterable", "The pauses of half_open_after, the last for ever."},
      Word{Generator::none, "none", "ExponentialBackoff without jitter."},
      Word{Generator::full, "full", "ExponentialBackoff with full jitter."},
      Word{Generator::half, "half", "ExponentialBackoff with half jitter."},
      Word{Generator::decorrelated, "decorrelated", "ExponentialBackoff, decorrelated."}};
}

/// What the three cockatiel breakers have in common.
struct HalfOpenParams {
  PauseList half_open_after{{10 * kSecond}};
  Generator generator = Generator::iterable;
  InMilliseconds initial_delay{128 * kMillisecond};
  InMilliseconds max_delay{30 * kSecond};
  double exponent = 2;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    using P = HalfOpenParams;
    return std::tuple{
        field<&P::half_open_after>("Before the test, each time it fails: one pause or several."),
        field<&P::generator>("Where the pauses come from."),
        field<&P::initial_delay>("First pause of a generator."),
        field<&P::max_delay>("Longest pause of a generator."),
        field<&P::exponent>("Growth of the decorrelated generator; the others double."),
        field<&P::seed>("Of a generator's draws: SplitMix64.")};
  }
  HalfOpenAfter make(SeededBits& bits) const {
    HalfOpenAfter after;
    after.pauses = half_open_after.pauses;
    static constexpr BackoffKind kKinds[] = {
        BackoffKind::none, BackoffKind::cockatiel_none, BackoffKind::cockatiel_full,
        BackoffKind::cockatiel_half, BackoffKind::decorrelated_v2};
    if (generator != Generator::iterable) {
      after.generator = kKinds[static_cast<std::size_t>(generator)];
      after.exponential = {initial_delay.ns, max_delay.ns, exponent, 0, 0};
      after.bits = AnyBits(bits);
    }
    return after;
  }
};

struct ConsecutiveParams {
  std::uint64_t threshold = 5;
  HalfOpenParams half_open;

  static constexpr std::string_view type_name = "cockatiel_consecutive_driver";
  static constexpr auto fields() {
    using P = ConsecutiveParams;
    return std::tuple{field<&P::threshold>("Failures in a row that open it."),
                      inlined<&P::half_open>()};
  }
  std::unique_ptr<resilience::Breaker> make(SeededBits& bits) const {
    BreakerOptions options;
    options.cockatiel_consecutive = {threshold, half_open.make(bits)};
    return make_breaker(BreakerPolicy::cockatiel_consecutive, options);
  }
};

struct CountParams {
  Fraction threshold{0.5};
  std::uint32_t size = 100;
  std::optional<std::uint32_t> minimum_number_of_calls;
  HalfOpenParams half_open;

  static constexpr std::string_view type_name = "cockatiel_count_driver";
  static constexpr auto fields() {
    using P = CountParams;
    return std::tuple{
        field<&P::threshold>("Opens above this share of failures."),
        field<&P::size>("Calls remembered.").at_least(1u),
        field<&P::minimum_number_of_calls>("Calls before it may open; size unless given.")
            .at_least(1u),
        inlined<&P::half_open>()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (minimum_number_of_calls && *minimum_number_of_calls > size)
      problems.error(where.position(), path, "minimum_number_of_calls is more than size");
  }
  std::unique_ptr<resilience::Breaker> make(SeededBits& bits) const {
    BreakerOptions options;
    options.cockatiel_count = {threshold.value, size, minimum_number_of_calls.value_or(0),
                               half_open.make(bits)};
    return make_breaker(BreakerPolicy::cockatiel_count, options);
  }
};

struct SamplingParams {
  Fraction threshold{0.5};
  InMilliseconds duration{30 * kSecond};
  double minimum_rps = 0;
  HalfOpenParams half_open;

  static constexpr std::string_view type_name = "cockatiel_sampling_driver";
  static constexpr auto fields() {
    using P = SamplingParams;
    return std::tuple{
        field<&P::threshold>("Opens above this share of failures."),
        field<&P::duration>("Whose calls count; bare numbers are milliseconds."),
        field<&P::minimum_rps>("Calls a second before it may open; 0: 5 / threshold."),
        inlined<&P::half_open>()};
  }
  std::unique_ptr<resilience::Breaker> make(SeededBits& bits) const {
    BreakerOptions options;
    options.cockatiel_sampling = {threshold.value, duration.ns, minimum_rps, half_open.make(bits)};
    return make_breaker(BreakerPolicy::cockatiel_sampling, options);
  }
};

/// A session that also owns what its breaker draws from.
class DrawingSession final : public Session {
 public:
  template <class Params>
  explicit DrawingSession(const Params& params)
      : bits_(params.half_open.seed), session_(params.make(bits_)) {}

  std::string take(std::string_view line, std::string& out) override {
    return session_.take(line, out);
  }
  void end(std::string& out) override { session_.end(out); }

 private:
  SeededBits bits_;
  BreakerSession session_;
};

template <class Params>
Driver breaker_driver(BreakerPolicy policy) {
  const resilience::BreakerInfo& info = resilience::kBreakers[static_cast<std::size_t>(policy)];
  const std::string name(info.name);
  return driver<Params>(
      {name, "resilience", std::string(info.summary), std::string(info.source),
       "SECONDS success, SECONDS failure or SECONDS slow; a duration in seconds may follow",
       "allowed STATE or rejected STATE: the state after it",
       "printf '%s\\n' '1 failure' '2 failure' '3 success' | highwater algorithm " + name},
      [](const Params& params) -> std::unique_ptr<Session> {
        if constexpr (requires { params.half_open; }) {
          return std::make_unique<DrawingSession>(params);
        } else {
          return std::make_unique<BreakerSession>(params.make());
        }
      });
}

}  // namespace

std::vector<Driver> resilience() {
  std::vector<Driver> drivers;
  drivers.push_back(breaker_driver<PybreakerParams>(BreakerPolicy::pybreaker));
  drivers.push_back(breaker_driver<Resilience4jParams>(BreakerPolicy::resilience4j));
  drivers.push_back(breaker_driver<HystrixParams>(BreakerPolicy::hystrix));
  drivers.push_back(breaker_driver<OpossumParams>(BreakerPolicy::opossum));
  drivers.push_back(breaker_driver<ConsecutiveParams>(BreakerPolicy::cockatiel_consecutive));
  drivers.push_back(breaker_driver<CountParams>(BreakerPolicy::cockatiel_count));
  drivers.push_back(breaker_driver<SamplingParams>(BreakerPolicy::cockatiel_sampling));
  std::vector<Driver> others = retrying();
  std::move(others.begin(), others.end(), std::back_inserter(drivers));
  return drivers;
}

}  // namespace highwater::drivers
