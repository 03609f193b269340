// Rollouts that judge the new version by its answers, and take it back.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/balancer/load_balancer.h"
#include "models/deployment/deployment.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

std::string system(const std::string& rollout, const std::string& replicas = "10") {
  return R"({"lb": {"kind": "load_balancer", "policy": "round_robin", "targets": ["api"]},
             "api": {"kind": "service", "workers": 10, "service_time": "10ms", "start_time": "5s",
                     "replicas": )" +
         replicas + R"(, "rollouts": [)" + rollout + "]}}";
}
std::vector<ModelKind> kinds() {
  return {service::service(), balancer::load_balancer()};
}
std::vector<double> times(const ModelRig& rig, const std::string& kind) {
  std::vector<double> found;
  for (const Happening& happening : rig.happenings())
    if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
  return found;
}
std::size_t listed(ModelRig& rig) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(
      std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->listed(); }));
}
/// Listed instances that are slow: of the new version, where it is.
std::size_t slow(ModelRig& rig) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(
      std::count_if(instances.begin(), instances.end(),
                    [](const auto& i) { return i->listed() && i->slowdown() > 1; }));
}
struct Outcome {
  std::size_t all = 0, failed = 0;
};
void add_load(ModelRig& rig, Outcome& outcome, double per_second, double lasts) {
  Load load;
  load.to = "lb";
  load.per_second = per_second;
  load.requests = static_cast<std::uint64_t>(per_second * lasts);
  load.answered = [&outcome](const Request&, const Answer& answer) {
    ++outcome.all;
    outcome.failed += !answer.reply.ok();
  };
  rig.add(load);
}

TEST_CASE("canary: a good version goes step by step and then everywhere", "[deployment]") {
  ModelRig rig(kinds(), system(R"({"at": "100s", "canary": {}, "version": {"slowdown": 1.5}})"));
  Outcome outcome;
  add_load(rig, outcome, 100, 800);
  std::vector<std::size_t> fresh;
  std::size_t least = 99;
  for (int second = 0; second < 800; ++second)
    rig.at(Time{std::chrono::seconds{second}}, [&] { least = std::min(least, listed(rig)); });
  // Up at 105; checks each minute from then on: 10 %, 20 %, … 50 %, all.
  for (const int at : {104, 106, 164, 172, 232, 292, 352, 500})
    rig.at(Time{std::chrono::seconds{at}}, [&] { fresh.push_back(slow(rig)); });
  rig.run(Time{800s});
  CHECK(fresh == std::vector<std::size_t>{0, 1, 1, 2, 3, 4, 5, 10});
  CHECK(least >= 8);
  const std::vector<double> complete = times(rig, "rollout complete");
  REQUIRE(complete.size() == 1);
  CHECK(complete[0] > 105 + 5 * 60);
  CHECK(complete[0] < 105 + 5 * 60 + 20);
  CHECK(outcome.failed == 0);
  CHECK(rig.count("api", "rollbacks") == 0);
}

TEST_CASE("canary: a bad version is taken back before most have met it", "[deployment]") {
  ModelRig rig(kinds(), system(R"({"at": "100s", "canary": {"threshold": 3},
                                   "version": {"error_rate": "20%", "slowdown": 2}},
                                  {"at": "500s", "canary": {"interval": "10s"},
                                   "version": {"slowdown": 3}})"));
  Outcome outcome;
  add_load(rig, outcome, 100, 500);
  rig.run(Time{480s});
  CHECK(times(rig, "rollout rolled back") == std::vector<double>{285});  // three checks
  CHECK(rig.value("api", "rollout_ms") < 200'000);
  CHECK(times(rig, "rollback complete").size() == 1);
  CHECK(slow(rig) == 0);
  CHECK(listed(rig) == 10);
  // A tenth of the requests for three minutes, a fifth of them.
  CHECK(static_cast<double>(outcome.failed) == Approx(180 * 100 * 0.1 * 0.2).epsilon(0.15));
}

TEST_CASE("canary: after a rollback the next one begins from the old version", "[deployment]") {
  ModelRig rig(kinds(), system(R"({"at": "50s", "canary": {"threshold": 1, "interval": "20s"},
                                   "version": {"error_rate": "50%"}},
                                  {"at": "200s", "canary": {"interval": "10s"},
                                   "version": {"slowdown": 3}})"));
  Outcome outcome;
  add_load(rig, outcome, 100, 400);
  rig.run(Time{400s});
  CHECK(times(rig, "rollout rolled back").size() == 1);
  CHECK(times(rig, "rollout complete").size() == 1);
  CHECK(slow(rig) == 10);
  CHECK(rig.count("api", "rollbacks") == 1);
}

TEST_CASE("canary: slow answers are bad answers where the analysis says so", "[deployment]") {
  const auto rolled_back = [](const std::string& more) {
    ModelRig rig(kinds(), system(R"({"at": "10s", "canary": {"interval": "10s", "threshold": 2)" +
                                 more + R"(}, "version": {"slowdown": 4}})"));
    Outcome outcome;
    add_load(rig, outcome, 50, 200);
    rig.run(Time{200s});
    return rig.count("api", "rollbacks");
  };
  CHECK(rolled_back("") == 0);
  CHECK(rolled_back(R"(, "max_p99": "50ms")") == 0);
  CHECK(rolled_back(R"(, "max_p99": "30ms")") == 1);
}

TEST_CASE("canary: nobody judges what nobody asks", "[deployment]") {
  const auto run = [](const std::string& more, double per_second) {
    ModelRig rig(kinds(), system(R"({"at": "10s", "canary": {"interval": "10s")" + more +
                                 R"(}, "version": {"error_rate": "100%"}})"));
    Outcome outcome;
    if (per_second > 0) add_load(rig, outcome, per_second, 150);
    rig.run(Time{200s});
    return times(rig, "rollout complete").size() + 10 * rig.count("api", "rollbacks");
  };
  CHECK(run("", 0) == 0);
  CHECK(run(R"(, "min_requests": 1000)", 20) == 0);  // 20 a check
  CHECK(run(R"(, "min_requests": 10)", 20) == 10);
}

TEST_CASE("canary: a check fails as often as the binomial law says", "[deployment][costly]") {
  // 2 % of errors, 100 answers a check, fewer than 99 % of successes: at least two errors of 100,
  // 1 - 0.98^100 - 100 * 0.02 * 0.98^99 = 0.597. Taken back at the first failure of up to one
  // check.
  int back = 0;
  constexpr int kRuns = 300;
  for (int seed = 1; seed <= kRuns; ++seed) {
    ModelRig::Options options;
    options.seed = static_cast<std::uint64_t>(seed);
    options.duration = 100s;
    ModelRig rig(kinds(),
                 system(R"({"at": "10s", "canary": {"interval": "10s", "threshold": 1,
                                                    "step_weight": "50%"},
                            "version": {"error_rate": "2%"}})",
                        "2"),
                 options);
    // Evenly, one of two each: 20 a second for ten seconds.
    for (int i = 0; i < 1000; ++i) rig.send(Time{i * 50ms}, "lb", Request{});
    rig.run(Time{26s});
    back += times(rig, "rollout rolled back").size() == 1;
  }
  const double expected = 1 - std::pow(0.98, 100) - 2 * std::pow(0.98, 99);
  const double sigma = std::sqrt(expected * (1 - expected) / kRuns);
  CHECK(std::abs(back / static_cast<double>(kRuns) - expected) < 4 * sigma);
}

