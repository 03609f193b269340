#include "models/drivers/seconds.h"

#include <cstdint>
#include <limits>
#include <optional>

#include <catch2/catch.hpp>

namespace highwater::drivers {

TEST_CASE("seconds: digits, decimals and exponents become nanoseconds", "[drivers]") {
  CHECK(nanoseconds_of("0") == 0);
  CHECK(nanoseconds_of("12.5") == 12'500'000'000);
  CHECK(nanoseconds_of("0.000000001") == 1);
  CHECK(nanoseconds_of("1e-3") == 1'000'000);
  CHECK(nanoseconds_of("1.5E+2") == 150'000'000'000);
  CHECK(nanoseconds_of("007") == 7'000'000'000);
  CHECK(nanoseconds_of("9223372036.854775807") == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("seconds: what lies between two nanoseconds is rounded", "[drivers]") {
  CHECK(nanoseconds_of("12.300000000000001") == 12'300'000'000);
  CHECK(nanoseconds_of("0.0000000005") == 1);
  CHECK(nanoseconds_of("0.00000000049") == 0);
  CHECK(nanoseconds_of("5e-10") == 1);
  CHECK(nanoseconds_of("5e-11") == 0);
  CHECK(nanoseconds_of("9e-99") == 0);
  CHECK(nanoseconds_of("0.9999999999") == 1'000'000'000);
}

TEST_CASE("seconds: anything else is none", "[drivers]") {
  for (const char* text :
       {"", "-1", "+1", " 1", "1 ", "1.", ".5", "1e", "1e+-3", "x", "0x10", "1.2.3", "nan", "inf",
        "9223372036.854775808", "9223372036.8547758075", "1e10", "1e999"}) {
    INFO(text);
    CHECK(nanoseconds_of(text) == std::nullopt);
  }
}

TEST_CASE("seconds: nanoseconds become the shortest text", "[drivers]") {
  CHECK(seconds_text(0) == "0");
  CHECK(seconds_text(12'500'000'000) == "12.5");
  CHECK(seconds_text(10'000'000'000) == "10");
  CHECK(seconds_text(-1'250'000'000) == "-1.25");
  CHECK(seconds_text(1) == "0.000000001");
  CHECK(seconds_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036.854775808");
}

}  // namespace highwater::drivers
