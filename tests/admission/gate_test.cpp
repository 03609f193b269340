// What services and load balancers do to requests that come in: limits on their rate, on how many
// are in flight, shedding by priority. How each algorithm decides is tested in tests/limiting and
// tests/overload.

#include "models/admission/gate.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::Reaction;
using testing::read_of;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using Causes = std::map<std::string, std::uint64_t>;

std::string balancer(const std::string& more) {
  return R"({"lb": {"kind": "load_balancer", "targets": ["it"], )" + more +
         R"(}, "it": {"kind": "sink"}})";
}

TEST_CASE("gate: five a minute for each key, as the guide has it", "[admission]") {
  SinkLog log;
  ModelRig rig({balancer::load_balancer(), sink(log)},
               balancer(R"("rate_limit": {"fixed_window": {"rate": "5/minute"}, "per": "key"})"));
  std::vector<const Answer*> answers;
  for (const std::uint64_t key : {1u, 2u})
    for (int i = 0; i < 8; ++i)
      answers.push_back(&rig.send(Time{10s} + i * 1s, "lb", read_of(key)));
  const Answer& later = rig.send(Time{70s}, "lb", read_of(1));
  rig.run(Time{100s});
  for (std::size_t i = 0; i < answers.size(); ++i) {
    INFO(i);
    CHECK(answers[i]->reply.status == (i % 8 < 5 ? Status::ok : Status::rejected));
  }
  CHECK(later.reply.ok());  // the window began with the first hit
  CHECK(rig.metric("lb", "admission").causes == Causes{{"rate_limited", 6}});
  CHECK(log.size() == 11);
}

TEST_CASE("gate: an instance's own limit dies with it, one kept in a store is everybody's",
          "[admission]") {
  const auto let_in = [](const std::string& where) {
    SinkLog log;
    ModelRig rig({balancer::load_balancer(), cache::cache(), sink(log)},
                 R"({"lb": {"kind": "load_balancer", "targets": ["it"], "replicas": 2,
                            "rate_limit": {"token_bucket": {"rate": "0.001/s", "burst": 3})" +
                     where + R"(}},
                     "it": {"kind": "sink"},
                     "redis": {"kind": "cache", "capacity": 10, "service_time": "1ms"}})");
    for (int i = 0; i < 20; ++i) rig.send(Time{1s} + i * 100ms, "lb", read_of(1));
    rig.at(Time{4s}, [&] { rig.instance("lb", 0).kill(false); });
    rig.at(Time{5s}, [&] { rig.instance("lb", 0).revive(); });
    for (int i = 0; i < 20; ++i) rig.send(Time{10s} + i * 100ms, "lb", read_of(1));
    rig.run(Time{20s});
    return log.size();
  };
  CHECK(let_in("") == 9);
  CHECK(let_in(R"(, "store": "redis")") == 3);
}

TEST_CASE("gate: a store's answer takes its time, and its silence fails open or closed",
          "[admission]") {
  const std::string limit = R"("rate_limit": {"token_bucket": {"rate": "1/s", "burst": 100},
                               "store": "redis", "store_timeout": "50ms")";
  const std::string redis =
      R"(}, "it": {"kind": "sink"}, "redis": {"kind": "cache", "capacity": 10,
                                             "service_time": "2ms"}})";
  for (const bool open : {true, false}) {
    SinkLog log;
    ModelRig rig({balancer::load_balancer(), cache::cache(), sink(log)},
                 R"({"lb": {"kind": "load_balancer", "targets": ["it"], )" + limit +
                     (open ? "}" : R"(, "without_store": "reject"})") + redis);
    const Answer& quick = rig.send(Time{1s}, "lb", read_of(1));
    rig.at(Time{2s}, [&] { rig.instance("redis", 0).kill(true); });
    const Answer& silent = rig.send(Time{3s}, "lb", read_of(1));
    rig.run(Time{20s});
    CHECK(quick.took() == 2ms);
    CHECK(silent.took() == 50ms);
    CHECK(silent.reply.status == (open ? Status::ok : Status::rejected));
    CHECK(rig.metric("lb", "admission").causes == Causes{{"without_store", 1}});
  }
}

TEST_CASE("gate: nginx' limit_req makes wait", "[admission]") {
  SinkLog log;
  ModelRig rig({balancer::load_balancer(), sink(log)},
               balancer(R"("rate_limit": {"nginx_limit_req": {"rate": "10r/s", "burst": 2}})"));
  std::vector<const Answer*> answers;
  for (int i = 0; i < 4; ++i) answers.push_back(&rig.send(Time{1s}, "lb", read_of(1)));
  rig.run(Time{20s});
  CHECK(answers[0]->took() == 0ms);
  CHECK(answers[1]->took() == 100ms);
  CHECK(answers[2]->took() == 200ms);
  CHECK(answers[3]->reply.status == Status::rejected);
  CHECK(rig.metric("lb", "admission").causes == Causes{{"delayed", 2}, {"rate_limited", 1}});
}

TEST_CASE("gate: a limit on requests in flight learns from those that are dropped behind it",
          "[admission]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{100ms, Status::rejected}; };
  ModelRig rig({balancer::load_balancer(), sink(log)},
               balancer(R"("concurrency_limit": {"aimd": {"initial_limit": 8, "min_limit": 1,
                                                          "backoff_ratio": 0.5}})"));
  for (int i = 0; i < 20; ++i) rig.send(Time{1s}, "lb", read_of(1));
  for (int i = 0; i < 20; ++i) rig.send(Time{2s}, "lb", read_of(1));
  rig.run(Time{20s});
  CHECK(log.size() == 9);
  CHECK(rig.metric("lb", "admission").causes == Causes{{"limit_reached", 31}});
}

