#include "models/drivers/per_target.h"

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using Counts = PerTarget<std::uint32_t>;

Counts read(const char* text) {
  Problems problems;
  Counts counts{7u};
  REQUIRE(Quantity<Counts>::read(Value::string(text), "/x", problems, counts));
  return counts;
}

std::string wrong_with(const char* text) {
  Problems problems;
  Counts counts;
  CHECK_FALSE(Quantity<Counts>::read(Value::string(text), "/x", problems, counts));
  return problems.text();
}

TEST_CASE("PerTarget: for all, for some, for both", "[drivers]") {
  CHECK(read("3").of("a", 9) == 3);
  CHECK(read("b=4").of("a", 9) == 9);
  CHECK(read("b=4").of("b", 9) == 4);
  const Counts both = read("2,10.0.0.1:80=1k,x=y=5");
  CHECK(both.of("a", 9) == 2);
  CHECK(both.of("10.0.0.1:80", 9) == 1000);
  CHECK(both.of("x=y", 9) == 5);
  CHECK(read("").of("a", 9) == 9);
}

TEST_CASE("PerTarget: reading what was written gives the same", "[drivers]") {
  for (const char* text : {"3", "b=4", "2,a=1,b=0"})
    CHECK(Quantity<Counts>::write(read(text)).text() == text);
  CHECK(Quantity<Counts>::write(Counts()).is_null());
  Problems problems;
  Counts number;
  REQUIRE(Quantity<Counts>::read(Value::whole(5), "/x", problems, number));
  CHECK(number.of("a", 9) == 5);
}

TEST_CASE("PerTarget: every faulty part is reported", "[drivers]") {
  CHECK_THAT(wrong_with("a=x,b=1,c=y"),
             Catch::Contains("found \"x\"") && Catch::Contains("found \"y\""));
  CHECK_THAT(testing::problems_of("nginx_round_robin", {{"targets", "a,b"}, {"max_fails", "c=1"}}),
             Catch::Contains("/max_fails: \"c\" is none of the targets"));
}

}  // namespace
}  // namespace highwater::drivers
