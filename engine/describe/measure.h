#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/describe/problems.h"
#include "engine/describe/value.h"

/// Numbers with units as text: what quantity.cpp reads and writes quantities with.
namespace highwater::measure {

/// A unit is factor * 10^ten / per of the family's base unit. Powers of ten and divisors stand
/// apart because shifting the decimal point and dividing round correctly where a factor 0.01 would
/// not. Where the base is counted in whole numbers everything is in the factor.
struct Unit {
  std::string_view name;
  double factor = 1;
  int ten = 0;
  double per = 1;
};

/// Quantities of one dimension.
struct Family {
  std::string_view name;     // "duration"
  std::string_view article;  // "a"
  std::string_view units;    // for messages
  std::string_view example;  // without quotes
  std::span<const Unit> table;
};

inline constexpr std::array kDurationUnits = {
    Unit{"ns", 1},  Unit{"us", 1e3}, Unit{"µs", 1e3},   Unit{"ms", 1e6},
    Unit{"s", 1e9}, Unit{"m", 60e9}, Unit{"h", 3600e9}, Unit{"d", 86400e9},
};
inline constexpr std::array kRateUnits = {
    Unit{"/s"},
    Unit{"k/s", 1, 3},
    Unit{"M/s", 1, 6},
    Unit{"G/s", 1, 9},
    Unit{"/minute", 1, 0, 60},
    Unit{"k/minute", 1, 3, 60},
    Unit{"M/minute", 1, 6, 60},
    Unit{"/h", 1, 0, 3600},
    Unit{"k/h", 1, 3, 3600},
    Unit{"M/h", 1, 6, 3600},
    Unit{"G/h", 1, 9, 3600},
    Unit{"/day", 1, 0, 86400},
    Unit{"k/day", 1, 3, 86400},
    Unit{"M/day", 1, 6, 86400},
    Unit{"G/day", 1, 9, 86400},
    Unit{"/ms", 1, 3},
    Unit{"/us", 1, 6},
};
inline constexpr std::array kBytesUnits = {
    Unit{"B", 1},
    Unit{"kB", 1e3},
    Unit{"MB", 1e6},
    Unit{"GB", 1e9},
    Unit{"TB", 1e12},
    Unit{"KiB", 1024.0},
    Unit{"MiB", 1024.0 * 1024},
    Unit{"GiB", 1024.0 * 1024 * 1024},
    Unit{"TiB", 1024.0 * 1024 * 1024 * 1024},
};
inline constexpr std::array kBandwidthUnits = {
    Unit{"bit/s"},        Unit{"kbit/s", 1, 3},  Unit{"Mbit/s", 1, 6},
    Unit{"Gbit/s", 1, 9}, Unit{"Tbit/s", 1, 12}, Unit{"B/s", 8},
    Unit{"kB/s", 8, 3},   Unit{"MB/s", 8, 6},    Unit{"GB/s", 8, 9},
};
inline constexpr std::array kFractionUnits = {Unit{"%", 1, -2}};
inline constexpr std::array kFactorUnits = {Unit{"x", 1}};
inline constexpr std::array kCountUnits = {Unit{"", 1}, Unit{"k", 1e3}, Unit{"M", 1e6},
                                           Unit{"G", 1e9}};

inline constexpr Family kDuration{"duration", "a", "ns, us, ms, s, m, h, d", "40ms",
                                  kDurationUnits};
inline constexpr Family kRate{"rate", "a", "/s, k/s, M/s, /minute, /h, /day", "800/s", kRateUnits};
inline constexpr Family kBytes{"size", "a", "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB", "4KiB",
                               kBytesUnits};
inline constexpr Family kBandwidth{"bandwidth", "a",
                                   "bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s, GB/s",
                                   "1Gbit/s", kBandwidthUnits};
inline constexpr Family kFraction{"fraction", "a", "%", "2.5%", kFractionUnits};
inline constexpr Family kFactor{"factor", "a", "x", "3x", kFactorUnits};
inline constexpr Family kCount{"count", "a", "k, M, G", "200k", kCountUnits};

/// A number at the beginning of a text, kept exactly where it has no exponent.
struct Amount {
  bool negative = false;
  double value = 0;         // with its sign
  std::uint64_t whole = 0;  // digits before the point; meaningless unless `exact`
  double fraction = 0;      // 0 <= fraction < 1
  bool exact = false;
  std::string_view number;  // its text without the sign
  std::string_view rest;    // what follows it
};

/// Plain decimals with an optional exponent; no hexadecimal, "inf" or "nan". nullopt when the text
/// does not begin with one.
std::optional<Amount> parse_amount(std::string_view text);

struct Measured {
  Amount amount;
  Unit unit;
};

/// `a duration such as "40ms" (units: ns, …)`
std::string expectation(const Family& family);

/// Reports a fault of `value`. @return false
bool report(const Value& value, const std::string& path, Problems& problems, std::string message,
            std::string suggestion = "");
/// Reports that `value` is more than `most`. @return false
bool report_too_large(const Value& value, const std::string& path, Problems& problems,
                      std::string_view most);

/// Reads a string with a unit of the family. A bare number, an unknown unit, a unit of another
/// family and a negative amount are reported here, since no family allows them.
std::optional<Measured> read_with_unit(const Value& value, const std::string& path,
                                       const Family& family, Problems& problems);
/// The same where the unit may be left out: a number, or a string that holds one.
std::optional<Measured> read_number(const Value& value, const std::string& path,
                                    const Family& family, Problems& problems);

/// The amount in the family's base unit, rounded as often as there is a factor or divisor.
double in_base_unit(const Measured& measured);
/// The amount times the unit's factor as a whole number, the fraction rounded to nearest; nullopt
/// above `most`, which is at most 2^60.
std::optional<std::uint64_t> whole_product(const Measured& measured, std::uint64_t most);

/// The shortest decimal that reads back as exactly `value`.
std::string shortest(double value);
/// The text of `value` in one unit if it reads back as exactly `value` with so many digits.
std::optional<std::string> spelled_in(double value, const Unit& unit, int digits);
/// A short spelling that reads back as exactly `value`: in the first unit of `table` that takes few
/// digits, else in the base unit with all of them.
std::string spelled(double value, std::span<const Unit> table);

}  // namespace highwater::measure
