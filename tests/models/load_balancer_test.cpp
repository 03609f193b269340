// A balancer in front of instances that answer as they are told: who gets which request, and what
// becomes of those that fail.

#include "models/balancer/load_balancer.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer_params.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"
#include "tests/support/theory.h"

namespace highwater::balancer {
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
using testing::write_of;

using Numbers = std::vector<std::uint32_t>;

/// A balancer `lb` in front of the sink `api`.
struct Bench {
  explicit Bench(const std::string& parameters, std::uint32_t instances = 3,
                 ModelRig::Options options = {})
      : log(with(instances)),
        rig({load_balancer(), sink(log)},
            R"({"api": {"kind": "sink"}, "lb": {"kind": "load_balancer", "targets": ["api"])" +
                (parameters.empty() ? "" : ", " + parameters) + "}}",
            std::move(options)) {}

  static SinkLog with(std::uint32_t instances) {
    SinkLog log;
    log.instances = instances;
    return log;
  }
  const Answer& send(Duration at, Request request = {}) {
    return rig.send(Time{at}, "lb", request);
  }
  void run(Duration end) { rig.run(Time{end}); }
  void kill(Duration at, std::size_t index, bool silent = false) {
    rig.at(Time{at}, [this, index, silent] { rig.instance("api", index).kill(silent); });
  }
  void revive(Duration at, std::size_t index) {
    rig.at(Time{at}, [this, index] { rig.instance("api", index).revive(); });
  }
  Numbers hit(Duration from = {}, Duration to = 1h) const {
    Numbers numbers;
    for (const Received& each : log.received)
      if (each.at >= Time{from} && each.at < Time{to}) numbers.push_back(each.instance);
    return numbers;
  }

  SinkLog log;
  ModelRig rig;
};

TEST_CASE("load balancer: round robin unless told otherwise", "[models][load_balancer]") {
  Bench bench("");
  for (int i = 0; i < 7; ++i) bench.send(1s);
  bench.run(2s);
  CHECK(bench.hit() == Numbers{0, 1, 2, 0, 1, 2, 0});
}

TEST_CASE("load balancer: instances of all targets share the requests", "[models][load_balancer]") {
  SinkLog log;
  log.instances = 2;
  ModelRig rig({load_balancer(), sink(log)},
               R"({"a": {"kind": "sink"}, "b": {"kind": "sink"},
                   "lb": {"kind": "load_balancer", "targets": ["a", "b"]}})");
  for (int i = 0; i < 8; ++i) rig.send(Time{1s}, "lb", Request{});
  rig.run(Time{2s});
  for (const char* id : {"a", "b"})
    for (const auto& instance : rig.component(id).instances()) CHECK(instance->received() == 2);
}

TEST_CASE("load balancer: weights of components and of single instances",
          "[models][load_balancer]") {
  Bench bench(R"("policy": "weighted", "weights": {"api": 2, "api[1]": 5})");
  for (int i = 0; i < 18; ++i) bench.send(1s);
  bench.run(2s);
  std::map<std::uint32_t, int> counts;
  for (const std::uint32_t number : bench.hit()) ++counts[number];
  CHECK(counts == std::map<std::uint32_t, int>{{0, 4}, {1, 10}, {2, 4}});
}

TEST_CASE("load balancer: policies that look at the load", "[models][load_balancer]") {
  // Instance 0 never answers, so its load grows with every request it gets.
  const auto of_the_stuck = [](const std::string& policy) {
    Bench bench("\"policy\": \"" + policy + "\"", 4);
    bench.log.react = [](const Received& received) {
      return Reaction{1ms, Status::ok, received.instance == 0};
    };
    Load load;
    load.to = "lb";
    load.per_second = 100;
    load.requests = 4000;
    bench.rig.add(load);
    bench.run(100s);
    return static_cast<double>(bench.rig.instance("api", 0).received());
  };
  CHECK(of_the_stuck("round_robin") == 1000);
  CHECK(of_the_stuck("random") == Approx(1000).margin(140));
  CHECK(of_the_stuck("least_connections") < 5);
  CHECK(of_the_stuck("power_of_two") < 8);
  CHECK(of_the_stuck("power_of_two") > 0);
}

TEST_CASE("load balancer: random is not in turn", "[models][load_balancer]") {
  Bench bench(R"("policy": "random")");
  for (int i = 0; i < 300; ++i) bench.send(1s);
  bench.run(2s);
  const Numbers hit = bench.hit();
  int repeated = 0;
  for (std::size_t i = 1; i < hit.size(); ++i) repeated += hit[i] == hit[i - 1];
  CHECK(repeated == Approx(100).margin(42));
}

/// Mean latency of four M/M/1 instances at 80 % behind a policy, in services.
double mean_sojourn(const std::string& policy) {
  ModelRig::Options options;
  options.duration = 1500s;
  ModelRig rig({load_balancer(), service::service()},
               R"({"api": {"kind": "service", "replicas": 8, "service_time":
                           {"exponential": "10ms"}},
                   "lb": {"kind": "load_balancer", "targets": ["api"], "policy": ")" +
                   policy + R"("}})",
               options);
  Load load;
  load.to = "lb";
  load.per_second = 640;
  load.requests = 640 * 400;
  double sum = 0;
  double number = 0;
  load.answered = [&](const Request&, const Answer& answer) {
    if (answer.sent < Time{10s}) return;
    sum += milliseconds(answer.took()) / 10;
    ++number;
  };
  rig.add(load);
  rig.run(Time{1500s});
  return sum / number;
}

