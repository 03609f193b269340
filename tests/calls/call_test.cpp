// Calls against a callee that answers exactly as it is told, so that every instant is known.

#include "models/calls/call.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/service/service.h"
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

/// Every pause exactly as the backoff says.
CallPolicy retries(std::uint32_t attempts, Duration backoff = 100ms) {
  CallPolicy policy;
  policy.retry = RetryParams{};
  policy.retry->attempts = attempts;
  policy.retry->backoff = backoff;
  policy.retry->jitter = Jitter::none;
  return policy;
}

void always(SinkLog& log, Status status) {
  log.react = [status](const Received&) { return Reaction{Duration{0}, status}; };
}

/// The pauses between the attempts of `requests` calls that fail each time at once.
std::vector<std::vector<Duration>> pauses(const CallPolicy& policy, int requests,
                                          std::uint64_t seed = 1) {
  SinkLog log;
  always(log, Status::error);
  ModelRig::Options options;
  options.seed = seed;
  ModelRig rig({sink(log)}, kOneSink, options);
  for (int i = 0; i < requests; ++i) rig.send(Time{1s}, "it", Request{}, policy);
  rig.run(Time{500s});
  std::vector<std::vector<Duration>> result(static_cast<std::size_t>(requests));
  std::vector<Time> last(result.size(), Time{1s});
  for (const Received& each : log.received) {
    const std::size_t request = each.request.id - 1;
    if (each.at > Time{1s}) result[request].push_back(each.at - last[request]);
    last[request] = each.at;
  }
  return result;
}

TEST_CASE(
    "call: an attempt that takes longer than the timeout is given up, and served all the same",
    "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{50ms}; };
  ModelRig rig({sink(log)}, kOneSink);
  const Answer& late = rig.send(Time{1s}, "it", Request{}, timeout_of(20ms));
  const Answer& in_time = rig.send(Time{2s}, "it", Request{}, timeout_of(51ms));
  const Answer& patient = rig.send(Time{3s}, "it", Request{});
  rig.run(Time{4s});
  CHECK(late.reply.status == Status::timeout);
  CHECK(late.took() == 20ms);
  CHECK(in_time.reply.ok());
  CHECK(in_time.took() == 50ms);
  CHECK(patient.took() == 50ms);
  CHECK(rig.instance("it", 0).answers()[Status::ok] == 3);
  CHECK(rig.instance("it", 0).wasted() == 1);
  CHECK(rig.count("it", "wasted") == 1);
}

TEST_CASE("call: the timeout is of each attempt, from its sending", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1h}; };
  ModelRig rig({sink(log)}, kOneSink);
  CallPolicy policy = retries(3, 100ms);
  policy.timeout = 30ms;
  const Answer& answer = rig.send(Time{}, "it", Request{}, policy);
  rig.run(Time{2h});
  CHECK(log.times() == std::vector<Duration>{0ms, 130ms, 360ms});  // 30 + 100, then 30 + 200
  CHECK(answer.at == Time{390ms});
  CHECK(answer.reply.status == Status::timeout);
  CHECK(rig.instance("it", 0).wasted() == 3);
}

TEST_CASE("call: the deadline is the earliest of the callers' timeouts", "[calls]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Request free;
  Request hurried;
  hurried.deadline = Time{1010ms};
  rig.send(Time{1s}, "it", free);
  rig.send(Time{1s}, "it", free, timeout_of(20ms));
  rig.send(Time{1s}, "it", hurried, timeout_of(20ms));
  rig.send(Time{1s}, "it", hurried, timeout_of(5ms));
  rig.run(Time{2s});
  REQUIRE(log.size() == 4);
  CHECK(log.received[0].request.deadline == kNever);
  CHECK(log.received[1].request.deadline == Time{1020ms});
  CHECK(log.received[2].request.deadline == Time{1010ms});
  CHECK(log.received[3].request.deadline == Time{1005ms});
}

TEST_CASE("call: a retry's deadline is its own, not that of the attempt before", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1h}; };
  ModelRig rig({sink(log)}, kOneSink);
  CallPolicy policy = retries(2, 100ms);
  policy.timeout = 30ms;
  rig.send(Time{}, "it", Request{}, policy);
  rig.run(Time{1s});
  REQUIRE(log.size() == 2);
  CHECK(log.received[0].request.deadline == Time{30ms});
  CHECK(log.received[1].request.deadline == Time{160ms});
  CHECK(log.received[0].request.path != log.received[1].request.path);
  CHECK(log.received[0].request.id == log.received[1].request.id);
}

