// Components, their connections and parameters, as edits of a text.

#include "viewer/session/scenario_edits.h"

#include <filesystem>
#include <functional>
#include <utility>

#include <catch2/catch.hpp>

#include "engine/scenario/source_file.h"
#include "tests/viewer/viewer_support.h"
#include "viewer/session/scenario_check.h"
#include "viewer/session/wiring.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace scenario_edits_test {
namespace {

ScenarioText read(const std::string& text) {
  Problems problems;
  auto result = ScenarioText::read(text, problems.add_source("test"), problems);
  INFO(problems.text());
  REQUIRE(result);
  return std::move(*result);
}

EditGround ground(const Value* merged = nullptr) {
  return {viewer_language(), merged};
}

/// All that the loader says of it.
std::string complaints(const std::string& text, const std::string& directory = ".") {
  std::string all;
  for (const Problem& problem :
       check_scenario({text, "test.json", directory}, viewer_catalog(), viewer_language()).problems)
    all += problem.text() + "\n";
  return all;
}

const std::string kShop = R"({
  "highwater": 1,
  "run": { "duration": "60s", "warmup": "10s" },
  "components": {
    "users": { "kind": "client", "arrivals": { "poisson": "100/s" }, "calls": "web",
      "mix": { "GET /": "90%", "POST /": "10%" } },
    "web": { "kind": "load_balancer", "targets": ["api"], "policy": "weighted",
      "weights": { "api[1]": 3 } },
    "api": {
      "kind": "service",
      "replicas": 2,
      "endpoints": {
        "GET /": [
          { "compute": "1ms" }, // thinks
          // What is asked for often.
          { "cache": "redis", "miss": [ { "call": "db" } ] }
        ],
        "POST /": [ { "call": "db", "op": "write" }, { "publish": "mails" } ]
      }
    },
    "redis": { "kind": "cache" },
    "db": { "kind": "database" },
    "mails": { "kind": "topic" },
    "mailer": { "kind": "consumer_group", "topic": "mails", "steps": [ { "wait": "1ms" } ] }
  },
  "faults": [
    { "at": "20s", "for": "5s", "kill": "api[1]" },
    { "when": "redis.utilization > 90%", "slow": "db", "factor": "2x" },
    { "at": "30s", "for": "1s", "latency": "api -> db", "add": "1ms" },
    { "when": "faults[0] ends", "pause": "db", "for": "1s" }
  ],
  "objectives": [
    "users.availability >= 90%",
    "api.service.p99 < 1s",
    "users.latency.p99 < 1s within 20s of faults[2]"
  ]
}
)";

}  // namespace

TEST_CASE("scenario edits: the shop of these tests is right", "[viewer][edits]") {
  CHECK(complaints(kShop).empty());
}

TEST_CASE("scenario edits: every kind can be added, with what it cannot be without",
          "[viewer][edits]") {
  for (const KindInfo& kind : viewer_language().kinds) {
    ScenarioText text = read(kShop);
    if (kind.name == "worker") REQUIRE(add_component(text, ground(), "queue", "jobs").done);
    const std::string name = free_name(text.value(), ground(), kind.name);
    const EditOutcome outcome = add_component(text, ground(), kind.name, name);
    INFO(kind.name);
    INFO(outcome.said);
    REQUIRE(outcome.done);
    const Value* const added = text.find({"components", name});
    REQUIRE(added != nullptr);
    CHECK(added->find("kind")->text() == kind.name);
    // One of several that are not required by themselves may be needed: service_time, endpoints.
    int others = 0;
    for (const FieldInfo& field : kind.fields())
      if (!field.required && added->find(field.name) != nullptr) ++others;
    CHECK(others <= 1);
    // Others may have to use it first; nothing else is wrong with it.
    INFO(text.text());
    const CheckedScenario checked =
        check_scenario({text.text(), "test.json", "."}, viewer_catalog(), viewer_language());
    for (const Problem& problem : checked.problems) {
      INFO(problem.text());
      CHECK(problem.severity == Severity::kWarning);
    }
  }
}

