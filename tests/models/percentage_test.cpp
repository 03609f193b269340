#include "models/percentage.h"

#include <string>

#include <catch2/catch.hpp>

#include "engine/describe/quantity.h"

namespace highwater {
namespace {

Fraction share_of(const std::string& text) {
  Fraction share;
  Problems problems;
  REQUIRE(Quantity<Fraction>::read(Value::string(text), "", problems, share));
  return share;
}

TEST_CASE("percentage_of: gives back what was written", "[models]") {
  CHECK(0.07 * 100 != 7.0);  // why it is needed
  for (int hundredths = 0; hundredths <= 10'000; ++hundredths) {
    const double percentage = hundredths / 100.0;
    const std::string text = std::to_string(hundredths / 100) + "." +
                             std::to_string(hundredths / 10 % 10) + std::to_string(hundredths % 10);
    if (percentage_of(share_of(text + "%")) != percentage) FAIL_CHECK(text);
  }
  CHECK(percentage_of(share_of("33.333333%")) == 33.333333);
  CHECK(percentage_of(share_of("0.000000001%")) == 1e-9);
}

TEST_CASE("percentage_of: rounds nothing away that was meant", "[models]") {
  const double third = 1.0 / 3;
  CHECK(percentage_of(Fraction{third}) == third * 100);
  CHECK(percentage_of(Fraction{1e-13}) == 1e-13 * 100);
  CHECK(percentage_of(Fraction{0}) == 0);
  CHECK(percentage_of(Fraction{1}) == 100);
}

}  // namespace
}  // namespace highwater
