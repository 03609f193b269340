// Merging, the environment and --set.
#include "engine/scenario/overlay.h"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/scenario/scenario_support.h"

using namespace highwater;

namespace {

/// The merged scenario below `components` on one line.
std::string merged(const std::string& base, const std::string& patch) {
  Value below = *parse_json_value(base);
  lay_over(below, *parse_json_value(patch), Guide(sample_language()),
           {Place::Role::kRoot, nullptr});
  return write_json_line(below);
}

std::string with_setting(const std::string& text, const std::string& setting) {
  Problems problems;
  Value root = *parse_json_value(text);
  apply_setting(root, setting, Guide(sample_language()), problems);
  CHECK(problems.text() == "");
  return write_json_line(root);
}

std::string setting_fault(const std::string& setting) {
  return load_text(small_scenario(R"(, "faults": [{"at": "1s", "kill": "api"}])"), {setting})
      .problems;
}

}  // namespace

TEST_CASE("overlay: the examples of RFC 7396, appendix A", "[scenario][overlay]") {
  // Keys that the language does not know merge as the RFC says.
  CHECK(merged(R"({"a":"b"})", R"({"a":"c"})") == R"({"a": "c"})");
  CHECK(merged(R"({"a":"b"})", R"({"b":"c"})") == R"({"a": "b", "b": "c"})");
  CHECK(merged(R"({"a":"b"})", R"({"a":null})") == "{}");
  CHECK(merged(R"({"a":"b","b":"c"})", R"({"a":null})") == R"({"b": "c"})");
  CHECK(merged(R"({"a":["b"]})", R"({"a":"c"})") == R"({"a": "c"})");
  CHECK(merged(R"({"a":"c"})", R"({"a":["b"]})") == R"({"a": ["b"]})");
  CHECK(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})") == R"({"a": {"b": "d"}})");
  CHECK(merged(R"({"a":[{"b":"c"}]})", R"({"a":[1]})") == R"({"a": [1]})");
  CHECK(merged(R"(["a","b"])", R"(["c","d"])") == R"(["c", "d"])");
  CHECK(merged(R"({"a":"b"})", R"(["c"])") == R"(["c"])");
  CHECK(merged(R"({"a":"foo"})", "null") == "null");
  CHECK(merged(R"({"a":"foo"})", R"("bar")") == R"("bar")");
  CHECK(merged(R"({"e":null})", R"({"a":1})") == R"({"e": null, "a": 1})");
  CHECK(merged(R"([1,2])", R"({"a":"b","c":null})") == R"({"a": "b"})");
  CHECK(merged("{}", R"({"a":{"bb":{"ccc":null}}})") == R"({"a": {"bb": {}}})");
}

TEST_CASE("overlay: an object with exactly one of several keys is replaced whole",
          "[scenario][overlay]") {
  const auto component = [](const std::string& text) {
    return R"({"components": {"x": )" + text + "}}";
  };
  CHECK(merged(component(R"({"kind": "client", "arrivals": {"poisson": "1/s", "batch": 2}})"),
               component(R"({"arrivals": {"constant": "2/s"}})")) ==
        component(R"({"kind": "client", "arrivals": {"constant": "2/s"}})"));
  CHECK(merged(component(R"({"kind": "client", "arrivals": {"poisson": "1/s", "batch": 2}})"),
               component(R"({"arrivals": {"poisson": "3/s"}})")) ==
        component(R"({"kind": "client", "arrivals": {"poisson": "3/s"}})"));
  CHECK(merged(component(R"({"kind": "service", "service_time": {"exponential": "1ms"}})"),
               component(R"({"service_time": {"uniform": ["1ms", "2ms"]}})")) ==
        component(R"({"kind": "service", "service_time": {"uniform": ["1ms", "2ms"]}})"));
  // What is no one-of merges: a call keeps its target.
  CHECK(merged(component(R"({"kind": "client", "calls": {"to": "a", "timeout": "1s"}})"),
               component(R"({"calls": {"timeout": null, "retry": 2}})")) ==
        component(R"({"kind": "client", "calls": {"to": "a", "retry": 2}})"));
  CHECK(merged(R"({"network": {"zones": ["a"], "same_zone": {"exponential": "1ms"}}})",
               R"({"network": {"same_zone": {"uniform": ["1ms", "2ms"]}}})") ==
        R"({"network": {"zones": ["a"], "same_zone": {"uniform": ["1ms", "2ms"]}}})");
  // Of another kind, another meaning: the patch's kind decides, wherever it stands.
  CHECK(merged(component(R"({"kind": "client", "arrivals": {"poisson": "1/s"}})"),
               component(R"({"service_time": {"exponential": "1ms"}, "kind": "service"})")) ==
        component(R"({"kind": "service", "arrivals": {"poisson": "1/s"}, )"
                  R"("service_time": {"exponential": "1ms"}})"));
}

