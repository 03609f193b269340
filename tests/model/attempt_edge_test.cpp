// Attempts on their way: edges that faults disturb, instances that die with requests in hand.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/model/attempt.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::kOneSink;
using testing::ModelRig;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using testing::timeout_of;

ModelRig::Options delay_of(Duration one_way) {
  ModelRig::Options options;
  options.network.same_zone = Distribution::constant(one_way);
  return options;
}

TEST_CASE("attempt: without a network everything happens within one instant", "[model][attempt]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  const Answer& answer = rig.send(Time{1s}, "it", Request{});
  rig.run(Time{1s});
  CHECK(log.times() == std::vector<Duration>{1s});
  CHECK(answer.answered);
  CHECK(answer.took() == 0s);
}

TEST_CASE("request: all tries of a call are known by it", "[model][request]") {
  Request request;
  request.path = 0x123456789abcdef0ULL;
  const std::uint64_t call = request.descend(3, 1).call();
  for (std::uint64_t attempt = 2; attempt < 256; ++attempt)
    REQUIRE(request.descend(3, attempt).call() == call);
  CHECK(request.descend(3, 256).call() != call);
  CHECK(request.descend(4, 1).call() != call);
  CHECK(request.descend(1, 1).descend(3, 1).call() != call);
}

TEST_CASE("attempt: the network takes its time both ways, and counts against the timeout",
          "[model][attempt]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{10ms}; };
  ModelRig rig({sink(log)}, kOneSink, delay_of(3ms));
  const Answer& answer = rig.send(Time{1s}, "it", Request{}, timeout_of(17ms));
  const Answer& late = rig.send(Time{2s}, "it", Request{}, timeout_of(15ms));
  const Answer& later = rig.send(Time{3s}, "it", Request{}, timeout_of(12ms));
  rig.run(Time{4s});
  CHECK(log.times() == std::vector<Duration>{1003ms, 2003ms, 3003ms});
  CHECK(answer.took() == 16ms);
  CHECK(late.reply.status == Status::timeout);
  CHECK(later.reply.status == Status::timeout);
  // The second was still waited for when the callee answered: only the third was for nothing.
  CHECK(rig.instance("it", 0).wasted() == 1);
}

TEST_CASE("attempt: a dead process refuses, a dead host is silent", "[model][attempt]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink, delay_of(1ms));
  const bool silent = GENERATE(false, true);
  rig.at(Time{500ms}, [&] { rig.instance("it", 0).kill(silent); });
  const Answer& hurried = rig.send(Time{1s}, "it", Request{}, timeout_of(20ms));
  const Answer& patient = rig.send(Time{1s}, "it", Request{});
  rig.run(Time{100s});
  CHECK(log.size() == 0);
  CHECK(hurried.reply.status == (silent ? Status::timeout : Status::unavailable));
  CHECK(hurried.took() == (silent ? 20ms : 2ms));
  CHECK(patient.answered == !silent);
  CHECK(rig.instance("it", 0).received() == 2);
  CHECK(rig.instance("it", 0).answers()[silent ? Status::reset : Status::unavailable] == 2);
}

TEST_CASE("attempt: what a process held when it died is reset, or lost with the host",
          "[model][attempt]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{.never = true}; };
  ModelRig rig({sink(log)}, kOneSink, delay_of(1ms));
  const bool silent = GENERATE(false, true);
  const Answer& hurried = rig.send(Time{1s}, "it", Request{}, timeout_of(700ms));
  const Answer& patient = rig.send(Time{1s}, "it", Request{});
  rig.at(Time{1500ms}, [&] { rig.instance("it", 0).kill(silent); });
  rig.run(Time{100s});
  CHECK(hurried.reply.status == (silent ? Status::timeout : Status::reset));
  CHECK(hurried.at == (silent ? Time{1700ms} : Time{1501ms}));
  CHECK(patient.answered == !silent);
  CHECK(rig.instance("it", 0).in_flight() == 0);
  CHECK(rig.instance("it", 0).answers()[Status::reset] == 2);
  CHECK(rig.instance("it", 0).wasted() == 0);
}

