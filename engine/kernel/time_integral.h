#pragma once

#include <cstdint>

#include "engine/kernel/check.h"
#include "engine/kernel/time.h"

namespace highwater {

/// The integral over time of a number that changes in steps, such as how many wait in line: divided
/// by a span of time it is the mean over that span. Exact: summed in 128-bit integers, so neither
/// the length of the run nor the number of changes costs precision.
class TimeIntegral {
 public:
  explicit TimeIntegral(Time since = Time{}, std::int64_t value = 0) noexcept
      : last_(since), value_(value) {}

  std::int64_t value() const noexcept { return value_; }

  /// From `now` on the number is `value`. Precondition: `now` is not before the last call.
  void set(Time now, std::int64_t value) noexcept {
    advance(now);
    value_ = value;
  }
  void add(Time now, std::int64_t change) noexcept { set(now, value_ + change); }

  /// The integral up to `now`, in (units of the number) times seconds.
  double total(Time now) const noexcept {
    const Sum sum = sum_ + product(now);
    return static_cast<double>(sum) / 1e9;
  }

 private:
  __extension__ typedef __int128 Sum;

  Sum product(Time now) const noexcept {
    HIGHWATER_DCHECK(now >= last_);
    return static_cast<Sum>(value_) * (now - last_).count();
  }
  void advance(Time now) noexcept {
    sum_ += product(now);
    last_ = now;
  }

  Sum sum_ = 0;  // nanoseconds times units
  Time last_;
  std::int64_t value_;
};

}  // namespace highwater
