#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "models/algorithms/resilience/breaker.h"
#include "models/algorithms/resilience/latency_quantile.h"
#include "models/algorithms/resilience/retry_limit.h"

namespace highwater::resilience {

/// When a second request goes out, in Cassandra's terms.
struct SpeculativeRetry {
  enum class Kind : std::uint8_t {
    none,        ///< Never.
    always,      ///< At once.
    fixed,       ///< After `fixed`.
    percentile,  ///< After that percentile of the latencies of late.
    min,         ///< After the smaller of both.
    max,         ///< After the larger of both.
  };
  Kind kind = Kind::percentile;
  double percentile = 99;  ///< Above 0 and below 100.
  std::int64_t fixed = 0;  ///< Nanoseconds.

  bool tracks_latency() const {
    return kind == Kind::percentile || kind == Kind::min || kind == Kind::max;
  }
};

/// Reads what a table's `speculative_retry` says: "99p", "99.9PERCENTILE", "50ms", "ALWAYS",
/// "NONE" or "NEVER", "MIN(99p,50ms)", "MAX(50ms, 99p)"; case does not matter, milliseconds are cut
/// to whole ones.
/// @return nothing where it is none of these.
/// Source   Cassandra service/reads/*SpeculativeRetryPolicy.java.
/// Checked  tests/resilience/hedge_test.cpp
std::optional<SpeculativeRetry> parse_speculative_retry(std::string_view text);

/// resilience HedgeDelay: how long to wait for an answer before asking a second time.
///
/// A fixed time, or a quantile of the latencies seen (LatencyQuantile says how it is estimated), or
/// the smaller or larger of both. While no latency is known the delay that there was stays:
/// `initial`, Cassandra's being half of the read time-out.
///
/// Source   Cassandra service/reads/PercentileSpeculativeRetryPolicy.java,
///          HybridSpeculativeRetryPolicy.java; J. Dean, L. A. Barroso, The Tail at Scale, CACM
///          56(2), 2013: the 95th percentile. Cassandra's own histogram forgets exponentially and
///          has buckets a fifth wide: its percentiles differ from these by as much.
/// Checked  tests/resilience/hedge_test.cpp
class HedgeDelay {
 public:
  explicit HedgeDelay(const SpeculativeRetry& when, std::int64_t initial = 2'500'000'000,
                      std::int64_t window = 30'000'000'000, std::int64_t created = 0)
      : when_(when), delay_(initial) {
    if (when_.tracks_latency())
      quantile_ = std::make_unique<LatencyQuantile>(when_.percentile / 100, window, created);
  }

  void observe(std::int64_t now, std::int64_t latency) {
    if (quantile_) quantile_->observe(now, latency);
  }

  /// Nanoseconds after the first request; nothing: no second request.
  std::optional<std::int64_t> delay(std::int64_t now) {
    using Kind = SpeculativeRetry::Kind;
    if (when_.kind == Kind::none) return std::nullopt;
    if (when_.kind == Kind::always) return 0;
    if (when_.kind == Kind::fixed) return std::max<std::int64_t>(0, when_.fixed);
    if (const auto tracked = quantile_->value(now)) {
      delay_ = *tracked;
      if (when_.kind == Kind::min) delay_ = std::min(delay_, when_.fixed);
      if (when_.kind == Kind::max) delay_ = std::max(delay_, when_.fixed);
    }
    return delay_;
  }

 private:
  SpeculativeRetry when_;
  std::int64_t delay_;
  std::unique_ptr<LatencyQuantile> quantile_;  // where latencies matter
};

/// resilience HedgeBudget: at most a share of the requests is sent a second time.
///
/// A token bucket that requests fill: each pays `share` of a hedge in, up to `burst` hedges, which
/// are there at the beginning too. Counted in whole millionths, so that rounding never adds up.
///
/// Edges: a share of NaN or below 0 counts as 0, one above 1 as 1.
///
/// Source   Dean and Barroso 2013: hedging after the 95th percentile costs 2 to 5 % more requests;
///          the bucket is chosen.
/// Checked  tests/resilience/hedge_test.cpp: never more than share * requests + burst.
class HedgeBudget {
 public:
  HedgeBudget(double share, std::uint32_t burst)
      : deposit_(share > 0 ? static_cast<std::uint64_t>(std::min(share, 1.0) * kHedge + 0.5) : 0),
        most_(std::uint64_t{burst} * kHedge),
        tokens_(most_) {}

  void request() { tokens_ = std::min(tokens_ + deposit_, std::max(most_, kHedge)); }
  bool may_hedge() {
    if (tokens_ < kHedge) return false;
    tokens_ -= kHedge;
    return true;
  }

 private:
  static constexpr std::uint64_t kHedge = 1'000'000;

