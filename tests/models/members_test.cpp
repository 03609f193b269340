// Components whose instances find out among themselves who lives. How each protocol decides is
// tested in tests/membership.

#include "models/membership/members.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;

/// A service `api` of five instances with this membership ("" for none) behind the balancer `lb`.
struct Bench {
  explicit Bench(const std::string& membership, const std::string& more = "",
                 std::uint64_t seed = 1, const std::string& replicas = "5")
      : rig({service::service(), balancer::load_balancer()},
            R"({"api": {"kind": "service", "service_time": "1ms", "replicas": )" + replicas +
                (membership.empty() ? "" : R"(, "membership": )" + membership) + more +
                R"(}, "lb": {"kind": "load_balancer", "targets": ["api"], "max_fails": 0}})",
            options(seed)) {}

  static ModelRig::Options options(std::uint64_t seed) {
    ModelRig::Options options;
    options.seed = seed;
    options.network.zones = {"a", "b"};
    options.network.same_zone = Distribution::constant(250us);
    options.network.cross_zone = Distribution::constant(1ms);
    return options;
  }
  void kill(Duration at, std::size_t index) {
    rig.at(Time{at}, [this, index] { rig.instance("api", index).kill(true); });
  }
  void revive(Duration at, std::size_t index) {
    rig.at(Time{at}, [this, index] { rig.instance("api", index).revive(); });
  }
  std::set<std::uint32_t> listed() {
    std::set<std::uint32_t> indices;
    for (const auto& instance : rig.component("api").instances())
      if (instance->listed()) indices.insert(instance->index());
    return indices;
  }
  /// Who is listed at these times.
  std::vector<std::set<std::uint32_t>> listed_at(const std::vector<Duration>& times) {
    std::vector<std::set<std::uint32_t>> seen;
    for (const Duration at : times) rig.at(Time{at}, [this, &seen] { seen.push_back(listed()); });
    rig.run(Time{times.back() + 1s});
    return seen;
  }
  double detection() { return rig.value("api", "detection_ms"); }

  ModelRig rig;
};

const std::set<std::uint32_t> kAll{0, 1, 2, 3, 4};
const std::set<std::uint32_t> kWithout2{0, 1, 3, 4};

TEST_CASE("members: without a membership the dead stay listed", "[models][members]") {
  Bench bench("");
  bench.kill(20s, 2);
  CHECK(bench.listed_at({10s, 60s}) == std::vector{kAll, kAll});
}

TEST_CASE("members: each protocol finds the dead in its time, and takes them back",
          "[models][members]") {
  struct Case {
    const char* membership;
    double least, most;  // seconds until it is no longer listed
  };
  // swim: a probe comes within two rounds of five, fails after one interval; the suspicion takes
  // 4 s once two others confirm it and at most 24 s. ringpop: pings every 200 ms, 1.5 s for an
  // answer, 1.5 s for the helpers' pings, 5 s of suspicion. phi: a mean of 1 s, 3 s of allowed
  // pause, and 5.6 deviations.
  const auto [membership, least, most] = GENERATE(values<Case>(
      {{R"("swim")", 4.5, 30}, {R"("ringpop")", 8, 10.5}, {R"("phi_accrual")", 3.5, 6.5}}));
  CAPTURE(membership);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Bench bench(membership, "", seed);
    bench.kill(20s, 2);
    bench.revive(80s, 2);
    const Answer& before = bench.rig.send(Time{79s}, "lb", {});
    const auto seen = bench.listed_at({19s, 20s + 1ms, 79s, 90s});
    CHECK(seen == std::vector{kAll, kAll, kWithout2, kAll});
    CHECK(before.reply.ok());
    CHECK(bench.detection() > 1000 * least);
    CHECK(bench.detection() < 1000 * most);
    CHECK(bench.rig.count("api", "false_positives") == 0);
    const double down = 91 - 20 - bench.detection() / 1000;
    // Over the 81 s that were run: four instances from the detection until it was back at 80 s.
    CHECK(bench.rig.value("api", "members") == Approx((91 * 5 - (down - 11)) / 91).margin(0.02));
  }
}

