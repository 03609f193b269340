// What breakers, limits, bulkheads, hedges and fallbacks do to calls, against a callee that answers
// exactly as it is told, so that every instant is known. How each algorithm decides is tested in
// tests/resilience, tests/overload and tests/limiting.

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/breaker_params.h"
#include "models/calls/call.h"
#include "models/calls/call_params.h"
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

/// A policy as a scenario has it.
CallPolicy policy_of(const std::string& json) {
  Problems problems;
  const auto value = parse_json(json, problems.add_source("policy.json"), problems);
  const CallPolicy policy = value ? read_params<CallPolicy>(*value, "", problems) : CallPolicy{};
  INFO(problems.text());
  REQUIRE_FALSE(problems.has_errors());
  return policy;
}

std::string problems_in(const std::string& json) {
  Problems problems;
  const auto value = parse_json(json, problems.add_source("policy.json"), problems);
  if (value) read_params<CallPolicy>(*value, "", problems);
  return problems.text();
}

/// Answers as the list says, one request after the other; ok at once when it is used up.
void script(SinkLog& log, std::vector<Reaction> reactions) {
  log.react = [reactions = std::move(reactions), next = std::size_t{0}](const Received&) mutable {
    return next < reactions.size() ? reactions[next++] : Reaction{};
  };
}
constexpr Reaction kError{Duration{0}, Status::error};
constexpr Reaction kOk{};

/// One caller that sends requests at the times given, with one policy and one memory.
struct Caller {
  Caller(SinkLog& log, const std::string& policy)
      : rig({sink(log), service::service()},
            R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 1000,
                "endpoints": {"*": [{"call": "it", )" +
                policy + "}]}}}") {}
  const Answer& at(Time time) { return rig.send(time, "api", Request{}); }

  ModelRig rig;
};

TEST_CASE("breaker: it opens, refuses at once, and tries again after its wait", "[calls]") {
  SinkLog log;
  script(log, {kError, kError, kError});
  Caller caller(log, R"("breaker": {"pybreaker": {"fail_max": 3, "reset_timeout": "10s"}})");
  std::vector<const Answer*> answers;
  for (const int second : {1, 2, 3, 4, 12, 13, 14})
    answers.push_back(&caller.at(Time{std::chrono::seconds{second}}));
  caller.rig.run(Time{20s});
  // The third failure opens it until 13 s.
  CHECK(log.times() == std::vector<Duration>{1s, 2s, 3s, 13s, 14s});
  CHECK(answers[2]->reply.status == Status::error);
  CHECK(answers[3]->reply.cause() == Status::rejected);
  CHECK(answers[4]->reply.cause() == Status::rejected);
  CHECK(answers[5]->reply.ok());
  const MetricRecord& calls = caller.rig.metric("api", "calls");
  CHECK(calls.causes == std::map<std::string, std::uint64_t>{{"short_circuited", 2}});
  CHECK(caller.rig.value("api", "breakers_open") == Approx(0.5));  // 3 s to 13 s, of 20
  REQUIRE(caller.rig.happenings().size() == 3);
  CHECK(caller.rig.happenings()[0].text == "the circuit breaker of api[0] for it is open");
  CHECK(caller.rig.happenings()[0].at == Time{3s});
  CHECK(caller.rig.happenings()[1].text == "the circuit breaker of api[0] for it is half_open");
  CHECK(caller.rig.happenings()[2].text == "the circuit breaker of api[0] for it is closed");
  CHECK(caller.rig.happenings()[2].at == Time{13s});
}

TEST_CASE("breaker: each calling process has its own, and it dies with the process", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return kError; };
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "api": {"kind": "service", "replicas": 2,
                   "endpoints": {"*": [{"call": "it", "breaker":
                     {"pybreaker": {"fail_max": 1, "reset_timeout": "1h"}}}]}}})");
  for (const int second : {1, 2, 6})
    for (const std::size_t instance : {0u, 1u})
      rig.send_to_instance(Time{std::chrono::seconds{second}}, "api", instance, Request{});
  rig.at(Time{4s}, [&] { rig.instance("api", 0).kill(false); });
  rig.at(Time{5s}, [&] { rig.instance("api", 0).revive(); });
  rig.run(Time{10s});
  // Both fail once; at 2 s both are open; at 6 s only the one that was not killed still is.
  CHECK(log.times() == std::vector<Duration>{1s, 1s, 6s});
}

