// What TCP makes of lost messages: exact times, and the delays of HTTP/1.1 and HTTP/2 in closed
// form.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/calls/transport.h"
#include "tests/transport/caller.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Caller;
using testing::Flow;
using testing::ModelRig;
using testing::SinkLog;

TEST_CASE("loss: SYNs are sent again after 1, 2, 4, … 64 s", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"loss": "100%"})");
  const Answer& answer = caller.at(Time{1s});
  caller.rig.run(Time{300s});
  CHECK(answer.reply.cause() == Status::unavailable);
  CHECK(answer.took() == 127s);
  CHECK(caller.count("retransmissions") == 6);
}

TEST_CASE("loss: connections take as long as their lost SYNs make them", "[calls]") {
  // A SYN or its answer is lost with probability q = 1 - 0.9^2. Tries are 1, 2, 4, … s apart, seven
  // at most.
  SinkLog log;
  Caller caller(log, R"("transport": {"loss": "10%", "keep_alive": "0s"})");
  constexpr int kCalls = 20'000;
  for (int i = 0; i < kCalls; ++i) caller.at(Time{1s + i * 1ms});
  caller.rig.run(Time{990s});
  const double q = 1 - 0.9 * 0.9;
  double wait = 0;
  double share = 1 - q;
  for (int lost = 0; lost < 7; ++lost, share *= q) wait += share * (std::pow(2, lost) - 1);
  CHECK(caller.value("connection_wait_ms") == Approx(1000 * wait).epsilon(0.06));
}

TEST_CASE("loss: TCP gives up after fifteen retransmissions, 924.6 s", "[calls]") {
  // As Documentation/networking/ip-sysctl.rst of Linux has it of tcp_retries2.
  SinkLog log;
  ModelRig::Options options;
  options.duration = std::chrono::hours{24 * 80};
  Caller caller(log,
                R"("transport": {"loss": "90%", "connect_timeout": "30d", "keep_alive": "99d"})",
                options);
  std::vector<const Answer*> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(&caller.at(Time{i * 10s}));
  caller.rig.run(Time{std::chrono::hours{24 * 60}});
  for (int i = 0; i < 100; ++i)
    answers.push_back(&caller.at(Time{std::chrono::hours{24 * 61} + i * 1h}));
  caller.rig.run(Time{std::chrono::hours{24 * 80}});
  // Those that found a connection open and whose request was lost for good.
  const auto given_up = std::count_if(answers.begin() + 100, answers.end(), [](const Answer* each) {
    return each->reply.cause() == Status::reset && each->took() == 924'600ms;
  });
  CHECK(given_up > 5);
  for (const Answer* each : answers) CHECK(each->answered);
}

/// The mean delay of a message by its own losses: the k-th one in a row costs 200 ms * 2^k.
double own_delay(double loss) {
  double mean = 0;
  double share = loss;
  for (int k = 0; k < 10; ++k, share *= loss) mean += share * 0.2 * std::pow(2, k);
  return mean;
}

/// The same where all messages of a Poisson stream wait for those sent before them: the last to
/// arrive of an M/G/oo queue. P(delay <= x) = P(L <= x) exp(-rate * integral of P(L > u) from x).
double delay_in_order(double loss, double rate) {
  constexpr double kStep = 1e-4;
  const auto beyond = [&](double x) {  // P(L > x): L is 0.2 (2^k - 1) with probability loss^k
    double share = loss;
    for (int k = 1; x >= 0.2 * (std::pow(2, k) - 1) && k < 12; ++k) share *= loss;
    return share;
  };
  double tail = 0;
  double mean = 0;
  for (double x = 6.2 - kStep / 2; x > 0; x -= kStep) {
    tail += beyond(x) * kStep;
    mean += (1 - (1 - beyond(x)) * std::exp(-rate * tail)) * kStep;
  }
  return mean;
}

TEST_CASE("loss: http1 makes one request wait, http2 all of the connection", "[calls]") {
  constexpr double kLoss = 0.01;
  constexpr double kRate = 50;
  const std::string db = R"("workers": 100000, "service_time": "0s")";
  // Connections are opened before their requests: all but a few find one.
  const auto mean = [&](const std::string& transport) {
    Flow flow(kRate, 100'000, transport, db, 2500s);
    CHECK(flow.failed == 0);
    return flow.mean();
  };
  const double http1 = mean(R"({"loss": "1%", "keep_alive": "1d"})");
  const double six = mean(R"({"loss": "1%", "keep_alive": "1d", "connections": 6})");
  const double http2 = mean(R"({"protocol": "http2", "loss": "1%", "keep_alive": "1d"})");
  CHECK(http1 == Approx(2 * own_delay(kLoss)).epsilon(0.06));
  // The answers of one connection come in bunches, as their requests do: only about a Poisson
  // stream, so that the sum of both directions is between one and two.
  CHECK(http2 > delay_in_order(kLoss, kRate));
  CHECK(http2 < 2 * delay_in_order(kLoss, kRate) * 1.03);
  CHECK(six < http2 / 2);
  CHECK(six > http1 * 0.97);
}

TEST_CASE("loss: one direction of one connection delays as an M/G/oo queue in order", "[calls]") {
  // Answers of 0 bytes come back at once where only requests are lost: the delay of the requests is
  // what they arrive late.
  SinkLog log;
  ModelRig rig({testing::sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 100000,
                            "endpoints": {"*": [{"call": "it", "transport": {"protocol": "http2",
                              "loss": "1%", "keep_alive": "1d"}}]}}})");
  testing::Load load;
  load.to = "api";
  load.per_second = 50;
  load.requests = 300'000;
  std::vector<Time> sent;
  load.answered = [&](const Request& request, const Answer& answer) {
    if (sent.size() <= request.id) sent.resize(request.id + 1);
    sent[request.id] = answer.sent;
  };
  rig.add(std::move(load));
  rig.run(Time{7000s});
  double late = 0;
  for (const testing::Received& each : log.received)
    late += seconds(each.at - sent[each.request.id]);
  CHECK(late / static_cast<double>(log.received.size()) ==
        Approx(delay_in_order(0.01, 50)).epsilon(0.04));
}

TEST_CASE("loss: parts of a TLS handshake are sent again after 200 ms and a round trip",
          "[calls]") {
  SinkLog log;
  Caller caller(log, R"("transport": {"tls": "tls1_3", "loss": "5%", "keep_alive": "0s"})", 10ms);
  constexpr int kCalls = 20'000;
  for (int i = 0; i < kCalls; ++i) caller.at(Time{1s + i * 10ms});
  caller.rig.run(Time{990s});
  // Two flights, each delayed by 220 ms * 2^k for the k-th loss in a row, beside the SYNs.
  const double q = 1 - 0.95 * 0.95;
  double wait = 0.04 + 2 * own_delay(0.05) * 1.1;
  double share = 1 - q;
  for (int lost = 0; lost < 7; ++lost, share *= q) wait += share * (std::pow(2, lost) - 1);
  CHECK(caller.value("connection_wait_ms") == Approx(1000 * wait).epsilon(0.05));
}

}  // namespace
}  // namespace highwater
