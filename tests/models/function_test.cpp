// A function that is invoked and waited for: traces whose times and counts are worked out by hand,
// the closed forms of M/G/infinity and of Erlang's loss system, zones and faults, every parameter
// by what it changes. Events are the business of function_event_test.cpp.

#include "models/function/function.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/describe/value.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"
#include "tests/support/theory.h"

namespace highwater::function {
namespace {

using Catch::Matchers::Contains;
using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

ModelRig::Options lasting(Duration duration, std::vector<std::string> zones = {}) {
  ModelRig::Options options;
  options.duration = duration;
  options.network.zones = std::move(zones);
  return options;
}

/// A function "f" whose environments begin in no time, unless `parameters` say otherwise.
std::string one(const std::string& parameters, const std::string& more = "") {
  const std::string instant =
      parameters.find("cold_start") == std::string::npos ? R"("cold_start": "0s", )" : "";
  return R"({"f": {"kind": "function", )" + instant + parameters + "}" + more + "}";
}

ModelRig rig_of(const std::string& parameters, ModelRig::Options options = lasting(1000s)) {
  return ModelRig({function()}, one(parameters), std::move(options));
}

Load load(double per_second, std::uint64_t requests, Time begin = Time{}) {
  Load load;
  load.to = "f";
  load.per_second = per_second;
  load.requests = requests;
  load.begin = begin;
  return load;
}

/// Sends `count` requests at once; of those that are throttled nothing more is heard.
std::vector<const Answer*> send(ModelRig& rig, Time at, int count, const std::string& to = "f") {
  std::vector<const Answer*> answers;
  for (int i = 0; i < count; ++i) answers.push_back(&rig.send(at, to, Request{}));
  return answers;
}

std::size_t ok(const std::vector<const Answer*>& answers) {
  std::size_t count = 0;
  for (const Answer* answer : answers) count += answer->answered && answer->reply.ok();
  return count;
}

std::uint64_t cause(ModelRig& rig, const std::string& metric, const std::string& name) {
  const auto& causes = rig.metric("f", metric).causes;
  const auto found = causes.find(name);
  return found == causes.end() ? 0 : found->second;
}

TEST_CASE("function: with enough of everything it is M/G/infinity", "[models][function][costly]") {
  const auto concurrency = [](const std::string& time) {
    ModelRig rig = rig_of(R"("timeout": "900s", "service_time": )" + time);
    rig.add(load(200, 199'000));
    rig.run(Time{1000s});
    CHECK(rig.value("f", "service_ms", Time{100s}) == Approx(50).epsilon(0.02));
    CHECK(rig.value("f", "in_flight") == Approx(rig.value("f", "concurrency")));
    CHECK(rig.metric("f", "errors").causes.empty());
    CHECK(rig.count("f", "concurrency_max") == rig.count("f", "cold_starts"));
    return rig.value("f", "concurrency");
  };
  CHECK(concurrency(R"({"exponential": "50ms"})") == Approx(10 * 0.995).epsilon(0.02));
  CHECK(concurrency(R"("50ms")") == Approx(10 * 0.995).epsilon(0.02));
  CHECK(concurrency(R"({"lognormal": {"mean": "50ms", "cv": 2}})") ==
        Approx(10 * 0.995).epsilon(0.03));
}

TEST_CASE("function: a limit on its concurrency makes it Erlang's loss system",
          "[models][function][costly]") {
  // M/G/c/c: the share that is lost depends on the mean of the service time alone.
  const auto lost = [](const std::string& limit, const std::string& why) {
    ModelRig rig = rig_of(limit + R"(, "service_time": {"exponential": "10ms"})");
    rig.add(load(400, 380'000));
    rig.run(Time{1000s});
    CHECK(rig.value("f", "utilization") ==
          Approx(4 * (1 - theory::erlang_b(4, 5)) / 5 * 0.95).epsilon(0.02));
    CHECK(rig.metric("f", "throttled").causes.size() == 1);
    CHECK(cause(rig, "throttled", why) == cause(rig, "errors", "rejected"));
    return static_cast<double>(cause(rig, "throttled", why)) / 380'000;
  };
  const double expected = theory::erlang_b(4, 5);
  CHECK(lost(R"("account": {"concurrency": 5, "requests_per_unit": 0})", "account") ==
        Approx(expected).epsilon(0.02));
  CHECK(lost(R"("account": {"requests_per_unit": 0}, "reserved_concurrency": 5)", "reserved") ==
        Approx(expected).epsilon(0.02));
}

TEST_CASE("function: a trace of warm and cold starts", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "100ms", "cold_start": "300ms", "start_time": "50ms",
                           "idle_timeout": "60s")");
  std::vector<const Answer*> answers;
  // Two at once need two environments; the one that is free last is used again first, so the other
  // is given up at 1.45 s + 60 s, and the last one 60 s after its last request.
  for (const Duration at : {Duration{1000ms}, Duration{1000ms}, Duration{1400ms}, Duration{2000ms},
                            Duration{61'449ms}, Duration{61'449ms}, Duration{200s}})
    answers.push_back(&rig.send(Time{at}, "f", Request{}));
  rig.run(Time{300s});
  std::vector<Duration> took;
  for (const Answer* answer : answers) took.push_back(answer->took());
  CHECK(took == std::vector<Duration>{450ms, 450ms, 450ms, 100ms, 100ms, 100ms, 450ms});
  CHECK(rig.count("f", "cold_starts") == 4);
  CHECK(rig.value("f", "cold_start_ratio") == Approx(4.0 / 7));
  CHECK(rig.value("f", "cold_start_ms") == Approx(350));
  CHECK(rig.value("f", "init_ms") == Approx(300));
  CHECK(rig.value("f", "service_ms") == Approx(100));
  // Placing an environment is not billed.
  CHECK(rig.value("f", "billed_ms") == Approx((4 * 400 + 3 * 100) / 7.0));
  CHECK(rig.count("f", "concurrency_max") == 3);
  CHECK(rig.value("f", "concurrency") == Approx((4 * 0.450 + 3 * 0.100) / 300));
}

TEST_CASE("function: environments are counted as long as they are there", "[models][function]") {
  const auto environments = [](const std::string& idle) {
    ModelRig rig = rig_of(R"("service_time": "1s", "idle_timeout": )" + idle, lasting(100s));
    send(rig, Time{0s}, 3);
    rig.run(Time{100s});
    return rig.value("f", "environments");
  };
  CHECK(environments(R"("9s")") == Approx(3 * 10.0 / 100));
  CHECK(environments(R"("49s")") == Approx(3 * 50.0 / 100));
  CHECK(environments(R"("0s")") == Approx(3 * 1.0 / 100));
  CHECK(environments(R"("1d")") == Approx(3));
}

TEST_CASE("function: new environments come at the scaling rate", "[models][function]") {
  // 10 at once and one more each second; every request stays for good, as far as this goes.
  ModelRig rig = rig_of(R"("service_time": "800s", "timeout": "900s",
                           "account": {"scaling_units": 10, "scaling_interval": "10s"})");
  const auto first = send(rig, Time{1s}, 25);
  const auto next = send(rig, Time{4500ms}, 10);
  const auto last = send(rig, Time{60s}, 30);
  rig.run(Time{100s});
  const auto refused = [](const std::vector<const Answer*>& answers) {
    std::size_t count = 0;
    for (const Answer* answer : answers) {
      count += answer->answered;
      if (answer->answered) CHECK(answer->reply.status == Status::rejected);
      if (answer->answered) CHECK(answer->took() == 0s);
    }
    return count;
  };
  CHECK(refused(first) == 15);
  CHECK(refused(next) == 7);   // three and a half seconds: three more
  CHECK(refused(last) == 20);  // full again, and no more than that
  CHECK(cause(rig, "throttled", "scaling_rate") == 42);
  CHECK(rig.metric("f", "throttled").causes.size() == 1);
  CHECK(rig.count("f", "cold_starts") == 23);
  CHECK(rig.count("f", "concurrency_max") == 23);
}

TEST_CASE("function: the older scaling, a burst and more each minute", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "800s", "timeout": "900s",
      "account": {"scaling": "regional_burst", "burst_limit": 8, "burst_increment": 3})");
  const auto first = send(rig, Time{1s}, 10);
  const auto early = send(rig, Time{59s}, 10);
  const auto later = send(rig, Time{62s}, 10);
  rig.run(Time{100s});
  CHECK(rig.count("f", "cold_starts") == 11);
  CHECK(cause(rig, "throttled", "scaling_rate") == 2 + 10 + 7);
}

TEST_CASE("function: ten requests a second for each unit of concurrency", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "0s", "reserved_concurrency": 2)");
  // One after the other, each over before the next: never two at a time.
  for (int i = 0; i < 30; ++i) rig.send(Time{1s} + i * 1us, "f", Request{});
  rig.run(Time{2s});
  CHECK(cause(rig, "throttled", "request_rate") == 10);
  ModelRig more = rig_of(R"("service_time": "0s", "reserved_concurrency": 2,
                            "account": {"requests_per_unit": 14})");
  for (int i = 0; i < 30; ++i) more.send(Time{1s} + i * 1us, "f", Request{});
  more.run(Time{2s});
  CHECK(cause(more, "throttled", "request_rate") == 2);
}

TEST_CASE("function: provisioned environments are there before they are needed",
          "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "1s", "cold_start": "500ms",
                           "provisioned_concurrency": 3)",
                        lasting(10s));
  const auto first = send(rig, Time{1s}, 5);
  const auto second = send(rig, Time{5s}, 4);
  rig.run(Time{10s});
  std::vector<Duration> took;
  for (const Answer* answer : first) took.push_back(answer->took());
  CHECK(took == std::vector<Duration>{1s, 1s, 1s, 1500ms, 1500ms});
  took.clear();
  for (const Answer* answer : second) took.push_back(answer->took());
  CHECK(took == std::vector<Duration>{1s, 1s, 1s, 1s});
  CHECK(rig.count("f", "cold_starts") == 2);
  CHECK(rig.value("f", "provisioned_utilization") == Approx(6.0 / 30));
  // Three all the time, and two from 1 s on.
  CHECK(rig.value("f", "environments") == Approx(3 + 2 * 0.9));
  CHECK(rig.value("f", "concurrency") == Approx((3 + 3 + 4) / 10.0));
}

TEST_CASE("function: what others reserve or provision is not shared", "[models][function]") {
  ModelRig rig({function()},
               R"({"g": {"kind": "function", "account": "f", "service_time": "100s",
                         "timeout": "900s", "reserved_concurrency": 3},
                   "f": {"kind": "function", "account": {"concurrency": 10}, "timeout": "900s",
                         "service_time": "100s"},
                   "h": {"kind": "function", "account": "f", "service_time": "100s",
                         "timeout": "900s", "provisioned_concurrency": 2}})");
  const auto g = send(rig, Time{1s}, 4, "g");
  const auto f = send(rig, Time{1s}, 6, "f");
  const auto h = send(rig, Time{2s}, 4, "h");
  rig.run(Time{50s});
  CHECK(rig.count("g", "concurrency_max") == 3);
  CHECK(cause(rig, "throttled", "account") == 1);  // 10 - 3 - 2 are left
  CHECK(rig.count("f", "concurrency_max") == 5);
  CHECK(rig.count("h", "concurrency_max") == 2);  // nothing is left but its own
  CHECK(rig.metric("g", "throttled").causes.at("reserved") == 1);
  CHECK(rig.metric("h", "throttled").causes.at("account") == 2);
  // Without a common account each has all of its own.
  ModelRig apart({function()},
                 R"({"g": {"kind": "function", "account": {"concurrency": 3},
                           "service_time": "100s"},
                     "f": {"kind": "function", "account": {"concurrency": 3},
                           "service_time": "100s"}})");
  send(apart, Time{1s}, 3, "g");
  send(apart, Time{1s}, 3, "f");
  apart.run(Time{2s});
  CHECK(apart.metric("f", "throttled").causes.empty());
  CHECK(apart.metric("g", "throttled").causes.empty());
}