TEST_CASE("call: backoff grows by the multiplier up to the longest pause", "[calls]") {
  CallPolicy policy = retries(5, 100ms);
  policy.retry->multiplier = 3;
  policy.retry->max_backoff = 700ms;
  CHECK(pauses(policy, 1).front() == std::vector<Duration>{100ms, 300ms, 700ms, 700ms});
  policy.retry->multiplier = 1;
  CHECK(pauses(policy, 1).front() == std::vector<Duration>{100ms, 100ms, 100ms, 100ms});
  policy.retry->max_backoff = 40ms;
  CHECK(pauses(policy, 1).front() == std::vector<Duration>{40ms, 40ms, 40ms, 40ms});
  policy.retry->backoff = Duration{0};
  policy.retry->attempts = 1;
  CHECK(pauses(policy, 1).front().empty());
}

struct Spread {
  double mean_ms = 0;
  Duration least = kLongestRun;
  Duration most{};
};
Spread spread(const std::vector<std::vector<Duration>>& all, std::size_t index) {
  Spread result;
  for (const auto& of_one : all) {
    result.mean_ms += milliseconds(of_one.at(index)) / static_cast<double>(all.size());
    result.least = std::min(result.least, of_one.at(index));
    result.most = std::max(result.most, of_one.at(index));
  }
  return result;
}

TEST_CASE("call: full and equal jitter are uniform over all and over half of the backoff",
          "[calls]") {
  // 4,000 draws: five standard errors of a uniform's mean are 2.3 % of its width.
  CallPolicy policy = retries(3, 100ms);
  policy.retry->jitter = Jitter::full;
  const auto full = pauses(policy, 4000);
  for (const std::size_t retry : {0u, 1u}) {
    const double backoff = retry == 0 ? 100 : 200;
    const Spread seen = spread(full, retry);
    CHECK(seen.mean_ms == Approx(backoff / 2).margin(0.023 * backoff));
    CHECK(milliseconds(seen.least) < 0.005 * backoff);
    CHECK(milliseconds(seen.most) > 0.995 * backoff);
    CHECK(milliseconds(seen.most) <= backoff);
  }
  policy.retry->jitter = Jitter::equal;
  const auto equal = pauses(policy, 4000);
  for (const std::size_t retry : {0u, 1u}) {
    const double backoff = retry == 0 ? 100 : 200;
    const Spread seen = spread(equal, retry);
    CHECK(seen.mean_ms == Approx(0.75 * backoff).margin(0.012 * backoff));
    CHECK(milliseconds(seen.least) >= 0.5 * backoff);
    CHECK(milliseconds(seen.least) < 0.505 * backoff);
    CHECK(milliseconds(seen.most) > 0.995 * backoff);
  }
}

TEST_CASE("call: decorrelated jitter follows the pause before", "[calls]") {
  CallPolicy policy = retries(4, 100ms);
  policy.retry->jitter = Jitter::decorrelated;
  policy.retry->max_backoff = 10s;
  const auto all = pauses(policy, 4000);
  CHECK(spread(all, 0).mean_ms == Approx(200).margin(5));                 // uniform on [100, 300]
  CHECK(spread(all, 1).mean_ms == Approx(0.5 * (100 + 600)).margin(14));  // half of 100 + 3 · 200
  double highest = 0;
  for (const auto& of_one : all) {
    for (std::size_t i = 0; i < of_one.size(); ++i) {
      const Duration before = i == 0 ? Duration{100ms} : of_one[i - 1];
      if (of_one[i] < 100ms || of_one[i] > 3 * before) FAIL("pause outside its bounds");
      highest = std::max(highest, static_cast<double>(of_one[i] / Duration{1}) /
                                      static_cast<double>(before / Duration{1}));
    }
  }
  CHECK(highest > 2.9);
  policy.retry->max_backoff = 250ms;
  CHECK(spread(pauses(policy, 400), 2).most == 250ms);
}

TEST_CASE("call: jitter depends on the request and the seed, on nothing else", "[calls]") {
  CallPolicy policy = retries(2, 100ms);
  policy.retry->jitter = Jitter::full;
  const auto once = pauses(policy, 20, 1);
  CHECK(once == pauses(policy, 20, 1));
  CHECK(once != pauses(policy, 20, 2));
  CHECK(once[0] != once[1]);
  const auto fewer = pauses(policy, 10, 1);
  CHECK(std::equal(fewer.begin(), fewer.end(), once.begin()));
}

TEST_CASE("call: only the outcomes that `on` names are tried again", "[calls]") {
  const std::vector<std::pair<Status, RetryOn>> causes{{Status::error, RetryOn::error},
                                                       {Status::rejected, RetryOn::rejected},
                                                       {Status::unavailable, RetryOn::unavailable},
                                                       {Status::reset, RetryOn::connection_reset},
                                                       {Status::timeout, RetryOn::timeout},
                                                       {Status::abandoned, RetryOn::error}};
  for (const auto& [status, cause] : causes) {
    for (const auto& [other_status, on] : causes) {
      SinkLog log;
      always(log, status);
      ModelRig rig({sink(log)}, kOneSink);
      CallPolicy policy = retries(2);
      policy.retry->on = {on};
      const Answer& answer = rig.send(Time{}, "it", Request{}, policy);
      rig.run(Time{1s});
      CAPTURE(name(status), static_cast<int>(on));
      CHECK(log.size() == (cause == on ? 2u : 1u));
      CHECK(answer.reply.status == status);
    }
  }
}

