// The connections that calls are made over: what opening, sharing and losing them costs, against
// hand-computed times and closed forms.

#include "models/calls/transport.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/calls/call_params.h"
#include "tests/support/theory.h"
#include "tests/transport/caller.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::answer_after;
using testing::Caller;
using testing::Flow;
using testing::ModelRig;
using testing::network_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;

std::string problems_in(const std::string& json) {
  Problems problems;
  const auto value = parse_json(json, problems.add_source("policy.json"), problems);
  if (value) read_params<CallPolicy>(*value, "", problems);
  return problems.text();
}

TEST_CASE("transport: TCP takes a round trip, TLS one or two, a resumed session one less",
          "[calls]") {
  struct Row {
    const char* transport;
    Duration first, second;
  };
  // One way is 10 ms; a request to api and from there takes two round trips anyway.
  const Row row =
      GENERATE(Row{R"({})", 60ms, 40ms}, Row{R"("http2")", 60ms, 40ms},
               Row{R"({"keep_alive": "0s"})", 60ms, 60ms}, Row{R"({"tls": "tls1_3"})", 80ms, 40ms},
               Row{R"({"tls": "tls1_2"})", 100ms, 40ms},
               Row{R"({"tls": "tls1_3", "keep_alive": "0s"})", 80ms, 80ms},
               Row{R"({"tls": "tls1_2", "keep_alive": "0s"})", 100ms, 100ms},
               Row{R"({"tls": "tls1_3", "keep_alive": "0s", "resumption": "100%"})", 80ms, 80ms},
               Row{R"({"tls": "tls1_2", "keep_alive": "0s", "resumption": "100%"})", 100ms, 80ms});
  CAPTURE(row.transport);
  SinkLog log;
  Caller caller(log, R"("transport": )" + std::string(row.transport), 10ms);
  const Answer& first = caller.at(Time{1s});
  const Answer& second = caller.at(Time{2s});
  caller.rig.run(Time{5s});
  CHECK(first.took() == row.first);
  CHECK(second.took() == row.second);
  const bool again = row.second > 40ms;
  CHECK(caller.count("connections_made") == (again ? 2 : 1));
  const bool resumes = std::string(row.transport).find("resumption") != std::string::npos;
  const bool tls = std::string(row.transport).find("tls") != std::string::npos;
  CHECK(caller.count("handshakes_resumed") == (resumes ? 1 : 0));
  CHECK(caller.count("handshakes_full") == (!tls ? 0 : again && !resumes ? 2 : 1));
  CHECK(caller.value("connection_wait_ms") == Approx(500 * seconds(row.first + row.second - 80ms)));
}

TEST_CASE("transport: a share of the sessions is resumed", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"tls": "tls1_3", "keep_alive": "0s", "resumption": "30%"})");
  for (int i = 0; i < 10'000; ++i) caller.at(Time{1s + i * 10ms});
  caller.rig.run(Time{200s});
  const auto resumed = static_cast<double>(caller.count("handshakes_resumed"));
  CHECK(resumed == Approx(3000).margin(4 * 46));  // four deviations
  CHECK(resumed + static_cast<double>(caller.count("handshakes_full")) == 10'000);
}

TEST_CASE("transport: a connection is closed when it has been idle for keep_alive", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"keep_alive": "5s"})");
  for (const int second : {1, 5, 12, 30}) caller.at(Time{std::chrono::seconds{second}});
  caller.rig.run(Time{100s});
  CHECK(caller.count("connections_made") == 3);
  // 1 to 10 s, 12 to 17 s, 30 to 35 s.
  CHECK(caller.value("connections_open") == Approx(19.0 / 100));
}

