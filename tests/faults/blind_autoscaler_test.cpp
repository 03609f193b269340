// Autoscalers that see nothing, see too late, or do nothing.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cluster/cluster.h"
#include "models/faults/faults.h"
#include "models/function/function.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater::faults {
namespace {

using testing::Load;
using testing::ModelRig;
using testing::problems_of;

std::size_t listed(ModelRig& rig) {
  const auto instances = rig.component("api").instances();
  return static_cast<std::size_t>(
      std::count_if(instances.begin(), instances.end(), [](const auto& i) { return i->listed(); }));
}

/// How many there are each minute, of a service whose load grows to four cores after ten minutes.
std::vector<std::size_t> replicas(const std::string& scaler, const std::vector<std::string>& blind,
                                  int minutes = 40) {
  ModelRig rig({service::service()},
               R"({"api": {"kind": "service", "workers": 10, "cores": 1, "service_time": "10ms",
                           "replicas": 3, "autoscaler": {)" +
                   scaler + R"(, "min_replicas": 2, "max_replicas": 20}}})");
  for (const std::string& json : blind) rig.fault(blind_autoscaler(), json);
  for (const auto& [rate, begin] : {std::pair{100.0, 0s}, std::pair{300.0, 600s}}) {
    Load load;
    load.to = "api";
    load.per_second = rate;
    load.requests = 10'000'000;
    load.begin = Time{begin};
    rig.add(load);
  }
  std::vector<std::size_t> found;
  for (int minute = 1; minute <= minutes; ++minute)
    rig.at(Time{std::chrono::minutes{minute}} - 1ms, [&] { found.push_back(listed(rig)); });
  rig.run(Time{std::chrono::minutes{minutes}});
  return found;
}

std::string blind(const std::string& more) {
  return R"({"blind_autoscaler": "api", "at": "9m", "for": "11m")" + more + "}";
}

const std::string kHpa = R"("hpa": {"target_cpu": "50%"})";

TEST_CASE("blind_autoscaler: without readings the number stays, and follows when they are back",
          "[faults][costly]") {
  for (const std::string mode : {R"(, "mode": "missing")", R"(, "mode": "frozen")"}) {
    INFO(mode);
    const auto usual = replicas(kHpa, {}, 25);
    const auto found = replicas(kHpa, {blind(mode)}, 25);
    CHECK(usual[14] >= 7);
    for (std::size_t minute = 9; minute < 20; ++minute) CHECK(found[minute] == found[8]);
    CHECK(found[22] >= 7);
    CHECK(std::equal(usual.begin(), usual.begin() + 9, found.begin()));
  }
  const std::string tracking = R"("target_tracking": {"target": 50})";
  const auto found = replicas(tracking, {blind(R"(, "mode": "missing")")}, 25);
  for (std::size_t minute = 9; minute < 20; ++minute) CHECK(found[minute] == found[8]);
}

TEST_CASE("blind_autoscaler: late readings make it late", "[faults]") {
  const auto usual = replicas(kHpa, {}, 25);
  const auto late = replicas(kHpa, {blind(R"(, "mode": "late", "late_by": "5m")")}, 25);
  const auto first_at_5 = [](const std::vector<std::size_t>& found) {
    return std::find_if(found.begin(), found.end(), [](std::size_t n) { return n >= 5; }) -
           found.begin();
  };
  CHECK(first_at_5(usual) <= 12);
  CHECK(first_at_5(late) >= first_at_5(usual) + 4);
  CHECK(first_at_5(late) <= first_at_5(usual) + 6);
  // The longest delay of two counts, and the shorter one stays when it ends.
  const auto both = replicas(kHpa,
                             {blind(R"(, "mode": "late", "late_by": "2m")"),
                              blind(R"(, "mode": "late", "late_by": "5m")")},
                             25);
  CHECK(both == late);
}

TEST_CASE("blind_autoscaler: a cluster orders no nodes, a function makes no environments",
          "[faults]") {
  const auto pending = [](bool frozen) {
    ModelRig rig({cluster::cluster(), service::service()},
                 R"({"k8s": {"kind": "cluster", "node_groups": {"pool": {"min_size": 1,
                      "max_size": 5, "nodes": 1, "cpu": 2, "memory": "8GiB"}}, "autoscaler": {}},
                     "api": {"kind": "service", "replicas": 4, "service_time": "1ms",
                             "pod": {"cluster": "k8s",
                                     "requests": {"cpu": "900m", "memory": "1GiB"}}}})");
    if (frozen)
      rig.fault(blind_autoscaler(), R"({"blind_autoscaler": "k8s", "at": "0s", "for": "10m",
                                        "mode": "frozen"})");
    std::size_t before = 0;
    rig.at(Time{590s}, [&] { before = listed(rig); });
    rig.run(Time{1200s});
    return std::pair{before, listed(rig)};
  };
  CHECK(pending(false) == std::pair<std::size_t, std::size_t>{4, 4});
  CHECK(pending(true) == std::pair<std::size_t, std::size_t>{2, 4});

  ModelRig rig({function::function()}, R"({"api": {"kind": "function", "service_time": "1s"}})");
  rig.fault(blind_autoscaler(),
            R"({"blind_autoscaler": "api", "at": "10s", "for": "10s", "mode": "frozen"})");
  const auto& warm = rig.send(Time{1s}, "api", {});
  const auto& again = rig.send(Time{12s}, "api", {});
  const auto& second = rig.send(Time{12500ms}, "api", {});
  const auto& after = rig.send(Time{21s}, "api", {});
  const auto& beside = rig.send(Time{21s}, "api", {});
  rig.run(Time{30s});
  for (const auto* answer : {&warm, &again, &after, &beside}) CHECK(answer->reply.ok());
  CHECK(second.reply.status == Status::rejected);
}

TEST_CASE("blind_autoscaler: what it cannot be", "[faults]") {
  CHECK(
      problems_of(blind_autoscaler(), R"({"blind_autoscaler": "api", "at": "1s", "late_by": "5m"})")
          .find("is for the mode late") != std::string::npos);
  ModelRig rig({service::service(), function::function(), cluster::cluster()},
               R"({"api": {"kind": "service", "service_time": "1ms"},
                   "f": {"kind": "function", "service_time": "1ms"},
                   "k8s": {"kind": "cluster", "node_groups": {"pool": {"nodes": 1, "cpu": 2,
                                                                    "memory": "8GiB"}}}})");
  CHECK_THROWS_WITH(rig.fault(blind_autoscaler(), R"({"blind_autoscaler": "api", "at": "1s"})"),
                    Catch::Contains("has no \"autoscaler\""));
  CHECK_THROWS_WITH(rig.fault(blind_autoscaler(), R"({"blind_autoscaler": "k8s", "at": "1s"})"),
                    Catch::Contains("has no \"autoscaler\""));
  CHECK_THROWS_WITH(rig.fault(blind_autoscaler(), R"({"blind_autoscaler": "f", "at": "1s"})"),
                    Catch::Contains("can only be frozen"));
}

}  // namespace
}  // namespace highwater::faults
