// A CPU that is throttled: by hand, with a factor, with other quotas and with a limit of its own.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/client/client.h"
#include "models/database/database.h"
#include "models/external/external.h"
#include "models/faults/faults.h"
#include "models/messaging/queue.h"
#include "models/messaging/worker.h"
#include "models/steps/quotas.h"
#include "tests/faults/bench.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::examined;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;

using Times = std::vector<Duration>;

/// How long requests of 30 ms take that are sent to `it` at these times.
Times took(const std::string& it, const std::vector<std::string>& faults,
           const std::vector<Duration>& sent, const std::vector<FaultKind>& others = {}) {
  ModelRig rig({service::service()},
               R"({"it": {"kind": "service", "service_time": "30ms")" + it + "}}");
  for (const std::string& json : faults) rig.fault(slow(), json);
  if (!others.empty()) rig.fault(others[0], R"({"at": "10010ms", "for": "40ms", "pause": "it"})");
  std::vector<const Answer*> answers;
  for (const Duration at : sent) answers.push_back(&rig.send(Time{at}, "it", read_of(1)));
  rig.run(Time{60s});
  Times times;
  for (const Answer* each : answers) times.push_back(each->took());
  return times;
}

const std::string kHalf = R"({"at": "10s", "for": "1s", "slow": "it", "quota": 0.5})";

TEST_CASE("slow: a quota is used up together, and then all stands still", "[faults]") {
  // Alone: 30 of the 50 ms of this period; then what is left of them, and the rest in the next;
  // then two at a time, which have 40 ms for themselves and the others' part, too.
  const std::vector<Duration> sent{9900ms, 10s, 10040ms, 10120ms, 10120ms, 10950ms, 11100ms};
  SECTION("with a core for each") {
    CHECK(took(R"(, "workers": 4)", {kHalf}, sent) ==
          Times{30ms, 30ms, 70ms, 90ms, 90ms, 30ms, 30ms});
  }
  SECTION("with one core for all") {
    CHECK(took(R"(, "workers": 4, "cores": 1)", {kHalf}, sent) ==
          Times{30ms, 30ms, 70ms, 100ms, 100ms, 30ms, 30ms});
  }
  SECTION("beside a limit of its own that is never reached") {
    CHECK(took(R"(, "workers": 4, "cpu_limit": 4)", {kHalf}, sent) ==
          Times{30ms, 30ms, 70ms, 90ms, 90ms, 30ms, 30ms});
  }
}

TEST_CASE("slow: long work runs at the quota, not faster and not slower", "[faults]") {
  const std::string more = GENERATE(as<std::string>(), R"(, "cores": 0.9)", R"(, "cpu_limit": 3)");
  ModelRig rig({service::service()},
               R"({"it": {"kind": "service", "workers": 1, "service_time": "990ms")" +
                   (more[3] == 'c' && more[4] == 'o' ? "" : more) + "}}");
  rig.fault(slow(), R"({"at": "1s", "slow": "it", "quota": 0.2, "period": "50ms"})");
  const Answer& answer = rig.send(Time{1s}, "it", read_of(1));
  rig.run(Time{60s});
  // 10 ms of every 50: 98 of them whole, and 10 ms of the last.
  CHECK(answer.took() == 98 * 50ms + 10ms);
}

TEST_CASE("slow: quotas, factors and pauses go together", "[faults]") {
  const std::string workers = R"(, "workers": 4)";
  const std::string quarter = R"({"at": "10s", "for": "500ms", "slow": "it", "quota": 0.25})";
  SECTION("the tighter one stops it") {
    CHECK(took(workers, {kHalf, quarter}, {10s}) == Times{105ms});
    CHECK(took(workers, {quarter, kHalf}, {10s}) == Times{105ms});
  }
  SECTION("what runs under one is used of the other as well") {
    // 25 ms in the first period; at 10.5 the tighter one ends.
    CHECK(took(workers, {kHalf, quarter}, {10490ms, 10610ms}) == Times{30ms, 30ms});
  }
  SECTION("two that are the same are one within the other") {
    CHECK(took(workers, {kHalf, kHalf}, {10040ms, 10s}) == Times{70ms, 30ms});
  }
  SECTION("slowed work uses the CPU for longer") {
    const std::string both =
        R"({"at": "10s", "for": "1s", "slow": "it", "quota": 0.5, "factor": "2x"})";
    CHECK(took(workers, {both}, {10s, 12s}) == Times{110ms, 30ms});
    CHECK(took(workers, {kHalf, R"({"at": "9s", "for": "2s", "slow": "it"})"}, {10s, 12s}) ==
          Times{110ms, 30ms});
  }
  SECTION("who stands still for another reason uses nothing") {
    CHECK(took(workers, {kHalf}, {10s, 10070ms}, {pause()}) == Times{70ms, 40ms});
  }
  SECTION("a limit of its own beside it") {
    // 20 ms of every 100, on a grid of its own: the fault's quota is never used up.
    const Times own = took(R"(, "workers": 1, "cpu_limit": 0.2)", {}, {10s});
    CHECK(took(R"(, "workers": 1, "cpu_limit": 0.2)", {kHalf}, {10s}) == own);
    CHECK(own.front() > 50ms);
  }
}