TEST_CASE("breaker: refusals of the limits behind it do not count as failures", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{100ms}; };
  Caller caller(log, R"("breaker": {"pybreaker": {"fail_max": 1}},
                        "bulkhead": {"concurrent": 1, "queue": 0})");
  caller.at(Time{1s});
  const Answer& refused = caller.at(Time{1s} + 50ms);
  const Answer& later = caller.at(Time{2s});
  caller.rig.run(Time{3s});
  CHECK(refused.reply.cause() == Status::rejected);
  CHECK(later.reply.ok());
}

TEST_CASE("breaker: every product opens on failures alone and lets calls out again", "[calls]") {
  for (const std::string product :
       {R"({"pybreaker": {"reset_timeout": "10s"}})",
        R"({"resilience4j": {"minimum_number_of_calls": 5, "sliding_window_size": 10,
            "wait_duration_in_open_state": "10s"}})",
        R"({"resilience4j": {"minimum_number_of_calls": 5, "sliding_window_type": "time_based",
            "sliding_window_size": 60, "wait_duration_in_open_state": "10s"}})",
        R"({"hystrix": {"request_volume_threshold": 3}})", R"("opossum")",
        R"("cockatiel_consecutive")", R"({"cockatiel_count": {"size": 5}})",
        R"({"cockatiel_sampling": {"minimum_rps": 0.1}})"}) {
    INFO(product);
    SinkLog log;
    log.react = [](const Received& received) { return received.at < Time{30s} ? kError : kOk; };
    Caller caller(log, "\"breaker\": " + product);
    for (int i = 0; i < 200; ++i) caller.at(Time{i * 500ms});
    caller.rig.run(Time{200s});
    // It opened: not all of the sixty that failed, or would have, were sent.
    const std::size_t failed = static_cast<std::size_t>(
        std::count_if(log.received.begin(), log.received.end(),
                      [](const Received& each) { return each.at < Time{30s}; }));
    CHECK(failed < 40);
    CHECK(failed >= 1);
    // And it closed: the last ones were.
    CHECK(log.received.back().at == Time{199 * 500ms});
    CHECK(caller.rig.metric("api", "calls").causes.at("short_circuited") == 200 - log.size());
  }
}

TEST_CASE("rate limit: refuses, or makes wait where the algorithm does", "[calls]") {
  SECTION("a token bucket refuses") {
    SinkLog log;
    Caller caller(log, R"("rate_limit": {"token_bucket": {"rate": "1/s", "burst": 2}})");
    for (int i = 0; i < 10; ++i) caller.at(Time{1s} + i * 250ms);
    caller.rig.run(Time{9s});
    CHECK(log.times() == std::vector<Duration>{1000ms, 1250ms, 2000ms, 3000ms});
    CHECK(caller.rig.metric("api", "calls").causes.at("rate_limited") == 6);
  }
  SECTION("nginx' leaky bucket delays") {
    SinkLog log;
    Caller caller(log, R"("rate_limit": {"nginx_limit_req": {"rate": "10r/s", "burst": 5}})");
    const Answer& first = caller.at(Time{1s});
    const Answer& second = caller.at(Time{1s});
    caller.rig.run(Time{9s});
    CHECK(first.took() == 0ms);
    CHECK(second.took() == 100ms);
    CHECK(caller.rig.metric("api", "calls").causes.at("delayed") == 1);
  }
}