TEST_CASE("transport: http1 has one request at a time on a connection, http2 its streams",
          "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  const auto times = [&](const std::string& transport) {
    log.received.clear();
    Caller caller(log, R"("transport": )" + transport);
    for (int i = 0; i < 5; ++i) caller.at(Time{1s});
    caller.rig.run(Time{10s});
    CHECK(caller.value("connection_waiting") ==
          Approx(caller.value("connection_wait_ms") * 5 / 1000 / 10));
    return std::pair(log.times(), caller.count("connections_made"));
  };
  using Times = std::vector<Duration>;
  CHECK(times(R"({"connections": 2})") == std::pair(Times{1s, 1s, 2s, 2s, 3s}, std::uint64_t{2}));
  CHECK(times(R"({})") == std::pair(Times{1s, 1s, 1s, 1s, 1s}, std::uint64_t{5}));
  CHECK(times(R"("http2")") == std::pair(Times{1s, 1s, 1s, 1s, 1s}, std::uint64_t{1}));
  CHECK(times(R"({"protocol": "http2", "streams": 3})") ==
        std::pair(Times{1s, 1s, 1s, 2s, 2s}, std::uint64_t{1}));
  CHECK(times(R"({"protocol": "http2", "streams": 2, "connections": 2})") ==
        std::pair(Times{1s, 1s, 1s, 1s, 2s}, std::uint64_t{2}));
}

TEST_CASE("transport: who waits takes a connection that becomes free before the new one is open",
          "[calls]") {
  SinkLog log;
  answer_after(log, 10ms);
  Caller caller(log, R"("transport": {})", 20ms);
  caller.at(Time{1s});
  // The first connection is free at 1.11 s, the second would be open at 1.145 s.
  const Answer& second = caller.at(Time{1085ms});
  caller.rig.run(Time{10s});
  CHECK(second.took() == 20ms + 5ms + 50ms + 20ms);
  CHECK(caller.count("connections_made") == 2);
}

TEST_CASE("transport: k connections of http1, or one with k streams of http2, are M/M/k",
          "[calls][costly]") {
  const std::string transport = GENERATE(
      std::string(R"({"connections": 4})"), std::string(R"({"protocol": "http2", "streams": 4})"),
      std::string(R"({"protocol": "http2", "streams": 2, "connections": 2})"));
  CAPTURE(transport);
  Flow flow(320, 400'000, transport,
            R"("workers": 100000, "service_time": {"exponential": "10ms"})", 1400s);
  CHECK(flow.rig.value("api", "connection_wait_ms") ==
        Approx(1000 * theory::mmc_wait(320, 100, 4)).epsilon(0.04));
  CHECK(flow.failed == 0);
}

TEST_CASE("transport: answers of one size on one connection are an M/D/1 queue", "[calls]") {
  // 125 kB at 100 Mbit/s take 10 ms.
  Flow flow(80, 200'000, R"({"protocol": "http2", "streams": 100000, "bandwidth": "100Mbit/s",
                             "response_size": "125kB"})",
            R"("workers": 100000, "service_time": "1ms")", 2600s);
  CHECK(flow.mean() == Approx(0.001 + theory::mg1_sojourn(80, 0.01, 0)).epsilon(0.03));
}

