// Parameters that are changed while a component runs: what each comes to, that all is as before
// when they are taken back, and what is refused.

#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/model/live_changes.h"
#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/client/client.h"
#include "models/external/external.h"
#include "models/faults/faults.h"
#include "models/messaging/consumer_group.h"
#include "models/messaging/queue.h"
#include "models/messaging/topic.h"
#include "models/messaging/worker.h"
#include "models/service/service.h"
#include "tests/experiment/experiment_support.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults {
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

/// A component "it" of that kind, told `set` from 10 s to 20 s.
struct Bench {
  Bench(const ModelKind& kind, const std::string& it, const std::string& set,
        const std::string& more = "", SinkLog* other = nullptr)
      : rig(kinds_of(kind, other), R"({"it": {)" + it + "}" + more + "}") {
    if (!set.empty())
      rig.fault(config(), R"({"config": "it", "at": "10s", "for": "10s", "set": {)" + set + "}}");
  }
  static std::vector<ModelKind> kinds_of(const ModelKind& kind, SinkLog* other) {
    std::vector<ModelKind> kinds{kind};
    if (other != nullptr) kinds.push_back(sink(*other));
    return kinds;
  }
  /// How long requests take that are sent at these seconds, each alone; negative for failures.
  std::vector<Duration> took(const std::vector<int>& at, std::uint64_t key = 0) {
    std::vector<const Answer*> answers;
    for (const int second : at) answers.push_back(&rig.send(Time{second * 1s}, "it", read_of(key)));
    rig.run(Time{40s});
    std::vector<Duration> found;
    for (const Answer* answer : answers)
      found.push_back(answer->reply.ok() ? answer->took() : -answer->took());
    return found;
  }
  ModelRig rig;
};
using Times = std::vector<Duration>;

TEST_CASE("config: a service's steps, speed and line", "[faults]") {
  const std::string api = R"("kind": "service", "endpoints": {"*": [{"compute": "100ms"},
                             {"wait": "50ms"}, {"repeat": {"times": 2,
                             "steps": [{"fail": "0%"}, {"compute": "10ms"}]}}]})";
  const auto with = [&](const std::string& set) {
    return Bench(service::service(), api, set).took({5, 15, 25});
  };
  CHECK(with("") == Times{170ms, 170ms, 170ms});
  CHECK(with(R"("endpoints.*[0].compute": "1s")") == Times{170ms, 1070ms, 170ms});
  CHECK(with(R"("endpoints.*[1].wait": "0s")") == Times{170ms, 120ms, 170ms});
  CHECK(with(R"("endpoints.*[2].repeat.steps[1].compute": "20ms")") == Times{170ms, 190ms, 170ms});
  CHECK(with(R"("endpoints.*[2].repeat.steps[0].fail": "100%")") == Times{170ms, -150ms, 170ms});
  CHECK(with(R"("speed": "2x")") == Times{170ms, 110ms, 170ms});
  CHECK(Bench(service::service(), R"("kind": "service", "service_time": "10ms")",
              R"("service_time": "30ms")")
            .took({5, 15, 25}) == Times{10ms, 30ms, 10ms});
}

TEST_CASE("config: a service's workers and line", "[faults]") {
  const auto with = [](const std::string& set, const std::string& more = "") {
    Bench bench(service::service(),
                R"("kind": "service", "workers": 3, "service_time": "1s")" + more, set);
    return bench.took({5, 5, 5, 5, 15, 15, 15, 15, 25, 25, 25, 25});
  };
  const Times three{1s, 1s, 1s, 2s};
  const auto then = [&](const Times& meanwhile) {
    Times all = three;
    all.insert(all.end(), meanwhile.begin(), meanwhile.end());
    all.insert(all.end(), three.begin(), three.end());
    return all;
  };
  CHECK(with(R"("workers": 1)") == then({1s, 2s, 3s, 4s}));
  CHECK(with(R"("workers": 4)") == then({1s, 1s, 1s, 1s}));
  CHECK(with(R"("queue.capacity": 0)") == then({1s, 1s, 1s, 0s}));
  CHECK(with(R"("queue.patience": "500ms")") == then({1s, 1s, 1s, -500ms}));
  CHECK(with(R"("workers": 1)", R"(, "cores": 2)").size() == 12);
}