TEST_CASE("scenario edits: names of new components are free and allowed", "[viewer][edits]") {
  ScenarioText text = read(kShop);
  CHECK(free_name(text.value(), ground(), "load_balancer") == "load-balancer");
  CHECK(add_component(text, ground(), "service", "service").done);
  CHECK(free_name(text.value(), ground(), "service") == "service-2");
  CHECK_FALSE(add_component(text, ground(), "service", "api").done);
  CHECK_FALSE(add_component(text, ground(), "service", "run").done);
  CHECK_FALSE(add_component(text, ground(), "service", "1st").done);
  CHECK_FALSE(add_component(text, ground(), "servise", "x").done);
}

TEST_CASE("scenario edits: what is removed takes with it what speaks of it", "[viewer][edits]") {
  ScenarioText text = read(kShop);
  const EditOutcome outcome = remove_component(text, ground(), "api");
  CHECK(outcome.done);
  CHECK(outcome.said ==
        "Gone with api: web.targets[0], web.weights[\"api[1]\"], faults[0], faults[2], faults[3], "
        "\"api.service.p99 < 1s\", \"users.latency.p99 < 1s within 20s of faults[2]\"");
  CHECK(text.text().find("api") == std::string::npos);
  CHECK(text.find({"faults"})->elements().size() == 1);
  CHECK(text.find({"objectives"})->elements().size() == 1);
}

TEST_CASE("scenario edits: without the cache its misses are done always", "[viewer][edits]") {
  ScenarioText text = read(kShop);
  CHECK(remove_component(text, ground(), "redis").said ==
        "Gone with redis: api.endpoints[\"GET /\"][1], faults[1]");
  INFO(text.text());
  CHECK(text.text().find(R"(          // What is asked for often.
          { "call": "db" }
)") != std::string::npos);
  // The faults behind are counted anew.
  CHECK(text.text().find(R"("when": "faults[0] ends")") != std::string::npos);
  CHECK(text.text().find("within 20s of faults[1]") != std::string::npos);
  CHECK(complaints(text.text()).empty());
}

TEST_CASE("scenario edits: a new name is followed everywhere", "[viewer][edits]") {
  ScenarioText text = read(kShop);
  REQUIRE(rename_component(text, ground(), "api", "shop").done);
  CHECK(complaints(text.text()).empty());
  std::string wanted = kShop;
  for (std::size_t at = wanted.find("api"); at != std::string::npos; at = wanted.find("api", at))
    wanted.replace(at, 3, "shop");
  CHECK(text.text() == wanted);
  CHECK_FALSE(rename_component(text, ground(), "shop", "db").done);
  CHECK_FALSE(rename_component(text, ground(), "shop", "faults").done);
  CHECK_FALSE(rename_component(text, ground(), "nobody", "somebody").done);
  CHECK(text.text() == wanted);
}

TEST_CASE("scenario edits: what only looks like the name stays", "[viewer][edits]") {
  ScenarioText text = read(R"({
  "components": {
    "read": { "kind": "service" },
    "db": { "kind": "database" },
    "users": { "kind": "client", "mix": { "read": "100%" }, "calls": { "to": "read" } }
  },
  "faults": [ { "kill": "read-2" }, { "latency": "read->db" } ],
  "objectives": [ "read-2.latency.p99 < 1s" ]
})");
  REQUIRE(rename_component(text, ground(), "read", "api").done);
  CHECK(text.find({"components", "users", "mix", "read"}) != nullptr);
  CHECK(text.find({"components", "users", "calls", "to"})->text() == "api");
  CHECK(text.find({"faults", "0", "kill"})->text() == "read-2");
  CHECK(text.find({"faults", "1", "latency"})->text() == "api->db");
  CHECK(text.find({"objectives", "0"})->text() == "read-2.latency.p99 < 1s");
}

