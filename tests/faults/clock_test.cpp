// A time of day that is wrong.

#include <string>

#include <catch2/catch.hpp>

#include "models/cache/cache.h"
#include "models/database/database.h"
#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;
using testing::write_of;

/// Whether a key that was stored at 10s with a TTL of a minute is a hit at these times.
std::string hits(const std::string& fault, const std::vector<Duration>& times) {
  ModelRig rig({cache::cache()}, R"({"it": {"kind": "cache", "capacity": 10, "ttl": "60s"}})");
  if (!fault.empty()) rig.fault(clock(), fault);
  rig.send(Time{10s}, "it", write_of(1));
  std::vector<const Answer*> answers;
  for (const Duration at : times) answers.push_back(&rig.send(Time{at}, "it", read_of(1)));
  rig.run(Time{300s});
  std::string text;
  for (const Answer* each : answers) text += each->reply.hit ? 'x' : '.';
  return text;
}

TEST_CASE("clock: entries of caches end by it", "[faults]") {
  CHECK(hits("", {69s, 71s}) == "x.");
  SECTION("ahead: too early") {
    CHECK(hits(R"({"at": "20s", "clock": "it", "offset": "30s"})", {39s, 41s}) == "x.");
  }
  SECTION("behind: too late") {
    CHECK(hits(R"({"at": "20s", "clock": "it", "offset": "30s", "direction": "behind"})",
               {99s, 101s}) == "x.");
  }
  SECTION("set right again before it matters") {
    CHECK(hits(R"({"at": "20s", "for": "10s", "clock": "it", "offset": "30s"})", {69s, 71s}) ==
          "x.");
  }
  SECTION("stored by a clock that was wrong") {
    CHECK(hits(R"({"at": "5s", "for": "10s", "clock": "it", "offset": "30s"})", {99s, 101s}) ==
          "x.");
  }
  SECTION("before the beginning of time") {
    CHECK(hits(R"({"at": "5s", "clock": "it", "offset": "1h", "direction": "behind"})",
               {69s, 290s}) == "xx");
  }
  SECTION("too fast by half: a minute is over after 40 seconds, from 10s on") {
    CHECK(hits(R"({"at": "0s", "clock": "it", "drift": 500000})", {49s, 51s}) == "x.");
  }
  SECTION("too slow by half") {
    CHECK(hits(R"({"at": "0s", "clock": "it", "drift": -500000})", {129s, 131s}) == "x.");
  }
}

TEST_CASE("clock: several add up, and each is taken back alone", "[faults]") {
  ModelRig rig({cache::cache()}, R"({"it": {"kind": "cache", "capacity": 10, "ttl": "60s"}})");
  rig.fault(clock(), R"({"at": "10s", "for": "20s", "clock": "it", "offset": "30s"})");
  rig.fault(clock(), R"({"at": "20s", "for": "20s", "clock": "it", "offset": "5s",
                         "drift": 100000})");
  const auto ahead = [&](Duration at) {
    rig.run(Time{at});
    return seconds(rig.instance("it", 0).clock_ahead(Time{at}));
  };
  CHECK(ahead(5s) == 0);
  CHECK(ahead(15s) == 30);
  CHECK(ahead(25s) == Approx(35.5));
  CHECK(ahead(35s) == Approx(6.5));
  CHECK(ahead(45s) == 0);
}

TEST_CASE("clock: tokens are made and checked by the clocks of two instances", "[faults]") {
  // Both instances in turn; tokens are good for 100 s.
  const auto refreshes = [](const std::string& fault) {
    ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 2, "workers": 9,
        "service_time": "1ms", "sessions": {"token": {"lifetime": "100s"}, "timeout": "1h",
        "login": [{"wait": "1ms"}]}}})");
    if (!fault.empty()) rig.fault(clock(), fault);
    for (int i = 0; i < 60; ++i) rig.send(Time{1s + 1s * i}, "api", read_of(7));
    rig.run(Time{200s});
    return rig.count("api", "token_refreshes");
  };
  CHECK(refreshes("") == 0);
  CHECK(refreshes(R"({"at": "0s", "clock": "api", "offset": "200s"})") == 0);  // all agree
  // Half of the requests find a token that is over, and make one that is good for both.
  CHECK(refreshes(R"({"at": "0s", "clock": "api[1]", "offset": "200s"})") == 1);
  // It was made by a clock that was behind: over at once by the other's.
  CHECK(refreshes(R"({"at": "0s", "clock": "api[0]", "offset": "200s", "direction": "behind"})") ==
        1);
}

TEST_CASE("clock: Cassandra's last write is the one with the greatest timestamp", "[faults]") {
  const auto ignored = [](const std::string& fault) {
    ModelRig rig({database::database()},
                 R"({"db": {"kind": "database", "cassandra": {"nodes": 3}}})");
    if (!fault.empty()) rig.fault(clock(), fault);
    // All by node 0 but for the third.
    for (int i = 0; i < 10; ++i)
      rig.send_to_instance(Time{10s + 1s * i}, "db", i == 2 ? 1 : 0, write_of(1));
    rig.run(Time{100s});
    return rig.count("db", "ignored_writes");
  };
  CHECK(ignored("") == 0);
  // Written at 12 s for 15.5 s: what comes until then is older.
  CHECK(ignored(R"({"at": "1s", "clock": "db[1]", "offset": "3500ms"})") == 3);
  CHECK(ignored(R"({"at": "1s", "clock": "db[1]", "offset": "1h"})") == 7);
  // Its own is the old one.
  CHECK(ignored(R"({"at": "1s", "clock": "db[1]", "offset": "2s", "direction": "behind"})") == 1);
  CHECK(ignored(R"({"at": "1s", "clock": "db", "offset": "1h"})") == 0);
}

TEST_CASE("clock: leaves no trace", "[faults]") {
  check_leaves_no_trace(clock(), R"({"at": "5s", "for": "2s", "clock": "api", "offset": "1h"})",
                        R"(, "sessions": {"token": {"lifetime": "100s"}, "timeout": "1h",
                             "login": [{"wait": "1ms"}]})");
}

TEST_CASE("clock: what it cannot be", "[faults]") {
  const auto problems = [](const std::string& more) {
    return problems_of(clock(), R"({"at": "1s", "clock": "api")" + more + "}");
  };
  CHECK_THAT(problems(""), Catch::Contains("\"offset\", a \"drift\" or both"));
  CHECK_THAT(problems(R"(, "drift": 5, "direction": "behind")"),
             Catch::Contains("is for an \"offset\""));
  CHECK_THAT(problems(R"(, "drift": 1000000)"), Catch::Contains("/drift"));
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "service_time": "1ms"}})");
  CHECK_THROWS_WITH(rig.fault(clock(), R"({"at": "1s", "clock": "api", "offset": "1s"})"),
                    Catch::Contains("depends on the time of day"));
}

}  // namespace
}  // namespace highwater::faults