TEST_CASE("transport: messages take the bandwidth of their connection in either direction",
          "[calls]") {
  SinkLog log;
  Caller caller(log,
                R"("transport": {"bandwidth": "8Mbit/s", "request_size": "20kB",
                                 "response_size": "50kB"})",
                10ms);
  const Answer& first = caller.at(Time{1s});
  const Answer& beside = caller.at(Time{1s});
  const Answer& later = caller.at(Time{2s});
  caller.rig.run(Time{10s});
  CHECK(first.took() == 60ms + 20ms + 50ms);
  CHECK(beside.took() == first.took());  // on a connection of its own
  CHECK(later.took() == 40ms + 20ms + 50ms);
  CHECK(caller.count("bytes_sent") == 60'000);
  CHECK(caller.count("bytes_received") == 150'000);
  CHECK(caller.edge().bytes_sent() == 60'000);
  CHECK(caller.edge().bytes_received() == 150'000);
}

TEST_CASE("transport: on one connection of http2 messages go one after the other", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"protocol": "http2", "bandwidth": "8Mbit/s",
                                      "response_size": "50kB"})");
  const Answer& first = caller.at(Time{1s});
  const Answer& second = caller.at(Time{1s});
  caller.rig.run(Time{10s});
  CHECK(first.took() == 50ms);
  CHECK(second.took() == 100ms);
}

TEST_CASE("transport: sizes follow their law, the same in every attempt", "[calls]") {
  SinkLog log;
  const std::pair<const char*, double> law =
      GENERATE(std::pair{R"({"exponential": "10kB"})", 10e3},
               std::pair{R"({"uniform": ["1kB", "3kB"]})", 2e3},
               std::pair{R"({"lognormal": {"mean": "10kB", "p99": "50kB"}})", 10e3});
  Caller caller(log, R"("transport": {"request_size": )" + std::string(law.first) + "}");
  for (int i = 0; i < 40'000; ++i) caller.at(Time{1s + i * 1ms});
  caller.rig.run(Time{100s});
  CHECK(static_cast<double>(caller.count("bytes_sent")) == Approx(40e3 * law.second).epsilon(0.03));
}

TEST_CASE("transport: an answer that is an error has no size", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1ms, Status::error}; };
  Caller caller(log, R"("transport": {"response_size": "1MB", "bandwidth": "8Mbit/s"})");
  const Answer& answer = caller.at(Time{1s});
  caller.rig.run(Time{10s});
  CHECK(answer.took() == 1ms);
  CHECK(caller.count("bytes_received") == 0);
}

TEST_CASE("transport: a call that times out ends a connection of http1, a stream of http2",
          "[calls]") {
  SinkLog log;
  log.react = [](const Received& received) {
    return received.at < Time{2s} ? Reaction{1h} : Reaction{1ms};
  };
  const bool http1 = GENERATE(true, false);
  Caller caller(log, std::string(R"("timeout": "50ms", "transport": )") +
                         (http1 ? R"("http1")" : R"("http2")"));
  const Answer& late = caller.at(Time{1s});
  caller.at(Time{2s});
  caller.rig.run(Time{10s});
  CHECK(late.reply.cause() == Status::timeout);
  CHECK(late.took() == 50ms);
  CHECK(caller.count("connections_made") == (http1 ? 2 : 1));
}

TEST_CASE("transport: the timeout covers line, handshake, request and answer", "[calls]") {
  SinkLog log;
  const std::pair<const char*, Duration> row = GENERATE(
      std::pair{R"("timeout": "25ms", "transport": {"tls": "tls1_3"})", 25ms},  // handshake
      std::pair{R"("timeout": "75ms", "transport": {"request_size": "1MB",
                   "bandwidth": "8Mbit/s"})",
                75ms},
      std::pair{R"("timeout": "75ms", "transport": {"response_size": "1MB",
                   "bandwidth": "8Mbit/s"})",
                75ms});
  CAPTURE(row.first);
  Caller caller(log, row.first, 10ms);
  const Answer& answer = caller.at(Time{1s});
  caller.rig.run(Time{10s});
  CHECK(answer.reply.cause() == Status::timeout);
  CHECK(answer.took() == row.second + 20ms);
}

TEST_CASE("transport: nobody waits for a connection beyond his caller's patience", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("transport": {"connections": 1}, "deadline_slack": "10ms")");
  caller.at(Time{1s});
  CallPolicy hurried;
  hurried.timeout = 500ms;
  const Answer& answer = caller.rig.send(Time{1s}, "api", Request{}, hurried);
  caller.at(Time{1s});
  caller.rig.run(Time{9s});
  CHECK(answer.reply.cause() == Status::timeout);
  CHECK(answer.took() == 490ms);
  CHECK(log.times() == std::vector<Duration>{1s, 2s});
  CHECK(caller.rig.metric("api", "calls").causes.at("deadline_passed") == 1);
}

