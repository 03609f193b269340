// The rules of the house that no compiler checks. The first case looks at the checkout; the others
// are canaries: each hands a rule something that breaks it and must see it found, and something
// close to it that is right and must be left alone. A rule that finds nothing proves nothing.
#include "tests/house/house_rules.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::house {
namespace {

using Rule = Findings (*)(const Tree&);

Tree tree_of(std::initializer_list<SourceFile> files) {
  Tree tree = files;
  std::sort(tree.begin(), tree.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return tree;
}

Findings findings_in(Rule rule, std::string path, std::string text) {
  return rule({{std::move(path), std::move(text)}});
}

std::size_t count(Rule rule, std::string path, std::string text) {
  const Findings findings = findings_in(rule, std::move(path), std::move(text));
  INFO(to_text(findings));
  return findings.size();
}

}  // namespace

TEST_CASE("the checkout keeps the rules of the house", "[house]") {
  const Tree tree = read_tree(HIGHWATER_SOURCE_DIR);
  const std::vector<std::pair<const char*, Rule>> rules = {
      {"layers", check_layers},
      {"libraries", check_libraries},
      {"clock and randomness", check_clock_and_randomness},
      {"mathematics", check_mathematics},
      {"printing", check_printing},
      {"containers", check_containers},
      {"form", check_form},
      {"models", check_models},
      {"claims", check_claims},
      {"algorithms", check_algorithms},
      {"lists", check_lists},
      {"scenarios", check_scenarios},
  };
  for (const auto& [name, rule] : rules) {
    const Findings findings = rule(tree);
    INFO(name << ":\n" << to_text(findings));
    CHECK(findings.empty());
  }
}

TEST_CASE("the rules see the whole checkout", "[house]") {
  const Tree tree = read_tree(HIGHWATER_SOURCE_DIR);
  for (const char* path : {"engine/kernel/time.h", "CMakeLists.txt", "highwater", ".ci/run",
                           "tests/CMakeLists.txt", "cmake/version.h.in", "README.md",
                           "results/README.md", "tests/house/house_rules_test.cpp"}) {
    INFO(path);
    CHECK(std::any_of(tree.begin(), tree.end(),
                      [&](const SourceFile& file) { return file.path == path; }));
  }
  CHECK(std::none_of(tree.begin(), tree.end(), [](const SourceFile& file) {
    return file.path.starts_with("build/") || file.path.starts_with("tests/data/");
  }));
  CHECK_THROWS_AS(read_tree(HIGHWATER_SOURCE_DIR "/tests"), std::runtime_error);
}

TEST_CASE("links in the documentation lead somewhere", "[house]") {
  const Findings broken = check_links(read_tree(HIGHWATER_SOURCE_DIR), [](const std::string& path) {
    return std::filesystem::exists(std::filesystem::path(HIGHWATER_SOURCE_DIR) / path);
  });
  INFO(to_text(broken));
  CHECK(broken.empty());

  const auto exists = [](const std::string& path) { return path == "docs/a.md"; };
  CHECK(
      check_links({{"docs/b.md", "[a](a.md) [b](../docs/a.md#part) [c](#here)"}}, exists).empty());
  CHECK(check_links({{"docs/b.md", "[web](https://example.org/x)"}}, exists).empty());
  CHECK(check_links({{"docs/b.md", "[gone](c.md)"}}, exists).size() == 1);
  CHECK(check_links({{"README.md", "\n![picture](a.md)"}}, exists).front().line == 2);
}

TEST_CASE("comments and literals are not code", "[house]") {
  CHECK(code_of("a // b\nc") == "a     \nc");
  CHECK(code_of("a /* b\n c */ d") == "a     \n      d");
  CHECK(code_of(R"(f("x // \" y", 'q') /* z */;)") == R"(f("         ", ' ')        ;)");
  CHECK(code_of("R\"x(a)\" b)x\" + c") == "R\"         \" + c");
  CHECK(code_of("1'000'000 + rand()") == "1'000'000 + rand()");
  CHECK(code_of("// no end") == "         ");
  CHECK(code_of("\"no end\nnext") == "\"      \nnext");
}

TEST_CASE("layers: includes point one way", "[house]") {
  const Rule rule = check_layers;
  CHECK(count(rule, "engine/kernel/a.h", "#include \"models/client/client.h\"\n") == 1);
  CHECK(count(rule, "engine/kernel/a.h", "#include \"engine/describe/field.h\"\n") == 1);
  CHECK(count(rule, "engine/report/a.h", "#include \"engine/experiment/run.h\"\n") == 1);
  CHECK(count(rule, "models/cache/a.cpp", "#include \"cli/main.h\"\n") == 1);
  CHECK(count(rule, "models/cache/a.cpp", "#include \"tests/support/rig.h\"\n") == 1);
  CHECK(count(rule, "engine/kernel/a.h", "#include \"time.h\"\n") == 1);
  CHECK(count(rule, "engine/kernel/a.h", "#include \"version.h\"\n") == 1);
  CHECK(count(rule, "engine/novelty/a.h", "") == 1);
  CHECK(findings_in(rule, "engine/kernel/a.h", "\n#include \"cli/b.h\"\n").front().line == 2);

  CHECK(count(rule, "engine/report/a.cpp", "#include \"engine/kernel/time.h\"\n") == 0);
  CHECK(count(rule, "engine/report/a.cpp", "#include \"engine/topology/graph.h\"\n") == 0);
  CHECK(count(rule, "models/cache/a.cpp", "#include \"models/algorithms/caching/lru.h\"\n") == 0);
  CHECK(count(rule, "cli/main.cpp", "#include \"version.h\"\n#include <vector>\n") == 0);
  CHECK(count(rule, "viewer/plot.cpp", "#include \"engine/report/results.h\"\n") == 0);
}

TEST_CASE("layers: algorithms know no simulation", "[house]") {
  const Rule rule = check_layers;
  const std::string path = "models/algorithms/caching/a.h";
  CHECK(count(rule, path, "#include \"engine/kernel/time.h\"\n") == 1);
  CHECK(count(rule, path, "#include \"engine/model/component.h\"\n") == 1);
  CHECK(count(rule, path, "#include \"models/cache/cache.h\"\n") == 1);
  CHECK(count(rule, path, "#include \"models/algorithms/random_bits.h\"\n") == 0);
}

TEST_CASE("libraries: each stays where it belongs", "[house]") {
  const Rule rule = check_libraries;
  const std::string json = "#include <nlohmann/json.hpp>\n";
  CHECK(count(rule, "engine/kernel/a.cpp", json) == 1);
  CHECK(count(rule, "models/cache/a.cpp", json) == 1);
  CHECK(count(rule, "models/algorithms/hashing/a.h", json) == 1);
  CHECK(count(rule, "cli/main.cpp", json) == 1);
  CHECK(count(rule, "engine/report/a.cpp", json) == 0);
  CHECK(count(rule, "tests/report/a_test.cpp", json) == 0);

  const std::string graph = "#include <boost/graph/adjacency_list.hpp>\n";
  CHECK(count(rule, "engine/scenario/a.cpp", graph) == 1);
  CHECK(count(rule, "engine/topology/a.cpp", graph) == 0);
  CHECK(count(rule, "engine/topology/a.cpp", "#include <Eigen/Dense>\n") == 1);
  CHECK(count(rule, "engine/analysis/a.cpp", "#include <Eigen/Dense>\n") == 0);
  CHECK(count(rule, "engine/experiment/a.cpp", "#include <CLI/CLI.hpp>\n") == 1);
  CHECK(count(rule, "cli/main.cpp", "#include <CLI/CLI.hpp>\n") == 0);
  CHECK(count(rule, "models/cache/a.cpp", "#include <imgui.h>\n") == 1);
  CHECK(count(rule, "engine/kernel/a.cpp", "#include <catch2/catch.hpp>\n") == 1);
}

TEST_CASE("libraries: JSON does not reach models through headers", "[house]") {
  const SourceFile model = {"models/cache/a.cpp", "#include \"engine/describe/outer.h\"\n"};
  const SourceFile outer = {"engine/describe/outer.h", "#include \"engine/describe/inner.h\"\n"};
  CHECK(check_libraries(
            tree_of({model, outer, {"engine/describe/inner.h", "#include <nlohmann/json.hpp>\n"}}))
            .size() == 1);
  CHECK(check_libraries(tree_of({model, outer, {"engine/describe/inner.h", "#include <vector>\n"}}))
            .empty());
  // Two headers that include each other end the search, too.
  CHECK(check_libraries(
            tree_of({model,
                     outer,
                     {"engine/describe/inner.h", "#include \"engine/describe/outer.h\"\n"}}))
            .empty());
}

TEST_CASE("clock and randomness come from the simulation", "[house]") {
  const Rule rule = check_clock_and_randomness;
  const std::string path = "models/client/a.cpp";
  CHECK(count(rule, path, "auto t = std::chrono::system_clock::now();") == 1);
  CHECK(count(rule, path, "std::random_device device;") == 1);
  CHECK(count(rule, path, "std::mt19937 generator;") == 1);
  CHECK(count(rule, path, "int x = rand ();") == 1);
  CHECK(count(rule, path, "auto t = std::time(nullptr);") == 1);
  CHECK(count(rule, path, "return ::time(nullptr);") == 1);
  CHECK(count(rule, path, "return time(nullptr);") == 1);
  CHECK(count(rule, path, "#include <random>\n") == 1);
  CHECK(count(rule, path, "std::shuffle(a, b, c);") == 1);
  CHECK(count(rule, path, "static int x = atoi(std::getenv(\"X\"));") == 1);
  CHECK(count(rule, "engine/scenario/a.cpp", "std::getenv(name);") == 0);
  CHECK(count(rule, "engine/experiment/wall_clock.cpp", "std::chrono::steady_clock::now();") == 0);
  CHECK(count(rule, "engine/experiment/executor.cpp", "std::chrono::steady_clock::now();") == 1);

  CHECK(count(rule, path, "// not system_clock, nor rand()\n") == 0);
  CHECK(count(rule, path, "event.time(x); event->time(x); Time time() const; log::time(3);") == 0);
  CHECK(count(rule, path, "operand(1); brand(2); random_devices;") == 0);
  CHECK(count(rule, "cli/main.cpp", "std::chrono::system_clock::now();") == 0);
}

TEST_CASE("mathematics is portable", "[house]") {
  const Rule rule = check_mathematics;
  CHECK(count(rule, "engine/statistics/a.cpp", "double y = std::log(x);") == 1);
  CHECK(count(rule, "engine/statistics/a.cpp", "double y = -exp(-x);") == 1);
  CHECK(count(rule, "models/client/a.cpp", "double y = std::pow(x, 2);") == 1);
  CHECK(count(rule, "engine/statistics/a.cpp", "#include <boost/math/distributions.hpp>\n") == 1);

  CHECK(count(rule, "engine/statistics/a.cpp", "double y = math::log(x) + std::sqrt(x);") == 0);
  CHECK(count(rule, "engine/statistics/a.cpp", "double log(double x); logger.log(x);") == 0);
  CHECK(count(rule, "models/client/a.h", "Log& log() {} Log* log(); Ptr<Log> log();") == 0);
  CHECK(count(rule, "models/client/a.h", "a & log(x); a * log(x); a > log(x);") == 3);
  CHECK(count(rule, "engine/math/math.cpp", "double y = exp(x);") == 0);
  CHECK(count(rule, "tests/math/math_test.cpp", "double y = std::exp(x);") == 0);
}

TEST_CASE("libraries do not print", "[house]") {
  const Rule rule = check_printing;
  CHECK(count(rule, "engine/report/a.cpp", "std::cout << 1;") == 1);
  CHECK(count(rule, "models/cache/a.cpp", "std::printf(\"%d\", 1);") == 1);
  CHECK(count(rule, "models/cache/a.cpp", "fmt::print(\"{}\", 1);") == 1);
  CHECK(count(rule, "models/cache/a.cpp", "fputs(text, stderr);") == 1);
  CHECK(count(rule, "models/cache/a.cpp", "std::snprintf(b, n, f); out.puts(1);") == 0);
  CHECK(count(rule, "engine/kernel/check.cpp", "std::fprintf(stderr, f);") == 0);
  CHECK(count(rule, "cli/main.cpp", "std::cout << 1;") == 0);
}

TEST_CASE("models keep order", "[house]") {
  CHECK(count(check_containers, "models/cache/a.h", "std::unordered_map<int, int> a;") == 1);
  CHECK(count(check_containers, "models/cache/a.h", "std::unordered_set<int> a;") == 1);
  CHECK(count(check_containers, "models/cache/a.h", "std::map<int, int> a;") == 0);
}

TEST_CASE("form: columns, lines, headers, nothing left to do", "[house]") {
  const Rule rule = check_form;
  CHECK(count(rule, "cli/a.cpp", std::string(101, 'x') + "\n") == 1);
  CHECK(count(rule, "cli/a.cpp", std::string(100, 'x') + "\n") == 0);
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\u00b5";
  CHECK(count(rule, "cli/a.cpp", "// " + wide.substr(0, 2 * 97)) == 0);
  CHECK(count(rule, "cli/a.cpp", "// " + wide) == 1);
  CHECK(count(rule, "scenarios/a.json", wide + wide) == 0);
  CHECK(count(rule, "engine/report/a.js", wide + wide) == 0);

  std::string long_file;
  for (int i = 0; i < 900; ++i) long_file += "\n";
  CHECK(count(rule, "cli/a.cpp", long_file) == 0);
  CHECK(count(rule, "cli/a.cpp", long_file + "\n") == 1);

  CHECK(count(rule, "cli/a.h", "#include <vector>\n") == 1);
  CHECK(count(rule, "cli/a.h", "#pragma once\n") == 0);

  CHECK(count(rule, "cli/a.cpp",
              "// TO"
              "DO: later") == 1);
  CHECK(count(rule, "cmake/a.cmake",
              "# FIX"
              "ME") == 1);
  CHECK(count(rule, "cli/a.cpp",
              "// mktemp a.XXXXX"
              "X") == 0);
}

TEST_CASE("models: each has a source, a place in the catalog and a test", "[house]") {
  const SourceFile catalog = {"models/catalog.cpp", "return {queue::queue(), queue::topic()};\n"};
  const SourceFile test = {"tests/models/queue_test.cpp", ""};
  const std::string kinds = "ModelKind queue() {\n}\nModelKind topic() {\n}\n";
  const SourceFile good = {"models/queue/queue.cpp", "/// Source   RFC 1.\n" + kinds};
  CHECK(check_models(tree_of({catalog, test, good})).empty());

  CHECK(check_models(tree_of({test, good})).size() == 2);  // neither kind is listed
  CHECK(
      check_models(tree_of({{"models/catalog.cpp", "queue(); // topic()\n"}, test, good})).size() ==
      1);
  CHECK(check_models(tree_of({catalog, good})).size() == 1);
  CHECK(check_models(tree_of({catalog, test, {"models/queue/queue.cpp", kinds}})).size() == 1);

  // A file that serves a model needs a test: by its name, its folder's, or through its header.
  const SourceFile helper = {"models/line/part.cpp", ""};
  CHECK(check_models(tree_of({catalog, helper})).size() == 1);
  CHECK(check_models(tree_of({catalog, helper, {"tests/models/line_test.cpp", ""}})).empty());
  CHECK(check_models(tree_of({catalog, helper, {"tests/x/part_test.cpp", ""}})).empty());
  CHECK(check_models(
            tree_of(
                {catalog, helper, {"tests/x/other_test.cpp", "#include \"models/line/part.h\"\n"}}))
            .empty());
}

TEST_CASE("claims: tests that are named exist", "[house]") {
  const SourceFile test = {"tests/algorithms/lru_test.cpp", ""};
  const SourceFile good = {"models/algorithms/caching/lru.h",
                           "/// Checked  tests/algorithms/lru_test.cpp: all of it.\n"};
  const SourceFile bad = {"engine/kernel/a.h",
                          "\n/// Checked  tests/kernel/a_test.cpp; tests/reality/a.py\n"};
  CHECK(check_claims(tree_of({test, good})).empty());
  const Findings findings = check_claims(tree_of({test, good, bad}));
  REQUIRE(findings.size() == 2);
  CHECK(findings.front().line == 2);
}

TEST_CASE("algorithms: each has a source, a place in its family and a test", "[house]") {
  const SourceFile policy = {"models/algorithms/caching/policy.h",
                             "#include \"models/algorithms/caching/lru.h\"\n"};
  const SourceFile test = {"tests/algorithms/caching_test.cpp", ""};
  const SourceFile lru = {"models/algorithms/caching/lru.h",
                          "#include \"models/algorithms/caching/list.h\"\n/// Source   Mattson.\n"};
  const SourceFile list = {"models/algorithms/caching/list.h", "/// Source   elementary.\n"};
  CHECK(check_algorithms(tree_of({policy, test, lru, list})).empty());

  CHECK(check_algorithms(tree_of({policy, lru, list})).size() == 2);  // neither has a test
  CHECK(check_algorithms(tree_of({test, lru, list})).size() == 2);    // no catalog
  CHECK(check_algorithms(tree_of({policy, test, {lru.path, ""}})).size() == 1);
  CHECK(check_algorithms(tree_of({policy,
                                  test,
                                  lru,
                                  list,
                                  {"models/algorithms/caching/arc.h", "/// Source   Megiddo.\n"}}))
            .size() == 1);
}

TEST_CASE("lists: what is there is built and runs", "[house]") {
  const SourceFile list = {"models/CMakeLists.txt", "SOURCES a.cpp cache/b.cpp HEADERS b.h)\n"};
  CHECK(check_lists(tree_of({list, {"models/a.cpp", ""}, {"models/cache/b.cpp", ""}})).empty());
  CHECK(check_lists(tree_of({list, {"models/c.cpp", ""}})).size() == 1);
  CHECK(check_lists(tree_of({list, {"models/b.cpp", ""}})).size() == 1);
  CHECK(check_lists(tree_of({list, {"models/cache/b.h", ""}})).size() == 1);
  CHECK(check_lists(tree_of({list, {"models/b.h", ""}})).empty());
  CHECK(check_lists(tree_of({{"cli/a.cpp", ""}})).size() == 1);
  CHECK(check_lists(tree_of({list,
                             {"models/cache/b.cpp", ""},
                             {"models/cache/CMakeLists.txt", "SOURCES c.cpp"}}))
            .empty());

  const SourceFile tests = {"tests/x/CMakeLists.txt", "highwater_test(x SOURCES a_test.cpp)\n"};
  const std::string hidden =
      "TEST_CASE(\"a\", \"[x]["
      ".]\") {}\n";
  CHECK(check_lists(tree_of({tests, {"tests/x/a_test.cpp", hidden}})).size() == 1);
  CHECK(check_lists(tree_of({tests, {"tests/x/a_test.cpp", "TEST_CASE(\"a\", \"[x]\") {}\n"}}))
            .empty());
}

TEST_CASE("scenarios: each is run by a test", "[house]") {
  const SourceFile test = {"tests/scenarios/all_test.cpp", "run(\"textbook/mm1.json\");\n"};
  CHECK(check_scenarios(tree_of({test, {"scenarios/textbook/mm1.json", ""}})).empty());
  CHECK(check_scenarios(tree_of({test, {"scenarios/textbook/mm2.json", ""}})).size() == 1);
  CHECK(check_scenarios(tree_of({{"scenarios/textbook/mm1.json", ""}})).size() == 1);
  CHECK(check_scenarios(
            tree_of({{"scenarios/a/b.json", ""}, {"scenarios/README.md", "| [b](a/b.json) |"}}))
            .empty());
}

}  // namespace highwater::house