TEST_CASE("config: utilization is of the workers that there were", "[faults]") {
  ModelRig::Options options;
  options.duration = 40s;
  ModelRig rig({service::service()},
               R"({"it": {"kind": "service", "workers": 2, "service_time": "40s"}})", options);
  rig.fault(config(), R"({"config": "it", "at": "10s", "for": "20s", "set": {"workers": 4}})");
  rig.send(Time{0s}, "it", {});
  rig.run(Time{40s});
  // One busy for 40 s of 2 * 20 + 4 * 20 worker seconds.
  CHECK(rig.value("it", "utilization") == Approx(40.0 / 120));
  CHECK(rig.value("it", "cpu_utilization") == Approx(40.0 / 120));
}

TEST_CASE("config: what a service does about slow and failed answers", "[faults]") {
  SinkLog log;
  log.react = [](const Received& each) {
    return Reaction{100ms, each.request.key == 1 ? Status::error : Status::ok};
  };
  const std::string more = R"(, "behind": {"kind": "sink"})";
  const auto with = [&](const std::string& policy, const std::string& set, std::uint64_t key) {
    log.received.clear();
    Bench bench(service::service(),
                R"("kind": "service", "workers": 9, "endpoints": {"*": [{"call": "behind")" +
                    policy + "}]}",
                set, more, &log);
    return bench.took({5, 15, 25}, key);
  };
  const std::string call = R"("endpoints.*[0].)";
  CHECK(with("", call + R"(timeout": "30ms")", 0) == Times{100ms, -30ms, 100ms});
  const std::string retry = R"(, "retry": {"attempts": 2, "backoff": "10ms", "jitter": "none"})";
  CHECK(with(retry, call + R"(retry.attempts": 4, "endpoints.*[0].retry.multiplier": 1)", 1) ==
        Times{-210ms, -430ms, -210ms});
  CHECK(with(retry, call + R"(retry.backoff": "1s")", 1) == Times{-210ms, -1200ms, -210ms});
  CHECK(with(retry, call + R"(retry": null)", 1) == Times{-210ms, -100ms, -210ms});
  CHECK(with("", call + R"(retry": {"attempts": 2, "backoff": "10ms", "jitter": "none"})", 1) ==
        Times{-100ms, -210ms, -100ms});
  CHECK(with("", call + R"(hedge": "20ms")", 0) == Times{100ms, 100ms, 100ms});
  CHECK(log.received.size() == 4);
}

TEST_CASE("config: a breaker comes, and is gone with all that it knew", "[faults]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{Duration{0}, Status::error}; };
  Bench bench(service::service(), R"("kind": "service", "endpoints": {"*": [{"call": "behind"}]})",
              R"("endpoints.*[0].breaker": {"pybreaker": {"fail_max": 2, "reset_timeout": "1h"}})",
              R"(, "behind": {"kind": "sink"})", &log);
  bench.took({5, 6, 7, 12, 13, 14, 15, 16, 25, 26});
  // Two failures open it; before and after nothing is refused.
  CHECK(log.times() == Times{5s, 6s, 7s, 12s, 13s, 25s, 26s});
}

TEST_CASE("config: a bulkhead and a limit are changed while calls are under way", "[faults]") {
  SinkLog log;
  log.react = [](const Received&) { return Reaction{3s}; };
  const auto with = [&](const std::string& policy, const std::string& set) {
    log.received.clear();
    Bench bench(service::service(),
                R"("kind": "service", "workers": 99, "endpoints": {"*": [{"call": "behind", )" +
                    policy + "}]}",
                set, R"(, "behind": {"kind": "sink"})", &log);
    return bench.took({8, 8, 8, 9, 12, 12, 12, 19, 25, 25, 25});
  };
  const std::string full = R"("bulkhead": {"concurrent": 2, "queue": 9})";
  // Calls that were under way end by the bulkhead they began with; the new one begins empty.
  CHECK(with(full, R"("endpoints.*[0].bulkhead.concurrent": 1)") ==
        Times{3s, 3s, 6s, 5s, 3s, 6s, 9s, 5s, 3s, 3s, 6s});
  CHECK(with(full, R"("endpoints.*[0].bulkhead": null)") ==
        Times{3s, 3s, 6s, 5s, 3s, 3s, 3s, 3s, 3s, 3s, 6s});
  CHECK(with(R"("pool": {"size": 1, "max_overflow": 0, "timeout": "99s"})",
             R"("endpoints.*[0].pool.size": 3)") ==
        Times{3s, 6s, 9s, 11s, 3s, 3s, 3s, 3s, 3s, 6s, 9s});
}

TEST_CASE("config: a client's load, mix and patience", "[faults]") {
  const auto sent = [](const std::string& set, const std::string& more) {
    SinkLog log;
    log.react = [](const Received&) { return Reaction{1ms}; };
    ModelRig rig({client::client(), sink(log)},
                 R"({"users": {"kind": "client", )" + more + R"(}, "it": {"kind": "sink"}})");
    if (!set.empty())
      rig.fault(config(),
                R"({"config": "users", "at": "10s", "for": "10s", "set": {)" + set + "}}");
    rig.run(Time{30s});
    return log;
  };
  const auto meanwhile = [](const SinkLog& log) {
    return std::count_if(log.received.begin(), log.received.end(), [](const Received& each) {
      return each.at > Time{10s} && each.at < Time{20s};
    });
  };
  const auto without_it = [](const SinkLog& log) {
    std::vector<std::pair<std::uint64_t, Time>> found;
    for (const Received& each : log.received)
      if (each.at < Time{10s} || each.at > Time{20s}) found.emplace_back(each.request.id, each.at);
    return found;
  };
  const std::string poisson = R"("calls": {"to": "it"}, "arrivals": {"poisson": "50/s"})";
  const SinkLog usual = sent("", poisson);
  for (const char* set :
       {R"("arrivals.poisson": "200/s")", R"("arrivals": {"constant": "200/s"})"}) {
    const SinkLog changed = sent(set, poisson);
    CHECK(static_cast<double>(meanwhile(changed)) == Approx(2000).margin(4 * 45));
    CHECK(without_it(changed) == without_it(usual));
  }
  const std::string closed =
      R"("calls": "it", "arrivals": {"closed": {"users": 4, "think": "1s"}})";
  CHECK(meanwhile(sent(R"("arrivals.closed.users": 8)", closed)) == 4 * 10 + 4 * 9);
  CHECK(meanwhile(sent(R"("arrivals.closed.think": "500ms")", closed)) > 60);

  const std::string mixed =
      R"("calls": "it", "arrivals": {"constant": "100/s"}, "mix": {"GET /a": 1, "GET /b": 0})";
  std::set<Symbol> seen;
  const SinkLog other = sent(R"("mix": {"GET /b": 1})", mixed);
  for (const Received& each : other.received) {
    if (each.at >= Time{10s} && each.at < Time{20s})
      seen.insert(each.request.endpoint);
    else
      CHECK(each.request.endpoint == other.received.front().request.endpoint);
  }
  CHECK(seen.size() == 1);
  CHECK(seen.count(other.received.front().request.endpoint) == 0);

  ModelRig::Options options;
  options.duration = 30s;
  SinkLog log;
  log.react = [](const Received&) { return Reaction{100ms}; };
  ModelRig rig({client::client(), sink(log)},
               R"({"users": {"kind": "client", )" + poisson + R"(}, "it": {"kind": "sink"}})",
               options);
  rig.fault(config(), R"({"config": "users", "at": "10s", "for": "10s",
                          "set": {"calls.timeout": "10ms"}})");
  rig.run(Time{30s});
  CHECK(static_cast<double>(rig.count("users", "failed")) == Approx(500).margin(90));
}

TEST_CASE("config: a balancer's policy, weights and checks", "[faults]") {
  const auto hit = [](const std::string& set, const std::string& more = "") {
    SinkLog log;
    log.instances = 2;
    ModelRig rig({balancer::load_balancer(), sink(log)},
                 R"({"it": {"kind": "load_balancer", "targets": ["api"])" + more +
                     R"(}, "api": {"kind": "sink"}})");
    rig.fault(config(), R"({"config": "it", "at": "10s", "for": "10s", "set": {)" + set + "}}");
    for (int i = 0; i < 30; ++i) rig.send(Time{i * 1s + 500ms}, "it", read_of(7));
    rig.run(Time{40s});
    std::vector<int> first(3);
    for (const Received& each : log.received)
      first[static_cast<std::size_t>((each.at - Time{}) / 10s)] += each.instance == 0;
    return first;
  };
  CHECK(hit(R"("weights": {"api[0]": 4})", R"(, "policy": "nginx_round_robin")") ==
        std::vector<int>{5, 8, 5});
  const std::vector<int> sticky = hit(R"("policy": "nginx_hash")");
  CHECK(sticky[0] == 5);
  CHECK((sticky[1] == 0 || sticky[1] == 10));
  CHECK(sticky[2] == 5);

  // A target dies silently: it is found out only while there are checks.
  SinkLog log;
  log.instances = 2;
  log.start_time = 1s;
  ModelRig rig({balancer::load_balancer(), sink(log)},
               R"({"it": {"kind": "load_balancer", "targets": ["api"], "timeout": "100ms",
                          "max_fails": 0, "tries": 1}, "api": {"kind": "sink"}})");
  rig.fault(config(), R"({"config": "it", "at": "10s", "for": "10s", "set": {"health_check":
                          {"interval": "100ms", "fall": 1, "rise": 1}, "timeout": "50ms"}})");
  rig.fault(kill(), R"({"kill": "api[1]", "at": "5s", "for": "40s", "silent": true})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 30; ++i) answers.push_back(&rig.send(Time{i * 1s + 500ms}, "it", {}));
  rig.run(Time{40s});
  const auto failed = [&](std::size_t from, std::size_t until) {
    int count = 0;
    for (std::size_t i = from; i < until; ++i) count += !answers[i]->reply.ok();
    return count;
  };
  CHECK(failed(5, 10) >= 2);
  CHECK(failed(10, 20) == 0);
  CHECK(failed(20, 30) == 5);
}