TEST_CASE("members: who was asked may die too", "[models][members]") {
  const char* membership = GENERATE(R"("swim")", R"("ringpop")", R"("phi_accrual")");
  CAPTURE(membership);
  Bench bench(membership);
  bench.kill(20s, 0);
  bench.kill(20s, 1);
  bench.revive(100s, 1);
  const auto seen = bench.listed_at({19s, 99s, 130s});
  CHECK(seen == std::vector{kAll, {2, 3, 4}, {1, 2, 3, 4}});
}

TEST_CASE("members: all may die and come back", "[models][members]") {
  const char* membership = GENERATE(R"("swim")", R"("ringpop")", R"("phi_accrual")");
  CAPTURE(membership);
  Bench bench(membership);
  for (std::size_t i = 0; i < 5; ++i) {
    bench.kill(20s, i);
    bench.revive(60s + std::chrono::milliseconds(i), i);
  }
  const auto seen = bench.listed_at({59s, 70s});
  CHECK(seen == std::vector{kAll, kAll});  // nobody was left to take them for dead
}

TEST_CASE("members: options decide", "[models][members]") {
  const auto detection = [](const std::string& membership) {
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Bench bench(membership, "", seed);
      bench.kill(100s, 2);
      bench.rig.run(Time{400s});
      sum += bench.detection();
    }
    return sum / 10;
  };
  CHECK(detection(R"({"swim": {"profile": "wan"}})") > 2 * detection(R"("swim")"));
  CHECK(detection(R"({"swim": {"suspicion_mult": 8}})") > 1.5 * detection(R"("swim")"));
  CHECK(detection(R"({"ringpop": {"suspect_timeout": "20s"}})") ==
        Approx(detection(R"("ringpop")") + 15'000).margin(500));
  CHECK(detection(R"({"phi_accrual": {"acceptable_heartbeat_pause": "10s"}})") ==
        Approx(detection(R"("phi_accrual")") + 7'000).margin(1000));
  CHECK(detection(R"({"phi_accrual": {"threshold": 20, "min_std_deviation": "1s"}})") >
        1000 + detection(R"({"phi_accrual": {"min_std_deviation": "1s"}})"));
  CHECK(detection(R"({"phi_accrual": {"formula": "cassandra"}})") ==
        Approx(8 * 2.302585 * 1000).margin(2000));  // phi = t / (mean ln 10)
}

TEST_CASE("members: faults on the way between the instances deceive them", "[models][members]") {
  SECTION("a short partition is survived: the suspects refute") {
    Bench bench(R"("swim")");
    bench.rig.fault(faults::partition(),
                    R"({"at": "20s", "for": "3s", "partition": "api -> api"})");
    CHECK(bench.listed_at({20s, 24s, 60s, 120s}) == std::vector(4, kAll));
    CHECK(bench.rig.count("api", "false_positives") == 0);
  }
  SECTION("in a long one all others are lost, until it heals") {
    Bench bench(R"("swim")");
    bench.rig.fault(faults::partition(),
                    R"({"at": "20s", "for": "200s", "partition": "api -> api"})");
    CHECK(bench.listed_at({21s, 219s, 500s}) ==
          std::vector<std::set<std::uint32_t>>{kAll, {0}, kAll});
    CHECK(bench.rig.count("api", "false_positives") == 4);
    CHECK(bench.rig.metric("api", "detection_ms").count == 0);
  }
  SECTION("heartbeats that come late are missed at first") {
    Bench bench(R"("phi_accrual")");
    bench.rig.fault(faults::latency(),
                    R"({"at": "20s", "for": "100s", "latency": "api -> api", "add": "20s"})");
    // For 20 s nothing arrives; then everything does, a second apart as it was sent.
    CHECK(bench.listed_at({19s, 30s, 60s, 200s}) ==
          std::vector<std::set<std::uint32_t>>{kAll, {0}, kAll, kAll});
    CHECK(bench.rig.count("api", "false_positives") == 4);
  }
}

TEST_CASE("members: without serf's reconnecting a long partition never heals",
          "[models][members]") {
  Bench bench(R"({"swim": {"reconnect_interval": "0s"}})");
  bench.rig.fault(faults::partition(),
                  R"({"at": "20s", "for": "200s", "partition": "api -> api"})");
  CHECK(bench.listed_at({400s, 900s}) == std::vector<std::set<std::uint32_t>>{{0}, {0}});
}

TEST_CASE("members: what an autoscaler takes away was not lost", "[models][members]") {
  const char* membership = GENERATE(R"("swim")", R"("ringpop")", R"("phi_accrual")");
  CAPTURE(membership);
  Bench bench(membership,
              R"(, "workers": 10, "cores": 0.01, "start_time": "5s",
                 "autoscaler": {"hpa": {"target_cpu": "50%"}, "min_replicas": 2,
                                "max_replicas": 8})",
              1, "2");
  testing::Load load;
  load.to = "lb";
  load.per_second = 20;
  load.requests = 20 * 200;
  load.begin = Time{1s};
  bench.rig.add(load);
  const auto seen = bench.listed_at({500ms, 200s, 900s});
  CHECK(seen[0].size() == 2);
  CHECK(seen[1].size() >= 4);
  CHECK(seen[2].size() == 2);
  CHECK(bench.rig.count("api", "false_positives") == 0);
  CHECK(bench.rig.metric("api", "detection_ms").count == 0);
}

TEST_CASE("members: the keys of a dead cache go to the others and come back", "[models][members]") {
  ModelRig rig({cache::cache()},
               R"({"cache": {"kind": "cache", "replicas": 4, "sharding": "karger",
                             "membership": "phi_accrual"}})");
  const auto owners = [&rig] {
    std::vector<std::uint32_t> list;
    for (std::uint64_t key = 0; key < 1000; ++key) {
      Request request = read_of(key);
      const Route route = rig.component("cache").route(request, rig.instance("cache", 0));
      list.push_back(route.to->index());
    }
    return list;
  };
  std::vector<std::vector<std::uint32_t>> seen;
  for (const Duration at : {10s, 21s, 40s, 80s})
    rig.at(Time{at}, [&] { seen.push_back(owners()); });
  rig.at(Time{20s}, [&] { rig.instance("cache", 1).kill(true); });
  rig.at(Time{60s}, [&] { rig.instance("cache", 1).revive(); });
  rig.run(Time{100s});
  CHECK(seen[1] == seen[0]);  // nobody knows yet
  CHECK(std::count(seen[0].begin(), seen[0].end(), 1u) > 150);
  CHECK(std::count(seen[2].begin(), seen[2].end(), 1u) == 0);
  for (std::size_t key = 0; key < 1000; ++key)
    if (seen[0][key] != 1) CHECK(seen[2][key] == seen[0][key]);  // only its keys move
  CHECK(seen[3] == seen[0]);
}