TEST_CASE("function: less memory, less of a core", "[models][function]") {
  const auto took = [](const std::string& memory, const std::string& steps) {
    ModelRig rig = rig_of(R"("memory": ")" + memory + R"(", "steps": )" + steps);
    const Answer& answer = rig.send(Time{1s}, "f", Request{});
    const Answer& beside = rig.send(Time{1s}, "f", Request{});
    rig.run(Time{100s});
    CHECK(beside.took() == answer.took());  // each in an environment of its own
    return milliseconds(answer.took());
  };
  const std::string plain = R"([{"compute": "100ms"}, {"wait": "50ms"}])";
  CHECK(took("1769MiB", plain) == Approx(150));
  CHECK(took("3538MiB", plain) == Approx(150));  // one thread uses one core
  CHECK(took("442.25MiB", plain) == Approx(450));
  const std::string two = R"([{"parallel": [[{"compute": "100ms"}], [{"compute": "100ms"}]]}])";
  CHECK(took("3538MiB", two) == Approx(100));
  CHECK(took("1769MiB", two) == Approx(200));
  CHECK(took("884.5MiB", two) == Approx(400));
}

TEST_CASE("function: what is billed is time by the millisecond, and times memory",
          "[models][function]") {
  ModelRig rig = rig_of(R"("memory": "512MiB", "steps": [{"wait": "10100us"}],
                           "cold_start": "20ms")",
                        lasting(100s));
  send(rig, Time{1s}, 1);
  send(rig, Time{2s}, 1);
  rig.run(Time{100s});
  CHECK(rig.value("f", "billed_ms") == Approx((31 + 11) / 2.0));
  CHECK(rig.value("f", "billed_gb") == Approx(0.042 * 0.5 / 100));
}

