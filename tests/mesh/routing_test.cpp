// Where calls go: shares of them to another component, and away from instances that are outliers.

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/calls/call.h"
#include "models/calls/outlier_report.h"
#include "models/calls/routing_params.h"
#include "models/database/database.h"
#include "models/service/service.h"
#include "tests/experiment/experiment_support.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::Reaction;
using testing::read_of;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using Causes = std::map<std::string, std::uint64_t>;

/// A service that does nothing but call "it", with this policy.
std::string caller(const std::string& policy, const std::string& more = "") {
  return R"({"api": {"kind": "service", "workers": 1000, )" + more +
         R"("endpoints": {"*": [{"call": "it", )" + policy + R"(}]}}, "it": {"kind": "sink"}})";
}

/// Poisson.
Load load_of(const char* to, double per_second, std::uint64_t requests) {
  Load load;
  load.to = to;
  load.per_second = per_second;
  load.requests = requests;
  return load;
}

TEST_CASE("outlier detection: five errors in a row, and the instance is let alone for its time",
          "[calls][mesh]") {
  SinkLog log;
  log.instances = 4;
  log.react = [](const Received& request) {
    return Reaction{0ms, request.instance == 1 ? Status::error : Status::ok};
  };
  ModelRig rig({service::service(), sink(log)},
               caller(R"("outlier_detection": {"base_ejection_time": "60s",
                                               "max_ejection_percent": "50%"})"));
  std::vector<const Answer*> answers;
  for (int i = 0; i < 1000; ++i)
    answers.push_back(&rig.send(Time{1s} + i * 100ms, "api", read_of(1)));
  rig.run(Time{200s});
  std::uint64_t failed = 0;
  for (const Answer* answer : answers) failed += !answer->reply.ok();
  // In turn: requests 1, 5, 9, 13 and 17 fail, the last at 2.7 s. It is back at the first look at
  // or after 62.7 s, every 10 s after the caller's first call at 1 s: at 71 s. Then five more.
  CHECK(failed == 10);
  CHECK(rig.metric("api", "calls").causes == Causes{{"ejections", 2}});
  for (const Received& each : log.received)
    if (each.instance == 1) CHECK((each.at <= Time{2700ms} || each.at >= Time{71s}));
  // The others share what it does not get evenly.
  std::map<std::uint32_t, int> hits;
  for (const Received& each : log.received) ++hits[each.instance];
  CHECK(std::abs(hits[0] - hits[2]) <= 4);
  CHECK(std::abs(hits[0] - hits[3]) <= 4);
}

TEST_CASE("outlier detection: each calling process has its own", "[calls][mesh]") {
  SinkLog log;
  log.instances = 2;
  log.react = [](const Received& request) {
    return Reaction{0ms, request.instance == 1 ? Status::error : Status::ok};
  };
  ModelRig rig({service::service(), sink(log)},
               caller(R"("outlier_detection": {"base_ejection_time": "300s",
                                               "max_ejection_percent": "50%"})",
                      R"("replicas": 3, )"));
  for (int i = 0; i < 600; ++i)
    rig.send_to_instance(Time{1s} + i * 10ms, "api", static_cast<std::size_t>(i % 3), read_of(1));
  rig.at(Time{100s}, [&] { rig.instance("api", 0).kill(false); });
  rig.at(Time{101s}, [&] { rig.instance("api", 0).revive(); });
  for (int i = 0; i < 100; ++i) rig.send_to_instance(Time{110s} + i * 10ms, "api", 0, read_of(1));
  rig.run(Time{150s});
  // A new process finds out for itself.
  CHECK(rig.metric("api", "calls").causes == Causes{{"ejections", 4}});
  std::uint64_t bad = 0;
  for (const Received& each : log.received) bad += each.instance == 1;
  CHECK(bad == 20);
}

TEST_CASE("outlier detection: with all instances out a call has nowhere to go", "[calls][mesh]") {
  SinkLog log;
  log.instances = 2;
  log.react = [](const Received&) { return Reaction{0ms, Status::error}; };
  ModelRig rig({service::service(), sink(log)},
               caller(R"("outlier_detection": {"max_ejection_percent": "100%"})"));
  for (int i = 0; i < 100; ++i) rig.send(Time{1s} + i * 10ms, "api", read_of(1));
  const Answer& nowhere = rig.send(Time{5s}, "api", read_of(1));
  rig.run(Time{10s});
  CHECK(log.size() == 10);
  CHECK(nowhere.reply.behind == Status::unavailable);
}

