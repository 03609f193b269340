// Lost and corrupted messages: exact times of what TCP makes of them, shares and bursts.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Caller;
using testing::Flow;
using testing::kOneSink;
using testing::Load;
using testing::ModelRig;
using testing::network_of;
using testing::problems_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

const Ends kOutsides(kOutside, kOutside);

TEST_CASE("loss: a message is sent again after 200 ms, then twice as long each time", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(loss(), R"({"at": "2s", "for": "1s", "loss": "it", "rate": "100%"})");
  const Answer& before = rig.send(Time{1999ms}, "it", Request{});
  const Answer& during = rig.send(Time{2100ms}, "it", Request{});
  const Answer& given_up = rig.send(Time{2100ms}, "it", testing::read_of(7), timeout_of(500ms));
  const Answer& after = rig.send(Time{3100ms}, "it", Request{});
  rig.run(Time{10s});
  CHECK(before.took() == 0s);
  CHECK(during.at == Time{3500ms});  // lost at 2.1, 2.3 and 2.7 s
  CHECK(given_up.reply.status == Status::timeout);
  CHECK(given_up.took() == 500ms);
  CHECK(after.took() == 0s);
  CHECK(log.size() == 3);  // who gave up took the message back
  CHECK(rig.edge("it").lost() == 5);
  CHECK(rig.edge("it").corrupted() == 0);
}

TEST_CASE("loss: the round trip is waited for too", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink, network_of(10ms));
  rig.fault(loss(), R"({"at": "2s", "for": "500ms", "loss": "it", "rate": "100%"})");
  const Answer& answer = rig.send(Time{2001ms}, "it", Request{});
  rig.run(Time{10s});
  CHECK(answer.took() == 220ms + 440ms + 20ms);
}

TEST_CASE("loss: an answer is sent again too, as long as its host is there", "[faults]") {
  const bool dies = GENERATE(false, true);
  SinkLog log;
  log.react = [](const Received&) { return Reaction{200ms}; };
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(loss(), R"({"at": "1s", "for": "250ms", "loss": "it", "rate": "100%"})");
  const Answer& answer = rig.send(Time{900ms}, "it", Request{}, timeout_of(5s));
  if (dies) rig.at(Time{1200ms}, [&] { rig.instance("it", 0).kill(true); });
  rig.run(Time{10s});
  if (dies)
    CHECK(answer.reply.status == Status::timeout);
  else
    CHECK(answer.at == Time{1300ms});
  CHECK(rig.instance("it", 0).answers()[Status::ok] == 1);
  CHECK(rig.edge("it").failures() == (dies ? 1 : 0));
}

TEST_CASE("loss: TCP gives up after fifteen retransmissions, 924.6 s", "[faults]") {
  ModelRig::Options options;
  options.duration = 4000s;
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1s}; };
  ModelRig rig({sink(log)}, kOneSink, options);
  rig.fault(loss(), R"({"at": "1500ms", "loss": "it", "rate": "100%"})");
  const Answer& request = rig.send(Time{2s}, "it", Request{});
  const Answer& reply = rig.send(Time{1s}, "it", Request{}, timeout_of(3000s));
  rig.run(Time{4000s});
  CHECK(request.reply.status == Status::reset);
  CHECK(request.took() == 924'600ms);
  CHECK(reply.reply.status == Status::timeout);  // the caller has nothing to give up
  CHECK(rig.edge("it").lost() == 32);
}

/// The mean delay of a message by its losses: the k-th one in a row costs 200 ms * 2^k.
double own_delay(double loss) {
  double mean = 0;
  double share = loss;
  for (int k = 0; k < 16; ++k, share *= loss) mean += share * std::min(0.2 * std::pow(2, k), 120.0);
  return mean;
}

