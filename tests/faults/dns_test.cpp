// Names that are not resolved, or to what is no longer so.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Caller;
using testing::kOneSink;
using testing::ModelRig;
using testing::problems_of;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

TEST_CASE("dns: without connections each call resolves", "[faults]") {
  const auto took = [](const std::string& more, Duration patience) {
    SinkLog log;
    ModelRig rig({sink(log)}, kOneSink);
    rig.fault(dns(), R"({"at": "2s", "for": "1s", "dns": "it")" + more + "}");
    const Answer& before = rig.send(Time{1s}, "it", Request{});
    const Answer& during = rig.send(Time{2100ms}, "it", Request{}, timeout_of(patience));
    const Answer& after = rig.send(Time{3100ms}, "it", Request{});
    rig.run(Time{100s});
    CHECK(before.reply.ok());
    CHECK(after.took() == 0s);
    CHECK(log.size() == 2);
    return std::pair(during.reply.status, during.took());
  };
  using All = std::pair<Status, Duration>;
  CHECK(took("", 60s) == All(Status::unavailable, 0s));
  CHECK(took(R"(, "answer": "servfail")", 60s) == All(Status::unavailable, 0s));
  CHECK(took(R"(, "answer": "timeout")", 60s) == All(Status::unavailable, 10s));
  CHECK(took(R"(, "answer": "timeout", "timeout": "2s", "attempts": 3)", 60s) ==
        All(Status::unavailable, 6s));
  CHECK(took(R"(, "answer": "timeout")", 1s) == All(Status::timeout, 1s));
}

TEST_CASE("dns: a server that cannot tell is asked as often as one that is silent", "[faults]") {
  const auto took = [](const std::string& more) {
    SinkLog log;
    ModelRig rig({sink(log)}, kOneSink, testing::network_of(3ms));
    rig.fault(dns(), R"({"at": "2s", "dns": "it")" + more + "}");
    const Answer& answer = rig.send(Time{3s}, "it", Request{});
    rig.run(Time{10s});
    CHECK(answer.reply.status == Status::unavailable);
    return answer.took();
  };
  CHECK(took("") == 6ms);
  CHECK(took(R"(, "answer": "servfail")") == 12ms);
  CHECK(took(R"(, "answer": "servfail", "attempts": 5)") == 30ms);
}

TEST_CASE("dns: connections that are open go on, and new ones fail", "[faults]") {
  SinkLog log;
  testing::answer_after(log, 50ms);
  const auto [policy, took] = GENERATE(table<std::string, Duration>(
      {{R"("transport": {})", 10s},
       {R"("transport": {"connect_timeout": "3s"})", 3s},
       {R"("pool": {"size": 1, "max_overflow": 5})", 10s},
       {R"("pool": {"size": 1, "max_overflow": 5, "connect_timeout": "3s"})", 3s}}));
  INFO(policy);
  Caller caller(log, policy);
  caller.rig.fault(dns(), R"({"at": "2s", "for": "20s", "dns": "api -> it",
                              "answer": "timeout"})");
  caller.at(Time{1s});
  const Answer& goes_on = caller.at(Time{3s});
  const Answer& beside = caller.at(Time{3s});
  const Answer& after = caller.at(Time{40s});
  caller.rig.run(Time{60s});
  CHECK(goes_on.took() == 50ms);
  // A transport gives the one who waits what becomes free meanwhile; a pool lets him wait for his.
  const bool waits = policy.find("pool") != std::string::npos;
  CHECK(beside.reply.ok() == !waits);
  CHECK(beside.took() == (waits ? took : 100ms));
  CHECK(after.took() == 50ms);
}