TEST_CASE("function: an invocation that takes too long is ended with its environment",
          "[models][function]") {
  ModelRig rig = rig_of(R"("timeout": "2s", "cold_start": "500ms", "endpoints": {
      "long": [{"wait": "5s"}], "just": [{"wait": "2s"}],
      "early": [{"respond": 200}, {"wait": "5s"}]})");
  const auto to = [&](Time at, const char* endpoint) -> const Answer& {
    return rig.send(at, "f", testing::read_of(1, rig.world().symbols.intern(endpoint)));
  };
  const Answer& first = to(Time{1s}, "long");
  const Answer& again = to(Time{10s}, "just");
  const Answer& warm = to(Time{20s}, "just");
  const Answer& early = to(Time{30s}, "early");
  const Answer& cold = to(Time{40s}, "just");
  rig.run(Time{60s});
  CHECK(first.took() == 2500ms);  // the environment begins before the time-out does
  CHECK(first.reply.status == Status::error);
  CHECK(first.reply.cause() == Status::timeout);
  CHECK(again.took() == 2500ms);  // begins anew
  CHECK(again.reply.ok());
  CHECK(warm.took() == 2s);
  CHECK(early.took() == 0s);
  CHECK(early.reply.ok());
  CHECK(cold.took() == 2500ms);
  CHECK(rig.count("f", "timeouts") == 2);
  CHECK(rig.count("f", "cold_starts") == 3);
  CHECK(cause(rig, "errors", "timeout") == 1);
  CHECK(rig.value("f", "billed_ms") == Approx((3 * 2500 + 2 * 2000) / 5.0));
}