TEST_CASE("config: requests under way come back to the balancer that sent them", "[faults]") {
  SinkLog log;
  log.instances = 2;
  log.react = [](const Received&) { return Reaction{5s}; };
  ModelRig rig({balancer::load_balancer(), sink(log)},
               R"({"it": {"kind": "load_balancer", "targets": ["api"],
                          "policy": "nginx_least_conn"}, "api": {"kind": "sink"}})");
  rig.fault(config(), R"({"config": "it", "at": "10s", "for": "2s",
                          "set": {"policy": "round_robin"}})");
  for (int i = 0; i < 40; ++i) rig.send(Time{i * 1s}, "it", {});
  rig.run(Time{60s});
  int first = 0;
  for (const Received& each : log.received) first += each.instance == 0;
  CHECK(first >= 18);
  CHECK(first <= 22);
}

TEST_CASE("config: a cache's ttl and capacity", "[faults]") {
  const auto hits = [](const std::string& set) {
    Bench bench(cache::cache(), R"("kind": "cache", "capacity": 100, "prefill": 100)", set);
    const auto ask = [&](int second, std::uint64_t key) {
      return &bench.rig.send(Time{second * 1s}, "it", read_of(key));
    };
    bench.rig.send(Time{11s}, "it", testing::write_of(200));
    const std::vector<const Answer*> answers{ask(5, 50), ask(12, 200), ask(15, 200), ask(16, 50),
                                             ask(25, 50)};
    bench.rig.run(Time{40s});
    std::string found;
    for (const Answer* answer : answers) found += answer->reply.hit ? '+' : '-';
    return found;
  };
  CHECK(hits(R"("service_time": "1ms")") == "+++++");
  CHECK(hits(R"("ttl": "2s")") == "++-++");
  // It begins empty, and again when it has its own size back.
  CHECK(hits(R"("capacity": 1)") == "+++--");
}