TEST_CASE("overlay: files extend files, and each value keeps its own place",
          "[scenario][overlay]") {
  const Folder folder("extends");
  folder.write("base/base.json", small_scenario(",\n\"name\": \"base\""));
  folder.write("middle.json",
               "{\"highwater\": 1, \"extends\": \"base/base.json\", \"components\": {\"api\": "
               "{\"replicas\": 3}, \"users\": {\"mix\": {\"GET /\": \"100%\"}}}}");
  folder.write("top.json",
               "{\"extends\": \"middle.json\", \"name\": \"top\",\n"
               "\"components\": {\"api\": {\"service_time\": {\"exponential\": \"1ms\"}}}}");
  const Loaded loaded = folder.load("top.json");
  CHECK(loaded.problems == "");
  REQUIRE(loaded.document);
  CHECK(write_json_line(loaded.document->root()) ==
        R"({"highwater": 1, "components": {)"
        R"("users": {"kind": "client", "arrivals": {"poisson": "800/s"}, "calls": "api", )"
        R"("mix": {"GET /": "100%"}}, )"
        R"("api": {"kind": "service", "service_time": {"exponential": "1ms"}, "replicas": 3}}, )"
        R"("name": "top"})");
  // A fault is told where it was written, whichever file that is.
  folder.write("middle.json",
               "{\"extends\": \"base/base.json\",\n \"components\": {\"api\": {\"replicas\": 0}}}");
  folder.write("top.json",
               "{\"extends\": \"middle.json\", \"components\": {\"users\": {\"cals\": 1}}}");
  CHECK(folder.load("top.json").problems ==
        "top.json:1:53: /components/users/cals: unknown key \"cals\"; did you mean \"calls\"?\n"
        "middle.json:2:37: /components/api/replicas: must be 1 to 10000, found 0\n");
}

TEST_CASE("overlay: files named in a base are relative to it", "[scenario][overlay]") {
  const Folder folder("relative");
  folder.write("base/trace.log", "x");
  folder.write("base/base.json", R"({"highwater": 1, "components": {
"u": {"kind": "client", "arrivals": {"trace": {"file": "trace.log"}}, "calls": "a"},
"a": {"kind": "service"}}})");
  folder.write("top.json", R"({"extends": "base/base.json", "run": {"seed": 2}})");
  CHECK(folder.load("top.json").problems == "");
  CHECK(folder.load("top.json", {"u.arrivals.trace.speedup=60x"}).problems == "");
}

TEST_CASE("overlay: cycles, long chains and missing bases", "[scenario][overlay][input]") {
  const Folder folder("cycle");
  folder.write("a.json", "{\n \"extends\": \"b.json\"}");
  folder.write("b.json", "{\"extends\": \"./a.json\"}");
  CHECK(folder.load("a.json").problems ==
        "b.json:1:13: /extends: a cycle: a.json extends b.json extends a.json\n");
  folder.write("self.json", "{\"extends\": \"self.json\"}");
  CHECK(folder.load("self.json").problems ==
        "self.json:1:13: /extends: a cycle: self.json extends self.json\n");
  for (int i = 0; i < 20; ++i)
    folder.write("c" + std::to_string(i) + ".json",
                 "{\"extends\": \"c" + std::to_string(i + 1) + ".json\"}");
  CHECK(folder.load("c0.json").problems ==
        "c15.json:1:13: /extends: more than 16 files extend each other\n");
  folder.write("lost.json", "{\"extends\": \"none.json\"}");
  CHECK(folder.load("lost.json").problems ==
        "lost.json:1:13: /extends: \"none.json\": there is no such file\n");
  folder.write("odd.json", "{\"extends\": 5}");
  CHECK(folder.load("odd.json")
            .problems.find(
                "odd.json:1:13: /extends: expected the name of a scenario file, found 5\n") !=
        std::string::npos);
  folder.write("broken.json", "{");
  folder.write("on_broken.json", "{\"extends\": \"broken.json\"}");
  CHECK(
      folder.load("on_broken.json").problems ==
      "broken.json:1:2: the text ends inside the object that begins at 1:1; a \"}\" is missing\n");
}

