#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct EnvoyLocalRateLimitOptions {
  std::uint32_t max_tokens = 1;
  std::uint32_t tokens_per_fill = 1;
  /// Nanoseconds; Envoy takes no less than 50 ms and so the driver; below 1: as 1.
  std::int64_t fill_interval = kSecond;
  /// As up to Envoy 1.30: a timer brings tokens_per_fill every fill_interval. Since then they come
  /// evenly, as a token bucket's.
  bool timer = false;
};

/// limiting envoy_local_rate_limit: the token bucket of Envoy's local rate limit filter.
///
/// Evenly filled, the bucket is one number, the time at which it was last empty, a double of
/// seconds; there is no limit to how slowly it fills but one token a year. With a timer it is a
/// count, and the timer runs from when the limiter is made.
///
/// In a window of length t at most max_tokens + tokens_per_fill * t / fill_interval are let
/// through, with a timer one tokens_per_fill more.
///
/// A cost above max_tokens is refused for ever; 0 is let through. Where time goes backwards, or
/// stands still from the beginning at an empty bucket, nothing is let through but what is there.
///
/// Source   Envoy source/common/common/token_bucket_impl.cc (AtomicTokenBucketImpl), and up to 1.30
///          source/extensions/filters/common/local_ratelimit/local_ratelimit_impl.cc (onFillTimer).
/// Checked  tests/limiting/envoy_local_rate_limit_test.cpp: by hand, against the exact token
///          bucket, the bound.
class EnvoyLocalRateLimit {
 public:
  struct State {
    double empty_at = 0;     ///< Seconds; evenly filled.
    std::int64_t start = 0;  ///< With a timer, as the rest.
    std::int64_t fills = 0;
    std::int64_t tokens = 0;
  };

  explicit EnvoyLocalRateLimit(const EnvoyLocalRateLimitOptions& options)
      : options_(options),
        interval_(std::max<std::int64_t>(1, options.fill_interval)),
        rate_(std::max(options.tokens_per_fill / (static_cast<double>(interval_) / 1e9),
                       kLeastRate)) {}

  void begin(State& state, std::int64_t now) const {
    state = {seconds(now) - options_.max_tokens / rate_, now, 0, options_.max_tokens};
  }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    if (cost > options_.max_tokens) return Verdict::denied(kNever);
    return options_.timer ? admit_counted(state, now, cost) : admit_even(state, now, cost);
  }

  bool is_idle(const State& state, std::int64_t now) const {
    if (!options_.timer) return (seconds(now) - state.empty_at) * rate_ >= options_.max_tokens;
    State later = state;
    fill(later, now);
    return later.tokens >= options_.max_tokens;
  }

 private:
  static constexpr double kLeastRate = 1.0 / (365 * 24 * 60 * 60);

  static double seconds(std::int64_t time) { return static_cast<double>(time) / 1e9; }

  Verdict admit_even(State& state, std::int64_t time, std::uint32_t cost) const {
    const double now = seconds(time);
    const double tokens = now <= state.empty_at ? 0
                                                : std::min<double>(options_.max_tokens,
                                                                   (now - state.empty_at) * rate_);
    if (now <= state.empty_at || tokens < cost) {
      const double ready = state.empty_at + cost / rate_;
      return Verdict::denied(saturating_cast(std::ceil((ready - now) * 1e9)));
    }
    state.empty_at = now - (tokens - cost) / rate_;
    return Verdict::allowed();
  }

  Verdict admit_counted(State& state, std::int64_t now, std::uint32_t cost) const {
    fill(state, now);
    if (state.tokens >= cost) {
      state.tokens -= cost;
      return Verdict::allowed();
    }
    if (options_.tokens_per_fill == 0) return Verdict::denied(kNever);
    const std::int64_t lacking = cost - state.tokens;
    const std::int64_t fills = (lacking - 1) / options_.tokens_per_fill + 1;
    return Verdict::denied(saturating_subtract(
        saturating_add(state.start,
                       saturating_multiply(saturating_add(state.fills, fills), interval_)),
        now));
  }

  void fill(State& state, std::int64_t now) const {
    const std::int64_t fills = saturating_subtract(now, state.start) / interval_;
    if (fills <= state.fills) return;
    const std::int64_t brought = saturating_multiply(fills - state.fills, options_.tokens_per_fill);
    state.tokens =
        std::min<std::int64_t>(options_.max_tokens, saturating_add(state.tokens, brought));
    state.fills = fills;
  }

  EnvoyLocalRateLimitOptions options_;
  std::int64_t interval_;
  double rate_;
};

}  // namespace highwater::limiting