TEST_CASE("function: a provisioned environment that is ended comes back", "[models][function]") {
  ModelRig rig = rig_of(R"("timeout": "1s", "cold_start": "3s", "provisioned_concurrency": 1,
      "endpoints": {"long": [{"wait": "5s"}], "short": []})");
  const auto to = [&](Time at, const char* endpoint) -> const Answer& {
    return rig.send(at, "f", testing::read_of(1, rig.world().symbols.intern(endpoint)));
  };
  to(Time{1s}, "long");  // ends at 2 s; the next is ready at 5 s
  const Answer& between = to(Time{4s}, "short");
  const Answer& after = to(Time{5001ms}, "short");
  rig.run(Time{10s});
  CHECK(between.took() == 3s);
  CHECK(after.took() == 0s);
  CHECK(rig.count("f", "cold_starts") == 1);
}

TEST_CASE("function: initialization of more than ten seconds is done again", "[models][function]") {
  ModelRig rig = rig_of(R"("cold_start": "12s", "timeout": "15s", "steps": [{"wait": "2s"}])");
  const Answer& first = rig.send(Time{1s}, "f", Request{});
  rig.run(Time{100s});
  CHECK(first.took() == 24s);
  CHECK(first.reply.ok());
  CHECK(rig.value("f", "init_ms") == Approx(22'000));
  // The second time counts against the time-out.
  ModelRig shorter = rig_of(R"("cold_start": "12s", "timeout": "13s", "steps": [{"wait": "2s"}])");
  const Answer& second = shorter.send(Time{1s}, "f", Request{});
  shorter.run(Time{100s});
  CHECK(second.took() == 23s);
  CHECK(second.reply.cause() == Status::timeout);
  ModelRig never = rig_of(R"("cold_start": "12s", "steps": [{"wait": "2s"}])");
  const Answer& third = never.send(Time{1s}, "f", Request{});
  never.run(Time{100s});
  CHECK(third.took() == 13s);
  CHECK(third.reply.cause() == Status::timeout);
  ModelRig enough = rig_of(R"("cold_start": "10s", "steps": [{"wait": "2s"}])");
  const Answer& fourth = enough.send(Time{1s}, "f", Request{});
  enough.run(Time{100s});
  CHECK(fourth.took() == 12s);
}

TEST_CASE("function: its steps are a service's", "[models][function]") {
  testing::SinkLog log;
  ModelRig rig({function(), testing::sink(log)}, one(R"("endpoints": {
                   "GET /a/{id}": {"steps": [{"call": "it"}], "priority": 7},
                   "GET /b": [{"call": "it", "op": "write"}, {"fail": 1}]})",
                                                     R"(, "it": {"kind": "sink"})"));
  const auto to = [&](const char* endpoint) -> const Answer& {
    return rig.send(Time{1s}, "f", testing::read_of(5, rig.world().symbols.intern(endpoint)));
  };
  const Answer& a = to("GET /a/12");
  const Answer& b = to("GET /b");
  const Answer& c = to("GET /c");
  rig.run(Time{2s});
  CHECK(a.reply.ok());
  CHECK(b.reply.status == Status::error);
  CHECK(c.reply.status == Status::error);
  REQUIRE(log.size() == 2);
  CHECK(log.received[0].request.key == 5);
  CHECK(log.received[0].request.priority == 7);
  CHECK(log.received[1].request.operation == Operation::write);
  CHECK(rig.component("f").endpoints() == std::vector<std::string>{"GET /a/{id}", "GET /b"});
  CHECK_FALSE(rig.component("f").answers(kNoSymbol));
}