TEST_CASE("transport: a callee that is down refuses, one that does not answer is asked again",
          "[calls]") {
  SinkLog log;
  const bool silent = GENERATE(false, true);
  Caller caller(log, R"("transport": {})", 10ms);
  caller.rig.at(Time{500ms}, [&] { caller.it().kill(silent); });
  const Answer& first = caller.at(Time{1s});
  caller.rig.at(Time{200s}, [&] { caller.it().revive(); });
  const Answer& later = caller.at(Time{195s});
  caller.rig.run(Time{300s});
  CHECK(first.reply.cause() == Status::unavailable);
  if (silent) {
    CHECK(first.took() == 127s + 20ms);
    CHECK(later.reply.ok());
    CHECK(later.took() == 7s + 60ms);  // asked at 195, 196, 198 and 202 s
    CHECK(caller.count("retransmissions") == 6 + 3);
  } else {
    CHECK(first.took() == 40ms);
    CHECK(later.reply.cause() == Status::unavailable);
    CHECK(caller.count("connections_failed") == 2);
  }
}

TEST_CASE("transport: connect_timeout ends asking earlier", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"connect_timeout": "5s"})");
  caller.rig.at(Time{500ms}, [&] { caller.it().kill(true); });
  const Answer& answer = caller.at(Time{1s});
  caller.rig.run(Time{300s});
  CHECK(answer.reply.cause() == Status::unavailable);
  CHECK(answer.took() == 5s);
}

TEST_CASE("transport: a connection through a partition is opened when it has healed", "[calls]") {
  SinkLog log;
  const bool tls = GENERATE(false, true);
  Caller caller(log, tls ? R"("transport": {"tls": "tls1_3"})" : R"("transport": {})", 10ms);
  // With TLS the cut comes between the handshakes.
  caller.rig.at(Time{tls ? 1025ms : 500ms}, [&] { caller.edge().cut(true, true); });
  caller.rig.at(Time{3900ms}, [&] { caller.edge().heal(true, true); });
  const Answer& answer = caller.at(Time{1010ms - 20ms});
  caller.rig.run(Time{60s});
  CHECK(answer.reply.ok());
  // SYNs at 1, 2, 4 s. The server's part of TLS is lost at 1.03 s, and sent again after 220, 440,
  // 880 and 1760 ms.
  CHECK(answer.took() == (tls ? 10ms + 20ms + 10ms + 3300ms + 10ms + 30ms : 10ms + 3s + 50ms));
}

TEST_CASE("transport: idle connections are gone with the callee, those in use break", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("transport": {})", 10ms);
  const Answer& well = caller.at(Time{1s});
  const Answer& broken = caller.at(Time{2500ms});
  caller.rig.at(Time{3s}, [&] { caller.it().kill(false); });
  caller.rig.at(Time{4s}, [&] { caller.it().revive(); });
  const Answer& later = caller.at(Time{5s});
  caller.rig.run(Time{10s});
  CHECK(well.reply.ok());
  CHECK(broken.reply.cause() == Status::reset);
  CHECK(later.reply.ok());
  CHECK(later.took() == 1060ms);
  CHECK(caller.count("connections_made") == 2);
  CHECK(caller.value("connections_open") == Approx((3.01 - 1.03 + 10 - 5.03) / 10));
}

TEST_CASE("transport: what is sent to the successor of a silent death is answered with a reset",
          "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {}, "timeout": "500ms")", 10ms);
  const Answer& well = caller.at(Time{1s});
  caller.at(Time{1s});
  caller.rig.at(Time{2s}, [&] { caller.it().kill(true); });
  const Answer& swallowed = caller.at(Time{3s});
  caller.rig.at(Time{4s}, [&] { caller.it().revive(); });
  const Answer& stale = caller.at(Time{5s});
  const Answer& fresh = caller.at(Time{6s});
  caller.rig.run(Time{10s});
  CHECK(well.reply.ok());
  CHECK(swallowed.reply.cause() == Status::timeout);
  CHECK(stale.reply.cause() == Status::reset);
  CHECK(stale.took() == 40ms);
  CHECK(fresh.reply.ok());
  CHECK(fresh.took() == 60ms);
}

