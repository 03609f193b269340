#include "engine/report/number_format.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

namespace highwater {
namespace {

Estimate between(double low, double value, double high) {
  return {.value = value, .ci95 = Interval{low, high}, .note = {}};
}

TEST_CASE("number_format: shortest reads back exactly", "[report][number]") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(600) == "600");
  CHECK(shortest(-0.25) == "-0.25");
  for (const double value : {1.0 / 3, 1e300, 5e-324, 123456789.123456789, 0x1.fffffffffffffp-3}) {
    CHECK(std::strtod(shortest(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("number_format: times move to the unit that fits", "[report][number]") {
  CHECK(show_number(0, "ms").text() == "0 ms");
  CHECK(show_number(0.000042, "ms").text() == "42.0 ns");
  CHECK(show_number(0.0042, "ms").text() == "4.20 µs");
  CHECK(show_number(4.1, "ms").text() == "4.10 ms");
  CHECK(show_number(999.4, "ms").text() == "999 ms");
  CHECK(show_number(999.6, "ms").text() == "1.00 s");  // never "1000 ms"
  CHECK(show_number(119'000, "ms").text() == "119 s");
  CHECK(show_number(600'000, "ms").text() == "10.0 min");
  CHECK(show_number(7.2e6 * 2, "ms").text() == "4.00 h");
}

TEST_CASE("number_format: rates, bytes and counts", "[report][number]") {
  CHECK(show_number(799.8, "/s").text() == "800/s");
  CHECK(show_number(8210, "/s").text() == "8.21k/s");
  CHECK(show_number(1.5e6, "/s").text() == "1.50M/s");
  CHECK(show_number(2e9, "/s").text() == "2.00G/s");
  CHECK(show_number(512, "bytes").text() == "512 B");
  CHECK(show_number(3.0 * 1024 * 1024, "bytes").text() == "3.00 MiB");
  CHECK(show_number(12.4, "messages").text() == "12.4 messages");
  CHECK(show_number(12'400, "messages").text() == "12.4k messages");
  CHECK(show_count(0) == "0");
  CHECK(show_count(9999) == "9999");
  CHECK(show_count(10'942) == "10,942");
  CHECK(show_count(61'482'913) == "61.5M");
}

TEST_CASE("number_format: a ratio near one keeps its nines", "[report][number]") {
  CHECK(show_number(0.4127, "1").text() == "41.3%");
  CHECK(show_number(0.9998, "1").text() == "99.980%");
  CHECK(show_number(0.999998, "1").text() == "99.99980%");
  CHECK(show_number(1, "1").text() == "100%");
  CHECK(show_number(0, "1").text() == "0%");
}

TEST_CASE("number_format: a missed limit never looks met", "[report][number]") {
  CHECK(show_against(0.998996, 0.999, "1").text() == "99.8996%");
  CHECK(show_against(250.04, 250, "ms").text() == "250.04 ms");
  CHECK(show_against(61.27, 250, "ms").text() == "61.3 ms");
  CHECK(show_against(250, 250, "ms").text() == "250 ms");
}

TEST_CASE("number_format: the interval decides on the digits", "[report][number]") {
  const ShownNumber throughput = show_estimate(between(798.9, 799.82, 800.7), "/s");
  CHECK(throughput.text() == "799.8/s");
  CHECK(throughput.half_width == "1.0");  // 0.92, rounded up to the value's decimals
  const ShownNumber mean = show_estimate(between(4.05, 4.102, 4.15), "ms");
  CHECK(mean.text() == "4.10 ms");
  CHECK(mean.half_width == "0.06");
  const ShownNumber exact = show_estimate(between(4.102, 4.102, 4.102), "ms");
  CHECK(exact.text() == "4.10 ms");
  CHECK(exact.half_width == "0.00");
  const ShownNumber tight = show_estimate(between(123.4566, 123.4567, 123.4568), "ms");
  CHECK(tight.text() == "123.46 ms");  // five digits at the most
  CHECK(tight.half_width == "0.01");   // never narrower than it is
}

TEST_CASE("number_format: what is shown contains the interval", "[report][number]") {
  const Estimate lopsided = between(57, 61.27, 75.3);
  const ShownNumber shown = show_estimate(lopsided, "ms");
  const double value = std::stod(shown.value);
  const double half_width = std::stod(shown.half_width);
  CHECK(value + half_width + 0.05 >= lopsided.ci95->high);
  CHECK(value - half_width - 0.05 <= lopsided.ci95->low);
}

TEST_CASE("number_format: what is no number becomes a word", "[report][number]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(show_estimate({}, "ms").text() == "–");
  CHECK(show_number(std::nan(""), "/s").text() == "–");
  CHECK(show_number(kInfinity, "ms").text() == "unbounded");
  CHECK(show_number(-kInfinity, "1").text() == "-unbounded");
  CHECK(show_estimate(between(1, 2, kInfinity), "ms").half_width.empty());
  // Finite, but not as a percentage.
  CHECK(show_number(1e308, "1").text() == "unbounded");
  CHECK(show_estimate(between(1, 1e308, 1.1e308), "1").text() == "unbounded");
  CHECK(show_estimate(between(-1e308, 1, 1e308), "1").half_width.empty());
}

TEST_CASE("number_format: simulated time reads like a clock", "[report][number]") {
  CHECK(show_clock(0) == "0 s");
  CHECK(show_clock(0.25) == "250 ms");
  CHECK(show_clock(4.5) == "4.5 s");
  CHECK(show_clock(240) == "4:00");
  CHECK(show_clock(3723) == "1:02:03");
  CHECK(show_clock(2 * 86400 + 3 * 3600) == "2d 03:00");
  CHECK(show_clock(HUGE_VAL) == "the end");
}

}  // namespace
}  // namespace highwater
