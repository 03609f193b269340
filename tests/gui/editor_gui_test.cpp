// Editing as people do it: by scripts that click, drag and type.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/gui/play.h"
#include "viewer/session/scenario_check.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

using highwater::testing::play;

const std::string kShop = R"(// What is edited.
{
  "highwater": 1,
  "run": { "duration": "60s", "warmup": "10s" },
  "components": {
    // Who asks.
    "users": { "kind": "client", "arrivals": { "poisson": "100/s" }, "calls": "api" },
    "api": { "kind": "service", "replicas": 2, "service_time": "5ms" } // who answers
  },
  "objectives": ["users.availability >= 99%"]
}
)";

ViewEnd play(const std::string& script, const std::filesystem::path& file) {
  ViewOptions options;
  options.file = file.string();
  options.width = 1600;
  options.height = 1000;
  return play(script, options);
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string complaints(const std::string& text) {
  std::string all;
  for (const Problem& problem :
       check_scenario({text, "test.json", "."}, viewer_catalog(), viewer_language()).problems)
    all += problem.text() + "\n";
  return all;
}

const std::string kEdit = "until state paused\nkey e\nuntil editing yes\nuntil checked right\n";

std::string add(const std::string& kind) {
  return "double-click \"search kinds\"\nkey ctrl+a\ntype " + kind + "\nwait 2\n" +
         "double-click palette:" + kind + "\nwait 2\n";
}

}  // namespace

TEST_CASE("gui: a component is added, connected, named and configured, and the file says so") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit + "expect components 2\n" + add("database") +
                 "until components 3\nexpect undoes \"add database\"\n"
                 "expect selected node:database\n"
                 "expect changed yes\nuntil checked right\nwait 40\n"
                 "drag-to port:api node:database\nuntil connections 2\n"
                 "double-click name\nkey ctrl+a\ntype store\nkey enter\n"
                 "expect selected node:store\nuntil checked right\nwait 40\n"
                 "click node:api 0.3 0.2\nexpect selected node:api\nwait 2\n"
                 "double-click field:replicas\nkey ctrl+a\ntype 3\nkey enter\n"
                 "expect undoes \"set api.replicas\"\n"
                 "until checked right\nexpect complaints 0\n"
                 "key ctrl+s\nexpect changed no\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()) == R"(// What is edited.
{
  "highwater": 1,
  "run": { "duration": "60s", "warmup": "10s" },
  "components": {
    // Who asks.
    "users": { "kind": "client", "arrivals": { "poisson": "100/s" }, "calls": "api" },
    "api": {
      "kind": "service",
      "replicas": 3,
      "endpoints": { "*": [ { "compute": "5ms" }, { "call": "store" } ] }
    }, // who answers
    "store": { "kind": "database" }
  },
  "objectives": ["users.availability >= 99%"]
}
)");
  CHECK(complaints(read(file.path())).empty());
}

TEST_CASE("gui: what is undone is as before, what is done again as after") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit + add("cache") +
                 "until components 3\n"
                 "key ctrl+z\nuntil components 2\nexpect undoes nothing\nexpect changed no\n"
                 "key ctrl+y\nuntil components 3\n"
                 "click undo\nuntil components 2\n"
                 "click redo\nuntil components 3\n"
                 "click save\nexpect changed no\n"
                 "click undo\nexpect changed yes\nuntil components 2\nclick save\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()) == kShop);
}

TEST_CASE("gui: Delete removes what is selected and what speaks of it") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit + "wait 30\nclick node:users 0.3 0.2\nexpect selected node:users\n"
                     "key delete\nexpect selected nothing\nuntil components 1\n"
                     "until checked wrong\nexpect complaints 1\n"
                     "click save\nexpect changed no\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()) == R"(// What is edited.
{
  "highwater": 1,
  "run": { "duration": "60s", "warmup": "10s" },
  "components": {
    "api": { "kind": "service", "replicas": 2, "service_time": "5ms" } // who answers
  },
  "objectives": []
}
)");
}

