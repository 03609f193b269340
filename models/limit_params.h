#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/limiting/policy.h"
#include "models/quota.h"

namespace highwater {

namespace limiting {

constexpr auto words_of(WindowStart) {
  return std::array{
      Word{WindowStart::clock, "clock", "At multiples of the period."},
      Word{WindowStart::first_hit, "first_hit", "With the first request, then a period apart."}};
}

constexpr auto words_of(WhenFull) {
  return std::array{
      Word{WhenFull::evict, "evict", "The key asked for least recently is forgotten, as in nginx."},
      Word{WhenFull::deny, "deny", "The request is refused."}};
}

}  // namespace limiting

namespace limit {

// What the limiters can be told, a struct for each. apply() puts it where the algorithm looks.

/// Reports a quota whose count is no whole number, for those who count.
inline void check_whole(const Quota& quota, const Value& where, const std::string& path,
                        Problems& problems) {
  if (!quota.whole_count())
    problems.error(where.position(), path.empty() ? "rate" : path + "/rate",
                   "expected a whole number of requests, such as \"5/minute\"");
}

/// For those whose memory follows the limit.
inline constexpr std::uint32_t kMostLogged = 10'000'000;

struct TokenBucketParams {
  Quota rate;
  std::uint32_t burst = limiting::TokenBucketOptions{}.burst;
  bool reserve = false;
  std::optional<Duration> max_wait;

  static constexpr auto fields() {
    using P = TokenBucketParams;
    return Fields{
        field<&P::rate>("How fast it fills.").required(),
        field<&P::burst>("Tokens that it holds at most, and at first."),
        field<&P::reserve>("Lets requests take tokens to come and wait for them.")
            .source("x/time/rate ReserveN"),
        field<&P::max_wait>("How long they may wait at most; with reserve. Unless given, any time.")
            .source("x/time/rate WaitN with a deadline")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (max_wait && !reserve)
      problems.error(where.position(), path.empty() ? "max_wait" : path + "/max_wait",
                     "without reserve nobody waits");
  }
  void apply(limiting::Options& options) const {
    options.token_bucket = {rate.per_second(), burst, reserve,
                            max_wait ? max_wait->count() : limiting::kNever};
  }
};

struct JujuBucketParams {
  std::optional<Quota> rate;
  std::optional<Duration> fill_interval;
  std::uint64_t quantum = 1;
  std::uint64_t capacity = 1;
  Duration max_wait{0};
  bool forget_ticks_while_full = false;

  static constexpr auto fields() {
    using P = JujuBucketParams;
    return Fields{
        field<&P::rate>("How fast it fills; finds the ticks.").source("juju NewBucketWithRate"),
        field<&P::fill_interval>("Time between two ticks, instead of a rate.")
            .at_least(Duration{1})
            .source("juju NewBucketWithQuantum"),
        field<&P::quantum>("Tokens of a tick; with fill_interval.").at_least(1),
        field<&P::capacity>("Tokens that it holds at most, and at first.").at_least(1),
        field<&P::max_wait>("How long a request may wait for tokens.")
            .source("juju TakeMaxDuration"),
        field<&P::forget_ticks_while_full>("Ticks that pass while it is full are gone.")
            .source("juju 1.0.2; 1.0.1 counts them later")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const std::string at = path.empty() ? "rate" : path + "/rate";
    limiting::JujuBucketOptions found;
    if (rate.has_value() == fill_interval.has_value()) {
      problems.error(where.position(), at, "expected either a rate or a fill_interval");
    } else if (rate && !limiting::JujuBucket::set_rate(rate->per_second(), found)) {
      problems.error(where.position(), at, "no tick in whole nanoseconds comes near it");
    } else if (rate && quantum != 1) {
      problems.error(where.position(), at, "a rate finds its own quantum");
    }
  }
  void apply(limiting::Options& options) const {
    limiting::JujuBucketOptions& bucket = options.juju_bucket;
    bucket.capacity = static_cast<std::int64_t>(capacity);
    bucket.quantum = static_cast<std::int64_t>(quantum);
    bucket.max_wait = max_wait.count();
    bucket.forget_ticks_while_full = forget_ticks_while_full;
    if (fill_interval) bucket.fill_interval = fill_interval->count();
    if (rate) limiting::JujuBucket::set_rate(rate->per_second(), bucket);
  }
};

struct Bucket4jParams {
  std::uint64_t capacity = 1;
  std::uint64_t refill_tokens = 1;
  Duration refill_period{limiting::Bucket4jOptions{}.refill_period};
  bool intervally = false;
  std::optional<std::uint64_t> initial_tokens;

