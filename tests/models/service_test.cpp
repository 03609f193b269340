// A service against queueing theory where theory says what must come out, and against single
// requests where instants do. A mean over several hundred thousand requests is within the tolerance
// given with a probability that makes a failure a fault; seeds are fixed.

#include "models/service/service.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cluster/cluster.h"
#include "models/membership/members.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"
#include "tests/support/theory.h"

namespace highwater::service {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::own_metrics;
using testing::problems_of;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;

ModelRig rig_of(const std::string& parameters, Duration duration = 1000s) {
  ModelRig::Options options;
  options.duration = duration;
  return ModelRig({service()}, R"({"api": {"kind": "service", )" + parameters + "}}", options);
}

/// Poisson for the first 95 % of the rig's duration.
Load load(double per_second, Duration duration = 1000s) {
  Load load;
  load.to = "api";
  load.per_second = per_second;
  load.requests = static_cast<std::uint64_t>(per_second * seconds(duration) * 0.95);
  return load;
}

CallPolicy timeout_of(Duration timeout) {
  CallPolicy policy;
  policy.timeout = timeout;
  return policy;
}

Request urgent(std::uint32_t priority, Symbol endpoint = kNoSymbol) {
  Request request;
  request.priority = static_cast<std::uint8_t>(priority);
  request.endpoint = endpoint;
  return request;
}

const Time kFrom{20s};

TEST_CASE("service: one worker is M/M/1 unless told otherwise", "[models][service][statistical]") {
  ModelRig rig = rig_of(R"("service_time": {"exponential": "2ms"})");
  rig.add(load(300));
  rig.run(Time{1000s});
  CHECK(rig.value("api", "wait_ms", kFrom) == Approx(3).epsilon(0.03));  // rho / (mu - lambda)
  CHECK(rig.value("api", "service_ms", kFrom) == Approx(2).epsilon(0.01));
  // The load lasts 950 of the 1,000 seconds.
  CHECK(rig.value("api", "utilization") == Approx(0.6 * 0.95).epsilon(0.01));
  CHECK(rig.value("api", "cpu_utilization") == Approx(0.6 * 0.95).epsilon(0.01));
  CHECK(rig.value("api", "queue_length") == Approx(0.9 * 0.95).epsilon(0.04));
  CHECK(rig.value("api", "in_flight") == Approx(1.5 * 0.95).epsilon(0.03));
  CHECK(rig.value("api", "throughput_rps") == Approx(285).epsilon(0.001));
}

TEST_CASE("service: workers are the c of M/M/c", "[models][service][statistical]") {
  ModelRig rig = rig_of(R"("workers": 4, "service_time": {"exponential": "10ms"})");
  rig.add(load(320));
  rig.run(Time{1000s});
  CHECK(rig.value("api", "wait_ms", kFrom) ==
        Approx(theory::mmc_wait(320, 100, 4) * 1000).epsilon(0.04));
  CHECK(rig.value("api", "utilization") == Approx(0.8 * 0.95).epsilon(0.01));
}

TEST_CASE("service: every replica has a line and workers of its own",
          "[models][service][statistical]") {
  // A direct call takes them in turn, so arrivals at each of two are Erlang-2: between M/M/1 and
  // M/M/2 in waiting.
  ModelRig rig = rig_of(R"("replicas": 2, "service_time": {"exponential": "10ms"})");
  rig.add(load(160));
  rig.run(Time{1000s});
  const double wait = rig.value("api", "wait_ms", kFrom);
  CHECK(wait < 1000 * theory::mm1_wait(80, 100) * 0.9);
  CHECK(wait > 1000 * theory::mmc_wait(160, 100, 2) * 1.1);
  CHECK(rig.value("api", "utilization") == Approx(0.8 * 0.95).epsilon(0.01));
  CHECK(rig.value("api[1]", "utilization") == Approx(0.8 * 0.95).epsilon(0.01));
  CHECK(rig.value("api[0]", "queue_length") + rig.value("api[1]", "queue_length") ==
        Approx(rig.value("api", "queue_length")));
}

TEST_CASE("service: a faster clock does the same work in less time", "[models][service]") {
  for (const std::string cores : {"", R"(, "cores": 1)"}) {
    ModelRig rig = rig_of(R"("service_time": "10ms", "speed": "2.5x", "workers": 4)" + cores);
    const Answer& fast = rig.send(Time{1s}, "api", Request{});
    rig.at(Time{2s}, [&] { rig.instance("api", 0).slow(5); });
    const Answer& slowed = rig.send(Time{3s}, "api", Request{});
    rig.run(Time{5s});
    CHECK(fast.took() == 4ms);
    CHECK(slowed.took() == 20ms);
  }
}

TEST_CASE("service: deterministic and variable service are M/G/1",
          "[models][service][statistical][costly]") {
  ModelRig fixed = rig_of(R"("service_time": "2ms")");
  fixed.add(load(350));
  fixed.run(Time{1000s});
  CHECK(fixed.value("api", "wait_ms", kFrom) ==
        Approx(1000 * theory::mg1_wait(350, 0.002, 0)).epsilon(0.03));
  ModelRig variable = rig_of(R"("service_time": {"lognormal": {"mean": "2ms", "cv": 1.5}})");
  variable.add(load(300));
  variable.run(Time{1000s});
  CHECK(variable.value("api", "wait_ms", kFrom) ==
        Approx(1000 * theory::mg1_wait(300, 0.002, 2.25)).epsilon(0.06));
}

TEST_CASE("service: a line without room is a loss system", "[models][service][statistical]") {
  ModelRig rig = rig_of(R"("workers": 5, "service_time": {"exponential": "10ms"},
                           "queue": {"capacity": 0})");
  rig.add(load(400));
  rig.run(Time{1000s});
  const auto rejected = static_cast<double>(rig.metric("api", "errors").causes.at("rejected"));
  CHECK(rejected / 380'000 == Approx(theory::erlang_b(4, 5)).epsilon(0.02));
  CHECK(rig.value("api", "queue_length") == 0);
}

TEST_CASE("service: a line with little room is M/M/c/K", "[models][service][statistical]") {
  ModelRig rig = rig_of(R"("workers": 2, "service_time": {"exponential": "10ms"},
                           "queue": {"capacity": 3})");
  rig.add(load(240));
  rig.run(Time{1000s});
  const theory::FiniteQueue expected = theory::mmck(240, 100, 2, 5);
  const auto rejected = static_cast<double>(rig.metric("api", "errors").causes.at("rejected"));
  CHECK(rejected / 228'000 == Approx(expected.blocked).epsilon(0.02));
  CHECK(rig.value("api", "queue_length") == Approx(expected.queue_length * 0.95).epsilon(0.02));
  CHECK(rig.value("api", "utilization") == Approx(expected.utilization * 0.95).epsilon(0.01));
}

TEST_CASE("service: impatient requests leave as in Erlang's A", "[models][service][statistical]") {
  ModelRig rig = rig_of(R"("workers": 5, "service_time": {"exponential": "10ms"},
                           "queue": {"patience": {"exponential": "20ms"}})");
  rig.add(load(550));
  rig.run(Time{1000s});
  const theory::ImpatientQueue expected = theory::erlang_a(550, 100, 5, 50);
  const auto left = static_cast<double>(rig.metric("api", "errors").causes.at("abandoned"));
  CHECK(left / 522'500 == Approx(expected.abandoned).epsilon(0.02));
  CHECK(rig.value("api", "queue_length") == Approx(expected.queue_length * 0.95).epsilon(0.02));
  CHECK(rig.value("api", "utilization") == Approx(expected.utilization * 0.95).epsilon(0.01));
}

TEST_CASE("service: urgent requests wait less, as Cobham says", "[models][service][statistical]") {
  ModelRig rig = rig_of(R"("service_time": {"exponential": "2ms"},
                           "queue": {"discipline": "priority"})");
  double waits[2] = {0, 0};
  double numbers[2] = {0, 0};
  Load requests = load(400);
  requests.make = [](RandomStream& random) { return urgent(random.uniform() < 0.3 ? 0 : 1); };
  requests.answered = [&](const Request& request, const Answer& answer) {
    waits[request.priority] += milliseconds(answer.took());
    ++numbers[request.priority];
  };
  rig.add(requests);
  rig.run(Time{1000s});
  const auto expected = theory::priority_waits({{120, 0.002, 1}, {280, 0.002, 1}});
  CHECK(waits[0] / numbers[0] - 2 == Approx(expected[0] * 1000).epsilon(0.03));
  CHECK(waits[1] / numbers[1] - 2 == Approx(expected[1] * 1000).epsilon(0.05));
}

TEST_CASE("service: processor sharing does not care for the law of service",
          "[models][service][statistical][costly]") {
  for (const char* law : {R"("2ms")", R"({"hyperexponential": [{"p": 0.9, "mean": "1ms"},
                                                              {"p": 0.1, "mean": "11ms"}]})"}) {
    ModelRig rig = rig_of(R"("queue": {"discipline": "processor_sharing"}, "service_time": )" +
                          std::string(law));
    rig.add(load(350));
    rig.run(Time{1000s});
    CHECK(rig.value("api", "service_ms", kFrom) ==
          Approx(1000 * theory::mg1_ps_sojourn(350, 0.002)).epsilon(0.04));
    CHECK(rig.value("api", "wait_ms") == 0);
    CHECK(rig.value("api", "utilization") == Approx(0.7 * 0.95).epsilon(0.015));
    CHECK(rig.value("api", "queue_length") == 0);
  }
}

TEST_CASE("service: processor sharing over several workers", "[models][service]") {
  ModelRig rig = rig_of(R"("queue": {"discipline": "processor_sharing"}, "workers": 2,
                           "service_time": "10ms")");
  const Answer& first = rig.send(Time{1s}, "api", Request{});
  const Answer& second = rig.send(Time{1s}, "api", Request{});
  for (int i = 0; i < 4; ++i) rig.send(Time{2s}, "api", Request{});
  const Answer& fifth = rig.send(Time{2s}, "api", Request{});
  rig.run(Time{3s});
  CHECK(first.took() == 10ms);
  CHECK(second.took() == 10ms);
  CHECK(fifth.took() == 25ms);  // five at 2/5 each

  ModelRig fewer = rig_of(R"("queue": {"discipline": "processor_sharing"}, "workers": 2,
                             "cores": 1, "service_time": "10ms")");
  const Answer& alone = fewer.send(Time{1s}, "api", Request{});
  fewer.send(Time{2s}, "api", Request{});
  const Answer& shared = fewer.send(Time{2s}, "api", Request{});
  fewer.run(Time{3s});
  CHECK(alone.took() == 10ms);
  CHECK(shared.took() == 20ms);
}

/// The order in which requests sent 1 ms apart to a busy worker are answered.
std::vector<int> order_of(const std::string& queue, const std::vector<std::uint32_t>& priorities) {
  ModelRig rig = rig_of(R"("service_time": "100ms", "queue": )" + queue);
  std::vector<const Answer*> answers;
  for (std::size_t i = 0; i < priorities.size(); ++i)
    answers.push_back(
        &rig.send(Time{1s + static_cast<int>(i) * 1ms}, "api", urgent(priorities[i])));
  rig.run(Time{10s});
  std::vector<int> order;
  for (std::size_t i = 0; i < answers.size(); ++i) order.push_back(static_cast<int>(i));
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return answers[static_cast<std::size_t>(a)]->at < answers[static_cast<std::size_t>(b)]->at;
  });
  return order;
}