TEST_CASE("call: what is tried again unless `on` says otherwise", "[calls]") {
  for (const auto& [status, tries] :
       std::vector<std::pair<Status, std::size_t>>{{Status::ok, 1},
                                                   {Status::error, 3},
                                                   {Status::timeout, 3},
                                                   {Status::unavailable, 3},
                                                   {Status::reset, 3},
                                                   {Status::rejected, 1}}) {
    SinkLog log;
    always(log, status);
    ModelRig rig({sink(log)}, kOneSink);
    CallPolicy policy;
    policy.retry = RetryParams{};
    rig.send(Time{}, "it", Request{}, policy);
    rig.run(Time{10s});
    CAPTURE(name(status));
    CHECK(log.size() == tries);
  }
}

TEST_CASE("call: stops at the first success", "[calls]") {
  SinkLog log;
  log.react = [&log](const Received&) {
    return Reaction{Duration{0}, log.size() < 3 ? Status::error : Status::ok};
  };
  ModelRig rig({sink(log)}, kOneSink);
  const Answer& answer = rig.send(Time{}, "it", Request{}, retries(10));
  rig.run(Time{100s});
  CHECK(log.size() == 3);
  CHECK(answer.reply.ok());
  CHECK(answer.took() == 300ms);
}

TEST_CASE("call: instances are taken in turn, and nobody at all is unavailable at once",
          "[calls]") {
  SinkLog three;
  three.instances = 3;
  SinkLog none;
  none.instances = 0;
  ModelRig rig({sink(three)}, R"({"it": {"kind": "sink"}})");
  for (int i = 0; i < 5; ++i) rig.send(Time{1s}, "it", Request{});
  rig.run(Time{2s});
  CHECK(three.instances_hit() == std::vector<std::uint32_t>{0, 1, 2, 0, 1});

  ModelRig empty({sink(none)}, R"({"it": {"kind": "sink"}})");
  const Answer& answer = empty.send(Time{1s}, "it", Request{}, timeout_of(1s));
  empty.run(Time{2s});
  CHECK(answer.answered);
  CHECK(answer.took() == 0s);
  CHECK(answer.reply.status == Status::unavailable);
}

TEST_CASE("call: a caller that dies forgets its attempts, which are served all the same",
          "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1s}; };
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"},
                   "api": {"kind": "service", "endpoints": {"*": [{"call": "it"}]}}})");
  const Answer& answer = rig.send(Time{1s}, "api", Request{});
  rig.at(Time{1500ms}, [&rig] { rig.instance("api", 0).kill(false); });
  rig.run(Time{5s});
  CHECK(answer.reply.status == Status::reset);
  CHECK(answer.took() == 500ms);
  CHECK(rig.instance("it", 0).answers()[Status::ok] == 1);
  CHECK(rig.instance("it", 0).wasted() == 1);
}

/// Retries for each call where every attempt fails, at 100 calls a second for 100 seconds.
double retries_per_call(const std::string& budget) {
  SinkLog log;
  always(log, Status::error);
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 1000,
                   "endpoints": {"*": [{"call": "it", "retry": {"attempts": 6, "backoff": "1ms",
                                        "jitter": "none")" +
                   budget + "}}]}}}");
  testing::Load load;
  load.to = "api";
  load.per_second = 100;
  load.requests = 10'000;
  rig.add(load);
  rig.run(Time{500s});
  return static_cast<double>(log.size()) / 10'000 - 1;
}

TEST_CASE("retry budget: retries are a share of the calls and of time", "[calls]") {
  CHECK(retries_per_call("") == 5);
  CHECK(retries_per_call(R"(, "budget": {"ratio": "20%", "min_rate": "0/s"})") ==
        Approx(0.2).epsilon(0.01));
  CHECK(retries_per_call(R"(, "budget": {"ratio": "90%", "min_rate": "0/s"})") ==
        Approx(0.9).epsilon(0.01));
  // 30 a second over 100 seconds of load.
  CHECK(retries_per_call(R"(, "budget": {"ratio": 0, "min_rate": "30/s"})") ==
        Approx(0.3).epsilon(0.02));
  CHECK(retries_per_call(R"(, "budget": "20%")") == Approx(0.2 + 0.1).epsilon(0.03));
}

}  // namespace
}  // namespace highwater