TEST_CASE("function: a failure behind it is an error of its own", "[models][function]") {
  testing::SinkLog log;
  log.react = [](const testing::Received&) { return testing::Reaction{0s, Status::rejected}; };
  ModelRig rig({function(), testing::sink(log)},
               one(R"("steps": [{"call": "it"}])", R"(, "it": {"kind": "sink"})"));
  const Answer& answer = rig.send(Time{1s}, "f", Request{});
  rig.send(Time{2s}, "f", Request{});
  rig.run(Time{3s});
  CHECK(answer.reply.status == Status::error);
  CHECK(answer.reply.cause() == Status::rejected);
  CHECK(rig.count("f", "cold_starts") == 1);  // the environment lives on
}

TEST_CASE("function: environments are made in each zone in turn and used in any",
          "[models][function]") {
  testing::SinkLog log;
  ModelRig::Options options = lasting(100s, {"a", "b", "c"});
  options.network.same_zone = Distribution::constant(1ms);
  options.network.cross_zone = Distribution::constant(5ms);
  log.zones = {1};
  ModelRig rig({function(), testing::sink(log)},
               one(R"("zones": ["b", "c"], "steps": [{"call": "it"}, {"wait": "100ms"}])",
                   R"(, "it": {"kind": "sink"})"),
               options);
  CHECK(rig.component("f").instances().size() == 2);
  CHECK(rig.instance("f", 0).zone() == 1);
  CHECK(rig.instance("f", 1).zone() == 2);
  const auto first = send(rig, Time{1s}, 2);
  // The environment that was free last is that in c: it is used wherever the next one comes in.
  const auto next = send(rig, Time{2s}, 1);
  const auto over = send(rig, Time{3s}, 1);
  rig.run(Time{10s});
  CHECK(first[0]->took() == 1ms + 2ms + 100ms + 1ms);
  CHECK(first[1]->took() == 1ms + 10ms + 100ms + 1ms);
  CHECK(next[0]->took() == first[1]->took());
  CHECK(over[0]->took() == first[1]->took());
  CHECK(rig.count("f", "cold_starts") == 2);
  CHECK(rig.instance("f", 0).received() == 2);
  CHECK(rig.instance("f", 1).received() == 2);
  CHECK(rig.value("f[0]", "throughput_rps") == Approx(2.0 / 10));
  CHECK(rig.value("f[0]", "in_flight") == Approx((0.102 + 0.110) / 10));  // as where they came in
}

TEST_CASE("function: a zone that dies takes its environments along", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "1s", "cold_start": "100ms",
                           "account": {"concurrency": 4})",
                        lasting(100s, {"a", "b"}));
  const auto before = send(rig, Time{1s}, 4);
  rig.at(Time{1500ms}, [&] { rig.instance("f", 0).kill(false); });
  // Two of the four are gone, and the concurrency that they had is free again.
  const auto down = send(rig, Time{1600ms}, 3);
  rig.at(Time{4s}, [&] { rig.instance("f", 0).revive(); });
  const auto again = send(rig, Time{5s}, 4);
  rig.run(Time{10s});
  CHECK(before[0]->reply.status == Status::reset);
  CHECK(before[0]->took() == 500ms);
  CHECK(before[1]->reply.ok());
  CHECK(before[2]->reply.status == Status::reset);
  CHECK(before[3]->reply.ok());
  CHECK(down[0]->took() == 1100ms);
  CHECK(down[1]->took() == 1100ms);
  CHECK(down[2]->reply.status == Status::rejected);
  CHECK(ok(again) == 4);
  for (const Answer* answer : again) CHECK(answer->took() == 1s);  // the four that b has
  CHECK(rig.count("f", "cold_starts") == 6);
  CHECK(rig.instance("f", 0).answers()[Status::reset] == 2);
}

