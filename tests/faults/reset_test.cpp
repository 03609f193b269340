// Connections that are reset: with what was asked done or not, and how many.

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
using testing::problems_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

TEST_CASE("reset: downstream what was asked is done, upstream it is not", "[faults]") {
  const bool upstream = GENERATE(false, true);
  SinkLog log;
  log.react = [](const Received&) { return Reaction{20ms}; };
  ModelRig rig({sink(log)}, kOneSink);
  const std::string more = upstream ? R"(, "stream": "upstream")" : "";
  rig.fault(reset(), R"({"at": "2s", "for": "1s", "reset": "it", "timeout": "50ms")" + more + "}");
  const Answer& before = rig.send(Time{1s}, "it", Request{});
  const Answer& during = rig.send(Time{2100ms}, "it", Request{});
  const Answer& given_up = rig.send(Time{2200ms}, "it", Request{}, timeout_of(40ms));
  const Answer& after = rig.send(Time{3100ms}, "it", Request{});
  rig.run(Time{10s});
  CHECK(before.took() == 20ms);
  CHECK(during.reply.status == Status::reset);
  CHECK(during.took() == (upstream ? 50ms : 70ms));
  CHECK(given_up.reply.status == Status::timeout);
  CHECK(after.took() == 20ms);
  CHECK(log.size() == (upstream ? 2 : 4));
  CHECK(rig.edge("it").failures() == 2);
}

TEST_CASE("reset: the shares of two faults add up as independent ones do", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(reset(), R"({"at": "1s", "for": "3s", "reset": "it", "toxicity": "30%"})");
  rig.fault(reset(), R"({"at": "2s", "for": "3s", "reset": "it", "toxicity": "50%"})");
  const auto share = [&](Duration at) {
    std::vector<const Answer*> answers;
    for (int i = 0; i < 10'000; ++i) answers.push_back(&rig.send(Time{at}, "it", Request{}));
    rig.run(Time{at + 1ms});
    double failed = 0;
    for (const Answer* each : answers) failed += !each->reply.ok() / 10'000.0;
    return failed;
  };
  CHECK(share(500ms) == 0);
  CHECK(share(1500ms) == Approx(0.3).margin(0.02));
  CHECK(share(2500ms) == Approx(0.65).margin(0.02));
  CHECK(share(4500ms) == Approx(0.5).margin(0.02));
  CHECK(share(5500ms) == 0);
}

TEST_CASE("reset: over a transport the connection is hit, with all it carries", "[faults]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{10ms}; };
  Caller caller(log, R"("transport": {"protocol": "http2"})");
  caller.rig.fault(reset(),
                   R"({"at": "2s", "for": "1s", "reset": "api -> it", "timeout": "100ms"})");
  const Answer& opens = caller.at(Time{1s});
  const Answer& first = caller.at(Time{2s + 10ms});
  const Answer& second = caller.at(Time{2s + 50ms});
  const Answer& anew = caller.at(Time{2s + 200ms});
  const Answer& after = caller.at(Time{4s});
  caller.rig.run(Time{10s});
  CHECK(opens.took() == 10ms);
  CHECK(first.reply.cause() == Status::reset);
  CHECK(first.took() == 110ms);
  CHECK(second.reply.cause() == Status::reset);
  CHECK(second.at == first.at);
  CHECK(anew.took() == 110ms);
  CHECK(after.took() == 10ms);
  CHECK(caller.count("connections_made") == 3);
}

TEST_CASE("reset: a share of the connections, each with the same luck all along", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"keep_alive": "0s"})");
  caller.rig.fault(reset(), R"({"at": "0s", "reset": "api -> it", "toxicity": "25%"})");
  constexpr int kCalls = 10'000;
  std::vector<const Answer*> answers;
  for (int i = 0; i < kCalls; ++i) answers.push_back(&caller.at(Time{1s + i * 1ms}));
  caller.rig.run(Time{30s});
  double failed = 0;
  for (const Answer* each : answers) failed += !each->reply.ok() / double{kCalls};
  CHECK(failed == Approx(0.25).margin(0.018));

  Caller kept(log, R"("transport": {})");
  kept.rig.fault(reset(), R"({"at": "0s", "reset": "api -> it", "toxicity": "25%"})");
  for (int i = 0; i < kCalls; ++i) kept.at(Time{1s + i * 1ms});
  kept.rig.run(Time{30s});
  // The first good connection serves all that come.
  CHECK(kept.count("connections_made") < 20);
}

TEST_CASE("reset: what is wrong with it is said", "[faults][input]") {
  CHECK(problems_of(reset(), R"({"at": "1s", "reset": "it"})").empty());
  CHECK_THAT(problems_of(reset(), R"({"at": "1s", "reset": "it", "stream": "both"})"),
             Catch::Contains("upstream"));
  CHECK_THAT(problems_of(reset(), R"({"at": "1s", "reset": "it", "timeout": "-1s"})"),
             Catch::Contains("timeout"));
}

}  // namespace
}  // namespace highwater::faults
