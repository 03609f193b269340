#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace highwater::resilience {

/// No limit in time: for ever.
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

/// Nanoseconds in whole milliseconds, the clock of JavaScript's and Java's breakers; downwards, so
/// that a moment before 0 is not the same as one after it.
constexpr std::int64_t milliseconds_of(std::int64_t ns) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  return ns / kMillisecond - (ns % kMillisecond < 0);
}

enum class BreakerState : std::uint8_t {
  closed,        ///< Calls go out and are counted.
  open,          ///< No call goes out.
  half_open,     ///< Some calls go out, to find out.
  forced_open,   ///< resilience4j, Hystrix: open until somebody says otherwise.
  disabled,      ///< resilience4j: every call goes out, none is counted. Hystrix: forced closed.
  metrics_only,  ///< resilience4j: every call goes out and is counted, nothing follows from it.
  isolated,      ///< cockatiel: open until somebody says otherwise.
};

/// As traces and documents spell it.
constexpr std::string_view name_of(BreakerState state) {
  constexpr std::string_view kNames[] = {"closed",   "open",         "half_open", "forced_open",
                                         "disabled", "metrics_only", "isolated"};
  return kNames[static_cast<std::size_t>(state)];
}

/// What a breaker says to a call. The caller hands it back when the call has ended, since some
/// products judge a result by the state in which the call began.
enum class Admission : std::uint8_t {
  rejected,  ///< Must not go out.
  admitted,  ///< Goes out.
  trial,     ///< Goes out to find out whether the other side has recovered.
  wait,      ///< Neither: ask again once the trial last admitted has ended (cockatiel).
};

constexpr bool goes_out(Admission admission) {
  return admission == Admission::admitted || admission == Admission::trial;
}

/// resilience Breaker: a circuit breaker as its callers see it, whatever the product.
///
/// Every call that goes out is reported to exactly one of succeeded(), failed() and cancelled(),
/// with what admit() answered; calls may overlap in time and end in any order. A call that takes as
/// long as call_timeout() is reported as failed() at that moment, and not again when it really
/// ends.
///
/// Time is in nanoseconds. A moment that lies before one seen earlier counts as that one: a clock
/// that goes backwards stands still. Timers that have run out by then take effect before anything
/// else, at the moment they were set for, so that it does not matter how often a breaker is asked.
///
/// Not copyable; not thread-safe; one per caller, as the products hold one per process.
///
/// Source   M. Nygard, Release It!, 2007, chapter 5; each product names its own.
/// Checked  tests/resilience/breaker_test.cpp: what all of them have in common.
class Breaker {
 public:
  /// @param created  When it begins to exist, which is when windows and timers begin to run.
  explicit Breaker(std::int64_t created) : latest_(created) {}
  virtual ~Breaker() = default;
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  /// May this call go out? Takes a permit where the product counts them.
  Admission admit(std::int64_t now) { return on_admit(forward(now)); }
  /// @param took  Nanoseconds from admit() until now; a negative one counts as 0.
  void succeeded(Admission as, std::int64_t now, std::int64_t took) {
    on_success(as, forward(now), std::max<std::int64_t>(0, took));
  }
  void failed(Admission as, std::int64_t now, std::int64_t took) {
    on_failure(as, forward(now), std::max<std::int64_t>(0, took));
  }
  /// The caller went away: the call neither succeeded nor failed.
  void cancelled(Admission as, std::int64_t now) { on_cancel(as, forward(now)); }
  BreakerState state(std::int64_t now) { return state_at(forward(now)); }

  /// After so long the product itself gives up on a call; kNever where it does not.
  virtual std::int64_t call_timeout() const { return kNever; }
  /// A call that takes longer is slow to the product; kNever where it knows no slow calls.
  virtual std::int64_t slow_after() const { return kNever; }

 protected:
  // Moments never decrease from call to call.
  virtual Admission on_admit(std::int64_t now) = 0;
  virtual void on_success(Admission as, std::int64_t now, std::int64_t took) = 0;
  virtual void on_failure(Admission as, std::int64_t now, std::int64_t took) = 0;
  virtual void on_cancel(Admission as, std::int64_t now) = 0;
  virtual BreakerState state_at(std::int64_t now) = 0;

 private:
  std::int64_t forward(std::int64_t now) { return latest_ = std::max(latest_, now); }

  std::int64_t latest_;
};

}  // namespace highwater::resilience