TEST_CASE("function: a request may be in two zones, of which either may die",
          "[models][function]") {
  const auto killed = [](std::size_t zone) {
    ModelRig rig = rig_of(R"("service_time": "1s")", lasting(10s, {"a", "b"}));
    rig.send(Time{1s}, "f", Request{});
    // Comes in at b, where nothing waits, and is served in a.
    const Answer& answer = rig.send(Time{3s}, "f", Request{});
    rig.at(Time{3500ms}, [&rig, zone] { rig.instance("f", zone).kill(false); });
    rig.at(Time{5s}, [&rig, zone] { rig.instance("f", zone).revive(); });
    rig.run(Time{10s});
    CHECK(rig.count("f", "cold_starts") == 1);
    CHECK(answer.took() == 500ms);
    CHECK(cause(rig, "errors", "connection_reset") == 1);
    return std::pair{answer.reply.status, rig.value("f", "concurrency") * 10};
  };
  // The environment: the one who took the request in is there and says that it failed.
  CHECK(killed(0).first == Status::error);
  CHECK(killed(0).second == Approx(1.5));
  // Who took it in: the connection breaks, and the environment works on for nobody.
  CHECK(killed(1).first == Status::reset);
  CHECK(killed(1).second == Approx(2));
}

TEST_CASE("function: when all zones have died everything begins cold", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "1s", "cold_start": "100ms",
                           "provisioned_concurrency": 2)",
                        lasting(10s));
  const auto before = send(rig, Time{0s}, 3);
  rig.at(Time{2s}, [&] { rig.instance("f", 0).kill(false); });
  const auto down = send(rig, Time{2500ms}, 1);
  rig.at(Time{3s}, [&] { rig.instance("f", 0).revive(); });
  const auto soon = send(rig, Time{3050ms}, 1);
  const auto later = send(rig, Time{3200ms}, 2);
  rig.run(Time{10s});
  CHECK(ok(before) == 3);
  CHECK(down[0]->reply.status == Status::unavailable);
  CHECK(soon[0]->took() == 1100ms);  // the provisioned ones are not back yet
  CHECK(later[0]->took() == 1s);
  CHECK(later[1]->took() == 1s);
  CHECK(rig.count("f", "cold_starts") == 2);
  // Provisioned ones from 0 to 2 s and from 3.1 s on, one on demand until 2 s and from 3.05 s on.
  CHECK(rig.value("f", "environments") == Approx((2 * 2 + 2 * 6.9 + 2 + 6.95) / 10));
}

TEST_CASE("function: killed in silence its callers hear nothing", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "1s")");
  CallPolicy policy;
  policy.timeout = 3s;
  const Answer& lost = rig.send(Time{1s}, "f", Request{}, policy);
  rig.at(Time{1500ms}, [&] { rig.instance("f", 0).kill(true); });
  const Answer& swallowed = rig.send(Time{2s}, "f", Request{}, policy);
  rig.at(Time{3s}, [&] { rig.instance("f", 0).revive(); });
  const Answer& after = rig.send(Time{4s}, "f", Request{}, policy);
  rig.run(Time{10s});
  CHECK(lost.reply.status == Status::timeout);
  CHECK(swallowed.reply.status == Status::timeout);
  CHECK(after.reply.ok());
  CHECK(rig.count("f", "cold_starts") == 2);
}

TEST_CASE("function: a slow zone initializes and computes slowly", "[models][function]") {
  const auto took = [](const std::string& parameters) {
    ModelRig rig = rig_of(parameters);
    rig.at(Time{500ms}, [&] { rig.instance("f", 0).slow(3); });
    const Answer& first = rig.send(Time{1s}, "f", Request{});
    const Answer& second = rig.send(Time{1100ms}, "f", Request{});
    rig.at(Time{5s}, [&] { rig.instance("f", 0).restore_speed(3); });
    const Answer& third = rig.send(Time{6s}, "f", Request{});
    rig.run(Time{10s});
    CHECK(second.took() == first.took());
    return std::pair{milliseconds(first.took()), milliseconds(third.took())};
  };
  const auto plain = took(R"("service_time": "100ms", "cold_start": "20ms", "start_time": "5ms")");
  CHECK(plain.first == Approx(3 * 125));
  CHECK(plain.second == Approx(100));
  const auto shared = took(R"("cold_start": "20ms", "steps": [
      {"parallel": [[{"compute": "50ms"}], [{"compute": "50ms"}]]}])");
  CHECK(shared.first == Approx(3 * 120));
  CHECK(shared.second == Approx(100));
}