TEST_CASE("load balancer: policies against theory",
          "[models][load_balancer][statistical][costly]") {
  // Random splitting leaves eight M/M/1 queues: 1 / (1 - rho) services. Two choices come close to
  // the limit for many servers, the sum of rho^(2^i - 2) over i >= 1 (Mitzenmacher 2001, theorem
  // 2), from above; the shortest queue of eight lies between the shared queue M/M/8 and them.
  const double random = mean_sojourn("random");
  const double two = mean_sojourn("power_of_two");
  const double least = mean_sojourn("least_connections");
  CHECK(random == Approx(5).epsilon(0.06));
  double limit = 0;
  for (int i = 1; i < 8; ++i) limit += std::pow(0.8, std::pow(2, i) - 2);
  CHECK(limit == Approx(1.9474).epsilon(0.001));
  CHECK(two > limit * 0.99);
  CHECK(two < limit * 1.15);
  CHECK(least < two);
  CHECK(least > theory::mmc_sojourn(6.4, 1, 8));
  const double turn = mean_sojourn("round_robin");  // Erlang-8 arrivals at each
  CHECK(turn < random * 0.75);
  CHECK(turn > two);
}

TEST_CASE("load balancer: a refused request goes to the next, and the dead one is left alone",
          "[models][load_balancer]") {
  Bench bench(R"("fail_timeout": "10s")");
  bench.kill(500ms, 1);
  for (int i = 0; i < 6; ++i) bench.send(1s + i * 1s);
  const Answer& answer = bench.send(2500ms, write_of(1));
  bench.revive(20s, 1);
  bench.run(10s);
  CHECK(answer.reply.ok());
  CHECK(bench.rig.instance("api", 1).received() == 1);
  CHECK(bench.hit() == Numbers{0, 2, 0, 2, 0, 2, 0});
  CHECK(bench.rig.count("lb", "retried") == 1);
  CHECK(bench.rig.count("lb", "no_target") == 0);
}

TEST_CASE("load balancer: after fail_timeout one request tries again, and only one",
          "[models][load_balancer]") {
  Bench bench(R"("fail_timeout": "10s", "timeout": "2s")", 2);
  bench.kill(500ms, 1, true);
  for (int i = 0; i < 300; ++i) bench.send(1s + i * 100ms);
  bench.run(40s);
  // Every second request until the first fails at 3.1 s; the last of these fails at 5.1 s. Then one
  // alone at 15.1 s, which fails at 17.1 s, and one at 27.1 s.
  const Instance& dead = bench.rig.instance("api", 1);
  const std::uint64_t until_noticed = 11;
  CHECK(dead.received() == until_noticed + 2);

  Bench healed(R"("fail_timeout": "10s")", 2);
  healed.kill(500ms, 1);
  healed.revive(5s, 1);
  for (int i = 0; i < 20; ++i) healed.send(1s + i * 1s);
  healed.run(30s);
  CHECK(healed.hit(0s, 11500ms) == Numbers(11, 0));
  const Numbers after = healed.hit(12500ms);
  CHECK(std::count(after.begin(), after.end(), 1) == 4);
}

TEST_CASE("load balancer: max_fails failures in a row of fail_timeouts, 0 for never",
          "[models][load_balancer]") {
  const auto asked = [](const std::string& parameters) {
    Bench bench(parameters, 2);
    bench.kill(500ms, 1);
    for (int i = 0; i < 20; ++i) bench.send(1s + i * 100ms);
    bench.run(5s);
    return bench.rig.instance("api", 1).received();
  };
  CHECK(asked("") == 1);
  CHECK(asked(R"("max_fails": 3)") == 3);
  CHECK(asked(R"("max_fails": 0)") == 19);  // a second try takes its turn too
  CHECK(asked(R"("fail_timeout": "350ms")") > 3);
}

TEST_CASE("load balancer: successes between do not hide frequent failures",
          "[models][load_balancer]") {
  // nginx counts failures that lie within fail_timeout of each other.
  const auto answered = [](const std::string& parameters) {
    Bench bench(parameters, 2);
    bench.log.react = [](const Received& received) {
      const bool bad = received.instance == 1 && received.request.key % 2 == 1;
      return Reaction{Duration{0}, bad ? Status::unavailable : Status::ok};
    };
    for (std::uint64_t i = 0; i < 40; ++i)
      bench.rig.send(Time{1s + static_cast<int>(i) * 100ms}, "lb", read_of(i / 2));
    bench.run(6s);
    return bench.rig.instance("api", 1).received();
  };
  CHECK(answered(R"("tries": 1, "max_fails": 3)") == 6);
  CHECK(answered(R"("tries": 1, "max_fails": 3, "fail_timeout": "150ms")") == 20);
}

TEST_CASE("load balancer: a single target is never left alone", "[models][load_balancer]") {
  Bench bench("", 1);
  bench.kill(500ms, 0);
  const Answer& refused = bench.send(1s);
  bench.revive(2s, 0);
  const Answer& answered = bench.send(3s);
  bench.run(4s);
  CHECK(refused.reply.cause() == Status::unavailable);
  CHECK(answered.reply.ok());
}

TEST_CASE("load balancer: tries bounds how many are asked", "[models][load_balancer]") {
  const auto received = [](const std::string& parameters) {
    Bench bench(parameters, 5);
    for (std::size_t i = 0; i < 5; ++i) bench.kill(500ms, i);
    const Answer& answer = bench.send(1s);
    bench.run(2s);
    CHECK(answer.reply.cause() == Status::unavailable);
    return bench.rig.component("api").received();
  };
  CHECK(received("") == 5);
  CHECK(received(R"("tries": 2)") == 2);
  CHECK(received(R"("tries": 1)") == 1);
}