TEST_CASE("gui: where several ways lead there, a menu offers them") {
  std::string text = kShop;
  text.replace(text.find("\"service_time\": \"5ms\""), 21,
               R"("endpoints": { "GET /": [], "PUT /": [] })");
  text.replace(text.find("\"calls\": \"api\""), 14,
               R"("mix": { "GET /": "90%", "PUT /": "10%" }, "calls": "api")");
  const ScratchFile file(text);
  CHECK(play(kEdit + add("cache") +
                 "until components 3\nwait 40\n"
                 "drag-to port:api node:cache\nwait 2\n"
                 "click \"way:PUT /: cache\"\nuntil connections 2\nuntil checked right\n"
                 "click save\n",
             file.path()) == ViewEnd::done);
  INFO(read(file.path()));
  CHECK(read(file.path()).find(R"(
    "api": {
      "kind": "service",
      "replicas": 2,
      "endpoints": { "GET /": [], "PUT /": [ { "cache": "cache" } ] }
    }, // who answers
)") != std::string::npos);
}

TEST_CASE("gui: a kind is dragged to the canvas") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit + "click \"search kinds\"\ntype external\nwait 2\n"
                     "drag-to palette:external canvas\nuntil components 3\n"
                     "expect selected node:external\nclick save\n",
             file.path()) == ViewEnd::done);
  INFO(read(file.path()));
  CHECK(
      read(file.path()).find("\"external\": { \"kind\": \"external\", \"latency\": \"20ms\" }\n") !=
      std::string::npos);
}

