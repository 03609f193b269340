// Versions with a flaw, rolled out and back.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/experiment/experiment_support.h"
#include "tests/support/model_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;

struct Bench {
  explicit Bench(const std::string& more, std::uint32_t room = 20)
      : rig({service::service()},
            R"({"api": {"kind": "service", "workers": 10, "replicas": 4, "start_time": "10s",
                        "service_time": "10ms")" +
                more + "}}",
            options(room)) {}
  static ModelRig::Options options(std::uint32_t room) {
    ModelRig::Options options;
    options.reserved["api"] = room;
    return options;
  }
  void deploy(const std::string& more, const std::string& at = "100s",
              const std::string& lasts = "200s") {
    rig.fault(bad_deploy(), R"({"bad_deploy": "api", "at": ")" + at + R"(", "for": ")" + lasts +
                                R"(", )" + more + "}");
  }
  /// Share of the requests that fail, by hundreds of seconds.
  std::vector<double> failures(int hundreds) {
    failed_.resize(static_cast<std::size_t>(hundreds));
    all_.resize(failed_.size());
    Load load;
    load.to = "api";
    load.per_second = 50;
    load.requests = 1'000'000;
    load.answered = [this](const Request&, const Answer& answer) {
      const auto when = static_cast<std::size_t>((answer.sent - Time{}) / 100s);
      if (when >= all_.size()) return;
      all_[when] += 1;
      failed_[when] += !answer.reply.ok();
    };
    rig.add(load);
    rig.run(Time{hundreds * 100s - 1ms});
    std::vector<double> shares;
    for (std::size_t i = 0; i < failed_.size(); ++i) shares.push_back(failed_[i] / all_[i]);
    return shares;
  }
  std::vector<double> times(const std::string& kind) const {
    std::vector<double> found;
    for (const Happening& happening : rig.happenings())
      if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
    return found;
  }
  std::size_t listed() {
    const auto instances = rig.component("api").instances();
    return static_cast<std::size_t>(std::count_if(instances.begin(), instances.end(),
                                                  [](const auto& one) { return one->listed(); }));
  }
  std::vector<double> failed_, all_;  // requests, by hundreds of seconds
  ModelRig rig;
};

TEST_CASE("bad_deploy: it comes by a rolling update and goes by one", "[faults]") {
  Bench bench("");
  bench.deploy(R"("error_rate": "40%")");
  const auto failed = bench.failures(5);
  // One more and one fewer at once: four instances in two rounds of 10 s.
  CHECK(bench.times("rollout") == std::vector<double>{100, 300});
  CHECK(bench.times("rollout complete") == std::vector<double>{120, 320});
  CHECK(failed[0] == 0);
  CHECK(failed[1] > 0.3);
  CHECK(failed[1] < 0.38);
  CHECK(failed[2] == Approx(0.4).margin(0.03));
  CHECK(failed[3] > 0.02);
  CHECK(failed[3] < 0.1);
  CHECK(failed[4] == 0);
  CHECK(bench.listed() == 4);
}

TEST_CASE("bad_deploy: the service's own strategy, or another", "[faults]") {
  const std::string own = R"(, "rollouts": [{"at": "50s", "recreate": {}}])";
  Bench recreate(own);
  recreate.deploy(R"("slowdown": "3x")");
  std::size_t at_105 = 99;
  recreate.rig.at(Time{105s}, [&] { at_105 = recreate.listed(); });
  const Answer& slow = recreate.rig.send(Time{200s}, "api", {});
  const Answer& fine = recreate.rig.send(Time{400s}, "api", {});
  recreate.rig.run(Time{500s});
  CHECK(at_105 == 0);
  CHECK(slow.took() == 30ms);
  CHECK(fine.took() == 10ms);

  Bench rolling(own);
  rolling.deploy(R"("slowdown": "3x", "rolling_update": {"max_unavailable": 0})");
  rolling.rig.at(Time{105s}, [&] { at_105 = rolling.listed(); });
  rolling.rig.run(Time{500s});
  CHECK(at_105 == 4);
}

TEST_CASE("bad_deploy: a version that never gets ready stands half-way, and goes", "[faults]") {
  Bench bench("");
  bench.deploy(R"("never_ready": true)");
  std::vector<std::size_t> up;
  for (const auto at : {150s, 250s, 350s})
    bench.rig.at(Time{at}, [&] { up.push_back(bench.listed()); });
  const auto failed = bench.failures(4);
  CHECK(up == std::vector<std::size_t>{3, 3, 4});
  // Those that stayed are taken over: only the one that is missing comes.
  CHECK(bench.times("rollout complete") == std::vector<double>{310});
  for (const double share : failed) CHECK(share == 0);
}

TEST_CASE("bad_deploy: a canary finds it out before the fault ends", "[faults]") {
  Bench bench("");
  bench.deploy(R"("error_rate": "50%", "canary": {"step_weight": "25%", "interval": "10s",
                  "threshold": 2})");
  const auto failed = bench.failures(4);
  const auto back = bench.times("rollout rolled back");
  REQUIRE(back.size() == 1);
  CHECK(back[0] < 150);
  CHECK(bench.times("rollout") == std::vector<double>{100});
  CHECK(failed[1] < 0.06);
  CHECK(failed[2] == 0);
  CHECK(bench.listed() == 4);
}