TEST_CASE("bulkhead: so many at a time, so many in line, for so long", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1s}; };
  Caller caller(log, R"("bulkhead": {"concurrent": 2, "queue": 2, "max_wait": "1500ms"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&caller.at(Time{1s} + i * 10ms));
  caller.rig.run(Time{9s});
  CHECK(log.times() == std::vector<Duration>{1000ms, 1010ms, 2000ms, 2010ms});
  CHECK(answers[4]->reply.cause() == Status::rejected);
  CHECK(answers[4]->took() == 0ms);
  CHECK(caller.rig.metric("api", "calls").causes ==
        std::map<std::string, std::uint64_t>{{"bulkhead_full", 1}});
}

TEST_CASE("concurrency limit: what is above it is refused, and it falls with drops", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{100ms}; };
  Caller caller(log, R"("timeout": "50ms", "concurrency_limit": {"aimd": {"initial_limit": 10,
                        "min_limit": 1, "max_limit": 10, "backoff_ratio": 0.5}})");
  for (int i = 0; i < 20; ++i) caller.at(Time{1s});
  for (int i = 0; i < 20; ++i) caller.at(Time{2s});
  caller.rig.run(Time{9s});
  const auto sent_at = [&](Duration time) {
    const std::vector<Duration> times = log.times();
    return std::count(times.begin(), times.end(), time);
  };
  CHECK(sent_at(1s) == 10);
  CHECK(sent_at(2s) == 1);  // each of ten timeouts has halved it
  CHECK(caller.rig.metric("api", "calls").causes.at("limit_reached") == 29);
}

TEST_CASE("adaptive throttling: a callee that rejects gets about twice what it accepts",
          "[calls]") {
  SinkLog log;
  // Accepts ten a second.
  log.react = [second = Time{}, accepted = 0](const Received& received) mutable {
    if (received.at >= second + 1s) {
      second = received.at;
      accepted = 0;
    }
    return Reaction{Duration{0}, accepted++ < 10 ? Status::ok : Status::rejected};
  };
  Caller caller(log, R"("adaptive_throttling": {"k": 2, "window": "10s"})");
  testing::Load load;
  load.to = "api";
  load.per_second = 100;
  load.requests = 20'000;
  caller.rig.add(load);
  caller.rig.run(Time{300s});
  CHECK(log.size() == Approx(200 * 20).epsilon(0.1));
  CHECK(caller.rig.metric("api", "calls").causes.at("throttled") == 20'000 - log.size());
}

TEST_CASE("hedge: a second request goes out beside a slow one, and the first answer counts",
          "[calls]") {
  SECTION("the second is faster") {
    SinkLog log;
    script(log, {{1s}, {10ms}});
    Caller caller(log, R"("hedge": {"after": "100ms", "budget": "100%"})");
    const Answer& answer = caller.at(Time{1s});
    caller.rig.run(Time{9s});
    CHECK(answer.reply.ok());
    CHECK(answer.took() == 110ms);
    CHECK(log.times() == std::vector<Duration>{1000ms, 1100ms});
    CHECK(caller.rig.instance("it", 0).wasted() == 1);
    CHECK(caller.rig.metric("api", "calls").causes ==
          std::map<std::string, std::uint64_t>{{"hedges", 1}, {"hedges_won", 1}});
  }
  SECTION("the first is in time") {
    SinkLog log;
    script(log, {{90ms}});
    Caller caller(log, R"("hedge": "100ms")");
    caller.at(Time{1s});
    caller.rig.run(Time{9s});
    CHECK(log.size() == 1);
  }
  SECTION("a failure ends the race before the second goes out") {
    SinkLog log;
    script(log, {{20ms, Status::error}});
    Caller caller(log, R"("hedge": "100ms")");
    const Answer& answer = caller.at(Time{1s});
    caller.rig.run(Time{9s});
    CHECK(answer.reply.status == Status::error);
    CHECK(answer.took() == 20ms);
    CHECK(log.size() == 1);
  }
  SECTION("a failure after the second went out waits for that") {
    SinkLog log;
    script(log, {{150ms, Status::error}, {100ms}});
    Caller caller(log, R"("hedge": "100ms")");
    const Answer& answer = caller.at(Time{1s});
    caller.rig.run(Time{9s});
    CHECK(answer.reply.ok());
    CHECK(answer.took() == 200ms);
  }
  SECTION("no more than the budget") {
    SinkLog log;
    log.react = [](const Received&) { return Reaction{500ms}; };
    Caller caller(log, R"("hedge": {"after": "100ms", "budget": "10%", "burst": 1})");
    for (int i = 0; i < 100; ++i) caller.at(Time{1s} + i * 1s);
    caller.rig.run(Time{300s});
    CHECK(caller.rig.metric("api", "calls").causes.at("hedges") == 10);
  }
  SECTION("after the percentile of what was seen") {
    SinkLog log;
    log.react = [](const Received& received) {
      return Reaction{received.request.id == 1000 ? 1s : 10ms};
    };
    Caller caller(log, R"("hedge": {"percentile": 95, "initial": "5s"})");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 1000; ++i) answers.push_back(&caller.at(Time{1s} + i * 20ms));
    caller.rig.run(Time{100s});
    CHECK(log.received.back().at - answers.back()->sent < 12ms);
    CHECK(log.received.back().at - answers.back()->sent >= 10ms);
  }
}

