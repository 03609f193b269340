// A load balancer as a gateway: who passes, what looking at tokens costs, and what it makes of an
// authentication service that does not answer. Also its shedding by priority.

#include "models/balancer/authentication.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::Reaction;
using testing::read_of;
using testing::Received;
using testing::sink;
using testing::SinkLog;
using Causes = std::map<std::string, std::uint64_t>;

std::string gateway(const std::string& more) {
  return R"({"lb": {"kind": "load_balancer", "targets": ["it"], )" + more +
         R"(}, "it": {"kind": "sink"},
            "auth": {"kind": "service", "service_time": "2ms", "workers": 100}})";
}
std::vector<ModelKind> kinds(SinkLog& log) {
  return {balancer::load_balancer(), service::service(), sink(log)};
}

/// Poisson.
Load load_of(const char* to, double per_second, std::uint64_t requests) {
  Load load;
  load.to = to;
  load.per_second = per_second;
  load.requests = requests;
  return load;
}

TEST_CASE("gateway: checking signatures takes rate times time of its cores", "[gateway]") {
  for (const std::uint32_t replicas : {1u, 2u}) {
    SinkLog log;
    ModelRig rig(kinds(log), gateway(R"("cores": 2, "replicas": )" + std::to_string(replicas) +
                                     R"(, "authentication": {"jwt": {"verify_time": "1ms"}})"));
    rig.add(load_of("lb", 500, 200'000));
    rig.run(Time{200s});
    // 500/s · 1 ms are half a core.
    CHECK(rig.value("lb", "cpu_utilization") == Approx(0.5 / 2 / replicas).epsilon(0.02));
  }
}

TEST_CASE("gateway: too many signatures are more than a core can do", "[gateway]") {
  SinkLog log;
  ModelRig rig(kinds(log), gateway(R"("cores": 1, "service_time": "1ms",
                                      "authentication": {"jwt": {"verify_time": "3ms"}})"));
  const Answer& one = rig.send(Time{1s}, "lb", read_of(1));
  const Answer& two = rig.send(Time{1s}, "lb", read_of(2));
  rig.at(Time{2s}, [&] { rig.instance("lb", 0).slow(3); });
  const Answer& slow = rig.send(Time{3s}, "lb", read_of(2));
  rig.run(Time{10s});
  CHECK(one.took() == 8ms);  // both share the core
  CHECK(two.took() == 8ms);
  CHECK(slow.took() == 12ms);
  SinkLog other;
  ModelRig roomy(kinds(other), gateway(R"("service_time": "1ms",
                                          "authentication": {"jwt": {"verify_time": "3ms"}})"));
  const Answer& alone = roomy.send(Time{1s}, "lb", read_of(1));
  const Answer& beside = roomy.send(Time{1s}, "lb", read_of(2));
  roomy.run(Time{10s});
  CHECK(alone.took() == 4ms);
  CHECK(beside.took() == 4ms);
}

TEST_CASE("gateway: a bad token is answered with a 401, and nobody behind hears of it",
          "[gateway]") {
  for (const char* how : {R"("jwt": {})", R"("introspection": {"to": "auth", "cache": "1h"})"}) {
    INFO(how);
    SinkLog log;
    ModelRig rig(kinds(log),
                 gateway(R"("authentication": {"invalid": "20%", )" + std::string(how) + "}"));
    std::uint64_t ok = 0;
    Load load = load_of("lb", 100, 10'000);
    load.answered = [&](const Request&, const Answer& answer) { ok += answer.reply.ok(); };
    rig.add(load);
    rig.run(Time{200s});
    CHECK(ok == 10'000);
    const Causes causes = rig.metric("lb", "authentication").causes;
    // A standard deviation is 40.
    CHECK(static_cast<double>(causes.at("unauthorized")) == Approx(2000).margin(160));
    CHECK(log.size() == 10'000 - causes.at("unauthorized"));
    // Of one good token it asks at first only, of bad ones each time.
    if (causes.contains("asked")) {
      CHECK(causes.at("asked") + causes.at("known") == 10'000);
      CHECK(causes.at("asked") >= causes.at("unauthorized") + 1);
      CHECK(causes.at("asked") <= causes.at("unauthorized") + 10);
    }
  }
}

TEST_CASE("gateway: what was asked about is known for its ttl, by the process that asked",
          "[gateway]") {
  SinkLog log;
  ModelRig rig(kinds(log), gateway(R"("authentication": {"introspection":
                                      {"to": "auth", "cache": {"ttl": "10s", "tokens": 2}}})"));
  const Answer& asks = rig.send(Time{1s}, "lb", read_of(1));
  const Answer& knows = rig.send(Time{11s + 2ms} - 1ns, "lb", read_of(1));
  const Answer& over = rig.send(Time{11s + 2ms}, "lb", read_of(1));  // a look is no use
  rig.send(Time{12s}, "lb", read_of(2));
  rig.send(Time{13s}, "lb", read_of(3));
  const Answer& pushed_out = rig.send(Time{14s}, "lb", read_of(1));
  rig.at(Time{15s}, [&] { rig.instance("lb", 0).kill(false); });
  rig.at(Time{16s}, [&] { rig.instance("lb", 0).revive(); });
  const Answer& forgotten = rig.send(Time{17s}, "lb", read_of(1));
  rig.run(Time{20s});
  CHECK(asks.took() == 2ms);
  CHECK(knows.took() == 0ms);
  CHECK(over.took() == 2ms);
  CHECK(pushed_out.took() == 2ms);
  CHECK(forgotten.took() == 2ms);
  CHECK(rig.metric("lb", "authentication").causes == Causes{{"asked", 6}, {"known", 1}});
}

TEST_CASE("gateway: without a cache each request asks, and waits for who is asked", "[gateway]") {
  SinkLog log;
  ModelRig rig(kinds(log), gateway(R"("authentication": {"introspection": {"to": "auth"}})"));
  rig.add(load_of("lb", 100, 1000));
  rig.run(Time{20s});
  CHECK(rig.metric("lb", "authentication").causes == Causes{{"asked", 1000}});
  CHECK(rig.component("auth").received() == 1000);
}

TEST_CASE("gateway: nobody answers, and everybody or nobody gets in", "[gateway]") {
  for (const bool open : {false, true})
    for (const bool silent : {false, true}) {
      SinkLog log;
      ModelRig rig(kinds(log), gateway(R"("authentication": {"introspection": {"to": "auth",
                     "timeout": "50ms", "retry": {"attempts": 2, "backoff": "10ms",
                     "jitter": "none"}, "without_answer": ")" +
                                       std::string(open ? "allow" : "refuse") + R"("}})"));
      rig.at(Time{1s}, [&] { rig.instance("auth", 0).kill(silent); });
      const Answer& answer = rig.send(Time{2s}, "lb", read_of(1));
      rig.run(Time{5s});
      CHECK(answer.reply.status == (open ? Status::ok : Status::error));
      CHECK(answer.reply.behind == (open     ? Status::ok
                                    : silent ? Status::timeout
                                             : Status::unavailable));
      CHECK(answer.took() == (silent ? 110ms : 10ms));
      CHECK(log.size() == (open ? 1 : 0));
      CHECK(rig.metric("lb", "authentication").causes ==
            Causes{{"asked", 1}, {"without_answer", 1}});
      CHECK(rig.metric("lb", "calls").causes == Causes{{"retries", 1}});
    }
}

TEST_CASE("gateway: a limit on what comes in spares the authentication service", "[gateway]") {
  SinkLog log;
  ModelRig rig(kinds(log), gateway(R"("rate_limit": {"fixed_window": {"rate": "5/minute"},
                                      "per": "key"},
                                      "authentication": {"introspection": "auth"})"));
  for (int i = 0; i < 20; ++i) rig.send(Time{10s} + i * 1s, "lb", read_of(1));
  rig.run(Time{60s});
  CHECK(log.size() == 5);
  CHECK(rig.component("auth").received() == 5);
}

TEST_CASE("gateway: it sheds the least urgent first when too many are under way", "[gateway]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{1s}; };
  ModelRig rig(kinds(log), gateway(R"("shed": {"capacity": 10})"));
  std::map<int, int> let_in;
  std::vector<std::pair<int, const Answer*>> answers;
  // Twenty of each priority, the urgent and the others by turns.
  for (int i = 0; i < 80; ++i) {
    Request request = read_of(static_cast<std::uint64_t>(i));
    request.priority = static_cast<std::uint8_t>(i % 4);
    answers.emplace_back(i % 4, &rig.send(Time{1s} + i * 1ms, "lb", request));
  }
  rig.run(Time{10s});
  for (const auto& [priority, answer] : answers) let_in[priority] += answer->reply.ok();
  CHECK(let_in[0] >= let_in[1]);
  CHECK(let_in[1] >= let_in[2]);
  CHECK(let_in[2] >= let_in[3]);
  CHECK(let_in[0] > let_in[3]);
  CHECK(rig.metric("lb", "admission").causes.at("shed") == 80 - log.size());
}

TEST_CASE("gateway: what is wrong with its authentication is said", "[gateway]") {
  const auto wrong = [](const std::string& authentication) {
    return problems_of(balancer::load_balancer(), R"({"kind": "load_balancer", "targets": ["api"],
                                                      "authentication": {)" +
                                                      authentication + "}}");
  };
  using Catch::Matchers::Contains;
  CHECK(wrong(R"("jwt": {})") == "");
  CHECK(wrong(R"("introspection": "auth")") == "");
  CHECK_THAT(wrong(""), Contains("in one way"));
  CHECK_THAT(wrong(R"("jwt": {}, "introspection": "auth")"), Contains("in one way"));
  CHECK_THAT(wrong(R"("introspection": {"to": "auth", "cache": "0s"})"), Contains("at least"));
  CHECK_THAT(wrong(R"("introspection": {"cache": "1s"})"), Contains("to"));
  CHECK_THAT(wrong(R"("jwt": {}, "invalid": "120%")"), Contains("120%"));
}

}  // namespace
}  // namespace highwater
