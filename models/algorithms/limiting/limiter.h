#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

namespace highwater::limiting {

/// A time or a duration that never comes.
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kMillisecond = 1'000'000;

/// Sums and products that stop at the ends of the range instead of leaving it.
constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kNever : std::numeric_limits<std::int64_t>::min();
}
constexpr std::int64_t saturating_subtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a >= 0 ? kNever : std::numeric_limits<std::int64_t>::min();
}
constexpr std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) == (b < 0) ? kNever : std::numeric_limits<std::int64_t>::min();
}
/// a / b rounded up, for a >= 0 and b >= 1.
constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return a / b + (a % b != 0);
}
/// A double as nanoseconds, towards zero; kNever where it is too large, 0 where it is NaN.
constexpr std::int64_t saturating_cast(double nanoseconds) {
  if (nanoseconds >= 0x1p63) return kNever;
  if (nanoseconds < -0x1p63) return std::numeric_limits<std::int64_t>::min();
  return nanoseconds == nanoseconds ? static_cast<std::int64_t>(nanoseconds) : 0;
}
/// Rounds towards the past for negative times too; step >= 1.
constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t step) {
  return a / step - (a % step < 0);
}

/// What becomes of a request.
struct Verdict {
  enum class Kind : std::uint8_t {
    allow,  ///< It goes on at once.
    deny,   ///< It is refused, and is charged nothing unless the algorithm says otherwise.
    delay,  ///< It is charged now and goes on after `delay`.
  };
  Kind kind = Kind::allow;
  std::int64_t delay = 0;  ///< Nanoseconds; positive where it is delayed, else 0.
  /// Of a denial: nanoseconds until the same request would be admitted if no other came; kNever
  /// where it never would. Else 0. Exact where an algorithm counts in whole numbers, to a few
  /// nanoseconds where it counts in floating point.
  std::int64_t retry_after = 0;

  static constexpr Verdict allowed() { return {}; }
  static constexpr Verdict denied(std::int64_t retry_after) {
    return {Kind::deny, 0, std::max<std::int64_t>(0, retry_after)};
  }
  /// Allowed at once where there is nothing to wait for.
  static constexpr Verdict after(std::int64_t delay) {
    return delay <= 0 ? Verdict{} : Verdict{Kind::delay, delay, 0};
  }
  bool is_admitted() const { return kind != Kind::deny; }
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// An algorithm apart from what it remembers. The state is a plain value, so that whoever holds it
/// decides where it lives: in a process, in a table by key, in an entry of a cache that several
/// processes share.
///
///   begin    Makes a state that of somebody never seen, at that time; memory is used again.
///   admit    Decides on a request and remembers it.
///   is_idle  Whether forgetting the state admits nothing that keeping it would not have. Those
///   that
///            count in ticks or cycles of their own may then gain one of these, since they begin
///            anew, and nginx' limit_req one request.
template <class R>
concept Rule = requires(const R& rule, typename R::State& state, const typename R::State& seen,
                        std::int64_t now, std::uint32_t cost) {
  rule.begin(state, now);
  { rule.admit(state, now, cost) } -> std::same_as<Verdict>;
  { rule.is_idle(seen, now) } -> std::same_as<bool>;
};

/// limiting limiter: any algorithm of the family behind one interface.
///
/// Times are nanoseconds since the beginning; each algorithm says what it does when they stand
/// still or go backwards. A cost is how much of the limit a request takes; 0 takes nothing and is
/// always let through, unless an algorithm says otherwise.
///
/// Assumes  one thread.
/// Source   chosen: what the libraries of the family have in common.
/// Checked  tests/limiting/limiting_test.cpp: properties of every algorithm through it.
class Limiter {
 public:
  Limiter() = default;
  virtual ~Limiter() = default;
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  virtual Verdict admit(std::int64_t now, std::uint32_t cost = 1) = 0;
  /// A request that was admitted has ended: only a limit on concurrency cares.
  virtual void finish(std::int64_t now, std::uint32_t cost = 1) { (void)now, (void)cost; }
  /// Whether forgetting everything admits nothing that remembering would not have.
  virtual bool is_idle(std::int64_t now) const = 0;
};

/// One state under one rule.
template <Rule R>
class RuleLimiter final : public Limiter {
 public:
  /// @param start  When the limiter is made, where that matters: ticks and cycles are counted from
  ///               it.
  explicit RuleLimiter(R rule, std::int64_t start = 0) : rule_(std::move(rule)) {
    rule_.begin(state_, start);
  }

  Verdict admit(std::int64_t now, std::uint32_t cost = 1) override {
    return rule_.admit(state_, now, cost);
  }
  void finish(std::int64_t now, std::uint32_t cost = 1) override {
    if constexpr (requires { rule_.finish(state_, now, cost); }) rule_.finish(state_, now, cost);
  }
  bool is_idle(std::int64_t now) const override { return rule_.is_idle(state_, now); }

  const R& rule() const { return rule_; }
  typename R::State& state() { return state_; }

 private:
  R rule_;
  typename R::State state_{};
};

}  // namespace highwater::limiting
