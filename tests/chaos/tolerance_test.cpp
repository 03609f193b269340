// Tolerances in every form, decided as chaostoolkit-lib 1.45 decides (chaoslib/hypothesis.py).

#include "engine/chaos/tolerance.h"

#include <string>

#include <catch2/catch.hpp>

namespace highwater::chaos {
namespace {

bool met(const std::string& tolerance, const std::string& output, bool probe = false) {
  Problems problems;
  const auto read = Tolerance::read(*parse_json_value(tolerance), "/t", problems);
  INFO(problems.text());
  REQUIRE(read);
  return read->met(*parse_json_value(output), [&] { return probe; });
}

std::string wrong(const std::string& tolerance) {
  Problems problems;
  CHECK_FALSE(Tolerance::read(*parse_json_value(tolerance), "/t", problems));
  return problems.text();
}

TEST_CASE("tolerance: a value is compared as Python compares") {
  CHECK(met("true", "true"));
  CHECK_FALSE(met("true", "false"));
  CHECK(met("true", "1"));  // True == 1
  CHECK(met("200", "200"));
  CHECK(met("200", "200.0"));
  CHECK_FALSE(met("200", "\"200\""));
  CHECK(met("\"ok\"", "\"ok\""));
  CHECK(met("200", R"({"status": 200, "body": ""})"));
  CHECK_FALSE(met("200", R"({"status": 503})"));
}

TEST_CASE("tolerance: two numbers are a range with its ends, other lists are members") {
  CHECK(met("[1, 5]", "1"));
  CHECK(met("[1, 5]", "5"));
  CHECK_FALSE(met("[1, 5]", "5.1"));
  CHECK_FALSE(met("[1, 5]", "null"));
  CHECK(met("[1, 3, 5]", "3"));
  CHECK_FALSE(met("[1, 3, 5]", "4"));
  CHECK(met("[\"a\"]", "\"a\""));
  // Of what has a status, two values are members too.
  CHECK(met("[200, 204]", R"({"status": 204})"));
  CHECK_FALSE(met("[200, 204]", R"({"status": 202})"));
}

TEST_CASE("tolerance: range, with a target") {
  CHECK(met(R"({"type": "range", "range": [0, 250]})", "249.5"));
  CHECK_FALSE(met(R"({"type": "range", "range": [0, 250]})", "251"));
  CHECK(met(R"({"type": "range", "range": [0, 9], "target": "p99"})", R"({"p99": 4, "p50": 99})"));
  CHECK_FALSE(met(R"({"type": "range", "range": [0, 9], "target": "p50"})", R"({"p50": 99})"));
}

TEST_CASE("tolerance: regular expressions are searched for") {
  CHECK(met(R"({"type": "regex", "pattern": "^4[0-9]$"})", "42"));
  CHECK(met(R"({"type": "regex", "pattern": "lo w"})", "\"hello world\""));
  CHECK_FALSE(met(R"({"type": "regex", "pattern": "^world"})", "\"hello world\""));
  CHECK(met(R"({"type": "regex", "pattern": "^7", "target": "a"})", R"({"a": 70})"));
  // One that would take for ever is not met, and ends.
  CHECK_FALSE(
      met(R"({"type": "regex", "pattern": "^(1+)+$"})", '"' + std::string(60, '1') + "x\""));
}

TEST_CASE("tolerance: JSONPath, by presence, number and expectation") {
  const std::string output = R"({"a": [{"s": "up"}, {"s": "up"}], "n": 3})";
  CHECK(met(R"({"type": "jsonpath", "path": "$.a[*].s"})", output));
  CHECK_FALSE(met(R"({"type": "jsonpath", "path": "$.b"})", output));
  CHECK(met(R"({"type": "jsonpath", "path": "$.a[*].s", "count": 2})", output));
  CHECK_FALSE(met(R"({"type": "jsonpath", "path": "$.a[*].s", "count": 3})", output));
  CHECK(met(R"({"type": "jsonpath", "path": "$.n", "expect": 3})", output));
  CHECK(met(R"({"type": "jsonpath", "path": "$.a[*].s", "expect": ["up", "up"]})", output));
  CHECK_FALSE(met(R"({"type": "jsonpath", "path": "$.a[*].s", "expect": "up"})", output));
}

TEST_CASE("tolerance: a probe decides by what is true of its output") {
  const std::string probe =
      R"({"type": "probe", "name": "p", "provider": {"type": "simulation", "objective": "x"}})";
  CHECK(met(probe, "1", true));
  CHECK_FALSE(met(probe, "1", false));
  CHECK(is_true(*parse_json_value("[0]")));
  CHECK_FALSE(is_true(*parse_json_value("[]")));
  CHECK_FALSE(is_true(*parse_json_value("0")));
  CHECK_FALSE(is_true(Value()));
  CHECK(is_true(*parse_json_value("\"no\"")));
}

TEST_CASE("tolerance: one that has room for everything is known") {
  Problems problems;
  const auto admits = [&](const std::string& tolerance) {
    return Tolerance::read(*parse_json_value(tolerance), "", problems)->admits_all_between(0, 1);
  };
  CHECK(admits("[0, 1]"));
  CHECK(admits(R"({"type": "range", "range": [-1, 100]})"));
  CHECK_FALSE(admits("[0.5, 1]"));
  CHECK_FALSE(admits("true"));
}

TEST_CASE("tolerance: what cannot be one says so") {
  CHECK_THAT(wrong(R"({"type": "rang", "range": [0, 1]})"),
             Catch::Contains("did you mean \"range\""));
  CHECK_THAT(wrong(R"({"type": "range", "range": [0]})"), Catch::Contains("two numbers"));
  CHECK_THAT(wrong(R"({"type": "range", "range": [5, 1]})"), Catch::Contains("above its highest"));
  CHECK_THAT(wrong(R"({"type": "regex", "pattern": "("})"),
             Catch::Contains("no regular expression"));
  CHECK_THAT(wrong(R"({"type": "regex"})"), Catch::Contains("pattern"));
  CHECK_THAT(wrong(R"({"type": "jsonpath", "path": "a"})"), Catch::Contains("no JSONPath"));
  CHECK_THAT(wrong(R"({"type": "jsonpath", "path": "$", "exepct": 1})"),
             Catch::Contains("did you mean \"expect\""));
  CHECK_THAT(wrong("[]"), Catch::Contains("nothing"));
  CHECK_THAT(wrong("null"), Catch::Contains("a tolerance is"));
  CHECK_THAT(wrong(R"({"type": "probe"})"), Catch::Contains("provider"));
}

}  // namespace
}  // namespace highwater::chaos
