// Memory, collections, probes and restarts of an instance's process.

#include "models/service/process.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/service/process_params.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::process_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;

std::string api(const std::string& more) {
  return R"({"api": {"kind": "service", )" + more + "}}";
}
std::vector<double> times(const ModelRig& rig, const std::string& kind) {
  std::vector<double> found;
  for (const Happening& happening : rig.happenings())
    if (happening.kind == kind) found.push_back(seconds(happening.at - Time{}));
  return found;
}
Load load(double per_second, double seconds, Time begin = Time{}) {
  Load load;
  load.to = "api";
  load.per_second = per_second;
  load.requests = static_cast<std::uint64_t>(per_second * seconds);
  load.begin = begin;
  return load;
}

TEST_CASE("process: a leak ends in a kill, restarts wait longer and longer", "[process]") {
  ModelRig rig({service::service()}, api(R"("service_time": "1ms", "start_time": "2s",
                      "memory": {"limit": "100MiB", "base": "10MiB", "leak": "10MiB"})"));
  // One a second: the tenth is too much.
  for (int i = 1; i < 200; ++i) rig.send(Time{i * 1s}, "api", Request{});
  rig.run(Time{200s});
  const std::vector<double> kills = times(rig, "killed");
  REQUIRE(kills.size() >= 4);
  CHECK(kills[0] == Approx(10.001));
  // Up again 2 s later, ten more served.
  CHECK(kills[1] == Approx(22.001));
  CHECK(kills[2] == Approx(22.001 + 10 + 2 + 10).margin(1));
  CHECK(kills[3] == Approx(kills[2] + 20 + 2 + 10).margin(1));
  CHECK(rig.count("api", "oom_kills") == kills.size());
  CHECK(rig.count("api", "restarts") + 1 >= kills.size());
  // Between 10 and 100 MiB while it runs, which is a fifth of the covered time.
  CHECK(rig.value("api", "memory_utilization") > 0.03);
  CHECK(rig.value("api", "memory_utilization") < 0.2);
}

TEST_CASE("process: requests in flight need memory, and a flood of them kills", "[process]") {
  ModelRig rig({service::service()},
               api(R"("service_time": "1s", "memory": {"limit": "64MiB", "base": "4MiB",
                                                       "per_request": "6MiB"})"));
  std::vector<const Answer*> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(&rig.send(Time{i * 10ms}, "api", Request{}));
  rig.at(Time{95ms}, [&] { CHECK(rig.instance("api", 0).up()); });  // ten are 64 MiB: allowed
  const Answer& last = rig.send(Time{100ms}, "api", Request{});
  const Answer& later = rig.send(Time{5s}, "api", Request{});
  rig.run(Time{20s});
  CHECK(last.reply.status == Status::reset);
  for (const Answer* answer : answers) CHECK(answer->reply.status == Status::reset);
  CHECK(later.reply.ok());  // the first restart is at once
  CHECK(rig.count("api", "oom_kills") == 1);
}

TEST_CASE("process: collections stop it as often as garbage comes", "[process]") {
  ModelRig rig({service::service()},
               api(R"("service_time": "1ms", "gc": {"allocation": "1MiB", "young": "50MiB",
                                                    "pause": "40ms"})"));
  rig.add(load(100, 1000));
  rig.run(Time{1000s});
  CHECK(rig.count("api", "collections") == Approx(2000).margin(20));
  CHECK(rig.value("api", "gc_time") == Approx(0.08).epsilon(0.02));
  // Requests that come during a pause wait for its end: their mean wait is its square over twice.
  CHECK(rig.value("api", "service_ms") + rig.value("api", "wait_ms") ==
        Approx(1 + 0.08 * 20).epsilon(0.35));
}

TEST_CASE("process: the less memory is left, the more often it collects", "[process]") {
  const auto collections = [](const std::string& leak) {
    ModelRig rig(
        {service::service()},
        api(R"("service_time": "1ms",
                        "memory": {"limit": "128MiB", "per_request": "1B", "leak": ")" +
            leak + R"("}, "gc": {"allocation": "1MiB", "young": "32MiB", "pause": "1ms"})"));
    rig.add(load(10, 100));
    rig.run(Time{100s});
    CHECK(rig.count("api", "oom_kills") == 0);
    return rig.count("api", "collections");
  };
  const std::uint64_t tight = collections("127KiB");
  CHECK(collections("1B") == Approx(1000.0 / 32).margin(1));
  // 124 MiB have leaked at the end: from 764 requests on the limit leaves less than 32.
  CHECK(tight > 36);
}

TEST_CASE("process: it is listed when its readiness probe succeeds", "[process]") {
  ModelRig rig({service::service()},
               api(R"("service_time": "1ms", "replicas": 2, "start_time": "3s",
                      "readiness_probe": {"initial_delay": "5s", "success_threshold": 2,
                                          "period": "4s"})"));
  std::vector<bool> listed;
  CHECK(rig.instance("api", 0).listed());
  rig.at(Time{50s}, [&] { rig.instance("api", 0).kill(false); });
  rig.at(Time{60s}, [&] { rig.instance("api", 0).revive(false); });
  for (const Duration at : {51s, 64s, 71s, 73s})  // up at 63, probes at 68 and 72
    rig.at(Time{at}, [&] { listed.push_back(rig.instance("api", 0).listed()); });
  std::uint64_t asked = 0;
  rig.at(Time{52s}, [&] { asked = rig.instance("api", 0).received(); });
  rig.add(load(10, 20, Time{51s}));
  rig.run(Time{100s});
  CHECK(listed == std::vector<bool>{false, false, false, true});
  CHECK(rig.instance("api", 1).received() >= 190);
  CHECK(asked == 0);
}

TEST_CASE("process: one that is overloaded fails its readiness probe and is left alone",
          "[process]") {
  ModelRig rig({service::service()},
               api(R"("service_time": "30s", "readiness_probe": {"timeout": "2s"})"));
  rig.send(Time{9s}, "api", Request{});
  rig.send(Time{9s}, "api", Request{});
  std::vector<bool> listed;
  // Probes at 10, 20, 30 fail after 2 s each; the one at 70 succeeds.
  for (const Duration at : {31s + 0ms, 33s + 0ms, 69500ms, 71s + 0ms})
    rig.at(Time{at}, [&] { listed.push_back(rig.instance("api", 0).listed()); });
  rig.run(Time{100s});
  CHECK(listed == std::vector<bool>{true, false, false, true});
  CHECK(rig.count("api", "probe_failures") == 6);
}

TEST_CASE("process: one that hangs is killed by its liveness probe", "[process]") {
  ModelRig rig({service::service()}, api(R"("service_time": "1000s", "start_time": "1s",
                      "liveness_probe": {"failure_threshold": 2},
                      "restart": {"initial": "7s"})"));
  const Answer& first = rig.send(Time{5s}, "api", Request{});
  const Answer& second = rig.send(Time{30s}, "api", Request{});
  rig.run(Time{100s});
  // Probes at 10 and 20, each failed a second later.
  CHECK(times(rig, "killed").at(0) == 21);
  CHECK(first.at == Time{21s});
  CHECK(first.reply.status == Status::reset);
  // Up at 22 and probed at once; those at 32 and 42 fail; then it waits for 7 s.
  CHECK(times(rig, "killed").at(1) == 43);
  CHECK(second.at == Time{43s});
  CHECK(times(rig, "up") == std::vector<double>{22, 51});
  CHECK(rig.count("api", "restarts") == 2);
}

TEST_CASE("process: a pod's crash loop ends with the pod", "[process]") {
  ModelRig rig({service::service()}, api(R"("service_time": "10s", "replicas": 2,
                      "memory": {"limit": "10MiB", "per_request": "6MiB"},
                      "restart": {"initial": "1000s", "max": "1000s"},
                      "rollouts": [{"at": "100s", "rolling_update": {}}])"));
  for (int i = 0; i < 8; ++i) rig.send(Time{i * 1s}, "api", Request{});
  std::size_t up = 9;
  rig.at(Time{99s}, [&] {
    const auto instances = rig.component("api").instances();
    up = static_cast<std::size_t>(
        std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->up(); }));
  });
  rig.run(Time{200s});
  CHECK(up == 0);
  std::size_t listed = 0;
  for (const auto& instance : rig.component("api").instances())
    listed += instance->up() && instance->listed();
  CHECK(listed == 2);
}

TEST_CASE("process: what is wrong is said", "[process]") {
  const auto wrong = [](const std::string& more) {
    return problems_of(service::service(),
                       R"({"kind": "service", "service_time": "1ms", )" + more + "}");
  };
  CHECK_THAT(wrong(R"("cpu_limit": 0)"), Catch::Contains("lets nothing run"));
  CHECK_THAT(wrong(R"("contention": {})"), Catch::Contains("costs nothing"));
  CHECK_THAT(wrong(R"("warm_up": {"slowdown": 2})"), Catch::Contains("never ends"));
  CHECK_THAT(wrong(R"("memory": {"limit": "1MiB", "base": "1MiB"})"),
             Catch::Contains("killed at once"));
  CHECK_THAT(wrong(R"("memory": {"limit": "1MiB"})"), Catch::Contains("never grows"));
  CHECK_THAT(wrong(R"("readiness_probe": {"timeout": "11s"})"),
             Catch::Contains("longer than the period"));
  CHECK_THAT(wrong(R"("restart": {"max": "1s"})"), Catch::Contains("nothing is killed"));
  CHECK_THAT(wrong(R"("gc": {})"), Catch::Contains("allocation"));
}

}  // namespace
}  // namespace highwater::process_test