TEST_CASE("edge: counts attempts, and failures that a caller learned of", "[model][edge]") {
  SinkLog log;
  log.react = [](const Received& received) {
    const std::uint64_t key = received.request.key;
    return Reaction{key >= 3 ? Duration{1s} : Duration{0},
                    key == 2 || key == 4 ? Status::error : Status::ok};
  };
  ModelRig rig({sink(log)}, kOneSink);
  rig.send(Time{1s}, "it", testing::read_of(1));
  rig.send(Time{1s}, "it", testing::read_of(2));
  rig.send(Time{1s}, "it", testing::read_of(3), timeout_of(1ms));
  rig.send(Time{1s}, "it", testing::read_of(4), timeout_of(1ms));
  rig.run(Time{3s});
  CHECK(rig.edge("it").attempts() == 4);
  CHECK(rig.edge("it").failures() == 3);  // an error, and two that took too long
  CHECK(&rig.edge("it").to() == &rig.component("it"));
}

TEST_CASE("edge: a cut keeps requests back until it heals, in their order", "[model][edge]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink, delay_of(2ms));
  Edge& edge = rig.edge("it");
  rig.at(Time{1s}, [&edge] { edge.cut(true, true); });
  const Answer& before = rig.send(Time{999ms}, "it", testing::read_of(0));
  const Answer& first = rig.send(Time{2s}, "it", testing::read_of(1));
  const Answer& given_up = rig.send(Time{2s}, "it", testing::read_of(2), timeout_of(1s));
  const Answer& last = rig.send(Time{3s}, "it", testing::read_of(3));
  rig.at(Time{5s}, [&edge] {
    CHECK(edge.is_cut({kOutside, kOutside}));
    edge.heal(true, true);
    CHECK_FALSE(edge.is_cut({kOutside, kOutside}));
  });
  const Answer& after = rig.send(Time{6s}, "it", testing::read_of(4));
  rig.run(Time{10s});
  // The first was on its way already and arrived; its answer was kept back.
  CHECK(before.at == Time{5002ms});
  CHECK(first.at == Time{5004ms});
  CHECK(given_up.reply.status == Status::timeout);
  CHECK(given_up.took() == 1s);
  CHECK(last.at == Time{5004ms});
  CHECK(after.took() == 4ms);
  std::vector<std::uint64_t> keys;
  for (const Received& each : log.received) keys.push_back(each.request.key);
  CHECK(keys == std::vector<std::uint64_t>{0, 1, 3, 4});  // who gave up took the message back
  CHECK(rig.instance("it", 0).wasted() == 0);
}

TEST_CASE("edge: one direction can be cut alone", "[model][edge]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink, delay_of(2ms));
  Edge& edge = rig.edge("it");
  const bool requests = GENERATE(true, false);
  const Answer& answer = rig.send(Time{1s}, "it", Request{});
  const Answer& second = rig.send(Time{1010ms}, "it", Request{});
  rig.at(Time{1001ms}, [&] { edge.cut(requests, !requests); });
  rig.at(Time{2s}, [&] { edge.heal(requests, !requests); });
  rig.run(Time{3s});
  if (requests) {  // the first request was over already
    CHECK(log.times() == std::vector<Duration>{1002ms, 2002ms});
    CHECK(answer.at == Time{1004ms});
    CHECK(second.at == Time{2004ms});
  } else {
    CHECK(log.times() == std::vector<Duration>{1002ms, 1012ms});
    CHECK(answer.at == Time{2002ms});
    CHECK(second.at == Time{2002ms});
  }
}

