#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "models/algorithms/limiting/fixed_window.h"
#include "models/algorithms/limiting/limiter.h"

namespace highwater::limiting {

/// How several processes share one limit through a store such as Redis.
enum class SharedForm : std::uint8_t {
  /// INCR, and EXPIRE by whoever sees the count begin: two commands, two moments.
  incr_expire,
  /// A script that does both at once (python-limits' incr_expire.lua, and its other scripts).
  script,
  /// redis-cell's CL.THROTTLE: GCRA as one command.
  throttle,
  /// GET, decide, SET: who reads before another has written decides on what is old.
  read_decide_write,
};

struct SharedFormInfo {
  SharedForm form;
  std::string_view name;
  std::string_view commands;
  /// To the store before the verdict is known, and at most in all.
  std::uint32_t round_trips;
  std::uint32_t most_round_trips;
  bool is_atomic;  ///< Whether any number of clients at once keep to the limit.
  std::string_view fails_by;
};

inline constexpr std::array kSharedForms = {
    SharedFormInfo{SharedForm::incr_expire, "incr_expire", "INCRBY, EXPIRE", 1, 2, true,
                   "A client that dies between the two leaves a count without an end: whoever "
                   "shares the key is refused for ever."},
    SharedFormInfo{SharedForm::script, "script", "EVALSHA", 1, 1, true,
                   "Nothing; a store that fails over may forget what it had not replicated."},
    SharedFormInfo{SharedForm::throttle, "throttle", "CL.THROTTLE", 1, 1, true,
                   "Nothing; as for a script."},
    SharedFormInfo{SharedForm::read_decide_write, "read_decide_write", "GET, SET", 2, 2, false,
                   "Of n clients that read before the first has written, all n are let through."}};

/// limiting shared: what a counter in a store does, command by command, so that whoever simulates
/// the store can put time between the commands.
///
/// A state of any rule of this family is a plain value and can lie in a store as well: `script` and
/// `throttle` are then that rule's admit() on the stored value, at the store's time, in one step.
///
/// Times are whole milliseconds, as Redis'; a key is gone once its end has *passed*, so that the
/// last millisecond of a window still belongs to it. EXPIRE on a key that is gone does nothing;
/// INCRBY makes one without an end.
///
/// Source   Redis documentation, INCR ("Pattern: rate limiter 2" and its race), EXPIRE;
/// Redis 7.0.15
///          db.c (keyIsExpired).
/// Checked  tests/limiting/shared_test.cpp: the race by hand; equal to fixed_window without it;
///          tests/reality/redis_limits.py: a running redis-server.
class SharedCounter {
 public:
  struct Value {
    std::int64_t count = 0;
    std::int64_t expires = kNever;  ///< Milliseconds.
    bool present = false;
  };

  /// INCRBY. @return the count after it.
  static std::int64_t increase(Value& value, std::int64_t now, std::uint32_t amount) {
    if (!is_live(value, now)) value = {0, kNever, true};
    value.count = saturating_add(value.count, amount);
    return value.count;
  }
  /// EXPIRE and PEXPIRE, whole milliseconds of a period. @return whether there was a key.
  static bool expire(Value& value, std::int64_t now, std::int64_t period) {
    if (!is_live(value, now)) return false;
    value.expires = saturating_add(milliseconds(now), period / kMillisecond);
    return true;
  }
  /// EXISTS.
  static bool is_live(const Value& value, std::int64_t now) {
    return value.present && value.expires >= milliseconds(now);
  }
  /// GET; 0 where there is none.
  static std::int64_t get(const Value& value, std::int64_t now) {
    return is_live(value, now) ? value.count : 0;
  }

  /// What a client makes of INCRBY's answer.
  struct Decision {
    Verdict verdict;
    bool must_expire = false;  ///< It is the one to send EXPIRE.
  };
  /// @param period  Nanoseconds: the hint for a refusal, since INCRBY does not tell the time left.
  static Decision decide(std::int64_t count, std::uint32_t cost, std::uint32_t limit,
                         std::int64_t period) {
    Decision decision;
    decision.must_expire = count == cost;
    if (count > limit) decision.verdict = Verdict::denied(cost > limit ? kNever : period);
    return decision;
  }

 private:
  static std::int64_t milliseconds(std::int64_t time) { return floor_divide(time, kMillisecond); }
};

/// limiting redis_fixed_window: the fixed window of a limit that is shared through Redis, INCRBY
/// and EXPIRE in one script.
///
/// As fixed_window in whole milliseconds, the one at the end of a window included: a request that
/// comes exactly a period after the first still belongs to it. A period below a millisecond, for
/// which Redis deletes the key, makes each request a window of its own.
///
/// In a window of length `period` at most 2 * limit are let through. Costs, refused requests and
/// time that goes backwards as with fixed_window.
///
/// Source   python-limits 2.8.0 limits/storage/redis.py with lua_scripts/incr_expire.lua; Redis
///          7.0.15 db.c (keyIsExpired).
/// Checked  tests/limiting/shared_test.cpp; tests/reality/redis_limits.py: a running redis-server.
class RedisWindow {
 public:
  using State = SharedCounter::Value;

  explicit RedisWindow(const WindowOptions& options)
      : limit_(options.limit), period_(std::max<std::int64_t>(0, options.period)) {}

  void begin(State& state, std::int64_t) const { state = {}; }

  Verdict admit(State& state, std::int64_t now, std::uint32_t cost) const {
    SharedCounter::Decision decision =
        SharedCounter::decide(SharedCounter::increase(state, now, cost), cost, limit_, period_);
    if (decision.must_expire) {
      SharedCounter::expire(state, now, period_);
      if (period_ < kMillisecond) state.present = false;
    }
    // The script knows the end, and may tell it.
    if (!decision.verdict.is_admitted() && decision.verdict.retry_after != kNever) {
      const std::int64_t end = saturating_multiply(saturating_add(state.expires, 1), kMillisecond);
      decision.verdict.retry_after = saturating_subtract(end, now);
    }
    return decision.verdict;
  }

  bool is_idle(const State& state, std::int64_t now) const {
    return !SharedCounter::is_live(state, now);
  }

 private:
  std::uint32_t limit_;
  std::int64_t period_;
};

}  // namespace highwater::limiting
