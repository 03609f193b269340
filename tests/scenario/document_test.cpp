// Reading whole scenarios: what a good one gives, and every kind of bad input to the letter.
#include "engine/scenario/document.h"

#include <catch2/catch.hpp>

#include "tests/scenario/scenario_support.h"

using namespace highwater;

namespace {

std::string faults(const std::string& text, std::vector<std::string> settings = {}) {
  const Loaded loaded = load_text(text, std::move(settings));
  CHECK_FALSE(loaded.document);
  return loaded.problems;
}

}  // namespace

TEST_CASE("document: a good scenario is taken apart", "[scenario]") {
  const Loaded loaded = load_text(R"({
  // A comment.
  "highwater": 1, "name": "demo", "description": "Two parts",
  "run": {"duration": "10m", "warmup": "1m", "seed": 7, "replications": 10},
  "network": {"zones": ["a", "b"], "same_zone": "0.2ms", "cross_zone": {"exponential": "1ms"},
              "links": [{"between": ["a", "b"], "latency": "3ms"}]},
  "components": {
    "users": {"kind": "client", "arrivals": {"poisson": "800/s"},
              "calls": {"to": "api", "retry": 2}},
    "api": {"kind": "service", "replicas": 3, "zones": ["a", "b"],
      "endpoints": {"GET /": [{"compute": "1ms"}, {"cache": "redis", "miss": [{"call": "db"}]}]}},
    "redis": {"kind": "service", "service_time": "0.1ms"},
    "db": {"kind": "service", "service_time": "8ms"}
  },
  "faults": [{"at": "4m", "for": "1m", "kill": "api", "count": 1}],
  "objectives": ["users.latency.p99 < 250ms"]
})");
  CHECK(loaded.problems == "");
  REQUIRE(loaded.document);
  const Document& document = *loaded.document;
  CHECK(document.name() == "demo");
  CHECK(document.description() == "Two parts");
  CHECK(document.run().duration == 10min);
  CHECK(document.run().warmup == Auto<Duration>{1min, false});
  CHECK(document.run().seed == 7);
  CHECK(document.run().replications == 10);
  CHECK(document.run().max_in_flight == 10'000'000);
  CHECK(document.network().zones == std::vector<std::string>{"a", "b"});
  CHECK(document.network().cross_zone == Distribution::exponential(1ms));
  CHECK(document.network().links.at(0).latency == Distribution::constant(3ms));
  REQUIRE(document.components().size() == 4);
  CHECK(document.components()[1].id == "api");
  CHECK(document.components()[1].kind == &sample_language().kinds[1]);
  CHECK(document.components()[1].value->find("replicas")->whole() == 3);
  CHECK(document.components()[1].path == "/components/api");
  REQUIRE(document.faults().size() == 1);
  CHECK(document.faults()[0].kind->name == "kill");
  REQUIRE(document.objectives().size() == 1);
  std::string references;
  for (const Reference& r : document.references())
    references += r.from + " " + r.to + " " + r.path + "\n";
  CHECK(references ==
        "users api /components/users/calls/to\n"
        "api redis /components/api/endpoints/GET ~1/1/cache\n"
        "api db /components/api/endpoints/GET ~1/1/miss/0/call\n");
}

TEST_CASE("document: what is left out has its default", "[scenario]") {
  const Loaded loaded = load_text(small_scenario());
  CHECK(loaded.problems == "");
  REQUIRE(loaded.document);
  CHECK(loaded.document->name() == "s");  // of the file
  CHECK(loaded.document->run().duration == 1min);
  CHECK(loaded.document->run().warmup.is_auto);
  CHECK(loaded.document->run().seed == 1);
  CHECK(loaded.document->run().replications == 5);
  CHECK(loaded.document->network().same_zone == Distribution::constant(0s));
  CHECK(loaded.document->references().at(0).relation == Relation::call);
}

TEST_CASE("document: a moved document keeps its parts", "[scenario]") {
  Loaded loaded = load_text(small_scenario());
  REQUIRE(loaded.document);
  const Document moved = std::move(*loaded.document);
  loaded.document.reset();
  CHECK(moved.components()[1].value->find("kind")->text() == "service");
  CHECK(moved.root().find("components") != nullptr);
}