TEST_CASE("deadline_slack: a call ends before its caller's caller stops waiting", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1h}; };
  Caller caller(log, R"("deadline_slack": "10ms", "retry": {"attempts": 3, "backoff": "20ms",
                        "jitter": "none", "multiplier": 1}, "timeout": "40ms")");
  const Answer& patient = caller.rig.send(Time{1s}, "api", Request{}, policy_of("{}"));
  const Answer& hurried =
      caller.rig.send(Time{2s}, "api", Request{}, policy_of(R"({"timeout": "100ms"})"));
  caller.rig.run(Time{9s});
  // 40 + 20 + 40 + 20 + 40 without a deadline; with one the second attempt ends 10 ms before it.
  CHECK(patient.took() == 160ms);
  CHECK(hurried.took() == 90ms);
  CHECK(log.times() == std::vector<Duration>{1000ms, 1060ms, 1120ms, 2000ms, 2060ms});
  REQUIRE(log.size() == 5);
  CHECK(log.received[4].request.deadline == Time{2090ms});
}

TEST_CASE("fallback: answers where the call has failed for good", "[calls]") {
  SECTION("a prepared answer") {
    SinkLog log;
    script(log, {kError, kError, kOk});
    Caller caller(log, R"("retry": {"attempts": 2, "backoff": "10ms", "jitter": "none"},
                          "fallback": {"time": "5ms"})");
    const Answer& first = caller.at(Time{1s});
    const Answer& second = caller.at(Time{2s});
    caller.rig.run(Time{9s});
    CHECK(first.reply.ok());
    CHECK(first.took() == 15ms);
    CHECK(second.took() == 0ms);
    CHECK(caller.rig.metric("api", "calls").causes ==
          std::map<std::string, std::uint64_t>{{"fallbacks", 1}, {"retries", 1}});
  }
  SECTION("another component") {
    SinkLog log;
    log.react = [](const Received&) { return kError; };
    ModelRig rig({sink(log), service::service()},
                 R"({"it": {"kind": "sink"},
                     "spare": {"kind": "service", "service_time": "30ms"},
                     "api": {"kind": "service",
                             "endpoints": {"*": [{"call": "it", "fallback": "spare"}]}}})");
    const Answer& answer = rig.send(Time{1s}, "api", Request{});
    rig.at(Time{2s}, [&] { rig.instance("spare", 0).kill(false); });
    const Answer& none = rig.send(Time{3s}, "api", Request{});
    rig.run(Time{9s});
    CHECK(answer.reply.ok());
    CHECK(answer.took() == 30ms);
    CHECK(none.reply.status == Status::error);
  }
}

