#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/math/math.h"

namespace highwater::resilience {

/// How long to pause before the next try.
enum class BackoffKind : std::uint8_t {
  none,
  constant,
  exponential,
  full_jitter,
  equal_jitter,
  decorrelated_jitter,
  cockatiel_none,
  cockatiel_full,
  cockatiel_half,
  decorrelated_v2,
  cenkalti,
  grpc_retry,
  grpc_connection,
  grpc_js_connection,
  resilience4j,
  aws_standard,
  envoy,
};

/// Pauses in nanoseconds. What a kind does not read changes nothing with it; BackoffInfo says.
struct BackoffOptions {
  std::int64_t initial = 100'000'000;  ///< The first pause, before jitter.
  std::int64_t max = 20'000'000'000;   ///< The longest pause, before jitter where that adds to it.
  double multiplier = 2;               ///< From one pause to the next.
  double jitter = 0;                   ///< Share of the pause that the draw may add or take away.
  std::int64_t max_elapsed = 0;        ///< Gives up when a pause would end later; 0: never.
};

struct BackoffInfo {
  BackoffKind kind;
  std::string_view name;
  std::string_view summary;
  std::string_view source;
  BackoffOptions defaults;
};

inline constexpr std::int64_t kBackoffMillisecond = 1'000'000;
inline constexpr std::int64_t kBackoffSecond = 1'000'000'000;

/// In the order of BackoffKind; with the defaults of the product.
inline constexpr std::array kBackoffs = {
    BackoffInfo{BackoffKind::none, "none", "Tries again at once.", "elementary", {}},
    BackoffInfo{BackoffKind::constant, "constant", "Always the initial pause.", "elementary", {}},
    BackoffInfo{BackoffKind::exponential,
                "exponential",
                "initial * multiplier^n up to max.",
                "elementary",
                {}},
    BackoffInfo{BackoffKind::full_jitter,
                "full_jitter",
                "Between 0 and the exponential pause.",
                "AWS Architecture Blog, Exponential Backoff And Jitter, 2015",
                {}},
    BackoffInfo{BackoffKind::equal_jitter,
                "equal_jitter",
                "Half the exponential pause and up to as much again.",
                "AWS Architecture Blog, Exponential Backoff And Jitter, 2015",
                {}},
    BackoffInfo{BackoffKind::decorrelated_jitter,
                "decorrelated_jitter",
                "Between initial and three times the pause before, up to max.",
                "AWS Architecture Blog, Exponential Backoff And Jitter, 2015",
                {}},
    BackoffInfo{BackoffKind::cockatiel_none,
                "cockatiel_none",
                "initial * 2^n up to max.",
                "cockatiel 3.2.1 noJitterGenerator",
                {128 * kBackoffMillisecond, 30 * kBackoffSecond, 2, 0, 0}},
    BackoffInfo{BackoffKind::cockatiel_full,
                "cockatiel_full",
                "As full jitter with doubling, in whole milliseconds.",
                "cockatiel 3.2.1 fullJitterGenerator",
                {128 * kBackoffMillisecond, 30 * kBackoffSecond, 2, 0, 0}},
    BackoffInfo{BackoffKind::cockatiel_half,
                "cockatiel_half",
                "As equal jitter with doubling, in whole milliseconds.",
                "cockatiel 3.2.1 halfJitterGenerator",
                {128 * kBackoffMillisecond, 30 * kBackoffSecond, 2, 0, 0}},
    BackoffInfo{BackoffKind::decorrelated_v2,
                "decorrelated_v2",
                "Increments of multiplier^t tanh(sqrt(4 t)) at t = n + draw.",
                "Polly.Contrib.WaitAndRetry DecorrelatedJitterV2; cockatiel 3.2.1 "
                "decorrelatedJitterGenerator, its default",
                {128 * kBackoffMillisecond, 30 * kBackoffSecond, 2, 0, 0}},
    BackoffInfo{BackoffKind::cenkalti,
                "cenkalti",
                "Exponential, each pause half as much more or less, for a quarter of an hour.",
                "cenkalti/backoff 4 exponential.go",
                {500 * kBackoffMillisecond, 60 * kBackoffSecond, 1.5, 0.5, 900 * kBackoffSecond}},
    BackoffInfo{BackoffKind::grpc_retry,
                "grpc_retry",
                "Exponential up to max, each pause up to a fifth more or less.",
                "gRPC proposal A6; grpc-js 1.14.7 retrying-call.ts",
                {100 * kBackoffMillisecond, 1 * kBackoffSecond, 2, 0.2, 0}},
    BackoffInfo{BackoffKind::grpc_connection,
                "grpc_connection",
                "A second, then 1.6 times as long each time, a fifth more or less.",
                "grpc connection-backoff.md; grpc-go internal/backoff/backoff.go",
                {1 * kBackoffSecond, 120 * kBackoffSecond, 1.6, 0.2, 0}},
    BackoffInfo{BackoffKind::grpc_js_connection,
                "grpc_js_connection",
                "The same, but each pause grows from the jittered one before.",
                "grpc-js 1.14.7 backoff-timeout.ts",
                {1 * kBackoffSecond, 120 * kBackoffSecond, 1.6, 0.2, 0}},
    BackoffInfo{BackoffKind::resilience4j,
                "resilience4j",
                "initial * multiplier^n, randomized, up to max, in whole milliseconds.",
                "resilience4j 2.2.0 IntervalFunction.java",
                {500 * kBackoffMillisecond, std::int64_t{1} << 62, 1.5, 0.5, 0}},
    BackoffInfo{BackoffKind::aws_standard,
                "aws_standard",
                "Up to the exponential pause: a second, doubled each time, at most 20 s.",
                "botocore retries/standard.py, standard mode 2.0",
                {1 * kBackoffSecond, 20 * kBackoffSecond, 2, 0, 0}},
    BackoffInfo{BackoffKind::envoy,
                "envoy",
                "Up to the exponential pause: 25 ms, doubled each time, at most tenfold.",
                "Envoy backoff_strategy.cc JitteredExponentialBackOffStrategy",
                {25 * kBackoffMillisecond, 250 * kBackoffMillisecond, 2, 0, 0}},
};

/// resilience Backoff: the pauses of one request between its tries, of any kind.
///
/// A draw is a number in [0, 1), uniform, given by the caller; kinds without jitter ignore it.
/// Pauses are doubles in milliseconds inside, as in most of the products, since some of them leave
/// fractions that a recording shows.
///
/// Readings: cockatiel doubles in its first three kinds whatever its `exponent`. Envoy takes a
/// random whole number modulo the pause, here the draw times the pause, cut to milliseconds.
/// gRPC's and cenkalti's jitter comes after max, which their pauses may therefore exceed by that
/// share; longest() says the bound. The first pause of gRPC connections has no jitter.
///
/// Edges: a draw outside [0, 1) or NaN counts as the nearest, NaN as 0. A pause that would be
/// negative or NaN is 0, one that would be infinite is longest(). Where initial exceeds max, max
/// wins, except for the first pause of gRPC's kinds and cenkalti's, which their products do not
/// cap.
///
/// Source   kBackoffs, kind by kind.
/// Checked  tests/resilience/backoff_test.cpp: recordings of cockatiel and grpc-js, cenkalti's
///          own test vectors, the others by their formulas; bounds and determinism of all;
///          tests/reality/npm_retrying.py: random settings beside cockatiel and grpc-js.
class Backoff {
 public:
  explicit Backoff(BackoffKind kind) : Backoff(kind, info(kind).defaults) {}
  Backoff(BackoffKind kind, const BackoffOptions& options)
      : kind_(kind),
        initial_(ms_of(options.initial)),
        max_(ms_of(options.max)),
        multiplier_(options.multiplier),
        jitter_(options.jitter > 0 ? std::min(options.jitter, 1.0) : 0),
        max_elapsed_(options.max_elapsed) {
    reset();
  }