TEST_CASE("document: a missing file, a directory, an empty file", "[scenario][input]") {
  const Folder folder("missing");
  CHECK(folder.load("no.json").problems == "no.json: there is no such file\n");
  folder.write("sub/x.json", "");
  CHECK(folder.load("sub").problems == "sub: this is a directory, not a file\n");
  CHECK(folder.load("sub/x.json").problems == "sub/x.json:1:1: the document is empty\n");
  CHECK(faults("[]") == "s.json:1:1: a scenario is one object in braces, found a list\n");
  CHECK(faults("3") == "s.json:1:1: a scenario is one object in braces, found 3\n");
}

TEST_CASE("document: broken JSON says where and stops", "[scenario][input]") {
  CHECK(faults("{\"highwater\": 1,\n  \"run\": {\"seed\": NaN}}") ==
        "s.json:2:19: NaN is not a number a scenario may hold\n");
  CHECK(faults(std::string(10 << 20, '[')) ==
        "s.json:1:201: brackets are nested more than 200 deep\n");
  CHECK(faults("{\"highwater\": 1") ==
        "s.json:1:16: the text ends inside the object that begins at 1:1; a \"}\" is missing\n");
}

TEST_CASE("document: duplicate keys give both places, and the rest is checked too",
          "[scenario][input]") {
  CHECK(faults(
            small_scenario(",\n\"run\": {\"seed\": 1},\n\"run\": {\"seed\": 2}, \"nme\": \"x\"")) ==
        "s.json:5:1: /run: duplicate key \"run\"; it is already at 4:1\n"
        "s.json:5:21: /nme: unknown key \"nme\"; did you mean \"name\"?\n");
}

TEST_CASE("document: the version of the format", "[scenario][input]") {
  CHECK(
      faults(
          R"({"components": {"u": {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": "a"},
"a": {"kind": "service"}}})") ==
      "s.json:1:1: \"highwater\": 1, the version of the format, is missing\n");
  std::string text = small_scenario();
  text.replace(text.find("1"), 1, "2");
  CHECK(faults(text) ==
        "s.json:1:15: /highwater: unknown format version 2; this program reads version 1\n");
}

TEST_CASE("document: all problems of a file at once, each with its nearest word",
          "[scenario][input]") {
  CHECK(
      faults(R"({
  "highwater": 1,
  "objectivs": [],
  "run": { "duration": 600, "warmup": "5 m", "seed": -1, "replications": 0 },
  "components": {
    "users": { "kind": "cleint", "arrivals": { "poisson": "800/s" } },
    "api": { "kind": "service", "replcas": 3, "replicas": "three", "cores": -2,
             "service_time": { "lognormal": { "mean": "20ms", "p99": "10ms" } } },
    "run": { "kind": "service" },
    "2db": { "kind": "service", "queue": { "discipline": "fif", "capacity": "1X" } },
    "x": { "replicas": 1 },
    "y": 5
  }
})") ==
      "s.json:3:3: /objectivs: unknown key \"objectivs\"; did you mean \"objectives\"?\n"
      "s.json:4:24: /run/duration: 600 has no unit; a duration needs one of ns, us, ms, s, m, h, "
      "d, such as \"40ms\"\n"
      "s.json:4:39: /run/warmup: \"5 m\": no space may stand before the unit; did you mean "
      "\"5m\"?\n"
      "s.json:4:54: /run/seed: -1 is negative; a count is 0 or more\n"
      "s.json:4:74: /run/replications: must be 1 to 10000, found 0\n"
      "s.json:6:24: /components/users/kind: unknown kind \"cleint\"; did you mean \"client\"?\n"
      "s.json:7:33: /components/api/replcas: unknown key \"replcas\"; did you mean \"replicas\"?\n"
      "s.json:7:59: /components/api/replicas: expected a count such as \"200k\" (units: k, M, G), "
      "found \"three\"\n"
      "s.json:7:77: /components/api/cores: must be at least 0.001, found -2\n"
      "s.json:8:30: /components/api/service_time: p99 must be above the mean\n"
      "s.json:9:5: /components/run: a component may not be called \"run\", like a section\n"
      "s.json:10:5: /components/2db: \"2db\" cannot be the name of a component: a letter, then "
      "letters, digits, \"_\" and \"-\"\n"
      "s.json:10:58: /components/2db/queue/discipline: unknown word \"fif\"; did you mean "
      "\"fifo\"?\n"
      "s.json:10:77: /components/2db/queue/capacity: \"1X\": unknown unit \"X\"; a count takes k, "
      "M, G\n"
      "s.json:11:10: /components/x: \"kind\" is missing; known kinds: client, service\n"
      "s.json:12:10: /components/y: expected an object with a kind, found 5\n");
}