TEST_CASE("outlier detection: the limit on how many may be out holds", "[calls][mesh]") {
  for (const auto& [percent, ejected] : {std::pair("50%", 2u), std::pair("10%", 0u)}) {
    SinkLog log;
    log.instances = 4;
    log.react = [](const Received&) { return Reaction{0ms, Status::error}; };
    ModelRig rig({service::service(), sink(log)},
                 caller(std::string(R"("outlier_detection": {"max_ejection_percent": ")") +
                        percent + R"("})"));
    for (int i = 0; i < 100; ++i) rig.send(Time{1s} + i * 10ms, "api", read_of(1));
    rig.run(Time{5s});
    Causes causes = rig.metric("api", "calls").causes;
    CHECK(causes["ejections"] == ejected);
  }
}

TEST_CASE("outlier detection: the limit is one of those that are listed", "[calls][mesh]") {
  // Of four instances two have left: a share of 30 % is none of them, and of 50 % one.
  for (const auto& [percent, ejected] : {std::pair("50%", 1u), std::pair("30%", 0u)}) {
    SinkLog log;
    log.instances = 4;
    log.react = [](const Received&) { return Reaction{0ms, Status::error}; };
    ModelRig rig({service::service(), sink(log)},
                 caller(std::string(R"("outlier_detection": {"max_ejection_percent": ")") +
                        percent + R"("})"));
    rig.instance("it", 0).set_published(false);
    rig.send(Time{500ms}, "api", read_of(1));
    rig.at(Time{800ms}, [&] { rig.instance("it", 1).set_published(false); });
    for (int i = 0; i < 100; ++i) rig.send(Time{1s} + i * 10ms, "api", read_of(1));
    rig.run(Time{5s});
    Causes causes = rig.metric("api", "calls").causes;
    CHECK(causes["ejections"] == ejected);
  }
}

TEST_CASE("outlier detection: so it is of a load balancer", "[mesh]") {
  for (const auto& [percent, ejected] : {std::pair("50%", 1u), std::pair("30%", 0u)}) {
    SinkLog log;
    log.instances = 4;
    log.react = [](const Received&) { return Reaction{0ms, Status::error}; };
    ModelRig rig({balancer::load_balancer(), sink(log)},
                 std::string(R"({"lb": {"kind": "load_balancer", "targets": ["it"],
                                        "outlier_detection": {"max_ejection_percent": ")") +
                     percent + R"("}}, "it": {"kind": "sink"}})");
    rig.instance("it", 0).set_published(false);
    rig.at(Time{800ms}, [&] { rig.instance("it", 1).set_published(false); });
    for (int i = 0; i < 100; ++i) rig.send(Time{1s} + i * 10ms, "lb", read_of(1));
    rig.run(Time{5s});
    CHECK(rig.count("lb", "ejections") == ejected);
  }
}

TEST_CASE("outlier detection: goes with pools, hedges and retries", "[calls][mesh]") {
  for (const char* beside :
       {R"("pool": {"size": 5})", R"("hedge": "50ms")",
        R"("retry": {"attempts": 2, "backoff": "1ms"})", R"("breaker": "resilience4j")"}) {
    INFO(beside);
    SinkLog log;
    log.instances = 3;
    log.react = [](const Received& request) {
      return Reaction{1ms, request.instance == 2 ? Status::error : Status::ok};
    };
    ModelRig rig({service::service(), sink(log)},
                 caller(R"("outlier_detection": {"base_ejection_time": "300s",
                                                 "max_ejection_percent": "40%"}, )" +
                        std::string(beside)));
    for (int i = 0; i < 300; ++i) rig.send(Time{1s} + i * 100ms, "api", read_of(1));
    rig.run(Time{50s});
    std::uint64_t bad = 0;
    for (const Received& each : log.received) bad += each.instance == 2;
    CHECK(bad == 5);
  }
}