  static constexpr const BackoffInfo& info(BackoffKind kind) {
    return kBackoffs[static_cast<std::size_t>(kind)];
  }

  /// The next pause in nanoseconds, rounded; nothing when it is time to give up.
  /// @param elapsed  Nanoseconds since the first try, for kinds with max_elapsed.
  std::optional<std::int64_t> next(double draw, std::int64_t elapsed = 0) {
    const std::optional<double> ms = next_ms(draw, elapsed);
    if (!ms) return std::nullopt;
    const double ns = *ms * kNanoseconds;
    return ns >= 0x1p62 ? std::int64_t{1} << 62 : static_cast<std::int64_t>(ns + 0.5);
  }

  /// The same in milliseconds, unrounded.
  std::optional<double> next_ms(double draw, std::int64_t elapsed = 0) {
    const double pause = bounded(step(draw > 0 ? std::min(draw, kBelowOne) : 0));
    if (kind_ == BackoffKind::cenkalti && max_elapsed_ != 0 &&
        static_cast<double>(elapsed) + pause * kNanoseconds > static_cast<double>(max_elapsed_))
      return std::nullopt;
    return pause;
  }

  /// As at the beginning: after a success, or after a server said itself how long to wait (A6).
  void reset() {
    current_ = initial_;
    attempts_ = 0;
    previous_ = 0;
  }

  /// No pause is longer, in milliseconds.
  double longest() const {
    switch (kind_) {
      case BackoffKind::none:
        return 0;
      case BackoffKind::constant:
        return initial_;
      case BackoffKind::cenkalti:
        return std::max(initial_, max_) * (1 + jitter_) + 1 / kNanoseconds;
      case BackoffKind::grpc_retry:
      case BackoffKind::grpc_connection:
      case BackoffKind::grpc_js_connection:
        return std::max(initial_, max_) * (1 + jitter_);
      default:
        return max_;
    }
  }

