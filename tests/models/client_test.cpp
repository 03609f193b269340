// What a client sends, when, and how it counts what becomes of it. The callee writes down all that
// reaches it and answers as it is told.

#include "models/client/client.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/calls/transport.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/scratch_file.h"
#include "tests/support/sink.h"
#include "tests/support/theory.h"

namespace highwater::client {
namespace {

using testing::ModelRig;
using testing::own_metrics;
using testing::problems_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;

ModelRig::Options lasting(Duration duration, std::uint64_t seed = 1) {
  ModelRig::Options options;
  options.duration = duration;
  options.seed = seed;
  return options;
}

/// One client of a sink, run for `duration`.
SinkLog sent(const std::string& parameters, Duration duration, std::uint64_t seed = 1) {
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it", )" + parameters +
                   R"(}, "it": {"kind": "sink"}})",
               lasting(duration, seed));
  rig.run(Time{duration});
  return log;
}

TEST_CASE("client: open arrivals reach the callee at their own pace", "[models][client]") {
  const SinkLog log = sent(R"("arrivals": {"constant": "4/s"})", 2s);
  CHECK(log.times() == std::vector<Duration>{250ms, 500ms, 750ms, 1s, 1250ms, 1500ms, 1750ms, 2s});
  std::set<std::uint64_t> ids;
  for (const Received& each : log.received) {
    ids.insert(each.request.id);
    CHECK(each.request.intended == each.at);
    CHECK(each.request.operation == Operation::read);
    CHECK(each.request.priority == 0);
    CHECK(each.request.key == 0);
    CHECK(each.request.endpoint == kNoSymbol);
  }
  CHECK(ids.size() == 8);
}

TEST_CASE("client: same seed, same requests, another seed - others", "[models][client]") {
  const std::string parameters =
      R"("arrivals": {"poisson": "100/s"}, "keys": {"uniform": 1000000})";
  const SinkLog log = sent(parameters, 10s, 1);
  CHECK(log.times() == sent(parameters, 10s, 1).times());
  CHECK(log.times() != sent(parameters, 10s, 2).times());
  CHECK(log.received[0].request.key != log.received[1].request.key);
}

TEST_CASE("client: requests of several clients are told apart", "[models][client]") {
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"a": {"kind": "client", "calls": "it", "arrivals": {"constant": "10/s"}},
                   "b": {"kind": "client", "calls": "it", "arrivals": {"constant": "10/s"}},
                   "it": {"kind": "sink"}})",
               lasting(10s));
  rig.run(Time{10s});
  std::set<std::uint64_t> ids;
  for (const Received& each : log.received) ids.insert(each.request.id);
  CHECK(ids.size() == 200);
}

TEST_CASE("client: priority and op go with every request", "[models][client]") {
  const SinkLog log = sent(R"("arrivals": {"constant": "1/s"}, "priority": 7, "op": "write")", 1s);
  REQUIRE(log.size() == 1);
  CHECK(log.received[0].request.priority == 7);
  CHECK(log.received[0].request.operation == Operation::write);
}

TEST_CASE("client: methods that change data are writes, unless op says otherwise",
          "[models][client]") {
  const auto operation = [](const std::string& endpoint, const std::string& more = "") {
    const SinkLog log =
        sent(R"("arrivals": {"constant": "1/s"}, "mix": {")" + endpoint + "\": 1}" + more, 1s);
    return log.received.at(0).request.operation;
  };
  CHECK(operation("DELETE /a") == Operation::remove);
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    CHECK(operation(method + std::string(" /a")) != Operation::read);
    CHECK(operation(method + std::string(" /a"), R"(, "op": "read")") == Operation::read);
  }
  for (const char* other : {"GET /a", "HEAD /a", "POSTER"})
    CHECK(operation(other) == Operation::read);
  CHECK(operation("GET /a", R"(, "op": "write")") == Operation::write);
}

TEST_CASE("client: the mix gives every endpoint its share", "[models][client]") {
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it", "arrivals": {"constant": "1k/s"},
                             "mix": {"GET /a": "50%", "GET /b": "30%", "POST /c": "20%"}},
                   "it": {"kind": "sink"}})",
               lasting(20s));
  rig.run(Time{20s});
  std::map<std::string, double> shares;
  for (const Received& each : log.received)
    shares[rig.world().symbols.name(each.request.endpoint)] += 1.0 / 20'000;
  CHECK(shares.size() == 3);
  CHECK(shares["GET /a"] == Approx(0.5).margin(0.018));  // five standard deviations
  CHECK(shares["GET /b"] == Approx(0.3).margin(0.017));
  CHECK(shares["POST /c"] == Approx(0.2).margin(0.015));
}