  static constexpr auto fields() {
    using P = Bucket4jParams;
    return Fields{field<&P::capacity>("Tokens that it holds at most.").at_least(1),
                  field<&P::refill_tokens>("Tokens of each period.").at_least(1),
                  field<&P::refill_period>("The period.").at_least(Duration{1}),
                  field<&P::intervally>("All tokens of a period come at its end; else one by one.")
                      .source("bucket4j refillIntervally, refillGreedy"),
                  field<&P::initial_tokens>("Tokens at first; the capacity unless given.")};
  }
  void apply(limiting::Options& options) const {
    options.bucket4j.capacity = static_cast<std::int64_t>(capacity);
    options.bucket4j.refill_tokens = static_cast<std::int64_t>(refill_tokens);
    options.bucket4j.refill_period = refill_period.count();
    options.bucket4j.intervally = intervally;
    if (initial_tokens)
      options.bucket4j.initial_tokens = static_cast<std::int64_t>(*initial_tokens);
  }
};

struct GcraParams {
  Quota rate;
  std::uint32_t burst = limiting::GcraOptions{}.burst;

  static constexpr auto fields() {
    return Fields{
        field<&GcraParams::rate>("Requests in a time, evenly spaced.").required(),
        field<&GcraParams::burst>("Requests that may come at once; redis-cell's max_burst + 1.")};
  }
  void apply(limiting::Options& options) const { options.gcra = {rate.count, rate.period, burst}; }
};

struct LeakyBucketParams {
  Quota rate;
  std::uint32_t burst = limiting::LeakyBucketOptions{}.burst;

  static constexpr auto fields() {
    return Fields{
        field<&LeakyBucketParams::rate>("How fast it leaks.").required(),
        field<&LeakyBucketParams::burst>("What it holds; of a queue, the requests that may wait.")};
  }
  void apply(limiting::Options& options) const {
    options.leaky_bucket = {rate.per_second(), burst};
  }
};

struct UberRatelimitParams {
  Quota rate;
  std::uint32_t slack = limiting::UberRatelimitOptions{}.slack;

  static constexpr auto fields() {
    return Fields{
        field<&UberRatelimitParams::rate>("Requests, in whole numbers, in a time.").required(),
        field<&UberRatelimitParams::slack>("Requests not made in time that may be made up for.")
            .source("go.uber.org/ratelimit WithSlack")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_whole(rate, where, path, problems);
  }
  void apply(limiting::Options& options) const {
    options.uber_ratelimit = {rate.whole_count().value_or(0), rate.period, slack};
  }
};

/// Fixed and elastic windows.
struct WindowParams {
  Quota rate;

  static constexpr auto fields() {
    return Fields{field<&WindowParams::rate>("Requests in each window: 5/minute.").required()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_whole(rate, where, path, problems);
  }
  void apply(limiting::Options& options) const {
    options.window = {rate.whole_count().value_or(0), rate.period};
  }
};

struct SlidingLogParams {
  Quota rate;

  static constexpr auto fields() {
    return Fields{field<&SlidingLogParams::rate>("Requests in any window: 5/minute.").required()};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_whole(rate, where, path, problems);
    if (rate.count > kMostLogged)
      problems.error(where.position(), path.empty() ? "rate" : path + "/rate",
                     "more than " + std::to_string(kMostLogged) + " entries to remember");
  }
  void apply(limiting::Options& options) const {
    options.window = {rate.whole_count().value_or(0), rate.period};
  }
};

struct AlignedWindowParams {
  Quota rate;
  Duration phase{0};