TEST_CASE("canary: one that never is ready is taken back at its deadline", "[deployment]") {
  for (const std::string strategy : {"canary", "blue_green"}) {
    ModelRig rig(kinds(), system(R"({"at": "10s", ")" + strategy +
                                 R"(": {"progress_deadline": "60s"},
                                     "version": {"never_ready": true}})"));
    rig.run(Time{200s});
    const std::vector<double> back = times(rig, "rollout rolled back");
    REQUIRE(back.size() == 1);
    CHECK(back[0] == Approx(70).margin(0.001));
    CHECK(listed(rig) == 10);
  }
}

TEST_CASE("blue_green: all requests change over at once, and the old ones stay for a while",
          "[deployment]") {
  ModelRig rig(kinds(), system(R"({"at": "100s", "blue_green": {"pause": "20s", "keep": "30s"},
                                   "version": {"slowdown": 2}})"));
  Outcome outcome;
  add_load(rig, outcome, 200, 200);
  std::vector<std::size_t> fresh, all, up;
  for (const int at : {99, 110, 124, 126, 154, 157}) {
    rig.at(Time{std::chrono::seconds{at}}, [&] {
      fresh.push_back(slow(rig));
      all.push_back(listed(rig));
      const auto instances = rig.component("api").instances();
      up.push_back(static_cast<std::size_t>(std::count_if(instances.begin(), instances.end(),
                                                          [](const auto& i) { return i->up(); })));
    });
  }
  rig.run(Time{200s});
  CHECK(fresh == std::vector<std::size_t>{0, 0, 0, 10, 10, 10});
  CHECK(all == std::vector<std::size_t>{10, 10, 10, 10, 10, 10});
  CHECK(up == std::vector<std::size_t>{10, 20, 20, 20, 20, 10});
  CHECK(times(rig, "switched") == std::vector<double>{125});
  CHECK(times(rig, "rollout complete") == std::vector<double>{155});
  CHECK(outcome.failed == 0);
}

TEST_CASE("blue_green: a bad version is switched back while the old one is there", "[deployment]") {
  ModelRig rig(kinds(), system(R"({"at": "100s", "blue_green": {"keep": "60s",
                          "analysis": {"interval": "10s", "threshold": 2}},
                          "version": {"error_rate": "30%"}})"));
  Outcome outcome;
  add_load(rig, outcome, 100, 300);
  rig.run(Time{300s});
  CHECK(times(rig, "switched") == std::vector<double>{105});
  CHECK(times(rig, "rollout rolled back") == std::vector<double>{125});
  CHECK(listed(rig) == 10);
  CHECK(static_cast<double>(outcome.failed) == Approx(20 * 100 * 0.3).epsilon(0.15));
  // And one that is good stays.
  ModelRig good(kinds(), system(R"({"at": "100s", "blue_green": {"keep": "60s",
                           "analysis": {"interval": "10s", "threshold": 2}},
                           "version": {"slowdown": 2}})"));
  Outcome fine;
  add_load(good, fine, 100, 300);
  good.run(Time{300s});
  CHECK(times(good, "rollout complete") == std::vector<double>{165});
  CHECK(slow(good) == 10);
}

TEST_CASE("canary: what is wrong is said", "[deployment]") {
  const auto wrong = [](const std::string& rollout) {
    return problems_of(
        service::service(),
        R"({"kind": "service", "service_time": "1ms", "rollouts": [)" + rollout + "]}");
  };
  CHECK_THAT(wrong(R"({"at": "1m", "canary": {"step_weight": "60%"}})"),
             Catch::Contains("more than max_weight"));
  CHECK_THAT(wrong(R"({"at": "1m", "blue_green": {"keep": "1m", "analysis": {}}})"),
             Catch::Contains("is over before 5 checks"));
  CHECK_THAT(wrong(R"({"at": "1m", "canary": {"interval": "0s"}})"), Catch::Contains("1s"));
}

}  // namespace
}  // namespace highwater
