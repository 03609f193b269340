#pragma once

#include <array>
#include <cstdint>
#include <string_view>

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
/// The counter expires lazily, as a key of Redis looks from outside: at its end it is gone. EXPIRE
/// on a key that is gone does nothing; INCRBY makes one without an end.
///
/// Source   Redis documentation, INCR ("Pattern: rate limiter 2" and its race), EXPIRE.
/// Checked  tests/limiting/shared_test.cpp: the race by hand; equal to fixed_window without it.
class SharedCounter {
 public:
  struct Value {
    std::int64_t count = 0;
    std::int64_t expires = kNever;
    bool present = false;
  };

  /// INCRBY. @return the count after it.
  static std::int64_t increase(Value& value, std::int64_t now, std::uint32_t amount) {
    if (!is_live(value, now)) value = {0, kNever, true};
    value.count = saturating_add(value.count, amount);
    return value.count;
  }
  /// EXPIRE. @return whether there was a key.
  static bool expire(Value& value, std::int64_t now, std::int64_t period) {
    if (!is_live(value, now)) return false;
    value.expires = saturating_add(now, period);
    return true;
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
  static bool is_live(const Value& value, std::int64_t now) {
    return value.present && value.expires > now;
  }
};

}  // namespace highwater::limiting
