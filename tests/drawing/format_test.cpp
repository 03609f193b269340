#include "viewer/draw/format.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::viewer::format_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Case {
  double value;
  Unit unit;
  const char* text;
};

TEST_CASE("format: numbers with their units", "[drawing][format]") {
  const std::vector<Case> cases = {
      {0, Unit::number, "0"},
      {7, Unit::number, "7"},
      {999, Unit::number, "999"},
      {7.25, Unit::number, "7.25"},
      {0.0123, Unit::number, "0.0123"},
      {1000, Unit::number, "1.00k"},
      {999.9, Unit::number, "1.00k"},
      {45678, Unit::number, "45.7k"},
      {-45678, Unit::number, "−45.7k"},
      {1.234e6, Unit::number, "1.23M"},
      {5e12, Unit::number, "5000G"},
      {0, Unit::rate, "0/s"},
      {8512, Unit::rate, "8.51k/s"},
      {12, Unit::rate, "12.0/s"},
      {0.25, Unit::rate, "0.250/s"},
      {0, Unit::milliseconds, "0 ms"},
      {0.000012, Unit::milliseconds, "12.0 ns"},
      {0.0123, Unit::milliseconds, "12.3 µs"},
      {12.3456, Unit::milliseconds, "12.3 ms"},
      {999.96, Unit::milliseconds, "1.00 s"},
      {34000, Unit::milliseconds, "34.0 s"},
      {119.4e3, Unit::milliseconds, "119 s"},
      {180e3, Unit::milliseconds, "3.00 min"},
      {3 * 3600e3, Unit::milliseconds, "3.00 h"},
      {0.0123, Unit::seconds, "12.3 ms"},
      {90, Unit::seconds, "90.0 s"},
      {86400, Unit::seconds, "24.0 h"},
      {512, Unit::bytes, "512 B"},
      {1536, Unit::bytes, "1.50 KiB"},
      {1023.9, Unit::bytes, "1.00 KiB"},
      {5.0 * 1024 * 1024 * 1024, Unit::bytes, "5.00 GiB"},
      {2.5 * 1024 * 1024, Unit::byte_rate, "2.50 MiB/s"},
      {0, Unit::ratio, "0%"},
      {0.25, Unit::ratio, "25.0%"},
      {0.00024, Unit::ratio, "0.0240%"},
      {0.9998, Unit::ratio, "99.980%"},
      {0.99, Unit::ratio, "99.0%"},
      {1, Unit::ratio, "100%"},
      {1.5, Unit::ratio, "150%"},
      {125, Unit::clock, "2:05"},
      {kNan, Unit::rate, "–"},
      {1e308, Unit::ratio, "∞"},
      {kInfinity, Unit::milliseconds, "∞"},
      {-kInfinity, Unit::number, "−∞"},
  };
  for (const Case& test : cases) CHECK(format(test.value, test.unit) == test.text);
}

TEST_CASE("format: fewer and more digits", "[drawing][format]") {
  CHECK(format(45678, Unit::number, 2) == "46k");
  CHECK(format(45678, Unit::number, 5) == "45.678k");
  CHECK(format(99.6, Unit::milliseconds, 2) == "100 ms");
  CHECK(format(0.256, Unit::ratio, 2) == "26%");
}

TEST_CASE("format: never an exponent", "[drawing][format]") {
  for (int exponent = -12; exponent <= 15; ++exponent)
    for (const Unit unit : {Unit::number, Unit::rate, Unit::seconds, Unit::milliseconds,
                            Unit::bytes, Unit::byte_rate, Unit::ratio}) {
      const std::string text = format(1.37 * std::pow(10.0, exponent), unit);
      INFO(text);
      CHECK(text.find("e+") == std::string::npos);
      CHECK(text.find("e-") == std::string::npos);
    }
}

TEST_CASE("format: clocks", "[drawing][format]") {
  CHECK(format_clock(0) == "0:00");
  CHECK(format_clock(45) == "0:45");
  CHECK(format_clock(59.6) == "1:00");
  CHECK(format_clock(125) == "2:05");
  CHECK(format_clock(125.25, 3) == "2:05.250");
  CHECK(format_clock(59.96, 1) == "1:00.0");
  CHECK(format_clock(0.000125, 6) == "0:00.000125");
  CHECK(format_clock(3725) == "1:02:05");
  CHECK(format_clock(2 * 86400 + 3 * 3600 + 4 * 60 + 5) == "2d 03:04:05");
  CHECK(format_clock(-30) == "−0:30");
  CHECK(format_clock(-0.001) == "0:00");
  CHECK(format_clock(kNan) == "–");
}

TEST_CASE("format: changes", "[drawing][format]") {
  CHECK(format_change(100, 112) == "+12%");
  CHECK(format_change(100, 96.6) == "−3.4%");
  CHECK(format_change(100, 420) == "×4.2");
  CHECK(format_change(1, 5000) == "×5.00k");
  CHECK(format_change(100, 100) == "±0");
  CHECK(format_change(100, 100.01) == "±0");
  CHECK(format_change(0, 0) == "±0");
  CHECK(format_change(0, 4) == "–");
  CHECK(format_change(-1, 1) == "–");
  CHECK(format_change(kNan, 1) == "–");
  CHECK(format_change(100, 0) == "−100%");
}

TEST_CASE("format: units of metrics", "[drawing][format]") {
  CHECK(unit_of("ms") == Unit::milliseconds);
  CHECK(unit_of("s") == Unit::seconds);
  CHECK(unit_of("1") == Unit::ratio);
  CHECK(unit_of("bytes") == Unit::bytes);
  CHECK(unit_of("bytes/s") == Unit::byte_rate);
  CHECK(unit_of("requests/s") == Unit::rate);
  CHECK(unit_of("/s") == Unit::rate);
  CHECK(unit_of("requests") == Unit::number);
}

TEST_CASE("tick format: one prefix and as many decimals as the step needs", "[drawing][format]") {
  const TickFormat thousands(2500, 15000, Unit::rate);
  CHECK(thousands.text(0) == "0");
  CHECK(thousands.text(2500) == "2.5k/s");
  CHECK(thousands.text(15000) == "15.0k/s");
  const TickFormat milliseconds(50, 250, Unit::milliseconds);
  CHECK(milliseconds.text(50) == "50 ms");
  CHECK(milliseconds.text(250) == "250 ms");
  const TickFormat shares(0.005, 1, Unit::ratio);
  CHECK(shares.text(0.995) == "99.5%");
  const TickFormat clock(0.25, 10, Unit::clock);
  CHECK(clock.text(9.75) == "0:09.75");
  const TickFormat below(0.1, 0.5, Unit::number);
  CHECK(below.text(-0.3) == "−0.3");
  CHECK(below.text(-1e-17) == "0");
}

}  // namespace
}  // namespace highwater::viewer::format_test