TEST_CASE("document: wrong units, negative and absurd values", "[scenario][input]") {
  CHECK(faults(small_scenario("", R"("service_time": "5kg")")) ==
        "s.json:3:44: /components/api/service_time: \"5kg\": unknown unit \"kg\"; a duration takes "
        "ns, us, ms, s, m, h, d\n");
  CHECK(
      faults(small_scenario("", R"("service_time": "-5ms")")) ==
      "s.json:3:44: /components/api/service_time: \"-5ms\" is negative; a duration is 0 or more\n");
  CHECK(faults(small_scenario("", R"("service_time": "5000d")")) ==
        "s.json:3:44: /components/api/service_time: \"5000d\" is too large; at most 416 days is "
        "possible\n");
  CHECK(
      faults(small_scenario("", R"("replicas": 1e30)")) ==
      "s.json:3:40: /components/api/replicas: 1e30 is too large; at most 4294967295 is possible\n");
  CHECK(faults(small_scenario("", R"("replicas": "1M")")) ==
        "s.json:3:40: /components/api/replicas: must be 1 to 10000, found \"1M\"\n");
  CHECK(faults(small_scenario(R"(, "run": {"duration": "0s"})")) ==
        "s.json:3:73: /run/duration: must be at least 1ns, found \"0s\"\n");
  CHECK(faults(small_scenario(R"(, "run": {"duration": "1m", "warmup": "1m"})")) ==
        "s.json:3:89: /run/warmup: the warm-up leaves nothing of the duration\n");
}

TEST_CASE("document: a scenario with no client, no components", "[scenario][input]") {
  CHECK(faults(R"({"highwater": 1, "components": {"api": {"kind": "service"}}})") ==
        "s.json:1:32: /components: nothing sends requests: a scenario needs a component of kind "
        "\"client\"\n");
  CHECK(faults(R"({"highwater": 1, "components": {}})") ==
        "s.json:1:32: /components: nothing sends requests: a scenario needs a component of kind "
        "\"client\"\n");
  CHECK(faults(R"({"highwater": 1})") ==
        "s.json:1:1: \"components\", the parts of the system, is missing\n");
  CHECK(faults(R"({"highwater": 1, "components": []})") ==
        "s.json:1:32: /components: expected an object with the components by name, found a list\n");
}

TEST_CASE("document: components that are named exist", "[scenario][input]") {
  CHECK(faults(small_scenario(
            "",
            R"("endpoints": {"GET /": [{"call": "usrs"}, {"parallel": [[{"cache": "zz"}]]}]})")) ==
        "s.json:3:61: /components/api/endpoints/GET ~1/0/call: there is no component \"usrs\"; did "
        "you mean \"users\"?\n"
        "s.json:3:95: /components/api/endpoints/GET ~1/1/parallel/0/0/cache: there is no component "
        "\"zz\"\n");
}

TEST_CASE("document: zones are those of the network", "[scenario][input]") {
  CHECK(faults(small_scenario("", R"("zones": ["a"])")) ==
        "s.json:3:38: /components/api/zones/0: unknown zone \"a\"; the network has no zones\n");
  CHECK(faults(small_scenario(R"(, "network": {"zones": ["east", "west", "east", ""],
"links": [{"between": ["east", "wst"], "latency": "1ms"},
{"between": ["west", "west"], "latency": "1ms"},
{"between": ["east", "west"], "latency": "1ms"},
{"between": ["west", "east"], "latency": "1ms"}]})",
                              R"("zones": ["eas"])")) ==
        "s.json:3:38: /components/api/zones/0: unknown zone \"eas\"; did you mean \"east\"?\n"
        "s.json:3:86: /network/zones/2: zone \"east\" is listed twice\n"
        "s.json:3:94: /network/zones/3: a zone needs a name\n"
        "s.json:4:32: /network/links/0/between/1: unknown zone \"wst\"; did you mean \"west\"?\n"
        "s.json:5:13: /network/links/1/between: a link joins two different zones; see same_zone\n"
        "s.json:7:13: /network/links/3/between: \"west\" and \"east\" are linked twice\n");
}

