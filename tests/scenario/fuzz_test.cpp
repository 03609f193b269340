// Whatever a scenario file holds, reading it ends with a document or with problems, never with a
// crash, and what is accepted survives being shown and read again.
#include <algorithm>
#include <chrono>
#include <random>

#include <catch2/catch.hpp>

#include "engine/scenario/expand.h"
#include "tests/scenario/scenario_support.h"

using namespace highwater;

namespace {

const std::string kScenario = R"({"highwater": 1, "name": "x",
"run": {"duration": "1m", "seed": 3},
"network": {"zones": ["a", "b"], "same_zone": "0.2ms",
  "cross_zone": {"lognormal": {"mean": "1ms", "p99": "3ms"}}},
"components": {
  "users": {"kind": "client", "arrivals": {"poisson": "800/s", "batch": 2},
    "calls": {"to": "api", "retry": 2, "timeout": "1s"}, "mix": {"GET /": "90%", "POST /": 0.1}},
  "api": {"kind": "service", "replicas": "${N:-3}", "zones": ["a"],
    "queue": {"discipline": "lifo", "capacity": "1M"}, "eviction": {"redis_lru": {}},
    "endpoints": {
      "GET /": [{"compute": {"mixture": [{"p": 1, "of": "1ms"}]}},
                {"parallel": [[{"call": "api"}], []]}],
      "POST /": {"steps": [{"cache": "api", "ttl": "1d", "miss": []}], "priority": 3}}}},
"faults": [{"at": "4s", "for": "1s", "kill": "api", "count": 1},
           {"at": "1s", "slow": "users -> api", "factor": "3x"}],
"objectives": ["users.latency.p99 < 250ms during 2s..5s",
               "users.availability >= 99.9% within 5s of faults[0]"]})";

void check_survives(const std::string& text) {
  const Loaded loaded = load_text(text);
  if (!loaded.document) {
    CHECK(loaded.problems != "");
    return;
  }
  const std::string shown = write_json(expand(*loaded.document, sample_language()));
  const Loaded again = load_text(shown);
  INFO(shown << again.problems);
  REQUIRE(again.document);
  CHECK(write_json(expand(*again.document, sample_language())) == shown);
}

/// Every value of a document, so that one can be swapped for another.
void collect(Value& value, std::vector<Value*>& out) {
  out.push_back(&value);
  if (value.is_array())
    for (Value& element : value.elements()) collect(element, out);
  if (value.is_object())
    for (Value::Member& member : value.members()) collect(member.value, out);
}

}  // namespace

TEST_CASE("fuzz: the unchanged scenario is good", "[scenario][fuzz]") {
  CHECK(load_text(kScenario).problems == "");
}

TEST_CASE("fuzz: changed bytes", "[scenario][fuzz][property]") {
  std::mt19937_64 random(11);
  for (int run = 0; run < 1000; ++run) {
    std::string text = kScenario;
    for (std::uint64_t edits = random() % 4 + 1; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const std::size_t length = random() % 8;
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), length));
          break;
        default:
          text[at] = "{}[]\",:0-e\\/*$"[random() % 14];
      }
    }
    check_survives(text);
  }
}

TEST_CASE("fuzz: values in each other's places", "[scenario][fuzz][property]") {
  std::mt19937_64 random(12);
  const Value original = *parse_json_value(kScenario);
  const std::vector<Value> strange = {Value(),
                                      Value::boolean(true),
                                      Value::whole(0),
                                      Value::number(-1),
                                      Value::number(1e308),
                                      Value::string(""),
                                      Value::string("${"),
                                      Value::string("1e999ms"),
                                      Value::array(),
                                      Value::object(),
                                      Value::string("\xF0\x9F\x98\x80"),
                                      Value::array({Value()})};
  for (int run = 0; run < 800; ++run) {
    Value changed = original;
    std::vector<Value*> places;
    collect(changed, places);
    Value& place = *places[random() % places.size()];
    if (random() % 2 == 0) {
      place = strange[random() % strange.size()];
    } else {
      Value source = original;
      std::vector<Value*> others;
      collect(source, others);
      place = *others[random() % others.size()];
    }
    check_survives(write_json(changed));
  }
}

TEST_CASE("fuzz: settings of any form", "[scenario][fuzz][property]") {
  std::mt19937_64 random(13);
  const std::vector<std::string> parts = {
      "api",   "users", "components", "faults", "[0]",   "[9]",  "[\"GET /\"]", ".",       ".",
      "=",     "=",     "replicas",   "queue",  "calls", "to",   "arrivals",    "poisson", "kind",
      "steps", "5",     "{}",         "[]",     "1s",    "null", "eviction"};
  for (int run = 0; run < 1500; ++run) {
    std::string setting;
    for (std::uint64_t n = random() % 9; n > 0; --n) setting += parts[random() % parts.size()];
    const Loaded loaded = load_text(kScenario, {setting});
    CAPTURE(setting);
    CHECK((loaded.document || loaded.problems != ""));
  }
}

TEST_CASE("fuzz: patches of any form", "[scenario][fuzz][property]") {
  std::mt19937_64 random(14);
  const Value original = *parse_json_value(kScenario);
  const Guide guide(sample_language());
  for (int run = 0; run < 400; ++run) {
    Value patch = original;
    for (int i = 0; i < 3; ++i) {
      Value source = original;
      std::vector<Value*> from, to;
      collect(source, from);
      collect(patch, to);
      *to[random() % std::min<std::size_t>(to.size(), 20)] = *from[random() % from.size()];
    }
    Value merged = original;
    lay_over(merged, patch, guide, guide.root());
    check_survives(write_json(merged));
  }
}

TEST_CASE("fuzz: huge inputs end quickly", "[scenario][fuzz]") {
  const auto start = std::chrono::steady_clock::now();
  std::string many = R"({"highwater": 1, "components": {)";
  for (int i = 0; i < 5'000; ++i)
    many += "\"c" + std::to_string(i) + R"(": {"kind": "servce", "x": "${"},)";
  many.back() = '}';
  const Loaded loaded = load_text(many + "}");
  CHECK_FALSE(loaded.document);
  CHECK(loaded.problems.find("and 9800 more\n") != std::string::npos);
  const Loaded text =
      load_text(small_scenario(", \"description\": \"" + std::string(10 << 20, 'x') + "\""));
  CHECK(text.document);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}