TEST_CASE("edge: an answer kept back is dropped when its caller gives up", "[model][edge]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Edge& edge = rig.edge("it");
  rig.at(Time{1s}, [&edge] { edge.cut(false, true); });
  const Answer& answer = rig.send(Time{2s}, "it", Request{}, timeout_of(10ms));
  rig.at(Time{3s}, [&edge] { edge.heal(false, true); });
  const Answer& later = rig.send(Time{4s}, "it", Request{});
  rig.run(Time{5s});
  CHECK(answer.reply.status == Status::timeout);
  CHECK(later.reply.ok());
  CHECK(rig.instance("it", 0).answers()[Status::ok] == 2);
  CHECK(rig.instance("it", 0).wasted() == 0);  // it was still waited for when it was given
}

TEST_CASE("edge: cuts nest, and a second one keeps back what the first released", "[model][edge]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Edge& edge = rig.edge("it");
  rig.at(Time{1s}, [&edge] { edge.cut(true, false); });
  rig.at(Time{2s}, [&edge] { edge.cut(true, true); });
  rig.at(Time{3s}, [&edge] { edge.heal(true, false); });
  const Answer& answer = rig.send(Time{1500ms}, "it", Request{});
  rig.at(Time{4s}, [&] {
    CHECK(log.size() == 0);
    edge.heal(true, true);
  });
  rig.run(Time{5s});
  CHECK(log.times() == std::vector<Duration>{4s});
  CHECK(answer.at == Time{4s});
}

TEST_CASE("edge: added latency lengthens both ways, adds up and is taken back singly",
          "[model][edge]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink, delay_of(1ms));
  Edge& edge = rig.edge("it");
  rig.at(Time{1s}, [&edge] { edge.add_latency(10ms, nullptr); });
  rig.at(Time{2s}, [&edge] { edge.add_latency(5ms, nullptr); });
  rig.at(Time{3s}, [&edge] { edge.remove_latency(10ms, nullptr); });
  rig.at(Time{4s}, [&edge] { edge.remove_latency(5ms, nullptr); });
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&rig.send(Time{500ms + i * 1s}, "it", Request{}));
  rig.run(Time{6s});
  const std::vector<Duration> expected{2ms, 22ms, 32ms, 12ms, 2ms};
  for (std::size_t i = 0; i < answers.size(); ++i) CHECK(answers[i]->took() == expected[i]);
  CHECK(log.received[1].at == Time{1511ms});  // one way
}

TEST_CASE("edge: jitter is drawn for every message of its own", "[model][edge]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  const Distribution jitter = Distribution::exponential(10ms);
  Edge& edge = rig.edge("it");
  rig.at(Time{1s}, [&] { edge.add_latency(1ms, &jitter); });
  rig.at(Time{100s}, [&] { edge.remove_latency(1ms, &jitter); });
  std::vector<const Answer*> answers;
  for (int i = 0; i < 4000; ++i) answers.push_back(&rig.send(Time{2s}, "it", Request{}));
  const Answer& after = rig.send(Time{101s}, "it", Request{});
  rig.run(Time{102s});
  double out = 0;
  double whole = 0;
  double product = 0;
  std::set<Duration> different;
  for (const Received& each : log.received) {
    if (each.at > Time{100s}) continue;
    const double way = milliseconds(each.at - Time{2s});
    const double took = milliseconds(answers[each.request.id - 1]->took());
    out += way / 4000;
    whole += took / 4000;
    product += (way - 11) * (took - way - 11) / 4000;
    different.insert(each.at - Time{2s});
  }
  // Five standard errors of 4,000 exponentials: 8 %; of sums of two: 5.6 %.
  CHECK(out == Approx(11).margin(0.8));
  CHECK(whole == Approx(22).margin(1.2));
  CHECK(std::abs(product) < 8);  // the two ways are independent: covariance 0 of 100 ms²
  CHECK(different.size() > 3990);
  CHECK(after.took() == 0s);
}

