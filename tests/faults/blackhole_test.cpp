// What passes into a black hole, and how those learn of it who sent it.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Caller;
using testing::kOneSink;
using testing::ModelRig;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

TEST_CASE("blackhole: messages arrive with the first retransmission after its end", "[faults]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{100ms}; };
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(blackhole(), R"({"at": "2s", "for": "1s", "blackhole": "it"})");
  const Answer& before = rig.send(Time{1950ms}, "it", Request{});
  const Answer& during = rig.send(Time{2010ms}, "it", Request{});
  const Answer& given_up = rig.send(Time{2010ms}, "it", Request{}, timeout_of(1s));
  rig.run(Time{10s});
  CHECK(before.at == Time{3450ms});  // its answer was sent at 2.05, 2.25, 2.65 and 3.45 s
  CHECK(during.at == Time{3510ms});  // sent at 2.01, 2.21, 2.61 and 3.41 s
  CHECK(given_up.reply.status == Status::timeout);
  CHECK(log.size() == 2);
  CHECK(rig.edge("it").lost() == 9);
  CHECK(rig.edge("it").is_cut({kOutside, kOutside}) == false);
}

TEST_CASE("blackhole: nobody is refused while it is on, not even by the dead", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(blackhole(), R"({"at": "2s", "for": "1s", "blackhole": "it"})");
  rig.at(Time{1s}, [&] { rig.instance("it", 0).kill(false); });
  const Answer& refused = rig.send(Time{1500ms}, "it", Request{});
  const Answer& hangs = rig.send(Time{2100ms}, "it", Request{}, timeout_of(500ms));
  const Answer& learns = rig.send(Time{2100ms}, "it", Request{});
  rig.run(Time{10s});
  CHECK(refused.took() == 0s);
  CHECK(hangs.reply.status == Status::timeout);
  CHECK(learns.reply.status == Status::unavailable);
  CHECK(learns.at == Time{3500ms});
}

TEST_CASE("blackhole: to open a connection hangs until the caller gives up", "[faults]") {
  SinkLog log;
  const std::string policy =
      GENERATE(as<std::string>(), R"("transport": {"connect_timeout": "5s"})",
               R"("pool": {"size": 1, "connect_timeout": "5s"})");
  Caller caller(log, policy);
  caller.rig.fault(blackhole(), R"({"at": "2s", "for": "20s", "blackhole": "it"})");
  const Answer& answer = caller.at(Time{3s});
  const Answer& after = caller.at(Time{23s});
  caller.rig.run(Time{40s});
  CHECK(answer.reply.cause() == Status::unavailable);
  CHECK(answer.took() == 5s);
  CHECK(after.reply.ok());
}

TEST_CASE("blackhole: what gets nowhere counts as attempts of the edge that failed", "[faults]") {
  const std::string policy =
      GENERATE(as<std::string>(), R"("timeout": "500ms")", R"("timeout": "500ms", "transport": {})",
               R"("timeout": "500ms", "transport": {"protocol": "http2"})",
               R"("timeout": "500ms", "transport": {"keep_alive": "0s"})",
               R"("timeout": "500ms", "transport": {"tls": "tls1_3", "keep_alive": "0s"})",
               R"("timeout": "5s", "transport": {"connect_timeout": "500ms", "keep_alive": "0s"})",
               R"("timeout": "500ms", "pool": {"size": 5, "connect_timeout": "500ms"})",
               R"("timeout": "500ms", "pool": {"size": 1, "max_overflow": 0, "timeout": "500ms"})");
  INFO(policy);
  SinkLog log;
  Caller caller(log, policy);
  caller.rig.fault(blackhole(), R"({"at": "5s", "for": "10s", "blackhole": "it"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 30; ++i) answers.push_back(&caller.at(Time{i * 1s + 200ms}));
  caller.rig.run(Time{100s});
  std::uint64_t failed = 0;
  for (const Answer* each : answers) failed += !each->reply.ok();
  CHECK(failed >= 10);
  CHECK(caller.edge().attempts() == 30);
  CHECK(caller.edge().failures() == failed);
}

TEST_CASE("blackhole: who waits for others to be done asks nobody", "[faults]") {
  SinkLog log;
  testing::answer_after(log, 2s);
  const std::string policy = GENERATE(
      as<std::string>(), R"("deadline_slack": "0s", "transport": {"connections": 1})",
      R"("deadline_slack": "0s", "transport": {"protocol": "http2", "streams": 1})",
      R"("deadline_slack": "0s", "pool": {"size": 1, "max_overflow": 0, "timeout": "500ms"})");
  INFO(policy);
  Caller caller(log, policy);
  const Answer& first = caller.at(Time{1s});
  Request hurried;
  hurried.deadline = Time{1600ms};
  const Answer& second = caller.rig.send(Time{1100ms}, "api", hurried);
  caller.rig.run(Time{10s});
  CHECK(first.reply.ok());
  CHECK_FALSE(second.reply.ok());
  CHECK(caller.edge().attempts() == 1);
  CHECK(caller.edge().failures() == 0);
}

TEST_CASE("dns, tls_expiry: what gets no address or no handshake counts, too", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"tls": "tls1_3", "keep_alive": "0s"})");
  caller.rig.fault(dns(), R"({"at": "5s", "for": "5s", "dns": "it"})");
  caller.rig.fault(tls_expiry(), R"({"at": "10s", "for": "5s", "tls_expiry": "it"})");
  for (int i = 0; i < 20; ++i) caller.at(Time{i * 1s + 200ms});
  caller.rig.run(Time{100s});
  CHECK(caller.edge().attempts() == 20);
  CHECK(caller.edge().failures() == 10);
}

TEST_CASE("blackhole: of one caller", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "replicas": 2,
                   "endpoints": {"*": [{"call": "it", "timeout": "100ms"}]}}})");
  rig.fault(blackhole(), R"({"at": "1s", "blackhole": "api[1] -> it"})");
  const Answer& first = rig.send_to_instance(Time{2s}, "api", 0, Request{});
  const Answer& second = rig.send_to_instance(Time{2s}, "api", 1, Request{});
  rig.run(Time{5s});
  CHECK(first.took() == 0s);
  CHECK(second.reply.cause() == Status::timeout);
}

}  // namespace
}  // namespace highwater::faults