TEST_CASE("overlay: strings are filled from the environment", "[scenario][overlay]") {
  const auto filled = [](const std::string& text, const Variables& variables) {
    Value value = Value::array({Value::string(text)});
    Problems problems;
    fill_from_environment(value, "", environment_of(variables), problems);
    return problems.empty() ? value.elements()[0].text() : problems.text();
  };
  CHECK(filled("${A}", {{"A", "x"}}) == "x");
  CHECK(filled("<${A}-${B:-b}>", {{"A", "x"}}) == "<x-b>");
  CHECK(filled("${A:-a}", {{"A", ""}}) == "a");
  CHECK(filled("${A}", {{"A", ""}}) == "");
  CHECK(filled("${A:-}", {}) == "");
  CHECK(filled("$A $ $$ $${A} 5$", {}) == "$A $ $$ ${A} 5$");
  CHECK(filled("${A}", {{"A", "${B}"}, {"B", "x"}}) == "${B}");  // once only
  CHECK(filled("${A}", {}) ==
        "/0: the environment variable A is not set; set it, or give a default: ${A:-default}\n");
  CHECK(filled("x${A", {}) ==
        "/0: \"${\" without \"}\"; write ${NAME} or ${NAME:-default}, or $${ for the signs\n");
  CHECK(filled("${1 A}", {}) ==
        "/0: \"1 A\" is not the name of an environment variable; write ${NAME} or "
        "${NAME:-default}\n");
}

TEST_CASE("overlay: a scenario takes counts, numbers and booleans from the environment",
          "[scenario][overlay]") {
  const std::string text = small_scenario(
      "", R"("replicas": "${REPLICAS:-3}", "blocking": "${BLOCKING}", "cores": "${CORES:-0.5}")");
  const Loaded loaded = load_text(text, {}, {{"REPLICAS", "5"}, {"BLOCKING", "false"}});
  CHECK(loaded.problems == "");
  CHECK(loaded.document);
  CHECK(
      load_text(text, {}, {{"REPLICAS", "many"}, {"BLOCKING", "false"}}).problems ==
      "s.json:3:40: /components/api/replicas: expected a count such as \"200k\" (units: k, M, G), "
      "found \"many\"\n");
  CHECK(load_text(text).problems.find("the environment variable BLOCKING is not set") !=
        std::string::npos);
}

TEST_CASE("overlay: the environment of the process", "[scenario][overlay]") {
  REQUIRE(setenv("HIGHWATER_TEST_VARIABLE", "7", 1) == 0);
  CHECK(process_environment()("HIGHWATER_TEST_VARIABLE") == "7");
  REQUIRE(unsetenv("HIGHWATER_TEST_VARIABLE") == 0);
  CHECK(process_environment()("HIGHWATER_TEST_VARIABLE") == std::nullopt);
}