TEST_CASE("gui: nonsense keeps the last good run, and its problems lead to what they are about") {
  const ScratchFile file(kShop);
  CHECK(play("until state paused\n"
             "click \"go to\"\ntype 20\nkey enter\nuntil clock 0:20.000\nuntil state paused\n" +
                 kEdit +
                 "wait 30\nclick node:api 0.3 0.2\nwait 2\n"
                 "double-click field:replicas\nkey ctrl+a\ntype \"-3\"\nkey enter\n"
                 "until checked wrong\nexpect complaints 1\n"
                 "expect complaint \"-3 is negative*\"\n"
                 "expect clock 0:20.000\n"
                 "key e\nexpect editing no\nexpect clock 0:20.000\nexpect state paused\n"
                 "key e\nexpect editing yes\n"
                 "click node:users 0.3 0.2\nexpect selected node:users\n"
                 "click problem:0\nexpect selected node:api\n"
                 "key ctrl+z\nuntil checked right\nexpect clock 0:20.000\n"
                 "double-click field:replicas\nkey ctrl+a\ntype 4\nkey enter\n"
                 "until checked right\nuntil clock 0:00.000\nuntil state paused\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()) == kShop);
}

TEST_CASE("gui: the text is written in, and the canvas follows") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit + "click text 0.2 0.9\nwait 3\nkey end\ntype nonsense\nuntil checked wrong\n"
                     "expect components 2\nexpect changed yes\n"
                     "key ctrl+z\nwait 3\nexpect changed no\nuntil checked right\n"
                     // The field is another one now, and written in all the same.
                     "type \"// ok\"\nuntil checked right\nexpect changed yes\nkey ctrl+s\n"
                     "expect changed no\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()) == kShop + "// ok");
}

TEST_CASE("gui: a broken file opens into its problems") {
  for (const std::string text : {"", "{ \"highwater\": 1,, }", "[]", "\xff\xfe\x01",
                                 R"({"components": {"a": {"kind": "servise"}, "b": 5}})"}) {
    INFO(text);
    const ScratchFile file(text);
    CHECK(play("wait 5\nexpect editing yes\nuntil checked wrong\nexpect open *\nwait 5\n"
               "click problem:0\nwait 2\nkey e\nwait 3\nexpect editing yes\n",
               file.path()) == ViewEnd::done);
  }
}

TEST_CASE("gui: a new scenario is saved under a name, and over no other file by one click") {
  const ScratchFile file(kShop), other("other");
  const std::string path = other.path().string();
  CHECK(play(kEdit +
                 "click new\nuntil checked right\nexpect components 2\nexpect changed no\n"
                 "key ctrl+s\nwait 2\nclick \"save path\"\nkey ctrl+a\ntype " +
                 path + "\nkey enter\nwait 2\n",
             file.path()) == ViewEnd::done);
  CHECK(read(other.path()) == "other");
  CHECK(play(kEdit +
                 "click new\nuntil checked right\n"
                 "key ctrl+s\nwait 2\nclick \"save path\"\nkey ctrl+a\ntype " +
                 path + "\nkey enter\nwait 2\nclick \"save path\"\nkey enter\nwait 2\n",
             file.path()) == ViewEnd::done);
  CHECK(complaints(read(other.path())).empty());
  CHECK(read(file.path()) == kShop);
}

TEST_CASE("gui: who leaves what is not saved is asked, and nothing else waits") {
  const ScratchFile file(kShop), other(small_scenario());
  const std::string open = "key o\nwait 2\nclick path\nkey ctrl+a\ntype " + other.path().string() +
                           "\nkey enter\nwait 3\n";
  CHECK(play(kEdit + add("cache") + "until components 3\nclick canvas 0.5 0.05\n" + open +
                 "expect asks yes\nexpect editing yes\n"
                 "click stay\nwait 2\nexpect asks no\nexpect editing yes\n" +
                 open +
                 "expect asks yes\nclick \"go on without\"\nwait 3\n"
                 "expect open small\nexpect editing no\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()) == kShop);
  CHECK(play(kEdit + add("cache") + "until components 3\nclick canvas 0.5 0.05\n" + open +
                 "click \"save and go on\"\nwait 3\nexpect open small\n",
             file.path()) == ViewEnd::done);
  CHECK(read(file.path()).find("\"cache\": { \"kind\": \"cache\" }") != std::string::npos);
}

TEST_CASE("gui: what was tried on the run comes into the text") {
  const ScratchFile file(kShop);
  CHECK(
      play("until state paused\n"
           "click \"go to\"\ntype 20\nkey enter\nuntil clock 0:20.000\nuntil state paused\nwait 2\n"
           "click row:api\nwait 2\n"
           "double-click field:replicas\nkey ctrl+a\ntype 4\nkey enter\n"
           "until compared yes\nuntil state paused\n"
           "key e\nexpect editing yes\nuntil checked right\n"
           "expect undoes \"changes of the run\"\nkey ctrl+s\n",
           file.path()) == ViewEnd::done);
  std::string wanted = kShop;
  wanted.replace(wanted.find("\"replicas\": 2"), 13, "\"replicas\": 4");
  CHECK(read(file.path()) == wanted);
}

TEST_CASE("gui: what was tried on one scenario does not come into another") {
  const ScratchFile file(kShop), broken("{ \"highwater\": 1 }");
  const auto open = [](const std::string& path) {
    return "key o\nwait 2\nclick path\nkey ctrl+a\ntype " + path + "\nkey enter\nwait 3\n";
  };
  CHECK(play("until state paused\n"
             "click \"go to\"\ntype 20\nkey enter\nuntil clock 0:20.000\nuntil state paused\n"
             "wait 2\nclick row:api\nwait 2\n"
             "double-click field:replicas\nkey ctrl+a\ntype 4\nkey enter\n"
             "until compared yes\nuntil state paused\n" +
                 open(broken.path().string()) +
                 "expect editing yes\nuntil checked wrong\nkey e\nexpect editing no\n"
                 "expect clock 0:20.000\nkey e\nexpect editing yes\nexpect undoes nothing\n" +
                 // What is not there leaves everything as it was.
                 open("gone.json") +
                 "expect editing yes\nkey e\nexpect editing no\nkey e\nexpect editing yes\n"
                 "expect complaints 1\n",
             file.path()) == ViewEnd::done);
  CHECK(read(broken.path()) == "{ \"highwater\": 1 }");
}

TEST_CASE("gui: a parameter takes another form, or is left out") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit +
                 "wait 30\nclick node:users 0.3 0.2\nexpect selected node:users\nwait 2\n"
                 "click forms:arrivals\nwait 2\nclick form:arrivals:constant\nwait 2\n"
                 "click switch:session\nuntil checked right\nexpect undoes \"set users.session\"\n"
                 "click undo\nwait 2\n"
                 "until checked right\nkey ctrl+s\n",
             file.path()) == ViewEnd::done);
  std::string wanted = kShop;
  wanted.replace(wanted.find("{ \"poisson\": \"100/s\" }"), 22, "{ \"constant\": \"800/s\" }");
  CHECK(read(file.path()) == wanted);
}

