// JSONPath as far as tolerances need it.

#include "engine/chaos/json_path.h"

#include <string>

#include <catch2/catch.hpp>

namespace highwater::chaos {
namespace {

const Value kDocument = *parse_json_value(
    R"({"users": {"p99": 12, "p 50": 3}, "list": [10, 20, 30, {"p99": 40}],
        "deep": [{"p99": 50}]})");

/// What the path leads to, on a line; "!" and the problem where it is none.
std::string found(const std::string& text) {
  std::string problem;
  const auto path = JsonPath::parse(text, problem);
  if (!path) return "! " + problem;
  std::string out;
  for (const Value& value : path->matches(kDocument))
    out += (out.empty() ? "" : " ") + write_json_line(value);
  return out;
}

TEST_CASE("json path: names, indices, slices, wildcards, descent") {
  CHECK(found("$.users.p99") == "12");
  CHECK(found("$['users']['p 50']") == "3");
  CHECK(found("$.users.*") == "12 3");
  CHECK(found("$.list[0]") == "10");
  CHECK(found("$.list[-2]") == "30");
  CHECK(found("$.list[0,2]") == "10 30");
  CHECK(found("$.list[1:3]") == "20 30");
  CHECK(found("$.list[:2]") == "10 20");
  CHECK(found("$.list[0:4:2]") == "10 30");
  CHECK(found("$..p99") == "12 40 50");
  CHECK(found("$.deep[*].p99") == "50");
  CHECK(found("$.users['p99', \"p 50\"]") == "12 3");
}

TEST_CASE("json path: what is not there is nothing") {
  CHECK(found("$.nobody.p99").empty());
  CHECK(found("$.list[99]").empty());
  CHECK(found("$.list[-99]").empty());
  CHECK(found("$.list.p99").empty());
  CHECK(found("$.users[0]").empty());
}

TEST_CASE("json path: what is no path says why") {
  CHECK_THAT(found("users"), Catch::Contains("begins with"));
  CHECK_THAT(found("$.list[?(@.p99>1)]"), Catch::Contains("filters"));
  CHECK_THAT(found("$.list[1"), Catch::Contains("not closed"));
  CHECK_THAT(found("$['users"), Catch::Contains("quote"));
  CHECK_THAT(found("$."), Catch::Contains("name is missing"));
  CHECK_THAT(found("$.list[0:2:0]"), Catch::Contains("expected an index"));
  CHECK_THAT(found("$x"), Catch::Contains("expected"));
}

}  // namespace
}  // namespace highwater::chaos
