#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"
#include "models/algorithms/resilience/backoff.h"
#include "models/algorithms/resilience/hedge.h"
#include "models/algorithms/resilience/retry_limit.h"
#include "models/algorithms/resilience/retry_ratio.h"
#include "models/breaker_params.h"
#include "models/calls/concurrency_limit_params.h"
#include "models/calls/connection_pool_params.h"
#include "models/calls/rate_limit_params.h"
#include "models/calls/routing_params.h"
#include "models/calls/transport_params.h"
#include "models/retry_limit_params.h"

namespace highwater {

/// How the pauses between attempts are spread, so that clients do not come back in step.
/// Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
enum class Jitter : std::uint8_t { none, full, equal, decorrelated, decorrelated_v2, half, fifth };
constexpr auto words_of(Jitter) {
  return std::array{
      Word{Jitter::none, "none", "Exactly the backoff."},
      Word{Jitter::full, "full", "Uniform between 0 and the backoff; AWS SDKs, Envoy."},
      Word{Jitter::equal, "equal", "Half the backoff and a uniform part of the other half."},
      Word{Jitter::decorrelated, "decorrelated",
           "Uniform between the base and three times the pause before."},
      Word{Jitter::decorrelated_v2, "decorrelated_v2",
           "Spread evenly over a smooth exponential curve; Polly, cockatiel."},
      Word{Jitter::half, "half",
           "Up to half as much more or less; cenkalti/backoff, resilience4j."},
      Word{Jitter::fifth, "fifth", "Up to a fifth more or less; gRPC."}};
}

/// The outcomes of an attempt that a retry may follow.
enum class RetryOn : std::uint8_t { timeout, unavailable, error, rejected, connection_reset };
constexpr auto words_of(RetryOn) {
  return std::array{
      Word{RetryOn::timeout, "timeout", "No answer in time."},
      Word{RetryOn::unavailable, "unavailable",
           "Nobody there: connection refused, no healthy target."},
      Word{RetryOn::error, "error", "Answered with an error."},
      Word{RetryOn::rejected, "rejected", "Refused unserved: line full, limit, pool timeout."},
      Word{RetryOn::connection_reset, "connection_reset", "The connection broke during the work."}};
}

struct RetryParams {
  std::uint32_t attempts = 3;
  Duration backoff = 100ms;
  double multiplier = 2;
  Duration max_backoff = 10s;
  Jitter jitter = Jitter::full;
  std::optional<Duration> max_elapsed;
  std::vector<RetryOn> on{RetryOn::timeout, RetryOn::unavailable, RetryOn::connection_reset,
                          RetryOn::error};
  std::optional<RetryBudgetParams> budget;
  std::optional<RetryThrottleParams> throttle;
  std::optional<RetryConcurrencyParams> concurrency;
  std::optional<RetryQuotaParams> quota;
  std::optional<Fraction> max_share;

  static constexpr auto fields() {
    return Fields{
        field<&RetryParams::attempts>("Tries in all, the first included.")
            .at_least(1u)
            .at_most(100u),
        field<&RetryParams::backoff>("Pause before the second attempt, before jitter."),
        field<&RetryParams::multiplier>("The pause grows by this factor from attempt to attempt.")
            .at_least(1.0)
            .at_most(100.0),
        field<&RetryParams::max_backoff>("Longest pause, before jitter."),
        field<&RetryParams::jitter>("How the pause is spread at random."),
        field<&RetryParams::max_elapsed>("Gives up where the next attempt would begin later than "
                                         "so long after the first; never unless given.")
            .source("cenkalti/backoff MaxElapsedTime"),
        field<&RetryParams::on>("Outcomes that are tried again."),
        field<&RetryParams::budget>("Limit on retries as a share of the calls, as Finagle and "
                                    "Linkerd have it; none unless given."),
        field<&RetryParams::throttle>("No retries while too much fails, as gRPC has it; none "
                                      "unless given."),
        field<&RetryParams::concurrency>("Limit on retries at a time, as Envoy has it; none unless "
                                         "given."),
        field<&RetryParams::quota>("Retries are paid from what successes give back, as AWS SDKs "
                                   "have it; none unless given."),
        field<&RetryParams::max_share>("Share of all attempts of the last two minutes that may be "
                                       "retries; any unless given.")
            .source("Site Reliability Engineering, chapter 21"),
    };
  }
  static constexpr auto shorthand = &RetryParams::attempts;
  void check(const Value& where, const std::string& path, Problems& problems) const;

  resilience::Backoff backoff_of() const;
  /// Null where retries are not limited.
  std::unique_ptr<resilience::RetryLimit> make_limit(std::int64_t now) const;
};

struct BulkheadParams {
  std::uint32_t concurrent = 25;
  std::uint32_t queue = 0;
  std::optional<Duration> max_wait;

  static constexpr auto fields() {
    return Fields{
        field<&BulkheadParams::concurrent>("Calls that each calling instance may have on their way "
                                           "at a time.")
            .at_least(1u)
            .source("resilience4j maxConcurrentCalls"),
        field<&BulkheadParams::queue>("Calls that may wait for their turn; one more is refused.")
            .source("resilience4j ThreadPoolBulkhead queueCapacity, cockatiel"),
        field<&BulkheadParams::max_wait>("How long one waits at most; for ever unless given.")
            .source("resilience4j maxWaitDuration"),
    };
  }
  static constexpr auto shorthand = &BulkheadParams::concurrent;
};

struct HedgeParams {
  std::optional<Duration> after;
  std::optional<double> percentile;
  Duration initial = 100ms;
  Duration window = 30s;
  std::uint32_t requests = 2;
  Fraction budget{0.05};
  std::uint32_t burst = 10;