TEST_CASE("load balancer: a broken connection is passed on for reads only",
          "[models][load_balancer]") {
  for (const Status status : {Status::reset, Status::timeout}) {
    Bench bench(R"("max_fails": 0)");
    bench.log.react = [&](const Received& received) {
      return Reaction{Duration{0}, received.instance == 0 ? status : Status::ok};
    };
    const Answer& read = bench.send(1s, read_of(1));
    bench.send(2s);
    const Answer& write = bench.send(3s, write_of(1));
    bench.run(4s);
    CHECK(read.reply.ok());
    CHECK(write.reply.status == Status::error);  // 502, 504
    CHECK(write.reply.cause() == status);
    CHECK(bench.rig.count("lb", "retried") == 1);
  }
}

TEST_CASE("load balancer: an answer is an answer, be it an error", "[models][load_balancer]") {
  for (const Status status : {Status::error, Status::rejected}) {
    Bench bench("");
    bench.log.react = [&](const Received&) { return Reaction{Duration{0}, status}; };
    for (int i = 0; i < 6; ++i) bench.send(1s);
    const Answer& answer = bench.send(1s);
    bench.run(2s);
    CHECK(bench.hit() == Numbers{0, 1, 2, 0, 1, 2, 0});
    CHECK(bench.rig.count("lb", "retried") == 0);
    CHECK(answer.reply.status == status);
  }
}

TEST_CASE("load balancer: the timeout is of each instance's answer", "[models][load_balancer]") {
  Bench bench(R"("timeout": "100ms", "max_fails": 0)");
  bench.log.react = [](const Received& received) {
    return Reaction{received.instance == 2 ? 10ms : 1h};
  };
  const Answer& answer = bench.send(1s);
  bench.run(2s);
  CHECK(answer.took() == 210ms);
  CHECK(answer.reply.ok());
  Bench patient("");
  patient.log.react = [](const Received&) { return Reaction{500s}; };
  const Answer& late = patient.send(1s);
  patient.run(600s);
  CHECK(late.took() == 500s);
}

TEST_CASE("load balancer: nobody left is an error for lack of a target, and counted",
          "[models][load_balancer]") {
  Bench bench("");
  for (std::size_t i = 0; i < 3; ++i) bench.kill(500ms, i);
  bench.send(1s);
  const Answer& second = bench.send(2s);
  bench.run(3s);
  CHECK(second.reply.status == Status::error);  // 502
  CHECK(second.reply.cause() == Status::unavailable);
  CHECK(bench.rig.component("api").received() == 3);
  CHECK(bench.rig.count("lb", "no_target") == 1);
}

TEST_CASE("load balancer: health checks take a target out and bring it back",
          "[models][load_balancer]") {
  Bench bench(R"("max_fails": 0, "tries": 1,
                 "health_check": {"interval": "1s", "fall": 3, "rise": 2})",
              2);
  bench.kill(10s, 1);
  bench.revive(20s, 1);
  for (int i = 0; i < 400; ++i) bench.send(i * 100ms);
  bench.run(50s);
  Time unhealthy{};
  Time healthy{};
  for (const Happening& happening : bench.rig.happenings()) {
    if (happening.kind == "unhealthy") unhealthy = happening.at;
    if (happening.kind == "healthy") healthy = happening.at;
  }
  // The third check after the death, and the second after the return.
  CHECK(unhealthy > Time{12s});
  CHECK(unhealthy <= Time{13s});
  CHECK(healthy > Time{21s});
  CHECK(healthy <= Time{22s});
  const double refused =
      static_cast<double>(bench.rig.metric("api", "errors").causes.at("unavailable"));
  CHECK(refused == Approx(seconds(unhealthy - Time{10s}) * 5).margin(1.1));
  CHECK(bench.hit(seconds(unhealthy) * 1s > 0s ? 14s : 0s, 20s) == Numbers(60, 0));
}

TEST_CASE("load balancer: each knob of the health checks", "[models][load_balancer]") {
  const auto noticed = [](const std::string& check) {
    Bench bench(R"("health_check": )" + check, 2);
    bench.kill(100s, 1);
    bench.revive(200s, 1);
    bench.run(400s);
    std::vector<double> times;
    for (const Happening& happening : bench.rig.happenings())
      if (happening.kind == "unhealthy" || happening.kind == "healthy")
        times.push_back(seconds(happening.at));
    return times;
  };
  const auto usual = noticed(R"({"interval": "2s"})");
  REQUIRE(usual.size() == 2);
  CHECK(usual[0] == Approx(105).margin(1));  // fall 3: two whole intervals and a part
  CHECK(usual[1] == Approx(203).margin(1));
  CHECK(noticed(R"({"interval": "20s"})").at(0) == Approx(150).margin(10));
  CHECK(noticed(R"({"interval": "2s", "fall": 10})").at(0) == Approx(119).margin(1));
  CHECK(noticed(R"({"interval": "2s", "rise": 10})").at(1) == Approx(219).margin(1));
}

TEST_CASE("load balancer: health checks notice a cut edge, and a short absence not",
          "[models][load_balancer]") {
  Bench bench(R"("health_check": {"interval": "1s"})", 2);
  Edge& edge = bench.rig.directory().edge(bench.rig.component("lb"), bench.rig.component("api"));
  bench.kill(5s, 0);
  bench.revive(6500ms, 0);
  bench.rig.at(Time{10s}, [&] { edge.cut(true, true); });
  bench.run(20s);
  int unhealthy = 0;
  for (const Happening& happening : bench.rig.happenings()) {
    if (happening.kind != "unhealthy") continue;
    ++unhealthy;
    CHECK(happening.at > Time{12s});
  }
  CHECK(unhealthy == 2);
}

