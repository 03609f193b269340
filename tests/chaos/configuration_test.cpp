// What ${name} stands for in an experiment, as chaostoolkit-lib 1.45 substitutes.

#include "engine/chaos/configuration.h"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::chaos {
namespace {

Environment environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    if (name == "PORT") return "8080";
    if (name == "WORD") return "up";
    return std::nullopt;
  };
}

struct Filled {
  std::string text;
  std::string problems;
};

Filled filled(const std::string& experiment, const std::string& value,
              const std::vector<std::string>& variables = {}) {
  Problems problems;
  const Value root = *parse_json_value(experiment);
  const Configuration configuration = Configuration::load(root, variables, environment(), problems);
  Value out = *parse_json_value(value);
  configuration.fill(out, "/x", problems);
  return {write_json_line(out), problems.text()};
}

TEST_CASE("configuration: a text that is one name takes its type, others its text") {
  const std::string experiment = R"({"configuration": {"n": 30, "s": "api", "o": {"a": 1}}})";
  CHECK(filled(experiment, R"("${n}")").text == "30");
  CHECK(filled(experiment, R"("for ${n} s")").text == R"("for 30 s")");
  CHECK(filled(experiment, R"({"kill": "${s}", "list": ["${n}", "$s"]})").text ==
        R"({"kill": "api", "list": [30, "api"]})");
  CHECK(filled(experiment, R"("${o}")").text == R"({"a": 1})");
  CHECK(filled(experiment, R"("$${n} costs $5")").text == R"("${n} costs $5")");
}

TEST_CASE("configuration: values of the environment, with their types and defaults") {
  const auto of = [](const std::string& value) {
    return filled(R"({"configuration": {"v": )" + value + "}}", R"("${v}")");
  };
  CHECK(of(R"({"type": "env", "key": "PORT"})").text == "\"8080\"");
  CHECK(of(R"({"type": "env", "key": "PORT", "env_var_type": "int"})").text == "8080");
  CHECK(of(R"({"type": "env", "key": "NONE", "default": 7})").text == "7");
  CHECK(of(R"({"type": "env", "key": "NONE", "default": "1.5", "env_var_type": "float"})").text ==
        "1.5");
  CHECK_THAT(of(R"({"type": "env", "key": "NONE"})").problems, Catch::Contains("not set"));
  CHECK_THAT(of(R"({"type": "env", "key": "WORD", "env_var_type": "int"})").problems,
             Catch::Contains("is no int"));
  CHECK_THAT(of(R"({"type": "env", "key": "PORT", "env_var_type": "itn"})").problems,
             Catch::Contains("did you mean \"int\""));
  CHECK_THAT(of(R"({"type": "vault", "path": "p"})").problems, Catch::Contains("asks nobody"));
  CHECK_THAT(of(R"({"type": "probe", "name": "p"})").problems, Catch::Contains("not supported"));
}

TEST_CASE("configuration: it goes before secrets, and variables before both") {
  const std::string experiment =
      R"({"configuration": {"a": 1}, "secrets": {"k8s": {"a": 2, "token": "t"}}})";
  CHECK(filled(experiment, R"("${a}")").text == "1");
  CHECK(filled(experiment, R"("${token}")").text == "\"t\"");
  CHECK(filled(experiment, R"("${a}")", {"a=5"}).text == "5");
  CHECK(filled(experiment, R"("${a}")", {"a=five"}).text == "\"five\"");
}

TEST_CASE("configuration: names that stand for nothing are reported with the nearest") {
  const std::string experiment = R"({"configuration": {"outage": 1}})";
  CHECK_THAT(filled(experiment, R"("${outgae}")").problems,
             Catch::Contains("/x: ${outgae}") && Catch::Contains("did you mean \"outage\""));
  CHECK_THAT(filled(experiment, "1", {"outgae=2"}).problems, Catch::Contains("did you mean"));
  CHECK_THAT(filled(experiment, "1", {"outage"}).problems, Catch::Contains("name=value"));
}

}  // namespace
}  // namespace highwater::chaos