TEST_CASE("bad_deploy: a canary that is still tried is taken back with the fault", "[faults]") {
  Bench bench("");
  bench.deploy(R"("slowdown": "2x", "canary": {"step_weight": "25%", "max_weight": "50%",
                  "interval": "150s"})");
  bench.rig.run(Time{500s});
  CHECK(bench.times("rollout") == std::vector<double>{100});
  CHECK(bench.times("rollout rolled back") == std::vector<double>{300});
  const Answer& fine = bench.rig.send(Time{501s}, "api", {});
  bench.rig.run(Time{502s});
  CHECK(fine.took() == 10ms);
}

TEST_CASE("bad_deploy: a canary that was promoted goes as one", "[faults]") {
  Bench bench("");
  bench.deploy(R"("slowdown": "2x", "canary": {"step_weight": "50%", "max_weight": "50%",
                  "interval": "20s"})");
  bench.failures(5);
  CHECK(bench.times("rollout") == std::vector<double>{100, 300});
  const Answer& fine = bench.rig.send(Time{520s}, "api", {});
  bench.rig.run(Time{530s});
  CHECK(fine.took() == 10ms);
}

TEST_CASE("bad_deploy: blue-green switches, and back", "[faults]") {
  Bench bench("");
  bench.deploy(R"("error_rate": "100%", "blue_green": {"keep": "30s"})");
  const auto failed = bench.failures(5);
  CHECK(failed[0] == 0);
  CHECK(failed[1] == Approx(0.9).margin(0.02));
  CHECK(failed[2] == 1);
  CHECK(failed[3] == Approx(0.1).margin(0.02));
  CHECK(failed[4] == 0);
}

TEST_CASE("bad_deploy: two that overlap, and each ends by itself", "[faults]") {
  const auto run = [](const std::string& second_at, const std::string& second_lasts) {
    Bench bench("", 40);
    bench.deploy(R"("error_rate": "20%")", "100s", "300s");
    bench.deploy(R"("error_rate": "60%")", second_at, second_lasts);
    return bench.failures(7);
  };
  // The second ends first: that before it comes back, and then the scenario's own.
  const auto inner = run("200s", "100s");
  CHECK(inner[2] > 0.5);
  CHECK(inner[3] == Approx(0.25).margin(0.04));
  CHECK(inner[5] == 0);
  // The first ends first: the second stays, and what comes back after it is the scenario's own.
  const auto outer = run("200s", "400s");
  CHECK(outer[4] == Approx(0.6).margin(0.03));
  CHECK(outer[5] == Approx(0.6).margin(0.03));
  CHECK(outer[6] < 0.13);
}

TEST_CASE("bad_deploy: a leak takes the memory that there is", "[faults]") {
  Bench bench(R"(, "memory": {"limit": "10MiB", "base": "1MiB", "per_request": "1KiB"})");
  bench.deploy(R"("leak": "20KiB")");
  bench.failures(5);
  // 9 MiB are gone after 460 requests of an instance.
  const auto killed = bench.times("killed");
  REQUIRE(killed.size() > 6);
  CHECK(killed.front() > 120);
  CHECK(killed.back() < 330);
}

TEST_CASE("bad_deploy: before and long after it all is as without", "[faults]") {
  const auto run = [](bool with) {
    Bench bench("");
    if (with) bench.deploy(R"("error_rate": "40%", "slowdown": "2x")");
    std::vector<std::pair<Time, bool>> found;
    Load load;
    load.to = "api";
    load.per_second = 50;
    load.requests = 25'000;
    load.answered = [&](const Request&, const Answer& answer) {
      if (answer.sent < Time{100s} || answer.sent > Time{340s})
        found.emplace_back(answer.at, answer.reply.ok());
    };
    bench.rig.add(load);
    bench.rig.run(Time{500s});
    return found;
  };
  CHECK(run(true) == run(false));
}

TEST_CASE("bad_deploy: room is made for it, and what it cannot be", "[faults]") {
  const auto problems = [](const std::string& fault, const std::string& api = "") {
    return testing::prepared(
               R"({"highwater": 1, "run": {"duration": "10s"}, "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "50/s"}, "calls": "api"},
        "api": {"kind": "service", "service_time": "1ms")" +
               api + R"(}}, "faults": [{"at": "1s", )" + fault + "}]}")
        .problems;
  };
  CHECK(problems(R"("bad_deploy": "api", "error_rate": "5%")") == "");
  CHECK(problems(R"("bad_deploy": "api", "error_rate": "5%", "canary": {})",
                 R"(, "autoscaler": {"hpa": {"target_cpu": "50%"}, "max_replicas": 9})") == "");
  CHECK(problems(R"("bad_deploy": "api")").find("has no flaw") != std::string::npos);
  CHECK(problems(R"("bad_deploy": "api", "slowdown": 2, "canary": {}, "recreate": {})")
            .find("by one strategy") != std::string::npos);
  CHECK(problems(R"("bad_deploy": "api", "leak": "1KiB")").find("no memory") != std::string::npos);
  CHECK(problems(R"("bad_deploy": "users", "error_rate": "5%")").find("for these kinds: service") !=
        std::string::npos);
  CHECK(
      problems(R"("scale": "api", "replicas": 2)",
               R"(, "rollouts": [{"at": "1s", "rolling_update": {}, "version": {"leak": "1KiB"}}])")
          .find("no memory that could leak") != std::string::npos);
}

}  // namespace
}  // namespace highwater::faults