TEST_CASE("gate: a service that is nearly full refuses the least urgent first", "[admission]") {
  const auto completed = [](std::uint8_t priority) {
    ModelRig rig({service::service()},
                 R"({"api": {"kind": "service", "workers": 10, "service_time": "100ms",
                             "queue": {"capacity": 90}, "shed": {}}})");
    // 200 a second, twice what it can do, half of it of another priority.
    for (int i = 0; i < 4000; ++i) {
      Request request = read_of(1);
      request.priority = i % 2 == 0 ? priority : std::uint8_t{0};
      rig.send(Time{i * 5ms}, "api", request);
    }
    rig.run(Time{60s});
    CHECK(rig.metric("api", "admission").causes.at("shed") > 1000);
    return rig.instance("api", 0).answers()[Status::ok];
  };
  // Whoever is shed, the service does what it can.
  for (std::uint8_t priority = 0; priority < 4; ++priority) CHECK(completed(priority) >= 1990);

  const auto share_of_urgent = [](std::uint8_t other) {
    ModelRig rig({service::service()},
                 R"({"api": {"kind": "service", "workers": 10, "service_time": "100ms",
                             "queue": {"capacity": 90}, "shed": {}}})");
    std::vector<const Answer*> urgent;
    for (int i = 0; i < 4000; ++i) {
      Request request = read_of(1);
      request.priority = i % 2 == 0 ? other : std::uint8_t{0};
      const Answer& answer = rig.send(Time{i * 5ms}, "api", request);
      if (i % 2 == 1) urgent.push_back(&answer);
    }
    rig.run(Time{60s});
    return static_cast<double>(std::count_if(urgent.begin(), urgent.end(),
                                             [](const Answer* a) { return a->reply.ok(); })) /
           static_cast<double>(urgent.size());
  };
  CHECK(share_of_urgent(0) == Approx(0.5).margin(0.05));
  CHECK(share_of_urgent(1) > 0.85);
  CHECK(share_of_urgent(3) > 0.99);
}

TEST_CASE("gate: five a minute for each key on each endpoint, or for each endpoint",
          "[admission]") {
  const auto let_in = [](const std::string& per) {
    SinkLog log;
    ModelRig rig({balancer::load_balancer(), sink(log)},
                 balancer(R"("rate_limit": {"fixed_window": {"rate": "5/minute"}, "per": ")" + per +
                          R"("})"));
    const Symbol endpoints[] = {rig.world().symbols.intern("GET /a"),
                                rig.world().symbols.intern("GET /b")};
    for (int i = 0; i < 8; ++i)
      for (const std::uint64_t key : {1u, 2u, 3u})
        for (const Symbol endpoint : endpoints)
          rig.send(Time{10s} + i * 1s, "lb", read_of(key, endpoint));
    rig.run(Time{30s});
    return log.size();
  };
  CHECK(let_in("all") == 5);
  CHECK(let_in("key") == 3 * 5);
  CHECK(let_in("endpoint") == 2 * 5);
  CHECK(let_in("key_and_endpoint") == 3 * 2 * 5);
}

TEST_CASE("gate: users behind one address share its limit", "[admission]") {
  for (const bool in_store : {false, true})
    for (const std::uint64_t addresses : {1u, 10u, 1'000'000u}) {
      SinkLog log;
      ModelRig rig({balancer::load_balancer(), cache::cache(), sink(log)},
                   R"({"lb": {"kind": "load_balancer", "targets": ["it"], "replicas": 1,
                              "rate_limit": {"fixed_window": {"rate": "5/minute"},
                                             "per": "address", "addresses": )" +
                       std::to_string(addresses) + (in_store ? R"(, "store": "redis")" : "") +
                       R"(}}, "it": {"kind": "sink"},
                       "redis": {"kind": "cache", "capacity": 1000}})");
      for (int i = 0; i < 8; ++i)
        for (std::uint64_t key = 0; key < 100; ++key)
          rig.send(Time{10s} + i * 1s, "lb", read_of(key));
      rig.run(Time{30s});
      // A hundred keys leave none of ten addresses out, and hardly share one of a million.
      CHECK(log.size() == 5 * std::min<std::uint64_t>(addresses, 100));
    }
}

TEST_CASE("gate: what is wrong with it is said", "[admission]") {
  const auto balancer_says = [](const std::string& more) {
    return problems_of(balancer::load_balancer(),
                       R"({"kind": "load_balancer", "targets": ["it"], )" + more + "}");
  };
  CHECK_THAT(balancer_says(R"("shed": {})"), Catch::Contains("capacity"));
  CHECK_THAT(balancer_says(R"("rate_limit": {"fixed_window": {"rate": "5/min"}, "pre": "key"})"),
             Catch::Contains("per"));
  CHECK_THAT(balancer_says(R"("rate_limit": {"fixed_window": {"rate": "5/min"},
                              "store_timeout": "1s"})"),
             Catch::Contains("without a store"));
  CHECK_THAT(balancer_says(R"("rate_limit": {"fixed_window": {"rate": "5/min"},
                              "per": "address"})"),
             Catch::Contains("how many addresses"));
  CHECK_THAT(balancer_says(R"("rate_limit": {"fixed_window": {"rate": "5/min"}, "per": "key",
                              "addresses": 5})"),
             Catch::Contains("per address alone"));
  CHECK(balancer_says(R"("rate_limit": {"fixed_window": {"rate": "5/min"}, "per": "key"},
                         "shed": {"capacity": 100}, "concurrency_limit": "gradient2")")
            .empty());
  CHECK_THAT(
      problems_of(service::service(), R"({"kind": "service", "service_time": "1ms", "shed": {}})"),
      Catch::Contains("unbounded"));
}

}  // namespace
}  // namespace highwater
