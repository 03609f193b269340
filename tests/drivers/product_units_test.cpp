#include "models/drivers/product_units.h"

#include <catch2/catch.hpp>

namespace highwater::drivers {
namespace {

constexpr std::int64_t kMs = 1'000'000;

template <class T>
T read(const Value& value) {
  T out;
  Problems problems;
  const bool good = Quantity<T>::read(value, "/x", problems, out);
  INFO(problems.text());
  CHECK(good);
  return out;
}
template <class T>
bool fails(const Value& value) {
  T out;
  Problems problems;
  return !Quantity<T>::read(value, "/x", problems, out) && problems.error_count() == 1;
}

TEST_CASE("product units: bare numbers are in the product's unit", "[drivers]") {
  CHECK(read<InMilliseconds>(Value::string("1500")).ns == 1500 * kMs);
  CHECK(read<InMilliseconds>(Value::number_text("2.5")).ns == 2'500'000);
  CHECK(read<InMilliseconds>(Value::string("2s")).ns == 2000 * kMs);
  CHECK(read<InSeconds>(Value::string("60")).ns == 60'000 * kMs);
  CHECK(read<InSeconds>(Value::string("0.5")).ns == 500 * kMs);
  CHECK(read<InSeconds>(Value::string("60ms")).ns == 60 * kMs);
  for (const char* text : {"", "s", "-1", "1 second", "true"}) {
    CAPTURE(text);
    CHECK(fails<InMilliseconds>(Value::string(text)));
    CHECK(fails<InSeconds>(Value::string(text)));
  }
  CHECK(Quantity<InSeconds>::write({1500 * kMs}).text() == "1500ms");
}

TEST_CASE("product units: false is no limit", "[drivers]") {
  CHECK(read<MillisecondsOrFalse>(Value::string("false")).ns == 0);
  CHECK(read<MillisecondsOrFalse>(Value::boolean(false)).ns == 0);
  CHECK(read<MillisecondsOrFalse>(Value::string("250")).ns == 250 * kMs);
  CHECK(fails<MillisecondsOrFalse>(Value::boolean(true)));
  CHECK(fails<MillisecondsOrFalse>(Value::string("true")));
  CHECK(Quantity<MillisecondsOrFalse>::write({0}) == Value::boolean(false));
  CHECK(Quantity<MillisecondsOrFalse>::write({kMs}).text() == "1ms");
}

TEST_CASE("product units: percentages with and without their sign", "[drivers]") {
  CHECK(read<Percentage>(Value::string("50")).value == 50);
  CHECK(read<Percentage>(Value::string("12.5%")).value == 12.5);
  CHECK(read<Percentage>(Value::number_text("5")).value == 5);
  for (const char* text : {"", "%", "half", "50 %", "50%%"}) {
    CAPTURE(text);
    CHECK(fails<Percentage>(Value::string(text)));
  }
  CHECK(Quantity<Percentage>::write({12.5}) == Value::number(12.5));
}

TEST_CASE("product units: lists of pauses", "[drivers]") {
  CHECK(read<PauseList>(Value::string("10s")).pauses == std::vector{10'000 * kMs});
  CHECK(read<PauseList>(Value::string("500,1s,4000ms")).pauses ==
        std::vector{500 * kMs, 1000 * kMs, 4000 * kMs});
  CHECK(read<PauseList>(Value::number_text("7")).pauses == std::vector{7 * kMs});
  for (const char* text : {"", "1s,", ",1s", "1s,soon"}) {
    CAPTURE(text);
    CHECK(fails<PauseList>(Value::string(text)));
  }
  CHECK(fails<PauseList>(Value::boolean(true)));
  CHECK(Quantity<PauseList>::write({{500 * kMs, 1000 * kMs}}).text() == "500ms,1s");
}

}  // namespace
}  // namespace highwater::drivers
