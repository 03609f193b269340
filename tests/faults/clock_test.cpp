// A time of day that is wrong.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
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

/// What became of requests at these times, of which a service lets one in a minute.
std::string let_in(const std::string& limit, const std::string& fault,
                   const std::vector<Duration>& times) {
  ModelRig rig({service::service(), cache::cache()},
               R"({"api": {"kind": "service", "service_time": "1ms", "rate_limit": )" + limit +
                   R"(}, "redis": {"kind": "cache", "capacity": 10}})");
  if (!fault.empty()) rig.fault(clock(), fault);
  std::vector<const Answer*> answers;
  for (const Duration at : times) answers.push_back(&rig.send(Time{at}, "api", read_of(1)));
  rig.run(Time{500s});
  std::string seen;
  for (const Answer* each : answers) seen += each->reply.ok() ? '.' : 'x';
  return seen;
}

TEST_CASE("clock: limits of products that call for the time of day", "[faults]") {
  const std::string window = R"({"fixed_window": {"rate": "1/minute"}})";
  const std::vector<Duration> times{10s, 15s, 45s, 75s};
  CHECK(let_in(window, "", times) == ".xx.");
  // At 15 s it is 55 s, at 45 s 85 s: the window is over.
  CHECK(let_in(window, R"({"at": "12s", "clock": "api", "offset": "40s"})", times) == ".x.x");
  CHECK(let_in(window, R"({"at": "12s", "clock": "api", "offset": "1h", "direction": "behind"})",
               {10s, 15s, 75s, 400s}) == ".xxx");
  CHECK(let_in(window, R"({"at": "0s", "clock": "api", "drift": 500000})", {10s, 49s, 51s}) ==
        ".x.");
  const std::string bucket = R"({"bucket4j": {"capacity": 1, "refill_tokens": 1,
                                              "refill_period": "60s"}})";
  CHECK(let_in(bucket, "", times) == ".xx.");
  CHECK(let_in(bucket, R"({"at": "12s", "clock": "api", "offset": "40s"})", times) == ".x.x");
  // Of those by a clock that only runs nothing changes.
  CHECK_THROWS_WITH(let_in(R"({"token_bucket": {"rate": "1/minute"}})",
                           R"({"at": "12s", "clock": "api", "offset": "40s"})", times),
                    Catch::Contains("depends on the time of day"));
}

TEST_CASE("clock: a limit in a store goes by the store's clock", "[faults]") {
  const std::string limit = R"({"token_bucket": {"rate": "1/minute"}, "store": "redis"})";
  const std::vector<Duration> times{10s, 15s, 45s, 75s};
  CHECK(let_in(limit, "", times) == ".xx.");
  CHECK(let_in(limit, R"({"at": "12s", "clock": "redis", "offset": "40s"})", times) == ".x.x");
  CHECK_THROWS_WITH(let_in(limit, R"({"at": "12s", "clock": "api", "offset": "40s"})", times),
                    Catch::Contains("depends on the time of day"));
}

TEST_CASE("clock: a caller's own limit", "[faults]") {
  const auto seen = [](const std::string& fault) {
    ModelRig rig({service::service()}, R"({
        "api": {"kind": "service", "endpoints": {"*": [{"call": "db", "rate_limit":
                {"fixed_window": {"rate": "1/minute"}}}]}},
        "db": {"kind": "service", "service_time": "1ms"}})");
    if (!fault.empty()) rig.fault(clock(), fault);
    std::vector<const Answer*> answers;
    for (const Duration at : {10s, 15s, 45s, 75s})
      answers.push_back(&rig.send(Time{at}, "api", read_of(1)));
    rig.run(Time{200s});
    std::string text;
    for (const Answer* each : answers) text += each->reply.ok() ? '.' : 'x';
    return text;
  };
  CHECK(seen("") == ".xx.");
  CHECK(seen(R"({"at": "12s", "clock": "api", "offset": "40s"})") == ".x.x");
}

/// The share of a thousand users, once each, who are not let in.
double unauthorized(const std::string& how, const std::string& fault) {
  ModelRig rig({balancer::load_balancer(), service::service()}, R"({
      "lb": {"kind": "load_balancer", "targets": ["api"], "authentication": {)" +
                                                                    how + R"(}},
      "api": {"kind": "service", "workers": 99, "service_time": "1ms"}})");
  if (!fault.empty()) rig.fault(clock(), fault);
  for (std::uint64_t i = 0; i < 1000; ++i) rig.send(Time{100s + i * 100ms}, "lb", read_of(i));
  rig.run(Time{300s});
  const auto& causes = rig.metric("lb", "authentication").causes;
  const auto found = causes.find("unauthorized");
  return found == causes.end() ? 0 : static_cast<double>(found->second) / 1000;
}

TEST_CASE("clock: a gateway takes good tokens for old ones, or for those to come", "[faults]") {
  const std::string jwt = R"("jwt": {"lifetime": "10m")";
  const auto wrong = [](const std::string& what) {
    return R"({"at": "0s", "clock": "lb", )" + what + "}";
  };
  CHECK(unauthorized(jwt + "}", "") == 0);
  // Ages are anything up to ten minutes, and a minute is forgiven.
  CHECK(unauthorized(jwt + "}", wrong(R"("offset": "4m")")) == Approx(0.3).margin(0.045));
  CHECK(unauthorized(jwt + "}", wrong(R"("offset": "4m", "direction": "behind")")) ==
        Approx(0.3).margin(0.045));
  CHECK(unauthorized(jwt + "}", wrong(R"("offset": "50s")")) == 0);
  CHECK(unauthorized(jwt + R"(, "leeway": "0s"})", wrong(R"("offset": "3m")")) ==
        Approx(0.3).margin(0.045));
  CHECK(unauthorized(jwt + "}", wrong(R"("offset": "1h")")) == 1);
  CHECK(unauthorized(jwt + R"(, "leeway": "0s"})",
                     R"({"at": "0s", "for": "50s", "clock": "lb", "offset": "1h"})") == 0);
  CHECK_THROWS_WITH(unauthorized(R"("jwt": {})", wrong(R"("offset": "4m")")),
                    Catch::Contains("depends on the time of day"));
  CHECK_THAT(problems_of(balancer::load_balancer(),
                         R"({"kind": "load_balancer", "targets": ["api"],
                             "authentication": {"jwt": {"leeway": "1s"}}})"),
             Catch::Contains("is of a \"lifetime\""));
}

TEST_CASE("clock: what a gateway remembers of tokens ends by it", "[faults]") {
  const auto asked = [](const std::string& fault) {
    ModelRig rig({balancer::load_balancer(), service::service()}, R"({
        "lb": {"kind": "load_balancer", "targets": ["api"], "authentication":
               {"introspection": {"to": "auth", "cache": "60s"}}},
        "api": {"kind": "service", "service_time": "1ms"},
        "auth": {"kind": "service", "service_time": "1ms"}})");
    if (!fault.empty()) rig.fault(clock(), fault);
    for (const Duration at : {10s, 20s, 65s}) rig.send(Time{at}, "lb", read_of(1));
    rig.run(Time{200s});
    return rig.metric("lb", "authentication").causes.at("asked");
  };
  CHECK(asked("") == 1);
  CHECK(asked(R"({"at": "30s", "clock": "lb", "offset": "30s"})") == 2);
  CHECK(asked(R"({"at": "15s", "clock": "lb", "offset": "55s"})") == 2);
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