TEST_CASE("scenario edits: a parameter is set, and left out where it says what is so anyway",
          "[viewer][edits]") {
  ScenarioText text = read(kShop);
  REQUIRE(set_parameter(text, ground(), "api", "workers", "8").done);
  CHECK(text.find({"components", "api", "workers"})->whole() == 8);
  REQUIRE(set_parameter(text, ground(), "api", "replicas", "1").done);
  CHECK(text.find({"components", "api", "replicas"}) == nullptr);
  REQUIRE(set_parameter(text, ground(), "api", "workers", "").done);
  CHECK(text.find({"components", "api", "workers"}) == nullptr);
  REQUIRE(set_parameter(text, ground(), "api", "queue.capacity", "5").done);
  CHECK(*text.find({"components", "api", "queue"}) == *parse_json_value(R"({"capacity": 5})"));
  REQUIRE(set_parameter(text, ground(), "api", "replicas", "2").done);
  REQUIRE(set_parameter(text, ground(), "users", "arrivals", R"({"constant": "5/s"})").done);
  CHECK(complaints(text.text()) == "");
  CHECK_FALSE(set_parameter(text, ground(), "users", "calls.timeout", "1s").done);
  CHECK_FALSE(set_parameter(text, ground(), "nobody", "replicas", "1").done);
  REQUIRE(set_parameter(text, ground(), "", "run.seed", "7").done);
  CHECK(text.find({"run", "seed"})->whole() == 7);
}

TEST_CASE("scenario edits: faults that go or move are followed by their numbers",
          "[viewer][edits]") {
  const auto after = [](const std::function<void(Value::Elements&)>& change, std::string& words) {
    ScenarioText text = read(kShop);
    Value faults = *text.find({"faults"});
    change(faults.elements());
    const EditOutcome outcome = set_parameter(text, ground(), "", "faults", write_json(faults));
    REQUIRE(outcome.done);
    words = outcome.said;
    CHECK(complaints(text.text()) == "");
    return text;
  };
  std::string words;
  const ScenarioText moved = after([](auto& all) { std::swap(all[2], all[1]); }, words);
  CHECK(words == "");
  CHECK(moved.find({"faults", "1", "latency"}) != nullptr);
  CHECK(moved.find({"faults", "3", "when"})->text() == "faults[0] ends");
  CHECK(moved.find({"objectives", "2"})->text() ==
        "users.latency.p99 < 1s within 20s of faults[1]");

  const ScenarioText first = after([](auto& all) { std::swap(all[0], all[1]); }, words);
  CHECK(first.find({"faults", "3", "when"})->text() == "faults[1] ends");

  const ScenarioText fewer = after([](auto& all) { all.erase(all.begin() + 1); }, words);
  CHECK(words == "");
  CHECK(fewer.find({"faults"})->elements().size() == 3);
  CHECK(fewer.find({"objectives", "2"})->text() ==
        "users.latency.p99 < 1s within 20s of faults[1]");

  // What waits for it goes with it, and so does what is promised of it.
  const ScenarioText without = after([](auto& all) { all.erase(all.begin()); }, words);
  CHECK(words == "Gone with faults[0]: faults[3]");
  CHECK(without.find({"faults"})->elements().size() == 2);
  CHECK(without.find({"objectives", "2"})->text() ==
        "users.latency.p99 < 1s within 20s of faults[1]");
  after([](auto& all) { all.erase(all.begin() + 2); }, words);
  CHECK(words == "Gone with faults[2]: \"users.latency.p99 < 1s within 20s of faults[2]\"");
  after([](auto& all) { all.pop_back(); }, words);
  CHECK(words == "");

  // The last one takes the list with it, and what is promised of it.
  ScenarioText last = read(R"({"highwater": 1, "faults": [{"at": "20s", "kill": "api"}],
    "objectives": ["users.latency.p99 < 1s within 20s of faults[0]"]})");
  CHECK(set_parameter(last, ground(), "", "faults", "[]").said ==
        "Gone with faults[0]: \"users.latency.p99 < 1s within 20s of faults[0]\"");
  CHECK(last.find({"faults"}) == nullptr);
}

