// The document tree and its JSON text.
#include "engine/describe/value.h"

#include <limits>

#include <catch2/catch.hpp>

using namespace highwater;

TEST_CASE("value: an object keeps the order of its members", "[describe]") {
  Value object = Value::object();
  object.set("b", Value::whole(1));
  object.set("a", Value::string("x"));
  object.set("b", Value::boolean(true));
  CHECK(write_json_line(object) == R"({"b": true, "a": "x"})");
  REQUIRE(object.find("a") != nullptr);
  CHECK(object.find("a")->text() == "x");
  CHECK(object.find("c") == nullptr);
  CHECK(Value::whole(1).find("c") == nullptr);
  object.erase("b");
  object.erase("c");
  CHECK(write_json_line(object) == R"({"a": "x"})");
}

TEST_CASE("value: numbers keep their text and compare by value", "[describe]") {
  CHECK(Value::number_text("1e3").number() == 1000);
  CHECK(Value::number_text("1e3").number_text() == "1e3");
  CHECK(Value::number_text("1e3") == Value::whole(1000));
  CHECK_FALSE(Value::whole(1) == Value::whole(2));
  CHECK_FALSE(Value::whole(1) == Value::string("1"));
  CHECK(Value::whole(18'446'744'073'709'551'615U).whole() == 18'446'744'073'709'551'615U);
  CHECK(Value::number_text("1.0").whole() == std::nullopt);
  CHECK(Value::number_text("-1").whole() == std::nullopt);
  CHECK(Value::number_text("1e-400").number() == 0);
  CHECK(write_json_line(Value::number(0.1)) == "0.1");
  CHECK(write_json_line(Value::number(1.0 / 3)) == "0.3333333333333333");
  CHECK(write_json_line(Value::number(-0.0)) == "0");
  const double large = std::numeric_limits<double>::max();
  CHECK(parse_json_value(write_json_line(Value::number(large)))->number() == large);
}

TEST_CASE("value: what was found, for messages", "[describe]") {
  CHECK(Value().found() == "null");
  CHECK(Value::boolean(false).found() == "false");
  CHECK(Value::number_text("1.50").found() == "1.50");
  CHECK(Value::number_text(std::string(50, '1')).found() == "a long number");
  CHECK(Value::string("x").found() == "\"x\"");
  CHECK(Value::array().found() == "a list");
  CHECK(Value::object().found() == "an object");
}

TEST_CASE("value: equality looks at content and order, not at places", "[describe]") {
  const auto one = parse_json_value(R"({"a": [1, null, true], "b": "x"})");
  const auto same = parse_json_value("{\n\"a\":[1,null,true],\"b\":\"x\"}");
  const auto turned = parse_json_value(R"({"b": "x", "a": [1, null, true]})");
  const auto longer = parse_json_value(R"({"a": [1, null, true], "b": "x", "c": 1})");
  CHECK(*one == *same);
  CHECK_FALSE(*one == *turned);
  CHECK_FALSE(*one == *longer);
}

TEST_CASE("value: text is escaped so that it reads back", "[describe]") {
  const std::string text = "quote \" backslash \\ newline \n tab \t bell \a umlaut ü \x7f";
  const std::string json = write_json_line(Value::string(text));
  CHECK(json == R"("quote \" backslash \\ newline \n tab \t bell \u0007 umlaut ü \u007f")");
  CHECK(parse_json_value(json)->text() == text);
}

TEST_CASE("value: long objects take a line for each member, short ones one line", "[describe]") {
  Value object = Value::object();
  object.set("name", Value::string(std::string(90, 'x')));
  object.set("list", *parse_json_value("[1, 2, {\"a\": []}]"));
  CHECK(write_json(object) ==
        "{\n  \"name\": \"" + std::string(90, 'x') + "\",\n  \"list\": [1, 2, {\"a\": []}]\n}");
  CHECK(*parse_json_value(write_json(object)) == object);
  CHECK(write_json(Value::object()) == "{}");
  // A hundred columns, the comma included: one more letter breaks the line.
  Value fits = Value::object();
  fits.set("key", Value::array({Value::string(std::string(85, 'x'))}));
  CHECK(write_json(fits).find('\n') == std::string::npos);
  fits.set("key", Value::array({Value::string(std::string(95, 'x'))}));
  CHECK(write_json(fits).find('\n') != std::string::npos);
}