TEST_CASE("load balancer: its own time, stretched when it is slow", "[models][load_balancer]") {
  Bench bench(R"("service_time": "2ms")");
  const Answer& answer = bench.send(1s);
  bench.rig.at(Time{2s}, [&] { bench.rig.instance("lb", 0).slow(5); });
  const Answer& slow = bench.send(3s);
  bench.run(4s);
  CHECK(answer.took() == 2ms);
  CHECK(slow.took() == 10ms);
}

TEST_CASE("load balancer: replicas know only what they saw themselves", "[models][load_balancer]") {
  Bench bench(R"("replicas": 2, "start_time": "3s")", 2);
  bench.kill(500ms, 1);
  for (int i = 0; i < 10; ++i) bench.send(1s + i * 100ms);
  bench.rig.at(Time{3s}, [&] { bench.rig.instance("lb", 0).kill(false); });
  bench.rig.at(Time{4s}, [&] { bench.rig.instance("lb", 0).revive(); });
  bench.rig.at(Time{6999ms}, [&] { CHECK_FALSE(bench.rig.instance("lb", 0).up()); });
  bench.rig.at(Time{7001ms}, [&] { CHECK(bench.rig.instance("lb", 0).up()); });
  std::uint64_t before = 0;
  bench.rig.at(Time{7001ms}, [&] { before = bench.rig.instance("api", 1).received(); });
  for (int i = 0; i < 4; ++i) bench.rig.send_to_instance(Time{8s + i * 10ms}, "lb", 0, Request{});
  bench.run(9s);
  CHECK(before == 2);                                            // once by each of the two
  CHECK(bench.rig.instance("api", 1).received() == before + 1);  // forgotten with the process
}

TEST_CASE("load balancer: a dead balancer checks nobody", "[models][load_balancer]") {
  Bench bench(R"("health_check": {"interval": "1s", "fall": 1, "rise": 1})", 2);
  bench.rig.at(Time{5s}, [&] { bench.rig.instance("lb", 0).kill(false); });
  bench.kill(6s, 1);
  bench.rig.at(Time{20s}, [&] { bench.rig.instance("lb", 0).revive(); });
  bench.run(30s);
  for (const Happening& happening : bench.rig.happenings()) {
    if (happening.kind != "unhealthy") continue;
    CHECK(happening.at > Time{20s});
    CHECK(happening.at <= Time{21s});
  }
}

TEST_CASE("load balancer: every policy of the family serves", "[models][load_balancer]") {
  for (const balancing::PolicyInfo& info : balancing::kPolicies) {
    CAPTURE(info.name);
    Bench bench("\"policy\": \"" + std::string(info.name) + '"');
    for (std::int64_t i = 0; i < 300; ++i)
      bench.send(1s + Duration{i * 1'000'000}, read_of(static_cast<std::uint64_t>(i)));
    bench.kill(2s, 1);
    for (std::int64_t i = 0; i < 300; ++i)
      bench.send(3s + Duration{i * 1'000'000}, read_of(static_cast<std::uint64_t>(i)));
    bench.run(10s);
    const bool first_alone = info.policy == balancing::Policy::busiest ||
                             info.policy == balancing::Policy::haproxy_first;
    const Numbers before = bench.hit(0s, 2s);
    CHECK(before.size() == 300);
    CHECK(std::set<std::uint32_t>(before.begin(), before.end()).size() == (first_alone ? 1 : 3));
    // HAProxy's hashes insist on their server until it is seen to be down.
    const bool insists = info.policy == balancing::Policy::haproxy_hash ||
                         info.policy == balancing::Policy::haproxy_source;
    if (!insists) CHECK(bench.hit(3s).size() == 300);
  }
}

TEST_CASE("load balancer: hashing policies keep a key with its instance",
          "[models][load_balancer]") {
  for (const char* policy : {"nginx_hash", "nginx_hash_consistent", "nginx_ip_hash", "haproxy_hash",
                             "haproxy_source", "envoy_ring_hash", "envoy_maglev"}) {
    CAPTURE(policy);
    Bench bench("\"policy\": \"" + std::string(policy) + '"', 4);
    for (int round = 0; round < 3; ++round)
      for (std::uint64_t key = 0; key < 50; ++key) bench.send(1s, read_of(key));
    bench.run(2s);
    const Numbers hit = bench.hit();
    REQUIRE(hit.size() == 150);
    for (std::size_t i = 0; i < 50; ++i) CHECK((hit[i] == hit[i + 50] && hit[i] == hit[i + 100]));
  }
}

