// Somebody else's work on the cores.

#include <string>

#include <catch2/catch.hpp>

#include "models/cluster/cluster.h"
#include "models/database/database.h"
#include "models/external/external.h"
#include "models/faults/faults.h"
#include "tests/faults/bench.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::problems_of;

std::string api(const std::string& more) {
  return R"({"api": {"kind": "service", "service_time": "10ms", )" + more + "}}";
}

TEST_CASE("burn: threads share the cores as equals", "[faults]") {
  // Two cores, two threads of others: alone it gets 2 / 3 of a core, two at a time get half.
  ModelRig rig({service::service()}, api(R"("workers": 2)"));
  rig.fault(burn(), R"({"at": "1s", "for": "8s", "burn": "api", "cores": 4, "load": "50%"})");
  const Answer& before = rig.send(Time{500ms}, "api", Request{});
  const Answer& alone = rig.send(Time{2s}, "api", Request{});
  const Answer& one = rig.send(Time{3s}, "api", Request{});
  const Answer& two = rig.send(Time{3s}, "api", Request{});
  const Answer& after = rig.send(Time{10s}, "api", Request{});
  rig.run(Time{20s});
  CHECK(before.took() == 10ms);
  CHECK(milliseconds(alone.took()) == Approx(15).epsilon(1e-6));
  CHECK(milliseconds(one.took()) == Approx(20).epsilon(1e-6));
  CHECK(two.took() == one.took());
  CHECK(after.took() == 10ms);
}

TEST_CASE("burn: cores that are enough for all are no matter", "[faults]") {
  ModelRig rig({service::service()}, api(R"("workers": 4)"));
  rig.fault(burn(), R"({"at": "1s", "burn": "api", "cores": 3})");
  const Answer& alone = rig.send(Time{2s}, "api", Request{});
  rig.run(Time{20s});
  CHECK(alone.took() == 10ms);
}

TEST_CASE("burn: with shared cores, a limit, and several at a time", "[faults]") {
  // One core; five at work, and 1 + 2 others: 1/8 of a core for each.
  ModelRig rig({service::service()},
               api(R"("workers": 5, "cores": 1, "warm_up": {"slowdown": "1x", "time": "1s"})"));
  rig.fault(burn(), R"({"at": "1s", "burn": "api[0]", "cores": 1})");
  rig.fault(burn(), R"({"at": "2s", "for": "10s", "burn": "api", "cores": 2})");
  const Answer* last = nullptr;
  for (int i = 0; i < 5; ++i) last = &rig.send(Time{3s}, "api", Request{});
  const Answer& one_left = rig.send(Time{15s}, "api", Request{});
  rig.run(Time{20s});
  CHECK(milliseconds(last->took()) == Approx(80).epsilon(1e-6));
  CHECK(milliseconds(one_left.took()) == Approx(20).epsilon(1e-6));
}

TEST_CASE("burn: grows and fades", "[faults]") {
  ModelRig rig({service::service()}, api(R"("workers": 1)"));
  rig.fault(burn(), R"({"at": "100s", "for": "100s", "burn": "api", "cores": 2,
                        "ramp": "20s", "fade": "20s"})");
  const Answer& half = rig.send(Time{109500ms}, "api", Request{});
  const Answer& all = rig.send(Time{150s}, "api", Request{});
  const Answer& faded = rig.send(Time{210500ms}, "api", Request{});
  rig.run(Time{300s});
  CHECK(milliseconds(half.took()) == Approx(20).epsilon(1e-6));
  CHECK(milliseconds(all.took()) == Approx(30).epsilon(1e-6));
  CHECK(milliseconds(faded.took()) == Approx(20).epsilon(1e-6));
}

TEST_CASE("burn: pods compete on their node, by weight", "[faults]") {
  // Four cores; a pod that asks for as much as the stranger uses gets half of them.
  ModelRig rig({service::service(), cluster::cluster()}, R"({
      "k8s": {"kind": "cluster",
              "node_groups": {"n": {"cpu": 4, "memory": "16GiB", "nodes": 2}}},
      "api": {"kind": "service", "replicas": 1, "workers": 4, "cores": 4, "service_time": "10ms",
              "pod": {"cluster": "k8s", "requests": {"cpu": 3}}}})");
  rig.fault(burn(), R"({"at": "1s", "for": "2s", "burn": "api", "cores": 3})");
  rig.fault(burn(), R"({"at": "4s", "for": "2s", "burn": "k8s", "cores": 3})");
  const Answer* answers[3] = {};
  for (const Answer*& answer : answers) {
    const Duration at = 2s + 3s * (&answer - answers);
    for (int i = 0; i < 4; ++i) answer = &rig.send(Time{at}, "api", Request{});
  }
  rig.run(Time{20s});
  CHECK(milliseconds(answers[0]->took()) == Approx(20).epsilon(1e-6));
  CHECK(milliseconds(answers[1]->took()) == Approx(20).epsilon(1e-6));
  CHECK(answers[2]->took() == 10ms);
}

TEST_CASE("burn: leaves no trace", "[faults]") {
  check_leaves_no_trace(burn(), R"({"at": "5s", "for": "4s", "burn": "api", "cores": 2})");
  check_leaves_no_trace(burn(), R"({"at": "5s", "for": "4s", "burn": "api[1]", "cores": 2,
                                    "ramp": "1s", "fade": "1s"})",
                        R"(, "cores": 1)");
}

TEST_CASE("burn: what it cannot be", "[faults]") {
  CHECK_THAT(problems_of(burn(), R"({"at": "1s", "burn": "api", "load": "0%"})"),
             Catch::Contains("burns nothing"));
  CHECK_THAT(problems_of(burn(), R"({"at": "1s", "burn": "api", "cores": 0})"),
             Catch::Contains("/cores"));
  ModelRig rig({external::external(), database::database()}, R"({
      "mail": {"kind": "external", "latency": "1ms"},
      "db": {"kind": "database", "dynamodb": {}}})");
  CHECK_THROWS_WITH(rig.fault(burn(), R"({"at": "1s", "burn": "mail"})"),
                    Catch::Contains("is a external; burn is for these kinds"));
  CHECK_THROWS_WITH(rig.fault(burn(), R"({"at": "1s", "burn": "db"})"),
                    Catch::Contains("no cores of ours"));
}

}  // namespace
}  // namespace highwater::faults