TEST_CASE("dns: a process uses the answer it has until that has expired", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "replicas": 400,
                   "endpoints": {"*": [{"call": "it"}]}}})");
  rig.fault(dns(), R"({"at": "10s", "for": "100s", "dns": "api -> it", "ttl": "40s"})");
  rig.at(Time{11s}, [&] {
    for (std::size_t i = 0; i < 40; ++i) {
      rig.instance("api", i).kill(false);
      rig.instance("api", i).revive(false);
    }
  });
  const auto failing = [&](Duration at) {
    std::vector<const Answer*> answers;
    for (std::size_t i = 0; i < 400; ++i)
      answers.push_back(&rig.send_to_instance(Time{at}, "api", i, Request{}));
    rig.run(Time{at + 1ms});
    return std::count_if(answers.begin(), answers.end(),
                         [](const Answer* each) { return !each->reply.ok(); });
  };
  CHECK(failing(10s + 1ms) < 10);
  // A quarter of 360, and those that started anew.
  CHECK(static_cast<double>(failing(20s)) == Approx(90 + 40).margin(4 * 8.3));
  CHECK(static_cast<double>(failing(40s)) == Approx(270 + 40).margin(4 * 8.3));
  CHECK(failing(50s + 1ms) == 400);
  CHECK(failing(111s) == 0);
}

TEST_CASE("dns: stale answers name the instances of old", "[faults]") {
  const std::string call =
      GENERATE(as<std::string>(), "", R"(, "transport": {"keep_alive": "0s"})");
  ModelRig rig({service::service()},
               R"({"db": {"kind": "service", "replicas": 4, "service_time": "0s"},
                   "api": {"kind": "service", "workers": 1000,
                           "endpoints": {"*": [{"call": "db")" +
                   call + "}]}}}");
  rig.instance("db", 3).be_absent();
  rig.fault(dns(), R"({"at": "2s", "for": "10s", "dns": "api -> db", "answer": "stale"})");
  rig.at(Time{3s}, [&] {
    rig.instance("db", 0).leave({});
    rig.instance("db", 3).appear();
  });
  const auto ask = [&](Duration at) {
    std::vector<const Answer*> answers;
    std::vector<std::uint64_t> before;
    for (std::size_t i = 0; i < 4; ++i) before.push_back(rig.instance("db", i).received());
    for (int i = 0; i < 12; ++i) answers.push_back(&rig.send(Time{at + i * 1ms}, "api", Request{}));
    rig.run(Time{at + 100ms});
    std::string text;
    for (std::size_t i = 0; i < 4; ++i)
      text += std::to_string(rig.instance("db", i).received() - before[i]) + " ";
    return text + std::to_string(std::count_if(answers.begin(), answers.end(),
                                               [](auto* each) { return each->reply.ok(); }));
  };
  CHECK(ask(1s) == "4 4 4 0 12");
  // A call to one that is not there reaches it where nothing has to be opened before.
  CHECK(ask(4s) == (call.empty() ? "4 4 4 0 8" : "0 4 4 0 8"));
  CHECK(ask(13s) == "0 4 4 4 12");
}

TEST_CASE("dns: what is wrong with it is said", "[faults][input]") {
  const auto wrong = [](const std::string& more) {
    return problems_of(dns(), R"({"at": "1s", "dns": "it")" + more + "}");
  };
  CHECK(wrong(R"(, "ttl": "30s")").empty());
  CHECK_THAT(wrong(R"(, "answer": "stale", "ttl": "30s")"), Catch::Contains("as old"));
  CHECK_THAT(wrong(R"(, "timeout": "30s")"), Catch::Contains("waits for nothing"));
  CHECK_THAT(wrong(R"(, "attempts": 3)"), Catch::Contains("one attempt"));
  CHECK_THAT(wrong(R"(, "answer": "refused")"), Catch::Contains("nxdomain"));

  SinkLog log;
  ModelRig rig({sink(log), service::service(), balancer::load_balancer()},
               R"({"it": {"kind": "sink"},
                   "api": {"kind": "service", "endpoints": {"*": [{"call": "it"}]}},
                   "lb": {"kind": "load_balancer", "targets": ["api"]}})");
  CHECK_THAT(testing::examined(rig, dns(), R"({"at": "1s", "dns": "lb -> api"})"),
             Catch::Contains("a load balancer keeps"));
  CHECK_THAT(testing::examined(rig, dns(), R"({"at": "1s", "dns": "it", "answer": "stale"})"),
             Catch::Contains("depends on the request"));
  CHECK(testing::examined(rig, dns(), R"({"at": "1s", "dns": "it"})").empty());
}

}  // namespace
}  // namespace highwater::faults