TEST_CASE("load balancer: each policy's own options reach it", "[models][load_balancer]") {
  const auto hits = [](const std::string& parameters) {
    Bench bench(parameters, 5);
    bench.log.react = [](const Received& received) {
      return Reaction{Duration{(1 + received.instance) * 20'000'000}, Status::ok, false};
    };
    for (std::int64_t i = 0; i < 400; ++i)
      bench.send(1s + Duration{i * 3'000'000}, read_of(static_cast<std::uint64_t>(i % 37)));
    bench.run(20s);
    return bench.hit();
  };
  const auto differ = [&](const std::string& policy, const std::string& options) {
    const std::string word = "\"policy\": \"" + policy + '"';
    CAPTURE(policy, options);
    CHECK(hits(word) != hits(word + ", " + options));
  };
  differ("power_of_d", R"("power_of_d": {"choices": 4})");
  differ("haproxy_source", R"("haproxy_source": {"type": "consistent"})");
  differ("haproxy_source", R"("haproxy_source": {"avalanche": true})");
  differ("haproxy_hash", R"("haproxy_hash": {"type": "consistent"})");
  differ("haproxy_hash", R"("haproxy_hash": {"function": "djb2"})");
  differ("haproxy_hash", R"("haproxy_hash": {"avalanche": true})");
  differ("haproxy_hash", R"("haproxy_hash": {"type": "consistent", "balance_factor": 110})");
  differ("haproxy_random", R"("haproxy_random": {"draws": 5})");
  differ("envoy_least_request", R"("envoy_least_request": {"choice_count": 5})");
  differ("envoy_least_request", R"("envoy_least_request": {"selection_method": "full_scan"})");
  differ("envoy_least_request", R"("envoy_least_request": {"active_request_bias": 2})");
  differ("envoy_ring_hash", R"("envoy_ring_hash": {"min_ring_size": 5, "max_ring_size": 5})");
  differ("envoy_ring_hash", R"("envoy_ring_hash": {"points": "murmur2"})");
  differ("envoy_maglev", R"("envoy_maglev": {"table": 7})");
  differ("envoy_maglev", R"("envoy": {"hash_balance_factor": 100})");
  differ("envoy_ring_hash", R"("envoy": {"hash_balance_factor": 100})");
  differ("peak_ewma", R"("peak_ewma": {"decay": "1ms"})");
  differ("round_robin", R"("max_connections": 1)");
  differ("round_robin", R"("sticky": {})");
  differ("envoy_round_robin", R"("weights": {"api[0]": 3})");
  differ("envoy_round_robin", R"("priorities": {"api[0]": 1})");
  differ("nginx_round_robin", R"("backup": ["api[0]"])");
  differ("haproxy_source", R"("haproxy_source": {"type": "consistent", "function": "djb2"})");
}

TEST_CASE("load balancer: what HAProxy's and Finagle's policies share reaches them",
          "[models][load_balancer]") {
  // The first usable backup alone, or all of them.
  const auto backups = [](const std::string& more) {
    Bench bench(R"("policy": "haproxy_roundrobin", "backup": ["api[1]", "api[2]"],
                   "health_check": {"interval": "100ms"})" +
                more);
    bench.kill(1s, 0);
    for (int i = 0; i < 4; ++i) bench.send(4s);
    bench.run(5s);
    return bench.hit(4s);
  };
  CHECK(backups("") == Numbers{1, 1, 1, 1});
  CHECK(backups(R"(, "haproxy": {"all_backups": true})") == Numbers{1, 2, 1, 2});
  // One request each while the whole is far from its full load.
  const auto limited = [](const std::string& more) {
    Bench bench(R"("policy": "haproxy_first", "max_connections": 3)" + more, 2);
    bench.log.react = [](const Received&) { return Reaction{1s, Status::ok, false}; };
    for (int i = 0; i < 3; ++i) bench.send(1s);
    bench.run(5s);
    return bench.hit();
  };
  CHECK(limited("") == Numbers{0, 0, 0});
  CHECK(limited(R"(, "haproxy": {"min_connections": 1, "full_load": 100})") == Numbers{0, 1});
  // Without panic nobody is picked where nobody is usable.
  for (const char* policy : {"finagle_p2c", "peak_ewma"}) {
    const auto sent = [&](const std::string& more) {
      Bench bench(R"("health_check": {"interval": "100ms"}, "tries": 1, "policy": ")" +
                  std::string(policy) + '"' + more);
      for (const std::size_t i : {0u, 1u, 2u}) bench.kill(1s, i);
      for (int i = 0; i < 10; ++i) bench.send(4s);
      bench.run(5s);
      return bench.rig.count("lb", "no_target");
    };
    CHECK(sent("") == 0);
    CHECK(sent(R"(, "finagle": {"panic": false})") == 10);
    CHECK(sent(R"(, "finagle": {"panic": false, "max_effort": 1})") == 10);
  }
}

TEST_CASE("load balancer: a request's labels lead to a subset of the instances",
          "[models][load_balancer]") {
  const std::string subsets = R"("policy": "envoy_round_robin",
      "labels": {"api": {"version": "1"}, "api[2]": {"version": "2"}},
      "match": {"GET /beta": {"version": "2"}, "GET /old": {"version": "1"},
                "GET /never": {"version": "3"}},
      "envoy": {"subsets": {"selectors": [{"keys": ["version"]}])";
  const auto hits = [&](const std::string& endpoint, const std::string& more) {
    Bench bench(subsets + more + "}}");
    Request request = read_of(1);
    request.endpoint = bench.rig.world().symbols.intern(endpoint);
    for (int i = 0; i < 30; ++i) bench.send(1s, request);
    bench.run(2s);
    const Numbers hit = bench.hit();
    return std::set<std::uint32_t>(hit.begin(), hit.end());
  };
  using Instances = std::set<std::uint32_t>;
  CHECK(hits("GET /beta", "") == Instances{2});
  CHECK(hits("GET /old", "") == Instances{0, 1});
  CHECK(hits("GET /never", "").empty());
  CHECK(hits("GET /other", "").empty());
  CHECK(hits("GET /other", R"(, "fallback": "any_endpoint")") == Instances{0, 1, 2});
  CHECK(
      hits("GET /never", R"(, "fallback": "default_subset", "default_subset": {"version": "2"})") ==
      Instances{2});
}

TEST_CASE("load balancer: zones in turn by their weights", "[models][load_balancer]") {
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  ModelRig rig({load_balancer(), service::service()},
               R"({"near": {"kind": "service", "service_time": "1ms", "zones": ["a"]},
                   "far": {"kind": "service", "service_time": "1ms", "zones": ["b"]},
                   "lb": {"kind": "load_balancer", "policy": "envoy_round_robin",
                          "targets": ["near", "far"],
                          "envoy": {"locality": "weighted",
                                    "locality_weights": {"a": 3, "b": 1}}}})",
               options);
  for (std::int64_t i = 0; i < 400; ++i)
    rig.send(Time{1s} + Duration{i * 10'000'000}, "lb", read_of(1));
  rig.run(Time{9s});
  CHECK(rig.component("near").received() == 300);
  CHECK(rig.component("far").received() == 100);
}