TEST_CASE("document: faults", "[scenario][input]") {
  const auto fault = [](const std::string& json) {
    return faults(small_scenario(",\n\"faults\": [" + json + "]"));
  };
  CHECK(fault(R"({"at": "1s", "kil": "api"})") ==
        "s.json:4:25: /faults/0/kil: unknown verb \"kil\"; did you mean \"kill\"?\n");
  CHECK(fault(R"({"at": "1s"})") ==
        "s.json:4:12: /faults/0: the verb is missing; known: kill, slow\n");
  CHECK(fault(R"({"at": "1s", "kill": "api", "slow": "api"})") ==
        "s.json:4:12: /faults/0: a fault has one verb, found kill, slow\n");
  CHECK(fault(R"({"kill": "api"})") == "s.json:4:12: /faults/0: \"at\" is missing: When.\n");
  CHECK(fault(R"({"at": "1s", "kill": "api", "factor": 2})") ==
        "s.json:4:40: /faults/0/factor: unknown key \"factor\"; known: kill, at, for, count\n");
  CHECK(fault(R"({"at": "1s", "kill": "apy[2]"})") ==
        "s.json:4:33: /faults/0/kill: there is no component \"apy\"; did you mean \"api\"?\n");
  CHECK(fault(R"({"at": "1s", "kill": "users -> db"})") ==
        "s.json:4:33: /faults/0/kill: there is no component \"db\"\n");
  CHECK(fault("5") ==
        "s.json:4:12: /faults/0: expected an object with a verb such as \"kill\", found 5\n");
  CHECK(faults(small_scenario(R"(, "faults": {})")) ==
        "s.json:3:63: /faults: expected a list of faults, found an object\n");
}

TEST_CASE("document: what can never happen is a warning", "[scenario][input]") {
  const Loaded loaded =
      load_text(small_scenario(",\n\"faults\": [{\"at\": \"5m\", \"kill\": \"api[0]\"}],\n"
                               "\"objectives\": [\"users.availability > 99% during 30s..5m\"]"));
  CHECK(loaded.document);
  CHECK(loaded.problems ==
        "s.json:4:19: warning: /faults/0/at: the fault lies after the end of the run and never "
        "strikes\n"
        "s.json:5:16: warning: /objectives/0: the window does not lie inside the run, so that this "
        "cannot be judged\n");
}

TEST_CASE("document: places are right behind tabs, other scripts and Windows line ends",
          "[scenario][input]") {
  CHECK(
      faults("{\r\n\t\"highwater\": 1,\r\n\t\"description\": \"Größe 日本\", \"nam\": 1,\r\n"
             "\"components\": {\"u\": {\"kind\": \"client\", \"arrivals\": {\"poisson\": \"1/s\"}, "
             "\"calls\": \"u\"}}}") ==
      "s.json:3:29: /nam: unknown key \"nam\"; did you mean \"name\"?\n");
}

TEST_CASE("document: a document can be changed, and read again with its own files", "[scenario]") {
  const Folder folder("change");
  folder.write("trace.csv", "x");
  folder.write("s.json", R"({"highwater": 1, "components": {
"users": {"kind": "client", "arrivals": {"trace": "trace.csv"}, "calls": "api"},
"api": {"kind": "service", "replicas": 2}}})");
  const Loaded loaded = folder.load("s.json");
  CHECK(loaded.problems == "");
  REQUIRE(loaded.document);
  Problems problems = loaded.document->problems();
  const auto changed =
      change_document(*loaded.document, sample_language(), {"api.replicas=6"}, problems);
  CHECK(problems.text() == "");
  REQUIRE(changed);
  CHECK(changed->components()[1].value->find("replicas")->whole() == 6);
  CHECK(loaded.document->components()[1].value->find("replicas")->whole() == 2);
  CHECK_FALSE(change_document(*loaded.document, sample_language(), {"api.replicas=0"}, problems));
  CHECK(problems.text() ==
        "--set api.replicas=0:1:14: /components/api/replicas: must be 1 to 10000, found 0\n");
}