TEST_CASE("service: disciplines of the line", "[models][service]") {
  const std::vector<std::uint32_t> priorities{5, 2, 1, 2, 0, 1};
  CHECK(order_of("{}", priorities) == std::vector<int>{0, 1, 2, 3, 4, 5});
  CHECK(order_of(R"({"discipline": "fifo"})", priorities) == std::vector<int>{0, 1, 2, 3, 4, 5});
  CHECK(order_of(R"({"discipline": "lifo"})", priorities) == std::vector<int>{0, 5, 4, 3, 2, 1});
  CHECK(order_of(R"({"discipline": "priority"})", priorities) ==
        std::vector<int>{0, 4, 2, 5, 1, 3});
}

TEST_CASE("service: an endpoint's priority stands before the client's", "[models][service]") {
  ModelRig rig = rig_of(R"("queue": {"discipline": "priority"}, "endpoints": {
      "busy": [{"compute": "100ms"}],
      "pay": {"steps": [{"compute": "10ms"}], "priority": 0},
      "browse": {"steps": [{"compute": "10ms"}], "priority": 9},
      "plain": [{"compute": "10ms"}]})");
  Symbols& symbols = rig.world().symbols;
  rig.send(Time{1s}, "api", urgent(0, symbols.intern("busy")));
  const Answer& browse = rig.send(Time{1001ms}, "api", urgent(1, symbols.intern("browse")));
  const Answer& plain = rig.send(Time{1002ms}, "api", urgent(1, symbols.intern("plain")));
  const Answer& pay = rig.send(Time{1003ms}, "api", urgent(5, symbols.intern("pay")));
  rig.run(Time{2s});
  CHECK(pay.at == Time{1110ms});
  CHECK(plain.at == Time{1120ms});
  CHECK(browse.at == Time{1130ms});
}