TEST_CASE("attempt: what an edge leads through takes its time in either direction, once",
          "[model][attempt]") {
  class Toll final : public Passage {
   public:
    Duration there(std::uint64_t, std::uint64_t) override {
      ++there_;
      return 5ms;
    }
    Duration back(std::uint64_t, std::uint64_t) override {
      ++back_;
      return 7ms;
    }
    int there_ = 0;
    int back_ = 0;
  };
  Toll toll;
  SinkLog log;
  log.react = [](const Received&) { return Reaction{10ms}; };
  ModelRig rig({sink(log)}, kOneSink, delay_of(1ms));
  Edge& edge = rig.edge("it");
  edge.lead_through(toll);
  const Answer& answer = rig.send(Time{1s}, "it", Request{});
  const Answer& slow = rig.send(Time{2s}, "it", Request{});
  const Answer& held = rig.send(Time{3s}, "it", Request{});
  const Answer& late = rig.send(Time{5s}, "it", Request{}, timeout_of(15ms));
  rig.at(Time{1500ms}, [&] { edge.add_latency(3ms, nullptr); });
  rig.at(Time{2500ms}, [&] {
    edge.remove_latency(3ms, nullptr);
    edge.cut(true, false);
  });
  rig.at(Time{4s}, [&] { edge.heal(true, false); });
  rig.run(Time{10s});
  CHECK(answer.took() == 24ms);
  CHECK(slow.took() == 30ms);
  CHECK(held.took() == 1s + 24ms);
  CHECK(late.reply.status == Status::timeout);
  CHECK(toll.there_ == 4);
  CHECK(toll.back_ == 3);  // nobody waits for the last
}

TEST_CASE("attempts: received is answered plus in flight, whatever happens", "[model][attempt]") {
  // Loss, delays, deaths, cuts and timeouts at random; the rig checks the books after every piece.
  SinkLog log;
  log.instances = 3;
  log.react = [](const Received& received) {
    const std::uint64_t dice = received.request.id * 2654435761U % 97;
    return Reaction{dice * 1ms, dice % 7 == 0 ? Status::error : Status::ok, dice == 5};
  };
  ModelRig rig({sink(log)}, kOneSink, delay_of(2ms));
  RandomStream random(7, "test", "chaos");
  Edge& edge = rig.edge("it");
  for (int i = 0; i < 60; ++i) {
    const Time from{Duration{static_cast<std::int64_t>(random.uniform() * 9e9)}};
    const Time to = from + Duration{static_cast<std::int64_t>(random.uniform() * 1e9)};
    const std::uint64_t victim = random.below(3);
    if (i % 3 == 0) {
      rig.at(from, [&edge] { edge.cut(true, true); });
      rig.at(to, [&edge] { edge.heal(true, true); });
    } else {
      const bool silent = i % 3 == 1;
      rig.at(from, [&rig, victim, silent] { rig.instance("it", victim).kill(silent); });
      rig.at(to, [&rig, victim, silent] { rig.instance("it", victim).revive(silent); });
    }
  }
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5000; ++i) {
    const Time at{Duration{static_cast<std::int64_t>(random.uniform() * 10e9)}};
    answers.push_back(&rig.send(at, "it", Request{}, timeout_of(40ms)));
  }
  for (Time end{100ms}; end < Time{12s}; end += 100ms) rig.run(end);
  StatusCounts seen;
  for (const Answer* answer : answers) {
    REQUIRE(answer->answered);
    seen.add(answer->reply.status);
  }
  for (const Status status :
       {Status::ok, Status::error, Status::timeout, Status::unavailable, Status::reset})
    CHECK(seen[status] > 3);
  CHECK(seen.total() == 5000);
}

TEST_CASE("attempt pool: memory is used again", "[model][attempt]") {
  AttemptPool pool;
  std::set<void*> used;
  std::vector<void*> held;
  for (int i = 0; i < 1000; ++i) used.insert(held.emplace_back(pool.take()));
  CHECK(used.size() == 1000);
  for (void* memory : held) pool.give_back(memory);
  for (int i = 0; i < 1000; ++i) CHECK(used.count(pool.take()) == 1);
}

}  // namespace
}  // namespace highwater