TEST_CASE("gui: lists are edited part by part: objectives and faults") {
  const ScratchFile file(kShop);
  CHECK(play(kEdit + "wait 30\nclick tree:objectives\nwait 2\nclick add:objectives\nwait 2\n"
                     "expect undoes \"set objectives\"\nuntil checked right\n"
                     "double-click field:objectives.0\nkey ctrl+a\n"
                     "type \"users.availability >= 98%\"\nkey enter\nwait 2\n"
                     "click down:objectives.0\nwait 2\nuntil checked right\n"
                     "click add:faults\nwait 2\nclick form:faults:kill\nwait 2\n"
                     "until checked right\nexpect complaints 0\n"
                     "click tree:objectives\nwait 2\n"
                     "click tree:faults\nwait 2\nclick tree:faults.0\nwait 2\n"
                     "double-click field:faults.0.at\nkey ctrl+a\ntype 20s\nkey enter\nwait 2\n"
                     "until checked right\nkey ctrl+s\nexpect changed no\n",
             file.path()) == ViewEnd::done);
  std::string wanted = kShop;
  const std::string before = "  \"objectives\": [\"users.availability >= 99%\"]\n";
  wanted.replace(
      wanted.find(before), before.size(),
      "  \"objectives\": [\"users.latency.p99 < 250ms\", \"users.availability >= 98%\"],\n"
      "  \"faults\": [ { \"kill\": \"api\", \"at\": \"20s\", \"count\": 1 } ]\n");
  CHECK(read(file.path()) == wanted);
}

TEST_CASE("gui: lists are edited part by part: the steps of an endpoint") {
  std::string text = kShop;
  const std::string before = "\"service_time\": \"5ms\" } // who answers";
  text.replace(text.find(before), before.size(),
               "\"endpoints\": { \"*\": [{ \"compute\": \"5ms\" }] } } // who answers");
  const ScratchFile file(text);
  CHECK(play(kEdit + "wait 30\nclick node:api 0.3 0.2\nexpect selected node:api\nwait 2\n"
                     "click \"search parameters\"\ntype endpoints\nwait 2\n"
                     "click tree:endpoints\nwait 2\nclick add:endpoints.*\nwait 2\n"
                     "click form:endpoints.*:wait\nwait 2\nuntil checked right\n"
                     "expect undoes \"set api.endpoints\"\n"
                     "click tree:endpoints.*\nwait 2\nclick up:endpoints.*.1\nwait 2\n"
                     "click remove:endpoints.*.1\nwait 2\nuntil checked right\n"
                     "click add:endpoints\nwait 2\ntype \"GET /\"\nkey enter\nwait 2\n"
                     "key ctrl+s\nexpect changed no\n",
             file.path()) == ViewEnd::done);
  Problems problems;
  const auto saved = parse_json(read(file.path()), problems.add_source(""), problems);
  REQUIRE(saved);
  const Value& endpoints = *saved->find("components")->find("api")->find("endpoints");
  CHECK(write_json_line(endpoints) == R"({"*": [{"wait": "20ms"}], "GET /": []})");
  CHECK(read(file.path()).find("// who answers") != std::string::npos);
}
