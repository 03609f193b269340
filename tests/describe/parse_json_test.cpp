// Reading JSON: every value knows its place, and every fault is told in the user's terms.
#include <ctime>
#include <string>

#include <catch2/catch.hpp>

#include "engine/describe/value.h"

using namespace highwater;

namespace parse_json_test {
namespace {

std::string faults(std::string_view text) {
  Problems problems;
  parse_json(text, problems.add_source("f"), problems);
  return problems.text();
}

Value good(std::string_view text) {
  Problems problems;
  const auto value = parse_json(text, problems.add_source("f"), problems);
  CAPTURE(problems.text());
  REQUIRE(value);
  REQUIRE(problems.empty());
  return *value;
}

std::string place(const Value& value) {
  return std::to_string(value.position().line) + ":" + std::to_string(value.position().column);
}

}  // namespace

TEST_CASE("parse_json: values, keys and brackets know their places", "[describe][json]") {
  const Value root = good("{ \"a\": 12,\n  \"b\" : [ true,\n\"x\\\"y\" , {} ] , \"c\":null }");
  CHECK(place(root) == "1:1");
  CHECK(place(*root.find("a")) == "1:8");
  CHECK(place(*root.find("b")) == "2:9");
  CHECK(place(root.find("b")->elements()[0]) == "2:11");
  CHECK(place(root.find("b")->elements()[1]) == "3:1");
  CHECK(place(root.find("b")->elements()[2]) == "3:10");
  CHECK(place(*root.find("c")) == "3:21");
  CHECK(root.members()[1].key_position == Position{0, 2, 3});
}

TEST_CASE("parse_json: columns count characters, a tab as one, whatever ends the lines",
          "[describe][json]") {
  CHECK(place(*good("{\t\"ä€😀\": 1}").find("ä€😀")) == "1:10");
  CHECK(place(*good("{\r\n\t\t\"a\": 1}").find("a")) == "2:8");
  CHECK(place(*good("\xEF\xBB\xBF{\"a\": 1}").find("a")) == "1:7");  // behind a byte order mark
}

TEST_CASE("parse_json: comments are white space", "[describe][json]") {
  // Whatever ends a line ends a comment.
  CHECK(place(*good("// x\r{\"a\": 1}").find("a")) == "1:12");
  const Value root =
      good("// one, two: \"three\"\n{/* a { */\"a\"/**/:/*\n\n*/1,// end\n\"b\":2}//");
  CHECK(place(*root.find("a")) == "4:3");
  CHECK(place(*root.find("b")) == "5:5");
}

TEST_CASE("parse_json: numbers keep their spelling", "[describe][json]") {
  const Value root = good("[1, 1.0, -1.50e+3, 0, 18446744073709551616, 1e-999]");
  std::string all;
  for (const Value& number : root.elements()) all += number.number_text() + " ";
  CHECK(all == "1 1.0 -1.50e+3 0 18446744073709551616 1e-999 ");
  CHECK(root.elements()[2].number() == -1500);
}

TEST_CASE("parse_json: strings are decoded", "[describe][json]") {
  CHECK(good(R"("a\u00e4\ud83d\ude00\/\n")").text() == "aä😀/\n");
}

TEST_CASE("parse_json: what is wrong, and where", "[describe][json]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"", "f:1:1: the document is empty\n"},
      {" \n ", "f:2:2: the document is empty\n"},
      {"// only a comment", "f:1:18: the document ends before a value\n"},
      {"{\"a\":1,}", "f:1:8: a comma must not stand before \"}\"\n"},
      {"[1,\n]", "f:2:1: a comma must not stand before \"]\"\n"},
      {"{\"a\": NaN}", "f:1:7: NaN is not a number a scenario may hold\n"},
      {"{\"a\": Infinity}", "f:1:7: Infinity is not a number a scenario may hold\n"},
      {"{\"a\": -Infinity}", "f:1:7: -Infinity is not a number a scenario may hold\n"},
      {"{\"a\": 1e999}", "f:1:7: 1e999 is too large a number\n"},
      {"{\"a\": 01}", "f:1:8: a number may not begin with a 0 before other digits\n"},
      {"{\"a\": 1.5.3}", "f:1:10: unexpected \".3\"; expected \",\" or \"}\"\n"},
      {"{\"a\": +1}", "f:1:7: unexpected \"+1\"\n"},
      {"{\"a\": .5}", "f:1:7: unexpected \".5\"\n"},
      {"{\"a\": truex}", "f:1:11: unexpected \"x\"; expected \",\" or \"}\"\n"},
      {"{\"a\": tru}", "f:1:7: unexpected \"tru\"\n"},
      {"{\"a\" 1}", "f:1:6: unexpected \"1\"; expected \":\" after the key\n"},
      {"{\"a\": 1 \"b\": 2}", "f:1:9: unexpected text \"b\"; expected \",\" or \"}\"\n"},
      {"{a: 1}", "f:1:2: unexpected \"a\"; expected a key in quotes\n"},
      {"{'a': 1}", "f:1:2: strings stand in double quotes\n"},
      {"[1, 2}", "f:1:6: unexpected \"}\"; expected \",\" or \"]\"\n"},
      {"{} {}", "f:1:4: unexpected \"{\" after the end of the document\n"},
      {"hello", "f:1:1: unexpected \"hello\"; a document is one object in braces\n"},
      {"{\"a\": {\n  \"b\": [1,\n",
       "f:3:1: the text ends inside the list that begins at 2:8; a \"]\" is missing\n"},
      {"{\"a\": \"x", "f:1:7: the string that begins here has no closing quote\n"},
      {"{\"a\": \"x\ny\"}",
       "f:1:9: a string may not hold a line break or control character; write \\n, \\t or "
       "\\u00xx\n"},
      {"{\"a\": \"\\q\"}",
       "f:1:9: only \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX may follow a backslash\n"},
      {"{\"a\": \"\\ud83dx\"}",
       "f:1:14: \\u must be followed by four hexadecimal digits, a surrogate by its pair\n"},
      {"{\"a\": \"\xFF\"}", "f:1:8: this byte is not valid UTF-8\n"},
      {"{\"ä\": \"ö\xC3\"}", "f:1:10: this byte is not valid UTF-8\n"},
      {std::string("{\0\"a\"\0:\0 1}", 11), "f:1:2: this is not UTF-8 text\n"},
      {std::string("{}\0]", 4), "f:1:3: this is not UTF-8 text\n"},
      {std::string("//\0{\"a\": 1}", 12), "f:1:3: this is not UTF-8 text\n"},
      {"/* never closed", "f:1:16: the document ends before a value\n"},
  }));
  CAPTURE(text);
  CHECK(faults(text) == expected);
}