TEST_CASE("service: cores limit what workers compute at once", "[models][service]") {
  ModelRig rig = rig_of(R"("workers": 4, "cores": 2, "service_time": "10ms")");
  const Answer& first = rig.send(Time{1s}, "api", Request{});
  rig.send(Time{1s}, "api", Request{});
  rig.send(Time{2s}, "api", Request{});
  rig.send(Time{2s}, "api", Request{});
  rig.send(Time{2s}, "api", Request{});
  const Answer& fourth = rig.send(Time{2s}, "api", Request{});
  rig.run(Time{10s});
  CHECK(first.took() == 10ms);
  CHECK(fourth.took() == 20ms);  // four at 2/4 each
  CHECK(rig.value("api", "cpu_utilization") == Approx(0.06 / 2 / 10));
  CHECK(rig.value("api", "utilization") == Approx((0.02 + 0.08) / 4 / 10));

  ModelRig plenty = rig_of(R"("workers": 4, "service_time": "10ms")");
  for (int i = 0; i < 3; ++i) plenty.send(Time{2s}, "api", Request{});
  const Answer& last = plenty.send(Time{2s}, "api", Request{});
  plenty.run(Time{10s});
  CHECK(last.took() == 10ms);
}

TEST_CASE("service: parallel computing of one request shares the cores too", "[models][service]") {
  const std::string twice =
      R"("endpoints": {"*": [{"parallel": [[{"compute": "10ms"}], [{"compute": "10ms"}]]}]})";
  const auto took = [&](const std::string& parameters) {
    ModelRig rig = rig_of(parameters + twice, 10s);
    const Answer& answer = rig.send(Time{1s}, "api", Request{});
    rig.run(Time{10s});
    CHECK(rig.value("api", "cpu_utilization") <= 1);
    return answer.took();
  };
  CHECK(took(R"("cores": 2, )") == 10ms);
  CHECK(took(R"("cores": 1, )") == 20ms);
  CHECK(took("") == 20ms);  // as many cores as workers: one
  CHECK(took(R"("workers": 2, )") == 10ms);
}