TEST_CASE("function: a caller that gives up does not end the invocation", "[models][function]") {
  ModelRig rig = rig_of(R"("service_time": "1s")", lasting(10s));
  CallPolicy policy;
  policy.timeout = 100ms;
  const Answer& answer = rig.send(Time{1s}, "f", Request{}, policy);
  rig.run(Time{10s});
  CHECK(answer.reply.status == Status::timeout);
  CHECK(rig.count("f", "wasted") == 1);
  CHECK(rig.value("f", "concurrency") == Approx(0.1));
}

TEST_CASE("function: the same seed gives the same run, another one another", "[models][function]") {
  const auto run = [](std::uint64_t seed) {
    ModelRig::Options options = lasting(100s, {"a", "b"});
    options.seed = seed;
    options.network.cross_zone = Distribution::exponential(2ms);
    ModelRig rig = rig_of(R"("service_time": {"exponential": "50ms"},
        "cold_start": {"exponential": "200ms"}, "idle_timeout": "500ms", "timeout": "300ms",
        "provisioned_concurrency": 3, "account": {"concurrency": 20, "scaling_units": 5})",
                          options);
    std::string all;
    Load requests = load(200, 15'000);
    requests.answered = [&](const Request& request, const Answer& answer) {
      all += std::to_string(request.id) + " " +
             std::to_string(answer.at.time_since_epoch().count()) + " " +
             std::string(name(answer.reply.cause())) + "\n";
    };
    rig.add(requests);
    rig.at(Time{40s}, [&] { rig.instance("f", 1).kill(false); });
    rig.at(Time{50s}, [&] { rig.instance("f", 1).revive(); });
    rig.run(Time{100s});
    return all;
  };
  const std::string once = run(1);
  for (const char* cause : {"ok", "rejected", "timeout", "connection_reset"})
    CHECK_THAT(once, Contains(cause));
  CHECK(once == run(1));
  CHECK(once != run(2));
}

TEST_CASE("function: limits hold whatever happens", "[models][function][property]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ModelRig::Options options = lasting(50s, {"a", "b", "c"});
    options.seed = seed;
    ModelRig rig({function()},
                 R"({"f": {"kind": "function", "account": {"concurrency": 12},
                           "service_time": {"exponential": "60ms"}, "timeout": "150ms",
                           "cold_start": {"exponential": "100ms"}, "idle_timeout": "300ms"},
                     "g": {"kind": "function", "account": "f", "reserved_concurrency": 4,
                           "provisioned_concurrency": 2, "timeout": "150ms",
                           "service_time": {"exponential": "60ms"}}})",
                 options);
    Load to_f = load(150, 7000);
    Load to_g = load(60, 2800);
    to_g.to = "g";
    rig.add(to_f);
    rig.add(to_g);
    for (int i = 0; i < 8; ++i) {
      const auto zone = static_cast<std::size_t>(i % 3);
      const char* const id = i % 2 == 0 ? "f" : "g";
      rig.at(Time{5s} + i * 5s, [&rig, zone, id] { rig.instance(id, zone).kill(false); });
      rig.at(Time{7s} + i * 5s, [&rig, zone, id] { rig.instance(id, zone).revive(); });
    }
    rig.run(Time{60s});  // throws where a request is lost or made up
    CHECK(rig.component("f").in_flight() == 0);
    CHECK(rig.component("g").in_flight() == 0);
    CHECK(rig.count("f", "concurrency_max") <= 8);
    CHECK(rig.count("g", "concurrency_max") <= 4);
  }
}