TEST_CASE("client: keys follow their law", "[models][client]") {
  SECTION("uniform") {
    const SinkLog log = sent(R"("arrivals": {"constant": "1k/s"}, "keys": {"uniform": 4})", 10s);
    std::map<std::uint64_t, int> counts;
    for (const Received& each : log.received) ++counts[each.request.key];
    CHECK(counts.size() == 4);
    for (const auto& [key, count] : counts) CHECK(count == Approx(2500).margin(220));
  }
  SECTION("hotspot") {
    const SinkLog log = sent(R"("arrivals": {"constant": "1k/s"},
        "keys": {"hotspot": {"items": 1000, "hot": "1%", "share": "60%"}})",
                             10s);
    const auto hot = std::count_if(log.received.begin(), log.received.end(),
                                   [](const Received& each) { return each.request.key < 10; });
    CHECK(hot == Approx(6000).margin(250));
  }
}

TEST_CASE("client: a batch comes together", "[models][client]") {
  SECTION("of a fixed size") {
    const SinkLog log = sent(R"("arrivals": {"constant": "1/s", "batch": 3})", 2s);
    CHECK(log.times() == std::vector<Duration>{1s, 1s, 1s, 2s, 2s, 2s});
  }
  SECTION("of a size that varies") {
    const SinkLog log =
        sent(R"("arrivals": {"poisson": "10/s", "batch": {"geometric": {"p": 0.75}}})", 1000s);
    std::map<Time, double> sizes;
    for (const Received& each : log.received) ++sizes[each.at];
    double ones = 0;
    for (const auto& [at, size] : sizes) ones += size == 1;
    const auto batches = static_cast<double>(sizes.size());
    // Geometric from 1 with mean 1/(1 - p) = 4 and standard deviation 3.46; a quarter are single.
    CHECK(batches == Approx(10'000).margin(500));
    CHECK(static_cast<double>(log.size()) / batches == Approx(4).margin(0.18));
    CHECK(ones / batches == Approx(0.25).margin(0.022));
  }
}

TEST_CASE("client: a session is several requests about one key, with thinking between",
          "[models][client]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{200ms}; };
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it", "arrivals": {"constant": "0.1/s"},
                             "keys": {"uniform": 1000000},
                             "session": {"requests": 3, "think": "1s"}},
                   "it": {"kind": "sink"}})",
               lasting(25s));
  rig.run(Time{25s});
  CHECK(log.times() == std::vector<Duration>{10s, 11200ms, 12400ms, 20s, 21200ms, 22400ms});
  CHECK(log.received[0].request.key == log.received[2].request.key);
  CHECK(log.received[0].request.key != log.received[3].request.key);
  CHECK(log.received[0].request.id != log.received[1].request.id);
  for (const Received& each : log.received) CHECK(each.request.intended == each.at);
  CHECK(rig.count("users", "issued") == 6);
  CHECK(rig.value("users", "latency_ms") == Approx(200));
}

TEST_CASE("client: sessions vary in length", "[models][client]") {
  const SinkLog log = sent(R"("arrivals": {"constant": "100/s"}, "keys": {"uniform": 1000000000},
      "session": {"requests": {"geometric": {"p": 0.5}}, "think": {"exponential": "1s"}})",
                           200s);
  std::map<std::uint64_t, double> lengths;
  for (const Received& each : log.received) ++lengths[each.request.key];
  CHECK(static_cast<double>(log.size()) / static_cast<double>(lengths.size()) ==
        Approx(2).epsilon(0.03));
}