TEST_CASE("load balancer: an instance that is full is passed over, and nobody is no target",
          "[models][load_balancer]") {
  Bench bench(R"("max_connections": 2)", 2);
  bench.log.react = [](const Received&) { return Reaction{1s, Status::ok, false}; };
  for (int i = 0; i < 5; ++i) bench.send(1s);
  bench.run(5s);
  CHECK(bench.hit() == Numbers{0, 1, 0, 1});
  CHECK(bench.rig.count("lb", "no_target") == 1);
}

TEST_CASE("load balancer: backups stand in when all others are away", "[models][load_balancer]") {
  for (const char* policy : {"nginx_round_robin", "haproxy_roundrobin"}) {
    CAPTURE(policy);
    Bench bench(R"("backup": ["api[2]"], "health_check": {"interval": "100ms"}, "policy": ")" +
                std::string(policy) + '"');
    for (int i = 0; i < 6; ++i) bench.send(1s);
    bench.kill(2s, 0);
    bench.kill(2s, 1);
    for (int i = 0; i < 6; ++i) bench.send(4s);
    bench.run(5s);
    CHECK(bench.hit(0s, 2s) == Numbers{0, 1, 0, 1, 0, 1});
    CHECK(bench.hit(4s) == Numbers{2, 2, 2, 2, 2, 2});
  }
}

TEST_CASE("load balancer: sticky sessions stay, and move when their instance dies",
          "[models][load_balancer]") {
  Bench bench(R"("sticky": {"ttl": "10s"}, "health_check": {"interval": "100ms"})");
  for (int i = 0; i < 5; ++i) bench.send(1s, read_of(7));
  for (int i = 0; i < 3; ++i) bench.send(1s, read_of(8));
  bench.kill(2s, 0);
  for (int i = 0; i < 3; ++i) bench.send(4s, read_of(7));
  bench.revive(5s, 0);
  for (int i = 0; i < 3; ++i) bench.send(8s, read_of(7));
  bench.run(9s);
  CHECK(bench.hit(0s, 2s) == Numbers{0, 0, 0, 0, 0, 1, 1, 1});
  const Numbers moved = bench.hit(4s, 5s);
  REQUIRE(moved.size() == 3);
  CHECK(moved[0] != 0);
  for (const std::uint32_t number : bench.hit(4s)) CHECK(number == moved[0]);
}

TEST_CASE("load balancer: slow start spares who comes back", "[models][load_balancer]") {
  for (const char* policy : {"haproxy_roundrobin", "envoy_round_robin"}) {
    CAPTURE(policy);
    const auto share = [&](const std::string& more) {
      Bench bench(R"("health_check": {"interval": "100ms"}, "policy": ")" + std::string(policy) +
                  '"' + more);
      bench.kill(1s, 0);
      bench.revive(5s, 0);
      for (std::int64_t i = 0; i < 6000; ++i)
        bench.send(6s + Duration{i * 1'000'000}, read_of(static_cast<std::uint64_t>(i)));
      bench.run(20s);
      double hits = 0;
      for (const std::uint32_t number : bench.hit(6s, 12s)) hits += number == 0;
      return hits / 6000;
    };
    CHECK(share("") == Approx(1 / 3.0).margin(0.01));
    CHECK(share(R"(, "slow_start": "20s")") < 0.2);
  }
}

TEST_CASE("load balancer: outlier detection ejects, for longer each time, and takes back",
          "[models][load_balancer]") {
  Bench bench(R"("max_fails": 0, "outlier_detection": {"consecutive_5xx": 3, "interval": "1s",
                 "base_ejection_time": "4s", "max_ejection_percent": "50%"})",
              4);
  bench.log.react = [](const Received& received) {
    return Reaction{1ms, received.instance == 0 ? Status::error : Status::ok, false};
  };
  for (std::int64_t i = 0; i < 3000; ++i) bench.send(1s + Duration{i * 10'000'000});
  bench.run(40s);
  const Numbers all = bench.hit();
  const auto bad = std::count(all.begin(), all.end(), 0u);
  CHECK(bad >= 9);  // three for each ejection, of which 30 s hold three
  CHECK(bad <= 12);
  CHECK(bench.rig.count("lb", "ejections") == static_cast<std::uint64_t>(bad) / 3);
}