TEST_CASE("function: what is wrong with its parameters is said", "[models][function][input]") {
  const auto wrong = [](const std::string& parameters) {
    return problems_of(function(), R"({"kind": "function")" + parameters + "}");
  };
  const std::string good = R"(, "service_time": "20ms")";
  CHECK(wrong(good) == "");
  CHECK(wrong(R"(, "steps": [{"wait": "1ms"}])") == "");
  CHECK(wrong(R"(, "endpoints": {"GET /a": [{"wait": "1ms"}]})") == "");
  CHECK(wrong(good + R"(, "account": "other")") == "");
  CHECK(wrong(good + R"(, "account": {"concurrency": 50, "scaling": "regional_burst"})") == "");
  CHECK_THAT(wrong(""), Contains("steps, endpoints, or a service_time"));
  CHECK_THAT(wrong(good + R"(, "steps": [])"), Contains("has one of"));
  CHECK_THAT(wrong(good + R"(, "endpoints": {"GET /a": []})"), Contains("has one of"));
  CHECK_THAT(wrong(good + R"(, "memory": "127MiB")"), Contains("128MiB"));
  CHECK_THAT(wrong(good + R"(, "memory": "10241MiB")"), Contains("/memory"));
  CHECK_THAT(wrong(good + R"(, "memory": 1769)"), Contains("/memory"));
  CHECK_THAT(wrong(good + R"(, "timeout": "901s")"), Contains("/timeout"));
  CHECK_THAT(wrong(good + R"(, "timeout": "0s")"), Contains("/timeout"));
  CHECK_THAT(wrong(good + R"(, "cold_start": 5)"), Contains("/cold_start"));
  CHECK_THAT(wrong(good + R"(, "start_time": "5")"), Contains("/start_time"));
  CHECK_THAT(wrong(good + R"(, "idle_timeout": "x")"), Contains("/idle_timeout"));
  CHECK_THAT(wrong(good + R"(, "provisioned_concurrency": 100001)"), Contains("more than 100000"));
  CHECK_THAT(wrong(good + R"(, "provisioned_concurrency": 5, "reserved_concurrency": 4)"),
             Contains("/provisioned_concurrency") && Contains("of which it is a part"));
  CHECK_THAT(wrong(good + R"(, "account": {"of": "other"})"), Contains("/account/of"));
  CHECK_THAT(wrong(good + R"(, "account": 5)"), Contains("/account") && Contains("component"));
  CHECK_THAT(wrong(good + R"(, "account": "a b")"), Contains("/account"));
  CHECK_THAT(wrong(good + R"(, "account": {"account_concurrency": 5})"),
             Contains("\"concurrency\""));
  CHECK_THAT(wrong(good + R"(, "account": {"scaling": "faster"})"), Contains("per_function"));
  CHECK_THAT(wrong(good + R"(, "events": {"retries": 3})"), Contains("/events/retries"));
  CHECK_THAT(wrong(good + R"(, "events": {"max_age": "59s"})"), Contains("/events/max_age"));
  // All at once, each with its place.
  CHECK_THAT(wrong(R"(, "timeout": 5, "memory": "1MiB", "zones": "a", "steps": [{"compute": 1}])"),
             Contains("/timeout") && Contains("/memory") && Contains("/zones") &&
                 Contains("/steps/0/compute"));
}

std::string examined(const std::string& components) {
  ModelRig rig({function()}, components);
  Problems problems;
  const auto value = parse_json(components, problems.add_source("rig.json"), problems);
  for (const Value::Member& member : value->members())
    rig.component(member.key).examine({member.value, "/components/" + member.key, problems});
  return problems.text();
}

TEST_CASE("function: accounts that cannot be are found before the run",
          "[models][function][input]") {
  const auto f = [](const std::string& parameters) {
    return R"({"kind": "function", "service_time": "1ms", )" + parameters + "}";
  };
  CHECK(examined(R"({"f": )" + f(R"("account": "g")") + R"(, "g": )" +
                 f(R"("reserved_concurrency": 1000)") + "}") == "");
  CHECK_THAT(examined(R"({"f": )" + f(R"("account": "f")") + "}"),
             Contains("/components/f/account") && Contains("of itself"));
  CHECK_THAT(
      examined(R"({"f": )" + f(R"("account": "g")") + R"(, "g": )" + f(R"("account": "h")") +
               R"(, "h": )" + f(R"("memory": "2GiB")") + "}"),
      Contains("/components/f/account") && Contains("name that one") && !Contains("/components/g"));
  CHECK_THAT(examined(R"({"f": )" + f(R"("account": "g", "reserved_concurrency": 600)") +
                      R"(, "g": )" + f(R"("provisioned_concurrency": 401)") + "}"),
             Contains("/components/g/account") && Contains("1001") && Contains("1000"));
}

}  // namespace
}  // namespace highwater::function