TEST_CASE("loss: delays and retransmissions are those of independent losses", "[faults]") {
  constexpr int kCalls = 40'000;
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(loss(), R"({"at": "0s", "loss": "it", "rate": "10%"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < kCalls; ++i)
    answers.push_back(&rig.send(Time{1s + i * 1ms}, "it", Request{}));
  rig.run(Time{900s});
  double took = 0;
  int untouched = 0;
  for (const Answer* each : answers) {
    took += seconds(each->took()) / kCalls;
    untouched += each->took() == 0s;
  }
  CHECK(took == Approx(2 * own_delay(0.1)).epsilon(0.05));
  CHECK(untouched / double{kCalls} == Approx(0.81).margin(4 * 0.002));
  // Each message is lost p / (1 - p) times.
  const auto lost = static_cast<double>(rig.edge("it").lost());
  CHECK(lost == Approx(2 * kCalls * 0.1 / 0.9).epsilon(0.05));
}

/// Lengths of the runs of losses among `count` datagrams, one each millisecond from 1 s on.
struct Runs {
  Runs(const std::string& fault, int count) {
    SinkLog log;
    ModelRig rig({sink(log)}, kOneSink);
    rig.send(Time{0s}, "it", Request{});
    rig.fault(loss(), R"({"at": "1s", "loss": "it", )" + fault + "}");
    rig.at(Time{1s + 500us}, [&] {
      RandomStream random(1, "test", "delays");
      int run = 0;
      for (int i = 0; i < count; ++i) {
        const bool is_lost = !rig.edge("it").datagram_time(kOutsides, Direction::request, random);
        share += is_lost / double(count);
        if (is_lost && ++run == 1) ++runs;
        if (!is_lost) run = 0;
      }
      length = share * count / runs;
    });
    rig.run(Time{2s});
  }
  double share = 0;
  int runs = 0;
  double length = 0;
};

TEST_CASE("loss: bursts have the share and the length of a Gilbert channel", "[faults]") {
  constexpr int kCount = 200'000;
  const Runs alone(R"("rate": "5%")", kCount);
  CHECK(alone.share == Approx(0.05).margin(0.003));
  CHECK(alone.length == Approx(1 / 0.95).margin(0.02));
  const Runs bursts(R"("rate": "5%", "burst": 8)", kCount);
  CHECK(bursts.share == Approx(0.05).margin(0.008));
  CHECK(bursts.length == Approx(8).epsilon(0.12));
  CHECK(Runs(R"("for": "1h")", kCount).share == Approx(0.07).margin(0.003));  // unless given
}

TEST_CASE("loss: two of them add up as independent ones do, and end singly", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.send(Time{0s}, "it", Request{});
  rig.fault(loss(), R"({"at": "1s", "for": "4s", "loss": "it", "rate": "50%"})");
  rig.fault(corrupt(), R"({"at": "2s", "for": "1s", "corrupt": "it", "rate": "50%"})");
  rig.fault(loss(), R"({"at": "6s", "for": "20s", "loss": "it", "rate": "50%", "ramp": "10s",
                        "fade": "10s"})");
  RandomStream random(1, "test", "delays");
  const auto share_at = [&](Duration time) {
    double share = 0;
    rig.run(Time{time});
    for (int i = 0; i < 20'000; ++i)
      if (!rig.edge("it").datagram_time(kOutsides, Direction::reply, random)) share += 1 / 20e3;
    return share;
  };
  CHECK(share_at(500ms) == 0);
  CHECK(share_at(1500ms) == Approx(0.5).margin(0.015));
  CHECK(rig.edge("it").corrupted() == 0);
  CHECK(share_at(2500ms) == Approx(0.75).margin(0.015));
  CHECK(rig.edge("it").corrupted() > 4000);
  CHECK(share_at(3500ms) == Approx(0.5).margin(0.015));
  CHECK(share_at(5500ms) == 0);
  CHECK(share_at(11'100ms) == Approx(0.5 * 11 / 20).margin(0.015));
  CHECK(share_at(20s) == Approx(0.5).margin(0.015));
  CHECK(share_at(31'100ms) == Approx(0.5 * 10 / 20).margin(0.015));
  CHECK(share_at(37s) == 0);
}

TEST_CASE("corrupt: what fails its checksum is sent again and counted apart", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(corrupt(), R"({"at": "2s", "for": "1s", "corrupt": "it", "rate": "100%"})");
  const Answer& during = rig.send(Time{2100ms}, "it", Request{});
  rig.run(Time{10s});
  CHECK(during.at == Time{3500ms});
  CHECK(rig.edge("it").lost() == 0);
  CHECK(rig.edge("it").corrupted() == 3);
}

TEST_CASE("loss: over connections, what comes later waits for what was lost", "[faults]") {
  SinkLog log;
  const bool http2 = GENERATE(false, true);
  Caller caller(log, http2 ? R"("transport": {"protocol": "http2"})" : R"("transport": "http1")");
  caller.rig.fault(loss(), R"({"at": "2s", "for": "1s", "loss": "api -> it", "rate": "100%"})");
  const Answer& opens = caller.at(Time{1s});
  const Answer& first = caller.at(Time{2100ms});
  const Answer& second = caller.at(Time{2200ms});
  const Answer& after = caller.at(Time{4s});
  caller.rig.run(Time{10s});
  CHECK(opens.took() == 0s);
  CHECK(first.at == Time{3500ms});
  // Sent again at 2.4, 2.8 and 3.6 s, or over another connection, whose SYN is after 1 s.
  CHECK(second.at == (http2 ? Time{3600ms} : Time{3200ms}));
  CHECK(after.took() == 0s);
  CHECK(caller.count("retransmissions") == (http2 ? 6 : 4));
  CHECK(caller.edge().lost() == (http2 ? 6 : 4));
}

TEST_CASE("loss: what gets through waits for those before it, until they are given up",
          "[faults]") {
  SinkLog log;
  Caller caller(log, R"("timeout": "150ms", "transport": {"protocol": "http2"})");
  caller.rig.fault(loss(),
                   R"({"at": "1900ms", "for": "150ms", "loss": "api -> it", "rate": "100%"})");
  caller.at(Time{1s});
  const Answer& first = caller.at(Time{2s});
  const Answer& second = caller.at(Time{2100ms});
  caller.rig.run(Time{10s});
  CHECK(first.took() == 150ms);
  CHECK(first.reply.cause() == Status::timeout);
  CHECK(second.reply.ok());
  CHECK(second.at == Time{2150ms});
  CHECK(caller.edge().lost() == 1);
  CHECK(log.size() == 2);
}

/// As Flow, but that an edge fault loses the messages.
double mean_with_fault(const std::string& transport, double per_second, std::uint64_t requests) {
  ModelRig rig({service::service()},
               R"({"db": {"kind": "service", "workers": 100000, "service_time": "0s"},
                   "api": {"kind": "service", "workers": 100000,
                           "endpoints": {"*": [{"call": "db", "transport": )" +
                   transport + "}]}}}");
  rig.fault(loss(), R"({"at": "10ms", "loss": "api -> db", "rate": "1%"})");
  double took = 0;
  Load load;
  load.to = "api";
  load.per_second = per_second;
  load.requests = requests;
  load.answered = [&](const Request&, const Answer& answer) {
    CHECK(answer.reply.ok());
    took += seconds(answer.took()) / static_cast<double>(requests);
  };
  rig.add(std::move(load));
  rig.run(Time{990s});
  return took;
}

TEST_CASE("loss: as a fault it delays as the loss of a transport does", "[faults]") {
  constexpr std::uint64_t kRequests = 100'000;
  const std::string db = R"("workers": 100000, "service_time": "0s")";
  const double http1 = mean_with_fault(R"({"keep_alive": "1d"})", 125, kRequests);
  CHECK(http1 == Approx(2 * own_delay(0.01)).epsilon(0.08));
  const double http2 =
      mean_with_fault(R"({"protocol": "http2", "keep_alive": "1d"})", 125, kRequests);
  const Flow same(125, kRequests, R"({"protocol": "http2", "keep_alive": "1d", "loss": "1%"})", db,
                  990s);
  CHECK(http2 == Approx(same.mean()).epsilon(0.12));
  CHECK(http2 > 1.5 * http1);
}

TEST_CASE("loss: pools ask again for their connections", "[faults]") {
  SinkLog log;
  Caller caller(log, R"("pool": {"size": 5})");
  caller.rig.fault(loss(), R"({"at": "2s", "for": "2500ms", "loss": "api -> it", "rate": "100%"})");
  const Answer& answer = caller.at(Time{2100ms});
  caller.rig.run(Time{20s});
  CHECK(answer.at == Time{5100ms});  // asked at 2.1, 3.1 and 5.1 s
}

TEST_CASE("loss: what is wrong with it is said", "[faults][input]") {
  CHECK(problems_of(loss(), R"({"at": "1s", "loss": "it", "rate": "50%", "burst": 1})").empty());
  CHECK_THAT(problems_of(loss(), R"({"at": "1s", "loss": "it", "rate": "51%", "burst": 1})"),
             Catch::Contains("bursts as short as that"));
  CHECK_THAT(problems_of(loss(), R"({"at": "1s", "loss": "it", "rate": 0})"),
             Catch::Contains("a loss of nothing"));
  CHECK_THAT(problems_of(loss(), R"({"at": "1s", "loss": "it", "burst": 0.5})"),
             Catch::Contains("burst"));
  CHECK_THAT(problems_of(corrupt(), R"({"at": "1s", "corrupt": "it", "rate": "101%"})"),
             Catch::Contains("rate"));
}

}  // namespace
}  // namespace highwater::faults