TEST_CASE("setting: values by path", "[scenario][setting]") {
  const std::string text =
      R"({"components": {"api": {"kind": "service", "replicas": 3, )"
      R"("endpoints": {"GET /x.y": [{"compute": "1ms"}]}}, )"
      R"("u": {"kind": "client", "arrivals": {"poisson": "1/s", "batch": 2}, "calls": "api"}}, )"
      R"("faults": [{"at": "1s", "kill": "api", "count": 1}]})";
  const auto changed = [&](const std::string& setting, const std::string& from,
                           const std::string& to) {
    std::string expected = text;
    const std::size_t at = expected.find(from);
    REQUIRE(at != std::string::npos);
    expected.replace(at, from.size(), to);
    CHECK(with_setting(text, setting) == expected);
  };
  changed("api.replicas=6", R"("replicas": 3)", R"("replicas": 6)");
  changed("components.api.replicas=6", R"("replicas": 3)", R"("replicas": 6)");
  changed("faults[0].at=2s", R"("at": "1s")", R"("at": "2s")");
  changed("u.arrivals.poisson=900/s", R"("poisson": "1/s")", R"("poisson": "900/s")");
  changed("u.arrivals={\"constant\": \"5/s\"}", R"({"poisson": "1/s", "batch": 2})",
          R"({"constant": "5/s"})");
  // Another verb takes the place of the former one and of what belonged to it alone.
  changed("u.arrivals.constant=5/s", R"({"poisson": "1/s", "batch": 2})", R"({"constant": "5/s"})");
  changed("faults[0].slow=api", R"({"at": "1s", "kill": "api", "count": 1})",
          R"({"at": "1s", "slow": "api"})");
  changed(R"(api.endpoints["GET /x.y"][0].compute=2ms)", R"("compute": "1ms")",
          R"("compute": "2ms")");
  // A short form is opened.
  changed("u.calls.timeout=1s", R"("calls": "api")", R"("calls": {"to": "api", "timeout": "1s"})");
  changed(R"(api.endpoints["GET /x.y"].priority=1)", R"([{"compute": "1ms"}])",
          R"({"steps": [{"compute": "1ms"}], "priority": 1})");
  // What the language knows and the document lacks is made.
  changed("api.queue.capacity=5", "}]}}", "}]}, \"queue\": {\"capacity\": 5}}");
  changed("run.seed=7", R"("count": 1}]})", R"("count": 1}], "run": {"seed": 7}})");
  changed("name=x y", R"("count": 1}]})", R"("count": 1}], "name": "x y"})");
  changed("name=\"6\"", R"("count": 1}]})", R"("count": 1}], "name": "6"})");
  changed("api.service_time=", "}]}}", "}]}, \"service_time\": \"\"}");
}

TEST_CASE("setting: what is wrong with a path or a value", "[scenario][setting][input]") {
  CHECK(
      setting_fault("api.replcas=6") ==
      "--set api.replcas=6:1:5: /components/api/replcas: unknown path: there is no \"replcas\" in "
      "/components/api; did you mean \"replicas\"?\n");
  CHECK(setting_fault("apy.replicas=6") ==
        "--set apy.replicas=6:1:1: unknown path: there is no component or section \"apy\"; did you "
        "mean \"api\"?\n");
  CHECK(
      setting_fault("components.apy.replicas=6") ==
      "--set components.apy.replicas=6:1:12: /components/apy: unknown path: there is no \"apy\" in "
      "/components; did you mean \"api\"?\n");
  CHECK(setting_fault("api.replicas=many") ==
        "--set api.replicas=many:1:14: /components/api/replicas: expected a count such as \"200k\" "
        "(units: k, M, G), found \"many\"\n");
  CHECK(setting_fault("users.arrivals={\"poisson\": 5}") ==
        "--set users.arrivals={\"poisson\": 5}:1:28: /components/users/arrivals/poisson: 5 has no "
        "unit; a rate needs one of /s, k/s, M/s, /minute, /h, /day, such as \"800/s\"\n");
  CHECK(setting_fault("faults[3].at=1s") ==
        "--set faults[3].at=1s:1:7: /faults/3: the list has 1 entry\n");
  CHECK(setting_fault("run[0]=1") == "--set run[0]=1:1:4: /run/0: /run is no list\n");
  CHECK(
      setting_fault("api.replicas.x=1") ==
      "--set api.replicas.x=1:1:14: /components/api/replicas/x: unknown path: there is no \"x\" in "
      "/components/api/replicas\n");
  CHECK(setting_fault("api.replicas") ==
        "--set api.replicas:1:13: expected path=value, such as api.replicas=6\n");
  CHECK(setting_fault("=6") == "--set =6:1:1: a key is missing\n");
  CHECK(setting_fault("api.=6") == "--set api.=6:1:5: a key is missing\n");
  CHECK(setting_fault("") == "--set :1:1: a key is missing\n");
  CHECK(setting_fault("faults[x].at=1s") ==
        "--set faults[x].at=1s:1:7: an index is [0], a quoted key is [\"key\"]\n");
  CHECK(setting_fault("faults[0]at=1s") ==
        "--set faults[0]at=1s:1:10: expected \".\", \"[\" or \"=\"\n");
}