  static constexpr auto fields() {
    return Fields{
        field<&HedgeParams::after>("Sends a second request when the first has not been answered "
                                   "for so long; with a percentile, the longer of both."),
        field<&HedgeParams::percentile>("The same after a percentile of the latencies of late; 95 "
                                        "unless after is given.")
            .at_least(0.001)
            .at_most(99.999)
            .source("Dean and Barroso 2013"),
        field<&HedgeParams::initial>("The delay while no latency is known yet.").source("chosen"),
        field<&HedgeParams::window>("Latencies of so long count.")
            .at_least(Duration{1s})
            .source("chosen"),
        field<&HedgeParams::requests>("Requests for one answer at most, the first included.")
            .at_least(2u)
            .at_most(5u)
            .source("gRPC hedging maxAttempts"),
        field<&HedgeParams::budget>("Share of the calls that may be hedged.")
            .source("Dean and Barroso 2013: 2 to 5 %"),
        field<&HedgeParams::burst>("Hedges that may be saved up.").source("chosen"),
    };
  }
  static constexpr auto shorthand = &HedgeParams::after;
  resilience::HedgeDelay delay_of(std::int64_t now) const;
};

struct FallbackParams {
  std::optional<ComponentRef> to;
  std::optional<Duration> timeout;
  Distribution time = Distribution::constant(Duration{0});

  static constexpr auto fields() {
    return Fields{
        field<&FallbackParams::to>("The component that is asked instead; unless given, a prepared "
                                   "answer is used."),
        field<&FallbackParams::timeout>("Of the request to it; none unless given.")
            .at_least(Duration{1}),
        field<&FallbackParams::time>("Time it takes to come up with the prepared answer."),
    };
  }
  static constexpr auto shorthand = &FallbackParams::to;
};

/// What a caller does about slow and failed answers. Stands beside the target of any call.
struct CallPolicy {
  std::optional<Duration> timeout;
  std::optional<RetryParams> retry;
  std::optional<BreakerParams> breaker;
  std::optional<overload::AdaptiveThrottleParams> adaptive_throttling;
  std::optional<RateLimitParams> rate_limit;
  std::optional<ConcurrencyLimitParams> concurrency_limit;
  std::optional<BulkheadParams> bulkhead;
  std::optional<HedgeParams> hedge;
  std::optional<ConnectionPoolParams> pool;
  std::optional<TransportParams> transport;
  std::optional<Duration> deadline_slack;
  std::optional<FallbackParams> fallback;

  static constexpr auto fields() {
    return Fields{
        field<&CallPolicy::timeout>("Of one attempt, from sending; none unless given.")
            .at_least(Duration{1}),
        field<&CallPolicy::retry>("Further attempts after a failed one; none unless given."),
        field<&CallPolicy::breaker>("Circuit breaker of each calling instance: refuses attempts "
                                    "while too many of them fail; none unless given."),
        field<&CallPolicy::adaptive_throttling>("Each calling instance refuses attempts itself, by "
                                                "chance, when the callee rejects too many; off "
                                                "unless given.")
            .source("Site Reliability Engineering, chapter 21"),
        field<&CallPolicy::rate_limit>("Limit on the attempts that each calling instance sends; "
                                       "none unless given."),
        field<&CallPolicy::concurrency_limit>("Limit on the attempts that each calling instance "
                                              "has on their way, learned from how they go; none "
                                              "unless given.")
            .source("Netflix concurrency-limits"),
        field<&CallPolicy::bulkhead>("Fixed limit on the attempts that each calling instance has "
                                     "on their way, with a line before it; none unless given."),
        field<&CallPolicy::hedge>("Sends further requests beside one that is slow and takes the "
                                  "first answer; off unless given."),
        field<&CallPolicy::pool>("Connections of each calling instance to each instance of the "
                                 "callee, which all its calls with a pool share: a request takes "
                                 "one and waits where none is free. Calls need none unless given."),
        field<&CallPolicy::transport>("The connections of each calling process to each instance of "
                                      "the callee, and what goes over them: all its calls that "
                                      "have a transport share them. The users of a client are one "
                                      "process. Connections cost nothing unless given."),
        field<&CallPolicy::deadline_slack>("Gives an attempt up when the caller's own caller stops "
                                           "waiting, so long before that; unless given, calls go "
                                           "on although nobody waits.")
            .source("gRPC deadline propagation"),
        field<&CallPolicy::fallback>("What answers when the call has failed for good; nothing "
                                     "unless given."),
    };
  }

  /// Whether a call is one attempt and nothing more.
  bool is_plain() const {
    return (!retry || retry->attempts < 2) && !guards_attempts() && !fallback;
  }
  /// Whether each attempt passes by something that may refuse it, make it wait or multiply it.
  bool guards_attempts() const {
    return breaker || adaptive_throttling || rate_limit || concurrency_limit || bulkhead || hedge ||
           pool || transport || deadline_slack;
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// A call with its policy, as `calls` of a client has it.
struct CallParams {
  ComponentRef to;
  CallPolicy policy;
  RoutingParams routing;

  static constexpr auto fields() {
    return Fields{
        field<&CallParams::to>("The component that is called.").required(),
        inlined<&CallParams::policy>(),
        inlined<&CallParams::routing>(),
    };
  }
  static constexpr auto shorthand = &CallParams::to;
};

extern template struct FieldCodec<CallPolicy>;

}  // namespace highwater