TEST_CASE("load balancer: no more than max_ejection_percent are out", "[models][load_balancer]") {
  const auto ejected = [](const std::string& more) {
    Bench bench(R"("max_fails": 0, "outlier_detection": {"consecutive_5xx": 2)" + more + "}", 10);
    bench.log.react = [](const Received&) { return Reaction{1ms, Status::error, false}; };
    for (std::int64_t i = 0; i < 500; ++i) bench.send(1s + Duration{i * 1'000'000});
    bench.run(5s);
    return bench.rig.count("lb", "ejections");
  };
  CHECK(ejected("") == 1);
  CHECK(ejected(R"(, "max_ejection_percent": "35%")") == 3);
  CHECK(ejected(R"(, "max_ejection_percent": "35%", "ejection_limit": "before")") == 4);
  CHECK(ejected(R"(, "max_ejection_percent": "0%")") == 0);
  CHECK(ejected(R"(, "max_ejection_percent": "0%", "always_eject_one": true)") == 1);
  CHECK(ejected(R"(, "enforcing_consecutive_5xx": "0%")") == 0);
}

TEST_CASE("load balancer: below the panic threshold Envoy uses everybody",
          "[models][load_balancer]") {
  const auto answered = [](const std::string& more) {
    Bench bench(R"("policy": "envoy_round_robin", "tries": 1,
                   "health_check": {"interval": "100ms"})" +
                    more,
                4);
    for (const std::size_t i : {0u, 1u, 2u}) bench.kill(1s, i);
    for (std::int64_t i = 0; i < 400; ++i) bench.send(3s + Duration{i * 1'000'000});
    bench.run(9s);
    return bench.hit(3s).size();
  };
  CHECK(answered("") == 100);  // three of four requests go to the dead
  CHECK(answered(R"(, "envoy": {"panic_threshold": "0%"})") == 400);
  CHECK(answered(R"(, "envoy": {"fail_traffic_on_panic": true})") == 0);
}

TEST_CASE("load balancer: Envoy prefers its own zone where that is fair",
          "[models][load_balancer]") {
  const auto share_of_own = [](const std::string& more) {
    ModelRig::Options options;
    options.network.zones = {"a", "b"};
    ModelRig rig(
        {load_balancer(), service::service()},
        R"({"near": {"kind": "service", "service_time": "1ms", "replicas": 3, "zones": ["a"]},
            "far": {"kind": "service", "service_time": "1ms", "replicas": 3, "zones": ["b"]},
            "lb": {"kind": "load_balancer", "policy": "envoy_random", "replicas": 2,
                   "targets": ["near", "far"])" +
            more + "}}",
        options);
    for (std::int64_t i = 0; i < 1000; ++i)
      rig.send_to_instance(Time{1s} + Duration{i * 1'000'000}, "lb", 0, read_of(1));
    rig.run(Time{9s});
    return static_cast<double>(rig.component("near").received()) / 1000;
  };
  CHECK(share_of_own("") == Approx(0.5).margin(0.08));
  CHECK(share_of_own(R"(, "envoy": {"locality": "zone_aware"})") == 1);
  CHECK(share_of_own(R"(, "envoy": {"locality": "zone_aware", "routing_enabled": "0%"})") ==
        Approx(0.5).margin(0.08));
  // With fewer instances than that zones do not matter.
  CHECK(share_of_own(R"(, "envoy": {"locality": "zone_aware", "min_cluster_size": 7})") ==
        Approx(0.5).margin(0.08));
}

TEST_CASE("load balancer: a health check that passes ends an ejection, unless told otherwise",
          "[models][load_balancer]") {
  const auto ejections = [](const std::string& more) {
    Bench bench(R"("max_fails": 0, "health_check": {"interval": "500ms"}, "outlier_detection":
                   {"consecutive_5xx": 3, "base_ejection_time": "1h", "max_ejection_time": "1h",
                    "max_ejection_percent": "50%")" +
                    more + "}",
                4);
    bench.log.react = [](const Received& received) {
      return Reaction{1ms, received.instance == 0 ? Status::error : Status::ok, false};
    };
    for (std::int64_t i = 0; i < 1000; ++i) bench.send(1s + Duration{i * 10'000'000});
    bench.run(20s);
    return bench.rig.count("lb", "ejections");
  };
  CHECK(ejections("") > 5);
  CHECK(ejections(R"(, "health_check_returns": false)") == 1);
}

