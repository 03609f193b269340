#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include "models/algorithms/resilience/retry_limit.h"

namespace highwater::resilience {

struct GrpcThrottleOptions {
  double max_tokens = 10;    ///< 1 to 1000 in a service config.
  double token_ratio = 0.1;  ///< What a success gives back; three decimals count with milli-tokens.
};

/// gRPC tries a call at most so often, whatever the service config says.
constexpr std::uint32_t grpc_max_attempts(std::uint32_t configured) {
  return std::min(configured, std::uint32_t{5});
}

/// What a server asks for in `grpc-retry-pushback-ms`.
struct GrpcPushback {
  bool stop = false;          ///< Do not try again.
  std::int64_t pause_ms = 0;  ///< Try again after so long, instead of the own pause.
};
/// A value that is no whole number, or negative, means stop (A6).
inline GrpcPushback grpc_pushback(std::string_view value) {
  std::int32_t ms = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ms);
  if (error != std::errc() || end != value.data() + value.size() || ms < 0) return {true, 0};
  return {false, ms};
}

/// resilience GrpcRetryThrottle: retries and hedges only while more than half of the tokens are
/// there; a failure takes one, a success gives token_ratio back.
///
/// The failure that a retry would follow has been taken off before the retry is decided. Failures
/// that are not retryable take nothing, except a pushback that says stop, which is reported as
/// `failed`. Allowing a retry takes nothing.
///
/// Tokens are doubles, as in grpc-js and grpc-go: their rounding shows after a few additions.
///
/// Edges: NaN options count as 0. With max_tokens 0 nothing is ever allowed.
///
/// Source   gRPC proposal A6; grpc-js 1.14.7 retrying-call.ts RetryThrottler; grpc-go
///          clientconn.go retryThrottler.
/// Checked  tests/resilience/grpc_retry_throttle_test.cpp: recordings of grpc-js 1.14.7;
///          tests/reality/npm_retrying.py: random results beside it.
class GrpcRetryThrottle final : public RetryLimit {
 public:
  explicit GrpcRetryThrottle(const GrpcThrottleOptions& options = {})
      : max_(options.max_tokens > 0 ? options.max_tokens : 0),
        ratio_(options.token_ratio > 0 ? options.token_ratio : 0),
        tokens_(max_) {}
  /// A changed service config: what is left is scaled to the new maximum.
  GrpcRetryThrottle(const GrpcThrottleOptions& options, const GrpcRetryThrottle& before)
      : GrpcRetryThrottle(options) {
    if (before.max_ > 0) tokens_ = before.tokens_ * (max_ / before.max_);
  }

  void ended(std::int64_t, const Try&, TryResult how) override {
    if (how == TryResult::ok) tokens_ = std::min(tokens_ + ratio_, max_);
    if (how == TryResult::failed || how == TryResult::timed_out)
      tokens_ = std::max(tokens_ - 1, 0.0);
  }
  bool may_retry(std::int64_t, TryResult) override { return is_above_half(); }

  bool is_above_half() const { return tokens_ > max_ / 2; }
  double tokens() const { return tokens_; }

 private:
  double max_;
  double ratio_;
  double tokens_;
};

/// resilience GrpcMilliThrottle: the same in whole thousandths of a token, as gRPC's C core and
/// Java count.
///
/// Source   grpc src/core/client_channel/retry_throttle.cc; grpc-java RetriableStream.Throttle.
/// Checked  tests/resilience/grpc_retry_throttle_test.cpp
class GrpcMilliThrottle final : public RetryLimit {
 public:
  explicit GrpcMilliThrottle(const GrpcThrottleOptions& options = {})
      : max_(milli(options.max_tokens)), ratio_(milli(options.token_ratio)), tokens_(max_) {}
  GrpcMilliThrottle(const GrpcThrottleOptions& options, const GrpcMilliThrottle& before)
      : GrpcMilliThrottle(options) {
    if (before.max_ > 0)
      tokens_ =
          static_cast<std::int64_t>(static_cast<double>(before.tokens_) /
                                    static_cast<double>(before.max_) * static_cast<double>(max_));
  }

  void ended(std::int64_t, const Try&, TryResult how) override {
    if (how == TryResult::ok) tokens_ = std::min(tokens_ + ratio_, max_);
    if (how == TryResult::failed || how == TryResult::timed_out)
      tokens_ = std::max<std::int64_t>(tokens_ - 1000, 0);
  }
  bool may_retry(std::int64_t, TryResult) override { return is_above_half(); }

  bool is_above_half() const { return tokens_ > max_ / 2; }
  std::int64_t milli_tokens() const { return tokens_; }

 private:
  // Decimals beyond the third are dropped; the next double below a decimal is that decimal.
  static std::int64_t milli(double tokens) {
    if (!(tokens > 0)) return 0;
    return static_cast<std::int64_t>(std::min(tokens, 1e12) * 1000 + 1e-6);
  }

  std::int64_t max_;
  std::int64_t ratio_;
  std::int64_t tokens_;
};

}  // namespace highwater::resilience