TEST_CASE("config: workers, consumers and others' services", "[faults]") {
  CHECK(
      Bench(external::external(), R"("kind": "external", "latency": "100ms")", R"("latency": "1s")")
          .took({5, 15, 25}) == Times{100ms, 1s, 100ms});
  CHECK(Bench(external::external(), R"("kind": "external", "latency": "100ms")",
              R"("error_rate": "100%")")
            .took({5, 15, 25}) == Times{100ms, -100ms, 100ms});
  CHECK(Bench(external::external(), R"("kind": "external", "latency": "100ms")",
              R"("rate_limit": "1/s")")
            .took({5, 5, 15, 15, 25, 25}) == Times{100ms, 100ms, 100ms, 0s, 100ms, 100ms});
  const auto processed = [](const std::string& set, const std::string& id) {
    ModelRig rig(
        {messaging::topic(), messaging::consumer_group(), messaging::queue(), messaging::worker()},
        R"({"events": {"kind": "topic"}, "jobs": {"kind": "queue", "rabbitmq": {}},
                     "group": {"kind": "consumer_group", "topic": "events",
                               "steps": [{"wait": "100ms"}]},
                     "crew": {"kind": "worker", "queue": "jobs", "steps": [{"wait": "100ms"}]}})");
    rig.fault(config(),
              R"({"config": ")" + id + R"(", "at": "10s", "for": "10s", "set": {)" + set + "}}");
    for (int i = 0; i < 900; ++i)
      for (const char* to : {"events", "jobs"}) rig.send(Time{0s}, to, testing::write_of(1));
    rig.run(Time{30s});
    return static_cast<double>(rig.count(id, "processed"));
  };
  for (const char* id : {"group", "crew"}) {
    CHECK(processed(R"("steps[0].wait": "50ms")", id) == Approx(400).margin(3));
    CHECK(processed(R"("on_failure": "retry")", "group") == Approx(300).margin(3));
  }
}

