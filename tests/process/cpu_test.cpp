// The pace of an instance's CPU: limits, contention, warming up.

#include "models/service/cpu.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/service/service.h"
#include "models/steps/processor.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;

std::string api(const std::string& more) {
  return R"({"api": {"kind": "service", )" + more + "}}";
}

TEST_CASE("cpu: a limit makes a long computation wait for the next periods", "[process]") {
  ModelRig rig({service::service()}, api(R"("service_time": "100ms", "cpu_limit": "500m")"));
  const Answer& alone = rig.send(Time{1s}, "api", Request{});
  rig.run(Time{10s});
  // The grid of periods begins anywhere: 100 ms need two periods' quota or parts of three.
  CHECK(alone.took() >= 150ms);
  CHECK(alone.took() <= 200ms);
  CHECK(rig.value("api", "cpu_utilization") == Approx(0.01));  // of 10 s: standing still is no use
}

TEST_CASE("cpu: a limit of one core with four threads throttles at a third of a core's load",
          "[process]") {
  // Bursts of four requests of 50 ms: 200 ms of CPU, of which 100 fit into a period.
  ModelRig rig({service::service()},
               api(R"("workers": 4, "cores": 4, "service_time": "50ms", "cpu_limit": 1)"));
  std::vector<const Answer*> answers;
  for (int burst = 0; burst < 100; ++burst)
    for (int i = 0; i < 4; ++i) answers.push_back(&rig.send(Time{burst * 600ms}, "api", Request{}));
  rig.run(Time{60s});
  for (const Answer* answer : answers) {
    CHECK(answer->took() >= 50ms);
    CHECK(answer->took() <= 225ms);
  }
  const double mean = rig.value("api", "service_ms");
  CHECK(mean > 100);  // without the limit 50
  CHECK(rig.value("api", "throttled_periods") > 0.3);
  CHECK(rig.value("api", "cpu_utilization") == Approx(0.2 / 0.6 / 4).epsilon(0.01));
}

TEST_CASE("cpu: what the limit lets through in the long run is the limit", "[process]") {
  for (const std::string limit : {"250m", "1500m", "3"}) {
    ModelRig rig({service::service()},
                 api(R"("workers": 8, "cores": 4, "service_time": {"exponential": "10ms"},
                        "queue": {"capacity": 100}, "cpu_limit": ")" +
                     limit + "\""));
    Load load;
    load.to = "api";
    load.per_second = 1000;
    load.requests = 200'000;
    rig.add(load);
    rig.run(Time{200s});
    const double cores = limit == "3" ? 3 : limit == "250m" ? 0.25 : 1.5;
    CHECK(rig.value("api", "throughput_rps") == Approx(cores * 100).epsilon(0.03));
    CHECK(rig.value("api", "cpu_utilization") == Approx(cores / 4).epsilon(0.01));
  }
}

TEST_CASE("cpu: burst lets an idle instance go beyond its limit", "[process]") {
  const auto took = [](const std::string& limit) {
    ModelRig rig({service::service()},
                 api(R"("service_time": "80ms", "cpu_limit": {"limit": "500m")" + limit + "}"));
    const Answer& answer = rig.send(Time{1s}, "api", Request{});
    rig.run(Time{10s});
    return answer.took();
  };
  CHECK(took("") > 80ms);
  CHECK(took(R"(, "burst": "50ms")") == 80ms);
  CHECK(took(R"(, "period": "10ms")") > 145ms);  // 16 periods of 5 ms each
  CHECK(took(R"(, "period": "10ms")") < 165ms);
}

TEST_CASE("cpu: contention is the universal scalability law", "[process]") {
  const double sigma = 0.05;
  const double kappa = 0.002;
  for (const int n : {1, 4, 16, 40}) {
    // n requests are there all the time: each answer sends the next one.
    ModelRig rig({service::service()}, api(R"("workers": )" + std::to_string(n) +
                                           R"(, "service_time": {"exponential": "10ms"},
                        "contention": {"serial": "5%", "coherence": "0.2%"})"));
    Load load;
    load.to = "api";
    load.per_second = 100'000;
    load.requests = 60'000;  // far more than are served: the line is never empty
    rig.add(load);
    rig.run(Time{40s});
    const double expected = 100.0 * n / (1 + sigma * (n - 1) + kappa * n * (n - 1));
    CHECK(rig.value("api", "throughput_rps", Time{2s}) == Approx(expected).epsilon(0.03));
  }
}

TEST_CASE("cpu: a process is slow until it is warm", "[process]") {
  ModelRig rig({service::service()},
               api(R"("service_time": "10ms", "warm_up": {"slowdown": 5, "requests": 4})"));
  std::vector<const Answer*> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(&rig.send(Time{i * 1s}, "api", Request{}));
  rig.run(Time{100s});
  std::vector<Duration> took;
  for (const Answer* answer : answers) took.push_back(answer->took());
  CHECK(took == std::vector<Duration>{50ms, 40ms, 30ms, 20ms, 10ms, 10ms});
}

TEST_CASE("cpu: it is warm after a time, whatever comes, and cold again after a restart",
          "[process]") {
  ModelRig rig({service::service()},
               api(R"("service_time": "10ms", "warm_up": {"slowdown": 3, "time": "100s"})"));
  const Answer& cold = rig.send(Time{0s}, "api", Request{});
  const Answer& half = rig.send(Time{50s}, "api", Request{});
  const Answer& warm = rig.send(Time{120s}, "api", Request{});
  const Answer& again = rig.send(Time{151s}, "api", Request{});
  rig.at(Time{150s}, [&] {
    rig.instance("api", 0).kill(false);
    rig.instance("api", 0).revive(false);
  });
  rig.run(Time{200s});
  CHECK(cold.took() == 30ms);
  CHECK(half.took() == 20ms);
  CHECK(warm.took() == 10ms);
  CHECK(again.took() > 29ms);
}

TEST_CASE("processor: one that nobody governs is as before", "[process]") {
  ModelRig plain({service::service()}, api(R"("workers": 3, "service_time": "10ms")"));
  const Answer& answer = plain.send(Time{1s}, "api", Request{});
  plain.run(Time{2s});
  CHECK(answer.took() == 10ms);
}

}  // namespace
}  // namespace highwater
