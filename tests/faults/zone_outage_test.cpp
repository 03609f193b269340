// Everything in a zone is gone.

#include <string>

#include <catch2/catch.hpp>

#include "models/cluster/cluster.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/faults/stores_rig.h"
#include "tests/support/sink.h"

namespace highwater::faults {
namespace {

using testing::timeout_of;

ModelRig::Options zones() {
  ModelRig::Options options;
  options.network.zones = {"a", "b", "c"};
  return options;
}

/// Which of the instances are up.
std::string up(ModelRig& rig, const std::string& id) {
  std::string text;
  for (const auto& each : rig.component(id).instances()) text += each->up() ? 'x' : '.';
  return text;
}

constexpr const char* kTwo = R"({
    "api": {"kind": "service", "replicas": 6, "workers": 9, "service_time": "1ms",
            "start_time": "2s"},
    "db": {"kind": "service", "replicas": 3, "workers": 9, "service_time": "1ms"}})";

TEST_CASE("zone_outage: all that is there is silent, then starts", "[faults]") {
  ModelRig rig({service::service()}, kTwo, zones());
  rig.fault(zone_outage(), R"({"at": "10s", "for": "10s", "zone_outage": "b"})");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 3; ++i)
    answers.push_back(&rig.send(Time{15s}, "api", Request{}, timeout_of(1s)));
  rig.run(Time{15s + 1us});
  CHECK(up(rig, "api") == "x.xx.x");
  CHECK(up(rig, "db") == "x.x");
  rig.run(Time{21s});
  CHECK(up(rig, "api") == "x.xx.x");
  CHECK(up(rig, "db") == "xxx");
  rig.run(Time{23s});
  CHECK(up(rig, "api") == "xxxxxx");
  CHECK(answers[0]->reply.ok());
  CHECK(answers[1]->reply.status == Status::timeout);  // refused by nobody
  CHECK(answers[2]->reply.ok());
  CHECK(rig.happenings().front().text.starts_with("api[1] is down"));
}

TEST_CASE("zone_outage: a region, and outages that overlap", "[faults]") {
  ModelRig rig({service::service()}, kTwo, zones());
  rig.fault(zone_outage(), R"({"at": "10s", "for": "10s", "zone_outage": "b", "also": ["c"]})");
  rig.fault(zone_outage(), R"({"at": "15s", "for": "10s", "zone_outage": "c"})");
  rig.run(Time{12s});
  CHECK(up(rig, "api") == "x..x..");
  rig.run(Time{23s});
  CHECK(up(rig, "api") == "xx.xx.");
  rig.run(Time{30s});
  CHECK(up(rig, "api") == "xxxxxx");
}

TEST_CASE("zone_outage: a grey one takes a part", "[faults]") {
  ModelRig rig({service::service()}, R"({"api": {"kind": "service", "replicas": 3000,
      "service_time": "1ms"}})",
               zones());
  rig.fault(zone_outage(), R"({"at": "10s", "zone_outage": "b", "share": "30%"})");
  rig.run(Time{11s});
  int down = 0;
  for (const auto& each : rig.component("api").instances()) {
    down += !each->up();
    if (!each->up()) CHECK(each->zone() == 1);
  }
  CHECK(down == Approx(300).margin(60));
}

TEST_CASE("zone_outage: clusters get no nodes there", "[faults]") {
  const auto nodes = [](const std::string& fault) {
    ModelRig rig({service::service(), cluster::cluster()}, R"({
        "k8s": {"kind": "cluster", "autoscaler": {}, "node_groups": {
            "n": {"cpu": 4, "memory": "16GiB", "nodes": 0, "max_size": 3, "zones": ["b"],
                  "provision_time": "60s"}}},
        "api": {"kind": "service", "replicas": 1, "service_time": "1ms",
                "pod": {"cluster": "k8s", "requests": {"cpu": 3}}}})",
                 zones());
    if (!fault.empty()) rig.fault(zone_outage(), fault);
    std::string text;
    for (const Duration at : {100s, 900s}) {
      rig.run(Time{at});
      text += up(rig, "api").find('x') != std::string::npos ? 'x' : '.';
    }
    return text;
  };
  CHECK(nodes("") == "xx");
  CHECK(nodes(R"({"at": "0s", "for": "200s", "zone_outage": "a"})") == "xx");
  CHECK(nodes(R"({"at": "0s", "for": "200s", "zone_outage": "b"})") == ".x");
  CHECK(nodes(R"({"at": "0s", "zone_outage": "b"})") == "..");
}

TEST_CASE("zone_outage: pods go elsewhere, and nothing starts there meanwhile", "[faults]") {
  ModelRig rig({service::service(), cluster::cluster()}, R"({
      "k8s": {"kind": "cluster", "node_monitor_grace_period": "40s",
              "unreachable_toleration": "60s", "node_groups": {
          "n": {"cpu": 4, "memory": "16GiB", "nodes": 3}}},
      "api": {"kind": "service", "replicas": 3, "service_time": "1ms",
              "pod": {"cluster": "k8s", "requests": {"cpu": 1}}}})",
               zones());
  rig.fault(zone_outage(), R"({"at": "10s", "for": "490s", "zone_outage": "b"})");
  const auto serving = [&](Duration at) {
    rig.run(Time{at});
    std::string text;
    for (const auto& each : rig.component("api").instances())
      if (each->up()) text += static_cast<char>('a' + each->zone());
    return text;
  };
  const std::string at_first = serving(5s);
  CHECK(at_first.size() == 3);
  CHECK(serving(20s).find('b') == std::string::npos);
  const std::string later = serving(400s);
  CHECK(later.find('b') == std::string::npos);
  CHECK(later.size() == 3);
}

TEST_CASE("zone_outage: what is in no such zone goes on, and nothing is left behind", "[faults]") {
  // Whoever turns to an instance there waits for his timeout.
  ModelRig::Options options = zones();
  const std::string services = R"({
      "touched": {"kind": "service", "replicas": 3, "workers": 9, "start_time": "2s",
                  "service_time": {"exponential": "5ms"}},
      "other": {"kind": "service", "replicas": 2, "workers": 9, "zones": ["a", "c"],
                "service_time": {"exponential": "5ms"}}})";
  for (const char* fault : {R"({"at": "10s", "for": "10s", "zone_outage": "b"})",
                            R"({"at": "10s", "for": "10s", "zone_outage": "b", "share": "80%"})"})
    check_confined({service::service()}, services, requests_about(20), 20, zone_outage(), fault,
                   options);
}

TEST_CASE("zone_outage: what it cannot be", "[faults]") {
  CHECK_THAT(problems_of(zone_outage(), R"({"at": "1s", "zone_outage": "b", "also": ["b"]})"),
             Catch::Contains("named already"));
  CHECK_THAT(problems_of(zone_outage(), R"({"at": "1s", "zone_outage": "b", "share": 0})"),
             Catch::Contains("outage of nothing"));
  CHECK_THAT(problems_of(zone_outage(), R"({"at": "1s", "zone_outage": "a -> b"})"),
             Catch::Contains("it takes a zone"));
  ModelRig rig({service::service()}, kTwo, zones());
  CHECK_THROWS_WITH(rig.fault(zone_outage(), R"({"at": "1s", "zone_outage": "api"})"),
                    Catch::Contains("\"api\" is no zone"));
  CHECK_THROWS_WITH(
      rig.fault(zone_outage(), R"({"at": "1s", "zone_outage": "a", "also": ["b", "d"]})"),
      Catch::Contains("\"d\" is no zone"));
}

}  // namespace
}  // namespace highwater::faults
