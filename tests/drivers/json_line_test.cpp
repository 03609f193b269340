#include "models/drivers/json_line.h"

#include <catch2/catch.hpp>

namespace highwater::drivers {
namespace {

struct Line {
  Seconds time;
  Thousandths amount;
  Whole change;
  std::optional<std::string> name;

  static constexpr std::string_view type_name = "test_line";
  static constexpr auto fields() {
    return Fields{field<&Line::time>("When.").required(), field<&Line::amount>("How much."),
                  field<&Line::change>("By how many."), field<&Line::name>("Who.")};
  }
};

Line read(const std::string& text) {
  Line line;
  CHECK(read_line(text, line) == "");
  return line;
}

std::string wrong(const std::string& text) {
  Line line;
  return read_line(text, line);
}

TEST_CASE("json lines: times are seconds or durations", "[drivers]") {
  CHECK(read(R"({"time": 12.5})").time.nanoseconds == 12'500'000'000);
  CHECK(read(R"({"time": 1e-3})").time.nanoseconds == 1'000'000);
  CHECK(read(R"({"time": "7"})").time.nanoseconds == 7'000'000'000);
  CHECK(read(R"({"time": "5m"})").time.nanoseconds == 300'000'000'000);
  CHECK(wrong(R"({"time": -1})") ==
        "/time: expected seconds, such as 12.5, or a duration, such as \"5m\", found -1");
  CHECK_THAT(wrong(R"({"time": true})"), Catch::Contains("expected seconds"));
}

TEST_CASE("json lines: quantities are exact thousandths rounded up", "[drivers]") {
  const auto amount = [](const std::string& text) {
    return read("{\"time\": 0, \"amount\": " + text + "}").amount.value;
  };
  CHECK(amount("2") == 2000);
  CHECK(amount("0.07") == 70);
  CHECK(amount("1.0001") == 1001);
  CHECK(amount("\"250m\"") == 250);
  CHECK(amount("\"0.5m\"") == 1);
  CHECK(amount("8589934592") == 8589934592000);  // bytes of memory
  CHECK(amount("0") == 0);
  for (const char* bad : {"-1", "\"5k\"", "\"m\"", "true", "99999999999999999999"})
    CHECK_THAT(wrong(std::string("{\"time\": 0, \"amount\": ") + bad + "}"),
               Catch::Contains("expected a number"));
}

TEST_CASE("json lines: whole numbers may be negative", "[drivers]") {
  CHECK(read(R"({"time": 0, "change": -12})").change.value == -12);
  CHECK(read(R"({"time": 0, "change": "2147483647"})").change.value == 2147483647);
  for (const char* bad : {"1.5", "2147483648", "\"\"", "\"--1\""})
    CHECK_THAT(wrong(std::string("{\"time\": 0, \"change\": ") + bad + "}"),
               Catch::Contains("expected a whole number"));
}

TEST_CASE("json lines: what is wrong is said with the nearest word", "[drivers]") {
  CHECK(wrong(R"({"time": 0, "nmae": "x"})") ==
        "/nmae: unknown key \"nmae\"; did you mean \"name\"?");
  CHECK(wrong(R"({"tme": 0})") == "/tme: unknown key \"tme\"; did you mean \"time\"?");
  CHECK_THAT(wrong("{}"), Catch::Contains("\"time\" is missing"));
  CHECK_THAT(wrong("[1]"), Catch::Contains("expected a JSON object"));
  CHECK_FALSE(wrong("{\"time\": 0").empty());
  CHECK_FALSE(wrong("").empty());
}

TEST_CASE("json options: keys of the products become ours", "[drivers]") {
  const auto value = parse_json_value(R"({"scaleUp": [{"PeriodSeconds": 1}], "a_b": 2})");
  CHECK(write_json_line(snake_case_keys(*value)) ==
        R"({"scale_up": [{"period_seconds": 1}], "a_b": 2})");
  Problems problems;
  CHECK(json_of_option(Value::string("{\"aB\": 1}"), "/x", problems)->find("a_b") != nullptr);
  CHECK(json_of_option(*value, "/x", problems).has_value());
  CHECK_FALSE(problems.has_errors());
  CHECK_FALSE(json_of_option(Value::string("{"), "/x", problems).has_value());
  CHECK_THAT(problems.text(), Catch::Contains("expected JSON"));
}

}  // namespace
}  // namespace highwater::drivers
