#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/words.h"

namespace highwater {

/// How the pauses between attempts are spread, so that clients do not come back in step.
/// Source: M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
enum class Jitter : std::uint8_t { none, full, equal, decorrelated };
constexpr auto words_of(Jitter) {
  return std::array{
      Word{Jitter::none, "none", "Exactly the backoff."},
      Word{Jitter::full, "full", "Uniform between 0 and the backoff."},
      Word{Jitter::equal, "equal", "Half the backoff and a uniform part of the other half."},
      Word{Jitter::decorrelated, "decorrelated",
           "Uniform between the base and three times the pause before."}};
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

struct RetryBudgetParams {
  Fraction ratio{0.2};
  Rate min_rate{10};

  static constexpr auto fields() {
    return std::tuple{
        field<&RetryBudgetParams::ratio>("Retries allowed, as a share of the calls.")
            .source("Finagle RetryBudget"),
        field<&RetryBudgetParams::min_rate>("Retries allowed however few calls there are.")
            .source("Finagle RetryBudget"),
    };
  }
  static constexpr auto shorthand = &RetryBudgetParams::ratio;
};

struct RetryParams {
  std::uint32_t attempts = 3;
  Duration backoff = 100ms;
  double multiplier = 2;
  Duration max_backoff = 10s;
  Jitter jitter = Jitter::full;
  std::vector<RetryOn> on{RetryOn::timeout, RetryOn::unavailable, RetryOn::connection_reset,
                          RetryOn::error};
  std::optional<RetryBudgetParams> budget;

  static constexpr auto fields() {
    return std::tuple{
        field<&RetryParams::attempts>("Tries in all, the first included.")
            .at_least(1u)
            .at_most(100u),
        field<&RetryParams::backoff>("Pause before the second attempt, before jitter."),
        field<&RetryParams::multiplier>("The pause grows by this factor from attempt to attempt.")
            .at_least(1.0)
            .at_most(100.0),
        field<&RetryParams::max_backoff>("Longest pause, before jitter."),
        field<&RetryParams::jitter>("How the pause is spread at random."),
        field<&RetryParams::on>("Outcomes that are tried again."),
        field<&RetryParams::budget>("Limit on retries as a share of the calls; none unless given."),
    };
  }
  static constexpr auto shorthand = &RetryParams::attempts;
};

/// What a caller does about slow and failed answers. Stands beside the target of any call.
struct CallPolicy {
  std::optional<Duration> timeout;
  std::optional<RetryParams> retry;

  static constexpr auto fields() {
    return std::tuple{
        field<&CallPolicy::timeout>("Of one attempt, from sending; none unless given.")
            .at_least(Duration{1}),
        field<&CallPolicy::retry>("Further attempts after a failed one; none unless given."),
    };
  }
};

/// A call with its policy, as `calls` of a client has it.
struct CallParams {
  ComponentRef to;
  CallPolicy policy;

  static constexpr auto fields() {
    return std::tuple{
        field<&CallParams::to>("The component that is called.").required(),
        inlined<&CallParams::policy>(),
    };
  }
  static constexpr auto shorthand = &CallParams::to;
};

}  // namespace highwater
