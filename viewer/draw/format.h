#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace highwater::viewer {

/// What a number of an axis, card or tooltip means, and so how it is written.
enum class Unit : std::uint8_t {
  number,        ///< "12.3", "45.6k".
  rate,          ///< Per second: "8.5k/s".
  seconds,       ///< A duration given in seconds: "12.3 ms".
  milliseconds,  ///< A duration given in milliseconds: "12.3 ms".
  bytes,         ///< "1.5 KiB".
  byte_rate,     ///< "1.5 MiB/s".
  ratio,         ///< 0.25 is "25%".
  clock,         ///< A point of simulated time given in seconds: "2:05".
};

/// The unit of a metric as the engine's metrics name theirs: "ms", "s", "/s", "1", "bytes";
/// anything else is a number.
Unit unit_of(std::string_view metric_unit);

/// `value` with `digits` significant digits and the prefix that fits: "12.0 ms" and "8.51k/s", so
/// that what changes from frame to frame keeps its width; whole numbers without unit are exact
/// ("7"). Never an exponent. Shares near one keep what tells them from one: "99.980%". NaN is "–",
/// infinity "∞".
std::string format(double value, Unit unit, int digits = 3);

/// "2:05", "1:02:05", "2d 03:04:05"; with `decimals` digits of the second, 0 to 9: "2:05.250".
std::string format_clock(double seconds, int decimals = 0);

/// How much `to` differs from `from`: "+12%", "−3.4%", "×4.2" from threefold on, "±0" where there
/// is no difference to speak of, "–" where it cannot be said.
std::string format_change(double from, double to);

/// The same prefix and the same number of decimals for all labels of one axis.
class TickFormat {
 public:
  /// For labels that stand `step` apart, the largest of which is `largest` in magnitude.
  TickFormat(double step, double largest, Unit unit);

  /// "1.5k", "250 ms", "0".
  std::string text(double value) const;

 private:
  Unit unit_;
  double factor_ = 1;
  int decimals_ = 0;
  std::string suffix_;
};

}  // namespace highwater::viewer
