#include "models/drivers/timed_line.h"

#include <catch2/catch.hpp>

namespace highwater::drivers {
namespace {

TEST_CASE("TimedLines: time and verb and whatever is left", "[drivers]") {
  TimedLines lines;
  TimedLine line;
  CHECK(lines.read("1.5 get a key", line).empty());
  CHECK(line.now == 1'500'000'000);
  CHECK(line.verb == "get");
  CHECK(line.rest == "a key");
  CHECK(line.has_rest);
  CHECK(lines.read("1 get ", line).empty());
  CHECK((line.has_rest && line.rest.empty()));
  CHECK(lines.read("1 crash", line).empty());
  CHECK_FALSE(line.has_rest);
  CHECK(lines.read("1", line).empty());
  CHECK(line.verb.empty());
  CHECK_THAT(lines.read("get a", line), Catch::Contains("expected seconds"));
  CHECK_THAT(lines.read("", line), Catch::Contains("expected seconds"));
  CHECK_THAT(lines.read("-1 get a", line), Catch::Contains("expected seconds"));
}

TEST_CASE("TimedLines: time does not go back once a line was taken", "[drivers]") {
  TimedLines lines;
  TimedLine line;
  CHECK(lines.read("2 get a", line).empty());
  CHECK(lines.read("1 get a", line).empty());  // the one before was not taken
  lines.taken(line);
  CHECK(lines.read("0.999999999 get a", line) == "time goes back");
  CHECK(lines.read("1 get a", line).empty());
}

TEST_CASE("expected_forms: proposes the nearest verb", "[drivers]") {
  CHECK(expected_forms({"SECONDS get KEY", "crash"}, "crahs", "1 crahs") ==
        "expected SECONDS get KEY, crash, found \"1 crahs\"; did you mean \"crash\"?");
  CHECK_THAT(expected_forms({"SECONDS get KEY"}, "gte", "1 gte a"),
             Catch::EndsWith("did you mean \"get\"?"));
  CHECK_THAT(expected_forms({"SECONDS get KEY"}, "get", "1 get"), Catch::EndsWith("\"1 get\""));
}

TEST_CASE("whole: a number of 64 bits and nothing else", "[drivers]") {
  CHECK(whole("18446744073709551615") == 18'446'744'073'709'551'615U);
  for (const char* text : {"", "-1", "+1", "1 ", "0x1", "1.0", "18446744073709551616"})
    CHECK_FALSE(whole(text));
}

TEST_CASE("KeyNames: text and number of the same key", "[drivers]") {
  KeyNames names;
  const auto a = names.number("a");
  const auto empty = names.number("");
  REQUIRE((a && empty));
  CHECK(names.text(*a) == "a");
  CHECK(names.text(*empty).empty());
  names.keep_if([&](std::uint64_t key) { return key == *a; });
  CHECK(names.size() == 1);
  names.forget(*a);
  CHECK(names.size() == 0);
}

}  // namespace
}  // namespace highwater::drivers