TEST_CASE("load balancer: the health of a priority level, by heads or by weight",
          "[models][load_balancer]") {
  const auto share_of_spare = [](const std::string& more) {
    ModelRig rig({load_balancer(), service::service()},
                 R"({"api": {"kind": "service", "service_time": "1ms", "replicas": 4},
                     "spare": {"kind": "service", "service_time": "1ms", "replicas": 4},
                     "lb": {"kind": "load_balancer", "policy": "envoy_round_robin",
                            "health_check": {"interval": "100ms"}, "targets": ["api", "spare"],
                            "weights": {"api[0]": 97}, "priorities": {"spare": 1},
                            "envoy": {"panic_threshold": "0%")" +
                     more + "}}}");
    rig.at(Time{1s}, [&] { rig.instance("api", 0).kill(false); });
    for (std::int64_t i = 0; i < 1000; ++i)
      rig.send(Time{3s} + Duration{i * 1'000'000}, "lb", read_of(1));
    rig.run(Time{9s});
    return static_cast<double>(rig.component("spare").received()) / 1000;
  };
  CHECK(share_of_spare("") == 0);                                        // three of four, times 1.4
  CHECK(share_of_spare(R"(, "weighted_priority_health": true)") > 0.9);  // 3 of 100
}

TEST_CASE("load balancer: a target that was tried is drawn again so often, then it goes in order",
          "[models][load_balancer]") {
  const auto share_of_second = [](const std::string& more) {
    Bench bench(R"("policy": "envoy_random", "max_fails": 0)" + more);
    bench.kill(1s, 0);
    for (std::int64_t i = 0; i < 6000; ++i)
      bench.send(2s + Duration{i * 1'000'000}, read_of(static_cast<std::uint64_t>(i)));
    bench.run(20s);
    const Numbers all = bench.hit();
    return static_cast<double>(std::count(all.begin(), all.end(), 1u)) / 6000;
  };
  // A third of the requests meet the dead one; a third of those would draw it again.
  CHECK(share_of_second(R"(, "envoy": {"host_selection_retries": 0})") ==
        Approx(1 / 3.0 + 2 / 9.0).margin(0.02));
  CHECK(share_of_second(R"(, "envoy": {"host_selection_retries": 20})") ==
        Approx(0.5).margin(0.02));
}

TEST_CASE("load balancer: options of another policy are refused",
          "[models][load_balancer][input]") {
  const auto problems = [](const std::string& more) {
    return problems_of(load_balancer(),
                       R"({"kind": "load_balancer", "targets": ["api"], )" + more + "}");
  };
  using Catch::Contains;
  CHECK_THAT(problems(R"("haproxy_hash": {})"),
             Contains("/components/it/haproxy_hash: the policy is round_robin"));
  CHECK_THAT(problems(R"("policy": "envoy_maglev", "envoy_ring_hash": {})"),
             Contains("the policy is envoy_maglev"));
  CHECK_THAT(problems(R"("envoy": {})"), Contains("only Envoy's policies read it"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "envoy": {"hash_balance_factor": 150})"),
             Contains("hash_balance_factor is for envoy_ring_hash"));
  CHECK_THAT(problems(R"("haproxy": {})"), Contains("only HAProxy's policies read it"));
  CHECK_THAT(problems(R"("policy": "haproxy_first", "haproxy": {"min_connections": 1})"),
             Contains("min_connections needs max_connections"));
  CHECK_THAT(problems(R"("finagle": {})"), Contains("only finagle_p2c and peak_ewma"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "slow_start": "3s")"),
             Contains("only those with weights in turn"));
  CHECK_THAT(problems(R"("policy": "envoy_maglev", "envoy": {"locality": "zone_aware"})"),
             Contains("zone_aware does nothing where the key decides"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "envoy": {"locality": "weighted"})"),
             Contains("which needs them"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "labels": {"api": {"v": "1"}})"),
             Contains("only envoy.subsets read them"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "match": {"GET /": {"v": "1"}})"),
             Contains("only envoy.subsets read it"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "labels": {"apis": {"v": "1"}},
                         "envoy": {"subsets": {"selectors": [{"keys": ["v"]}]}})"),
             Contains("/components/it/labels/apis: \"apis\" is none of the targets"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "envoy": {"subsets": {"selectors": [
                         {"keys": ["v"], "fallback": "keys_subset", "fallback_keys": ["w"]}]}})"),
             Contains("fallback_keys are some of the keys"));
  CHECK_THAT(problems(R"("policy": "envoy_random", "envoy": {"subsets": {
                         "selectors": [{"keys": ["v"]}], "fallback": "keys_subset"}})"),
             Contains("keys_subset is a selector's fallback"));
  CHECK_THAT(problems(R"("outlier_detection": {"max_ejection_time": "1s"})"),
             Contains("max_ejection_time is below base_ejection_time"));
  CHECK_THAT(problems(R"("priorities": {"api": 1})"),
             Contains("only Envoy's policies have levels"));
  CHECK_THAT(problems(R"("backup": ["api"])"), Contains("only nginx' and HAProxy's policies"));
  CHECK_THAT(problems(R"("policy": "nginx_hash", "backup": ["apis"])"),
             Contains("/components/it/backup/0: \"apis\" is none of the targets"));
  CHECK_THAT(problems(R"("slow_start": "3s")"), Contains("only HAProxy's and Envoy's policies"));
  CHECK_THAT(
      problems(R"("policy": "haproxy_first", "slow_start": {"window": "3s", "aggression": 2})"),
      Contains("aggression and min_weight are Envoy's"));
  CHECK_THAT(problems(R"("policy": "nginx_lest_conn")"),
             Contains("did you mean \"nginx_least_conn\"?"));
  CHECK_THAT(problems(R"("policy": "haproxy_hash", "haproxy_hash": {"balance_factor": 150})"),
             Contains("needs the type consistent"));
}

TEST_CASE("load balancer: what is wrong with it is said", "[models][load_balancer][input]") {
  const auto wrong = [](const std::string& parameters) {
    return problems_of(load_balancer(), R"({"kind": "load_balancer")" + parameters + "}");
  };
  CHECK(wrong(R"(, "targets": ["api"])").empty());
  CHECK_THAT(wrong(""), Catch::Contains("targets"));
  CHECK_THAT(wrong(R"(, "targets": [])"), Catch::Contains("targets"));
  CHECK_THAT(wrong(R"(, "targets": ["api"], "policy": "best")"), Catch::Contains("best"));
  CHECK_THAT(wrong(R"(, "targets": ["api"], "weights": {"api": 2})"),
             Catch::Contains("this policy has no weights"));
  CHECK_THAT(wrong(R"(, "targets": ["api"], "policy": "weighted", "weights": {"apo[1]": 2})"),
             Catch::Contains("\"apo\" is none of the targets"));
  CHECK_THAT(wrong(R"(, "targets": ["api"], "health_check": {"fall": 0})"),
             Catch::Contains("fall"));
  CHECK_THAT(wrong(R"(, "targets": ["api"], "replicas": 0)"), Catch::Contains("replicas"));
}

}  // namespace
}  // namespace highwater::balancer