  std::uint64_t deposit_;
  std::uint64_t most_;
  std::uint64_t tokens_;
};

struct GrpcHedgingOptions {
  std::uint32_t max_attempts = 2;  ///< The first included; gRPC allows five.
  std::int64_t hedging_delay = 0;  ///< Nanoseconds; 0: all at once.
};

/// resilience GrpcHedging: the attempts of one hedged call.
///
/// A further attempt goes out hedging_delay after the one before, or at once when one fails with a
/// non-fatal status, or after the pause that the server asks for. The first answer, or the first
/// fatal status, ends the call; so does the last attempt's non-fatal one. A server that says stop,
/// and a throttle that is below half, end hedging: attempts on their way go on.
///
/// Time that goes backwards postpones nothing. Every call is one object, without memory of its own.
///
/// Source   gRPC proposal A6; grpc-java RetriableStream.java (what a throttle and pushback do).
/// Checked  tests/resilience/hedge_test.cpp
class GrpcHedging {
 public:
  /// The first attempt goes out now.
  GrpcHedging(const GrpcHedgingOptions& options, std::int64_t now)
      : most_(std::min(std::max(options.max_attempts, 1u), 5u)),
        delay_(std::max<std::int64_t>(0, options.hedging_delay)) {
    plan(now, delay_);
  }

  /// When to send the next attempt; nothing: there is none, for now.
  std::optional<std::int64_t> next_at() const { return next_; }

  /// To be asked at next_at(). @return whether an attempt goes out.
  bool send(std::int64_t now, bool throttled) {
    if (over_ || !next_ || now < *next_) return false;
    if (throttled) {
      next_.reset();
      most_ = sent_;
      return false;
    }
    ++sent_;
    ++running_;
    plan(now, delay_);
    return true;
  }

  enum class Verdict : std::uint8_t {
    go_on,   ///< Others may still answer.
    commit,  ///< This is the call's result; cancel the other attempts.
  };
  /// An attempt ended. `failed` and `timed_out` are non-fatal, `refused` is fatal.
  /// @param pushback_ms  What the server asks for: below 0, stop.
  Verdict ended(std::int64_t now, TryResult how, std::optional<std::int64_t> pushback_ms = {}) {
    if (over_) return Verdict::go_on;
    --running_;
    if (how == TryResult::ok || how == TryResult::refused) return commit();
    if (pushback_ms && *pushback_ms < 0) {
      next_.reset();
      most_ = sent_;
    } else {
      plan(now, pushback_ms ? *pushback_ms * 1'000'000 : 0);
    }
    return running_ == 0 && !next_ ? commit() : Verdict::go_on;
  }

  std::uint32_t sent() const { return sent_; }

 private:
  void plan(std::int64_t now, std::int64_t delay) {
    next_.reset();
    if (sent_ < most_) next_ = delay > kNever - now ? kNever : now + delay;
  }
  Verdict commit() {
    over_ = true;
    next_.reset();
    return Verdict::commit;
  }

  std::uint32_t most_;
  std::int64_t delay_;
  std::uint32_t sent_ = 1;
  std::uint32_t running_ = 1;
  bool over_ = false;
  std::optional<std::int64_t> next_;
};

namespace detail {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// Digits with at most one point between or behind them.
inline std::optional<double> plain_decimal(std::string_view text) {
  double value = 0;
  double unit = 1;
  bool digits = false;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      value = value * 10 + (c - '0');
      if (point) unit *= 10;
    } else {
      return std::nullopt;
    }
  }
  if (!digits || !(value < 1e15)) return std::nullopt;
  return value / unit;
}

/// "99p", "99percentile" or "50ms".
inline std::optional<SpeculativeRetry> one_speculative_retry(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> number = plain_decimal(text.substr(0, end));
  const std::string_view unit = text.substr(end);
  if (!number) return std::nullopt;
  if (same_word(unit, "p") || same_word(unit, "percentile")) {
    if (!(*number > 0 && *number < 100)) return std::nullopt;
    return SpeculativeRetry{SpeculativeRetry::Kind::percentile, *number, 0};
  }
  if (!same_word(unit, "ms") || !(*number < 1e9)) return std::nullopt;
  return SpeculativeRetry{SpeculativeRetry::Kind::fixed, 99,
                          static_cast<std::int64_t>(*number) * 1'000'000};
}

}  // namespace detail

inline std::optional<SpeculativeRetry> parse_speculative_retry(std::string_view text) {
  using Kind = SpeculativeRetry::Kind;
  if (detail::same_word(text, "always")) return SpeculativeRetry{Kind::always, 99, 0};
  if (detail::same_word(text, "none") || detail::same_word(text, "never"))
    return SpeculativeRetry{Kind::none, 99, 0};
  if (text.size() < 5 || text[3] != '(') return detail::one_speculative_retry(text);
  const bool is_min = detail::same_word(text.substr(0, 3), "min");
  if ((!is_min && !detail::same_word(text.substr(0, 3), "max")) || text.back() != ')')
    return std::nullopt;
  const std::string_view both = text.substr(4, text.size() - 5);
  const std::size_t comma = both.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  std::string_view left = both.substr(0, comma);
  std::string_view right = both.substr(comma + 1);
  while (!left.empty() && left.back() == ' ') left.remove_suffix(1);
  while (!right.empty() && right.front() == ' ') right.remove_prefix(1);
  const auto first = detail::one_speculative_retry(left);
  const auto second = detail::one_speculative_retry(right);
  if (!first || !second || first->kind == second->kind) return std::nullopt;
  const bool first_is_fixed = first->kind == Kind::fixed;
  return SpeculativeRetry{is_min ? Kind::min : Kind::max,
                          (first_is_fixed ? second : first)->percentile,
                          (first_is_fixed ? first : second)->fixed};
}

}  // namespace highwater::resilience