TEST_CASE("service: a blocking worker waits for other components, an event loop does not",
          "[models][service]") {
  const auto took = [](const char* blocking) {
    SinkLog log;
    log.react = [](const Received&) { return Reaction{50ms}; };
    ModelRig rig({service(), sink(log)},
                 R"({"db": {"kind": "sink"}, "api": {"kind": "service", "blocking": )" +
                     std::string(blocking) +
                     R"(, "endpoints": {"*": [{"compute": "1ms"}, {"call": "db"},
                                              {"compute": "1ms"}]}}})");
    std::vector<const Answer*> answers;
    for (int i = 0; i < 3; ++i) answers.push_back(&rig.send(Time{1s}, "api", Request{}));
    rig.run(Time{2s});
    return std::vector<Duration>{answers[0]->took(), answers[1]->took(), answers[2]->took()};
  };
  CHECK(took("true") == std::vector<Duration>{52ms, 104ms, 156ms});
  CHECK(took("false") == std::vector<Duration>{52ms, 53ms, 54ms});
}

TEST_CASE("service: coming back from a call is not subject to the line's capacity",
          "[models][service]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{10ms}; };
  ModelRig rig({service(), sink(log)},
               R"({"db": {"kind": "sink"}, "api": {"kind": "service", "blocking": false,
                   "queue": {"capacity": 0}, "endpoints":
                   {"*": [{"call": "db"}, {"compute": "15ms"}]}}})");
  const Answer& first = rig.send(Time{1s}, "api", Request{});
  const Answer& second = rig.send(Time{1001ms}, "api", Request{});
  const Answer& third = rig.send(Time{1012ms}, "api", Request{});
  rig.run(Time{2s});
  CHECK(first.took() == 25ms);
  CHECK(second.took() == 39ms);
  CHECK(third.reply.status == Status::rejected);
}

