#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/statistics/estimate.h"

namespace highwater {

/// The shortest decimal that reads back as exactly this double: what JSON and CSV hold. The same on
/// every machine and in every locale. `value` must be finite.
std::string shortest(double value);

/// A number as people read it, in three parts so that a table can align or drop each of them.
/// `value` and `half_width` have the same scale, unit and number of decimals.
struct ShownNumber {
  std::string value;       ///< "91.2"
  std::string unit;        ///< " ms", "/s", "%", "k/s"; with its leading space where one belongs.
  std::string half_width;  ///< "3.1"; empty without an interval.

  std::string text() const { return value + unit; }
};

/// Scales `value` to a unit that fits and to three significant digits. The `unit` of a metric says
/// how: "ms" becomes ns, µs, ms, s, min or h; "/s" gets k, M or G before it; "1" (a ratio) becomes
/// per cent, with as many digits as it takes to tell 99.98 % from 100 %; "bytes" becomes KiB and so
/// on; anything else is counted in k, M, G. Numbers that are not finite become words.
ShownNumber show_number(double value, std::string_view unit, int digits = 3);

/// show_number() with as many digits as it takes to look different from `limit`, where the two
/// differ: an availability of 99.8996 % that misses 99.9 % must not read as 99.90 %.
ShownNumber show_against(double value, double limit, std::string_view unit);

/// The same for an estimate: its interval decides on the digits (the half width keeps one or two,
/// the value between three and five). `half_width` is the larger distance from the value to an end
/// of the interval, rounded up: quantile intervals are lopsided, and what is shown never promises
/// more than the interval. An estimate without value shows as "–".
ShownNumber show_estimate(const Estimate& estimate, std::string_view unit);

/// A whole number: all digits up to 99,999, three significant ones with k, M, G above.
std::string show_count(std::uint64_t count);

/// A point or span of simulated time as a clock: "45 s", "4:00", "1:02:03", "2d 03:00".
std::string show_clock(double seconds);

}  // namespace highwater
