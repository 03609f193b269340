// Pools of connections on the caller's side: what calls do with them, against closed forms and a
// callee that answers exactly as it is told. What the pools decide is tested in tests/resources.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/calls/call.h"
#include "models/calls/call_params.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"
#include "tests/support/theory.h"

namespace highwater::connections_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
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

/// One caller that sends requests at the times given, with one policy.
struct Caller {
  Caller(SinkLog& log, const std::string& policy)
      : rig({sink(log), service::service()},
            R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 1000,
                "endpoints": {"*": [{"call": "it", )" +
                policy + "}]}}}") {}
  const Answer& at(Time time) { return rig.send(time, "api", Request{}); }
  std::uint64_t count(const std::string& name) { return rig.count("api", name); }

  ModelRig rig;
};

void answer_after(SinkLog& log, Duration time) {
  log.react = [time](const Received&) { return Reaction{time}; };
}

TEST_CASE("pool: calls beyond it wait in order and are rejected after the timeout", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("pool": {"size": 1, "max_overflow": 1, "timeout": "1500ms"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(&caller.at(Time{1s + i * 1ms}));
  caller.rig.run(Time{10s});
  CHECK(log.times() == std::vector<Duration>{1000ms, 1001ms, 2000ms, 2001ms});
  CHECK(answers[3]->took() == 1998ms);
  CHECK(answers[4]->reply.cause() == Status::rejected);
  CHECK(answers[4]->took() == 1500ms);
  CHECK(answers[5]->reply.cause() == Status::rejected);
  CHECK(caller.count("pool_timeouts") == 2);
  CHECK(caller.count("connections_opened") == 2);
  CHECK(caller.rig.value("api", "pool_in_use") == Approx(4.0 / 10));
  CHECK(caller.rig.value("api", "pool_waiting") == Approx((2 * 0.998 + 2 * 1.5) / 10));
  CHECK(caller.rig.value("api", "pool_wait_ms") == Approx(2 * 998.0 / 4));
}

TEST_CASE("pool: opening a connection takes its time, before the timeout begins", "[calls]") {
  SinkLog log;
  answer_after(log, 30ms);
  Caller caller(log, R"("pool": {"size": 5, "connect_time": "200ms"}, "timeout": "50ms")");
  const Answer& first = caller.at(Time{1s});
  const Answer& second = caller.at(Time{2s});
  caller.rig.run(Time{10s});
  CHECK(first.took() == 230ms);
  CHECK(first.reply.ok());
  CHECK(second.took() == 30ms);
  CHECK(caller.count("connections_opened") == 1);
}

TEST_CASE("pool: a call that times out closes its connection, an error does not", "[calls]") {
  SinkLog log;
  log.react = [](const Received& received) {
    return received.at < Time{2s}   ? Reaction{1h}
           : received.at < Time{3s} ? Reaction{1ms, Status::error}
                                    : Reaction{1ms};
  };
  Caller caller(log, R"("pool": {"size": 1, "max_overflow": 0}, "timeout": "50ms")");
  for (const int second : {1, 2, 3}) caller.at(Time{std::chrono::seconds{second}});
  caller.rig.run(Time{10s});
  CHECK(caller.count("connections_opened") == 2);
}

TEST_CASE("pool: recycle opens another after so long", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("pool": {"size": 1, "recycle": "5s"})");
  for (int second = 1; second <= 20; ++second) caller.at(Time{std::chrono::seconds{second}});
  caller.rig.run(Time{30s});
  CHECK(caller.count("connections_opened") == 4);  // at 1, 7, 13 and 19 s
}

TEST_CASE("pool: all calls of a process to one callee share it", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  const std::string pool = R"("pool": {"size": 1, "max_overflow": 0})";
  ModelRig rig({sink(log), service::service()},
               R"({"it": {"kind": "sink"}, "other": {"kind": "sink"},
                   "api": {"kind": "service", "workers": 9, "replicas": 2, "endpoints": {"*": [
                     {"parallel": [[{"call": "it", )" +
                   pool + R"(}], [{"call": "it", )" + pool + R"(}], [{"call": "other", )" + pool +
                   R"(}], [{"call": "it"}]]}]}}})");
  rig.send_to_instance(Time{1s}, "api", 0, Request{});
  rig.send_to_instance(Time{1s}, "api", 1, Request{});
  rig.run(Time{9s});
  // For each process: one with its pool, one without, one to the other; the fourth waits.
  CHECK(log.times() == std::vector<Duration>{1s, 1s, 1s, 1s, 1s, 1s, 2s, 2s});
  CHECK(rig.count("api", "connections_opened") == 4);
}

TEST_CASE("pool: each instance of the callee has connections of its own", "[calls]") {
  SinkLog log;
  log.instances = 2;
  answer_after(log, 1s);
  Caller caller(log, R"("pool": {"size": 1, "max_overflow": 0})");
  for (int i = 0; i < 4; ++i) caller.at(Time{1s});
  caller.rig.run(Time{9s});
  CHECK(log.instances_hit() == std::vector<std::uint32_t>{0, 1, 0, 1});
  CHECK(log.times() == std::vector<Duration>{1s, 1s, 2s, 2s});
}

TEST_CASE("pool: the callee's death breaks connections, which only a ping finds before a call",
          "[calls]") {
  SinkLog log;
  const bool pings = GENERATE(false, true);
  Caller caller(log, std::string(R"("pool": {"size": 2, "connect_time": "10ms")") +
                         (pings ? R"(, "pre_ping": true, "ping_time": "3ms"})" : "}"));
  caller.at(Time{1s});
  caller.at(Time{1s});
  caller.rig.at(Time{2s}, [&] { caller.rig.instance("it", 0).kill(false); });
  caller.rig.at(Time{3s}, [&] { caller.rig.instance("it", 0).revive(); });
  const Answer& first = caller.at(Time{4s});
  const Answer& second = caller.at(Time{5s});
  const Answer& third = caller.at(Time{6s});
  caller.rig.run(Time{10s});
  if (pings) {
    CHECK(first.reply.ok());
    CHECK(first.took() == 13ms);
    CHECK(third.took() == 3ms);
  } else {
    CHECK(first.reply.cause() == Status::reset);
    CHECK(first.took() == 0ms);
    // All that were open when it broke are replaced, each when its turn comes.
    CHECK(second.reply.ok());
    CHECK(second.took() == 10ms);
    CHECK(third.took() == 10ms);
  }
  CHECK(caller.count("connections_opened") == 4);
}

TEST_CASE("pool: calls under way when the callee dies lose their connections", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("pool": {"size": 1, "max_overflow": 0, "connect_time": "10ms"})");
  const Answer& broken = caller.at(Time{1s});
  const Answer& refused = caller.at(Time{1100ms});
  caller.rig.at(Time{1500ms}, [&] { caller.rig.instance("it", 0).kill(false); });
  const Answer& down = caller.at(Time{2s});
  caller.rig.at(Time{3s}, [&] { caller.rig.instance("it", 0).revive(); });
  const Answer& later = caller.at(Time{4s});
  caller.rig.run(Time{10s});
  CHECK(broken.reply.cause() == Status::reset);
  // Who waited gets the place, and finds that nobody takes connections.
  CHECK(refused.reply.cause() == Status::unavailable);
  CHECK(refused.took() == 400ms);
  CHECK(down.reply.cause() == Status::unavailable);
  CHECK(later.reply.ok());
  CHECK(later.took() == 1010ms);
}

TEST_CASE("pool: a callee that does not answer is asked again as TCP does, until connect_timeout",
          "[calls]") {
  SinkLog log;
  Caller caller(log, R"("pool": {"size": 5, "connect_time": "5ms", "connect_timeout": "10s"})");
  caller.rig.at(Time{1s}, [&] { caller.rig.instance("it", 0).kill(true); });
  caller.rig.at(Time{30s}, [&] { caller.rig.instance("it", 0).revive(); });
  const Answer& given_up = caller.at(Time{2s});
  const Answer& patient = caller.at(Time{25s});
  caller.rig.run(Time{60s});
  CHECK(given_up.reply.cause() == Status::unavailable);
  CHECK(given_up.took() == 10s);
  CHECK(patient.reply.ok());
  CHECK(patient.took() == 7005ms);  // asked at 25, 26, 28 and 32 s
}

TEST_CASE("pool: a connection through a partition is opened when it has healed", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("pool": {"size": 5, "connect_time": "5ms"})");
  Edge& edge = caller.rig.directory().edge(caller.rig.component("api"), caller.rig.component("it"));
  caller.rig.at(Time{1s}, [&] { edge.cut(true, true); });
  caller.rig.at(Time{4s}, [&] { edge.heal(true, true); });
  const Answer& answer = caller.at(Time{2s});
  caller.rig.run(Time{60s});
  CHECK(answer.reply.ok());
  CHECK(answer.took() == 3005ms);  // asked at 2, 3 and 5 s
}

TEST_CASE("pool: connections, waiters and leaks die with the calling process", "[calls]") {
  SinkLog log;
  answer_after(log, 100ms);
  Caller caller(log, R"("pool": {"size": 2, "max_overflow": 0, "leak": "100%"})");
  caller.at(Time{1s});
  caller.at(Time{1s});
  const Answer& waits = caller.at(Time{2s});
  caller.rig.at(Time{3s}, [&] { caller.rig.instance("api", 0).kill(false); });
  caller.rig.at(Time{4s}, [&] { caller.rig.instance("api", 0).revive(); });
  const Answer& fresh = caller.at(Time{5s});
  caller.rig.run(Time{9s});
  CHECK(waits.reply.cause() == Status::reset);
  CHECK(waits.took() == 1s);
  CHECK(fresh.reply.ok());
  CHECK(caller.count("connections_leaked") == 3);
  CHECK(caller.count("connections_opened") == 3);
  // Two from 1 s to 3 s, one from 5 s on.
  CHECK(caller.rig.value("api", "pool_in_use") == Approx(8.0 / 9));
  CHECK(caller.rig.value("api", "pool_waiting") == Approx(1.0 / 9));
}

TEST_CASE("pool: what the pool refuses is a failure to breaker and retry", "[calls]") {
  SinkLog log;
  answer_after(log, 10s);
  SECTION("the breaker opens") {
    Caller caller(log, R"("pool": {"size": 1, "max_overflow": 0, "timeout": "0s"},
                          "breaker": {"pybreaker": {"fail_max": 3}})");
    for (int i = 0; i < 10; ++i) caller.at(Time{1s + i * 1ms});
    caller.rig.run(Time{9s});
    CHECK(caller.count("pool_timeouts") == 3);
    CHECK(caller.rig.metric("api", "calls").causes.at("short_circuited") == 6);
  }
  SECTION("a retry asks again") {
    Caller caller(log, R"("pool": {"size": 1, "max_overflow": 0, "timeout": "5s"},
                          "retry": {"attempts": 3, "backoff": "1s", "jitter": "none",
                                    "multiplier": 1, "on": ["rejected"]})");
    caller.at(Time{1s});
    const Answer& answer = caller.at(Time{2s});
    caller.rig.run(Time{40s});
    CHECK(answer.reply.ok());
    CHECK(answer.took() == 19s);  // refused at 7 s; in line again from 8 s, it is its turn at 11 s
    CHECK(caller.count("pool_timeouts") == 1);
  }
}

TEST_CASE("pool: a hedge takes a connection of its own, the loser's is closed", "[calls]") {
  SinkLog log;
  log.react = [](const Received& received) {
    return Reaction{received.at == Time{1s} ? Duration{5s} : Duration{10ms}};
  };
  Caller caller(log, R"("pool": {"size": 2}, "hedge": {"after": "100ms", "budget": "100%"})");
  const Answer& answer = caller.at(Time{1s});
  caller.at(Time{2s});
  caller.at(Time{2s});
  caller.rig.run(Time{9s});
  CHECK(answer.took() == 110ms);
  CHECK(caller.count("connections_opened") == 3);
}

TEST_CASE("pool: nobody waits for a connection beyond his caller's patience", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("pool": {"size": 1, "max_overflow": 0}, "deadline_slack": "10ms")");
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

TEST_CASE("pgbouncer: it opens one connection at a time", "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  Caller caller(log, R"("pool": {"pgbouncer": {"default_pool_size": 2, "max_client_conn": 4},
                                 "connect_time": "100ms"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(&caller.at(Time{1s}));
  caller.rig.run(Time{9s});
  CHECK(log.times() == std::vector<Duration>{1100ms, 1200ms, 2100ms, 2200ms});
  CHECK(answers[4]->reply.cause() == Status::rejected);
  CHECK(answers[4]->took() == 0ms);
  CHECK(caller.count("pool_timeouts") == 1);
}

TEST_CASE("pgbouncer: a session's connection is reset after each call, a transaction's is not",
          "[calls]") {
  SinkLog log;
  answer_after(log, 1s);
  const bool session = GENERATE(true, false);
  Caller caller(
      log, session
               ? R"("pool": {"pgbouncer": {"default_pool_size": 1}, "reset_time": "50ms"})"
               : R"("pool": {"pgbouncer": {"default_pool_size": 1, "pool_mode": "transaction"}})");
  for (int i = 0; i < 3; ++i) caller.at(Time{1s});
  caller.rig.run(Time{9s});
  CHECK(log.times() == (session ? std::vector<Duration>{1000ms, 2050ms, 3100ms}
                                : std::vector<Duration>{1s, 2s, 3s}));
}

TEST_CASE("pgbouncer: it sees the callee's death, and refuses while it is down", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("pool": {"pgbouncer": {"server_login_retry": "2s"},
                                 "connect_time": "10ms"})");
  caller.at(Time{1s});
  caller.rig.at(Time{2s}, [&] { caller.rig.instance("it", 0).kill(false); });
  const Answer& waits = caller.at(Time{3s});
  const Answer& refused = caller.at(Time{3500ms});
  caller.rig.at(Time{4s}, [&] { caller.rig.instance("it", 0).revive(); });
  const Answer& later = caller.at(Time{6s});
  caller.rig.run(Time{9s});
  // The first one to try waits; maintenance tries again two seconds after.
  CHECK(waits.reply.ok());
  CHECK(waits.took() > 2s);
  CHECK(waits.took() < 2350ms);
  CHECK(refused.reply.cause() == Status::unavailable);
  CHECK(later.reply.ok());
  CHECK(later.took() == 0ms);
}

TEST_CASE("pgbouncer: connections idle for too long are closed", "[calls]") {
  SinkLog log;
  Caller caller(log, R"("pool": {"pgbouncer": {"server_idle_timeout": "5s"},
                                 "connect_time": "10ms"})");
  const std::vector<const Answer*> answers{&caller.at(Time{1s}), &caller.at(Time{5s}),
                                           &caller.at(Time{11s})};
  caller.rig.run(Time{20s});
  CHECK(answers[0]->took() == 10ms);
  CHECK(answers[1]->took() == 0ms);
  CHECK(answers[2]->took() == 10ms);
}

// Closed forms: a pool of c connections to a callee without limits is M/M/c.

/// Poisson calls at 320/s that take 10 ms on average.
struct Queue {
  Queue(const std::string& policy, std::uint64_t requests)
      : rig({service::service()},
            R"({"db": {"kind": "service", "workers": 100000, "service_time":
                  {"exponential": "10ms"}},
                "api": {"kind": "service", "workers": 100000,
                  "endpoints": {"*": [{"call": "db", )" +
                policy + "}]}}}") {
    Load load;
    load.to = "api";
    load.per_second = kArrivals;
    load.requests = requests;
    load.answered = [this](const Request&, const Answer& answer) {
      ++answered;
      if (!answer.reply.ok()) ++refused;
    };
    rig.add(load);
    rig.run(Time{std::chrono::seconds{requests / 300}});
  }
  static constexpr double kArrivals = 320;
  static constexpr double kService = 100;
  double refused_share() const {
    return static_cast<double>(refused) / static_cast<double>(answered);
  }

  std::uint64_t answered = 0;
  std::uint64_t refused = 0;
  ModelRig rig;
};

TEST_CASE("pool: the wait for one of four connections is Erlang's C", "[calls][costly]") {
  const std::string pool = GENERATE(
      std::string(R"("pool": {"size": 4, "max_overflow": 0, "timeout": "1h"})"),
      std::string(R"("pool": {"size": 1, "max_overflow": 3, "timeout": "1h", "use_lifo": true})"),
      std::string(
          R"("pool": {"pgbouncer": {"default_pool_size": 4, "max_client_conn": 1000000}})"));
  CAPTURE(pool);
  Queue queue(pool, 400'000);
  CHECK(queue.rig.value("api", "pool_wait_ms") ==
        Approx(1000 * theory::mmc_wait(Queue::kArrivals, Queue::kService, 4)).epsilon(0.04));
  CHECK(queue.refused == 0);
}

TEST_CASE("pool: with a timeout of 0 the share refused is Erlang's B", "[calls]") {
  Queue queue(R"("pool": {"size": 4, "max_overflow": 0, "timeout": "0s"})", 400'000);
  CHECK(queue.refused_share() ==
        Approx(theory::erlang_b(Queue::kArrivals / Queue::kService, 4)).epsilon(0.02));
}

/// The share of calls that find no server within `patience`: M/M/c + D. The virtual wait has
/// density arrivals * p[c - 1] * exp(-(c service - arrivals) w) up to the patience; nobody adds to
/// what is beyond. F. Baccelli, G. Hebuterne, On queues with impatient customers, 1981.
double impatient_share(double arrivals, double service, int servers, double patience) {
  double state = 1;
  double total = 1;
  for (int n = 1; n < servers; ++n) total += state *= arrivals / service / n;
  const double drain = servers * service - arrivals;
  const double at_zero = arrivals * state;  // of the density
  total += at_zero * (1 - std::exp(-drain * patience)) / drain;
  const double beyond = at_zero * std::exp(-drain * patience) / (servers * service);
  return beyond / (total + beyond);
}

TEST_CASE("pool: with a timeout the share refused is that of impatient customers",
          "[calls][costly]") {
  Queue queue(R"("pool": {"size": 4, "max_overflow": 0, "timeout": "10ms"})", 400'000);
  CHECK(queue.refused_share() ==
        Approx(impatient_share(Queue::kArrivals, Queue::kService, 4, 0.01)).epsilon(0.03));
  // Without patience it is Erlang's B.
  CHECK(impatient_share(Queue::kArrivals, Queue::kService, 4, 0) ==
        Approx(theory::erlang_b(3.2, 4)));
}

TEST_CASE("pool: a leak uses the pool up after size / (rate * share)", "[calls]") {
  // Calls are short: every leaked connection is lost to the pool, and the n-th is so after n /
  // (rate * share) on average, with a deviation of sqrt(n) / (rate * share): 20 s and 2 s here.
  double sum = 0;
  constexpr int kRuns = 20;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    SinkLog log;
    ModelRig::Options options;
    options.seed = seed;
    ModelRig rig({sink(log), service::service()},
                 R"({"it": {"kind": "sink"}, "api": {"kind": "service", "workers": 1000000,
                     "endpoints": {"*": [{"call": "it", "pool":
                       {"size": 100, "max_overflow": 0, "timeout": "1h", "leak": "5%"}}]}}})",
                 options);
    Load load;
    load.to = "api";
    load.per_second = 100;
    load.requests = 6000;
    rig.add(load);
    rig.run(Time{100s});
    CHECK(rig.count("api", "connections_leaked") == 100);
    sum += seconds(log.received.back().at);
  }
  CHECK(sum / kRuns == Approx(20).margin(4 * 2 / std::sqrt(kRuns)));
}

TEST_CASE("pool: what makes no sense is said in words", "[calls]") {
  CHECK(problems_in(R"({"pool": {"size": 20, "max_overflow": 0, "timeout": "30s",
                                 "connect_time": {"exponential": "5ms"}, "recycle": "1h",
                                 "leak": "0.1%"}})") == "");
  CHECK(problems_in(R"({"pool": {"pgbouncer": {}}})") == "");
  CHECK(problems_in(R"({"pool": "pgbouncer"})") == "");
  const std::vector<std::pair<std::string, std::string>> wrong{
      {R"({})", "size"},
      {R"({"size": -1})", "size"},
      {R"({"size": 5, "max_overflow": -2})", "-1 for any number"},
      {R"({"size": 5, "max_overflow": 1.5})", "a number of connections"},
      {R"({"size": 0, "max_overflow": 5})", "has no limit, so nothing can be beyond it"},
      {R"({"size": 0, "timeout": "5s"})", "nobody waits for a pool without limit"},
      {R"({"size": 5, "max_overflow": -1, "timeout": "5s"})", "nobody waits"},
      {R"({"size": 5, "ping_time": "1ms"})", "without pre_ping nothing is pinged"},
      {R"({"size": 5, "connect_timeout": "0s"})", "connect_timeout"},
      {R"({"size": 5, "leak": "150%"})", "leak"},
      {R"({"size": 5, "pgbouncer": {}})", "pgbouncer"},
      {R"({"pgbouncer": {"max_client_conn": 0}})", "max_client_conn"},
      {R"({"pgbouncer": {"default_pool_size": 2, "min_pool_size": 3}})", "default_pool_size is 2"},
      {R"({"pgbouncer": {"default_pool_size": 0, "reserve_pool_size": 3}})", "needs no reserve"},
      {R"({"pgbouncer": {"reserve_pool_timeout": "3s"}})", "no reserve without"},
      {R"({"pgbouncer": {"pool_mode": "transaction"}, "reset_time": "1ms"})",
       "reset with pool_mode session only"},
      {R"({"pgbouncer": {"pool_mode": "sessions"}})", "did you mean \"session\"?"}};
  for (const auto& [pool, why] : wrong) {
    CAPTURE(pool);
    CHECK_THAT(problems_in(R"({"pool": )" + pool + "}"), Catch::Contains(why));
  }
}

TEST_CASE("pool: steps that share a pool declare the same", "[calls]") {
  SinkLog log;
  const auto found = [&](const std::string& other) {
    const std::string api = R"({"kind": "service", "endpoints": {
        "a": [{"call": "it", "pool": {"size": 5}}],
        "b": [{"repeat": {"times": 2, "steps": [{"call": "it", "pool": )" +
                            other + "}]}}]}}";
    ModelRig rig({sink(log), service::service()},
                 R"({"it": {"kind": "sink"}, "api": )" + api + "}");
    Problems problems;
    const auto value = parse_json(api, problems.add_source("api.json"), problems);
    const std::string path = "/api";
    rig.component("api").examine({*value, path, problems});
    return problems.text();
  };
  CHECK(found(R"({"size": 5})") == "");
  CHECK_THAT(found(R"({"size": 6})"),
             Catch::Contains("share one pool, and another step says {\"size\": 5}"));
}

}  // namespace
}  // namespace highwater::connections_test
