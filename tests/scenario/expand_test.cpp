// What `show` prints: every default filled in, and the same scenario again.
#include "engine/scenario/expand.h"

#include <catch2/catch.hpp>

#include "tests/scenario/scenario_support.h"

using namespace highwater;

TEST_CASE("expand: every default is filled in, in declared order", "[scenario][expand]") {
  const Loaded loaded = load_text(R"({"components": {
"users": {"calls": "api", "arrivals": {"poisson": "1200/s"}, "kind": "client"},
"api": {"kind": "service", "eviction": "redis_lru",
  "endpoints": {"GET /": [{"cache": "api", "miss": [{"call": "api", "retry": 2}]}]}}},
"highwater": 1, "faults": [{"kill": "api", "at": "1s"}]})");
  CHECK(loaded.problems == "");
  REQUIRE(loaded.document);
  const Value shown = expand(*loaded.document, sample_language());
  CHECK(write_json(shown) == R"({
  "highwater": 1,
  "name": "s",
  "description": "",
  "currency": "USD",
  "run": {
    "duration": "1m",
    "warmup": "auto",
    "seed": 1,
    "replications": 5,
    "max_in_flight": 10000000
  },
  "network": {"zones": [], "same_zone": "0s", "cross_zone": "0s", "links": []},
  "components": {
    "users": {
      "kind": "client",
      "arrivals": {"poisson": "1200/s", "batch": 1},
      "calls": {"to": "api"},
      "mix": {}
    },
    "api": {
      "kind": "service",
      "replicas": 1,
      "zones": [],
      "cores": 1,
      "blocking": true,
      "queue": {"discipline": "fifo"},
      "eviction": {"redis_lru": {"samples": 5}},
      "endpoints": {
        "GET /": {
          "steps": [
            {
              "cache": "api",
              "ttl": "1m",
              "miss": [{"call": "api", "retry": {"attempts": 2, "backoff": "100ms"}}]
            }
          ],
          "priority": 0
        }
      }
    }
  },
  "faults": [{"kill": "api", "at": "1s"}],
  "objectives": []
})");
}

TEST_CASE("expand: what is shown reads back and shows the same", "[scenario][expand]") {
  for (const std::string& text :
       {small_scenario(),
        small_scenario(R"(, "faults": [{"at": "1s", "slow": "api", "for": "2s"}],
"objectives": ["users.latency.p99 < 250ms"], "network": {"zones": ["a"], "same_zone": "1000us"})",
                       R"("zones": ["a"], "replicas": "3", "eviction": "lru", "service_time":
{"mixture": [{"p": "99%", "of": "1ms"}, {"p": 0.01, "of": {"exponential": "200ms"}}]})")}) {
    const Loaded loaded = load_text(text);
    CHECK(loaded.problems == "");
    REQUIRE(loaded.document);
    const std::string shown = write_json(expand(*loaded.document, sample_language()));
    const Loaded again = load_text(shown);
    CHECK(again.problems == "");
    REQUIRE(again.document);
    CHECK(write_json(expand(*again.document, sample_language())) == shown);
  }
}

TEST_CASE("expand: the names of files follow the text to where it will stand",
          "[scenario][expand]") {
  const Folder folder("expand");
  folder.write("base/trace.log", "x");
  folder.write("base/base.json", R"({"highwater": 1, "components": {
"u": {"kind": "client", "arrivals": {"trace": "trace.log"}, "calls": "a"},
"a": {"kind": "service"}}})");
  folder.write("top.json", R"({"extends": "base/base.json"})");
  const Loaded loaded = folder.load("top.json");
  CHECK(loaded.problems == "");
  REQUIRE(loaded.document);
  const Value beside = expand(*loaded.document, sample_language());
  CHECK(write_json_line(beside).find(R"({"trace": {"file": "base/trace.log", "speedup": "1x"}})") !=
        std::string::npos);
  CHECK(beside.find("extends") == nullptr);
  folder.write("results/run/expanded.json",
               write_json(expand(*loaded.document, sample_language(), folder / "results/run")));
  const Loaded again = folder.load("results/run/expanded.json");
  CHECK(again.problems == "");
  REQUIRE(again.document);
  CHECK(write_json_line(again.document->root()).find("../../base/trace.log") != std::string::npos);
  // In its own place it stays as it was written.
  const Loaded base = folder.load("base/base.json");
  REQUIRE(base.document);
  CHECK(write_json_line(expand(*base.document, sample_language())).find(R"("file": "trace.log")") !=
        std::string::npos);
}