TEST_CASE("split: a canary gets its share of the calls, whatever its size", "[calls][mesh]") {
  SinkLog log;
  ModelRig rig({service::service(), sink(log)},
               R"({"api": {"kind": "service", "workers": 1000,
                           "endpoints": {"*": [{"call": "it", "timeout": "1s",
                             "split": [{"to": "canary", "share": "10%"},
                                       {"to": "shadow", "share": "30%"}]}]}},
                   "it": {"kind": "service", "replicas": 7, "service_time": "1ms"},
                   "canary": {"kind": "service", "service_time": "1ms"},
                   "shadow": {"kind": "service", "service_time": "1ms"}})");
  constexpr double kRequests = 20'000;
  rig.add(load_of("api", 100, 20'000));
  rig.run(Time{900s});
  const auto share = [&](const char* id) {
    return static_cast<double>(rig.component(id).received()) / kRequests;
  };
  // Four standard deviations of a binomial share.
  CHECK(share("canary") == Approx(0.1).margin(4 * std::sqrt(0.1 * 0.9 / kRequests)));
  CHECK(share("shadow") == Approx(0.3).margin(4 * std::sqrt(0.3 * 0.7 / kRequests)));
  CHECK(share("it") + share("canary") + share("shadow") == Approx(1));
}

TEST_CASE("split: all tries of a call stay together, and policies count apart", "[calls][mesh]") {
  SinkLog good;
  SinkLog bad;
  bad.react = [](const Received&) { return Reaction{0ms, Status::error}; };
  ModelKind canary = sink(bad);
  canary.info.name = "bad";
  ModelRig rig({service::service(), sink(good), canary},
               R"({"api": {"kind": "service", "workers": 1000,
                           "endpoints": {"*": [{"call": "it",
                             "retry": {"attempts": 3, "backoff": "1ms"},
                             "split": [{"to": "canary", "share": "20%"}]}]}},
                   "it": {"kind": "sink"}, "canary": {"kind": "bad"}})");
  std::uint64_t failed = 0;
  Load load = load_of("api", 100, 2000);
  load.answered = [&](const Request&, const Answer& answer) { failed += !answer.reply.ok(); };
  rig.add(load);
  rig.run(Time{100s});
  CHECK(failed > 300);
  CHECK(good.size() == 2000 - failed);
  CHECK(bad.size() == 3 * failed);
  CHECK(rig.metric("api", "calls").causes == Causes{{"retries", 2 * failed}});
}

TEST_CASE("routing: what is wrong with it is said", "[calls][mesh]") {
  const auto wrong = [](const std::string& call, const std::string& calls = R"("api")") {
    return testing::prepared(R"({"highwater": 1, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": )" +
                             calls + R"(},
        "api": {"kind": "service", "endpoints": {"GET /": [)" +
                             call + R"(]}},
        "other": {"kind": "service", "endpoints": {"GET /b": [], "GET /c": []}},
        "b": {"kind": "service", "service_time": "1ms"},
        "c": {"kind": "service", "service_time": "1ms"},
        "db": {"kind": "database"}}})")
        .problems;
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(wrong(R"({"call": "b", "split": [{"to": "c", "share": 0.1}]})"), !Contains("split"));
  CHECK_THAT(wrong(R"({"call": "b", "split": [{"to": "d", "share": 0.1}]})"),
             Contains("no component \"d\""));
  CHECK_THAT(wrong(R"({"call": "b", "split": [{"to": "b", "share": 0.1}]})"),
             Contains("gets the rest"));
  CHECK_THAT(wrong(R"({"call": "b", "split": [{"to": "c", "share": "60%"},
                                              {"to": "api", "share": "60%"}]})"),
             Contains("more than 100%"));
  CHECK_THAT(wrong(R"({"call": "b", "split": [{"to": "other", "share": "10%"}]})"),
             Contains("several endpoints"));
  CHECK_THAT(wrong(R"({"call": "db", "outlier_detection": {}})"), Contains("not all the same"));
  CHECK_THAT(wrong(R"({"cache": "db", "outlier_detection": {}})"), Contains("outlier_detection"));
  CHECK_THAT(wrong("", R"({"to": "api", "split": [{"to": "other", "share": "10%"}]})"),
             Contains("several endpoints"));
  CHECK_THAT(wrong("", R"({"to": "api", "split": [{"to": "users", "share": "10%"}]})"),
             Contains("users"));
}

TEST_CASE("split: a client's calls are split too", "[calls][mesh]") {
  const Results results = testing::run(R"({"highwater": 1,
      "run": {"duration": "100s", "replications": 2}, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "100/s"},
                  "calls": {"to": "b", "split": [{"to": "c", "share": "10%"}]}},
        "b": {"kind": "service", "workers": 10, "service_time": "1ms"},
        "c": {"kind": "service", "workers": 10, "service_time": "5ms"}}})");
  double mean = *results.clients.front().latency_ms.mean.value;
  // 20000 calls of 1 ms or 5 ms.
  CHECK(mean == Approx(1.4).margin(4 * 4 * std::sqrt(0.09 / 20'000)));
}

}  // namespace
}  // namespace highwater