TEST_CASE("members: a cache all of whose instances are taken for dead answers nobody",
          "[models][members]") {
  ModelRig rig({cache::cache()},
               R"({"cache": {"kind": "cache", "replicas": 2, "membership": "swim"}})");
  rig.at(Time{20s}, [&] {
    for (const auto& instance : rig.component("cache").instances()) instance->set_trusted(false);
  });
  const Answer& answer = rig.send(Time{20s} + 1ms, "cache", read_of(1));
  rig.run(Time{21s});
  CHECK(answer.reply.status == Status::unavailable);
}

TEST_CASE("members: bad input", "[models][members]") {
  const auto problems = [](const std::string& rest) {
    return problems_of(service::service(),
                       R"({"kind": "service", "service_time": "1ms", )" + rest + "}");
  };
  CHECK(problems(R"("replicas": 3, "membership": "swim")").empty());
  CHECK_THAT(problems(R"("replicas": 3, "membership": "swimm")"),
             Catch::Contains("did you mean \"swim\""));
  CHECK_THAT(problems(R"("replicas": 3, "membership": {"ringpop": {"ping_timout": "1s"}})"),
             Catch::Contains("did you mean \"ping_timeout\""));
  CHECK_THAT(problems(R"("replicas": 3000, "membership": "swim")"),
             Catch::Contains("2000 instances at most"));
  CHECK_THAT(problems(R"("membership": "swim")"), Catch::Contains("no effect"));
  CHECK_THAT(problems(R"("replicas": 3, "membership": {"phi_accrual": {"threshold": 0}})"),
             Catch::Contains("/membership/phi_accrual/threshold"));
}

}  // namespace
}  // namespace highwater