namespace {

std::vector<std::string> words_between(const std::string& text, const std::string& from,
                                       const std::string& to, std::string& why) {
  std::vector<std::string> words;
  for (const Way& way : ways_between(read(text).value(), ground(), from, to, why))
    words.push_back(way.words);
  return words;
}

}  // namespace

TEST_CASE("wiring: the fields that fit are offered", "[viewer][edits]") {
  using Words = std::vector<std::string>;
  std::string why;
  CHECK(words_between(kShop, "users", "api", why) == Words{"calls: instead of web"});
  CHECK(words_between(kShop, "web", "db", why) == Words{"targets"});
  CHECK(words_between(kShop, "api", "redis", why) ==
        Words{"GET /: cache", "GET /: call", "POST /: cache", "POST /: call"});
  CHECK(words_between(kShop, "api", "mails", why) == Words{"GET /: publish", "POST /: publish"});
  CHECK(words_between(kShop, "mailer", "db", why) == Words{"steps: call"});
  CHECK(why.empty());
  CHECK(words_between(kShop, "web", "api", why).empty());
  CHECK(why == "they are connected: targets says so");
  CHECK(words_between(kShop, "mails", "mailer", why).empty());
  CHECK(why == "they are connected: topic of mailer says so");
  CHECK(words_between(kShop, "users", "mails", why).empty());
  CHECK(why == "nothing of \"users\", a client, can name \"mails\", a topic");
  CHECK(words_between(kShop, "db", "api", why).empty());
  CHECK(words_between(kShop, "api", "api", why).empty());
  CHECK(words_between(kShop, "api", "nobody", why).empty());
  CHECK(why == "the kind of \"nobody\" is not known");
}

TEST_CASE("wiring: each way that is offered leads there", "[viewer][edits]") {
  const ScenarioText shop = read(kShop);
  const Value* const components = shop.find({"components"});
  for (const Value::Member& from : components->members())
    for (const Value::Member& to : components->members()) {
      std::string why;
      const auto ways = ways_between(shop.value(), ground(), from.key, to.key, why);
      CHECK(ways.empty() != why.empty());
      for (const Way& way : ways) {
        INFO(from.key + " to " + to.key + ": " + way.words);
        ScenarioText text = shop;
        REQUIRE(connect(text, way).done);
        CHECK(text.text() != shop.text());
        // Whether that makes sense is for the loader to say; that it is there is not.
        const CheckedScenario checked =
            check_scenario({text.text(), "test.json", "."}, viewer_catalog(), viewer_language());
        bool there = false;
        for (const TopologyEdge& edge : checked.picture.edges)
          there |= checked.picture.nodes[edge.from].id == from.key &&
                   checked.picture.nodes[edge.to].id == to.key;
        CHECK(there);
      }
    }
}

TEST_CASE("wiring: a service that only took its time calls as well", "[viewer][edits]") {
  ScenarioText text = read(R"({
  "highwater": 1,
  "components": {
    "users": { "kind": "client", "arrivals": { "poisson": "9/s" }, "calls": "api" },
    "api": { "kind": "service", "service_time": "5ms" },
    "db": { "kind": "database" }
  }
}
)");
  std::string why;
  const auto ways = ways_between(text.value(), ground(), "api", "db", why);
  REQUIRE(ways.size() == 1);
  REQUIRE(connect(text, ways.front()).done);
  const std::string wanted = R"("api": { "kind": "service", "endpoints": { "*": [ )"
                             R"({ "compute": "5ms" }, { "call": "db" } ] } })";
  CHECK(text.text().find(wanted) != std::string::npos);
  CHECK(complaints(text.text()).empty());
}

