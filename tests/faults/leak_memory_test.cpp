// Memory that is lost until the kernel kills the process.

#include <string>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

constexpr const char* kApi = R"({"api": {"kind": "service", "workers": 100, "service_time": "1ms",
    "start_time": "1s", "memory": {"limit": "100MB", "base": "50MB", "per_request": "1B"}}})";

std::vector<Duration> kills(const ModelRig& rig) {
  std::vector<Duration> found;
  for (const Happening& each : rig.happenings())
    if (each.kind == "killed") found.push_back(each.at.time_since_epoch());
  return found;
}

TEST_CASE("leak_memory: by time, until the limit", "[faults]") {
  // 50 MB at 10 MB/s are 5 s; the first restart is at once and takes a second, the next waits 10 s.
  ModelRig rig({service::service()}, kApi);
  rig.fault(leak_memory(), R"({"at": "2s", "for": "18s", "leak_memory": "api", "rate": "10MB/s"})");
  rig.run(Time{100s});
  const std::vector<Duration> found = kills(rig);
  REQUIRE(found.size() == 2);
  CHECK(seconds(found[0]) == Approx(7).margin(1e-5));
  CHECK(seconds(found[1]) == Approx(13).margin(1e-5));
  CHECK(rig.count("api", "oom_kills") == 2);
  // Up again at 24 s, when nothing leaks any more: 50 MB from then on.
  CHECK(rig.instance("api", 0).up());
}

TEST_CASE("leak_memory: by request", "[faults]") {
  ModelRig rig({service::service()}, kApi);
  rig.fault(leak_memory(), R"({"at": "1s", "leak_memory": "api", "per_request": "10MB"})");
  for (int i = 0; i < 6; ++i) rig.send(Time{2s + 1s * i}, "api", Request{});
  rig.run(Time{5500ms});
  CHECK(kills(rig).empty());
  rig.run(Time{8s});
  // The fifth makes it 50 MB, and there is its own byte.
  CHECK(kills(rig) == std::vector<Duration>{6001ms});
}

TEST_CASE("leak_memory: what is lost stays lost, until a restart", "[faults]") {
  ModelRig rig({service::service()}, kApi);
  rig.fault(leak_memory(), R"({"at": "1s", "for": "3s", "leak_memory": "api", "rate": "10MB/s"})");
  rig.fault(kill(), R"({"at": "500s", "for": "1s", "kill": "api"})");
  rig.run(Time{1000s});
  CHECK(kills(rig).empty());
  // 80 of 100 MB from 4 s to 500 s, 65 on average for 3 s before, nothing while it is down (2 s),
  // and 50 else.
  const double mean = (1 * 50 + 3 * 65 + 496 * 80 + 498 * 50) / 1000.0 / 100;
  CHECK(rig.value("api", "memory_utilization") == Approx(mean).margin(0.0002));
}

TEST_CASE("leak_memory: several add up, and grow", "[faults]") {
  ModelRig rig({service::service()}, kApi);
  rig.fault(leak_memory(), R"({"at": "1s", "leak_memory": "api", "rate": "4MB/s"})");
  rig.fault(leak_memory(), R"({"at": "1s", "leak_memory": "api", "rate": "6MB/s"})");
  rig.run(Time{8s});
  REQUIRE(kills(rig).size() == 1);
  CHECK(seconds(kills(rig)[0]) == Approx(6).margin(1e-5));

  // In twenty steps from a twentieth to all: 21/40 of 10 MB/s over 4 s, then 2.9 s of it.
  ModelRig grows({service::service()}, kApi);
  grows.fault(leak_memory(),
              R"({"at": "1s", "leak_memory": "api", "rate": "10MB/s", "ramp": "4s"})");
  grows.run(Time{10s});
  REQUIRE(kills(grows).size() == 1);
  CHECK(seconds(kills(grows)[0]) == Approx(5 + 2.9).margin(0.01));
}

TEST_CASE("leak_memory: the less room, the more collections", "[faults]") {
  const auto collections = [](bool leaks) {
    ModelRig rig({service::service()}, R"({"api": {"kind": "service", "workers": 10,
        "service_time": "1ms", "memory": {"limit": "100MB", "per_request": "1B"},
        "gc": {"allocation": "1MB", "young": "50MB", "pause": "1ms"}}})");
    if (leaks)
      rig.fault(leak_memory(), R"({"at": "1s", "for": "9s", "leak_memory": "api",
                                   "rate": "10MB/s"})");
    for (int i = 0; i < 1000; ++i) rig.send(Time{11s + 10ms * i}, "api", Request{});
    rig.run(Time{100s});
    return rig.count("api", "collections");
  };
  CHECK(collections(false) == 20);
  CHECK(collections(true) == 100);  // 10 MB are left
}

TEST_CASE("leak_memory: leaves no trace but what is lost", "[faults]") {
  check_leaves_no_trace(
      leak_memory(), R"({"at": "5s", "for": "3s", "leak_memory": "api[0]", "rate": "60MB/s"})",
      R"(, "start_time": "1s", "memory": {"limit": "100MB", "per_request": "1B"})");
}

TEST_CASE("leak_memory: what it cannot be", "[faults]") {
  CHECK_THAT(problems_of(leak_memory(), R"({"at": "1s", "leak_memory": "api"})"),
             Catch::Contains("loses something"));
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "service_time": "1ms"}})");
  CHECK_THROWS_WITH(
      rig.fault(leak_memory(), R"({"at": "1s", "leak_memory": "api", "rate": "1MB/s"})"),
      Catch::Contains("has no \"memory\""));
}

}  // namespace
}  // namespace highwater::faults