TEST_CASE("config: changes overlap, and each ends by itself", "[faults]") {
  Bench bench(service::service(), R"("kind": "service", "service_time": "10ms", "workers": 9)", "");
  const auto change = [&](const std::string& at, const std::string& lasts, const std::string& set) {
    bench.rig.fault(config(), R"({"config": "it", "at": ")" + at + R"(", "for": ")" + lasts +
                                  R"(", "set": {)" + set + "}}");
  };
  change("10s", "20s", R"("service_time": "20ms")");
  change("15s", "10s", R"("service_time": "40ms", "workers": 1)");
  change("20s", "15s", R"("speed": "2x")");
  CHECK(bench.took({5, 12, 17, 22, 27, 32, 37}) == Times{10ms, 20ms, 40ms, 20ms, 10ms, 5ms, 10ms});
}

TEST_CASE("config: what cannot be together is refused until it can", "[faults]") {
  const std::string steps = R"("kind": "service", "replicas": 2, "service_time": "10ms",
      "autoscaler": {"hpa": {"target_cpu": "50%"}, "min_replicas": 2, "max_replicas": 10})";
  ModelRig::Options options;
  options.reserved["it"] = 10;
  ModelRig rig({service::service()}, R"({"it": {)" + steps + "}}", options);
  rig.fault(config(), R"({"config": "it", "at": "10s", "for": "20s",
                          "set": {"autoscaler.max_replicas": 3}})");
  rig.fault(config(), R"({"config": "it", "at": "20s", "for": "60s",
                          "set": {"autoscaler.min_replicas": 5}})");
  std::vector<std::size_t> there;
  for (const auto at : {15s, 25s, 35s, 90s})
    rig.at(Time{at}, [&] {
      std::size_t count = 0;
      for (const auto& each : rig.component("it").instances()) count += each->listed();
      there.push_back(count);
    });
  rig.run(Time{100s});
  CHECK(there == std::vector<std::size_t>{2, 2, 5, 5});
  std::vector<double> refused;
  for (const Happening& each : rig.happenings())
    if (each.kind == "change refused") refused.push_back(seconds(each.at - Time{}));
  CHECK(refused == std::vector<double>{20});
}

TEST_CASE("config: the rest of the run is the same, and so is everything else", "[faults]") {
  const auto answers = [](bool with) {
    ModelRig rig({service::service(), external::external()},
                 R"({"api": {"kind": "service", "workers": 4, "service_time": {"exponential":
                             "10ms"}},
                     "other": {"kind": "service", "service_time": {"exponential": "10ms"}}})");
    if (with)
      rig.fault(config(), R"({"config": "api", "at": "10s", "for": "10s", "set": {"workers": 1,
                              "queue.capacity": 3, "service_time": {"exponential": "12ms"}}})");
    std::vector<std::pair<Time, bool>> found;
    for (const char* to : {"api", "other"}) {
      Load load;
      load.to = to;
      load.per_second = 40;
      load.requests = 1600;
      load.answered = [&found, to](const Request&, const Answer& answer) {
        if (std::string(to) == "other" || answer.sent < Time{10s} || answer.sent > Time{22s})
          found.emplace_back(answer.at, answer.reply.ok());
      };
      rig.add(load);
    }
    rig.run(Time{60s});
    return found;
  };
  CHECK(answers(true) == answers(false));
}

// In whole scenarios, with the paths of settings.

std::string scenario(const std::string& faults) {
  return R"({"highwater": 1, "run": {"duration": "10s", "replications": 1}, "components": {
      "users": {"kind": "client", "arrivals": {"poisson": "50/s"}, "calls": "api"},
      "api": {"kind": "service", "workers": 4, "endpoints": {"GET /a": ["X"]}},
      "db": {"kind": "database"}}, "faults": [)" +
         faults + "]}";
}
std::string problems(std::string set, const std::string& component = "api") {
  std::string text = scenario(R"({"at": "2s", "for": "2s", "config": ")" + component +
                              R"(", "set": {)" + set + "}}");
  text.replace(text.find("\"X\""), 3, R"({"compute": "1ms"}, {"call": "db", "timeout": "1s"})");
  return testing::prepared(text).problems;
}