TEST_CASE("service: who gave up is served all the same, or leaves the line", "[models][service]") {
  const auto waste = [](const std::string& parameters) {
    ModelRig rig = rig_of(parameters + R"("service_time": "100ms")");
    rig.send(Time{1s}, "api", Request{});
    const Answer& hurried = rig.send(Time{1s}, "api", Request{}, timeout_of(30ms));
    const Answer& next = rig.send(Time{1s}, "api", Request{});
    rig.run(Time{2s});
    CHECK(hurried.reply.status == Status::timeout);
    CHECK(hurried.took() == 30ms);
    CHECK(rig.count("api", "wasted") == 1);
    CHECK(rig.instance("api", 0).answers()[Status::abandoned] == (next.took() == 200ms));
    return next.took();
  };
  CHECK(waste("") == 300ms);
  CHECK(waste(R"("deadline": "ignored", )") == 300ms);
  CHECK(waste(R"("deadline": "honoured", )") == 200ms);
}

TEST_CASE("service: what has begun is never taken back, deadline or not", "[models][service]") {
  ModelRig rig = rig_of(R"("deadline": "honoured", "service_time": "100ms")");
  rig.send(Time{1s}, "api", Request{}, timeout_of(30ms));
  const Answer& next = rig.send(Time{1010ms}, "api", Request{});
  rig.run(Time{2s});
  CHECK(next.took() == 190ms);
  CHECK(rig.instance("api", 0).answers()[Status::ok] == 2);
}

TEST_CASE("service: a deadline reaches through services that call each other",
          "[models][service]") {
  ModelRig rig({service()},
               R"({"front": {"kind": "service", "workers": 10,
                             "endpoints": {"*": [{"call": "back"}]}},
                   "back": {"kind": "service", "deadline": "honoured", "service_time": "100ms"}})");
  for (int i = 0; i < 3; ++i) rig.send(Time{1s}, "front", Request{}, timeout_of(150ms));
  rig.run(Time{2s});
  // The second begins at 1.1 s, before its deadline; the third leaves at 1.15 s.
  CHECK(rig.instance("back", 0).answers()[Status::ok] == 2);
  CHECK(rig.instance("back", 0).answers()[Status::abandoned] == 1);
}