  static constexpr auto fields() {
    return Fields{
        field<&AlignedWindowParams::rate>("Requests in each window: 5/minute.").required(),
        field<&AlignedWindowParams::phase>(
            "What the clock shows at time 0; whole periods of it do not matter.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_whole(rate, where, path, problems);
  }
  void apply(limiting::Options& options) const {
    options.aligned_window = {{rate.whole_count().value_or(0), rate.period}, phase.count()};
  }
};

struct SlidingWindowParams {
  Quota rate;
  limiting::WindowStart start = limiting::WindowStart::clock;
  Duration phase{0};
  bool floor = false;

  static constexpr auto fields() {
    using P = SlidingWindowParams;
    return Fields{field<&P::rate>("Requests in each window: 5/minute.").required(),
                  field<&P::start>("When windows begin."),
                  field<&P::phase>("What the clock shows at time 0, where windows follow it; "
                                   "whole periods of it do not matter."),
                  field<&P::floor>("Rounds the estimate down before the request is added.")
                      .source("python-limits 5.8.0")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_whole(rate, where, path, problems);
    if (start == limiting::WindowStart::first_hit && phase.count() != 0)
      problems.error(where.position(), path.empty() ? "phase" : path + "/phase",
                     "windows that begin with the first request follow no clock");
  }
  void apply(limiting::Options& options) const {
    options.sliding_window = {
        {rate.whole_count().value_or(0), rate.period}, start, phase.count(), floor};
  }
};

struct RateLimiterFlexibleParams {
  std::uint64_t points = 4;
  Duration duration{limiting::RateLimiterFlexibleOptions{}.duration};
  Duration block_duration{0};
  bool exec_evenly = false;
  std::optional<Duration> exec_evenly_min_delay;

  static constexpr auto fields() {
    using P = RateLimiterFlexibleParams;
    return Fields{
        field<&P::points>("What may be consumed in each duration."),
        field<&P::duration>("How long; 0: for ever."),
        field<&P::block_duration>("How long who consumes too much is shut out; 0: to the end of "
                                  "the duration.")
            .source("rate-limiter-flexible blockDuration"),
        field<&P::exec_evenly>("Spreads requests over the duration.")
            .source("rate-limiter-flexible execEvenly"),
        field<&P::exec_evenly_min_delay>("The least delay; duration / points unless given.")
            .source("rate-limiter-flexible execEvenlyMinDelayMs")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (exec_evenly_min_delay && !exec_evenly)
      problems.error(where.position(),
                     path.empty() ? "exec_evenly_min_delay" : path + "/exec_evenly_min_delay",
                     "without exec_evenly nothing is delayed");
  }
  void apply(limiting::Options& options) const {
    limiting::RateLimiterFlexibleOptions& flexible = options.rate_limiter_flexible;
    flexible.points = static_cast<std::int64_t>(points);
    flexible.duration = duration.count();
    flexible.block_duration = block_duration.count();
    flexible.exec_evenly = exec_evenly;
    if (exec_evenly_min_delay) flexible.exec_evenly_min_delay = exec_evenly_min_delay->count();
  }
};

struct NginxLimitReqParams {
  Quota rate;
  std::uint32_t burst = 0;
  bool nodelay = false;
  std::optional<std::uint32_t> delay;

  static constexpr auto fields() {
    using P = NginxLimitReqParams;
    return Fields{
        field<&P::rate>("5r/s, 30r/m; thousandths of a request per second, rounded down.")
            .required(),
        field<&P::burst>("Requests beyond the rate that are not refused.").source("nginx burst"),
        field<&P::nodelay>("None of them is delayed.").source("nginx nodelay"),
        field<&P::delay>("How many of them are not delayed.").source("nginx delay")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (nodelay && delay)
      problems.error(where.position(), path.empty() ? "delay" : path + "/delay",
                     "nodelay says that nothing is delayed: give one of them");
    if (milli_rate() < 1)
      problems.error(where.position(), path.empty() ? "rate" : path + "/rate",
                     "nginx knows no rate below 0.001 requests per second");
  }
  void apply(limiting::Options& options) const {
    options.nginx_limit_req = {milli_rate(), burst, delay.value_or(0), nodelay};
  }
  std::int64_t milli_rate() const {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const auto whole = rate.whole_count();
    if (whole && rate.period % kSecond == 0)
      return std::int64_t{*whole} * 1000 / (rate.period / kSecond);
    return static_cast<std::int64_t>(std::floor(rate.per_second() * 1000));
  }
};

struct EnvoyLocalRateLimitParams {
  std::uint32_t max_tokens = 1;
  std::uint32_t tokens_per_fill = 1;
  Duration fill_interval{limiting::EnvoyLocalRateLimitOptions{}.fill_interval};
  bool timer = false;

  static constexpr auto fields() {
    using P = EnvoyLocalRateLimitParams;
    return Fields{field<&P::max_tokens>("Tokens that it holds at most, and at first.").at_least(1),
                  field<&P::tokens_per_fill>("Tokens that come in each interval.").at_least(1),
                  field<&P::fill_interval>("The interval.").at_least(Duration{50'000'000}),
                  field<&P::timer>("They come at its end, all at once; else evenly.")
                      .source("Envoy up to 1.30")};
  }
  void apply(limiting::Options& options) const {
    options.envoy_local_rate_limit = {max_tokens, tokens_per_fill, fill_interval.count(), timer};
  }
};

struct Resilience4jRateLimiterParams {
  std::uint32_t limit_for_period = limiting::Resilience4jRateLimiterOptions{}.limit_for_period;
  Duration limit_refresh_period{limiting::Resilience4jRateLimiterOptions{}.limit_refresh_period};
  Duration timeout_duration{limiting::Resilience4jRateLimiterOptions{}.timeout_duration};

  static constexpr auto fields() {
    using P = Resilience4jRateLimiterParams;
    return Fields{field<&P::limit_for_period>("Permissions of each period.").at_least(1),
                  field<&P::limit_refresh_period>("The period.").at_least(Duration{1}),
                  field<&P::timeout_duration>("How long a request may wait for one.")};
  }
  void apply(limiting::Options& options) const {
    options.resilience4j_rate_limiter = {limit_for_period, limit_refresh_period.count(),
                                         timeout_duration.count()};
  }
};

struct ConcurrencyLimitParams {
  std::uint32_t limit = 1;

  static constexpr auto fields() {
    return Fields{field<&ConcurrencyLimitParams::limit>("Requests at once.").required()};
  }
  void apply(limiting::Options& options) const { options.concurrency_limit = {limit}; }
};

}  // namespace limit
}  // namespace highwater