TEST_CASE("wiring: what connects two is taken out", "[viewer][edits]") {
  ScenarioText text = read(kShop);
  CHECK(disconnect(text, ground(), "api", "db").said ==
        "Gone: api.endpoints[\"GET /\"][1].miss[0], api.endpoints[\"POST /\"][0]");
  CHECK(disconnect(text, ground(), "mails", "mailer").said == "Gone: mailer.topic");
  CHECK(disconnect(text, ground(), "users", "web").done);
  CHECK_FALSE(disconnect(text, ground(), "users", "web").done);
  CHECK(text.find({"components", "users", "calls"}) == nullptr);
  // What happens to it is not what connects them.
  CHECK(text.find({"faults"})->elements().size() == 4);
}

TEST_CASE("scenario edits: of what another file says only parameters are set", "[viewer][edits]") {
  const std::string own = R"({
  "extends": "base.json",
  "components": { "api": { "replicas": 4 }, "extra": { "kind": "service" } }
})";
  Value merged = read(kShop).value();
  merged.find("components")->set("extra", *parse_json_value(R"({"kind": "service"})"));
  ScenarioText text = read(own);
  CHECK(remove_component(text, ground(&merged), "db").said ==
        "\"db\" stands in \"base.json\", which this file extends: open that to change it");
  CHECK_FALSE(remove_component(text, ground(&merged), "api").done);
  CHECK_FALSE(rename_component(text, ground(&merged), "api", "shop").done);
  CHECK_FALSE(add_component(text, ground(&merged), "service", "db").done);
  CHECK(text.text() == own);
  // Even what would be so anyway: the other file may say otherwise.
  REQUIRE(set_parameter(text, ground(&merged), "api", "workers", "1").done);
  REQUIRE(set_parameter(text, ground(&merged), "db", "cores", "4").done);
  CHECK(*text.find({"components", "db"}) == *parse_json_value(R"({"cores": 4})"));
  CHECK(*text.find({"components", "api"}) == *parse_json_value(R"({"replicas": 4, "workers": 1})"));
  REQUIRE(set_parameter(text, ground(&merged), "api", "workers", "").done);
  CHECK_FALSE(set_parameter(text, ground(&merged), "mailer", "steps", "").done);
  std::string why;
  CHECK(ways_between(text.value(), ground(&merged), "web", "extra", why).empty());
  CHECK(ways_between(text.value(), ground(&merged), "users", "extra", why).size() == 1);
  CHECK(remove_component(text, ground(&merged), "extra").done);
}

TEST_CASE("scenario edits: the library is renamed and taken apart without a crash",
          "[viewer][edits][costly]") {
  std::size_t scenarios = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(HIGHWATER_SCENARIOS)) {
    if (entry.path().extension() != ".json") continue;
    ++scenarios;
    INFO(entry.path().string());
    const std::string directory = entry.path().parent_path().string();
    ScenarioText text = read(read_file(entry.path().string()).text);
    const Value* const components = text.find({"components"});
    if (components == nullptr || !extended_by(text.value()).empty()) continue;
    const std::string before = complaints(text.text(), directory);
    std::vector<std::string> names;
    for (const Value::Member& member : components->members()) names.push_back(member.key);
    for (const std::string& name : names) {
      REQUIRE(rename_component(text, ground(), name, name + "-x").done);
      // A name that stays behind somewhere would be a problem that was not there.
      CHECK(complaints(text.text(), directory).empty() == before.empty());
      REQUIRE(rename_component(text, ground(), name + "-x", name).done);
    }
    for (const std::string& name : names) REQUIRE(remove_component(text, ground(), name).done);
    CHECK(text.find({"components"})->members().empty());
    CHECK((text.find({"faults"}) == nullptr || text.find({"faults"})->elements().size() <= 2));
  }
  CHECK(scenarios > 100);
}

}  // namespace scenario_edits_test