TEST_CASE("service: the shorter of patience and deadline decides", "[models][service]") {
  ModelRig rig = rig_of(R"("deadline": "honoured", "queue": {"patience": "40ms"},
                           "service_time": "100ms")");
  rig.send(Time{1s}, "api", Request{});
  const Answer& patient = rig.send(Time{1s}, "api", Request{}, timeout_of(60ms));
  rig.run(Time{2s});
  CHECK(patient.reply.status == Status::abandoned);
  CHECK(patient.took() == 40ms);
}

TEST_CASE("service: a slow instance takes longer, at once where cores are shared",
          "[models][service]") {
  ModelRig rig = rig_of(R"("service_time": "10ms", "replicas": 2)");
  rig.at(Time{1s}, [&] { rig.instance("api", 0).slow(4); });
  const Answer& slow = rig.send_to_instance(Time{2s}, "api", 0, Request{});
  const Answer& other = rig.send_to_instance(Time{2s}, "api", 1, Request{});
  rig.at(Time{3s}, [&] { rig.instance("api", 0).restore_speed(4); });
  const Answer& after = rig.send_to_instance(Time{4s}, "api", 0, Request{});
  rig.run(Time{5s});
  CHECK(slow.took() == 40ms);
  CHECK(other.took() == 10ms);
  CHECK(after.took() == 10ms);

  ModelRig shared = rig_of(R"("service_time": "100ms", "workers": 2, "cores": 1)");
  const Answer& caught = shared.send(Time{1s}, "api", Request{});
  shared.at(Time{1050ms}, [&] { shared.instance("api", 0).slow(2); });
  shared.run(Time{2s});
  CHECK(caught.took() == 150ms);
}

TEST_CASE("service: a killed instance forgets its line, and starts empty after start_time",
          "[models][service]") {
  ModelRig rig = rig_of(R"("service_time": "100ms", "start_time": "2s")");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(&rig.send(Time{1s}, "api", Request{}));
  rig.at(Time{1150ms}, [&] { rig.instance("api", 0).kill(false); });
  rig.at(Time{2s}, [&] { rig.instance("api", 0).revive(); });
  const Answer& starting = rig.send(Time{3900ms}, "api", Request{});
  const Answer& served = rig.send(Time{4100ms}, "api", Request{});
  rig.run(Time{5s});
  CHECK(answers[0]->reply.ok());
  CHECK(answers[1]->reply.status == Status::reset);
  CHECK(answers[2]->reply.status == Status::reset);
  CHECK(answers[2]->took() == 150ms);
  CHECK(starting.reply.status == Status::unavailable);
  CHECK(served.took() == 100ms);
}

TEST_CASE("service: endpoints by name and by pattern, the first that matches",
          "[models][service]") {
  ModelRig rig = rig_of(R"("endpoints": {"GET /users/me": [{"wait": "1ms"}],
                                         "GET /users/{id}": [{"wait": "2ms"}],
                                         "GET /*": [{"wait": "3ms"}]})");
  const auto ask = [&](const char* name) -> const Answer& {
    return rig.send(Time{1s + rig.world().symbols.size() * 1s}, "api",
                    testing::read_of(0, rig.world().symbols.intern(name)));
  };
  const Answer& me = ask("GET /users/me");
  const Answer& other = ask("GET /users/7");
  const Answer& rest = ask("GET /a/b");
  const Answer& none = ask("POST /a");
  const Answer& unnamed = rig.send(Time{100s}, "api", Request{});
  rig.run(Time{200s});
  CHECK(me.took() == 1ms);
  CHECK(other.took() == 2ms);
  CHECK(rest.took() == 3ms);
  CHECK(none.reply.status == Status::error);
  CHECK(unnamed.reply.status == Status::error);
  CHECK(rig.component("api").endpoints().size() == 3);
}

