#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct TokenBucketOptions {
  double rate = 1;          ///< Tokens per second; infinity: no limit; negative or NaN: as 0.
  std::uint32_t burst = 1;  ///< Tokens that it holds at most, and holds at first.
  bool reserve = false;     ///< ReserveN: a request takes tokens yet to come, and waits for them.
  std::int64_t max_wait = kNever;  ///< Nanoseconds that it may wait for them at most.
};

/// limiting token_bucket: a bucket that fills at a rate up to a burst; a request takes a token.
///
/// Tokens are doubles and times go through doubles of seconds, as in Go: a request that lacks less
/// than a nanosecond's worth is let through. An AWS API Gateway's rate and burst are the same.
///
/// In a window of length t at most burst + rate * t tokens are taken. With `reserve` that holds for
/// the times at which requests go on; those refused for max_wait take none.
///
/// A cost above the burst is refused for ever; 0 is always let through. rate 0: the burst, once.
/// Where time goes backwards nothing fills, but the clock is set back, so that the time in between
/// counts again: what x/time does.
///
/// Source   golang.org/x/time/rate 0.3.0 rate.go (reserveN, advance). Later versions differ only at
///          rate 0 with reservations, which there are granted for ever after.
/// Checked  tests/limiting/token_bucket_test.cpp: 4,288 recorded decisions of 0.3.0; properties.
class TokenBucket {
 public:
  struct State {
    std::int64_t last = 0;
    double tokens = 0;
  };

  explicit TokenBucket(const TokenBucketOptions& options)
      : rate_(options.rate > 0 ? options.rate : 0),
        burst_(options.burst),
        max_wait_(options.reserve ? std::max<std::int64_t>(0, options.max_wait) : 0) {}

  void begin(State& state, std::int64_t now) const { state = {now, burst_}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (rate_ == std::numeric_limits<double>::infinity() || cost == 0) return Verdict::allowed();
    const double left = advance(state, now) - cost;
    const std::int64_t wait = left < 0 ? time_for(-left) : 0;
    if (cost > burst_) return Verdict::denied(kNever);
    if (wait > max_wait_ || wait == kNever)
      return Verdict::denied(wait == kNever ? kNever : wait - max_wait_);
    state = {now, left};
    return Verdict::after(wait);
  }

  bool is_idle(const State& state, std::int64_t now) const { return advance(state, now) >= burst_; }

 private:
  double advance(const State& state, std::int64_t now) const {
    const std::int64_t elapsed = now > state.last ? saturating_subtract(now, state.last) : 0;
    const double seconds =
        static_cast<double>(elapsed / kSecond) + static_cast<double>(elapsed % kSecond) / 1e9;
    return std::min(burst_, state.tokens + seconds * rate_);
  }
  std::int64_t time_for(double tokens) const {
    return rate_ > 0 ? saturating_cast(1e9 * (tokens / rate_)) : kNever;
  }

  double rate_;
  double burst_;
  std::int64_t max_wait_;
};

}  // namespace highwater::limiting