TEST_CASE("transport: a handshake with a callee that dies in it fails", "[calls]") {
  SinkLog log;
  const bool silent = GENERATE(false, true);
  Caller caller(log, R"("transport": {"tls": "tls1_2"})", 10ms);
  const Answer& answer = caller.at(Time{1s});
  caller.rig.at(Time{1045ms}, [&] { caller.it().kill(silent); });
  caller.rig.at(Time{5s}, [&] { caller.it().revive(); });
  const Answer& later = caller.at(Time{7s});
  caller.rig.run(Time{10s});
  CHECK(answer.reply.cause() == Status::unavailable);
  // A silent death shows when another process says that it knows of nothing.
  CHECK(answer.took() == (silent ? 4s + 10ms : 60ms));
  CHECK(later.reply.ok());
  CHECK(later.took() == 100ms);
}

TEST_CASE("transport: connections and waits die with the calling process", "[calls]") {
  SinkLog log;
  answer_after(log, 100ms);
  Caller caller(log, R"("transport": {"connections": 1})");
  caller.at(Time{1s});
  log.react = [](const Received& received) {
    return Reaction{received.at < Time{2s} ? 100ms : 10s};
  };
  caller.at(Time{2s});
  const Answer& waits = caller.at(Time{2s});
  caller.rig.at(Time{3s}, [&] { caller.rig.instance("api", 0).kill(false); });
  caller.rig.at(Time{4s}, [&] { caller.rig.instance("api", 0).revive(); });
  const Answer& fresh = caller.at(Time{5s});
  caller.rig.run(Time{20s});
  CHECK(waits.reply.cause() == Status::reset);
  CHECK(fresh.reply.ok());
  CHECK(caller.count("connections_made") == 2);
  CHECK(caller.value("connections_open") == Approx((2.0 + 15) / 20));
  CHECK(caller.value("connection_waiting") == Approx(1.0 / 20));
}

TEST_CASE("transport: idle connections die with the calling process", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {})");
  caller.at(Time{1s});
  caller.rig.at(Time{3s}, [&] { caller.rig.instance("api", 0).kill(false); });
  caller.rig.run(Time{20s});
  CHECK(caller.value("connections_open") == Approx(2.0 / 20));
}

TEST_CASE("transport: an instance that leaves finishes its requests and closes its connections",
          "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("transport": {})");
  caller.at(Time{1s});
  const Answer& under_way = caller.at(Time{1500ms});  // the first connection is idle from 2 s on
  caller.rig.at(Time{2200ms}, [&] { caller.it().leave({10s, 0s, std::nullopt}); });
  caller.rig.run(Time{10s});
  CHECK(under_way.reply.ok());
  CHECK(caller.value("connections_open") == Approx((2.2 - 1 + 2.5 - 1.5) / 10));
}

TEST_CASE("transport: each instance of the callee has connections of its own", "[calls]") {
  SinkLog log;
  log.instances = 2;
  answer_after(log, 1s);
  Caller caller(log, R"("transport": {"connections": 1})");
  for (int i = 0; i < 4; ++i) caller.at(Time{1s});
  caller.rig.run(Time{9s});
  CHECK(log.instances_hit() == std::vector<std::uint32_t>{0, 1, 0, 1});
  CHECK(log.times() == std::vector<Duration>{1s, 1s, 2s, 2s});
}