TEST_CASE("service: a service with one endpoint answers unnamed requests", "[models][service]") {
  ModelRig rig = rig_of(R"("endpoints": {"GET /a": [{"wait": "1ms"}]})");
  const Answer& answer = rig.send(Time{1s}, "api", Request{});
  rig.run(Time{2s});
  CHECK(answer.took() == 1ms);
}

TEST_CASE("service: everything it declares is measured", "[models][service]") {
  ModelRig rig({service(), cluster::cluster()},
               R"({"api": {"kind": "service", "shed": {"capacity": 10},
                           "autoscaler": {"kpa": {}, "min_replicas": 0,
                                          "max_replicas": 3},
                           "rollouts": [{"at": "500ms", "canary": {}}],
                           "pod": {"cluster": "k8s"}, "cpu_limit": 1,
                           "memory": {"limit": "1GiB", "leak": "1B"},
                           "gc": {"allocation": "1B"}, "liveness_probe": {},
                           "sessions": {"token": {}},
                           "accept": {"max_connections": 10}, "bandwidth": "1Gbit/s",
                           "endpoints": {"*": [{"call": "db", "breaker": "opossum",
                                                "pool": {"size": 5}},
                                               {"call": "other", "transport": {}}]}},
                   "other": {"kind": "service", "service_time": "1ms"},
                   "db": {"kind": "service", "service_time": "1ms", "membership": "swim",
                          "sessions": {"in_process": {}}},
                   "k8s": {"kind": "cluster",
                           "node_groups": {"n": {"cpu": 1, "memory": "1GiB"}}}})");
  rig.run(Time{1s});
  const std::vector<MetricInfo> of_members = membership::membership_metrics();
  // Instances that keep no sessions lose none.
  const auto is_of_db = [&](const MetricInfo& metric) {
    return metric.name == "sessions_lost" ||
           std::any_of(of_members.begin(), of_members.end(),
                       [&](const MetricInfo& other) { return other.name == metric.name; });
  };
  for (const MetricInfo& metric : own_metrics(service()))
    CHECK_NOTHROW(rig.metric(is_of_db(metric) ? "db" : "api", metric.name));
  for (const MetricInfo& metric : own_metrics(cluster::cluster()))
    CHECK_NOTHROW(rig.metric("k8s", metric.name));
}

TEST_CASE("service: what is wrong with it is said", "[models][service][input]") {
  const auto wrong = [](const std::string& parameters) {
    return problems_of(service(), R"({"kind": "service")" + parameters + "}");
  };
  CHECK(wrong(R"(, "service_time": "1ms")").empty());
  CHECK_THAT(wrong(""), Catch::Contains("endpoints, or a service_time"));
  CHECK_THAT(wrong(R"(, "service_time": "1ms", "endpoints": {"*": []})"),
             Catch::Contains("either endpoints or a service_time"));
  CHECK_THAT(wrong(R"(, "service_time": "1ms", "workers": 0)"), Catch::Contains("workers"));
  CHECK_THAT(wrong(R"(, "service_time": "1ms", "cores": 0)"), Catch::Contains("cores"));
  CHECK_THAT(wrong(R"(, "service_time": "1ms", "replicas": 0)"), Catch::Contains("replicas"));
  CHECK_THAT(wrong(R"(, "service_time": "1ms", "queue": {"discipline": "processor_sharing",
                        "capacity": 3})"),
             Catch::Contains("no waiting line to bound"));
  CHECK_THAT(wrong(R"(, "service_time": "1ms", "queue": {"discipline": "processor_sharing",
                        "patience": "1s"})"),
             Catch::Contains("nobody waits"));
  CHECK_THAT(wrong(R"(, "endpoints": {"*": {"steps": [], "priority": 256}})"),
             Catch::Contains("priority"));
}

}  // namespace
}  // namespace highwater::service
