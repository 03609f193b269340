#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

struct Bucket4jOptions {
  std::int64_t capacity = 1;             ///< Tokens held at most; below 1: as 1.
  std::int64_t refill_tokens = 1;        ///< Tokens of each period; below 1: as 1.
  std::int64_t refill_period = kSecond;  ///< Nanoseconds; below 1: as 1.
  bool intervally = false;               ///< A period's tokens come at its end, all at once.
  std::optional<std::int64_t> initial_tokens{};  ///< By default the capacity.
};

/// limiting bucket4j: a token bucket in whole numbers that loses no fraction of a token.
///
/// Greedy: a token is added as soon as its share of the period has passed; the rest is kept, in
/// units of a token divided by the period. Intervally: periods are counted from when the bucket is
/// made. A refused request leaves no trace, not even of the refill. Where a product would not fit
/// into 64 bits it is calculated in doubles, as there.
///
/// In a window of length t at most capacity + refill_tokens * t / refill_period + 1 are taken
/// (greedy), or capacity + refill_tokens * (t / refill_period + 1) (intervally).
///
/// A cost above the capacity is refused for ever; 0, which the product does not accept, is let
/// through. Where time goes backwards nothing is refilled and the clock is not set back.
///
/// Source   bucket4j 8.19 BucketState64BitsInteger.java (refill, calculateDelayNanosAfterWillBe-
///          PossibleToConsume), Bandwidth.java.
/// Checked  tests/limiting/bucket4j_test.cpp: 1,760 recorded decisions of 8.19; the bound.
class Bucket4j {
 public:
  struct State {
    std::int64_t last_refill = 0;
    std::int64_t size = 0;
    std::int64_t rounding_error = 0;  ///< Fraction of a token, times the period.
  };

  explicit Bucket4j(const Bucket4jOptions& options)
      : capacity_(std::max<std::int64_t>(1, options.capacity)),
        tokens_(std::max<std::int64_t>(1, options.refill_tokens)),
        period_(std::max<std::int64_t>(1, options.refill_period)),
        initial_(std::max<std::int64_t>(0, options.initial_tokens.value_or(capacity_))),
        intervally_(options.intervally) {}

  void begin(State& state, std::int64_t now) const { state = {now, initial_, 0}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    if (cost == 0) return Verdict::allowed();
    State later = state;
    refill(later, now);
    if (later.size >= cost) {
      later.size -= cost;
      state = later;
      return Verdict::allowed();
    }
    if (cost > capacity_) return Verdict::denied(kNever);
    return Verdict::denied(time_for(later, cost - later.size, now));
  }

  bool is_idle(const State& state, std::int64_t now) const {
    State later = state;
    refill(later, now);
    return later.size >= initial_;
  }

 private:
  void refill(State& state, std::int64_t now) const {
    if (now <= state.last_refill) return;
    std::int64_t elapsed = saturating_subtract(now, state.last_refill);
    if (intervally_) {
      now -= elapsed % period_;
      if (now <= state.last_refill) return;
      elapsed -= elapsed % period_;
    }
    state.last_refill = now;
    if (state.size >= capacity_) return;

    std::int64_t size = state.size;
    if (elapsed > period_) {
      size = saturating_add(size, saturating_multiply(elapsed / period_, tokens_));
      if (size > capacity_) return fill(state);
      elapsed %= period_;
    }
    const std::int64_t product = saturating_multiply(tokens_, elapsed);
    std::int64_t divided = 0;
    if (product == kNever || __builtin_add_overflow(product, state.rounding_error, &divided)) {
      size = saturating_add(
          size, saturating_cast(static_cast<double>(elapsed) / static_cast<double>(period_) *
                                static_cast<double>(tokens_)));
      divided = 0;
    } else {
      size = saturating_add(size, divided / period_);
      divided %= period_;
    }
    if (size >= capacity_) return fill(state);
    state.size = size;
    state.rounding_error = divided;
  }

  void fill(State& state) const {
    state.size = capacity_;
    state.rounding_error = 0;
  }

  std::int64_t time_for(const State& state, std::int64_t deficit, std::int64_t now) const {
    if (!intervally_) {
      const std::int64_t product = saturating_multiply(period_, deficit);
      if (product == kNever)
        return saturating_cast(static_cast<double>(deficit) / static_cast<double>(tokens_) *
                               static_cast<double>(period_));
      // The product divides downwards, and so may name a moment up to a nanosecond too early.
      return (product - state.rounding_error) / tokens_;
    }
    const std::int64_t to_next =
        saturating_subtract(saturating_add(state.last_refill, period_), now);
    const std::int64_t further = (deficit - 1) / tokens_;
    return saturating_add(saturating_multiply(further, period_), to_next);
  }

  std::int64_t capacity_;
  std::int64_t tokens_;
  std::int64_t period_;
  std::int64_t initial_;
  bool intervally_;
};

}  // namespace highwater::limiting