TEST_CASE("slow: what was not used is kept for a burst", "[faults]") {
  const std::string base = R"({"at": "10s", "slow": "it", "quota": 0.5)";
  const std::vector<Duration> sent{10200ms, 10200ms, 10200ms};
  CHECK(took(R"(, "workers": 4)", {base + R"(, "burst": "50ms"})"}, sent) ==
        Times{30ms, 30ms, 30ms});
  const Times without = took(R"(, "workers": 4)", {base + "}"}, sent);
  CHECK(without[0] > 100ms);
  CHECK(without[0] < 115ms);
}

TEST_CASE("slow: a quota grows by degrees", "[faults]") {
  // At half its strength the half CPU is a whole one: 60 ms of work of two threads fit in 100 ms.
  const std::string ramp =
      R"({"at": "10s", "for": "100s", "ramp": "20s", "slow": "it", "quota": 0.5})";
  CHECK(took(R"(, "workers": 4)", {ramp}, {19100ms, 19100ms, 31s, 31s}) ==
        Times{30ms, 30ms, 105ms, 105ms});
}

TEST_CASE("slow: a throttled process that dies is throttled when it is back", "[faults]") {
  ModelRig rig({service::service()},
               R"({"it": {"kind": "service", "service_time": "30ms", "workers": 1}})");
  rig.fault(slow(), R"({"at": "10s", "slow": "it", "quota": 0.1})");
  rig.at(Time{10020ms}, [&] { rig.instance("it", 0).kill(false); });
  rig.at(Time{10030ms}, [&] { rig.instance("it", 0).revive(); });
  const Answer& lost = rig.send(Time{10s}, "it", read_of(1));
  const Answer& late = rig.send(Time{10040ms}, "it", read_of(1));
  rig.run(Time{60s});
  CHECK(lost.reply.status == Status::reset);
  CHECK(late.took() == 270ms);  // 10 ms in each of the next three periods
}

TEST_CASE("slow: of a database and of workers, too", "[faults]") {
  ModelRig rig({database::database(), messaging::queue(), messaging::worker()},
               R"({"db": {"kind": "database", "read_time": "30ms"},
                   "jobs": {"kind": "queue", "rabbitmq": {}},
                   "crew": {"kind": "worker", "queue": "jobs", "steps": [{"compute": "30ms"}]}})");
  for (const char* id : {"db", "crew"})
    rig.fault(slow(), R"({"at": "10s", "slow": ")" + std::string(id) + R"(", "quota": 0.1})");
  const Answer& answer = rig.send(Time{10s}, "db", read_of(1));
  for (int i = 0; i < 1000; ++i) rig.send(Time{10s}, "jobs", testing::write_of(1));
  rig.run(Time{20s});
  CHECK(answer.took() == 210ms);
  CHECK(static_cast<double>(rig.count("crew", "processed")) == Approx(33).margin(1));
}

TEST_CASE("slow: a quota leaves no trace", "[faults]") {
  check_leaves_no_trace(slow(), R"({"at": "5s", "for": "5s", "slow": "api", "quota": 0.4})");
  check_leaves_no_trace(slow(), R"({"at": "5s", "for": "5s", "slow": "api", "quota": 0.4})",
                        R"(, "cpu_limit": 2)");
}

TEST_CASE("slow: what is wrong with a quota is said", "[faults][input]") {
  CHECK(problems_of(slow(), R"({"at": "1s", "slow": "api", "quota": 0.5})").empty());
  CHECK_THAT(problems_of(slow(), R"({"at": "1s", "slow": "api", "period": "50ms"})"),
             Catch::Contains("is of a \"quota\""));
  CHECK_THAT(problems_of(slow(), R"({"at": "1s", "slow": "api", "burst": "50ms"})"),
             Catch::Contains("is of a \"quota\""));
  CHECK_THAT(problems_of(slow(), R"({"at": "1s", "slow": "api", "quota": 0})"),
             Catch::Contains("quota"));
  CHECK_THAT(problems_of(slow(), R"({"at": "1s", "slow": "api", "quota": 1, "period": "2s"})"),
             Catch::Contains("period"));
  ModelRig rig({external::external()}, R"({"it": {"kind": "external", "latency": "1ms"}})");
  CHECK(examined(rig, slow(), R"({"at": "1s", "slow": "it"})").empty());
  CHECK_THAT(examined(rig, slow(), R"({"at": "1s", "slow": "it", "quota": 1})"),
             Catch::Contains("has no processes whose CPU could be throttled"));
}

}  // namespace
}  // namespace highwater::faults