TEST_CASE("client: closed users are machine repair", "[models][client]") {
  ModelRig rig({client(), service::service()},
               R"({"users": {"kind": "client", "calls": "api", "arrivals":
                             {"closed": {"users": 10, "think": {"exponential": "100ms"}}}},
                   "api": {"kind": "service", "service_time": {"exponential": "20ms"}}})",
               lasting(4000s));
  rig.run(Time{4000s});
  const theory::ClosedQueue expected = theory::machine_repair(10, 10, 50, 1);
  const Time from{50s};
  CHECK(rig.value("users", "throughput_rps", from) == Approx(expected.throughput).epsilon(0.01));
  CHECK(rig.value("users", "latency_ms", from) == Approx(expected.sojourn * 1000).epsilon(0.015));
  CHECK(rig.value("api", "utilization", from) == Approx(expected.utilization).epsilon(0.01));
  CHECK(rig.value("api", "in_flight", from) == Approx(expected.number_in_system).epsilon(0.02));
}

TEST_CASE("client: closed users start by thinking, each with a draw of its own",
          "[models][client]") {
  const SinkLog fixed = sent(R"("arrivals": {"closed": {"users": 2, "think": "300ms"}})", 1s);
  CHECK(fixed.times() == std::vector<Duration>{300ms, 300ms, 600ms, 600ms, 900ms, 900ms});
  const SinkLog log = sent(
      R"("arrivals": {"closed": {"users": 1000, "think": {"uniform": ["1s", "2s"]}}})", 2500ms);
  double first = 0;
  for (std::size_t i = 0; i < 1000; ++i) first += seconds(log.received[i].at) / 1000;
  CHECK(first == Approx(1.5).margin(0.05));
}

TEST_CASE("client: closed users have sessions too", "[models][client]") {
  const SinkLog log = sent(R"("arrivals": {"closed": {"users": 1, "think": "10s"}},
                              "session": {"requests": 2, "think": "1s"})",
                           25s);
  CHECK(log.times() == std::vector<Duration>{10s, 11s, 21s, 22s});
}

TEST_CASE("client: latency counts from the intended arrival, into its slice", "[models][client]") {
  // The callee stalls for ten seconds. Were each request only sent after the answer to the one
  // before, one of them would notice; all that were meant to be sent during the stall do.
  ModelRig rig({client(), service::service()},
               R"({"users": {"kind": "client", "calls": "api", "arrivals": {"constant": "10/s"}},
                   "api": {"kind": "service", "service_time": "1ms", "start_time": "0s"}})",
               lasting(100s));
  rig.at(Time{40s}, [&] { rig.edge("api"); });
  Edge* edge = nullptr;
  rig.at(Time{40s}, [&] {
    edge = &rig.directory().edge(rig.component("users"), rig.component("api"));
    edge->cut(true, true);
  });
  rig.at(Time{50s}, [&] { edge->heal(true, true); });
  rig.run(Time{100s});
  const MetricRecord& latency = rig.metric("users", "latency_ms");
  double stalled = 0;
  double waited = 0;
  for (std::size_t slice = 80; slice < 100; ++slice) {  // half seconds
    stalled += latency.sums.weight[slice];
    waited += latency.sums.sum[slice] * 1e-9;
  }
  CHECK(stalled == 100);
  CHECK(waited / stalled == Approx(5).margin(0.2));
  CHECK(latency.sums.sum[79] == Approx(5 * 1e6));
  CHECK(latency.sums.sum[81] / latency.sums.weight[81] == Approx(9.3e9).margin(0.3e9));
  CHECK(rig.metric("users", "throughput_rps").sums.sum[85] == 5);  // though nothing came then
}

TEST_CASE("client: latency includes retries and their pauses", "[models][client]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{10ms, Status::error}; };
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "arrivals": {"constant": "1/s"},
                             "calls": {"to": "it", "timeout": "1s", "retry":
                             {"attempts": 3, "backoff": "50ms", "jitter": "none"}}},
                   "it": {"kind": "sink"}})",
               lasting(10s));
  rig.run(Time{10s});
  CHECK(log.size() == 9 * 3 + 1);
  CHECK(rig.count("users", "issued") == 10);
  CHECK(rig.count("users", "failed") == 9);
  CHECK(rig.value("users", "failed_latency_ms") == Approx(3 * 10 + 50 + 100));
  CHECK(rig.metric("users", "latency_ms").histogram.merged({0, 200}).count() == 0);
}