TEST_CASE("transport: all calls of a process to one callee share its connections", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  const std::string one = R"("transport": {"connections": 1, "request_size": "1kB"})";
  const std::string other = R"("transport": {"connections": 1, "request_size": "2kB"})";
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 9, "replicas": 2,
                   "endpoints": {"*": [{"parallel": [[{"call": "it", )" +
                   one + R"(}], [{"call": "it", )" + other + R"(}], [{"call": "it"}]]}]}}})");
  rig.send_to_instance(Time{1s}, "api", 0, Request{});
  rig.send_to_instance(Time{1s}, "api", 1, Request{});
  rig.run(Time{9s});
  CHECK(log.times() == std::vector<Duration>{1s, 1s, 1s, 1s, 2s, 2s});
  CHECK(rig.count("api", "connections_made") == 2);
  CHECK(rig.count("api", "bytes_sent") == 6000);
}

TEST_CASE("transport: the ways of a split share connections like any other calls", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  const std::string call = R"([{"call": "it", "transport": {"connections": 1},
                                "split": [{"to": "other", "share": 1}]}])";
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "other": {"kind": "sink"},
                   "api": {"kind": "service", "workers": 9, "endpoints": {"*": [{"parallel": [)" +
                   call + ", " + call +
                   R"(, [{"call": "other", "transport": {"connections": 1}}]]}]}}})");
  rig.send(Time{1s}, "api", Request{});
  rig.run(Time{9s});
  CHECK(log.times() == std::vector<Duration>{1s, 2s, 3s});
  CHECK(rig.count("api", "connections_made") == 1);
}

TEST_CASE("transport: steps that share connections declare the same, but for sizes", "[calls]") {
  SinkLog log;
  const auto found = [&](const std::string& other) {
    const std::string api = R"({"kind": "service", "endpoints": {
        "a": [{"call": "it", "transport": {"connections": 5, "request_size": "1kB"}}],
        "b": [{"call": "it", "transport": )" +
                            other + "}]}}";
    ModelRig rig({sink(log), service::service()},
                 R"({"it": {"kind": "sink"}, "api": )" + api + "}");
    Problems problems;
    const auto value = parse_json(api, problems.add_source("api.json"), problems);
    const std::string path = "/api";
    rig.component("api").examine({*value, path, problems});
    return problems.text();
  };
  CHECK(found(R"({"connections": 5, "protocol": "http1", "response_size": "9kB"})") == "");
  CHECK_THAT(found(R"({"connections": 6})"),
             Catch::Contains("share one transport, and another step says"));
}

TEST_CASE("transport: retries, hedges and breakers use it as they use any call", "[calls]") {
  SinkLog log;
  SECTION("a hedge takes a connection of its own") {
    log.react = [](const Received& received) {
      return Reaction{received.at == Time{1s} ? Duration{5s} : Duration{10ms}};
    };
    Caller caller(log, R"("transport": {}, "hedge": {"after": "100ms", "budget": "100%"})");
    const Answer& answer = caller.at(Time{1s});
    caller.rig.run(Time{9s});
    CHECK(answer.took() == 110ms);
    CHECK(caller.count("connections_made") == 2);
  }
  SECTION("a retry opens a new connection after a reset") {
    answer_after(log, 1s);
    Caller caller(log, R"("transport": {}, "retry": {"attempts": 2, "backoff": "2s",
                                                     "jitter": "none"})");
    const Answer& answer = caller.at(Time{1s});
    caller.rig.at(Time{1500ms}, [&] { caller.it().kill(false); });
    caller.rig.at(Time{2s}, [&] { caller.it().revive(); });
    caller.rig.run(Time{9s});
    CHECK(answer.reply.ok());
    CHECK(answer.took() == 3500ms);
    CHECK(caller.count("connections_made") == 2);
  }
  SECTION("a breaker opens on connections that are refused") {
    Caller caller(log, R"("transport": {}, "breaker": {"pybreaker": {"fail_max": 3}})");
    caller.it().kill(false);
    for (int i = 0; i < 10; ++i) caller.at(Time{1s + i * 1ms});
    caller.rig.run(Time{9s});
    CHECK(caller.count("connections_failed") == 3);
  }
}

TEST_CASE("transport: a load balancer has connections to its targets, and an interface",
          "[calls]") {
  SinkLog log;
  ModelRig rig({sink(log), balancer::load_balancer()},
               R"({"it": {"kind": "sink"}, "lb": {"kind": "load_balancer", "targets": ["it"],
                   "bandwidth": "80Mbit/s", "accept": 5, "transport": {"tls": "tls1_3",
                   "request_size": "1MB"}}})",
               network_of(10ms));
  const Answer& first = rig.send(Time{1s}, "lb", Request{});
  const Answer& second = rig.send(Time{2s}, "lb", Request{});
  CallPolicy sized;
  Problems none;
  const auto value = parse_json(R"({"transport": {"response_size": "2MB"}})",
                                none.add_source("policy.json"), none);
  sized = read_params<CallPolicy>(*value, "", none);
  const Answer& third = rig.send(Time{3s}, "lb", Request{}, sized);
  rig.run(Time{10s});
  CHECK(first.took() == 20ms + 40ms + 100ms + 20ms);
  CHECK(second.took() == 20ms + 100ms + 20ms);
  CHECK(third.took() == 20ms + 20ms + 100ms + 20ms + 200ms);
  CHECK(rig.count("lb", "connections_made") == 1);
  CHECK(rig.count("lb", "handshakes_full") == 1);
  CHECK(rig.count("lb", "egress_bytes") == 5'000'000);
  CHECK(rig.value("lb", "connections_accepted") == Approx((10 - 3.01) / 10));
}

TEST_CASE("transport: what makes no sense is said in words", "[calls]") {
  CHECK(problems_in(R"({"transport": {}})") == "");
  CHECK(problems_in(R"({"transport": "http2"})") == "");
  CHECK(problems_in(R"({"transport": {"protocol": "http1", "streams": 100, "tls": "none",
                                      "resumption": "0%", "handshake_cpu": "0s"}})") == "");
  CHECK(problems_in(R"({"transport": {"protocol": "http2", "connections": 6, "streams": 128,
      "keep_alive": "10s", "tls": "tls1_2", "resumption": "90%", "handshake_cpu": "1ms",
      "loss": "0.1%", "bandwidth": "10Mbit/s", "request_size": "1kB",
      "response_size": {"lognormal": {"mean": "20kB", "p99": "200kB"}}}})") == "");
  const std::vector<std::pair<std::string, std::string>> wrong{
      {R"("http3")", "http1"},
      {R"({"streams": 5})", "one request at a time"},
      {R"({"protocol": "http2", "streams": 0})", "streams"},
      {R"({"connections": 0})", "connections"},
      {R"({"connections": 2000000})", "connections"},
      {R"({"resumption": "50%"})", "there are no sessions"},
      {R"({"handshake_cpu": "1ms"})", "nothing is signed"},
      {R"({"loss": "101%"})", "loss"},
      {R"({"bandwidth": "0bit/s"})", "bandwidth"},
      {R"({"connect_timeout": "0s"})", "connect_timeout"},
      {R"({"request_size": "2TiB"})", "request_size"},
      {R"({"request_size": {"exponential": "0B"}})", "exponential"},
      {R"({"request_size": {"uniform": ["2kB", "1kB"]}})", "lower end"},
      {R"({"request_size": {"lognormal": {"mean": "2kB", "p99": "1kB"}}})", "p99"},
      {R"({"request_size": "20ms"})", "size"},
      {R"({"tls": "tls1_1"})", "tls1_2"}};
  for (const auto& [transport, why] : wrong) {
    CAPTURE(transport);
    CHECK_THAT(problems_in(R"({"transport": )" + transport + "}"), Catch::Contains(why));
  }
  CHECK_THAT(problems_in(R"({"transport": {}, "pool": {"size": 5}})"),
             Catch::Contains("say one or the other"));
}

}  // namespace
}  // namespace highwater
