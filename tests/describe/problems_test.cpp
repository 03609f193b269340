// The list of problems: its text is what a user sees, so it is checked to the letter.
#include "engine/describe/problems.h"

#include <catch2/catch.hpp>

using namespace highwater;

TEST_CASE("problems: one line each, in the order of the text", "[describe]") {
  Problems problems;
  const auto base = problems.add_source("base.json");
  const auto file = problems.add_source("scenario.json", "dir");
  problems.error({file, 2, 3}, "/b", "second");
  problems.warning({file, 1, 9}, "/a", "first");
  problems.error({base, 7, 1}, "/z", "of the first file");
  problems.error({file, 12, 17}, "/components/api/replcas", "unknown key \"replcas\"", "replicas");
  CHECK(problems.text() ==
        "base.json:7:1: /z: of the first file\n"
        "scenario.json:1:9: warning: /a: first\n"
        "scenario.json:2:3: /b: second\n"
        "scenario.json:12:17: /components/api/replcas: unknown key \"replcas\"; did you mean "
        "\"replicas\"?\n");
  CHECK(problems.error_count() == 3);
  CHECK(problems.text(1) == "base.json:7:1: /z: of the first file\nand 3 more\n");
}

TEST_CASE("problems: warnings alone are no errors", "[describe]") {
  Problems problems;
  CHECK(problems.empty());
  problems.warning({}, "", "note");
  CHECK_FALSE(problems.has_errors());
  CHECK_FALSE(problems.empty());
  problems.error({}, "", "fault");
  CHECK(problems.has_errors());
}

TEST_CASE("problems: a problem without a place or a source", "[describe]") {
  Problems problems;
  problems.error({5, 0, 0}, "", "no source");
  const auto file = problems.add_source("missing.json");
  problems.error({file, 0, 0}, "", "there is no such file");
  CHECK(problems.text() == "missing.json: there is no such file\nno source\n");
}

TEST_CASE("problems: a fresh list keeps the sources only", "[describe]") {
  Problems problems;
  const auto file = problems.add_source("a.json", "somewhere");
  problems.error({file, 1, 1}, "", "fault");
  const Problems fresh = problems.fresh();
  CHECK(fresh.empty());
  CHECK(fresh.source_name(file) == "a.json");
  CHECK(fresh.source_directory(file) == "somewhere");
  CHECK(fresh.source_directory(file + 1) == "");
}

TEST_CASE("problems: pointers escape what RFC 6901 says", "[describe]") {
  CHECK(pointer_to("", "a") == "/a");
  CHECK(pointer_to("/endpoints", "GET /users/{id}") == "/endpoints/GET ~1users~1{id}");
  CHECK(pointer_to("", "a~b") == "/a~0b");
  CHECK(pointer_to("/steps", std::size_t{3}) == "/steps/3");
}

TEST_CASE("problems: texts in messages are quoted and cut between characters", "[describe]") {
  CHECK(in_quotes("5kg") == "\"5kg\"");
  CHECK(in_quotes("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\"");
  CHECK(in_quotes(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "…\"");
  CHECK(file_in_quotes(std::string(100, 'x')) == "\"" + std::string(100, 'x') + "\"");
  // 59 letters, then a character of three bytes that would be cut in two.
  CHECK(in_quotes(std::string(59, 'x') + "€y") == "\"" + std::string(59, 'x') + "€…\"");
}

TEST_CASE("problems: warnings do not hide errors", "[describe]") {
  Problems problems;
  const auto source = problems.add_source("x.json");
  for (std::uint32_t line = 1; line <= 9; ++line) problems.warning({source, line, 1}, "", "odd");
  problems.error({source, 10, 1}, "", "wrong");
  CHECK(problems.text(3) == "x.json:10:1: wrong\nand 9 more\n");
  CHECK(problems.text(10).starts_with("x.json:1:1: warning: odd\n"));
}