TEST_CASE("client: every outcome has its count, its rate and its cause", "[models][client]") {
  SinkLog log;
  log.react = [&log](const Received&) {
    switch (log.size() % 10) {
      case 1:
        return Reaction{1ms, Status::error};
      case 2:
        return Reaction{1ms, Status::rejected};
      case 3:
        return Reaction{1ms, Status::unavailable};
      case 4:
        return Reaction{10s, Status::ok};  // after the timeout
      case 5:
        return Reaction{1ms, Status::rejected};
      default:
        return Reaction{5ms, Status::ok};
    }
  };
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "arrivals": {"constant": "10/s"},
                             "calls": {"to": "it", "timeout": "50ms"}},
                   "it": {"kind": "sink"}})",
               lasting(100s));
  rig.run(Time{100s});
  CHECK(rig.count("users", "issued") == 1000);
  CHECK(rig.count("users", "completed") == 499);  // the last is still under way
  CHECK(rig.count("users", "failed") == 300);
  CHECK(rig.count("users", "rejected") == 200);
  CHECK(rig.world().in_flight.in_flight() == 1);
  CHECK(rig.metric("users", "errors").causes ==
        std::map<std::string, std::uint64_t>{
            {"error", 100}, {"rejected", 200}, {"timeout", 100}, {"unavailable", 100}});
  CHECK(rig.value("users", "offered_rps") == Approx(10));
  CHECK(rig.value("users", "throughput_rps") == Approx(4.99));
  CHECK(rig.value("users", "failed_rps") == Approx(5));
  CHECK(rig.value("users", "availability") == Approx(499.0 / 999));
  CHECK(rig.value("users", "latency_ms") == Approx(5));
  CHECK(rig.value("users", "failed_latency_ms") == Approx((4 * 1 + 50) / 5.0));
}

TEST_CASE("client: causes that every report names are there without any", "[models][client]") {
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "arrivals": {"constant": "1/s"},
                             "calls": {"to": "it", "breaker": "opossum", "pool": {"size": 5}}},
                   "others": {"kind": "client", "arrivals": {"constant": "1/s"},
                              "calls": {"to": "it", "transport": {}}},
                   "it": {"kind": "sink"}})",
               lasting(10s));
  rig.run(Time{10s});
  CHECK(rig.metric("users", "errors").causes ==
        std::map<std::string, std::uint64_t>{{"rejected", 0}, {"timeout", 0}, {"unavailable", 0}});
  const std::vector<MetricInfo> of_transports = transport_metrics();
  for (const MetricInfo& metric : own_metrics(client())) {
    const bool connected =
        std::any_of(of_transports.begin(), of_transports.end(),
                    [&](const MetricInfo& other) { return other.name == metric.name; });
    CHECK_NOTHROW(rig.metric(connected ? "others" : "users", metric.name));
  }
}

std::string trace_of(const ScratchFile& file, const std::string& format,
                     const std::string& more = "") {
  return R"("arrivals": {"trace": {"file": ")" + file.path().string() + R"(", "format": ")" +
         format + "\"" + more + "}}";
}

TEST_CASE("client: a trace is replayed in its order, with its endpoints and keys",
          "[models][client]") {
  const ScratchFile file(
      "time_s,endpoint,key\n"
      "5,GET /late,k1\n"
      "1,GET /first,k2\n"
      "1,GET /second,k1\n"
      "3,GET /first,k3\n");
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it", )" + trace_of(file, "csv") +
                   R"(}, "it": {"kind": "sink"}})",
               lasting(10s));
  rig.run(Time{10s});
  CHECK(log.times() == std::vector<Duration>{0s, 0s, 2s, 4s});
  std::vector<std::string> endpoints;
  for (const Received& each : log.received)
    endpoints.push_back(rig.world().symbols.name(each.request.endpoint));
  CHECK(endpoints ==
        std::vector<std::string>{"GET /first", "GET /second", "GET /first", "GET /late"});
  CHECK(log.received[1].request.key == log.received[3].request.key);
  CHECK(log.received[0].request.key != log.received[2].request.key);
}

TEST_CASE("client: speedup shortens the gaps of a trace", "[models][client]") {
  const ScratchFile file("10\n12\n16\n");
  CHECK(sent(trace_of(file, "times"), 10s).times() == std::vector<Duration>{0s, 2s, 6s});
  CHECK(sent(trace_of(file, "times", R"(, "speedup": 4)"), 10s).times() ==
        std::vector<Duration>{0s, 500ms, 1500ms});
  CHECK(sent(trace_of(file, "times", R"(, "speedup": 0.5)"), 20s).times() ==
        std::vector<Duration>{0s, 4s, 12s});
}

