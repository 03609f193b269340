// Processes that die again and again.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

constexpr const char* kApi = R"({"api": {"kind": "service", "workers": 100, "service_time": "1ms",
                                 "start_time": "1s"}})";

std::vector<double> times(const ModelRig& rig, const std::string& kind) {
  std::vector<double> found;
  for (const Happening& each : rig.happenings())
    if (each.kind == kind) found.push_back(seconds(each.at));
  return found;
}

TEST_CASE("crash_loop: no start succeeds until the fault ends", "[faults]") {
  // Starts at 100, 111, 132 and 173 s fail a second later; the one due at 254 s comes at the end.
  ModelRig rig({service::service()}, kApi);
  rig.fault(crash_loop(), R"({"at": "100s", "for": "100s", "crash_loop": "api"})");
  const Answer& during = rig.send(Time{150s}, "api", Request{});
  const Answer& starting = rig.send(Time{200500ms}, "api", Request{});
  const Answer& after = rig.send(Time{202s}, "api", Request{});
  rig.run(Time{300s});
  CHECK(times(rig, "down") == std::vector<double>{100});
  CHECK(times(rig, "up") == std::vector<double>{201});
  CHECK(during.reply.status == Status::unavailable);
  CHECK(starting.reply.status == Status::unavailable);
  CHECK(after.took() == 1ms);
}

TEST_CASE("crash_loop: those that run crash after a while, and wait ever longer", "[faults]") {
  ModelRig rig({service::service()}, kApi);
  rig.fault(crash_loop(), R"({"at": "100s", "crash_loop": "api", "start_fails": "0%",
                              "runs_for": "5s"})");
  rig.run(Time{2000s});
  // Started at once, then 10, 20, 40, 80, 160 and 300, 300 … s after its death.
  CHECK(times(rig, "up") ==
        std::vector<double>{101, 117, 143, 189, 275, 441, 747, 1053, 1359, 1665, 1971});
  CHECK(times(rig, "down") ==
        std::vector<double>{100, 106, 122, 148, 194, 280, 446, 752, 1058, 1364, 1670, 1976});
}

TEST_CASE("crash_loop: its back-off is what it is told", "[faults]") {
  ModelRig rig({service::service()}, kApi);
  rig.fault(crash_loop(), R"({"at": "100s", "for": "200s", "crash_loop": "api",
                              "start_fails": "0%", "runs_for": "5s",
                              "initial": "1s", "factor": "3x", "max": "5s"})");
  rig.run(Time{147s});
  CHECK(times(rig, "up") == std::vector<double>{101, 108, 117, 128, 139});
}

TEST_CASE("crash_loop: one that has run for long begins anew", "[faults]") {
  const auto ups = [](const std::string& reset) {
    ModelRig rig({service::service()}, kApi);
    rig.fault(crash_loop(), R"({"at": "100s", "crash_loop": "api", "start_fails": "0%",
                                "runs_for": "29s", "reset_after": ")" +
                                reset + R"("})");
    rig.run(Time{200s});
    return times(rig, "up");
  };
  CHECK(ups("20s") == std::vector<double>{101, 131, 161, 191});
  CHECK(ups("10m") == std::vector<double>{101, 141, 191});
}

TEST_CASE("crash_loop: starts fail with a probability", "[faults]") {
  int at_once = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    ModelRig::Options options;
    options.seed = seed;
    ModelRig rig({service::service()}, kApi, options);
    rig.fault(crash_loop(), R"({"at": "100s", "crash_loop": "api", "start_fails": "70%"})");
    rig.run(Time{102s});
    at_once += rig.instance("api", 0).up();
  }
  CHECK(at_once == Approx(120).margin(4 * 9.2));
}

TEST_CASE("crash_loop: goes with other kills, and with another of its kind", "[faults]") {
  ModelRig rig({service::service()}, kApi);
  rig.fault(crash_loop(), R"({"at": "100s", "for": "10s", "crash_loop": "api"})");
  rig.fault(kill(), R"({"at": "105s", "for": "50s", "kill": "api"})");
  rig.fault(crash_loop(), R"({"at": "120s", "for": "80s", "crash_loop": "api"})");
  rig.run(Time{300s});
  CHECK(times(rig, "down") == std::vector<double>{100});
  CHECK(times(rig, "up") == std::vector<double>{201});
}

TEST_CASE("crash_loop: leaves no trace", "[faults]") {
  check_leaves_no_trace(crash_loop(), R"({"at": "5s", "for": "2s", "crash_loop": "api[0]"})");
}

TEST_CASE("crash_loop: what it cannot be", "[faults]") {
  const auto problems = [](const std::string& more) {
    return problems_of(crash_loop(), R"({"at": "1s", "crash_loop": "api", )" + more + "}");
  };
  CHECK(problems(R"("start_fails": "50%", "runs_for": "10s")").empty());
  CHECK_THAT(problems(R"("runs_for": "10s")"), Catch::Contains("start_fails"));
  CHECK_THAT(problems(R"("max": "1s")"), Catch::Contains("shorter than \"initial\""));
  CHECK_THAT(problems(R"("factor": "0.5x")"), Catch::Contains("/factor"));
}

}  // namespace
}  // namespace highwater::faults