 private:
  static constexpr double kNanoseconds = 1e6;  // of a millisecond
  static constexpr double kBelowOne = 0x1.fffffffffffffp-1;

  static double ms_of(std::int64_t ns) {
    return static_cast<double>(std::max<std::int64_t>(0, ns)) / kNanoseconds;
  }
  double bounded(double pause) const {
    if (!(pause > 0)) return 0;
    return std::min(pause, longest());
  }

  // initial * factor^n without losing a bit where factor is 2.
  double exponential(double factor) {
    const double pause = initial_ * math::pow(factor, static_cast<double>(attempts_++));
    return std::min(max_, pause);
  }

  double step(double u) {
    switch (kind_) {
      case BackoffKind::none:
        return 0;
      case BackoffKind::constant:
        return initial_;
      case BackoffKind::exponential:
        return exponential(multiplier_);
      case BackoffKind::full_jitter:
        return u * exponential(multiplier_);
      case BackoffKind::equal_jitter: {
        const double half = exponential(multiplier_) / 2;
        return half + u * half;
      }
      case BackoffKind::decorrelated_jitter:
        current_ = std::min(max_, initial_ + u * (current_ * 3 - initial_));
        return current_;
      case BackoffKind::cockatiel_none:
        return exponential(2);
      case BackoffKind::cockatiel_full:
        return std::floor(u * exponential(2));
      case BackoffKind::cockatiel_half: {
        const double pause = exponential(2);
        return std::floor((pause + u * pause) / 2);
      }
      case BackoffKind::decorrelated_v2:
        return decorrelated_v2(u);
      case BackoffKind::cenkalti:
        return cenkalti(u);
      case BackoffKind::grpc_retry: {
        // In seconds, as grpc-js, so that the last bit is its own too.
        const double seconds = attempts_++ == 0 ? initial_ / 1000 : previous_;
        const double jitter = u * ((1 + jitter_) - (1 - jitter_)) + (1 - jitter_);
        previous_ = std::min(seconds * multiplier_, max_ / 1000);
        return jitter * seconds * 1000;
      }
      case BackoffKind::grpc_connection: {
        if (attempts_++ == 0) return initial_;
        current_ = std::min(current_ * multiplier_, max_);
        return current_ * (1 + jitter_ * (u * 2 - 1));
      }
      case BackoffKind::grpc_js_connection: {
        const double pause = current_;
        const double grown = std::min(current_ * multiplier_, max_);
        const double size = grown * jitter_;
        current_ = grown + (u * (size - -size) + -size);
        return pause;
      }
      case BackoffKind::resilience4j:
        return resilience4j(u);
      case BackoffKind::aws_standard:
        return u * exponential(multiplier_);
      case BackoffKind::envoy: {
        const double pause = current_;
        current_ = current_ < std::floor(max_ / 2) ? current_ * multiplier_ : max_;
        return std::floor(u * pause);
      }
    }
    return 0;
  }

  double decorrelated_v2(double u) {
    constexpr double kScale = 1 / 1.4;
    const double t = static_cast<double>(attempts_++) + u;
    const double next = math::pow(multiplier_, t) * hyperbolic_tangent(std::sqrt(4.0 * t));
    const double increment =
        next < math::kInfinity ? std::max(0.0, next - previous_) : math::kInfinity;
    previous_ = next;
    return std::min(increment * kScale * initial_, max_);
  }
  // For x >= 0.
  static double hyperbolic_tangent(double x) {
    if (x < 1) {
      const double t = math::expm1(-2 * x);
      return -t / (t + 2);
    }
    return 1 - 2 / (math::expm1(2 * x) + 2);
  }

  // In whole nanoseconds, as Go's Duration.
  double cenkalti(double u) {
    const double interval = current_ * kNanoseconds;
    const double delta = jitter_ * interval;
    const double least = interval - delta;
    const double pause =
        jitter_ == 0 ? interval : std::floor(least + u * (interval + delta - least + 1));
    current_ = interval >= max_ * kNanoseconds / multiplier_
                   ? max_
                   : std::floor(interval * multiplier_) / kNanoseconds;
    return pause / kNanoseconds;
  }

  double resilience4j(double u) {
    const double interval = std::floor(current_);
    current_ = std::min(interval * multiplier_, 0x1p62);  // Long.MAX_VALUE is near
    const double delta = jitter_ * interval;
    const double least = interval - delta;
    const double pause =
        jitter_ == 0 ? interval : std::floor(least + u * (interval + delta - least + 1));
    return std::min(pause, std::floor(max_));
  }

  BackoffKind kind_;
  double initial_;  // milliseconds, as all below
  double max_;
  double multiplier_;
  double jitter_;
  std::int64_t max_elapsed_;  // nanoseconds
  double current_ = 0;
  double previous_ = 0;
  std::uint64_t attempts_ = 0;
};

}  // namespace highwater::resilience