TEST_CASE("client: a log's whole seconds are spread, unless told otherwise", "[models][client]") {
  std::string line = R"(1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1 "-" "-")";
  const ScratchFile file(line + "\n" + line + "\n");
  CHECK(sent(trace_of(file, "combined"), 10s).times() == std::vector<Duration>{0s, 500ms});
  CHECK(sent(trace_of(file, "common"), 10s).times() == std::vector<Duration>{0s, 500ms});
  CHECK(sent(trace_of(file, "combined", R"(, "spread": false)"), 10s).times() ==
        std::vector<Duration>{0s, 0s});
}

TEST_CASE("client: mix, keys and sessions of its own replace those of a trace",
          "[models][client]") {
  const ScratchFile file("time_s,endpoint,key\n0,GET /a,k\n1,GET /a,k\n2,GET /a,k\n");
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it", "mix": {"GET /b": "100%"},
                             "keys": {"uniform": 1000000000},
                             "session": {"requests": 2, "think": "100ms"}, )" +
                   trace_of(file, "csv") + R"(}, "it": {"kind": "sink"}})",
               lasting(10s));
  rig.run(Time{10s});
  CHECK(log.times() == std::vector<Duration>{0s, 100ms, 1s, 1100ms, 2s, 2100ms});
  for (const Received& each : log.received)
    CHECK(rig.world().symbols.name(each.request.endpoint) == "GET /b");
  CHECK(log.received[0].request.key == log.received[1].request.key);
  CHECK(log.received[0].request.key != log.received[2].request.key);
}

TEST_CASE("client: a session that a trace begins stays with its endpoint and key",
          "[models][client]") {
  const ScratchFile file("time_s,endpoint,key\n0,GET /a,k\n");
  SinkLog log;
  ModelRig rig({client(), sink(log)},
               R"({"users": {"kind": "client", "calls": "it",
                             "session": {"requests": 2, "think": "1s"}, )" +
                   trace_of(file, "csv") + R"(}, "it": {"kind": "sink"}})",
               lasting(10s));
  rig.run(Time{10s});
  REQUIRE(log.times() == std::vector<Duration>{0s, 1s});
  CHECK(log.received[1].request.endpoint == log.received[0].request.endpoint);
  CHECK(log.received[1].request.key == log.received[0].request.key);
}

TEST_CASE("client: what is wrong with it is said", "[models][client][input]") {
  const auto wrong = [](const std::string& parameters) {
    return problems_of(client(), R"({"kind": "client", )" + parameters + "}");
  };
  CHECK(wrong(R"("calls": "it", "arrivals": {"poisson": "1/s"})").empty());
  CHECK_THAT(wrong(R"("arrivals": {"poisson": "1/s"})"), Catch::Contains("calls"));
  CHECK_THAT(wrong(R"("calls": "it")"), Catch::Contains("arrivals"));
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"poisson": "1/s"}, "mix": {"a": "50%"})"),
             Catch::Contains("the shares add up to 50.0% instead of 100%"));
  CHECK(wrong(R"("calls": "it", "arrivals": {"poisson": "1/s"},
                 "mix": {"a": "33.3%", "b": "33.3%", "c": "33.3%"})")
            .empty());
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"renewal": "0s"})"),
             Catch::Contains("the mean gap between arrivals must be at least 1ns"));
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"mmpp": [{"rate": "0/s", "stay": "1s"}]})"),
             Catch::Contains("at least one state needs a rate above 0"));
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"closed": {"users": 0, "think": "1s"}})"),
             Catch::Contains("users"));
  CHECK_THAT(wrong(R"("calls": {"to": "it", "deadline_slack": "1ms"},
                      "arrivals": {"poisson": "1/s"})"),
             Catch::Contains("/calls/deadline_slack: is for calls on behalf of a caller"));
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"poisson": "1/s"}, "priority": 256)"),
             Catch::Contains("priority"));
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"poisson": "1/s"}, "session": {"think": "1s"})"),
             Catch::Contains("requests"));
  CHECK_THAT(wrong(R"("calls": "it", "arrivals": {"trace": {"file": "missing.log"}})"),
             Catch::Contains("missing.log"));
}

}  // namespace
}  // namespace highwater::client