TEST_CASE("parse_json: each duplicate key is a problem with both places", "[describe][json]") {
  Problems problems;
  const auto value = parse_json(
      "{\"a\": {\"x\": 1,\n \"y\": 2, \"x\": 3},\n\"b\": [{\"k\":1,\"k\":2}],"
      "\n\"a\": 4, \"a\": 5}",
      problems.add_source("f"), problems);
  CHECK(problems.text() ==
        "f:2:10: /a/x: duplicate key \"x\"; it is already at 1:8\n"
        "f:3:14: /b/0/k: duplicate key \"k\"; it is already at 3:8\n"
        "f:4:1: /a: duplicate key \"a\"; it is already at 1:2\n"
        "f:4:9: /a: duplicate key \"a\"; it is already at 1:2\n");
  REQUIRE(value);  // the first of them stays, so that the rest of the document can be checked
  CHECK(write_json_line(*value) == R"({"a": {"x": 1, "y": 2}, "b": [{"k": 1}]})");
}

TEST_CASE("parse_json: deep brackets are refused quickly, at any size", "[describe][json]") {
  std::string deep(10 << 20, '[');
  const std::clock_t start = std::clock();  // of this process: the machine may have more to do
  CHECK(faults(deep) == "f:1:201: brackets are nested more than 200 deep\n");
  for (std::size_t i = 0; i + 5 < deep.size(); i += 5) deep.replace(i, 5, "{\"a\":");
  CHECK(faults(deep) == "f:1:1001: brackets are nested more than 200 deep\n");
  CHECK(std::clock() - start < 2 * CLOCKS_PER_SEC);
  const std::string allowed = std::string(200, '[') + std::string(200, ']');
  CHECK(faults(allowed).empty());
}

TEST_CASE("parse_json: a string of 10 MB is read", "[describe][json]") {
  const Value root = good("{\"a\": \"" + std::string(10 << 20, 'x') + "\"}");
  CHECK(root.find("a")->text().size() == 10 << 20);
}

TEST_CASE("parse_json: absurd sizes are refused", "[describe][json]") {
  CHECK(faults(std::string((64 << 20) + 1, ' ')) ==
        "f:1:1: the document has 67108865 bytes; at most 64 MiB are read\n");
  std::string many = "[";
  for (int i = 0; i < 2'000'001; ++i) many += "0,";
  CHECK(faults(many + "0]") == "f:1:4000002: the document holds more than 2000000 values\n");
}

TEST_CASE("parse_json: what was read writes back as the same document", "[describe][json]") {
  const std::string text =
      R"({"a": [1, 1.0, {"b": "x\ny"}], "": null, "c": {"d": {}, "e": []}, "f": true})";
  CHECK(write_json_line(good(text)) == text);
  CHECK(good(write_json(good(text))) == good(text));
}

}  // namespace parse_json_test