TEST_CASE("retry limits: each of them stops a storm", "[calls]") {
  const auto attempts = [](const std::string& limit) {
    SinkLog log;
    log.react = [](const Received&) { return kError; };
    Caller caller(log,
                  R"("retry": {"attempts": 5, "backoff": "1ms", "jitter": "none")" + limit + "}");
    for (int i = 0; i < 1000; ++i) caller.at(Time{i * 10ms});
    caller.rig.run(Time{100s});
    return log.size();
  };
  CHECK(attempts("") == 5000);
  CHECK(attempts(R"(, "throttle": {"max_tokens": 10, "token_ratio": 0.1})") < 1010);
  CHECK(attempts(R"(, "quota": {"capacity": 500, "retry_cost": 5})") == 1100);
  CHECK(attempts(R"(, "max_share": "10%")") == Approx(1111).epsilon(0.01));
  CHECK(attempts(R"(, "concurrency": {"budget_percent": "0%", "min_retry_concurrency": 1})") <
        5000);
}

TEST_CASE("retry: every jitter keeps to its bounds and pauses differ where they should",
          "[calls]") {
  for (const std::string jitter :
       {"none", "full", "equal", "decorrelated", "decorrelated_v2", "half", "fifth"}) {
    INFO(jitter);
    SinkLog log;
    log.react = [](const Received&) { return kError; };
    ModelRig rig({sink(log)}, kOneSink);
    const CallPolicy policy =
        policy_of(R"({"retry": {"attempts": 2, "backoff": "100ms", "jitter": ")" + jitter + "\"}}");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 200; ++i) answers.push_back(&rig.send(Time{1s}, "it", Request{}, policy));
    rig.run(Time{100s});
    Duration least = 1h, most{0};
    for (const Answer* answer : answers) {
      least = std::min(least, answer->took());
      most = std::max(most, answer->took());
    }
    const bool spread = jitter != "none";
    CHECK((most > least) == spread);
    CHECK(most <= (jitter == "decorrelated" || jitter == "decorrelated_v2" ? 300ms : 150ms));
  }
}

TEST_CASE("retry: max_elapsed ends the attempts", "[calls]") {
  SinkLog log;
  log.react = [](const Received&) { return kError; };
  Caller caller(log, R"("retry": {"attempts": 100, "backoff": "100ms", "multiplier": 1,
                        "jitter": "none", "max_elapsed": "350ms"})");
  caller.at(Time{1s});
  caller.rig.run(Time{9s});
  CHECK(log.times() == std::vector<Duration>{1000ms, 1100ms, 1200ms, 1300ms});
}

TEST_CASE("call policies: what is wrong with them is said", "[calls]") {
  CHECK_THAT(problems_in(R"({"breaker": "pybraker"})"), Catch::Contains("pybreaker"));
  CHECK_THAT(problems_in(R"({"breaker": {"pybreaker": {}, "opossum": {}}})"),
             Catch::Contains("opossum"));
  CHECK_THAT(problems_in(R"({"rate_limit": {"token_bucket": {}}})"), Catch::Contains("rate"));
  CHECK_THAT(problems_in(R"({"retry": {"budget": "20%", "quota": {}}})"),
             Catch::Contains("limited in one way"));
  CHECK_THAT(problems_in(R"({"hedge": {"requests": 1}})"), Catch::Contains("2"));
  CHECK_THAT(problems_in(R"({"concurrency_limit": "reno"})"), Catch::Contains("vegas"));
  CHECK_THAT(problems_in(R"({"bulkhead": 0})"), Catch::Contains("1"));
  CHECK(problems_in(R"({"concurrency_limit": "vegas", "breaker": "hystrix", "bulkhead": 5,
                        "hedge": "20ms", "fallback": {}, "adaptive_throttling": {}})")
            .empty());
}

}  // namespace
}  // namespace highwater