TEST_CASE("config: a scenario says so with the paths of settings", "[faults]") {
  CHECK(problems(R"("endpoints[\"GET /a\"][1].timeout": "50ms")") == "");
  CHECK(problems(R"("endpoints[\"GET /a\"].steps[1].timeout": "50ms")") == "");
  CHECK(problems(R"("calls.timeout": "50ms", "mix": {"GET /a": 1})", "users") == "");
  CHECK(problems(R"("calls": {"to": "api", "retry": 3})", "users") == "");
}

TEST_CASE("config: paths are the same where everything is written out", "[faults]") {
  std::string text = scenario(R"({"at": "2s", "for": "2s", "config": "api",
                                  "set": {"endpoints[\"GET /a\"][0].compute": "5ms"}})");
  text.replace(text.find("[\"X\"]"), 5, R"({"steps": [{"compute": "1ms"}]})");
  const testing::Prepared ready = testing::prepared(text);
  INFO(ready.problems);
  CHECK(ready.system);
}

TEST_CASE("config: what is refused, and why", "[faults]") {
  const auto says = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  says(problems(R"("blocking": false)"),
       R"("blocking" cannot be changed while "api" runs; that can be: )");
  says(problems(R"("blocking": false)"), "queue.capacity");
  says(problems(R"("wrokers": 2)"), R"(did you mean "workers"?)");
  says(problems(R"("workers": 0)"), "/components/api/workers: must be 1 to");
  says(problems(R"("workers": 0)"), "/faults/0/set");
  says(problems(R"("endpoints[\"GET /a\"][1].call": "users")"), "cannot be changed");
  says(problems(R"("endpoints[\"GET /a\"][0]": {"wait": "1ms"})"), "cannot come or go");
  says(problems(R"("connections": 3)", "db"),
       R"("connections" cannot be changed while "db" runs: PostgreSQL reads max_connections)");
  says(problems(R"("mix": {"GET /b": 1})", "users"), R"("api" has no endpoint "GET /b")");
  says(problems(R"("workers": 2)", "nobody"), R"(there is no component "nobody")");
  says(problems_of(config(), R"({"config": "api", "at": "1s", "set": {}})"), "set");
  says(problems_of(config(), R"({"config": "api[0]", "at": "1s", "set": {"workers": 1}})"),
       "as a whole");
}

TEST_CASE("config: a random time, and often", "[faults]") {
  std::string text = scenario(R"({"random": {"rate": "2/s"}, "for": "300ms", "config": "api",
                                  "set": {"workers": 1}})");
  text.replace(text.find("\"X\""), 3, R"({"compute": {"exponential": "30ms"}})");
  const auto busy = [](const Results& results) -> double {
    for (const MetricResult& metric : results.components.front().metrics)
      if (metric.name == "queue_length") return *std::get<Estimate>(metric.value).value;
    return -1;
  };
  std::string calm = text;
  calm.replace(calm.find("\"workers\": 1}"), 13, "\"workers\": 4}");
  CHECK(busy(testing::run(text)) > 2 * busy(testing::run(calm)));
}

TEST_CASE("config: differences and patterns", "[faults]") {
  const auto value = [](const char* text) { return *parse_json_value(text); };
  const Value a = value(R"({"x": 1, "l": [{"p": 1, "q": 2}], "n": null, "o": {"k": 1}})");
  const Value b = value(R"({"x": 1, "l": [{"p": 1, "q": 3}], "o": {"k": 1, "m": 2}})");
  const auto found = differences(a, b);
  REQUIRE(found.size() == 2);
  CHECK(text_of(found[0]) == "l[0].q");
  CHECK(text_of(found[1]) == "o.m");
  CHECK(covers("l.**.q", found[0], a, b));
  CHECK(covers("l", found[0], a, b));
  CHECK(covers("l.*.q", found[0], a, b));
  CHECK_FALSE(covers("l.**.p", found[0], a, b));
  CHECK_FALSE(covers("q", found[0], a, b));
  CHECK(covers("=l.**.q", found[0], a, b));
  CHECK(covers("o.m", found[1], a, b));
  CHECK_FALSE(covers("=o.m", found[1], a, b));
  CHECK(differences(value("[1]"), value("[1, 2]")).size() == 1);
}

}  // namespace
}  // namespace highwater::faults
